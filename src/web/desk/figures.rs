//! The figures of the day: what runs, what is late, how the month goes. Each drawing stands beside
//! its table, and each number leads to what it counts, as far as somebody may see that.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use jiff::ToSpan;
use jiff::civil::Date;

use super::charts::{self, Colour, Series};
use super::counted;
use super::page::{self, Frame};
use super::session::SignedIn;
use crate::desk::Grade;
use crate::desk::figures::{Counted, middle_and_most};
use crate::desk::measures::Tally;
use crate::office::shop::Sales;
use crate::office::{Figures, Office, Right};

/// Kinds, townships and the like on the page; the ledger has all of them.
const ROWS_MAX: usize = 10;

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/figures", get(show))
}

#[derive(Template)]
#[template(path = "desk/figures.html")]
struct Page {
    frame: Frame,
    tiles: Vec<Tile>,
    charts: Vec<Chart>,
    /// `2026-11`, `2026-Q4`
    month: String,
    quarter: String,
    /// Of what was answered.
    rated: String,
}

struct Tile {
    name: &'static str,
    value: Cell,
    is_late: bool,
}

struct Chart {
    id: &'static str,
    title: &'static str,
    svg: String,
    table: Table,
}

pub struct Table {
    pub heads: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Clone)]
pub struct Cell {
    pub text: String,
    pub link: Option<String>,
}

fn plain(text: impl ToString) -> Cell {
    Cell { text: text.to_string(), link: None }
}

/// As a share of a hundred; nothing to take a share of is no nought.
pub fn rate(rate: Option<f64>) -> String {
    rate.map_or("—".to_owned(), |rate| format!("{:.1}%", rate * 100.0))
}

/// Office hours, to a tenth.
pub fn hours(minutes: i64) -> String {
    format!("{}.{}", minutes / 60, minutes % 60 / 6)
}

async fn show(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    let session = &signed.session;
    let (figures, sales) = match (office.figures(session).await, office.sales(session).await) {
        (Ok(figures), Ok(sales)) => (figures, sales),
        (Err(error), _) | (_, Err(error)) => return page::failed(&error),
    };
    let frame = Frame::new(&office, session, "figures", &headers);
    let Some(today) = figures.days.last().map(|day| day.day) else {
        return page::failed(&crate::office::CommandError::NotFound);
    };
    let links = Links { all: session.may(Right::Cases), today, month: office.this_month() };
    let board = Board { office: &office, frame: &frame, figures: &figures, sales: &sales, links };
    let (tiles, charts) = (board.tiles(), board.charts());
    let (month, quarter) = (board.links.month.clone(), board.links.quarter());
    let rated = rate(figures.month.tally.rated_rate());
    let page = Page { tiles, charts, month, quarter, rated, frame };
    page::show(StatusCode::OK, &page, &page.frame)
}

/// Where a number leads.
struct Links {
    /// Whether she may see every case; the others are led to lists without names.
    all: bool,
    today: Date,
    month: String,
}

