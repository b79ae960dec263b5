//! Chinese text as villagers write it: numbers, yes and no, telephones, names, sounds.
//! Pure; knows nothing of the county.
//!
//! Everything works on a matching copy (`plain`) of what was written; what is stored is
//! always the original.

mod answer;
mod copy;
mod date;
mod digits;
mod identity;
mod money;
mod name;
mod number;
mod phone;
mod plain;
mod quantity;
mod segments;
mod sound;
mod words;

pub use answer::{menu_index, rating, yes_no, yes_no_then};
pub use copy::{Copy, simplified};
pub use date::{Day, DayError, day, days};
pub use digits::fold_digits;
pub use identity::{IdentityError, find_identity, identity, mask_identity};
pub use money::{Money, find_money, money};
pub use name::{is_surname, name};
pub use number::number;
pub use phone::{
    PhoneError, find_landline, find_phone, mask_phone, mask_phones, phone, replace_phones,
};
pub use plain::{is_han, plain};
pub use quantity::{Quantity, quantities, quantity};
pub use segments::{segments, segments_in_gsm7, split};
pub use sound::{
    letters, letters_in_dialect, sound_table_bytes, sounds_alike, sounds_alike_in_dialect,
    syllables_in_dialect,
};

#[cfg(test)]
mod tests;
