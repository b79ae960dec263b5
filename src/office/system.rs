//! How the program is doing, for the one who keeps it: what is wrong, which channel carries what,
//! who serves, and when the last copy of everything was made.

use jiff::Timestamp;
use serde_json::Value;

use crate::store::keep_records::{Copies, CopyNote};
use crate::store::looks::LookKind;
use crate::store::shared_records::Instance;
use crate::store::{Changes, StoreError, keys, list, load};

use super::Office;
use super::gauges::WECHAT;
use super::looks::Noted;
use super::rights::Right;
use super::views::{CommandError, Session};

const INSTANCES_SHOWN: usize = 20;
const COPIES_KEPT: usize = 10;
const NOTE_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=100;

#[derive(Debug, Clone, Default)]
pub struct SystemView {
    /// One line each; empty when all is well.
    pub problems: Vec<String>,
    pub version: String,
    pub since: Timestamp,
    pub cases: u64,
    pub disk_bytes: u64,
    pub channels: Vec<ChannelState>,
    /// Messages of which no report has come yet.
    pub unheard: u64,
    /// What clerks have to telephone, and what went nowhere.
    pub to_phone: u64,
    pub dead: u64,
    /// Address, version, and when it said last that it is there.
    pub instances: Vec<(String, String, Timestamp)>,
    pub copies: Copies,
}

/// Since the start of the program, but for what waits now.
#[derive(Debug, Clone, Default)]
pub struct ChannelState {
    /// `公众号`, `短信 aliyun`
    pub name: String,
    pub waiting: u64,
    pub sent: u64,
    pub delivered: u64,
    pub failed: u64,
    pub unknown: u64,
    /// `None`: nothing was tried yet.
    pub reachable: Option<bool>,
    pub trouble: String,
}

impl ChannelState {
    fn of(name: &str, shown: &Value) -> Self {
        let count = |key: &str| shown[key].as_u64().unwrap_or_default();
        Self {
            name: channel_shown(name),
            waiting: count("waiting"),
            sent: count("sent"),
            delivered: count("delivered"),
            failed: count("failed"),
            unknown: count("unknown"),
            reachable: shown["reachable"].as_bool(),
            trouble: shown["trouble"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

/// By its name in the settings.
fn channel_shown(id: &str) -> String {
    match id.split_once('/') {
        Some(("sms", name)) => format!("短信 {name}"),
        _ if id == WECHAT => "公众号".to_owned(),
        _ => id.to_owned(),
    }
}

impl Office {
    pub async fn system(&self, session: &Session) -> Result<SystemView, CommandError> {
        session.must(Right::Settings)?;
        let health = self.health().await;
        let (details, outbox) = (&health.details, &health.details["outbox"]);
        let text = |key: &str| details[key].as_str().unwrap_or_default().to_owned();
        let letters = |kind: &str| outbox["open_letters"][kind].as_u64().unwrap_or_default();
        let channels = outbox["channels"].as_object().into_iter().flatten();
        let instances = list::<Instance>(&*self.store, keys::all_instances(), INSTANCES_SHOWN);
        let instances = instances.await?.into_iter().map(|one| one.record);
        let copies = load::<Copies>(&*self.store, keys::copies()).await?;
        Ok(SystemView {
            problems: health.problems.clone(),
            version: text("version"),
            since: self.started_at,
            cases: details["cases"].as_u64().unwrap_or_default(),
            disk_bytes: details["store"]["disk_bytes"].as_u64().unwrap_or_default(),
            channels: channels.map(|(name, shown)| ChannelState::of(name, shown)).collect(),
            unheard: outbox["unheard"].as_u64().unwrap_or_default(),
            to_phone: letters("phone"),
            dead: letters("dead"),
            instances: instances.map(|one| (one.listen, one.version, one.at)).collect(),
            copies: copies.map(|copies| copies.record.clone()).unwrap_or_default(),
        })
    }

    /// A copy of everything lies in that folder now.
    pub async fn note_backup(&self, folder: &str, records: u64) -> Result<(), StoreError> {
        let detail = format!("{records}条记录");
        let noted = Noted::by_machine(LookKind::Backup, folder, &detail);
        let (about, by) = (folder.to_owned(), String::new());
        let note = CopyNote { at: self.clock.now(), by, about, detail, fine: true };
        self.keep_copy_note(|copies| &mut copies.made, note, noted).await
    }

    /// A copy was tried out on another machine, and what came of it.
    pub async fn note_trial(
        &self,
        session: &Session,
        (about, detail): (&str, &str),
        fine: bool,
    ) -> Result<(), CommandError> {
        session.must(Right::Settings)?;
        for (field, text) in [("about", about), ("detail", detail)] {
            if !NOTE_CHARACTERS.contains(&text.trim().chars().count()) {
                let text = "请写2到100个字，例如：11月24日的备份，都在，用了20分钟。";
                return Err(CommandError::Field(field, text.into()));
            }
        }
        let came = if fine { "恢复成了" } else { "没恢复成" };
        let noted = Noted::by(session, LookKind::RestoreTried, about, &format!("{came}：{detail}"));
        let note = CopyNote {
            at: self.clock.now(),
            by: session.name.clone(),
            about: about.trim().to_owned(),
            detail: detail.trim().to_owned(),
            fine,
        };
        match self.keep_copy_note(|copies| &mut copies.tried, note, noted).await {
            Err(StoreError::Conflict(_)) => Err(CommandError::Changed),
            other => Ok(other?),
        }
    }

    async fn keep_copy_note(
        &self,
        of: fn(&mut Copies) -> &mut Vec<CopyNote>,
        note: CopyNote,
        noted: Noted,
    ) -> Result<(), StoreError> {
        let before = load::<Copies>(&*self.store, keys::copies()).await?;
        let mut copies = before.as_ref().map(|before| before.record.clone()).unwrap_or_default();
        let notes = of(&mut copies);
        notes.insert(0, note);
        notes.truncate(COPIES_KEPT);
        let mut changes = Changes::default();
        match &before {
            Some(before) => changes.replace(before, &copies)?,
            None => changes.create(&copies)?,
        }
        self.commit_noted(changes, noted).await
    }
}
