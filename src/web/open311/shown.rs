//! What is shown of services, requests and updates, in the words of GeoReport v2.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::BASE;
use crate::county::{Category, Point};
use crate::desk::{self, Case, Outcome, Rejection, State};
use crate::office::{CaseUpdate, Followed, Office};

/// When what is offered here changed last.
const CHANGESET: &str = "2026-11-29T00:00:00Z";
const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";

/// What a client has to know about places before it files.
fn about_places(knows_points: bool) -> &'static str {
    match knows_points {
        true => "address_id, address_string, or lat and long near a village",
        false => "address_id or address_string; lat and long alone do not say which village it is",
    }
}

pub fn discovery(office: &Office) -> Value {
    let public_url = office.public_url();
    json!({
        "changeset": CHANGESET,
        "contact": "县平台管理员 the platform's administrator",
        "key_service": "bianmin staff key add, by the platform's administrator",
        "location": about_places(office.knows_points()),
        "endpoints": [{
            "specification": SPECIFICATION,
            "url": format!("{public_url}{BASE}"),
            "changeset": CHANGESET,
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }],
    })
}

pub fn services(office: &Office) -> Value {
    let tables = office.tables();
    let keywords = |category: &Category| match tables.keywords.of(&category.code).join(",") {
        none if none.is_empty() => category.group.clone(),
        words => words,
    };
    tables.categories.iter().map(|category| service(category, &keywords(category))).collect()
}

/// `keywords`: as villagers say it.
fn service(category: &Category, keywords: &str) -> Value {
    json!({
        "service_code": category.code,
        "service_name": category.name,
        "description": format!("{}：{}", category.group, category.name),
        "metadata": true,
        "type": "realtime",
        "keywords": keywords,
        "group": category.group,
    })
}

/// The same for all kinds: what the county asks besides the words and the place.
pub fn service_definition(office: &Office, code: &str) -> Option<Value> {
    let tables = office.tables();
    let category = tables.categories.get(code)?;
    let kinds = desk::Kind::ALL.iter().map(|kind| json!({ "key": kind.id(), "name": kind.word() }));
    let attribute = |order: u32, code: &str, datatype: &str, required: bool, about: &str| {
        json!({
            "variable": true,
            "code": code,
            "datatype": datatype,
            "required": required,
            "datatype_description": "",
            "order": order,
            "description": about,
        })
    };
    let source = "Your own number for this request; the same number again is the same request. \
                  Needed from keys of the role source.";
    let mut kind =
        attribute(2, "kind", "singlevaluelist", false, "What she wants; help if not given.");
    kind["values"] = kinds.collect();
    let mut confidential = attribute(
        4,
        "confidential",
        "singlevaluelist",
        false,
        "Nobody but the platform learns whose it is.",
    );
    confidential["values"] =
        json!([{ "key": "true", "name": "保密" }, { "key": "false", "name": "不保密" }]);
    Some(json!({
        "service_code": category.code,
        "attributes": [
            attribute(1, "source_id", "string", true, source),
            kind,
            attribute(3, "respondent", "string", false, "Against whom or what."),
            confidential,
            attribute(5, "authorised", "string", false, "How she let somebody speak for her."),
        ],
    }))
}

fn time(at: Timestamp) -> String {
    format!("{at:.0}")
}

pub fn request(office: &Office, followed: &Followed) -> Value {
    let case = &followed.case;
    let category = case.category.as_deref().unwrap_or_default();
    let point = point_in(&followed.place_note);
    json!({
        "service_request_id": case.number.digits(),
        "status": if case.state.is_open() { "open" } else { "closed" },
        "status_notes": status_notes(case),
        "service_name": office.category_name(category).unwrap_or_else(|| case.kind.word().into()),
        "service_code": category,
        "description": followed.description,
        "agency_responsible": case.department.as_deref().map(|id| office.department_name(id)),
        "service_notice": Value::Null,
        "requested_datetime": time(case.received_at),
        "updated_datetime": time(case.updated_at),
        "expected_datetime": time(case.round_due_at),
        "address": case.place_name,
        "address_id": case.place_code,
        "zipcode": Value::Null,
        "lat": point.map(|point| point.lat),
        "long": point.map(|point| point.long),
        "media_url": Value::Null,
    })
}

