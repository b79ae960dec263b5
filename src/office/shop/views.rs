//! What the shop shows to the floor above, and what a page may ask of it.

use jiff::Timestamp;

use crate::office::views::TimelineLine;
use crate::shop::PaidBy;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Id of a state; `None`: all that are open.
    pub state: Option<String>,
    /// Id of a merchant.
    pub merchant: Option<String>,
    /// 12 digits.
    pub village: Option<String>,
    /// An order number in any form, a name, the end of a phone number, or goods.
    pub search: Option<String>,
    /// Only what was flagged and nobody has looked at, whatever its state.
    pub flagged: bool,
}

#[derive(Debug, Clone)]
pub struct OrderRow {
    /// Nine digits.
    pub number: String,
    pub goods: String,
    pub total: String,
    pub merchant: String,
    pub village: String,
    pub name: String,
    /// Masked.
    pub phone: String,
    pub state_id: &'static str,
    pub state: &'static str,
    pub pay_state: &'static str,
    pub placed_at: Timestamp,
    /// Somebody has to look at it.
    pub flagged: bool,
    pub complained: bool,
}

#[derive(Debug, Clone)]
pub struct RefundRow {
    pub no: String,
    pub amount: String,
    pub done: bool,
    /// It goes back the same way: by WeChat by itself, all else by somebody's hand.
    pub paid_by: PaidBy,
}

/// What is to be changed or mended after the sale.
#[derive(Debug, Clone)]
pub struct RemedyRow {
    pub kind: &'static str,
    pub goods: String,
    pub reason: String,
    pub state: &'static str,
    pub asked_at: Timestamp,
    pub is_open: bool,
    pub exchange: bool,
}

#[derive(Debug, Clone)]
pub struct OrderView {
    pub row: OrderRow,
    pub phone: String,
    pub address: String,
    pub fulfil: &'static str,
    pub pay: &'static str,
    pub siblings: Vec<String>,
    pub lines: Vec<OrderLine>,
    pub paid: String,
    pub refunds: Vec<RefundRow>,
    pub remedies: Vec<RemedyRow>,
    pub complaints: Vec<Complaint>,
    /// What nobody has looked at yet.
    pub flags: Vec<String>,
    pub note: String,
    /// She was asked whether the weight is fine.
    pub weighing: bool,
    /// What may be done now: names of forms.
    pub actions: Vec<&'static str>,
    pub timeline: Vec<TimelineLine>,
    /// Goes back with each form; a different one means somebody was faster.
    pub revision: u32,
}

#[derive(Debug, Clone)]
pub struct Complaint {
    /// Nine digits of the case.
    pub case: String,
    /// What the merchant said to it.
    pub answer: Option<TimelineLine>,
}

/// A complaint about an order, as its merchant sees it.
#[derive(Debug, Clone)]
pub struct ComplaintRow {
    pub order: String,
    pub goods: String,
    pub merchant: String,
    pub case: String,
    pub came_at: Timestamp,
    /// What she wrote; empty when she wants it hidden.
    pub said: String,
    /// Of the case.
    pub state: &'static str,
    pub answer: Option<TimelineLine>,
    /// Found true, in the merchant's file.
    pub upheld: bool,
    pub may_answer: bool,
    pub revision: u32,
}

#[derive(Debug, Clone)]
pub struct OrderLine {
    pub title: String,
    pub unit: String,
    pub price: String,
    pub ordered: String,
    pub quantity: String,
    pub amount: String,
    pub weighed: bool,
    pub returns: &'static str,
    /// Where it is taken from: 商家, 县中心, or the village's shop.
    pub place: String,
}

