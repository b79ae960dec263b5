//! 牵头目录: who leads a matter that was disputed once, by the kind and by words that stand in it.
//! It says more than the lead of the kind, and is looked at first.

use super::table::read;
use super::{Categories, Departments, TableError};

const FILE: &str = "leads.csv";
const COLUMNS: [&str; 6] = ["code", "words", "lead", "co_handlers", "basis", "decided_on"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Of a kind in categories.csv.
    pub code: String,
    /// One of them stands in the text; none: whatever stands there.
    pub words: Vec<String>,
    /// Ids in departments.csv.
    pub lead: String,
    pub co_handlers: Vec<String>,
    /// Where it is written.
    pub basis: String,
    /// As it is written in the table: `2026-03-01`.
    pub decided_on: String,
}

#[derive(Clone, Debug, Default)]
pub struct Leads(Vec<Lead>);

impl Leads {
    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Lead> {
        self.0.iter()
    }

    /// An empty text is an empty table: a county begins without.
    pub fn parse(
        text: &str,
        categories: &Categories,
        departments: &Departments,
    ) -> Result<Self, Vec<TableError>> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut errors = Vec::new();
        let mut all: Vec<Lead> = Vec::new();
        read(FILE, text, &COLUMNS, &mut errors, |row, errors| {
            let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
            let lead = Lead {
                code: row.get("code").to_owned(),
                words: row.list("words"),
                lead: row.get("lead").to_owned(),
                co_handlers: row.list("co_handlers"),
                basis: row.get("basis").to_owned(),
                decided_on: row.get("decided_on").to_owned(),
            };
            if categories.get(&lead.code).is_none() {
                wrong("code", format!("categories.csv 里没有「{}」，请照那里写。", lead.code));
            }
            for id in lead.co_handlers.iter().chain([&lead.lead]) {
                if departments.get(id).is_none() {
                    let column = if *id == lead.lead { "lead" } else { "co_handlers" };
                    wrong(column, format!("departments.csv 里没有「{id}」，请照那里写。"));
                }
            }
            if lead.basis.is_empty() {
                wrong("basis", "这一格不能空，请写哪份文件、哪次会定的。".into());
            }
            if lead.decided_on.parse::<jiff::civil::Date>().is_err() {
                let date = &lead.decided_on;
                wrong("decided_on", format!("「{date}」不是日期，请写成 2026-03-01 的样子。"));
            }
            all.push(lead);
        });
        if errors.is_empty() { Ok(Self(all)) } else { Err(errors) }
    }

    /// The row whose words stand in the text, else the one without words.
    pub fn of(&self, code: &str, text: &str) -> Option<&Lead> {
        let rows = || self.0.iter().filter(|lead| lead.code == code);
        let said = |lead: &&Lead| lead.words.iter().any(|word| text.contains(word.as_str()));
        rows().find(said).or_else(|| rows().find(|lead| lead.words.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rows: &str) -> Result<Leads, Vec<TableError>> {
        let categories = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        let departments = Departments::parse(include_str!("../../county/departments.csv")).unwrap();
        let text = format!("code,words,lead,co_handlers,basis,decided_on\n{rows}");
        Leads::parse(&text, &categories, &departments)
    }

    #[test]
    fn words_come_before_the_kind_alone() {
        let leads = parse(
            "0507,,城管,,会议纪要3号,2026-03-01\n0507,广场舞;音响,公安,城管,会议纪要4号,2026-04-01\n",
        )
        .unwrap();
        let lead = |text: &str| leads.of("0507", text).map(|lead| lead.lead.as_str());
        assert_eq!(lead("楼下跳广场舞吵得睡不着"), Some("公安"));
        assert_eq!(lead("装修吵"), Some("城管"));
        assert_eq!(leads.of("0501", "广场舞"), None);
    }

    #[test]
    fn what_is_wrong_is_said_by_its_line() {
        for (rows, told) in [
            ("9999,,城管,,纪要,2026-03-01", "leads.csv 第2行「code」列"),
            ("0507,,城管局,,纪要,2026-03-01", "「lead」列：departments.csv 里没有「城管局」"),
            ("0507,,城管,月亮局,纪要,2026-03-01", "「co_handlers」列"),
            ("0507,,城管,,,2026-03-01", "「basis」列：这一格不能空"),
            ("0507,,城管,,纪要,三月", "「decided_on」列：「三月」不是日期"),
        ] {
            let errors = parse(rows).unwrap_err();
            assert!(errors[0].to_string().contains(told), "{errors:?}");
        }
        assert!(parse("").unwrap().of("0507", "").is_none());
    }

    #[test]
    fn the_shipped_table_reads() {
        let categories = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        let departments = Departments::parse(include_str!("../../county/departments.csv")).unwrap();
        let text = include_str!("../../county/leads.csv");
        let leads = Leads::parse(text, &categories, &departments).unwrap();
        assert_eq!(leads.of("0507", "厂子夜里响").unwrap().lead, "生态环境");
    }
}
