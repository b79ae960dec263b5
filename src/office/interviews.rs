//! 约谈: the notices by which heads of late departments are called in. What may follow what says
//! `desk::INTERVIEW_STEPS`; here is who has which hand, and what is stored together.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::calendar::{local, spoken};
use crate::desk::{
    self, Breached, Case, Command, Interview, InterviewCommand, InterviewDone, InterviewHand,
    InterviewStep, LateCase, Minutes, Refusal,
};
use crate::store::looks::LookKind;
use crate::store::{Changes, Loaded, StoreError, keys, list, list_by_index, load};

use super::looks::Noted;
use super::posted::{Once, Worked};
use super::rights::Right;
use super::typed::Typed;
use super::views::{CommandError, FieldKind, FormField, Session};
use super::{Office, beijing};

const OPEN_SHOWN_MAX: usize = 200;
const ENDED_SHOWN_MAX: usize = 50;

/// Which right is which hand.
const HANDS: [(Right, InterviewHand); 4] = [
    (Right::Supervise, InterviewHand::Supervisor),
    (Right::ApproveInterview, InterviewHand::Approver),
    (Right::Interview, InterviewHand::Organisation),
    (Right::AnswerInterview, InterviewHand::Department),
];

#[derive(Debug, Clone)]
pub struct InterviewView {
    /// For addresses.
    pub id: String,
    /// `约谈〔城管〕1号`
    pub title: String,
    pub department: String,
    pub phone: Option<String>,
    pub state_id: &'static str,
    pub state: &'static str,
    pub open: bool,
    pub drafted_at: Timestamp,
    pub cases: Vec<LateCaseView>,
    pub minutes: Option<MinutesView>,
    /// When, who, what, and the words with it.
    pub steps: Vec<(Timestamp, String, &'static str, String)>,
    pub forms: Vec<InterviewForm>,
    pub revision: u32,
}

#[derive(Debug, Clone)]
pub struct LateCaseView {
    /// The digits.
    pub number: String,
    pub title: String,
    pub due: String,
    pub promise: String,
    /// How it stands now.
    pub state: &'static str,
    /// It came on the list after the notice was approved.
    pub later: bool,
}

#[derive(Debug, Clone)]
pub struct MinutesView {
    pub held: String,
    pub attendees: String,
    pub text: String,
    pub measures: String,
    pub deadline: String,
}

#[derive(Debug, Clone)]
pub struct InterviewForm {
    pub action: &'static str,
    pub title: &'static str,
    pub intro: &'static str,
    pub fields: Vec<FormField>,
}

impl Office {
    /// The draft of its department, or the notice that still takes more, gets this case too.
    pub(super) async fn list_for_interview(
        &self,
        changes: &mut Changes,
        case: &Case,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Where nobody could be telephoned: the day that the slip named.
        let asked = case.open_slip().map(|slip| slip.answer_by);
        let promise_at = asked.or(case.course.promise_at);
        let (Some(department), Some(promise_at)) = (&case.department, promise_at) else {
            return Ok(());
        };
        let late = LateCase {
            number: case.number,
            title: case.title.clone(),
            due_at: case.round_due_at,
            promise_at,
            listed_at: now,
        };
        let range = keys::newest_first(keys::interviews_of(department));
        let last = list::<Interview>(&*self.store, range, 1).await?.into_iter().next();
        if let Some(before) = &last {
            if before.record.cases.iter().any(|one| one.number == case.number)
                && before.record.state.takes_more()
            {
                return Ok(());
            }
            if let Some(after) = before.record.with(late.clone()) {
                return changes.replace(before, &after);
            }
        }
        let n = last.map_or(1, |last| last.record.n + 1);
        changes.create(&Interview::draft(department.clone(), n, late))
    }

    /// The id of one that is not over and has this case on it.
    pub(super) async fn open_interview_of(
        &self,
        case: &Case,
    ) -> Result<Option<String>, StoreError> {
        // What was never late so far was never listed.
        let listed = |course: &desk::Course| {
            course.has_breached(Breached::Promise) || course.has_breached(Breached::Slip)
        };
        let earlier = case.earlier.iter().map(|round| &round.course);
        if !earlier.chain([&case.course]).any(listed) {
            return Ok(None);
        }
        let range = keys::open_interviews();
        let open = list_by_index::<Interview>(&*self.store, range, OPEN_SHOWN_MAX).await?;
        let has = |one: &Interview| one.cases.iter().any(|late| late.number == case.number);
        Ok(open.into_iter().find(|(_, one)| has(&one.record)).map(|(_, one)| one.record.id()))
    }

