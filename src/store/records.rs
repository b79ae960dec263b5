//! Every kind of record, with its key and its indexes. `keys.rs` is the map of prefixes.
//!
//! What belongs to a channel (openid, window, conversation) lives in `Contact`, what belongs
//! to a human being in `Person`, what belongs to the county in the case: when a villager
//! unfollows, her contact goes and her case stays.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::county::Address;
use crate::desk::{Case, CaseEvent, Depth, Listing, ListingState, is_told};
use crate::dialog::Conversation;

pub use super::seen::Seen;
pub use super::staff_records::{SecondStep, Staff, StoredSession};
use super::{Key, Record, keys};

/// One address on one channel: the only record that a turn in mid-conversation writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub address: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub person: Option<String>,
    /// The scene of the QR code by which she came, for example a village's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene: Option<String>,
    /// The language that she wants to be spoken to in; the county's own if there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    pub conversation: Conversation,
    /// The last replies, oldest first: a message that is delivered again gets the same one.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub recent: Vec<Answered>,
    /// The messages before those.
    #[serde(skip_serializing_if = "Seen::is_empty", default)]
    pub seen: Seen,
    #[serde(default)]
    pub window: Window,
    /// Ids of subscription messages that she allowed and that are not used up.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub subscribed: Vec<String>,
    /// When this contact is looked at again. May be earlier than needed, never later.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alarm: Option<Timestamp>,
    /// The open task of the clerk who talks with her instead of the bot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hand_over: Option<String>,
    /// The task for the recordings that nobody has listened to yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub voice_task: Option<String>,
    /// Only of a telephone number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sms: Option<SmsState>,
    /// One-time codes that she typed wrongly, and since when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wrong_codes: Option<(u8, Timestamp)>,
    /// When all that she wrote is worked off at the allowed rate: see `office::flood`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paced: Option<Timestamp>,
}

/// What is known of a number: how it is reached, whether it may be, and what it got.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SmsState {
    /// The channel that she wrote by last, and the number that she wrote to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialled: Option<String>,
    /// She wants no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// Out of use, or somebody else's now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_in: Option<Timestamp>,
    /// A message of ours arrived for certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_ok: Option<Timestamp>,
    /// A clerk has the number from her own mouth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vouched_at: Option<Timestamp>,
    /// Notices of the last day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<SmsSent>,
    /// Answers of the last hour.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answered: Vec<Timestamp>,
    /// One-time codes of the last day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Timestamp>,
    /// What she wrote last, if she writes the same again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SmsSent {
    pub at: Timestamp,
    pub case: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    pub hash: String,
    pub times: u8,
    pub since: Timestamp,
}

/// A message that was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    pub key: String,
    pub at: Timestamp,
    /// Empty: nothing was to be said.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub said: String,
    /// The answer came too late for the request and goes out as a message of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub later: bool,
}

/// What she did last and what we sent since: WeChat allows 5 messages in the 48 hours after
/// a message of hers, 3 in the minute after a tap (`reference`: Tencent, customer-service API).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wrote_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tapped_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "is_zero", default)]
    pub sent: u8,
    #[serde(skip_serializing_if = "is_zero", default)]
    pub sent_after_tap: u8,
    /// WeChat says that she follows no more, or takes no messages; until she does something.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub away: bool,
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

impl Contact {
    pub fn new(address: &Address) -> Self {
        Self {
            address: address.to_string(),
            person: None,
            scene: None,
            language: None,
            conversation: Conversation::default(),
            recent: Vec::new(),
            seen: Seen::default(),
            window: Window::default(),
            subscribed: Vec::new(),
            alarm: None,
            hand_over: None,
            voice_task: None,
            sms: None,
            wrong_codes: None,
            paced: None,
        }
    }
}

impl Contact {
    /// When she wrote last, as far as it is known.
    pub fn last_wrote(&self) -> Option<Timestamp> {
        let by_sms = self.sms.as_ref().and_then(|sms| sms.last_in);
        let replied = self.recent.last().map(|answered| answered.at);
        [self.window.wrote_at, self.window.tapped_at, by_sms, replied].into_iter().flatten().max()
    }
}

