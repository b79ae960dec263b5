//! Clerks' corrections are examples: when a case is given another kind of matter at the desk,
//! what she wrote is kept for `bianmin train`, without anything that says who she is.

use jiff::Timestamp;

use crate::desk::{Case, CaseEvent, Change};
use crate::store::correction::Correction;
use crate::store::{Changes, Record as _, SCAN_LIMIT_MAX, StoreError, keys, list, load};

use super::Office;
use super::views::CommandError;

/// The oldest case numbers first; what a model of this size can learn from.
const EXPORTED_MAX: usize = 20_000;

impl Office {
    /// Adds the example to the commit that makes the correction.
    pub(super) async fn keep_correction(
        &self,
        changes: &mut Changes,
        before: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let given = events.iter().find_map(|event| match &event.change {
            Change::Dispatched { category, .. } => category.as_ref(),
            _ => None,
        });
        let Some(code) = given.filter(|code| before.category.as_ref() != Some(*code)) else {
            return Ok(());
        };
        let text = self.tables.reader().anonymous(&before.text);
        if !text.chars().any(char::is_alphanumeric) {
            return Ok(());
        }
        let case = before.number.digits();
        let known = load::<Correction>(&*self.store, keys::correction(&case)).await?;
        let was = match &known {
            Some(known) => known.record.was.clone(),
            None => before.category.clone(),
        };
        let correction = Correction { case, text, code: code.clone(), was, at: now };
        match &known {
            Some(known) => changes.replace(known, &correction),
            None => changes.create(&correction),
        }
    }

    /// As a file of `county/examples`.
    pub async fn corrections(&self) -> Result<String, CommandError> {
        let mut text = "code,text,source\n".to_owned();
        let mut range = keys::corrections();
        let mut count = 0;
        while count < EXPORTED_MAX {
            let kept = list::<Correction>(&*self.store, range.clone(), SCAN_LIMIT_MAX).await?;
            let Some(last) = kept.last() else { break };
            range = keys::after(&range, &last.record.key());
            count += kept.len();
            for one in kept.into_iter().map(|kept| kept.record) {
                // A kind that was abolished is no example.
                if self.tables.categories.get(&one.code).is_some() {
                    text += &format!("{},\"{}\",clerk\n", one.code, one.text.replace('"', "\"\""));
                }
            }
        }
        Ok(text)
    }
}
