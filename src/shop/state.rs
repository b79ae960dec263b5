//! The states of an order and the one table of what may follow what, who may do it, on what
//! condition, and whom it is told. `decide`, the fold, the notices and the pages read it.
//! What was paid is apart from it: see [`PayState`].

use super::event::Change;
use crate::county::words;

words! {
    State {
        /// Its goods are set aside.
        Placed "placed" "待商家确认",
        Confirmed "confirmed" "已接单",
        Packed "packed" "已装好",
        InTransit "in_transit" "在路上",
        Arrived "arrived" "到店待取",
        Collected "collected" "已取货",
        Delivered "delivered" "已送到",
        /// The seven days are over.
        Completed "completed" "已完成",
        Refused "refused" "商家没接",
        Cancelled "cancelled" "已取消",
        Returning "returning" "要退货",
        Returned "returned" "已退货",
    }
}

impl State {
    /// Something is still to be done with its goods.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            S::Placed | S::Confirmed | S::Packed | S::InTransit | S::Arrived | S::Returning
        )
    }

    /// Its goods are set aside in the stock.
    pub fn holds_stock(self) -> bool {
        matches!(self, S::Placed | S::Confirmed | S::Packed | S::InTransit | S::Arrived)
    }
}

words! {
    PayState {
        /// In cash, when she gets the goods.
        Due "due" "取货时付",
        /// By WeChat Pay, not yet done.
        Awaiting "awaiting" "等付款",
        /// To the operator's bank account, and nobody has seen it there yet.
        Transfer "transfer" "等转账",
        Paid "paid" "已付",
        PartlyRefunded "partly_refunded" "退了一部分",
        Refunded "refunded" "已退款",
        /// The order came to nothing before anything was paid.
        Void "void" "不用付",
    }
}

words! {
    PayMethod {
        CashAtShop "cash_shop" "到店付现金",
        CashOnDelivery "cod" "货到付现金",
        Wechat "wechat" "微信支付",
        /// A cooperative, a village: the platform writes such an order down.
        Account "account" "转账",
    }
}

words! {
    /// How money came: the id of the payment says it.
    PaidBy {
        Cash "cash" "现金",
        Transfer "bank" "转账",
        Wechat "wechat" "微信",
    }
}

impl PaidBy {
    /// WeChat's own ids have no such beginning.
    pub fn of(transaction: &str) -> Self {
        let begins = |way: &Self| transaction.split_once('-').is_some_and(|(id, _)| id == way.id());
        [Self::Cash, Self::Transfer].into_iter().find(begins).unwrap_or(Self::Wechat)
    }

    /// `cash-526003184`
    pub fn transaction(self, no: &str) -> String {
        format!("{}-{no}", self.id())
    }

    /// Somebody gives it back; by WeChat it goes back by itself.
    pub fn by_hand(self) -> bool {
        self != Self::Wechat
    }
}

words! {
    Fulfil {
        Pickup "pickup" "到店自取",
        Home "home" "送到家",
    }
}

words! {
    /// The kinds of [`Change`], without what they carry.
    Step {
        Placed "placed" "下单",
        Confirmed "confirmed" "接单",
        Refused "refused" "不接单",
        WeightAsked "weight_asked" "问称重",
        Packed "packed" "装货",
        Sent "sent" "发车",
        Arrived "arrived" "到店",
        Nudged "nudged" "催商家",
        Reminded "reminded" "催取货",
        WrongCode "wrong_code" "取货码不对",
        Collected "collected" "取货",
        Delivered "delivered" "送到",
        Completed "completed" "完成",
        Cancelled "cancelled" "取消",
        ReturnAsked "return_asked" "要退货",
        ReturnTaken "return_taken" "收回退货",
        ReturnDeclined "return_declined" "不退",
        Paid "paid" "付款",
        RefundDue "refund_due" "要退款",
        Refunded "refunded" "退款",
        RemedyAsked "remedy_asked" "要换要修",
        RemedyTaken "remedy_taken" "收下要换要修的",
        RemedyDone "remedy_done" "换好修好",
        RemedyDeclined "remedy_declined" "不换不修",
        Complained "complained" "投诉",
        ComplaintAnswered "complaint_answered" "答投诉",
        Flagged "flagged" "标记",
        Looked "looked" "看过了",
    }
}