impl Record for Contact {
    const KIND: &'static str = "contact";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::contact(&self.address)
    }

    fn indexes(&self) -> Vec<Key> {
        self.alarm.iter().map(|at| keys::alarm(*at, &self.address)).collect()
    }
}

/// A human being, as far as she told us who she is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    /// Where she can be reached now; empty after she unfollowed.
    pub addresses: Vec<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// `sms`, `wechat` or `phone`: by which she asked to be told, whatever else is open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prefers: Option<String>,
    /// Persons who turned out to be this one; their cases are hers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub also: Vec<String>,
    /// Who this one turned out to be.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub merged_into: Option<String>,
}

impl Record for Person {
    const KIND: &'static str = "person";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::person(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        self.phone.iter().map(|phone| keys::person_by_phone(phone, &self.id)).collect()
    }
}

impl Record for Case {
    const KIND: &'static str = "case";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::case(&self.number.digits())
    }

    fn indexes(&self) -> Vec<Key> {
        let number = &self.number.digits();
        let mut indexes = vec![
            keys::case_by_receipt(self.received_at, number),
            keys::case_by_state(self.state.id(), self.round_due_at, number),
            keys::case_by_person(&self.person, number),
            keys::case_by_change(self.updated_at, number),
        ];
        let is_open = self.state.is_open();
        if is_open {
            indexes.push(keys::case_by_due(self.late_from(), number));
        }
        for signer in &self.co_signers {
            indexes.push(keys::case_by_person(signer, number));
        }
        let village = self.place_code.as_ref();
        indexes.extend(village.map(|code| keys::case_by_village(code, self.received_at, number)));
        // Those that help, and the one to which it is offered, find it in their lists as well.
        let helpers = self.course.helpers.iter().map(|helper| &helper.department);
        let mut departments: Vec<&String> =
            self.department.iter().chain(&self.course.handover_to).chain(helpers).collect();
        departments.sort();
        departments.dedup();
        for department in departments {
            indexes.push(keys::case_by_department(department, is_open, self.round_due_at, number));
        }
        indexes.extend(self.wakes_at.map(|at| keys::case_clock(at, number)));
        let visit = self.course.visit.as_ref().filter(|_| is_open);
        indexes.extend(visit.map(|visit| keys::case_visit(visit.at, number)));
        // Until what is personal in it was taken away.
        if !is_open && self.erased.is_none_or(|erased| erased.depth != Depth::All) {
            indexes.push(keys::case_to_clear(self.ended_at(), number));
        }
        indexes
    }
}

impl Record for Listing {
    const KIND: &'static str = "listing";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::listing(&self.number.digits())
    }

    fn indexes(&self) -> Vec<Key> {
        let number = &self.number.digits();
        let mut indexes = vec![
            keys::listing_by_state(self.state.id(), self.changed_at, number),
            keys::listing_by_person(&self.person, number),
        ];
        if self.state == ListingState::Shown {
            indexes.push(keys::listing_shown(self.kind.id(), self.changed_at, number));
            indexes.extend(self.shown_until.map(|until| keys::listing_due(until, number)));
        }
        indexes
    }
}

/// One event of a case; the case is the fold of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    pub case: String,
    /// From 1, without gaps.
    pub n: u32,
    /// Without its personal texts: see `private_records`.
    pub event: CaseEvent,
    /// To the texts that were taken out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<String>,
    /// Covers all of this and the event before it: see `desk::chain`.
    #[serde(default)]
    pub hash: String,
}

impl Record for StoredEvent {
    const KIND: &'static str = "event";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::event(&self.case, self.n)
    }

    fn indexes(&self) -> Vec<Key> {
        let told = is_told(self.event.change.step());
        let told = told.then(|| keys::event_told(self.event.at, &self.case, self.n));
        told.into_iter().collect()
    }
}

