//! What the office shows to the floor above: plain values, ready to be rendered.

use jiff::Timestamp;

pub use crate::desk::Role;
use crate::store::StoreError;

/// Shown as JSON by /health.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Health {
    pub ok: bool,
    /// One line each: what is wrong and what to do. Empty when all is well.
    pub problems: Vec<String>,
    pub details: serde_json::Value,
}

/// A request that we do not accept. `reason` is English, for the log, without the body.
#[derive(Debug, Clone)]
pub struct Refused {
    pub status: u16,
    pub reason: String,
}

pub struct WebhookAnswer {
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// A signed-in member of the staff.
#[derive(Debug, Clone)]
pub struct Session {
    pub name: String,
    pub role: Role,
    /// Of one who works for a department.
    pub department: Option<String>,
    /// 12 digits, of one who works in a village.
    pub village: Option<String>,
    /// Of one who works for a merchant or an operator.
    pub merchant: Option<String>,
    /// The address from which she signed in.
    pub from: String,
    pub csrf: String,
    pub owes: Owes,
}

/// What somebody has to do before anything else is open to her.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owes {
    Nothing,
    /// The number that her telephone shows.
    Code,
    /// A password of her own instead of the one-time password.
    Password,
    /// An administrator's telephone is not bound yet.
    SecondStep,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    #[error("名字或密码不对，请再试一次。")]
    Wrong,
    #[error("连续输错5次，已锁定到{0}。请稍后再试，或请安全管理员重置密码。")]
    Locked(String),
    #[error("数字不对，或者用过了。请等手机上换一个新的再输。")]
    WrongCode,
    #[error("这个账号已经停用。要恢复，请找安全管理员。")]
    Stopped,
    #[error("这个账号还没有批准。请找另一位安全管理员批准。")]
    Waits,
    #[error("这个身份没有对应的账号。请找安全管理员登记。")]
    Unknown,
    #[error("统一登录没有成功：{0}请再试一次，或者用密码登录。")]
    Outside(&'static str),
    #[error("系统正忙，请过一会儿再试。")]
    Busy,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError {
    /// Somebody else changed it since the page was shown.
    #[error("这件事刚刚有人动过，请看过新情况再办。")]
    Changed,
    /// The rules forbid it; the text says what to do, in Chinese.
    #[error("{0}")]
    Refused(String),
    /// The same of one field of a form, by its name.
    #[error("{1}")]
    Field(&'static str, String),
    #[error("没有找到。")]
    NotFound,
    #[error("没有存上，请稍后再试；一直这样请告诉管理员。")]
    Unavailable,
}

impl CommandError {
    /// What is refused is refused because of this field.
    pub(super) fn of(self, field: &'static str) -> Self {
        match self {
            CommandError::Refused(text) => CommandError::Field(field, text),
            other => other,
        }
    }

    /// Beside which field it is told.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            CommandError::Field(field, _) => Some(field),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// id of a state, as in `StateChoice`.
    pub state: Option<String>,
    /// id of a department.
    pub department: Option<String>,
    pub overdue: bool,
    /// What waits for the one who looks; the others' queues hold nothing for her.
    pub queue: Option<crate::desk::Queue>,
    /// a case number in any form, or words in title or text.
    pub search: Option<String>,
    /// 12 digits.
    pub village: Option<String>,
    /// A code in categories.csv.
    pub category: Option<String>,
    /// The first nine digits of its villages.
    pub township: Option<String>,
    /// By which it came in.
    pub channel: Option<String>,
    pub open: bool,
    /// Open and nearly late; open and its department was telephoned.
    pub amber: bool,
    pub supervised: bool,
    /// The same person had come with the same kind of matter.
    pub repeated: bool,
    /// Open for so many working days: a place in `desk::figures::AGES`.
    pub age: Option<usize>,
    /// Received at this moment or later, and before that one.
    pub received_from: Option<Timestamp>,
    pub received_to: Option<Timestamp>,
    /// Closed at this moment or later, and before that one.
    pub closed_from: Option<Timestamp>,
    pub closed_to: Option<Timestamp>,
    /// Received in this hour of Beijing's day.
    pub hour: Option<i8>,
    /// Of this time class.
    pub class: Option<String>,
    /// With such an assignment, due at this moment or later, and before that one.
    pub counted: Option<crate::desk::figures::Counted>,
    pub due_from: Option<Timestamp>,
    pub due_to: Option<Timestamp>,
    /// Late, or nearly, at the end of this day.
    pub late_on: Option<jiff::civil::Date>,
    pub amber_on: Option<jiff::civil::Date>,
    /// Changed at this moment or later; those that changed first come first.
    pub updated_from: Option<Timestamp>,
    /// cursor of the previous page
    pub after: Option<String>,
}

impl CaseFilter {
    /// Only what is open can match.
    pub fn open_only(&self) -> bool {
        self.open || self.overdue || self.amber || self.supervised || self.age.is_some()
    }
}

#[derive(Debug, Clone)]
pub struct CasePage {
    pub rows: Vec<CaseRow>,
    pub next: Option<String>,
    pub states: Vec<Choice>,
    pub departments: Vec<Choice>,
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub id: String,
    pub label: String,
}

#[derive(Debug, Clone)]
pub struct CaseRow {
    /// "126041273"; shown as 126-041-273
    pub number: String,
    pub title: String,
    pub place: String,
    pub state_id: &'static str,
    pub state: &'static str,
    /// Not closed and not taken back.
    pub open: bool,
    pub department: Option<String>,
    pub received_at: Timestamp,
    pub promised_at: Timestamp,
    pub overdue: bool,
    /// 80 % of the working time is used.
    pub amber: bool,
    /// 未定: the notice of holidays of that year is not there yet.
    pub unsettled: bool,
    /// Office minutes to the promised time, less than nothing when it is past; `None`: answered,
    /// or the clock stands still.
    pub left: Option<i64>,
    /// Office minutes of one working day.
    pub day_minutes: i64,
    /// The channel it came by.
    pub source: &'static str,
    pub category: Option<String>,
    pub confidential: bool,
    /// The same person had come with the same kind of matter not long before.
    pub repeats: bool,
    pub round: u8,
    /// How often she asked for haste.
    pub urges: u32,
}

#[derive(Debug, Clone)]
pub struct CaseView {
    pub row: CaseRow,
    /// 求助, 投诉, 举报 ...
    pub kind: &'static str,
    pub category: Option<String>,
    /// Masked, until `identified`.
    pub name: Option<String>,
    pub phone: Option<String>,
    pub identified: bool,
    /// She may see them if she says why.
    pub may_identify: bool,
    /// They were taken away.
    pub erased: bool,
    /// When somebody comes to her, and who.
    pub visit: Option<String>,
    /// what the villager wrote, never edited
    pub text: String,
    /// What was made of it: what, value, and how, the sureness with it.
    pub understood: Vec<(String, String, String)>,
    pub channel: &'static str,
    /// Who typed it: herself, or somebody for her.
    pub filed_by: String,
    /// The other platform that it came from, and its number there.
    pub source: Option<String>,
    /// The names of those who sign with her.
    pub co_signers: Vec<String>,
    pub reply: Option<String>,
    pub rating: Option<String>,
    /// The digits of the closed case that it goes on with.
    pub follows: Option<String>,
    /// What goes with the answer, or went with it.
    pub attached: Vec<MediaView>,
    pub may_attach: bool,
    pub media: Vec<MediaView>,
    pub timeline: Vec<TimelineLine>,
    pub notices: Vec<NoticeView>,
    /// By which way she wants to be told.
    pub prefers: &'static str,
    /// By which way the next notice would go now.
    pub next_by: String,
    /// Somebody has to read it to her.
    pub phone_only: bool,
    /// Nobody but the platform sees whose it is.
    pub confidential: bool,
    pub helpers: Vec<String>,
    /// The times that run, hers first.
    pub clocks: Vec<ClockView>,
    pub stops: Vec<StopView>,
    /// Which departments have had it.
    pub turns: Vec<TurnView>,
    /// Who has the next step; `None`: it is put away.
    pub waits: Option<String>,
    /// Of a consumer's complaint: the limits of the law, which run beside ours.
    pub mediation: Option<String>,
    /// To a complaint about an order: what its merchant says.
    pub merchant_said: Option<TimelineLine>,
    /// Why the department that is suggested leads it, by the catalogue of leads.
    pub lead_basis: Option<String>,
    /// What may be about the same.
    pub alike: Vec<AlikeView>,
    /// The digits of the case with which the same person came not long ago.
    pub repeats: Option<String>,
    /// The case under which this one goes on, and those that go on under this one.
    pub parent: Option<String>,
    pub children: Vec<String>,
    /// Of a 代办: the seven steps, and when each was done. Empty for all else.
    pub errand: Vec<(&'static str, Option<String>)>,
    /// The numbers of the 督办单 that were sent about it.
    pub slips: Vec<u8>,
    /// What the same person ordered, the newest first.
    pub orders: Vec<super::shop::OrderRow>,
    /// There is a page of who looked at whose it is.
    pub looks: bool,
    /// What is open to the one who looks, the usual next step first.
    pub forms: Vec<CaseForm>,
    /// goes back with each form; a different one means somebody was faster
    pub revision: u32,
}

/// A time that somebody has for something.
#[derive(Debug, Clone)]
pub struct ClockView {
    pub what: &'static str,
    pub whose: String,
    pub due: Timestamp,
    /// Office minutes, less than nothing when it is past; `None`: it does not run.
    pub left: Option<i64>,
    pub state: &'static str,
}

/// While the clock stood still.
#[derive(Debug, Clone)]
pub struct StopView {
    pub from: Timestamp,
    /// `None`: it still does.
    pub to: Option<Timestamp>,
    pub by: String,
    pub what: &'static str,
    pub why: String,
}

/// While a department had it, or helped with it.
#[derive(Debug, Clone)]
pub struct TurnView {
    pub department: String,
    pub lead: bool,
    pub from: Timestamp,
    /// And whether nobody had said so in time.
    pub accepted: Option<(Timestamp, bool)>,
    pub due: Timestamp,
    /// How it ended.
    pub until: Option<(Timestamp, &'static str)>,
}

/// Another case that may be about the same.
#[derive(Debug, Clone)]
pub struct AlikeView {
    /// The digits.
    pub number: String,
    pub text: String,
    pub state: &'static str,
    pub received_at: Timestamp,
    /// Of the texts, in per cent.
    pub similarity: u8,
    pub same_person: bool,
    /// This one may go on under it.
    pub takes: bool,
    /// It may go on under this one.
    pub goes: bool,
}

/// What the bot understood of one line.
#[derive(Debug, Clone)]
pub struct LineView {
    /// The whole line, in order.
    pub marks: Vec<Mark>,
    /// What it is, and what was understood.
    pub facts: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub text: String,
    /// None: nothing was recognised here.
    pub what: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub struct MediaView {
    pub kind: &'static str, // "photo" | "voice" | "video" | "file"
    /// None while it is being fetched or when it was lost; then `note` says so
    pub url: Option<String>,
    pub note: String,
}

impl MediaView {
    /// With what it is called, where there is nothing to say of how it came.
    pub fn named(self, name: String) -> Self {
        let note = if self.url.is_some() { name } else { format!("{name}：{}", self.note) };
        Self { note, ..self }
    }
}

#[derive(Debug, Clone)]
pub struct TimelineLine {
    pub at: Timestamp,
    pub who: String,
    pub what: String,
    pub detail: String,
}

#[derive(Debug, Clone)]
pub struct NoticeView {
    pub id: String,
    pub at: Timestamp,
    pub text: String,
    /// "已送达" "等待发送" "需要打电话" ...
    pub status: String,
    pub detail: String,
    /// The way of the last attempt, and when it was; empty before the first.
    pub by: String,
    pub sent_at: Option<Timestamp>,
    /// Parts of a short message that are billed.
    pub segments: Option<u32>,
}

#[derive(Debug, Clone)]
pub struct CaseForm {
    pub action: &'static str,
    pub title: String,
    pub intro: &'static str,
    pub button: String,
    pub is_main: bool,
    /// What is written reaches her: it can be looked at as she will see it.
    pub previews: bool,
    /// What is often written here, to be filled in.
    pub canned: Vec<Choice>,
    pub fields: Vec<FormField>,
}

#[derive(Debug, Clone)]
pub struct FormField {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub kind: FieldKind,
    pub required: bool,
    /// What is suggested.
    pub value: String,
}

#[derive(Debug, Clone)]
pub enum FieldKind {
    Line,
    Text,
    Number { min: u8, max: u8 },
    Day,
    Moment,
    Choice(Vec<Choice>),
}

#[derive(Debug, Clone)]
pub struct TaskView {
    pub id: String,
    /// "phone" | "handover" | "voice" | "dead" | "relay" | "danger" | "listing" | "reconcile"
    /// | "paper" | "morning" | "burst" | "call_back" | "direct"
    pub kind: &'static str,
    pub title: String,
    /// why it is here
    pub reason: String,
    pub who: String,
    pub phone: Option<String>,
    pub case: Option<String>,
    /// Whose data it is about.
    pub person: Option<String>,
    /// what to say, or what she said
    pub lines: Vec<TaskLine>,
    pub media: Vec<MediaView>,
    /// "sms", "wechat": its message could go this way too
    pub other_ways: Vec<&'static str>,
    pub opened_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct TaskLine {
    pub at: Timestamp,
    pub from_villager: bool,
    pub text: String,
}

/// What a villager advertises, for the desk.
#[derive(Debug, Clone)]
pub struct ListingView {
    /// The digits.
    pub number: String,
    pub kind: &'static str,
    pub text: String,
    pub place: String,
    /// Masked, like the number and those in the text, until she has said why.
    pub name: Option<String>,
    pub phone: Option<String>,
    pub identified: bool,
    /// Others may see the number.
    pub phone_open: bool,
    pub made_at: Timestamp,
    /// Nobody has looked at it; else it is shown.
    pub waiting: bool,
    pub shown_until: Option<Timestamp>,
    pub checked_by: Option<String>,
    pub revision: u32,
}

pub struct MediaFile {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// What the villager's phone shows.
#[derive(Debug, Clone, serde::Serialize)]
pub struct PhoneMessage {
    pub id: u64,
    pub at: Timestamp,
    /// "me" | "bot"
    pub from: &'static str,
    pub text: String,
    pub media_url: Option<String>,
}

pub enum PhoneInput {
    Text(String),
    /// a recording; the simulator has no transcript either
    Voice(Vec<u8>, String),
    Photo(Vec<u8>, String),
    Location {
        latitude: f64,
        longitude: f64,
        label: String,
    },
    Menu(String),
    Follow {
        scene: Option<String>,
    },
    Unfollow,
}

pub struct PhoneMenuItem {
    pub name: String,
    /// Empty where it opens `items`.
    pub key: String,
    pub items: Vec<PhoneMenuItem>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum PhoneError {
    #[error("没有存上，请再发一次。")]
    Unavailable,
    #[error("发得太快了，歇一会儿再发。")]
    TooFast,
    #[error("{0}")]
    Bad(String),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => CommandError::Changed,
            error => {
                tracing::error!(%error, "the store refused");
                CommandError::Unavailable
            }
        }
    }
}

impl From<StoreError> for PhoneError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store refused");
        PhoneError::Unavailable
    }
}
