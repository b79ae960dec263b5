//! After the sale: goods that are changed for others, or mended. It runs beside the state of the
//! order, for she has the goods, and one at a time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::decide::{not_now, required};
use super::event::Change;
use super::money::Milli;
use super::order::{Order, StockStep};
use super::refusal::Refusal;
use super::state::Step;
use super::stock::{MoveKind, article_of};
use crate::county::words;

/// Of one order; above it somebody has to talk with both.
const REMEDIES_MAX: usize = 20;
const DAY: i64 = 24;

words! {
    RemedyKind {
        Exchange "exchange" "换货",
        Repair "repair" "维修",
    }
}

impl RemedyKind {
    /// Since the hand-over. (Rules on repair, replacement and return: faults of fifteen days are
    /// exchanged, of a year mended.)
    pub fn within(self) -> SignedDuration {
        match self {
            RemedyKind::Exchange => SignedDuration::from_hours(15 * DAY),
            RemedyKind::Repair => SignedDuration::from_hours(365 * DAY),
        }
    }

    fn days(self) -> i64 {
        self.within().as_hours() / DAY
    }
}

words! {
    RemedyState {
        Asked "asked" "等商家办",
        /// The shop or the merchant has the goods.
        Taken "taken" "东西收下了",
        Done "done" "办好了",
        Declined "declined" "没同意",
        /// She gave the goods back instead.
        Dropped "dropped" "改成退货了",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    pub kind: RemedyKind,
    /// Which line of the order, from 0.
    pub line: usize,
    pub reason: String,
    pub asked_at: Timestamp,
    pub state: RemedyState,
}

impl Remedy {
    pub fn is_open(&self) -> bool {
        matches!(self.state, RemedyState::Asked | RemedyState::Taken)
    }
}

impl Order {
    pub fn open_remedy(&self) -> Option<&Remedy> {
        self.remedies.iter().find(|remedy| remedy.is_open())
    }

    /// Where the open one has come to.
    pub(super) fn set_remedy(&mut self, state: RemedyState) {
        self.remedies.iter_mut().filter(|one| one.is_open()).for_each(|one| one.state = state);
    }

    /// Another one goes out for each that is changed; what came back and can be sold again is
    /// brought in first. A round's goods were bought for its orders: they have no stock.
    pub(super) fn remedy_steps(&self, quantity: Milli, fit: bool) -> Vec<StockStep> {
        let exchange = self.open_remedy().filter(|remedy| remedy.kind == RemedyKind::Exchange);
        let line = exchange.and_then(|remedy| self.lines.get(remedy.line));
        let stock = line
            .and_then(|line| line.stock.clone().filter(|stock| article_of(stock) == line.article));
        let Some(stock) = stock else { return Vec::new() };
        let step = |kind| StockStep { stock: stock.clone(), kind, quantity };
        let back = fit.then(|| step(MoveKind::Return));
        back.into_iter().chain([step(MoveKind::Out)]).collect()
    }
}

pub(super) fn ask(
    order: &Order,
    kind: RemedyKind,
    line: usize,
    reason: String,
    now: Timestamp,
) -> Result<Change, Refusal> {
    if order.open_remedy().is_some() {
        return Err(not_now(order.state, Step::RemedyAsked, "上一次的还没有办完。"));
    }
    if order.remedies.len() >= REMEDIES_MAX {
        return Err(Refusal::Full(REMEDIES_MAX));
    }
    let bought = order.lines.get(line).filter(|line| line.quantity > Milli::ZERO);
    if bought.is_none() {
        return Err(Refusal::Missing("哪一样"));
    }
    let handed = order.handed_at.unwrap_or(order.updated_at);
    if now.duration_since(handed) > kind.within() {
        return Err(Refusal::RemedyTooLate { what: kind.word(), days: kind.days() });
    }
    Ok(Change::RemedyAsked { kind, line, reason: required("毛病", reason)? })
}

pub(super) fn take(order: &Order) -> Result<Vec<Change>, Refusal> {
    match order.open_remedy() {
        Some(remedy) if remedy.state == RemedyState::Taken => Ok(Vec::new()),
        Some(_) => Ok(vec![Change::RemedyTaken]),
        None => Err(nothing(order, Step::RemedyTaken)),
    }
}

/// `quantity`: how many were changed; `None`: all of the line.
pub(super) fn finish(order: &Order, quantity: Option<Milli>, fit: bool) -> Result<Change, Refusal> {
    let remedy = order.open_remedy().ok_or_else(|| nothing(order, Step::RemedyDone))?;
    let Some(line) = order.lines.get(remedy.line) else {
        return Err(Refusal::Missing("哪一样"));
    };
    let quantity = quantity.unwrap_or(line.quantity);
    if quantity <= Milli::ZERO || quantity > line.quantity {
        let found = format!("{}给过{}{}", line.title, line.quantity, line.unit);
        return Err(Refusal::Quantities(found));
    }
    let fit = fit && remedy.kind == RemedyKind::Exchange;
    Ok(Change::RemedyDone { quantity, fit })
}

pub(super) fn decline(order: &Order, reason: String) -> Result<Change, Refusal> {
    order.open_remedy().ok_or_else(|| nothing(order, Step::RemedyDeclined))?;
    Ok(Change::RemedyDeclined { reason: required("原因", reason)? })
}

fn nothing(order: &Order, step: Step) -> Refusal {
    not_now(order.state, step, "没有等着换、等着修的。")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::tests::{Life, buyer, draft, line, seller, staff};
    use super::super::*;

    #[test]
    fn goods_are_changed_or_mended_beside_the_order() {
        let begin = || {
            let lines = vec![line("A1", 10_500, 2_000), line("A2", 5_000, 1_000)];
            let mut life = Life::begin(draft(1, lines)).arrived();
            life.give(&staff(), Command::TryCode { code: "4827".into() }).unwrap();
            life
        };
        let ask = |kind, line| Command::AskRemedy { kind, line, reason: "结块了".into() };
        let finish = |quantity: Option<i64>, fit| Command::FinishRemedy {
            quantity: quantity.map(Milli),
            fit,
        };
        let moved = |life: &Life, change: &Change| -> Vec<(String, i64)> {
            let steps = life.order().unwrap().stock_steps(change);
            steps
                .iter()
                .map(|step| (format!("{} {}", step.stock, step.kind), step.quantity.0))
                .collect()
        };
        let mut life = begin();
        assert_eq!(
            life.steps(&seller(), Command::TakeRemedy),
            "订单现在是“已取货”，不能收下要换要修的。没有等着换、等着修的。"
        );
        assert_eq!(
            life.steps(&buyer(), ask(RemedyKind::Exchange, 2)),
            "哪一样是空的。请写上哪一样。"
        );
        assert_eq!(life.steps(&buyer(), ask(RemedyKind::Exchange, 0)), "remedy_asked");
        let said = life.steps(&buyer(), ask(RemedyKind::Repair, 1));
        assert!(said.ends_with("上一次的还没有办完。"), "{said}");
        assert_eq!(life.steps(&staff(), Command::TakeRemedy), "remedy_taken");
        assert_eq!(life.steps(&staff(), Command::TakeRemedy), "", "it lies there already");
        let said = life.steps(&seller(), finish(Some(3_000), false));
        assert_eq!(said, "数量和单子对不上：A1给过2袋。");
        // One bag for another; the one that came back may be sold again, or not.
        let unfit = Change::RemedyDone { quantity: Milli(1_000), fit: false };
        assert_eq!(moved(&life, &unfit), [("A1 出库".to_owned(), 1_000)]);
        let fit = Change::RemedyDone { quantity: Milli(1_000), fit: true };
        let both = [("A1 退回".to_owned(), 1_000), ("A1 出库".to_owned(), 1_000)];
        assert_eq!(moved(&life, &fit), both);
        assert_eq!(life.steps(&seller(), finish(Some(1_000), false)), "remedy_done");
        let order = life.order().unwrap();
        assert_eq!((order.state, order.refunding()), (State::Collected, Fen::ZERO));
        // What is mended moves no stock; a year is long enough, and no longer.
        let mut life = begin();
        life.now += SignedDuration::from_hours(24 * 15);
        life.give(&buyer(), ask(RemedyKind::Exchange, 0)).unwrap();
        let mut life = begin();
        life.now += SignedDuration::from_hours(24 * 16);
        let said = life.steps(&buyer(), ask(RemedyKind::Exchange, 0));
        assert!(said.starts_with("拿到东西超过15天了，不能换货。"), "{said}");
        life.give(&Actor::System, Command::Complete).unwrap();
        life.now += SignedDuration::from_hours(24 * 349);
        assert_eq!(life.steps(&buyer(), ask(RemedyKind::Repair, 0)), "remedy_asked");
        assert!(moved(&life, &fit).is_empty());
        assert_eq!(
            life.steps(&seller(), Command::DeclineRemedy { reason: "人为摔坏".into() }),
            "remedy_declined"
        );
        life.now += SignedDuration::from_hours(24);
        assert!(life.give(&buyer(), ask(RemedyKind::Repair, 0)).is_err(), "a year and a day");
        // Giving it back ends what was asked for.
        let mut life = begin();
        life.give(&buyer(), ask(RemedyKind::Repair, 0)).unwrap();
        life.give(&buyer(), Command::AskReturn { reason: "不修了".into() }).unwrap();
        assert_eq!(life.order().unwrap().remedies[0].state, RemedyState::Dropped);
    }
}
