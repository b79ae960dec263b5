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
//! | `identity/<number>` | Identity |
//! | `words/<number>/<n>` | Words |
//! | `look/<n>` | Look |
//! | `look-head` | LookHead |
//! | `hold/<number>` | Hold |
//! | `keep-round` | KeepRound |
//! | `copies` | Copies |
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
//! | `draft/<id>` | Draft |
//! | `misheard/<time>/<id>` | MisheardWords |
//! | `stops/<day>` | StopsOfDay |
//! | `county/<hash>` | CountyVersion |
//! | `live-county` | LiveCounty |
//! | `lease/<name>` | Lease |
//! | `instance/<id>` | Instance |
//! | `pace/<provider, or id of a key>` | Pace |
//! | `progress/<what is done once>` | Progress |
//! | `wechat-token/<account>` | SharedToken |
//! | `file/<hash>/<n>` | a piece of a photo or recording, as it is |
//! | `merchant/<id>` | Merchant |
//! | `article/<id>` | Article |
//! | `stock/<article or cycle>` | Stock |
//! | `stock-move/<article or cycle>/<n>` | StockMove |
//! | `cycle/<id>` | Cycle |
//! | `sample/<village>/<article>` | Sample |
//! | `order/<number>` | Order |
//! | `order-event/<number>/<n>` | StoredOrderEvent |
//! | `order-key/<key>` | OrderKey |
//! | `run/<date>/<vehicle and driver>` | Run |
//! | `payment/<order>/<attempt>` | Payment |
//! | `payback/<refund number>` | Payback |
//! | `pickup/<village>/<code>` | PickupCode |
//! | `price/<article>/<time>` | PriceChange |
//! | `shelf` | ShelfMark |
//! | `purchase/<id>` | Purchase |
//! | `lead/<id>` | Lead |
//! | `correction/<number>` | Correction |
//! | `place-correction/<number>` | PlaceCorrection |
//! | `interview/<department>/<n>` | Interview |
//! | `case-source/<system>/<id>` | SourceCase |
//! | `visits/<what>/<whose>` | Visits |
//! | `api-key/<hash>` | ApiKey |
//! | `posted/<hash>` | Posted |
//! | `delivery/<webhook>/<number>/<n>` | Delivery |
//! | `export/<id>` | Export |
//! | `export-piece/<id>/<n>` | a piece of its file, as it is |
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
//! | `i/event-told/<time>/<number>/<n>` | StoredEvent, of those that are told outside |
//! | `i/case-clock/<time>/<number>` | Case |
//! | `i/case-visit/<agreed>/<number>` | Case, while somebody is to come |
//! | `i/identity-phone/<phone>/<number>` | Identity |
//! | `i/person-phone/<phone>/<id>` | Person |
//! | `i/look-case/<number>/<n>` | Look |
//! | `i/case-clear/<ended>/<number>` | Case |
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
//! | `i/staff-told/<department>/<name>` | Staff |
//! | `i/staff-subject/<subject>/<name>` | Staff |
//! | `i/link-until/<time>/<hash>` | LinkCode |
//! | `i/merchant-address/<address>/<id>` | Merchant |
//! | `i/merchant-phone/<phone>/<id>` | Merchant |
//! | `i/merchant-pass/<pass>/<id>` | Merchant |
//! | `i/article-merchant/<merchant>/<id>` | Article |
//! | `i/cycle-article/<article>/<closes>/<id>` | Cycle |
//! | `i/cycle-due/<closes>/<id>` | Cycle, until all that follows from its end is done |
//! | `i/order-placed/<time>/<number>` | Order |
//! | `i/order-state/<state>/<placed>/<number>` | Order |
//! | `i/order-run/<date>/<number>` | Order |
//! | `i/order-person/<person>/<number>` | Order |
//! | `i/payment-due/<time>/<trade number>` | Payment |
//! | `i/payback-due/<time>/<refund number>` | Payback |
//! | `i/payment-unbilled/<paid>/<trade number>` | Payment, until it stands in a bill |
//! | `i/payback-unbilled/<accepted>/<refund number>` | Payback, until it stands in a bill |
//! | `i/order-remedy/<asked>/<number>` | Order |
//! | `i/order-flagged/<placed>/<number>` | Order, until somebody has looked at it |
//! | `i/order-complaint/<case>/<number>` | Order |
//! | `i/order-complained/<merchant>/<number>` | Order |
//! | `i/order-answer/<waiting or given>/<placed>/<number>` | Order with a complaint |
//! | `i/price-time/<at>/<article>` | PriceChange |
//! | `i/sample-open/<merchant>/<asked>/<village>/<article>` | Sample, until it is answered |
//! | `i/order-merchant/<merchant>/<state>/<placed>/<number>` | Order |
//! | `i/order-village/<village>/<state>/<placed>/<number>` | Order |
//! | `i/purchase-village/<village>/<time>/<id>` | Purchase |
//! | `i/purchase-person/<person>/<time>/<id>` | Purchase |
//! | `i/purchase-phone/<phone>/<time>/<id>` | Purchase |
//! | `i/lead-open/<merchant>/<time>/<id>` | Lead |
//! | `i/delivery-due/<webhook>/<time>/<number>/<n>` | Delivery |
//! | `i/delivery-waiting/<webhook>/<number>/<n>` | Delivery |
//! | `i/delivery-dead/<webhook>/<time>/<number>/<n>` | Delivery |
//! | `i/export-waiting/<time>/<id>` | Export |
//! | `i/misheard-from/<address>/<time>/<id>` | MisheardWords |
//! | `i/interview/<open or ended>/<drafted>/<department>/<n>` | Interview |

mod cases;
mod interfaces;
mod messages;
mod privacy;
mod running;
mod shop;
mod staff;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Bound;

use jiff::Timestamp;

use super::{Direction, Key, Range};
pub use cases::*;
pub use interfaces::*;
pub use messages::*;
pub use privacy::*;
pub use running::*;
pub use shop::*;
pub use staff::*;

/// A segment that can not be taken for two.
fn segment(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '/']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('%', "%25").replace('/', "%2F"))
}

/// `2026-11-24T02:03:46.123Z`
fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn key(parts: &[&str]) -> Key {
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
fn below(parts: &[&str]) -> Range {
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
fn between(parts: &[&str], from: Timestamp, to: Timestamp) -> Range {
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
