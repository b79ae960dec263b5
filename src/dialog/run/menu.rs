//! What a question offers: options of the dialog, rows of a table or of a call. Numbered
//! here, so that the numbers can not drift from the options, and nine lines a page at most.

use std::borrow::Cow;

use regex::Regex;

use crate::dialog::run::conversation::{Asked, Frame, Shown};
use crate::dialog::run::event::Env;
use crate::dialog::run::step::Walk;
use crate::dialog::run::understand::kinds_to_choose;
use crate::dialog::script::condition::{Condition, Facts};
use crate::dialog::script::table::{Row, Table};
use crate::dialog::script::value::{Answer, Fields, Value};
use crate::dialog::script::words::{Medium, Path, shortened, shown};
use crate::dialog::script::{From, Kind, PAGE, Pick, Question, actions};
use crate::zh;

/// Of a row that a call gave; those of tables are not longer.
const LABEL_CHARACTERS: usize = 40;

/// One thing that may be chosen.
pub(in crate::dialog) struct Item<'a> {
    pub value: Cow<'a, str>,
    pub label: Cow<'a, str>,
    /// Plain copies.
    pub words: &'a [String],
    pub pattern: Option<&'a Regex>,
}

impl Item<'_> {
    /// What is remembered of it.
    pub fn shown(&self) -> Shown {
        let label = self.label.to_string();
        let value = Value::Choice { value: self.value.to_string(), label: label.clone() };
        Shown { label, value }
    }
}

/// What a condition over rows may ask for: first the row, then what she answered.
struct RowFacts<'a, F: Facts> {
    cell: &'a dyn Fn(&Path) -> Option<Value>,
    facts: &'a F,
    /// A question that is not answered yet leaves every row in.
    ahead: bool,
}

impl<F: Facts> Facts for RowFacts<'_, F> {
    fn value(&self, path: &Path) -> Option<Value> {
        (self.cell)(path).or_else(|| self.facts.value(path))
    }

    fn office_open(&self) -> bool {
        self.facts.office_open()
    }

    fn compares_with_nothing(&self) -> bool {
        self.ahead
    }
}

fn cell_of(table: &Table, row: &Row, path: &Path) -> Option<Value> {
    if path.field.is_none() { table.cell(row, &path.slot) } else { None }
}

/// A field of what a call gave, by its id or by its word.
pub(in crate::dialog) fn field_of(fields: &Fields, name: &str) -> Option<Value> {
    fields.get(name).or_else(|| actions::output_ids(name).find_map(|id| fields.get(id))).cloned()
}

