//! The sentences of a dialog changed one by one, by people who do not read its text.

use std::collections::BTreeMap;

use crate::dialog::{self, Saying};
use crate::office::Office;
use crate::office::views::{CommandError, Session};

impl Office {
    pub async fn draft_sayings(
        &self,
        session: &Session,
        id: &str,
        name: &str,
    ) -> Result<Vec<Saying>, CommandError> {
        Ok(dialog::sayings(&self.draft_text(session, id, name).await?))
    }

    /// `new`: by the line. Those that are as they were stay. Gives the new revision.
    pub async fn change_sayings(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
        name: &str,
        new: &BTreeMap<usize, String>,
    ) -> Result<u64, CommandError> {
        let mut text = self.draft_text(session, id, name).await?;
        for old in dialog::sayings(&text) {
            let Some(new) = new.get(&old.line).filter(|new| **new != old.text) else { continue };
            text = dialog::with_saying(&text, old.line, new)
                .map_err(|told| CommandError::Refused(format!("{}：{told}", old.label)))?;
        }
        self.save_draft(session, id, revision, name, &text).await
    }
}
