//! `bianmin train`: fits the model of kinds of matter, and takes it only if it is better.
//!
//! What is held back is never learned from, so both models are judged on what neither saw.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use crate::county::Categories;
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
    for (right, said, count) in new.mistakes().into_iter().take(MISTAKES) {
        let name = |code: &str| {
            tables
                .categories
                .get(code)
                .map_or_else(|| "nothing".to_owned(), |c| format!("{code} {}", c.name))
        };
        println!("{count} x {} was taken for {}", name(right), name(said));
    }
    if let Some(path) = report {
        std::fs::write(&path, matrix(&new, &tables.categories))
            .with_context(|| format!("{}: can not be written", path.display()))?;
        println!("{}: the confusion matrix", path.display());
    }
    let path = folder.join(MODEL);
    let better = old.is_none_or(|old| new.beats(&old));
    if dry {
        println!("nothing was replaced (--dry-run)");
    } else if better {
        let bytes = fitted.to_bytes();
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, &bytes)
            .and_then(|()| std::fs::rename(&fresh, &path))
            .with_context(|| format!("{}: can not be written", path.display()))?;
        println!(
            "{}: replaced, {} bytes; a program that runs takes it up by itself",
            path.display(),
            bytes.len()
        );
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

/// The whole confusion matrix for a spreadsheet: a row for each kind with what it was taken for,
/// how many there are and how many of them were found (recall); below, how often each kind was
/// said, and how often rightly (precision).
fn matrix(score: &Score, categories: &Categories) -> String {
    let kinds: Vec<&str> = categories
        .iter()
        .map(|kind| kind.code.as_str())
        .filter(|code| score.said.keys().any(|(right, said)| right == code || said == code))
        .collect();
    let columns: Vec<&str> = kinds.iter().copied().chain([""]).collect();
    let times = |right: &str, said: &str| {
        score.said.get(&(right.to_owned(), said.to_owned())).copied().unwrap_or(0)
    };
    let cell = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    let part = |of: usize, all: usize| match all {
        0 => String::new(),
        all => format!("{:.3}", of as f64 / all as f64),
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let named = |code: &&str| {
        categories.get(code).map_or("-".into(), |kind| format!("{code} {}", kind.name))
    };
    let heads = columns.iter().map(named);
    rows.push(
        ["right".to_owned()]
            .into_iter()
            .chain(heads)
            .chain(["count".into(), "recall".into()])
            .collect(),
    );
    for right in &kinds {
        let counts: Vec<usize> = columns.iter().map(|said| times(right, said)).collect();
        let all: usize = counts.iter().sum();
        let cells = counts.into_iter().map(cell);
        let end = [all.to_string(), part(times(right, right), all)];
        rows.push([named(right)].into_iter().chain(cells).chain(end).collect());
    }
    let said = |code: &&str| kinds.iter().map(|right| times(right, code)).sum::<usize>();
    let totals = columns.iter().map(|code| cell(said(code)));
    let end = [score.count.to_string(), part(score.right, score.count)];
    rows.push(["said".to_owned()].into_iter().chain(totals).chain(end).collect());
    let precision = columns.iter().map(|code| part(times(code, code), said(code)));
    rows.push(
        ["precision".to_owned()]
            .into_iter()
            .chain(precision)
            .chain([String::new(), String::new()])
            .collect(),
    );
    let lines: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
    format!("\u{feff}{}\n", lines.join("\n"))
}
