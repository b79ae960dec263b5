//! Who and where: places, departments, kinds of matter, people's addresses.
//! Pure: tables come in as text, never as paths.

mod address;
mod categories;
mod departments;
mod leads;
mod number;
mod places;
mod point;
mod replies;
mod table;
mod weights;
mod words;

pub use address::{Address, AddressError, Channel};
pub use categories::{Categories, Category, Life, TimeClass};
pub use departments::{Contact, Department, Departments, TOWNSHIPS};
pub use leads::{Lead, Leads};
pub use number::{CaseNumber, CaseType, NumberError, damm};
pub use places::{Found, Likeness, Place, PlaceKind, Places, Scope};
pub use point::Point;
pub use replies::{CannedReply, Replies};
pub use table::TableError;
pub(crate) use table::read as read_table;
pub use weights::{WeightTable, Weights};
pub(crate) use words::words;
