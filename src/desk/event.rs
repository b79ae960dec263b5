//! What happened to a case. Events are only ever added, so old ones must always load: fields
//! may be added with a default, never renamed or taken away. As JSON they are for others to
//! read too:
//!
//! `{"at":"2026-11-24T01:30:00Z","by":{"type":"staff","name":"..."},"change":{"type":"accepted"}}`

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::errand::ErrandStep;
pub use super::event_words::{
    Breached, Closing, Grade, Kind, Means, Outcome, Rejection, Resumption, Role, Solved, Trips,
};
use super::state::Party;
use crate::county::CaseNumber;
use crate::county::TimeClass;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseEvent {
    pub at: Timestamp,
    pub by: Actor,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// By the id of the person record, never by a channel address.
    Villager {
        person: String,
    },
    Staff {
        name: String,
        /// The id of a [`Role`].
        role: String,
        /// The id in departments.csv of one who works for a department; of another platform
        /// the name of its system.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        department: Option<String>,
        /// By somebody at the machine itself, in her name and without her password.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        at_machine: bool,
    },
    System,
}

impl Actor {
    /// Of the county's platform itself, not of a department.
    pub fn clerk(name: impl Into<String>) -> Self {
        Actor::Staff {
            name: name.into(),
            role: "clerk".into(),
            department: None,
            at_machine: false,
        }
    }

    /// What they are to this case; a stranger is nothing.
    pub fn parties(&self, case: Option<&Case>) -> Vec<Party> {
        let Actor::Staff { role, department, .. } = self else {
            return match self {
                Actor::Villager { person } => {
                    vec![case.map_or(Party::Owner, |case| case.party_of(person))]
                }
                _ => vec![Party::System],
            };
        };
        match (role.as_str(), department) {
            ("clerk", _) => vec![Party::Staff],
            ("supervisor", _) => vec![Party::Supervisor],
            ("director", _) => vec![Party::Staff, Party::Supervisor, Party::Director],
            ("agent", _) => vec![Party::Agent],
            ("organisation", _) => vec![Party::Organisation],
            ("leader", _) => vec![Party::Leader],
            ("department_head", Some(department)) => {
                let is_lead = case.is_some_and(|case| case.department.as_ref() == Some(department));
                if is_lead { vec![Party::Head] } else { Vec::new() }
            }
            // What it has sent itself.
            ("source", system) => {
                let is_own = case.is_none_or(|case| {
                    case.source.as_ref().map(|source| &source.system) == system.as_ref()
                });
                if is_own && system.is_some() { vec![Party::Source] } else { Vec::new() }
            }
            ("department" | "township", Some(department)) => {
                case.map_or_else(|| vec![Party::Counter], |case| case.parties_of(department))
            }
            _ => Vec::new(),
        }
    }

