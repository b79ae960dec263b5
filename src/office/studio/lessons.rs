//! The bot is taught by what it did not understand: a word more, another name of a village, an
//! example, a test. Each is a change of a file in a draft, and goes live as every change does.

use crate::county::{Found, Scope};
use crate::dialog::{self, Medium, Outline, Script, Severity, Spot};
use crate::office::Office;
use crate::office::looks::Noted;
use crate::office::rights::Right;
use crate::office::table_files::OWN_EXAMPLES;
use crate::office::tables::Tables;
use crate::office::views::{CommandError, Session};
use crate::store::looks::LookKind;
use crate::store::misheard::MisheardWords;

use super::misheard::MisheardView;
use super::trial::{Trial, as_test};
use super::{COUNTY, DIALOGS};

const WORD_CHARS: std::ops::RangeInclusive<usize> = 2..=20;
const EXAMPLE_CHARS: std::ops::RangeInclusive<usize> = 4..=200;
const EXAMPLE_HEADS: &str = "code,text,source\n";
const TITLE_CHARS: usize = 12;

/// What a clerk makes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lesson {
    /// The word begins a dialog.
    Entry { dialog: String, word: String },
    /// It chooses an option of the question at which she was.
    Option { label: String, word: String },
    /// It names a kind of matter.
    Kind { code: String, word: String },
    /// It is what people call a village.
    Village { name: String, word: String },
    /// Who writes so means this kind of matter.
    Example { code: String, text: String },
    /// What the bot says to it in the draft, from now on.
    Test { dialog: String },
}

/// What may be chosen for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeachingView {
    /// The message without its marks, if it is short.
    pub word: String,
    /// Ids and names of those that a word begins.
    pub dialogs: Vec<(String, String)>,
    /// Labels of the question at which she was.
    pub options: Vec<String>,
    /// Codes and names.
    pub kinds: Vec<(String, String)>,
}

/// Where it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taught {
    pub draft: String,
    pub file: String,
}

impl Office {
    pub fn teaching(
        &self,
        session: &Session,
        one: &MisheardView,
    ) -> Result<TeachingView, CommandError> {
        session.must(Right::Dialogs)?;
        let script = self.script();
        let outlines: Vec<Outline> = script.outlines().collect();
        let own = outlines.iter().find(|outline| outline.dialog == one.dialog);
        let question = own.and_then(|own| own.questions.iter().find(|q| q.step == one.step));
        let tables = self.tables();
        let kinds = tables.categories.iter();
        Ok(TeachingView {
            word: plain_word(&one.text.replace(|c: char| !c.is_alphanumeric(), ""))
                .unwrap_or_default(),
            options: question.map(|question| question.options.clone()).unwrap_or_default(),
            kinds: kinds.map(|kind| (kind.code.clone(), kind.name.clone())).collect(),
            dialogs: outlines.into_iter().map(|one| (one.dialog, one.name)).collect(),
        })
    }

    /// `draft`: an open one; empty begins another.
    pub async fn teach(
        &self,
        session: &Session,
        misheard: &str,
        draft: &str,
        lesson: &Lesson,
    ) -> Result<Taught, CommandError> {
        let one = self.find_misheard(session, misheard).await?;
        let texts = match draft {
            "" => Vec::new(),
            id => {
                let known = self.find_draft(session, id).await?;
                self.draft_texts(&known).await?
            }
        };
        let (script, tables, record) = (self.script(), self.tables(), one.record.clone());
        let wanted = lesson.clone();
        let learnt = self
            .at_the_bench(move || learnt(&Trial::of(&script, &tables, &texts), &record, &wanted));
        let (file, text) = learnt.await?.map_err(CommandError::Refused)?;
        let id = match draft {
            "" => {
                let start: String = one.text.chars().take(TITLE_CHARS).collect();
                self.begin_draft(session, &format!("教机器人：{start}")).await?
            }
            id => id.to_owned(),
        };
        let revision = self.draft(session, &id).await?.revision;
        self.save_draft(session, &id, revision, &file, &text).await?;
        // A test teaches nothing yet: the words stay on the list until they are understood.
        if !matches!(lesson, Lesson::Test { .. }) {
            let changes = self.without_the_same(&one).await?;
            let noted = Noted::by(session, LookKind::Draft, "没听懂的话", "写进草稿");
            self.commit_noted(changes, noted).await?;
        }
        Ok(Taught { draft: id, file })
    }
}

/// The draft as it would be, and the message that teaches.
struct Bench<'a> {
    trial: &'a Trial,
    script: &'a Script,
    tables: &'a Tables,
    one: &'a MisheardWords,
}

