//! Every text of a script under a stable key, to be translated:
//! `<dialog>.<step>.<field>[.<channel>]`.

use std::sync::Arc;

use crate::dialog::script::words::{Template, Words};
use crate::dialog::script::{Choice, Command, Kind, Script, StepKind};

/// A text that may be replaced: a sentence, or the label of an option.
pub(in crate::dialog) enum Text<'t> {
    Sentence(&'t mut Template),
    Label(&'t mut Choice),
}

impl Text<'_> {
    pub fn written(&self) -> String {
        match self {
            Text::Sentence(template) => template.to_string(),
            Text::Label(choice) => choice.label.clone(),
        }
    }
}

impl Script {
    /// Hands every text with its key to `each`.
    pub(in crate::dialog) fn each_text(&mut self, each: &mut impl FnMut(&str, Text)) {
        for dialog in self.dialogs.values_mut() {
            let dialog = Arc::make_mut(dialog);
            for step in &mut dialog.steps {
                let key = format!("{}.{}", dialog.id, step.id);
                match &mut step.kind {
                    StepKind::Ask(question) => {
                        sentence(&format!("{key}.说"), &mut question.words, each);
                        for (n, words) in question.not_understood.iter_mut().enumerate() {
                            sentence(&format!("{key}.听不懂.{}", n + 1), words, each);
                        }
                        for (n, (_, words)) in question.not_allowed.iter_mut().enumerate() {
                            sentence(&format!("{key}.不合规.{}", n + 1), words, each);
                        }
                        if let Kind::Choice(choices) | Kind::Many { choices, .. } =
                            &mut question.kind
                        {
                            for choice in choices {
                                let key = format!("{key}.选项.{}", choice.value);
                                each(&key, Text::Label(choice));
                            }
                        }
                    }
                    StepKind::Say { words, .. } => sentence(&format!("{key}.说"), words, each),
                    StepKind::Confirm(confirm) => {
                        sentence(&format!("{key}.说"), &mut confirm.words, each);
                        for (n, words) in confirm.not_understood.iter_mut().enumerate() {
                            sentence(&format!("{key}.听不懂.{}", n + 1), words, each);
                        }
                    }
                    StepKind::Call(call) => {
                        sentence(&format!("{key}.失败"), &mut call.failure, each);
                    }
                    StepKind::Go(_) | StepKind::Sub { .. } => {}
                }
            }
        }
        for global in &mut self.commands {
            let word = match global.command {
                Command::Cancel => "取消",
                Command::Back => "上一步",
                Command::Help => "帮助",
                Command::Human => "人工",
                Command::Repeat => "再说一遍",
            };
            if let Some(words) = &mut global.say {
                sentence(&format!("口令.{word}.说"), words, each);
            }
        }
        for (id, zh, _) in crate::dialog::script::keywords::PHRASES {
            if let Some(words) = self.phrases.get_mut(id) {
                sentence(&format!("句子.{zh}"), words, each);
            }
        }
        sentence("规矩.催问说", &mut self.rules.remind_text, each);
    }
}

/// One key where both channels say the same.
fn sentence(key: &str, words: &mut Words, each: &mut impl FnMut(&str, Text)) {
    if words.wechat == words.sms {
        each(key, Text::Sentence(&mut words.wechat));
        words.sms = words.wechat.clone();
        return;
    }
    each(&format!("{key}.微信"), Text::Sentence(&mut words.wechat));
    each(&format!("{key}.短信"), Text::Sentence(&mut words.sms));
}
