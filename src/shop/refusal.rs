//! Why something in the shop is not done, in words for the one who asked for it.

use jiff::civil::Date;

use super::agency::ParcelState;
use super::merchant::{Admission, Stage};
use super::money::{Fen, Milli};
use super::state::{State, Step};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0}是空的。请写上{0}。")]
    Missing(&'static str),
    #[error("{what}太长，有{chars}个字，最多{max}个字。")]
    TooLong { what: &'static str, chars: usize, max: usize },
    #[error("数目太大，不像是真的。请核对。")]
    TooLarge,
    #[error("记录已满{0}条，不能再记。")]
    Full(usize),
    #[error("现在是“{stage}”，不能“{step}”。")]
    Admission { stage: Stage, step: Admission },
    #[error("这次投诉{0}已经记过属实。")]
    UpheldBefore(Date),
    #[error("{what}到{last}已过期。请先登记新的有效期。")]
    PaperEnded { what: &'static str, last: Date },
    #[error("卖农资的，还要先记「农业部门审查通过」。")]
    FarmReview,
    #[error("试用期的商家最多卖{max}种，这张表里有{count}种。")]
    TrialArticles { count: usize, max: usize },

    #[error("单子是空的。请说要买什么。")]
    Empty,
    #[error("现在是“{from}”，不能改成“{to}”。")]
    Parcel { from: ParcelState, to: ParcelState },
    #[error("这个样品已经答过了。")]
    SampleAnswered,
    #[error("要把电话交给对方，先要她本人同意。")]
    Consent,

    #[error("一次最多买{0}样，请分几次买。")]
    TooManyLines(usize),
    #[error("{name}至少买{min}{unit}。")]
    TooLittle { name: String, min: Milli, unit: String },
    #[error("{name}一次最多买{max}{unit}。")]
    TooMuch { name: String, max: Milli, unit: String },
    #[error("{name}每人最多买{max}{unit}（{span}），您已经订了{had}{unit}。")]
    Share { name: String, span: &'static str, max: Milli, had: Milli, unit: String },
    #[error("{name}从{min}{unit}起，每次加{step}{unit}。")]
    Step { name: String, min: Milli, step: Milli, unit: String },
    #[error("{name}不够了，只剩{free}{unit}。")]
    Short { name: String, free: Milli, unit: String },
    #[error("{name}只能到店里买，不能在这里订。")]
    ShopOnly { name: String },
    #[error("{name}现在不卖。")]
    NotOffered { name: String },
    #[error("{name}这一轮已经订满了，对不起。下一轮开始时再请您订。")]
    CycleFull { name: String },
    #[error("{name}这一轮已经截止，对不起。下一轮开始时再请您订。")]
    CycleClosed { name: String },
    #[error("{name}这一轮不送您这个村，对不起。")]
    CycleElsewhere { name: String },
    #[error("送到家要写地址，请说送到哪一组、谁家。")]
    NoAddress,
    #[error("还没有留电话。请留个电话，货到了好告诉您。")]
    NoPhone,

    #[error("没有这个订单。请核对订单号。")]
    NoOrder,
    #[error("订单号已经用过，请再试一次。")]
    NumberTaken,
    #[error("这不是您的订单。")]
    NotYours,
    #[error("这一步（{}）要由{}来做。", .step, .who)]
    NotAllowed { step: Step, who: String },
    #[error("订单现在是“{}”，不能{}。{}", .state, .step, .mend)]
    NotNow { state: State, step: Step, mend: &'static str },
    #[error("取货码不对，还能试{left}次。没有码的，请核对姓名和手机尾号。")]
    WrongCode { left: u8 },
    #[error("取货码错了{max}次，锁住到{until}。没有码的，请核对姓名和手机尾号。")]
    CodeLocked { max: u8, until: String },
    #[error("姓名或手机尾号对不上，请再核对。")]
    WrongPerson,
    #[error("数量和单子对不上：{0}。")]
    Quantities(String),
    #[error("超过七天了，不能无理由退货。东西有毛病请回「换货」「维修」，或回「投诉商家」。")]
    ReturnTooLate,
    #[error("拿到东西超过{days}天了，不能{what}。商家答应过的，请回「投诉商家」。")]
    RemedyTooLate { what: &'static str, days: i64 },
    #[error("{name}{rule}，不能无理由退货。东西有毛病请回「换货」，或回「投诉商家」。")]
    NotReturnable { name: String, rule: &'static str },
    #[error("付的是{paid}，要付的是{due}。")]
    Amount { paid: Fen, due: Fen },
    #[error("付款单号用过了，金额却不一样。请找平台查账。")]
    Transaction,
}
