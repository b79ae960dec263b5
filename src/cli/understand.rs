//! `bianmin understand`: what the bot understands of lines from standard input, as JSON.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use crate::meaning::{self, Reader, Short, Understanding};

use super::start;

/// A line of standard input is read up to here.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// The question that each line answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerKind {
    Yesno,
    Menu,
    Quantity,
    Phone,
    Name,
    Village,
    Date,
    Rating,
}

impl AnswerKind {
    fn kind(self) -> meaning::Kind {
        match self {
            AnswerKind::Yesno => meaning::Kind::YesNo,
            AnswerKind::Menu => meaning::Kind::Menu,
            AnswerKind::Quantity => meaning::Kind::Quantity,
            AnswerKind::Phone => meaning::Kind::Phone,
            AnswerKind::Name => meaning::Kind::Name,
            AnswerKind::Village => meaning::Kind::Village,
            AnswerKind::Date => meaning::Kind::Date,
            AnswerKind::Rating => meaning::Kind::Rating,
        }
    }
}

pub fn run(
    config: &Path,
    answers: Option<AnswerKind>,
    options: &[String],
    now: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let empty = options.iter().any(|label| label.trim().is_empty());
    if empty || answers == Some(AnswerKind::Menu) && options.is_empty() {
        bail!("--as menu needs the labels, none of them empty: --options 甲,乙,丙");
    }
    let today = today(now)?;
    let config = start::read_config(config)?;
    let (tables, _) = start::read_county(&config)?;
    let reader = tables.reader();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut input = io::stdin().lock();
    while let Some(line) = next_line(&mut input)? {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches('\r');
        let object = match answers {
            Some(kind) => {
                short(text, &meaning::answer(kind.kind(), text, options, reader.places, today))
            }
            None => whole(text, &reader, &reader.understand(text, today)),
        };
        match writeln!(out, "{object}") {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    match out.flush() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        flushed => flushed?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Of a line that is too long only the beginning is kept, and never in memory as a whole.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let limit = LINE_BYTES_MAX as u64;
    if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let ended = line.pop_if(|last| *last == b'\n').is_some();
    if !ended && line.len() == LINE_BYTES_MAX {
        input.skip_until(b'\n')?;
        line.truncate(whole_characters(&line));
    }
    Ok(Some(line))
}

/// Without the beginning of a character that was cut.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

/// `now` is ISO 8601 with an offset, and the day is the one that it spells; without it, today
/// in China.
fn today(now: Option<&str>) -> anyhow::Result<Date> {
    let Some(text) = now else {
        return Ok(Offset::constant(8).to_datetime(Timestamp::now()).date());
    };
    let moment = text.parse::<Timestamp>();
    moment.ok().and_then(|_| text.get(..10)?.parse().ok()).with_context(|| {
        format!("--now {text}: not a time with an offset, such as 2026-11-24T09:30:00+08:00")
    })
}

fn whole(text: &str, reader: &Reader<'_>, found: &Understanding<'_>) -> Value {
    let place = found.place.as_ref().map(|place| {
        let named = |place: &crate::county::Place| {
            json!({"code": place.code, "name": place.name, "township": place.township})
        };
        let alternatives: Vec<Value> = place.alternatives.iter().map(|place| named(place)).collect();
        json!({
            "code": place.place.map(|place| place.code.as_str()),
            "name": place.place.map(|place| place.name.as_str()),
            "how": place.how,
            "alternatives": alternatives,
            "advice": place.advice,
        })
    });
    let kinds: Vec<Value> = found
        .kinds
        .iter()
        .map(|(code, p)| {
            let name = reader.categories.get(code).map(|category| category.name.as_str());
            json!({"code": code, "name": name, "p": (f64::from(*p) * 1_000.0).round() / 1_000.0})
        })
        .collect();
    let quantities: Vec<Value> = found
        .quantities
        .iter()
        .map(|read| {
            json!({
                "text": &text[read.span.clone()],
                "value": decimal(read.quantity.thousandths),
                "unit": read.quantity.unit,
                "about": read.quantity.about,
            })
        })
        .collect();
    let days: Vec<Value> = found
        .days
        .iter()
        .map(|day| {
            let value = day.date.map_or("approx".to_owned(), |date| date.to_string());
            json!({"text": &text[day.span.clone()], "value": value})
        })
        .collect();
    let emergency = found
        .emergency
        .as_ref()
        .map(|(emergency, span)| {
            json!({"kind": emergency.kind, "call": emergency.call, "text": &text[span.clone()]})
        });
    json!({
        "text": text,
        "intent": found.intent.id(),
        "place": place,
        "category": kinds,
        "phone": found.phone.as_ref().map(|(phone, _)| phone),
        "landline": found.landline.as_ref().map(|(number, _)| number),
        "name": found.name.as_ref().map(|(name, _)| name),
        "identity": found.identity.is_some(),
        "case_number": found.case_number.as_ref().map(|(number, _)| number),
        "quantities": quantities,
        "dates": days,
        "emergency": emergency,
        "asks": found.asks,
    })
}

fn short(text: &str, answer: &Short) -> Value {
    let mut object = Map::new();
    object.insert("text".into(), json!(text));
    let value = match &answer.value {
        None => Value::Null,
        Some(meaning::Value::Text(text)) => json!(text),
        Some(meaning::Value::Number(thousandths)) => decimal(*thousandths),
    };
    object.insert("value".into(), value);
    object.insert("how".into(), json!(answer.how));
    object.insert("ask".into(), json!(answer.ask));
    Value::Object(object)
}

/// Thousandths as a number: 3, 1.5.
fn decimal(thousandths: i64) -> Value {
    if thousandths % 1_000 == 0 {
        json!(thousandths / 1_000)
    } else {
        json!(thousandths as f64 / 1_000.0)
    }
}
