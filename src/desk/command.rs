//! What somebody wants to do with a case. [`super::decide`] says what follows from it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::errand::{self, ErrandStep};
use super::event::{
    Breached, Enclosed, Grade, Intake, Kind, Means, Outcome, Rejection, Resumption, Solved, Trips,
};
use super::state::Step;
use crate::county::{CaseNumber, TimeClass};

/// What the platform corrects about the time of a case: nothing, by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sorting {
    pub class: Option<TimeClass>,
    /// She is promised a new time: by the class, from now on.
    pub promise: bool,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    File(Box<Intake>),
    /// To a department, the first time or again; `category` when the clerk knows better, `despite`
    /// when it is the one that the case is against.
    Dispatch {
        department: String,
        /// Those who help it.
        helpers: Vec<String>,
        category: Option<String>,
        note: String,
        despite: String,
        sorting: Sorting,
    },
    /// The same without sending it anywhere.
    Sort(Sorting),
    Accept,
    AskReturn {
        basis: String,
    },
    RefuseReturn {
        reason: String,
    },
    AskHandover {
        to: String,
        reason: String,
    },
    DeclineHandover {
        reason: String,
    },
    /// `text` is for the villager.
    Progress {
        text: String,
    },
    NoteContact {
        means: Means,
        reached: bool,
        note: String,
    },
    /// A helper's answer to the lead; `department` when the platform types it.
    CoReply {
        department: Option<String>,
        text: String,
    },
    AskInfo {
        question: String,
    },
    Resume {
        reason: Resumption,
    },
    AskExtension {
        /// Working days.
        days: u8,
        reason: String,
        evidence: String,
    },
    GrantExtension,
    RefuseExtension {
        reason: String,
    },
    /// `until`: the day on which it shall be done; `consent`: of the department's head, where that
    /// does not stand on the case.
    Defer {
        plan: String,
        until: Date,
        consent: String,
    },
    /// For flagged kinds it goes to the platform first.
    Reply {
        outcome: Outcome,
        text: String,
        /// How often she had to go somewhere for it, where that is known.
        trips: Option<Trips>,
        /// When somebody came to her, or to the spot.
        visited_at: Option<Timestamp>,
    },
    /// A photo or a paper for the answer.
    Attach {
        file: Enclosed,
    },
    /// Takes one of them back, by its place, from 1.
    Detach {
        n: u8,
    },
    PassReview,
    ReturnReview {
        reason: String,
    },
    Answer {
        text: String,
        basis: String,
    },
    Reject {
        reason: Rejection,
        instead: String,
    },
    Rate {
        grade: Grade,
        comment: String,
    },
    CallBack {
        means: Means,
        reached: bool,
        solved: Option<Solved>,
        grade: Option<Grade>,
        note: String,
    },
    FinalReply {
        text: String,
        document: String,
    },
    /// By staff with a reason, or by the clock when the time to rate is over.
    Close {
        reason: String,
    },
    Urge,
    Supplement {
        text: String,
        photos: Vec<String>,
        voices: Vec<String>,
    },
    Withdraw {
        reason: String,
    },
    /// Under another case, whose own [`Command::Join`] belongs into the same commit.
    Merge {
        parent: CaseNumber,
        reason: String,
    },
    Unmerge {
        reason: String,
    },
    Join {
        child: CaseNumber,
    },
    AgreeVisit {
        at: Timestamp,
        who: String,
        note: String,
    },
    CancelVisit {
        reason: String,
    },
    NoteVisit {
        kept: bool,
        note: String,
    },
    /// One that went on under it does so no more.
    Part {
        child: CaseNumber,
    },
    /// What the case under which it goes on was answered.
    ReplyAsParent {
        outcome: Outcome,
        text: String,
        department: String,
        files: Vec<Enclosed>,
    },
    Hide {
        reason: String,
    },
    AskDisclosure {
        reason: String,
    },
    GrantDisclosure,
    RefuseDisclosure {
        reason: String,
    },
    AskExclusion {
        reason: String,
    },
    ApproveExclusion,
    RefuseExclusion {
        reason: String,
    },
    Remind,
    Note {
        text: String,
    },
    /// By the head of the department.
    Sign {
        text: String,
    },
    /// Strikes out of her words (one a line) and takes photos out of sight (their places, from 1).
    Redact {
        text: String,
        photos: Vec<u8>,
    },
    /// It is about another village: the name as one writes it, or the code of 12 digits.
    Relocate {
        village: String,
        note: String,
    },
    ChangeKind {
        kind: Kind,
        reason: String,
    },
    /// One more who signs with her. `person` is the id of her record; the host finds or makes
    /// it by name and telephone where it is empty.
    CoSign {
        person: String,
        name: String,
        phone: String,
    },
    Breach {
        limit: Breached,
    },
    Supervise {
        callee: String,
        title: String,
        promise_at: Timestamp,
        note: String,
    },
    /// 督办单; `days`: working days until its answer in writing.
    SendSlip {
        demand: String,
        days: u8,
    },
    AnswerSlip {
        text: String,
        promise_at: Timestamp,
    },
    /// 批示; `days`: working days until its answer.
    Direct {
        text: String,
        days: u8,
    },
    AnswerDirection {
        text: String,
    },
    /// Most of its time is used; `last`: almost all of it.
    Warn {
        last: bool,
    },
    /// The organisation department has called in the head of the department.
    NoteInterview {
        interview: String,
        held_at: Timestamp,
        measures: String,
    },
    Recompute,
    /// The next of the seven steps of an errand.
    RunErrand {
        step: ErrandStep,
        text: String,
    },
    Archive,
}

