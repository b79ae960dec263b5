//! A case as it stands: the fold of its events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::course::{
    Breach, CallBack, Contact, Course, Extension, Helping, Reclassed, Stop, Submitted,
};
use super::direction;
use super::disclosure::Disclosure;
use super::erase::Erased;
use super::errand::Errand;
use super::event::{
    Actor, Breached, CaseEvent, Change, Closing, Enclosed, Grade, Intake, Kind, Means, Reply,
    Resumption, Source,
};
use super::exclusion::Exclusion;
use super::redaction;
use super::slip::Slip;
use super::state::{Party, State, Step, led_to};
use super::visit::Visit;
use crate::county::{CaseNumber, CaseType, TimeClass};

/// How cases are called that came by telephone.
pub const TELEPHONE: &str = "telephone";
/// And by short message.
const SMS: &str = "sms";
/// Calls back that are tried before silence ends a case.
const CALLS_BACK_MIN: usize = 2;

/// Everything but the timeline, which is the events themselves, and who she is, which stands apart
/// (`private`). The fields from `department`
/// to `rating` are the current round's; `earlier` keeps those of the rounds before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub number: CaseNumber,
    pub kind: Kind,
    pub category: Option<String>,
    pub place_code: Option<String>,
    pub place_name: Option<String>,
    /// Made from category and place, for lists and notices.
    pub title: String,
    /// The villager's own words.
    pub text: String,
    pub photos: Vec<String>,
    pub voices: Vec<String>,
    /// The opaque id of the person record.
    pub person: String,
    pub submitted_by: Actor,
    pub channel: String,
    pub received_at: Timestamp,
    /// When she told it, where it was typed in later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// What the villager was promised at receipt; another time only with a reason, of which she is
    /// told.
    pub promised_at: Timestamp,
    pub calendar_version: String,
    pub time_class: TimeClass,
    pub state: State,
    /// From 1.
    pub round: u8,
    pub round_started_at: Timestamp,
    /// By when the villager shall be answered in this round; in the first, the promise.
    pub round_due_at: Timestamp,
    pub department: Option<String>,
    pub dispatched_at: Option<Timestamp>,
    /// The department's own limit.
    pub due_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub replied_at: Option<Timestamp>,
    pub reply: Option<Reply>,
    pub rating: Option<Grade>,
    pub rating_comment: String,
    #[serde(default)]
    pub course: Course,
    pub earlier: Vec<Round>,
    pub closed_at: Option<Timestamp>,
    pub closing: Option<Closing>,
    pub updated_at: Timestamp,
    /// How often she asked for haste, and when last.
    #[serde(default)]
    pub urges: u32,
    #[serde(default)]
    pub urged_at: Option<Timestamp>,
    /// How often she added something; what it was stands in the events.
    #[serde(default)]
    pub supplements: u32,
    #[serde(default)]
    pub follows: Option<CaseNumber>,
    /// She told of danger.
    #[serde(default)]
    pub danger: bool,
    #[serde(default)]
    pub respondent: Option<String>,
    /// Whose it is, the department does not learn.
    #[serde(default)]
    pub confidential: bool,
    #[serde(default)]
    pub source: Option<Source>,
    #[serde(default)]
    pub co_signers: Vec<String>,
    /// She has no address on any channel: no message reaches her.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
    /// 重复诉求: the same person had come with the same kind of matter not long before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<CaseNumber>,
    /// The case under which this one goes on.
    #[serde(default)]
    pub parent: Option<CaseNumber>,
    #[serde(default)]
    pub children: Vec<CaseNumber>,
    /// Of a 代办 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errand: Option<Errand>,
    /// What is struck out of the texts of this case, and which photos are out of sight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub struck: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub struck_photos: Vec<u8>,
    /// When the clock does something next; set by the host, for its index.
    #[serde(default)]
    pub wakes_at: Option<Timestamp>,
    /// Of the last event, see [`super::chain`]; set by the host, who draws the salts.
    #[serde(default)]
    pub chain: String,
    /// What is personal in it was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    /// The number of events.
    pub revision: u32,
}

