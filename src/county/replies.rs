//! 常用话: what departments and the platform often write, with blanks to be filled in by hand.

use super::table::read;
use super::{Categories, TableError};

const FILE: &str = "replies.csv";
const COLUMNS: [&str; 4] = ["action", "code", "title", "text"];
const ROWS_MAX: usize = 300;
const TEXT_CHARS_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedReply {
    /// The form in which it is offered, as the API names it: `reply`.
    pub action: String,
    /// Of a kind in categories.csv, or the two digits of a group; empty: of all.
    pub code: String,
    pub title: String,
    /// With blanks in 【】.
    pub text: String,
}

#[derive(Clone, Debug, Default)]
pub struct Replies(Vec<CannedReply>);

impl Replies {
    /// An empty text is an empty table: a county begins without.
    pub fn parse(text: &str, categories: &Categories) -> Result<Self, Vec<TableError>> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut errors = Vec::new();
        let mut all: Vec<CannedReply> = Vec::new();
        read(FILE, text, &COLUMNS, &mut errors, |row, errors| {
            let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
            let one = CannedReply {
                action: row.get("action").to_owned(),
                code: row.get("code").to_owned(),
                title: row.get("title").to_owned(),
                text: row.get("text").to_owned(),
            };
            let known = |code: &str| categories.iter().any(|kind| kind.code.starts_with(code));
            if !one.code.is_empty() && !known(&one.code) {
                let code = &one.code;
                let mend = "请照那里写四位，或大类的两位，或空着。";
                wrong("code", format!("categories.csv 里没有「{code}」，{mend}"));
            }
            for (column, text) in
                [("action", &one.action), ("title", &one.title), ("text", &one.text)]
            {
                if text.is_empty() {
                    wrong(column, "这一格不能空。".into());
                }
            }
            if one.text.chars().count() > TEXT_CHARS_MAX {
                wrong("text", format!("太长了，请缩到{TEXT_CHARS_MAX}个字以内。"));
            }
            if all.len() >= ROWS_MAX {
                wrong("title", format!("最多{ROWS_MAX}行，请去掉不用的。"));
            }
            all.push(one);
        });
        if errors.is_empty() { Ok(Self(all)) } else { Err(errors) }
    }

    pub fn iter(&self) -> impl Iterator<Item = &CannedReply> {
        self.0.iter()
    }

    /// For a form and a kind of matter, those of the kind before those of all; with their places
    /// in the table.
    pub fn offered(&self, action: &str, code: Option<&str>) -> Vec<(usize, &CannedReply)> {
        let fits = |one: &CannedReply| {
            one.action == action && code.unwrap_or_default().starts_with(&one.code)
        };
        let mut found: Vec<_> = self.0.iter().enumerate().filter(|(_, one)| fits(one)).collect();
        found.sort_by_key(|(n, one)| (std::cmp::Reverse(one.code.len()), *n));
        found
    }

    pub fn get(&self, n: usize) -> Option<&CannedReply> {
        self.0.get(n)
    }

    /// A blank that stands in a text as it stood in the table: it was not filled in.
    pub fn blank_in<'t>(&self, action: &str, text: &'t str) -> Option<&'t str> {
        let blanks =
            |text: &'t str| text.split('【').skip(1).filter_map(|rest| rest.split_once('】'));
        let known = |blank: &str| {
            let blank = format!("【{blank}】");
            self.0.iter().any(|one| one.action == action && one.text.contains(&blank))
        };
        blanks(text).map(|(blank, _)| blank).find(|blank| known(blank))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rows: &str) -> Result<Replies, Vec<TableError>> {
        let categories = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        Replies::parse(&format!("action,code,title,text\n{rows}"), &categories)
    }

    #[test]
    fn what_is_of_the_kind_comes_first() {
        let rows = "reply,,修好了,已修好。\nreply,04,路上的,路已【补好】。\nreply,0409,路灯,灯【哪天】亮。\nreject,,别处,请找【哪里】。\n";
        let replies = parse(rows).unwrap();
        let titles = |code| {
            let offered = replies.offered("reply", code).into_iter();
            offered.map(|(_, one)| one.title.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(titles(Some("0409")), ["路灯", "路上的", "修好了"]);
        assert_eq!(titles(Some("0501")), ["修好了"]);
        assert_eq!(titles(None), ["修好了"]);
        assert_eq!(replies.blank_in("reply", "灯【哪天】亮。"), Some("哪天"));
        assert_eq!(replies.blank_in("reply", "灯26日亮，见【通知】。"), None);
        assert_eq!(replies.blank_in("reject", "灯【哪天】亮。"), None);
    }

    #[test]
    fn what_is_wrong_is_said_by_its_line() {
        for (rows, told) in [
            ("reply,9999,一,二", "replies.csv 第2行「code」列"),
            ("reply,,,二", "「title」列：这一格不能空"),
            (",,一,二", "「action」列"),
        ] {
            let errors = parse(rows).unwrap_err();
            assert!(errors[0].to_string().contains(told), "{errors:?}");
        }
    }
}
