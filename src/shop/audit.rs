//! Does an order agree with its own history, and its money with itself?

use super::event::OrderEvent;
use super::money::{Fen, Milli};
use super::order::{Order, fold};
use super::state::{PayMethod, State};

/// What is wrong with it, in words for who has to look. `None`: all agrees.
pub fn audit(order: &Order, events: &[OrderEvent]) -> Option<String> {
    let number = order.number;
    match fold(events) {
        Ok(made) if made == *order => {}
        Ok(_) => return Some(format!("订单{number}和它的经过对不上。")),
        Err(error) => return Some(format!("订单{number}的经过读不通（{error}）。")),
    }
    let paid: i64 = order.transactions.iter().map(|one| one.amount.0).sum();
    if paid != order.paid.0 {
        return Some(format!("订单{number}记的已付{}，付款加起来是{}。", order.paid, Fen(paid)));
    }
    if order.refunding() > order.paid {
        let refunding = order.refunding();
        return Some(format!("订单{number}要退{refunding}，只付过{}。", order.paid));
    }
    let handed = matches!(order.state, State::Collected | State::Delivered | State::Completed);
    let kept = order.kept();
    // A transfer may come later.
    let comes_later = order.pay == PayMethod::Account && kept < order.payable();
    if handed && kept != order.payable() && !comes_later {
        let due = order.payable();
        return Some(format!("订单{number}货已交，应收{due}，实收{kept}。"));
    }
    None
}

/// What open orders have set aside, by stock.
pub fn reserved<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
) -> std::collections::BTreeMap<String, Milli> {
    let mut sums = std::collections::BTreeMap::new();
    let open = orders.into_iter().filter(|order| order.state.holds_stock());
    for line in open.flat_map(|order| &order.lines) {
        if let Some(stock) = &line.stock {
            let sum: &mut Milli = sums.entry(stock.clone()).or_default();
            *sum = Milli(sum.0.saturating_add(line.quantity.0));
        }
    }
    sums
}
