//! The clerk's dialog studio: changes are kept as drafts, tried without touching anything that
//! is live, and go live when a second person has looked at them.

mod difference;
mod drafts;
mod lessons;
mod misheard;
mod review;
mod spoken;
mod stops;
mod table;
mod training;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::Office;
use super::rights::Right;
use super::views::{CommandError, Session};
use crate::dialog::Script;

pub use difference::{DifferentFile, DifferentLine};
pub use lessons::{Lesson, Taught, TeachingView};
pub(super) use misheard::MisheardToday;
pub use misheard::MisheardView;
pub use review::{DraftPublished, VersionView};
pub use stops::{DAYS_SHOWN, StopRow, StopsView};
pub(super) use stops::{Stops, run};
pub use table::{TableEdit, TableRow, TableView};
pub use trial::{DialogTests, DraftTests, Looked, MarkView, SaidView, TalkView};

const DIALOGS: &str = "dialogs/";
const COUNTY: &str = "county/";
/// Those of `county/` that are edited here; holidays and the model have ways of their own.
const TABLES: [(&str, &str); 11] = [
    ("aliases.csv", "村的别的叫法"),
    ("keywords.csv", "哪些词是哪方面的事"),
    ("goods-kinds.csv", "商品的种类"),
    ("places.csv", "村庄"),
    ("neighbours.csv", "邻县的地方"),
    ("emergencies.csv", "紧急情况的词"),
    ("leads.csv", "哪些事归谁牵头"),
    ("weights.csv", "考核评分的权重"),
    ("departments.csv", "承办单位"),
    ("categories.csv", "事项的分类"),
    ("replies.csv", "常用话"),
];
/// Those of [`TABLES`] that are settings of the county: what is due when, and who is telephoned.
/// The others are words that the bot learns.
const SETTINGS: [&str; 6] = [
    "places.csv",
    "neighbours.csv",
    "emergencies.csv",
    "leads.csv",
    "departments.csv",
    "categories.csv",
];
const WORK_WITHIN: Duration = Duration::from_secs(20);
/// What goes live may have to be learnt from first; tests that follow a change are run several
/// times.
const LIVE_WITHIN: Duration = Duration::from_secs(120);

/// Lint, tests and chats are tried one after the other, whoever asks: messages come first.
pub(super) struct Bench(Arc<Semaphore>);

impl Default for Bench {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftView {
    pub id: String,
    pub title: String,
    pub by: String,
    pub changed_at: Timestamp,
    pub revision: u64,
    pub editors: Vec<String>,
    pub files: Vec<DraftFileView>,
    pub asked: Option<DraftAskedView>,
    pub returned: String,
    /// Who looks at the page is the second pair of eyes.
    pub may_approve: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFileView {
    pub name: String,
    /// What clerks call it.
    pub title: String,
    pub is_new: bool,
    /// What is live was changed since.
    pub stale: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftAskedView {
    pub by: String,
    pub at: Timestamp,
    pub note: String,
}

impl DraftView {
    /// Of some file what is live was changed since.
    pub fn is_stale(&self) -> bool {
        self.files.iter().any(|file| file.stale)
    }
}

/// What can be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudioFile {
    /// `dialogs/催办.yaml`
    pub name: String,
    /// The id of its dialog, for the drawing; empty where it has none.
    pub dialog: String,
    /// What clerks call it.
    pub title: String,
}

/// What clerks call a file.
fn title_of(script: &Script, name: &str) -> String {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let stem = stem.split('.').next().unwrap_or(stem);
    if let Some(dialog) = name.strip_prefix(DIALOGS) {
        return match (script.of_file(dialog), stem) {
            (Some((_, title)), _) => title.to_owned(),
            (None, "_全局") => "到处都说的话：欢迎、帮助、没听懂".to_owned(),
            (None, "通知") => "办到哪一步，发给村民的话".to_owned(),
            (None, _) if dialog.contains('/') => format!("表：{stem}"),
            (None, _) => stem.to_owned(),
        };
    }
    let name = name.strip_prefix(COUNTY).unwrap_or(name);
    let known = TABLES.iter().find(|(known, _)| *known == name);
    known.map_or_else(|| format!("例子：{stem}"), |(_, title)| (*title).to_owned())
}

impl Office {
    pub fn studio_title(&self, name: &str) -> String {
        title_of(&self.script(), name)
    }

    /// Dialogs first, then their tables, then those of the county.
    pub fn studio_files(&self, session: &Session) -> Result<Vec<StudioFile>, CommandError> {
        session.must(Right::Dialogs)?;
        let script = self.script();
        let mut found: Vec<StudioFile> = script
            .files()
            .iter()
            .filter(|file| drafts::is_editable(&file.name))
            .map(|file| {
                let name = format!("{DIALOGS}{}", file.name);
                let dialog = script.of_file(&file.name).map_or("", |(dialog, _)| dialog);
                StudioFile { title: title_of(&script, &name), dialog: dialog.to_owned(), name }
            })
            .collect();
        found.sort_by_key(|file| (file.name.ends_with(".csv"), file.name.clone()));
        let tables = self.tables();
        let known = TABLES.iter().map(|(name, _)| *name);
        let known = known.filter(|name| !tables.files.text(name).is_empty());
        found.extend(known.chain(tables.files.examples().map(|(name, _)| name)).map(|name| {
            let name = format!("{COUNTY}{name}");
            StudioFile { title: title_of(&script, &name), dialog: String::new(), name }
        }));
        Ok(found)
    }

    async fn at_the_bench<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CommandError> {
        self.at_the_bench_within(WORK_WITHIN, work).await
    }

    /// On a thread of its own.
    async fn at_the_bench_within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CommandError> {
        let bench = self.bench.0.clone();
        let slow = |_| CommandError::Refused("查得太久，没有查完。请过一会儿再试。".into());
        let worked = tokio::time::timeout(limit, async move {
            let place = bench.acquire_owned().await.map_err(|_| CommandError::Unavailable)?;
            // The place is held until the work ends, even when nobody waits for it any more.
            let done = tokio::task::spawn_blocking(move || {
                let done = work();
                drop(place);
                done
            });
            done.await.map_err(|error| {
                tracing::error!(%error, "a draft could not be tried");
                CommandError::Refused("试的时候程序出错了，请把这句话交给开发的人。".into())
            })
        });
        worked.await.map_err(slow)?
    }
}
