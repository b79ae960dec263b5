//! Each night the books are held against each other: moves against stocks, what open orders have
//! set aside against what stocks say, orders against their events, money against orders. What
//! does not agree becomes one task for the day.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::office::{Office, beijing, tasks};
use crate::shop::{self, Milli, Order, Stock};
use crate::store::records::{Task, TaskKind};
use crate::store::shop_records::StoredOrderEvent;
use crate::store::{Changes, StoreError, keys, list};

/// When the night is quiet, in Beijing's time.
const HOUR: i8 = 2;
const PAGE: usize = 200;
const EVENTS_MAX: usize = 1_000;
const LINES_MAX: usize = 50;

impl Office {
    /// Once a night. Says how many tasks it made.
    pub(in crate::office) async fn reconcile_by_night(&self) -> Result<usize, StoreError> {
        let now = beijing::civil(self.clock.now());
        if now.hour() < HOUR || self.shelves.reconciled_on() == Some(now.date()) {
            return Ok(0);
        }
        let mut wrong = self.reconcile_shop().await?;
        if !wrong.is_empty() {
            // What was moved meanwhile looks wrong once, not twice.
            let again = self.reconcile_shop().await?;
            wrong.retain(|line| again.contains(line));
        }
        self.shelves.reconciled(now.date());
        if wrong.is_empty() {
            return Ok(0);
        }
        tracing::error!(count = wrong.len(), "stocks, orders and payments do not agree");
        self.open_reconcile_task(now.date(), &wrong).await
    }

    async fn open_reconcile_task(&self, day: Date, wrong: &[String]) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let shown = wrong.iter().take(LINES_MAX);
        let task = Task {
            id: format!("reconcile-{day}"),
            title: format!("{day}有{}处账对不上", wrong.len()),
            reason: "夜里对账".into(),
            who: "平台".into(),
            lines: shown.map(|line| tasks::line(now, false, line)).collect(),
            ..tasks::blank(TaskKind::Reconcile, now)
        };
        let mut changes = Changes::default();
        changes.create(&task)?;
        match self.store.commit(changes.into_batch()).await {
            Ok(()) => Ok(1),
            // Another instance, or this one before a restart, has found the same.
            Err(StoreError::Conflict(_)) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// One text for each thing that does not agree.
    pub async fn reconcile_shop(&self) -> Result<Vec<String>, StoreError> {
        let mut wrong = self.reconcile_stocks().await?;
        let mut reserved: BTreeMap<String, Milli> = BTreeMap::new();
        let mut range = keys::all_orders();
        loop {
            let page = list::<Order>(&*self.store, range.clone(), PAGE).await?;
            let Some(last) = page.last() else { break };
            range = keys::after(&range, &keys::order(&last.record.number.digits()));
            for order in &page {
                let order = &order.record;
                let events = keys::order_events_of(&order.number.digits());
                let events = list::<StoredOrderEvent>(&*self.store, events, EVENTS_MAX).await?;
                let events: Vec<_> = events.into_iter().map(|one| one.record.event).collect();
                wrong.extend(shop::audit(order, &events));
                for (stock, more) in shop::reserved([order]) {
                    let sum = reserved.entry(stock).or_default();
                    *sum = Milli(sum.0.saturating_add(more.0));
                }
            }
        }
        let mut range = keys::all_stocks();
        loop {
            let page = list::<Stock>(&*self.store, range.clone(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(wrong) };
            range = keys::after(&range, &keys::stock(&last.record.article));
            for stock in page {
                let Stock { article, reserved: kept, .. } = stock.record;
                let ordered = reserved.get(&article).copied().unwrap_or_default();
                if kept != ordered {
                    let text =
                        format!("{article}：库存记着占用{kept}，没办完的订单占用{ordered}。");
                    wrong.push(text);
                }
            }
        }
    }
}
