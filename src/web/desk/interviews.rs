//! 约谈: the notices about departments that stay late, one of them with its forms, and on paper.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use super::tried::Tried;
use crate::office::{CommandError, FieldKind, InterviewView, Office, Typed};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/interviews", get(list))
        .route("/desk/interviews/{id}", get(one))
        .route("/desk/interviews/{id}/{action}", post(act))
}

#[derive(Template)]
#[template(path = "desk/interviews.html")]
struct List {
    frame: Frame,
    open: Vec<InterviewView>,
    ended: Vec<InterviewView>,
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    let all = match office.interviews(&signed.session).await {
        Ok(all) => all,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(&office, &signed.session, "interviews", &headers);
    let (open, ended) = all.into_iter().partition(|interview| interview.open);
    let page = List { frame, open, ended };
    page::show(StatusCode::OK, &page, &page.frame)
}

#[derive(Template)]
#[template(path = "desk/interview.html")]
struct One {
    frame: Frame,
    interview: InterviewView,
    tried: Tried,
}

async fn one(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    show(&office, &headers, &signed, &id, StatusCode::OK, Tried::default()).await
}

async fn show(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    id: &str,
    status: StatusCode,
    tried: Tried,
) -> Response {
    let interview = match office.interview(&signed.session, id).await {
        Ok(Some(interview)) => interview,
        Ok(None) => return page::message(StatusCode::NOT_FOUND, "没有这张约谈单。"),
        Err(error) => return page::failed(&error),
    };
    let address = format!("/desk/interviews/{}", page::percent(id));
    let mut frame = Frame::new(office, &signed.session, "interviews", headers);
    if let Ok(uri) = address.parse() {
        frame = frame.on_paper(office, &signed.session, &uri).await;
    }
    let page = One { frame, interview, tried };
    page::show(status, &page, &page.frame)
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((id, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let acted = match fields.get("revision").parse() {
        Ok(revision) => {
            let typed = |name: &str| fields.get(name).to_owned();
            let typed = Typed(&typed);
            office.interview_command(&signed.session, &id, revision, &action, &typed).await
        }
        Err(_) => Err(CommandError::Changed),
    };
    match acted {
        Ok(()) => {
            let path = format!("/desk/interviews/{}", page::percent(&id));
            page::after("noted", &path, office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let tried = Tried::new(&action, fields, &error);
            show(&office, &headers, &signed, &id, page::status_of(&error), tried).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::super::session::Fields;
    use super::*;
    use crate::office::{FormField, InterviewForm, LateCaseView, MinutesView};

    fn interview() -> InterviewView {
        let field = |name, kind| FormField {
            name,
            label: "理由",
            hint: "",
            kind,
            required: true,
            value: String::new(),
        };
        InterviewView {
            id: "城管-1".into(),
            title: "约谈〔城管〕1号".into(),
            department: HOSTILE.into(),
            phone: None,
            state_id: "draft",
            state: "待提出",
            open: true,
            drafted_at: sample::at(),
            cases: vec![LateCaseView {
                number: "126041273".into(),
                title: HOSTILE.into(),
                due: "11月25日17:30".into(),
                promise: "11月27日17:30".into(),
                state: "办理中",
                later: true,
            }],
            minutes: Some(MinutesView {
                held: "2026-12-02 15:00".into(),
                attendees: HOSTILE.into(),
                text: HOSTILE.into(),
                measures: HOSTILE.into(),
                deadline: "2026-12-10".into(),
            }),
            steps: vec![(sample::at(), HOSTILE.into(), "提出约谈", HOSTILE.into())],
            forms: vec![InterviewForm {
                action: "propose",
                title: "提出约谈",
                intro: "",
                fields: vec![field("reason", FieldKind::Text)],
            }],
            revision: 3,
        }
    }

    #[test]
    fn a_notice_shows_everything_and_keeps_what_was_typed() {
        let error = CommandError::Field("reason", "请写上理由".into());
        let tried = Tried::new("propose", Fields::from([("reason", HOSTILE)]), &error);
        let page = One { frame: sample::frame(), interview: interview(), tried };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains(&format!(">{HOSTILE_SHOWN}</textarea>")), "{html}");
        for part in [
            "126-041-273",
            "批准后又列入",
            "name=\"revision\" value=\"3\"",
            "盖章",
            "id=\"propose-reason-error\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let list = List { frame: sample::frame(), open: vec![interview()], ended: vec![] };
        let html = list.render().unwrap();
        check_page(&html);
        assert!(html.contains("/desk/interviews/%E5%9F%8E%E7%AE%A1-1"), "{html}");
    }
}
