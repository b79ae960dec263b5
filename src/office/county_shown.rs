//! The county's tables as they are live, to be read: who has what, by which limit, in which words.

use crate::county::Weights;
use crate::zh;

use super::Office;
use super::rights::Right;
use super::views::{CommandError, Session};

/// Of a table that is searched.
const ROWS_MAX: usize = 300;

/// A table of the county. Columns are keys of what pages say.
#[derive(Debug, Clone)]
pub struct CountyTable {
    pub columns: &'static [&'static str],
    pub rows: Vec<Vec<String>>,
    /// Rows that are not shown: a word makes them fewer.
    pub left_out: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountyTableKind {
    Departments,
    Categories,
    Leads,
    Weights,
    Replies,
    Places,
    Notices,
}

impl CountyTableKind {
    pub const ALL: [(CountyTableKind, &'static str); 7] = [
        (CountyTableKind::Departments, "departments"),
        (CountyTableKind::Categories, "categories"),
        (CountyTableKind::Leads, "leads"),
        (CountyTableKind::Weights, "weights"),
        (CountyTableKind::Replies, "replies"),
        (CountyTableKind::Places, "places"),
        (CountyTableKind::Notices, "notices"),
    ];

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == id).map(|(kind, _)| *kind)
    }
}

impl Office {
    /// Rows in which `word` stands; for those who keep the tables and those who dispatch by them.
    pub fn county_table(
        &self,
        session: &Session,
        kind: CountyTableKind,
        word: &str,
    ) -> Result<CountyTable, CommandError> {
        if !session.may(Right::Settings) {
            session.must(Right::Dispatch)?;
        }
        let (columns, mut rows) = self.table_rows(kind);
        rows.retain(|row| row.iter().any(|cell| cell.contains(word.trim())));
        let left_out = rows.len().saturating_sub(ROWS_MAX);
        rows.truncate(ROWS_MAX);
        Ok(CountyTable { columns, rows, left_out })
    }

    fn table_rows(&self, kind: CountyTableKind) -> (&'static [&'static str], Vec<Vec<String>>) {
        let tables = self.tables();
        let names = |ids: &[String]| {
            let names: Vec<String> = ids.iter().map(|id| self.department_name(id)).collect();
            names.join("、")
        };
        match kind {
            CountyTableKind::Departments => {
                let contact = |one: &crate::county::Contact| format!("{} {}", one.name, one.phone);
                let row = |(depth, one): (usize, &crate::county::Department)| {
                    let below =
                        if depth > 0 { "　".repeat(depth) + "└ " } else { String::new() };
                    vec![
                        format!("{below}{}", one.name),
                        self.department_name(&one.parent),
                        one.id.clone(),
                        one.phone.clone(),
                        contact(&one.liaison).trim().to_owned(),
                        contact(&one.head).trim().to_owned(),
                        one.aliases.join("、"),
                    ]
                };
                let columns: &[_] = &[
                    "county.name",
                    "county.above",
                    "county.id",
                    "case.phone",
                    "county.liaison",
                    "county.head",
                    "county.aliases",
                ];
                (columns, tables.departments.tree().into_iter().map(row).collect())
            }
            CountyTableKind::Categories => {
                let row = |one: &crate::county::Category| {
                    let (lead, helpers) =
                        (self.department_name(&one.lead), names(&one.co_handlers));
                    let class = one.time_class.id().to_owned();
                    let life: Vec<&str> = one.life.iter().map(|life| life.word()).collect();
                    vec![
                        one.code.clone(),
                        one.group.clone(),
                        one.name.clone(),
                        lead,
                        helpers,
                        class,
                        one.flags.join(" "),
                        life.join(" "),
                    ]
                };
                let columns: &[_] = &[
                    "county.id",
                    "county.group",
                    "county.name",
                    "county.lead",
                    "case.helpers",
                    "county.class",
                    "county.flags",
                    "county.life",
                ];
                (columns, tables.categories.iter().map(row).collect())
            }
            CountyTableKind::Leads => {
                let row = |one: &crate::county::Lead| {
                    let category = self.category_name(&one.code).unwrap_or_default();
                    let (lead, helpers) =
                        (self.department_name(&one.lead), names(&one.co_handlers));
                    let words = one.words.join("、");
                    vec![category, words, lead, helpers, one.basis.clone(), one.decided_on.clone()]
                };
                let columns: &[_] = &[
                    "case.category",
                    "county.words",
                    "county.lead",
                    "case.helpers",
                    "county.basis",
                    "county.decided",
                ];
                (columns, tables.leads.iter().map(row).collect())
            }
            CountyTableKind::Weights => {
                let row = |(from, weights): &(jiff::civil::Date, Weights)| {
                    let Weights { response, solved, content, ranked_min } = weights;
                    let share = |part: &u32| format!("{part}%");
                    vec![
                        from.to_string(),
                        share(response),
                        share(solved),
                        share(content),
                        ranked_min.to_string(),
                    ]
                };
                let columns: &[_] = &[
                    "county.from",
                    "county.response",
                    "county.solved",
                    "county.content",
                    "county.ranked_min",
                ];
                (columns, tables.weights.iter().map(row).collect())
            }
            CountyTableKind::Replies => {
                let step = |action: &str| {
                    let shapes = super::case_forms::command_shapes();
                    shapes.iter().find(|one| one.action == action).map(|one| one.title)
                };
                let row = |one: &crate::county::CannedReply| {
                    let step = step(&one.action).unwrap_or(&one.action).to_owned();
                    vec![step, one.code.clone(), one.title.clone(), one.text.clone()]
                };
                let columns: &[_] = &["county.step", "case.category", "county.name", "county.text"];
                (columns, tables.replies.iter().map(row).collect())
            }
            CountyTableKind::Places => {
                let row = |one: &crate::county::Place| {
                    vec![one.code.clone(), one.township.clone(), one.name.clone()]
                };
                let columns: &[_] = &["county.id", "county.township", "county.name"];
                (columns, tables.places.iter().map(row).collect())
            }
            CountyTableKind::Notices => {
                let script = self.script();
                let row = |id: &str| {
                    let text = script.notice_shown(id).unwrap_or_default();
                    let (chars, parts) = (text.chars().count(), zh::segments(&text).max(1));
                    vec![id.to_owned(), text, chars.to_string(), parts.to_string()]
                };
                let columns: &[_] =
                    &["county.id", "case.in_sms_text", "county.chars", "county.parts"];
                (columns, script.notice_kinds().map(row).collect())
            }
        }
    }
}
