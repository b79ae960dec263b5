//! The files of the county's folder as they are, so that what was read on one instance can be
//! kept and read on another.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::random;
use super::tables::{FILE_BYTES_MAX, MODEL, read_folder, read_text};

pub(super) const HOURS: &str = "calendar/office-hours.toml";
const YEARS: &str = "calendar";
/// What the model learns from.
const EXAMPLES: &str = "examples";
/// Those that clerks add at the desk.
pub(super) const OWN_EXAMPLES: &str = "examples/工作台.csv";
/// Not every county has them.
pub(super) const LEADS: &str = "leads.csv";
pub(super) const REPLIES: &str = "replies.csv";
pub(super) const WEIGHTS: &str = "weights.csv";
const OPTIONAL: [&str; 3] = [LEADS, REPLIES, WEIGHTS];
const TEXTS: [&str; 9] = [
    "places.csv",
    "aliases.csv",
    "neighbours.csv",
    "categories.csv",
    "departments.csv",
    "keywords.csv",
    "emergencies.csv",
    "goods-kinds.csv",
    HOURS,
];

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFiles {
    /// By their names in the folder, as `calendar/office-hours.toml`.
    texts: BTreeMap<String, String>,
    /// Base64; `None` until `bianmin train` made one.
    model: Option<String>,
}

impl TableFiles {
    /// `Err` holds one text for each file that can not be read.
    pub fn read(folder: &Path) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut texts: BTreeMap<String, String> = TEXTS
            .map(|name| (name.to_owned(), read_text(&folder.join(name), &mut problems)))
            .into();
        for name in OPTIONAL {
            if folder.join(name).is_file() {
                texts.insert(name.to_owned(), read_text(&folder.join(name), &mut problems));
            }
        }
        let years = read_folder(&folder.join(YEARS), "json", &mut problems);
        texts.extend(years.into_iter().map(|(name, text)| (format!("{YEARS}/{name}"), text)));
        if folder.join(EXAMPLES).is_dir() {
            let examples = read_folder(&folder.join(EXAMPLES), "csv", &mut problems);
            texts.extend(
                examples.into_iter().map(|(name, text)| (format!("{EXAMPLES}/{name}"), text)),
            );
        }
        let model = read_model(&folder.join(MODEL), &mut problems);
        let model = model.map(|bytes| BASE64.encode(bytes));
        if problems.is_empty() { Ok(Self { texts, model }) } else { Err(problems) }
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    /// Names without their folder, and texts.
    pub(super) fn years(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().filter_map(|(name, text)| {
            let name = name.strip_prefix(YEARS)?.strip_prefix('/')?;
            name.ends_with(".json").then_some((name, text.as_str()))
        })
    }

    /// Names and texts.
    pub(super) fn examples(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.texts.iter().filter(|(name, _)| is_example(name));
        all.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The same with another model.
    pub(super) fn with_model(&self, model: &[u8]) -> Self {
        Self { texts: self.texts.clone(), model: Some(BASE64.encode(model)) }
    }

    /// `calendar/holidays-2027.json`: where the notice of that year stands, or would.
    pub(super) fn name_of_year(&self, year: i16) -> String {
        #[derive(Deserialize)]
        struct Head {
            year: i16,
        }
        let is =
            |text: &str| serde_json::from_str::<Head>(text).is_ok_and(|head| head.year == year);
        let known = self.years().find(|(_, text)| is(text)).map(|(name, _)| name.to_owned());
        format!("{YEARS}/{}", known.unwrap_or_else(|| format!("holidays-{year}.json")))
    }

    /// The notice of that year, if there is one.
    pub(super) fn text_of_year(&self, year: i16) -> Option<&str> {
        self.texts.get(&self.name_of_year(year)).map(String::as_str)
    }

    /// The same with another notice of that year.
    pub(super) fn with_year(&self, year: i16, text: &str) -> Self {
        let mut next = self.clone();
        next.texts.insert(self.name_of_year(year), text.to_owned());
        next
    }

    /// The same with another text of a table.
    pub(super) fn with_table(&self, name: &str, text: &str) -> Self {
        let mut next = self.clone();
        next.texts.insert(name.to_owned(), text.to_owned());
        next
    }

    pub(super) fn model(&self) -> Option<Vec<u8>> {
        // What was encoded here decodes; what was not is no model either.
        self.model.as_ref().map(|text| BASE64.decode(text).unwrap_or_default())
    }

    /// Of all parts, with their lengths, so that none can pass for a piece of its neighbour.
    pub(super) fn hash(&self) -> String {
        use sha2::Digest;
        let mut digest = sha2::Sha256::new();
        let texts = self.texts.iter().flat_map(|(name, text)| [name, text]);
        for part in texts.chain(&self.model) {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        random::to_hex(&digest.finalize()[..6])
    }
}

fn read_model(path: &Path, problems: &mut Vec<String>) -> Option<Vec<u8>> {
    let bytes = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Ok(meta) if meta.len() > FILE_BYTES_MAX => {
            problems.push(format!("{}：文件太大，最多4MB。", path.display()));
            return None;
        }
        _ => fs::read(path),
    };
    bytes.map_err(|error| problems.push(format!("{}：读不出来（{error}）。", path.display()))).ok()
}

/// Size and time of each of these files in a folder are what a look at it compares.
pub(super) fn is_table_file(name: &str) -> bool {
    TEXTS.contains(&name)
        || name == MODEL
        || OPTIONAL.contains(&name)
        || name.strip_prefix("calendar/").is_some_and(|year| year.ends_with(".json"))
        || is_example(name)
}

pub(super) fn is_example(name: &str) -> bool {
    name.strip_prefix(EXAMPLES)
        .and_then(|name| name.strip_prefix('/'))
        .is_some_and(|name| name.ends_with(".csv") && !name.starts_with(['~', '.']))
}
