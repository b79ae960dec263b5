//! Scripts put live, and the snapshots by which conversations still run.
//!
//! A snapshot is kept in the store as long as a conversation needs it, and the last few for a
//! way back. In memory the office holds the current script and, within it, the older ones
//! that somebody wrote under; they are loaded when they are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::dialog::{self, Conversation, Script, SourceFile};
use crate::store::looks::LookKind;
use crate::store::records::Contact;
use crate::store::snapshots::{LiveScript, PART_BYTES_MAX, Snapshot, SnapshotPart};
use crate::store::{
    Changes, Loaded, Store, StoreError, keys, list, list_by_index, load, load_many,
};

use super::Office;
use super::looks::Noted;

/// For a way back, whoever runs by them.
const KEPT: usize = 10;
const SNAPSHOTS_MAX: usize = 1_000;
const CONTACTS_AT_ONCE: usize = 200;
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
const OLDER_FOLDER: &str = "这台机器 dialogs/ 里的是以前用过的，比现在上线的旧，没有用它。\
请把现在上线的放进去，再重新启动；真要用旧的，请在对话工作台点退回。";

/// Only where several instances share the store.
pub(super) async fn run(office: Arc<Office>) {
    while office.store.is_shared() && !office.pause(FOLLOW_EVERY).await {
        if let Err(error) = office.follow_script().await {
            tracing::error!(%error, "what other instances put live can not be read");
        }
    }
}

/// What was put live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub hash: String,
    /// What people under way would have to answer again, were it put live at once.
    pub re_asked: Vec<ReAsked>,
}

/// So many people would have to answer this again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReAsked {
    /// The name of the dialog.
    pub dialog: String,
    pub slot: String,
    pub people: usize,
}

impl std::fmt::Display for ReAsked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "「{}」：{}个人要重新回答 {}", self.dialog, self.people, self.slot)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// One sentence each, with what to do; nothing changed.
    #[error("{}", .0.join("\n"))]
    Blocked(Vec<String>),
    #[error("没有版本 {0}，可能已经清理了。请换一个版本。")]
    NoSuchSnapshot(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// From where a script goes live.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The folder is what is live from then on.
    Folder,
    /// Made from what was live; the folder counts when somebody touches it.
    Draft,
    WayBack,
}

impl Origin {
    fn told(self) -> &'static str {
        match self {
            Origin::Folder => "",
            Origin::Draft => "对话工作台",
            Origin::WayBack => "退回到旧版本",
        }
    }
}

impl Office {
    /// Keeps the script that the program was started with, and knows again whether it was put
    /// live at once. What would lose answers is refused as `publish` does, and what was live
    /// stays. To be called before the first message.
    pub async fn adopt_script(&self) -> Result<(), StoreError> {
        let script = self.script();
        let before = load::<LiveScript>(&*self.store, keys::live_script()).await?;
        let Some(live) = before.as_ref().filter(|live| live.folder == script.hash) else {
            if let Some(before) = &before
                && before.hash != script.hash
                && let Some(old) = self.snapshot_script(&before.hash).await?
            {
                let refused = match self.is_older_folder(&script.hash).await? {
                    true => vec![OLDER_FOLDER.to_owned()],
                    false => old.blocks(&script),
                };
                if !refused.is_empty() {
                    self.script.store(Arc::new(old.at_once(before.at_once)));
                    self.refuse_dialogs(&script.hash, refused);
                    return Ok(());
                }
            }
            self.keep_snapshot(&script, "").await?;
            return match self.mark_live(before, &script.hash, "", false, Origin::Folder).await {
                // Another instance that starts at the same moment was faster: it is followed.
                Err(StoreError::Conflict(_)) if self.store.is_shared() => Ok(()),
                done => done,
            };
        };
        self.keep_snapshot(&script, "").await?;
        // The folder is as it was: what was live then is live again, after a way back too.
        let same = live.hash == script.hash;
        let kept = if same { None } else { self.snapshot_script(&live.hash).await? };
        let script = kept.unwrap_or_else(|| Script::clone(&script));
        self.script.store(Arc::new(script.at_once(live.at_once)));
        Ok(())
    }

    /// Where instances share the store, a folder that was live before is one that was not brought
    /// up to date; on a machine of its own somebody put it back.
    async fn is_older_folder(&self, hash: &str) -> Result<bool, StoreError> {
        let known = self.store.is_shared()
            && load::<Snapshot>(&*self.store, keys::snapshot(hash)).await?.is_some();
        Ok(known)
    }

