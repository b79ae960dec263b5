//! The times that run in a case, whose each is and how it stands; when they stood still, by whom and
//! why; and who has had the case.

use jiff::Timestamp;

use crate::desk::{self, Actor, Breached, Case, CaseEvent, Change, Helping, State, Step};
use crate::store::Loaded;
use crate::store::records::StoredEvent;

use super::Office;
use super::cases::minutes_left;
use super::views::{CaseRow, ClockView, Session, StopView, TurnView};

/// Who answers her as long as no department has it.
const PLATFORM: &str = "平台";

/// Times that the platform has besides that to dispatch.
const OF_PLATFORM: [(Breached, &str); 5] = [
    (Breached::Review, "审核答复"),
    (Breached::Return, "定退不退单"),
    (Breached::Extension, "定延不延期"),
    (Breached::Again, "重办派单"),
    (Breached::Final, "最终答复"),
];

impl Office {
    pub(super) fn clocks_of(&self, case: &Case) -> Vec<ClockView> {
        let ended = !case.state.is_open() && case.replied_at.is_none();
        if ended || case.state == State::Merged {
            return Vec::new();
        }
        let now = self.clock.now();
        let tables = self.tables();
        let calendar = &tables.calendar;
        let lead = case.department.as_deref().map(|id| self.department_name(id));
        let lead = lead.unwrap_or_else(|| PLATFORM.to_owned());
        let stands = case.state.stands_still();
        let clock = |what, whose: &str, due, done: Option<Timestamp>, stands| {
            let (state, runs) = standing(due, done, stands, now);
            let left = runs.then(|| minutes_left(due, now, calendar));
            ClockView { what, whose: whose.to_owned(), due, left, state }
        };
        let mut clocks = vec![clock("答复群众", &lead, case.round_due_at, case.replied_at, stands)];
        let limit = |limit| desk::limit_due(case, limit, calendar);
        if let Some(due) = limit(Breached::Intake) {
            clocks.push(clock("受理派单", PLATFORM, due, None, false));
        }
        for (breached, what) in OF_PLATFORM {
            clocks.extend(limit(breached).map(|due| clock(what, PLATFORM, due, None, false)));
        }
        if let Some(due) = desk::accept_due(case, calendar) {
            clocks.push(clock("签收", &lead, due, None, false));
        }
        if let Some(due) = limit(Breached::Contact) {
            clocks.push(clock("第一次联系群众", &lead, due, None, false));
        }
        if let Some(due) = case.due_at {
            let stands = stands || case.state == State::ReturnAsked;
            clocks.push(clock("单位办理", &lead, due, case.replied_at, stands));
        }
        for helper in &case.course.helpers {
            let whose = self.department_name(&helper.department);
            let done = helper.replied_at.or(case.replied_at);
            clocks.push(clock("协办意见", &whose, helper.due_at, done, false));
        }
        if let Some(due) = case.course.promise_at {
            clocks.push(clock("督办时答应的", &lead, due, case.replied_at, stands));
        }
        if let Some(slip) = &case.course.slip {
            clocks.push(clock("书面答复督办单", &lead, slip.answer_by, slip.answered_at, false));
        }
        if let Some(one) = &case.course.direction {
            clocks.push(clock("答复批示", &lead, one.answer_by, one.answered_at, false));
        }
        clocks
    }

    /// `shown`: what of a free text is for the eyes of the one who asks.
    pub(super) fn pauses_of(
        &self,
        events: &[Loaded<StoredEvent>],
        shown: impl Fn(&str) -> String,
    ) -> Vec<StopView> {
        let mut stops: Vec<StopView> = Vec::new();
        for event in events.iter().map(|one| &one.record.event) {
            let began = match &event.change {
                Change::InfoAsked { question } => Some(("等群众补充", question)),
                Change::Deferred { plan, .. } => Some(("列入计划", plan)),
                Change::ReturnAsked { basis } => Some(("等平台定退不退，只停单位的", basis)),
                _ => None,
            };
            if let Some((what, why)) = began {
                let by = self.by_whom(event);
                stops.push(StopView { from: event.at, to: None, by, what, why: shown(why) });
            } else if ends_a_stop(event.change.step())
                && let Some(last) = stops.last_mut()
            {
                last.to.get_or_insert(event.at);
            }
        }
        stops
    }

