//! Keys of what belongs to orders and goods without being one: prices that were, parcels and
//! wishes of a village, payments under way. Reached as `keys::`.

use jiff::Timestamp;

use super::keys::{below, between, key, newest_first, segment, time};
use super::{Key, Range};

/// Orders placed from `from` on, before `to`; the oldest first.
pub fn orders_placed(from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "order-placed"], from, to)
}

/// In the order of their numbers.
pub fn all_orders() -> Range {
    below(&["order"])
}

pub fn price_change(article: &str, at: Timestamp) -> Key {
    key(&["price", &segment(article), &time(at)])
}

/// The newest first.
pub fn price_changes(article: &str) -> Range {
    newest_first(below(&["price", &segment(article)]))
}

/// The newest first.
pub fn stock_moves_back(article: &str) -> Range {
    newest_first(super::keys::stock_moves(article))
}

pub fn all_open_purchases() -> Range {
    below(&["i", "purchase-village"])
}

pub fn purchase_by_phone(phone: &str, at: Timestamp, id: &str) -> Key {
    key(&["i", "purchase-phone", &segment(phone), &time(at), &segment(id)])
}

/// The newest first.
pub fn purchases_with_phone(phone: &str) -> Range {
    newest_first(below(&["i", "purchase-phone", &segment(phone)]))
}

/// The oldest first.
pub fn open_leads_of(merchant: &str) -> Range {
    below(&["i", "lead-open", &segment(merchant)])
}
