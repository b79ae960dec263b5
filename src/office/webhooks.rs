//! Departments with systems of their own are told what happens to their cases: one CloudEvent an
//! event, queued in the same commit, sent in the order of each case, tried for a day.
//!
//! It arrives at least once: a crash between the other's "yes" and our note of it sends it
//! again, under the same id. Signed as Standard Webhooks do, so that the other side needs no code
//! of its own. Of whom a case is, nothing is sent: who may know asks with a key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::channel::sms::hmac_sha256;
use crate::config::{Config, Webhook};
use crate::desk::private::Veil;
use crate::desk::{Case, CaseEvent};
use crate::store::interface_records::{Delivery, DeliveryState};
use crate::store::looks::LookKind;
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};

use super::looks::Noted;
use super::outward::{self, Addresses};
use super::rights::Right;
use super::views::{CommandError, Session};
use super::webhooks_removed::REMOVED;
use super::{Office, cases};

/// The other side has so long to say that it has it.
const TOTAL: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
/// From the event until it is given up.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(24);
const FIRST_AGAIN: SignedDuration = SignedDuration::from_secs(5);
const AGAIN_MAX: SignedDuration = SignedDuration::from_hours(1);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const PAGE: usize = 200;
const DEAD_SHOWN: usize = 200;
/// Cases whose events are sent at the same time.
const PARALLEL: usize = 8;
/// The mark of a secret that is base64 behind it.
const SECRET_MARK: &str = "whsec_";
const SAID_CHARACTERS_MAX: usize = 200;

/// Each with its client: whether private addresses are allowed is its own.
pub(super) struct Webhooks(BTreeMap<String, (Webhook, reqwest::Client)>);

impl Webhooks {
    pub fn of(config: &Config) -> Result<Self, String> {
        let with_client = |(name, webhook): (&String, &Webhook)| {
            let addresses = match webhook.settings.allow_private {
                true => Addresses::All,
                false => Addresses::Public,
            };
            let client = outward::client(addresses, CONNECT, TOTAL)
                .map_err(|error| format!("[webhooks.{name}]: {error}"))?;
            Ok::<_, String>((name.clone(), (webhook.clone(), client)))
        };
        config.webhooks.iter().map(with_client).collect::<Result<_, _>>().map(Self)
    }

    pub fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn department(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(webhook, _)| webhook.settings.department.as_str())
    }
}

/// The work of one webhook, which one instance does at a time.
pub(super) fn duty(name: &str) -> String {
    format!("webhook-{name}")
}

/// What was given up.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub id: String,
    pub webhook: String,
    /// Empty: the webhook is not in the settings any more.
    pub department: String,
    /// The digits.
    pub case: String,
    pub n: u32,
    pub made_at: Timestamp,
    pub tries: u32,
    /// What was answered last.
    pub said: String,
}

pub(super) async fn run(office: Arc<Office>) {
    if office.webhooks.0.is_empty() {
        return office.stop.cancelled().await;
    }
    join_all(office.webhooks.0.keys().map(|name| office.work_off_webhook(name))).await;
}

