//! Transcripts that speak of what is not there.

use std::collections::BTreeSet;

use super::Check;
use super::names::slots;
use crate::dialog::read::source::{SourceFile, did_you_mean};
use crate::dialog::rehearse::transcript::Line;
use crate::dialog::script::keywords::TRANSLATION_FOLDERS;
use crate::dialog::script::{Dialog, place_of};

impl Check<'_> {
    /// A transcript that looks for a name which nothing has would look in vain, or always be
    /// content. It may run into other dialogs.
    pub(super) fn tests(&mut self, dialog: &Dialog) {
        let script = self.script;
        for language in dialog.tests.iter().filter_map(|test| test.language.as_ref()) {
            let spoken = |file: &SourceFile| {
                TRANSLATION_FOLDERS.iter().any(|folder| {
                    let name = file.name.strip_prefix(folder);
                    name.is_some_and(|name| name.split('.').next() == Some(language))
                })
            };
            if !self.files.iter().any(spoken) {
                let message = format!("「翻译」文件夹里没有「{language}」。请改一个语言。");
                let at = place_of(&dialog.places, "tests");
                self.wrong(&dialog.file, at, language, "E508", message);
            }
        }
        let mut names: BTreeSet<&str> = ["case", "opening", "photos", "voices"].into();
        names.extend(script.each_dialog().flat_map(|other| slots(script, other, true).into_keys()));
        for (line, content) in dialog.tests.iter().flat_map(|test| &test.lines) {
            if let Line::Holds(path, _) | Line::HoldsNot(path) = content
                && !names.contains(path.slot.as_str())
            {
                let hint = did_you_mean(&path.slot, names.iter().copied());
                let message = format!("没有「{}」。{hint}", path.slot);
                self.wrong(&dialog.file, (*line, 1), &path.slot, "E408", message);
            }
        }
    }
}
