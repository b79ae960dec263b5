//! What is kept of a conversation: named answers and timers, never a position. Where we are
//! is the first relevant question without an answer.

use std::collections::BTreeMap;

use jiff::civil::Time;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::dialog::script::value::{Answer, How, Value};
use crate::dialog::script::words::{Medium, shown};
use crate::dialog::script::{Script, StepKind};

/// A draft that nobody took up is forgotten.
const DRAFT_LIFE: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Of a dialog, however often she comes back to it.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 14);
/// WeChat lets nobody write later after a message of hers.
const WECHAT_WINDOW: SignedDuration = SignedDuration::from_hours(48);
/// Nobody is reminded at night.
const WAKING: (Time, Time) = (Time::constant(7, 30, 0, 0), Time::constant(20, 30, 0, 0));
const OFFERS_MAX: usize = 5;
/// By SMS an answer may take days: a digit belongs to the last question of a week.
const SMS_WAIT: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Of what she wrote, kept beside what was understood; a long text is its own value.
const RAW_BYTES_MAX: usize = 300;

/// All that is known between two messages; small JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::dialog) active: Option<Frame>,
    /// Waits while another dialog runs. One at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::dialog) parked: Option<Frame>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::dialog) draft: Option<Draft>,
    /// A person has the conversation; the bot is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::dialog) human_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::dialog) offers: Vec<Offer>,
}

/// A dialog that one short answer may start, for example the rating of a reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub(in crate::dialog) dialog: String,
    pub(in crate::dialog) given: BTreeMap<String, Answer>,
    pub(in crate::dialog) until: Timestamp,
    /// When she was asked; by SMS a digit belongs to the question that was asked last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::dialog) at: Option<Timestamp>,
}

impl Offer {
    /// `case` is handed to the dialog as the answer `case`.
    pub fn for_case(dialog: &str, case: &str, until: Timestamp) -> Self {
        let value = Value::Text(case.to_owned());
        let answer = Answer { raw: case.to_owned(), value, how: How::Given };
        Self {
            dialog: dialog.to_owned(),
            given: BTreeMap::from([("case".to_owned(), answer)]),
            until,
            at: None,
        }
    }

    fn case(&self) -> Option<&str> {
        match &self.given.get("case")?.value {
            Value::Text(case) => Some(case),
            _ => None,
        }
    }
}

/// A dialog that was left unfinished for a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::dialog) struct Draft {
    pub frame: Frame,
    /// She was asked whether to go on, and her next message may be the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
    /// She was asked once; after that only when she begins the same anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offered: bool,
    /// The dialog that she had begun when she was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
    /// What she wrote when she was asked; it is taken up if she says no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

impl Draft {
    pub fn of(frame: Frame) -> Self {
        Self { frame, asked: false, offered: false, begun: None, held: None }
    }
}

/// One dialog under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::dialog) struct Frame {
    pub dialog: String,
    /// The snapshot by which it runs, and the structure of its dialog there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub script: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub structure: String,
    pub medium: Medium,
    /// The words with which it began.
    pub opening: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Answer>,
    /// Slots in the order of answering, for 上一步.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// Steps without an answer that are behind her: said, confirmed, called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// In halves: an empty message or a 嗯 counts one, another two.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub misses: u8,
    /// The call whose result is awaited: its id and its step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calling: Option<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<String>,
    pub started: Timestamp,
    pub touched: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reminded: bool,
    /// It came from an offer; if she breaks it off, the offer stands again until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_until: Option<Timestamp>,
    /// Goes on by itself when what parked it has ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes_on: bool,
    /// The dialog that called this one and waits for its answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer: Option<Box<Frame>>,
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

/// The question that she was asked last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::dialog) struct Asked {
    pub step: String,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub misses: u8,
    /// What she saw: "2" means the second of these, whatever changed since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<Shown>,
    /// The line behind them leads to the next page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// "Did you mean": the answer if she says yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maybe: Option<Answer>,
    /// She was asked whether she really wants to stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::dialog) struct Shown {
    pub label: String,
    pub value: Value,
}