impl Office {
    async fn work_off_webhook(&self, name: &str) {
        let duty = duty(name);
        while !self.wait_for_duty(&duty).await {
            match self.while_on_duty(&duty, self.deliver_due(name)).await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(%error, name, "a webhook stands still; trying again"),
            }
            if self.pause(LOOK_EVERY).await {
                return;
            }
        }
    }

    /// One round of all, for those who set the clock.
    pub(super) async fn deliver_all(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        for name in self.webhooks.0.keys() {
            count += self.deliver_due(name).await?;
        }
        Ok(count)
    }

    /// Into the commit of the events: what the systems of those are told who have a part in the
    /// case, or had one until now.
    pub(super) async fn queue_deliveries(
        &self,
        changes: &mut Changes,
        before: Option<&Case>,
        case: &Case,
        events: &[CaseEvent],
    ) -> Result<(), StoreError> {
        for (name, (webhook, _)) in &self.webhooks.0 {
            let department = &webhook.settings.department;
            let has_part = |case: &Case| !case.parties_of(department).is_empty();
            if !has_part(case) && !before.is_some_and(has_part) {
                continue;
            }
            // A new case has nobody that is told of it.
            let who = self.who(&case.number.digits()).await?;
            let veil = Veil::of(case, &who);
            for (n, event) in (cases::first_of(case, events)..).zip(events) {
                changes.create(&Delivery {
                    webhook: name.clone(),
                    case: case.number.digits(),
                    n,
                    body: self.cloud_event(case, n, event, department, &veil).to_string(),
                    made_at: event.at,
                    due_at: event.at,
                    tries: 0,
                    said: String::new(),
                    state: DeliveryState::Waiting,
                })?;
            }
        }
        Ok(())
    }

    /// CloudEvents 1.0, structured.
    fn cloud_event(
        &self,
        case: &Case,
        n: u32,
        event: &CaseEvent,
        department: &str,
        veil: &Veil<'_>,
    ) -> serde_json::Value {
        let number = case.number.digits();
        let step = event.change.step();
        let detail = veil.over_ours(&self.detail(&event.change));
        let parties: Vec<&str> =
            case.parties_of(department).into_iter().map(|party| party.id()).collect();
        json!({
            "specversion": "1.0",
            "id": format!("{number}-{n}"),
            "source": format!("{}/api/v1/cases", self.public_url()),
            "type": format!("bianmin.case.{}", step.id()),
            "subject": number,
            "time": event.at.to_string(),
            "datacontenttype": "application/json",
            "data": {
                "number": number,
                "n": n,
                "step": step.id(),
                "word": step.word(),
                "detail": detail,
                "revision": case.revision,
                "state": case.state.id(),
                "title": case.title,
                "category": case.category,
                "place_code": case.place_code,
                "confidential": case.confidential,
                "department": case.department,
                "parties": parties,
                "round": case.round,
                "promised_at": case.promised_at.to_string(),
                "due_at": case.due_at.map(|at| at.to_string()),
            },
        })
    }

    /// One page of what is due. Cases are sent beside each other, the events of one in order.
    async fn deliver_due(&self, name: &str) -> Result<usize, StoreError> {
        let due = keys::deliveries_due_until(name, self.clock.now());
        let page = list_by_index::<Delivery>(&*self.store, due, PAGE).await?;
        let mut cases: Vec<String> = page.into_iter().map(|(_, one)| one.record.case).collect();
        cases.sort();
        cases.dedup();
        let results: Vec<Result<usize, StoreError>> = stream::iter(cases)
            .map(|case| async move { self.deliver_case(name, &case).await })
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        Ok(results.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().sum())
    }

    /// What waits of one case, as far as the other side takes it: what it does not take holds up
    /// what comes behind.
    async fn deliver_case(&self, name: &str, case: &str) -> Result<usize, StoreError> {
        let waiting = keys::deliveries_waiting(name, case);
        let mut waiting = list_by_index::<Delivery>(&*self.store, waiting, PAGE)
            .await?
            .into_iter()
            .map(|(_, delivery)| delivery);
        let mut count = 0;
        while let Some(next) = waiting.next() {
            let after = match next.record.due_at > self.clock.now() {
                true => next.record.clone(),
                false => {
                    count += 1;
                    self.deliver(&next).await?
                }
            };
            if after.state == DeliveryState::Waiting {
                self.hold_up(waiting, after.due_at).await?;
                break;
            }
        }
        Ok(count)
    }

    async fn hold_up(
        &self,
        behind: impl Iterator<Item = Loaded<Delivery>>,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        for one in behind.filter(|one| one.record.due_at < until) {
            changes.replace(&one, &Delivery { due_at: until, ..one.record.clone() })?;
        }
        self.commit_or_skip(changes).await
    }

    /// One attempt, and what became of it.
    async fn deliver(&self, before: &Loaded<Delivery>) -> Result<Delivery, StoreError> {
        let mut delivery = before.record.clone();
        let said = self.post(&delivery).await;
        let now = self.clock.now();
        delivery.tries = delivery.tries.saturating_add(1);
        match said {
            Ok(()) => {
                delivery.state = DeliveryState::Delivered;
                delivery.said.clear();
            }
            Err(why) => {
                delivery.said = why.chars().take(SAID_CHARACTERS_MAX).collect();
                delivery.due_at = now + again_after(delivery.tries);
                if now >= delivery.made_at + TRIED_FOR {
                    delivery.state = DeliveryState::Dead;
                    self.alarm(&format!(
                        "[webhooks.{}] 一天没有收下的通知不再发了，请看 /api/v1/deliveries",
                        delivery.webhook
                    ));
                }
                tracing::warn!(
                    id = delivery.id(),
                    tries = delivery.tries,
                    why = delivery.said,
                    "an event was not taken"
                );
            }
        }
        let mut changes = Changes::default();
        changes.replace(before, &delivery)?;
        self.commit_or_skip(changes).await?;
        Ok(delivery)
    }

    /// Another instance that took it meanwhile has written it down.
    async fn commit_or_skip(&self, changes: Changes) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        match self.store.commit(changes.into_batch()).await {
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn post(&self, delivery: &Delivery) -> Result<(), String> {
        let Some((webhook, client)) = self.webhooks.0.get(&delivery.webhook) else {
            return Err(REMOVED.into());
        };
        let url: Url = webhook.settings.url.parse().map_err(|_| "网址不对".to_owned())?;
        if !webhook.settings.allow_private {
            outward::refuse_private(&url)?;
        }
        let id = delivery.id();
        let at = self.clock.now().as_second();
        let signature = sign(webhook.secret.expose_secret(), &id, at, &delivery.body);
        let request = client
            .post(url)
            .header("content-type", "application/cloudevents+json; charset=utf-8")
            .header("webhook-id", id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", signature)
            .body(delivery.body.clone());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) if answer.status().is_redirection() => {
                Err(format!("{}：转到别处，不跟着去", answer.status().as_u16()))
            }
            Ok(answer) => Err(format!("对方答 {}", answer.status().as_u16())),
            Err(error) => Err(outward::why(&error)),
        }
    }

    /// What was given up, the newest first: of all, or of one's own department.
    pub async fn dead_letters(&self, session: &Session) -> Result<Vec<DeadLetter>, CommandError> {
        if !session.may(Right::Settings) && !session.may(Right::OwnReports) {
            return Err(CommandError::NotFound);
        }
        let removed = self.removed_webhooks(keys::all_deliveries_dead()).await?;
        let mut dead = Vec::new();
        for name in self.webhooks.0.keys().chain(&removed) {
            let department = self.webhooks.department(name);
            if !sees_deliveries(session, department) {
                continue;
            }
            let range = keys::deliveries_dead(name);
            let found = list_by_index::<Delivery>(&*self.store, range, DEAD_SHOWN).await?;
            dead.extend(found.into_iter().map(|(_, one)| DeadLetter {
                id: one.record.id(),
                webhook: name.clone(),
                department: department.unwrap_or_default().to_owned(),
                case: one.record.case.clone(),
                n: one.record.n,
                made_at: one.record.made_at,
                tries: one.record.tries,
                said: one.record.said,
            }));
        }
        Ok(dead)
    }

    /// Once more, for another day.
    pub async fn deliver_again(&self, session: &Session, id: &str) -> Result<(), CommandError> {
        let mut parts = id.rsplitn(3, '-');
        let (n, case, name) = (parts.next(), parts.next(), parts.next());
        let n: Option<u32> = n.and_then(|n| n.parse().ok());
        let (Some(n), Some(case), Some(name)) = (n, case, name) else {
            return Err(CommandError::NotFound);
        };
        let department = self.webhooks.department(name);
        let before = load::<Delivery>(&*self.store, keys::delivery(name, case, n)).await?;
        let before = before.filter(|_| sees_deliveries(session, department));
        let before = before.ok_or(CommandError::NotFound)?;
        if department.is_none() {
            let why = format!("{REMOVED}。请先把 [webhooks.{name}] 写回去，重新启动，再发。");
            return Err(CommandError::Refused(why));
        }
        if before.record.state != DeliveryState::Dead {
            return Ok(());
        }
        let now = self.clock.now();
        let state = DeliveryState::Waiting;
        let mut changes = Changes::default();
        let after =
            Delivery { state, made_at: now, due_at: now, tries: 0, ..before.record.clone() };
        changes.replace(&before, &after)?;
        let noted = Noted::by(session, LookKind::Again, id, "");
        Ok(self.commit_noted(changes, noted).await?)
    }
}

/// `None`: of a webhook that is not in the settings any more.
fn sees_deliveries(session: &Session, department: Option<&str>) -> bool {
    let is_own = department.is_some() && session.department.as_deref() == department;
    session.may(Right::Settings) || (session.may(Right::OwnReports) && is_own)
}

/// Twice as long each time, and an hour at most.
fn again_after(tries: u32) -> SignedDuration {
    let doubled = FIRST_AGAIN.checked_mul(1 << tries.saturating_sub(1).min(16));
    doubled.unwrap_or(AGAIN_MAX).min(AGAIN_MAX)
}

/// Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, in base64.
fn sign(secret: &str, id: &str, at: i64, body: &str) -> String {
    let decoded =
        secret.strip_prefix(SECRET_MARK).and_then(|text| BASE64_STANDARD.decode(text).ok());
    let key = decoded.unwrap_or_else(|| secret.as_bytes().to_vec());
    let mac = hmac_sha256(&key, format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the Standard Webhooks specification's libraries.
    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        let signature = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn it_is_tried_at_growing_intervals() {
        let seconds: Vec<i64> = (1..14).map(|tries| again_after(tries).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
    }
}