    /// The name of one who signs in.
    pub fn name(&self) -> Option<&str> {
        match self {
            Actor::Staff { name, .. } => Some(name),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    Received {
        intake: Box<Intake>,
        title: String,
        time_class: TimeClass,
        promised_at: Timestamp,
        /// Of the tables by which the promise was reckoned.
        calendar_version: String,
    },
    /// At once, without a department.
    Answered {
        text: String,
        /// Where it is written: a policy, an article, a person asked.
        basis: String,
    },
    Rejected {
        reason: Rejection,
        /// Where to go instead.
        instead: String,
    },
    Dispatched {
        /// Id in departments.csv.
        department: String,
        /// The department that had it in this round until now.
        #[serde(default)]
        from: Option<String>,
        /// By when this department must answer. The promise to the villager stays as it is.
        due_at: Timestamp,
        /// The new code, when the clerk changed the category; the time class stays.
        category: Option<String>,
        /// For the department, not for the villager.
        note: String,
        /// Why it goes to the very one that it is against.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        despite: String,
        /// Those who help, and by when each must have answered the lead.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        helpers: Vec<Helper>,
    },
    Accepted,
    ReturnAsked {
        /// The rule by which it is not theirs.
        basis: String,
    },
    ReturnRefused {
        reason: String,
        /// For good: it can not be asked again.
        appointed: bool,
        /// The department's time, lengthened by what the question took.
        due_at: Timestamp,
    },
    HandoverAsked {
        to: String,
        reason: String,
    },
    HandoverDeclined {
        reason: String,
    },
    Progress {
        text: String,
    },
    Contacted {
        means: Means,
        reached: bool,
        note: String,
    },
    /// Somebody comes to her then, as it was agreed with her.
    VisitAgreed {
        visit_at: Timestamp,
        /// Who comes.
        who: String,
        note: String,
    },
    VisitCancelled {
        reason: String,
    },
    /// They met, or they did not.
    VisitNoted {
        kept: bool,
        note: String,
    },
    CoReplied {
        department: String,
        text: String,
    },
    InfoAsked {
        question: String,
    },
    /// The clock runs again.
    Resumed {
        reason: Resumption,
        /// By when she shall be answered now.
        round_due_at: Timestamp,
        due_at: Option<Timestamp>,
    },
    ExtensionAsked {
        /// Working days.
        days: u8,
        reason: String,
        evidence: String,
    },
    ExtensionGranted {
        round_due_at: Timestamp,
    },
    ExtensionRefused {
        reason: String,
    },
    Deferred {
        /// For the villager.
        plan: String,
        until: Timestamp,
        /// Of the department's head, where it does not stand on the case as a signature.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        consent: String,
    },
    /// An answer that the platform looks at first.
    Submitted {
        outcome: Outcome,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trips: Option<Trips>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        visited_at: Option<Timestamp>,
    },
    ReviewReturned {
        reason: String,
        /// What the platform took to read it is given back to the department.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
    /// To go with the answer.
    Attached {
        file: Enclosed,
    },
    /// By its place among them, from 1.
    Detached {
        n: u8,
    },
    Replied {
        outcome: Outcome,
        text: String,
        /// In whose name, when not in the lead's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        department: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trips: Option<Trips>,
        /// When somebody came to her, or to the spot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        visited_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Enclosed>,
    },
    Rated {
        grade: Grade,
        comment: String,
    },
    CalledBack {
        means: Means,
        reached: bool,
        solved: Option<Solved>,
        /// What she thinks of it, where she had not rated it before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grade: Option<Grade>,
        note: String,
    },
    Reopened {
        /// The new round, from 2.
        round: u8,
        reason: String,
        due_at: Timestamp,
    },
    FinalReplied {
        text: String,
        /// The paper that the head has signed.
        document: String,
    },
    Closed {
        closing: Closing,
        reason: String,
    },
    /// She asks for haste.
    Urged,
    /// She has more to say or to show.
    Supplemented {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        voices: Vec<String>,
    },
    /// She takes it back.
    Withdrawn {
        reason: String,
    },
    /// Under `parent` from now on.
    Merged {
        parent: CaseNumber,
        reason: String,
    },
    Unmerged {
        reason: String,
    },
    /// `child` goes on under this case.
    Joined {
        child: CaseNumber,
    },
    /// `child` goes on by itself again.
    Parted {
        child: CaseNumber,
    },
    /// Whose it is, is hidden from the department.
    Hidden {
        reason: String,
    },
    /// The department wants to know whose it is.
    DisclosureAsked {
        reason: String,
    },
    DisclosureGranted,
    DisclosureRefused {
        reason: String,
    },
    /// No department shall be measured by it.
    ExclusionAsked {
        reason: String,
    },
    ExclusionApproved,
    ExclusionRefused {
        reason: String,
    },
    /// Of a question that she has not answered, or an answer that she has not rated.
    Reminded,
    /// Among staff.
    Noted {
        text: String,
    },
    /// The head of the department has looked at it, and says so.
    Signed {
        text: String,
    },
    /// For nobody's eyes but the platform's.
    Redacted {
        /// What is struck out of her words, one a line.
        text: String,
        /// Their places in the case, from 1.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<u8>,
    },
    /// It is about another village than was understood.
    Relocated {
        place_code: String,
        /// As shown: `胡家坨镇大黑坨村`.
        place_name: String,
        /// Where it was until now.
        from: Option<String>,
        /// With the new village in it.
        title: String,
        note: String,
    },
    /// She wants something else than was written down: 求助, 投诉, 举报 ...
    KindChanged {
        kind: Kind,
        from: Kind,
        reason: String,
    },
    /// Another time class than was understood. Without a new promise the time only gets shorter.
    Reclassified {
        class: TimeClass,
        from: TimeClass,
        reason: String,
        round_due_before: Timestamp,
        round_due_at: Timestamp,
        due_at: Option<Timestamp>,
    },
    /// She is promised another time than before.
    Promised {
        promised_at: Timestamp,
        before: Timestamp,
        reason: String,
    },
    /// One more signs with her, and hears what she hears.
    CoSigned {
        /// The id of the person record, where her name stands.
        person: String,
    },
    Breached {
        limit: Breached,
        department: Option<String>,
        due_at: Timestamp,
    },
    /// The platform has telephoned the department that is late.
    Supervised {
        callee: String,
        title: String,
        promise_at: Timestamp,
        note: String,
    },
    /// 督办单, to the head of the department that is still late.
    SlipSent {
        /// Of this case, from 1.
        n: u8,
        department: String,
        /// What it shall answer.
        demand: String,
        answer_by: Timestamp,
    },
    SlipAnswered {
        n: u8,
        /// Why it is late, and what is done about it.
        text: String,
        promise_at: Timestamp,
    },
    /// 批示: a leader has written on it what shall be done, and by when it is answered.
    Directed {
        /// Of this case, from 1.
        n: u8,
        text: String,
        answer_by: Timestamp,
    },
    DirectionAnswered {
        n: u8,
        text: String,
    },
    /// Most of a department's time is used.
    Warned {
        due_at: Timestamp,
        /// The second time, shortly before the end.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        last: bool,
    },
    /// The head of the department was called in about it.
    Interviewed {
        /// The id of the [`super::Interview`].
        interview: String,
        held_at: Timestamp,
        /// What was agreed.
        measures: String,
    },
    /// The calendar was amended.
    Recomputed {
        calendar_version: String,
        round_due_before: Timestamp,
        round_due_at: Timestamp,
        due_at: Option<Timestamp>,
    },
    /// A step of an errand that she is told of.
    ErrandMoved {
        step: ErrandStep,
        text: String,
    },
    /// One behind the delivery.
    ErrandKept {
        step: ErrandStep,
        text: String,
    },
    Archived,
}

impl Change {
    /// The ids of photos, recordings and papers that came with it.
    pub fn media(&self) -> impl Iterator<Item = &String> {
        let none = (&[][..], &[][..]);
        let file = match self {
            Change::Attached { file } => Some(&file.id),
            _ => None,
        };
        let (photos, voices) = match self {
            Change::Received { intake, .. } => (&intake.photos[..], &intake.voices[..]),
            Change::Supplemented { photos, voices, .. } => (&photos[..], &voices[..]),
            _ => none,
        };
        photos.iter().chain(voices).chain(file)
    }
}

/// A department that helps the lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helper {
    pub department: String,
    pub due_at: Timestamp,
}

/// Another platform's own number for a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub system: String,
    pub id: String,
}

/// What a case begins with: all of the villager's own words, never edited later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intake {
    /// Given by the caller, unused so far.
    pub number: CaseNumber,
    pub kind: Kind,
    /// Code in categories.csv; `None`: nobody knows yet, time class C.
    pub category: Option<String>,
    /// 12 digits.
    pub place_code: Option<String>,
    /// As shown: `毛庄镇毛庄村`.
    pub place_name: Option<String>,
    /// Door, crossroads, what stands nearby.
    #[serde(default)]
    pub place_note: String,
    pub text: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Ids by which the host hands the files out.
    #[serde(default)]
    pub photos: Vec<String>,
    #[serde(default)]
    pub voices: Vec<String>,
    /// Whose case it is: the opaque id of the person record. The way to reach her is not
    /// here; the host keeps it, and it goes when she unfollows. The case stays.
    pub person: String,
    /// The stable word of the terminal: `wechat`, `sms`, `telephone` ...
    pub channel: String,
    /// The closed case that this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<CaseNumber>,
    /// What danger she told of: class U, whatever the category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger: Option<String>,
    /// Against whom or what, when it is against somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respondent: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Others who sign with her, by the ids of their person records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub co_signers: Vec<String>,
    /// The case with which the same person came for the same kind of matter not long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<CaseNumber>,
    /// She has no address on any channel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
    /// How she let somebody else speak for her, where somebody does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub authorised: String,
    /// What was made of her words, beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub understood: Vec<Understood>,
    #[serde(default, skip_serializing_if = "Heard::is_plain")]
    pub heard: Heard,
}

