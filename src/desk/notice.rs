//! Which message to the villager an event gives, and what its text is filled with. The texts
//! themselves are the county's (通知.yaml).

use std::collections::BTreeMap;

use super::Rules;
use super::case::Case;
use super::event::{Actor, CaseEvent, Change};
use super::state::TRANSITIONS;
use crate::calendar::spoken;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `received` `dispatched` `rerouted` `progress` `replied` `redo` `closed`.
    pub id: &'static str,
    /// Always: `number` `title` `state` `due` (`11月25日17:30前`). With a department:
    /// `department`, `department_phone` if it has one. Of the event: `outcome` and `text` of a
    /// reply, `text` of a progress, `reason` of redo and closing, `grade` when she gave one.
    pub fields: BTreeMap<&'static str, String>,
}

/// The notice for `event`, with `case` as it is after it; `None` when the villager is not told,
/// or is told in the conversation in which she filed it.
pub fn notice(case: &Case, event: &CaseEvent, rules: &Rules) -> Option<Notice> {
    let step = event.change.step();
    let id = match (&event.change, &event.by) {
        (Change::Received { .. }, Actor::Villager { .. }) => return None,
        (Change::Dispatched { from: Some(_), .. }, _) => "rerouted",
        _ => TRANSITIONS.iter().find(|row| row.step == step)?.told?,
    };
    Some(Notice { id, fields: fields(case, &event.change, rules) })
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
    match change {
        Change::Progress { text } => {
            fields.insert("text", text.clone());
        }
        Change::Replied { outcome, text } => {
            fields.insert("outcome", outcome.word().to_owned());
            fields.insert("text", text.clone());
        }
        Change::Reopened { reason, .. } | Change::Closed { reason, .. } => {
            fields.insert("reason", reason.clone());
            if let Some(grade) = case.rating {
                fields.insert("grade", grade.word().to_owned());
            }
        }
        Change::Received { .. }
        | Change::Dispatched { .. }
        | Change::Accepted
        | Change::Rated { .. }
        | Change::Urged
        | Change::Supplemented { .. }
        | Change::Withdrawn { .. } => {}
    }
    fields
}
