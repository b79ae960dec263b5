//! What waits for somebody today: for a merchant its new orders and what it packs, for a
//! village's counter what comes, what lies there and what cash goes with it.

use jiff::civil::Date;

use crate::calendar::local_date;
use crate::desk::private::mask_name;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, beijing};
use crate::shop::{Fen, Lead, Order, PaidBy, Refund, State};
use crate::store::{StoreError, keys, list_by_index};

use super::orders::{LIST_MAX, order_row};
use super::reach::Reach;
use super::runs::cash_of;
use super::views::{DayList, DayPage};

const OPEN: &[State] = &[State::Placed, State::Confirmed, State::Packed, State::Returning];
/// Where a complaint is still worth a look.
const ALL: &[State] = State::ALL;

impl Office {
    pub async fn shop_day(&self, session: &Session) -> Result<DayPage, CommandError> {
        let today = local_date(self.clock.now());
        let reach = self.reach(session).await?;
        match &reach {
            Reach::Merchants(own) => {
                let mut orders = Vec::new();
                let (mut leads, mut samples) = (0, 0);
                for id in own {
                    for state in ALL {
                        // Of what is over the newest.
                        let range = keys::orders_of_merchant(id, state.id());
                        let range = if state.is_open() { range } else { keys::newest_first(range) };
                        orders.extend(self.some_orders(range).await?);
                    }
                    orders.extend(self.some_orders(keys::complained_orders(id)).await?);
                    let range = keys::open_leads_of(id);
                    leads += list_by_index::<Lead>(&*self.store, range, LIST_MAX).await?.len();
                    samples += self.samples_waiting(Some(id)).await?;
                }
                let warnings = self.merchants(session).await?;
                let warnings = warnings.into_iter().flat_map(|row| {
                    let name = row.name;
                    row.warnings.into_iter().map(move |warning| format!("{name}：{warning}"))
                });
                let orders = once_each(orders);
                let hint = "点进去写怎么回事；办这件投诉的单位看得到。";
                Ok(DayPage {
                    warnings: warnings.collect(),
                    leads,
                    samples,
                    ..seller(&orders, hint)
                })
            }
            Reach::Village(village) => {
                let mut orders = Vec::new();
                for state in ALL {
                    let range = keys::orders_of_village(village, state.id());
                    let range = if state.is_open() { range } else { keys::newest_first(range) };
                    orders.extend(self.some_orders(range).await?);
                }
                let runs = self.runs_to(village).await?;
                Ok(DayPage { runs, ..counter(&orders, today) })
            }
            Reach::All | Reach::Reads => {
                let mut orders = Vec::new();
                for state in OPEN {
                    let range = keys::orders_in_state(state.id());
                    orders.extend(self.some_orders(range).await?);
                }
                orders.extend(self.some_orders(keys::orders_with_remedy()).await?);
                orders.extend(self.some_orders(keys::orders_by_answer(false)).await?);
                if reach == Reach::Reads {
                    orders.iter_mut().for_each(|order| order.name = mask_name(&order.name));
                }
                let hint = "请催商家答复；商家答了，就不在这里了。";
                let samples = self.samples_waiting(None).await?;
                Ok(DayPage { samples, ..seller(&once_each(orders), hint) })
            }
        }
    }

    async fn some_orders(&self, range: crate::store::Range) -> Result<Vec<Order>, StoreError> {
        let found = list_by_index::<Order>(&*self.store, range, LIST_MAX).await?;
        Ok(found.into_iter().map(|(_, order)| order.record).collect())
    }
}

/// In the order in which they were placed.
fn once_each(mut orders: Vec<Order>) -> Vec<Order> {
    orders.sort_by_key(|order| (order.placed_at, order.number));
    orders.dedup_by_key(|order| order.number);
    orders
}

fn list(
    title: &'static str,
    hint: &'static str,
    orders: &[Order],
    wanted: impl Fn(&Order) -> bool,
) -> DayList {
    let rows = orders.iter().filter(|order| wanted(order)).map(order_row).collect();
    DayList { title, hint, rows }
}

/// `complaints`: what is to be done about one that its merchant has not answered.
fn seller(orders: &[Order], complaints: &'static str) -> DayPage {
    let in_state = |state: State| move |order: &Order| order.state == state;
    DayPage {
        lists: vec![
            list("新订单", "点进去接单；没有的，可以只接一部分。", orders, in_state(State::Placed)),
            list("要装的", "装好、称好，等车来。", orders, in_state(State::Confirmed)),
            list("装好的", "车来了，记「发车」。", orders, in_state(State::Packed)),
            list("要退的", "收到退货就记下；不能退的写原因。", orders, in_state(State::Returning)),
            list(
                "要换要修的",
                "3个工作日里办，办好了记下；办不了的写原因。",
                orders,
                |order| order.open_remedy().is_some(),
            ),
            list("有投诉没答的", complaints, orders, |order| order.unanswered().is_some()),
        ],
        ..DayPage::default()
    }
}

fn counter(orders: &[Order], today: Date) -> DayPage {
    let arrived = || orders.iter().filter(|order| order.state == State::Arrived);
    let handed_today =
        |order: &Order| order.handed_at.is_some_and(|at| beijing::civil(at).date() == today);
    let taken = orders.iter().filter(|order| handed_today(order));
    let back = |order: &Order| -> i64 {
        let done =
            order.refunds.iter().filter(|refund| refund.done && refund.paid_by() == PaidBy::Cash);
        done.map(|refund| refund.amount.0).sum()
    };
    let taken: i64 = taken.map(|order| order.in_cash().0 - back(order)).sum();
    let coming = |order: &Order| matches!(order.state, State::Packed | State::InTransit);
    DayPage {
        lists: vec![
            list("路上的", "车到了，点进去记「到店」，取货码就发给买的人。", orders, coming),
            list(
                "等人来取",
                "问取货码；没有码的对姓名和手机尾号。",
                orders,
                |order| order.state == State::Arrived,
            ),
            list(
                "要退的",
                "收回东西，记「收回」；付过现金的把钱退了再记。",
                orders,
                |order| {
                    let mut refunds = order.refunds.iter();
                    order.state == State::Returning || refunds.any(Refund::waits_in_cash)
                },
            ),
            list(
                "要换要修的",
                "东西收下了记一下；商家办好送回来，记「办好了」。",
                orders,
                |order| order.open_remedy().is_some(),
            ),
            list("今天交出去的", "", orders, handed_today),
        ],
        cash_due: Some(cash_of(arrived()).to_string()),
        cash_taken: Some(Fen(taken).to_string()),
        ..DayPage::default()
    }
}
