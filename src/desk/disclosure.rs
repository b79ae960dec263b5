//! A department that can not help without knowing who asks: it says why, somebody of the platform
//! decides, and from then until the answer it may look, each look written down.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::decide::{NOTE_CHARS_MAX, written};
use super::event::{Actor, Change};
use super::refusal::Refusal;

/// What the department that has the case asked last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    pub asked_at: Timestamp,
    /// Who may not decide it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// `None`: not decided yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<bool>,
}

impl Case {
    /// May this department ask who it is, though that is confidential?
    pub fn is_disclosed_to(&self, department: &str) -> bool {
        let granted = self.course.disclosure.as_ref().is_some_and(|one| one.granted == Some(true));
        granted && self.department.as_deref() == Some(department) && self.replied_at.is_none()
    }

    pub fn waits_for_disclosure(&self) -> bool {
        self.course.disclosure.as_ref().is_some_and(|one| one.granted.is_none())
    }
}

pub(super) fn may_ask(case: &Case) -> Result<(), Refusal> {
    if !case.confidential {
        return Err(Refusal::NotConfidential);
    }
    match &case.course.disclosure {
        Some(one) if one.granted != Some(false) => Err(Refusal::DisclosureAsked),
        _ => Ok(()),
    }
}

pub(super) fn ask(reason: String) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    Ok(Change::DisclosureAsked { reason })
}

pub(super) fn refuse(reason: String) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    Ok(Change::DisclosureRefused { reason })
}

pub(super) fn decided_by_another(case: &Case, by: &Actor) -> Result<(), Refusal> {
    let open = case.course.disclosure.as_ref().filter(|one| one.granted.is_none());
    let open = open.ok_or(Refusal::NothingAsked("看诉求人信息"))?;
    match open.asked_by.is_some() && open.asked_by.as_deref() == by.name() {
        true => Err(Refusal::SecondPerson),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, clerk, dispatch, intake, reply};
    use super::*;
    use crate::desk::{Command, Intake};

    fn lead() -> Actor {
        let department = Some("广电网络".to_owned());
        Actor::Staff {
            name: "经办人".into(),
            role: "department".into(),
            department,
            at_machine: false,
        }
    }

    fn ask() -> Command {
        Command::AskDisclosure { reason: "要上门查线，得知道是哪家".into() }
    }

    fn filed(confidential: bool) -> Desk {
        let mut desk = Desk::filed("2026-11-23 10:00", Intake { confidential, ..intake() });
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
        desk
    }

    #[test]
    fn asked_with_a_reason_and_decided_by_another_until_the_answer() {
        let mut desk = filed(true);
        let is_disclosed = |desk: &Desk| desk.the_case().is_disclosed_to("广电网络");
        desk.refused(&clerk(), Command::GrantDisclosure, "没有人申请");
        desk.refused(&clerk(), ask(), "不能由您来做");
        desk.give("2026-11-23 10:30", &lead(), ask()).unwrap();
        desk.refused(&lead(), ask(), "已经申请过");
        desk.refused(&lead(), Command::GrantDisclosure, "不能由您来做");
        let no = Command::RefuseDisclosure { reason: "打平台电话问".into() };
        desk.give("2026-11-23 10:40", &clerk(), no).unwrap();
        assert!(!is_disclosed(&desk));
        desk.give("2026-11-23 10:50", &lead(), ask()).unwrap();
        desk.give("2026-11-23 11:00", &clerk(), Command::GrantDisclosure).unwrap();
        assert!(is_disclosed(&desk) && !desk.the_case().is_disclosed_to("城管"));
        let mut moved = desk.clone();
        moved.give("2026-11-23 11:10", &clerk(), dispatch("城管")).unwrap();
        assert!(!moved.the_case().is_disclosed_to("城管") && !is_disclosed(&moved));
        desk.give("2026-11-23 14:00", &clerk(), reply()).unwrap();
        assert!(!is_disclosed(&desk), "it is answered");
    }

    #[test]
    fn who_is_not_confidential_is_not_asked_for() {
        filed(false).refused(&lead(), ask(), "没有设保密");
    }
}
