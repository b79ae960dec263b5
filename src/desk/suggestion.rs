//! Who shall have a case: by the catalogue of leads, else by its kind of matter. A clerk decides;
//! only what the county has marked `auto` goes there by itself.

use jiff::Timestamp;

use super::case::Case;
use super::event::Change;
use super::limits::assignment_due;
use super::{Rules, platform, respondent};
use crate::county::{Category, Department, TOWNSHIPS};

/// What stands in the timeline where no clerk was.
const BY_ITSELF: &str = "这一类不用人看，系统直接派的";

/// Departments by their ids; all empty: nobody knows what kind of matter it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestion {
    pub lead: Option<String>,
    pub helpers: Vec<String>,
    /// Where it is written, when it was disputed once.
    pub basis: Option<String>,
}

pub fn suggestion(case: &Case, rules: &Rules) -> Suggestion {
    let Some(category) = category_of(case, rules) else { return Suggestion::default() };
    let place = case.place_code.as_deref().and_then(|code| rules.places.get(code));
    let township = place.map(|place| place.township.as_str());
    let meant = |word: &String| {
        let found = rules.departments.meant(word, township);
        found.map_or(word, |department: &Department| &department.id).clone()
    };
    match rules.leads.of(&category.code, &case.text) {
        Some(row) => Suggestion {
            lead: Some(meant(&row.lead)),
            helpers: row.co_handlers.iter().map(meant).collect(),
            basis: Some(format!("{}（{}定）", row.basis, row.decided_on)),
        },
        None => Suggestion { lead: Some(meant(&category.lead)), ..Suggestion::default() },
    }
}

fn category_of<'r>(case: &Case, rules: &Rules<'r>) -> Option<&'r Category> {
    case.category.as_deref().and_then(|code| rules.categories.get(code))
}

/// The dispatch of a case that came in just now and needs no clerk.
pub(super) fn at_once(case: &Case, now: Timestamp, rules: &Rules) -> Option<Change> {
    let category = category_of(case, rules).filter(|category| category.is_auto())?;
    if !goes_by_itself(case) {
        return None;
    }
    let Suggestion { lead, helpers, basis } = suggestion(case, rules);
    // One of several may lead: who it is, a person decides, unless the catalogue says.
    if basis.is_none() && !category.lead_alternatives.is_empty() {
        return None;
    }
    let department = lead.filter(|id| is_one(id, rules))?;
    let due_at = assignment_due(case.time_class, case.round_due_at, false, now, rules);
    let helpers = platform::helping(case, helpers, &department, (due_at, now), "", rules).ok()?;
    let note = basis.map_or(BY_ITSELF.to_owned(), |basis| format!("{BY_ITSELF}，依据：{basis}"));
    let (from, category, despite) = (None, None, String::new());
    Some(Change::Dispatched { department, from, due_at, category, note, despite, helpers })
}

/// Whose it is and what it is about need no second look: nobody is to be protected or is complained
/// of, nothing is dangerous, nothing like it came before, and no agent runs for her.
fn goes_by_itself(case: &Case) -> bool {
    !case.is_reviewed()
        && !case.danger
        && case.respondent.is_none()
        && !respondent::is_about_offices(case.category.as_deref())
        && case.repeats.is_none()
        && case.follows.is_none()
        && case.errand.is_none()
}

/// 乡镇 is many until the place is known.
fn is_one(id: &str, rules: &Rules) -> bool {
    id != TOWNSHIPS && rules.departments.get(id).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, intake};
    use crate::desk::{Actor, Change, Intake, Kind, State};

    /// 有线电视 and 路灯 go by themselves here; the shipped table marks nothing.
    const AUTO: [&str; 3] = ["0301", "0409", "0401"];

    fn filed(intake: Intake) -> Desk {
        let mut desk = Desk::with_auto(&AUTO);
        desk.file("2026-11-23 10:00", intake);
        desk
    }

    fn of(category: &str, text: &str) -> Intake {
        Intake { category: Some(category.into()), text: text.into(), ..intake() }
    }

    #[test]
    fn what_the_county_marked_goes_to_its_lead_at_once() {
        let desk = filed(of("0301", "电视没影儿了"));
        let case = desk.the_case();
        assert_eq!((case.state, case.department.as_deref()), (State::Dispatched, Some("广电网络")));
        assert_eq!(
            (case.dispatched_at, case.due_at),
            (Some(case.received_at), Some(case.promised_at))
        );
        let [_, dispatched] = &desk.events[..] else { panic!("{:?}", desk.events) };
        assert_eq!(dispatched.by, Actor::System);
        let Change::Dispatched { note, .. } = &dispatched.change else { panic!("{dispatched:?}") };
        assert!(note.contains("系统直接派的"), "{note}");
        // She hears of it as of any other.
        assert_eq!(desk.told.last().unwrap().as_ref().unwrap().id, "dispatched");
    }

    #[test]
    fn the_catalogue_says_who_and_the_township_is_that_of_the_place() {
        let here = |category, text| Intake {
            place_code: Some("130225109201".into()),
            ..of(category, text)
        };
        let by_catalogue = filed(here("0409", "村口的路灯不亮")).the_case();
        assert_eq!(by_catalogue.department.as_deref(), Some("毛庄镇"));
        let of_place = filed(here("0401", "村里的路坏了")).the_case();
        assert_eq!(of_place.department.as_deref(), Some("毛庄镇"));
    }

    #[test]
    fn what_a_person_has_to_look_at_waits_for_one() {
        let tv = || of("0301", "电视没影儿了");
        let number = tv().number;
        for (why, intake) in [
            ("not marked", of("0501", "垃圾没人拉")),
            ("no kind", Intake { category: None, ..tv() }),
            ("confidential", Intake { confidential: true, ..tv() }),
            ("a report", Intake { kind: Kind::Report, ..tv() }),
            ("danger", Intake { danger: Some("触电".into()), ..tv() }),
            ("against somebody", Intake { respondent: Some("装机的师傅".into()), ..tv() }),
            ("came again", Intake { repeats: Some(number), ..tv() }),
            ("goes on", Intake { follows: Some(number), ..tv() }),
            ("several", Intake { co_signers: vec!["p9".into()], ..tv() }),
            ("several may lead", of("0409", "路灯不亮")),
            ("no township", Intake { place_code: None, ..of("0401", "路坏了") }),
        ] {
            let case = filed(intake).the_case();
            assert_eq!((case.state, case.department), (State::Received, None), "{why}");
        }
        assert_eq!(Desk::filed("2026-11-23 10:00", tv()).the_case().state, State::Received);
    }
}
