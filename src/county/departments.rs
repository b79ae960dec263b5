//! Who handles what: departments, township governments, public companies.

use std::collections::HashMap;

use super::table::read;
use super::{Category, TableError};

const FILE: &str = "departments.csv";
/// The word by which `categories.csv` means the township of the place.
pub const TOWNSHIPS: &str = "乡镇";
const COLUMNS: [&str; 6] = ["id", "name", "short", "kind", "phone", "aliases"];

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
            });
        });
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

    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Department> {
        self.all.iter()
    }
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
