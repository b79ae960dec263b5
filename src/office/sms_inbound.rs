//! Calls of SMS providers: what villagers wrote, and what became of our messages.

use std::net::IpAddr;
use std::sync::Arc;

use crate::channel::sms::{
    Class, Delivery, Fact, Refused as Unbelieved, Report, Request, Sender, Taken, Wrote, class,
    masked, sender,
};
use crate::channel::{Content, Inbound, Via};
use crate::store::records::{Done, Outgoing, Status, Task, Try};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};

use super::reception::Said;
use super::sms::{self, UNREACHABLE_AGAIN};
use super::sms_budget::Differs;
use super::sms_carry::theirs;
use super::views::Refused;
use super::{Office, outbox};

const CONFLICTS_MAX: usize = 20;
const DETAIL_CHARACTERS_MAX: usize = 100;

/// A call as it came in.
pub struct SmsCall<'a> {
    /// `None` when the server does not know it.
    pub peer: Option<IpAddr>,
    /// Behind `/sms/NAME/SECRET`.
    pub rest: &'a str,
    pub query: &'a str,
    pub content_type: &'a str,
    /// Lower-case names.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

pub struct SmsAnswer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

impl Office {
    /// A call of a provider. A wrong secret looks like a page that is not there.
    pub async fn sms_receive(
        self: &Arc<Self>,
        name: &str,
        secret: &str,
        call: SmsCall<'_>,
    ) -> Result<SmsAnswer, Refused> {
        let missing = || Refused { status: 404, reason: "no channel of that name".into() };
        let channel = self.sms.channels.get(name).ok_or_else(missing)?;
        if !channel.knows(secret) {
            self.counters.refused.add(1);
            return Err(Refused { status: 404, reason: "the secret path does not match".into() });
        }
        if call.peer.is_some_and(|peer| !channel.lets_in(peer)) {
            self.counters.refused.add(1);
            return Err(Refused {
                status: 403,
                reason: "the caller's address is not allowed".into(),
            });
        }
        let mut url = format!("{}{}", channel.webhook, call.rest);
        if !call.query.is_empty() {
            url = format!("{url}?{}", call.query);
        }
        let facts = channel.provider.parse(&Request {
            url: &url,
            query: call.query,
            content_type: call.content_type,
            headers: call.headers,
            body: call.body,
        });
        let facts = facts.map_err(|refused: Unbelieved| {
            self.counters.refused.add(1);
            Refused { status: refused.status(), reason: refused.to_string() }
        })?;
        let inline = channel.provider.capabilities().replies_inline;
        let mut said = None;
        for fact in facts {
            match self.sms_fact(name, fact, inline).await {
                Ok(text) => said = text.or(said),
                Err(error) => {
                    // What was kept before it is known when the call comes again.
                    tracing::error!(name, %error, "a call of an SMS provider is not on disk");
                    return Ok(shown(channel.provider.acknowledge(Taken::Lost)));
                }
            }
        }
        Ok(shown(channel.provider.acknowledge(Taken::Kept(said.as_deref()))))
    }

    /// One thing that a provider tells, called in or fetched. Gives the answer, where it goes
    /// back in the same response.
    pub(super) async fn sms_fact(
        self: &Arc<Self>,
        name: &str,
        fact: Fact,
        inline: bool,
    ) -> Result<Option<String>, StoreError> {
        match fact {
            Fact::Wrote(wrote) => return self.sms_wrote(name, wrote, inline).await,
            Fact::Report(report) => self.sms_report(name, &report).await?,
            Fact::Unreadable(what) => {
                self.counters.unknown.add(1);
                tracing::warn!(name, what, "an element of a call can not be read");
            }
            Fact::Nothing => {}
        }
        Ok(None)
    }

    async fn sms_wrote(
        self: &Arc<Self>,
        name: &str,
        wrote: Wrote,
        inline: bool,
    ) -> Result<Option<String>, StoreError> {
        let Sender::Person(number) = sender(&wrote.from) else {
            self.counters.machines.add(1);
            tracing::info!(name, from = masked(&wrote.from), "not a person's number: not answered");
            return Ok(None);
        };
        let inbound = Inbound {
            key: outbox::hash(&[name, &wrote.key]),
            from: sms::address(&number),
            at: wrote.at.unwrap_or(self.clock.now()),
            content: Content::Text(wrote.text),
            via: Some(Via {
                account: name.to_owned(),
                dialled: Some(wrote.to).filter(|to| !to.is_empty()),
                inline,
            }),
        };
        match self.receive(inbound).await? {
            Said::Reply(text) if inline => Ok(Some(text)),
            _ => Ok(None),
        }
    }

