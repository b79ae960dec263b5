//! What a change means for the people who are in the middle of a dialog: it needs to know how
//! many they are, which only the store tells.

use std::collections::BTreeMap;

use super::Findings;
use crate::dialog::read::source::Diagnostic;
use crate::dialog::script::{Script, place_of};

/// `people`: how many are under way in each dialog, by its id.
pub fn running(live: &Script, new: &Script, people: &BTreeMap<String, usize>) -> Vec<Diagnostic> {
    let mut findings = Findings { files: new.files(), found: Vec::new() };
    for (id, count) in people.iter().filter(|(_, count)| **count > 0) {
        let Some(old) = live.dialogs.get(id) else { continue };
        let now = format!("现在有{count}个人正在办「{}」", old.name);
        let Some(dialog) = new.dialogs.get(id) else {
            let message = format!("{now}，这个对话却删去了。她们按旧的办完，新来的走不进去。");
            findings.add(&new.written.file, (1, 1), "", "W701", message);
            continue;
        };
        let at = place_of(&dialog.places, "dialog");
        let text = |script: &Script, file: &str| {
            script.files().iter().find(|known| known.name == file).map(|file| file.text.clone())
        };
        if old.structure != dialog.structure {
            let message = format!(
                "{now}，步骤改了。她们按旧的办完，新来的用新的。\
                 旧的不能再用，就在发布时写「--at-once」：填过的还在，只补问没有答的。"
            );
            findings.add(&dialog.file, at, "", "W701", message);
        } else if text(live, &old.file) != text(new, &dialog.file) {
            let message = format!("{now}，只改了字。她们的下一句就用新的，填过的都在。");
            findings.add(&dialog.file, at, "", "W702", message);
        }
    }
    findings.found
}
