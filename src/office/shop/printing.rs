//! Sheets of a day, for paper and for a table program.

use jiff::civil::Date;

use crate::county::words;
use crate::office::Office;
use crate::office::rights::Right;
use crate::office::sheet::Sheet;
use crate::office::views::{CommandError, Session};
use crate::shop::{self, Order, Run, State};
use crate::store::{StoreError, keys, list_by_index};

use super::reach::Reach;
use super::runs::{READY, cash_of};

const PAGE: usize = 500;
const ORDERS_MAX: usize = 5_000;
/// On a sheet: what a merchant has promised, until it is handed over.
const ON_SHEETS: [State; 4] = [State::Confirmed, State::Packed, State::InTransit, State::Arrived];

words! {
    SheetKind {
        /// For one village: who gets what, with a line to sign on.
        Delivery "delivery" "村级配送单",
        /// For each merchant: what to pack.
        Picking "picking" "拣货单",
        /// For each village: what to sort out.
        Sorting "sorting" "分拣单",
        /// For each driver: the stops, and the cash to collect.
        Route "route" "路线单",
    }
}

const DELIVERY: [&str; 12] = [
    "序号",
    "取货码",
    "订单号",
    "收货人",
    "电话",
    "商品",
    "件数",
    "应收",
    "付款",
    "地址",
    "备注",
    "签收",
];
const PICKING: [&str; 6] = ["商家", "商品", "数量", "单位", "单数", "从哪里出"];
const SORTING: [&str; 7] = ["村", "商家", "商品", "数量", "单位", "件数", "从哪里出"];
const ROUTE: [&str; 6] = ["车次", "村", "单数", "件数", "送到家", "应收"];