/// A message on its way to a villager. `id` is its idempotency key for its whole life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    pub id: String,
    /// A notice goes to the person, wherever she can be reached by then.
    pub person: Option<String>,
    /// A late or long reply goes back to the address that the question came from.
    pub address: Option<String>,
    pub case: Option<String>,
    /// When no channel will carry it, a clerk phones. A reminder is not worth a call.
    pub must_arrive: bool,
    pub body: Body,
    pub status: Status,
    pub made_at: Timestamp,
    /// When it is looked at next; ignored once the status is final.
    pub due_at: Timestamp,
    pub tries: Vec<Try>,
    /// The channel's own id, under which a delivery report will come.
    pub message_id: Option<String>,
    /// Sent, or perhaps sent: looked at again then, if nothing was heard by that time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub awaits: Option<Timestamp>,
    /// `wechat` or `sms`: a clerk wants it to go this way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub only: Option<String>,
    /// The task that a clerk has because of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub task: Option<String>,
    /// The SMS channel in whose queue it stands; `None`: in that of WeChat, where everything
    /// begins whose way is not known yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lane: Option<String>,
    /// How often its SMS provider was asked what became of it.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub asked: u8,
}

impl Outgoing {
    /// It answers what she wrote, and is not to wait behind notices.
    pub fn is_answer(&self) -> bool {
        self.address.is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A text of 通知.yaml, rendered when it is sent, for the channel that carries it.
    Notice { kind: String, fields: BTreeMap<String, String> },
    /// Words that are already chosen.
    Text(String),
}

/// Moves only forward: Waiting ⇄ Sending, then one of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Waiting,
    /// Handed to the channel, whose answer is not on disk. Found so after a crash, it
    /// is unknown whether it went: see `Unknown`.
    Sending,
    Sent,
    Delivered,
    /// It may have gone: never sent again by the program, shown to a clerk.
    Unknown,
    /// No channel will carry it: a clerk phones.
    Phone,
    /// A clerk has dealt with it.
    Settled,
    /// She read it in the reply to her own message.
    Replied,
    /// A later notice of the same case stands for it.
    Merged,
}

impl Status {
    pub fn is_final(self) -> bool {
        !matches!(self, Status::Waiting | Status::Sending)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Try {
    pub at: Timestamp,
    /// `customer_service`, `template`, `subscription`, `simulator` or `sms/` and a channel.
    pub route: String,
    /// The channel will not carry this message this way, however often it is tried.
    pub refused: bool,
    /// What the channel said; plain Chinese for the clerk.
    pub result: String,
    /// The provider's id of this attempt, if it went by SMS.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message_id: Option<String>,
    /// Parts that are billed, if it went by SMS: as we counted, then as the provider did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub segments: Option<u32>,
}

impl Record for Outgoing {
    const KIND: &'static str = "outgoing";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::outgoing(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        let mut indexes = Vec::new();
        let over = self.status.is_final();
        let looked_at = if over { self.awaits } else { Some(self.due_at) };
        indexes.extend(looked_at.map(|at| match &self.lane {
            None => keys::outgoing_due(at, &self.id),
            Some(_) if over => keys::outgoing_unheard(at, &self.id),
            Some(channel) => keys::outgoing_in_lane(channel, self.is_answer(), at, &self.id),
        }));
        if let Some(case) = &self.case {
            indexes.push(keys::outgoing_by_case(case, self.made_at, &self.id));
        }
        let tries = self.tries.iter().filter_map(|tried| tried.message_id.as_ref());
        for message in self.message_id.iter().chain(tries) {
            indexes.push(keys::outgoing_by_message(message, &self.id));
        }
        indexes
    }
}

/// What a channel reports about a message whose id is not noted down yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlyReceipt {
    /// The channel's own id.
    pub message: String,
    pub delivered: bool,
    pub detail: String,
    pub came_at: Timestamp,
}

impl Record for EarlyReceipt {
    const KIND: &'static str = "receipt";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::receipt(&self.message)
    }
}

