//! The kinds of matter, with who leads and how long it may take.

use rustc_hash::FxHashMap;

use super::table::read;
use super::{Departments, TableError, words};

const FILE: &str = "categories.csv";
const COLUMNS: [&str; 8] =
    ["code", "group", "name", "lead", "lead_alternatives", "co_handlers", "time_class", "flags"];

/// `statutory`: a legal time limit runs beside ours. `court`: a matter for the courts, advice
/// only. `confidential`: the department does not learn who asks. `consumer`: the limits of a
/// consumer's complaint (12315) run beside ours. `auto`: it goes to its lead at once, without a
/// clerk.
const FLAGS: [&str; 5] = ["statutory", "court", CONFIDENTIAL, "consumer", AUTO];
const AUTO: &str = "auto";
const CONFIDENTIAL: &str = "confidential";
/// Somebody has to read these before they go anywhere.
const NEVER_AUTO: [&str; 2] = ["court", CONFIDENTIAL];

/// How long a matter may take (county-service practice; each county confirms its own).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum TimeClass {
    /// 24 hours around the clock.
    U,
    /// 1 working day, as B is 2, C 5, D 10 and E 15.
    A,
    B,
    C,
    D,
    E,
}

impl TimeClass {
    pub const ALL: [TimeClass; 6] = [Self::U, Self::A, Self::B, Self::C, Self::D, Self::E];

    pub fn id(self) -> &'static str {
        match self {
            TimeClass::U => "U",
            TimeClass::A => "A",
            TimeClass::B => "B",
            TimeClass::C => "C",
            TimeClass::D => "D",
            TimeClass::E => "E",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "U" => TimeClass::U,
            "A" => TimeClass::A,
            "B" => TimeClass::B,
            "C" => TimeClass::C,
            "D" => TimeClass::D,
            "E" => TimeClass::E,
            _ => return None,
        })
    }
}

