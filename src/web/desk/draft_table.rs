//! A table of a draft, edited as a table.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::drafts::{FORM_BYTES_MAX, draft_and_marks, path_of, told};
use super::page::{self, Frame};
use super::session::{Fields, Posted};
use super::visit::Visit;
use crate::office::{CommandError, DraftView, MarkView, Office, TableEdit, TableRow, TableView};

const COLUMNS_MAX: usize = 20;
const NEW_ROWS: usize = 3;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/dialogs/drafts/{id}/table", get(show).post(save))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}

#[derive(Template)]
#[template(path = "desk/draft_table.html")]
struct Page {
    frame: Frame,
    draft: DraftView,
    name: String,
    title: String,
    find: String,
    table: TableView,
    marks: Vec<MarkView>,
    problem: Option<String>,
}

/// What clerks call a column; those of dialogs' tables are Chinese already.
const HEADS: [(&str, &str); 34] = [
    ("alias", "叫法"),
    ("code", "编号"),
    ("note", "备注"),
    ("words", "有这些词（用;隔开）"),
    ("except", "有这些词就不算"),
    ("text", "话"),
    ("action", "用在哪一步"),
    ("title", "名字"),
    ("source", "哪里来的"),
    ("township", "乡镇"),
    ("name", "名称"),
    ("kind", "种类"),
    ("aliases", "别的叫法（用;隔开）"),
    ("advice", "怎么告诉群众"),
    ("call", "打哪个电话"),
    ("lead", "牵头单位"),
    ("lead_alternatives", "也可以牵头的"),
    ("co_handlers", "协办单位"),
    ("basis", "依据"),
    ("decided_on", "哪天定的"),
    ("id", "简称"),
    ("short", "短信里的简称"),
    ("phone", "电话"),
    ("group", "大类"),
    ("time_class", "时限"),
    ("flags", "标记"),
    ("parent", "上级"),
    ("ledger", "台账里叫什么"),
    ("life", "衣食住行游购娱（用;隔开）"),
    ("from", "从哪天起"),
    ("response", "响应率占百分之几"),
    ("solved", "解决率占百分之几"),
    ("content", "满意率占百分之几"),
    ("ranked_min", "不到几件不排名"),
];

impl Page {
    fn head<'h>(&self, head: &'h str) -> &'h str {
        HEADS.iter().find(|(known, _)| *known == head).map_or(head, |(_, told)| told)
    }

    /// Places, heads and texts of a row.
    fn cells<'r>(&'r self, row: &'r TableRow) -> Vec<(usize, &'r str, &'r str)> {
        let head = |n: usize| self.table.heads.get(n).map_or("", String::as_str);
        row.cells.iter().enumerate().map(|(n, cell)| (n, head(n), cell.as_str())).collect()
    }

    /// Whose code it is.
    fn named(&self, head: &str, cell: &str) -> Option<&str> {
        let found = self.table.codes.iter().filter(|_| head == "code");
        found.into_iter().find(|(code, _)| code == cell).map(|(_, name)| name.as_str())
    }

    /// What is wrong in the row.
    fn marks_of(&self, line: &usize) -> Vec<&MarkView> {
        self.marks.iter().filter(|mark| mark.line == *line).collect()
    }

    fn new_rows(&self) -> std::ops::Range<usize> {
        0..NEW_ROWS
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    name: String,
    #[serde(default)]
    find: String,
    #[serde(default)]
    page: usize,
}

async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    table(&visit, &id, asked, None).await
}

async fn table(visit: &Visit, id: &str, asked: Asked, refused: Option<CommandError>) -> Response {
    let found = async {
        let (draft, marks) = draft_and_marks(visit, id, &asked.name).await?;
        let wanted = (asked.find.trim(), asked.page);
        let table = visit.office.draft_table(visit.session(), id, &asked.name, wanted).await?;
        Ok::<_, CommandError>((draft, marks, table))
    };
    let (draft, marks, table) = match found.await {
        Ok(found) => found,
        Err(error) => return page::failed(&error),
    };
    let status = refused.as_ref().map_or(StatusCode::OK, page::status_of);
    let page = Page {
        frame: visit.frame(),
        draft,
        title: visit.office.studio_title(&asked.name),
        name: asked.name,
        find: asked.find,
        table,
        marks,
        problem: refused.as_ref().map(told),
    };
    page::show(status, &page, &page.frame)
}

