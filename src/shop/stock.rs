//! The stock of an article as a ledger: every move is a row, and their sum is the stock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::money::Milli;
use super::refusal::Refusal;
use crate::county::words;

/// Where goods lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// With their merchant.
    Merchant,
    /// In the county's centre, from which vehicles leave.
    Centre,
    /// In a village's shop, by its 12 digits.
    Shop(String),
}

const AT: char = '@';
const CENTRE: &str = "centre";

impl Place {
    /// The id of the stock of an article there.
    pub fn stock(&self, article: &str) -> String {
        match self {
            Place::Merchant => article.to_owned(),
            Place::Centre => format!("{article}{AT}{CENTRE}"),
            Place::Shop(village) => format!("{article}{AT}{village}"),
        }
    }

    /// Of a stock of an article.
    pub fn of(stock: &str) -> Self {
        match stock.split_once(AT) {
            None => Place::Merchant,
            Some((_, CENTRE)) => Place::Centre,
            Some((_, village)) => Place::Shop(village.to_owned()),
        }
    }

    /// As people write them.
    pub const MERCHANT_WORD: &str = "商家";
    pub const CENTRE_WORD: &str = "县中心";

    /// `shop`: the name of a village's shop.
    pub fn word(&self, shop: impl Fn(&str) -> String) -> String {
        match self {
            Place::Merchant => Self::MERCHANT_WORD.into(),
            Place::Centre => Self::CENTRE_WORD.into(),
            Place::Shop(village) => shop(village),
        }
    }

    /// From which an order of a village is served, the nearest first.
    pub fn near(village: &str) -> [Place; 3] {
        [Place::Shop(village.to_owned()), Place::Centre, Place::Merchant]
    }
}

/// Of which article a stock is; of a round's it is the id of the round.
pub fn article_of(stock: &str) -> &str {
    stock.split(AT).next().unwrap_or(stock)
}

words! {
    MoveKind {
        In "in" "入库",
        Out "out" "出库",
        /// Set aside for an order; it is still on the shelf.
        Reserve "reserve" "占用",
        /// Given back to the shelf.
        Release "release" "释放",
        /// What was set aside has gone to the buyer.
        Sale "sale" "售出",
        /// Came back from a buyer, fit to be sold.
        Return "return" "退回",
        /// A count found more or less: the only move that may be negative.
        Adjust "adjust" "盘点",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockMove {
    pub article: String,
    /// From 1, without gaps.
    pub n: u32,
    pub kind: MoveKind,
    pub quantity: Milli,
    /// Number of the order for which it was made.
    pub order: Option<String>,
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

/// `0 <= reserved <= on_hand`, always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    pub article: String,
    pub on_hand: Milli,
    pub reserved: Milli,
    /// The number of moves.
    pub moves: u32,
}

/// A move that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    pub kind: MoveKind,
    pub quantity: Milli,
    pub order: Option<&'a str>,
    pub by: &'a str,
    pub reason: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    #[error("{article}：流水第{n}笔跟在第{after}笔后面，中间少了。")]
    Gap { article: String, n: u32, after: u32 },
    #[error(
        "{article}：流水加起来在库{made}、占用{reserved_made}，库存记的是在库{on_hand}、占用{reserved}。"
    )]
    Sum { article: String, made: Milli, reserved_made: Milli, on_hand: Milli, reserved: Milli },
    #[error("{article}：流水第{n}笔不对，{why}")]
    Move { article: String, n: u32, why: String },
}

impl Stock {
    pub fn empty(article: &str) -> Self {
        Self { article: article.to_owned(), on_hand: Milli::ZERO, reserved: Milli::ZERO, moves: 0 }
    }

    /// Of one article at all its places, as if it lay at one.
    pub fn together(article: &str, stocks: &[Stock]) -> Self {
        stocks.iter().fold(Self::empty(article), |sum, stock| Self {
            on_hand: sum.on_hand.plus(stock.on_hand).unwrap_or(Milli::MAX),
            reserved: sum.reserved.plus(stock.reserved).unwrap_or(Milli::MAX),
            moves: sum.moves.saturating_add(stock.moves),
            ..sum
        })
    }

    /// What can still be ordered.
    pub fn free(&self) -> Milli {
        self.on_hand.minus(self.reserved)
    }

    /// Makes the move, or says why it can not be and changes nothing.
    pub fn take(&mut self, wanted: &Wanted, at: Timestamp) -> Result<StockMove, Refusal> {
        let quantity = wanted.quantity;
        if quantity == Milli::ZERO || (quantity < Milli::ZERO && wanted.kind != MoveKind::Adjust) {
            return Err(Refusal::Missing("数量"));
        }
        let (name, unit) = (self.article.clone(), String::new());
        let short = Refusal::Short { name, free: self.free(), unit };
        let (on_hand, reserved) = match wanted.kind {
            MoveKind::In | MoveKind::Return | MoveKind::Adjust => {
                (self.on_hand.plus(quantity).ok_or(Refusal::TooLarge)?, self.reserved)
            }
            MoveKind::Out => (self.on_hand.minus(quantity), self.reserved),
            MoveKind::Reserve => {
                (self.on_hand, self.reserved.plus(quantity).ok_or(Refusal::TooLarge)?)
            }
            MoveKind::Release => (self.on_hand, self.reserved.minus(quantity)),
            MoveKind::Sale => (self.on_hand.minus(quantity), self.reserved.minus(quantity)),
        };
        if reserved < Milli::ZERO || on_hand < reserved {
            return Err(short);
        }
        self.moves += 1;
        (self.on_hand, self.reserved) = (on_hand, reserved);
        Ok(StockMove {
            article: self.article.clone(),
            n: self.moves,
            kind: wanted.kind,
            quantity,
            order: wanted.order.map(str::to_owned),
            at,
            by: wanted.by.to_owned(),
            reason: wanted.reason.to_owned(),
        })
    }
}

/// The stock that these moves make, the oldest first.
pub fn stock_of(article: &str, moves: &[StockMove]) -> Result<Stock, LedgerError> {
    let mut stock = Stock::empty(article);
    for step in moves {
        if step.n != stock.moves + 1 {
            let (n, after) = (step.n, stock.moves);
            return Err(LedgerError::Gap { article: article.to_owned(), n, after });
        }
        let wanted = Wanted {
            kind: step.kind,
            quantity: step.quantity,
            order: step.order.as_deref(),
            by: &step.by,
            reason: &step.reason,
        };
        stock.take(&wanted, step.at).map_err(|why| LedgerError::Move {
            article: article.to_owned(),
            n: step.n,
            why: why.to_string(),
        })?;
    }
    Ok(stock)
}

/// Does the ledger make the stock that is kept?
pub fn reconcile(stock: &Stock, moves: &[StockMove]) -> Result<(), LedgerError> {
    let made = stock_of(&stock.article, moves)?;
    if made == *stock {
        return Ok(());
    }
    Err(LedgerError::Sum {
        article: stock.article.clone(),
        made: made.on_hand,
        reserved_made: made.reserved,
        on_hand: stock.on_hand,
        reserved: stock.reserved,
    })
}
