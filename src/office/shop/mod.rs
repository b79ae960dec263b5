//! The shop at work: what is on the shelf, placing orders, their steps, merchants, sheets, and
//! what the clock does. Rules are in `shop`; here they meet records, conversations and messages.

mod actions;
mod clock;
mod counter;
mod goods;
mod ledger;
mod merchants;
mod orders;
mod placing;
mod printing;
mod reach;
mod views;

pub(super) use clock::run;
pub use counter::CounterOrder;
pub(super) use goods::Shelves;
pub use placing::NewOrder;
pub use printing::SheetKind;
pub use views::{
    ArticleRow, GoodsPage, MerchantCommand, MerchantRow, MerchantView, NewMerchant, OrderCommand,
    OrderFilter, OrderLine, OrderRow, OrderView, Uploaded,
};
