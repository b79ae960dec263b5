//! Runs the transcripts of a script. After every message the conversation is saved, loaded
//! and compared, and at the end the whole session runs once more from the beginning.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::dialog::rehearse::coverage::{Coverage, Seen};
use crate::dialog::rehearse::report::{Failure, TestReport, Wrong};
use crate::dialog::rehearse::transcript::{Line, Transcript};
use crate::dialog::run::conversation::{Conversation, Offer};
use crate::dialog::run::event::{Call, Effect, Env, Event, Gazetteer};
use crate::dialog::run::step;
use crate::dialog::run::trace::{Spot, Trace};
use crate::dialog::script::actions::action;
use crate::dialog::script::value::{Answer, Fields, Value};
use crate::dialog::script::words::{Medium, Path, shown};
use crate::dialog::script::{Dialog, Script};

/// A Monday, ten in the morning in China.
pub(super) const BEGINNING: &str = "2026-11-23T10:00:00+08:00";
const NUMBER: &str = "126-041-273";

pub fn run_tests(script: &Script, places: &dyn Gazetteer) -> TestReport {
    let mut report = TestReport { coverage: Coverage::of(script), ..TestReport::default() };
    for dialog in script.each_dialog() {
        for test in &dialog.tests {
            report.run += 1;
            let mut session = Session::new(script, places, dialog, test);
            if let Err(Failed { line, wrong }) = session.run() {
                report.failures.push(Failure {
                    dialog: dialog.name.clone(),
                    file: dialog.file.clone(),
                    test: test.name.clone(),
                    line,
                    wrong,
                });
            }
            report.messages += session.events.len();
            report.until_filed.extend(session.until_filed());
            report.coverage.add(&session.seen);
        }
    }
    report
}

/// Where a transcript stopped, and why.
struct Failed {
    line: usize,
    wrong: Wrong,
}

/// One event, and what came of it.
struct Happened {
    at: Timestamp,
    working: bool,
    event: Event,
    /// The conversation behind it, as it is stored.
    state: String,
    effects: Vec<Effect>,
}

pub(super) struct Session<'a> {
    script: &'a Script,
    places: &'a dyn Gazetteer,
    dialog: &'a Dialog,
    test: &'a Transcript,
    now: Timestamp,
    /// The office is open.
    working: bool,
    conversation: Conversation,
    /// Where the replay begins.
    began: Conversation,
    /// All that happened, to be replayed.
    events: Vec<Happened>,
    /// Said, and not yet compared.
    said: VecDeque<String>,
    last_said: VecDeque<String>,
    calls: Vec<Call>,
    handed_over: bool,
    held: bool,
    /// The last message was not understood.
    misheard: bool,
    stubs_used: Vec<bool>,
    media: usize,
    seen: Seen,
}

impl<'a> Session<'a> {
    pub fn new(
        script: &'a Script,
        places: &'a dyn Gazetteer,
        dialog: &'a Dialog,
        test: &'a Transcript,
    ) -> Self {
        Self {
            script,
            places,
            dialog,
            test,
            now: BEGINNING.parse().unwrap_or_default(),
            working: true,
            conversation: Conversation::default(),
            began: Conversation::default(),
            events: Vec::new(),
            said: VecDeque::new(),
            last_said: VecDeque::new(),
            calls: Vec::new(),
            handed_over: false,
            held: false,
            misheard: false,
            stubs_used: vec![false; test.stubs.len()],
            media: 0,
            seen: Seen::default(),
        }
    }

    fn run(&mut self) -> Result<(), Failed> {
        for (number, line) in &self.test.lines {
            self.line(line).map_err(|wrong| Failed { line: *number, wrong })?;
        }
        if let Some(unused) = self.stubs_used.iter().position(|used| !used) {
            let stub = &self.test.stubs[unused];
            let what =
                format!("「外部」写了 {}，可是没有办过它。请删去，或者补上该说的话。", stub.action);
            return Err(Failed { line: stub.line, wrong: Wrong::Told(what) });
        }
        let line = self.test.lines.last().map_or(0, |(line, _)| *line);
        self.replay().map_err(|what| Failed { line, wrong: Wrong::Told(what) })
    }