    /// Reports come in any order, twice, late, and for messages that nobody knows.
    pub(super) async fn sms_report(&self, name: &str, report: &Report) -> Result<(), StoreError> {
        for _ in 0..CONFLICTS_MAX {
            let Some(before) = self.reported_on(name, report).await? else {
                self.counters.unknown.add(1);
                tracing::info!(name, "a report on a message that is not known: acknowledged");
                return Ok(());
            };
            let mut changes = Changes::default();
            let Some(differs) = self.apply_report(&mut changes, name, &before, report).await?
            else {
                return Ok(());
            };
            match self.store.commit(changes.into_batch()).await {
                Ok(()) => {
                    self.bells.outbox.notify_one();
                    return self.correct(differs).await;
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable(format!("{CONFLICTS_MAX} conflicts in a row")))
    }

    async fn reported_on(
        &self,
        name: &str,
        report: &Report,
    ) -> Result<Option<Loaded<Outgoing>>, StoreError> {
        let route = format!("sms/{name}");
        let went = |message: &Loaded<Outgoing>| {
            message.record.tries.iter().any(|tried| tried.route == route)
        };
        if let Some(id) = &report.ours
            && let Some(found) = load::<Outgoing>(&*self.store, keys::outgoing(id)).await?
        {
            return Ok(Some(found).filter(went));
        }
        let Some(id) = &report.theirs else { return Ok(None) };
        let range = keys::outgoing_of_message(&theirs(name, id));
        let found = list_by_index::<Outgoing>(&*self.store, range, 1).await?;
        Ok(found.into_iter().map(|(_, message)| message).find(went))
    }

    /// A status only moves forward. `None`: nothing is to be written; else what the provider
    /// counted otherwise than we did.
    async fn apply_report(
        &self,
        changes: &mut Changes,
        name: &str,
        before: &Loaded<Outgoing>,
        report: &Report,
    ) -> Result<Option<Option<Differs>>, StoreError> {
        let route = format!("sms/{name}");
        let now = self.clock.now();
        let mut message = before.record.clone();
        let last = message.tries.iter().rposition(|tried| tried.route == route);
        let Some(last) = last else { return Ok(None) };
        let is_current = last + 1 == message.tries.len();
        let (_, contact) = self.whom_by(&message, crate::county::Channel::Sms).await?;
        let number = contact.as_ref().map(|contact| contact.record.address.clone());
        let elsewhere = match (crate::channel::sms::sender(&report.to), &number) {
            (Sender::Person(to), Some(number)) => !number.ends_with(&format!("/{to}")),
            _ => false,
        };
        if elsewhere {
            tracing::warn!(name, to = masked(&report.to), "a report for another number: ignored");
            return Ok(None);
        }
        match report.state {
            Delivery::OnItsWay => {
                let proves = matches!(message.status, Status::Sending | Status::Unknown);
                if !proves || !is_current {
                    return Ok(None);
                }
                // The network has it: no longer unknown.
                message.status = Status::Sent;
                message.asked = 0;
                message.awaits = self.asks_at(name, &message, now);
                message.tries[last].result = "短信已交给运营商".into();
            }
            Delivery::Delivered => {
                if message.status == Status::Delivered {
                    return Ok(None);
                }
                if message.status == Status::Settled {
                    return Ok(None);
                }
                message.status = Status::Delivered;
                message.awaits = None;
                message.tries[last].refused = false;
                message.tries[last].result = "短信已送到手机".into();
                self.counters.delivered.add(1);
                self.gauges.delivered(&route);
                self.close_task_of(changes, &message).await?;
                if let Some(before) = &contact {
                    let mut contact = before.record.clone();
                    contact.sms.get_or_insert_default().last_ok = Some(now);
                    changes.replace(before, &contact)?;
                }
            }
            Delivery::Failed => {
                let open =
                    matches!(message.status, Status::Sending | Status::Sent | Status::Unknown);
                if !open || !is_current {
                    return Ok(None);
                }
                let detail: String = report.detail.chars().take(DETAIL_CHARACTERS_MAX).collect();
                let why = crate::channel::sms::advice(&report.detail).unwrap_or("短信没有送到");
                let known = class("carrier", &detail);
                let again = known == Class::Unreachable && !message.tries.iter().any(is_second);
                self.close_task_of(changes, &message).await?;
                message.status = Status::Waiting;
                message.awaits = None;
                message.tries[last].refused = !again;
                message.tries[last].result = format!("{why}（{detail}）");
                message.due_at = now;
                if again {
                    message.tries[last].result = format!("{UNREACHABLE}（{detail}）");
                    let wait = jiff::SignedDuration::try_from(UNREACHABLE_AGAIN);
                    message.due_at = now + wait.unwrap_or_default();
                }
                if let Some(before) = &contact {
                    let mut contact = before.record.clone();
                    let state = contact.sms.get_or_insert_default();
                    match known {
                        Class::NumberGone => state.gone_at = Some(now),
                        Class::Stopped => state.stopped_at = Some(now),
                        _ => {}
                    }
                    if contact != before.record {
                        changes.replace(before, &contact)?;
                    }
                }
            }
        }
        let failed = report.state == Delivery::Failed;
        let free = failed && self.bills_delivered_only(name);
        let differs = self.bill(&mut message, last, report.segments.or(free.then_some(0)));
        changes.replace(before, &message)?;
        Ok(Some(differs))
    }

    fn bills_delivered_only(&self, name: &str) -> bool {
        let channel = self.sms.channels.get(name);
        channel.is_some_and(|found| found.provider.capabilities().bills_delivered_only)
    }

    /// What a clerk was asked to look at has found its end.
    pub(super) async fn close_task_of(
        &self,
        changes: &mut Changes,
        message: &Outgoing,
    ) -> Result<(), StoreError> {
        let Some(id) = &message.task else { return Ok(()) };
        if let Some(before) = load::<Task>(&*self.store, keys::task(id)).await?
            && before.record.done.is_none()
        {
            let mut task = before.record.clone();
            task.done = Some(Done {
                at: self.clock.now(),
                by: "系统".into(),
                note: "后来有了消息，不用再管".into(),
            });
            changes.replace(&before, &task)?;
        }
        Ok(())
    }
}

/// She was out of reach; it is tried once more.
const UNREACHABLE: &str = "关机或不在服务区，过几个小时再发一次";

fn is_second(tried: &Try) -> bool {
    tried.result.starts_with(UNREACHABLE)
}

fn shown(answer: crate::channel::sms::Answer) -> SmsAnswer {
    SmsAnswer { status: answer.status, content_type: answer.content_type, body: answer.body }
}
