//! The list of cases, one case, and what a clerk does with it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::calendar::local_date;
use crate::desk::figures::Counted;
use crate::office::{
    CaseFilter, CaseForm, CasePage, CaseView, CommandError, DueToday, FieldKind, FormField, Office,
    Preview, Queue, QueueCount, SlipView, Typed,
};

pub const TEXT_CHARS_MAX: usize = 2000;
/// Takes others under this one.
const TAKE_IN: &str = "take_in";
/// Open at all times: who finds nothing else has nothing to do.
const ASIDE: [&str; 4] = ["note", "hide", "ask_exclusion", "redact"];
const SAME: &str = "反映的是同一件事";
const SEARCH_CHARS_MAX: usize = 60;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk", get(list))
        .route("/desk/cases/{number}", get(one))
        .route("/desk/cases/{number}/identity", post(identify))
        .route("/desk/cases/{number}/slips/{n}", get(slip))
        .route("/desk/cases/{number}/{action}", post(act))
        .route("/desk/cases/{number}/{action}/preview", post(preview))
        .route("/desk/cases/{number}/{action}/canned", post(canned))
}

/// The query string of the list; unknown keys are ignored, empty ones mean all.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    search: String,
    state: String,
    department: String,
    overdue: String,
    queue: String,
    after: String,
    // What stands behind a figure of the day; no field of the form.
    category: String,
    village: String,
    township: String,
    channel: String,
    open: String,
    amber: String,
    supervised: String,
    repeated: String,
    age: String,
    /// Days in Beijing, the second one not within.
    from: String,
    to: String,
    closed_from: String,
    closed_to: String,
    hour: String,
    class: String,
    counted: String,
    due_from: String,
    due_to: String,
    late_on: String,
    amber_on: String,
}

impl Asked {
    pub fn filter(&self) -> CaseFilter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let search: String = self.search.trim().chars().take(SEARCH_CHARS_MAX).collect();
        CaseFilter {
            state: some(&self.state),
            department: some(&self.department),
            overdue: !self.overdue.is_empty(),
            queue: Queue::from_word(self.queue.trim()),
            search: some(&search),
            after: some(&self.after),
            category: some(&self.category),
            village: some(&self.village),
            township: some(&self.township),
            channel: some(&self.channel),
            open: !self.open.is_empty(),
            amber: !self.amber.is_empty(),
            supervised: !self.supervised.is_empty(),
            repeated: !self.repeated.is_empty(),
            age: self.age.parse().ok(),
            received_from: page::day_start(&self.from),
            received_to: page::day_start(&self.to),
            closed_from: page::day_start(&self.closed_from),
            closed_to: page::day_start(&self.closed_to),
            hour: self.hour.parse().ok(),
            class: some(&self.class),
            counted: Counted::from_word(self.counted.trim()),
            due_from: page::day_start(&self.due_from),
            due_to: page::day_start(&self.due_to),
            late_on: self.late_on.trim().parse().ok(),
            amber_on: self.amber_on.trim().parse().ok(),
            ..CaseFilter::default()
        }
    }
}

/// The address of the same list from `after` on, or from its start.
pub fn address(list: &str, filter: &CaseFilter, after: Option<&str>) -> String {
    let yes = |is: bool| is.then_some("1");
    let age = filter.age.map(|age| age.to_string());
    let day = |at: Option<Timestamp>| at.map(|at| local_date(at).to_string());
    let (from, to) = (day(filter.received_from), day(filter.received_to));
    let (closed_from, closed_to) = (day(filter.closed_from), day(filter.closed_to));
    let (due_from, due_to) = (day(filter.due_from), day(filter.due_to));
    let hour = filter.hour.map(|hour| hour.to_string());
    let late_on = filter.late_on.map(|day| day.to_string());
    let amber_on = filter.amber_on.map(|day| day.to_string());
    let pairs = [
        ("search", filter.search.as_deref()),
        ("state", filter.state.as_deref()),
        ("department", filter.department.as_deref()),
        ("overdue", yes(filter.overdue)),
        ("category", filter.category.as_deref()),
        ("village", filter.village.as_deref()),
        ("township", filter.township.as_deref()),
        ("channel", filter.channel.as_deref()),
        ("open", yes(filter.open)),
        ("amber", yes(filter.amber)),
        ("supervised", yes(filter.supervised)),
        ("repeated", yes(filter.repeated)),
        ("age", age.as_deref()),
        ("from", from.as_deref()),
        ("to", to.as_deref()),
        ("closed_from", closed_from.as_deref()),
        ("closed_to", closed_to.as_deref()),
        ("hour", hour.as_deref()),
        ("class", filter.class.as_deref()),
        ("counted", filter.counted.map(Counted::id)),
        ("due_from", due_from.as_deref()),
        ("due_to", due_to.as_deref()),
        ("late_on", late_on.as_deref()),
        ("amber_on", amber_on.as_deref()),
        ("queue", filter.queue.map(Queue::id)),
        ("after", after),
    ];
    let query = page::query(pairs.into_iter().filter_map(|(name, value)| Some((name, value?))));
    if query.is_empty() { list.to_owned() } else { format!("{list}?{query}") }
}