    fn line(&mut self, line: &Line) -> Result<(), Wrong> {
        if let Line::Bot(expected) = line {
            let said = self.said.pop_front().map(|said| one_line(&said));
            return match said {
                Some(said) if matches(expected, &said) => Ok(()),
                said => Err(Wrong::Said { expected: one_line(expected), said }),
            };
        }
        self.event_or_fact(line).map_err(Wrong::Told)
    }

    /// Her messages from the first one to the one that filed a case.
    fn until_filed(&self) -> Option<usize> {
        const FILES: [&str; 2] = ["create_case", "report_danger"];
        let filed = |effect: &Effect| matches!(effect, Effect::Call(call) if FILES.contains(&call.action.as_str()));
        let at = self.events.iter().position(|one| one.effects.iter().any(filed))?;
        let hers = self.events[..=at].iter().filter(|one| {
            !matches!(
                one.event,
                Event::Wake
                    | Event::Result { .. }
                    | Event::Offer(_)
                    | Event::Follow { .. }
                    | Event::Takeover
                    | Event::Release
            )
        });
        Some(hers.count())
    }

    /// How many calls were made so far.
    pub fn done(&self) -> usize {
        self.calls.len()
    }

    pub fn misheard(&self) -> bool {
        self.misheard
    }

    /// What she was asked last.
    pub fn stands_at(&self) -> Option<Spot> {
        self.conversation.active.as_ref().and_then(Spot::of)
    }

    /// 〔办 …〕 for the last of the calls behind the first `done`, and who has it now.
    pub fn marks(&self, done: usize) -> Vec<String> {
        let called = self.calls[done..].last().map(|call| format!("〔办 {}〕", call.action));
        let handed = self.handed_over.then(|| "〔转人工〕".to_owned());
        let held = self.held.then(|| "〔留给工作人员〕".to_owned());
        [called, handed, held].into_iter().flatten().collect()
    }

    /// What was said to it, a line each.
    pub fn spoken(&mut self) -> impl Iterator<Item = String> {
        std::mem::take(&mut self.said).into_iter().map(|said| one_line(&said))
    }