/// The figures of a round that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    pub round: u8,
    pub started_at: Timestamp,
    pub round_due_at: Timestamp,
    pub department: Option<String>,
    pub dispatched_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub replied_at: Option<Timestamp>,
    pub reply: Option<Reply>,
    pub rating: Option<Grade>,
    pub rating_comment: String,
    #[serde(default)]
    pub course: Course,
}

impl Round {
    pub(super) fn was_late(&self) -> bool {
        let handed_in = self.course.handed_in_at.or(self.replied_at);
        self.course.has_breached(super::Breached::Handling)
            || handed_in.is_some_and(|at| at > self.round_due_at)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("there are no events: a case begins with `received`")]
    Empty,
    #[error("event {revision} is `{}`, which may not follow {}", .step.id(), .from.map_or("nothing", State::id))]
    Illegal { revision: u32, from: Option<State>, step: Step },
    #[error("event {revision} opens round {round} after round {before}")]
    Round { revision: u32, before: u8, round: u8 },
}

/// By herself, or by the one who sits in her village.
fn answered_by(event: &CaseEvent, channel: &str) -> Means {
    match event.by {
        Actor::Villager { .. } if channel == SMS => Means::Sms,
        Actor::Villager { .. } => Means::Wechat,
        _ => Means::Agent,
    }
}

/// The case that these events make, the oldest first.
pub fn fold(events: &[CaseEvent]) -> Result<Case, FoldError> {
    let (first, rest) = events.split_first().ok_or(FoldError::Empty)?;
    let mut case = Case::receive(first)?;
    for event in rest {
        case.apply(event)?;
    }
    Ok(case)
}

impl Case {
    /// The case that its first event makes.
    pub fn receive(event: &CaseEvent) -> Result<Self, FoldError> {
        let Change::Received { intake, title, time_class, promised_at, calendar_version } =
            &event.change
        else {
            return Err(FoldError::Illegal { revision: 1, from: None, step: event.change.step() });
        };
        let Intake {
            number,
            kind,
            category,
            place_code,
            place_name,
            text,
            photos,
            voices,
            person,
            channel,
            follows,
            danger,
            respondent,
            confidential,
            source,
            co_signers,
            repeats,
            heard,
            unreachable,
            // They stay with the event: they are about her words, not about the case.
            authorised: _,
            understood: _,
            // They stand apart.
            name: _,
            phone: _,
            place_note: _,
        } = (**intake).clone();
        Ok(Self {
            number,
            kind,
            category,
            place_code,
            place_name,
            title: title.clone(),
            text,
            photos,
            voices,
            person,
            submitted_by: event.by.clone(),
            channel,
            received_at: event.at,
            heard_at: heard.at,
            promised_at: *promised_at,
            calendar_version: calendar_version.clone(),
            time_class: *time_class,
            state: State::Received,
            round: 1,
            round_started_at: event.at,
            round_due_at: *promised_at,
            department: None,
            dispatched_at: None,
            due_at: None,
            accepted_at: None,
            replied_at: None,
            reply: None,
            rating: None,
            rating_comment: String::new(),
            course: Course::default(),
            earlier: Vec::new(),
            closed_at: None,
            closing: None,
            updated_at: event.at,
            urges: 0,
            urged_at: None,
            supplements: 0,
            follows,
            danger: danger.is_some(),
            respondent,
            confidential,
            source,
            co_signers,
            repeats,
            unreachable,
            parent: None,
            children: Vec::new(),
            struck: Vec::new(),
            struck_photos: Vec::new(),
            errand: (number.kind() == CaseType::Proxy).then(|| Errand::entrusted(event.at)),
            wakes_at: None,
            chain: String::new(),
            erased: None,
            revision: 1,
        })
    }

