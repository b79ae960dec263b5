//! What a number of the day counts, for those who are not told each case: lines without a person
//! and without a word of what was said.

use jiff::Timestamp;

use crate::desk::{Case, Standing};
use crate::store::{keys, list_by_index};

use super::Office;
use super::rights::Right;
use super::views::{CaseFilter, CommandError, Session};

const PAGE: usize = 100;
const READ: usize = 200;
const EXAMINED_MAX: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedLine {
    /// The digits.
    pub number: String,
    pub category: String,
    /// Empty where somebody wants it hidden: a small village has few who would write it.
    pub place: String,
    pub state_id: &'static str,
    pub state: &'static str,
    pub department: String,
    pub received_at: Timestamp,
    pub promised_at: Timestamp,
    pub overdue: bool,
    pub amber: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountedPage {
    pub rows: Vec<CountedLine>,
    /// Counted, and not shown: confidential ones of the place that was asked for.
    pub hidden: usize,
    pub next: Option<String>,
}

impl Office {
    pub async fn counted_cases(
        &self,
        session: &Session,
        filter: &CaseFilter,
    ) -> Result<CountedPage, CommandError> {
        session.must(Right::Reports)?;
        // Whoever could look for words would learn who has written them.
        let filter = CaseFilter { search: None, queue: None, ..filter.clone() };
        let is_of_place = filter.village.is_some() || filter.township.is_some();
        let mut range = self.list_range(&filter);
        if let Some(cursor) = &filter.after {
            range = keys::after_text(&range, cursor);
        }
        let mut page = CountedPage::default();
        let mut left = EXAMINED_MAX;
        while left > 0 {
            let found = list_by_index::<Case>(&*self.store, range.clone(), READ).await?;
            let Some((last, _)) = found.last() else {
                return Ok(CountedPage { next: None, ..page });
            };
            range = keys::after(&range, last);
            left = left.saturating_sub(READ);
            for (key, case) in found {
                let case = case.record;
                if !self.matches(&case, &filter) {
                    continue;
                }
                if page.rows.len() == PAGE {
                    return Ok(page);
                }
                match is_of_place && case.confidential {
                    true => page.hidden += 1,
                    false => page.rows.push(self.counted_line(&case)),
                }
                page.next = Some(keys::text(&key));
            }
        }
        Ok(page)
    }

    fn counted_line(&self, case: &Case) -> CountedLine {
        let standing = case.standing(self.clock.now(), &self.tables().calendar);
        let category = case.category.as_deref().and_then(|code| self.category_name(code));
        CountedLine {
            number: case.number.digits(),
            category: category.unwrap_or_default(),
            place: case.place_name.clone().filter(|_| !case.confidential).unwrap_or_default(),
            state_id: case.state.id(),
            state: case.state.word(),
            department: case
                .department
                .as_deref()
                .map(|id| self.department_name(id))
                .unwrap_or_default(),
            received_at: case.received_at,
            promised_at: case.round_due_at,
            overdue: standing == Standing::Overdue,
            amber: standing == Standing::Amber,
        }
    }
}