    /// The same as it was said, with its line breaks.
    pub fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said).into()
    }

    /// One thing that happens, whatever is said to it.
    pub fn play(&mut self, line: &Line) -> Result<(), String> {
        self.event_or_fact(line)
    }

    fn event_or_fact(&mut self, line: &Line) -> Result<(), String> {
        match line {
            Line::Villager(text) => self.happens(Event::Text(text.clone())),
            Line::Photo => {
                let media = self.media();
                self.happens(Event::Photo { media })
            }
            Line::Voice => {
                let media = self.media();
                self.happens(Event::Voice { media, text: None })
            }
            Line::Location(label) => self.happens(Event::Location {
                latitude: 39.428,
                longitude: 118.905,
                label: label.clone(),
            }),
            Line::Menu(key) => self.happens(Event::Menu(key.clone())),
            Line::Follow => self.happens(Event::Follow { scene: None, new: true }),
            Line::Takeover => self.happens(Event::Takeover),
            Line::Release => self.happens(Event::Release),
            Line::Offer(number) => {
                let until = self.now + jiff::SignedDuration::from_hours(24 * 7);
                self.happens(Event::Offer(Offer::for_case(&self.dialog.id, number, until)))
            }
            Line::Passes(time) => self.pass(*time),
            Line::Office(open) => {
                self.working = *open;
                Ok(())
            }
            Line::Again => {
                self.said = self.last_said.clone();
                Ok(())
            }
            Line::Updated => {
                self.conversation.outdate();
                self.began = self.conversation.clone();
                self.events.clear();
                Ok(())
            }
            Line::Bot(_) => Ok(()),
            Line::Holds(path, expected) => match self.value(path) {
                Some(value) if equals(&value, expected) => Ok(()),
                Some(value) => {
                    Err(format!("{} 应该是 {expected}，实际是 {}。", path.slot, shown(&value)))
                }
                None => Err(format!("{} 应该是 {expected}，实际还没有。", path.slot)),
            },
            Line::HoldsNot(path) => match self.value(path) {
                None | Some(Value::Skipped) => Ok(()),
                Some(value) => Err(format!("{} 应该没有，实际是 {}。", path.slot, shown(&value))),
            },
            Line::Called(id) => match self.calls.last() {
                Some(call) if call.action == *id => Ok(()),
                _ => Err(format!("应该办 {id}，实际没有办。")),
            },
            Line::HandedOver if std::mem::take(&mut self.handed_over) => Ok(()),
            Line::HandedOver => Err("应该转人工，实际没有转。".into()),
            Line::Held if std::mem::take(&mut self.held) => Ok(()),
            Line::Held => Err("应该留给工作人员，实际没有留。".into()),
        }
    }

    fn media(&mut self) -> String {
        self.media += 1;
        format!("media-{}", self.media)
    }

    /// Time passes, with everything that wakes meanwhile.
    fn pass(&mut self, time: jiff::SignedDuration) -> Result<(), String> {
        let end = self.now + time;
        self.said.clear();
        let mut spoken = VecDeque::new();
        while let Some(wake) = self.conversation.next_wake(self.script).filter(|wake| *wake <= end)
        {
            self.now = wake.max(self.now);
            self.happens(Event::Wake)?;
            spoken.append(&mut self.said);
        }
        self.now = end;
        self.said = spoken;
        Ok(())
    }

    fn happens(&mut self, event: Event) -> Result<(), String> {
        self.said.clear();
        self.handed_over = false;
        self.held = false;
        self.misheard = false;
        let mut next = Some(event);
        while let Some(event) = next.take() {
            for effect in self.one(event)? {
                match effect {
                    Effect::Say(text) => self.said.push_back(text),
                    Effect::Call(call) => {
                        let outcome = self.outcome(&call);
                        next = Some(Event::Result { call: call.id.clone(), outcome });
                        self.calls.push(call);
                    }
                    Effect::Handoff { .. } => self.handed_over = true,
                    Effect::HeldForStaff { .. } => self.held = true,
                    Effect::Released => {}
                }
            }
        }
        self.last_said = self.said.clone();
        Ok(())
    }

    /// One step, saved and loaded behind it.
    fn one(&mut self, event: Event) -> Result<Vec<Effect>, String> {
        let mut seen = std::mem::take(&mut self.seen);
        seen.before(self.script, &self.conversation, &event, &self.env(self.now, self.working));
        self.seen = seen;
        let env = self.env(self.now, self.working);
        let turn = step(self.script, &self.conversation, &event, &env)
            .map_err(|fault| format!("对话走不下去：{fault}"))?;
        let saved = serde_json::to_string(&turn.conversation).map_err(|error| error.to_string())?;
        let loaded: Conversation =
            serde_json::from_str(&saved).map_err(|error| error.to_string())?;
        if loaded != turn.conversation {
            return Err("存起来再读出来不一样了（程序的错）。".into());
        }
        self.seen.after(&loaded, &turn.effects);
        self.conversation = loaded;
        self.misheard |= turn.traces.iter().any(Trace::is_miss);
        let effects = turn.effects.clone();
        let (at, working) = (self.now, self.working);
        self.events.push(Happened { at, working, event, state: saved, effects });
        Ok(turn.effects)
    }

    /// All of it once more, never stopped: every state and every effect must be the same to
    /// the byte.
    fn replay(&self) -> Result<(), String> {
        let mut conversation = self.began.clone();
        for happened in &self.events {
            let env = self.env(happened.at, happened.working);
            let turn = step(self.script, &conversation, &happened.event, &env)
                .map_err(|fault| format!("重放走不下去：{fault}"))?;
            let state =
                serde_json::to_string(&turn.conversation).map_err(|error| error.to_string())?;
            if state != happened.state || turn.effects != happened.effects {
                return Err("同样的话重放一遍，结果不一样（程序的错）。".into());
            }
            conversation = turn.conversation;
        }
        Ok(())
    }

    fn env(&self, now: Timestamp, working: bool) -> Env<'_> {
        let phone = match self.test.medium {
            Medium::Sms => Some(self.test.caller.as_deref().unwrap_or("13700001111")),
            Medium::Wechat => self.test.caller.as_deref(),
        };
        Env {
            now,
            medium: self.test.medium,
            phone,
            places: self.places,
            home: None,
            language: self.test.language.as_deref(),
            working,
        }
    }

    fn outcome(&mut self, call: &Call) -> Result<Value, String> {
        if let Some(index) = self.test.stubs.iter().position(|stub| stub.action == call.action) {
            self.stubs_used[index] = true;
            return self.test.stubs[index].outcome.clone();
        }
        usual_outcome(call)
    }

    /// Of the running dialog, or of the last call when it is over.
    fn value(&self, path: &Path) -> Option<Value> {
        let running = self.conversation.active.as_ref().or(self.conversation.parked.as_ref());
        let answer: Option<&Answer> = match running {
            // Within a dialog that was called, that of the caller too.
            Some(frame) => frame.chain().find_map(|frame| frame.answers.get(&path.slot)),
            None => self.calls.last().and_then(|call| call.args.get(&path.slot)),
        };
        answer.map(|answer| answer.value.clone())
    }
}

