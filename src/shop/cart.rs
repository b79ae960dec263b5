//! From what she wants to the lines of orders: summed for each article, checked, priced, and
//! one order for each merchant.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::article::{Article, NotOffered, StockMode};
use super::decide::LINES_MAX;
use super::event::Line;
use super::kinds::GoodsKinds;
use super::merchant::Merchant;
use super::money::{Fen, Milli};
use super::order::Order;
use super::refusal::Refusal;
use super::state::State;
use crate::calendar::{local_date, local_hour};

/// A round in which many order for one delivery. What it can still take is the stock of its id:
/// the capacity is brought in when it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    pub id: String,
    pub article: String,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
    pub capacity: Milli,
    /// Place codes; empty: everywhere.
    pub villages: Vec<String>,
}

/// So much of an article, with all that its price and its offer depend on.
#[derive(Clone, Copy, Debug)]
pub struct Pick<'a> {
    pub article: &'a Article,
    pub merchant: &'a Merchant,
    /// The round that is open, of an article that is ordered in rounds.
    pub cycle: Option<&'a Cycle>,
    pub quantity: Milli,
}

/// Lines of one merchant's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub merchant: String,
    pub merchant_name: String,
    pub lines: Vec<Line>,
    /// Days from the cut-off to the delivery: of the slowest line.
    pub lead_days: u8,
}

/// What is ordered from this hour on goes with the run of the day after next.
const CUT_OFF_HOUR: i8 = 16;

/// The day of the run that brings it.
pub fn deliver_on(now: Timestamp, lead_days: u8) -> Date {
    let missed = i64::from(local_hour(now) >= CUT_OFF_HOUR);
    let today = local_date(now);
    today.checked_add((i64::from(lead_days) + missed).days()).unwrap_or(today)
}

/// Where and when it is ordered.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    pub now: Timestamp,
    /// 12 digits; `None`: not known yet.
    pub village: Option<&'a str>,
    pub kinds: &'a GoodsKinds,
}

/// One parcel for each merchant, in the order in which they were named first.
pub fn parcels(picks: &[Pick], occasion: &Occasion) -> Result<Vec<Parcel>, Refusal> {
    if picks.is_empty() {
        return Err(Refusal::Empty);
    }
    // Two lines of one article are one quantity, before anything is checked.
    let mut order: Vec<&str> = Vec::new();
    let mut sums: BTreeMap<&str, Pick> = BTreeMap::new();
    for pick in picks {
        match sums.get_mut(pick.article.id.as_str()) {
            Some(known) => {
                known.quantity = known.quantity.plus(pick.quantity).ok_or(Refusal::TooLarge)?;
            }
            None => {
                order.push(&pick.article.id);
                sums.insert(&pick.article.id, *pick);
            }
        }
    }
    if order.len() > LINES_MAX {
        return Err(Refusal::TooManyLines(LINES_MAX));
    }
    let mut parcels: Vec<Parcel> = Vec::new();
    for pick in order.iter().filter_map(|id| sums.get(id)) {
        let line = line(pick, occasion)?;
        match parcels.iter_mut().find(|parcel| parcel.merchant == pick.merchant.id) {
            Some(parcel) => {
                parcel.lines.push(line);
                parcel.lead_days = parcel.lead_days.max(pick.article.lead_days);
            }
            None => parcels.push(Parcel {
                merchant: pick.merchant.id.clone(),
                merchant_name: pick.merchant.name.clone(),
                lines: vec![line],
                lead_days: pick.article.lead_days,
            }),
        }
    }
    Ok(parcels)
}

fn line(pick: &Pick, occasion: &Occasion) -> Result<Line, Refusal> {
    let article = pick.article;
    let name = article.title();
    article.offered(pick.merchant, occasion.kinds, local_date(occasion.now)).map_err(|why| {
        match why {
            NotOffered::ShopOnly => Refusal::ShopOnly { name: name.clone() },
            _ => Refusal::NotOffered { name: name.clone() },
        }
    })?;
    article.check(pick.quantity)?;
    let stock = match article.stock_mode {
        StockMode::Tracked => Some(article.id.clone()),
        StockMode::MadeToOrder => None,
        StockMode::Cycle => Some(cycle(pick, occasion, &name)?.id.clone()),
    };
    article.price.times(pick.quantity).ok_or(Refusal::TooLarge)?;
    Ok(Line {
        article: article.id.clone(),
        title: name,
        unit: article.unit.clone(),
        price: article.price,
        quantity: pick.quantity,
        ordered: pick.quantity,
        weighed: article.weighed,
        returns: article.returns,
        stock,
    })
}

