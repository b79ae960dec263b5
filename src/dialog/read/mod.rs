//! From the files of a folder to a `Script`: typing that can be mended (`yaml_lines`), positions
//! (`yaml`), what each key means (`lower`), what only shows when all files are read (`check`).

mod check;
pub(in crate::dialog) mod lower;
pub(in crate::dialog) mod lower_steps;
pub(in crate::dialog) mod source;
pub(in crate::dialog) mod yaml;
mod yaml_lines;

pub use lower::load;
