//! Whom an event is told, and what the text is filled with. The texts themselves are the
//! county's (通知.yaml).

use std::collections::BTreeMap;

use super::event::{Actor, Change, OrderEvent};
use super::money::Fen;
use super::order::Order;
use super::state::{Fulfil, Party, PayMethod, PayState, State, Step, TRANSITIONS, Transition};
use crate::calendar::spoken;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `Buyer` or `Merchant`.
    pub to: Party,
    /// As in the table of transitions.
    pub id: &'static str,
    /// Always: `number` `title` (the goods) `total` `state` `shop` `merchant` `due` (by when the
    /// merchant answers) `pay`. Of the event: `code`, `reason`, `amount`, `text` (what was weighed).
    /// For the merchant: `who`, the village; with the goods, where they lie.
    pub fields: BTreeMap<&'static str, String>,
}

/// The notices for `event`, with `order` as it is after it. She is not told what she did
/// herself in the conversation in which she did it.
pub fn notices(order: &Order, event: &OrderEvent) -> Vec<Notice> {
    let step = event.change.step();
    // The state has moved on: the row is the one that leads to it.
    let leads_here =
        |row: &&Transition| row.step == step && row.to.is_none_or(|to| to == order.state);
    let row = TRANSITIONS.iter().find(leads_here);
    let Some(row) = row else { return Vec::new() };
    let part = matches!(event.change, Change::Confirmed { in_part: true, .. });
    // A merchant begins with an order that is paid, where it is paid beforehand.
    let beforehand = order.pay == PayMethod::Wechat;
    let begins = step == if beforehand { Step::Paid } else { Step::Placed };
    let can_begin = order.state == State::Placed && order.pay_state() != PayState::Awaiting;
    let buyer = match (row.buyer, &event.by) {
        (_, Actor::Buyer { .. }) => None,
        (Some("order_confirmed"), _) if part => Some("order_part"),
        // At the door it is said by who brings it.
        (Some("order_sent"), _) if order.fulfil == Fulfil::Pickup => None,
        // Of cash that she hands over she need not be told.
        (Some("order_paid"), _) if !(beforehand && can_begin) => None,
        (told, _) => told,
    };
    let merchant = match (row.merchant, &event.by) {
        (_, Actor::Merchant { .. }) => None,
        (Some("merchant_order"), _) if !(begins && can_begin) => None,
        (told, _) => told,
    };
    let notice = |to, id| Notice { to, id, fields: fields(order, &event.change, to) };
    let to_buyer = buyer.map(|id| notice(Party::Buyer, id));
    let to_merchant = merchant.map(|id| notice(Party::Merchant, id));
    to_buyer.into_iter().chain(to_merchant).collect()
}

fn fields(order: &Order, change: &Change, to: Party) -> BTreeMap<&'static str, String> {
    let mut fields = BTreeMap::from([
        ("number", order.number.to_string()),
        ("title", if to == Party::Merchant { order.goods_from() } else { order.goods() }),
        ("total", order.total().to_string()),
        ("state", order.state.word().to_owned()),
        ("shop", format!("{}店", order.village_name)),
        ("merchant", order.merchant_name.clone()),
        ("due", format!("{}前", spoken(order.confirm_by))),
        ("who", format!("{}{}", order.village_name, order.name)),
        ("pay", pay_words(order, to)),
    ]);
    if let Some(code) = &order.code {
        fields.insert("code", code.clone());
    }
    match change {
        Change::Refused { reason }
        | Change::Cancelled { reason }
        | Change::ReturnAsked { reason }
        | Change::ReturnDeclined { reason } => {
            fields.insert("reason", reason.clone());
        }
        Change::RemedyAsked { reason, .. } | Change::RemedyDeclined { reason } => {
            fields.insert("reason", reason.clone());
            of_remedy(order, &mut fields);
        }
        Change::RemedyDone { .. } => of_remedy(order, &mut fields),
        Change::RefundDue { amount, reason, .. } => {
            fields.insert("amount", amount.to_string());
            fields.insert("reason", reason.clone());
        }
        Change::Refunded { no } => {
            let refund = order.refunds.iter().find(|refund| refund.no == *no);
            fields.insert("amount", refund.map(|r| r.amount.to_string()).unwrap_or_default());
        }
        Change::WeightAsked { weights } => {
            let lines = order.lines.iter().zip(weights).filter(|(line, _)| line.weighed);
            let lines: Vec<String> = lines
                .map(|(line, weight)| format!("{}{weight}{}", line.title, line.unit))
                .collect();
            fields.insert("text", lines.join("、"));
        }
        _ => {}
    }
    fields
}

/// The merchant hears how it is paid, she what she has to have with her.
fn pay_words(order: &Order, to: Party) -> String {
    if to == Party::Merchant {
        return match order.pay {
            PayMethod::Wechat | PayMethod::Account => order.pay.word().to_owned(),
            PayMethod::CashAtShop | PayMethod::CashOnDelivery => "付现金".to_owned(),
        };
    }
    let owed = order.owed();
    match (order.pay, order.fulfil) {
        _ if owed == Fen::ZERO => "钱已经付了".to_owned(),
        (PayMethod::Account, _) => format!("请转账{owed}"),
        (_, Fulfil::Pickup) => format!("取货时付{owed}"),
        (_, Fulfil::Home) => format!("送到时付{owed}"),
    }
}

/// What is done to which goods.
fn of_remedy(order: &Order, fields: &mut BTreeMap<&'static str, String>) {
    let Some(remedy) = order.remedies.last() else { return };
    fields.insert("state", remedy.kind.word().to_owned());
    let line = order.lines.get(remedy.line);
    fields.insert("title", line.map(|line| line.title.clone()).unwrap_or_default());
}
