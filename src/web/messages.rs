//! What stands on the pages, in the languages of `messages/`: one file a language, the same keys
//! in each. Two languages without grammar of numbers need a table and no library.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A language of the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    Chinese,
    English,
}

type Table = BTreeMap<String, BTreeMap<String, String>>;

static CHINESE: LazyLock<Table> = LazyLock::new(|| read(include_str!("../../messages/zh-CN.toml")));
static ENGLISH: LazyLock<Table> = LazyLock::new(|| read(include_str!("../../messages/en.toml")));

/// A file that does not read is empty, and the pages show their keys; a test reads both.
fn read(text: &str) -> Table {
    toml::from_str(text).unwrap_or_default()
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Chinese, Language::English];

    /// As pages and cookies name it.
    pub fn code(self) -> &'static str {
        match self {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }

    /// In its own words.
    pub fn name(self) -> &'static str {
        match self {
            Language::Chinese => "中文",
            Language::English => "English",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    fn table(self) -> &'static Table {
        match self {
            Language::Chinese => &CHINESE,
            Language::English => &ENGLISH,
        }
    }

    /// `key`: section and name, with a point between.
    pub fn say(self, key: &'static str) -> &'static str {
        let found =
            key.split_once('.').and_then(|(section, name)| self.table().get(section)?.get(name));
        found.map_or(key, String::as_str)
    }

    /// The same with something put where `{}` stands.
    pub fn fill(self, key: &'static str, value: &str) -> String {
        self.fill_all(key, &[value])
    }

    /// One value for each `{}`, in their order.
    pub fn fill_all(self, key: &'static str, values: &[&str]) -> String {
        let mut parts = self.say(key).split("{}");
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = parts.enumerate();
        rest.fold(first, |text, (n, part)| text + values.get(n).copied().unwrap_or("{}") + part)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn keys(language: Language) -> BTreeSet<String> {
        let table = language.table().iter();
        table
            .flat_map(|(section, all)| all.keys().map(move |key| format!("{section}.{key}")))
            .collect()
    }

    #[test]
    fn both_files_have_the_same_keys_and_the_same_places() {
        assert!(keys(Language::Chinese).len() > 50);
        assert_eq!(keys(Language::Chinese), keys(Language::English));
        for key in keys(Language::Chinese) {
            let (section, name) = key.split_once('.').unwrap();
            let places = |language: Language| language.table()[section][name].matches("{}").count();
            assert_eq!(places(Language::Chinese), places(Language::English), "{key}");
        }
    }

    /// Every key that a template asks for is there, and every key is asked for.
    #[test]
    fn templates_and_files_fit_together() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut asked = BTreeSet::new();
        let folders = ["templates/desk", "src/web/desk"].map(|folder| root.join(folder));
        let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
        for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let text = std::fs::read_to_string(path).unwrap();
            // Names of figures stand in lists, too.
            for section in ["figures", "bulletin"] {
                for rest in text.split(&format!("\"{section}.")).skip(1) {
                    asked.insert(format!("{section}.{}", rest.split('"').next().unwrap()));
                }
            }
            for call in ["frame.say(\"", "frame.fill(\""] {
                for rest in text.split(call).skip(1) {
                    asked.insert(rest.split('"').next().unwrap().to_owned());
                }
            }
        }
        // Some are chosen in the code.
        let known = keys(Language::Chinese);
        let folders = ["src/web/desk", "src/office"].map(|folder| root.join(folder));
        for text in folders.iter().flat_map(|folder| sources(folder)) {
            asked.extend(known.iter().filter(|key| text.contains(&format!("\"{key}\""))).cloned());
        }
        assert_eq!(asked, known);
    }

    /// With those of the folders inside.
    fn sources(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| match path.is_dir() {
                true => sources(&path),
                false => vec![std::fs::read_to_string(&path).unwrap()],
            })
            .collect()
    }

    /// What goes on paper to villagers and departments: they read Chinese, whatever language
    /// the clerk has chosen.
    const CHINESE_ONLY: [&str; 3] = ["paper.html", "shop_paper.html", "slip.html"];

    /// What a page says stands in the files, so that it can be said in English.
    #[test]
    fn no_chinese_stands_in_a_template() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/desk");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let is_chinese = text.chars().any(crate::zh::is_han);
            assert_eq!(is_chinese, CHINESE_ONLY.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn what_is_not_there_shows_its_key() {
        assert_eq!(Language::English.say("no.such"), "no.such");
        assert_eq!(Language::English.say("nothing"), "nothing");
        assert_eq!(Language::from_code("fr"), None);
        assert_eq!(Language::from_code("en"), Some(Language::English));
    }
}
