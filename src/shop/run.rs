//! A delivery run: one vehicle on one day, the villages at which it stops in their order, and
//! who took the goods there.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::order::Order;
use super::refusal::Refusal;
use super::state::State;

const STOPS_MAX: usize = 100;
const NAME_CHARS_MAX: usize = 30;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub day: Date,
    /// `冀B12345 王师傅`: the vehicle and who drives it, once a day.
    pub name: String,
    pub phone: String,
    /// In the order in which they are driven to.
    pub stops: Vec<Stop>,
    pub by: String,
    pub sent_at: Timestamp,
    pub revision: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// 12 digits.
    pub village: String,
    pub village_name: String,
    pub arrived_at: Option<Timestamp>,
    /// Who took the goods.
    pub received_by: String,
}

impl Run {
    pub fn new(
        day: Date,
        vehicle: &str,
        driver: &str,
        phone: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        for (what, text) in [("车牌", vehicle), ("司机", driver)] {
            if text.trim().is_empty() {
                return Err(Refusal::Missing(what));
            }
            let chars = text.chars().count();
            if chars > NAME_CHARS_MAX {
                return Err(Refusal::TooLong { what, chars, max: NAME_CHARS_MAX });
            }
        }
        let name = format!("{} {}", vehicle.trim(), driver.trim());
        let (phone, by) = (phone.trim().to_owned(), by.to_owned());
        Ok(Self { day, name, phone, stops: Vec::new(), by, sent_at: now, revision: 1 })
    }

    /// It goes there too, after all others.
    pub fn stop_at(&mut self, village: &str, village_name: &str) -> Result<(), Refusal> {
        if self.stops.iter().any(|stop| stop.village == village && stop.arrived_at.is_none()) {
            return Ok(());
        }
        if self.stops.len() >= STOPS_MAX {
            return Err(Refusal::Full(STOPS_MAX));
        }
        self.stops.push(Stop {
            village: village.to_owned(),
            village_name: village_name.to_owned(),
            arrived_at: None,
            received_by: String::new(),
        });
        Ok(())
    }

    /// It was there, and somebody took the goods. Told again, nothing changes.
    pub fn arrive(&mut self, village: &str, by: &str, now: Timestamp) {
        let waiting =
            self.stops.iter_mut().find(|stop| stop.village == village && stop.arrived_at.is_none());
        if let Some(stop) = waiting {
            (stop.arrived_at, stop.received_by) = (Some(now), by.to_owned());
            self.revision += 1;
        }
    }

    /// Where a village stands in its order; last what is no stop of it.
    pub fn place_of(&self, village: &str) -> usize {
        self.stops.iter().position(|stop| stop.village == village).unwrap_or(STOPS_MAX)
    }
}

/// Why an order does not go with a run of that day; `None`: it does.
pub fn stays_behind(order: &Order, day: Date) -> Option<&'static str> {
    let weighed = order.lines.iter().any(|line| line.weighed);
    match order.state {
        _ if order.deliver_on > day => Some("还没到日子"),
        State::Packed => None,
        State::Confirmed if order.weights.is_some() => Some("称重等她答应"),
        State::Confirmed if weighed => Some("还没有称"),
        State::Confirmed => None,
        _ => Some("还没有接单"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Life, at, draft, line, seller};
    use super::super::{Command, Line};
    use super::*;

    #[test]
    fn a_run_stops_where_it_brings_something_and_is_there_once() {
        let day: Date = "2026-11-25".parse().unwrap();
        let now = at("2026-11-25 07:00");
        let wrong = Run::new(day, "冀B12345", " ", "", "王雷", now).unwrap_err();
        assert_eq!(wrong.to_string(), "司机是空的。请写上司机。");
        let mut run = Run::new(day, "冀B12345", "王师傅", "", "王雷", now).unwrap();
        for village in ["1", "2", "1"] {
            run.stop_at(village, village).unwrap();
        }
        assert_eq!(run.stops.len(), 2);
        run.arrive("1", "代办员", at("2026-11-25 09:00"));
        run.arrive("1", "别人", at("2026-11-25 10:00"));
        assert_eq!((&*run.stops[0].received_by, run.revision), ("代办员", 2));
        assert!(run.place_of("1") < run.place_of("2") && run.place_of("2") < run.place_of("3"));
        // The second load of the day goes there again.
        run.stop_at("1", "1").unwrap();
        assert_eq!(run.stops.len(), 3);
    }

    #[test]
    fn what_is_not_confirmed_not_weighed_or_not_due_stays_behind() {
        let day: Date = "2026-11-25".parse().unwrap();
        let behind = |life: &Life, day| stays_behind(&life.order().unwrap(), day);
        let mut life = Life::begin(draft(1, vec![line("A1", 10_500, 2_000)]));
        assert_eq!(behind(&life, day), Some("还没有接单"));
        life.give(&seller(), Command::Confirm { quantities: None }).unwrap();
        assert_eq!(behind(&life, day), None);
        assert_eq!(behind(&life, day.yesterday().unwrap()), Some("还没到日子"));
        let meat = Line { weighed: true, ..line("A5", 1_840, 5_000) };
        let mut life = Life::begin(draft(2, vec![meat]));
        life.give(&seller(), Command::Confirm { quantities: None }).unwrap();
        assert_eq!(behind(&life, day), Some("还没有称"));
        let pack = Command::Pack { weights: Some(vec![super::super::Milli(4_600)]) };
        life.give(&seller(), pack).unwrap();
        assert_eq!(behind(&life, day), Some("称重等她答应"));
    }
}