fn cycle<'a>(pick: &Pick<'a>, occasion: &Occasion, name: &str) -> Result<&'a Cycle, Refusal> {
    let closed = || Refusal::CycleClosed { name: name.to_owned() };
    let cycle = pick.cycle.ok_or_else(closed)?;
    if occasion.now < cycle.opens_at || occasion.now >= cycle.closes_at {
        return Err(closed());
    }
    let here = |village| cycle.villages.is_empty() || cycle.villages.iter().any(|v| v == village);
    match occasion.village {
        Some(village) if !here(village) => Err(Refusal::CycleElsewhere { name: name.to_owned() }),
        _ => Ok(cycle),
    }
}

/// What one buyer's share of an article is counted over, where it is not sold in rounds.
const SHARE_SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Does she stay within her share of the article, with what she ordered before? What was refused,
/// cancelled or brought back does not count.
pub fn within_share(
    article: &Article,
    line: &Line,
    before: &[Order],
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(max) = article.per_person else { return Ok(()) };
    let in_rounds = article.stock_mode == StockMode::Cycle;
    let recent = |order: &Order| now.duration_since(order.placed_at) <= SHARE_SPAN;
    let counts = |order: &&Order| {
        !matches!(order.state, State::Refused | State::Cancelled | State::Returned)
    };
    let mut had = Milli::ZERO;
    for order in before.iter().filter(counts) {
        for known in order.lines.iter().filter(|known| known.article == line.article) {
            let same = if in_rounds { known.stock == line.stock } else { recent(order) };
            if same {
                had = had.plus(known.quantity).unwrap_or(Milli::MAX);
            }
        }
    }
    if had.plus(line.quantity).is_some_and(|all| all <= max) {
        return Ok(());
    }
    let span = if in_rounds { "一轮" } else { "30天里" };
    let (name, unit) = (article.title(), article.unit.clone());
    Err(Refusal::Share { name, span, max, had, unit })
}

/// Of all parcels together.
pub fn total(parcels: &[Parcel]) -> Result<Fen, Refusal> {
    let mut sum = Fen::ZERO;
    for line in parcels.iter().flat_map(|parcel| &parcel.lines) {
        let amount = line.price.times(line.quantity).ok_or(Refusal::TooLarge)?;
        sum = sum.plus(amount).ok_or(Refusal::TooLarge)?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::super::tests::{Life, at, buyer, draft, goods, line};
    use super::*;

    #[test]
    fn a_share_is_counted_over_orders_of_a_round_or_of_thirty_days() {
        let mut article = goods().swap_remove(0).article;
        article.id = "A1".into();
        let had = |stock: &str| {
            let bags = Line { stock: Some(stock.into()), ..line("A1", 10_500, 2_000) };
            Life::begin(draft(1, vec![bags]))
        };
        let wanted = |quantity| Line { stock: Some("C2".into()), ..line("A1", 10_500, quantity) };
        let fits = |article: &Article, life: &Life, quantity, now| {
            within_share(article, &wanted(quantity), &[life.order().unwrap()], at(now)).is_ok()
        };
        let soon = "2026-11-25 10:00";
        assert!(fits(&article, &had("A1"), 99_000, soon), "it is not limited");
        article.per_person = Some(Milli(3_000));
        assert!(fits(&article, &had("A1"), 1_000, soon));
        assert!(!fits(&article, &had("A1"), 2_000, soon));
        assert!(fits(&article, &had("A1"), 2_000, "2026-12-25 10:00"), "thirty days are over");
        let mut cancelled = had("A1");
        cancelled.give(&buyer(), Command::Cancel { reason: "不要了".into() }).unwrap();
        assert!(fits(&article, &cancelled, 3_000, soon));
        article.stock_mode = StockMode::Cycle;
        assert!(fits(&article, &had("C1"), 2_000, soon), "that was another round");
        assert!(!fits(&article, &had("C2"), 2_000, "2026-12-25 10:00"));
    }
}
