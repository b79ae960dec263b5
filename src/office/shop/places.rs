//! Goods of one article at several places: with the merchant, in the county's centre, in a
//! village's shop. Each place is a stock with a ledger of its own; an order takes each line whole
//! from the nearest place that has enough.

use crate::office::Office;
use crate::office::views::{CommandError, Session};
use crate::shop::{self, Article, Line, Milli, MoveKind, Parcel, Place, Stock, StockStep};
use crate::store::{Changes, Loaded, StoreError, keys, list, load, load_many};

use super::ledger::{Entry, Ledger};
use super::views::PlaceRow;

const PLACES_MAX: usize = 1_000;

impl Office {
    /// From the nearest place that has enough; where none has, from where most is, which then
    /// says what is left. The ledger knows what was looked at: who comes second begins anew.
    pub(super) async fn set_aside_nearby(
        &self,
        mut parcels: Vec<Parcel>,
        village: &str,
        ledger: &mut Ledger,
    ) -> Result<Vec<Parcel>, StoreError> {
        let lines = parcels.iter_mut().flat_map(|parcel| &mut parcel.lines);
        let counted = |line: &&mut Line| line.stock.as_ref() == Some(&line.article);
        let lines: Vec<&mut Line> = lines.filter(counted).collect();
        let near = Place::near(village);
        let wanted: Vec<_> = lines
            .iter()
            .flat_map(|line| near.iter().map(|place| keys::stock(&place.stock(&line.article))))
            .collect();
        let mut found = load_many::<Stock>(&*self.store, &wanted).await?.into_iter();
        for line in lines {
            let mut stocks: Vec<_> = found.by_ref().take(near.len()).flatten().collect();
            let free = |stock: &Loaded<Stock>| stock.record.free();
            let enough = stocks.iter().position(|stock| free(stock) >= line.quantity);
            let most = || (0..stocks.len()).max_by_key(|at| free(&stocks[*at]));
            if let Some(at) = enough.or_else(most) {
                let chosen = stocks.swap_remove(at);
                line.stock = Some(chosen.record.article.clone());
                ledger.know(chosen);
            }
        }
        Ok(parcels)
    }

    /// Of an article at each place where it lies, its merchant's first.
    pub(super) async fn stocks_of(&self, article: &str) -> Result<Vec<Stock>, StoreError> {
        let own = load::<Stock>(&*self.store, keys::stock(article)).await?;
        let elsewhere = keys::stocks_elsewhere(article);
        let elsewhere = list::<Stock>(&*self.store, elsewhere, PLACES_MAX).await?;
        Ok(own.into_iter().chain(elsewhere).map(|stock| stock.record).collect())
    }

    /// Nothing, when all of it lies with the merchant.
    pub(super) fn place_rows(&self, stocks: &[Stock]) -> Vec<PlaceRow> {
        let place = |stock: &Stock| Place::of(&stock.article);
        if stocks.iter().all(|stock| place(stock) == Place::Merchant) {
            return Vec::new();
        }
        let row = |stock: &Stock| PlaceRow {
            name: self.place_word(&place(stock)),
            free: stock.free().to_string(),
            on_hand: stock.on_hand.to_string(),
        };
        stocks.iter().map(row).collect()
    }

    pub(super) fn place_word(&self, place: &Place) -> String {
        place.word(|village| self.shop_name(village))
    }

    /// 商家, 县中心, or a village by its name.
    fn place_named(&self, text: &str) -> Option<Place> {
        match text.trim() {
            Place::MERCHANT_WORD => Some(Place::Merchant),
            Place::CENTRE_WORD => Some(Place::Centre),
            village => self.village_code(village.trim_end_matches('店')).map(Place::Shop),
        }
    }

    /// Goods are brought from one place to another: out there and in here, in one commit.
    /// `moved`: the number of moves that was seen; a form sent twice brings them once.
    pub async fn bring_goods(
        &self,
        session: &Session,
        article: &str,
        (from, to): (&str, &str),
        quantity: &str,
        moved: u32,
    ) -> Result<(), CommandError> {
        let wrong = |field, text: String| CommandError::Field(field, text);
        let found = load::<Article>(&*self.store, keys::article(article)).await?;
        let found = found.ok_or(CommandError::NotFound)?;
        if !self.reach_to_act(session).await?.merchant(&found.record.merchant) {
            return Err(CommandError::NotFound);
        }
        if Stock::together(article, &self.stocks_of(article).await?).moves != moved {
            return Err(CommandError::Changed);
        }
        let place = |field, text: &str| {
            let unknown = || format!("没有「{text}」这个地方。请写商家、县中心或村名。");
            self.place_named(text).ok_or_else(|| wrong(field, unknown()))
        };
        let (from, to) = (place("from", from)?, place("to", to)?);
        if from == to {
            return Err(wrong("to", "从哪里到哪里写成一样了。".into()));
        }
        let quantity = Milli::parse(quantity).filter(|quantity| *quantity > Milli::ZERO);
        let quantity =
            quantity.ok_or_else(|| wrong("quantity", "多少要写数字，例如 10。".into()))?;
        let mut changes = Changes::default();
        let mut ledger = Ledger::default();
        let reason = format!("{}→{}", self.place_word(&from), self.place_word(&to));
        let at = self.clock.now();
        let why = Entry { order: None, by: &session.name, reason: &reason, at };
        for (place, kind) in [(&from, MoveKind::Out), (&to, MoveKind::In)] {
            let step = StockStep { stock: place.stock(article), kind, quantity };
            if let Err(refusal) = ledger.take(&*self.store, &step, &why).await? {
                let said = match refusal {
                    shop::Refusal::Short { free, .. } => {
                        let (place, unit) = (self.place_word(place), &found.record.unit);
                        format!("{place}没订出去的只有{free}{unit}。")
                    }
                    other => other.to_string(),
                };
                return Err(wrong("quantity", said));
            }
        }
        ledger.write(&mut changes)?;
        Ok(self.store.commit(changes.into_batch()).await?)
    }
}
