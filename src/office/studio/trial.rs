//! A draft tried: checks, the chat beside it, its tests, its drawing. Nothing of it is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{COUNTY, DIALOGS, LIVE_WITHIN};
use crate::dialog::{
    self, CHAT_LINES_MAX, Diagnostic, Exchange, Medium, Outline, Part, Picture, Script, Severity,
    SourceFile, Wrong,
};
use crate::office::Office;
use crate::office::table_files::TableFiles;
use crate::office::tables::{Tables, in_reading_order};
use crate::office::views::{CommandError, Session};
use crate::zh;

const MARKS_MAX: usize = 200;
/// A test has no more lines that could each be different.
const ROUNDS_MAX: usize = 40;
const DID_BYTES_MAX: usize = 20 * 1024;

/// What a look at a text gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// In this file.
    pub marks: Vec<MarkView>,
    /// In others.
    pub elsewhere: Vec<MarkView>,
    pub talk: Vec<TalkView>,
    /// Why there is no talk.
    pub silent: String,
    /// Of the dialog in this file, if it reads.
    pub outline: Option<Outline>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MarkView {
    pub file: String,
    /// From 1; 0: about no line.
    pub line: usize,
    pub column: usize,
    pub code: String,
    /// error, warning or hint
    pub severity: &'static str,
    pub message: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TalkView {
    pub hers: String,
    pub said: Vec<SaidView>,
    pub marks: Vec<String>,
    /// The bot did not understand.
    pub misheard: bool,
    pub wrong: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SaidView {
    pub text: String,
    /// Short messages that it takes; none on WeChat.
    pub segments: Option<usize>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftTests {
    pub run: usize,
    pub percent: usize,
    pub failures: Vec<TestFailed>,
    pub dialogs: Vec<DialogTests>,
    /// Why nothing could be run.
    pub problems: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFailed {
    pub file: String,
    pub line: usize,
    pub test: String,
    pub why: String,
    /// What the test expects, and what is said instead; where that is the difference.
    pub said: Option<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogTests {
    pub name: String,
    /// Of each `Part`: how many, and how many are shown.
    pub parts: Vec<(usize, usize)>,
    pub missing: Vec<String>,
}

/// What would be live.
pub(super) struct Trial {
    pub files: Vec<SourceFile>,
    pub tables: Result<Arc<Tables>, Vec<String>>,
    /// Those of the draft, where it changes one.
    pub county: Option<TableFiles>,
    live: Arc<Tables>,
}

impl Trial {
    /// The draft's texts over what is live. Reads tables, which takes a moment.
    pub fn of(script: &Script, live: &Arc<Tables>, texts: &[(String, String)]) -> Self {
        let mut files = script.files().to_vec();
        let mut county: Option<TableFiles> = None;
        for (name, text) in texts {
            if let Some(name) = name.strip_prefix(DIALOGS) {
                files.retain(|file| file.name != name);
                files.push(SourceFile { name: name.to_owned(), text: text.clone() });
            } else if let Some(name) = name.strip_prefix(COUNTY) {
                let before = county.take().unwrap_or_else(|| live.files.clone());
                county = Some(before.with_table(name, text));
            }
        }
        in_reading_order(&mut files);
        let tables = match &county {
            Some(files) => Tables::of(files.clone()).map(Arc::new),
            None => Ok(live.clone()),
        };
        Self { files, tables, county, live: live.clone() }
    }

    /// Of a table of the county; empty where there is none.
    pub fn table_text(&self, name: &str) -> &str {
        self.county.as_ref().unwrap_or(&self.live.files).text(name)
    }
}

impl Office {
    /// The text of one file as it is being written, with the rest of the draft; and what she did
    /// on the phone so far, done again.
    pub async fn look_at_draft(
        &self,
        session: &Session,
        id: &str,
        (name, text): (&str, &str),
        medium: Medium,
        did: &str,
    ) -> Result<Looked, CommandError> {
        if did.len() > DID_BYTES_MAX || did.lines().count() > CHAT_LINES_MAX {
            let told = format!("手机上最多说{CHAT_LINES_MAX}句。请从头再试。");
            return Err(CommandError::Refused(told));
        }
        if text.len() > super::drafts::TEXT_BYTES_MAX {
            return Err(CommandError::Refused("太长了，先不查。请分成两个文件。".into()));
        }
        let draft = self.find_draft(session, id).await?;
        let mut texts = self.draft_texts(&draft).await?;
        texts.retain(|(known, _)| known != name);
        texts.push((name.to_owned(), text.to_owned()));
        let (script, tables) = (self.script(), self.tables());
        let (name, did) = (name.to_owned(), did.to_owned());
        self.at_the_bench(move || {
            let trial = Trial::of(&script, &tables, &texts);
            looked(&trial, &name, medium, &did)
        })
        .await
    }

    pub async fn draft_tests(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<DraftTests, CommandError> {
        let (script, tables, texts) = self.what_would_be(session, id).await?;
        self.at_the_bench(move || tests(&Trial::of(&script, &tables, &texts))).await
    }

    /// What the draft says is meant so: the tests expect it from now on. Says how many lines.
    pub async fn expect_what_is_said(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
    ) -> Result<usize, CommandError> {
        let (script, tables, texts) = self.what_would_be(session, id).await?;
        let work = move || as_said(Trial::of(&script, &tables, &texts));
        let (changed, count) =
            self.at_the_bench_within(LIVE_WITHIN, work).await?.map_err(CommandError::Refused)?;
        let mut revision = revision;
        for (name, text) in changed {
            revision = self.save_draft(session, id, revision, &name, &text).await?;
        }
        Ok(count)
    }

    /// As SVG; `None` when there is no such dialog or the draft does not read.
    pub async fn draft_drawing(
        &self,
        session: &Session,
        id: &str,
        dialog: &str,
    ) -> Result<Option<String>, CommandError> {
        let (script, tables, texts) = self.what_would_be(session, id).await?;
        let dialog = dialog.to_owned();
        self.at_the_bench(move || {
            let trial = Trial::of(&script, &tables, &texts);
            let script = dialog::load(&trial.files).ok()?;
            dialog::graph(&script, &dialog, Picture::Svg)
        })
        .await
    }

    /// The chat, written as a test into the text of a dialog.
    pub async fn chat_into_tests(
        &self,
        session: &Session,
        id: &str,
        (name, text): (&str, &str),
        medium: Medium,
        did: &str,
    ) -> Result<String, CommandError> {
        let looked = self.look_at_draft(session, id, (name, text), medium, did).await?;
        if let Some(wrong) = looked.talk.iter().find_map(|one| one.wrong.as_ref()) {
            return Err(CommandError::Refused(wrong.clone()));
        }
        let talk: Vec<Exchange> = looked.talk.into_iter().map(TalkView::into_exchange).collect();
        let first = talk.first().map(|one| one.hers.clone()).unwrap_or_default();
        let first = first.split_once('：').map_or(first.as_str(), |(_, said)| said);
        as_test(text, first, medium, &talk).map_err(CommandError::Refused)
    }

    async fn what_would_be(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<(Arc<Script>, Arc<Tables>, Vec<(String, String)>), CommandError> {
        let draft = self.find_draft(session, id).await?;
        Ok((self.script(), self.tables(), self.draft_texts(&draft).await?))
    }
}

/// The text of a dialog with the talk as a test of that name.
pub(super) fn as_test(
    text: &str,
    name: &str,
    medium: Medium,
    talk: &[Exchange],
) -> Result<String, String> {
    match talk {
        [] => Err("手机上还没有说话。请先试一遍，再存成测试。".into()),
        talk => Ok(dialog::into_tests(text, &dialog::written_test(name, medium, talk))),
    }
}

fn looked(trial: &Trial, name: &str, medium: Medium, did: &str) -> Looked {
    let mut looked = Looked::default();
    // A table that does not read says so; the dialogs are looked at with what is live.
    let tables: &Tables = match &trial.tables {
        Ok(tables) => tables,
        Err(problems) => {
            let marks = problems.iter().map(|told| of_table(told));
            let (here, others): (Vec<_>, Vec<_>) = marks.partition(|mark| mark.file == name);
            looked.marks.extend(here);
            looked.elsewhere.extend(others);
            &trial.live
        }
    };
    let reader = tables.reader();
    let found = dialog::lint(&trial.files, &reader).found;
    for one in found.into_iter().map(of_dialog) {
        let list = if one.file == name { &mut looked.marks } else { &mut looked.elsewhere };
        list.push(one);
    }
    looked.elsewhere.retain(|mark| mark.severity == "error");
    looked.marks.truncate(MARKS_MAX);
    looked.elsewhere.truncate(MARKS_MAX);
    let Ok(script) = dialog::load(&trial.files) else {
        if !did.trim().is_empty() {
            looked.silent = "对话里还有错，改好了手机才能接着回话。".into();
        }
        return looked;
    };
    let own = name.strip_prefix(DIALOGS).unwrap_or_default();
    looked.outline = script.outlines().find(|outline| outline.file == own);
    let talk = dialog::chat(&script, &reader, medium, did);
    looked.talk = talk.into_iter().map(|one| TalkView::of(one, medium)).collect();
    looked
}

impl TalkView {
    fn of(one: Exchange, medium: Medium) -> Self {
        let Exchange { hers, said, marks, misheard, wrong } = one;
        let said = said.into_iter().map(|text| {
            let segments = (medium == Medium::Sms).then(|| zh::segments(&text));
            SaidView { text, segments }
        });
        Self { hers, said: said.collect(), marks, misheard, wrong }
    }

    fn into_exchange(self) -> Exchange {
        let said = self.said.into_iter().map(|said| said.text).collect();
        let Self { hers, marks, misheard, wrong, .. } = self;
        Exchange { hers, said, marks, misheard, wrong }
    }
}

fn of_dialog(found: Diagnostic) -> MarkView {
    let severity = match Severity::of(found.code) {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    };
    MarkView {
        file: format!("{DIALOGS}{}", found.file),
        line: found.line,
        column: found.column,
        code: found.code.to_owned(),
        severity,
        message: found.message,
        text: found.line_text,
    }
}

/// `aliases.csv 第3行「code」列：…`
fn of_table(told: &str) -> MarkView {
    let (file, rest) = told.split_once([' ', '：']).unwrap_or(("", told));
    let line = rest.strip_prefix('第').and_then(|rest| rest.split_once('行')?.0.parse().ok());
    MarkView {
        file: format!("{COUNTY}{file}"),
        line: line.unwrap_or(0),
        column: 1,
        code: String::new(),
        severity: "error",
        message: told.to_owned(),
        text: String::new(),
    }
}

/// Each round mends the first line of each test that is not as it is said.
fn as_said(mut trial: Trial) -> Result<(BTreeMap<String, String>, usize), String> {
    let (mut changed, mut count) = (BTreeMap::new(), 0);
    for _ in 0..ROUNDS_MAX {
        let tables = trial.tables.as_ref().map_err(|problems| problems.join("\n"))?;
        let script = dialog::load(&trial.files)
            .map_err(|_| "对话里还有错，请先改好，再改测试。".to_owned())?;
        let before = count;
        for failure in dialog::run_tests(&script, &tables.reader()).failures {
            let Wrong::Said { said: Some(said), .. } = failure.wrong else { continue };
            let file = trial.files.iter_mut().find(|file| file.name == failure.file);
            let Some(file) = file else { continue };
            if let Some(text) = dialog::with_expected(&file.text, failure.line, &said) {
                changed.insert(format!("{DIALOGS}{}", file.name), text.clone());
                file.text = text;
                count += 1;
            }
        }
        if count == before {
            break;
        }
    }
    Ok((changed, count))
}

fn tests(trial: &Trial) -> DraftTests {
    let tables = match &trial.tables {
        Ok(tables) => tables,
        Err(problems) => {
            return DraftTests { problems: problems.clone(), ..DraftTests::default() };
        }
    };
    let script = match dialog::load(&trial.files) {
        Ok(script) => script,
        Err(found) => {
            let problems = found.iter().map(ToString::to_string).collect();
            return DraftTests { problems, ..DraftTests::default() };
        }
    };
    let report = dialog::run_tests(&script, &tables.reader());
    let failures = report.failures.iter().map(|failure| TestFailed {
        file: format!("{DIALOGS}{}", failure.file),
        line: failure.line,
        test: failure.test.clone(),
        why: failure.brief(),
        said: match &failure.wrong {
            Wrong::Said { expected, said } => {
                Some((expected.clone(), said.clone().unwrap_or_default()))
            }
            Wrong::Told(_) => None,
        },
    });
    let mut names: Vec<&str> = report.coverage.all.iter().map(|one| one.dialog.as_str()).collect();
    names.dedup();
    let dialogs = names.into_iter().map(|name| {
        let own = || report.coverage.all.iter().filter(|one| one.dialog == name);
        let of = |part: Part| own().filter(move |one| one.part == part);
        let parts =
            Part::ALL.map(|part| (of(part).count(), of(part).filter(|one| one.shown).count()));
        let missing = own().filter(|one| !one.shown);
        let missing = missing.map(|one| format!("{}：{}", one.part.zh(), one.what)).collect();
        DialogTests { name: name.to_owned(), parts: parts.to_vec(), missing }
    });
    DraftTests {
        run: report.run,
        percent: report.coverage.percent(),
        failures: failures.collect(),
        dialogs: dialogs.collect(),
        problems: Vec::new(),
    }
}