    /// The open ones, the oldest first, then those that ended last.
    pub async fn interviews(&self, session: &Session) -> Result<Vec<InterviewView>, CommandError> {
        let hands = hands_of(session)?;
        let store = &*self.store;
        let open = list_by_index::<Interview>(store, keys::open_interviews(), OPEN_SHOWN_MAX);
        let ended = list_by_index::<Interview>(store, keys::ended_interviews(), ENDED_SHOWN_MAX);
        let mut views = Vec::new();
        let all = open.await?.into_iter().chain(ended.await?);
        for (_, interview) in all.filter(|(_, one)| is_for(session, &one.record)) {
            views.push(self.interview_view(&interview.record, &hands).await?);
        }
        Ok(views)
    }

    pub async fn interview(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<Option<InterviewView>, CommandError> {
        let hands = hands_of(session)?;
        match self.interview_record(id).await? {
            Some(found) if is_for(session, &found.record) => {
                Ok(Some(self.interview_view(&found.record, &hands).await?))
            }
            _ => Ok(None),
        }
    }

    async fn interview_record(&self, id: &str) -> Result<Option<Loaded<Interview>>, StoreError> {
        let Some((department, n)) = id.rsplit_once('-') else { return Ok(None) };
        let Ok(n) = n.parse() else { return Ok(None) };
        load::<Interview>(&*self.store, keys::interview(department, n)).await
    }

    /// One step. That the head was called in is noted on each case in the same commit.
    pub async fn interview_command(
        &self,
        session: &Session,
        id: &str,
        revision: u32,
        action: &str,
        typed: &Typed<'_>,
    ) -> Result<(), CommandError> {
        let step = (action, typed);
        self.interview_command_once(session, id, revision, step, None).await.map(drop)
    }

    /// The same by a program that may send it twice.
    pub async fn interview_command_once(
        &self,
        session: &Session,
        id: &str,
        revision: u32,
        (action, typed): (&str, &Typed<'_>),
        once: Option<&Once>,
    ) -> Result<Worked, CommandError> {
        let hands = hands_of(session)?;
        let command = read(action, typed)?;
        let before = self.interview_record(id).await?;
        let before = before.filter(|found| is_for(session, &found.record));
        let before = before.ok_or(CommandError::NotFound)?;
        if before.record.revision != revision {
            return Err(CommandError::Changed);
        }
        let now = self.clock.now();
        let after = before
            .record
            .after(command, &hands, &session.name, now)
            .map_err(|refusal| refused(action, refusal))?;
        let mut changes = Changes::default();
        changes.replace(&before, &after)?;
        if before.record.minutes.is_none()
            && let Some(minutes) = &after.minutes
        {
            self.note_on_cases(&mut changes, session, &after, minutes, now).await?;
        }
        let step = FORMS.iter().find(|form| form.action == action).map_or("", |form| form.title);
        let told = format!("{step}：{}", after.state);
        let (id, state) = (after.id(), after.state.id().to_owned());
        let done = Worked { id, revision: after.revision, state };
        if let Some(once) = once {
            once.keep(&mut changes, &done, now)?;
        }
        let noted = Noted::by(session, LookKind::Interview, &after.title(), &told);
        match self.commit_noted(changes, noted).await {
            Err(StoreError::Conflict(_)) => Err(CommandError::Changed),
            stored => Ok(stored.map(|()| done)?),
        }
    }

    async fn note_on_cases(
        &self,
        changes: &mut Changes,
        session: &Session,
        interview: &Interview,
        minutes: &Minutes,
        now: Timestamp,
    ) -> Result<(), CommandError> {
        let tables = self.tables();
        let rules = tables.rules();
        for late in &interview.cases {
            let key = keys::case(&late.number.digits());
            let Some(before) = load::<Case>(&*self.store, key).await? else { continue };
            let note = Command::NoteInterview {
                interview: interview.id(),
                held_at: minutes.held_at,
                measures: minutes.measures.clone(),
            };
            // One that was put away meanwhile stays as it is.
            let by = session.actor();
            let Ok(events) = desk::decide(Some(&before.record), note, &by, now, &rules) else {
                continue;
            };
            let case = self.add_events(changes, Some(&before), &events).await?;
            self.go_on_from(changes, &case, &events, &by, now).await?;
        }
        Ok(())
    }

    async fn interview_view(
        &self,
        interview: &Interview,
        hands: &[InterviewHand],
    ) -> Result<InterviewView, StoreError> {
        let approved = interview.last(InterviewStep::Approved).map(|done| done.at);
        let mut cases = Vec::new();
        for late in &interview.cases {
            let number = late.number.digits();
            let case = load::<Case>(&*self.store, keys::case(&number)).await?;
            cases.push(LateCaseView {
                number,
                title: late.title.clone(),
                due: spoken(late.due_at),
                promise: spoken(late.promise_at),
                state: case.map_or("", |case| case.record.state.word()),
                later: approved.is_some_and(|at| late.listed_at > at),
            });
        }
        let tables = self.tables();
        let known = tables.departments.get(&interview.department);
        let step =
            |done: &InterviewDone| (done.at, done.by.clone(), done.step.word(), done.text.clone());
        let open = interview.open_to(hands);
        // What was weighed before it was approved is the platform's.
        let told = |done: &&InterviewDone| {
            let weighed = matches!(done.step, InterviewStep::Proposed | InterviewStep::Returned);
            !weighed || !hands.contains(&InterviewHand::Department)
        };
        Ok(InterviewView {
            id: interview.id(),
            title: interview.title(),
            department: self.department_name(&interview.department),
            phone: known.map(|known| known.phone.clone()).filter(|phone| !phone.is_empty()),
            state_id: interview.state.id(),
            state: interview.state.word(),
            open: interview.state.is_open(),
            drafted_at: interview.drafted_at,
            cases,
            minutes: interview.minutes.as_ref().map(minutes_view),
            steps: interview.steps.iter().filter(told).map(step).collect(),
            forms: FORMS.iter().filter(|form| open.contains(&form.step)).map(Form::shown).collect(),
            revision: interview.revision,
        })
    }
}

fn hands_of(session: &Session) -> Result<Vec<InterviewHand>, CommandError> {
    let hands = HANDS.iter().filter(|(right, _)| session.may(*right)).map(|(_, hand)| *hand);
    if !session.may(Right::AnswerInterview) {
        session.must(Right::ReadInterviews)?;
    }
    Ok(hands.collect())
}

/// A department reads what calls it in, once that was approved.
pub(super) fn is_for(session: &Session, interview: &Interview) -> bool {
    let approved = interview.last(InterviewStep::Approved).is_some();
    let own = session.department.as_ref() == Some(&interview.department);
    session.may(Right::ReadInterviews) || (own && approved)
}

fn minutes_view(minutes: &Minutes) -> MinutesView {
    MinutesView {
        held: local(minutes.held_at),
        attendees: minutes.attendees.clone(),
        text: minutes.text.clone(),
        measures: minutes.measures.clone(),
        deadline: minutes.deadline.to_string(),
    }
}

struct Form {
    action: &'static str,
    step: InterviewStep,
    title: &'static str,
    intro: &'static str,
    fields: &'static [(&'static str, &'static str, Kind)],
    /// `Err`: the name of a field, and what is missing there.
    read: fn(&Typed) -> Result<InterviewCommand, (&'static str, &'static str)>,
}

#[derive(Clone, Copy)]
enum Kind {
    Line,
    Text,
    Moment,
    Day,
}

const HELD: &str = "什么时候谈的";
const DEADLINE: &str = "整改期限";
const REASON: &[(&str, &str, Kind)] = &[("reason", "理由", Kind::Text)];

const FORMS: &[Form] = &[
    Form {
        action: "propose",
        step: InterviewStep::Proposed,
        title: "提出约谈",
        intro: "写清打过几次电话、对方怎么答应的。批准要另一个人。",
        fields: REASON,
        read: |typed| Ok(InterviewCommand::Propose { reason: typed.text("reason") }),
    },
    Form {
        action: "approve",
        step: InterviewStep::Approved,
        title: "批准",
        intro: "批准以后送组织部。提出的人不能自己批准。",
        fields: &[],
        read: |_| Ok(InterviewCommand::Approve),
    },
    Form {
        action: "return",
        step: InterviewStep::Returned,
        title: "退回",
        intro: "",
        fields: REASON,
        read: |typed| Ok(InterviewCommand::Return { reason: typed.text("reason") }),
    },
    Form {
        action: "receive",
        step: InterviewStep::Received,
        title: "接收",
        intro: "组织部收到了，约单位主要负责人来谈。",
        fields: &[],
        read: |_| Ok(InterviewCommand::Receive),
    },
    Form {
        action: "answer",
        step: InterviewStep::Answered,
        title: "书面说明",
        intro: "给平台和组织部看：为什么没办完，打算怎么办，哪天办好。",
        fields: &[("text", "说明", Kind::Text)],
        read: |typed| Ok(InterviewCommand::Answer { text: typed.text("text") }),
    },
    Form {
        action: "record",
        step: InterviewStep::Recorded,
        title: "记录约谈",
        intro: "谈过以后记。每件超期的事上也会记下。",
        fields: &[
            ("held", HELD, Kind::Moment),
            ("attendees", "参加的人", Kind::Line),
            ("minutes", "会议纪要", Kind::Text),
            ("measures", "整改措施", Kind::Text),
            ("deadline", DEADLINE, Kind::Day),
        ],
        read: |typed| {
            let held = typed.text("held").parse::<DateTime>();
            let held = held.map_err(|_| ("held", "请选什么时候谈的。"))?;
            let deadline = typed.text("deadline").parse::<Date>();
            let deadline = deadline.map_err(|_| ("deadline", "请选整改期限。"))?;
            Ok(InterviewCommand::Record(Minutes {
                held_at: beijing::instant(held),
                attendees: typed.text("attendees"),
                text: typed.text("minutes"),
                measures: typed.text("measures"),
                deadline,
            }))
        },
    },
    Form {
        action: "settle",
        step: InterviewStep::Settled,
        title: "整改完成",
        intro: "",
        fields: &[("result", "整改的结果", Kind::Text)],
        read: |typed| Ok(InterviewCommand::Settle { result: typed.text("result") }),
    },
    Form {
        action: "drop",
        step: InterviewStep::Dropped,
        title: "不再约谈",
        intro: "例如都办完了，情况也说清了。",
        fields: REASON,
        read: |typed| Ok(InterviewCommand::Drop { reason: typed.text("reason") }),
    },
];

fn read(action: &str, typed: &Typed) -> Result<InterviewCommand, CommandError> {
    let form = FORMS.iter().find(|form| form.action == action).ok_or(CommandError::NotFound)?;
    (form.read)(typed).map_err(|(field, text)| CommandError::Field(field, text.to_owned()))
}

/// Told beside the field of the form that it is about.
fn refused(action: &str, refusal: Refusal) -> CommandError {
    let error = CommandError::Refused(refusal.to_string());
    let about = match refusal {
        Refusal::Missing { what } | Refusal::TooLong { what, .. } => what,
        Refusal::HeldLater => HELD,
        Refusal::Deadline { .. } => DEADLINE,
        _ => return error,
    };
    let form = FORMS.iter().find(|form| form.action == action);
    let mut fields = form.iter().flat_map(|form| form.fields);
    match fields.find(|(_, label, _)| about.ends_with(*label)) {
        Some((name, ..)) => error.of(name),
        None => error,
    }
}

impl Form {
    fn shown(&self) -> InterviewForm {
        let field = |(name, label, kind): &(&'static str, &'static str, Kind)| FormField {
            name,
            label,
            hint: "",
            kind: match kind {
                Kind::Line => FieldKind::Line,
                Kind::Text => FieldKind::Text,
                Kind::Moment => FieldKind::Moment,
                Kind::Day => FieldKind::Day,
            },
            required: true,
            value: String::new(),
        };
        InterviewForm {
            action: self.action,
            title: self.title,
            intro: self.intro,
            fields: self.fields.iter().map(field).collect(),
        }
    }
}
