//! `bianmin lint`: all checks of the dialogs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::dialog::{self, Format, Severity, SourceFile};
use crate::office::{Tables, read_files};

use super::start;

#[derive(Debug, Args)]
pub struct LintOptions {
    /// The folder with the dialogs. Without it, the one that config.toml names
    folder: Option<PathBuf>,

    /// text for people; json and sarif (2.1.0) for programs; github for remarks beside the code
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: FormatName,

    /// First mend what needs no judgement: full-width colons and blanks, tabs, blanks at the
    /// end, missing quotes, separators between words. Comments and layout stay
    #[arg(long)]
    fix: bool,

    /// Warnings count as errors
    #[arg(long, value_name = "WHAT")]
    deny: Option<Denied>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    Warnings,
}

pub fn run(config: &Path, options: &LintOptions) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let county = &config.settings.county;
    let folder = options.folder.as_ref().unwrap_or(&county.dialogs);
    let (tables, mut files) = match (Tables::read(&county.folder), read_files(folder)) {
        (Ok(tables), Ok(files)) => (tables, files),
        (tables, files) => {
            let problems = tables.err().into_iter().chain(files.err()).flatten();
            problems.for_each(|problem| eprintln!("{problem}"));
            return Ok(ExitCode::from(2));
        }
    };
    if options.fix && !fix(folder, &mut files)? {
        return Ok(ExitCode::from(2));
    }
    let lint = dialog::lint(&files, &tables.reader());
    let format = match options.format {
        FormatName::Text => Format::Text,
        FormatName::Json => Format::Json,
        FormatName::Sarif => Format::Sarif,
        FormatName::Github => Format::Github,
    };
    print!("{}", lint.write(format, &folder.display().to_string()));
    let denied = options.deny.is_some() && lint.count(Severity::Warning) > 0;
    Ok(if lint.passed() && !denied { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// False when a file could not be written; what it was stays.
fn fix(folder: &Path, files: &mut [SourceFile]) -> anyhow::Result<bool> {
    for file in files {
        let Some(mended) = dialog::mend(file) else { continue };
        let path = folder.join(&file.name);
        // Written beside it and moved, so that a full disk can not leave half a file.
        let fresh = path.with_extension("yaml.new");
        let written = std::fs::write(&fresh, &mended).and_then(|()| std::fs::rename(&fresh, &path));
        if let Err(error) = written {
            let _ = std::fs::remove_file(&fresh);
            eprintln!("{}：写不进去（{error}）。请看这个文件夹能不能改。", path.display());
            return Ok(false);
        }
        let lines = file.text.lines().zip(mended.lines()).filter(|(old, new)| old != new).count();
        eprintln!("{}：改好了{lines}行。", path.display());
        file.text = mended;
    }
    Ok(true)
}