impl Links {
    fn cases(&self, query: &[(&'static str, &str)]) -> Option<String> {
        let list = if self.all { "/desk" } else { counted::PAGE };
        Some(format!("{list}?{}", page::query(query.iter().copied())))
    }

    /// Of this month, with one condition more.
    fn of_month(&self, name: &'static str, value: &str) -> Option<String> {
        let first = format!("{}-01", self.month);
        if value.is_empty() {
            return self.ledger("cases");
        }
        self.cases(&[(name, value), ("from", &first)])
    }

    /// Words are looked for only by those who may read them.
    fn searched(&self, query: &[(&'static str, &str)]) -> Option<String> {
        if self.all { self.cases(query) } else { self.ledger("cases") }
    }

    fn received_on(&self, day: Date) -> Option<String> {
        let next = day.saturating_add(1.day()).to_string();
        self.cases(&[("from", &day.to_string()), ("to", &next)])
    }

    fn closed_on(&self, day: Date) -> Option<String> {
        let next = day.saturating_add(1.day()).to_string();
        self.cases(&[("closed_from", &day.to_string()), ("closed_to", &next)])
    }

    /// Of the assignments that are due in this month.
    fn counted(&self, what: Counted, more: &[(&'static str, &str)]) -> Option<String> {
        let first = format!("{}-01", self.month);
        let next = self.today.first_of_month().saturating_add(1.month()).to_string();
        let mut query = vec![("counted", what.id()), ("due_from", &*first), ("due_to", &*next)];
        query.extend_from_slice(more);
        self.cases(&query)
    }

    fn on_day(&self, name: &'static str, day: Date) -> Option<String> {
        self.cases(&[(name, &day.to_string())])
    }

    fn ledger(&self, kind: &str) -> Option<String> {
        Some(format!("/desk/ledgers?kind={kind}&month={}", self.month))
    }

    fn report(&self, kind: &str) -> Option<String> {
        Some(format!("/desk/shop/reports?kind={kind}&month={}", self.month))
    }

    fn report_before(&self, kind: &str) -> Option<String> {
        let before = self.today.first_of_month().saturating_sub(1.month());
        let (year, month) = (before.year(), before.month());
        Some(format!("/desk/shop/reports?kind={kind}&month={year}-{month:02}"))
    }

    fn quarter(&self) -> String {
        format!("{}-Q{}", self.today.year(), (self.today.month() + 2) / 3)
    }
}

struct Board<'b> {
    office: &'b Office,
    frame: &'b Frame,
    figures: &'b Figures,
    sales: &'b Sales,
    links: Links,
}

impl Board<'_> {
    fn tiles(&self) -> Vec<Tile> {
        let (figures, links) = (self.figures, &self.links);
        let (month, sales, shops) = (&figures.month, self.sales, self.office.village_shops());
        let say = |key| self.frame.say(key);
        let tile =
            |name, text: String, link| Tile { name, value: Cell { text, link }, is_late: false };
        let of_departments = || links.ledger("departments");
        let late = Tile {
            name: say("figures.overdue"),
            value: Cell { text: figures.overdue.to_string(), link: Some("/desk?overdue=1".into()) },
            is_late: figures.overdue > 0,
        };
        vec![
            tile(
                say("figures.received_today"),
                figures.received_today.to_string(),
                links.received_on(links.today),
            ),
            tile(
                say("figures.closed_today"),
                figures.closed_today.to_string(),
                links.cases(&[("closed_from", &links.today.to_string())]),
            ),
            tile(say("figures.open"), figures.open.to_string(), links.cases(&[("open", "1")])),
            tile(say("figures.amber"), figures.amber.to_string(), links.cases(&[("amber", "1")])),
            late,
            tile(
                say("figures.supervised"),
                figures.supervised.to_string(),
                links.cases(&[("supervised", "1")]),
            ),
            tile(say("figures.received_month"), month.received.to_string(), links.ledger("cases")),
            tile(
                say("figures.closed_month"),
                month.closed.to_string(),
                links.cases(&[("closed_from", &format!("{}-01", links.month))]),
            ),
            tile(say("figures.reply_rate"), rate(month.tally.reply_rate()), of_departments()),
            tile(say("figures.in_time_rate"), rate(month.tally.in_time_rate()), of_departments()),
            tile(say("figures.response_rate"), rate(month.tally.response_rate()), of_departments()),
            tile(say("figures.solved_rate"), rate(month.tally.solved_rate()), of_departments()),
            tile(say("figures.content_rate"), rate(month.tally.content_rate()), of_departments()),
            tile(
                say("figures.without_trip"),
                rate(month.tally.without_trip_rate()),
                links.ledger("cases"),
            ),
            tile(say("figures.shops"), format!("{}/{}", shops.open, shops.all), None),
            tile(say("figures.sold"), sales.sold.to_string(), links.report("turnover")),
        ]
    }

    fn charts(&self) -> Vec<Chart> {
        vec![
            self.daily(),
            self.trend(),
            self.kinds(),
            self.channels(),
            self.townships(),
            self.villages(),
            self.departments(),
            self.ages(),
            self.times(),
            self.funnel(),
            self.repeats(),
            self.grades(),
            self.by_hour(),
            self.rising(),
            self.goods(),
            self.complaints(),
        ]
    }

    fn chart(&self, id: &'static str, title: &'static str, svg: String, table: Table) -> Chart {
        Chart { id, title, svg, table }
    }

    /// Names at the left, one number each, and a bar as long as that.
    fn counted(
        &self,
        id: &'static str,
        title: &'static str,
        heads: [&'static str; 2],
        rows: Vec<(String, u32, Option<String>)>,
    ) -> Chart {
        let drawn: Vec<_> = rows
            .iter()
            .map(|(name, count, _)| (name.clone(), f64::from(*count), count.to_string()))
            .collect();
        let rows = rows
            .into_iter()
            .map(|(name, count, link)| vec![plain(name), Cell { text: count.to_string(), link }]);
        let table = Table { heads: heads.into(), rows: rows.collect() };
        self.chart(id, title, charts::bars(title, &drawn), table)
    }

    fn labels(&self) -> Vec<String> {
        let days = self.figures.days.iter();
        days.map(|day| format!("{}.{}", day.day.month(), day.day.day())).collect()
    }

    /// Of each day, the newest first in the table.
    fn day_by_day(
        &self,
        id: &'static str,
        title: &'static str,
        lines: [(&'static str, Colour); 2],
        of: impl Fn(&crate::desk::figures::DayEnd) -> (u32, u32),
        links: [&dyn Fn(Date) -> Option<String>; 2],
    ) -> Chart {
        let days = &self.figures.days;
        let series = |n: usize| Series {
            name: lines[n].0.to_owned(),
            colour: lines[n].1,
            values: days
                .iter()
                .map(|day| f64::from(if n == 0 { of(day).0 } else { of(day).1 }))
                .collect(),
        };
        let svg = charts::lines(title, &self.labels(), &[series(0), series(1)]);
        let rows = days.iter().rev().map(|day| {
            let (one, other) = of(day);
            let cell =
                |count: u32, n: usize| Cell { text: count.to_string(), link: links[n](day.day) };
            let name = format!("{}-{}", day.day.month(), day.day.day());
            vec![plain(name), cell(one, 0), cell(other, 1)]
        });
        let heads = vec![self.frame.say("figures.day"), lines[0].0, lines[1].0];
        let table = Table { heads, rows: rows.collect() };
        self.chart(id, title, svg, table)
    }

    fn daily(&self) -> Chart {
        let lines = [
            (self.frame.say("figures.received"), Colour::Blue),
            (self.frame.say("figures.closed"), Colour::Green),
        ];
        let title = self.frame.say("figures.daily");
        let of = |day: &crate::desk::figures::DayEnd| (day.received, day.closed);
        let (received, closed) =
            (|day| self.links.received_on(day), |day| self.links.closed_on(day));
        self.day_by_day("daily", title, lines, of, [&received, &closed])
    }

    fn trend(&self) -> Chart {
        let lines = [
            (self.frame.say("figures.overdue"), Colour::Red),
            (self.frame.say("figures.amber"), Colour::Amber),
        ];
        let title = self.frame.say("figures.trend");
        let of = |day: &crate::desk::figures::DayEnd| (day.overdue, day.amber);
        let late = |day| match day == self.links.today {
            true => Some("/desk?overdue=1".to_owned()),
            false => self.links.on_day("late_on", day),
        };
        let amber = |day| self.links.on_day("amber_on", day);
        self.day_by_day("trend", title, lines, of, [&late, &amber])
    }

    fn kinds(&self) -> Chart {
        let name = |code: &str| self.category(code);
        let link = |code: &str| self.links.of_month("category", code);
        let rows = most(&self.figures.month.categories, name, link);
        let heads = [self.frame.say("figures.kind"), self.frame.say("figures.count")];
        self.counted("kinds", self.frame.say("figures.kinds"), heads, rows)
    }

    fn channels(&self) -> Chart {
        let title = self.frame.say("figures.channels");
        let days = &self.figures.days;
        let mut totals: BTreeMap<String, u32> = BTreeMap::new();
        for (channel, count) in days.iter().flat_map(|day| &day.channels) {
            *totals.entry(channel.clone()).or_default() += count;
        }
        let name = |id: &str| Office::channel_name(id).to_owned();
        let first = days.first().map(|day| day.day.to_string()).unwrap_or_default();
        let link = |id: &str| self.links.cases(&[("channel", id), ("from", &first)]);
        let mut ids: Vec<&String> = totals.keys().collect();
        ids.sort_by_key(|id| std::cmp::Reverse(totals[*id]));
        let series: Vec<Series> = ids
            .into_iter()
            .zip(Colour::NEUTRAL)
            .map(|(id, colour)| {
                let of = |day: &crate::desk::figures::DayEnd| day.channels.get(id).copied();
                let values = days.iter().map(|day| f64::from(of(day).unwrap_or(0))).collect();
                Series { name: name(id), colour, values }
            })
            .collect();
        let rows = most(&totals, name, link)
            .into_iter()
            .map(|(name, count, link)| vec![plain(name), Cell { text: count.to_string(), link }]);
        let heads = vec![self.frame.say("figures.channel"), self.frame.say("figures.count")];
        let table = Table { heads, rows: rows.collect() };
        self.chart("channels", title, charts::stacked(title, &self.labels(), &series), table)
    }

    fn townships(&self) -> Chart {
        let name = |code: &str| self.office.township_name(code).unwrap_or_else(|| self.unknown());
        let link = |code: &str| self.links.of_month("township", code);
        let rows = most(&self.figures.month.townships, name, link);
        let heads = [self.frame.say("figures.township"), self.frame.say("figures.count")];
        self.counted("townships", self.frame.say("figures.townships"), heads, rows)
    }

    fn villages(&self) -> Chart {
        let name = |code: &str| self.village(code);
        let link = |code: &str| self.links.of_month("village", code);
        let rows = most(&self.figures.month.villages, name, link);
        let heads = [self.frame.say("figures.village"), self.frame.say("figures.count")];
        self.counted("villages", self.frame.say("figures.villages"), heads, rows)
    }

    /// Who answers in time first.
    fn departments(&self) -> Chart {
        let (figures, title) = (self.figures, self.frame.say("figures.departments"));
        let month = &figures.month.departments;
        let ids: std::collections::BTreeSet<&String> =
            figures.departments.keys().chain(month.keys()).collect();
        let none = Tally::default();
        let mut all: Vec<(&String, &Tally)> =
            ids.into_iter().map(|id| (id, month.get(id).unwrap_or(&none))).collect();
        let key = |tally: &Tally| tally.in_time_rate().unwrap_or(-1.0);
        all.sort_by(|a, b| key(b.1).total_cmp(&key(a.1)).then_with(|| a.0.cmp(b.0)));
        let drawn: Vec<_> = all
            .iter()
            .filter_map(|(id, tally)| {
                let share = tally.in_time_rate()?;
                Some((self.office.department_name(id), share, rate(Some(share))))
            })
            .take(ROWS_MAX)
            .collect();
        let rows = all.iter().map(|(id, tally)| {
            let load = figures.departments.get(*id).cloned().unwrap_or_default();
            let sheet = |text: String| Cell { text, link: self.links.ledger("departments") };
            let list = |count: u32, more: &[(&'static str, &str)]| {
                let mut query = vec![("department", id.as_str())];
                query.extend_from_slice(more);
                Cell { text: count.to_string(), link: self.links.cases(&query) }
            };
            vec![
                plain(self.office.department_name(id)),
                list(load.open, &[("open", "1")]),
                list(load.amber, &[("amber", "1")]),
                list(load.overdue, &[("overdue", "1")]),
                sheet(tally.assigned.to_string()),
                sheet(rate(tally.in_time_rate())),
                sheet(rate(tally.content_rate())),
                sheet(rate(tally.return_rate())),
                sheet(rate(tally.redo_rate())),
            ]
        });
        let heads = [
            "figures.department",
            "figures.open",
            "figures.amber",
            "figures.overdue",
            "figures.due",
            "figures.in_time_rate",
            "figures.content_rate",
            "figures.return_rate",
            "figures.redo_rate",
        ];
        let heads = heads.map(|key| self.frame.say(key)).into();
        let table = Table { heads, rows: rows.collect() };
        self.chart("departments", title, charts::bars(title, &drawn), table)
    }

    fn ages(&self) -> Chart {
        let names = ["figures.age_2", "figures.age_5", "figures.age_10", "figures.age_more"];
        let rows =
            names.into_iter().zip(self.figures.ages).enumerate().map(|(n, (name, count))| {
                let link = self.links.cases(&[("age", &n.to_string())]);
                (self.frame.say(name).to_owned(), count, link)
            });
        let heads = [self.frame.say("figures.age"), self.frame.say("figures.count")];
        self.counted("ages", self.frame.say("figures.ages"), heads, rows.collect())
    }

    /// The middle and nine tenths, not only what a few long ones make of the mean.
    fn times(&self) -> Chart {
        let title = self.frame.say("figures.times");
        let classes: Vec<(String, usize, i64, i64)> = self
            .figures
            .month
            .minutes
            .iter()
            .filter_map(|(class, minutes)| {
                let (middle, most) = middle_and_most(minutes)?;
                Some((format!("{class:?}"), minutes.len(), middle, most))
            })
            .collect();
        let drawn: Vec<_> = classes
            .iter()
            .flat_map(|(class, _, middle, most)| {
                [("50%", middle), ("90%", most)].map(|(part, minutes)| {
                    // Hours of a year fit into the fraction.
                    (format!("{class} {part}"), *minutes as f64, hours(*minutes))
                })
            })
            .collect();
        let rows = classes.iter().map(|(class, count, middle, most)| {
            let link = self.links.counted(Counted::Answered, &[("class", class)]);
            let cell = |text: String| Cell { text, link: link.clone() };
            vec![plain(class), cell(count.to_string()), cell(hours(*middle)), cell(hours(*most))]
        });
        let heads = ["figures.class", "figures.answered", "figures.middle", "figures.most"];
        let heads = heads.map(|key| self.frame.say(key)).into();
        let table = Table { heads, rows: rows.collect() };
        self.chart("times", title, charts::bars(title, &drawn), table)
    }

    fn funnel(&self) -> Chart {
        let names = ["figures.late_ones", "figures.supervised_ones", "figures.called_in"];
        let of = |what| self.links.counted(what, &[]);
        let links = [Counted::Late, Counted::Supervised, Counted::CalledIn].map(of);
        let rows = names.into_iter().zip(self.figures.month.funnel).zip(links);
        let rows = rows.map(|((name, count), link)| (self.frame.say(name).to_owned(), count, link));
        let heads = [self.frame.say("figures.step"), self.frame.say("figures.count")];
        self.counted("funnel", self.frame.say("figures.funnel"), heads, rows.collect())
    }

    fn repeats(&self) -> Chart {
        let mut all: Vec<_> = self.figures.month.repeats.iter().collect();
        all.sort_by_key(|(what, count)| (std::cmp::Reverse(**count), *what));
        let first = format!("{}-01", self.links.month);
        let rows = all.into_iter().take(ROWS_MAX).map(|((kind, village), count)| {
            let query = [
                ("category", &**kind),
                ("village", village.as_str()),
                ("repeated", "1"),
                ("from", first.as_str()),
            ];
            let query: Vec<_> = query.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            let name = format!("{} {}", self.category(kind), self.village(village));
            (name, *count, self.links.cases(&query))
        });
        let heads = [self.frame.say("figures.repeat"), self.frame.say("figures.count")];
        self.counted("repeats", self.frame.say("figures.repeats"), heads, rows.collect())
    }

    fn grades(&self) -> Chart {
        let tally = &self.figures.month.tally;
        let counted = [
            Counted::VerySatisfied,
            Counted::Satisfied,
            Counted::Fair,
            Counted::Dissatisfied,
            Counted::VeryDissatisfied,
        ];
        let graded = Grade::ALL.iter().zip(tally.grades).zip(counted);
        let graded = graded
            .map(|((grade, count), what)| (self.frame.term(grade.word()).to_string(), count, what));
        let unrated = self.frame.say("figures.unrated").to_owned();
        let rows = graded.chain(std::iter::once((unrated, tally.unrated, Counted::Unrated)));
        let rows = rows.map(|(name, count, what)| (name, count, self.links.counted(what, &[])));
        let heads = [self.frame.say("figures.grade"), self.frame.say("figures.count")];
        self.counted("grades", self.frame.say("figures.grades"), heads, rows.collect())
    }

    fn by_hour(&self) -> Chart {
        let hours = self.figures.month.hours.iter().enumerate();
        let rows = hours.map(|(hour, count)| {
            let link = self.links.of_month("hour", &hour.to_string());
            (format!("{hour}:00"), *count, link)
        });
        let heads = [self.frame.say("figures.hour"), self.frame.say("figures.count")];
        self.counted("hours", self.frame.say("figures.hours"), heads, rows.collect())
    }

    fn rising(&self) -> Chart {
        let title = self.frame.say("figures.rising");
        let rising = &self.figures.rising;
        let drawn: Vec<_> = rising
            .iter()
            .map(|(word, now, _)| (word.clone(), f64::from(*now), now.to_string()))
            .collect();
        let ago = |days: i32| self.links.today.saturating_sub(days.days()).to_string();
        let (week, four_weeks) = (ago(6), ago(27));
        let rows = rising.iter().map(|(word, now, before)| {
            let link = self.links.searched(&[("search", word), ("from", &week)]);
            let now = Cell { text: now.to_string(), link };
            let (from, to) = (&four_weeks, &week);
            let link = self.links.searched(&[("search", word), ("from", from), ("to", to)]);
            vec![plain(word), now, Cell { text: format!("{before:.1}"), link }]
        });
        let heads = ["figures.word", "figures.this_week", "figures.week_before"];
        let heads = heads.map(|key| self.frame.say(key)).into();
        let table = Table { heads, rows: rows.collect() };
        self.chart("rising", title, charts::bars(title, &drawn), table)
    }

    fn goods(&self) -> Chart {
        let title = self.frame.say("figures.goods");
        let kinds = self.sales.kinds.iter().take(ROWS_MAX);
        let drawn: Vec<_> = kinds
            .clone()
            // Money of a month fits into the fraction.
            .map(|(kind, sold, _)| (kind.clone(), (sold.0.max(0)) as f64, sold.to_string()))
            .collect();
        let rows = kinds.map(|(kind, sold, before)| {
            let grown = crate::shop::report::growth(*before, *sold);
            let grown =
                grown.map_or("—".to_owned(), |tenths| format!("{:.1}%", tenths as f64 / 10.0));
            let sold = Cell { text: sold.to_string(), link: self.links.report("turnover") };
            let before =
                Cell { text: before.to_string(), link: self.links.report_before("turnover") };
            vec![plain(kind), sold, before, plain(grown)]
        });
        let heads = ["figures.goods_kind", "figures.sold", "figures.sold_before", "figures.growth"];
        let heads = heads.map(|key| self.frame.say(key)).into();
        let table = Table { heads, rows: rows.collect() };
        self.chart("goods", title, charts::bars(title, &drawn), table)
    }

    fn complaints(&self) -> Chart {
        let title = self.frame.say("figures.complaints");
        let merchants = self.sales.complaints.iter().take(ROWS_MAX);
        let share =
            |orders: &u32, complained: &u32| f64::from(*complained) / f64::from((*orders).max(1));
        let drawn: Vec<_> = merchants
            .clone()
            .map(|(name, orders, complained)| {
                let share = share(orders, complained);
                (name.clone(), share, rate(Some(share)))
            })
            .collect();
        let rows = merchants.map(|(name, orders, complained)| {
            let link = self.links.report("complaints");
            let share = rate(Some(share(orders, complained)));
            vec![
                plain(name),
                Cell { text: orders.to_string(), link: link.clone() },
                Cell { text: complained.to_string(), link },
                plain(share),
            ]
        });
        let heads =
            ["figures.merchant", "figures.orders", "figures.complained", "figures.complaint_rate"];
        let heads = heads.map(|key| self.frame.say(key)).into();
        let table = Table { heads, rows: rows.collect() };
        self.chart("complaints", title, charts::bars(title, &drawn), table)
    }

    fn category(&self, code: &str) -> String {
        self.office.category_name(code).unwrap_or_else(|| self.frame.say("figures.unsorted").into())
    }

    fn village(&self, code: &str) -> String {
        self.office.village_name(code).unwrap_or_else(|| self.unknown())
    }

    fn unknown(&self) -> String {
        self.frame.say("figures.unknown").to_owned()
    }
}

/// The most frequent first.
fn most(
    counts: &BTreeMap<String, u32>,
    name: impl Fn(&str) -> String,
    link: impl Fn(&str) -> Option<String>,
) -> Vec<(String, u32, Option<String>)> {
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(id, count)| (std::cmp::Reverse(**count), *id));
    let sorted = sorted.into_iter().take(ROWS_MAX);
    sorted.map(|(id, count)| (name(id), *count, link(id))).collect()
}
