//! Complaints about orders, as their merchants see them: what was said, how far it is, and what
//! they say to it. Whose case it is stands on the order, which they know anyway.

use std::collections::BTreeMap;

use crate::desk::Case;
use crate::office::Office;
use crate::office::views::{CommandError, Session, TimelineLine};
use crate::shop::{Merchant, Order};
use crate::store::{StoreError, keys, list_by_index, load_many};

use super::orders::LIST_MAX;
use super::reach::Reach;
use super::views::ComplaintRow;

impl Office {
    /// The newest orders first; those without an answer before the others.
    pub async fn complaints(&self, session: &Session) -> Result<Vec<ComplaintRow>, CommandError> {
        let reach = self.reach(session).await?;
        let ranges = match &reach {
            Reach::All | Reach::Reads => {
                let answered = keys::newest_first(keys::orders_by_answer(true));
                vec![keys::orders_by_answer(false), answered]
            }
            Reach::Merchants(own) => own.iter().map(|id| keys::complained_orders(id)).collect(),
            Reach::Village(_) => return Err(CommandError::NotFound),
        };
        let mut orders = Vec::new();
        for range in ranges {
            let found = list_by_index::<Order>(&*self.store, range, LIST_MAX).await?;
            orders.extend(found.into_iter().map(|(_, order)| order.record));
        }
        let wanted: Vec<_> = orders
            .iter()
            .flat_map(|order| &order.complaints)
            .map(|case| keys::case(case))
            .collect();
        let cases = load_many::<Case>(&*self.store, &wanted).await?;
        let cases: BTreeMap<String, Case> = cases
            .into_iter()
            .flatten()
            .map(|case| (case.record.number.digits(), case.record))
            .collect();
        let merchants = self.all_merchants().await?;
        let mut rows: Vec<ComplaintRow> = orders
            .iter()
            .flat_map(|order| order.complaints.iter().map(move |number| (order, number)))
            .filter_map(|(order, number)| Some((order, cases.get(number)?)))
            .map(|(order, case)| row(&reach, order, case, &merchants))
            .collect();
        rows.sort_by_key(|row| (row.answer.is_some(), std::cmp::Reverse(row.came_at)));
        rows.truncate(LIST_MAX);
        Ok(rows)
    }

    /// What the merchant said to the complaint that a case is.
    pub(in crate::office) async fn merchant_said(
        &self,
        case: &Case,
    ) -> Result<Option<TimelineLine>, StoreError> {
        let number = case.number.digits();
        let range = keys::order_of_complaint(&number);
        let found = list_by_index::<Order>(&*self.store, range, 1).await?;
        Ok(found.first().and_then(|(_, order)| {
            let answer = order.record.answer_to(&number)?;
            Some(TimelineLine {
                at: answer.at,
                who: format!("{} {}", order.record.merchant_name, answer.by),
                what: answer.text.clone(),
                detail: order.record.number.to_string(),
            })
        }))
    }
}

fn row(reach: &Reach, order: &Order, case: &Case, merchants: &[Merchant]) -> ComplaintRow {
    let number = case.number.digits();
    let merchant = merchants.iter().find(|merchant| merchant.id == order.merchant);
    let upheld =
        merchant.is_some_and(|merchant| merchant.upheld.iter().any(|one| one.case == number));
    ComplaintRow {
        order: order.number.digits(),
        goods: order.goods(),
        merchant: order.merchant_name.clone(),
        came_at: case.received_at,
        said: if case.confidential { String::new() } else { case.text.clone() },
        state: case.state.word(),
        answer: order.answer_to(&number).map(|answer| TimelineLine {
            at: answer.at,
            who: answer.by.clone(),
            what: answer.text.clone(),
            detail: String::new(),
        }),
        upheld,
        may_answer: reach.forms(order).contains(&"answer_complaint"),
        revision: order.revision,
        case: number,
    }
}
