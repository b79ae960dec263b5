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
    /// With the places where they lie.
    pub goods: String,
    pub packages: i64,
    /// Still to be paid in cash.
    pub owed: Fen,
    pub pay: &'static str,
    /// Empty for pick-up.
    pub address: String,
    pub note: String,
}

/// What one merchant packs, over all orders, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickingRow {
    pub merchant: String,
    pub goods: String,
    pub unit: String,
    pub place: String,
    pub quantity: Milli,
    pub packages: i64,
    pub orders: usize,
}

/// What is sorted out for one village.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortingRow {
    pub village: String,
    pub of: PickingRow,
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
        goods: order.goods_from(),
        packages: order.packages(),
        owed: order.cash_due(),
        pay: match order.pay_state() {
            PayState::Due | PayState::Transfer => order.pay.word(),
            // It weighed more than what she paid before.
            _ if order.cash_due() > Fen::ZERO => "补差价",
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
    let mut rows: BTreeMap<(&str, &str, &str, String), PickingRow> = BTreeMap::new();
    for order in orders {
        for line in order.lines.iter().filter(|line| line.quantity > Milli::ZERO) {
            let place = order.place_of(line);
            let key = (&*order.merchant_name, &*line.title, &*line.unit, place.clone());
            let row = rows.entry(key).or_insert_with(|| PickingRow {
                merchant: order.merchant_name.clone(),
                goods: line.title.clone(),
                unit: line.unit.clone(),
                place,
                quantity: Milli::ZERO,
                packages: 0,
                orders: 0,
            });
            row.quantity = row.quantity.plus(line.quantity).unwrap_or(Milli::MAX);
            row.packages += line.packages();
            row.orders += 1;
        }
    }
    rows.into_values().collect()
}

pub fn sorting(orders: &[&Order]) -> Vec<SortingRow> {
    let mut villages: BTreeMap<&str, Vec<&Order>> = BTreeMap::new();
    for order in orders {
        villages.entry(&order.village_name).or_default().push(order);
    }
    let rows = |(village, here): (&str, Vec<&Order>)| {
        let row = |of| SortingRow { village: village.to_owned(), of };
        picking(&here).into_iter().map(row).collect::<Vec<_>>()
    };
    villages.into_iter().flat_map(rows).collect()
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
        row.owed = row.owed.plus(order.cash_due()).unwrap_or(Fen::MAX);
    }
    let mut rows: Vec<(&str, RouteRow)> =
        rows.into_iter().map(|((_, village, _), row)| (village, row)).collect();
    let place = |run: &str, village: &str| {
        runs.iter().find(|known| known.name == run).map_or(0, |known| known.place_of(village))
    };
    rows.sort_by_key(|(village, row)| (row.run.clone(), place(&row.run, village)));
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Life, draft, line, seller, staff};
    use super::super::*;

    #[test]
    fn what_goes_back_to_her_does_not_pay_for_what_weighs_more() {
        let meat = Line { weighed: true, unit: "斤".into(), ..line("A5", 2_000, 5_000) };
        let mut one = draft(1, vec![meat]);
        one.pay = PayMethod::Wechat;
        let mut life = Life::begin(one);
        let pay = Command::Pay { amount: Fen(10_000), transaction: "t".into() };
        life.give(&Actor::System, pay).unwrap();
        let part = Command::Confirm { quantities: Some(vec![Milli(3_000)]) };
        assert_eq!(life.steps(&seller(), part), "confirmed refund_due");
        assert_eq!(life.order().unwrap().owed(), Fen::ZERO);
        let pack = Command::Pack { weights: Some(vec![Milli(3_100)]) };
        assert_eq!(life.steps(&seller(), pack), "packed");
        life.give(&staff(), Command::Send { run: "一号车".into() }).unwrap();
        life.give(&staff(), Command::Arrive { code: "4827".into() }).unwrap();
        let order = life.order().unwrap();
        assert_eq!(
            (order.total(), order.refunding(), order.owed()),
            (Fen(6_200), Fen(4_000), Fen(200))
        );
        let row = delivery(&[&order]).remove(0);
        assert_eq!((row.owed, row.pay), (Fen(200), "补差价"));
        assert_eq!(route(&[&order], &[])[0].owed, Fen(200));
        assert_eq!(
            life.steps(&staff(), Command::TryCode { code: "4827".into() }),
            "collected paid"
        );
        let order = life.order().unwrap();
        assert_eq!(
            (order.in_cash(), order.kept(), order.owed()),
            (Fen(200), Fen(6_200), Fen::ZERO)
        );
    }
}
