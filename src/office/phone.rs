//! The simulator's phone: looks like WeChat, costs nothing, and goes through the same
//! reception as real traffic.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use crate::channel::{Content, Inbound};
use crate::county::{Address, Channel};
use crate::dialog::MenuItem;
use crate::store::records::{MediaKind, PhoneLine};
use crate::store::{Changes, StoreError, keys, list};

use super::reception::Said;
use super::views::{CommandError, MediaFile, PhoneError, PhoneInput, PhoneMenuItem, PhoneMessage};
use super::{Office, random};

pub const ACCOUNT: &str = "demo";
const TEXT_CHARACTERS_MAX: usize = 2_000;
const SHOWN_MAX: usize = 100;
const CONFLICTS_MAX: usize = 10;

#[derive(Default)]
pub(super) struct Phones {
    last: AtomicU64,
}

impl Phones {
    /// Microseconds since 1970, and larger than the last one of this instance.
    fn next_id(&self, now: Timestamp) -> u64 {
        let now = u64::try_from(now.as_microsecond()).unwrap_or_default();
        let last = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(now.max(last + 1)));
        last.map_or(now, |last| now.max(last + 1))
    }
}

impl Office {
    /// The phone of the trial is open.
    pub fn simulates(&self) -> bool {
        self.config.settings.simulator.enabled
    }

    pub fn phone_menu(&self) -> Vec<PhoneMenuItem> {
        let button = |item: &MenuItem| PhoneMenuItem {
            name: item.name.clone(),
            key: item.key.clone(),
            items: Vec::new(),
        };
        let column = |column: &MenuItem| PhoneMenuItem {
            items: column.items.iter().map(button).collect(),
            ..button(column)
        };
        self.script().menu().iter().map(column).collect()
    }

