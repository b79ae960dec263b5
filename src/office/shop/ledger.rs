//! The stocks that one commit moves: each is read once, moved as often as needed, and written
//! with the version that was read. Two orders for the last bag can not both be on disk.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::shop::{MoveKind, Refusal, Stock, StockMove, StockStep, Wanted, article_of};
use crate::store::{Changes, Engine, Loaded, StoreError, keys, load};

#[derive(Default)]
pub(super) struct Ledger {
    stocks: BTreeMap<String, (Option<Loaded<Stock>>, Stock)>,
    moves: Vec<StockMove>,
}

/// Why and for which order.
pub(super) struct Entry<'a> {
    pub order: Option<&'a str>,
    pub by: &'a str,
    pub reason: &'a str,
    pub at: Timestamp,
}

impl Ledger {
    /// It was looked at already: what was decided by it holds as long as it stays so.
    pub fn know(&mut self, before: Loaded<Stock>) {
        let stock = before.record.clone();
        self.stocks.entry(stock.article.clone()).or_insert((Some(before), stock));
    }

    /// Makes the move, or says why not; then nothing of this ledger may be kept.
    pub async fn take(
        &mut self,
        store: &dyn Engine,
        step: &StockStep,
        entry: &Entry<'_>,
    ) -> Result<Result<(), Refusal>, StoreError> {
        if !self.stocks.contains_key(&step.stock) {
            let before = load::<Stock>(store, keys::stock(&step.stock)).await?;
            let stock = before.as_ref().map(|before| before.record.clone());
            let stock = stock.unwrap_or_else(|| Stock::empty(&step.stock));
            self.stocks.insert(step.stock.clone(), (before, stock));
        }
        let Some((_, stock)) = self.stocks.get_mut(&step.stock) else { return Ok(Ok(())) };
        let wanted = Wanted {
            kind: step.kind,
            quantity: step.quantity,
            order: entry.order,
            by: entry.by,
            reason: entry.reason,
        };
        Ok(stock.take(&wanted, entry.at).map(|made| self.moves.push(made)))
    }

    /// As [`Ledger::take`]; what goes out or is set aside and lacks at its place is brought there
    /// from the merchant first.
    pub async fn take_or_bring(
        &mut self,
        store: &dyn Engine,
        step: &StockStep,
        entry: &Entry<'_>,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let own = article_of(&step.stock);
        let free = match self.take(store, step, entry).await? {
            Err(Refusal::Short { free, .. })
                if own != step.stock && matches!(step.kind, MoveKind::Out | MoveKind::Reserve) =>
            {
                free
            }
            taken => return Ok(taken),
        };
        let quantity = step.quantity.minus(free);
        for (stock, kind) in [(own, MoveKind::Out), (&*step.stock, MoveKind::In)] {
            let brought = StockStep { stock: stock.to_owned(), kind, quantity };
            if let Err(refusal) = self.take(store, &brought, entry).await? {
                return Ok(Err(refusal));
            }
        }
        self.take(store, step, entry).await
    }

    pub fn write(self, changes: &mut Changes) -> Result<(), StoreError> {
        for (before, stock) in self.stocks.into_values() {
            match before {
                Some(before) if before.record == stock => changes.expect_unchanged(&before),
                Some(before) => changes.replace(&before, &stock)?,
                None if stock.moves == 0 => {}
                None => changes.create(&stock)?,
            }
        }
        self.moves.iter().try_for_each(|made| changes.create(made))
    }
}
