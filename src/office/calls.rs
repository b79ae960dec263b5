//! The desks at which somebody works off one case after the other: telephones departments that
//! are late, calls villagers back, or signs as the head of a department.

use crate::county::{Contact, words};
use crate::desk::{Case, Queue};

use super::Office;
use super::rights::Right;
use super::views::{CaseFilter, CaseView, CommandError, Session};

const SHOWN: usize = 10;
/// Stands in the log of looks, which she may read.
const WHY: &str = "回访，问办得怎么样";

words! {
    CallDesk {
        Supervision "supervision" "电话督办",
        CallBacks "call_backs" "回访",
        Head "head" "负责人签字",
    }
}

impl CallDesk {
    fn right(self) -> Right {
        match self {
            CallDesk::Supervision => Right::Supervise,
            CallDesk::CallBacks => Right::Dispatch,
            CallDesk::Head => Right::Sign,
        }
    }

    fn queue(self) -> Queue {
        match self {
            CallDesk::Supervision => Queue::Supervision,
            CallDesk::CallBacks => Queue::CallBacks,
            CallDesk::Head => Queue::Late,
        }
    }

    /// The forms in which the outcome is written down.
    fn actions(self) -> &'static [&'static str] {
        match self {
            CallDesk::Supervision => &["supervise", "call_missed", "slip"],
            CallDesk::CallBacks => &["call_back"],
            CallDesk::Head => &["sign", "answer_slip"],
        }
    }
}

/// One case, with what is needed at that desk only.
#[derive(Debug, Clone)]
pub struct CallCard {
    /// Its forms are those of the desk.
    pub case: CaseView,
    /// Of the department that has it; empty: not known.
    pub phone: String,
    pub liaison: Contact,
    pub head: Contact,
    /// How often it was called about before, in this round.
    pub calls: usize,
}

impl Office {
    /// What is due first comes first. `seen`: the case whose villager is telephoned now; the look
    /// is written down.
    pub async fn call_desk(
        &self,
        session: &Session,
        desk: CallDesk,
        seen: Option<&str>,
    ) -> Result<Vec<CallCard>, CommandError> {
        session.must(desk.right())?;
        let filter = CaseFilter { queue: Some(desk.queue()), ..CaseFilter::default() };
        let (cases, _) = self.find_cases(session, &filter, SHOWN).await?;
        let mut cards = Vec::with_capacity(cases.len());
        for case in &cases {
            let number = case.number.digits();
            let view = match seen == Some(&*number) && desk == CallDesk::CallBacks {
                true => self.case_with_identity(session, &number, WHY).await?,
                false => self.case(session, &number).await?,
            };
            // It went on at this moment.
            let Some(mut view) = view else { continue };
            view.forms.retain(|form| desk.actions().contains(&form.action));
            cards.push(self.call_card(desk, case, view));
        }
        Ok(cards)
    }

    fn call_card(&self, desk: CallDesk, case: &Case, view: CaseView) -> CallCard {
        let tables = self.tables();
        let department = case.department.as_deref().and_then(|id| tables.departments.get(id));
        CallCard {
            case: view,
            phone: department.map(|found| found.phone.clone()).unwrap_or_default(),
            liaison: department.map(|found| found.liaison.clone()).unwrap_or_default(),
            head: department.map(|found| found.head.clone()).unwrap_or_default(),
            calls: match desk {
                CallDesk::CallBacks => case.course.calls_back.len(),
                _ => usize::from(case.course.supervisions),
            },
        }
    }
}
