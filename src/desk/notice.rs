//! Which message to the villager an event gives, and what its text is filled with. The texts
//! themselves are the county's (通知.yaml).

use std::collections::BTreeMap;

use super::Rules;
use super::case::Case;
use super::event::{Actor, Breached, CaseEvent, Change, Closing, Outcome};
use super::state::{State, TRANSITIONS};
use crate::calendar::spoken;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `received` `dispatched` `rerouted` `progress` `need_info` `visit` `visit_off` `extended`
    /// `promised` `deferred` `overdue` `supervised` `replied` `redo` `closed` `final` `rejected`
    /// `merged` `unmerged` `errand`; see [`for_signers`].
    pub id: &'static str,
    /// Always: `number` `title` `state` `due` (`11月25日17:30前`). With a department:
    /// `department`, `department_phone` if it has one. Of the event: `outcome` and `text` of a
    /// reply, `text` of a progress, a question, a plan or where to go instead, `reason` of what was
    /// decided, `visit` and `visitor` of a visit, `grade` when she gave one, `promise` of a supervision, `parent` of a merge,
    /// `progress` and `text` of an errand.
    pub fields: BTreeMap<&'static str, String>,
}

/// In whose name an answer goes that needed no department.
const PLATFORM: &str = "县便民服务平台";

/// The notice for `event`, with `case` as it is after it; `None` when the villager is not told,
/// or is told in the conversation in which she filed it.
pub fn notice(case: &Case, event: &CaseEvent, rules: &Rules) -> Option<Notice> {
    let step = event.change.step();
    let id = match (&event.change, &event.by) {
        (Change::Received { .. } | Change::CoSigned { .. }, Actor::Villager { .. }) => return None,
        (Change::Breached { limit, .. }, _) if !is_told_late(case, *limit) => return None,
        (Change::Dispatched { from: Some(_), .. }, _) => "rerouted",
        (Change::Reminded, _) if case.state == State::NeedInfo => "need_info",
        (Change::Reminded, _) => "replied",
        _ => TRANSITIONS.iter().find(|row| row.step == step)?.told?,
    };
    Some(Notice { id, fields: fields(case, &event.change, rules) })
}

/// That her time is over, once a round, whoever had it then.
fn is_told_late(case: &Case, limit: Breached) -> bool {
    let late = case.course.breaches.iter().filter(|one| one.limit == Breached::Handling);
    limit == Breached::Handling && late.count() == 1
}

/// The notice that those get who sign with her: only she is asked what she thinks of the answer.
pub fn for_signers(id: &'static str) -> &'static str {
    if id == "replied" { "replied_signed" } else { id }
}

fn fields(case: &Case, change: &Change, rules: &Rules) -> BTreeMap<&'static str, String> {
    let mut fields = BTreeMap::from([
        ("number", case.number.to_string()),
        ("title", case.title.clone()),
        ("state", case.state.shown().to_owned()),
        ("due", format!("{}前", spoken(case.round_due_at))),
    ]);
    if let Some(id) = &case.department {
        // A department that has left the table keeps its id as its name.
        let department = rules.departments.get(id);
        fields.insert("department", department.map_or(id, |found| &found.short).clone());
        let phone = department.map_or("", |found| &found.phone);
        if !phone.is_empty() {
            fields.insert("department_phone", phone.to_owned());
        }
    }
    let mut put = |name, text: &str| fields.insert(name, text.to_owned());
    match change {
        Change::Progress { text } | Change::InfoAsked { question: text } => {
            put("text", text);
        }
        Change::VisitAgreed { visit_at, who, .. } => {
            put("visit", &spoken(*visit_at));
            put("visitor", who);
        }
        Change::VisitCancelled { reason } => {
            put("reason", reason);
        }
        Change::Answered { text, .. } => {
            put("outcome", Outcome::Explained.word());
            put("text", text);
            put("department", PLATFORM);
        }
        Change::Replied { outcome, text, .. } => {
            put("outcome", outcome.word());
            put("text", text);
        }
        // What she was told, once more.
        Change::Reminded => match (&case.course.stopped, &case.reply) {
            (Some(stop), _) => {
                put("text", &stop.why);
            }
            (None, Some(reply)) => {
                put("outcome", reply.outcome.word());
                put("text", &reply.text);
                if reply.department.is_empty() {
                    put("department", PLATFORM);
                }
            }
            (None, None) => {}
        },
        Change::Rejected { reason, instead } => {
            put("reason", reason.word());
            put("text", instead);
        }
        Change::Deferred { plan, until, .. } => {
            put("text", plan);
            put("due", &format!("{}前", spoken(*until)));
        }
        Change::ExtensionGranted { .. } => {
            let asked = case.course.extensions.last();
            put("reason", asked.map_or("", |extension| &extension.reason));
        }
        Change::Supervised { promise_at, .. } | Change::SlipAnswered { promise_at, .. } => {
            put("promise", &format!("{}前", spoken(*promise_at)));
        }
        Change::FinalReplied { text, .. } => {
            put("text", text);
        }
        Change::ErrandMoved { step, text } => {
            put("progress", step.word());
            put("text", text);
        }
        Change::Merged { parent, .. } => {
            put("parent", &parent.to_string());
        }
        Change::Unmerged { reason } | Change::Promised { reason, .. } => {
            put("reason", reason);
        }
        Change::Reopened { reason, .. } | Change::Closed { reason, .. } => {
            match change {
                Change::Closed { closing: Closing::Rated, .. } => {
                    put("reason", &format!("您评价{reason}"))
                }
                _ => put("reason", reason),
            };
            if let Some(grade) = case.rating {
                put("grade", grade.word());
            }
        }
        // She is not told of these, or nothing of them but where the case stands.
        _ => {}
    }
    fields
}