#[derive(Template)]
#[template(path = "desk/cases.html")]
struct List {
    frame: Frame,
    filter: CaseFilter,
    search: String,
    filtered: bool,
    /// Of the department that looks.
    due: Option<DueToday>,
    queues: Vec<QueueCount>,
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
    let list = match office.cases(&signed.session, &filter).await {
        Ok(list) => list,
        Err(error) => return page::failed(&error),
    };
    let due = match office.due_today(&signed.session).await {
        Ok(due) => due,
        Err(error) => return page::failed(&error),
    };
    let queues = match office.queue_counts(&signed.session).await {
        Ok(queues) => queues,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(&office, &signed.session, "cases", &headers);
    let page = List { queues, ..List::new(frame, filter, due, list) };
    page::show(StatusCode::OK, &page, &page.frame)
}

impl List {
    fn is_here(&self, queue: &Queue) -> bool {
        self.filter.queue == Some(*queue)
    }

    fn new(frame: Frame, filter: CaseFilter, due: Option<DueToday>, list: CasePage) -> Self {
        Self {
            frame,
            search: filter.search.clone().unwrap_or_default(),
            filtered: filter != CaseFilter::default(),
            first: address("/desk", &filter, None),
            next: list.next.as_deref().map(|after| address("/desk", &filter, Some(after))),
            filter,
            due,
            queues: Vec::new(),
            list,
        }
    }
}

/// What was typed into a form that did not go through.
pub struct Kept {
    action: String,
    fields: Fields,
    /// The name of the one that is wrong, if it is one.
    wrong: Option<&'static str>,
}

impl Kept {
    fn new(action: &str, fields: Fields, error: &CommandError) -> Self {
        Self { action: action.to_owned(), fields, wrong: error.field() }
    }
}

#[derive(Template)]
#[template(path = "desk/case.html")]
struct Case {
    frame: Frame,
    case: CaseView,
    problem: Option<String>,
    kept: Option<Kept>,
    /// What the form that is kept would tell her.
    previews: Vec<Preview>,
}

impl Case {
    fn new(frame: Frame, case: CaseView, problem: Option<String>, kept: Option<Kept>) -> Self {
        Self { frame, case, problem, kept, previews: Vec::new() }
    }

    /// Below the form that was looked at.
    fn previews_of(&self, action: &str) -> &[Preview] {
        match &self.kept {
            Some(kept) if kept.action == action => &self.previews,
            _ => &[],
        }
    }

    /// What to say when the telephone is her only way to hear it.
    fn is_telephoned(&self) -> bool {
        self.case.phone_only
    }

    fn kept(&self, action: &str, field: &str) -> &str {
        match &self.kept {
            Some(kept) if kept.action == action => kept.fields.get(field),
            _ => "",
        }
    }

    fn may_add_photo(&self) -> bool {
        self.case.forms.iter().any(|form| form.action == "supplement")
    }

    /// What is wrong with a field, or with no one field (empty) of a form that did not go through.
    fn problem_at(&self, action: &str, field: &str) -> &str {
        let here = |kept: &&Kept| kept.action == action && kept.wrong.unwrap_or("") == field;
        match (self.kept.as_ref().filter(here), &self.problem) {
            (Some(_), Some(problem)) => problem,
            _ => "",
        }
    }

    fn missing(&self) -> &'static str {
        self.frame.say(if self.case.erased { "case.erased" } else { "case.not_given" })
    }

