//! Who handles what: departments, township governments, public companies.

use std::collections::HashMap;

use super::table::{Row, read};
use super::{Category, TableError};

const FILE: &str = "departments.csv";
/// The word by which `categories.csv` means the township of the place.
pub const TOWNSHIPS: &str = "乡镇";
/// `parent`, `liaison`, `liaison_phone`, `head` and `head_phone` may be missing.
const COLUMNS: [&str; 6] = ["id", "name", "short", "kind", "phone", "aliases"];
const DEPTH_MAX: usize = 6;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// The word by which `categories.csv` calls it.
    pub id: String,
    pub name: String,
    /// What villagers are told: `广电网络公司`.
    pub short: String,
    /// `department`, `township`, `company` or `party`.
    pub kind: String,
    /// The duty telephone; may be empty.
    pub phone: String,
    /// Old and everyday names.
    pub aliases: Vec<String>,
    /// The id of the one above it; empty: directly below the county.
    pub parent: String,
    /// Who is telephoned when something is late; either may be empty.
    pub liaison: Contact,
    pub head: Contact,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    pub phone: String,
}

#[derive(Clone, Debug)]
pub struct Departments {
    all: Vec<Department>,
    by_id: HashMap<String, usize>,
}

impl Departments {
    pub fn parse(text: &str) -> Result<Self, Vec<TableError>> {
        let mut errors = Vec::new();
        let mut all: Vec<Department> = Vec::new();
        let mut by_id = HashMap::new();
        let mut lines = Vec::new();
        read(FILE, text, &COLUMNS, &mut errors, |row, errors| {
            let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
            let id = row.get("id");
            if id.is_empty() || id.contains('/') {
                wrong("id", "请写一个简称，不要有斜杠，例如 农业农村。".into());
            } else if by_id.insert(id.to_owned(), all.len()).is_some() {
                wrong("id", format!("「{id}」写了两次，请改掉一个。"));
            }
            if row.get("name").is_empty() {
                wrong("name", "这一格不能空，请写部门全称。".into());
            }
            if row.get("short").is_empty() {
                wrong("short", "这一格不能空，请写群众熟悉的简称，例如 住建局。".into());
            }
            let kind = row.get("kind");
            if !["department", "township", "company", "party"].contains(&kind) {
                wrong(
                    "kind",
                    format!("「{kind}」不对，请写 department、township、company 或 party。"),
                );
            }
            all.push(Department {
                id: id.to_owned(),
                name: row.get("name").to_owned(),
                short: row.get("short").to_owned(),
                kind: kind.to_owned(),
                phone: row.get("phone").to_owned(),
                aliases: row.list("aliases"),
                parent: row.get("parent").to_owned(),
                liaison: contact(row, "liaison", "liaison_phone"),
                head: contact(row, "head", "head_phone"),
            });
            lines.push(row.line);
        });
        if errors.is_empty() {
            let wrong = all.iter().zip(&lines).filter_map(|(one, line)| {
                let message = wrong_parent(one, &all, &by_id)?;
                let column = Some("parent".to_owned());
                Some(TableError { file: FILE.to_owned(), line: *line, column, message })
            });
            errors.extend(wrong);
        }
        if errors.is_empty() { Ok(Self { all, by_id }) } else { Err(errors) }
    }

    pub fn get(&self, id: &str) -> Option<&Department> {
        self.by_id.get(id).map(|at| &self.all[*at])
    }

    /// By any of its names, old ones too.
    pub fn find(&self, word: &str) -> Option<&Department> {
        self.get(word).or_else(|| {
            self.all.iter().find(|department| {
                department.name == word
                    || department.short == word
                    || department.aliases.iter().any(|alias| alias == word)
            })
        })
    }

    /// Who may lead a matter: the category's lead first, then the alternatives. Where the
    /// catalogue says 乡镇, `township` names the one that is meant.
    pub fn leads_of(&self, category: &Category, township: Option<&str>) -> Vec<&Department> {
        let words = std::iter::once(&category.lead).chain(&category.lead_alternatives);
        words.filter_map(|word| self.meant(word, township)).collect()
    }

    /// By the word of a table; 乡镇 is the township of the place, where that is known.
    pub fn meant(&self, word: &str, township: Option<&str>) -> Option<&Department> {
        match township {
            Some(township) if word == TOWNSHIPS => self.get(township).or(self.get(word)),
            _ => self.get(word),
        }
    }

    /// Each behind the one above it, with how far down it stands; else in the order of the table.
    pub fn tree(&self) -> Vec<(usize, &Department)> {
        let mut found = Vec::with_capacity(self.all.len());
        self.add_below("", 0, &mut found);
        found
    }

    fn add_below<'d>(&'d self, id: &str, depth: usize, found: &mut Vec<(usize, &'d Department)>) {
        for one in self.all.iter().filter(|one| one.parent == id) {
            found.push((depth, one));
            self.add_below(&one.id, depth + 1, found);
        }
    }

    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Department> {
        self.all.iter()
    }
}