    /// Takes the next event. On an error nothing is changed.
    pub fn apply(&mut self, event: &CaseEvent) -> Result<(), FoldError> {
        let (revision, from, step) = (self.revision + 1, self.state, event.change.step());
        let after =
            led_to(from, step).ok_or(FoldError::Illegal { revision, from: Some(from), step })?;
        if let Change::Reopened { round, .. } = &event.change
            && *round != self.round.saturating_add(1)
        {
            return Err(FoldError::Round { revision, before: self.round, round: *round });
        }
        self.take(event);
        self.state = after;
        self.updated_at = event.at;
        self.revision = revision;
        Ok(())
    }

    fn take(&mut self, event: &CaseEvent) {
        let at = event.at;
        match &event.change {
            // No row leads here from a state: `led_to` has refused it.
            Change::Received { .. } => {}
            Change::Answered { text, .. } => {
                self.answer(at, super::Outcome::Explained, text, (None, &[]));
            }
            Change::Rejected { .. } | Change::Withdrawn { .. } => self.closed_at = Some(at),
            Change::Dispatched { department, from, due_at, category, helpers, .. } => {
                if from.is_some() {
                    self.go_on(at, *due_at);
                }
                self.department = Some(department.clone());
                self.dispatched_at = Some(at);
                self.due_at = Some(*due_at);
                self.accepted_at = None;
                self.course.accepted_silently = false;
                if category.is_some() {
                    self.category = category.clone();
                }
                let helping = |helper: &super::Helper| Helping {
                    department: helper.department.clone(),
                    due_at: helper.due_at,
                    replied_at: None,
                    text: String::new(),
                };
                self.course.leave_department();
                self.course.helpers = helpers.iter().map(helping).collect();
                self.course.return_asked_at = None;
                self.course.refuse_open_extension();
            }
            Change::Accepted => {
                self.accepted_at = Some(at);
                self.course.accepted_silently = event.by == Actor::System;
            }
            Change::ReturnAsked { .. } => {
                self.course.returns = self.course.returns.saturating_add(1);
                self.course.return_asked_at = Some(at);
                self.accepted_at.get_or_insert(at);
            }
            Change::ReturnRefused { appointed, due_at, reason: _ } => {
                self.course.return_asked_at = None;
                self.course.appointed = *appointed;
                self.due_at = Some(*due_at);
            }
            Change::HandoverAsked { to, reason: _ } => self.course.handover_to = Some(to.clone()),
            Change::HandoverDeclined { .. } => self.course.handover_to = None,
            Change::Progress { .. } => {
                if self.state == State::Deferred {
                    self.course.noted_plan_at = Some(at);
                }
            }
            Change::Contacted { means, reached, note: _ } => {
                let contact = Contact { at, means: *means, reached: *reached };
                self.course.contacts.push(contact);
            }
            Change::VisitAgreed { visit_at, who, note: _ } => {
                self.course.visit = Some(Visit { at: *visit_at, who: who.clone() });
            }
            Change::VisitCancelled { .. } => self.course.visit = None,
            Change::VisitNoted { kept, note: _ } => {
                let agreed = self.course.visit.take();
                let went = agreed.map_or(at, |visit| visit.at.min(at));
                match kept {
                    true => self.course.visited(Some(went)),
                    false => {
                        let missed = Contact { at, means: Means::Visit, reached: false };
                        self.course.contacts.push(missed);
                    }
                }
            }
            Change::CoReplied { department, text } => {
                let helper = self.course.helpers.iter_mut().find(|h| h.department == *department);
                if let Some(helper) = helper {
                    helper.replied_at = Some(at);
                    helper.text = text.clone();
                }
            }
            Change::InfoAsked { question } => {
                self.course.reminded = 0;
                self.course.stopped = Some(Stop { at, why: question.clone(), until: None });
            }
            Change::Deferred { plan, until, consent: _ } => {
                let until = Some(*until);
                self.course.stopped = Some(Stop { at, why: plan.clone(), until });
                self.course.noted_plan_at = Some(at);
            }
            Change::Resumed { round_due_at, due_at, reason } => {
                if let Some(stop) = self.course.stopped.take() {
                    self.course.stops.push((stop.at, at));
                }
                // A question that she answered: they have spoken with each other.
                if *reason == Resumption::Supplemented {
                    let means = answered_by(event, &self.channel);
                    self.course.contacts.push(Contact { at, means, reached: true });
                }
                self.round_due_at = *round_due_at;
                self.due_at = *due_at;
            }
            Change::ExtensionAsked { days, reason, evidence: _ } => {
                self.course.extensions.push(Extension {
                    asked_at: at,
                    asked_by: event.by.name().map(str::to_owned),
                    days: *days,
                    reason: reason.clone(),
                    granted: None,
                });
            }
            Change::ExtensionGranted { round_due_at } => {
                if let Some(extension) = self.course.extensions.last_mut() {
                    extension.granted = Some(true);
                }
                self.round_due_at = *round_due_at;
                self.due_at = Some(*round_due_at);
            }
            Change::ExtensionRefused { .. } => self.course.refuse_open_extension(),
            Change::Submitted { outcome, text, trips, visited_at } => {
                self.course.trips = *trips;
                self.course.visited(*visited_at);
                self.course.submitted = Some(Submitted {
                    at,
                    by: event.by.name().map(str::to_owned),
                    outcome: *outcome,
                    text: text.clone(),
                });
            }
            Change::ReviewReturned { due_at, reason: _ } => {
                self.course.submitted = None;
                self.due_at = due_at.or(self.due_at);
            }
            Change::Attached { file } => self.course.files.push(file.clone()),
            Change::Detached { n } => {
                let at = usize::from(*n).saturating_sub(1);
                if at < self.course.files.len() {
                    self.course.files.remove(at);
                }
            }
            Change::Replied { outcome, text, department, trips, visited_at, files } => {
                let submitted = self.course.submitted.take();
                self.course.handed_in_at = submitted.map(|submitted| submitted.at);
                self.course.visited(*visited_at);
                self.course.trips = trips.or(self.course.trips);
                self.answer(at, *outcome, text, (department.clone(), files));
            }
            Change::Rated { grade, comment } => {
                self.rating = Some(*grade);
                self.rating_comment = comment.clone();
                self.dispute(at);
            }
            Change::CalledBack { means, reached, solved, grade, note: _ } => {
                let call = CallBack { at, means: *means, reached: *reached, solved: *solved };
                self.course.calls_back.push(call);
                self.rating = self.rating.or(*grade);
                self.dispute(at);
            }
            Change::Reopened { round, reason: _, due_at } => self.begin_round(*round, at, *due_at),
            Change::FinalReplied { text, .. } => {
                self.closed_at = Some(at);
                self.closing = Some(Closing::Final);
                if let Some(reply) = &mut self.reply {
                    reply.text = text.clone();
                }
            }
            Change::Closed { closing, reason: _ } => {
                self.closed_at = Some(at);
                self.closing = Some(*closing);
            }
            Change::Urged => {
                self.urges = self.urges.saturating_add(1);
                self.urged_at = Some(at);
            }
            Change::Supplemented { .. } => self.supplements = self.supplements.saturating_add(1),
            Change::Merged { parent, reason: _ } => {
                self.parent = Some(*parent);
                self.course.visit = None;
                // Events of old programs: what she was asked is asked no more.
                self.course.stopped = None;
            }
            Change::Unmerged { .. } => {
                self.parent = None;
                self.course.leave_department();
                self.department = None;
                self.dispatched_at = None;
                self.due_at = None;
                self.accepted_at = None;
            }
            Change::Joined { child } => {
                // Events of old programs: it had been taken out without a word, and came back.
                if !self.children.contains(child) {
                    self.children.push(*child);
                }
            }
            Change::Parted { child } => self.children.retain(|one| one != child),
            Change::Hidden { .. } => self.confidential = true,
            Change::DisclosureAsked { .. } => {
                let asked_by = event.by.name().map(str::to_owned);
                self.course.disclosure = Some(Disclosure { asked_at: at, asked_by, granted: None });
            }
            Change::ExclusionAsked { .. } => {
                let asked_by = event.by.name().map(str::to_owned);
                let approved_by = Vec::new();
                self.course.exclusion = Some(Exclusion { asked_by, approved_by, refused: false });
            }
            Change::ExclusionApproved => {
                if let (Some(open), Some(by)) = (&mut self.course.exclusion, event.by.name()) {
                    open.approved_by.push(by.to_owned());
                }
            }
            Change::ExclusionRefused { .. } => {
                if let Some(open) = &mut self.course.exclusion {
                    open.refused = true;
                }
            }
            Change::Reminded => self.course.reminded = self.course.reminded.saturating_add(1),
            Change::DisclosureGranted => self.course.decide_disclosure(true),
            Change::DisclosureRefused { .. } => self.course.decide_disclosure(false),
            Change::CoSigned { person } => self.co_signers.push(person.clone()),
            Change::Breached { limit, department, due_at } => {
                self.course.breaches.push(Breach {
                    limit: *limit,
                    department: department.clone(),
                    due_at: *due_at,
                    at,
                });
                if let Some(direction) =
                    self.course.direction.as_mut().filter(|_| *limit == Breached::Direction)
                {
                    direction.is_late = true;
                }
            }
            Change::Recomputed { calendar_version, round_due_at, due_at, round_due_before: _ } => {
                self.calendar_version = calendar_version.clone();
                self.round_due_at = *round_due_at;
                self.due_at = *due_at;
            }
            Change::ErrandMoved { step, .. } | Change::ErrandKept { step, .. } => {
                if let Some(errand) = &mut self.errand {
                    errand.done.push((*step, at));
                }
            }
            Change::Supervised { promise_at, .. } => {
                self.course.supervisions = self.course.supervisions.saturating_add(1);
                self.course.called_at.get_or_insert(at);
                self.promised(*promise_at, &event.by);
            }
            Change::SlipSent { n, answer_by, department: _, demand: _ } => {
                let course = &mut self.course;
                course.supervisions = course.supervisions.saturating_add(1);
                course.slips = course.slips.saturating_add(1);
                let (sent_at, answer_by) = (at, *answer_by);
                let again = course.slip.is_some();
                course.slip = Some(Slip { n: *n, sent_at, answer_by, answered_at: None, again });
            }
            Change::SlipAnswered { promise_at, .. } => {
                self.promised(*promise_at, &event.by);
                if let Some(slip) = &mut self.course.slip {
                    slip.answered_at = Some(at);
                    if !slip.again {
                        self.course.called_at = Some(at);
                    }
                }
            }
            Change::Directed { n, answer_by, text: _ } => {
                self.course.direction = Some(direction::given(*n, &event.by, *answer_by));
            }
            Change::DirectionAnswered { .. } => {
                if let Some(direction) = &mut self.course.direction {
                    direction.answered_at = Some(at);
                }
            }
            Change::Warned { due_at, last: false } => self.course.warned_of = Some(*due_at),
            Change::Warned { due_at, last: true } => self.course.last_called_of = Some(*due_at),
            Change::Interviewed { interview, .. } => {
                self.course.interviews.push(interview.clone());
                // What is promised after that is a new beginning.
                self.course.called_at = None;
            }
            Change::Redacted { text, photos } => redaction::apply(self, text, photos),
            Change::Relocated { place_code, place_name, title, from: _, note: _ } => {
                self.place_code = Some(place_code.clone());
                self.place_name = Some(place_name.clone());
                self.title = title.clone();
            }
            Change::KindChanged { kind, .. } => {
                self.kind = *kind;
                self.confidential |= *kind == Kind::Report;
            }
            Change::Reclassified { class, from, round_due_at, due_at, .. } => {
                self.course.classes.push(Reclassed { at, from: *from, to: *class });
                self.time_class = *class;
                self.round_due_at = *round_due_at;
                self.due_at = *due_at;
            }
            Change::Promised { promised_at, .. } => {
                self.course.promises.push(at);
                if self.round == 1 {
                    self.promised_at = *promised_at;
                }
                self.round_due_at = *promised_at;
                self.due_at = self.due_at.map(|_| *promised_at);
            }
            Change::Signed { .. } => self.course.signed_at = Some(at),
            Change::Noted { .. } | Change::Archived => {}
        }
    }

