//! The desks at which somebody works off one case after the other, with what to say read out.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use crate::office::{CallCard, CallDesk, CommandError, FieldKind, Office, TimelineLine};

/// What was done about it before, by the words of the timeline.
const BEFORE: [&str; 7] =
    ["电话督办", "发督办单", "书面答复督办单", "回访", "负责人签字", "批示", "答复批示"];

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/calls/{desk}", get(show))
        .route("/desk/calls/{desk}/{number}", post(look))
}

/// Where a form of a case came from, and goes back to.
pub fn back(desk: &str) -> Option<String> {
    CallDesk::from_word(desk).map(|desk| format!("/desk/calls/{}", desk.id()))
}

#[derive(Template)]
#[template(path = "desk/calls.html")]
struct Page {
    frame: Frame,
    desk: CallDesk,
    cards: Vec<CallCard>,
}

impl Page {
    fn title(&self) -> &'static str {
        self.frame.say(match self.desk {
            CallDesk::Supervision => "calls.supervision",
            CallDesk::CallBacks => "calls.call_backs",
            CallDesk::Head => "calls.head",
        })
    }

    fn hint(&self) -> &'static str {
        self.frame.say(match self.desk {
            CallDesk::Supervision => "calls.supervision_hint",
            CallDesk::CallBacks => "calls.call_backs_hint",
            CallDesk::Head => "calls.head_hint",
        })
    }

    fn is_head(&self) -> bool {
        self.desk == CallDesk::Head
    }

    fn calls_back(&self) -> bool {
        self.desk == CallDesk::CallBacks
    }

    /// What to read out.
    fn script(&self, card: &CallCard) -> String {
        let row = &card.case.row;
        let name = self.frame.person.as_ref().map_or("", |person| &person.name);
        let number = page::case_number(&row.number);
        let (key, values) = match self.desk {
            CallDesk::Head => return String::new(),
            CallDesk::Supervision => {
                ("calls.supervision_script", vec![&*self.frame.county, name, &*number, &*row.title])
            }
            CallDesk::CallBacks => (
                "calls.call_backs_script",
                vec![
                    &*self.frame.county,
                    name,
                    &*row.title,
                    row.department.as_deref().unwrap_or(&self.frame.county),
                    card.case.reply.as_deref().unwrap_or_default(),
                ],
            ),
        };
        self.frame.language.fill_all(key, &values)
    }

    fn before<'c>(&self, card: &'c CallCard) -> Vec<&'c TimelineLine> {
        card.case.timeline.iter().filter(|line| BEFORE.contains(&&*line.what)).collect()
    }
}

fn page_of(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    desk: CallDesk,
    cards: Result<Vec<CallCard>, CommandError>,
) -> Response {
    match cards {
        Ok(cards) => {
            let page =
                Page { frame: Frame::new(office, &signed.session, "calls", headers), desk, cards };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn show(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(desk): Path<String>,
) -> Response {
    let Some(desk) = CallDesk::from_word(&desk) else {
        return page::failed(&CommandError::NotFound);
    };
    let cards = office.call_desk(&signed.session, desk, None).await;
    page_of(&office, &headers, &signed, desk, cards)
}

/// The same page with one villager's number, once: it is kept nowhere.
async fn look(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((desk, number)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Some(desk) = CallDesk::from_word(&desk) else {
        return page::failed(&CommandError::NotFound);
    };
    let signed = posted.signed;
    let cards = office.call_desk(&signed.session, desk, Some(&number)).await;
    page_of(&office, &headers, &signed, desk, cards)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;
    use crate::county::Contact;

    #[test]
    fn a_desk_reads_out_and_runs_nothing() {
        for desk in CallDesk::ALL {
            let contact = |name: &str| Contact { name: name.into(), phone: "0315-7654321".into() };
            let (liaison, head) = (contact("王主任"), contact(HOSTILE));
            let phone = "0315-1234567".into();
            let card = CallCard { case: sample::case(), phone, liaison, head, calls: 2 };
            let page = Page { frame: sample::frame(), desk: *desk, cards: vec![card] };
            let html = page.render().unwrap();
            check_page(&html);
            assert!(html.contains(HOSTILE_SHOWN), "{html}");
            assert_eq!(html.contains("class=\"bubble prose\""), *desk != CallDesk::Head, "{html}");
        }
    }
}
