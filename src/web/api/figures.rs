//! The figures of the day, as JSON. What each means stands in docs/台账和指标.md.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::desk::figures::Load;
use crate::desk::measures::Tally;
use crate::office::Figures;

#[derive(Debug, Serialize, JsonSchema)]
pub struct DayFigures {
    pub received_today: u32,
    pub closed_today: u32,
    pub open: u32,
    pub amber: u32,
    pub overdue: u32,
    pub supervised: u32,
    pub received_month: u32,
    pub closed_month: u32,
    /// Of assignments whose time ends in this month.
    pub month: Rates,
    /// The oldest first.
    pub days: Vec<Day>,
    /// Open cases by age in working days: up to 2, up to 5, up to 10, more.
    pub ages: [u32; 4],
    pub departments: BTreeMap<String, OfDepartment>,
    /// Received in this month, by the code of the kind; empty: not known yet.
    pub kinds: BTreeMap<String, u32>,
    pub channels: BTreeMap<String, u32>,
    /// By the first nine digits of the place.
    pub townships: BTreeMap<String, u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Day {
    /// `2026-11-25`
    pub day: String,
    pub received: u32,
    pub closed: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OfDepartment {
    pub open: u32,
    pub amber: u32,
    pub overdue: u32,
    pub month: Rates,
}

/// Shares from 0 to 1; null: there is nothing to take a share of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rates {
    pub assigned: u32,
    pub accepted_in_time: Option<f64>,
    pub responded: Option<f64>,
    pub in_time: Option<f64>,
    /// Without extensions.
    pub in_first_time: Option<f64>,
    pub returned: Option<f64>,
    pub extended: Option<f64>,
    pub redone: Option<f64>,
    pub solved: Option<f64>,
    pub content: Option<f64>,
    pub rated: Option<f64>,
    pub unrated: u32,
    /// 少跑路: she had to go nowhere, of the answers with which that was noted.
    pub without_trip: Option<f64>,
    pub trips_noted: u32,
    /// Left out of all else: two people have agreed.
    pub excluded: u32,
}

impl From<&Figures> for DayFigures {
    fn from(figures: &Figures) -> Self {
        let month = &figures.month;
        let days = figures.days.iter().map(|day| Day {
            day: day.day.to_string(),
            received: day.received,
            closed: day.closed,
        });
        // Who has something open, or had something due in this month.
        let ids: BTreeSet<&String> =
            figures.departments.keys().chain(month.departments.keys()).collect();
        let departments = ids.into_iter().map(|id| {
            let load = figures.departments.get(id).cloned().unwrap_or_default();
            let month = Rates::of(&month.departments.get(id).cloned().unwrap_or_default());
            let Load { open, amber, overdue } = load;
            (id.clone(), OfDepartment { open, amber, overdue, month })
        });
        Self {
            received_today: figures.received_today,
            closed_today: figures.closed_today,
            open: figures.open,
            amber: figures.amber,
            overdue: figures.overdue,
            supervised: figures.supervised,
            received_month: month.received,
            closed_month: month.closed,
            month: Rates::of(&month.tally),
            days: days.collect(),
            ages: figures.ages,
            departments: departments.collect(),
            kinds: month.categories.clone(),
            channels: month.channels.clone(),
            townships: month.townships.clone(),
        }
    }
}

impl Rates {
    fn of(tally: &Tally) -> Self {
        Self {
            assigned: tally.assigned,
            accepted_in_time: tally.accept_rate(),
            responded: tally.response_rate(),
            in_time: tally.in_time_rate(),
            in_first_time: tally.in_first_time_rate(),
            returned: tally.return_rate(),
            extended: tally.extension_rate(),
            redone: tally.redo_rate(),
            solved: tally.solved_rate(),
            content: tally.content_rate(),
            rated: tally.rated_rate(),
            unrated: tally.unrated,
            without_trip: tally.without_trip_rate(),
            trips_noted: tally.trips_noted,
            excluded: tally.excluded,
        }
    }
}
