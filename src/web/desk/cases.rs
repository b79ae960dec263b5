//! The list of cases, one case, and what a clerk does with it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::office::{CaseCommand, CaseFilter, CasePage, CaseView, CommandError, Office};

pub const TEXT_CHARS_MAX: usize = 2000;
/// A reply below this says nothing to a villager.
pub const REPLY_CHARS_MIN: usize = 15;
const SEARCH_CHARS_MAX: usize = 60;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk", get(list))
        .route("/desk/cases/{number}", get(one))
        .route("/desk/cases/{number}/{action}", post(act))
}

/// The query string of the list; unknown keys are ignored, empty ones mean all.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    search: String,
    state: String,
    department: String,
    overdue: String,
    after: String,
}

impl Asked {
    fn filter(&self) -> CaseFilter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let search: String = self.search.trim().chars().take(SEARCH_CHARS_MAX).collect();
        CaseFilter {
            state: some(&self.state),
            department: some(&self.department),
            overdue: !self.overdue.is_empty(),
            search: some(&search),
            after: some(&self.after),
        }
    }
}

/// The address of the same list from `after` on, or from its start.
fn address(filter: &CaseFilter, after: Option<&str>) -> String {
    let overdue = filter.overdue.then_some("1");
    let pairs = [
        ("search", filter.search.as_deref()),
        ("state", filter.state.as_deref()),
        ("department", filter.department.as_deref()),
        ("overdue", overdue),
        ("after", after),
    ];
    let pairs: Vec<String> = pairs
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", page::percent(value?))))
        .collect();
    if pairs.is_empty() { "/desk".to_owned() } else { format!("/desk?{}", pairs.join("&")) }
}

#[derive(Template)]
#[template(path = "desk/cases.html")]
struct List {
    frame: Frame,
    filter: CaseFilter,
    search: String,
    filtered: bool,
    list: CasePage,
    first: String,
    next: Option<String>,
}

async fn list(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let filter = asked.map(|Query(asked)| asked.filter()).unwrap_or_default();
    let list = match office.cases(&filter).await {
        Ok(list) => list,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office.county_name(), &signed.session, "cases", &headers);
    let page = List::new(frame, filter, list);
    page::show(StatusCode::OK, &page, &page.frame)
}

impl List {
    fn new(frame: Frame, filter: CaseFilter, list: CasePage) -> Self {
        Self {
            frame,
            search: filter.search.clone().unwrap_or_default(),
            filtered: filter != CaseFilter::default(),
            first: address(&filter, None),
            next: list.next.as_deref().map(|after| address(&filter, Some(after))),
            filter,
            list,
        }
    }
}

/// What was typed into a form that did not go through.
struct Kept {
    action: String,
    fields: Fields,
}

#[derive(Template)]
#[template(path = "desk/case.html")]
struct Case {
    frame: Frame,
    case: CaseView,
    problem: Option<String>,
    kept: Option<Kept>,
}

impl Case {
    fn kept(&self, action: &str, field: &str) -> &str {
        match &self.kept {
            Some(kept) if kept.action == action => kept.fields.get(field),
            _ => "",
        }
    }

    fn department(&self) -> &str {
        match self.kept("dispatch", "department") {
            "" => self.case.suggested.as_deref().unwrap_or_default(),
            kept => kept,
        }
    }

    fn category(&self) -> &str {
        match self.kept("dispatch", "category") {
            "" => self.case.category_id.as_deref().unwrap_or_default(),
            kept => kept,
        }
    }

    /// Text typed for a step that can no longer be taken.
    fn orphan(&self) -> Option<&str> {
        let kept = self.kept.as_ref()?;
        if self.case.actions.contains(&kept.action.as_str()) {
            return None;
        }
        ["text", "note", "reason"]
            .into_iter()
            .map(|name| kept.fields.get(name))
            .find(|t| !t.is_empty())
    }
}

async fn one(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(number): Path<String>,
) -> Response {
    show_case(&office, &headers, &signed, &number, StatusCode::OK, None, None).await
}

async fn show_case(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    number: &str,
    status: StatusCode,
    problem: Option<String>,
    kept: Option<Kept>,
) -> Response {
    let case = match office.case(number).await {
        Ok(Some(case)) => case,
        Ok(None) => {
            return page::message(StatusCode::NOT_FOUND, "没有这个受理号。请核对九位数字。");
        }
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office.county_name(), &signed.session, "cases", headers);
    let page = Case { frame, case, problem, kept };
    page::show(status, &page, &page.frame)
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((number, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let done = match command(&action, &fields) {
        Ok((done, revision, command)) => {
            let acted = office.case_command(&signed.session, &number, revision, command).await;
            acted.map(|()| done)
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(done) => page::after(
            done,
            &format!("/desk/cases/{}", page::percent(&number)),
            office.secure_cookies(),
        ),
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let status = page::status_of(&error);
            let kept = Some(Kept { action, fields });
            let problem = Some(error.to_string());
            show_case(&office, &headers, &signed, &number, status, problem, kept).await
        }
    }
}

/// The code of what will be said, the revision that was seen, and the command.
fn command(
    action: &str,
    fields: &Fields,
) -> Result<(&'static str, u32, CaseCommand), CommandError> {
    let refuse = |text: &str| CommandError::Refused(text.to_owned());
    let revision = fields.get("revision").parse().map_err(|_| CommandError::Changed)?;
    let text = |name: &str, missing: &str| {
        let text = fields.filled(name).ok_or_else(|| refuse(missing))?;
        short_enough(&text)?;
        Ok::<_, CommandError>(text)
    };
    let (done, command) = match action {
        "dispatch" => {
            let department =
                fields.filled("department").ok_or_else(|| refuse("请选择承办单位。"))?;
            let note = fields.get("note").to_owned();
            short_enough(&note)?;
            let category = fields.filled("category");
            ("dispatch", CaseCommand::Dispatch { department, category, note })
        }
        "accept" => ("accept", CaseCommand::Accept),
        "progress" => {
            ("progress", CaseCommand::Progress { text: text("text", "请写办到哪一步了。")? })
        }
        "reply" => {
            let outcome = fields.filled("outcome").ok_or_else(|| refuse("请选择结果。"))?;
            let text = text("text", "请写答复。")?;
            if text.chars().count() < REPLY_CHARS_MIN {
                return Err(refuse("答复太短，至少15个字：做了什么，结果怎样，还有问题找谁。"));
            }
            ("reply", CaseCommand::Reply { outcome, text })
        }
        "close" => {
            ("close", CaseCommand::Close { reason: text("reason", "请写为什么现在办结。")? })
        }
        _ => return Err(CommandError::NotFound),
    };
    Ok((done, revision, command))
}

pub fn short_enough(text: &str) -> Result<(), CommandError> {
    if text.chars().count() > TEXT_CHARS_MAX {
        let text = format!("写得太长了，请缩到{TEXT_CHARS_MAX}个字以内。");
        return Err(CommandError::Refused(text));
    }
    Ok(())
}
