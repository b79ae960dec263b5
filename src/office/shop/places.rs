//! Goods of one article at several places: with the merchant, in the county's centre, in a
//! village's shop. Each place is a stock with a ledger of its own; an order takes each line whole
//! from the nearest place that has enough.

use crate::office::Office;
use crate::office::views::{CommandError, Session};
use crate::shop::{self, Article, Line, Milli, MoveKind, Parcel, Place, Stock, StockStep};
use crate::store::{Changes, StoreError, keys, list, load, load_many};

use super::ledger::{Entry, Ledger};
use super::views::PlaceRow;

const PLACES_MAX: usize = 200;

impl Office {
    /// Looked at again where it is set aside: who comes second begins anew.
    pub(super) async fn set_aside_nearby(
        &self,
        mut parcels: Vec<Parcel>,
        village: &str,
    ) -> Result<Vec<Parcel>, StoreError> {
        let lines = parcels.iter_mut().flat_map(|parcel| &mut parcel.lines);
        let counted = |line: &&mut Line| line.stock.as_ref() == Some(&line.article);
        let mut lines: Vec<&mut Line> = lines.filter(counted).collect();
        let near = Place::near(village);
        let wanted: Vec<_> = lines
            .iter()
            .flat_map(|line| near.iter().map(|place| keys::stock(&place.stock(&line.article))))
            .collect();
        let found = load_many::<Stock>(&*self.store, &wanted).await?;
        for (line, stocks) in lines.iter_mut().zip(found.chunks(near.len())) {
            let has = |stock: &&Stock| stock.free() >= line.quantity;
            let nearest = stocks.iter().flatten().map(|stock| &stock.record).find(has);
            if let Some(stock) = nearest {
                line.stock = Some(stock.article.clone());
            }
        }
        Ok(parcels)
    }

    /// What lies elsewhere than with the merchant.
    pub(super) async fn places_of(&self, article: &Article) -> Result<Vec<PlaceRow>, StoreError> {
        let range = keys::stocks_elsewhere(&article.id);
        let found = list::<Stock>(&*self.store, range, PLACES_MAX).await?;
        let rows = found.iter().map(|stock| &stock.record).map(|stock| PlaceRow {
            name: self.place_word(&Place::of(&stock.article)),
            free: stock.free().to_string(),
            on_hand: stock.on_hand.to_string(),
        });
        Ok(rows.collect())
    }

    fn place_word(&self, place: &Place) -> String {
        match place {
            Place::Merchant => "商家".into(),
            Place::Centre => "县中心".into(),
            Place::Shop(village) => self.shop_name(village),
        }
    }

    /// 商家, 县中心, or a village by its name.
    fn place_named(&self, text: &str) -> Option<Place> {
        match text.trim() {
            "商家" => Some(Place::Merchant),
            "县中心" => Some(Place::Centre),
            village => self.village_code(village.trim_end_matches('店')).map(Place::Shop),
        }
    }

    /// Goods are brought from one place to another: out there and in here, in one commit.
    pub async fn bring_goods(
        &self,
        session: &Session,
        article: &str,
        (from, to): (&str, &str),
        quantity: &str,
    ) -> Result<(), CommandError> {
        let refused = |text: String| CommandError::Refused(text);
        let found = load::<Article>(&*self.store, keys::article(article)).await?;
        let found = found.ok_or(CommandError::NotFound)?;
        if !self.reach_to_act(session).await?.merchant(&found.record.merchant) {
            return Err(CommandError::NotFound);
        }
        let place = |text: &str| {
            let unknown = || refused(format!("没有「{text}」这个地方。请写商家、县中心或村名。"));
            self.place_named(text).ok_or_else(unknown)
        };
        let (from, to) = (place(from)?, place(to)?);
        if from == to {
            return Err(refused("从哪里到哪里写成一样了。".into()));
        }
        let quantity = Milli::parse(quantity).filter(|quantity| *quantity > Milli::ZERO);
        let quantity = quantity.ok_or_else(|| refused("多少要写数字，例如 10。".into()))?;
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
                        format!("{}能动的只有{free}。", self.place_word(place))
                    }
                    other => other.to_string(),
                };
                return Err(refused(said));
            }
        }
        ledger.write(&mut changes)?;
        Ok(self.store.commit(changes.into_batch()).await?)
    }
}
