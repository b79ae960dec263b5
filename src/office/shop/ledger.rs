//! The stocks that one commit moves: each is read once, moved as often as needed, and written
//! with the version that was read. Two orders for the last bag can not both be on disk.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::shop::{Refusal, Stock, StockMove, StockStep, Wanted};
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
