//! The county's tables and the common part of `config.toml` while the program serves: what was put
//! live is kept in the store, and every instance that shares it follows within a second.
//!
//! A change of the folder is taken up as one of the dialogs is (`dialogs`); settings are put live
//! by `bianmin county publish`. What does not load, or does not fit the live script, is told and
//! changes nothing.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::config::Common;
use crate::store::county_records::{CountyVersion, LiveCounty};
use crate::store::looks::LookKind;
use crate::store::shared_records::Instance;
use crate::store::snapshots::{PART_BYTES_MAX, SnapshotPart};
use crate::store::{Changes, Loaded, StoreError, keys, list, load, load_many};

use super::looks::Noted;
use super::table_files::{TableFiles, is_table_file};
use super::tables::Tables;
use super::watched::{Folder, FolderRefused, Look, Stamps};
use super::{Office, random, sms};

const FOLLOW_EVERY: Duration = Duration::from_secs(1);
const VERSIONS_MAX: usize = 1_000;
/// For a way back.
const KEPT: usize = 10;
/// Who put it live, in the history.
const BY_FOLDER: &str = "county/";

/// Where this instance stands to what is live.
#[derive(Default)]
pub(super) struct Standing {
    folder: Folder,
    /// What its own files have to do with what is live, and why it can not follow.
    notes: Mutex<Vec<String>>,
}

