//! 被反映对象: a case that is against an office of the county. It is confidential from the start, and
//! does not go to the very office that it is against, unless somebody says why.

use super::case::Case;
use super::event::{Intake, Kind};
use super::refusal::Refusal;
use crate::county::{Category, Department, Departments};

/// Shorter names are parts of other words: 残联, 移动.
const NAME_CHARS_MIN: usize = 3;
const OFFICIALS: [&str; 12] = [
    "村干部",
    "支书",
    "书记",
    "村主任",
    "村长",
    "村委",
    "镇长",
    "乡长",
    "局长",
    "干部",
    "民警",
    "公务员",
];

/// The group of kinds that are about offices and those who serve in them.
const OFFICES: &str = "16";

/// Somebody has to read whom it is against before it goes anywhere.
pub(super) fn is_about_offices(category: Option<&str>) -> bool {
    category.is_some_and(|code| code.starts_with(OFFICES))
}

/// Whose it is, those are not to learn who handle it: also where nobody was asked against whom it is.
pub(super) fn is_hidden(
    intake: &Intake,
    category: Option<&Category>,
    departments: &Departments,
) -> bool {
    let against = intake.respondent.as_deref().unwrap_or_default();
    let complains = matches!(intake.kind, Kind::Complaint | Kind::Report);
    intake.kind == Kind::Report
        || category.is_some_and(Category::is_confidential)
        || is_official(against, departments)
        || (complains && is_official(&intake.text, departments))
}

/// An office, or somebody who serves in one: whoever complains of it is not to be known there.
/// Companies must know their customers.
fn is_official(respondent: &str, departments: &Departments) -> bool {
    OFFICIALS.iter().any(|word| respondent.contains(word))
        || departments.iter().any(|one| one.kind != "company" && is_meant(respondent, one))
}

fn is_meant(respondent: &str, department: &Department) -> bool {
    let names = [&department.name, &department.short].into_iter().chain(&department.aliases);
    let mut names = names.map(String::as_str);
    names.any(|name| {
        respondent.trim() == name
            || (name.chars().count() >= NAME_CHARS_MIN && respondent.contains(name))
    })
}

/// `despite`: why it goes there all the same.
pub(super) fn may_have(case: &Case, department: &Department, despite: &str) -> Result<(), Refusal> {
    // Of an official her own words say it, where nobody typed it.
    let told = case.confidential && is_about_offices(case.category.as_deref());
    let words = if told { case.text.as_str() } else { "" };
    let against = case.respondent.as_deref().unwrap_or(words);
    match despite.trim().is_empty() && is_meant(against, department) {
        true => Err(Refusal::AgainstItself(department.short.clone())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, clerk, dispatch, dispatch_with, intake};
    use crate::desk::{Actor, Command, Intake, Sorting};

    fn against(respondent: &str) -> Desk {
        let respondent = Some(respondent.to_owned());
        Desk::filed("2026-11-23 10:00", Intake { respondent, ..intake() })
    }

    #[test]
    fn what_is_against_an_office_is_confidential() {
        for (respondent, expect) in [
            ("县公安局城关派出所", true),
            ("毛庄镇政府", true),
            ("毛庄村支书", true),
            ("残联", true),
            ("残联门口的小卖部", false),
            ("毛庄镇王大姐饭店", false),
            ("广电网络公司", false),
            ("某施工队", false),
        ] {
            assert_eq!(against(respondent).the_case().confidential, expect, "{respondent}");
        }
    }

    #[test]
    fn it_does_not_go_to_whom_it_is_against_unless_somebody_says_why() {
        let mut desk = against("住建局物业科");
        desk.refused(&clerk(), dispatch("住建"), "反映的就是住建局");
        desk.refused(&clerk(), dispatch_with("城管", &["住建"]), "反映的就是住建局");
        let lead = Actor::Staff {
            name: "经办人".into(),
            role: "department".into(),
            department: Some("城管".into()),
            at_machine: false,
        };
        desk.give("2026-11-23 10:10", &clerk(), dispatch("城管")).unwrap();
        let over = Command::AskHandover { to: "住建".into(), reason: "归它管".into() };
        desk.refused(&lead, over, "反映的就是住建局");
        let despite = Command::Dispatch {
            department: "住建".into(),
            helpers: Vec::new(),
            category: None,
            note: String::new(),
            despite: "由住建局机关纪委查，不经过物业科".into(),
            sorting: Sorting::default(),
        };
        desk.give("2026-11-24 16:10", &clerk(), despite).unwrap();
        assert_eq!(desk.the_case().department.as_deref(), Some("住建"));
    }
}