/// Where it was told before it was typed in here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// When; it was on paper until there was power or a line again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What the telephone exchange calls its recording.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub recording: String,
}

impl Heard {
    fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// One thing that was understood, how, and how surely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// 地点, 类别, 险情 ...
    pub what: String,
    /// As it is shown: 大黑坨村, 路灯.
    pub value: String,
    /// 照原话, 照读音, 从话里认出来 ...
    pub how: String,
    /// Her own word for it, where it is not the value: 大黑托.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// In percent, where the program guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
}

impl Intake {
    /// Of `person` over `channel`, with nothing said yet.
    pub fn of(number: CaseNumber, person: impl Into<String>, channel: impl Into<String>) -> Self {
        Self {
            number,
            kind: Kind::default(),
            category: None,
            place_code: None,
            place_name: None,
            place_note: String::new(),
            text: String::new(),
            name: None,
            phone: None,
            photos: Vec::new(),
            voices: Vec::new(),
            person: person.into(),
            channel: channel.into(),
            follows: None,
            danger: None,
            respondent: None,
            confidential: false,
            source: None,
            co_signers: Vec::new(),
            repeats: None,
            unreachable: false,
            authorised: String::new(),
            understood: Vec::new(),
            heard: Heard::default(),
        }
    }
}

/// An answer as the villager got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub outcome: Outcome,
    pub text: String,
    /// In whose name.
    pub department: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Enclosed>,
}

/// A photo or a paper that goes with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosed {
    /// By which the host hands it out; drawn at random, so that nobody guesses it.
    pub id: String,
    /// What it is, in words for her.
    pub name: String,
}
