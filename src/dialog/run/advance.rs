//! Where a dialog goes next: the first relevant step that is not behind her.

use jiff::tz::Offset;

use crate::dialog::run::conversation::{Asked, Frame, Shown};
use crate::dialog::run::event::{Call, Effect, Env, Fault};
use crate::dialog::run::menu::field_of;
use crate::dialog::run::step::Walk;
use crate::dialog::run::typed::today;
use crate::dialog::run::understand::{self, Parsed};
use crate::dialog::script::condition::Facts;
use crate::dialog::script::value::{Answer, How, Value};
use crate::dialog::script::words::{Medium, Path, Words, brief_on, shown};
use crate::dialog::script::{
    CallStep, Confirm, Default, Dialog, From, Kind, Question, Step, StepKind,
};

const STEPS_MAX: usize = 100;

impl<'a> Walk<'a> {
    /// Says, asks or calls until it has to wait for her or for the host.
    pub fn advance(&mut self) -> Result<(), Fault> {
        for _ in 0..STEPS_MAX {
            let Some(frame) = &self.now.active else { return Ok(()) };
            let dialog = self.dialog_of(frame)?;
            let Some(frame) = &mut self.now.active else { return Ok(()) };
            let next = frame.next(dialog, self.env).map(|step| step.id.clone());
            let step = dialog.steps.iter().find(|step| next.as_ref() == Some(&step.id));
            let Some(step) = step else { return self.complete() };
            frame.compute(step);
            match &step.kind {
                StepKind::Ask(question) => {
                    if let Some(answer) = frame.known(question, self.env) {
                        frame.answers.insert(question.slot.clone(), answer);
                        continue;
                    }
                    return self.ask(question, "");
                }
                StepKind::Say { words, end } => {
                    frame.done.push(step.id.clone());
                    let text = frame.fill(words, self.env.medium);
                    self.say(text);
                    if *end {
                        return self.complete();
                    }
                }
                StepKind::Confirm(confirm) => return self.ask_confirm(&step.id, confirm),
                StepKind::Call(call) => {
                    let call = frame.call(dialog, step, call, self.env);
                    frame.asked = None;
                    frame.calling = Some((call.id.clone(), step.id.clone()));
                    self.effects.push(Effect::Call(call));
                    return Ok(());
                }
                StepKind::Go(target) => frame.go_back(dialog, &step.id, target),
                StepKind::Sub { dialog, .. } => {
                    frame.asked = None;
                    self.enter_sub(dialog)?;
                }
            }
        }
        Err(Fault::Loop(self.now.active.as_ref().map_or_else(String::new, |f| f.dialog.clone())))
    }

