//! `bianmin train`: fits the model of kinds of matter, and takes it only if it is better.
//!
//! What is held back is never learned from, so both models are judged on what neither saw.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use crate::meaning::{self, GATE, Score};
use crate::office::clock::SystemClock;
use crate::office::{MODEL, Office, Parts, read_examples};

use super::start;

/// How many of the commonest mistakes are printed.
const MISTAKES: usize = 15;

pub async fn run(config: &Path, report: Option<PathBuf>, dry: bool) -> anyhow::Result<ExitCode> {
    let corrections = corrections(config).await?;
    let config = start::read_config(config)?;
    let (tables, _) = start::read_county(&config)?;
    let folder = &config.settings.county.folder;
    let reader = tables.reader();
    let mut examples = match read_examples(&folder.join("examples"), &reader) {
        Ok(examples) => examples,
        Err(problems) => bail!("{}", problems.join("\n\n")),
    };
    let mut errors = Vec::new();
    let learnt = meaning::read_examples("corrections", &corrections, &reader, &mut errors);
    println!("{} examples of clerks' corrections at the desk", learnt.len());
    // Downloaded and put into the folder as well, they count once.
    examples.extend(learnt.into_iter().filter(|one| !examples.contains(one)).collect::<Vec<_>>());
    let (learn, held) = meaning::split(&examples);
    println!(
        "{} examples; {} to learn from, {} held back",
        examples.len(),
        learn.len(),
        held.len()
    );
    let fitted = meaning::train(&learn)?;
    let new = meaning::score(&held, GATE, |chars| reader.kinds_of_example(&fitted, chars));
    say("new", &new);
    let old = reader
        .model
        .map(|model| meaning::score(&held, GATE, |chars| reader.kinds_of_example(model, chars)));
    if let Some(old) = &old {
        say("in use", old);
    }
    for ((right, said), count) in new.mistakes.iter().take(MISTAKES) {
        let name = |code: &str| {
            tables
                .categories
                .get(code)
                .map_or_else(|| code.to_owned(), |c| format!("{code} {}", c.name))
        };
        println!("{count} x {} was taken for {}", name(right), name(said));
    }
    if let Some(path) = report {
        std::fs::write(&path, matrix(&new, &tables.categories))
            .with_context(|| format!("{}: can not be written", path.display()))?;
        println!("{}: the confusion matrix", path.display());
    }
    let path = folder.join(MODEL);
    let better = old.is_none_or(|old| (new.right, new.sure_right) > (old.right, old.sure_right));
    if dry {
        println!("nothing was replaced (--dry-run)");
    } else if better {
        let bytes = fitted.to_bytes();
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, &bytes)
            .and_then(|()| std::fs::rename(&fresh, &path))
            .with_context(|| format!("{}: can not be written", path.display()))?;
        println!("{}: replaced, {} bytes; restart to use it", path.display(), bytes.len());
    } else {
        println!("{}: kept, the new model is not better", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// What clerks corrected, from the store; only the heading while a server has it open.
async fn corrections(config: &Path) -> anyhow::Result<String> {
    let config = start::read_config(config)?;
    let nothing = || "code,text,source\n".to_owned();
    if start::is_embedded(&config) && !start::store_folder(&config).exists() {
        return Ok(nothing());
    }
    let (tables, script) = start::read_county(&config)?;
    let store = match start::open_store(&config).await {
        Ok(opened) => opened.store(),
        Err(error) => {
            println!(
                "corrections in the store are left out ({error:#}). While the program runs, \
                 download them at /desk/understand into the examples folder"
            );
            return Ok(nothing());
        }
    };
    let office = Office::new(Parts { config, store, clock: Arc::new(SystemClock), tables, script })
        .map_err(|error| anyhow!(error))?;
    Ok(office.corrections().await?)
}

fn say(what: &str, score: &Score) {
    let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    println!(
        "{what}: {:.1} % right, {:.1} % among the first three; sure of {:.1} %, {:.1} % of those right",
        percent(score.right, score.count),
        percent(score.in_three, score.count),
        percent(score.sure, score.count),
        percent(score.sure_right, score.sure),
    );
}

/// Right kind, kind that was said, how often: only what happened, for a spreadsheet.
fn matrix(score: &Score, categories: &crate::county::Categories) -> String {
    let mut text = "\u{feff}right,right_name,said,said_name,count\n".to_owned();
    let name = |code: &str| categories.get(code).map_or("", |category| category.name.as_str());
    for ((right, said), count) in &score.mistakes {
        text.push_str(&format!("{right},{},{said},{},{count}\n", name(right), name(said)));
    }
    text
}
