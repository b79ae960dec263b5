//! Photos, recordings and papers of one case, for who may see it. A look at them is in the log
//! before they are on their way, and so among what the villager is told.

use crate::desk::{Case, Change};
use crate::store::looks::LookKind;
use crate::store::records::{Media, MediaState, StoredEvent};
use crate::store::{Loaded, keys, load, load_many};

use super::Office;
use super::looks::Seen;
use super::rights::{Right, Sight};
use super::views::{CommandError, MediaFile, Session};

impl Office {
    /// `None`: it is not of this case, or not for her eyes.
    pub async fn case_media(
        &self,
        session: &Session,
        number: &str,
        hash: &str,
    ) -> Result<Option<MediaFile>, CommandError> {
        let Some(case) = load::<Case>(&*self.store, keys::case(number)).await? else {
            return Ok(None);
        };
        let case = &case.record;
        if session.sight(case, self.is_overdue(case)) == Sight::Nothing {
            return Ok(None);
        }
        let whole = session.may(Right::Identity)
            && self
                .has_just_looked(session, number, |look| look.kind == LookKind::Identity)
                .await?;
        let mut ids = sent_along(case, &self.events(number).await?, whole);
        ids.extend(enclosed(case));
        if !self.is_among(&ids, hash).await? {
            return Ok(None);
        }
        self.note_media_look(session, number).await?;
        self.media(hash).await
    }

    /// Those of a task that somebody has open before her.
    pub async fn task_media(
        &self,
        session: &Session,
        task: &str,
        hash: &str,
    ) -> Result<Option<MediaFile>, CommandError> {
        let Some(task) = self.task_seen(session, task).await? else { return Ok(None) };
        if !self.is_among(&task.media, hash).await? {
            return Ok(None);
        }
        if let Some(case) = &task.case {
            self.note_media_look(session, case).await?;
        }
        self.media(hash).await
    }

    async fn is_among(&self, ids: &[String], hash: &str) -> Result<bool, CommandError> {
        let wanted: Vec<_> = ids.iter().map(|id| keys::media(id)).collect();
        let found = load_many::<Media>(&*self.store, &wanted).await?;
        let is_it = |media: &Loaded<Media>| match &media.record.state {
            MediaState::Kept { hash: known, .. } => known == hash,
            _ => false,
        };
        Ok(found.iter().flatten().any(is_it))
    }

    /// A page asks for all its photos at once: that is one look.
    async fn note_media_look(&self, session: &Session, case: &str) -> Result<(), CommandError> {
        let _one_after_another = self.lines.enter(&format!("look {} {case}", session.name)).await;
        let before = |look: &crate::store::looks::Look| look.kind == LookKind::Attachment;
        if self.has_just_looked(session, case, before).await? {
            return Ok(());
        }
        let cases = vec![case.to_owned()];
        let seen = Seen { kind: LookKind::Attachment, cases, reason: "" };
        Ok(self.keep_look(Some(session), seen).await?)
    }
}

/// The ids of what she sent, her photos first; without those that are out of sight.
pub(super) fn sent_along(case: &Case, events: &[Loaded<StoredEvent>], whole: bool) -> Vec<String> {
    let (mut photos, mut voices) = (case.photos.clone(), case.voices.clone());
    for event in events {
        if let Change::Supplemented { photos: more, voices: said, .. } = &event.record.event.change
        {
            photos.extend_from_slice(more);
            voices.extend_from_slice(said);
        }
    }
    let seen = |n: &u8| whole || !case.struck_photos.contains(n);
    let shown = (1..=u8::MAX).zip(photos).filter(|(n, _)| seen(n)).map(|(_, id)| id);
    shown.chain(voices).collect()
}

/// The ids of what goes or went with an answer, those of earlier rounds too.
fn enclosed(case: &Case) -> impl Iterator<Item = String> {
    let answers = case.earlier.iter().filter_map(|round| round.reply.as_ref()).chain(&case.reply);
    let files = answers.flat_map(|reply| &reply.files).chain(&case.course.files);
    files.map(|file| file.id.clone())
}