/// Name and text of the file that teaches it; `Err` says why there is none.
fn learnt(trial: &Trial, one: &MisheardWords, lesson: &Lesson) -> Result<(String, String), String> {
    let tables = trial.tables.as_ref().map_err(|problems| problems.join("\n"))?;
    let script = dialog::load(&trial.files)
        .map_err(|_| "草稿里的对话还有错。请先打开草稿改好，再来教。".to_owned())?;
    let bench = Bench { trial, script: &script, tables, one };
    match lesson {
        Lesson::Entry { dialog, word } => {
            let (word, file) = (plain_word(word)?, bench.outline(dialog)?.file);
            let text = dialog::with_entry_word(bench.dialog_text(&file), &word);
            bench.fitting(&file, text, &word)
        }
        Lesson::Option { label, word } => {
            let (word, outline) = (plain_word(word)?, bench.outline(&one.dialog)?);
            let question = outline.questions.iter().find(|question| question.step == one.step);
            let line = question.ok_or_else(gone)?.line;
            let text = bench.dialog_text(&outline.file);
            let text = dialog::with_option_word(text, line, label, &word);
            bench.fitting(&outline.file, text, &word)
        }
        Lesson::Kind { code, word } => {
            bench.kind(code)?;
            Ok(bench.row_more("keywords.csv", "", &[code, &plain_word(word)?, ""]))
        }
        Lesson::Village { name, word } => {
            let code = bench.village(name)?;
            Ok(bench.row_more("aliases.csv", "", &[&plain_word(word)?, &code, ""]))
        }
        Lesson::Example { code, text } => {
            bench.kind(code)?;
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if !EXAMPLE_CHARS.contains(&text.chars().count()) {
                return Err("例子要是一整句，4到200个字。".into());
            }
            Ok(bench.row_more(OWN_EXAMPLES, EXAMPLE_HEADS, &[code, &text, "clerk"]))
        }
        Lesson::Test { dialog } => bench.test(dialog),
    }
}

impl Bench<'_> {
    fn outline(&self, dialog: &str) -> Result<Outline, String> {
        self.script.outlines().find(|outline| outline.dialog == dialog).ok_or_else(gone)
    }

    fn dialog_text(&self, file: &str) -> &str {
        let found = self.trial.files.iter().find(|known| known.name == file);
        found.map_or("", |file| file.text.as_str())
    }

    /// What does not go with the rest of the dialogs is told at once.
    fn fitting(
        &self,
        file: &str,
        text: Option<String>,
        word: &str,
    ) -> Result<(String, String), String> {
        let text = text.ok_or("这里的词写得特别，不能自动加。请打开这个对话自己加。")?;
        let mut files = self.trial.files.clone();
        for known in files.iter_mut().filter(|known| known.name == file) {
            known.text.clone_from(&text);
        }
        let found = dialog::lint(&files, &self.tables.reader()).found;
        let clash = found
            .into_iter()
            .find(|one| Severity::of(one.code) == Severity::Error && one.message.contains(word));
        match clash {
            Some(clash) => Err(clash.message),
            None => Ok((format!("{DIALOGS}{file}"), text)),
        }
    }

    fn row_more(&self, name: &str, heads: &str, cells: &[&str]) -> (String, String) {
        let known = self.trial.table_text(name);
        let known = if known.is_empty() { heads } else { known };
        (format!("{COUNTY}{name}"), with_row(known, cells))
    }

    fn kind(&self, code: &str) -> Result<(), String> {
        let known = self.tables.categories.get(code);
        known.map(|_| ()).ok_or_else(|| "请选是哪方面的事。".to_owned())
    }

    fn village(&self, name: &str) -> Result<String, String> {
        match self.tables.places.find(name, Scope::Answer) {
            Found::One { place, sure: true, .. } => Ok(place.code.clone()),
            Found::Several { .. } => {
                Err(format!("叫「{name}」的不止一个。请带上乡镇，例如：胡家坨镇大黑坨村。"))
            }
            _ => Err(format!("没有找到「{name}」。请写村的正式名字，例如：大黑坨村。")),
        }
    }

    /// All that is said before the question, and then the message.
    fn test(&self, dialog: &str) -> Result<(String, String), String> {
        let reader = self.tables.reader();
        let (medium, mut did) = match self.one.dialog.as_str() {
            "" => (Medium::Wechat, Vec::new()),
            id => {
                let spot = Spot { dialog: id.to_owned(), step: self.one.step.clone() };
                dialog::way_to(self.script, &reader, &spot).ok_or(
                    "没有一个测试走到这一问，前面的话自动补不上。\
                     请打开对话，在手机上试到这一问，再点「存成测试」。",
                )?
            }
        };
        did.push(format!("村民：{}", self.one.text));
        let talk = dialog::chat(self.script, &reader, medium, &did.join("\n"));
        if talk.last().is_none_or(|last| last.misheard) {
            return Err("草稿里的机器人还是听不懂这句话。请先教它（另一种说法或者例子），\
                        再存成测试。"
                .into());
        }
        let file = self.outline(dialog)?.file;
        let text = as_test(self.dialog_text(&file), &self.one.text, medium, &talk)?;
        Ok((format!("{DIALOGS}{file}"), text))
    }
}

fn gone() -> String {
    "这个对话现在没有了。请换一个。".into()
}

/// It stands in a list of words, and in a table.
fn plain_word(word: &str) -> Result<String, String> {
    let word = word.trim();
    let plain = word.chars().all(char::is_alphanumeric);
    match plain && WORD_CHARS.contains(&word.chars().count()) {
        true => Ok(word.to_owned()),
        false => Err("请只写最要紧的几个字，2到20个，不带标点。".into()),
    }
}

fn with_row(text: &str, cells: &[&str]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(cells).map_err(|error| error.to_string());
    let row = written.and_then(|()| writer.into_inner().map_err(|error| error.to_string()));
    let row = String::from_utf8(row.unwrap_or_default()).unwrap_or_default();
    let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    format!("{text}{end}{row}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_plain_and_a_row_is_quoted() {
        assert_eq!(plain_word(" 收秋 ").unwrap(), "收秋");
        for wrong in ["", "收", "收秋、打场", "a: b", &*"长".repeat(21)] {
            assert!(plain_word(wrong).is_err(), "{wrong}");
        }
        assert_eq!(with_row("a,b", &["1", "说，\"好\", 行"]), "a,b\n1,\"说，\"\"好\"\", 行\"\n");
    }
}
