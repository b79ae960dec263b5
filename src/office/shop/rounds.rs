//! Rounds in which many order for one delivery: opening one, what was ordered of it, and its end.
//! The end is decided once, in a commit that no order of the round can pass; what follows from it
//! is done order by order and begun again where it was cut off.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::office::looks::Noted;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, beijing, random};
use crate::shop::{
    Article, Command, Cycle, Ended, Milli, MoveKind, Order, State, Stock, StockMode, StockStep,
};
use crate::store::looks::LookKind;
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};

use super::ledger::{self, Ledger};
use super::reach::Reach;
use super::views::{NewRound, RoundRow};

const SHOWN: usize = 3;
const DUE_MAX: usize = 100;
/// Orders of a round that the clock may still cancel.
const HELD: [State; 3] = [State::Placed, State::Confirmed, State::Packed];

impl Office {
    pub async fn open_round(&self, session: &Session, new: &NewRound) -> Result<(), CommandError> {
        let wrong = |field, text: &str| CommandError::Field(field, text.to_owned());
        let now = self.clock.now();
        let reach = self.reach_to_act(session).await?;
        let found = load::<Article>(&*self.store, keys::article(&new.article)).await?;
        let own = found.filter(|found| reach.merchant(&found.record.merchant));
        let found = own.ok_or_else(|| match reach {
            Reach::All => wrong("article", "没有这个编号的商品。请在上面的表里看编号。"),
            _ => CommandError::NotFound,
        })?;
        if found.record.stock_mode != StockMode::Cycle {
            return Err(wrong(
                "article",
                "这样商品不是集中订的。请先在商品表里把「订法」改成「集中订」。",
            ));
        }
        let closes_at = beijing_time(&new.closes_at)
            .ok_or_else(|| wrong("closes_at", "截止时间请写成 2026-11-30T16:00 这样。"))?;
        if closes_at <= now {
            return Err(wrong("closes_at", "截止时间已经过了。"));
        }
        if self.round_open(&found.record.id, now).await? {
            return Err(wrong("article", "这样商品还有一轮没有截止。请等它截止了再开下一轮。"));
        }
        let measure = |text: &str| Milli::parse(text).filter(|read| *read > Milli::ZERO);
        let capacity = measure(&new.capacity)
            .ok_or_else(|| wrong("capacity", "最多收多少要写数字，例如 200。"))?;
        let min_total = match new.least.trim() {
            "" => None,
            text => Some(measure(text).filter(|least| *least <= capacity).ok_or_else(|| {
                wrong("least", "满多少才送要写数字，不能比最多收的还多；多少都送就空着。")
            })?),
        };
        let mut villages = Vec::new();
        for name in new.villages.split_whitespace() {
            let unknown = || wrong("villages", &format!("没有找到「{name}」这个村。请写村名。"));
            villages.push(self.village_code(name).ok_or_else(unknown)?);
        }
        let id = format!("C{}", random::hex::<6>());
        let mut changes = Changes::default();
        let mut ledger = Ledger::default();
        let step = StockStep { stock: id.clone(), kind: MoveKind::In, quantity: capacity };
        let why = ledger::Entry { order: None, by: &session.name, reason: "开一轮", at: now };
        let taken = ledger.take(&*self.store, &step, &why).await?;
        taken.map_err(|refusal| wrong("capacity", &refusal.to_string()))?;
        ledger.write(&mut changes)?;
        let article = new.article.clone();
        let (opens_at, ended) = (now, None);
        changes.create(&Cycle {
            id,
            article,
            opens_at,
            closes_at,
            capacity,
            villages,
            min_total,
            ended,
        })?;
        // Two that are opened at once meet here.
        changes.replace(&found, &found.record)?;
        let noted = Noted::by(session, LookKind::Goods, &new.article, "开一轮团购");
        Ok(self.commit_noted(changes, noted).await?)
    }

    /// Only the newest round of an article is found by who orders: there is one at a time.
    async fn round_open(&self, article: &str, now: Timestamp) -> Result<bool, StoreError> {
        let range = keys::cycles_of(article);
        let newest = list_by_index::<Cycle>(&*self.store, range, 1).await?;
        Ok(newest.iter().any(|(_, cycle)| cycle.record.takes_orders(now)))
    }

