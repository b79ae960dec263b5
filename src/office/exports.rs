//! What leaves the house as a file says who took it out, when and why, and that it was taken out
//! is in the log before anybody has it.

use std::fmt;

use crate::calendar::local;
use crate::store::looks::LookKind;
use crate::store::{Changes, StoreError};

use super::Office;
use super::looks::Noted;
use super::sheet::Sheet;
use super::views::Session;

/// On every sheet and at the foot of every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watermark {
    pub who: String,
    pub role: &'static str,
    /// As Beijing's clocks show it.
    pub when: String,
    /// Empty when nothing in it is personal.
    pub why: String,
}

impl fmt::Display for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "导出人：{}　{}", self.who, self.when)?;
        if self.why.is_empty() { Ok(()) } else { write!(f, "　用途：{}", self.why) }
    }
}

impl Office {
    /// `reason`: why, where persons can be seen in it.
    pub async fn take_out(
        &self,
        session: &Session,
        sheet: &Sheet,
        reason: Option<&str>,
    ) -> Result<Watermark, StoreError> {
        let why = reason.unwrap_or_default().trim().to_owned();
        // The heading may name whose it is; the log outlives that.
        let about = format!("{}，{}行", sheet.title, sheet.rows.len());
        let noted = Noted::by(session, LookKind::Sheet, &about, &why);
        self.commit_noted(Changes::default(), noted).await?;
        Ok(Watermark {
            who: session.name.clone(),
            role: session.role.word(),
            when: local(self.clock.now()),
            why,
        })
    }
}