/// Something that only a person can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: String,
    pub kind: TaskKind,
    pub title: String,
    pub reason: String,
    pub who: String,
    pub phone: Option<String>,
    pub case: Option<String>,
    pub outgoing: Option<String>,
    /// Where the villager of a hand-over can be written to.
    pub address: Option<String>,
    pub lines: Vec<Line>,
    /// `account/media id` of what she sent.
    pub media: Vec<String>,
    /// Whose data it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    pub opened_at: Timestamp,
    pub done: Option<Done>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// A message that no channel would carry.
    Phone,
    /// A villager who wants a person.
    HandOver,
    /// A recording that has to be listened to.
    Voice,
    /// A message of which nobody knows whether it arrived.
    Dead,
    /// What a villager said about her case, for the department that has it.
    Relay,
    /// Somebody is in danger, or was when she wrote.
    Danger,
    /// A department is late: the platform telephones it.
    Supervise,
    /// Somebody wants to be put in touch with the writer of a listing.
    Listing,
    /// Stocks, orders and payments do not agree.
    Reconcile,
    /// A merchant's paper or membership ends soon.
    Paper,
    /// Somebody wants what is known of her to be deleted.
    Forget,
    /// What is due today, by departments.
    Morning,
    /// Many tell of the same within an hour.
    Burst,
    /// Silence does not end a case before the platform has tried to ask her.
    CallBack,
    /// What a leader wrote on a case waits for its answer.
    Direct,
    /// Something about an order has to be looked at; `case` is its number.
    Flag,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub at: Timestamp,
    pub from_villager: bool,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    pub at: Timestamp,
    pub by: String,
    pub note: String,
}

impl Record for Task {
    const KIND: &'static str = "task";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::task(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        if self.done.is_some() {
            return Vec::new();
        }
        vec![keys::open_task(self.opened_at, &self.id)]
    }
}

/// A photo or recording that came in. WeChat keeps it three days: it is fetched at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// `account/media id`
    pub id: String,
    pub kind: MediaKind,
    pub state: MediaState,
    pub came_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Photo,
    Voice,
    Video,
    /// A paper that a department sends with its answer.
    File,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    Wanted {
        due_at: Timestamp,
        tries: u32,
    },
    /// In `data/media`, under the SHA-256 of its bytes.
    Kept {
        hash: String,
        content_type: String,
        bytes: u64,
    },
    Lost {
        why: String,
    },
}

impl Record for Media {
    const KIND: &'static str = "media";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::media(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        match &self.state {
            MediaState::Wanted { due_at, .. } => vec![keys::media_due(*due_at, &self.id)],
            MediaState::Kept { hash, .. } => vec![keys::media_by_hash(hash, &self.id)],
            MediaState::Lost { .. } => Vec::new(),
        }
    }
}

/// The next number of a series that has not been leased yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    pub name: String,
    pub next: u32,
}

impl Record for Counter {
    const KIND: &'static str = "counter";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::counter(&self.name)
    }
}

/// A one-time code that ties a telephone to a WeChat; only its hash is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkCode {
    pub hash: String,
    pub number: String,
    pub until: Timestamp,
}

impl Record for LinkCode {
    const KIND: &'static str = "link_code";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::link_code(&self.hash)
    }

    fn indexes(&self) -> Vec<Key> {
        vec![keys::link_code_until(self.until, &self.hash)]
    }
}

/// One line on the simulator's phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhoneLine {
    pub user: String,
    /// Microseconds since 1970, and never twice for one user.
    pub id: u64,
    pub from_villager: bool,
    pub text: String,
    /// hash of a kept file
    pub media: Option<String>,
}

impl Record for PhoneLine {
    const KIND: &'static str = "phone_line";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::phone_line(&self.user, self.id)
    }
}

/// Whose work something is, when several instances share the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    pub name: String,
    pub holder: String,
    pub until: Timestamp,
}

impl Record for Lease {
    const KIND: &'static str = "lease";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::lease(&self.name)
    }
}

/// The access token of a WeChat account, when several instances share the store.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SharedToken {
    pub account: String,
    pub token: String,
    pub ends_at: Timestamp,
    /// When tokens were made by force, within a day.
    pub forced: Vec<Timestamp>,
    /// An instance is fetching the next one.
    pub asking_until: Option<Timestamp>,
}

impl SharedToken {
    pub fn new(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            token: String::new(),
            ends_at: Timestamp::UNIX_EPOCH,
            forced: Vec::new(),
            asking_until: None,
        }
    }
}

/// Without the token.
impl std::fmt::Debug for SharedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedToken").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Record for SharedToken {
    const KIND: &'static str = "wechat_token";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::wechat_token(&self.account)
    }
}