    fn promised(&mut self, until: Timestamp, by: &Actor) {
        self.course.promise_at = Some(until);
        self.course.promise_is_taken = by.parties(Some(self)).contains(&Party::Director);
    }

    fn dispute(&mut self, at: Timestamp) {
        if self.is_disputed() {
            self.course.disputed_at.get_or_insert(at);
        }
    }

    fn answer(
        &mut self,
        at: Timestamp,
        outcome: super::Outcome,
        text: &str,
        (by, files): (Option<String>, &[Enclosed]),
    ) {
        self.replied_at = Some(at);
        self.course.reminded = 0;
        self.course.visit = None;
        let department = by.or_else(|| self.department.clone()).unwrap_or_default();
        let (text, files) = (text.to_owned(), files.to_vec());
        self.reply = Some(Reply { outcome, text, department, files });
    }

    /// What a department is to this case.
    pub fn parties_of(&self, department: &str) -> Vec<Party> {
        let mut parties = Vec::new();
        if self.department.as_deref() == Some(department) {
            parties.push(Party::Lead);
        }
        if self.course.helpers.iter().any(|helper| helper.department == department) {
            parties.push(Party::Co);
        }
        if self.course.handover_to.as_deref() == Some(department) {
            parties.push(Party::Receiver);
        }
        parties
    }

