//! The one map of all keys.
//!
//! A key is text: segments joined by `/`, the first one naming the kind. A segment that
//! comes from outside is escaped (`%` and `/` as `%25` and `%2F`), so it can not imitate
//! another; an address, which holds `/`, stands last. Times are UTC with milliseconds in a
//! fixed width, so that byte order is time order.
//!
//! | key | record |
//! |---|---|
//! | `contact/<address>` | Contact |
//! | `person/<id>` | Person |
//! | `case/<number>` | Case |
//! | `event/<number>/<n>` | StoredEvent |
//! | `outgoing/<id>` | Outgoing |
//! | `task/<id>` | Task |
//! | `listing/<number>` | Listing |
//! | `media/<account>/<media id>` | Media |
//! | `staff/<name>` | Staff |
//! | `session/<hash>` | StoredSession |
//! | `counter/<series>` | Counter |
//! | `phone/<user>/<id>` | PhoneLine |
//! | `receipt/<message id>` | EarlyReceipt |
//! | `link/<hash>` | LinkCode |
//! | `snapshot/<hash>` | Snapshot |
//! | `snapshot-part/<hash>/<n>` | SnapshotPart |
//! | `live-script` | LiveScript |
//! | `county/<hash>` | CountyVersion |
//! | `live-county` | LiveCounty |
//! | `lease/<name>` | Lease |
//! | `instance/<id>` | Instance |
//! | `pace/<provider>` | Pace |
//! | `wechat-token/<account>` | SharedToken |
//! | `file/<hash>/<n>` | a piece of a photo or recording, as it is |
//! | `merchant/<id>` | Merchant |
//! | `article/<id>` | Article |
//! | `stock/<article or cycle>` | Stock |
//! | `stock-move/<article or cycle>/<n>` | StockMove |
//! | `cycle/<id>` | Cycle |
//! | `order/<number>` | Order |
//! | `order-event/<number>/<n>` | StoredOrderEvent |
//! | `order-key/<key>` | OrderKey |
//! | `pickup/<village>/<code>` | PickupCode |
//! | `price/<article>/<time>` | PriceChange |
//! | `shelf` | ShelfMark |
//! | `purchase/<id>` | Purchase |
//! | `lead/<id>` | Lead |
//! | `correction/<number>` | Correction |
//! | `place-correction/<number>` | PlaceCorrection |
//! | `case-source/<system>/<id>` | SourceCase |
//! | `visits/<what>/<whose>` | Visits |
//!
//! | index | leads to |
//! |---|---|
//! | `i/alarm/<time>/<address>` | Contact |
//! | `i/case-received/<time>/<number>` | Case |
//! | `i/case-village/<village>/<time>/<number>` | Case |
//! | `i/case-state/<state>/<promised>/<number>` | Case |
//! | `i/case-department/<department>/<open or ended>/<due>/<number>` | Case |
//! | `i/case-open/<due>/<number>` | Case |
//! | `i/case-changed/<time>/<number>` | Case |
//! | `i/case-person/<person>/<number>` | Case |
//! | `i/case-clock/<time>/<number>` | Case |
//! | `i/outgoing-due/<time>/<id>` | Outgoing |
//! | `i/outgoing-lane/<channel>/<answers or notices>/<time>/<id>` | Outgoing |
//! | `i/outgoing-unheard/<time>/<id>` | Outgoing |
//! | `i/outgoing-case/<number>/<time>/<id>` | Outgoing |
//! | `i/outgoing-message/<message id>` | Outgoing |
//! | `i/task-open/<time>/<id>` | Task |
//! | `i/listing-state/<state>/<changed>/<number>` | Listing |
//! | `i/listing-shown/<kind>/<changed>/<number>` | Listing |
//! | `i/listing-due/<shown until>/<number>` | Listing |
//! | `i/listing-person/<person>/<number>` | Listing |
//! | `i/media-due/<time>/<id>` | Media |
//! | `i/media-hash/<hash>/<id>` | Media |
//! | `i/session-staff/<name>/<hash>` | StoredSession |
//! | `i/link-until/<time>/<hash>` | LinkCode |
//! | `i/merchant-address/<address>/<id>` | Merchant |
//! | `i/merchant-phone/<phone>/<id>` | Merchant |
//! | `i/merchant-pass/<pass>/<id>` | Merchant |
//! | `i/article-merchant/<merchant>/<id>` | Article |
//! | `i/cycle-article/<article>/<closes>/<id>` | Cycle |
//! | `i/order-placed/<time>/<number>` | Order |
//! | `i/order-state/<state>/<placed>/<number>` | Order |
//! | `i/order-run/<date>/<number>` | Order |
//! | `i/order-person/<person>/<number>` | Order |
//! | `i/order-merchant/<merchant>/<state>/<placed>/<number>` | Order |
//! | `i/order-village/<village>/<state>/<placed>/<number>` | Order |
//! | `i/purchase-village/<village>/<time>/<id>` | Purchase |
//! | `i/purchase-person/<person>/<time>/<id>` | Purchase |
//! | `i/purchase-phone/<phone>/<time>/<id>` | Purchase |
//! | `i/lead-open/<merchant>/<time>/<id>` | Lead |