    /// What another instance has put live is live here too. Says whether that changed it.
    pub async fn follow_script(&self) -> Result<bool, StoreError> {
        let current = self.script();
        let live = load::<LiveScript>(&*self.store, keys::live_script()).await?;
        let Some(live) = live.filter(|live| live.hash != current.hash) else { return Ok(false) };
        let Some(new) = self.snapshot_script(&live.hash).await? else { return Ok(false) };
        tracing::info!(hash = %live.hash, "another instance has put a script live");
        self.script.store(Arc::new(new.succeeding(&current, live.at_once)));
        Ok(true)
    }

    /// What would happen to the people under way.
    pub async fn re_asked(&self, new: &Script) -> Result<Vec<ReAsked>, StoreError> {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut range = keys::all_alarms();
        loop {
            let page =
                list_by_index::<Contact>(&*self.store, range.clone(), CONTACTS_AT_ONCE).await?;
            for (_, contact) in &page {
                let conversation = &contact.conversation;
                let current = self.script_for(conversation).await?;
                let lost: BTreeSet<_> =
                    dialog::lost_answers(conversation, &current, new).into_iter().collect();
                for answer in lost {
                    *counts.entry(answer).or_default() += 1;
                }
            }
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
        }
        let all = counts.into_iter();
        Ok(all.map(|((dialog, slot), people)| ReAsked { dialog, slot, people }).collect())
    }

    /// Puts a script live. A change of texts reaches everybody at the next message; after a
    /// change of structure those under way finish by the old one, unless it is put live
    /// `at_once`. `by`: the clerk.
    pub async fn publish(
        &self,
        new: Script,
        by: &str,
        at_once: bool,
    ) -> Result<Published, PublishError> {
        self.put_live(new, by, at_once, Origin::Folder).await
    }

    pub(super) async fn put_live(
        &self,
        new: Script,
        by: &str,
        at_once: bool,
        origin: Origin,
    ) -> Result<Published, PublishError> {
        let current = self.script();
        let mut blocked = current.blocks(&new);
        blocked.extend(self.tables().misfits(&new));
        if !blocked.is_empty() {
            return Err(PublishError::Blocked(blocked));
        }
        let re_asked = self.re_asked(&new).await?;
        self.keep_snapshot(&current, "").await?;
        self.keep_snapshot(&new, by).await?;
        let hash = new.hash.clone();
        let live = load::<LiveScript>(&*self.store, keys::live_script()).await?;
        self.mark_live(live, &hash, by, at_once, origin).await?;
        self.script.store(Arc::new(new.succeeding(&current, at_once)));
        self.forget_snapshots(&hash).await?;
        Ok(Published { hash, re_asked })
    }

    /// The same with a snapshot that was live before.
    pub async fn roll_back(
        &self,
        hash: &str,
        by: &str,
        at_once: bool,
    ) -> Result<Published, PublishError> {
        let old = self.snapshot_script(hash).await?;
        let old = old.ok_or_else(|| PublishError::NoSuchSnapshot(hash.to_owned()))?;
        let current = self.script();
        let re_asked = self.re_asked(&old).await?;
        self.keep_snapshot(&current, "").await?;
        let live = load::<LiveScript>(&*self.store, keys::live_script()).await?;
        self.mark_live(live, hash, by, at_once, Origin::WayBack).await?;
        self.script.store(Arc::new(old.succeeding(&current, at_once)));
        Ok(Published { hash: hash.to_owned(), re_asked })
    }

