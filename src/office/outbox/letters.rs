//! Messages as they begin: a notice about a case, a reply that came too late, a clerk's words.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::store::records::{Body, Outgoing, Status};

use super::super::random;

/// A notice about a case, to a person.
pub(in crate::office) fn notice(
    case: &str,
    n: u32,
    kind: &str,
    fields: BTreeMap<String, String>,
    person: Option<String>,
    now: Timestamp,
) -> Outgoing {
    Outgoing {
        id: format!("{case}-{kind}-{n}"),
        person,
        case: Some(case.to_owned()),
        body: Body::Notice { kind: kind.to_owned(), fields },
        ..blank(now)
    }
}

/// What did not fit into the reply, or came too late for it.
/// `part` counts the messages that answer `key`.
pub(in crate::office) fn late_reply(
    address: &str,
    key: &str,
    part: usize,
    text: String,
    now: Timestamp,
) -> Outgoing {
    Outgoing {
        id: format!("reply-{}-{part}", hash(&[address, key])),
        address: Some(address.to_owned()),
        body: Body::Text(text),
        ..blank(now)
    }
}

pub(in crate::office) fn reminder(address: &str, text: String, now: Timestamp) -> Outgoing {
    Outgoing {
        id: format!("reminder-{}", hash(&[address, &now.to_string()])),
        address: Some(address.to_owned()),
        must_arrive: false,
        body: Body::Text(text),
        ..blank(now)
    }
}

/// A clerk's own words.
pub(in crate::office) fn from_clerk(address: &str, text: &str, now: Timestamp) -> Outgoing {
    Outgoing {
        id: format!("clerk-{}", random::hex::<8>()),
        address: Some(address.to_owned()),
        body: Body::Text(text.to_owned()),
        ..blank(now)
    }
}

/// To a department's duty telephone. It finds the same on its pages, so nobody phones.
pub(in crate::office) fn to_department(
    id: String,
    address: &str,
    text: String,
    now: Timestamp,
) -> Outgoing {
    Outgoing {
        id,
        address: Some(address.to_owned()),
        must_arrive: false,
        body: Body::Text(text),
        ..blank(now)
    }
}

/// To somebody who works here, on her own WeChat; it stands on her pages too.
pub(in crate::office) fn to_staff(
    id: String,
    address: &str,
    kind: &str,
    fields: BTreeMap<String, String>,
    now: Timestamp,
) -> Outgoing {
    Outgoing {
        id,
        address: Some(address.to_owned()),
        must_arrive: false,
        body: Body::Notice { kind: kind.to_owned(), fields },
        ..blank(now)
    }
}

/// To somebody of the county, about no case of hers; nobody telephones if it can not go.
pub(in crate::office) fn to_villager(
    id: String,
    person: &str,
    kind: &str,
    fields: BTreeMap<String, String>,
    now: Timestamp,
) -> Outgoing {
    Outgoing {
        id,
        person: Some(person.to_owned()),
        must_arrive: false,
        body: Body::Notice { kind: kind.to_owned(), fields },
        ..blank(now)
    }
}

fn blank(now: Timestamp) -> Outgoing {
    Outgoing {
        id: String::new(),
        person: None,
        address: None,
        case: None,
        must_arrive: true,
        body: Body::Text(String::new()),
        status: Status::Waiting,
        made_at: now,
        due_at: now,
        tries: Vec::new(),
        message_id: None,
        awaits: None,
        only: None,
        task: None,
        lane: None,
        asked: 0,
    }
}

pub(in crate::office) fn hash(parts: &[&str]) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(parts.join("\n"));
    random::to_hex(&digest[..12])
}