/// The first of two fields that holds something.
fn first_of(row: &Fields, names: [&str; 2]) -> String {
    let mut texts = names.iter().filter_map(|name| row.get(*name)).map(shown);
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

impl Frame {
    /// All that the question offers now. `ahead`: what depends on questions that are still to
    /// come is in it as well.
    pub fn items<'a>(&'a self, question: &'a Question, env: &Env, ahead: bool) -> Vec<Item<'a>> {
        let facts = self.facts(env);
        match &question.kind {
            Kind::Choice(choices) | Kind::Many { choices, .. } => choices
                .iter()
                .filter(|choice| choice.when.as_ref().is_none_or(|when| when.holds(&facts)))
                .map(|choice| Item {
                    value: Cow::Borrowed(&choice.value),
                    label: Cow::Borrowed(&choice.label),
                    words: &choice.words,
                    pattern: choice.pattern.as_ref(),
                })
                .collect(),
            Kind::ChoiceFrom(pick) => self.picked(pick, env, ahead),
            Kind::Matter => kinds_to_choose(self.matter(), env)
                .into_iter()
                .map(|(value, label)| Item {
                    value: value.into(),
                    label: label.into(),
                    words: &[],
                    pattern: None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn picked<'a>(&'a self, pick: &'a Pick, env: &Env, ahead: bool) -> Vec<Item<'a>> {
        let facts = self.facts(env);
        let passes = |cell: &dyn Fn(&Path) -> Option<Value>| {
            let holds = |filter: &Condition| filter.holds(&RowFacts { cell, facts: &facts, ahead });
            pick.filter.as_ref().is_none_or(holds)
        };
        match &pick.from {
            From::Table(table) => table
                .rows
                .iter()
                .filter(|row| passes(&|path| cell_of(table, row, path)))
                .map(|row| Item {
                    value: Cow::Borrowed(&row.value),
                    label: Cow::Borrowed(&row.label),
                    words: &row.words,
                    pattern: None,
                })
                .collect(),
            From::Column(table, at) => {
                let mut items: Vec<Item> = Vec::new();
                for row in &table.rows {
                    let text = row.cells[*at].as_str();
                    let known = text.is_empty() || items.iter().any(|item| item.label == text);
                    if !known && passes(&|path| cell_of(table, row, path)) {
                        items.push(Item {
                            value: Cow::Borrowed(text),
                            label: Cow::Borrowed(text),
                            words: &[],
                            pattern: None,
                        });
                    }
                }
                items
            }
            From::Rows { slot, value, label: label_field } => self
                .rows(slot)
                .iter()
                .filter(|row| passes(&|path| field_of(row, &path.slot)))
                .map(|row| {
                    let label = shortened(first_of(row, [label_field, value]), LABEL_CHARACTERS);
                    let value = first_of(row, [value, label_field]);
                    Item { value: value.into(), label: label.into(), words: &[], pattern: None }
                })
                .collect(),
        }
    }

    /// What the menu shows of a row stands for the whole of it. False: the row is gone.
    pub fn whole_row(&self, question: &Question, answer: &mut Answer) -> bool {
        let (Kind::ChoiceFrom(pick), Value::Choice { value, label }) =
            (&question.kind, &answer.value)
        else {
            return true;
        };
        let whole = match &pick.from {
            From::Column(..) => return true,
            From::Table(table) => table.by_value(value).map(|row| table.chosen(row)),
            From::Rows { slot, value: first, label: second } => {
                let is_it = |row: &&Fields| first_of(row, [first, second]) == *value;
                self.rows(slot).iter().find(is_it).map(|row| Value::Row {
                    value: value.clone(),
                    label: label.clone(),
                    fields: row.clone(),
                })
            }
        };
        let Some(whole) = whole else { return false };
        answer.value = whole;
        true
    }

    /// What it is about, in her own words: the longest text that she gave, else the first one.
    pub fn matter(&self) -> &str {
        let texts = self.answers.values().filter_map(|answer| match &answer.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.max_by_key(|text| text.len()).unwrap_or(&self.opening)
    }

    /// Rows that a call gave.
    pub fn rows(&self, slot: &str) -> &[Fields] {
        match self.answers.get(slot).map(|answer| &answer.value) {
            Some(Value::List(rows)) => rows,
            _ => &[],
        }
    }

    /// The question as it is asked now. `from`: its menu begins with this item, if it is still
    /// there.
    pub fn menu(&self, question: &Question, from: Option<&Shown>, env: &Env) -> Asked {
        let items = self.items(question, env, false);
        let mut asked = Asked::new(&question.slot, env.now);
        let first = from.and_then(|from| place_of(from, &items)).filter(|_| items.len() > PAGE);
        let rest = &items[first.unwrap_or(0)..];
        asked.more = rest.len() > PAGE;
        let lines = if asked.more { PAGE - 1 } else { PAGE };
        asked.shown = rest.iter().take(lines).map(Item::shown).collect();
        asked
    }

    /// The page behind the one that she saw; behind the last one the first.
    pub fn next_page(&self, question: &Question, seen: &Asked, env: &Env) -> Asked {
        let items = self.items(question, env, false);
        let last = seen.shown.last().and_then(|last| place_of(last, &items));
        let next = last.and_then(|last| items.get(last + 1)).map(Item::shown);
        let mut asked = self.menu(question, next.as_ref(), env);
        asked.misses = seen.misses;
        asked
    }
}

fn place_of(shown: &Shown, items: &[Item]) -> Option<usize> {
    let Value::Choice { value, .. } = &shown.value else { return None };
    items.iter().position(|item| item.value == *value)
}

/// The next page, when the message asks for it.
pub(in crate::dialog) fn leads_on(asked: &Asked, text: &str) -> bool {
    const MORE: [&str; 6] = ["更多", "还有", "还有吗", "下一页", "往后", "后面的"];
    asked.more
        && (zh::menu_index(text, asked.lines()) == Some(asked.shown.len())
            || MORE.contains(&zh::plain(text).as_str()))
}

impl Walk<'_> {
    pub fn menu_text(&self, asked: &Asked) -> String {
        let before = match self.env.medium {
            Medium::Wechat => "\n",
            Medium::Sms => " ",
        };
        let lines = asked.shown.iter().enumerate();
        let mut text: String =
            lines.map(|(n, shown)| format!("{before}{} {}", n + 1, shown.label)).collect();
        if asked.more {
            text += &format!("{before}{} {}", asked.lines(), self.phrase("more", &[]));
        }
        text
    }
}
