//! Keys of merchants, goods and orders.

use std::ops::Bound;

use jiff::Timestamp;

use super::super::Direction;
use super::{Key, Range, below, between, key, newest_first, segment, time, until};

pub fn merchant(id: &str) -> Key {
    key(&["merchant", &segment(id)])
}

pub fn all_merchants() -> Range {
    below(&["merchant"])
}

pub fn merchant_by_address(address: &str, id: &str) -> Key {
    key(&["i", "merchant-address", &segment(address), &segment(id)])
}

pub fn merchants_at(address: &str) -> Range {
    below(&["i", "merchant-address", &segment(address)])
}

pub fn merchant_by_phone(phone: &str, id: &str) -> Key {
    key(&["i", "merchant-phone", &segment(phone), &segment(id)])
}

pub fn merchants_with_phone(phone: &str) -> Range {
    below(&["i", "merchant-phone", &segment(phone)])
}

pub fn merchant_by_pass(pass: &str, id: &str) -> Key {
    key(&["i", "merchant-pass", &segment(pass), &segment(id)])
}

pub fn merchants_with_pass(pass: &str) -> Range {
    below(&["i", "merchant-pass", &segment(pass)])
}

pub fn article(id: &str) -> Key {
    key(&["article", &segment(id)])
}

pub fn all_articles() -> Range {
    below(&["article"])
}

pub fn article_by_merchant(merchant: &str, id: &str) -> Key {
    key(&["i", "article-merchant", &segment(merchant), &segment(id)])
}

pub fn stock(article: &str) -> Key {
    key(&["stock", &segment(article)])
}

pub fn all_stocks() -> Range {
    below(&["stock"])
}

/// Of one article, wherever it lies but with its merchant.
pub fn stocks_elsewhere(article: &str) -> Range {
    let from = key(&["stock", &segment(&format!("{article}@"))]);
    let to = [&from[..], &[0xff]].concat();
    Range { from: Bound::Included(from), to: Bound::Excluded(to), direction: Direction::Forward }
}

pub fn stock_move(article: &str, n: u32) -> Key {
    key(&["stock-move", &segment(article), &format!("{n:08}")])
}

pub fn stock_moves(article: &str) -> Range {
    below(&["stock-move", &segment(article)])
}

pub fn cycle(id: &str) -> Key {
    key(&["cycle", &segment(id)])
}

pub fn cycle_by_article(article: &str, closes: Timestamp, id: &str) -> Key {
    key(&["i", "cycle-article", &segment(article), &time(closes), &segment(id)])
}

/// Until what follows from its end is done.
pub fn cycle_due(closes: Timestamp, id: &str) -> Key {
    key(&["i", "cycle-due", &time(closes), &segment(id)])
}

pub fn cycles_due(now: Timestamp) -> Range {
    until("cycle-due", now)
}

/// The one that closes last comes first.
pub fn cycles_of(article: &str) -> Range {
    newest_first(below(&["i", "cycle-article", &segment(article)]))
}

pub fn order(number: &str) -> Key {
    key(&["order", &segment(number)])
}

pub fn order_by_time(at: Timestamp, number: &str) -> Key {
    key(&["i", "order-placed", &time(at), number])
}

pub fn orders_by_time() -> Range {
    newest_first(below(&["i", "order-placed"]))
}

pub fn order_by_state(state: &str, placed: Timestamp, number: &str) -> Key {
    key(&["i", "order-state", state, &time(placed), number])
}

/// The oldest first.
pub fn orders_in_state(state: &str) -> Range {
    below(&["i", "order-state", &segment(state)])
}

pub fn order_by_run(day: jiff::civil::Date, number: &str) -> Key {
    key(&["i", "order-run", &day.to_string(), number])
}

/// In the order of their numbers.
pub fn orders_of_run(day: jiff::civil::Date) -> Range {
    below(&["i", "order-run", &day.to_string()])
}

pub fn order_by_person(person: &str, number: &str) -> Key {
    key(&["i", "order-person", &segment(person), number])
}

/// Newest first.
pub fn orders_of(person: &str) -> Range {
    newest_first(below(&["i", "order-person", &segment(person)]))
}

pub fn order_by_merchant(merchant: &str, state: &str, placed: Timestamp, number: &str) -> Key {
    key(&["i", "order-merchant", &segment(merchant), state, &time(placed), number])
}

/// The oldest first.
pub fn orders_of_merchant(merchant: &str, state: &str) -> Range {
    below(&["i", "order-merchant", &segment(merchant), &segment(state)])
}

pub fn order_by_village(village: &str, state: &str, placed: Timestamp, number: &str) -> Key {
    key(&["i", "order-village", &segment(village), state, &time(placed), number])
}

/// The oldest first.
pub fn orders_of_village(village: &str, state: &str) -> Range {
    below(&["i", "order-village", &segment(village), &segment(state)])
}

/// The same of those placed from `from` to before `to`.
pub fn orders_of_village_placed(
    village: &str,
    state: &str,
    from: Timestamp,
    to: Timestamp,
) -> Range {
    between(&["i", "order-village", &segment(village), &segment(state)], from, to)
}

pub fn order_by_remedy(asked: Timestamp, number: &str) -> Key {
    key(&["i", "order-remedy", &time(asked), number])
}

/// Of which something is to be changed or mended, the longest waiting first.
pub fn orders_with_remedy() -> Range {
    below(&["i", "order-remedy"])
}

/// Until somebody has looked at what was flagged.
pub fn order_by_flag(placed: Timestamp, number: &str) -> Key {
    key(&["i", "order-flagged", &time(placed), number])
}

/// The oldest first.
pub fn flagged_orders() -> Range {
    below(&["i", "order-flagged"])
}