/// What a call gives when nothing else is written down.
pub(super) fn usual_outcome(call: &Call) -> Result<Value, String> {
    let Some(action) = action(&call.action) else { return Err(String::new()) };
    if action.rows {
        return Ok(Value::List(Vec::new()));
    }
    let text = |id: &str| match id {
        "case_no" => NUMBER.to_owned(),
        "promised" | "due" => "11月25日17点前".to_owned(),
        "next" => String::new(),
        _ => call.args.get("detail").map(|answer| shown(&answer.value)).unwrap_or_default(),
    };
    let fields: Fields =
        action.outputs.iter().map(|(id, _)| ((*id).to_owned(), Value::Text(text(id)))).collect();
    Ok(Value::Record(fields))
}

fn equals(value: &Value, expected: &str) -> bool {
    shown(value) == expected
        || matches!(value, Value::Choice { value, .. } | Value::Row { value, .. } if value == expected)
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `…` stands for anything; line breaks count as blanks.
fn matches(expected: &str, said: &str) -> bool {
    let (expected, said) = (one_line(expected), one_line(said));
    let parts: Vec<&str> = expected.split('…').collect();
    let [first, middle @ .., last] = &parts[..] else { return expected == said };
    if parts.len() == 1 {
        return expected == said;
    }
    let Some(mut rest) = said.strip_prefix(first.trim_end()) else { return false };
    for part in middle {
        let part = part.trim();
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.trim_start())
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn dots_stand_for_anything() {
        let check =
            |expected, said, expect| assert_eq!(matches(expected, said), expect, "{expected}");
        check("您好", "您好", true);
        check("您好", "您好！", false);
        check("您好…", "您好\n1 甲", true);
        check("…1 甲…2 乙", "哪一个？\n1 甲\n2 乙", true);
        check("…1 甲…2 乙", "哪一个？\n1 甲\n2 乙\n3 丙", false);
        check("1 甲…1 甲", "1 甲", false);
        check("哪一个？ 1 甲", "哪一个？\n1 甲", true);
    }
}
