//! Photos and recordings: fetched at once, because WeChat keeps them three days, and kept
//! in files under the SHA-256 of their bytes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::Digest;
use tokio::io::AsyncWriteExt;

use crate::county::Address;
use crate::store::records::{Media, MediaKind, MediaState};
use crate::store::{Changes, Disk, RealDisk, StoreError, keys, list_by_index, load, load_many};

use super::views::{CommandError, MediaFile, MediaView};
use super::{Office, random};

const PAGE: usize = 16;
/// WeChat keeps it three days.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(70);
const WAIT_MAX_S: i64 = 3 * 3_600;
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// `account/media id`: the id that cases and tasks refer to.
pub(super) fn id(address: &Address, media: &str) -> String {
    format!("{}/{media}", address.account)
}

pub(super) fn wanted(id: &str, kind: MediaKind, now: Timestamp) -> Media {
    Media {
        id: id.to_owned(),
        kind,
        came_at: now,
        state: MediaState::Wanted { due_at: now, tries: 0 },
    }
}

pub(super) async fn run(office: Arc<Office>) {
    loop {
        if office.wait_for_duty("media").await {
            return;
        }
        let sleep = match office.while_on_duty("media", office.fetch_due()).await {
            Ok(0) => SLEEP_MAX,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(%error, "photos and recordings can not be kept; trying again");
                Duration::from_secs(5)
            }
        };
        tokio::select! {
            () = office.bells.media.notified() => {}
            stopped = office.pause(office.nap(sleep)) => if stopped { return },
        }
    }
}

/// What became of one attempt to fetch.
pub(super) enum Fetched {
    Here { content_type: String, bytes: Vec<u8> },
    Later(String),
    Gone(String),
}

