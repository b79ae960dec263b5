//! What stands beside a case: who looked at whose it is, and what the same person ordered.

use crate::desk::Case;
use crate::shop::Order;
use crate::store::{StoreError, keys, list_by_index, load};

use super::Office;
use super::looks::{LookView, LooksAsked};
use super::rights::Right;
use super::shop::{OrderRow, order_row};
use super::views::{CommandError, Session};

const ORDERS_SHOWN: usize = 5;
const LOOKS_SHOWN: usize = 200;

impl Office {
    /// Newest first. The platform sees all of them, a department those of its own people; `None`:
    /// it is not for the eyes of the one who asks.
    pub async fn looks_at_case(
        &self,
        session: &Session,
        number: &str,
    ) -> Result<Option<Vec<LookView>>, CommandError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        if !case.is_some_and(|case| self.sees(session, &case.record)) {
            return Ok(None);
        }
        let all = session.may(Right::Identity);
        if !all && !session.is_handler() {
            return Ok(None);
        }
        let asked = LooksAsked { case: number.to_owned(), ..LooksAsked::default() };
        let (mut looks, _) = self.looks_wanted(&asked, LOOKS_SHOWN).await?;
        looks.retain(|look| all || look.department == session.department);
        Ok(Some(looks.iter().map(|look| self.look_view(look)).collect()))
    }

    /// Of the same person, newest first; that of which she complains is among them.
    pub(super) async fn orders_beside(
        &self,
        session: &Session,
        case: &Case,
    ) -> Result<Vec<OrderRow>, StoreError> {
        if !session.may(Right::Orders) || case.confidential {
            return Ok(Vec::new());
        }
        let range = keys::orders_of(&case.person);
        let found = list_by_index::<Order>(&*self.store, range, ORDERS_SHOWN).await?;
        Ok(found.iter().map(|(_, order)| order_row(&order.record)).collect())
    }
}