use std::borrow::Cow;
use std::ops::Bound;

use jiff::Timestamp;

pub use super::shop_keys::*;
use super::{Direction, Key, Range};

/// A segment that can not be taken for two.
pub(super) fn segment(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '/']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('%', "%25").replace('/', "%2F"))
}

/// `2026-11-24T02:03:46.123Z`
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

pub(super) fn key(parts: &[&str]) -> Key {
    let mut key = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            key.push(b'/');
        }
        key.extend_from_slice(part.as_bytes());
    }
    key
}

/// Everything below a prefix.
pub(super) fn below(parts: &[&str]) -> Range {
    let mut from = key(parts);
    let mut to = from.clone();
    from.push(b'/');
    to.push(b'/' + 1);
    Range { from: Bound::Included(from), to: Bound::Excluded(to), direction: Direction::Forward }
}

pub fn newest_first(range: Range) -> Range {
    Range { direction: Direction::Backward, ..range }
}

/// Entries of a time index up to and with `now`.
fn until(index: &str, now: Timestamp) -> Range {
    until_under(&["i", index], now)
}

fn until_under(parts: &[&str], now: Timestamp) -> Range {
    let mut to = key(&[parts, &[&*time(now)]].concat());
    to.push(b'/' + 1);
    Range { to: Bound::Excluded(to), ..below(parts) }
}

/// Entries of a time index from `from` to before `to`.
pub(super) fn between(parts: &[&str], from: Timestamp, to: Timestamp) -> Range {
    let edge = |at| [key(parts), time(at).into_bytes()].join(&b'/');
    Range {
        from: Bound::Included(edge(from)),
        to: Bound::Excluded(edge(to)),
        direction: Direction::Forward,
    }
}

/// What comes after `last` in the same direction: the next page.
pub fn after(range: &Range, last: &[u8]) -> Range {
    let edge = Bound::Excluded(last.to_vec());
    match range.direction {
        Direction::Forward => Range { from: edge, ..range.clone() },
        Direction::Backward => Range { to: edge, ..range.clone() },
    }
}

/// A key as the cursor of a page; keys are text.
pub fn text(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

/// From a cursor that came back from a browser: one that lies outside changes nothing.
pub fn after_text(range: &Range, cursor: &str) -> Range {
    let inside = |key: &[u8]| {
        let low = match &range.from {
            Bound::Included(from) => key >= from.as_slice(),
            Bound::Excluded(from) => key > from.as_slice(),
            Bound::Unbounded => true,
        };
        let high = match &range.to {
            Bound::Included(to) => key <= to.as_slice(),
            Bound::Excluded(to) => key < to.as_slice(),
            Bound::Unbounded => true,
        };
        low && high
    };
    if inside(cursor.as_bytes()) { after(range, cursor.as_bytes()) } else { range.clone() }
}

pub fn contact(address: &str) -> Key {
    key(&["contact", address])
}

pub fn alarm(at: Timestamp, address: &str) -> Key {
    key(&["i", "alarm", &time(at), address])
}

pub fn all_alarms() -> Range {
    below(&["i", "alarm"])
}

pub fn alarms_until(now: Timestamp) -> Range {
    until("alarm", now)
}

pub fn person(id: &str) -> Key {
    key(&["person", &segment(id)])
}

pub fn case(number: &str) -> Key {
    key(&["case", &segment(number)])
}

pub fn case_by_receipt(at: Timestamp, number: &str) -> Key {
    key(&["i", "case-received", &time(at), number])
}

pub fn cases_by_receipt() -> Range {
    newest_first(below(&["i", "case-received"]))
}

/// Those received from `from` to before `to`, the first one first.
pub fn cases_received(from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "case-received"], from, to)
}

