//! The figures of the day: what runs, what is late, and how the month goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{Figures, Office, VillageShops};

/// Kinds and townships on the page; the ledger has all of them.
const ROWS_MAX: usize = 10;

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/figures", get(show))
}

#[derive(Template)]
#[template(path = "desk/figures.html")]
struct Page {
    frame: Frame,
    /// `2026-11`
    month: String,
    figures: Figures,
    shops: VillageShops,
    tables: Vec<Table>,
}

struct Table {
    caption: &'static str,
    heads: &'static [&'static str],
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<String>,
    link: Option<String>,
}

impl Page {
    /// As a share of a hundred; nothing to take a share of is no nought.
    fn rate(rate: Option<f64>) -> String {
        rate.map_or("—".to_owned(), |rate| format!("{:.1}%", rate * 100.0))
    }
}

async fn show(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    let figures = match office.figures(&signed.session).await {
        Ok(figures) => figures,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(&office, &signed.session, "figures", &headers);
    let tables = tables(&office, &figures);
    let (month, shops) = (office.this_month(), office.village_shops());
    let page = Page { frame, month, figures, shops, tables };
    page::show(StatusCode::OK, &page, &page.frame)
}

fn tables(office: &Office, figures: &Figures) -> Vec<Table> {
    let departments = figures.departments.iter().map(|(id, own)| Row {
        cells: vec![
            office.department_name(id),
            own.open.to_string(),
            own.amber.to_string(),
            own.overdue.to_string(),
            own.month.assigned.to_string(),
            Page::rate(own.month.in_time_rate()),
            Page::rate(own.month.content_rate()),
        ],
        link: Some(format!("/desk?department={}", page::percent(id))),
    });
    let ages = ["2个工作日以内", "3到5个", "6到10个", "10个以上"];
    let ages = ages.into_iter().zip(figures.ages);
    let ages = ages.map(|(age, count)| plain([age.to_owned(), count.to_string()]));
    let days = figures.days.iter().rev().map(|(day, received, closed)| {
        plain([
            format!("{}月{}日", day.month(), day.day()),
            received.to_string(),
            closed.to_string(),
        ])
    });
    let category = |code: &str| office.category_name(code).unwrap_or_else(|| "还没分类".into());
    let township = |code: &str| office.township_name(code).unwrap_or_else(|| "不知道".into());
    vec![
        Table {
            caption: "承办单位",
            heads: &["单位", "在办", "临期", "超期", "本月到期", "按时办结", "满意"],
            rows: departments.collect(),
        },
        Table {
            caption: "在办的等了多久", heads: &["多久", "件数"], rows: ages.collect()
        },
        Table {
            caption: "本月反映最多的",
            heads: &["类别", "件数"],
            rows: most(&figures.categories, category),
        },
        Table {
            caption: "本月的来源",
            heads: &["来源", "件数"],
            rows: most(&figures.channels, |id| Office::channel_name(id).to_owned()),
        },
        Table {
            caption: "本月的乡镇",
            heads: &["乡镇", "件数"],
            rows: most(&figures.townships, township),
        },
        Table { caption: "近30天", heads: &["日期", "受理", "办结"], rows: days.collect() },
    ]
}

fn plain<const N: usize>(cells: [String; N]) -> Row {
    Row { cells: cells.into(), link: None }
}

fn most(counts: &BTreeMap<String, u32>, name: impl Fn(&str) -> String) -> Vec<Row> {
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(id, count)| (std::cmp::Reverse(**count), *id));
    let sorted = sorted.into_iter().take(ROWS_MAX);
    sorted.map(|(id, count)| plain([name(id), count.to_string()])).collect()
}
