//! Figures of a time: what each shop turned over, how often each merchant was complained of,
//! what each merchant is owed. Made from orders as they stand; what each figure means is told
//! in docs/买卖的报表.md.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::money::Fen;
use super::order::Order;

/// From the first moment, to before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Span {
    pub fn holds(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// Goods that changed hands within a span, and those that came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// As people read it: of a village or a merchant.
    pub name: String,
    /// Handed over.
    pub orders: u32,
    pub sold: Fen,
    /// Of those orders, what goes to the operator's account: by WeChat, or by transfer.
    pub to_account: Fen,
    pub returns: u32,
    pub returned: Fen,
}

impl Turnover {
    pub fn net(&self) -> Fen {
        self.sold.minus(self.returned)
    }

    /// What was taken in cash at counters and doors.
    pub fn cash(&self) -> Fen {
        self.sold.minus(self.to_account)
    }

    fn take(&mut self, order: &Order, span: Span) {
        if order.handed_at.is_some_and(|at| span.holds(at)) {
            self.orders += 1;
            self.sold = add(self.sold, order.total());
            let to_account = order.total().minus(order.in_cash()).max(Fen::ZERO);
            self.to_account = add(self.to_account, to_account);
        }
        if order.returned_at.is_some_and(|at| span.holds(at)) {
            self.returns += 1;
            self.returned = add(self.returned, order.total());
        }
    }

    fn is_empty(&self) -> bool {
        self.orders == 0 && self.returns == 0
    }
}

/// A change from `before`, in tenths of a per cent. `None`: there was nothing to grow from.
pub fn growth(before: Fen, now: Fen) -> Option<i64> {
    if before <= Fen::ZERO {
        return None;
    }
    let change = i128::from(now.0) - i128::from(before.0);
    i64::try_from(change * 1_000 / i128::from(before.0)).ok()
}

/// By the 12 digits of the village.
pub fn by_shop<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
    span: Span,
) -> BTreeMap<String, Turnover> {
    gather(orders, span, |order| (&order.village, &order.village_name))
}

/// By the id of the merchant.
pub fn by_merchant<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
    span: Span,
) -> BTreeMap<String, Turnover> {
    gather(orders, span, |order| (&order.merchant, &order.merchant_name))
}

/// Goods that were handed over within a span, less those that came back, by the kind that `kind_of`
/// finds for an article.
pub fn by_kind<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
    span: Span,
    kind_of: impl Fn(&str) -> String,
) -> BTreeMap<String, Fen> {
    let mut all: BTreeMap<String, Fen> = BTreeMap::new();
    for order in orders {
        let moments = [(order.handed_at, 1), (order.returned_at, -1)];
        for (_, sign) in moments.iter().filter(|(at, _)| at.is_some_and(|at| span.holds(at))) {
            for line in &order.lines {
                let sum = all.entry(kind_of(&line.article)).or_default();
                *sum = add(*sum, Fen(line.amount().0.saturating_mul(*sign)));
            }
        }
    }
    all
}

fn gather<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
    span: Span,
    of: impl Fn(&'a Order) -> (&'a String, &'a String),
) -> BTreeMap<String, Turnover> {
    let mut all: BTreeMap<String, Turnover> = BTreeMap::new();
    for order in orders {
        let (id, name) = of(order);
        let row = all.entry(id.clone()).or_default();
        row.name.clone_from(name);
        row.take(order, span);
    }
    all.retain(|_, row| !row.is_empty());
    all
}

/// How often a merchant's orders of a span were complained of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaints {
    pub name: String,
    /// Placed within the span.
    pub orders: u32,
    /// Of those, with at least one complaint, whenever it came.
    pub complained: u32,
}

impl Complaints {
    /// In tenths of a per cent.
    pub fn rate(&self) -> Option<i64> {
        (self.orders > 0).then(|| i64::from(self.complained) * 1_000 / i64::from(self.orders))
    }
}

pub fn complaints<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
    span: Span,
) -> BTreeMap<String, Complaints> {
    let mut all: BTreeMap<String, Complaints> = BTreeMap::new();
    for order in orders.into_iter().filter(|order| span.holds(order.placed_at)) {
        let row = all.entry(order.merchant.clone()).or_default();
        row.name.clone_from(&order.merchant_name);
        row.orders += 1;
        row.complained += u32::from(!order.complaints.is_empty());
    }
    all
}

/// A line of a merchant's settlement: goods that went out, or came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled<'a> {
    pub at: Timestamp,
    pub order: &'a Order,
    /// Negative for what came back.
    pub amount: Fen,
}

/// In the order of time. Their sum is what [`by_merchant`] calls net.
pub fn settlement<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
    merchant: &str,
    span: Span,
) -> Vec<Settled<'a>> {
    let mut lines = Vec::new();
    for order in orders.into_iter().filter(|order| order.merchant == merchant) {
        let total = order.total();
        let moments = [(order.handed_at, total), (order.returned_at, Fen::ZERO.minus(total))];
        for (at, amount) in moments {
            if let Some(at) = at.filter(|at| span.holds(*at)) {
                lines.push(Settled { at, order, amount });
            }
        }
    }
    lines.sort_by_key(|line| (line.at, line.order.number));
    lines
}

/// A month of a county is more than the most that one order may come to.
fn add(sum: Fen, more: Fen) -> Fen {
    Fen(sum.0.saturating_add(more.0))
}