pub fn case_by_village(village: &str, received: Timestamp, number: &str) -> Key {
    key(&["i", "case-village", &segment(village), &time(received), number])
}

pub fn cases_of_village(village: &str, from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "case-village", &segment(village)], from, to)
}

pub fn case_by_state(state: &str, promised: Timestamp, number: &str) -> Key {
    key(&["i", "case-state", state, &time(promised), number])
}

/// Those due first come first.
pub fn cases_in_state(state: &str) -> Range {
    below(&["i", "case-state", &segment(state)])
}

/// A county's departments have years of ended cases and a few that run: these have a place of
/// their own, which sorts before the others'.
fn running(is_open: bool) -> &'static str {
    if is_open { "0" } else { "1" }
}

pub fn case_by_department(department: &str, is_open: bool, due: Timestamp, number: &str) -> Key {
    let department = segment(department);
    key(&["i", "case-department", &department, running(is_open), &time(due), number])
}

/// The open ones, those due first before the others; behind them what has ended.
pub fn cases_of_department(department: &str) -> Range {
    below(&["i", "case-department", &segment(department)])
}

/// Those due first come first.
pub fn open_cases_of_department(department: &str) -> Range {
    below(&["i", "case-department", &segment(department), running(true)])
}

/// Newest first.
pub fn ended_cases_of_department(department: &str) -> Range {
    newest_first(below(&["i", "case-department", &segment(department), running(false)]))
}

pub fn case_by_due(due: Timestamp, number: &str) -> Key {
    key(&["i", "case-open", &time(due), number])
}

/// Those due first come first.
pub fn open_cases() -> Range {
    below(&["i", "case-open"])
}

pub fn case_by_change(at: Timestamp, number: &str) -> Key {
    key(&["i", "case-changed", &time(at), number])
}

pub fn cases_changed_since(at: Timestamp) -> Range {
    between(&["i", "case-changed"], at, Timestamp::MAX)
}

/// When the clock does something to it.
pub fn case_clock(at: Timestamp, number: &str) -> Key {
    key(&["i", "case-clock", &time(at), number])
}

pub fn cases_due_by(now: Timestamp) -> Range {
    until("case-clock", now)
}

pub fn case_by_person(person: &str, number: &str) -> Key {
    key(&["i", "case-person", &segment(person), number])
}

/// Newest first: numbers grow within a year, and the year stands in front.
pub fn cases_of(person: &str) -> Range {
    newest_first(below(&["i", "case-person", &segment(person)]))
}

pub fn listing(number: &str) -> Key {
    key(&["listing", &segment(number)])
}

pub fn listing_by_state(state: &str, changed: Timestamp, number: &str) -> Key {
    key(&["i", "listing-state", state, &time(changed), number])
}

/// Those that changed first come first.
pub fn listings_in_state(state: &str) -> Range {
    below(&["i", "listing-state", &segment(state)])
}

pub fn listing_shown(kind: &str, changed: Timestamp, number: &str) -> Key {
    key(&["i", "listing-shown", kind, &time(changed), number])
}

/// Newest first.
pub fn listings_shown(kind: &str) -> Range {
    newest_first(below(&["i", "listing-shown", &segment(kind)]))
}

