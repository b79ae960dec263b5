//! 约谈: the head of a department that stays late, telephone call and promise notwithstanding, is
//! called in by the organisation department. A notice is drafted by the clock, proposed by one
//! person, approved by another, received and recorded by a third. [`INTERVIEW_STEPS`] is the one
//! table of what may follow what.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::decide::written;
use super::refusal::Refusal;
use crate::calendar::local_date;
use crate::county::{CaseNumber, words};

/// Of one notice; more is another conversation.
pub const CASES_MAX: usize = 60;
const STEPS_MAX: usize = 30;
const TEXT_CHARS_MAX: usize = 2_000;
const LINE_CHARS_MAX: usize = 200;
const DEADLINE_DAYS_MAX: i32 = 180;

words! {
    InterviewState {
        Draft "draft" "待提出",
        Proposed "proposed" "待批准",
        Approved "approved" "待组织部接收",
        Received "received" "待约谈",
        /// What was agreed has a deadline.
        Held "held" "整改中",
        Settled "settled" "整改完成",
        Dropped "dropped" "不再约谈",
    }
}

impl InterviewState {
    /// Somebody has still to do something.
    pub fn is_open(self) -> bool {
        !matches!(self, InterviewState::Settled | InterviewState::Dropped)
    }

    /// What the department is late with besides goes on the same notice.
    pub fn takes_more(self) -> bool {
        interview_row(self, InterviewStep::Listed).is_some()
    }
}

words! {
    InterviewStep {
        Listed "listed" "列入",
        Proposed "proposed" "提出约谈",
        Returned "returned" "退回",
        Approved "approved" "批准",
        Received "received" "接收",
        /// The department says in writing how it came to that.
        Answered "answered" "书面说明",
        Recorded "recorded" "记录约谈",
        Settled "settled" "整改完成",
        Dropped "dropped" "不再约谈",
    }
}

words! {
    /// Who may take a step.
    InterviewHand {
        Clock "clock" "系统",
        Supervisor "supervisor" "督办员",
        /// The second person.
        Approver "approver" "平台负责人",
        Organisation "organisation" "组织部",
        /// Of the department that is called in, its head or who works there.
        Department "department" "被约谈单位",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterviewRow {
    pub from: &'static [InterviewState],
    pub step: InterviewStep,
    /// `None`: the state stays.
    pub to: Option<InterviewState>,
    pub who: InterviewHand,
    /// For the manual; the code of it is below.
    pub guard: &'static str,
}

use InterviewHand as H;
use InterviewState as S;
use InterviewStep as Step;

const fn row(
    from: &'static [InterviewState],
    step: InterviewStep,
    to: Option<InterviewState>,
    who: InterviewHand,
    guard: &'static str,
) -> InterviewRow {
    InterviewRow { from, step, to, who, guard }
}

#[rustfmt::skip]
pub const INTERVIEW_STEPS: &[InterviewRow] = &[
    row(&[S::Draft, S::Proposed, S::Approved, S::Received], Step::Listed, None, H::Clock, "超了期；督办时答应的日子过了1个工作日（答应得太远的，第一次打电话后满3个工作日）还没办完，或督办单到时没有书面答复"),
    row(&[S::Draft], Step::Proposed, Some(S::Proposed), H::Supervisor, "写明理由"),
    row(&[S::Proposed], Step::Returned, Some(S::Draft), H::Approver, "写明哪里要改"),
    row(&[S::Proposed], Step::Approved, Some(S::Approved), H::Approver, "批准的人不是提出的人"),
    row(&[S::Approved], Step::Received, Some(S::Received), H::Organisation, ""),
    row(&[S::Approved, S::Received, S::Held], Step::Answered, None, H::Department, "写明原因和打算怎么办"),
    row(&[S::Received], Step::Recorded, Some(S::Held), H::Organisation, "写明什么时候、谁参加、会议纪要、整改措施、整改期限"),
    row(&[S::Held], Step::Settled, Some(S::Settled), H::Organisation, "写明整改的结果"),
    row(&[S::Draft, S::Proposed], Step::Dropped, Some(S::Dropped), H::Approver, "写明理由"),
];

/// The row for this step from that state; `None` when it may not follow.
pub fn interview_row(from: InterviewState, step: InterviewStep) -> Option<&'static InterviewRow> {
    INTERVIEW_STEPS.iter().find(|row| row.step == step && row.from.contains(&from))
}

/// One department's notice. At most one of a department takes further cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interview {
    /// Id in departments.csv.
    pub department: String,
    /// Of this department, from 1.
    pub n: u32,
    pub state: InterviewState,
    pub cases: Vec<LateCase>,
    pub drafted_at: Timestamp,
    /// Who may not approve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<Minutes>,
    /// All steps but the listing of cases, the oldest first.
    #[serde(default)]
    pub steps: Vec<InterviewDone>,
    /// Counts the changes, from 1.
    pub revision: u32,
}

