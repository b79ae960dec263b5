//! The clerk's dialog studio: changes are kept as drafts, tried without touching anything that
//! is live, and go live when a second person has looked at them.

mod difference;
mod drafts;
mod review;
mod table;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::Office;
use super::rights::Right;
use super::views::{CommandError, Session};

pub use difference::{DifferentFile, DifferentLine};
pub use review::{DraftPublished, VersionView};
pub use table::{TableEdit, TableRow, TableView};
pub use trial::{DialogTests, DraftTests, Looked, MarkView, SaidView, TalkView};

const DIALOGS: &str = "dialogs/";
const COUNTY: &str = "county/";
/// Those of `county/` that are edited here; holidays and the model have ways of their own.
pub const TABLES: [&str; 9] = [
    "aliases.csv",
    "keywords.csv",
    "goods-kinds.csv",
    "places.csv",
    "neighbours.csv",
    "emergencies.csv",
    "leads.csv",
    "departments.csv",
    "categories.csv",
];
const WORK_WITHIN: Duration = Duration::from_secs(20);

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

impl Office {
    /// Dialogs first, then their tables, then those of the county.
    pub fn studio_files(&self, session: &Session) -> Result<Vec<StudioFile>, CommandError> {
        session.must(Right::Dialogs)?;
        let script = self.script();
        let mut found: Vec<StudioFile> = script
            .files()
            .iter()
            .filter(|file| drafts::is_editable(&file.name))
            .map(|file| {
                let (dialog, title) =
                    script.of_file(&file.name).unwrap_or(("", file.name.as_str()));
                StudioFile {
                    name: format!("{DIALOGS}{}", file.name),
                    dialog: dialog.to_owned(),
                    title: title.to_owned(),
                }
            })
            .collect();
        found.sort_by_key(|file| (file.name.ends_with(".csv"), file.name.clone()));
        let tables = self.tables();
        found.extend(TABLES.iter().filter(|name| !tables.files.text(name).is_empty()).map(
            |name| StudioFile {
                name: format!("{COUNTY}{name}"),
                dialog: String::new(),
                title: (*name).to_owned(),
            },
        ));
        Ok(found)
    }

    /// On a thread of its own, within a time.
    async fn at_the_bench<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CommandError> {
        let bench = self.bench.0.clone();
        let slow = |_| CommandError::Refused("查得太久，没有查完。请过一会儿再试。".into());
        let worked = tokio::time::timeout(WORK_WITHIN, async move {
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
