//! Each morning a merchant is told what waits for it, and a month, a week and a day before a
//! paper or its membership ends, it and the platform are told that.

use std::sync::PoisonError;

use jiff::civil::{Date, Time};

use crate::office::{Office, beijing, outbox, tasks};
use crate::shop::{Merchant, Order, PayState, State};
use crate::store::records::{Outgoing, Task, TaskKind};
use crate::store::{Changes, StoreError, keys, list_by_index, load_many};

use super::goods::Shelves;
use super::merchants::person_of;

const AT: Time = Time::constant(8, 30, 0, 0);
/// Before the last day of a paper.
const DAYS_BEFORE: [i64; 3] = [30, 7, 0];
/// So much later it is still told, if the program was away on the day itself.
const DAYS_LATE: i64 = 6;
const COUNTED_MAX: usize = 500;
/// What waits for a merchant, and what it is called.
const WAITING: [(State, &str); 3] =
    [(State::Placed, "等接单"), (State::Confirmed, "等装货"), (State::Returning, "等收退货")];

impl Office {
    /// Once a day. Says how many merchants were told something.
    pub(in crate::office) async fn greet_merchants(&self) -> Result<usize, StoreError> {
        let now = beijing::civil(self.clock.now());
        if now.time() < AT || self.shelves.greeted_on() == Some(now.date()) {
            return Ok(0);
        }
        let mut told = 0;
        for merchant in self.all_merchants().await? {
            let mut changes = Changes::default();
            if let Some(digest) = self.digest(&merchant, now.date()).await? {
                changes.create(&digest)?;
            }
            let endings = self.untold(&merchant, endings(&merchant, now.date())).await?;
            if let Some(notice) = self.ending_notice(&merchant, &endings, now.date()) {
                changes.create(&notice)?;
            }
            for ending in endings {
                changes.create(&self.ending_task(&merchant, &ending))?;
            }
            if changes.is_empty() {
                continue;
            }
            match self.store.commit(changes.into_batch()).await {
                Ok(()) => told += 1,
                // Another instance, or this one before a restart, was faster.
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.shelves.greeted(now.date());
        if told > 0 {
            self.bells.outbox.notify_one();
        }
        Ok(told)
    }

    /// `等接单3个、等装货2个`; `None`: nothing waits.
    async fn digest(&self, merchant: &Merchant, day: Date) -> Result<Option<Outgoing>, StoreError> {
        let mut parts = Vec::new();
        for (state, what) in WAITING {
            let range = keys::orders_of_merchant(&merchant.id, state.id());
            let found = list_by_index::<Order>(&*self.store, range, COUNTED_MAX).await?;
            let waits = |order: &Order| order.pay_state() != PayState::Awaiting;
            match found.iter().filter(|(_, order)| waits(&order.record)).count() {
                0 => {}
                count => parts.push(format!("{what}{count}个")),
            }
        }
        match self.samples_waiting(Some(&merchant.id)).await? {
            0 => {}
            count => parts.push(format!("村店要样品{count}个")),
        }
        let title = parts.join("、");
        Ok((!title.is_empty())
            .then(|| self.to_merchant(merchant, day, "merchant_digest", &[("title", title)])))
    }

    /// All that ends in one message: `营业执照到2026-12-24，肥料登记证到2026-12-31`.
    fn ending_notice(
        &self,
        merchant: &Merchant,
        endings: &[Ending],
        day: Date,
    ) -> Option<Outgoing> {
        let parts = endings.iter().map(|one| format!("{}到{}", one.what, one.last_day));
        let title = parts.collect::<Vec<_>>().join("，");
        (!title.is_empty())
            .then(|| self.to_merchant(merchant, day, "merchant_paper", &[("title", title)]))
    }

    /// Without what was told on a day before.
    async fn untold(
        &self,
        merchant: &Merchant,
        endings: Vec<Ending>,
    ) -> Result<Vec<Ending>, StoreError> {
        let tasks: Vec<_> =
            endings.iter().map(|ending| keys::task(&ending.task_id(merchant))).collect();
        let told = load_many::<Task>(&*self.store, &tasks).await?;
        let endings = endings.into_iter().zip(told);
        Ok(endings.filter(|(_, told)| told.is_none()).map(|(ending, _)| ending).collect())
    }

    fn ending_task(&self, merchant: &Merchant, ending: &Ending) -> Task {
        let now = self.clock.now();
        let Ending { what, last_day, days, .. } = ending;
        let left =
            if *days < 0 { "过期了".to_owned() } else { format!("还有{days}天到期") };
        let line = format!(
            "{}（{}）的{what}到{last_day}。过了这天货就看不到了。",
            merchant.name, merchant.id
        );
        Task {
            id: ending.task_id(merchant),
            title: format!("{}的{what}{left}", merchant.name),
            reason: "请催商家换新的，登记新的有效期".into(),
            who: merchant.contact.clone(),
            phone: Some(merchant.phone.clone()),
            lines: vec![tasks::line(now, false, &line)],
            ..tasks::blank(TaskKind::Paper, now)
        }
    }

    fn to_merchant(
        &self,
        merchant: &Merchant,
        day: Date,
        kind: &str,
        fields: &[(&str, String)],
    ) -> Outgoing {
        let subject = format!("{}-{day}", merchant.id);
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), text.clone()));
        let person = Some(person_of(&merchant.id));
        outbox::notice(&subject, 1, kind, fields.collect(), person, self.clock.now())
    }
}

/// What ends, and in how many days.
struct Ending {
    what: String,
    last_day: Date,
    /// Below nothing: it has.
    days: i64,
    /// Of [`DAYS_BEFORE`], for which it is told.
    before: i64,
}

impl Ending {
    fn task_id(&self, merchant: &Merchant) -> String {
        format!("paper-{}-{}-{}-{}", merchant.id, self.what, self.last_day, self.before)
    }
}

fn endings(merchant: &Merchant, today: Date) -> Vec<Ending> {
    if !merchant.stage.may_sell() {
        return Vec::new();
    }
    let papers = merchant.documents.iter().map(|paper| (paper.kind.word(), paper.valid_to));
    let stage = merchant.stage_ends.map(|last| (merchant.stage.word(), last));
    papers
        .chain(stage)
        .filter_map(|(what, last_day)| {
            let days = i64::from(today.until(last_day).ok()?.get_days());
            let told_for = |before: &i64| (before - DAYS_LATE..=*before).contains(&days);
            let before = DAYS_BEFORE.into_iter().find(told_for)?;
            Some(Ending { what: what.to_owned(), last_day, days, before })
        })
        .collect()
}

impl Shelves {
    fn greeted_on(&self) -> Option<Date> {
        *self.greeted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn greeted(&self, day: Date) {
        *self.greeted.lock().unwrap_or_else(PoisonError::into_inner) = Some(day);
    }
}