/// What the department is late with, as it stood when it was listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateCase {
    pub number: CaseNumber,
    pub title: String,
    pub due_at: Timestamp,
    /// By when it was promised, or was to be answered in writing.
    pub promise_at: Timestamp,
    pub listed_at: Timestamp,
}

/// 会议纪要.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minutes {
    pub held_at: Timestamp,
    pub attendees: String,
    pub text: String,
    /// What the department will do.
    pub measures: String,
    pub deadline: Date,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterviewDone {
    pub at: Timestamp,
    pub by: String,
    pub step: InterviewStep,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterviewCommand {
    Propose { reason: String },
    Return { reason: String },
    Approve,
    Receive,
    Answer { text: String },
    Record(Minutes),
    Settle { result: String },
    Drop { reason: String },
}

impl InterviewCommand {
    pub fn step(&self) -> InterviewStep {
        match self {
            InterviewCommand::Propose { .. } => Step::Proposed,
            InterviewCommand::Return { .. } => Step::Returned,
            InterviewCommand::Approve => Step::Approved,
            InterviewCommand::Receive => Step::Received,
            InterviewCommand::Answer { .. } => Step::Answered,
            InterviewCommand::Record(_) => Step::Recorded,
            InterviewCommand::Settle { .. } => Step::Settled,
            InterviewCommand::Drop { .. } => Step::Dropped,
        }
    }
}

impl Interview {
    /// The draft for a department that has none which takes more.
    pub fn draft(department: String, n: u32, case: LateCase) -> Self {
        Self {
            department,
            n,
            state: S::Draft,
            drafted_at: case.listed_at,
            cases: vec![case],
            proposed_by: None,
            minutes: None,
            steps: Vec::new(),
            revision: 1,
        }
    }

    /// `城管-1`
    pub fn id(&self) -> String {
        format!("{}-{}", self.department, self.n)
    }

    /// Is the one with this id about that department?
    pub fn is_of(id: &str, department: &str) -> bool {
        id.rsplit_once('-').is_some_and(|(of, _)| of == department)
    }

    /// As it stands on paper: `约谈〔城管〕1号`
    pub fn title(&self) -> String {
        format!("约谈〔{}〕{}号", self.department, self.n)
    }

    /// With one more case; `None`: it takes no more, or has it.
    pub fn with(&self, case: LateCase) -> Option<Self> {
        let known = self.cases.iter().any(|one| one.number == case.number);
        if known || !self.state.takes_more() || self.cases.len() >= CASES_MAX {
            return None;
        }
        let mut next = self.clone();
        next.cases.push(case);
        next.revision += 1;
        Some(next)
    }

    /// The notice after a step of somebody who has these hands, or why not.
    pub fn after(
        &self,
        command: InterviewCommand,
        hands: &[InterviewHand],
        by: &str,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let step = command.step();
        let row = interview_row(self.state, step)
            .filter(|_| self.steps.len() < STEPS_MAX)
            .ok_or(Refusal::InterviewIs(self.state))?;
        if !hands.contains(&row.who) {
            return Err(Refusal::InterviewHand { step, who: row.who });
        }
        if step == Step::Approved && self.proposed_by.as_deref() == Some(by) {
            return Err(Refusal::SecondPerson);
        }
        let mut next = self.clone();
        let text = match command {
            InterviewCommand::Propose { reason } => {
                written("约谈的理由", &reason, TEXT_CHARS_MAX)?;
                next.proposed_by = Some(by.to_owned());
                reason
            }
            InterviewCommand::Return { reason } | InterviewCommand::Drop { reason } => {
                written("理由", &reason, TEXT_CHARS_MAX)?;
                reason
            }
            InterviewCommand::Answer { text } => {
                written("书面说明", &text, TEXT_CHARS_MAX)?;
                text
            }
            InterviewCommand::Record(minutes) => {
                minutes.check(now)?;
                next.minutes = Some(minutes);
                String::new()
            }
            InterviewCommand::Settle { result } => {
                written("整改的结果", &result, TEXT_CHARS_MAX)?;
                result
            }
            InterviewCommand::Approve | InterviewCommand::Receive => String::new(),
        };
        next.state = row.to.unwrap_or(self.state);
        next.steps.push(InterviewDone { at: now, by: by.to_owned(), step, text });
        next.revision += 1;
        Ok(next)
    }

    /// Who took that step last.
    pub fn last(&self, step: InterviewStep) -> Option<&InterviewDone> {
        self.steps.iter().rev().find(|done| done.step == step)
    }

    /// The steps that are open to somebody who has these hands.
    pub fn open_to(&self, hands: &[InterviewHand]) -> Vec<InterviewStep> {
        let open = |row: &&InterviewRow| {
            row.from.contains(&self.state) && row.who != H::Clock && hands.contains(&row.who)
        };
        INTERVIEW_STEPS.iter().filter(open).map(|row| row.step).collect()
    }
}

impl Minutes {
    fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        written("参加的人", &self.attendees, LINE_CHARS_MAX)?;
        written("会议纪要", &self.text, TEXT_CHARS_MAX)?;
        written("整改措施", &self.measures, TEXT_CHARS_MAX)?;
        if self.held_at > now {
            return Err(Refusal::HeldLater);
        }
        let days = (self.deadline - local_date(now)).get_days();
        if !(0..=DEADLINE_DAYS_MAX).contains(&days) {
            return Err(Refusal::Deadline { days: DEADLINE_DAYS_MAX });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::CaseType;
    use crate::desk::tests::at;

    const ALL: &[InterviewHand] = InterviewHand::ALL;

    fn late(serial: u32) -> LateCase {
        LateCase {
            number: CaseNumber::new(CaseType::Appeal, 2026, serial).unwrap(),
            title: "胡家坨镇大黑坨村垃圾清运".into(),
            due_at: at("2026-11-25 17:30"),
            promise_at: at("2026-11-27 17:30"),
            listed_at: at("2026-11-30 17:31"),
        }
    }

    fn minutes() -> Minutes {
        Minutes {
            held_at: at("2026-12-02 15:00"),
            attendees: "局长王某、组织部李某".into(),
            text: "说明了超期的原因，作了检查。".into(),
            measures: "三天内清完，每周报一次。".into(),
            deadline: jiff::civil::date(2026, 12, 10),
        }
    }

    fn propose() -> InterviewCommand {
        InterviewCommand::Propose { reason: "答应两次都没办".into() }
    }

    /// Each step by the hand of its row and a person of its own.
    fn go(steps: Vec<InterviewCommand>) -> Interview {
        let first = Interview::draft("城管".into(), 1, late(1));
        steps.into_iter().fold(first, |interview, command| {
            let hand = interview_row(interview.state, command.step()).expect("it follows").who;
            interview.after(command, &[hand], hand.word(), at("2026-12-03 09:00")).unwrap()
        })
    }

    #[test]
    fn from_the_draft_to_the_end() {
        let steps = || {
            vec![
                propose(),
                InterviewCommand::Approve,
                InterviewCommand::Receive,
                InterviewCommand::Record(minutes()),
                InterviewCommand::Settle { result: "清完了".into() },
            ]
        };
        let states = [S::Draft, S::Proposed, S::Approved, S::Received, S::Held, S::Settled];
        for (n, state) in states.into_iter().enumerate() {
            let interview = go(steps().into_iter().take(n).collect());
            assert_eq!((interview.state, interview.revision as usize), (state, 1 + n));
            // Whatever the table does not have is refused, whoever asks.
            for command in steps() {
                let row = interview_row(state, command.step());
                let done = interview.after(command, ALL, "别人", at("2026-12-03 09:00"));
                assert_eq!(done.is_ok(), row.is_some(), "{state}: {done:?}");
            }
            assert_eq!(interview.with(late(2)).is_some(), n < 4, "{state}");
            assert_eq!(interview.with(late(1)), None, "it is on the list");
        }
        assert_eq!(go(steps()).last(Step::Settled).unwrap().text, "清完了");
    }

    #[test]
    fn the_second_person_is_another_one_and_every_hand_has_its_steps() {
        let now = at("2026-12-03 09:00");
        let proposed = Interview::draft("城管".into(), 1, late(1))
            .after(propose(), &[H::Supervisor], "张三", now)
            .unwrap();
        let approve = |hands, by| proposed.after(InterviewCommand::Approve, hands, by, now);
        assert_eq!(approve(&[H::Approver], "张三"), Err(Refusal::SecondPerson));
        let not_hers = Refusal::InterviewHand { step: Step::Approved, who: H::Approver };
        assert_eq!(approve(&[H::Supervisor, H::Organisation], "李四"), Err(not_hers));
        assert_eq!(approve(&[H::Approver], "李四").unwrap().state, S::Approved);
        assert_eq!(proposed.open_to(&[H::Supervisor]), []);
        assert_eq!(
            proposed.open_to(&[H::Approver]),
            [Step::Returned, Step::Approved, Step::Dropped]
        );
        // Sent back, it may be proposed by another one, who then may not approve it.
        let back = InterviewCommand::Return { reason: "理由再写细".into() };
        let again = proposed.after(back, &[H::Approver], "李四", now).unwrap();
        let again = again.after(propose(), &[H::Supervisor], "李四", now).unwrap();
        let approved = again.after(InterviewCommand::Approve, &[H::Approver], "李四", now);
        assert_eq!(approved, Err(Refusal::SecondPerson));
    }

    #[test]
    fn what_is_missing_in_the_minutes_is_said() {
        let received = || go(vec![propose(), InterviewCommand::Approve, InterviewCommand::Receive]);
        let check = |change: fn(&mut Minutes), part: &str| {
            let mut told = minutes();
            change(&mut told);
            let command = InterviewCommand::Record(told);
            let refusal = received()
                .after(command, &[H::Organisation], "组织部", at("2026-12-03 09:00"))
                .unwrap_err();
            assert!(refusal.to_string().contains(part), "{refusal}");
        };
        check(|told| told.attendees.clear(), "请写上参加的人");
        check(|told| told.text = " ".into(), "请写上会议纪要");
        check(|told| told.measures.clear(), "请写上整改措施");
        check(|told| told.held_at = at("2026-12-03 09:01"), "还没有到");
        check(|told| told.deadline = jiff::civil::date(2026, 12, 2), "请写今天");
        check(|told| told.text = "字".repeat(2_001), "最多2000个字");
        let empty = InterviewCommand::Propose { reason: String::new() };
        let draft = Interview::draft("城管".into(), 1, late(1));
        let refusal = draft.after(empty, ALL, "张三", at("2026-12-03 09:00")).unwrap_err();
        assert!(refusal.to_string().contains("请写上约谈的理由"), "{refusal}");
    }
}
