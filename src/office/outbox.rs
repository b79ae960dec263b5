//! Messages on their way: route, send, retry, fall back, and at last a clerk.
//!
//! Before the channel is called, `Sending` is on disk. Found so after a crash, nobody
//! knows whether the message went: it is `Unknown`, a clerk sees it, and the program
//! never sends it again by itself. So nothing is sent twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};

use crate::channel::wechat;
use crate::county::{Address, Channel};
use crate::dialog::{self, Medium};
use crate::store::records::{
    Body, Contact, Outgoing, PhoneLine, SmsSent, Status, Task, TaskKind, Try,
};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};
use crate::zh;

use super::notice_policy;
use super::route::{Abilities, Route, Way, choose};
use super::{Office, random, tasks, window};

const PAGE: usize = 64;
/// Of those that are due, so many are looked at for answers, which go first.
const LOOKED_AT: usize = 4 * PAGE;
/// A channel that has not answered by then may have taken the message or not.
const CARRIED_WITHIN: Duration = Duration::from_secs(20);
/// Found `Sending` for longer than this, whoever was sending it is dead. The difference is for
/// clocks that do not agree.
const SENDING_ENDS: SignedDuration = SignedDuration::from_secs(28);
const TRIES_MAX: usize = 20;
/// Of one person that are looked at.
const ADDRESSES_MAX: usize = 10;
/// A short message of which nobody knows whether it went: the network may tell by then.
const REPORT_WITHIN: SignedDuration = SignedDuration::from_mins(10);
const SETTLE_AGAIN: Duration = Duration::from_millis(500);
/// Sleep at most so long, in case a clock was moved.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// The same template message with the same client_msg_id is sent once within 10 minutes
/// (Tencent, template messages): so long a timeout may be tried again.
const TEMPLATE_IDEMPOTENT: SignedDuration = SignedDuration::from_mins(9);

/// What the channel said to one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Sent {
        message_id: Option<String>,
    },
    /// Never this way.
    Refused {
        why: String,
        consequence: Consequence,
    },
    /// Not sent; later perhaps.
    Later {
        why: String,
        after: Option<Duration>,
    },
    /// The request went out, no answer came.
    Unknown {
        why: String,
    },
    /// The message itself is wrong; a developer has to look.
    Broken {
        why: String,
    },
}

/// What a refusal tells about her.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consequence {
    None,
    WindowClosed,
    OptInUsed,
    /// The telephone number is out of use.
    NumberGone,
    /// She wants no short messages.
    Stopped,
}

/// A notice about a case, to a person.
pub(super) fn notice(
    case: &str,
    n: u32,
    kind: &str,
    fields: BTreeMap<String, String>,
    person: Option<String>,
    now: Timestamp,
) -> Outgoing {
    Outgoing {
        id: format!("{case}-{kind}-{n}"),
        person,
        case: Some(case.to_owned()),
        body: Body::Notice { kind: kind.to_owned(), fields },
        ..blank(now)
    }
}

/// What did not fit into the reply, or came too late for it.
/// `part` counts the messages that answer `key`.
pub(super) fn late_reply(
    address: &str,
    key: &str,
    part: usize,
    text: String,
    now: Timestamp,
) -> Outgoing {
    Outgoing {
        id: format!("reply-{}-{part}", hash(&[address, key])),
        address: Some(address.to_owned()),
        body: Body::Text(text),
        ..blank(now)
    }
}

pub(super) fn reminder(address: &str, text: String, now: Timestamp) -> Outgoing {
    Outgoing {
        id: format!("reminder-{}", hash(&[address, &now.to_string()])),
        address: Some(address.to_owned()),
        must_arrive: false,
        body: Body::Text(text),
        ..blank(now)
    }
}

/// A clerk's own words.
pub(super) fn from_clerk(address: &str, text: &str, now: Timestamp) -> Outgoing {
    Outgoing {
        id: format!("clerk-{}", random::hex::<8>()),
        address: Some(address.to_owned()),
        body: Body::Text(text.to_owned()),
        ..blank(now)
    }
}