impl Office {
    /// The sheets that somebody may print.
    pub fn sheet_kinds(session: &Session) -> &'static [SheetKind] {
        if session.may(Right::Orders) {
            &[SheetKind::Delivery, SheetKind::Picking, SheetKind::Sorting, SheetKind::Route]
        } else if session.may(Right::HandOut) {
            &[SheetKind::Delivery]
        } else if session.may(Right::OwnOrders) {
            &[SheetKind::Picking]
        } else {
            &[]
        }
    }

    /// `village`: its name or 12 digits; only of the delivery sheet, and needed there. A merchant
    /// sees what it packs, a village's counter what comes to it.
    pub async fn sheet(
        &self,
        session: &Session,
        kind: SheetKind,
        day: Date,
        village: Option<&str>,
    ) -> Result<Sheet, CommandError> {
        let reach = self.reach(session).await?;
        if !Self::sheet_kinds(session).contains(&kind) {
            return Err(CommandError::NotFound);
        }
        let unknown = || CommandError::Refused("没有这个村。请写村名，重名的带上乡镇。".into());
        let village = match &reach {
            Reach::Village(own) => Some(own.clone()),
            Reach::All | Reach::Reads | Reach::Merchants(_) => {
                village.map(|named| self.village_code(named).ok_or_else(unknown)).transpose()?
            }
        };
        let village = village.as_deref();
        if kind == SheetKind::Delivery && village.is_none() {
            return Err(CommandError::Refused("村级配送单要写哪个村。".into()));
        }
        let runs = self.runs_of(day).await?;
        let mut all = self.orders_of_day(day).await?;
        all.extend(self.orders_late(day, &runs).await?);
        if matches!(reach, Reach::Merchants(_)) {
            all.retain(|order| reach.order(order));
        }
        let here = |order: &&Order| village.is_none_or(|village| order.village == village);
        let orders: Vec<&Order> = all.iter().filter(here).collect();
        let owed = cash_of(orders.iter().copied());
        let packages: i64 = orders.iter().map(|order| order.packages()).sum();
        let place = match village {
            Some(code) => {
                let tables = self.tables();
                let place = tables.places.get(code);
                let place = place.ok_or_else(unknown)?;
                format!("{}{}店", place.township, place.name)
            }
            None => "全县".into(),
        };
        let mut heading = format!("{day}　{place}　{}单", orders.len());
        if let Some(village) = village.filter(|_| kind == SheetKind::Delivery) {
            heading.push_str(&self.runs_and_agents(village, &orders, &runs).await?);
        }
        let foot = format!("共{packages}件，应收现金{owed}");
        let (columns, rows): (&'static [&'static str], _) = match kind {
            SheetKind::Delivery => (&DELIVERY, delivery(&orders)),
            SheetKind::Picking => (&PICKING, picking(&orders)),
            SheetKind::Sorting => (&SORTING, sorting(&orders)),
            SheetKind::Route => (&ROUTE, route(&orders, &runs)),
        };
        Ok(Sheet { title: kind.word(), heading, columns, rows, foot })
    }

    /// `　车次：冀B12345 王师傅 13900000009　代办员：毛庄代办员`, of what is known.
    async fn runs_and_agents(
        &self,
        village: &str,
        orders: &[&Order],
        known: &[Run],
    ) -> Result<String, CommandError> {
        let mut names: Vec<&str> = orders.iter().map(|order| order.run.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|run| !run.is_empty());
        let phone = |name: &str| known.iter().find(|run| run.name == name).map(|run| &run.phone);
        let shown = |name: &str| format!("{name} {}", phone(name).map_or("", String::as_str));
        let runs = names.iter().map(|name| shown(name).trim_end().to_owned()).collect();
        let staff = self.all_staff().await?;
        let here = staff.iter().filter(|one| one.village.as_deref() == Some(village));
        let agents: Vec<String> = here.map(|one| one.name.clone()).collect();
        let mut text = String::new();
        for (what, names) in [("车次", runs), ("代办员", agents)] {
            if !names.is_empty() {
                text.push_str(&format!("　{what}：{}", names.join("、")));
            }
        }
        Ok(text)
    }

    async fn orders_of_day(&self, day: Date) -> Result<Vec<Order>, StoreError> {
        let mut all = Vec::new();
        let mut range = keys::orders_of_run(day);
        while all.len() < ORDERS_MAX {
            let page = list_by_index::<Order>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            let wanted = |order: &Order| ON_SHEETS.contains(&order.state);
            all.extend(page.into_iter().map(|(_, order)| order.record).filter(wanted));
        }
        Ok(all)
    }

    /// What should have gone before and has not, and what went late with a run of that day.
    async fn orders_late(&self, day: Date, runs: &[Run]) -> Result<Vec<Order>, StoreError> {
        // The same vehicle goes on other days too.
        let went = |order: &Order| {
            let moved = order.arrived_at.unwrap_or(order.updated_at);
            runs.iter().any(|run| run.name == order.run && run.sent_at <= moved)
        };
        let mut late = Vec::new();
        for state in ON_SHEETS {
            let orders = self.all_within(keys::orders_in_state(state.id())).await?;
            late.extend(
                orders.into_iter().filter(|order| {
                    order.deliver_on < day && (READY.contains(&state) || went(order))
                }),
            );
        }
        Ok(late)
    }
}

fn delivery(orders: &[&Order]) -> Vec<Vec<String>> {
    let cells = |row: shop::DeliveryRow| {
        vec![
            row.n.to_string(),
            row.code,
            row.number,
            row.name,
            row.phone,
            row.goods,
            row.packages.to_string(),
            row.owed.plain(),
            row.pay.to_owned(),
            row.address,
            row.note,
            String::new(),
        ]
    };
    shop::delivery(orders).into_iter().map(cells).collect()
}

fn picking(orders: &[&Order]) -> Vec<Vec<String>> {
    let cells = |row: shop::PickingRow| {
        let (quantity, count) = (row.quantity.to_string(), row.orders.to_string());
        vec![row.merchant, row.goods, quantity, row.unit, count, row.place]
    };
    shop::picking(orders).into_iter().map(cells).collect()
}

fn sorting(orders: &[&Order]) -> Vec<Vec<String>> {
    let cells = |shop::SortingRow { village, of: row }| {
        let (quantity, packages) = (row.quantity.to_string(), row.packages.to_string());
        vec![village, row.merchant, row.goods, quantity, row.unit, packages, row.place]
    };
    shop::sorting(orders).into_iter().map(cells).collect()
}

fn route(orders: &[&Order], runs: &[Run]) -> Vec<Vec<String>> {
    let cells = |row: shop::RouteRow| {
        vec![
            row.run,
            row.village,
            row.orders.to_string(),
            row.packages.to_string(),
            row.to_homes.to_string(),
            row.owed.plain(),
        ]
    };
    shop::route(orders, runs).into_iter().map(cells).collect()
}
