//! The second pair of eyes: a draft is asked for, looked at by somebody else, and goes live or
//! comes back. And what was live before.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::difference::{DifferentFile, difference};
use super::drafts::is_second;
use super::training::trained;
use super::trial::Trial;
use super::{COUNTY, DIALOGS, LIVE_WITHIN, SETTINGS};
use crate::dialog::{self, Script};
use crate::office::Office;
use crate::office::county_live::CountyRefused;
use crate::office::dialogs::check_files;
use crate::office::rights::{Access, Object, Right, grant};
use crate::office::snapshots::{Origin, PublishError, Published, read_snapshot};
use crate::office::table_files::{TableFiles, is_example};
use crate::office::tables::{MODEL, Tables, read_files};
use crate::office::views::{CommandError, Session};
use crate::office::watched::write_beside;
use crate::store::draft_records::{Draft, DraftAsked};
use crate::store::records::Staff;
use crate::store::{Changes, Loaded, keys, load};

const NOTE_CHARS: std::ops::RangeInclusive<usize> = 2..=200;
const PROBLEMS_SHOWN: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionView {
    pub hash: String,
    pub at: Timestamp,
    pub by: String,
    pub live: bool,
}

/// It is live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftPublished {
    /// What people under way notice, or where a folder could not follow.
    pub hints: Vec<String>,
}

impl Office {
    pub async fn ask_for_draft(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
        note: &str,
    ) -> Result<(), CommandError> {
        let before = self.draft_as_seen(session, id, revision).await?;
        if before.files.is_empty() {
            return Err(CommandError::Refused("还没有改什么。请先改一处并存上。".into()));
        }
        let note = said(note, "请写改了什么、为什么，让核对的人看得懂")?;
        let mut draft = before.record.clone();
        let by = session.name.clone();
        draft.asked = Some(DraftAsked { by, at: self.clock.now(), note: note.clone() });
        draft.returned.clear();
        self.change_draft(session, &before, draft, &format!("请人核对：{note}")).await
    }

    /// By the second one with her reason, or taken back by who wrote it.
    pub async fn return_draft(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
        why: &str,
    ) -> Result<(), CommandError> {
        let before = self.draft_as_seen(session, id, revision).await?;
        if before.asked.is_none() {
            return Err(CommandError::Changed);
        }
        let mut draft = before.record.clone();
        let told = match is_second(session, &before) {
            true => {
                let why = said(why, "请写哪里要改")?;
                draft.returned = format!("{}退回：{why}", session.name);
                draft.returned.clone()
            }
            false => "收回再改".to_owned(),
        };
        draft.asked = None;
        self.change_draft(session, &before, draft, &told).await
    }

    /// All checks and tests once more, then live. What the folder of this machine holds follows
    /// only if it was what is live.
    pub async fn approve_draft(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
    ) -> Result<DraftPublished, CommandError> {
        let draft = self.draft_as_seen(session, id, revision).await?;
        if !is_second(session, &draft) {
            let told = "上线要另一个人核对。请没有改过这份草稿的同事来点。";
            return Err(CommandError::Refused(told.into()));
        }
        self.check_settings(session, &draft).await?;
        let view = self.draft(session, id).await?;
        if let Some(stale) = view.files.iter().find(|file| file.stale) {
            return Err(CommandError::Refused(format!(
                "「{}」在起草以后又有别人上线了新的。请退回，让起草的人看过差别再交。",
                stale.name
            )));
        }
        let texts = self.draft_texts(&draft).await?;
        let (script, tables) = (self.script(), self.tables());
        let (given, corrections) = (texts.clone(), self.corrections().await?);
        let work = move || sound(&script, &tables, &given, &corrections);
        let checked = self.at_the_bench_within(LIVE_WITHIN, work).await?;
        let Sound { script: new, tables, mut hints } = checked.map_err(refused)?;
        let by = format!("{}起草，{}核对", draft.by, session.name);
        let before = (self.script().hash.clone(), self.tables().hash.clone());
        let model = tables.as_ref().and_then(|tables| tables.files.model());
        if let Some(tables) = tables {
            self.publish_tables(tables, &by).await.map_err(|error| match error {
                CountyRefused::Store(error) => error.into(),
                other => CommandError::Refused(other.to_string()),
            })?;
        }
        if let Some(new) = new {
            let live = self.put_live(new, &by, false, Origin::Draft).await.map_err(not_live)?;
            hints.extend(live.re_asked.iter().map(|lost| format!("正在办的人里，{lost}。")));
        }
        hints.extend(self.bring_folders_up(before, &texts, model.as_deref()));
        self.remove_draft(session, &draft, "核对后上线").await?;
        Ok(DraftPublished { hints })
    }