impl Asked {
    pub fn new(step: &str, at: Timestamp) -> Self {
        let step = step.to_owned();
        Self { step, at, misses: 0, shown: Vec::new(), more: false, maybe: None, cancel: false }
    }

    /// Lines that have a number.
    pub fn lines(&self) -> usize {
        self.shown.len() + usize::from(self.more)
    }
}

impl Frame {
    pub fn new(dialog: &str, medium: Medium, opening: &str, now: Timestamp) -> Self {
        Self {
            dialog: dialog.to_owned(),
            script: String::new(),
            structure: String::new(),
            medium,
            opening: opening.to_owned(),
            answers: BTreeMap::new(),
            log: Vec::new(),
            done: Vec::new(),
            asked: None,
            misses: 0,
            calling: None,
            photos: Vec::new(),
            voices: Vec::new(),
            started: now,
            touched: now,
            reminded: false,
            offered_until: None,
            goes_on: false,
            outer: None,
        }
    }

    pub fn set(&mut self, slot: &str, mut answer: Answer) {
        let end = answer.raw.floor_char_boundary(RAW_BYTES_MAX);
        answer.raw.truncate(end);
        self.log.retain(|known| known != slot);
        self.log.push(slot.to_owned());
        self.answers.insert(slot.to_owned(), answer);
    }

    /// What was understood is enough when there is no room for more.
    pub fn forget_wording(&mut self) {
        self.opening.truncate(self.opening.floor_char_boundary(RAW_BYTES_MAX));
        self.answers.values_mut().for_each(|answer| answer.raw.clear());
        self.outer.iter_mut().for_each(|outer| outer.forget_wording());
    }

    /// Something that she would not like to tell again.
    pub fn is_worth_keeping(&self) -> bool {
        self.answers.values().any(|answer| !matches!(answer.how, How::Default | How::Given))
            || !self.photos.is_empty()
            || !self.voices.is_empty()
            || self.outer.as_ref().is_some_and(|outer| outer.is_worth_keeping())
    }

    /// This one and those that called it.
    pub fn chain(&self) -> impl Iterator<Item = &Frame> {
        std::iter::successors(Some(self), |frame| frame.outer.as_deref())
    }
}

impl Conversation {
    /// A person is in charge and nothing else is going on.
    pub fn with_person(now: Timestamp) -> Self {
        Self { human_since: Some(now), ..Self::default() }
    }

    pub fn is_with_person(&self) -> bool {
        self.human_since.is_some()
    }

    /// She was asked something, nothing is under way, or a person has taken over; a call whose
    /// result is still to come counts as something that was asked of the host.
    pub fn is_at_rest(&self) -> bool {
        let waits = |frame: &Frame| frame.asked.is_some() || frame.calling.is_some();
        self.is_with_person() || self.active.as_ref().is_none_or(waits)
    }

    /// A dialog is under way.
    pub fn is_busy(&self) -> bool {
        self.active.is_some()
    }

    pub(in crate::dialog) fn offer(&mut self, offer: Offer, now: Timestamp) {
        self.offers.retain(|known| {
            known.until > now && (&known.dialog, &known.given) != (&offer.dialog, &offer.given)
        });
        if self.offers.len() >= OFFERS_MAX {
            self.offers.remove(0);
        }
        self.offers.push(Offer { at: Some(now), ..offer });
    }

    /// The cases for which a dialog is offered to her.
    pub fn offered_for(&self, dialog: &str) -> Vec<String> {
        let offers = self.offers.iter().filter(|offer| offer.dialog == dialog);
        offers.filter_map(Offer::case).map(str::to_owned).collect()
    }

    /// It is not asked any more.
    pub fn withdraw(&mut self, dialog: &str, case: &str) {
        self.offers.retain(|offer| offer.dialog != dialog || offer.case() != Some(case));
    }

