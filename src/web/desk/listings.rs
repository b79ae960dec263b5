//! What villagers advertise: a clerk reads each before it shows, and may take it down later.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::cases::short_enough;
use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::office::{CommandError, ListingView, Office};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/listings", get(list))
        .route("/desk/listings/{number}/{action}", post(act))
}

#[derive(Template)]
#[template(path = "desk/listings.html")]
struct List {
    frame: Frame,
    waiting: Vec<ListingView>,
    shown: Vec<ListingView>,
    problem: Option<String>,
    /// The listing whose form did not go through, and what was typed there.
    kept: (String, String),
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    let nothing = (String::new(), String::new());
    let listings = office.listings(&signed.session).await;
    show(&office, &headers, &signed, listings, None, nothing)
}

fn show(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    listings: Result<Vec<ListingView>, CommandError>,
    error: Option<&CommandError>,
    kept: (String, String),
) -> Response {
    let listings = match listings {
        Ok(listings) => listings,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "listings", headers);
    let status = error.map_or(StatusCode::OK, page::status_of);
    let problem = error.map(ToString::to_string);
    let (waiting, shown) = listings.into_iter().partition(|listing| listing.waiting);
    let page = List { frame, waiting, shown, problem, kept };
    page::show(status, &page, &page.frame)
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((number, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let typed = fields.get("reason");
    let session = &signed.session;
    if action == "identity" {
        let listings = office.listings_with_identity(session, &number, typed).await;
        if !matches!(listings, Err(CommandError::Refused(_))) {
            return show(&office, &headers, &signed, listings, None, Default::default());
        }
        let error = listings.err();
        let listings = office.listings(session).await;
        return show(&office, &headers, &signed, listings, error.as_ref(), Default::default());
    }
    match perform(&office, &signed, &number, &action, &fields).await {
        Ok(done) => page::after(done, "/desk/listings", office.secure_cookies()),
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let kept = (number, typed.to_owned());
            let listings = office.listings(session).await;
            show(&office, &headers, &signed, listings, Some(&error), kept)
        }
    }
}

async fn perform(
    office: &Office,
    signed: &SignedIn,
    number: &str,
    action: &str,
    fields: &Fields,
) -> Result<&'static str, CommandError> {
    let revision = fields.get("revision").parse().map_err(|_| CommandError::Changed)?;
    let (done, reason) = match action {
        "show" => ("show", None),
        "refuse" => {
            let missing = || CommandError::Refused("请写不登的原因，群众会收到。".to_owned());
            let reason = fields.filled("reason").ok_or_else(missing)?;
            short_enough(&reason)?;
            ("refuse", Some(reason))
        }
        _ => return Err(CommandError::NotFound),
    };
    let session = &signed.session;
    office.check_listing(session, number, revision, reason.as_deref()).await.map(|()| done)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    fn listing(number: &str, waiting: bool) -> ListingView {
        ListingView {
            number: number.to_owned(),
            kind: "卖",
            text: HOSTILE.to_owned(),
            place: HOSTILE.to_owned(),
            name: Some(HOSTILE.to_owned()),
            phone: Some("139****9000".to_owned()),
            identified: false,
            phone_open: !waiting,
            made_at: sample::at(),
            waiting,
            shown_until: (!waiting).then(sample::at),
            checked_by: (!waiting).then(|| HOSTILE.to_owned()),
            revision: 1,
        }
    }

    #[test]
    fn what_waits_and_what_shows() {
        let nothing = (String::new(), String::new());
        let page = List {
            frame: sample::frame(),
            waiting: vec![],
            shown: vec![],
            problem: None,
            kept: nothing,
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains("没有要看的"), "{html}");
        let page = List {
            frame: sample::frame(),
            waiting: vec![listing("626000018", true)],
            shown: vec![listing("626000027", false)],
            problem: Some("请写不登的原因".to_owned()),
            kept: ("626000018".to_owned(), HOSTILE.to_owned()),
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches("/show\"").count(), 1, "only what waits is let through: {html}");
        assert_eq!(html.matches("/refuse\"").count(), 2, "{html}");
        assert!(html.contains(&format!("value=\"{HOSTILE_SHOWN}\"")), "what was typed is kept");
        for part in ["号码不给别人看", "号码给别人看", "role=\"alert\"", "626-000-018"]
        {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
