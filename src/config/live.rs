//! What of `config.toml` may change while the program serves, and is the same on all instances
//! that share a store. All else belongs to a machine (addresses, folders, the database) or is
//! woven into what runs (accounts, channels): that needs a restart.

use serde::{Deserialize, Serialize};

use super::{Config, DeskSettings, KeepSettings, NoticeSettings, OutboxSettings, Settings, sum_of};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// `county.name` and `county.hotline`.
    pub name: String,
    pub hotline: String,
    /// Of `[limits]`.
    pub messages_per_minute: u32,
    pub media_mb: u64,
    pub desk: DeskSettings,
    pub outbox: OutboxSettings,
    pub keep: KeepSettings,
    pub notices: NoticeSettings,
}

impl Common {
    pub fn sum(&self) -> String {
        sum_of(self)
    }
}

impl Settings {
    pub fn common(&self) -> Common {
        Common {
            name: self.county.name.clone(),
            hotline: self.county.hotline.clone(),
            messages_per_minute: self.limits.messages_per_minute,
            media_mb: self.limits.media_mb,
            desk: self.desk.clone(),
            outbox: self.outbox.clone(),
            keep: self.keep.clone(),
            notices: self.notices.clone(),
        }
    }

    pub(super) fn take(&mut self, common: &Common) {
        let Common { name, hotline, messages_per_minute, media_mb, desk, outbox, keep, notices } =
            common.clone();
        (self.county.name, self.county.hotline) = (name, hotline);
        (self.limits.messages_per_minute, self.limits.media_mb) = (messages_per_minute, media_mb);
        (self.desk, self.outbox, self.keep, self.notices) = (desk, outbox, keep, notices);
    }
}

impl Config {
    /// As if these stood in the file.
    pub fn with(&self, common: &Common) -> Self {
        let mut config = self.clone();
        config.settings.take(common);
        config
    }
}
