//! What a person has to look at: an order with a flag is one task of the platform, with whom to
//! ring up, until somebody writes on the order's page what came of it.

use crate::office::{Office, tasks};
use crate::shop::{Change, Merchant, Order, OrderEvent};
use crate::store::records::{Done, Task, TaskKind};
use crate::store::{Changes, StoreError, keys, load};

fn task_id(order: &Order) -> String {
    format!("flag-{}", order.number.digits())
}

impl Office {
    /// In the commit that holds the events. `order`: as it is after them.
    pub(super) async fn note_flags(
        &self,
        changes: &mut Changes,
        order: &Order,
        events: &[OrderEvent],
    ) -> Result<(), StoreError> {
        let looked = |event: &OrderEvent| matches!(event.change, Change::Looked { .. });
        let flagged = |event: &OrderEvent| matches!(event.change, Change::Flagged { .. });
        if !events.iter().any(|event| looked(event) || flagged(event)) {
            return Ok(());
        }
        let before = load::<Task>(&*self.store, keys::task(&task_id(order))).await?;
        let mut task = match &before {
            Some(before) => before.record.clone(),
            None => self.flag_task(order).await?,
        };
        for event in events {
            match &event.change {
                Change::Flagged { reason } => {
                    if task.done.take().is_some() {
                        task.opened_at = event.at;
                    }
                    tasks::add_line(&mut task, tasks::line(event.at, false, reason));
                }
                Change::Looked { note } => {
                    let by = event.by.shown().to_owned();
                    task.done = Some(Done { at: event.at, by, note: note.clone() });
                }
                _ => {}
            }
        }
        match &before {
            Some(before) => changes.replace(before, &task),
            None => changes.create(&task),
        }
    }

    async fn flag_task(&self, order: &Order) -> Result<Task, StoreError> {
        let merchant = load::<Merchant>(&*self.store, keys::merchant(&order.merchant)).await?;
        let merchant = merchant.map(|found| found.record);
        let contact = merchant.as_ref().map_or("", |merchant| merchant.contact.as_str());
        let now = self.clock.now();
        let about = format!("{}，共{}，{}", order.goods(), order.total(), order.village_name);
        Ok(Task {
            id: task_id(order),
            title: format!("订单{}要看", order.number),
            reason: "看过、问过以后，在订单页上记「看过了」".into(),
            who: format!("{} {contact}", order.merchant_name).trim().to_owned(),
            phone: merchant.map(|merchant| merchant.phone),
            case: Some(order.number.digits()),
            lines: vec![tasks::line(now, false, &about)],
            ..tasks::blank(TaskKind::Flag, now)
        })
    }
}
