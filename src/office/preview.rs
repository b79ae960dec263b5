//! What a step would tell her: the same decision and the same words as when it is taken, and
//! nothing is kept.

use crate::desk::{self, Case};
use crate::dialog::Medium;
use crate::store::{keys, load};
use crate::zh;

use super::Office;
use super::case_forms;
use super::typed::Typed;
use super::views::{CommandError, Session};

/// One message to her.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// As WeChat shows it.
    pub wechat: String,
    /// As a short message, and how many are billed for it.
    pub sms: String,
    pub segments: usize,
}

impl Office {
    /// Refused for the same reasons as the step itself. Empty: she would hear nothing.
    pub async fn preview(
        &self,
        session: &Session,
        number: &str,
        action: &str,
        typed: &Typed<'_>,
    ) -> Result<Vec<Preview>, CommandError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        let case = case.filter(|case| self.sees(session, &case.record));
        let case = case.ok_or(CommandError::NotFound)?.record;
        let command = case_forms::read(action, typed)?;
        let now = self.clock.now();
        let tables = self.tables();
        let rules = tables.rules();
        let events = desk::decide(Some(&case), command, &session.actor(), now, &rules)
            .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        let mut after = case.clone();
        for event in &events {
            after.apply(event).map_err(|error| CommandError::Refused(error.to_string()))?;
        }
        let notices = self.notices_of(&after, &events, now);
        // Those who sign with her hear the same.
        let first = notices.first().and_then(|notice| notice.person.clone());
        let hers = notices.iter().filter(|notice| notice.person == first);
        let preview = hers.map(|notice| {
            let sms = self.words(notice, Medium::Sms);
            let segments = zh::segments(&sms).max(1);
            Preview { wechat: self.words(notice, Medium::Wechat), sms, segments }
        });
        Ok(preview.collect())
    }
}
