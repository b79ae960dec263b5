//! Drafts: begun, changed a file at a time, thrown away.

use sha2::Digest;

use super::{COUNTY, DIALOGS, DraftAskedView, DraftFileView, DraftView, TABLES};
use crate::office::looks::Noted;
use crate::office::rights::Right;
use crate::office::table_files::is_example;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, random};
use crate::store::draft_records::{Draft, DraftFile};
use crate::store::looks::LookKind;
use crate::store::snapshots::{PART_BYTES_MAX, SnapshotPart};
use crate::store::{Changes, Loaded, StoreError, keys, list, load, load_many};

const DRAFTS_MAX: usize = 50;
const FILES_MAX: usize = 30;
const EDITORS_MAX: usize = 50;
pub(super) const TEXT_BYTES_MAX: usize = 100 * 1024;
const TITLE_CHARS: std::ops::RangeInclusive<usize> = 2..=40;
const NAME_CHARS_MAX: usize = 40;

impl Office {
    /// Those changed last first.
    pub async fn drafts(&self, session: &Session) -> Result<Vec<DraftView>, CommandError> {
        session.must(Right::Dialogs)?;
        let found = list::<Draft>(&*self.store, keys::all_drafts(), DRAFTS_MAX).await?;
        let mut drafts: Vec<DraftView> =
            found.iter().map(|draft| self.draft_view(session, draft)).collect();
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.changed_at));
        Ok(drafts)
    }

    pub async fn draft(&self, session: &Session, id: &str) -> Result<DraftView, CommandError> {
        let draft = self.find_draft(session, id).await?;
        Ok(self.draft_view(session, &draft))
    }

    /// Gives its id.
    pub async fn begin_draft(
        &self,
        session: &Session,
        title: &str,
    ) -> Result<String, CommandError> {
        session.must(Right::Dialogs)?;
        if !TITLE_CHARS.contains(&title.chars().count()) {
            let told = "请写这次改什么，2到40个字，例如：催办多问一句。";
            return Err(CommandError::Refused(told.into()));
        }
        let known = list::<Draft>(&*self.store, keys::all_drafts(), DRAFTS_MAX).await?;
        if known.len() >= DRAFTS_MAX {
            let told = format!("草稿已有{DRAFTS_MAX}份。请先上线或删去几份，再开新的。");
            return Err(CommandError::Refused(told));
        }
        let (id, now) = (random::hex::<6>(), self.clock.now());
        let draft = Draft {
            id: id.clone(),
            title: title.to_owned(),
            by: session.name.clone(),
            at: now,
            changed_at: now,
            revision: 1,
            editors: vec![session.name.clone()],
            files: Vec::new(),
            asked: None,
            returned: String::new(),
        };
        let mut changes = Changes::default();
        changes.create(&draft)?;
        self.note_draft(session, changes, &draft, "开草稿").await?;
        Ok(id)
    }

    /// The text as it is in the draft, else as it is live; empty for a file that is new.
    pub async fn draft_text(
        &self,
        session: &Session,
        id: &str,
        name: &str,
    ) -> Result<String, CommandError> {
        let draft = self.find_draft(session, id).await?;
        match draft.files.iter().find(|file| file.name == name) {
            Some(file) => Ok(self.part_texts(&draft.id, file).await?),
            None => match self.live_text(name) {
                Some(text) => Ok(text),
                None if is_new_name(name) => Ok(String::new()),
                None => Err(CommandError::NotFound),
            },
        }
    }

    /// `revision`: as she saw it. A text that is as it is live takes the file out of the draft.
    /// Gives the new revision.
    pub async fn save_draft(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
        name: &str,
        text: &str,
    ) -> Result<u64, CommandError> {
        let before = self.find_draft(session, id).await?;
        let refused = |told: String| Err(CommandError::Refused(told));
        if before.revision != revision {
            return Err(CommandError::Changed);
        }
        if before.asked.is_some() {
            return refused("这份草稿正等人核对，先不能改。要改请先收回。".into());
        }
        if text.len() > TEXT_BYTES_MAX {
            return refused(format!(
                "太长了，一个文件最多{}KB。请分成两个。",
                TEXT_BYTES_MAX / 1024
            ));
        }
        let live = self.live_text(name);
        if live.is_none() && !is_new_name(name) {
            return Err(CommandError::NotFound);
        }
        let known = before.files.iter().find(|file| file.name == name).cloned();
        let mut draft = before.record.clone();
        draft.files.retain(|file| file.name != name);
        let mut changes = Changes::default();
        let unchanged = live.as_deref() == Some(text) || (live.is_none() && text.is_empty());
        if !unchanged {
            let base = match &known {
                Some(known) => known.base.clone(),
                None => live.as_deref().map(sum).unwrap_or_default(),
            };
            let file = DraftFile { name: name.into(), base, sum: sum(text), parts: 0 };
            let file = match known.as_ref().filter(|known| known.sum == file.sum) {
                Some(same) => same.clone(),
                None => keep_text(&mut changes, id, file, text)?,
            };
            draft.files.push(file);
            draft.files.sort_by(|a, b| a.name.cmp(&b.name));
        }
        if draft.files.len() > FILES_MAX {
            return refused(format!("一份草稿最多改{FILES_MAX}个文件。请先把改好的上线。"));
        }
        draft.revision += 1;
        draft.changed_at = self.clock.now();
        draft.returned.clear();
        if !draft.editors.contains(&session.name) {
            if draft.editors.len() >= EDITORS_MAX {
                return refused("改过这份草稿的人太多了。请另开一份。".into());
            }
            draft.editors.push(session.name.clone());
        }
        changes.replace(&before, &draft)?;
        let still = draft.files.iter().any(|file| known.as_ref() == Some(file));
        if let Some(known) = known.filter(|_| !still) {
            self.remove_text(&mut changes, id, &known).await?;
        }
        self.note_draft(session, changes, &draft, name).await?;
        Ok(draft.revision)
    }

    /// What is live as it is now is what it changes: she has seen the difference.
    pub async fn rebase_draft(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
    ) -> Result<(), CommandError> {
        let before = self.find_draft(session, id).await?;
        if before.revision != revision {
            return Err(CommandError::Changed);
        }
        let mut draft = before.record.clone();
        for file in &mut draft.files {
            file.base = self.live_text(&file.name).as_deref().map(sum).unwrap_or_default();
        }
        draft.revision += 1;
        let mut changes = Changes::default();
        changes.replace(&before, &draft)?;
        self.note_draft(session, changes, &draft, "照现在上线的接着改").await
    }

    pub async fn discard_draft(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
    ) -> Result<(), CommandError> {
        let draft = self.find_draft(session, id).await?;
        if draft.revision != revision {
            return Err(CommandError::Changed);
        }
        self.remove_draft(session, &draft, "删去草稿").await
    }

    pub(super) async fn remove_draft(
        &self,
        session: &Session,
        draft: &Loaded<Draft>,
        told: &str,
    ) -> Result<(), CommandError> {
        let mut changes = Changes::default();
        changes.remove(draft);
        for file in &draft.files {
            self.remove_text(&mut changes, &draft.id, file).await?;
        }
        self.note_draft(session, changes, draft, told).await
    }

    pub(super) async fn find_draft(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<Loaded<Draft>, CommandError> {
        session.must(Right::Dialogs)?;
        load::<Draft>(&*self.store, keys::draft(id)).await?.ok_or(CommandError::NotFound)
    }

    pub(super) async fn note_draft(
        &self,
        session: &Session,
        changes: Changes,
        draft: &Draft,
        told: &str,
    ) -> Result<(), CommandError> {
        let noted = Noted::by(session, LookKind::Draft, &draft.title, told);
        match self.commit_noted(changes, noted).await {
            Err(StoreError::Conflict(_)) => Err(CommandError::Changed),
            done => Ok(done?),
        }
    }

    pub(super) fn live_text(&self, name: &str) -> Option<String> {
        if let Some(name) = name.strip_prefix(DIALOGS) {
            let script = self.script();
            let found = script.files().iter().find(|file| file.name == name);
            return found.filter(|file| is_editable(&file.name)).map(|file| file.text.clone());
        }
        let known = |name: &&str| is_example(name) || TABLES.iter().any(|(one, _)| one == name);
        let name = name.strip_prefix(COUNTY).filter(known)?;
        let tables = self.tables();
        Some(tables.files.text(name).to_owned()).filter(|text| !text.is_empty())
    }

    /// Names and texts.
    pub(super) async fn draft_texts(
        &self,
        draft: &Draft,
    ) -> Result<Vec<(String, String)>, CommandError> {
        let mut texts = Vec::new();
        for file in &draft.files {
            texts.push((file.name.clone(), self.part_texts(&draft.id, file).await?));
        }
        Ok(texts)
    }

    async fn part_texts(&self, id: &str, file: &DraftFile) -> Result<String, StoreError> {
        let parts: Vec<_> =
            (0..file.parts).map(|n| keys::snapshot_part(&parts_of(id, file), n)).collect();
        let parts = load_many::<SnapshotPart>(&*self.store, &parts).await?;
        Ok(parts.into_iter().flatten().map(|part| part.record.text).collect())
    }

    async fn remove_text(
        &self,
        changes: &mut Changes,
        id: &str,
        file: &DraftFile,
    ) -> Result<(), StoreError> {
        for n in 0..file.parts {
            let key = keys::snapshot_part(&parts_of(id, file), n);
            if let Some(part) = load::<SnapshotPart>(&*self.store, key).await? {
                changes.remove(&part);
            }
        }
        Ok(())
    }

    fn draft_view(&self, session: &Session, draft: &Draft) -> DraftView {
        let file = |file: &DraftFile| {
            let live = self.live_text(&file.name).as_deref().map(sum).unwrap_or_default();
            let is_new = file.base.is_empty();
            let title = self.studio_title(&file.name);
            DraftFileView { name: file.name.clone(), title, is_new, stale: live != file.base }
        };
        let asked = draft.asked.as_ref().map(|asked| DraftAskedView {
            by: asked.by.clone(),
            at: asked.at,
            note: asked.note.clone(),
        });
        DraftView {
            id: draft.id.clone(),
            title: draft.title.clone(),
            by: draft.by.clone(),
            changed_at: draft.changed_at,
            revision: draft.revision,
            editors: draft.editors.clone(),
            files: draft.files.iter().map(file).collect(),
            may_approve: is_second(session, draft),
            asked,
            returned: draft.returned.clone(),
        }
    }
}