async fn save(Path(id): Path<String>, Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let asked = Asked {
        name: fields.get("name").to_owned(),
        find: fields.get("find").to_owned(),
        page: fields.get("page").parse().unwrap_or(1),
    };
    let revision = fields.get("revision").parse().unwrap_or(0);
    let edit = edit_of(&fields);
    let session = visit.session();
    let saved = visit.office.edit_draft_table(session, &id, revision, &asked.name, &edit).await;
    let number = asked.page.to_string();
    let query = page::query([("name", &*asked.name), ("find", &*asked.find), ("page", &*number)]);
    let to = format!("{}/table?{query}", path_of(&id));
    match visit.after(saved.map(drop), "draft_saved", &to) {
        Ok(response) => response,
        Err(error) => table(&visit, &id, asked, Some(error)).await,
    }
}

/// `row-12-0` is a cell of a row that is there, `new-0-0` of one that is not; `drop-12` takes a
/// row away; `rows` lists those that were shown.
fn edit_of(fields: &Fields) -> TableEdit {
    let columns = fields.get("columns").parse().unwrap_or(0).min(COLUMNS_MAX);
    let cells = |row: String| -> Vec<String> {
        (0..columns).map(|n| fields.get(&format!("{row}-{n}")).to_owned()).collect()
    };
    let shown = fields.get("rows").split(' ').filter_map(|n| n.parse::<usize>().ok());
    let mut edit = TableEdit::default();
    for n in shown {
        if fields.get(&format!("drop-{n}")).is_empty() {
            edit.changed.insert(n, cells(format!("row-{n}")));
        } else {
            edit.dropped.push(n);
        }
    }
    edit.added = (0..NEW_ROWS).map(|n| cells(format!("new-{n}"))).collect();
    edit
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn cells_come_back_by_row_and_column() {
        let fields = Fields::from([
            ("columns", "2"),
            ("rows", "3 4"),
            ("row-3-0", "胡坨"),
            ("row-3-1", "2"),
            ("row-4-0", "闫各庄"),
            ("drop-4", "1"),
            ("new-0-1", "9"),
        ]);
        let edit = edit_of(&fields);
        assert_eq!(edit.changed[&3], ["胡坨", "2"]);
        assert_eq!(edit.dropped, [4]);
        assert_eq!(edit.added[0], ["", "9"]);
    }

    #[test]
    fn a_row_says_what_is_wrong_with_it() {
        let mark = MarkView {
            file: "county/aliases.csv".into(),
            line: 8,
            column: 1,
            code: String::new(),
            severity: "error",
            message: HOSTILE.into(),
            text: String::new(),
        };
        let rows = vec![TableRow { n: 7, line: 8, cells: vec![HOSTILE.into(), "2".into()] }];
        let heads = vec!["alias".into(), "code".into()];
        let codes = vec![("2".to_owned(), HOSTILE.to_owned())];
        let page = Page {
            frame: sample::frame(),
            draft: sample::draft(),
            name: "county/aliases.csv".into(),
            title: HOSTILE.into(),
            find: String::new(),
            table: TableView { heads, rows, codes, count: 1, page: 1, pages: 2 },
            marks: vec![mark],
            problem: None,
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.matches(HOSTILE_SHOWN).count() >= 4, "{html}");
        assert!(html.contains("叫法") && html.contains("list=\"codes\""), "{html}");
        assert!(html.contains("name=\"row-7-1\"") && html.contains("name=\"new-2-1\""), "{html}");
    }
}
