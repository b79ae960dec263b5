//! What became of an attempt, and what follows from it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::county::Channel;
use crate::dialog::Medium;
use crate::store::records::{Body, Outgoing, Status, Task, TaskKind};
use crate::store::{Changes, StoreError, keys, load};

use super::super::{Office, random, tasks, window};
use super::{Consequence, Outcome};

const SETTLE_AGAIN: Duration = Duration::from_millis(500);
/// The same template message with the same client_msg_id is sent once within 10 minutes
/// (Tencent, template messages): so long a timeout may be tried again.
const TEMPLATE_IDEMPOTENT: SignedDuration = SignedDuration::from_mins(9);

/// After the n-th attempt (from 1).
fn back_off(attempts: usize) -> Duration {
    const SECONDS: [u64; 8] = [1, 2, 4, 8, 60, 300, 1_800, 3_600];
    let seconds = SECONDS[attempts.saturating_sub(1).min(SECONDS.len() - 1)];
    let jitter = u64::from(random::bytes::<1>()[0]) * seconds * 1_000 / 4 / 255;
    Duration::from_millis(seconds * 1_000 + jitter)
}

impl Office {
    /// Writes down what became of an attempt. Retried until it is on disk: otherwise a
    /// message that went would look as if nobody knew.
    pub(super) async fn settle(&self, id: &str, outcome: Outcome) -> Result<(), StoreError> {
        loop {
            match self.try_settle(id, &outcome).await {
                Err(StoreError::Conflict(_)) => {}
                Err(error @ StoreError::Unavailable(_)) => {
                    tracing::error!(%error, "what became of a message is not on disk yet");
                    // At the next start it counts as a message of which nobody knows.
                    if self.pause(SETTLE_AGAIN).await {
                        return Err(error);
                    }
                }
                other => return other,
            }
        }
    }

    async fn try_settle(&self, id: &str, outcome: &Outcome) -> Result<(), StoreError> {
        let Some(before) = load::<Outgoing>(&*self.store, keys::outgoing(id)).await? else {
            return Ok(());
        };
        let mut message = before.record.clone();
        if message.status != Status::Sending {
            return Ok(());
        }
        let now = self.clock.now();
        let mut changes = Changes::default();
        let attempts = message.tries.len();
        let route = message.tries.last().map(|t| t.route.clone()).unwrap_or_default();
        // What the provider bills; nothing for what it did not take.
        let mut counted = None;
        let say = |message: &mut Outgoing, refused: bool, result: &str| {
            if let Some(last) = message.tries.last_mut() {
                last.refused = refused;
                last.result = result.to_owned();
            }
        };
        match outcome {
            Outcome::Sent { message_id, segments } => {
                self.counters.sent.add(1);
                message.status = Status::Sent;
                if let Some(name) = route.strip_prefix("sms/") {
                    if let Some(last) = message.tries.last_mut() {
                        last.message_id.clone_from(message_id);
                    }
                    say(&mut message, false, "短信平台收下了");
                    message.awaits = self.asks_at(name, &message, now);
                    counted = *segments;
                } else {
                    message.message_id.clone_from(message_id);
                    say(&mut message, false, "微信收下了");
                    // Only templates and subscriptions are reported on.
                    if route != "customer_service" && message_id.is_some() {
                        message.awaits = self.evidence_by(&message, now);
                    }
                }
            }
            Outcome::Refused { why, consequence } => {
                message.status = Status::Waiting;
                message.due_at = now;
                say(&mut message, true, why);
                counted = Some(0);
                self.learn(&mut changes, &message, *consequence).await?;
            }
            Outcome::Later { why, after } => {
                message.status = Status::Waiting;
                say(&mut message, false, why);
                counted = Some(0);
                match route.as_str() {
                    "customer_service" => self.refund(&mut changes, &message).await?,
                    _ => self.learn(&mut changes, &message, Consequence::None).await?,
                }
                if attempts >= self.common().outbox.attempts as usize {
                    let why = format!("试了{attempts}次没发出去：{why}");
                    self.give_to_clerk(&mut changes, &mut message, TaskKind::Phone, &why).await?;
                } else {
                    let wait = back_off(attempts).max(after.unwrap_or_default());
                    message.due_at = now + SignedDuration::try_from(wait).unwrap_or_default();
                }
            }
            Outcome::Unknown { why } => {
                let first = message.tries.first().map_or(now, |t| t.at);
                let again = route == "template"
                    && now.duration_since(first) < TEMPLATE_IDEMPOTENT
                    && attempts < self.common().outbox.attempts as usize;
                say(&mut message, false, why);
                if again {
                    message.status = Status::Waiting;
                    let wait = SignedDuration::try_from(back_off(attempts)).unwrap_or_default();
                    message.due_at = now + wait;
                } else {
                    message.status = Status::Unknown;
                    // The network's report may still tell, or the provider when it is asked.
                    match route.strip_prefix("sms/") {
                        Some(name) => message.awaits = self.heard_by(name, &message, now),
                        None => {
                            let why = format!("不知道她收到没有（{why}）");
                            let kind = TaskKind::Dead;
                            self.give_to_clerk(&mut changes, &mut message, kind, &why).await?;
                        }
                    }
                }
            }
            Outcome::Broken { why } => {
                self.alarm(&format!("消息 {id} 的格式微信不收：{why}"));
                say(&mut message, true, why);
                counted = Some(0);
                let why = format!("微信不收这条消息：{why}");
                self.give_to_clerk(&mut changes, &mut message, TaskKind::Dead, &why).await?;
            }
        }
        let last = message.tries.len().saturating_sub(1);
        let differs = self.bill(&mut message, last, counted);
        self.gauges.note(&route, outcome, now);
        changes.replace(&before, &message)?;
        self.store.commit(changes.into_batch()).await?;
        self.correct(differs).await
    }

