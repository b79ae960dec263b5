//! How each channel is doing, for the health page: what it took and refused since the start of
//! the program, what it did last, and whether anybody answers there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::config::Config;
use crate::store::records::{Outgoing, Task, TaskKind};
use crate::store::{Engine, Range, StoreError, keys, list_by_index};

use super::Office;
use super::health::Count;
use super::outbox::{Lane, Outcome};

/// WeChat's accounts together.
pub(super) const WECHAT: &str = "wechat";
/// More than this in a queue is shown as this.
const COUNTED_MAX: usize = 10_000;
const SCAN: usize = 1_000;
const ANSWERED: u8 = 1;
const SILENT: u8 = 2;

/// A moment, or never.
#[derive(Debug)]
struct Moment(AtomicI64);

impl Default for Moment {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Moment {
    fn set(&self, at: Timestamp) {
        self.0.store(at.as_millisecond(), Ordering::Relaxed);
    }

    fn get(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).ok()
    }
}

#[derive(Debug, Default)]
struct Gauge {
    sent: Count,
    refused: Count,
    unknown: Count,
    delivered: Count,
    given_up: Count,
    last_success: Moment,
    /// What the last request found: nothing yet, an answer, or nobody.
    last: AtomicU8,
    /// Why nobody answered, without numbers or secrets.
    trouble: Mutex<String>,
}

/// By `wechat` or `sms/` and a channel.
#[derive(Debug)]
pub(super) struct Gauges(BTreeMap<String, Gauge>);

impl Gauges {
    pub fn new(config: &Config) -> Self {
        let sms = config.sms.keys().map(|name| format!("sms/{name}"));
        let names = sms.chain([WECHAT.to_owned()]);
        Self(names.map(|name| (name, Gauge::default())).collect())
    }

    /// The gauge of a route, as it is written down with an attempt.
    fn of(&self, route: &str) -> Option<&Gauge> {
        match route {
            "simulator" | "clerk" | "" => None,
            sms if sms.starts_with("sms/") => self.0.get(sms),
            _ => self.0.get(WECHAT),
        }
    }

    pub fn note(&self, route: &str, outcome: &Outcome, now: Timestamp) {
        let Some(gauge) = self.of(route) else { return };
        match outcome {
            Outcome::Sent { .. } => {
                gauge.sent.add(1);
                gauge.last_success.set(now);
                gauge.last.store(ANSWERED, Ordering::Relaxed);
            }
            Outcome::Refused { .. } | Outcome::Broken { .. } => {
                gauge.refused.add(1);
                gauge.last.store(ANSWERED, Ordering::Relaxed);
            }
            Outcome::Unknown { why } => {
                gauge.unknown.add(1);
                self.silent(route, why);
            }
            Outcome::Later { .. } => {}
        }
    }

    /// Nobody answered there.
    pub fn silent(&self, route: &str, why: &str) {
        let Some(gauge) = self.of(route) else { return };
        gauge.last.store(SILENT, Ordering::Relaxed);
        why.clone_into(&mut gauge.trouble.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Somebody answered, whatever it was.
    pub fn answered(&self, route: &str) {
        if let Some(gauge) = self.of(route) {
            gauge.last.store(ANSWERED, Ordering::Relaxed);
        }
    }

    pub fn delivered(&self, route: &str) {
        if let Some(gauge) = self.of(route) {
            gauge.delivered.add(1);
        }
    }

    /// It is a clerk's now: a dead letter of the channel that was tried last.
    pub fn gave_up(&self, message: &Outgoing) {
        let route = message.tries.last().map_or("", |tried| &tried.route);
        if let Some(gauge) = self.of(route) {
            gauge.given_up.add(1);
        }
    }
}

impl Gauge {
    fn shown(&self) -> Value {
        let reachable = match self.last.load(Ordering::Relaxed) {
            ANSWERED => Some(true),
            SILENT => Some(false),
            _ => None,
        };
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        json!({
            "sent": self.sent.get(),
            "failed": self.refused.get(),
            "unknown": self.unknown.get(),
            "delivered": self.delivered.get(),
            "dead_letters": self.given_up.get(),
            "last_success": self.last_success.get().map(|at| at.to_string()),
            "reachable": reachable,
            "trouble": Some(&*trouble).filter(|_| reachable == Some(false)),
        })
    }
}

impl Office {
    /// Each channel with its queue, and the letters that clerks have open.
    pub(super) async fn channels_shown(&self) -> Result<Value, StoreError> {
        let now = self.clock.now();
        let mut channels = serde_json::Map::new();
        for (name, gauge) in &self.gauges.0 {
            let mut shown = gauge.shown();
            let lanes: Vec<Lane> = match name.strip_prefix("sms/") {
                None => vec![Lane::Open],
                Some(channel) => [true, false]
                    .map(|answers| Lane::Sms { channel: channel.to_owned(), answers })
                    .into(),
            };
            let (mut waiting, mut oldest) = (0, None::<Timestamp>);
            for lane in lanes {
                waiting += count(&*self.store, lane.all()).await?;
                let first = list_by_index::<Outgoing>(&*self.store, lane.all(), 1).await?;
                let made = first.into_iter().map(|(_, message)| message.record.made_at);
                oldest = oldest.into_iter().chain(made).min();
            }
            shown["waiting"] = json!(waiting);
            shown["oldest_waiting"] = json!(oldest.map(|at| at.to_string()));
            if let Some((channel, found)) = name
                .strip_prefix("sms/")
                .and_then(|name| Some((name, self.sms.channels.get(name)?)))
            {
                shown["rests_until"] = json!(found.is_down(now).map(|at| at.to_string()));
                shown["segments"] = self.segments_shown(channel, now).await?;
            }
            channels.insert(name.clone(), shown);
        }
        let unheard = count(&*self.store, Lane::Unheard.all()).await?;
        let open = list_by_index::<Task>(&*self.store, keys::open_tasks(), SCAN).await?;
        let letters = |kind| {
            let is = |task: &Task| task.kind == kind && task.outgoing.is_some();
            open.iter().filter(|(_, task)| is(&task.record)).count()
        };
        Ok(json!({
            "channels": channels,
            "unheard": unheard,
            "open_letters": { "phone": letters(TaskKind::Phone), "dead": letters(TaskKind::Dead) },
        }))
    }
}

async fn count(store: &dyn Engine, range: Range) -> Result<usize, StoreError> {
    let (mut found, mut from) = (0, range);
    while found < COUNTED_MAX {
        let page = store.scan(from.clone(), SCAN).await?;
        found += page.len();
        match page.last() {
            Some((last, _)) if page.len() == SCAN => from = keys::after(&from, last),
            _ => break,
        }
    }
    Ok(found)
}
