//! 订单清单: the orders of a month that somebody sees, as a table that is taken out. Names and
//! numbers are masked in it: who has to call her does so from the page of the order.

use jiff::civil::Date;

use crate::calendar::local;
use crate::desk::private::mask_name;
use crate::office::Office;
use crate::office::ledgers::Month;
use crate::office::sheet::Sheet;
use crate::office::views::{CommandError, Session};
use crate::shop::{Fen, Order};
use crate::store::{keys, list_by_index};
use crate::zh;

const PAGE: usize = 500;
/// More lines than this are two tables.
const LINES_MAX: usize = 10_000;

const COLUMNS: [&str; 15] = [
    "序号",
    "订单号",
    "下单时间",
    "商家",
    "村",
    "买家",
    "电话",
    "商品",
    "合计(元)",
    "付款方式",
    "付款",
    "取货方式",
    "状态",
    "取走或送到",
    "投诉",
];

impl Office {
    /// `month`: any day of it.
    pub async fn order_list(&self, session: &Session, month: Date) -> Result<Sheet, CommandError> {
        let reach = self.reach(session).await?;
        let month = Month::of(month);
        let mut orders: Vec<Order> = Vec::new();
        let mut range = keys::orders_placed(month.from, month.to);
        loop {
            let page = list_by_index::<Order>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            let found = page.into_iter().map(|(_, order)| order.record);
            orders.extend(found.filter(|order| reach.order(order)));
            if orders.len() > LINES_MAX {
                let text = format!("超过{LINES_MAX}个订单，一张表放不下，请告诉管理员。");
                return Err(CommandError::Refused(text));
            }
        }
        let whole = orders
            .iter()
            .fold(Fen::ZERO, |sum, order| sum.plus(order.payable()).unwrap_or(Fen::MAX));
        let rows: Vec<Vec<String>> = (1..).zip(&orders).map(|(n, order)| line(n, order)).collect();
        Ok(Sheet {
            title: "订单清单",
            heading: format!("{month}　{}　{}个订单", self.county_name(), rows.len()),
            columns: &COLUMNS,
            foot: format!("共{}个订单，应付{}元", rows.len(), whole.plain()),
            rows,
        })
    }
}

fn line(n: usize, order: &Order) -> Vec<String> {
    vec![
        n.to_string(),
        order.number.to_string(),
        local(order.placed_at),
        order.merchant_name.clone(),
        order.village_name.clone(),
        mask_name(&order.name),
        zh::mask_phone(&order.phone),
        order.goods(),
        order.total().plain(),
        order.pay.word().to_owned(),
        order.pay_state().word().to_owned(),
        order.fulfil.word().to_owned(),
        order.state.word().to_owned(),
        order.handed_at.map(local).unwrap_or_default(),
        order.complaints.join("、"),
    ]
}