    /// It did not go: her window is what it was before.
    async fn refund(&self, changes: &mut Changes, message: &Outgoing) -> Result<(), StoreError> {
        if let (_, Some(before)) = self.whom_by(message, Channel::Wechat).await?
            && let Some(last) = message.tries.last()
        {
            let mut contact = before.record.clone();
            window::give_back(&mut contact.window, last.at);
            changes.replace(&before, &contact)?;
        }
        Ok(())
    }

    async fn learn(
        &self,
        changes: &mut Changes,
        message: &Outgoing,
        consequence: Consequence,
    ) -> Result<(), StoreError> {
        let last = message.tries.last();
        let by_sms = last.is_some_and(|tried| tried.route.starts_with("sms/"));
        let channel = if by_sms { Channel::Sms } else { Channel::Wechat };
        let (address, contact) = self.whom_by(message, channel).await?;
        if let (Some(before), Some(address)) = (contact, address) {
            let mut contact = before.record.clone();
            // It did not go: it does not count.
            if let (Some(state), Some(last)) = (&mut contact.sms, last) {
                state.notices.retain(|sent| sent.at != last.at || sent.case != message.case);
            }
            match consequence {
                Consequence::WindowClosed => window::close(&mut contact.window),
                Consequence::LeftUs => window::left_us(&mut contact.window),
                Consequence::OptInUsed => {
                    let used = self.abilities(Some(&address), message).subscription;
                    contact.subscribed.retain(|id| Some(id) != used.as_ref());
                }
                Consequence::NumberGone => {
                    contact.sms.get_or_insert_default().gone_at = Some(self.clock.now());
                }
                Consequence::Stopped => {
                    contact.sms.get_or_insert_default().stopped_at = Some(self.clock.now());
                }
                Consequence::None => {}
            }
            if contact != before.record {
                changes.replace(&before, &contact)?;
            }
        }
        Ok(())
    }

    /// The message leaves the program's hands and becomes a task.
    pub(in crate::office) async fn give_to_clerk(
        &self,
        changes: &mut Changes,
        message: &mut Outgoing,
        kind: TaskKind,
        why: &str,
    ) -> Result<(), StoreError> {
        if message.status != Status::Unknown {
            message.status = Status::Phone;
        }
        if !message.must_arrive {
            return Ok(());
        }
        self.counters.given_up.add(1);
        self.gauges.gave_up(message);
        let mut task = Task {
            outgoing: Some(message.id.clone()),
            case: message.case.clone(),
            reason: why.to_owned(),
            ..tasks::blank(kind, self.clock.now())
        };
        let words = self.words(message, Medium::Wechat);
        task.title = match (kind, &message.case) {
            (TaskKind::Phone, Some(case)) => format!("打电话告诉她：{}", tasks::shown(case)),
            (TaskKind::Phone, None) => "打电话回复她".into(),
            (_, Some(case)) => format!("看看她收到没有：{}", tasks::shown(case)),
            (_, None) => "看看她收到没有".into(),
        };
        task.lines.push(tasks::line(self.clock.now(), false, &words));
        self.say_who(&mut task, message).await?;
        message.task = Some(task.id.clone());
        changes.create(&task)
    }

    /// How long WeChat has time to report it delivered, before it goes by SMS.
    fn evidence_by(&self, message: &Outgoing, now: Timestamp) -> Option<Timestamp> {
        let Body::Notice { kind, .. } = &message.body else { return None };
        let kind = self.common().notices.kind(kind);
        let wait = SignedDuration::from_mins(i64::from(kind.wait_minutes));
        kind.sms.then_some(now + wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow() {
        let waits: Vec<u64> = (1..=9).map(|n| back_off(n).as_secs_f64().floor() as u64).collect();
        for pair in waits.windows(2) {
            assert!(pair[0] <= pair[1] + pair[1] / 4, "{waits:?}");
        }
        assert!(waits[0] >= 1 && waits[8] >= 3_600 && waits[8] <= 4_500);
    }
}
