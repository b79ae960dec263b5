//! One case whole, for programs: the record and its events, without what the one who asks may
//! not see. What people read of it is made in `case_view`.

use crate::desk::private::Veil;
use crate::desk::{Actor, Case, CaseEvent, Change, Standing, Who};
use crate::store::{keys, load};

use super::rights::{Right, Sight};
use super::views::{CaseFilter, CaseForm, CommandError, Session};
use super::{Office, case_forms};

const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=60;

#[derive(Debug, Clone)]
pub struct CaseFile {
    pub case: Case,
    /// The first one has the number 1.
    pub events: Vec<CaseEvent>,
    /// What stands beside each in the timeline.
    pub details: Vec<String>,
    /// Whose it is was asked for, and is shown.
    pub identity: bool,
    /// As far as it is.
    pub who: Who,
    /// What may be done next by the one who asks.
    pub commands: Vec<CaseForm>,
}

impl Office {
    /// `reason`: why the name and the telephone number are wanted; without one they are left out.
    pub async fn case_file(
        &self,
        session: &Session,
        number: &str,
        reason: Option<&str>,
    ) -> Result<CaseFile, CommandError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        let mut case = case.ok_or(CommandError::NotFound)?.record.clone();
        let sight = session.sight(&case, self.is_overdue(&case));
        if sight == Sight::Nothing {
            return Err(CommandError::NotFound);
        }
        let identity = match reason.map(str::trim) {
            None => false,
            Some(reason) => self.may_know(session, &case, reason).await?,
        };
        let commands = self.forms_of(&case, session);
        let found = self.events(number).await?;
        let mut events: Vec<CaseEvent> = found.into_iter().map(|one| one.record.event).collect();
        let mut who = self.who(number).await?;
        // Whose it is stands apart; the events say it nowhere.
        events.iter_mut().for_each(hide_in_event);
        let veil = match identity {
            true => Veil::thin(&case),
            false => Veil::of(&case, &who),
        };
        if !identity || !session.may(Right::Identity) {
            events.iter_mut().for_each(|event| veil.over_event(event));
            veil.over_case(&mut case);
        }
        if !identity {
            (who.name, who.phone) = (None, None);
            hide(&mut case);
        }
        let details = events.iter().map(|event| self.detail(&event.change)).collect();
        if sight != Sight::Whole && !identity {
            who.place_note.clear();
        }
        Ok(CaseFile { case, events, details, identity, who, commands })
    }

    /// A page of cases, without whose they are, and the place in the list behind it.
    pub async fn found_cases(
        &self,
        session: &Session,
        filter: &CaseFilter,
        limit: usize,
    ) -> Result<(Vec<Case>, Option<String>), CommandError> {
        let (mut cases, next) = self.find_cases(session, filter, limit).await?;
        let whose = self.who_of_all(&cases).await?;
        for (case, who) in cases.iter_mut().zip(&whose) {
            Veil::of(case, who).over_case(case);
            hide(case);
        }
        Ok((cases, next))
    }

    pub fn standing(&self, case: &Case) -> Standing {
        case.standing(self.clock.now(), &self.tables().calendar)
    }

    /// Those that see a case whole may know whose it is, if they say why. It is written down.
    async fn may_know(
        &self,
        session: &Session,
        case: &Case,
        reason: &str,
    ) -> Result<bool, CommandError> {
        if !session.may_identify(case, self.is_overdue(case)) {
            return Err(CommandError::Refused("诉求人的姓名和电话，这把钥匙不能看。".into()));
        }
        if !REASON_CHARACTERS.contains(&reason.chars().count()) {
            let text = "请写明为什么要看姓名和电话，2到60个字，例如：上门前联系。";
            return Err(CommandError::Refused(text.into()));
        }
        self.look_at(session, case, reason).await?;
        Ok(true)
    }

    fn forms_of(&self, case: &Case, session: &Session) -> Vec<CaseForm> {
        let (departments, categories) = (self.department_choices(), self.category_choices());
        let tables = self.tables();
        let lists = case_forms::Lists {
            rules: tables.rules(),
            departments: &departments,
            categories: &categories,
            suggested: None,
            helpers: &[],
            replies: &tables.replies,
            liaison: tables.liaison_of(case),
        };
        case_forms::open(case, &session.actor(), self.clock.now(), &lists)
    }
}

/// Takes out whose it is.
pub(super) fn hide(case: &mut Case) {
    case.person.clear();
    // How many they are is no secret.
    case.co_signers.iter_mut().for_each(String::clear);
    hide_actor(&mut case.submitted_by);
}

fn hide_actor(by: &mut Actor) {
    if let Actor::Villager { person } = by {
        person.clear();
    }
}

fn hide_in_event(event: &mut CaseEvent) {
    hide_actor(&mut event.by);
    match &mut event.change {
        Change::Received { intake, .. } => {
            intake.name = None;
            intake.phone = None;
            intake.person.clear();
            intake.authorised.clear();
            intake.co_signers.iter_mut().for_each(String::clear);
            intake.understood.retain(|one| !["姓名", "电话"].contains(&&*one.what));
        }
        Change::CoSigned { person } => person.clear(),
        _ => {}
    }
}
