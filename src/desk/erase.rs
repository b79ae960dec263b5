//! What goes of a case when a person is forgotten, and what stays: its kind, its place, who had
//! it, every time and every grade. So no figure, ledger total or measure changes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::refusal::Refusal;
use crate::county::words;

words! {
    /// How much goes.
    Depth {
        /// Who she is. What was reported and answered stays, without her name.
        Identity "identity" "姓名电话住址",
        /// All that was written as well.
        All "all" "姓名电话住址和全部原话",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    pub at: Timestamp,
    pub depth: Depth,
}

/// Nobody could reach her any more: so not while somebody works on it.
pub fn may_erase(case: &Case) -> Result<(), Refusal> {
    if case.state.is_open() { Err(Refusal::StillOpen(case.number)) } else { Ok(()) }
}

/// The case without her. What was erased deeper before stays so.
pub fn without(case: &Case, depth: Depth, at: Timestamp) -> Case {
    let mut case = case.clone();
    let before = case.erased.map(|erased| erased.depth);
    let depth = before.map_or(depth, |before| before.max(depth));
    case.erased = Some(Erased { at, depth });
    if depth == Depth::Identity {
        return case;
    }
    case.photos.clear();
    case.voices.clear();
    super::private::each_of_case(&mut case, &mut String::clear);
    case.struck.clear();
    case.respondent = None;
    case
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::figures::{Figures, Line};
    use super::super::tests::{Desk, Tables, at};
    use super::super::{fold, ledger, measures};
    use super::*;
    use crate::desk::{CaseEvent, Who};
    use crate::meaning::Keywords;

    fn lives() -> Vec<Case> {
        let files = [
            include_str!("../../tests/fixtures/desk/events.jsonl"),
            include_str!("../../tests/fixtures/desk/departments.jsonl"),
            include_str!("../../tests/fixtures/desk/withdrawn.jsonl"),
            include_str!("../../tests/fixtures/desk/rejected.jsonl"),
        ];
        let events = |text: &str| -> Vec<CaseEvent> {
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        files.iter().map(|file| fold(&events(file)).unwrap()).collect()
    }

    #[test]
    fn nothing_written_stays_and_no_figure_changes() {
        let before = lives();
        assert!(before.iter().all(|case| !case.state.is_open()));
        let after: Vec<Case> =
            before.iter().map(|case| without(case, Depth::All, at("2029-12-01 09:00"))).collect();
        let json = serde_json::to_string(&after).unwrap();
        for personal in
            ["没影儿", "请谅解", "某施工队", "自己修好", "写明白的理由", "还是没", "现场照片"]
        {
            assert!(!json.contains(personal), "{personal}: {json}");
        }

        let tables = Tables::shipped();
        let rules = tables.rules();
        let month = (at("2026-11-01 00:00"), at("2026-12-01 00:00"));
        // Which words rise is no count: they go with what she wrote.
        let no_words = Keywords::parse("code,words,except\n", rules.categories).unwrap();
        let figures = |cases: &[Case]| {
            let lines: Vec<Line> =
                cases.iter().map(|case| Line::of(case, rules.calendar, &no_words)).collect();
            Figures::of(lines.iter(), at("2026-11-30 12:00"), month, rules.calendar)
        };
        assert_eq!(figures(&before), figures(&after));
        let tallies = |cases: &[Case]| {
            let mut tallies = BTreeMap::new();
            for case in cases {
                measures::count(&mut tallies, case, month, rules.calendar);
            }
            format!("{tallies:?}")
        };
        assert_eq!(tallies(&before), tallies(&after));
        assert!(tallies(&before).len() > 100, "something is counted");
        let sums = |cases: &[Case]| {
            let mut sums = ledger::MonthSums::default();
            cases.iter().for_each(|case| sums.count_case(month, case));
            sums
        };
        assert_eq!(sums(&before), sums(&after));

        let plain = |id: &str| id.to_owned();
        let names = ledger::Names { department: &plain, channel: &plain, place: &|_| None };
        let now = at("2026-12-30 12:00");
        let line = |case: &Case| {
            let who = (&Who::default(), ledger::Identity::Whole);
            ledger::case_line(1, (case, "短信"), who, &names, &rules, now)
        };
        let texts = ["诉求内容", "被反映对象", "答复内容"];
        for (before, after) in before.iter().zip(&after) {
            for ((head, was), is) in ledger::CASE_COLUMNS.iter().zip(line(before)).zip(line(after))
            {
                let expect = if texts.contains(head) { String::new() } else { was };
                assert_eq!(is, expect, "{head}");
            }
        }
    }

    #[test]
    fn who_she_is_goes_alone_and_what_is_gone_stays_gone() {
        let case = &lives()[0];
        let once = without(case, Depth::Identity, at("2027-01-01 09:00"));
        assert_eq!(Case { erased: None, ..once.clone() }, *case, "her words stay");
        let twice = without(&once, Depth::All, at("2027-01-02 09:00"));
        let third = without(&twice, Depth::Identity, at("2027-01-03 09:00"));
        assert_eq!(third.erased.unwrap().depth, Depth::All);
        assert!(third.text.is_empty());
    }

    #[test]
    fn an_open_case_is_not_erased() {
        let open = Desk::filed("2026-11-23 10:00", super::super::tests::intake()).the_case();
        let error = may_erase(&open).unwrap_err().to_string();
        assert!(error.contains("126-041-273") && error.contains("还在办"), "{error}");
        assert_eq!(may_erase(&lives()[0]), Ok(()));
    }
}
