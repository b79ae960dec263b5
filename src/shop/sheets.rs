//! What is printed for a day: who packs what, what goes to which village, what a driver
//! unloads and collects. Made from the orders of the day; nothing here is stored.

use std::collections::BTreeMap;

use super::money::{Fen, Milli};
use super::order::Order;
use super::run::Run;
use super::state::{Fulfil, PayState};

/// A line of the delivery sheet of a village.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    pub n: usize,
    pub code: String,
    pub number: String,
    pub name: String,
    /// `138****8000`
    pub phone: String,
    pub goods: String,
    pub packages: i64,
    /// Still to be paid in cash.
    pub owed: Fen,
    pub pay: &'static str,
    /// Empty for pick-up.
    pub address: String,
    pub note: String,
}

/// What one merchant packs, over all orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickingRow {
    pub merchant: String,
    pub goods: String,
    pub unit: String,
    pub quantity: Milli,
    pub orders: usize,
}

/// What is sorted out for one village.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortingRow {
    pub village: String,
    pub merchant: String,
    pub goods: String,
    pub unit: String,
    pub quantity: Milli,
    pub packages: i64,
}

/// A stop of a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRow {
    pub run: String,
    pub village: String,
    pub orders: usize,
    pub packages: i64,
    pub to_homes: usize,
    /// In cash, for all orders of the stop.
    pub owed: Fen,
}

/// In the order of their numbers.
pub fn delivery(orders: &[&Order]) -> Vec<DeliveryRow> {
    let mut orders = orders.to_vec();
    orders.sort_by_key(|order| order.number);
    let row = |(n, order): (usize, &&Order)| DeliveryRow {
        n: n + 1,
        code: order.code.clone().unwrap_or_default(),
        number: order.number.to_string(),
        name: order.name.clone(),
        phone: crate::zh::mask_phone(&order.phone),
        goods: order.goods(),
        packages: order.packages(),
        owed: order.owed(),
        pay: match order.pay_state() {
            PayState::Due => order.pay.word(),
            // It weighed more than what she paid before.
            _ if order.owed() > Fen::ZERO => "补差价",
            _ => "已付",
        },
        address: match order.fulfil {
            Fulfil::Home => order.address.clone(),
            Fulfil::Pickup => String::new(),
        },
        note: order.note.clone(),
    };
    orders.iter().enumerate().map(row).collect()
}

pub fn picking(orders: &[&Order]) -> Vec<PickingRow> {
    let mut rows: BTreeMap<(&str, &str, &str), (Milli, usize)> = BTreeMap::new();
    for order in orders {
        for line in order.lines.iter().filter(|line| line.quantity > Milli::ZERO) {
            let key = (order.merchant_name.as_str(), line.title.as_str(), line.unit.as_str());
            let (quantity, count) = rows.entry(key).or_default();
            *quantity = quantity.plus(line.quantity).unwrap_or(Milli::MAX);
            *count += 1;
        }
    }
    let row = |((merchant, goods, unit), (quantity, orders)): (_, _)| {
        let (merchant, goods, unit): (&str, &str, &str) = (merchant, goods, unit);
        let own = str::to_owned;
        PickingRow { merchant: own(merchant), goods: own(goods), unit: own(unit), quantity, orders }
    };
    rows.into_iter().map(row).collect()
}

pub fn sorting(orders: &[&Order]) -> Vec<SortingRow> {
    let mut villages: Vec<&str> = orders.iter().map(|order| &*order.village_name).collect();
    villages.sort_unstable();
    villages.dedup();
    villages
        .into_iter()
        .flat_map(|village| {
            let here: Vec<&Order> =
                orders.iter().copied().filter(|order| order.village_name == village).collect();
            let packages = |merchant: &str, goods: &str| {
                let lines = here.iter().filter(|order| order.merchant_name == merchant);
                let lines = lines.flat_map(|order| &order.lines);
                let lines = lines.filter(|line| line.title == goods);
                lines
                    .map(|line| if line.weighed { 1 } else { (line.quantity.0 + 999) / 1_000 })
                    .sum()
            };
            let rows = picking(&here);
            let row = |row: PickingRow| SortingRow {
                village: village.to_owned(),
                packages: packages(&row.merchant, &row.goods),
                merchant: row.merchant,
                goods: row.goods,
                unit: row.unit,
                quantity: row.quantity,
            };
            rows.into_iter().map(row).collect::<Vec<_>>()
        })
        .collect()
}

/// The stops of each run in the order in which they are driven to.
pub fn route(orders: &[&Order], runs: &[Run]) -> Vec<RouteRow> {
    let mut rows: BTreeMap<(&str, &str, &str), RouteRow> = BTreeMap::new();
    for order in orders {
        let stop = (&*order.run, &*order.village, &*order.village_name);
        let row = rows.entry(stop).or_insert_with(|| RouteRow {
            run: order.run.clone(),
            village: order.village_name.clone(),
            orders: 0,
            packages: 0,
            to_homes: 0,
            owed: Fen::ZERO,
        });
        row.orders += 1;
        row.packages += order.packages();
        row.to_homes += usize::from(order.fulfil == Fulfil::Home);
        row.owed = row.owed.plus(order.owed()).unwrap_or(Fen::MAX);
    }
    let mut rows: Vec<(&str, RouteRow)> =
        rows.into_iter().map(|((_, village, _), row)| (village, row)).collect();
    let place = |run: &str, village: &str| {
        runs.iter().find(|known| known.name == run).map_or(0, |known| known.place_of(village))
    };
    rows.sort_by_key(|(village, row)| (row.run.clone(), place(&row.run, village)));
    rows.into_iter().map(|(_, row)| row).collect()
}
