//! The folder `dialogs/` while the program serves: a change that passes every check and every
//! test goes live; one that does not is told, and what was live stays.
//!
//! The folder is looked at every two seconds, not watched: of what another machine wrote to a
//! network file system this one is told nothing, and a look is some dozens of file stats.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::tables::{Tables, is_script_file, read_files};
use super::watched::{FolderRefused, Look, Stamps};
use super::{Office, PublishError};
use crate::dialog::{self, Script, SourceFile};
use crate::store::StoreError;
use crate::store::snapshots::LiveScript;
use crate::store::{keys, load};

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Who put it live, in the history.
const BY_FOLDER: &str = "dialogs/";

/// Files as a script that may go live: everything is read, checked and tested. `Err` says what
/// `bianmin lint` says, errors only, one text each; `folder` stands before the files' names.
pub fn check_files(
    files: &[SourceFile],
    folder: &Path,
    tables: &Tables,
) -> Result<Script, Vec<String>> {
    let folder = folder.display().to_string();
    let errors = dialog::lint(files, &tables.reader()).errors();
    if !errors.passed() {
        return Err(errors.texts(&folder));
    }
    let script = dialog::load(files)
        .map_err(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let misfits = tables.misfits(&script);
    if misfits.is_empty() { Ok(script) } else { Err(misfits) }
}

/// The same for a folder.
pub fn check_dialogs(folder: &Path, tables: &Tables) -> Result<Script, Vec<String>> {
    check_files(&read_files(folder)?, folder, tables)
}

pub(super) async fn run(office: Arc<Office>) {
    loop {
        office.look_at_dialogs().await;
        if office.pause(LOOK_EVERY).await {
            return;
        }
    }
}

impl Office {
    /// Takes up what changed in the folder since the last look.
    pub async fn look_at_dialogs(self: &Arc<Self>) -> Look {
        let folder = self.config.settings.county.dialogs.clone();
        if let Some(look) = self.folder.quiet(stamps(&folder)) {
            return look;
        }
        let files = match read_files(&folder) {
            Ok(files) => files,
            Err(problems) => return self.refuse_dialogs("", problems),
        };
        let hash = dialog::hash(&files);
        match self.is_taken_up(&hash).await {
            Ok(true) => return self.folder.taken_up(stamps(&folder)),
            Ok(false) if self.folder.has_refused(&hash) => return Look::Refused,
            Ok(false) => {}
            Err(error) => return self.try_again(&error),
        }
        let office = self.clone();
        // Reading, checking and testing takes a moment; messages are answered meanwhile.
        let checked =
            tokio::task::spawn_blocking(move || check_files(&files, &folder, &office.tables()));
        let problems = match checked.await {
            Ok(Ok(script)) => match self.publish(script, BY_FOLDER, false).await {
                Ok(published) => {
                    for lost in &published.re_asked {
                        tracing::info!(%lost, "were it put live at once");
                    }
                    tracing::info!(hash = published.hash, "the dialogs changed and are live");
                    return self.folder.live(published.hash);
                }
                Err(PublishError::Blocked(problems)) => problems,
                // Another instance published at the same moment, or the disk is full.
                Err(PublishError::Store(error)) => return self.try_again(&error),
                Err(error) => vec![error.to_string()],
            },
            Ok(Err(problems)) => problems,
            Err(error) => vec![format!("检查的时候程序出错了，请把这句话交给开发的人：{error}")],
        };
        self.refuse_dialogs(&hash, problems)
    }

    /// Why the folder as it is now is not live.
    pub fn dialogs_refused(&self) -> Option<FolderRefused> {
        self.folder.refused()
    }

    /// It is what is live, or what was in the folder when there was a way back to another.
    async fn is_taken_up(&self, hash: &str) -> Result<bool, StoreError> {
        if self.script().hash == hash {
            return Ok(true);
        }
        let live = load::<LiveScript>(&*self.store, keys::live_script()).await?;
        Ok(live.is_some_and(|live| live.folder == hash || live.hash == hash))
    }

    pub(super) fn refuse_dialogs(&self, hash: &str, problems: Vec<String>) -> Look {
        self.folder.refuse(hash, problems, self.clock.now())
    }

    /// What is in the folder is fine, but can not be put live just now.
    fn try_again(&self, error: &StoreError) -> Look {
        tracing::warn!(%error, "the dialogs changed; putting them live is tried again");
        self.folder.again()
    }
}

/// Of the files that a script is made of: what editors put beside them does not count. What can
/// not be read now is seen at the next look.
fn stamps(folder: &Path) -> Stamps {
    let mut found = Stamps::new();
    let beside = dialog::FOLDERS.iter().map(|beside| folder.join(beside));
    for folder in [folder.to_owned()].into_iter().chain(beside) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if !is_script_file(&path) {
                continue;
            }
            let Ok(meta) = entry.metadata() else { continue };
            found.insert(path, (meta.len(), meta.modified().ok()));
        }
    }
    found
}