    /// Snapshots to which there is a way back, the newest first.
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, StoreError> {
        let found = list::<Snapshot>(&*self.store, keys::all_snapshots(), SNAPSHOTS_MAX).await?;
        let mut found: Vec<Snapshot> = found.into_iter().map(|loaded| loaded.record).collect();
        found.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.hash.cmp(&b.hash)));
        Ok(found)
    }

    /// The current script, holding the snapshots that this conversation runs by. What is not
    /// to be found any more is left out: its answers are carried over then.
    pub(super) async fn script_for(
        &self,
        conversation: &Conversation,
    ) -> Result<Arc<Script>, StoreError> {
        let mut script = self.script();
        for hash in conversation.missing(&script) {
            let Some(old) = self.snapshot_script(&hash).await? else { continue };
            let old = Arc::new(old);
            self.script.rcu(|current| Arc::new(current.holding(old.clone())));
            script = self.script();
        }
        Ok(script)
    }

    async fn snapshot_script(&self, hash: &str) -> Result<Option<Script>, StoreError> {
        read_snapshot(&self.store, hash).await
    }

    /// Parts first, so that a snapshot that is there is whole.
    async fn keep_snapshot(&self, script: &Script, by: &str) -> Result<(), StoreError> {
        if load::<Snapshot>(&*self.store, keys::snapshot(&script.hash)).await?.is_some() {
            return Ok(());
        }
        let text = serde_json::to_string(script.files()).unwrap_or_default();
        let mut parts = 0;
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(rest.floor_char_boundary(PART_BYTES_MAX));
            let record =
                SnapshotPart { hash: script.hash.clone(), n: parts, text: part.to_owned() };
            self.write_once(&record).await?;
            rest = behind;
            parts += 1;
        }
        self.write_once(&Snapshot {
            hash: script.hash.clone(),
            structure_hash: script.structure_hash.clone(),
            text_hash: script.text_hash.clone(),
            at: self.clock.now(),
            by: by.to_owned(),
            parts,
        })
        .await
    }

    /// What two write at the same time is the same: its key is its hash.
    pub(super) async fn write_once<R: crate::store::Record>(
        &self,
        record: &R,
    ) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        changes.create(record)?;
        match self.store.commit(changes.into_batch()).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            done => done,
        }
    }

    async fn mark_live(
        &self,
        before: Option<Loaded<LiveScript>>,
        hash: &str,
        by: &str,
        at_once: bool,
        origin: Origin,
    ) -> Result<(), StoreError> {
        let at = self.clock.now();
        let stays = before.as_ref().filter(|_| origin != Origin::Folder);
        let folder = stays.map_or(hash, |before| before.folder.as_str()).to_owned();
        let live = LiveScript { hash: hash.to_owned(), folder, at_once, at, by: by.to_owned() };
        let mut changes = Changes::default();
        match before {
            Some(before) => changes.replace(&before, &live)?,
            None => changes.create(&live)?,
        }
        self.commit_noted(changes, Noted::named(by, LookKind::Script, hash, origin.told())).await
    }

    /// Those that no conversation runs by, except the last few.
    async fn forget_snapshots(&self, live: &str) -> Result<(), StoreError> {
        let all = self.snapshots().await?;
        let Some(old) = all.get(KEPT..).filter(|old| !old.is_empty()) else { return Ok(()) };
        let mut used: BTreeSet<String> = [live.to_owned()].into();
        let mut range = keys::all_alarms();
        loop {
            let page =
                list_by_index::<Contact>(&*self.store, range.clone(), CONTACTS_AT_ONCE).await?;
            for (_, contact) in &page {
                used.extend(contact.conversation.snapshots().map(str::to_owned));
            }
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
        }
        for snapshot in old.iter().filter(|snapshot| !used.contains(&snapshot.hash)) {
            let mut changes = Changes::default();
            if let Some(found) =
                load::<Snapshot>(&*self.store, keys::snapshot(&snapshot.hash)).await?
            {
                changes.remove(&found);
            }
            for n in 0..snapshot.parts {
                let key = keys::snapshot_part(&snapshot.hash, n);
                if let Some(part) = load::<SnapshotPart>(&*self.store, key).await? {
                    changes.remove(&part);
                }
            }
            match self.store.commit(changes.into_batch()).await {
                Err(StoreError::Conflict(_)) => {}
                done => done?,
            }
        }
        Ok(())
    }
}

/// `None` when it was cleared away, or when this program does not understand it any more.
pub(super) async fn read_snapshot(store: &Store, hash: &str) -> Result<Option<Script>, StoreError> {
    let Some(snapshot) = load::<Snapshot>(&**store, keys::snapshot(hash)).await? else {
        return Ok(None);
    };
    let part_keys: Vec<_> = (0..snapshot.parts).map(|n| keys::snapshot_part(hash, n)).collect();
    let parts = load_many::<SnapshotPart>(&**store, &part_keys).await?;
    let text: String = parts.into_iter().flatten().map(|part| part.record.text).collect();
    let files: Vec<SourceFile> = match serde_json::from_str(&text) {
        Ok(files) => files,
        Err(error) => {
            tracing::error!(%error, hash, "a snapshot does not read");
            return Ok(None);
        }
    };
    match dialog::load(&files) {
        Ok(script) => Ok(Some(script)),
        // An older program understood it.
        Err(found) => {
            let first = found.first().map(ToString::to_string).unwrap_or_default();
            tracing::error!(hash, first, "a snapshot is not understood any more");
            Ok(None)
        }
    }
}
