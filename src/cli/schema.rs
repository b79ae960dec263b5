//! `bianmin schema`: what an editor knows about the files of `dialogs/`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::dialog::{self, Lang};

#[derive(Debug, Args)]
pub struct SchemaOptions {
    /// Of the keys and of what is said about them
    #[arg(long, value_enum, default_value = "zh", value_name = "LANG")]
    lang: LangName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangName {
    Zh,
    En,
}

pub fn run(options: &SchemaOptions) -> anyhow::Result<ExitCode> {
    let lang = match options.lang {
        LangName::Zh => Lang::Zh,
        LangName::En => Lang::En,
    };
    print!("{}", dialog::schema(lang));
    Ok(ExitCode::SUCCESS)
}