#[derive(Debug, thiserror::Error)]
pub enum CountyRefused {
    /// One text each, with what to do; nothing changed.
    #[error("{}", .0.join("\n"))]
    Problems(Vec<String>),
    #[error("没有版本 {0}，可能已经清理了。请换一个版本。")]
    NoSuchVersion(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is live, and what is in the folder and the file.
#[derive(Debug)]
pub struct CountyStatus {
    /// `None`: nothing was put live on this store yet.
    pub live: Option<LiveCounty>,
    pub versions: Vec<CountyVersion>,
    /// Where programs run that were started with another `config.toml` than the one asked
    /// about, in what needs a restart.
    pub to_restart: Vec<String>,
}

/// What goes live together.
#[derive(Clone)]
struct Unit {
    tables: Arc<Tables>,
    common: Arc<Common>,
}

impl Unit {
    fn hash(&self) -> String {
        use sha2::Digest;
        let text = format!("{} {}", self.tables.hash, self.common.sum());
        random::to_hex(&sha2::Sha256::digest(text)[..6])
    }
}

pub(super) async fn run(office: Arc<Office>) {
    for round in 0_u32.. {
        if office.store.is_shared()
            && let Err(error) = office.follow_county().await
        {
            tracing::error!(%error, "tables that another instance put live can not be read");
        }
        // Every two seconds, like the dialogs.
        if round % 2 == 0 {
            office.look_at_county().await;
        }
        if office.pause(FOLLOW_EVERY).await {
            return;
        }
    }
}

impl Office {
    /// To be called before the first message. What was put live since the files of this machine
    /// were is what counts where instances share the store; files that nobody has seen yet, and
    /// those of a machine alone, go live.
    pub async fn adopt_county(&self) -> Result<(), StoreError> {
        let own = self.unit();
        let folder = &self.config.settings.county.folder;
        let seen = stamps(folder);
        // What was read of it is decided here, and then counts only if somebody touches it.
        if TableFiles::read(folder).is_ok_and(|files| files.hash() == own.tables.hash) {
            self.county_live.folder.taken_up(seen);
        }
        let before = load::<LiveCounty>(&*self.store, keys::live_county()).await?;
        let Some(before) = before else {
            return self.put_live_at_start(own, None).await;
        };
        let live = match self.read_county(&before.hash).await {
            Ok(Some(live)) => live,
            Ok(None) => return self.put_live_at_start(own, Some(before)).await,
            Err(CountyRefused::Store(error)) => return Err(error),
            Err(refused) => {
                self.note_county(vec![refused.to_string()]);
                return Ok(());
            }
        };
        let versions =
            if self.store.is_shared() { self.county_versions().await? } else { Vec::new() };
        let tables_seen = |sum: &String| versions.iter().any(|version| version.tables == *sum);
        let settings_seen = |sum: &String| {
            versions
                .iter()
                .filter_map(|version| common_of(version).ok())
                .any(|one| one.sum() == *sum)
        };
        let (folder, file) = (own.tables.hash.clone(), own.common.sum());
        let mut notes = Vec::new();
        let mut next = own;
        if before.folder == folder || tables_seen(&folder) {
            if before.folder != folder && live.tables.hash != folder {
                notes.push(
                    "county/ here is older than what is live; please bring it up to date".into(),
                );
            }
            next.tables = live.tables.clone();
        }
        if before.file == file || settings_seen(&file) {
            if before.file != file && live.common.sum() != file {
                notes.push(
                    "config.toml here is older than the settings that are live; please bring it \
                     up to date"
                        .into(),
                );
            }
            next.common = live.common.clone();
        }
        self.note_county(notes);
        if next.hash() == live.hash() {
            self.take_county(next);
            return Ok(());
        }
        self.put_live_at_start(next, Some(before)).await
    }

    async fn put_live_at_start(
        &self,
        unit: Unit,
        before: Option<Loaded<LiveCounty>>,
    ) -> Result<(), StoreError> {
        self.keep_county(&unit, "").await?;
        let live = self.live_county(&unit, "");
        match self.mark_county(before, live).await {
            // Another instance that starts at the same moment was faster: it is followed.
            Err(StoreError::Conflict(_)) if self.store.is_shared() => return Ok(()),
            done => done?,
        }
        self.take_county(unit);
        Ok(())
    }

    /// What another instance has put live is live here too. Says whether that changed something.
    pub async fn follow_county(&self) -> Result<bool, StoreError> {
        let live = load::<LiveCounty>(&*self.store, keys::live_county()).await?;
        let Some(live) = live.filter(|live| live.hash != self.unit().hash()) else {
            return Ok(false);
        };
        match self.read_county(&live.hash).await {
            Ok(Some(unit)) => {
                tracing::info!(hash = live.hash, "another instance has put tables live");
                self.take_county(unit);
                self.note_county(Vec::new());
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(CountyRefused::Store(error)) => Err(error),
            Err(refused) => {
                self.note_county(vec![format!(
                    "tables that are live elsewhere do not load here, is this program older? {refused}"
                )]);
                Ok(false)
            }
        }
    }

    /// Takes up what changed in the folder since the last look.
    pub async fn look_at_county(self: &Arc<Self>) -> Look {
        let folder = self.config.settings.county.folder.clone();
        let watched = &self.county_live.folder;
        if let Some(look) = watched.quiet(stamps(&folder)) {
            return look;
        }
        let files = match TableFiles::read(&folder) {
            Ok(files) => files,
            Err(problems) => return watched.refuse("", problems, self.clock.now()),
        };
        let hash = files.hash();
        match self.is_county_taken_up(&hash).await {
            Ok(true) => return watched.taken_up(stamps(&folder)),
            Ok(false) if watched.has_refused(&hash) => return Look::Refused,
            Ok(false) => {}
            Err(error) => return self.try_county_again(&error),
        }
        // Reading tables and a model takes a moment; messages are answered meanwhile.
        let tables = match tokio::task::spawn_blocking(move || Tables::of(files)).await {
            Ok(Ok(tables)) => tables,
            Ok(Err(problems)) => return watched.refuse(&hash, problems, self.clock.now()),
            Err(error) => {
                let problem = format!("读表的时候程序出错了，请把这句话交给开发的人：{error}");
                return watched.refuse(&hash, vec![problem], self.clock.now());
            }
        };
        let common = Common::clone(&self.common());
        match self.publish_county(tables, common, BY_FOLDER).await {
            Ok(hash) => watched.live(hash),
            // Another instance published at the same moment, or the disk is full.
            Err(CountyRefused::Store(error)) => self.try_county_again(&error),
            Err(CountyRefused::Problems(problems)) => {
                watched.refuse(&hash, problems, self.clock.now())
            }
            Err(error) => watched.refuse(&hash, vec![error.to_string()], self.clock.now()),
        }
    }

    fn try_county_again(&self, error: &StoreError) -> Look {
        tracing::warn!(%error, "the county's tables changed; putting them live is tried again");
        self.county_live.folder.again()
    }

    /// It is what is live, or what was in the folder when there was a way back to another.
    async fn is_county_taken_up(&self, tables: &str) -> Result<bool, StoreError> {
        if self.tables().hash == tables {
            return Ok(true);
        }
        let live = load::<LiveCounty>(&*self.store, keys::live_county()).await?;
        Ok(live.is_some_and(|live| live.folder == tables))
    }

    /// Puts them live here, and with that everywhere. Gives the hash.
    pub async fn publish_county(
        &self,
        tables: Tables,
        common: Common,
        by: &str,
    ) -> Result<String, CountyRefused> {
        let unit = Unit { tables: Arc::new(tables), common: Arc::new(common) };
        self.check_county(&unit)?;
        let before = load::<LiveCounty>(&*self.store, keys::live_county()).await?;
        self.keep_county(&unit, by).await?;
        let live = self.live_county(&unit, by);
        self.mark_county(before, live).await?;
        let hash = unit.hash();
        tracing::info!(hash, by, "the county's tables and settings are live");
        self.take_county(unit);
        self.note_county(Vec::new());
        self.forget_counties(&hash).await?;
        Ok(hash)
    }

    /// Tables that were made from those that are live, not from the folder: a start with the
    /// folder as it is now does not undo them.
    pub(super) async fn publish_tables(
        &self,
        tables: Tables,
        by: &str,
    ) -> Result<(), CountyRefused> {
        let unit = Unit { tables: Arc::new(tables), common: self.common() };
        self.check_county(&unit)?;
        self.keep_county(&unit, by).await?;
        self.mark_county_live(unit.clone(), by).await?;
        self.forget_counties(&unit.hash()).await?;
        Ok(())
    }

    /// The same with a version that was live before.
    pub async fn roll_back_county(&self, hash: &str, by: &str) -> Result<(), CountyRefused> {
        let unit = self.read_county(hash).await?;
        let unit = unit.ok_or_else(|| CountyRefused::NoSuchVersion(hash.to_owned()))?;
        self.check_county(&unit)?;
        Ok(self.mark_county_live(unit, by).await?)
    }

    /// Live from now on, while folder and file stay those that were taken up last.
    async fn mark_county_live(&self, unit: Unit, by: &str) -> Result<(), StoreError> {
        let before = load::<LiveCounty>(&*self.store, keys::live_county()).await?;
        let mut live = self.live_county(&unit, by);
        if let Some(before) = &before {
            (live.folder, live.file) = (before.folder.clone(), before.file.clone());
        }
        self.mark_county(before, live).await?;
        self.take_county(unit);
        self.note_county(Vec::new());
        Ok(())
    }

    pub fn county_folder(&self) -> &Path {
        &self.config.settings.county.folder
    }

    /// `at_start`: the sum of what a file says that needs a restart.
    pub async fn county_status(&self, at_start: &str) -> Result<CountyStatus, StoreError> {
        let live = load::<LiveCounty>(&*self.store, keys::live_county()).await?;
        let mut versions = self.county_versions().await?;
        versions.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.hash.cmp(&b.hash)));
        let mut to_restart: Vec<String> = Vec::new();
        if self.store.is_shared() {
            let all = list::<Instance>(&*self.store, keys::all_instances(), VERSIONS_MAX).await?;
            let differ = all.into_iter().filter(|one| one.record.settings != at_start);
            to_restart.extend(differ.map(|one| one.record.listen.clone()));
        } else if self.config.settings.shared_sum() != at_start {
            to_restart.push(self.config.settings.server.listen.to_string());
        }
        Ok(CountyStatus { live: live.map(|live| live.record), versions, to_restart })
    }

    /// Why the folder as it is now is not live.
    pub fn county_refused(&self) -> Option<FolderRefused> {
        self.county_live.folder.refused()
    }

    pub(super) fn county_notes(&self) -> Vec<String> {
        self.county_live.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_county(&self, notes: Vec<String>) {
        for note in &notes {
            tracing::warn!(note, "the county's tables and settings");
        }
        *self.county_live.notes.lock().unwrap_or_else(PoisonError::into_inner) = notes;
    }

    fn unit(&self) -> Unit {
        Unit { tables: self.tables(), common: self.common() }
    }

    pub(super) fn county_hash(&self) -> String {
        self.unit().hash()
    }

    fn take_county(&self, unit: Unit) {
        self.tables.store(unit.tables);
        self.common.store(unit.common);
        self.shelves.forget();
    }

    /// As at a start.
    fn check_county(&self, unit: &Unit) -> Result<(), CountyRefused> {
        let script = self.script();
        let mut problems = unit.tables.misfits(&script);
        if let Err(wrong) = sms::channels(&self.config.with(&unit.common), &script) {
            problems.push(wrong);
        }
        if problems.is_empty() { Ok(()) } else { Err(CountyRefused::Problems(problems)) }
    }

    fn live_county(&self, unit: &Unit, by: &str) -> LiveCounty {
        LiveCounty {
            hash: unit.hash(),
            folder: unit.tables.hash.clone(),
            file: unit.common.sum(),
            at: self.clock.now(),
            by: by.to_owned(),
        }
    }

    async fn mark_county(
        &self,
        before: Option<Loaded<LiveCounty>>,
        live: LiveCounty,
    ) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        match before {
            Some(before) => changes.replace(&before, &live)?,
            None => changes.create(&live)?,
        }
        let noted = Noted::named(&live.by, LookKind::Tables, &live.hash, "");
        self.commit_noted(changes, noted).await
    }

    /// Parts first, so that a version that is there is whole.
    async fn keep_county(&self, unit: &Unit, by: &str) -> Result<(), StoreError> {
        let hash = unit.hash();
        if load::<CountyVersion>(&*self.store, keys::county(&hash)).await?.is_some() {
            return Ok(());
        }
        let text = serde_json::to_string(&unit.tables.files).unwrap_or_default();
        let name = parts_of(&unit.tables.hash);
        let mut parts = 0;
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(rest.floor_char_boundary(PART_BYTES_MAX));
            let part = SnapshotPart { hash: name.clone(), n: parts, text: part.to_owned() };
            self.write_once(&part).await?;
            rest = behind;
            parts += 1;
        }
        self.write_once(&CountyVersion {
            hash,
            tables: unit.tables.hash.clone(),
            common: serde_json::to_value(&*unit.common).unwrap_or_default(),
            at: self.clock.now(),
            by: by.to_owned(),
            parts,
        })
        .await
    }