impl Change {
    pub fn step(&self) -> Step {
        match self {
            Change::Placed { .. } => Step::Placed,
            Change::Confirmed { .. } => Step::Confirmed,
            Change::Refused { .. } => Step::Refused,
            Change::WeightAsked { .. } => Step::WeightAsked,
            Change::Packed { .. } => Step::Packed,
            Change::Sent { .. } => Step::Sent,
            Change::Arrived { .. } => Step::Arrived,
            Change::Nudged => Step::Nudged,
            Change::Reminded => Step::Reminded,
            Change::WrongCode { .. } => Step::WrongCode,
            Change::Collected { .. } => Step::Collected,
            Change::Delivered => Step::Delivered,
            Change::Completed => Step::Completed,
            Change::Cancelled { .. } => Step::Cancelled,
            Change::ReturnAsked { .. } => Step::ReturnAsked,
            Change::ReturnTaken { .. } => Step::ReturnTaken,
            Change::ReturnDeclined { .. } => Step::ReturnDeclined,
            Change::Paid { .. } => Step::Paid,
            Change::RefundDue { .. } => Step::RefundDue,
            Change::Refunded { .. } => Step::Refunded,
            Change::RemedyAsked { .. } => Step::RemedyAsked,
            Change::RemedyTaken => Step::RemedyTaken,
            Change::RemedyDone { .. } => Step::RemedyDone,
            Change::RemedyDeclined { .. } => Step::RemedyDeclined,
            Change::Complained { .. } => Step::Complained,
            Change::ComplaintAnswered { .. } => Step::ComplaintAnswered,
            Change::Flagged { .. } => Step::Flagged,
            Change::Looked { .. } => Step::Looked,
        }
    }
}

