//! An article: what a merchant sells, in what measure, at what price, and whether it may be
//! ordered today.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::kinds::{GoodsKind, GoodsKinds};
use super::merchant::{Lack, Merchant};
use super::money::{Fen, Milli};
use super::refusal::Refusal;
use crate::county::words;

words! {
    StockMode {
        /// Counted: what is not there can not be ordered.
        Tracked "tracked" "按库存",
        /// Made when it is ordered: nothing to count.
        MadeToOrder "made_to_order" "定做",
        /// Collected from many for one delivery: see `Cycle`.
        Cycle "cycle" "集中订",
    }
}

words! {
    /// A right of the buyer in distance sales (Consumer Law, article 25), and its exceptions.
    Returns {
        SevenDays "seven_days" "七天可退",
        MadeToOrder "made_to_order" "定做不退",
        Perishable "perishable" "鲜活易腐不退",
        Opened "opened" "拆封不退",
        Confirmed "confirmed" "买前说好不退",
    }
}

/// "Below the market" needs to say which market, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketPrice {
    pub price: Fen,
    pub source: String,
    pub date: Date,
}

/// Month and day, from and to, both included; it may go over the new year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Season {
    pub from: (i8, i8),
    pub to: (i8, i8),
}

impl Season {
    pub fn holds(&self, date: Date) -> bool {
        let day = (date.month(), date.day());
        if self.from <= self.to {
            self.from <= day && day <= self.to
        } else {
            self.from <= day || day <= self.to
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// A short word, part of keys: `A0012`.
    pub id: String,
    pub merchant: String,
    /// Id of its `GoodsKind`.
    pub kind: String,
    pub name: String,
    pub aliases: Vec<String>,
    /// `40kg`, `1.5匹`; may be empty.
    pub spec: String,
    pub brand: String,
    /// Where it comes from: 乐亭县, 山东寿光. May be empty.
    #[serde(default)]
    pub origin: String,
    /// Ids of photos; not of the table that brings the goods.
    #[serde(default)]
    pub pictures: Vec<String>,
    /// 袋, 斤, 台 ...
    pub unit: String,
    /// What one unit holds, for packing; may be empty.
    pub pack: String,
    pub price: Fen,
    pub market: Option<MarketPrice>,
    pub min: Milli,
    pub step: Milli,
    /// In one order.
    pub max: Milli,
    /// For one buyer over several orders: of a round, or of thirty days.
    #[serde(default)]
    pub per_person: Option<Milli>,
    pub stock_mode: StockMode,
    /// Settled by what it weighs when it is packed.
    pub weighed: bool,
    /// Place codes of the shops that show one.
    pub samples: Vec<String>,
    pub season: Option<Season>,
    /// Days from the cut-off to the delivery.
    pub lead_days: u8,
    /// What is ordered from this hour on goes a day later; `None`: from that of all goods on.
    #[serde(default)]
    pub cut_off: Option<i8>,
    /// May be ordered by chat.
    pub online: bool,
    pub returns: Returns,
    /// Registration or approval number, where the kind has one.
    pub licence_no: String,
    /// Off the shelf by its merchant.
    pub withdrawn: bool,
}

/// Why an article can not be ordered by chat today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOffered {
    Withdrawn,
    Season,
    /// Sold over the counter only.
    ShopOnly,
    Merchant(Lack),
    /// Its kind is not in the table any more.
    Kind,
}

impl Article {
    /// Name, measure and pack as people read them: `尿素 40kg`.
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.spec).trim().to_owned()
    }

    /// `120元（供销社门市，2026-11-20）`; empty: none was said.
    pub fn market_words(&self) -> String {
        self.market.as_ref().map_or_else(String::new, |market| {
            format!("{}（{}，{}）", market.price, market.source, market.date)
        })
    }

    /// Is so much of it a quantity in which it is sold?
    pub fn check(&self, quantity: Milli) -> Result<(), Refusal> {
        let (name, unit) = (self.title(), self.unit.clone());
        if quantity < self.min || quantity <= Milli::ZERO {
            return Err(Refusal::TooLittle { name, min: self.min, unit });
        }
        if quantity > self.max {
            return Err(Refusal::TooMuch { name, max: self.max, unit });
        }
        if !quantity.minus(self.min).is_multiple_of(self.step) {
            return Err(Refusal::Step { name, min: self.min, step: self.step, unit });
        }
        Ok(())
    }

    /// May it be ordered by chat on that day? Everything that a merchant's stage, a paper's
    /// last day, the season and the law say about it.
    pub fn offered(
        &self,
        merchant: &Merchant,
        kinds: &GoodsKinds,
        on: Date,
    ) -> Result<(), NotOffered> {
        let kind: &GoodsKind = kinds.get(&self.kind).ok_or(NotOffered::Kind)?;
        if self.withdrawn {
            return Err(NotOffered::Withdrawn);
        }
        if let Some(lack) = merchant.lack(kind, on) {
            return Err(NotOffered::Merchant(lack));
        }
        if self.season.is_some_and(|season| !season.holds(on)) {
            return Err(NotOffered::Season);
        }
        if !self.online || !kind.online {
            return Err(NotOffered::ShopOnly);
        }
        Ok(())
    }
}
