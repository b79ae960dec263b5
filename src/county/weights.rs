//! 评分的权重: how much each share counts in a department's score, and how many matters it takes to
//! be ranked. A row holds from its day on, so a new one leaves what was reported as it was.

use jiff::civil::Date;

use super::TableError;
use super::table::read;

const FILE: &str = "weights.csv";
const COLUMNS: [&str; 5] = ["from", "response", "solved", "content", "ranked_min"];
const PARTS: [&str; 3] = ["response", "solved", "content"];
/// Of a score, in per cent.
const WHOLE: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// In per cent; together a hundred.
    pub response: u32,
    pub solved: u32,
    pub content: u32,
    /// With fewer assignments in the period a department has no place.
    pub ranked_min: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { response: 20, solved: 40, content: 40, ranked_min: 5 }
    }
}

/// The oldest first.
#[derive(Clone, Debug, Default)]
pub struct WeightTable(Vec<(Date, Weights)>);

impl WeightTable {
    /// An empty text is an empty table: a county begins without.
    pub fn parse(text: &str) -> Result<Self, Vec<TableError>> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut errors = Vec::new();
        let mut all: Vec<(Date, Weights)> = Vec::new();
        read(FILE, text, &COLUMNS, &mut errors, |row, errors| {
            let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
            let mut number = |column: &str| {
                let cell = row.get(column);
                let read = cell.parse::<u32>().ok().filter(|number| *number <= WHOLE);
                read.unwrap_or_else(|| {
                    wrong(column, format!("「{cell}」不对，请写0到100的整数。"));
                    0
                })
            };
            let [response, solved, content] = PARTS.map(&mut number);
            let ranked_min = number("ranked_min");
            if response + solved + content != WHOLE {
                let sum = response + solved + content;
                wrong("content", format!("三个权重加起来是{sum}，请改成正好100。"));
            }
            match row.get("from").parse::<Date>() {
                Ok(from) if all.last().is_none_or(|(before, _)| *before < from) => {
                    all.push((from, Weights { response, solved, content, ranked_min }));
                }
                Ok(_) => wrong("from", "日子要比上一行的晚，请按先后写。".into()),
                Err(_) => {
                    let cell = row.get("from");
                    wrong("from", format!("「{cell}」不是日期，请写成 2026-03-01 的样子。"));
                }
            }
        });
        if errors.is_empty() { Ok(Self(all)) } else { Err(errors) }
    }

    /// Those of a period that begins on `day`.
    pub fn on(&self, day: Date) -> Weights {
        let begun = self.0.iter().rev().find(|(from, _)| *from <= day);
        begun.map_or_else(Weights::default, |(_, weights)| *weights)
    }

    pub fn iter(&self) -> impl Iterator<Item = &(Date, Weights)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn parse(rows: &str) -> Result<WeightTable, Vec<TableError>> {
        WeightTable::parse(&format!("from,response,solved,content,ranked_min\n{rows}"))
    }

    #[test]
    fn a_new_row_leaves_the_time_before_it_as_it_was() {
        let table = parse("2026-01-01,20,40,40,5\n2026-07-01,30,30,40,10\n").unwrap();
        let on = |year, month, day| {
            let weights = table.on(date(year, month, day));
            (weights.response, weights.solved, weights.content, weights.ranked_min)
        };
        assert_eq!(on(2026, 6, 30), (20, 40, 40, 5));
        assert_eq!(on(2026, 7, 1), (30, 30, 40, 10));
        assert_eq!(table.on(date(2025, 12, 1)), Weights::default(), "before the first row");
        assert_eq!(WeightTable::parse("").unwrap().on(date(2026, 1, 1)), Weights::default());
        assert!(WeightTable::parse(include_str!("../../county/weights.csv")).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_by_its_line() {
        for (rows, told) in [
            ("2026-01-01,20,40,50,5\n", "weights.csv 第2行「content」列：三个权重加起来是110"),
            ("一月,20,40,40,5\n", "「from」列：「一月」不是日期"),
            ("2026-01-01,20,40,40,五\n", "「ranked_min」列：「五」不对"),
            (
                "2026-07-01,20,40,40,5\n2026-01-01,30,30,40,5\n",
                "第3行「from」列：日子要比上一行的晚",
            ),
        ] {
            let errors = parse(rows).unwrap_err();
            assert!(errors[0].to_string().contains(told), "{errors:?}");
        }
    }
}