#[derive(Debug, Clone)]
pub enum OrderCommand {
    /// `None`: all of it.
    Confirm {
        quantities: Option<Vec<String>>,
    },
    Refuse {
        reason: String,
    },
    Pack {
        weights: Option<Vec<String>>,
    },
    Send {
        run: String,
    },
    Arrive,
    Collect {
        code: String,
    },
    Release {
        name: String,
        phone_tail: String,
    },
    Deliver,
    Cancel {
        reason: String,
    },
    AskReturn {
        reason: String,
    },
    TakeReturn {
        fit: bool,
    },
    DeclineReturn {
        reason: String,
    },
    AskRemedy {
        kind: String,
        /// From 0.
        line: usize,
        reason: String,
    },
    TakeRemedy,
    FinishRemedy {
        /// How many were changed; `None`: all of the line.
        quantity: Option<String>,
        fit: bool,
    },
    DeclineRemedy {
        reason: String,
    },
    /// Seen on the operator's bank account.
    Banked {
        /// In yuan.
        amount: String,
        /// Of the bank.
        reference: String,
    },
    Refunded {
        no: String,
    },
    AnswerComplaint {
        case: String,
        text: String,
    },
    Look {
        note: String,
    },
}

impl OrderCommand {
    /// The name of its form.
    pub fn form(&self) -> &'static str {
        match self {
            Self::Confirm { .. } => "confirm",
            Self::Refuse { .. } => "refuse",
            Self::Pack { .. } => "pack",
            Self::Send { .. } => "send",
            Self::Arrive => "arrive",
            Self::Collect { .. } => "collect",
            Self::Release { .. } => "release",
            Self::Deliver => "deliver",
            Self::Cancel { .. } => "cancel",
            Self::AskReturn { .. } => "ask_return",
            Self::TakeReturn { .. } => "take_return",
            Self::DeclineReturn { .. } => "decline_return",
            Self::AskRemedy { .. } => "ask_remedy",
            Self::TakeRemedy => "take_remedy",
            Self::FinishRemedy { .. } => "finish_remedy",
            Self::DeclineRemedy { .. } => "decline_remedy",
            Self::Banked { .. } => "banked",
            Self::Refunded { .. } => "refunded",
            Self::AnswerComplaint { .. } => "answer_complaint",
            Self::Look { .. } => "look",
        }
    }
}

#[derive(Debug, Clone)]
pub struct ArticleRow {
    pub id: String,
    pub title: String,
    pub kind: String,
    pub merchant: String,
    pub price: String,
    /// `市场价120元（供销社，2026-11-20）`; empty when none is known.
    pub market: String,
    pub unit: String,
    /// How it is ordered where nothing is counted: 定做, 集中订; empty: it is counted.
    pub uncounted: &'static str,
    pub free: String,
    pub on_hand: String,
    /// Why it can not be ordered today; empty when it can.
    pub hidden: String,
}

#[derive(Debug, Clone)]
pub struct ArticleView {
    pub row: ArticleRow,
    /// `每人最多3袋（30天里）`; empty: it is not limited.
    pub share: String,
    pub brand: String,
    pub origin: String,
    /// Registration or approval number.
    pub licence_no: String,
    pub returns: &'static str,
    /// Shops that show one: `毛庄镇毛庄村店、…`
    pub samples: String,
    /// Their names: one is at `/goods/<id>/<name>`.
    pub pictures: Vec<String>,
    /// Each place; empty when all of it lies with the merchant.
    pub places: Vec<PlaceRow>,
    /// At all places, the newest first.
    pub moves: Vec<MoveRow>,
    /// The number of all moves: goes back with a form, and a different one means that somebody
    /// was faster.
    pub moved: u32,
    pub prices: Vec<TimelineLine>,
}

#[derive(Debug, Clone)]
pub struct PlaceRow {
    pub name: String,
    pub free: String,
    pub on_hand: String,
}

