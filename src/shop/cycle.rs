//! A round: many order for one delivery, up to a capacity, and if a least amount was said, all of
//! them or nobody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::article::Article;
use super::money::Milli;
use super::stock::Stock;
use crate::calendar::spoken;
use crate::county::words;

/// What it can still take is the stock of its id: the capacity is brought in when it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    pub id: String,
    pub article: String,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
    pub capacity: Milli,
    /// Place codes; empty: everywhere.
    pub villages: Vec<String>,
    /// Less than this in all when it closes, and nobody gets any.
    #[serde(default)]
    pub min_total: Option<Milli>,
    /// `None`: it has not closed, or nobody has looked yet.
    #[serde(default)]
    pub ended: Option<Ended>,
}

words! {
    /// What became of a round when it closed.
    Ended {
        Reached "reached" "订够了",
        /// Decided; its orders are being cancelled.
        Short "short" "没有订够，正在退单",
        Released "released" "没有订够，都退了",
    }
}

impl Cycle {
    pub fn takes_orders(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.opens_at <= now && now < self.closes_at
    }

    /// Something is to be done when it closes, or goes on since it has.
    pub fn is_due(&self) -> bool {
        matches!(self.ended, None | Some(Ended::Short))
    }

    /// So much was ordered and not cancelled.
    pub fn taken(&self, stock: &Stock) -> Milli {
        self.capacity.minus(stock.free())
    }

    /// What is decided when it closes.
    pub fn outcome(&self, stock: &Stock) -> Ended {
        match self.min_total {
            Some(least) if self.taken(stock) < least => Ended::Short,
            _ => Ended::Reached,
        }
    }

    /// What she should know before she orders.
    pub fn terms(&self, article: &Article) -> String {
        let closes = spoken(self.closes_at);
        match self.min_total {
            Some(least) => {
                format!(
                    "{closes}截止，大家一共订满{least}{}才送；订不满就取消，不收钱",
                    article.unit
                )
            }
            None => format!("{closes}截止"),
        }
    }

    /// Why its orders are cancelled.
    pub fn short_of(&self, article: &Article) -> String {
        let least = self.min_total.unwrap_or_default();
        let (name, unit) = (article.title(), &article.unit);
        format!("{name}这一轮没有订满{least}{unit}，这次不送了，对不起")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    #[test]
    fn a_round_is_decided_by_what_was_ordered_and_not_cancelled() {
        let mut cycle = Cycle {
            id: "C1".into(),
            article: "A9".into(),
            opens_at: at("2026-11-24 08:00"),
            closes_at: at("2026-11-30 16:00"),
            capacity: Milli(200_000),
            villages: Vec::new(),
            min_total: None,
            ended: None,
        };
        let stock = |on_hand, reserved| Stock {
            on_hand: Milli(on_hand),
            reserved: Milli(reserved),
            ..Stock::empty("C1")
        };
        let nothing = stock(200_000, 0);
        assert_eq!(cycle.outcome(&nothing), Ended::Reached, "nothing was asked for");
        cycle.min_total = Some(Milli(30_000));
        assert_eq!(cycle.outcome(&nothing), Ended::Short);
        assert_eq!(cycle.outcome(&stock(200_000, 29_999)), Ended::Short);
        assert_eq!(cycle.outcome(&stock(200_000, 30_000)), Ended::Reached);
        // Ten were handed over already.
        assert_eq!(cycle.outcome(&stock(190_000, 20_000)), Ended::Reached);
        assert!(cycle.takes_orders(at("2026-11-30 15:59")));
        assert!(!cycle.takes_orders(at("2026-11-30 16:00")));
        cycle.ended = Some(Ended::Short);
        assert!(!cycle.takes_orders(at("2026-11-30 15:59")) && cycle.is_due());
        cycle.ended = Some(Ended::Released);
        assert!(!cycle.is_due());
    }
}