fn blank(now: Timestamp) -> Outgoing {
    Outgoing {
        id: String::new(),
        person: None,
        address: None,
        case: None,
        must_arrive: true,
        body: Body::Text(String::new()),
        status: Status::Waiting,
        made_at: now,
        due_at: now,
        tries: Vec::new(),
        message_id: None,
        awaits: None,
        only: None,
        task: None,
    }
}

pub(super) fn hash(parts: &[&str]) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(parts.join("\n"));
    random::to_hex(&digest[..12])
}

/// After the n-th attempt (from 1).
fn back_off(attempts: usize) -> Duration {
    const SECONDS: [u64; 8] = [1, 2, 4, 8, 60, 300, 1_800, 3_600];
    let seconds = SECONDS[attempts.saturating_sub(1).min(SECONDS.len() - 1)];
    let jitter = u64::from(random::bytes::<1>()[0]) * seconds * 1_000 / 4 / 255;
    Duration::from_millis(seconds * 1_000 + jitter)
}

pub(super) async fn run(office: Arc<Office>) {
    // Where others send too, what is being sent is not ours to judge before its lease ends.
    while !office.store.is_shared()
        && let Err(error) = office.recover_outbox().await
    {
        tracing::error!(%error, "the outbox can not read what was being sent; trying again");
        if office.pause(Duration::from_secs(1)).await {
            return;
        }
    }
    loop {
        if office.wait_for_duty("outbox").await {
            return;
        }
        let sleep = match office.while_on_duty("outbox", office.send_due()).await {
            Ok(0) => office.until_next_outgoing().await,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(%error, "the outbox stands still; trying again");
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            () = office.bells.outbox.notified() => {}
            stopped = office.pause(office.nap(sleep)) => if stopped { return },
        }
    }
}

