//! The shop at work: what is on the shelf, placing orders, their steps, merchants, sheets, and
//! what the clock does. Rules are in `shop`; here they meet records, conversations and messages.

mod actions;
mod browse;
mod clock;
mod complaints;
mod counter;
mod day;
mod demo;
mod flags;
mod goods;
mod leads;
mod ledger;
mod merchants;
mod morning;
mod order_list;
mod orders;
mod pay;
mod pictures;
mod places;
mod placing;
mod printing;
mod purchases;
mod reach;
mod reconcile;
mod register;
mod reports;
mod rounds;
mod runs;
mod sales;
mod samples;
mod views;
mod wishes;

pub(super) use clock::run;
pub use counter::{CounterOrder, CounterPrice};
pub(super) use goods::Shelves;
pub(super) use orders::order_row;
pub use pay::{NOTIFY_PATH, NotBelieved, PAGE_PATH, PayPage};
pub(super) use pay::{Payments, open as payments};
pub use placing::NewOrder;
pub use printing::SheetKind;
pub use reports::ReportKind;
pub use sales::Sales;
pub(super) use sales::SalesKept;
pub use views::{
    ArticleRow, ArticleView, Complaint, ComplaintRow, DayList, DayPage, GoodsPage, LeadRow,
    MerchantCommand, MerchantRow, MerchantView, MoveRow, NewMerchant, NewPurchase, NewRound,
    NewRun, OrderCommand, OrderFilter, OrderLine, OrderRow, OrderView, PlaceRow, PublicArticle,
    PurchaseRow, RefundRow, RemedyRow, RoundRow, RunRow, RunSent, RunsPage, SampleRow, SamplesPage,
    StopRow, UpheldRow, Uploaded, WaitingVillage,
};