impl Office {
    /// Says how many were tried.
    pub(super) async fn fetch_due(&self) -> Result<usize, StoreError> {
        let due = keys::media_due_until(self.clock.now());
        let page = list_by_index::<Media>(&*self.store, due, PAGE).await?;
        let count = page.len();
        for (_, before) in page {
            let MediaState::Wanted { tries, .. } = before.record.state else { continue };
            let fetched = self.fetch(&before.record.id).await;
            let _not_cleared = self.media_files.read().await;
            let state = match fetched {
                Fetched::Here { content_type, bytes } => match self.keep(&bytes).await {
                    Ok(hash) => MediaState::Kept { hash, content_type, bytes: bytes.len() as u64 },
                    Err(error) => self.later(&before.record, tries, &error.to_string()),
                },
                Fetched::Later(why) => self.later(&before.record, tries, &why),
                Fetched::Gone(why) => MediaState::Lost { why },
            };
            if let MediaState::Lost { why } = &state {
                tracing::warn!(why, "a photo or recording could not be fetched and is lost");
            }
            let media = Media { state, ..before.record.clone() };
            let mut changes = Changes::default();
            changes.replace(&before, &media)?;
            match self.store.commit(changes.into_batch()).await {
                Ok(()) | Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    /// 5 s, 10 s, 20 s ... 3 h apart, until WeChat has it no more.
    fn later(&self, media: &Media, tries: u32, why: &str) -> MediaState {
        let now = self.clock.now();
        if now.duration_since(media.came_at) > GIVEN_UP_AFTER {
            return MediaState::Lost { why: why.to_owned() };
        }
        let seconds = 5_i64.checked_shl(tries).unwrap_or(WAIT_MAX_S).clamp(5, WAIT_MAX_S);
        MediaState::Wanted { due_at: now + SignedDuration::from_secs(seconds), tries: tries + 1 }
    }

    /// Photos must not take the room that the store needs.
    fn has_room(&self, bytes: usize) -> std::io::Result<()> {
        let reserve = 2 * self.config.settings.store.reserve_mb * 1024 * 1024;
        let free = RealDisk.free_bytes(&self.config.settings.server.data)?;
        if free < reserve + bytes as u64 {
            return Err(std::io::Error::other("the disk is nearly full"));
        }
        Ok(())
    }

    /// Writes the file and makes it durable before anything refers to it. The caller holds
    /// `media_files` until something does.
    pub(super) async fn keep(&self, bytes: &[u8]) -> std::io::Result<String> {
        let hash = random::to_hex(&sha2::Sha256::digest(bytes));
        self.share_file(&hash, bytes).await.map_err(std::io::Error::other)?;
        let path = file(&self.media_folder, &hash);
        if tokio::fs::try_exists(&path).await? {
            return Ok(hash);
        }
        let folder = path.parent().unwrap_or(&self.media_folder).to_owned();
        tokio::fs::create_dir_all(&folder).await?;
        self.has_room(bytes.len())?;
        let unfinished = folder.join(format!("{}.unfinished", random::hex::<8>()));
        let written = write_whole(&unfinished, &path, bytes).await;
        if written.is_err() {
            // It may not exist; what is left of it would only take room.
            let _ = tokio::fs::remove_file(&unfinished).await;
        }
        written?;
        for folder in [&folder, &self.media_folder] {
            tokio::fs::File::open(folder).await?.sync_all().await?;
        }
        Ok(hash)
    }

    pub async fn media(&self, hash: &str) -> Result<Option<MediaFile>, CommandError> {
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let found = list_by_index::<Media>(&*self.store, keys::media_of_hash(hash), 1).await?;
        let Some((_, media)) = found.first() else { return Ok(None) };
        let MediaState::Kept { content_type, .. } = &media.record.state else { return Ok(None) };
        match tokio::fs::read(file(&self.media_folder, hash)).await {
            Ok(bytes) => Ok(Some(MediaFile { content_type: content_type.clone(), bytes })),
            Err(error) => match self.shared_file(hash).await? {
                Some(bytes) => Ok(Some(MediaFile { content_type: content_type.clone(), bytes })),
                None => {
                    tracing::error!(%error, hash, "a kept file can not be read");
                    Ok(None)
                }
            },
        }
    }

    pub(super) async fn media_of(&self, id: &str) -> Result<Option<Media>, StoreError> {
        Ok(load::<Media>(&*self.store, keys::media(id)).await?.map(|media| media.record.clone()))
    }

    pub(super) async fn media_by_id(&self, id: &str) -> Result<Option<MediaFile>, CommandError> {
        match self.media_of(id).await?.map(|media| media.state) {
            Some(MediaState::Kept { hash, .. }) => self.media(&hash).await,
            _ => Ok(None),
        }
    }

    /// `of`: of what they are asked for, `case=126041273`.
    pub(super) async fn media_views(
        &self,
        ids: &[String],
        of: &str,
    ) -> Result<Vec<MediaView>, CommandError> {
        let wanted: Vec<_> = ids.iter().map(|id| keys::media(id)).collect();
        let found = load_many::<Media>(&*self.store, &wanted).await?;
        Ok(found
            .iter()
            .map(|media| {
                let Some(media) = media.as_ref().map(|media| &media.record) else {
                    return MediaView { kind: "photo", url: None, note: "没有收到".into() };
                };
                let kind = match media.kind {
                    MediaKind::Photo => "photo",
                    MediaKind::Voice => "voice",
                    MediaKind::Video => "video",
                    MediaKind::File => "file",
                };
                let (url, note) = match &media.state {
                    MediaState::Wanted { .. } => (None, "正在从微信取回，请稍后刷新".into()),
                    MediaState::Kept { hash, content_type, .. } => {
                        (Some(format!("/desk/media/{hash}?{of}")), content_type.clone())
                    }
                    MediaState::Lost { why } => (None, format!("没有取到：{why}")),
                };
                MediaView { kind, url, note }
            })
            .collect())
    }

    /// A file that is here already: the simulator's.
    pub(super) async fn keep_now(
        &self,
        id: &str,
        kind: MediaKind,
        content_type: &str,
        bytes: &[u8],
    ) -> Result<String, StoreError> {
        let _not_cleared = self.media_files.read().await;
        let hash = self
            .keep(bytes)
            .await
            .map_err(|error| StoreError::Unavailable(format!("media folder: {error}")))?;
        if load::<Media>(&*self.store, keys::media(id)).await?.is_none() {
            let state = MediaState::Kept {
                hash: hash.clone(),
                content_type: content_type.to_owned(),
                bytes: bytes.len() as u64,
            };
            let media = Media { id: id.into(), kind, came_at: self.clock.now(), state };
            let mut changes = Changes::default();
            changes.create(&media)?;
            self.store.commit(changes.into_batch()).await?;
        }
        Ok(hash)
    }
}

async fn write_whole(unfinished: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut out = tokio::fs::File::create(unfinished).await?;
    out.write_all(bytes).await?;
    out.sync_all().await?;
    drop(out);
    tokio::fs::rename(unfinished, path).await
}

pub(super) fn file(folder: &Path, hash: &str) -> PathBuf {
    folder.join(&hash[..2]).join(hash)
}