impl Office {
    /// After a crash: what was in the channel's hands may have gone.
    pub(super) async fn recover_outbox(&self) -> Result<(), StoreError> {
        let mut from = keys::all_outgoing_due();
        loop {
            let page = list_by_index::<Outgoing>(&*self.store, from.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            from = keys::after(&from, last);
            for (_, message) in page {
                if message.record.status == Status::Sending {
                    let outcome = Outcome::Unknown { why: "发送时程序停了".into() };
                    self.settle(&message.record.id, outcome).await?;
                }
            }
        }
    }

    async fn until_next_outgoing(&self) -> Duration {
        let next = list_by_index::<Outgoing>(&*self.store, keys::all_outgoing_due(), PAGE).await;
        let due = |(_, message): (_, Loaded<Outgoing>)| match message.record.status {
            Status::Waiting | Status::Sending => Some(message.record.due_at),
            _ => message.record.awaits,
        };
        match next.ok().and_then(|page| page.into_iter().find_map(due)) {
            Some(at) => {
                let wait = at.duration_since(self.clock.now());
                Duration::try_from(wait).unwrap_or(Duration::from_millis(20)).min(SLEEP_MAX)
            }
            None => SLEEP_MAX,
        }
    }

    /// Sends what is due; says how many were looked at. Those to one person go in order;
    /// answers go before notices: she waits for them, and notices could use up her window.
    pub(super) async fn send_due(self: &Arc<Self>) -> Result<usize, StoreError> {
        let mut count = self.match_receipts().await?;
        let due = keys::outgoing_due_until(self.clock.now());
        let mut page = list_by_index::<Outgoing>(&*self.store, due, LOOKED_AT).await?;
        page.sort_by_key(|(_, message)| is_notice(&message.record));
        page.truncate(PAGE);
        let mut queues: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
        for (_, message) in page {
            count += 1;
            // Its lease has ended: whoever was sending it is dead.
            if message.record.status == Status::Sending {
                let why = "发送时程序停了".to_owned();
                self.settle(&message.record.id, Outcome::Unknown { why }).await?;
                continue;
            }
            let to = message.record.person.clone().or_else(|| message.record.address.clone());
            let queue = queues.entry((is_notice(&message.record), to.unwrap_or_default()));
            queue.or_default().push(message.record.id.clone());
        }
        let results: Vec<Result<(), StoreError>> = stream::iter(queues.into_values())
            .map(|ids| async move {
                for id in ids {
                    match self.send(&id).await {
                        // Somebody else moved it meanwhile; it is looked at again.
                        Ok(()) | Err(StoreError::Conflict(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            })
            .buffer_unordered(self.config.settings.outbox.parallel)
            .collect()
            .await;
        results.into_iter().collect::<Result<(), _>>()?;
        Ok(count)
    }

    async fn send(&self, id: &str) -> Result<(), StoreError> {
        let Some(before) = load::<Outgoing>(&*self.store, keys::outgoing(id)).await? else {
            return Ok(());
        };
        if before.record.status.is_final() {
            return self.nothing_was_heard(&before).await;
        }
        if before.record.status != Status::Waiting {
            return Ok(());
        }
        let now = self.clock.now();
        let mut found = self.where_she_is(&before.record).await?;
        let (route, at) = self.route(&before.record, &found, now);
        let (address, contact) = match at {
            Some(at) => {
                let (address, contact) = found.swap_remove(at);
                (Some(address), Some(contact))
            }
            None => (None, None),
        };
        let mut message = before.record.clone();
        let mut changes = Changes::default();
        if let (Route::Sms(name), Some(contact)) = (&route, &contact)
            && self.is_kept_back(&before, name, &contact.record, now).await?
        {
            return Ok(());
        }
        match (&route, contact, address) {
            (Route::Clerk(why), ..) => {
                self.give_to_clerk(&mut changes, &mut message, TaskKind::Phone, why).await?;
                changes.replace(&before, &message)?;
                self.store.commit(changes.into_batch()).await
            }
            (Route::Simulator, _, Some(address)) => {
                changes.create(&PhoneLine {
                    user: address.user.clone(),
                    id: self.next_line_id(&address.user).await?,
                    from_villager: false,
                    text: self.words(&message, Medium::Wechat),
                    media: None,
                })?;
                message.status = Status::Delivered;
                message.tries.push(tried(now, &route, false, "已送到".into()));
                changes.replace(&before, &message)?;
                self.store.commit(changes.into_batch()).await
            }
            (_, Some(contact), Some(address)) => {
                let mut spent = contact.record.clone();
                let mut rest = Vec::new();
                if route == Route::CustomerService {
                    window::spend(&mut spent.window, now);
                    changes.replace(&contact, &spent)?;
                    rest = self.cut(&mut message);
                }
                if let Route::Sms(_) = route {
                    rest = self.cut_for_sms(&mut message);
                    if is_notice(&message) && message.address.is_none() {
                        let state = spent.sms.get_or_insert_default();
                        notice_policy::forget_old(state, now);
                        state.notices.push(SmsSent { at: now, case: message.case.clone() });
                        changes.replace(&contact, &spent)?;
                    }
                }
                message.status = Status::Sending;
                message.due_at = now + SENDING_ENDS;
                message.tries.truncate(TRIES_MAX - 1);
                message.tries.push(tried(now, &route, false, "正在发".into()));
                changes.replace(&before, &message)?;
                for part in &rest {
                    changes.create(part)?;
                }
                self.store.commit(changes.into_batch()).await?;
                let carried = async {
                    match &route {
                        Route::Sms(name) => {
                            self.carry_sms(&address, name, &contact.record, &message).await
                        }
                        _ => self.carry(&address, &route, &message).await,
                    }
                };
                let outcome = tokio::time::timeout(CARRIED_WITHIN, carried).await;
                let why = "一直没有回答".to_owned();
                let outcome = outcome.unwrap_or(Outcome::Unknown { why });
                self.settle(&message.id, outcome).await
            }
            _ => Ok(()),
        }
    }

    /// Every contact at which she could be reached: the address itself, or all of the person's.
    async fn where_she_is(
        &self,
        message: &Outgoing,
    ) -> Result<Vec<(Address, Loaded<Contact>)>, StoreError> {
        let addresses = match (&message.address, &message.person) {
            (Some(address), _) => vec![address.clone()],
            (None, Some(person)) => self
                .person_behind(person)
                .await?
                .map(|person| person.record.addresses.clone())
                .unwrap_or_default(),
            (None, None) => Vec::new(),
        };
        let mut found = Vec::new();
        for text in addresses.iter().take(ADDRESSES_MAX) {
            let contact = load::<Contact>(&*self.store, keys::contact(text)).await?;
            if let (Some(contact), Ok(address)) = (contact, text.parse()) {
                found.push((address, contact));
            }
        }
        Ok(found)
    }

    /// The contact that the last attempt went to, or another one on the same channel.
    pub(super) async fn whom_by(
        &self,
        message: &Outgoing,
        channel: Channel,
    ) -> Result<(Option<Address>, Option<Loaded<Contact>>), StoreError> {
        let found = self.where_she_is(message).await?;
        let found = found.into_iter().find(|(address, _)| address.channel == channel);
        Ok(found.map_or((None, None), |(address, contact)| (Some(address), Some(contact))))
    }

    fn route(
        &self,
        message: &Outgoing,
        found: &[(Address, Loaded<Contact>)],
        now: Timestamp,
    ) -> (Route, Option<usize>) {
        let ways: Vec<Way<'_>> = found
            .iter()
            .map(|(address, contact)| Way {
                address,
                contact: &contact.record,
                abilities: Abilities {
                    sms: match address.channel {
                        Channel::Sms => self.sms_for(&contact.record, message, now),
                        _ => Err(String::new()),
                    },
                    ..self.abilities(Some(address), message)
                },
            })
            .collect();
        choose(message, &ways, now)
    }

    /// There is a way for it that is no telephone call.
    pub(super) async fn could_go(&self, message: &Outgoing) -> Result<bool, StoreError> {
        let found = self.where_she_is(message).await?;
        let (route, _) = self.route(message, &found, self.clock.now());
        Ok(!matches!(route, Route::Clerk(_)))
    }

    /// The time is over in which a report should have come.
    async fn nothing_was_heard(&self, before: &Loaded<Outgoing>) -> Result<(), StoreError> {
        let now = self.clock.now();
        if before.record.awaits.is_none_or(|at| at > now) {
            return Ok(());
        }
        let mut message = Outgoing { awaits: None, ..before.record.clone() };
        let mut changes = Changes::default();
        if message.status == Status::Sent {
            // The next way, if there is one by SMS; a call is not worth a missing report.
            let mut again = message.clone();
            if let Some(last) = again.tries.last_mut() {
                last.refused = true;
                last.result = "微信收下了，一直没说送到没有".into();
            }
            again.status = Status::Waiting;
            again.due_at = now;
            let found = self.where_she_is(&again).await?;
            if let (Route::Sms(_), _) = self.route(&again, &found, now) {
                message = again;
            }
        } else if message.status == Status::Unknown {
            let said = message.tries.last().map(|tried| tried.result.clone()).unwrap_or_default();
            let why = format!("不知道她收到没有（{said}）");
            self.give_to_clerk(&mut changes, &mut message, TaskKind::Dead, &why).await?;
        }
        changes.replace(before, &message)?;
        self.store.commit(changes.into_batch()).await
    }

    /// How long WeChat has time to report it delivered, before it goes by SMS.
    fn evidence_by(&self, message: &Outgoing, now: Timestamp) -> Option<Timestamp> {
        let Body::Notice { kind, .. } = &message.body else { return None };
        let kind = self.config.settings.notices.kind(kind);
        let wait = SignedDuration::from_mins(i64::from(kind.wait_minutes));
        kind.sms.then_some(now + wait)
    }

    /// Words that do not fit into one message become several.
    fn cut_for_sms(&self, message: &mut Outgoing) -> Vec<Outgoing> {
        if is_notice(message) {
            return Vec::new();
        }
        let words = self.words(message, Medium::Sms);
        let most = self.config.settings.notices.segments as usize;
        let mut parts = zh::split(&words, most).into_iter();
        let head = parts.next().unwrap_or_default().to_owned();
        let rest = self.parts_of(message, parts.map(str::to_owned));
        if !rest.is_empty() {
            message.body = Body::Text(head);
        }
        rest
    }

    fn parts_of(&self, message: &Outgoing, texts: impl Iterator<Item = String>) -> Vec<Outgoing> {
        texts
            .enumerate()
            .map(|(n, text)| Outgoing {
                id: format!("{}-part{}", message.id, n + 2),
                body: Body::Text(text),
                tries: Vec::new(),
                status: Status::Waiting,
                message_id: None,
                ..message.clone()
            })
            .collect()
    }

    fn abilities(&self, address: Option<&Address>, message: &Outgoing) -> Abilities {
        let account = address.and_then(|address| self.config.wechat.get(&address.account));
        let Some(account) = account else { return Abilities::default() };
        let id = |ids: &BTreeMap<String, String>| match &message.body {
            Body::Notice { kind, .. } => ids.get(kind).cloned(),
            Body::Text(_) => None,
        };
        Abilities {
            push: account.secret.is_some(),
            template: id(&account.settings.templates),
            subscription: id(&account.settings.subscriptions),
            sms: Err(String::new()),
        }
    }

    pub(super) fn words(&self, message: &Outgoing, medium: Medium) -> String {
        match &message.body {
            Body::Text(text) => text.clone(),
            Body::Notice { kind, fields } => {
                let script = self.script();
                match script.notice(kind) {
                    Some(notice) => dialog::render(notice, medium, fields),
                    None => String::new(),
                }
            }
        }
    }

    /// A customer-service message holds 2,048 bytes; the rest are messages of their own.
    fn cut(&self, message: &mut Outgoing) -> Vec<Outgoing> {
        let mut parts = wechat::reply::pack(&[self.words(message, Medium::Wechat)]).into_iter();
        let head = parts.next().unwrap_or_default();
        let rest = self.parts_of(message, parts);
        if !rest.is_empty() {
            message.body = Body::Text(head);
        }
        rest
    }

    /// Writes down what became of an attempt. Retried until it is on disk: otherwise a
    /// message that went would look as if nobody knew.
    async fn settle(&self, id: &str, outcome: Outcome) -> Result<(), StoreError> {
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
        let say = |message: &mut Outgoing, refused: bool, result: &str| {
            if let Some(last) = message.tries.last_mut() {
                last.refused = refused;
                last.result = result.to_owned();
            }
        };
        match outcome {
            Outcome::Sent { message_id } => {
                self.counters.sent.add(1);
                message.status = Status::Sent;
                if route.starts_with("sms/") {
                    if let Some(last) = message.tries.last_mut() {
                        last.message_id.clone_from(message_id);
                    }
                    say(&mut message, false, "短信平台收下了");
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
                self.learn(&mut changes, &message, *consequence).await?;
            }
            Outcome::Later { why, after } => {
                message.status = Status::Waiting;
                say(&mut message, false, why);
                match route.as_str() {
                    "customer_service" => self.refund(&mut changes, &message).await?,
                    _ => self.learn(&mut changes, &message, Consequence::None).await?,
                }
                if attempts >= self.config.settings.outbox.attempts as usize {
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
                    && attempts < self.config.settings.outbox.attempts as usize;
                say(&mut message, false, why);
                if again {
                    message.status = Status::Waiting;
                    let wait = SignedDuration::try_from(back_off(attempts)).unwrap_or_default();
                    message.due_at = now + wait;
                } else {
                    message.status = Status::Unknown;
                    if route.starts_with("sms/") {
                        // The network's report may still tell.
                        message.awaits = Some(now + REPORT_WITHIN);
                        changes.replace(&before, &message)?;
                        return self.store.commit(changes.into_batch()).await;
                    }
                    let why = format!("不知道她收到没有（{why}）");
                    self.give_to_clerk(&mut changes, &mut message, TaskKind::Dead, &why).await?;
                }
            }
            Outcome::Broken { why } => {
                self.alarm(&format!("消息 {id} 的格式微信不收：{why}"));
                say(&mut message, true, why);
                let why = format!("微信不收这条消息：{why}");
                self.give_to_clerk(&mut changes, &mut message, TaskKind::Dead, &why).await?;
            }
        }
        changes.replace(&before, &message)?;
        self.store.commit(changes.into_batch()).await
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
    pub(super) async fn give_to_clerk(
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
}

pub(super) fn is_notice(message: &Outgoing) -> bool {
    matches!(message.body, Body::Notice { .. })
}

fn tried(at: Timestamp, route: &Route, refused: bool, result: String) -> Try {
    Try { at, route: route.id(), refused, result, message_id: None }
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