fn contact(row: &Row, name: &str, phone: &str) -> Contact {
    Contact { name: row.get(name).to_owned(), phone: row.get(phone).to_owned() }
}

/// Whoever goes up from one, comes to the county.
fn wrong_parent(
    one: &Department,
    all: &[Department],
    by_id: &HashMap<String, usize>,
) -> Option<String> {
    let mut above = &one.parent;
    for _ in 0..DEPTH_MAX {
        if above.is_empty() {
            return None;
        }
        let Some(at) = by_id.get(above) else {
            // The one in whose row it stands says so.
            let missing = format!("这张表里没有「{above}」，请写上级单位的 id，或空着。");
            return (*above == one.parent).then_some(missing);
        };
        above = &all[*at].parent;
    }
    Some(format!("上级绕成了圈，或者多过{DEPTH_MAX}层，请改掉一处。"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::Categories;

    fn shipped() -> Departments {
        Departments::parse(include_str!("../../county/departments.csv")).unwrap()
    }

    /// No matter may be sent to a department that is not there.
    #[test]
    fn every_department_that_a_category_names_is_there() {
        let departments = shipped();
        let categories = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        assert_eq!(categories.without_department(&departments), []);
        let few =
            Departments::parse("id,name,short,kind,phone,aliases\n农业农村,a,b,department,,\n");
        let missing = categories.without_department(&few.unwrap());
        assert_eq!(
            missing[0].to_string(),
            "categories.csv 第4行「lead」列：departments.csv 里没有「市场监管」，请在那里加上这个部门，\
             或改成那里的 id。"
        );
    }

    #[test]
    fn every_name_means_one_department() {
        let departments = shipped();
        for department in departments.iter() {
            let names = [&department.id, &department.name, &department.short];
            for name in names.into_iter().chain(&department.aliases) {
                assert_eq!(departments.find(name).map(|found| &found.id), Some(&department.id));
            }
        }
    }

    #[test]
    fn who_leads() {
        let departments = shipped();
        let categories = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        let check = |code: &str, township: Option<&str>, expect: &[&str]| {
            let leads = departments.leads_of(categories.get(code).unwrap(), township);
            let ids: Vec<&str> = leads.iter().map(|department| &*department.id).collect();
            assert_eq!(ids, expect, "{code}");
        };
        check("0301", None, &["广电网络"]);
        check("0409", Some("毛庄镇"), &["城管", "毛庄镇"]);
        check("0401", None, &["乡镇"]);
        check("0401", Some("不在表里的镇"), &["乡镇"]);
    }

    #[test]
    fn all_townships_and_the_development_zone_are_there() {
        let townships = shipped().iter().filter(|d| d.kind == "township" && d.id != "乡镇").count();
        assert_eq!(townships, 15);
    }

    #[test]
    fn each_stands_below_the_one_above_it() {
        let head = "id,name,short,kind,phone,aliases,parent,liaison,liaison_phone,head,head_phone";
        let parse = |rows: &str| Departments::parse(&format!("{head}\n{rows}"));
        let row = |id: &str, parent: &str| format!("{id},{id},{id},department,,,{parent},,,,\n");
        let rows = row("所", "队") + &row("队", "局") + &row("办", "") + &row("局", "");
        let found = parse(&rows).unwrap();
        let tree: Vec<(usize, &str)> =
            found.tree().into_iter().map(|(depth, one)| (depth, one.id.as_str())).collect();
        assert_eq!(tree, [(0, "办"), (0, "局"), (1, "队"), (2, "所")]);
        for (rows, told) in [
            (row("队", "局"), "departments.csv 第2行「parent」列：这张表里没有「局」"),
            (row("队", "局") + &row("局", "队"), "第2行「parent」列：上级绕成了圈"),
            (row("局", "局"), "绕成了圈"),
        ] {
            let errors = parse(&rows).unwrap_err();
            assert!(errors[0].to_string().contains(told), "{errors:?}");
        }
        let contact = |name: &str, phone: &str| Contact { name: name.into(), phone: phone.into() };
        let found = parse("局,局,局,department,,,,王主任,0315-1,李局长,0315-2\n").unwrap();
        let one = found.get("局").unwrap();
        assert_eq!(one.liaison, contact("王主任", "0315-1"));
        assert_eq!(one.head, contact("李局长", "0315-2"));
        assert_eq!(shipped().tree().len(), shipped().iter().count(), "nobody is left out");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let check = |rows: &str, expect: &str| {
            let text = format!("id,name,short,kind,phone,aliases\n{rows}");
            let errors = Departments::parse(&text).expect_err(expect);
            assert_eq!(errors[0].to_string(), expect);
        };
        check(
            ",全称,简称,department,,\n",
            "departments.csv 第2行「id」列：请写一个简称，不要有斜杠，例如 农业农村。",
        );
        check(
            "a,b,c,office,,\n",
            "departments.csv 第2行「kind」列：「office」不对，请写 department、township、company 或 party。",
        );
        check(
            "a,b,c,party,,\na,b,c,party,,\n",
            "departments.csv 第3行「id」列：「a」写了两次，请改掉一个。",
        );
    }
}