    /// The dialog is over; what waited for it goes on.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.now.active = None;
        let Some(parked) = &self.now.parked else { return Ok(()) };
        if self.now.is_with_person() {
            self.now.active = self.now.parked.take();
            return Ok(());
        }
        if parked.goes_on {
            self.now.active = self.now.parked.take();
            if let Some(frame) = &mut self.now.active {
                frame.goes_on = false;
            }
            return self.ask_again();
        }
        let name = self.dialog_of(parked)?.name.clone();
        let text = self.phrase("resume", &[("名称", name)]);
        self.say(text);
        Ok(())
    }

    /// The question that waits for an answer; none at a confirmation.
    pub fn open_question(&self) -> Option<&'a Question> {
        let frame = self.now.active.as_ref()?;
        let asked = frame.asked.as_ref()?;
        self.script.dialog_of(frame)?.question(&asked.step)
    }

    pub fn ask_again(&mut self) -> Result<(), Fault> {
        let Some(frame) = &self.now.active else { return Ok(()) };
        let Some(asked) = &frame.asked else { return self.advance() };
        let slot = asked.step.clone();
        self.ask_slot(&slot, "")
    }

    /// Asks a question or shows a confirmation, whatever comes before it.
    pub fn ask_slot(&mut self, slot: &str, suffix: &str) -> Result<(), Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(()) };
        let Some(dialog) = self.script.dialog_of(frame) else { return self.advance() };
        let asks = |step: &&Step| step.id == slot && frame.is_relevant(step, self.env);
        let step = dialog.steps.iter().find(asks);
        if let Some(step) = step {
            frame.compute(step);
        }
        match step.map(|step| &step.kind) {
            Some(StepKind::Ask(question)) => self.ask(question, suffix),
            Some(StepKind::Confirm(confirm)) => self.ask_confirm(slot, confirm),
            _ => self.advance(),
        }
    }

    fn ask(&mut self, question: &Question, suffix: &str) -> Result<(), Fault> {
        let Some(frame) = &self.now.active else { return Ok(()) };
        let before = frame.asked.as_ref().filter(|asked| asked.step == question.slot);
        // On the second page she is asked with the second page again.
        let mut asked =
            frame.menu(question, before.and_then(|asked| asked.shown.first()), self.env);
        asked.misses = before.map_or(0, |asked| asked.misses);
        // With her first words she may have named a village that has to be made sure of.
        if before.is_none() && suffix.is_empty() && matches!(question.kind, Kind::Village) {
            match understand::village_in(&frame.opening, self.env) {
                Parsed::Choose(shown) => {
                    self.which_one(Asked { shown, ..asked });
                    return Ok(());
                }
                Parsed::Maybe(answer) => {
                    if let Some(frame) = &mut self.now.active {
                        frame.asked = Some(asked);
                    }
                    self.is_it(answer);
                    return Ok(());
                }
                _ => {}
            }
            if let Some(home) = self.env.home {
                let value = Value::Village { code: home.code.clone(), name: home.name.clone() };
                asked.maybe = Some(Answer { raw: String::new(), value, how: How::Default });
                let here = self.phrase("scanned", &[("候选", home.name.clone())]);
                self.show_question(question, asked, &here);
                return Ok(());
            }
        }
        self.show_question(question, asked, suffix);
        Ok(())
    }

    /// The text of a question and its menu, which is remembered.
    pub fn show_question(&mut self, question: &Question, asked: Asked, suffix: &str) {
        let Some(frame) = &self.now.active else { return };
        let text = frame.fill(&question.words, self.env.medium) + &self.menu_text(&asked) + suffix;
        if let Some(frame) = &mut self.now.active {
            frame.asked = Some(asked);
        }
        self.say(text);
    }

    fn ask_confirm(&mut self, id: &str, confirm: &Confirm) -> Result<(), Fault> {
        let Some(frame) = &self.now.active else { return Ok(()) };
        let dialog = self.dialog_of(frame)?;
        let Some(frame) = &mut self.now.active else { return Ok(()) };
        frame.forget_stale(dialog, self.env);
        let misses =
            frame.asked.as_ref().filter(|asked| asked.step == id).map_or(0, |asked| asked.misses);
        let items: Vec<(String, String)> = confirm
            .list
            .iter()
            .filter_map(|slot| {
                Some((slot.clone(), brief_on(&frame.answers.get(slot)?.value, self.env.medium)))
            })
            .collect();
        let lines: Vec<String> =
            items.iter().enumerate().map(|(n, (_, item))| format!("{} {item}", n + 1)).collect();
        let list = match self.env.medium {
            Medium::Wechat => format!("\n{}\n", lines.join("\n")),
            Medium::Sms => lines.join("；"),
        };
        let text = confirm.words.of(self.env.medium).fill(|path| match path.slot.as_str() {
            "清单" | "list" => Some(list.clone()),
            _ => frame.show(path),
        });
        let mut asked = Asked::new(id, self.env.now);
        asked.misses = misses;
        asked.shown = items
            .into_iter()
            .map(|(slot, item)| Shown { label: slot, value: Value::Text(item) })
            .collect();
        frame.asked = Some(asked);
        self.say(text);
        Ok(())
    }

    /// The sentence for so many misses; the question itself where there is none.
    pub fn say_ladder(&mut self) -> Result<(), Fault> {
        let Some(frame) = &self.now.active else { return Ok(()) };
        let Some(asked) = &frame.asked else { return self.advance() };
        let dialog = self.dialog_of(frame)?;
        let Some(step) = dialog.steps.iter().find(|step| step.id == asked.step) else {
            return self.advance();
        };
        let (ladder, menu) = match &step.kind {
            StepKind::Ask(question) => (&question.not_understood, self.menu_text(asked)),
            StepKind::Confirm(confirm) => (&confirm.not_understood, String::new()),
            _ => return self.advance(),
        };
        let rung = usize::from(asked.misses.div_ceil(2).saturating_sub(1));
        let Some(words) = ladder.get(rung).or(ladder.last()) else { return self.ask_again() };
        let text = frame.fill(words, self.env.medium) + &menu;
        self.say(text);
        Ok(())
    }

    /// How many questions a draft still has, as far as can be known.
    pub fn left_to_ask(&self, frame: &Frame) -> usize {
        let Some(dialog) = self.script.dialog_of(frame) else { return 0 };
        let open = frame.way(dialog, self.env).filter(|step| {
            matches!(step.kind, StepKind::Ask(_) | StepKind::Sub { .. })
                && !is_unasked(step)
                && !frame.answers.contains_key(&step.id)
        });
        open.count().max(1)
    }
}

