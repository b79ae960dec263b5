//! 不计考核: an assignment that no department can be measured by. Somebody asks for it with a reason,
//! and two others agree, the platform's director the second.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::decide::{NOTE_CHARS_MAX, not_allowed, written};
use super::event::{Actor, Change};
use super::refusal::Refusal;
use super::state::{Party, Step};

const APPROVALS: usize = 2;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Who may not agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    pub approved_by: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

impl Exclusion {
    pub fn is_granted(&self) -> bool {
        self.approved_by.len() >= APPROVALS
    }

    pub fn is_open(&self) -> bool {
        !self.is_granted() && !self.refused
    }
}

/// Something stands against the department that has it: else nothing is to be left out.
pub fn may_matter(case: &Case) -> bool {
    let course = &case.course;
    case.round > 1
        || course.returns > 0
        || course.extensions_granted() > 0
        || course.breaches.iter().any(|breach| !breach.limit.is_of_platform())
        || case.rating.is_some_and(|grade| !grade.is_content())
}

pub(super) fn may_ask(case: &Case) -> Result<(), Refusal> {
    if case.department.is_none() {
        return Err(Refusal::NotDispatched);
    }
    match &case.course.exclusion {
        Some(one) if !one.refused => Err(Refusal::ExclusionAsked),
        _ => Ok(()),
    }
}

pub(super) fn ask(reason: String) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    Ok(Change::ExclusionAsked { reason })
}

pub(super) fn may_approve(case: &Case, by: &Actor) -> Result<(), Refusal> {
    let open = decided_by_another(case, by)?;
    let is_last = open.approved_by.len() + 1 == APPROVALS;
    match is_last && !by.parties(Some(case)).contains(&Party::Director) {
        true => Err(not_allowed(Step::ExclusionApproved, Party::Director.word())),
        false => Ok(()),
    }
}

pub(super) fn refuse(reason: String) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    Ok(Change::ExclusionRefused { reason })
}

pub(super) fn decided_by_another<'c>(case: &'c Case, by: &Actor) -> Result<&'c Exclusion, Refusal> {
    let open = case.course.exclusion.as_ref().filter(|one| one.is_open());
    let open = open.ok_or(Refusal::NothingAsked("不计考核"))?;
    let name = by.name().unwrap_or_default();
    let before = open.asked_by.iter().chain(&open.approved_by).any(|one| one == name);
    if before { Err(Refusal::SecondPerson) } else { Ok(open) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::{Desk, at, clerk, dispatch, intake, reply};
    use super::*;
    use crate::desk::{Command, measures};

    fn staff(name: &str, role: &str) -> Actor {
        let department = (role == "department").then(|| "广电网络".to_owned());
        Actor::Staff { name: name.into(), role: role.into(), department, at_machine: false }
    }

    fn assigned(desk: &Desk) -> (u32, u32) {
        let month = (at("2026-11-01 00:00"), at("2026-12-01 00:00"));
        let mut tallies = BTreeMap::new();
        measures::count(&mut tallies, &desk.the_case(), month, desk.rules().calendar);
        let tally = &tallies["广电网络"];
        (tally.assigned, tally.excluded)
    }

    #[test]
    fn two_others_agree_and_then_it_measures_nobody() {
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
        desk.give("2026-11-24 10:20", &clerk(), reply()).unwrap();
        let (lead, director) = (staff("经办人", "department"), staff("主任", "director"));
        let ask = || Command::AskExclusion { reason: "群众要求的事法律不许".into() };
        desk.refused(&clerk(), Command::ApproveExclusion, "没有人申请");
        desk.give("2026-11-24 11:00", &lead, ask()).unwrap();
        desk.refused(&lead, Command::ApproveExclusion, "不能由您来做");
        desk.refused(&director, ask(), "已经申请过");
        desk.give("2026-11-24 11:10", &clerk(), Command::ApproveExclusion).unwrap();
        assert_eq!(assigned(&desk), (1, 0), "one is not enough");
        desk.refused(&clerk(), Command::ApproveExclusion, "第二个人");
        desk.refused(&staff("另一个", "clerk"), Command::ApproveExclusion, "平台负责人");
        desk.give("2026-11-24 11:20", &director, Command::ApproveExclusion).unwrap();
        assert_eq!(assigned(&desk), (0, 1));
    }

    #[test]
    fn refused_it_counts_and_may_be_asked_again() {
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
        let ask = || Command::AskExclusion { reason: "群众要求的事法律不许".into() };
        desk.give("2026-11-24 11:00", &clerk(), ask()).unwrap();
        let no = Command::RefuseExclusion { reason: "能办的".into() };
        desk.refused(&clerk(), no.clone(), "第二个人");
        desk.give("2026-11-24 11:10", &staff("主任", "director"), no).unwrap();
        assert_eq!(assigned(&desk), (1, 0));
        desk.give("2026-11-24 11:20", &clerk(), ask()).unwrap();
    }
}
