//! What went, and of which nothing was heard: WeChat's next way, a provider that can be asked,
//! and at last a clerk. Nothing that may have gone goes again.

use jiff::{SignedDuration, Timestamp};

use crate::store::records::{Outgoing, Status, TaskKind};
use crate::store::{Changes, Loaded, StoreError};

use super::super::Office;
use super::super::route::Route;

/// A short message of which nobody knows whether it went: the network may tell by then.
const REPORT_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// After so long each time a provider that can be asked is asked about a message of which
/// nobody knows whether it went ...
const ASKED_IN_DOUBT: [SignedDuration; 3] =
    [SignedDuration::from_mins(1), SignedDuration::from_mins(3), SignedDuration::from_mins(6)];
/// ... and about one that it took and never reported on.
const ASKED_AFTER: [SignedDuration; 4] = [
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
];

impl Office {
    /// When the provider is asked what became of a message that it took.
    pub(in crate::office) fn asks_at(
        &self,
        channel: &str,
        message: &Outgoing,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let wait = ASKED_AFTER.get(usize::from(message.asked))?;
        // A code that has run out by then is nobody's question.
        (message.must_arrive && self.can_be_asked(channel)).then(|| now + *wait)
    }

    /// How long it may stay unknown whether a short message went.
    pub(super) fn heard_by(
        &self,
        channel: &str,
        message: &Outgoing,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if !self.can_be_asked(channel) {
            return (message.asked == 0).then(|| now + REPORT_WITHIN);
        }
        ASKED_IN_DOUBT.get(usize::from(message.asked)).map(|wait| now + *wait)
    }

    /// The time is over in which a report should have come.
    pub(super) async fn nothing_was_heard(
        &self,
        before: &Loaded<Outgoing>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        if before.record.awaits.is_none_or(|at| at > now) {
            return Ok(());
        }
        let mut message = Outgoing { awaits: None, ..before.record.clone() };
        let mut changes = Changes::default();
        let by_sms = message.tries.last().and_then(|t| t.route.strip_prefix("sms/"));
        let by_sms = by_sms.map(str::to_owned);
        if let Some(name) = by_sms.as_deref().filter(|name| self.can_be_asked(name)) {
            if self.ask_about(name, before).await? {
                return Ok(());
            }
            message.asked = message.asked.saturating_add(1);
            message.awaits = match message.status {
                Status::Unknown => self.heard_by(name, &message, now),
                Status::Sent => self.asks_at(name, &message, now),
                _ => None,
            };
        }
        if message.status == Status::Sent && by_sms.is_none() {
            // The next way, if there is one by SMS; a call is not worth a missing report.
            let mut again = message.clone();
            if let Some(last) = again.tries.last_mut() {
                last.refused = true;
                last.result = "微信收下了，一直没说送到没有".into();
            }
            again.status = Status::Waiting;
            again.due_at = now;
            let found = self.where_she_is(&again).await?;
            if let (Route::Sms(_), _) = self.route(&again, &found, None, now) {
                message = again;
            }
        } else if message.status == Status::Unknown && message.awaits.is_none() {
            let said = message.tries.last().map(|tried| tried.result.clone()).unwrap_or_default();
            let why = format!("不知道她收到没有（{said}）");
            self.give_to_clerk(&mut changes, &mut message, TaskKind::Dead, &why).await?;
        }
        changes.replace(before, &message)?;
        self.store.commit(changes.into_batch()).await
    }
}