    /// The labels of the menu that she sees, in its order; none when she sees none.
    pub fn offered(&self) -> impl Iterator<Item = &str> {
        let asked = self.active.as_ref().and_then(|frame| frame.asked.as_ref());
        asked.into_iter().flat_map(|asked| &asked.shown).map(|shown| shown.label.as_str())
    }

    /// When `Event::Wake` has something to do: a reminder, the end of waiting, the end of a
    /// draft.
    pub fn next_wake(&self, script: &Script) -> Option<Timestamp> {
        if self.human_since.is_some() {
            return None;
        }
        let frame = self.active.as_ref().or(self.parked.as_ref());
        let expiry = frame.map(|frame| self.expiry(script, frame));
        let reminder = frame.and_then(|frame| self.reminder(script, frame));
        let draft = self.draft.as_ref().map(|draft| draft.frame.touched + DRAFT_LIFE);
        [expiry, reminder, draft].into_iter().flatten().min()
    }

    pub(in crate::dialog) fn expiry(&self, script: &Script, frame: &Frame) -> Timestamp {
        let own = script.dialog_of(frame).and_then(|dialog| dialog.rules.expire);
        let wait = own.unwrap_or(script.rules.expire);
        let wait = if frame.medium == Medium::Sms { wait.max(SMS_WAIT) } else { wait };
        (frame.touched + wait).min(frame.started + LIFE)
    }

    /// `None` when she was reminded, or is not to be.
    pub(in crate::dialog) fn reminder(&self, script: &Script, frame: &Frame) -> Option<Timestamp> {
        let sms = frame.medium == Medium::Sms;
        if frame.reminded || (sms && !script.rules.remind_sms) || self.active.is_none() {
            return None;
        }
        let asked = frame.asked.as_ref()?;
        let dialog = script.dialog_of(frame)?;
        let own = dialog.question(&asked.step).and_then(|question| question.remind);
        // An answer that was not understood is a word from her too.
        let silent = asked.at.max(frame.touched);
        let at = waking(silent + own.or(dialog.rules.remind).or(script.rules.remind)?);
        let in_time = sms || at < frame.touched + WECHAT_WINDOW;
        (in_time && at < self.expiry(script, frame)).then_some(at)
    }

    pub(in crate::dialog) fn draft_is_over(&self, now: Timestamp) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.frame.touched + DRAFT_LIFE <= now)
    }
}

/// The same instant, or the next morning's beginning of waking hours.
fn waking(at: Timestamp) -> Timestamp {
    let china = Offset::constant(8);
    let civil = china.to_datetime(at);
    let day = match civil.time() {
        time if time < WAKING.0 => civil.date(),
        time if time > WAKING.1 => civil.date().tomorrow().unwrap_or(civil.date()),
        _ => return at,
    };
    china.to_timestamp(day.to_datetime(WAKING.0)).unwrap_or(at)
}

/// What she said so far, a line an answer, for the person who takes over.
pub fn summary(conversation: &Conversation, script: &Script) -> String {
    let frames = [
        conversation.active.as_ref(),
        conversation.parked.as_ref(),
        conversation.draft.as_ref().map(|draft| &draft.frame),
    ];
    let mut lines = Vec::new();
    for frame in frames.into_iter().flatten().flat_map(Frame::chain) {
        let name = script.dialog_of(frame).map_or(&frame.dialog, |dialog| &dialog.name);
        lines.push(format!("「{name}」{}", frame.opening));
        let steps = script.dialog_of(frame).map(|dialog| &dialog.steps);
        for step in steps.into_iter().flatten() {
            if let StepKind::Ask(question) = &step.kind
                && let Some(answer) = frame.answers.get(&question.slot)
                && answer.value != Value::Skipped
            {
                lines.push(shown(&answer.value));
            }
        }
        if !frame.photos.is_empty() {
            lines.push(format!("照片{}张", frame.photos.len()));
        }
    }
    lines.join("\n")
}