/// A point stands behind the words for the place, where people read it too.
pub fn with_point(address: &str, Point { lat, long }: Point) -> String {
    format!("{address}（{lat}, {long}）")
}

fn point_in(place: &str) -> Option<Point> {
    let (_, point) = place.strip_suffix('）')?.rsplit_once('（')?;
    let (lat, long) = point.split_once(", ")?;
    Point::read(lat, long)
}

fn status_notes(case: &Case) -> String {
    let outcome = case.reply.as_ref().map(|reply| format!("，结果：{}", reply.outcome));
    format!("{}{}", case.state.shown(), outcome.unwrap_or_default())
}

pub fn update(update: &CaseUpdate) -> Value {
    json!({
        "update_id": format!("{}-{}", update.number, update.n),
        "service_request_id": update.number,
        "status": status(update),
        "updated_datetime": time(update.at),
        "description": update.text.as_deref().unwrap_or_else(|| update.state.shown()),
        "media_url": "",
    })
}

/// The finer states of FixMyStreet's extension.
fn status(update: &CaseUpdate) -> &'static str {
    match update.state {
        State::Received => "OPEN",
        State::Dispatched | State::ReturnAsked => "INVESTIGATING",
        State::Handling | State::ExtensionAsked | State::Reviewing => "IN_PROGRESS",
        State::NeedInfo => "FOR_TRIAGE",
        State::Deferred => "ACTION_SCHEDULED",
        State::Redo => "REOPEN",
        State::Merged => "DUPLICATE",
        State::Withdrawn => "CANCELLED",
        State::Final => "NO_FURTHER_ACTION",
        State::Rejected => match update.rejection {
            Some(Rejection::Court | Rejection::Petition | Rejection::OutOfCounty) => {
                "NOT_COUNCILS_RESPONSIBILITY"
            }
            _ => "NO_FURTHER_ACTION",
        },
        State::Replied | State::Closed | State::Archived => match update.outcome {
            Some(Outcome::Solved) => "FIXED",
            // What is over is not on its way.
            Some(Outcome::PartlySolved | Outcome::Planned) if !update.state.is_open() => "CLOSED",
            Some(Outcome::PartlySolved) => "IN_PROGRESS",
            Some(Outcome::Planned) => "ACTION_SCHEDULED",
            Some(Outcome::NoAuthority) => "NOT_COUNCILS_RESPONSIBILITY",
            Some(Outcome::Explained | Outcome::Unreasonable | Outcome::Unreachable) => {
                "NO_FURTHER_ACTION"
            }
            None => "CLOSED",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_found_again_behind_the_words() {
        let point = Point::read("39.43125", "118.90512");
        for address in ["", "村口", "村口（大槐树下）"] {
            let place = with_point(address, point.unwrap());
            assert_eq!(point_in(&place), point, "{place}");
            assert_eq!(point_in(address), None);
        }
    }

    #[test]
    fn what_is_over_has_a_status_that_is_over() {
        let update = |state, outcome| CaseUpdate {
            number: "126000017".into(),
            n: 3,
            at: Timestamp::UNIX_EPOCH,
            state,
            outcome: Some(outcome),
            rejection: None,
            text: None,
        };
        let running = ["OPEN", "IN_PROGRESS", "ACTION_SCHEDULED", "INVESTIGATING", "FOR_TRIAGE"];
        for outcome in Outcome::ALL {
            let over = status(&update(State::Closed, *outcome));
            assert!(!running.contains(&over), "{outcome}: {over}");
        }
        assert_eq!(status(&update(State::Replied, Outcome::Planned)), "ACTION_SCHEDULED");
    }
}