/// She may say it; nobody asks.
fn is_unasked(step: &Step) -> bool {
    matches!(&step.kind, StepKind::Ask(question) if question.unasked)
}

impl Frame {
    pub fn is_relevant(&self, step: &Step, env: &Env) -> bool {
        step.when.as_ref().is_none_or(|when| when.holds(&self.facts(env)))
    }

    /// The first relevant step that is not behind her.
    pub fn next<'d>(&'d self, dialog: &'d Dialog, env: &'d Env<'d>) -> Option<&'d Step> {
        self.way(dialog, env).find(|step| match &step.kind {
            StepKind::Ask(question) => {
                !self.answers.contains_key(&step.id)
                    && (!question.unasked || self.known(question, env).is_some())
            }
            StepKind::Sub { .. } => !self.answers.contains_key(&step.id),
            _ => !self.done.contains(&step.id),
        })
    }

    /// What needs not be asked: her own number, the only row of a table, no row at all.
    fn known(&self, question: &Question, env: &Env) -> Option<Answer> {
        let given = |value| Some(Answer { raw: String::new(), value, how: How::Default });
        let said = match &question.default {
            Some(Default::Caller) => env.phone.map(str::to_owned),
            Some(Default::Slot(path)) => self.value(path).map(|value| match value {
                Value::Identity(number) => number,
                other => shown(&other),
            }),
            Some(Default::Words(words)) => Some(words.clone()),
            None => None,
        };
        if let Some(said) = said {
            let asked = Asked::new(&question.slot, env.now);
            if let Parsed::Answer(answer) = understand::parse(question, self, &asked, &said, env) {
                let mut answer = given(answer.value)?;
                return self.whole_row(question, &mut answer).then_some(answer);
            }
        }
        match &question.kind {
            Kind::Matter => {
                let (value, how) = understand::likely_kind(self.matter(), env)?;
                Some(Answer { raw: self.matter().to_owned(), value, how })
            }
            Kind::ChoiceFrom(pick) => {
                let items = self.items(question, env, false);
                // Her only case needs no choice; a ware that is left over is still asked for.
                match (&items[..], &pick.from) {
                    ([], _) => given(Value::Skipped),
                    ([one], from)
                        if question.takes_the_only() || matches!(from, From::Rows { .. }) =>
                    {
                        let mut answer = given(one.shown().value)?;
                        self.whole_row(question, &mut answer).then_some(answer)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What was said of an answer, or looked up by it, does not hold for another one.
    pub fn unsay(&mut self, dialog: &Dialog, slot: &str) {
        for step in &dialog.steps {
            let stale = match &step.kind {
                StepKind::Say { words, .. } => {
                    let mut paths = words.wechat.paths().chain(words.sms.paths());
                    paths.any(|path| path.slot == slot)
                }
                StepKind::Call(call) => {
                    call.action.rows && call.action.inputs.iter().any(|(name, _)| *name == slot)
                }
                _ => false,
            };
            if stale {
                self.done.retain(|done| *done != step.id);
            }
        }
    }

    /// What was answered, and then made irrelevant by another answer.
    fn stale(&self, dialog: &Dialog, env: &Env) -> Vec<String> {
        let asked = dialog.steps.iter().filter(|step| self.answers.contains_key(&step.id));
        let is_stale = |step: &&Step| !self.way(dialog, env).any(|on_it| on_it.id == step.id);
        asked.filter(is_stale).map(|step| step.id.clone()).collect()
    }

    /// Before she confirms them: what she does not see is not kept either.
    fn forget_stale(&mut self, dialog: &Dialog, env: &Env) {
        loop {
            // One that goes may have made others relevant.
            let stale = self.stale(dialog, env);
            if stale.is_empty() {
                return;
            }
            self.answers.retain(|slot, _| !stale.contains(slot));
        }
    }

    fn call(&self, dialog: &Dialog, step: &Step, call: &CallStep, env: &Env) -> Call {
        let stale = self.stale(dialog, env);
        let mut args: std::collections::BTreeMap<String, Answer> = self
            .answers
            .iter()
            .filter(|(slot, answer)| {
                let takes = call.action.inputs.iter().any(|(name, _)| name == *slot);
                takes && !stale.contains(slot) && answer.value != Value::Skipped
            })
            .map(|(slot, answer)| (slot.clone(), answer.clone()))
            .collect();
        let mut add = |name: &str, value: Value| {
            args.insert(name.to_owned(), Answer { raw: String::new(), value, how: How::Given });
        };
        // What another dialog asked for this one counts as if this one had.
        for (input, _) in call.action.inputs {
            let from_subs = dialog.steps.iter().filter_map(|step| match &step.kind {
                StepKind::Sub { result, .. } => self.answers.get(result),
                _ => None,
            });
            let mut within = from_subs.filter_map(|answer| match &answer.value {
                Value::Row { fields, .. } => fields.get(*input).cloned(),
                _ => None,
            });
            if let Some(value) = within.next_back().filter(|_| !self.answers.contains_key(*input)) {
                add(input, value);
            }
        }
        add("opening", Value::Text(self.opening.clone()));
        if !self.photos.is_empty() {
            add("photos", Value::Files(self.photos.clone()));
        }
        if !self.voices.is_empty() {
            add("voices", Value::Files(self.voices.clone()));
        }
        Call {
            id: format!("{}-{}-{}", self.dialog, self.started.as_millisecond(), step.id),
            action: call.action.id.to_owned(),
            dialog: self.dialog.clone(),
            args,
        }
    }

    pub fn fill(&self, words: &Words, medium: Medium) -> String {
        words.of(medium).fill(|path| self.show(path))
    }

    fn show(&self, path: &Path) -> Option<String> {
        let value = self.value(path)?;
        // A field is the host's, and comes as it is.
        Some(if path.field.is_some() { shown(&value) } else { brief_on(&value, self.medium) })
    }

    pub fn value(&self, path: &Path) -> Option<Value> {
        let value = &self.answers.get(&path.slot)?.value;
        let Some(field) = &path.field else { return Some(value.clone()) };
        match value {
            Value::List(rows) if field == "个数" || field == "count" => {
                Some(Value::Number(1_000 * i64::try_from(rows.len()).ok()?))
            }
            Value::Record(fields) | Value::Row { fields, .. } => field_of(fields, field),
            _ => None,
        }
    }

    pub fn facts<'f>(&'f self, env: &'f Env<'f>) -> FrameFacts<'f> {
        FrameFacts { frame: self, env }
    }
}

pub(in crate::dialog) struct FrameFacts<'f> {
    frame: &'f Frame,
    env: &'f Env<'f>,
}

impl Facts for FrameFacts<'_> {
    fn value(&self, path: &Path) -> Option<Value> {
        match path.slot.as_str() {
            "渠道" | "channel" => Some(Value::Text(
                match self.env.medium {
                    Medium::Wechat => "微信",
                    Medium::Sms => "短信",
                }
                .into(),
            )),
            "今天" | "today" => Some(Value::Day(today(self.env))),
            "时间" | "time" => {
                let time = Offset::constant(8).to_datetime(self.env.now).time();
                Some(Value::Text(format!("{:02}:{:02}", time.hour(), time.minute())))
            }
            _ => self.frame.value(path),
        }
    }

    fn office_open(&self) -> bool {
        self.env.working
    }
}
