//! What the shop sold in this month, for who looks at the figures of the day.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::calendar::local_date;
use crate::office::Office;
use crate::office::ledgers::Month;
use crate::office::rights::Right;
use crate::office::views::{CommandError, Session};
use crate::shop::Fen;
use crate::shop::report;

use super::reach::Reach;
use super::reports::span;

/// All orders of half a year are read for it.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);
const UNKNOWN: &str = "其他";

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sales {
    pub orders: u32,
    pub sold: Fen,
    /// In the month before.
    pub sold_before: Fen,
    /// Group of goods, this month, the month before; the most first.
    pub kinds: Vec<(String, Fen, Fen)>,
    /// Merchant, orders of the month, of these with a complaint; the most complained of first.
    pub complaints: Vec<(String, u32, u32)>,
}

#[derive(Default)]
pub struct SalesKept(tokio::sync::Mutex<Option<(Timestamp, Arc<Sales>)>>);

impl Office {
    /// As they were some minutes ago at most.
    pub async fn sales(&self, session: &Session) -> Result<Arc<Sales>, CommandError> {
        session.must(Right::Reports)?;
        let now = self.clock.now();
        let mut kept = self.sales_kept.0.lock().await;
        if let Some((_, sales)) = kept.as_ref().filter(|(at, _)| now < *at + KEPT_FOR) {
            return Ok(sales.clone());
        }
        let sales = Arc::new(self.count_sales(now).await?);
        *kept = Some((now, sales.clone()));
        Ok(sales)
    }

    async fn count_sales(&self, now: Timestamp) -> Result<Sales, CommandError> {
        let month = Month::of(local_date(now));
        let before = Month::of(month.first.saturating_sub(1.month()));
        let orders = self.orders_around(&month, &Reach::All).await?;
        let (here, earlier) = (span(&month), span(&before));
        let shelf = self.shelf().await?;
        let tables = self.tables();
        let kind_of = |article: &str| {
            let kind = shelf.article(article).and_then(|found| tables.goods_kinds.get(&found.kind));
            kind.map_or_else(|| UNKNOWN.to_owned(), |kind| kind.group.clone())
        };
        let mut was = report::by_kind(&orders, earlier, kind_of);
        let mut kinds: Vec<(String, Fen, Fen)> = report::by_kind(&orders, here, kind_of)
            .into_iter()
            .map(|(kind, sold)| {
                let before = was.remove(&kind).unwrap_or_default();
                (kind, sold, before)
            })
            .collect();
        kinds.extend(was.into_iter().map(|(kind, before)| (kind, Fen::ZERO, before)));
        kinds.sort_by_key(|(kind, sold, _)| (std::cmp::Reverse(*sold), kind.clone()));
        let sum = |span| {
            let shops = report::by_shop(&orders, span);
            let orders = shops.values().map(|shop| shop.orders).sum();
            (orders, Fen(shops.values().map(|shop| shop.net().0).sum()))
        };
        let (count, sold) = sum(here);
        let complained = report::complaints(&orders, here).into_values();
        let mut complaints: Vec<(String, u32, u32)> =
            complained.map(|row| (row.name, row.orders, row.complained)).collect();
        complaints
            .sort_by_key(|(name, _, complained)| (std::cmp::Reverse(*complained), name.clone()));
        let sold_before = sum(earlier).1;
        Ok(Sales { orders: count, sold, sold_before, kinds, complaints })
    }
}
