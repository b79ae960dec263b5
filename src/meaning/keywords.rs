//! Words that name a kind of matter by themselves: `county/keywords.csv`.

use std::ops::Range;

use super::phrases::Phrases;
use crate::county::{Categories, TableError};

const FILE: &str = "keywords.csv";
const COLUMNS: [&str; 3] = ["code", "words", "except"];

#[derive(Debug)]
struct Row {
    code: String,
    words: Vec<String>,
    except: Phrases,
}

#[derive(Debug)]
pub struct Keywords {
    rows: Vec<Row>,
    words: Phrases,
}

impl Keywords {
    pub fn parse(text: &str, categories: &Categories) -> Result<Self, Vec<TableError>> {
        let mut errors = Vec::new();
        let (mut rows, mut words) = (Vec::<Row>::new(), Phrases::default());
        crate::county::read_table(FILE, text, &COLUMNS, &mut errors, |row, errors| {
            let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
            let code = row.get("code");
            if categories.get(code).is_none() {
                wrong("code", format!("categories.csv 里没有「{code}」，请改成那里的四位编号。"));
            }
            let mut except = Phrases::default();
            let listed = row.list("words");
            for word in &listed {
                if !words.add(word, rows.len()) {
                    wrong("words", format!("「{word}」读不懂，请写字，中间可以用 * 隔开。"));
                }
            }
            for word in row.list("except") {
                if !except.add(&word, 0) {
                    wrong("except", format!("「{word}」读不懂，请写字，中间可以用 * 隔开。"));
                }
            }
            rows.push(Row { code: code.to_owned(), words: listed, except });
        });
        if errors.is_empty() { Ok(Self { rows, words }) } else { Err(errors) }
    }

    /// The code whose words weigh most in the text; none when two weigh the same.
    pub fn find(&self, chars: &[char]) -> Option<&str> {
        let mut weights: Vec<(&str, usize)> = Vec::new();
        let mut hits = self.words.hits(chars);
        hits.sort_unstable_by_key(|hit| hit.tag);
        for hits in hits.chunk_by(|a, b| a.tag == b.tag) {
            let row = &self.rows[hits[0].tag];
            if row.except.any(chars) {
                continue;
            }
            let most = hits.iter().map(|hit| hit.weight).max().unwrap_or(0);
            match weights.iter_mut().find(|(code, _)| *code == row.code) {
                Some((_, weight)) => *weight = (*weight).max(most),
                None => weights.push((&row.code, most)),
            }
        }
        let most = weights.iter().map(|(_, weight)| *weight).max()?;
        let mut best = weights.iter().filter(|(_, weight)| *weight == most);
        match (best.next(), best.next()) {
            (Some((code, _)), None) => Some(code),
            _ => None,
        }
    }

    /// As villagers say it: the words of a kind that stand as they are, without gaps or sets.
    pub fn of(&self, code: &str) -> Vec<&str> {
        let rows = self.rows.iter().filter(|row| row.code == code);
        let words = rows.flat_map(|row| &row.words).map(String::as_str);
        words.filter(|word| !word.contains(['*', '【', '^', '$', ','])).collect()
    }

    /// The words of a kind, where they stand.
    pub fn ranges(&self, chars: &[char], code: &str) -> Vec<Range<usize>> {
        let of = |tag: &usize| self.rows[*tag].code == code;
        let hits = self.words.hits(chars).into_iter().filter(|hit| of(&hit.tag));
        hits.map(|hit| hit.range).collect()
    }

    pub fn bytes(&self) -> usize {
        self.words.bytes() + self.rows.iter().map(|row| row.except.bytes() + 64).sum::<usize>()
    }
}