    /// The newest rounds of each article, with what was ordered so far.
    pub(super) async fn rounds_of(
        &self,
        articles: &[&Article],
    ) -> Result<Vec<RoundRow>, StoreError> {
        let now = self.clock.now();
        let mut rows = Vec::new();
        for article in articles {
            let range = keys::cycles_of(&article.id);
            for (_, cycle) in list_by_index::<Cycle>(&*self.store, range, SHOWN).await? {
                let cycle = cycle.record;
                let stock = self.stock_of_round(&cycle.id).await?;
                let measured = |quantity: Milli| format!("{quantity}{}", article.unit);
                let open = cycle.takes_orders(now);
                rows.push(RoundRow {
                    article: article.id.clone(),
                    title: article.title(),
                    closes_at: cycle.closes_at,
                    taken: measured(cycle.taken(&stock.1)),
                    capacity: measured(cycle.capacity),
                    least: cycle.min_total.map(measured).unwrap_or_default(),
                    state: match cycle.ended {
                        Some(ended) => ended.word(),
                        None if open => "正在订",
                        None => "截止了",
                    },
                    open,
                });
            }
        }
        Ok(rows)
    }

    async fn stock_of_round(&self, id: &str) -> Result<(Option<Loaded<Stock>>, Stock), StoreError> {
        let found = load::<Stock>(&*self.store, keys::stock(id)).await?;
        let stock = found.as_ref().map_or_else(|| Stock::empty(id), |found| found.record.clone());
        Ok((found, stock))
    }

    /// Says how many orders were cancelled.
    pub(in crate::office) async fn close_rounds(&self) -> Result<usize, StoreError> {
        let due = keys::cycles_due(self.clock.now());
        let mut cancelled = 0;
        for (_, cycle) in list_by_index::<Cycle>(&*self.store, due, DUE_MAX).await? {
            let ended = match cycle.record.ended {
                Some(ended) => ended,
                None => match self.decide_round(&cycle).await? {
                    Some(ended) => ended,
                    // Somebody orders or cancels just now: with the next round of the clock.
                    None => continue,
                },
            };
            if ended == Ended::Short {
                cancelled += self.release_round(&cycle.record.id).await?;
            }
        }
        Ok(cancelled)
    }

    /// `None`: an order of it came or went meanwhile.
    async fn decide_round(&self, cycle: &Loaded<Cycle>) -> Result<Option<Ended>, StoreError> {
        let (found, stock) = self.stock_of_round(&cycle.record.id).await?;
        let ended = cycle.record.outcome(&stock);
        let mut changes = Changes::default();
        changes.replace(cycle, &Cycle { ended: Some(ended), ..cycle.record.clone() })?;
        found.iter().for_each(|stock| changes.expect_unchanged(stock));
        match self.store.commit(changes.into_batch()).await {
            Ok(()) => Ok(Some(ended)),
            Err(StoreError::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Cancels what is left of its orders, and notes it when none is left.
    async fn release_round(&self, id: &str) -> Result<usize, StoreError> {
        let Some(cycle) = load::<Cycle>(&*self.store, keys::cycle(id)).await? else { return Ok(0) };
        let article = load::<Article>(&*self.store, keys::article(&cycle.record.article)).await?;
        let Some(article) = article.map(|found| found.record) else { return Ok(0) };
        let reason = cycle.record.short_of(&article);
        let of_it =
            |order: &Order| order.lines.iter().any(|line| line.stock.as_deref() == Some(id));
        let (mut cancelled, mut left) = (0, 0);
        for state in HELD {
            let range = keys::orders_of_merchant(&article.merchant, state.id());
            for order in self.all_within(range).await?.iter().filter(|order| of_it(order)) {
                let command = Command::Cancel { reason: reason.clone() };
                match self.by_clock(order, &command).await? {
                    true => cancelled += 1,
                    false => left += 1,
                }
            }
        }
        if left == 0 {
            let mut changes = Changes::default();
            changes
                .replace(&cycle, &Cycle { ended: Some(Ended::Released), ..cycle.record.clone() })?;
            match self.store.commit(changes.into_batch()).await {
                Ok(()) | Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(cancelled)
    }
}

fn beijing_time(text: &str) -> Option<Timestamp> {
    text.trim().parse::<DateTime>().ok().map(beijing::instant)
}
