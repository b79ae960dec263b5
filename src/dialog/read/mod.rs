//! From the files of a folder to a `Script`: bytes to text (`decode`), typing that can be mended
//! (`yaml_lines`), positions (`yaml`), what each key means (`lower` and the files named for what
//! they read), what only shows when all files are read (`check`).

pub(in crate::dialog) mod check;
mod decode;
pub(in crate::dialog) mod globals;
pub(in crate::dialog) mod lower;
pub(in crate::dialog) mod lower_steps;
mod notices;
pub(in crate::dialog) mod one_word_more;
mod question;
pub(in crate::dialog) mod reader;
pub(in crate::dialog) mod sayings;
pub(in crate::dialog) mod source;
mod table;
mod translation;
pub(in crate::dialog) mod yaml;
pub(in crate::dialog) mod yaml_lines;

pub use decode::decode;
pub use lower::{hash, load};
