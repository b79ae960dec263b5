//! What a villager said in a trial, as a transcript: the answers are those that the same words
//! get when the transcript is run, so that it passes.

use jiff::SignedDuration;

use crate::dialog::rehearse::replay::{Session, one_line};
use crate::dialog::rehearse::transcript::{Line, Transcript};
use crate::dialog::run::event::Gazetteer;
use crate::dialog::script::Script;
use crate::dialog::script::words::Medium;

/// One thing that she did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    Said(String),
    Photo,
    Voice,
    Location(String),
    Menu(String),
    Follow,
    /// Minutes without a word.
    Waited(u32),
}

/// The lines of a transcript on WeChat; `Err` says which words the rehearsal can not take.
pub fn record(script: &Script, places: &dyn Gazetteer, did: &[Did]) -> Result<Vec<String>, String> {
    let Some(dialog) = script.dialogs.values().next() else { return Ok(Vec::new()) };
    let test = Transcript::blank(Medium::Wechat);
    let mut session = Session::new(script, places, dialog, &test);
    let mut lines = Vec::new();
    for one in did {
        let (line, written) = match one {
            Did::Said(text) => {
                let text = one_line(text);
                (Line::Villager(text.clone()), format!("村民：{text}"))
            }
            Did::Photo => (Line::Photo, "〔照片〕".into()),
            Did::Voice => (Line::Voice, "〔语音〕".into()),
            Did::Location(label) => {
                let label = if label.trim().is_empty() { "村口" } else { label.trim() };
                (Line::Location(label.into()), format!("〔位置 {label}〕"))
            }
            Did::Menu(key) => (Line::Menu(key.clone()), format!("〔菜单 {key}〕")),
            Did::Follow => (Line::Follow, "〔关注〕".into()),
            Did::Waited(minutes) => {
                let time = SignedDuration::from_mins(i64::from(*minutes));
                (Line::Passes(time), format!("〔过 {}〕", duration(*minutes)))
            }
        };
        let done = session.done();
        session.play(&line)?;
        lines.push(written);
        lines.extend(session.marks(done));
        lines.extend(session.spoken().map(|said| format!("系统：{said}")));
    }
    Ok(lines)
}

/// As a transcript may write it: at most a thousand of a unit.
fn duration(minutes: u32) -> String {
    match minutes {
        0..=1_000 => format!("{}分钟", minutes.max(1)),
        _ => format!("{}小时", minutes.div_ceil(60)),
    }
}