/// She has not written any of it herself, nor asked for it.
pub(super) fn is_second(session: &Session, draft: &Draft) -> bool {
    let asked = draft.asked.as_ref().filter(|asked| asked.by != session.name);
    asked.is_some() && !draft.editors.contains(&session.name)
}

/// A workbook is changed with the program that made it.
pub(super) fn is_editable(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".csv")
}

/// A dialog or a table of dialogs that is not there yet: it becomes the name of a file.
fn is_new_name(name: &str) -> bool {
    let (dialog, table) = (name.strip_prefix(DIALOGS), name.strip_suffix(".csv"));
    let stem = match (dialog.and_then(|name| name.strip_suffix(".yaml")), table) {
        (Some(stem), _) => Some(stem),
        (None, Some(table)) => {
            ["dialogs/表/", "county/examples/"].iter().find_map(|folder| table.strip_prefix(folder))
        }
        _ => None,
    };
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    stem.is_some_and(|stem| {
        (1..=NAME_CHARS_MAX).contains(&stem.chars().count()) && stem.chars().all(plain)
    })
}

/// The parts of a text, in the commit that refers to them.
fn keep_text(
    changes: &mut Changes,
    id: &str,
    mut file: DraftFile,
    text: &str,
) -> Result<DraftFile, StoreError> {
    let hash = parts_of(id, &file);
    let mut rest = text;
    while !rest.is_empty() {
        let (part, behind) = rest.split_at(rest.floor_char_boundary(PART_BYTES_MAX));
        let (hash, text) = (hash.clone(), part.to_owned());
        changes.create(&SnapshotPart { hash, n: file.parts, text })?;
        rest = behind;
        file.parts += 1;
    }
    Ok(file)
}

/// Two files with the same text have each its own.
fn parts_of(id: &str, file: &DraftFile) -> String {
    format!("draft-{id}-{}-{}", sum(&file.name), file.sum)
}

/// Of one text.
pub(super) fn sum(text: &str) -> String {
    random::to_hex(&sha2::Sha256::digest(text)[..12])
}

#[cfg(test)]
mod tests {
    use super::is_new_name;

    #[test]
    fn only_a_plain_name_in_its_folder_becomes_a_file() {
        for (name, fine) in [
            ("dialogs/修路灯.yaml", true),
            ("dialogs/表/电工.csv", true),
            ("dialogs/../config.yaml", false),
            ("dialogs/a/b.yaml", false),
            ("dialogs/.yaml", false),
            ("dialogs/表/../x.csv", false),
            ("dialogs/表/甲.yaml", false),
            ("county/新.csv", false),
            ("county/examples/新.csv", true),
            ("county/examples/../新.csv", false),
            ("/etc/passwd", false),
            ("dialogs/甲.sh", false),
        ] {
            assert_eq!(is_new_name(name), fine, "{name}");
        }
    }
}
