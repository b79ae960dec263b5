//! What only shows when all files are read: names that nothing fills, words that two things
//! claim. Each is said where it stands.

mod claims;
mod names;
mod steps;
mod transcripts;

use crate::dialog::read::source::{Diagnostic, Problems, SourceFile, did_you_mean};
use crate::dialog::read::yaml::Place;
use crate::dialog::script::words::Words;
use crate::dialog::script::{Dialog, Script, place_of};

pub(in crate::dialog) fn script(script: &Script, files: &[SourceFile]) -> Vec<Diagnostic> {
    let mut check = Check { script, files, found: Vec::new() };
    check.shared_words();
    check.shared_keys();
    check.menu();
    for dialog in script.each_dialog() {
        check.entrance(dialog);
        check.dialog(dialog);
        check.tests(dialog);
    }
    for notice in script.notices.values() {
        if let Some(id) = &notice.offers
            && !script.dialogs.contains_key(id)
        {
            let hint = did_you_mean(id, script.dialogs.keys().map(String::as_str));
            let at = place_of(&notice.places, "offers");
            check.wrong(&notice.file, at, id, "E401", format!("没有对话「{id}」。{hint}"));
        }
        check.length(&notice.file, place_of(&notice.places, "say"), &notice.words);
    }
    let said = script.commands.iter().filter_map(|global| global.say.as_ref());
    for words in said.chain(script.phrases.values()).chain([&script.rules.remind_text]) {
        let beginning = words.sms.fill(|_| Some("\n".into()));
        let beginning = beginning.lines().find(|line| !line.is_empty()).unwrap_or_default();
        let problems = files.iter().find(|file| file.name == script.written.file).map(Problems::of);
        let at = problems.map_or((1, 1), |problems| problems.find((1, 1), beginning));
        check.length(&script.written.file, at, words);
    }
    check.found
}

struct Check<'a> {
    script: &'a Script,
    files: &'a [SourceFile],
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    /// At the first `text` at or behind `from`.
    fn wrong(&mut self, file: &str, from: Place, text: &str, code: &'static str, message: String) {
        let Some(file) = self.files.iter().find(|known| known.name == file) else { return };
        let mut problems = Problems::of(file);
        let at = problems.find(from, text);
        problems.add(at, code, message);
        self.found.append(&mut problems.found);
    }

    fn is_offered(&self, dialog: &Dialog) -> bool {
        self.script.notices.values().any(|notice| notice.offers.as_ref() == Some(&dialog.id))
    }

    /// By what is always in it: what is filled in comes on top.
    fn length(&mut self, file: &str, at: Place, words: &Words) {
        let most = 67 * self.script.rules.sms_max;
        let length = words.sms.fill(|_| None).chars().count();
        if length > most {
            let message = format!(
                "短信最多{}条，就是{most}个字，这一句有{length}个字。请给短信另写一句短的：\
                 「说:」下面分「微信: …」「短信: …」两行。",
                self.script.rules.sms_max
            );
            self.wrong(file, at, "", "E411", message);
        }
    }
}
