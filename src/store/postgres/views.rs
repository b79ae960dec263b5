//! The views in which the county's own people find the records with plain columns, for
//! reports in SQL. `docs/operations/views.md` describes them; a test holds the two together.
//!
//! Columns are only added, at the end of a view, and `EDITION` is raised with each change:
//! reports that the county has written keep working over an upgrade.

/// A database whose views are older gets these.
pub const EDITION: i64 = 10;

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
    Date,
    Truth,
    Json,
}

impl ColumnKind {
    pub fn sql(self) -> &'static str {
        match self {
            ColumnKind::Text => "text",
            ColumnKind::Number => "bigint",
            ColumnKind::Time => "timestamptz",
            ColumnKind::Date => "date",
            ColumnKind::Truth => "boolean",
            ColumnKind::Json => "jsonb",
        }
    }
}

use ColumnKind::{Date, Json, Number, Text, Time, Truth};

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
        about: "One row a case, as it stands now; `name`, `phone` and `place_note` are empty, who she is stands apart.",
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
            column("urges", Number),
            column("supplements", Number),
            column("danger", Truth),
            column("confidential", Truth),
            column("respondent", Text),
            column("follows", Text),
            column("parent", Text),
            column("closing", Json),
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
            column("task", Text),
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
            column("department", Text),
        ],
    },
    View {
        name: "listings",
        prefix: "listing",
        about: "What villagers offer or look for, as others read it once a clerk has.",
        columns: &[
            column("number", Text),
            column("kind", Text),
            column("text", Text),
            column("place_code", Text),
            column("place_name", Text),
            column("name", Text),
            column("phone", Text),
            column("phone_open", Truth),
            column("person", Text),
            column("channel", Text),
            column("made_at", Time),
            column("state", Text),
            column("changed_at", Time),
            column("shown_until", Time),
            column("checked_by", Text),
            column("reason", Text),
            column("revision", Number),
        ],
    },
    View {
        name: "orders",
        prefix: "order",
        about: "One row an order, as it stands now. Money in fen; in `lines`, quantities in \
                thousandths. Without the pick-up code.",
        columns: &[
            column("number", Text),
            column("person", Text),
            column("name", Text),
            column("phone", Text),
            column("channel", Text),
            column("merchant", Text),
            column("merchant_name", Text),
            column("village", Text),
            column("village_name", Text),
            column("fulfil", Text),
            column("address", Text),
            column("note", Text),
            column("lines", Json),
            column("deliver_on", Date),
            column("state", Text),
            column("placed_at", Time),
            column("confirm_by", Time),
            column("run", Text),
            column("arrived_at", Time),
            column("handed_at", Time),
            column("reason", Text),
            column("pay", Text),
            column("paid", Number),
            column("refunds", Json),
            column("complaints", Json),
            column("flags", Json),
            column("updated_at", Time),
            column("revision", Number),
            column("remedies", Json),
        ],
    },
    View {
        name: "order_events",
        prefix: "order-event",
        about: "What happened to an order, in order of `n`; never changed afterwards.",
        columns: &[
            at("number", Text, "order"),
            column("n", Number),
            at("at", Time, "event.at"),
            at("by_type", Text, "event.by.type"),
            at("by_name", Text, "event.by.name"),
            at("type", Text, "event.change.type"),
            at("change", Json, "event.change"),
        ],
    },
    View {
        name: "merchants",
        prefix: "merchant",
        about: "Who sells, and how far each is admitted; without the word that makes an address theirs.",
        columns: &[
            column("id", Text),
            column("operator", Text),
            column("name", Text),
            column("kind", Text),
            column("uscc", Text),
            column("contact", Text),
            column("phone", Text),
            column("stage", Text),
            column("stage_ends", Date),
            column("documents", Json),
            column("reviews", Json),
            column("upheld", Json),
            column("addresses", Json),
            column("revision", Number),
            column("deposit", Number),
            column("grade", Text),
        ],
    },
    View {
        name: "articles",
        prefix: "article",
        about: "What is sold. `price` in fen; `min`, `step` and `max` of one order in thousandths of the unit.",
        columns: &[
            column("id", Text),
            column("merchant", Text),
            column("kind", Text),
            column("name", Text),
            column("aliases", Json),
            column("spec", Text),
            column("brand", Text),
            column("unit", Text),
            column("pack", Text),
            column("price", Number),
            at("market_price", Number, "market.price"),
            at("market_source", Text, "market.source"),
            at("market_date", Date, "market.date"),
            column("min", Number),
            column("step", Number),
            column("max", Number),
            column("stock_mode", Text),
            column("weighed", Truth),
            column("samples", Json),
            column("season", Json),
            column("lead_days", Number),
            column("online", Truth),
            column("returns", Text),
            column("licence_no", Text),
            column("withdrawn", Truth),
            column("per_person", Number),
            column("origin", Text),
            column("pictures", Json),
            column("cut_off", Number),
        ],
    },
    View {
        name: "stock",
        prefix: "stock",
        about: "What is there of an article or an offer cycle, and how much of it is promised; in thousandths. `A1@centre` and `A1@<village>`: what of A1 lies there.",
        columns: &[
            column("article", Text),
            column("on_hand", Number),
            column("reserved", Number),
            column("moves", Number),
        ],
    },
    View {
        name: "stock_moves",
        prefix: "stock-move",
        about: "The ledger whose sum is the stock, in order of `n`; never changed afterwards.",
        columns: &[
            column("article", Text),
            column("n", Number),
            column("kind", Text),
            column("quantity", Number),
            at("number", Text, "order"),
            column("at", Time),
            column("by", Text),
            column("reason", Text),
        ],
    },
    View {
        name: "cycles",
        prefix: "cycle",
        about: "Rounds in which many order for one delivery; `capacity` in thousandths.",
        columns: &[
            column("id", Text),
            column("article", Text),
            column("opens_at", Time),
            column("closes_at", Time),
            column("capacity", Number),
            column("villages", Json),
            column("min_total", Number),
            column("ended", Text),
        ],
    },
    View {
        name: "samples",
        prefix: "sample",
        about: "What a village's shop wants to show or shows: one for an article and a village.",
        columns: &[
            column("village", Text),
            column("village_name", Text),
            column("article", Text),
            column("title", Text),
            column("merchant", Text),
            column("note", Text),
            column("state", Text),
            column("reason", Text),
            column("by", Text),
            column("asked_at", Time),
            column("answered_by", Text),
        ],
    },
    View {
        name: "runs",
        prefix: "run",
        about: "Delivery runs: a vehicle on one day, with the villages at which it stops, in order.",
        columns: &[
            column("day", Date),
            column("name", Text),
            column("phone", Text),
            column("stops", Json),
            column("by", Text),
            column("sent_at", Time),
            column("revision", Number),
        ],
    },
    View {
        name: "purchases",
        prefix: "purchase",
        about: "What a village's agent bought elsewhere for somebody; `amount` in fen.",
        columns: &[
            column("id", Text),
            column("village", Text),
            column("village_name", Text),
            column("person", Text),
            column("name", Text),
            column("phone", Text),
            column("platform", Text),
            column("item", Text),
            column("amount", Number),
            column("tracking_no", Text),
            column("state", Text),
            column("by", Text),
            column("made_at", Time),
            column("updated_at", Time),
            column("revision", Number),
        ],
    },
    View {
        name: "leads",
        prefix: "lead",
        about: "Wishes that were passed on to a merchant; `done_by` is empty while one is open.",
        columns: &[
            column("id", Text),
            column("card", Text),
            column("merchant", Text),
            column("kind", Text),
            column("person", Text),
            column("name", Text),
            column("phone", Text),
            column("village_name", Text),
            column("wish", Text),
            column("consent", Truth),
            column("made_at", Time),
            column("done_by", Text),
        ],
    },
    View {
        name: "corrections",
        prefix: "correction",
        about: "Kinds of matter that a clerk corrected, with her words without names and numbers.",
        columns: &[
            column("case", Text),
            column("text", Text),
            column("code", Text),
            column("was", Text),
            column("at", Time),
        ],
    },
    View {
        name: "place_corrections",
        prefix: "place-correction",
        about: "Villages that a clerk corrected, with her own word for the village.",
        columns: &[
            column("case", Text),
            column("said", Text),
            column("code", Text),
            column("was", Text),
            column("at", Time),
        ],
    },
    View {
        name: "interviews",
        prefix: "interview",
        about: "Notices by which heads of late departments are called in; `cases` are those they are about.",
        columns: &[
            column("department", Text),
            column("n", Number),
            column("state", Text),
            column("drafted_at", Time),
            column("proposed_by", Text),
            at("held_at", Time, "minutes.held_at"),
            at("measures", Text, "minutes.measures"),
            at("deadline", Date, "minutes.deadline"),
            column("cases", Json),
            column("steps", Json),
            column("revision", Number),
        ],
    },
    View {
        name: "scripts",
        prefix: "snapshot",
        about: "Versions of what the bot says that were put live and are kept.",
        columns: &[column("hash", Text), column("at", Time), column("by", Text)],
    },
    View {
        name: "county_versions",
        prefix: "county",
        about: "Versions of the county's tables and common settings that were put live and are kept.",
        columns: &[
            column("hash", Text),
            column("tables", Text),
            column("common", Json),
            column("at", Time),
            column("by", Text),
        ],
    },
    View {
        name: "looks",
        prefix: "look",
        about: "Who looked at what is known of a person, in order of `n`; never changed afterwards.",
        columns: &[
            column("n", Number),
            column("at", Time),
            column("by", Text),
            column("role", Text),
            column("department", Text),
            column("kind", Text),
            column("cases", Json),
            column("reason", Text),
            column("hash", Text),
        ],
    },
    View {
        name: "holds",
        prefix: "hold",
        about: "Cases of which nothing personal is cleared away yet, and why.",
        columns: &[
            column("case", Text),
            column("by", Text),
            column("at", Time),
            column("reason", Text),
        ],
    },
];

