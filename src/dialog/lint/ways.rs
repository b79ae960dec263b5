//! What shows when every way through a dialog is walked: steps that none reaches, ends without
//! a word, texts that speak of what is not known on some way.

use std::collections::BTreeSet;

use super::Findings;
use super::paths::{State, Ways, texts};
use crate::dialog::script::words::{Medium, Path};
use crate::dialog::script::{Dialog, Script, Step, StepKind, place_of};

pub(super) fn check(findings: &mut Findings, dialog: &Dialog, _script: &Script) {
    let ways = Ways::through(dialog);
    for (n, step) in dialog.steps.iter().enumerate() {
        if !ways.complete && ways.reached[n].is_empty() {
            continue;
        }
        unreachable(findings, dialog, step, &ways.reached[n]);
        unset(findings, dialog, n, &ways);
    }
    for (n, state) in &ways.circles {
        circle(findings, dialog, &dialog.steps[*n], &ways, state);
    }
    if ways.complete {
        loose_ends(findings, dialog, &ways);
    }
}

fn unreachable(findings: &mut Findings, dialog: &Dialog, step: &Step, reached: &BTreeSet<State>) {
    if reached.is_empty() && step.when.is_some() {
        let message = "永远走不到这一步：怎么答，「当」后面的条件都不成立。\
                       请看条件里的值，也看前面的「到此为止」是不是把这种情形都收走了。";
        let at = place_of(&step.places, "when");
        findings.add(&dialog.file, at, "", "E801", message.into());
    }
}

/// A step back that comes to itself again, and nothing was asked meanwhile.
fn circle(findings: &mut Findings, dialog: &Dialog, step: &Step, ways: &Ways, state: &State) {
    let mut about = Vec::new();
    for when in dialog.steps.iter().filter_map(|step| step.when.as_ref()) {
        when.visit(&mut |path, _| about.push(path.clone()));
    }
    let told = ways.tell(state, &about.iter().collect::<Vec<_>>());
    let told = if told.is_empty() { String::new() } else { format!("（{told}）") };
    let message = format!(
        "有时候会一直转圈{told}：回到前面以后，中间的问题都不用问，又走到这里。\
         请让中间有一个一定要问的问题，或者把「当」写窄些。"
    );
    findings.add(&dialog.file, place_of(&step.places, "go"), "", "E803", message);
}

/// Placeholders that are empty on some way to the text.
fn unset(findings: &mut Findings, dialog: &Dialog, n: usize, ways: &Ways) {
    let step = &dialog.steps[n];
    let own = match &step.kind {
        StepKind::Ask(question) => Some(question.slot.as_str()),
        _ => None,
    };
    let mut said = BTreeSet::new();
    for (key, words) in texts(step) {
        for medium in [Medium::Wechat, Medium::Sms] {
            for path in words.of(medium).paths() {
                // What the refused answer was is known when it is refused.
                if own == Some(path.slot.as_str()) || path.slot == "清单" {
                    continue;
                }
                let slot = Path { slot: path.slot.clone(), field: None };
                let on = ways.reached[n].iter().filter(|state| ways.is_on(state, medium));
                let empty =
                    |state: &&State| !ways.is_set(state, &slot) || !ways.is_set(state, path);
                let Some(state) = on.into_iter().find(empty) else { continue };
                if !said.insert(path.to_string()) {
                    continue;
                }
                let asked = dialog.steps.iter().find(|step| step.id == path.slot);
                let mut about = Vec::new();
                if let Some(when) = asked.and_then(|step| step.when.as_ref()) {
                    when.visit(&mut |path, _| about.push(path.clone()));
                }
                about.push(path.clone());
                let told = ways.tell(state, &about.iter().collect::<Vec<_>>());
                let told = if told.is_empty() { String::new() } else { format!("（{told}）") };
                let message = format!(
                    "有时候【{path}】是空的{told}，这一句就缺一块。\
                     请给这一步加「当: 有 {path}」，没有的时候另写一句。"
                );
                let at = place_of(&step.places, key);
                findings.add(&dialog.file, at, &format!("【{path}"), "E805", message);
            }
        }
    }
}

fn loose_ends(findings: &mut Findings, dialog: &Dialog, ways: &Ways) {
    let mut said = BTreeSet::new();
    for end in &ways.ends {
        if let Some(n) = end.unanswered
            && said.insert(Some(n))
        {
            let step = &dialog.steps[n];
            let message = "村民答完这一步，后面就没有话了，她不知道办成没有。\
                           请在后面补一步「说」（或者「办」）；有「当」的，请看是不是都不成立。";
            let key =
                if step.places.iter().any(|(key, _)| *key == "ask") { "ask" } else { "confirm" };
            findings.add(&dialog.file, place_of(&step.places, key), "", "E802", message.into());
        }
        if !end.begun && said.insert(None) {
            let message = "有的人走进这个对话，一句话也听不到：所有的「当」都不成立。\
                           请补一步没有「当」的「说」。";
            let at = place_of(&dialog.places, "steps");
            findings.add(&dialog.file, at, "", "E802", message.into());
        }
    }
}