impl Command {
    /// The step that it asks for.
    pub fn step(&self) -> Step {
        match self {
            Command::File(_) => Step::Received,
            Command::Dispatch { .. } => Step::Dispatched,
            Command::Sort(Sorting { class: None, .. }) => Step::Promised,
            Command::Sort(_) => Step::Reclassified,
            Command::Accept => Step::Accepted,
            Command::AskReturn { .. } => Step::ReturnAsked,
            Command::RefuseReturn { .. } => Step::ReturnRefused,
            Command::AskHandover { .. } => Step::HandoverAsked,
            Command::DeclineHandover { .. } => Step::HandoverDeclined,
            Command::Progress { .. } => Step::Progress,
            Command::NoteContact { .. } => Step::Contacted,
            Command::CoReply { .. } => Step::CoReplied,
            Command::AskInfo { .. } => Step::InfoAsked,
            Command::Resume { .. } => Step::Resumed,
            Command::AskExtension { .. } => Step::ExtensionAsked,
            Command::GrantExtension => Step::ExtensionGranted,
            Command::RefuseExtension { .. } => Step::ExtensionRefused,
            Command::Defer { .. } => Step::Deferred,
            Command::Reply { .. } | Command::PassReview | Command::ReplyAsParent { .. } => {
                Step::Replied
            }
            Command::Attach { .. } => Step::Attached,
            Command::Detach { .. } => Step::Detached,
            Command::ReturnReview { .. } => Step::ReviewReturned,
            Command::Answer { .. } => Step::Answered,
            Command::Reject { .. } => Step::Rejected,
            Command::Rate { .. } => Step::Rated,
            Command::CallBack { .. } => Step::CalledBack,
            Command::FinalReply { .. } => Step::FinalReplied,
            Command::Close { .. } => Step::Closed,
            Command::Urge => Step::Urged,
            Command::Supplement { .. } => Step::Supplemented,
            Command::Withdraw { .. } => Step::Withdrawn,
            Command::Merge { .. } => Step::Merged,
            Command::Unmerge { .. } => Step::Unmerged,
            Command::Join { .. } => Step::Joined,
            Command::Part { .. } => Step::Parted,
            Command::AgreeVisit { .. } => Step::VisitAgreed,
            Command::CancelVisit { .. } => Step::VisitCancelled,
            Command::NoteVisit { .. } => Step::VisitNoted,
            Command::Hide { .. } => Step::Hidden,
            Command::AskDisclosure { .. } => Step::DisclosureAsked,
            Command::GrantDisclosure => Step::DisclosureGranted,
            Command::RefuseDisclosure { .. } => Step::DisclosureRefused,
            Command::AskExclusion { .. } => Step::ExclusionAsked,
            Command::ApproveExclusion => Step::ExclusionApproved,
            Command::RefuseExclusion { .. } => Step::ExclusionRefused,
            Command::Remind => Step::Reminded,
            Command::Note { .. } => Step::Noted,
            Command::Sign { .. } => Step::Signed,
            Command::Redact { .. } => Step::Redacted,
            Command::Relocate { .. } => Step::Relocated,
            Command::ChangeKind { .. } => Step::KindChanged,
            Command::CoSign { .. } => Step::CoSigned,
            Command::Breach { .. } => Step::Breached,
            Command::Supervise { .. } => Step::Supervised,
            Command::SendSlip { .. } => Step::SlipSent,
            Command::AnswerSlip { .. } => Step::SlipAnswered,
            Command::Direct { .. } => Step::Directed,
            Command::AnswerDirection { .. } => Step::DirectionAnswered,
            Command::Warn { .. } => Step::Warned,
            Command::NoteInterview { .. } => Step::Interviewed,
            Command::Recompute => Step::Recomputed,
            Command::RunErrand { step, .. } if errand::is_told(*step) => Step::ErrandMoved,
            Command::RunErrand { .. } => Step::ErrandKept,
            Command::Archive => Step::Archived,
        }
    }
}
