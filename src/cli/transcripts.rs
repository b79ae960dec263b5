//! `bianmin test`: the transcripts in the dialogs.

use std::path::Path;
use std::process::ExitCode;

use crate::dialog;

use super::start;

pub fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let (tables, script) = match start::read_county(&config) {
        Ok(read) => read,
        Err(error) => {
            eprintln!("{error:#}");
            return Ok(ExitCode::from(2));
        }
    };
    let report = dialog::run_tests(&script, &tables.places);
    println!("{report}");
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
