//! Ledgers of a month: on the page, on paper, and as a file for a table program.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::office::{
    Choice, CommandError, LedgerAsked, LedgerKind, Office, Right, Session, Sheet, TOO_LARGE,
};

/// On the page; the file has all of them.
const SHOWN_MAX: usize = 300;
const REASON_CHARS_MAX: usize = 60;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/ledgers", get(show))
        .route("/desk/ledgers/file/{format}", get(masked).post(whole))
}

/// `month` is `2026-11`; unknown keys are ignored.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    kind: String,
    month: String,
    village: String,
    department: String,
    reason: String,
    /// All lines, however many.
    whole: String,
}

type Wanted = Result<Query<Asked>, QueryRejection>;

impl Asked {
    pub fn posted(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            kind: text("kind"),
            month: text("month"),
            village: text("village"),
            department: text("department"),
            reason: text("reason"),
            ..Self::default()
        }
    }

    pub fn read(&self) -> Result<LedgerAsked, CommandError> {
        let refused = |text: &str| CommandError::Refused(text.to_owned());
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let kind = LedgerKind::from_id(&self.kind).ok_or_else(|| refused("请选一种台账。"))?;
        let month = format!("{}-01", self.month.trim());
        let month = month.parse().map_err(|_| refused("月份请写成 2026-11。"))?;
        let reason: String = self.reason.chars().take(REASON_CHARS_MAX).collect();
        Ok(LedgerAsked {
            kind,
            month,
            village: some(&self.village),
            department: some(&self.department),
            reason: some(&reason),
        })
    }

    /// What chooses the table, without the reason.
    fn pairs(&self) -> [(&'static str, &str); 4] {
        [
            ("kind", &self.kind),
            ("month", &self.month),
            ("village", &self.village),
            ("department", &self.department),
        ]
    }

    fn query(&self) -> String {
        page::query(self.pairs())
    }
}

impl Page {
    /// Ledgers of villages are for those who have villages.
    fn offers(&self, kind: LedgerKind) -> bool {
        let of_villages = matches!(kind, LedgerKind::Village | LedgerKind::Totals);
        self.is_platform || !of_villages || !self.villages.is_empty()
    }
}

#[derive(Template)]
#[template(path = "desk/ledgers.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    departments: Vec<Choice>,
    /// Chooses the village and the department; one of a department sees its own.
    is_platform: bool,
    /// Of a township: those among which it chooses.
    villages: Vec<Choice>,
    sheet: Option<Sheet>,
    /// Lines that are not shown.
    left_out: usize,
    problem: Option<String>,
    /// It has to be made behind the page.
    is_large: bool,
}

async fn show(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    uri: Uri,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(mut asked) = asked.unwrap_or_default();
    // Reading on the page needs no whole numbers.
    asked.reason.clear();
    let session = &signed.session;
    if !office.may_report(session) {
        return page::failed(&CommandError::NotFound);
    }
    let frame = Frame::new(&office, session, "ledgers", &headers);
    let frame = frame.on_paper(&office, session, &uri).await;
    let read = match asked.kind.is_empty() {
        true => Ok(None),
        false => sheet_of(&office, session, &asked).await.map(Some),
    };
    page_of(&office, session, frame, asked, read)
}

fn page_of(
    office: &Office,
    session: &Session,
    frame: Frame,
    mut asked: Asked,
    read: Result<Option<Sheet>, CommandError>,
) -> Response {
    let is_large = read.as_ref().is_err_and(|error| error.field() == Some(TOO_LARGE));
    let (status, mut sheet, problem) = match read {
        Ok(sheet) => (StatusCode::OK, sheet, None),
        Err(error) => (page::status_of(&error), None, Some(error.to_string())),
    };
    if asked.month.is_empty() {
        asked.month = office.this_month();
    }
    let mut left_out = 0;
    if let Some(sheet) = sheet.as_mut().filter(|_| asked.whole.is_empty()) {
        left_out = sheet.leave_out_behind(SHOWN_MAX);
    }
    let page = Page {
        frame,
        departments: office.department_choices(),
        is_platform: session.may(Right::Reports),
        villages: office.villages_of(session),
        asked,
        sheet,
        left_out,
        problem,
        is_large,
    };
    page::show(status, &page, &page.frame)
}

async fn sheet_of(
    office: &Office,
    session: &Session,
    asked: &Asked,
) -> Result<Sheet, CommandError> {
    office.ledger(session, &asked.read()?).await
}

/// A link that somebody sends her brings no whole number, and writes no reason in her name.
async fn masked(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(format): Path<String>,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    let asked = Asked { reason: String::new(), ..asked };
    file(&office, &signed, &headers, &format, asked).await
}

async fn whole(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path(format): Path<String>,
    Posted { signed, fields }: Posted<SignedIn>,
) -> Response {
    file(&office, &signed, &headers, &format, Asked::posted(&fields)).await
}

async fn file(
    office: &Office,
    signed: &SignedIn,
    headers: &HeaderMap,
    format: &str,
    asked: Asked,
) -> Response {
    let session = &signed.session;
    let asked_for = match asked.read() {
        Ok(asked_for) => asked_for,
        Err(error) => return page::failed(&error),
    };
    let sheet = match office.ledger(session, &asked_for).await {
        Ok(sheet) => sheet,
        Err(error) if error.field() == Some(TOO_LARGE) => {
            let frame = Frame::new(office, session, "ledgers", headers);
            return page_of(office, session, frame, asked, Err(error));
        }
        Err(error) => return page::failed(&error),
    };
    let mark = match office.take_out(session, &sheet, asked_for.reason.as_deref()).await {
        Ok(mark) => mark,
        Err(error) => return page::failed(&error.into()),
    };
    page::sheet_file(sheet, format, &format!("{}-{}", asked.kind, asked.month.trim()), &mark)
}
