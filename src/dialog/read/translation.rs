//! `翻译/<语言>.csv`: 键, 原文, 译文, 原文校验. A row whose 原文 is not what the script says any
//! more is stale: the original is said until somebody looks at it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dialog::read::source::{Problems, SourceFile, did_you_mean};
use crate::dialog::read::table;
use crate::dialog::script::snapshot::short_hash;
use crate::dialog::script::texts::Text;
use crate::dialog::script::words::Template;
use crate::dialog::script::{OrphanTranslation, Script, StaleTranslation};

const COLUMNS: [&str; 4] = ["键", "原文", "译文", "原文校验"];
/// Of the hash of the original.
const MARK_CHARACTERS: usize = 4;

struct Row {
    line: usize,
    key: String,
    original: String,
    translated: String,
    mark: String,
}

/// What a file of translations is.
pub(in crate::dialog) struct Translation {
    pub language: String,
    /// The script as it speaks it.
    pub spoken: Arc<Script>,
    pub stale: Vec<StaleTranslation>,
    pub orphans: Vec<OrphanTranslation>,
    /// Keys without a row.
    pub missing: Vec<String>,
}

pub(in crate::dialog) fn read(
    file: &SourceFile,
    script: &Script,
    problems: &mut Problems,
) -> Option<Translation> {
    let table = table::read(file, true, problems)?;
    let columns: Option<Vec<usize>> = COLUMNS.iter().map(|name| table.column(name)).collect();
    let Some(columns) = columns else {
        let message = format!("第一行要有这几列：{}。请补上。", COLUMNS.join("、"));
        problems.add((1, 1), "E608", message);
        return None;
    };
    let rows: Vec<Row> = table
        .rows
        .iter()
        .enumerate()
        .map(|(n, row)| {
            let cell = |at: usize| row.cells[columns[at]].clone();
            let (key, original, translated, mark) = (cell(0), cell(1), cell(2), cell(3));
            let line = problems.find((n + 2, 1), &key).0;
            Row { line, key, original, translated, mark }
        })
        .collect();
    let mut of_key: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in &rows {
        if of_key.insert(&row.key, row).is_some() {
            let message = format!("「{}」写了两次。请删去一行。", row.key);
            problems.add((row.line, 1), "E608", message);
        }
    }
    let mut known: Vec<String> = Vec::new();
    let (mut stale, mut missing) = (Vec::new(), Vec::new());
    let mut translated = script.clone();
    translated.each_text(&mut |key, text| {
        known.push(key.to_owned());
        let Some(row) = of_key.get(key).filter(|row| !row.translated.is_empty()) else {
            missing.push(key.to_owned());
            return;
        };
        let original = text.written();
        let mark: String = short_hash(&original).chars().take(MARK_CHARACTERS).collect();
        if row.original != original || (!row.mark.is_empty() && row.mark != mark) {
            let (file, line) = (file.name.clone(), row.line);
            stale.push(StaleTranslation { file, line, key: key.to_owned(), original, mark });
            return;
        }
        match text {
            Text::Label(choice) => {
                choice.words.push(crate::zh::plain(&row.translated));
                choice.label.clone_from(&row.translated);
            }
            Text::Sentence(template) => match Template::parse(&row.translated) {
                Ok(found) if found.names() == template.names() => *template = found,
                Ok(_) => {
                    let message = "「译文」里的【】和「原文」里的不一样。请照原文的写。";
                    problems.add((row.line, 1), "E609", message);
                }
                Err((_, message)) => problems.add((row.line, 1), "E609", message),
            },
        }
    });
    let mut orphans = Vec::new();
    for row in rows.iter().filter(|row| !known.contains(&row.key)) {
        let hint = did_you_mean(&row.key, known.iter().map(String::as_str));
        let (file, line) = (file.name.clone(), row.line);
        orphans.push(OrphanTranslation { file, line, key: row.key.clone(), hint });
    }
    Some(Translation {
        language: table.name,
        spoken: Arc::new(translated),
        stale,
        orphans,
        missing,
    })
}