pub fn order_by_complaint(case: &str, number: &str) -> Key {
    key(&["i", "order-complaint", &segment(case), number])
}

/// The order that a complaint is about.
pub fn order_of_complaint(case: &str) -> Range {
    below(&["i", "order-complaint", &segment(case)])
}

pub fn complained_order(merchant: &str, number: &str) -> Key {
    key(&["i", "order-complained", &segment(merchant), number])
}

/// Of one merchant, the newest first.
pub fn complained_orders(merchant: &str) -> Range {
    newest_first(below(&["i", "order-complained", &segment(merchant)]))
}

pub fn order_by_answer(answered: bool, placed: Timestamp, number: &str) -> Key {
    key(&["i", "order-answer", answer(answered), &time(placed), number])
}

/// With a complaint that its merchant has not answered, or with answers to all; the oldest first.
pub fn orders_by_answer(answered: bool) -> Range {
    below(&["i", "order-answer", answer(answered)])
}

fn answer(answered: bool) -> &'static str {
    if answered { "given" } else { "waiting" }
}

pub fn run(day: jiff::civil::Date, name: &str) -> Key {
    key(&["run", &day.to_string(), &segment(name)])
}

/// Of some days, from the first to the last.
pub fn runs_within(from: jiff::civil::Date, to: jiff::civil::Date) -> Range {
    Range { to: runs_of(to).to, ..runs_of(from) }
}

/// The delivery runs of a day.
pub fn runs_of(day: jiff::civil::Date) -> Range {
    below(&["run", &day.to_string()])
}

pub fn order_event(order: &str, n: u32) -> Key {
    key(&["order-event", &segment(order), &format!("{n:05}")])
}

pub fn order_events_of(order: &str) -> Range {
    below(&["order-event", &segment(order)])
}

pub fn order_key(hash: &str) -> Key {
    key(&["order-key", &segment(hash)])
}

pub fn pickup_code(village: &str, code: &str) -> Key {
    key(&["pickup", &segment(village), &segment(code)])
}

pub fn sample(village: &str, article: &str) -> Key {
    key(&["sample", &segment(village), &segment(article)])
}

pub fn samples_of(village: &str) -> Range {
    below(&["sample", &segment(village)])
}

pub fn open_sample(merchant: &str, asked: Timestamp, village: &str, article: &str) -> Key {
    let of = ["i", "sample-open", &segment(merchant), &time(asked)];
    key(&[&of[..], &[&segment(village), &segment(article)]].concat())
}

/// Those that wait for an answer, of one merchant or of all.
pub fn open_samples(merchant: Option<&str>) -> Range {
    match merchant {
        Some(merchant) => below(&["i", "sample-open", &segment(merchant)]),
        None => below(&["i", "sample-open"]),
    }
}

pub fn shelf() -> Key {
    key(&["shelf"])
}

pub fn purchase(id: &str) -> Key {
    key(&["purchase", &segment(id)])
}

pub fn purchase_by_village(village: &str, at: Timestamp, id: &str) -> Key {
    key(&["i", "purchase-village", &segment(village), &time(at), &segment(id)])
}

pub fn purchases_of_village(village: &str) -> Range {
    below(&["i", "purchase-village", &segment(village)])
}

pub fn purchase_by_person(person: &str, at: Timestamp, id: &str) -> Key {
    key(&["i", "purchase-person", &segment(person), &time(at), &segment(id)])
}

pub fn lead(id: &str) -> Key {
    key(&["lead", &segment(id)])
}

pub fn open_lead(merchant: &str, at: Timestamp, id: &str) -> Key {
    key(&["i", "lead-open", &segment(merchant), &time(at), &segment(id)])
}

pub fn open_leads() -> Range {
    below(&["i", "lead-open"])
}

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

pub fn price_by_time(at: Timestamp, article: &str) -> Key {
    key(&["i", "price-time", &time(at), &segment(article)])
}

/// Of all articles, from `from` on, before `to`.
pub fn prices_changed(from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "price-time"], from, to)
}

/// The newest first.
pub fn price_changes(article: &str) -> Range {
    newest_first(below(&["price", &segment(article)]))
}

/// The newest first.
pub fn stock_moves_back(article: &str) -> Range {
    newest_first(stock_moves(article))
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

pub fn payment(order: &str, attempt: u32) -> Key {
    key(&["payment", order, &format!("{attempt:04}")])
}

/// The last attempt first.
pub fn payments_of(order: &str) -> Range {
    newest_first(below(&["payment", order]))
}

pub fn payment_due(at: Timestamp, trade_no: &str) -> Key {
    key(&["i", "payment-due", &time(at), trade_no])
}

pub fn payments_due(now: Timestamp) -> Range {
    until("payment-due", now)
}

pub fn payment_unbilled(paid: Timestamp, trade_no: &str) -> Key {
    key(&["i", "payment-unbilled", &time(paid), trade_no])
}

/// Paid until then, and found in no bill.
pub fn payments_unbilled(until_then: Timestamp) -> Range {
    until("payment-unbilled", until_then)
}

pub fn payback(no: &str) -> Key {
    key(&["payback", no])
}

pub fn payback_due(at: Timestamp, no: &str) -> Key {
    key(&["i", "payback-due", &time(at), no])
}

pub fn paybacks_due(now: Timestamp) -> Range {
    until("payback-due", now)
}

pub fn payback_unbilled(accepted: Timestamp, no: &str) -> Key {
    key(&["i", "payback-unbilled", &time(accepted), no])
}

/// Taken up by WeChat until then, and found in no bill.
pub fn paybacks_unbilled(until_then: Timestamp) -> Range {
    until("payback-unbilled", until_then)
}
