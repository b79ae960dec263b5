//! The words of what happened to a case.

use std::collections::BTreeMap;

use crate::dialog::script::Notice;
use crate::dialog::script::actions::NOTICE_FIELDS;
use crate::dialog::script::words::{Medium, Path};

fn field(path: &Path, fields: &BTreeMap<String, String>) -> Option<String> {
    let known = NOTICE_FIELDS.iter().find(|(id, zh)| *id == path.slot || *zh == path.slot);
    fields.get(known.map_or(path.slot.as_str(), |(id, _)| id)).cloned()
}

/// `fields`: by their English ids; nothing stands for a missing one.
pub fn render(notice: &Notice, medium: Medium, fields: &BTreeMap<String, String>) -> String {
    notice.words.of(medium).fill(|path| field(path, fields))
}

/// Names and values of a template message, as the script assigns them.
pub fn template_data(notice: &Notice, fields: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let data = notice.template.iter();
    data.map(|(name, template)| (name.clone(), template.fill(|path| field(path, fields)))).collect()
}