    /// When it was over; of one that is open, when it changed last.
    pub fn ended_at(&self) -> Timestamp {
        self.closed_at.unwrap_or(self.updated_at)
    }

    /// Hers: she filed it, or signed with the one who did.
    pub fn is_of(&self, person: &str) -> bool {
        self.person == person || self.co_signers.iter().any(|signer| signer == person)
    }

    /// What a villager is to it.
    pub fn party_of(&self, person: &str) -> Party {
        match (self.person == person, self.is_of(person)) {
            (true, _) => Party::Owner,
            (false, true) => Party::Signer,
            (false, false) => Party::Neighbour,
        }
    }

    /// The platform looks at the answer before she gets it.
    pub fn is_reviewed(&self) -> bool {
        self.kind == Kind::Report
            || self.round > 1
            || self.confidential
            || !self.children.is_empty()
            || !self.co_signers.is_empty()
    }

    /// She may not have read a message, or it was grave: silence does not end it before the platform
    /// has tried to ask her.
    pub fn is_called_back(&self) -> bool {
        self.time_class == TimeClass::U
            || self.unreachable
            || matches!(self.kind, Kind::Complaint | Kind::Report)
            || (self.channel == TELEPHONE && self.kind != Kind::Consult)
    }

    pub fn waits_for_call(&self) -> bool {
        let calls = &self.course.calls_back;
        let tried = calls.len() >= CALLS_BACK_MIN || calls.iter().any(|call| call.reached);
        self.state == State::Replied && self.rating.is_none() && self.is_called_back() && !tried
    }

    /// The same department has it again, until a clerk sends it elsewhere.
    fn begin_round(&mut self, round: u8, at: Timestamp, due_at: Timestamp) {
        self.earlier.push(Round {
            round: self.round,
            started_at: self.round_started_at,
            round_due_at: self.round_due_at,
            department: self.department.clone(),
            dispatched_at: self.dispatched_at.take(),
            due_at: self.due_at.take(),
            accepted_at: self.accepted_at.take(),
            replied_at: self.replied_at.take(),
            reply: self.reply.take(),
            rating: self.rating.take(),
            rating_comment: std::mem::take(&mut self.rating_comment),
            course: std::mem::take(&mut self.course),
        });
        // How often it was asked to be taken back counts for the case, not for the round.
        self.course.returns = self.earlier.last().map_or(0, |round| round.course.returns);
        // Nor does what a leader wrote go with the round.
        self.course.direction =
            self.earlier.last().and_then(|round| round.course.direction.clone());
        self.round = round;
        self.round_started_at = at;
        self.round_due_at = due_at;
        self.due_at = Some(due_at);
    }
}