    async fn county_versions(&self) -> Result<Vec<CountyVersion>, StoreError> {
        let found = list::<CountyVersion>(&*self.store, keys::all_counties(), VERSIONS_MAX).await?;
        Ok(found.into_iter().map(|loaded| loaded.record).collect())
    }

    /// `None` when it was cleared away.
    async fn read_county(&self, hash: &str) -> Result<Option<Unit>, CountyRefused> {
        let Some(version) = load::<CountyVersion>(&*self.store, keys::county(hash)).await? else {
            return Ok(None);
        };
        let version = version.record;
        let refused = |why: String| CountyRefused::Problems(vec![why]);
        let common = common_of(&version).map_err(|error| refused(error.to_string()))?;
        let tables = match self.tables() {
            own if own.hash == version.tables => own,
            _ => {
                let name = parts_of(&version.tables);
                let parts = (0..version.parts).map(|n| keys::snapshot_part(&name, n));
                let parts: Vec<_> = parts.collect();
                let parts = load_many::<SnapshotPart>(&*self.store, &parts).await?;
                let text: String = parts.into_iter().flatten().map(|one| one.record.text).collect();
                let files: TableFiles =
                    serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
                let read = tokio::task::spawn_blocking(move || Tables::of(files)).await;
                let read = read.map_err(|error| refused(error.to_string()))?;
                Arc::new(read.map_err(CountyRefused::Problems)?)
            }
        };
        Ok(Some(Unit { tables, common: Arc::new(common) }))
    }

