//! From what she wants to the lines of orders: summed for each article, checked, priced, and
//! one order for each merchant.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::article::{Article, NotOffered, Returns, StockMode};
use super::cycle::Cycle;
use super::decide::LINES_MAX;
use super::event::Line;
use super::kinds::GoodsKinds;
use super::merchant::Merchant;
use super::money::{Fen, Milli};
use super::order::Order;
use super::refusal::Refusal;
use super::state::State;
use crate::calendar::{local_date, local_hour};

/// So much of an article, with all that its price and its offer depend on.
#[derive(Clone, Copy, Debug)]
pub struct Pick<'a> {
    pub article: &'a Article,
    pub merchant: &'a Merchant,
    /// The round that is open, of an article that is ordered in rounds.
    pub cycle: Option<&'a Cycle>,
    pub quantity: Milli,
}

/// Lines of one order: of one merchant, and what is ordered in a round by itself, for it comes and
/// goes with the round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub merchant: String,
    pub merchant_name: String,
    /// The id of its round, and when that closes.
    pub round: Option<(String, Timestamp)>,
    pub lines: Vec<Line>,
    /// What she should know of them before she orders.
    pub terms: Vec<String>,
    /// Days from the cut-off to the delivery: of the slowest line.
    pub lead_days: u8,
    /// The hour of the earliest one.
    pub cut_off: i8,
}

/// What is ordered from this hour on goes a day later, where its article says nothing else.
const CUT_OFF_HOUR: i8 = 16;

/// The day of the run that brings it.
fn deliver_on(now: Timestamp, lead_days: u8, cut_off: i8) -> Date {
    let missed = i64::from(local_hour(now) >= cut_off);
    days_on(local_date(now), i64::from(lead_days) + missed)
}

impl Parcel {
    /// What is ordered in a round comes when that has closed.
    pub fn deliver_on(&self, now: Timestamp) -> Date {
        match &self.round {
            Some((_, closes_at)) => days_on(local_date(*closes_at), i64::from(self.lead_days)),
            None => deliver_on(now, self.lead_days, self.cut_off),
        }
    }
}

fn days_on(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

/// Where and when it is ordered.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    pub now: Timestamp,
    /// 12 digits; `None`: not known yet.
    pub village: Option<&'a str>,
    pub kinds: &'a GoodsKinds,
}

/// One parcel for each merchant, and for each round, in the order in which they were named first.
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
        let round = round_of(pick).map(|cycle| (cycle.id.clone(), cycle.closes_at));
        let same = |parcel: &Parcel| parcel.merchant == pick.merchant.id && parcel.round == round;
        let at = match parcels.iter().position(same) {
            Some(at) => at,
            None => {
                parcels.push(Parcel {
                    merchant: pick.merchant.id.clone(),
                    merchant_name: pick.merchant.name.clone(),
                    round,
                    lines: Vec::new(),
                    terms: Vec::new(),
                    lead_days: 0,
                    cut_off: i8::MAX,
                });
                parcels.len() - 1
            }
        };
        let parcel = &mut parcels[at];
        parcel.lines.push(line);
        parcel.terms.extend(terms(pick));
        parcel.lead_days = parcel.lead_days.max(pick.article.lead_days);
        parcel.cut_off = parcel.cut_off.min(pick.article.cut_off.unwrap_or(CUT_OFF_HOUR));
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
    let cycle = pick.cycle.filter(|cycle| cycle.takes_orders(occasion.now)).ok_or_else(closed)?;
    let here = |village| cycle.villages.is_empty() || cycle.villages.iter().any(|v| v == village);
    match occasion.village {
        Some(village) if !here(village) => Err(Refusal::CycleElsewhere { name: name.to_owned() }),
        _ => Ok(cycle),
    }
}

/// The round of what is ordered in rounds.
fn round_of<'a>(pick: &Pick<'a>) -> Option<&'a Cycle> {
    pick.cycle.filter(|_| pick.article.stock_mode == StockMode::Cycle)
}

/// Besides the price: an exception of her right to give it back, her share, the terms of a round.
fn terms(pick: &Pick) -> Vec<String> {
    let article = pick.article;
    let returns = (article.returns != Returns::SevenDays).then(|| article.returns.word().into());
    let all = [returns, share_words(article), round_of(pick).map(|cycle| cycle.terms(article))];
    all.into_iter().flatten().map(|said: String| format!("{}{said}", article.title())).collect()
}

/// `每人最多3袋（30天里）`; `None`: it is not limited.
pub fn share_words(article: &Article) -> Option<String> {
    let max = article.per_person?;
    Some(format!("每人最多{max}{}（{}）", article.unit, share_span(article)))
}

fn share_span(article: &Article) -> &'static str {
    if article.stock_mode == StockMode::Cycle { "一轮" } else { "30天里" }
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
    let (name, unit) = (article.title(), article.unit.clone());
    Err(Refusal::Share { name, span: share_span(article), max, had, unit })
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