words! {
    /// Who may take a step.
    Party {
        /// The villager whose order it is.
        Buyer "buyer" "本人",
        /// The merchant whose goods they are.
        Merchant "merchant" "商家",
        /// The desk, and the agent in the village shop.
        Staff "staff" "工作人员",
        /// The clock, and WeChat Pay.
        System "system" "系统",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Empty: there is no order yet.
    pub from: &'static [State],
    pub step: Step,
    /// `None`: the state stays.
    pub to: Option<State>,
    pub who: &'static [Party],
    /// The condition, for the manual; the code of it is in `decide`.
    pub guard: &'static str,
    /// Ids of the notices to the buyer and to the merchant.
    pub buyer: Option<&'static str>,
    pub merchant: Option<&'static str>,
}

use Party as P;
use State as S;

const ALL: &[State] = &[
    S::Placed,
    S::Confirmed,
    S::Packed,
    S::InTransit,
    S::Arrived,
    S::Collected,
    S::Delivered,
    S::Completed,
    S::Refused,
    S::Cancelled,
    S::Returning,
    S::Returned,
];
const OPEN: &[State] = &[S::Placed, S::Confirmed, S::Packed, S::InTransit, S::Arrived];
const HANDED: &[State] = &[S::Collected, S::Delivered];
/// She has the goods.
const HERS: &[State] = &[S::Collected, S::Delivered, S::Completed];
const SELLERS: &[Party] = &[P::Merchant, P::Staff];
const STAFF: &[Party] = &[P::Staff];
const SYSTEM: &[Party] = &[P::System];
const BUYERS: &[Party] = &[P::Buyer, P::Staff];

const fn row(
    from: &'static [State],
    step: Step,
    to: Option<State>,
    who: &'static [Party],
    guard: &'static str,
    (buyer, merchant): (Option<&'static str>, Option<&'static str>),
) -> Transition {
    Transition { from, step, to, who, guard, buyer, merchant }
}

#[rustfmt::skip]
pub const TRANSITIONS: [Transition; 33] = [
    row(&[], Step::Placed, Some(S::Placed), BUYERS, "货在架上；数量合规；有电话；送到家有地址", (Some("order_placed"), Some("merchant_order"))),
    row(&[S::Placed], Step::Confirmed, Some(S::Confirmed), SELLERS, "微信支付的已经付了；可以只接一部分", (Some("order_confirmed"), None)),
    row(&[S::Placed], Step::Refused, Some(S::Refused), SELLERS, "写明原因", (Some("order_refused"), None)),
    row(&[S::Placed], Step::Nudged, None, SYSTEM, "2小时没有回音，一次", (None, Some("merchant_nudge"))),
    row(&[S::Confirmed], Step::WeightAsked, None, SELLERS, "称重和单子差5%以上", (Some("order_weight"), None)),
    row(&[S::Confirmed], Step::Packed, Some(S::Packed), &[P::Buyer, P::Merchant, P::Staff], "本人只能答应称重", (None, None)),
    row(&[S::Confirmed, S::Packed], Step::Sent, Some(S::InTransit), SELLERS, "没装的一并装好", (Some("order_sent"), None)),
    row(&[S::Packed, S::InTransit], Step::Arrived, Some(S::Arrived), STAFF, "自取；取货码没有人用", (Some("order_arrived"), None)),
    row(&[S::Arrived], Step::Reminded, None, SYSTEM, "到店2天、66小时各一次", (Some("order_reminder"), None)),
    row(&[S::Arrived], Step::WrongCode, None, STAFF, "第5次锁15分钟", (None, None)),
    row(&[S::Arrived], Step::Collected, Some(S::Collected), STAFF, "取货码对，或姓名和手机尾号对", (Some("order_collected"), None)),
    row(&[S::Packed, S::InTransit], Step::Delivered, Some(S::Delivered), SELLERS, "送到家", (Some("order_delivered"), None)),
    row(HANDED, Step::Completed, Some(S::Completed), SYSTEM, "7天以后", (None, None)),
    row(&[S::Placed, S::Confirmed], Step::Cancelled, Some(S::Cancelled), &[P::Buyer, P::Staff, P::System], "系统：没有人接，没有付款，集中订的没有订够", (Some("order_cancelled"), Some("merchant_cancelled"))),
    row(&[S::Packed], Step::Cancelled, Some(S::Cancelled), &[P::Staff, P::System], "系统：集中订的没有订够", (Some("order_cancelled"), Some("merchant_cancelled"))),
    row(&[S::InTransit], Step::Cancelled, Some(S::Cancelled), STAFF, "写明原因", (Some("order_cancelled"), Some("merchant_cancelled"))),
    row(&[S::Arrived], Step::Cancelled, Some(S::Cancelled), &[P::Staff, P::System], "3天没有来取", (Some("order_cancelled"), Some("merchant_cancelled"))),
    row(HANDED, Step::ReturnAsked, Some(S::Returning), BUYERS, "7天以内；不在例外里", (Some("order_returning"), Some("merchant_return"))),
    row(&[S::Returning], Step::ReturnTaken, Some(S::Returned), SELLERS, "货收回了", (Some("order_returned"), None)),
    row(&[S::Returning], Step::ReturnDeclined, Some(S::Completed), SELLERS, "写明原因", (Some("order_kept"), None)),
    row(HERS, Step::RemedyAsked, None, BUYERS, "换货15天以内，维修一年以内；一次一样", (Some("order_remedy"), Some("merchant_remedy"))),
    row(HERS, Step::RemedyTaken, None, SELLERS, "有等着换、等着修的", (None, None)),
    row(HERS, Step::RemedyDone, None, SELLERS, "换货的，货架上还有", (Some("order_remedied"), None)),
    row(HERS, Step::RemedyDeclined, None, SELLERS, "写明原因", (Some("order_remedy_declined"), None)),
    row(ALL, Step::Paid, None, &[P::Staff, P::System], "一个付款单号一次；微信付的告诉双方", (Some("order_paid"), Some("merchant_order"))),
    row(ALL, Step::RefundDue, None, &[P::Buyer, P::Merchant, P::Staff, P::System], "付的比该付的多", (Some("order_refund"), None)),
    row(ALL, Step::Refunded, None, &[P::Staff, P::System], "一个退款单号一次", (Some("order_refunded"), None)),
    row(ALL, Step::Complained, None, BUYERS, "成为一件事，另有编号", (None, None)),
    row(ALL, Step::ComplaintAnswered, None, SELLERS, "有这件投诉，还没有答过", (None, None)),
    row(OPEN, Step::Flagged, None, &[P::Staff, P::System], "同一个原因一次", (None, None)),
    row(HERS, Step::Flagged, None, &[P::Staff, P::System], "要换要修的3个工作日没有办好", (None, None)),
    row(&[S::Returning], Step::Flagged, None, &[P::Staff, P::System], "同一个原因一次", (None, None)),
    row(ALL, Step::Looked, None, STAFF, "有还没看的标记", (None, None)),
];

/// May this party take the step from that state? Pages, chat and decisions ask here.
pub fn may(from: State, step: Step, party: Party) -> bool {
    transition(Some(from), step).is_some_and(|row| row.who.contains(&party))
}

/// The row for this step from that state; `None` when it may not follow.
pub fn transition(from: Option<State>, step: Step) -> Option<&'static Transition> {
    TRANSITIONS.iter().find(|row| {
        row.step == step && from.map_or(row.from.is_empty(), |from| row.from.contains(&from))
    })
}
