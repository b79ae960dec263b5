//! Records of the shop, with their keys and indexes. What they mean is in `shop`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};
use crate::shop::{
    Article, Cycle, Fen, Lead, Merchant, Order, OrderEvent, ParcelState, Purchase, Run, Sample,
    SampleState, Stock, StockMove,
};

impl Record for Merchant {
    const KIND: &'static str = "merchant";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::merchant(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        let addresses = self.addresses.iter().map(|a| keys::merchant_by_address(a, &self.id));
        let mut indexes: Vec<Key> = addresses.collect();
        indexes.push(keys::merchant_by_phone(&self.phone, &self.id));
        if !self.pass.is_empty() {
            indexes.push(keys::merchant_by_pass(&self.pass, &self.id));
        }
        indexes
    }
}

impl Record for Article {
    const KIND: &'static str = "article";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::article(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        vec![keys::article_by_merchant(&self.merchant, &self.id)]
    }
}

impl Record for Stock {
    const KIND: &'static str = "stock";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::stock(&self.article)
    }
}

impl Record for StockMove {
    const KIND: &'static str = "stock_move";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::stock_move(&self.article, self.n)
    }
}

impl Record for Cycle {
    const KIND: &'static str = "cycle";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::cycle(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        let mut indexes = vec![keys::cycle_by_article(&self.article, self.closes_at, &self.id)];
        if self.is_due() {
            indexes.push(keys::cycle_due(self.closes_at, &self.id));
        }
        indexes
    }
}

impl Record for Order {
    const KIND: &'static str = "order";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::order(&self.number.digits())
    }

    fn indexes(&self) -> Vec<Key> {
        let (number, state) = (&self.number.digits(), self.state.id());
        let remedy = self.open_remedy().map(|one| keys::order_by_remedy(one.asked_at, number));
        let always = [
            keys::order_by_time(self.placed_at, number),
            keys::order_by_state(state, self.placed_at, number),
            keys::order_by_run(self.deliver_on, number),
            keys::order_by_person(&self.person, number),
            keys::order_by_merchant(&self.merchant, state, self.placed_at, number),
            keys::order_by_village(&self.village, state, self.placed_at, number),
        ];
        let flagged = !self.unseen_flags().is_empty();
        let flagged = flagged.then(|| keys::order_by_flag(self.placed_at, number));
        let complained = !self.complaints.is_empty();
        let answered = self.unanswered().is_none();
        let complained = complained.then(|| {
            [
                keys::complained_order(&self.merchant, number),
                keys::order_by_answer(answered, self.placed_at, number),
            ]
        });
        let complaints = self.complaints.iter().map(|case| keys::order_by_complaint(case, number));
        let some = remedy
            .into_iter()
            .chain(flagged)
            .chain(complained.into_iter().flatten())
            .chain(complaints);
        always.into_iter().chain(some).collect()
    }
}

impl Record for Run {
    const KIND: &'static str = "run";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::run(self.day, &self.name)
    }
}

/// One event of an order; the order is the fold of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredOrderEvent {
    pub order: String,
    /// From 1, without gaps.
    pub n: u32,
    pub event: OrderEvent,
}

impl Record for StoredOrderEvent {
    const KIND: &'static str = "order_event";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::order_event(&self.order, self.n)
    }
}

/// The orders that one confirmation made: the same confirmation makes no others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderKey {
    pub key: String,
    /// As digits.
    pub orders: Vec<String>,
}

impl Record for OrderKey {
    const KIND: &'static str = "order_key";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::order_key(&self.key)
    }
}

/// A pick-up code that is in use at a village's shop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PickupCode {
    pub village: String,
    pub code: String,
    /// As digits.
    pub order: String,
}

impl Record for PickupCode {
    const KIND: &'static str = "pickup_code";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::pickup_code(&self.village, &self.code)
    }
}

/// Grows with every change of what is on the shelf, so that a copy in memory knows its age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShelfMark {
    pub revision: u64,
    pub at: Timestamp,
    pub by: String,
}

impl Record for ShelfMark {
    const KIND: &'static str = "shelf";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::shelf()
    }
}

/// A price that was, and the one that took its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriceChange {
    pub article: String,
    pub at: Timestamp,
    pub before: Fen,
    pub after: Fen,
    pub by: String,
}

impl Record for PriceChange {
    const KIND: &'static str = "price_change";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::price_change(&self.article, self.at)
    }

    fn indexes(&self) -> Vec<Key> {
        vec![keys::price_by_time(self.at, &self.article)]
    }
}

impl Record for Purchase {
    const KIND: &'static str = "purchase";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::purchase(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        let mut indexes = Vec::new();
        if !matches!(self.state, ParcelState::Handed | ParcelState::Lost) {
            indexes.push(keys::purchase_by_village(&self.village, self.made_at, &self.id));
        }
        indexes.push(keys::purchase_by_phone(&self.phone, self.made_at, &self.id));
        if let Some(person) = &self.person {
            indexes.push(keys::purchase_by_person(person, self.made_at, &self.id));
        }
        indexes
    }
}

impl Record for Sample {
    const KIND: &'static str = "sample";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::sample(&self.village, &self.article)
    }

    fn indexes(&self) -> Vec<Key> {
        let waits = self.state == SampleState::Asked;
        let open =
            || keys::open_sample(&self.merchant, self.asked_at, &self.village, &self.article);
        waits.then(open).into_iter().collect()
    }
}

impl Record for Lead {
    const KIND: &'static str = "lead";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::lead(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        match self.done_by {
            Some(_) => Vec::new(),
            None => vec![keys::open_lead(&self.merchant, self.made_at, &self.id)],
        }
    }
}
