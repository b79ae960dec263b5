//! A month or a quarter in tables: on paper, and as a document that can be written on.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use docx_rs::{
    AlignmentType, Docx, Footer, PageNum, Paragraph, Run, RunFonts, Table as DocxTable, TableCell,
    TableRow,
};
use serde::Deserialize;

use super::figures::{hours, rate};
use super::page::{self, Frame};
use super::session::SignedIn;
use crate::desk::figures::{Period, middle_and_most};
use crate::desk::measures::Tally;
use crate::office::{CommandError, Months, Office, Session};

const ROWS_MAX: usize = 10;
const KIND: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
/// In half points, as Word counts.
const TITLE: usize = 44;
const HEADING: usize = 32;
const BODY: usize = 24;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/figures/bulletin", get(show))
        .route("/desk/figures/bulletin.docx", get(document))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `2026-11` or `2026-Q4`.
    period: String,
}

type Wanted = Result<Query<Asked>, QueryRejection>;

#[derive(Template)]
#[template(path = "desk/bulletin.html")]
struct Page {
    frame: Frame,
    period: String,
    bulletin: Bulletin,
}

struct Bulletin {
    title: String,
    sections: Vec<Section>,
    meaning: &'static str,
}

struct Section {
    title: &'static str,
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

async fn show(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    uri: Uri,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    let frame = Frame::new(&office, &signed.session, "figures", &headers)
        .on_paper(&office, &signed.session, &uri)
        .await;
    match written(&office, &signed.session, &frame, &asked).await {
        Ok(bulletin) => {
            let page = Page { period: asked.period, bulletin, frame };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn document(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    let frame = Frame::new(&office, &signed.session, "figures", &headers);
    let bulletin = match written(&office, &signed.session, &frame, &asked).await {
        Ok(bulletin) => bulletin,
        Err(error) => return page::failed(&error),
    };
    match bulletin.docx() {
        Ok(bytes) => {
            // Only digits, a dash and a Q have been read as a period.
            let name = format!("attachment; filename=\"{}.docx\"", asked.period.trim());
            ([(header::CONTENT_TYPE, KIND.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
                .into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a bulletin could not be written");
            page::message(StatusCode::INTERNAL_SERVER_ERROR, frame.say("bulletin.not_written"))
        }
    }
}

type Rate = fn(&Tally) -> Option<f64>;

async fn written(
    office: &Office,
    session: &Session,
    frame: &Frame,
    asked: &Asked,
) -> Result<Bulletin, CommandError> {
    let refused = || CommandError::Refused(frame.say("bulletin.which").to_owned());
    let months = Months::read(&asked.period).ok_or_else(refused)?;
    let (here, before) = office.period(session, months).await?;
    let say = |key| frame.say(key);
    let category = |code: &str| {
        office.category_name(code).unwrap_or_else(|| say("figures.unsorted").to_owned())
    };
    let township = |code: &str| {
        office.township_name(code).unwrap_or_else(|| say("figures.unknown").to_owned())
    };
    let channel = |id: &str| Office::channel_name(id).to_owned();
    let heads = |first| vec![say(first), say("bulletin.now"), say("bulletin.before")];
    let sections = vec![
        Section {
            title: say("bulletin.all"),
            heads: heads("bulletin.what"),
            rows: all(frame, &here, &before),
        },
        Section {
            title: say("bulletin.kinds"),
            heads: heads("figures.kind"),
            rows: compared(&here.categories, &before.categories, category),
        },
        Section {
            title: say("bulletin.channels"),
            heads: heads("figures.channel"),
            rows: compared(&here.channels, &before.channels, channel),
        },
        Section {
            title: say("bulletin.townships"),
            heads: heads("figures.township"),
            rows: compared(&here.townships, &before.townships, township),
        },
        departments(office, frame, &here),
        times(frame, &here),
    ];
    let title = format!("{}{} {months}", office.county_name(), say("bulletin.title"));
    Ok(Bulletin { title, sections, meaning: say("figures.meaning") })
}

fn all(frame: &Frame, here: &Period, before: &Period) -> Vec<Vec<String>> {
    let row = |name: &'static str, of: &dyn Fn(&Period) -> String| {
        vec![frame.say(name).to_owned(), of(here), of(before)]
    };
    let rates: [(&'static str, Rate); 8] = [
        ("figures.in_time_rate", Tally::in_time_rate),
        ("bulletin.in_first_time", Tally::in_first_time_rate),
        ("figures.response_rate", Tally::response_rate),
        ("figures.solved_rate", Tally::solved_rate),
        ("figures.content_rate", Tally::content_rate),
        ("bulletin.rated", Tally::rated_rate),
        ("figures.return_rate", Tally::return_rate),
        ("figures.redo_rate", Tally::redo_rate),
    ];
    let mut rows = vec![
        row("figures.received", &|period| period.received.to_string()),
        row("figures.closed", &|period| period.closed.to_string()),
        row("bulletin.due", &|period| period.tally.assigned.to_string()),
    ];
    rows.extend(rates.map(|(name, of)| row(name, &|period| rate(of(&period.tally)))));
    for (n, name) in ["figures.late_ones", "figures.supervised_ones", "figures.called_in"]
        .into_iter()
        .enumerate()
    {
        rows.push(row(name, &|period| period.funnel.get(n).copied().unwrap_or(0).to_string()));
    }
    rows
}

/// What there is most of now, and how much of it there was before.
fn compared(
    here: &BTreeMap<String, u32>,
    before: &BTreeMap<String, u32>,
    name: impl Fn(&str) -> String,
) -> Vec<Vec<String>> {
    let mut sorted: Vec<_> = here.iter().collect();
    sorted.sort_by_key(|(id, count)| (std::cmp::Reverse(**count), *id));
    let rows = sorted.into_iter().take(ROWS_MAX).map(|(id, count)| {
        let was = before.get(id).copied().unwrap_or(0);
        vec![name(id), count.to_string(), was.to_string()]
    });
    rows.collect()
}

fn departments(office: &Office, frame: &Frame, here: &Period) -> Section {
    let heads = [
        "figures.department",
        "bulletin.due",
        "figures.in_time_rate",
        "figures.response_rate",
        "figures.solved_rate",
        "figures.content_rate",
    ];
    let rows = here.departments.iter().map(|(id, tally)| {
        vec![
            office.department_name(id),
            tally.assigned.to_string(),
            rate(tally.in_time_rate()),
            rate(tally.response_rate()),
            rate(tally.solved_rate()),
            rate(tally.content_rate()),
        ]
    });
    let heads = heads.map(|key| frame.say(key)).into();
    Section { title: frame.say("figures.departments"), heads, rows: rows.collect() }
}

fn times(frame: &Frame, here: &Period) -> Section {
    let heads = ["figures.class", "figures.answered", "figures.middle", "figures.most"];
    let rows = here.minutes.iter().filter_map(|(class, minutes)| {
        let (middle, most) = middle_and_most(minutes)?;
        Some(vec![format!("{class:?}"), minutes.len().to_string(), hours(middle), hours(most)])
    });
    let heads = heads.map(|key| frame.say(key)).into();
    Section { title: frame.say("figures.times"), heads, rows: rows.collect() }
}

impl Bulletin {
    fn docx(&self) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let line = |text: &str, size: usize| {
            Paragraph::new().add_run(Run::new().add_text(text).size(size))
        };
        let bold = |text: &str, size: usize| {
            Paragraph::new().add_run(Run::new().add_text(text).size(size).bold())
        };
        let number = Paragraph::new().add_page_num(PageNum::new()).align(AlignmentType::Center);
        let mut document = Docx::new()
            .default_fonts(RunFonts::new().east_asia("宋体").ascii("Times New Roman"))
            .footer(Footer::new().add_paragraph(number))
            .add_paragraph(bold(&self.title, TITLE).align(AlignmentType::Center));
        for section in &self.sections {
            let cells = |texts: &[String]| {
                let cells =
                    texts.iter().map(|text| TableCell::new().add_paragraph(line(text, BODY)));
                TableRow::new(cells.collect())
            };
            let heads: Vec<String> = section.heads.iter().map(|head| (*head).to_owned()).collect();
            let rows = std::iter::once(&heads).chain(&section.rows).map(|row| cells(row));
            document = document
                .add_paragraph(bold(section.title, HEADING))
                .add_table(DocxTable::new(rows.collect()));
        }
        let mut bytes = Cursor::new(Vec::new());
        document.add_paragraph(line(self.meaning, BODY)).build().pack(&mut bytes)?;
        Ok(bytes.into_inner())
    }
}
