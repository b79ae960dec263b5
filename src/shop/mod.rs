//! The shop: merchants, goods, stock, orders. Pure: the time, numbers, codes and tables come in
//! as arguments, and nothing here knows the store, the conversation, or WeChat.
//!
//! An order is the fold of its events, and events are only ever added. A [`Command`] is decided
//! against the order as it is; [`TRANSITIONS`] is the one table of what may follow what. What
//! was paid is apart from the state of the goods. A stock is a ledger of moves whose sum it is;
//! [`Order::stock_steps`] says which moves an event makes, so goods that are set aside are given
//! back or sold once, in the commit that holds the event.

mod agency;
mod article;
mod audit;
mod cart;
mod clock;
mod cycle;
mod decide;
mod event;
mod kinds;
mod merchant;
mod money;
mod notice;
mod order;
mod refusal;
mod remedy;
pub mod report;
mod run;
mod sample;
mod sheets;
mod shelf;
mod state;
mod stock;
mod table;
pub mod upload;

pub use agency::{Lead, LeadKind, ParcelState, Purchase};
pub use article::{Article, MarketPrice, NotOffered, Returns, Season, StockMode};
pub use audit::{audit, reserved};
pub use cart::{Occasion, Parcel, Pick, parcels, share_words, total, within_share};
pub use clock::{UNPAID, next_by_clock};
pub use cycle::{Cycle, Ended};
pub use decide::{CODE_LOCK, Command, LINES_MAX, RETURN_DAYS, WRONG_CODES_MAX, decide};
pub use event::{Actor, Change, Draft, Handed, Line, OrderEvent};
pub use kinds::{GoodsKind, GoodsKinds};
pub use merchant::{
    ADMISSION, Admission, Document, DocumentKind, Grade, Lack, Merchant, MerchantKind, Review,
    Stage, TRIAL_ARTICLES_MAX, UPHELD_MAX, Upheld,
};
pub use money::{Fen, Milli};
pub use notice::{Notice, notices};
pub use order::{Answer, FoldError, Order, Refund, StockStep, Transaction, fold, reservations};
pub use refusal::Refusal;
pub use remedy::{Remedy, RemedyKind, RemedyState};
pub use run::{Run, Stop, stays_behind};
pub use sample::{Sample, SampleState};
pub use sheets::{
    DeliveryRow, PickingRow, RouteRow, SortingRow, delivery, picking, route, sorting,
};
pub use shelf::{Shelf, Wish};
pub use state::{
    Fulfil, PaidBy, Party, PayMethod, PayState, State, Step, TRANSITIONS, may, transition,
};
pub use stock::{
    LedgerError, MoveKind, Place, Stock, StockMove, Wanted, article_of, reconcile, stock_of,
};
pub use table::{Problem, Row, Table};

pub use crate::county::CaseNumber as OrderNumber;

#[cfg(test)]
mod merchant_tests;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