words! {
    /// 衣食住行游购娱: what a village shop is for, as villagers look for it.
    Life {
        Clothing "clothing" "衣",
        Food "food" "食",
        Home "home" "住",
        Travel "travel" "行",
        Tours "tours" "游",
        Shopping "shopping" "购",
        Leisure "leisure" "娱",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Four digits, the first two are the group's.
    pub code: String,
    pub group: String,
    pub name: String,
    /// The id of a department.
    pub lead: String,
    /// Others who may lead, depending on the place.
    pub lead_alternatives: Vec<String>,
    pub co_handlers: Vec<String>,
    pub time_class: TimeClass,
    /// Of [`FLAGS`].
    pub flags: Vec<String>,
    /// Which parts of life it is about, where it is about any.
    pub life: Vec<Life>,
    /// What a village's ledger calls it; the group where the table does not say.
    pub ledger: String,
}

impl Category {
    /// Whoever tells of it is not to be known where it is handled.
    pub fn is_confidential(&self) -> bool {
        self.flags.iter().any(|flag| flag == CONFIDENTIAL)
    }

    pub fn is_auto(&self) -> bool {
        self.flags.iter().any(|flag| flag == AUTO)
    }
}

#[derive(Clone, Debug)]
pub struct Categories {
    all: Vec<Category>,
    by_code: FxHashMap<String, usize>,
    /// Where each stands in the table.
    lines: Vec<u64>,
}

impl Categories {
    pub fn parse(text: &str) -> Result<Self, Vec<TableError>> {
        let mut errors = Vec::new();
        let mut all: Vec<Category> = Vec::new();
        let mut by_code = FxHashMap::default();
        let mut lines = Vec::new();
        read(FILE, text, &COLUMNS, &mut errors, |row, errors| {
            let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
            let code = row.get("code");
            if code.len() != 4 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                wrong("code", format!("「{code}」不对，请写四位数字，例如 0409。"));
            } else if by_code.insert(code.to_owned(), all.len()).is_some() {
                wrong("code", format!("{code} 写了两次，请改掉一个。"));
            }
            for column in ["group", "name", "lead"] {
                if row.get(column).is_empty() {
                    wrong(column, "这一格不能空。".into());
                }
            }
            let class = row.get("time_class");
            let time_class = TimeClass::parse(class).unwrap_or_else(|| {
                wrong("time_class", format!("「{class}」不对，请写 U、A、B、C、D 或 E。"));
                TimeClass::C
            });
            let flags = row.list("flags");
            for flag in flags.iter().filter(|flag| !FLAGS.contains(&flag.as_str())) {
                let known = FLAGS.join("、");
                wrong("flags", format!("不认识「{flag}」，可以写的有：{known}。"));
            }
            let is = |flag: &str| flags.iter().any(|known| known == flag);
            if let Some(read) = NEVER_AUTO.iter().find(|flag| is(AUTO) && is(flag)) {
                wrong("flags", format!("「auto」和「{read}」不能一起写：这一类要有人看过再派。"));
            }
            let mut life = Vec::new();
            for word in row.list("life") {
                match Life::from_word(&word) {
                    Some(one) => life.push(one),
                    None => wrong(
                        "life",
                        format!("「{word}」不对，请写 衣、食、住、行、游、购、娱 中的，或空着。"),
                    ),
                }
            }
            lines.push(row.line);
            all.push(Category {
                code: code.to_owned(),
                group: row.get("group").to_owned(),
                name: row.get("name").to_owned(),
                lead: row.get("lead").to_owned(),
                lead_alternatives: row.list("lead_alternatives"),
                co_handlers: row.list("co_handlers"),
                time_class,
                flags,
                life,
                ledger: match row.get("ledger") {
                    "" => row.get("group").to_owned(),
                    ledger => ledger.to_owned(),
                },
            });
        });
        if errors.is_empty() { Ok(Self { all, by_code, lines }) } else { Err(errors) }
    }

    pub fn get(&self, code: &str) -> Option<&Category> {
        self.by_code.get(code).map(|at| &self.all[*at])
    }

    /// Every lead and co-handler that is not in the other table.
    pub fn without_department(&self, departments: &Departments) -> Vec<TableError> {
        let mut errors = Vec::new();
        for (category, line) in self.all.iter().zip(&self.lines) {
            for (column, ids) in [
                ("lead", std::slice::from_ref(&category.lead)),
                ("lead_alternatives", &category.lead_alternatives),
                ("co_handlers", &category.co_handlers),
            ] {
                for id in ids.iter().filter(|id| departments.get(id).is_none()) {
                    errors.push(TableError {
                        file: FILE.into(),
                        line: *line,
                        column: Some(column.into()),
                        message: format!(
                            "departments.csv 里没有「{id}」，请在那里加上这个部门，或改成那里的 id。"
                        ),
                    });
                }
            }
        }
        errors
    }

    /// The groups in the order of the table, each with its kinds of matter.
    pub fn groups(&self) -> Vec<(&str, Vec<&Category>)> {
        let mut groups: Vec<(&str, Vec<&Category>)> = Vec::new();
        for category in &self.all {
            match groups.iter_mut().find(|(name, _)| *name == category.group) {
                Some((_, members)) => members.push(category),
                None => groups.push((&category.group, vec![category])),
            }
        }
        groups
    }

    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Category> {
        self.all.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "code,group,name,lead,lead_alternatives,co_handlers,time_class,flags\n";

    #[test]
    fn the_shipped_table() {
        let table = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        assert_eq!(table.iter().count(), 124);
        let lamp = table.get("0409").unwrap();
        assert_eq!((&*lamp.name, &*lamp.lead, lamp.time_class), ("路灯", "城管", TimeClass::C));
        assert_eq!(table.get("0201").unwrap().time_class, TimeClass::U);
        let groups = table.groups();
        assert_eq!(groups.len(), 16);
        assert_eq!((groups[1].0, groups[1].1.len()), ("水电气暖", 10));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let check = |rows: &str, expect: &str| {
            let errors = Categories::parse(&format!("{HEAD}{rows}")).expect_err(expect);
            assert_eq!(errors[0].to_string(), expect);
        };
        check(
            "1,a,b,c,,,A,\n",
            "categories.csv 第2行「code」列：「1」不对，请写四位数字，例如 0409。",
        );
        check(
            "0101,a,b,c,,,A,\n0101,a,b,c,,,A,\n",
            "categories.csv 第3行「code」列：0101 写了两次，请改掉一个。",
        );
        check(
            "0101,a,b,c,,,X,\n",
            "categories.csv 第2行「time_class」列：「X」不对，请写 U、A、B、C、D 或 E。",
        );
        check(
            "0101,a,b,c,,,A,secret\n",
            "categories.csv 第2行「flags」列：不认识「secret」，可以写的有：statutory、court、confidential、consumer、auto。",
        );
        check(
            "0101,a,b,c,,,A,auto;confidential\n",
            "categories.csv 第2行「flags」列：「auto」和「confidential」不能一起写：这一类要有人看过再派。",
        );
        check("0101,a,,c,,,A,\n", "categories.csv 第2行「name」列：这一格不能空。");
        check(
            "0101,a,b\n",
            "categories.csv 第2行：这一行有3格，应该是8格。请看看是不是多了或少了逗号；格子里要写逗号时，请用双引号把整格括起来。",
        );
        let no_head = Categories::parse("code,name\n").expect_err("columns are missing");
        assert_eq!(
            no_head[0].to_string(),
            "categories.csv 第1行「group」列：第一行里没有这一列，请补上列名。"
        );
    }

    /// 证件办理, 就业创业 ...: a dozen and a few, as a village keeps its ledger.
    #[test]
    fn a_villages_ledger_has_sixteen_words_for_all_of_them() {
        let table = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        let words: std::collections::BTreeSet<&str> =
            table.iter().map(|category| category.ledger.as_str()).collect();
        assert_eq!(words.len(), 16, "{words:?}");
        for (code, word) in [("0604", "证件办理"), ("0801", "就业创业"), ("1102", "个人维权")]
        {
            assert_eq!(table.get(code).unwrap().ledger, word);
        }
        let without = Categories::parse(&format!("{HEAD}0101,甲,乙,c,,,A,\n")).unwrap();
        assert_eq!(without.get("0101").unwrap().ledger, "甲");
    }

    /// Not all that a county does is one of the seven, but each of the seven is there.
    #[test]
    fn the_seven_parts_of_life() {
        let table = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        for life in Life::ALL {
            assert!(table.iter().any(|category| category.life.contains(life)), "{life}");
        }
        assert_eq!(table.get("1102").unwrap().life, [Life::Clothing, Life::Shopping]);
        assert!(table.get("0601").unwrap().life.is_empty());
        let wrong = format!("{},life\n0101,a,b,c,,,A,,睡\n", HEAD.trim_end());
        let errors = Categories::parse(&wrong).unwrap_err();
        assert!(errors[0].to_string().starts_with("categories.csv 第2行「life」列：「睡」不对"));
    }

    #[test]
    fn a_table_from_windows_reads() {
        let text = format!("\u{feff}{HEAD}0101,a,b,c,d;e,,A,\n").replace('\n', "\r\n");
        let table = Categories::parse(&text).unwrap();
        assert_eq!(table.get("0101").unwrap().lead_alternatives, ["d", "e"]);
    }
}
