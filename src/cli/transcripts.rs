//! `bianmin test`: the transcripts in the dialogs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::dialog;

use super::start;

#[derive(Debug, Args)]
pub struct TestOptions {
    /// The folder with the dialogs. Without it, the one that config.toml names
    folder: Option<PathBuf>,

    /// Fail when the transcripts show less than this of the dialogs, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
}

pub fn run(config: &Path, options: &TestOptions) -> anyhow::Result<ExitCode> {
    let mut config = start::read_config(config)?;
    if let Some(folder) = &options.folder {
        config.settings.county.dialogs.clone_from(folder);
    }
    let (tables, script) = match start::read_county(&config) {
        Ok(read) => read,
        Err(error) => {
            eprintln!("{error:#}");
            return Ok(ExitCode::from(2));
        }
    };
    let report = dialog::run_tests(&script, &tables.reader());
    println!("{report}");
    if !report.passed() {
        return Ok(ExitCode::FAILURE);
    }
    println!("\n{}", report.coverage);
    let enough = usize::from(options.min_coverage.unwrap_or_default());
    if report.coverage.percent() < enough {
        eprintln!("测到的太少，至少要{enough}%。请照上面「还没有测到」的补测试。");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
