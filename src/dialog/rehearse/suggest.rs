//! The shortest conversation in which an option is chosen, written as a transcript that only
//! has to be pasted into the file.

use std::collections::VecDeque;
use std::fmt::Write;

use jiff::Timestamp;

use crate::dialog::rehearse::replay::{BEGINNING, one_line, usual_outcome};
use crate::dialog::run::conversation::{Conversation, Offer};
use crate::dialog::run::event::{Effect, Env, Event, Gazetteer};
use crate::dialog::run::step;
use crate::dialog::script::words::Medium;
use crate::dialog::script::{Dialog, Kind, Question, Script, StepKind};

/// Conversations that are tried for one option, and messages in one.
const TRIED_MAX: usize = 200;
const MESSAGES_MAX: usize = 25;
const PHONE: &str = "13700001111";
const CASE: &str = "126041273";

/// Ready to stand below `测试:`; `None` when no short conversation leads there.
pub(in crate::dialog) fn transcript(
    script: &Script,
    places: &dyn Gazetteer,
    village: &str,
    dialog: &Dialog,
    slot: &str,
    value: &str,
) -> Option<String> {
    let question = dialog.question(slot)?;
    let Kind::Choice(choices) = &question.kind else { return None };
    let label = &choices.iter().find(|choice| choice.value == value)?.label;
    let found = [Medium::Wechat, Medium::Sms].into_iter().find_map(|medium| {
        let search = Search { script, places, village, dialog, slot, label, medium };
        Some((medium, search.run()?))
    });
    let (medium, lines) = found?;
    let channel = if medium == Medium::Sms { "短信" } else { "微信" };
    let mut text = format!("  - 名称: {slot} 选{label}\n    渠道: {channel}\n    现场: |\n");
    for line in lines {
        let _ = writeln!(text, "      {line}");
    }
    Some(text)
}

struct Search<'a> {
    script: &'a Script,
    places: &'a dyn Gazetteer,
    village: &'a str,
    dialog: &'a Dialog,
    slot: &'a str,
    label: &'a str,
    medium: Medium,
}

/// A conversation so far, and how it reads.
#[derive(Clone)]
struct Talk {
    conversation: Conversation,
    lines: Vec<String>,
    messages: usize,
}

impl Search<'_> {
    /// By breadth, so that the first that is found is the shortest.
    fn run(&self) -> Option<Vec<String>> {
        let (line, event) = self.beginning()?;
        let fresh = Talk { conversation: Conversation::default(), lines: Vec::new(), messages: 0 };
        let mut open = VecDeque::from([self.after(&fresh, line, event)?]);
        for _ in 0..TRIED_MAX {
            let talk = open.pop_front()?;
            let Some(frame) = &talk.conversation.active else {
                // An offer waits for its answer without a question.
                if talk.messages == 1 && self.dialog.words.is_empty() {
                    let line = format!("村民：{}", self.label);
                    let next = self.after(&talk, line, Event::Text(self.label.to_owned()));
                    return next.map(|talk| talk.lines);
                }
                continue;
            };
            let Some(asked) = frame.asked.as_ref().filter(|_| frame.dialog == self.dialog.id)
            else {
                continue;
            };
            if asked.step == self.slot {
                let line = format!("村民：{}", self.label);
                let next = self.after(&talk, line, Event::Text(self.label.to_owned()))?;
                return Some(next.lines);
            }
            if talk.messages >= MESSAGES_MAX {
                continue;
            }
            let step = self.dialog.steps.iter().find(|step| step.id == asked.step)?;
            let answers = match &step.kind {
                StepKind::Ask(question) => self.answers(question),
                _ => vec![said("对")],
            };
            open.extend(
                answers.into_iter().filter_map(|(line, event)| self.after(&talk, line, event)),
            );
        }
        None
    }

    fn beginning(&self) -> Option<(String, Event)> {
        let dialog = self.dialog;
        if let Some(word) = dialog.words.first() {
            return Some(said(word));
        }
        if let Some(key) = &dialog.menu_key {
            return Some((format!("〔菜单 {key}〕"), Event::Menu(key.clone())));
        }
        let offered = self.script.notices.values().any(|n| n.offers() == Some(dialog.id.as_str()));
        offered.then(|| {
            let until = now() + jiff::SignedDuration::from_hours(24);
            let offer = Offer::for_case(&dialog.id, CASE, until);
            (format!("〔评价邀请 {CASE}〕"), Event::Offer(offer))
        })
    }

    /// What she may say; more than one where it decides how it goes on.
    fn answers(&self, question: &Question) -> Vec<(String, Event)> {
        // The shortest of the words: hash sets have no order of their own.
        let skip = question.skip.iter().min_by_key(|word| (word.chars().count(), word.as_str()));
        let usual = match &question.kind {
            Kind::Choice(choices) => {
                return choices.iter().map(|choice| said(&choice.label)).collect();
            }
            Kind::YesNo => return vec![said("是"), said("不是")],
            Kind::Village => said(self.village),
            Kind::Mobile => said("13912345678"),
            Kind::PersonName => said("张三"),
            Kind::Quantity { min, .. } => {
                said(&(min.unwrap_or(1_000).max(1_000) / 1_000).to_string())
            }
            Kind::Photo => ("〔照片〕".to_owned(), Event::Photo { media: "media-1".into() }),
            Kind::LongText { .. } => said("村口的路坏了半个月，下雨天走不过去，请来修一修"),
            Kind::ShortText | Kind::Location => said("村口大槐树旁"),
            Kind::Money { .. } => said("100元"),
            Kind::Day => said("昨天"),
            Kind::Identity => said("11010519491231002X"),
            Kind::Matter => said("别的"),
            Kind::ChoiceFrom(_) | Kind::Many { .. } => said("1"),
        };
        // Skipping may lead elsewhere.
        [Some(usual), skip.map(|word| said(word))].into_iter().flatten().collect()
    }

    fn after(&self, talk: &Talk, line: String, event: Event) -> Option<Talk> {
        let mut talk = talk.clone();
        talk.lines.push(line);
        talk.messages += 1;
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let phone = (self.medium == Medium::Sms).then_some(PHONE);
            let env = Env {
                now: now(),
                medium: self.medium,
                phone,
                home: None,
                language: None,
                places: self.places,
                working: true,
            };
            let turn = step(self.script, &talk.conversation, &event, &env).ok()?;
            talk.conversation = turn.conversation;
            for effect in turn.effects {
                match effect {
                    Effect::Say(text) => talk.lines.push(format!("系统：{}", one_line(&text))),
                    Effect::Call(call) => {
                        talk.lines.push(format!("〔办 {}〕", call.action));
                        let outcome = usual_outcome(&call);
                        next = Some(Event::Result { call: call.id, outcome });
                    }
                    Effect::Handoff { .. } => return None,
                    _ => {}
                }
            }
        }
        Some(talk)
    }
}

fn said(text: &str) -> (String, Event) {
    (format!("村民：{text}"), Event::Text(text.to_owned()))
}

fn now() -> Timestamp {
    BEGINNING.parse().unwrap_or_default()
}