    pub async fn phone_send(
        self: &Arc<Self>,
        user: &str,
        input: PhoneInput,
    ) -> Result<(), PhoneError> {
        self.check_phone(user)?;
        let now = self.clock.now();
        let address = Address::new(Channel::Simulator, ACCOUNT, user);
        let (content, shown, media) = match input {
            PhoneInput::Text(text) => {
                let text = text.trim().to_owned();
                if text.is_empty() || text.chars().count() > TEXT_CHARACTERS_MAX {
                    return Err(PhoneError::Bad("请写1到2000个字。".into()));
                }
                (Content::Text(text.clone()), text, None)
            }
            PhoneInput::Voice(bytes, content_type) => {
                let (id, hash) =
                    self.phone_file(&address, MediaKind::Voice, &bytes, &content_type).await?;
                (Content::Voice { media: id, text: None }, "〔语音〕".to_owned(), Some(hash))
            }
            PhoneInput::Photo(bytes, content_type) => {
                let (id, hash) =
                    self.phone_file(&address, MediaKind::Photo, &bytes, &content_type).await?;
                (Content::Photo { media: id }, "〔照片〕".to_owned(), Some(hash))
            }
            PhoneInput::Location { latitude, longitude, label } => {
                if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
                    return Err(PhoneError::Bad("位置不对，请重新选。".into()));
                }
                let label: String = label.chars().take(100).collect();
                let shown = format!("〔位置〕{label}");
                (Content::Location { latitude, longitude, label }, shown, None)
            }
            PhoneInput::Menu(key) => {
                let script = self.script();
                let mut buttons = script.menu().iter().flat_map(|column| column.buttons());
                let Some(item) = buttons.find(|item| item.key == key) else {
                    return Err(PhoneError::Bad("没有这个菜单。".into()));
                };
                (Content::Menu { key }, format!("〔菜单：{}〕", item.name), None)
            }
            PhoneInput::Follow { scene } => {
                (Content::Follow { scene, new: true }, "〔关注〕".to_owned(), None)
            }
            PhoneInput::Unfollow => (Content::Unfollow, "〔取消关注〕".to_owned(), None),
        };
        self.show(user, true, shown, media).await?;
        let inbound =
            Inbound { key: random::hex::<8>(), from: address, at: now, content, via: None };
        match self.receive(inbound).await? {
            Said::Reply(text) => self.show(user, false, text, None).await?,
            Said::Later | Said::Nothing => {}
        }
        Ok(())
    }

    fn check_phone(&self, user: &str) -> Result<(), PhoneError> {
        if !self.config.settings.simulator.enabled {
            return Err(PhoneError::Bad("试用手机没有开。".into()));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if user.is_empty() || user.len() > 40 || !user.chars().all(plain) {
            return Err(PhoneError::Bad("这部手机的名字不对。".into()));
        }
        Ok(())
    }

    async fn phone_file(
        &self,
        address: &Address,
        kind: MediaKind,
        bytes: &[u8],
        content_type: &str,
    ) -> Result<(String, String), PhoneError> {
        let wanted = if kind == MediaKind::Photo { "image/" } else { "audio/" };
        if !content_type.starts_with(wanted) || content_type.len() > 60 {
            return Err(PhoneError::Bad("这种文件发不了。".into()));
        }
        let limit = self.common().media_mb * 1024 * 1024;
        if bytes.is_empty() || bytes.len() as u64 > limit {
            let megabytes = self.common().media_mb;
            return Err(PhoneError::Bad(format!("文件太大，最多{megabytes}兆。")));
        }
        let id = random::hex::<8>();
        let hash =
            self.keep_now(&super::media::id(address, &id), kind, content_type, bytes).await?;
        Ok((id, hash))
    }

    async fn show(
        &self,
        user: &str,
        from_villager: bool,
        text: String,
        media: Option<String>,
    ) -> Result<(), PhoneError> {
        let mut line = PhoneLine { user: user.to_owned(), id: 0, from_villager, text, media };
        for _ in 0..CONFLICTS_MAX {
            line.id = self.next_line_id(user).await?;
            let mut changes = Changes::default();
            changes.create(&line)?;
            match self.store.commit(changes.into_batch()).await {
                Err(StoreError::Conflict(_)) => {}
                done => return Ok(done?),
            }
        }
        Err(PhoneError::Unavailable)
    }

    /// Larger than that of any line which this phone has shown, even when another instance's
    /// clock is ahead: the page asks for what is above the last one.
    pub(super) async fn next_line_id(&self, user: &str) -> Result<u64, StoreError> {
        if self.store.is_shared() {
            let newest = keys::phone_lines_after(user, 0);
            let newest = list::<PhoneLine>(&*self.store, newest, 1).await?;
            let id = newest.first().map_or(0, |line| line.record.id);
            self.phones.last.fetch_max(id, Ordering::SeqCst);
        }
        Ok(self.phones.next_id(self.clock.now()))
    }

    /// Messages with an id above `after`, oldest first, at most 100; with `after` 0 the
    /// last 100.
    pub async fn phone_messages(
        &self,
        user: &str,
        after: u64,
    ) -> Result<Vec<PhoneMessage>, PhoneError> {
        self.check_phone(user)?;
        let range = keys::phone_lines_after(user, after);
        let mut lines = list::<PhoneLine>(&*self.store, range, SHOWN_MAX).await?;
        if after == 0 {
            lines.reverse();
        }
        Ok(lines
            .into_iter()
            .map(|line| {
                let line = line.record;
                let at = i64::try_from(line.id).ok();
                PhoneMessage {
                    id: line.id,
                    at: at.and_then(|id| Timestamp::from_microsecond(id).ok()).unwrap_or_default(),
                    from: if line.from_villager { "me" } else { "bot" },
                    text: line.text,
                    media_url: line.media.map(|hash| format!("/phone/{user}/media/{hash}")),
                }
            })
            .collect())
    }

    /// A photo or recording that this phone sent.
    pub async fn phone_media(
        &self,
        user: &str,
        hash: &str,
    ) -> Result<Option<MediaFile>, PhoneError> {
        self.check_phone(user)?;
        let range = keys::phone_lines_after(user, 0);
        let lines = list::<PhoneLine>(&*self.store, range, SHOWN_MAX).await?;
        if !lines.iter().any(|line| line.record.media.as_deref() == Some(hash)) {
            return Ok(None);
        }
        self.media(hash).await.map_err(|error| match error {
            CommandError::Refused(why) | CommandError::Field(_, why) => PhoneError::Bad(why),
            _ => PhoneError::Unavailable,
        })
    }
}