/// What everybody may see of an article.
#[derive(Debug, Clone)]
pub struct PublicArticle {
    pub id: String,
    pub title: String,
    pub name: String,
    pub merchant: String,
    pub price: String,
    pub unit: String,
    pub market: String,
    pub brand: String,
    pub origin: String,
    /// Registration or approval number.
    pub licence_no: String,
    pub returns: &'static str,
    pub share: String,
    pub samples: String,
    /// Their names.
    pub pictures: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct MoveRow {
    pub at: Timestamp,
    pub kind: &'static str,
    pub quantity: String,
    /// Empty when all of it lies with the merchant.
    pub place: String,
    /// The digits of the order for which it was made; may be empty.
    pub order: String,
    pub by: String,
    pub reason: String,
}

#[derive(Debug, Clone)]
pub struct GoodsPage {
    pub rows: Vec<ArticleRow>,
    pub total: usize,
    /// The newest of each article that is ordered in rounds.
    pub rounds: Vec<RoundRow>,
    /// She may upload tables and open rounds.
    pub keeps: bool,
}

/// What a village's shop wants to show.
#[derive(Debug, Clone)]
pub struct SampleRow {
    /// 12 digits.
    pub village: String,
    pub shop: String,
    pub article: String,
    pub title: String,
    pub note: String,
    pub state: &'static str,
    pub reason: String,
    pub by: String,
    pub asked_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct SamplesPage {
    pub rows: Vec<SampleRow>,
    /// At a counter what it shows, for a merchant where its own stand.
    pub shown: Vec<ShownSample>,
    /// A counter may ask, a merchant may answer.
    pub asks: bool,
    pub answers: bool,
}

#[derive(Debug, Clone)]
pub struct ShownSample {
    /// 12 digits.
    pub village: String,
    pub shop: String,
    pub article: String,
    pub title: String,
}

#[derive(Debug, Clone)]
pub struct RoundRow {
    pub article: String,
    pub title: String,
    pub closes_at: Timestamp,
    /// `12卷`
    pub taken: String,
    pub capacity: String,
    /// Empty: nothing was asked for.
    pub least: String,
    pub state: &'static str,
    /// So many may be ordered still, and it has not closed.
    pub open: bool,
}

/// A round that is to be opened; all of it as it was typed.
#[derive(Debug, Clone, Default)]
pub struct NewRound {
    pub article: String,
    /// In Beijing's time: `2026-11-30T16:00`.
    pub closes_at: String,
    pub capacity: String,
    /// Empty: nothing is asked for.
    pub least: String,
    /// Names, with spaces between; empty: everywhere.
    pub villages: String,
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Uploaded {
    pub new: usize,
    pub changed: usize,
    pub same: usize,
}

#[derive(Debug, Clone)]
pub struct MerchantRow {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub stage: &'static str,
    /// Empty: not judged yet.
    pub grade: &'static str,
    pub phone: String,
    pub articles: usize,
    /// Papers that end within 30 days, complaints.
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct UpheldRow {
    /// Nine digits.
    pub case: String,
    pub on: String,
    pub by: String,
    pub basis: String,
}

#[derive(Debug, Clone)]
pub struct MerchantView {
    pub row: MerchantRow,
    pub operator: String,
    pub uscc: String,
    pub contact: String,
    pub deposit: String,
    /// What it writes once, from its own WeChat, to be told of orders there. Empty: it was used;
    /// `None`: not for these eyes.
    pub pass: Option<String>,
    pub bound: usize,
    /// Kind, number, last day, expired.
    pub documents: Vec<(&'static str, String, String, bool)>,
    /// Complaints that were found true, the newest first.
    pub upheld: Vec<UpheldRow>,
    pub timeline: Vec<TimelineLine>,
    /// Id and word of each step that may follow.
    pub steps: Vec<(&'static str, &'static str)>,
    /// She may take steps, file papers and uphold complaints.
    pub admits: bool,
    pub document_kinds: Vec<(&'static str, &'static str)>,
    pub revision: u32,
}

impl MerchantView {
    /// As it is typed.
    pub fn deposit_yuan(&self) -> &str {
        self.deposit.trim_end_matches('元')
    }
}

#[derive(Debug, Clone, Default)]
pub struct NewMerchant {
    pub id: String,
    pub name: String,
    pub operator: String,
    /// `goods` or `service`
    pub kind: String,
    pub uscc: String,
    pub contact: String,
    pub phone: String,
}

#[derive(Debug, Clone)]
pub enum MerchantCommand {
    Step {
        step: String,
        basis: String,
    },
    Document {
        kind: String,
        number: String,
        valid_to: String,
    },
    /// `grade` empty: not judged. `deposit` in yuan.
    Rate {
        grade: String,
        deposit: String,
        basis: String,
    },
    /// A new pass; the old one no longer opens anything.
    NewPass,
    /// A complaint was found true: the number of its case, and what was found.
    Uphold {
        case: String,
        basis: String,
    },
}

/// A vehicle that is to leave; all of it as it was typed.
#[derive(Debug, Clone, Default)]
pub struct NewRun {
    pub day: String,
    pub vehicle: String,
    pub driver: String,
    pub phone: String,
    /// 12 digits each, in the order in which they are driven to.
    pub villages: Vec<String>,
}

/// What went, and what did not and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunSent {
    pub orders: usize,
    pub behind: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct RunsPage {
    pub day: String,
    pub waiting: Vec<WaitingVillage>,
    pub runs: Vec<RunRow>,
}

/// What is ready for a village.
#[derive(Debug, Clone, Default)]
pub struct WaitingVillage {
    pub village: String,
    pub name: String,
    pub orders: usize,
    pub packages: i64,
    /// Not weighed, or waiting for her word.
    pub behind: usize,
}

#[derive(Debug, Clone)]
pub struct RunRow {
    pub day: String,
    pub name: String,
    pub phone: String,
    pub by: String,
    pub sent_at: Timestamp,
    pub stops: Vec<StopRow>,
}

#[derive(Debug, Clone)]
pub struct StopRow {
    pub village: String,
    pub name: String,
    pub arrived_at: Option<Timestamp>,
    pub received_by: String,
}

/// What waits for somebody today.
#[derive(Debug, Clone, Default)]
pub struct DayPage {
    pub lists: Vec<DayList>,
    /// At a counter: vehicles that are on their way to it.
    pub runs: Vec<RunRow>,
    /// At a counter: of what lies there.
    pub cash_due: Option<String>,
    /// At a counter: taken today.
    pub cash_taken: Option<String>,
    /// Papers that end, complaints.
    pub warnings: Vec<String>,
    /// Wishes for a public-service merchant.
    pub leads: usize,
    /// Shops that wait for an answer about a sample.
    pub samples: usize,
}

#[derive(Debug, Clone)]
pub struct DayList {
    pub title: &'static str,
    pub hint: &'static str,
    pub rows: Vec<OrderRow>,
}

/// What an agent wrote down about something bought elsewhere; all of it as it was typed.
#[derive(Debug, Clone, Default)]
pub struct NewPurchase {
    pub item: String,
    pub platform: String,
    pub amount: String,
    pub village: String,
    pub name: String,
    pub phone: String,
}

#[derive(Debug, Clone)]
pub struct PurchaseRow {
    pub id: String,
    pub item: String,
    pub platform: String,
    pub amount: String,
    pub village: String,
    pub name: String,
    /// Masked.
    pub phone: String,
    pub tracking_no: String,
    pub state: &'static str,
    pub by: String,
    pub made_at: Timestamp,
    /// Id and word of each state that may follow.
    pub next: Vec<(&'static str, &'static str)>,
    pub revision: u32,
}

#[derive(Debug, Clone)]
pub struct LeadRow {
    pub id: String,
    pub merchant: String,
    pub kind: &'static str,
    pub wish: String,
    pub name: String,
    /// Whole: she agreed that it is passed on.
    pub phone: String,
    pub village: String,
    pub made_at: Timestamp,
}
