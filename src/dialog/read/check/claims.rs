//! Words and keys that two things claim, and dialogs that nothing leads into.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::dialog::read::source::did_you_mean;
use crate::dialog::script::{Dialog, Kind, StepKind, place_of};

/// Keys of the menu that are commands.
const MENU_COMMANDS: [&str; 5] = ["CANCEL", "BACK", "HELP", "HUMAN", "REPEAT"];

impl Check<'_> {
    /// A word that two things claim would go to one of them in silence.
    pub(super) fn shared_words(&mut self) {
        let script = self.script;
        let is_command =
            |plain: &str| script.commands.iter().any(|global| global.words.contains(plain));
        for dialog in script.each_dialog() {
            for word in dialog.words.iter().filter(|word| is_command(&crate::zh::plain(word))) {
                let message = format!("「{word}」是全县通用的口令，不能再当入口词。请删去这个词。");
                self.wrong(&dialog.file, place_of(&dialog.places, "words"), word, "E402", message);
            }
            for step in &dialog.steps {
                let StepKind::Ask(question) = &step.kind else { continue };
                let skips = question.skip.iter().map(|word| ("skip", word));
                let chosen = match &question.kind {
                    Kind::Choice(choices) | Kind::Many { choices, .. } => &choices[..],
                    _ => &[],
                };
                let chosen = chosen.iter().flat_map(|choice| &choice.words);
                let taken: BTreeSet<(&str, &String)> = skips
                    .chain(chosen.map(|word| ("options", word)))
                    .filter(|(_, word)| is_command(word))
                    .collect();
                for (key, word) in taken {
                    let message =
                        format!("「{word}」是全县通用的口令，说了轮不到这里。请删去这个词。");
                    self.wrong(&dialog.file, place_of(&step.places, key), word, "E402", message);
                }
            }
        }
    }

    pub(super) fn shared_keys(&mut self) {
        let script = self.script;
        let mut digits: BTreeMap<&str, &str> = BTreeMap::new();
        let mut keys: BTreeMap<&str, &str> = MENU_COMMANDS.map(|key| (key, "口令")).into();
        for sms in script.commands.iter().filter_map(|global| global.sms.as_ref()) {
            digits.insert(sms, "口令");
        }
        for dialog in script.each_dialog() {
            if let Some(sms) = &dialog.sms
                && let Some(other) = digits.insert(sms, &dialog.name)
            {
                let message = format!("短信回「{sms}」已经是「{other}」了。请换一个数字。");
                self.wrong(&dialog.file, place_of(&dialog.places, "sms"), sms, "E403", message);
            }
            if let Some(key) = &dialog.menu_key
                && let Some(other) = keys.insert(key, &dialog.name)
            {
                let message = format!("菜单键「{key}」已经是「{other}」的了。请换一个。");
                let at = place_of(&dialog.places, "menu_key");
                self.wrong(&dialog.file, at, key, "E403", message);
            }
        }
    }

    pub(super) fn menu(&mut self) {
        let script = self.script;
        let keys: Vec<&str> = script
            .each_dialog()
            .filter_map(|dialog| dialog.menu_key.as_deref())
            .chain(MENU_COMMANDS)
            .collect();
        let buttons = script.menu.iter().flat_map(|column| column.buttons());
        for item in buttons.filter(|item| !keys.contains(&item.key.as_str())) {
            let hint = did_you_mean(&item.key, keys.iter().copied());
            let message = format!(
                "没有一个对话的「菜单键」是 {}。{hint}可以写：{}。",
                item.key,
                keys.join("、")
            );
            self.wrong(&script.written.file, script.written.menu, &item.key, "E404", message);
        }
    }

    pub(super) fn entrance(&mut self, dialog: &Dialog) {
        let way_in = dialog.intake
            || dialog.rescue
            || !dialog.words.is_empty()
            || dialog.menu_key.is_some()
            || dialog.sms.is_some()
            || dialog.pattern.is_some()
            || self.is_offered(dialog);
        if !way_in {
            let message = "没有「入口」，村民走不进这个对话。请补上「入口:」和下面的「词: …」。";
            let at = place_of(&dialog.places, "dialog");
            self.wrong(&dialog.file, at, &dialog.id, "E412", message.into());
        }
    }
}
