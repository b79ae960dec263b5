//! The views in which the county's own people find the records with plain columns, for
//! reports in SQL. `docs/operations/views.md` describes them; a test holds the two together.
//!
//! Columns are only added, at the end of a view, and `EDITION` is raised with each change:
//! reports that the county has written keep working over an upgrade.

/// A database whose views are older gets these.
pub const EDITION: i64 = 1;

pub struct View {
    pub name: &'static str,
    /// The first segment of the records' keys.
    pub prefix: &'static str,
    pub about: &'static str,
    pub columns: &'static [Column],
}

pub struct Column {
    pub name: &'static str,
    pub kind: ColumnKind,
    /// Where it stands in the record: names joined by dots.
    pub path: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnKind {
    Text,
    Number,
    Time,
    Truth,
    Json,
}

impl ColumnKind {
    pub fn sql(self) -> &'static str {
        match self {
            ColumnKind::Text => "text",
            ColumnKind::Number => "bigint",
            ColumnKind::Time => "timestamptz",
            ColumnKind::Truth => "boolean",
            ColumnKind::Json => "jsonb",
        }
    }
}

use ColumnKind::{Json, Number, Text, Time, Truth};

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, path: name }
}

const fn at(name: &'static str, kind: ColumnKind, path: &'static str) -> Column {
    Column { name, kind, path }
}

pub const VIEWS: &[View] = &[
    View {
        name: "cases",
        prefix: "case",
        about: "One row a case, as it stands now.",
        columns: &[
            column("number", Text),
            column("kind", Text),
            column("category", Text),
            column("title", Text),
            column("text", Text),
            column("place_code", Text),
            column("place_name", Text),
            column("place_note", Text),
            column("person", Text),
            column("name", Text),
            column("phone", Text),
            column("channel", Text),
            column("state", Text),
            column("department", Text),
            column("time_class", Text),
            column("received_at", Time),
            column("promised_at", Time),
            column("round", Number),
            column("round_due_at", Time),
            column("dispatched_at", Time),
            column("due_at", Time),
            column("accepted_at", Time),
            column("replied_at", Time),
            at("reply", Text, "reply.text"),
            column("rating", Text),
            column("rating_comment", Text),
            column("closed_at", Time),
            column("updated_at", Time),
            column("revision", Number),
        ],
    },
    View {
        name: "case_events",
        prefix: "event",
        about: "What happened to a case, in order of `n`; never changed afterwards.",
        columns: &[
            at("number", Text, "case"),
            column("n", Number),
            at("at", Time, "event.at"),
            at("by_type", Text, "event.by.type"),
            at("by_name", Text, "event.by.name"),
            at("type", Text, "event.change.type"),
            at("change", Json, "event.change"),
        ],
    },
    View {
        name: "people",
        prefix: "person",
        about: "Villagers as far as they said who they are.",
        columns: &[
            column("id", Text),
            column("name", Text),
            column("phone", Text),
            column("addresses", Json),
        ],
    },
    View {
        name: "contacts",
        prefix: "contact",
        about: "One row an address on a channel that wrote and did not leave.",
        columns: &[
            column("address", Text),
            column("person", Text),
            column("scene", Text),
            at("wrote_at", Time, "window.wrote_at"),
            column("hand_over", Text),
            at("wakes_at", Time, "alarm"),
        ],
    },
    View {
        name: "messages",
        prefix: "outgoing",
        about: "Messages to villagers apart from direct replies, and what became of them.",
        columns: &[
            column("id", Text),
            at("number", Text, "case"),
            column("person", Text),
            column("address", Text),
            column("status", Text),
            column("must_arrive", Truth),
            at("notice", Text, "body.notice.kind"),
            at("text", Text, "body.text"),
            column("made_at", Time),
            column("due_at", Time),
            column("tries", Json),
        ],
    },
    View {
        name: "tasks",
        prefix: "task",
        about: "What a clerk had or has to do; `done_at` is empty while it is open.",
        columns: &[
            column("id", Text),
            column("kind", Text),
            column("title", Text),
            column("reason", Text),
            column("who", Text),
            column("phone", Text),
            at("number", Text, "case"),
            column("opened_at", Time),
            at("done_at", Time, "done.at"),
            at("done_by", Text, "done.by"),
            at("done_note", Text, "done.note"),
        ],
    },
    View {
        name: "media",
        prefix: "media",
        about: "Photos and recordings that came in.",
        columns: &[
            column("id", Text),
            column("kind", Text),
            column("came_at", Time),
            at("hash", Text, "state.kept.hash"),
            at("bytes", Number, "state.kept.bytes"),
            at("lost", Text, "state.lost.why"),
        ],
    },
    View {
        name: "staff",
        prefix: "staff",
        about: "Who may sign in at the desk; without passwords.",
        columns: &[
            column("name", Text),
            column("role", Text),
            column("must_change", Truth),
            column("locked_until", Time),
        ],
    },
];

impl View {
    /// A character that `jsonb` can not hold (U+0000) is shown as the one for unreadable ones.
    pub fn sql(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(Column::sql).collect();
        format!(
            "CREATE OR REPLACE VIEW {} AS\n\
             WITH records AS MATERIALIZED (\n  \
             SELECT replace(convert_from(value, 'UTF8'), '\\u0000', '\\ufffd')::jsonb -> 'record' AS r\n  \
             FROM entry WHERE k >= '{}/'::bytea AND k < '{}0'::bytea\n)\n\
             SELECT\n  {}\nFROM records",
            self.name,
            self.prefix,
            self.prefix,
            columns.join(",\n  ")
        )
    }
}

impl Column {
    fn sql(&self) -> String {
        let mut steps: Vec<&str> = self.path.split('.').collect();
        let last = steps.pop().unwrap_or_default();
        let path: String = steps.iter().map(|step| format!(" -> '{step}'")).collect();
        let (name, kind) = (self.name, self.kind.sql());
        match self.kind {
            Json => format!("r{path} -> '{last}' AS \"{name}\""),
            Text => format!("r{path} ->> '{last}' AS \"{name}\""),
            _ => format!("(r{path} ->> '{last}')::{kind} AS \"{name}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Digest;

    /// Other programs see the views: a change is meant, or it is a mistake.
    #[test]
    fn a_change_raises_the_edition() {
        let all: String = VIEWS.iter().map(View::sql).collect();
        let sum: String =
            sha2::Sha256::digest(all).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((EDITION, sum.as_str()), (1, "062ef8a2"), "raise EDITION, then write this sum");
    }

    /// They go into SQL as they are.
    #[test]
    fn names_are_plain() {
        for view in VIEWS {
            for column in view.columns {
                let plain = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
                assert!(column.name.chars().all(plain) && column.path.chars().all(plain));
            }
        }
    }
}
