//! A consumer's complaint has limits of its own, which run beside ours: the market supervision
//! says within seven working days whether it takes it up, and mediates within forty-five working
//! days from then. (Measures for handling complaints and reports in market supervision.)

use jiff::Timestamp;

use super::case::Case;
use crate::calendar::{Calendar, Limit, spoken};

const TAKE_UP: Limit = Limit::WorkingDays(7);
const MEDIATE: Limit = Limit::WorkingDays(45);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mediation {
    /// By when it is said whether it is taken up.
    TakeUp(Timestamp),
    /// It was; by when it ends.
    End(Timestamp),
}

pub fn mediation(case: &Case, calendar: &Calendar) -> Mediation {
    match case.accepted_at {
        None => Mediation::TakeUp(calendar.due(case.received_at, TAKE_UP)),
        Some(at) => Mediation::End(calendar.due(at, MEDIATE)),
    }
}

impl std::fmt::Display for Mediation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mediation::TakeUp(at) => {
                write!(f, "{}前决定受不受理，受理后45个工作日里调解", spoken(*at))
            }
            Mediation::End(at) => write!(f, "已受理，{}前调解完", spoken(*at)),
        }
    }
}