    /// Of each file, between what is live and the draft.
    /// Time limits, telephone numbers and places change only if one of the two keeps the settings.
    async fn check_settings(&self, session: &Session, draft: &Draft) -> Result<(), CommandError> {
        let is_setting =
            |name: &str| name.strip_prefix(COUNTY).is_some_and(|table| SETTINGS.contains(&table));
        let Some(file) = draft.files.iter().find(|file| is_setting(&file.name)) else {
            return Ok(());
        };
        if session.may(Right::Settings) {
            return Ok(());
        }
        for name in &draft.editors {
            let staff = load::<Staff>(&*self.store, keys::staff(name)).await?;
            let keeps = |staff: &Staff| grant(staff.role, Object::Config).access == Access::Write;
            if staff.is_some_and(|staff| keeps(&staff.record)) {
                return Ok(());
            }
        }
        Err(CommandError::Refused(format!(
            "「{}」是县里的设置，要由系统管理员核对上线。请把草稿交给系统管理员。",
            file.name
        )))
    }

    pub async fn draft_difference(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<Vec<DifferentFile>, CommandError> {
        let draft = self.find_draft(session, id).await?;
        let texts = self.draft_texts(&draft).await?;
        let files = texts.iter().filter_map(|(name, text)| {
            difference(name, &self.live_text(name).unwrap_or_default(), text)
        });
        Ok(files.collect())
    }

    pub async fn script_versions(
        &self,
        session: &Session,
    ) -> Result<Vec<VersionView>, CommandError> {
        session.must(Right::Dialogs)?;
        let live = self.script().hash.clone();
        let found = self.snapshots().await?.into_iter().map(|snapshot| VersionView {
            live: snapshot.hash == live,
            hash: snapshot.hash,
            at: snapshot.at,
            by: snapshot.by,
        });
        Ok(found.collect())
    }

    /// What would change if that version were live again.
    pub async fn version_difference(
        &self,
        session: &Session,
        hash: &str,
    ) -> Result<Vec<DifferentFile>, CommandError> {
        session.must(Right::Dialogs)?;
        let old = read_snapshot(&self.store, hash).await?.ok_or(CommandError::NotFound)?;
        let live = self.script();
        let names = live.files().iter().chain(old.files()).map(|file| file.name.as_str());
        let names: std::collections::BTreeSet<&str> = names.collect();
        let text = |script: &Script, name: &str| {
            let file = script.files().iter().find(|file| file.name == name);
            file.map(|file| file.text.clone()).unwrap_or_default()
        };
        let files = names.into_iter().filter_map(|name| {
            difference(&format!("{DIALOGS}{name}"), &text(&live, name), &text(&old, name))
        });
        Ok(files.collect())
    }

    /// Was live before, and was looked at then: one person is enough, and quick.
    pub async fn roll_back_version(
        &self,
        session: &Session,
        hash: &str,
    ) -> Result<Published, CommandError> {
        session.must(Right::Dialogs)?;
        self.roll_back(hash, &session.name, false).await.map_err(not_live)
    }

    async fn draft_as_seen(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
    ) -> Result<Loaded<Draft>, CommandError> {
        let draft = self.find_draft(session, id).await?;
        if draft.revision == revision { Ok(draft) } else { Err(CommandError::Changed) }
    }

    async fn change_draft(
        &self,
        session: &Session,
        before: &Loaded<Draft>,
        mut draft: Draft,
        told: &str,
    ) -> Result<(), CommandError> {
        draft.revision += 1;
        draft.changed_at = self.clock.now();
        let mut changes = Changes::default();
        changes.replace(before, &draft)?;
        self.note_draft(session, changes, &draft, told).await
    }

    /// A folder that was what was live is brought up to date; one that differs is left alone,
    /// since a file in it would put the whole of it live.
    fn bring_folders_up(
        &self,
        (script, tables): (String, String),
        texts: &[(String, String)],
        model: Option<&[u8]>,
    ) -> Vec<String> {
        let settings = &self.config.settings.county;
        let dialogs =
            read_files(&settings.dialogs).is_ok_and(|files| dialog::hash(&files) == script);
        let county = TableFiles::read(&settings.folder).is_ok_and(|files| files.hash() == tables);
        let mut hints = Vec::new();
        for (start, folder, is_live) in
            [(DIALOGS, &settings.dialogs, dialogs), (COUNTY, &settings.folder, county)]
        {
            let mut own: Vec<(&str, &[u8])> = texts
                .iter()
                .filter_map(|(name, text)| Some((name.strip_prefix(start)?, text.as_bytes())))
                .collect();
            own.extend(model.filter(|_| start == COUNTY && !own.is_empty()).map(|m| (MODEL, m)));
            hints.extend(bring_up(folder, &own, is_live));
        }
        hints
    }
}

fn bring_up(folder: &Path, files: &[(&str, &[u8])], is_live: bool) -> Option<String> {
    if files.is_empty() {
        return None;
    }
    let shown = folder.display();
    if !is_live {
        return Some(format!(
            "{shown} 里的和上线的不一样，没有动它。请管理员把这次改的也放进去，不然下次改文件夹会盖掉这次的。"
        ));
    }
    files.iter().find_map(|(name, bytes)| {
        write_beside(&folder.join(name), bytes).err().map(|error| {
            tracing::warn!(%error, name, "the folder could not be brought up to date");
            format!("已经上线，但是写不进 {shown}/{name}。请管理员把这个文件也放进去。")
        })
    })
}

/// A script and tables to be put live, where they changed.
struct Sound {
    script: Option<Script>,
    tables: Option<Tables>,
    hints: Vec<String>,
}

fn sound(
    live: &Script,
    tables: &Arc<Tables>,
    texts: &[(String, String)],
    corrections: &str,
) -> Result<Sound, Vec<String>> {
    let trial = Trial::of(live, tables, texts);
    let with = trial.tables?;
    let learns = |name: &str| name.strip_prefix(COUNTY).is_some_and(is_example);
    let (files, hint) = match texts.iter().any(|(name, _)| learns(name)) {
        true => trained(&with, corrections)?,
        false => (with.files.clone(), None),
    };
    // The dialogs are tested with what has been learnt.
    let changed = with.hash != tables.hash;
    let with = if changed { Arc::new(Tables::of(files)?) } else { with };
    let script = check_files(&trial.files, Path::new("dialogs"), &with)?;
    let script = (script.hash != live.hash).then_some(script);
    let tables = if changed { Arc::into_inner(with) } else { None };
    Ok(Sound { script, tables, hints: hint.into_iter().collect() })
}

fn refused(problems: Vec<String>) -> CommandError {
    let count = problems.len();
    let shown = problems.into_iter().take(PROBLEMS_SHOWN).collect::<Vec<_>>().join("\n");
    CommandError::Refused(format!("还有{count}处要改，没有上线：\n{shown}"))
}

fn not_live(error: PublishError) -> CommandError {
    match error {
        PublishError::Store(error) => error.into(),
        other => CommandError::Refused(other.to_string()),
    }
}

fn said(note: &str, wanted: &str) -> Result<String, CommandError> {
    let note = note.trim();
    if NOTE_CHARS.contains(&note.chars().count()) {
        return Ok(note.to_owned());
    }
    let (least, most) = (NOTE_CHARS.start(), NOTE_CHARS.end());
    Err(CommandError::Refused(format!("{wanted}，{least}到{most}个字。")))
}
