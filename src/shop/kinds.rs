//! Kinds of goods: what papers each asks of a merchant, and whether it may be ordered by chat.

use super::merchant::DocumentKind;
use super::table::{Problem, Table};

const COLUMNS: [&str; 6] = ["编号", "大类", "名称", "生活", "证件", "网上"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodsKind {
    pub id: String,
    /// `农资` `通讯` `家居` `厨卫电器` ...
    pub group: String,
    pub name: String,
    /// One of 衣食住行游购娱.
    pub domain: char,
    /// Every one of these must be held and valid.
    pub documents: Vec<DocumentKind>,
    /// False: only over the counter (restricted pesticides), whatever the article says.
    pub online: bool,
}

#[derive(Clone, Debug, Default)]
pub struct GoodsKinds(Vec<GoodsKind>);

impl GoodsKinds {
    pub fn parse(table: &Table) -> Result<Self, Vec<Problem>> {
        let mut problems = table.missing(&COLUMNS);
        let mut all: Vec<GoodsKind> = Vec::new();
        for row in table.rows() {
            let mut wrong = |column: &str, what: String| problems.push(row.problem(column, what));
            let id = row.get("编号");
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                wrong("编号", "请写字母和数字，例如 NZ01。".into());
            }
            if all.iter().any(|kind| kind.id == id) {
                wrong("编号", format!("「{id}」写了两次，请改掉一个。"));
            }
            for column in ["大类", "名称"] {
                if row.get(column).is_empty() {
                    wrong(column, "这一格不能空。".into());
                }
            }
            let domain = row.get("生活").chars().next().filter(|c| "衣食住行游购娱".contains(*c));
            if domain.is_none() {
                wrong("生活", "请写 衣、食、住、行、游、购、娱 中的一个。".into());
            }
            let mut documents = Vec::new();
            for word in row.list("证件") {
                match DocumentKind::from_word(word) {
                    Some(kind) => documents.push(kind),
                    None => wrong("证件", format!("没有「{word}」这种证件。")),
                }
            }
            let online = row.get("网上");
            if !["可以", "不可以"].contains(&online) {
                wrong("网上", "请写「可以」或「不可以」。".into());
            }
            all.push(GoodsKind {
                id: id.to_owned(),
                group: row.get("大类").to_owned(),
                name: row.get("名称").to_owned(),
                domain: domain.unwrap_or('购'),
                documents,
                online: online == "可以",
            });
        }
        if problems.is_empty() { Ok(Self(all)) } else { Err(problems) }
    }

    pub fn get(&self, id: &str) -> Option<&GoodsKind> {
        self.0.iter().find(|kind| kind.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &GoodsKind> {
        self.0.iter()
    }
}