pub fn listing_due(until: Timestamp, number: &str) -> Key {
    key(&["i", "listing-due", &time(until), number])
}

pub fn listings_due_until(now: Timestamp) -> Range {
    until("listing-due", now)
}

pub fn listing_by_person(person: &str, number: &str) -> Key {
    key(&["i", "listing-person", &segment(person), number])
}

/// Newest first, as cases.
pub fn listings_of(person: &str) -> Range {
    newest_first(below(&["i", "listing-person", &segment(person)]))
}

pub fn event(case: &str, n: u32) -> Key {
    key(&["event", &segment(case), &format!("{n:05}")])
}

pub fn events_of(case: &str) -> Range {
    below(&["event", &segment(case)])
}

pub fn all_events() -> Range {
    below(&["event"])
}

pub fn outgoing(id: &str) -> Key {
    key(&["outgoing", &segment(id)])
}

pub fn all_outgoing() -> Range {
    below(&["outgoing"])
}

pub fn outgoing_due(at: Timestamp, id: &str) -> Key {
    key(&["i", "outgoing-due", &time(at), &segment(id)])
}

pub fn all_outgoing_due() -> Range {
    below(&["i", "outgoing-due"])
}

pub fn outgoing_due_until(now: Timestamp) -> Range {
    until("outgoing-due", now)
}

/// What goes by one SMS channel: answers to her are not behind notices.
fn lane<'a>(channel: &'a str, answers: bool) -> [Cow<'a, str>; 4] {
    let kind = if answers { "answers" } else { "notices" };
    ["i".into(), "outgoing-lane".into(), segment(channel), kind.into()]
}

pub fn outgoing_in_lane(channel: &str, answers: bool, at: Timestamp, id: &str) -> Key {
    let [i, kind, channel, which] = lane(channel, answers);
    key(&[&i, &kind, &channel, &which, &time(at), &segment(id)])
}

pub fn all_outgoing_lanes() -> Range {
    below(&["i", "outgoing-lane"])
}

pub fn outgoing_lane(channel: &str, answers: bool) -> Range {
    let [i, kind, channel, which] = lane(channel, answers);
    below(&[&i, &kind, &channel, &which])
}

pub fn outgoing_lane_until(channel: &str, answers: bool, now: Timestamp) -> Range {
    let [i, kind, channel, which] = lane(channel, answers);
    until_under(&[&i, &kind, &channel, &which], now)
}

/// It went by SMS, and nobody has said what became of it.
pub fn outgoing_unheard(at: Timestamp, id: &str) -> Key {
    key(&["i", "outgoing-unheard", &time(at), &segment(id)])
}

pub fn all_outgoing_unheard() -> Range {
    below(&["i", "outgoing-unheard"])
}

pub fn outgoing_unheard_until(now: Timestamp) -> Range {
    until("outgoing-unheard", now)
}

pub fn outgoing_by_case(case: &str, at: Timestamp, id: &str) -> Key {
    key(&["i", "outgoing-case", &segment(case), &time(at), &segment(id)])
}

pub fn outgoing_of(case: &str) -> Range {
    below(&["i", "outgoing-case", &segment(case)])
}

pub fn outgoing_by_message(message: &str, id: &str) -> Key {
    key(&["i", "outgoing-message", &segment(message), &segment(id)])
}

pub fn outgoing_of_message(message: &str) -> Range {
    below(&["i", "outgoing-message", &segment(message)])
}

pub fn receipt(message: &str) -> Key {
    key(&["receipt", &segment(message)])
}

pub fn all_receipts() -> Range {
    below(&["receipt"])
}

pub fn task(id: &str) -> Key {
    key(&["task", &segment(id)])
}

pub fn all_tasks() -> Range {
    below(&["task"])
}

pub fn open_task(at: Timestamp, id: &str) -> Key {
    key(&["i", "task-open", &time(at), &segment(id)])
}

pub fn open_tasks() -> Range {
    below(&["i", "task-open"])
}

pub fn media(id: &str) -> Key {
    key(&["media", &segment(id)])
}

pub fn all_media() -> Range {
    below(&["media"])
}