    fn same(&self) -> &'static str {
        SAME
    }

    fn may_merge(&self) -> bool {
        self.case.forms.iter().any(|form| form.action == "merge")
    }

    /// Those that could go on under this one.
    fn going(&self) -> Vec<&str> {
        let going = self.case.alike.iter().filter(|other| other.goes);
        going.map(|other| other.number.as_str()).collect()
    }

    /// All that is open is to write something down.
    fn is_done(&self) -> bool {
        self.case.forms.iter().all(|form| ASIDE.contains(&form.action))
    }

    /// What stands in a field: what was typed, else what is suggested.
    fn value<'a>(&'a self, form: &CaseForm, field: &'a FormField) -> &'a str {
        match self.kept(form.action, field.name) {
            "" => &field.value,
            kept => kept,
        }
    }

    /// Text typed for a step that can no longer be taken.
    fn orphan(&self) -> Option<String> {
        let kept = self.kept.as_ref().filter(|kept| kept.action != "identity")?;
        if self.case.forms.iter().any(|form| form.action == kept.action) {
            return None;
        }
        kept.fields.longest()
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

pub async fn show_case(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    number: &str,
    status: StatusCode,
    problem: Option<String>,
    kept: Option<Kept>,
) -> Response {
    let case = match office.case(&signed.session, number).await {
        Ok(Some(case)) => case,
        Ok(None) => return no_such_case(),
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "cases", headers);
    let page = Case::new(frame, case, problem, kept);
    page::show(status, &page, &page.frame)
}

#[derive(Template)]
#[template(path = "desk/slip.html")]
struct Slip {
    frame: Frame,
    slip: SlipView,
}

/// 督办单, for the printer.
async fn slip(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    uri: Uri,
    signed: SignedIn,
    Path((number, n)): Path<(String, u8)>,
) -> Response {
    let slip = match office.slip(&signed.session, &number, n).await {
        Ok(Some(slip)) => slip,
        Ok(None) => return page::message(StatusCode::NOT_FOUND, "没有这张督办单。"),
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(&office, &signed.session, "cases", &headers)
        .on_paper(&office, &signed.session, &uri)
        .await;
    let page = Slip { frame, slip };
    page::show(StatusCode::OK, &page, &page.frame)
}

fn no_such_case() -> Response {
    page::message(StatusCode::NOT_FOUND, "没有这个受理号。请核对九位数字。")
}

/// The same page with who she is, once: it is kept nowhere, and loaded again it is masked.
async fn identify(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path(number): Path<String>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let reason = fields.get("reason").to_owned();
    match office.case_with_identity(&signed.session, &number, &reason).await {
        Ok(Some(case)) => {
            let frame = Frame::new(&office, &signed.session, "cases", &headers);
            let page = Case::new(frame, case, None, None);
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Ok(None) => no_such_case(),
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let status = page::status_of(&error);
            let kept = Some(Kept::new("identity", fields, &error));
            let problem = Some(error.to_string());
            show_case(&office, &headers, &signed, &number, status, problem, kept).await
        }
    }
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((number, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let acted = match fields.get("revision").parse() {
        Ok(_) if action == TAKE_IN => {
            let children = fields.get("children");
            let taken = office.take_in(&signed.session, &number, children, SAME).await;
            taken.map(|_| ())
        }
        Ok(revision) => {
            let typed = |name: &str| fields.get(name).to_owned();
            let typed = Typed(&typed);
            office.case_command(&signed.session, &number, revision, &action, &typed).await
        }
        Err(_) => Err(CommandError::Changed),
    };
    match acted {
        Ok(()) => {
            let case = || format!("/desk/cases/{}", page::percent(&number));
            let path = super::calls::back(fields.get("back")).unwrap_or_else(case);
            page::after(page::done_code(&action), &path, office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let status = page::status_of(&error);
            let kept = Some(Kept::new(&action, fields, &error));
            let problem = Some(error.to_string());
            show_case(&office, &headers, &signed, &number, status, problem, kept).await
        }
    }
}

/// The page of the case with a text that is often written there, behind what was typed.
async fn canned(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((number, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, mut fields } = posted;
    if let Some((field, text)) = office.canned_reply(&action, fields.get("canned")) {
        let typed = fields.get(field).trim().to_owned();
        let both = if typed.is_empty() { text } else { format!("{typed}\n{text}") };
        fields.set(field, both);
    }
    let kept = Some(Kept { action, fields, wrong: None });
    show_case(&office, &headers, &signed, &number, StatusCode::OK, None, kept).await
}

/// The page of the case with what was typed, and what it would tell her. Nothing is done.
async fn preview(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((number, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let previews = {
        let typed = |name: &str| fields.get(name).to_owned();
        office.preview(&signed.session, &number, &action, &Typed(&typed)).await
    };
    let previews = match previews {
        Ok(previews) => previews,
        Err(CommandError::NotFound) => return page::failed(&CommandError::NotFound),
        Err(error) => {
            let (status, problem) = (page::status_of(&error), Some(error.to_string()));
            let kept = Some(Kept::new(&action, fields, &error));
            return show_case(&office, &headers, &signed, &number, status, problem, kept).await;
        }
    };
    let case = match office.case(&signed.session, &number).await {
        Ok(Some(case)) => case,
        Ok(None) => return no_such_case(),
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(&office, &signed.session, "cases", &headers);
    let kept = Some(Kept { action, fields, wrong: None });
    let page = Case { previews, ..Case::new(frame, case, None, kept) };
    page::show(StatusCode::OK, &page, &page.frame)
}

pub fn short_enough(text: &str) -> Result<(), CommandError> {
    if text.chars().count() > TEXT_CHARS_MAX {
        let text = format!("写得太长了，请缩到{TEXT_CHARS_MAX}个字以内。");
        return Err(CommandError::Refused(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    fn list_of(rows: usize, filter: CaseFilter, next: Option<&str>) -> String {
        let list = CasePage {
            rows: (0..rows).map(|_| sample::row()).collect(),
            next: next.map(str::to_owned),
            states: sample::choices(&[("received", "待派单")]),
            departments: sample::choices(&[("road", "县交通运输局")]),
        };
        let due = Some(DueToday { today: 2, overdue: 1 });
        List::new(sample::frame(), filter, due, list).render().unwrap()
    }

    fn case_of(case: CaseView, problem: Option<&str>, kept: Option<Kept>) -> String {
        let problem = problem.map(str::to_owned);
        Case::new(sample::frame(), case, problem, kept).render().unwrap()
    }

    fn kept<const N: usize>(action: &str, fields: [(&str, &str); N]) -> Option<Kept> {
        Some(Kept { action: action.to_owned(), fields: Fields::from(fields), wrong: None })
    }

    #[test]
    fn a_list_says_what_it_shows() {
        let check = |html: String, expect: &[&str]| {
            check_page(&html);
            for part in expect {
                assert!(html.contains(part), "no {part} in\n{html}");
            }
        };
        let all = CaseFilter::default();
        check(list_of(0, all.clone(), None), &["还没有事项"]);
        check(
            list_of(100, all.clone(), None),
            &[HOSTILE_SHOWN, "126-041-273", "11月25日(周三)17:30"],
        );
        let some = CaseFilter { state: Some("received".into()), overdue: true, ..all.clone() };
        check(list_of(0, some, None), &["没有符合条件", "\"received\" selected", " checked"]);
        let searched = CaseFilter { search: Some("路 \"灯".into()), ..all };
        check(
            list_of(1, searched, Some("a&b=1")),
            &["value=\"路 &#34;灯\"", "?search=%E8%B7%AF%20%22%E7%81%AF&#38;after=a%26b%3D1\""],
        );
    }

    #[test]
    fn a_case_shows_everything_and_runs_nothing() {
        let html = case_of(sample::case(), None, None);
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 21, "{html}");
        assert!(html.contains("name=\"revision\" value=\"3\""));
        assert!(html.contains("\"road\" selected>县交通运输局</option>"));
        assert!(html.contains("type=\"datetime-local\"") && html.contains("max=\"10\""));
        let quiet = CaseView {
            forms: vec![],
            media: vec![],
            notices: vec![],
            timeline: vec![],
            phone: None,
            name: None,
            ..sample::case()
        };
        check_page(&case_of(quiet, None, None));
    }

    #[test]
    fn what_was_typed_is_kept() {
        let check = |kept: Option<Kept>, forms: Vec<CaseForm>, expect: &[&str]| {
            let html = case_of(CaseView { forms, ..sample::case() }, Some("刚刚有人动过"), kept);
            check_page(&html);
            for part in expect.iter().chain(&["role=\"alert\"", "刚刚有人动过"]) {
                assert!(html.contains(part), "no {part} in\n{html}");
            }
        };
        let reply = || kept("reply", [("outcome", "cannot"), ("text", HOSTILE)]);
        let shown = format!(">{HOSTILE_SHOWN}</textarea>");
        check(reply(), sample::forms(), &[&shown, "\"cannot\" selected"]);
        // The step is gone, the words are not.
        check(reply(), vec![], &[&shown, "您刚才写的"]);
        let dispatch = kept("dispatch", [("department", "water")]);
        check(dispatch, sample::forms(), &["\"water\" selected"]);
    }

    #[test]
    fn a_query_becomes_a_filter() {
        let asked = Asked {
            search: format!(" {} ", "路灯".repeat(60)),
            overdue: "1".into(),
            ..Asked::default()
        };
        let filter = asked.filter();
        assert_eq!(filter.search.map(|text| text.chars().count()), Some(SEARCH_CHARS_MAX));
        assert!(filter.overdue);
        assert_eq!((filter.state, filter.department, filter.after), (None, None, None));
        assert_eq!(Asked::default().filter(), CaseFilter::default());
    }
}