    /// Which departments have had it, the first one first, and those that helped each.
    pub(super) fn turns_of(&self, case: &Case, events: &[Loaded<StoredEvent>]) -> Vec<TurnView> {
        let mut turns: Vec<TurnView> = Vec::new();
        for event in events.iter().map(|one| &one.record.event) {
            let lead = turns.iter().rposition(|turn| turn.lead);
            match &event.change {
                Change::Dispatched { department, due_at, helpers, .. } => {
                    if let Some(before) = lead.and_then(|at| turns.get_mut(at)) {
                        before.until.get_or_insert((event.at, "改派"));
                    }
                    let turn = |id: &str, lead, due| TurnView {
                        department: self.department_name(id),
                        lead,
                        from: event.at,
                        accepted: None,
                        due,
                        until: None,
                    };
                    turns.push(turn(department, true, *due_at));
                    turns
                        .extend(helpers.iter().map(|one| turn(&one.department, false, one.due_at)));
                }
                Change::Accepted => {
                    if let Some(turn) = lead.and_then(|at| turns.get_mut(at)) {
                        turn.accepted = Some((event.at, event.by == Actor::System));
                    }
                }
                Change::CoReplied { department, .. } => {
                    let name = self.department_name(department);
                    let turn = turns.iter_mut().rfind(|one| !one.lead && one.department == name);
                    if let Some(turn) = turn {
                        turn.until = Some((event.at, "写了意见"));
                    }
                }
                Change::Replied { .. } => {
                    if let Some(turn) = lead.and_then(|at| turns.get_mut(at)) {
                        turn.until.get_or_insert((event.at, "答复了"));
                    }
                }
                // A second round goes on where the first one ended.
                Change::Reopened { due_at, .. } => {
                    if let Some(turn) = lead.and_then(|at| turns.get_mut(at)) {
                        turn.until = None;
                        turn.due = case.due_at.unwrap_or(*due_at);
                    }
                }
                _ => {}
            }
        }
        turns
    }

    /// The row as it concerns the one who looks: a helper has a day of its own, before the lead's.
    pub(super) fn row_for(&self, session: &Session, case: &Case) -> CaseRow {
        let mut row = self.case_row(case);
        if let Some(own) = own_help(session, case) {
            let now = self.clock.now();
            let waits = own.replied_at.is_none() && case.replied_at.is_none() && row.open;
            row.promised_at = own.due_at;
            row.overdue = waits && now > own.due_at;
            row.amber &= waits && !row.overdue;
            row.left = waits.then(|| minutes_left(own.due_at, now, &self.tables().calendar));
        }
        row
    }

    fn by_whom(&self, event: &CaseEvent) -> String {
        match &event.by {
            Actor::Villager { .. } => "村民".to_owned(),
            Actor::Staff { name, department: Some(id), .. } => {
                format!("{} {name}", self.department_name(id))
            }
            Actor::Staff { name, .. } => name.clone(),
            Actor::System => "系统".to_owned(),
        }
    }
}

/// What the department of the one who looks helps with, where it is not the lead.
fn own_help<'c>(session: &Session, case: &'c Case) -> Option<&'c Helping> {
    let own = session.department.as_ref().filter(|own| case.department.as_ref() != Some(own))?;
    case.course.helpers.iter().find(|helper| helper.department == *own)
}

fn ends_a_stop(step: Step) -> bool {
    matches!(
        step,
        Step::Resumed
            | Step::ReturnRefused
            | Step::Dispatched
            | Step::Withdrawn
            | Step::Merged
            | Step::Closed
    )
}

fn standing(
    due: Timestamp,
    done: Option<Timestamp>,
    stands: bool,
    now: Timestamp,
) -> (&'static str, bool) {
    match done {
        Some(at) if at <= due => ("按时做了", false),
        Some(_) => ("做了，晚了", false),
        None if stands => ("停着", false),
        None if now > due => ("过了", true),
        None => ("走着", true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_clock_stands() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (before, due, after) =
            (at("2026-11-23T01:00:00Z"), at("2026-11-24T01:00:00Z"), at("2026-11-25T01:00:00Z"));
        for (done, stands, now, expect) in [
            (None, false, before, ("走着", true)),
            (None, false, after, ("过了", true)),
            (None, true, after, ("停着", false)),
            (Some(due), false, after, ("按时做了", false)),
            (Some(after), false, after, ("做了，晚了", false)),
        ] {
            assert_eq!(standing(due, done, stands, now), expect);
        }
    }
}
