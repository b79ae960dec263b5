//! Who and where: places, departments, kinds of matter, people's addresses.
//! Pure: tables come in as text, never as paths.

mod address;

pub use address::{Address, AddressError, Channel};
