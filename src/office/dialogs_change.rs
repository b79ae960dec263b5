//! What a change of the dialogs would mean, before and after it is put live: for the terminal
//! and for the desk.

use std::collections::BTreeMap;

use super::dialogs::check_dialogs;
use super::{Office, PublishError, Published};
use crate::dialog::{self, Script};
use crate::store::records::Contact;
use crate::store::snapshots::{LiveScript, Snapshot};
use crate::store::{Store, StoreError, keys, list_by_index, load};

const CONTACTS_AT_ONCE: usize = 200;

/// What is live, and what is in the folder.
#[derive(Debug)]
pub struct DialogsStatus {
    /// `None`: nothing was put live on this store yet.
    pub live: Option<LiveScript>,
    pub folder: FolderStatus,
}

#[derive(Debug)]
pub enum FolderStatus {
    /// The folder is what is live, or what was live before the way back.
    Same,
    /// It may go live; what people under way would notice, a sentence each.
    Ready(Vec<String>),
    /// It may not; one text each, as `bianmin lint` prints them.
    Refused(Vec<String>),
}

impl Office {
    pub async fn dialogs_status(&self) -> Result<DialogsStatus, StoreError> {
        let live = load::<LiveScript>(&*self.store, keys::live_script()).await?;
        let live = live.map(|live| live.record);
        let folder = match check_dialogs(&self.config.settings.county.dialogs, &self.tables()) {
            Ok(new) if live.as_ref().is_some_and(|live| live.folder == new.hash) => {
                FolderStatus::Same
            }
            Ok(new) => match self.script().blocks(&new) {
                blocked if blocked.is_empty() => FolderStatus::Ready(self.noticed(&new).await?),
                blocked => FolderStatus::Refused(blocked),
            },
            Err(problems) => FolderStatus::Refused(problems),
        };
        Ok(DialogsStatus { live, folder })
    }

    /// Puts the folder live, if it passes all checks.
    pub async fn publish_folder(&self, by: &str, at_once: bool) -> Result<Published, PublishError> {
        let new = check_dialogs(&self.config.settings.county.dialogs, &self.tables())
            .map_err(PublishError::Blocked)?;
        self.publish(new, by, at_once).await
    }

    /// The snapshot whose hash begins so, if it is the only one.
    pub async fn find_snapshot(&self, beginning: &str) -> Result<Option<Snapshot>, StoreError> {
        let mut found = self.snapshots().await?;
        found.retain(|snapshot| snapshot.hash.starts_with(beginning));
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// W7 of lint, and which answers would be asked for again.
    async fn noticed(&self, new: &Script) -> Result<Vec<String>, StoreError> {
        let people = self.people_under_way().await?;
        let changed = dialog::running(&self.script(), new, &people);
        let mut said: Vec<String> = changed.into_iter().map(|found| found.message).collect();
        let lost = self.re_asked(new).await?;
        said.extend(lost.iter().map(|lost| format!("马上换新的话，{lost}。")));
        Ok(said)
    }

    /// How many are in each dialog, by its id.
    async fn people_under_way(&self) -> Result<BTreeMap<String, usize>, StoreError> {
        let mut people = BTreeMap::new();
        let mut range = keys::all_alarms();
        loop {
            let page =
                list_by_index::<Contact>(&*self.store, range.clone(), CONTACTS_AT_ONCE).await?;
            for (_, contact) in &page {
                for id in contact.conversation.dialogs_under_way() {
                    *people.entry(id.to_owned()).or_default() += 1;
                }
            }
            let Some((last, _)) = page.last() else { return Ok(people) };
            range = keys::after(&range, last);
        }
    }
}

/// The script that is live on a store; `None` when none is, or when this program does not
/// understand it any more.
pub async fn live_script(store: &Store) -> Result<Option<Script>, StoreError> {
    let live = load::<LiveScript>(&**store, keys::live_script()).await?;
    match live {
        Some(live) => super::snapshots::read_snapshot(store, &live.hash).await,
        None => Ok(None),
    }
}