/// Kinds of record that have none, with the reason: they say nothing about the county's work.
pub const WITHOUT: &[(&str, &str)] = &[
    ("session", "who is signed in, a secret"),
    ("link", "codes that connect a telephone, a secret"),
    ("pickup", "codes that are in use at a shop, a secret"),
    ("wechat-token", "the access token, a secret"),
    ("phone", "lines of the simulator"),
    ("file", "pieces of photos and recordings"),
    ("snapshot-part", "pieces of a script or of the county's tables"),
    ("draft", "changes of dialogs that are not live yet"),
    ("misheard", "what the bot did not understand, for the dialog studio"),
    ("stops", "counts of a day for the dialog studio"),
    ("live-script", "which script is live"),
    ("live-county", "which tables and settings are live"),
    ("receipt", "reports that came before our own note, for an hour"),
    ("order-key", "which orders one confirmation made"),
    ("price", "prices that were, shown at the article"),
    ("payment", "attempts to pay by WeChat; what was paid stands in the order"),
    ("payback", "refunds that WeChat is asked for; they stand in the order"),
    ("counter", "numbers that were given"),
    ("lease", "which instance does what"),
    ("instance", "which instances run, and with what"),
    ("pace", "how fast a provider is sent short messages, and a key is used, just now"),
    ("progress", "how far what is done once has come: bills, indexes"),
    ("shelf", "how old a copy of the shelf is"),
    ("case-source", "the case stands under its number, with the other platform's beside it"),
    ("visits", "counts of an hour, to limit guessing"),
    ("api-key", "ways in of other programs, a secret"),
    ("posted", "what programs have posted, so that nothing is done twice"),
    ("delivery", "events on their way to departments' own systems, listed by the API"),
    ("identity", "who filed a case, read at the desk, where each look is written down"),
    ("words", "what was written in each event, which goes when a person is forgotten"),
    ("look-head", "the end of the chain of looks"),
    ("keep-round", "a clearing that somebody asked for at the desk"),
    ("export", "ledgers that are made behind the page, kept for a day"),
    ("export-piece", "pieces of their files"),
    ("copies", "the last backups, and the last times that one was tried out"),
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
        assert_eq!((EDITION, sum.as_str()), (10, "242a2a77"), "raise EDITION, then write this sum");
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
