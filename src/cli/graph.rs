//! `bianmin graph`: dialogs as pictures.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::dialog::{self, Picture};

use super::start;

#[derive(Debug, Args)]
pub struct GraphOptions {
    /// Id or name of the dialog: appeal, or 反映问题
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    dialog: Option<String>,

    /// One page with all dialogs: how one gets in, and what each has done
    #[arg(long)]
    all: bool,

    #[arg(long, value_enum, default_value = "svg", value_name = "FORMAT")]
    format: PictureName,

    /// Where to; the standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PictureName {
    Svg,
    Mermaid,
}

pub fn run(config: &Path, options: &GraphOptions) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let (_, script) = start::read_county(&config)?;
    let picture = match options.format {
        PictureName::Svg => Picture::Svg,
        PictureName::Mermaid => Picture::Mermaid,
    };
    let drawn = match &options.dialog {
        None => Some(dialog::graph_all(&script, picture)),
        Some(name) => dialog::graph(&script, name, picture),
    };
    let Some(drawn) = drawn else {
        let all = dialog::dialogs(&script);
        let names: Vec<String> = all.iter().map(|(id, name)| format!("{id}（{name}）")).collect();
        let wanted = options.dialog.as_deref().unwrap_or_default();
        eprintln!("没有对话「{wanted}」。可以写：{}。", names.join("、"));
        return Ok(ExitCode::FAILURE);
    };
    match &options.output {
        None => print!("{drawn}"),
        Some(file) => std::fs::write(file, drawn)
            .map_err(|error| anyhow::anyhow!("{}：写不进去（{error}）。", file.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}