pub fn media_due(at: Timestamp, id: &str) -> Key {
    key(&["i", "media-due", &time(at), &segment(id)])
}

pub fn all_media_due() -> Range {
    below(&["i", "media-due"])
}

pub fn media_due_until(now: Timestamp) -> Range {
    until("media-due", now)
}

pub fn media_by_hash(hash: &str, id: &str) -> Key {
    key(&["i", "media-hash", &segment(hash), &segment(id)])
}

pub fn media_of_hash(hash: &str) -> Range {
    below(&["i", "media-hash", &segment(hash)])
}

pub fn staff(name: &str) -> Key {
    key(&["staff", &segment(name)])
}

pub fn all_staff() -> Range {
    below(&["staff"])
}

pub fn session(hash: &str) -> Key {
    key(&["session", &segment(hash)])
}

pub fn all_sessions() -> Range {
    below(&["session"])
}

pub fn session_by_staff(name: &str, hash: &str) -> Key {
    key(&["i", "session-staff", &segment(name), hash])
}

pub fn sessions_of(name: &str) -> Range {
    below(&["i", "session-staff", &segment(name)])
}

pub fn counter(series: &str) -> Key {
    key(&["counter", &segment(series)])
}

pub fn link_code(hash: &str) -> Key {
    key(&["link", &segment(hash)])
}

pub fn link_code_until(at: Timestamp, hash: &str) -> Key {
    key(&["i", "link-until", &time(at), &segment(hash)])
}

/// Those that are worth nothing any more.
pub fn link_codes_until(now: Timestamp) -> Range {
    until("link-until", now)
}

pub fn phone_line(user: &str, id: u64) -> Key {
    key(&["phone", &segment(user), &format!("{id:017}")])
}

/// Oldest first above `id`; with 0 the newest first.
pub fn phone_lines_after(user: &str, id: u64) -> Range {
    let all = below(&["phone", &segment(user)]);
    match id {
        0 => newest_first(all),
        id => after(&all, &phone_line(user, id)),
    }
}

pub fn snapshot(hash: &str) -> Key {
    key(&["snapshot", &segment(hash)])
}

pub fn all_snapshots() -> Range {
    below(&["snapshot"])
}

pub fn snapshot_part(hash: &str, n: u32) -> Key {
    key(&["snapshot-part", &segment(hash), &format!("{n:05}")])
}

pub fn live_script() -> Key {
    key(&["live-script"])
}

pub fn county(hash: &str) -> Key {
    key(&["county", &segment(hash)])
}

pub fn all_counties() -> Range {
    below(&["county"])
}

pub fn live_county() -> Key {
    key(&["live-county"])
}

pub fn lease(name: &str) -> Key {
    key(&["lease", &segment(name)])
}

pub fn instance(id: &str) -> Key {
    key(&["instance", &segment(id)])
}

pub fn all_instances() -> Range {
    below(&["instance"])
}

pub fn pace(name: &str) -> Key {
    key(&["pace", &segment(name)])
}

pub fn wechat_token(account: &str) -> Key {
    key(&["wechat-token", &segment(account)])
}

pub fn file_piece(hash: &str, n: usize) -> Key {
    key(&["file", &segment(hash), &format!("{n:05}")])
}

pub fn file_pieces(hash: &str) -> Range {
    below(&["file", &segment(hash)])
}

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

pub fn correction(number: &str) -> Key {
    key(&["correction", &segment(number)])
}

pub fn corrections() -> Range {
    below(&["correction"])
}

pub fn place_correction(number: &str) -> Key {
    key(&["place-correction", &segment(number)])
}

pub fn place_corrections() -> Range {
    below(&["place-correction"])
}

pub fn case_of_source(system: &str, id: &str) -> Key {
    key(&["case-source", &segment(system), &segment(id)])
}

pub fn visits(what: &str, whose: &str) -> Key {
    key(&["visits", &segment(what), &segment(whose)])
}

pub fn all_visits() -> Range {
    below(&["visits"])
}

#[cfg(test)]
mod tests;
