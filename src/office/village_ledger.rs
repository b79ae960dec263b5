//! What stands in a village's ledger besides its cases: what was ordered at its shop, and the sums
//! at the foot.

use jiff::{SignedDuration, Timestamp};

use crate::calendar::local;
use crate::desk::Case;
use crate::desk::ledger::{Identity, MonthSums, masked_door, masked_name, masked_phone};
use crate::shop::{Order, State};
use crate::store::{StoreError, keys, list_by_index};

use super::Office;
use super::ledgers::Month;
use super::views::CommandError;

const PAGE: usize = 500;
/// What came earlier was done or given up before the month began.
const CASES_BACK: SignedDuration = SignedDuration::from_hours(24 * 2 * 366);
const ORDERS_BACK: SignedDuration = SignedDuration::from_hours(24 * 62);

impl Office {
    /// Of all cases of the village that the one who asks may see, and of its orders.
    pub(super) async fn village_sums(
        &self,
        village: &str,
        month: &Month,
        hers: &(dyn Fn(&Case) -> bool + Sync),
        orders: &[Order],
    ) -> Result<MonthSums, CommandError> {
        let span = (month.from, month.to);
        let mut sums = MonthSums::default();
        let range = keys::cases_of_village(village, month.from - CASES_BACK, month.to);
        self.each_case(range, |case| {
            if hers(&case) {
                sums.count_case(span, &case);
            }
            Ok(())
        })
        .await?;
        for order in orders {
            let over = order.handed_at.unwrap_or(order.updated_at);
            let ended = (!order.state.is_open()).then_some((over, order.handed_at.is_some()));
            sums.count(span, order.placed_at, ended);
        }
        Ok(sums)
    }

    /// Those of the month, and those before that it may have ended.
    pub(super) async fn village_orders(
        &self,
        village: &str,
        month: &Month,
    ) -> Result<Vec<Order>, StoreError> {
        let from = month.from - ORDERS_BACK;
        let mut found = Vec::new();
        for state in State::ALL {
            let mut range = keys::orders_of_village_placed(village, state.id(), from, month.to);
            loop {
                let page = list_by_index::<Order>(&*self.store, range.clone(), PAGE).await?;
                let Some((last, _)) = page.last() else { break };
                range = keys::after(&range, last);
                found.extend(page.into_iter().map(|(_, order)| order.record));
            }
        }
        found.sort_by_key(|order| (order.placed_at, order.number));
        Ok(found)
    }
}

/// As a line of the village's ledger; its number in the list is filled in by the caller.
pub(super) fn order_line(order: &Order, identity: Identity) -> Vec<String> {
    let day = |at: Timestamp| local(at).chars().take(10).collect::<String>();
    let goods = match identity {
        Identity::Anonymous => String::new(),
        _ => order.goods(),
    };
    vec![
        String::new(),
        day(order.placed_at),
        masked_name(&order.name, identity),
        masked_door(&order.address, identity),
        masked_phone(&order.phone, identity),
        "村店购物".to_owned(),
        goods,
        "购物".to_owned(),
        order.merchant_name.clone(),
        order.state.word().to_owned(),
        order.handed_at.map(day).unwrap_or_default(),
        String::new(),
        String::new(),
        String::new(),
    ]
}