    /// All but the last few.
    async fn forget_counties(&self, live: &str) -> Result<(), StoreError> {
        let mut all = self.county_versions().await?;
        all.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.hash.cmp(&b.hash)));
        let (kept, old) = all.split_at(all.len().min(KEPT));
        for version in old.iter().filter(|version| version.hash != live) {
            let mut changes = Changes::default();
            if let Some(found) =
                load::<CountyVersion>(&*self.store, keys::county(&version.hash)).await?
            {
                changes.remove(&found);
            }
            if !kept.iter().any(|one| one.tables == version.tables) {
                for n in 0..version.parts {
                    let key = keys::snapshot_part(&parts_of(&version.tables), n);
                    if let Some(part) = load::<SnapshotPart>(&*self.store, key).await? {
                        changes.remove(&part);
                    }
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

fn common_of(version: &CountyVersion) -> Result<Common, serde_json::Error> {
    serde_json::from_value(version.common.clone())
}

/// Under what the parts of these tables lie, beside those of scripts.
fn parts_of(tables: &str) -> String {
    format!("county-{tables}")
}

/// Of the files that the tables are made of; what editors put beside them does not count.
fn stamps(folder: &Path) -> Stamps {
    let mut found = Stamps::new();
    for below in ["", "calendar/", "examples/"] {
        for entry in fs::read_dir(folder.join(below)).into_iter().flatten().flatten() {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if !is_table_file(&name) {
                continue;
            }
            let Ok(meta) = entry.metadata() else { continue };
            found.insert(entry.path(), (meta.len(), meta.modified().ok()));
        }
    }
    found
}
