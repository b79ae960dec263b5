//! Texts with placeholders, and the sentence that each channel gets.

use crate::dialog::script::value::{Fields, Value};

/// Enough to know again what one wrote; every part of an SMS costs.
const BRIEF_CHARACTERS: usize = 80;
const BRIEF_CHARACTERS_SMS: usize = 20;

/// Which variant of a text is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    Wechat,
    Sms,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dialog) struct Words {
    pub wechat: Template,
    pub sms: Template,
}

impl Words {
    pub fn of(&self, medium: Medium) -> &Template {
        match medium {
            Medium::Wechat => &self.wechat,
            Medium::Sms => &self.sms,
        }
    }
}

/// `请核对：【清单】`, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dialog) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Path),
}

/// `slot` or `slot.field`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialog) struct Path {
    pub slot: String,
    pub field: Option<String>,
}

/// As it is written between the brackets.
impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.slot)?;
        self.field.as_ref().map_or(Ok(()), |field| write!(f, ".{field}"))
    }
}

impl Path {
    pub fn parse(text: &str) -> Self {
        let (slot, field) = match text.split_once(['.', '．']) {
            Some((slot, field)) => (slot, Some(field.trim().to_owned())),
            None => (text, None),
        };
        Self { slot: slot.trim().to_owned(), field }
    }
}

/// As it is written.
impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    f.write_str(&text.replace('【', "【【").replace('】', "】】"))?;
                }
                Part::Value(path) => write!(f, "【{path}】")?,
            }
        }
        Ok(())
    }
}

impl Template {
    /// `Err`: from the bracket that is wrong, and why, in Chinese.
    pub fn parse(text: &str) -> Result<Self, (&str, String)> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            match c {
                '【' if after.starts_with('【') => {
                    plain.push('【');
                    rest = &after['【'.len_utf8()..];
                }
                '】' if after.starts_with('】') => {
                    plain.push('】');
                    rest = &after['】'.len_utf8()..];
                }
                '【' => {
                    let Some((name, behind)) = after.split_once('】') else {
                        let message = "有「【」没有「】」。请补上，或把它写成「【【」。";
                        return Err((rest, message.into()));
                    };
                    if name.trim().is_empty() {
                        return Err((rest, "【】里面要写名字。".into()));
                    }
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Value(Path::parse(name)));
                    rest = behind;
                }
                '】' => {
                    let message = "有「】」没有「【」。请补上，或把它写成「】】」。";
                    return Err((rest, message.into()));
                }
                c => {
                    plain.push(c);
                    rest = after;
                }
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// The names between its brackets, in their order by letter.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.paths().map(ToString::to_string).collect();
        names.sort();
        names
    }

    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|part| match part {
            Part::Value(path) => Some(path),
            Part::Text(_) => None,
        })
    }

    /// `value` says what stands for a placeholder; nothing stands for an unknown one.
    pub fn fill(&self, value: impl Fn(&Path) -> Option<String>) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Value(path) => value(path).unwrap_or_default(),
            })
            .collect()
    }
}

/// How a value is shown to people.
pub(in crate::dialog) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(thousandths) => decimal(*thousandths),
        // The script writes the unit: 要【qty】袋.
        Value::Quantity { thousandths, about, .. } => {
            let about = if *about { "大约" } else { "" };
            format!("{about}{}", decimal(*thousandths))
        }
        Value::Several(chosen) => chosen.iter().map(shown).collect::<Vec<_>>().join("、"),
        // The script writes 元.
        Value::Money { fen, about } => {
            let about = if *about { "大约" } else { "" };
            format!("{about}{}", decimal(fen.saturating_mul(10)))
        }
        Value::Day(day) => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Value::Identity(number) => crate::zh::mask_identity(number).into_owned(),
        Value::Flag(true) => "是".into(),
        Value::Flag(false) => "否".into(),
        Value::Choice { label, .. } | Value::Row { label, .. } => label.clone(),
        Value::Village { name, .. } => name.clone(),
        Value::Point { label, .. } if label.is_empty() => "已发位置".into(),
        Value::Point { label, .. } => label.clone(),
        Value::Files(files) => format!("{}个", files.len()),
        Value::Skipped => "没有填".into(),
        Value::Record(fields) => main_field(fields),
        Value::List(rows) => format!("{}项", rows.len()),
    }
}

/// The same for an answer that is repeated to her: of a long one its beginning.
pub(in crate::dialog) fn brief(value: &Value) -> String {
    brief_on(value, Medium::Wechat)
}

pub(in crate::dialog) fn brief_on(value: &Value, medium: Medium) -> String {
    let most = match medium {
        Medium::Wechat => BRIEF_CHARACTERS,
        Medium::Sms => BRIEF_CHARACTERS_SMS,
    };
    shortened(shown(value), most)
}

pub(in crate::dialog) fn shortened(text: String, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What a record is called by: its first field that names it.
fn main_field(fields: &Fields) -> String {
    let first = ["case_no", "编号", "name"].iter().find_map(|name| fields.get(*name));
    first.or_else(|| fields.values().next()).map(shown).unwrap_or_default()
}

/// Thousandths as people write them: 3, 1.5.
pub fn decimal(thousandths: i64) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, rest) = (thousandths.abs() / 1_000, thousandths.abs() % 1_000);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{rest:03}").trim_end_matches('0').to_owned()
}
