//! Delivery runs: all that is ready for some villages goes out with one vehicle, and is taken in
//! at each stop, in one go. Each order moves in a commit of its own; what was cut off is done by
//! pressing again.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::calendar::local_date;
use crate::office::staff_wechat::Letter;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, outbox};
use crate::shop::{self, Command, Fen, Fulfil, Order, Run, State, stays_behind};
use crate::store::{Changes, StoreError, keys, list, load};

use super::reach::Reach;
use super::views::{NewRun, RunRow, RunSent, RunsPage, StopRow, WaitingVillage};

const RUNS_SHOWN: usize = 100;
/// Runs that a counter may not have taken in yet, or that somebody has noted for later.
const DAYS_BACK: i64 = 3;
const DAYS_AHEAD: i64 = 14;
const RUNS_EXAMINED: usize = 1_000;
const CONFLICTS_MAX: usize = 20;
/// States out of which an order may leave with a vehicle.
pub(super) const READY: [State; 2] = [State::Confirmed, State::Packed];

impl Office {
    /// What may go out on that day, by villages, and the runs of it. `None`: today.
    pub async fn runs(
        &self,
        session: &Session,
        day: Option<Date>,
    ) -> Result<RunsPage, CommandError> {
        let reach = self.reach(session).await?;
        if matches!(reach, Reach::Village(_)) {
            return Err(CommandError::NotFound);
        }
        let day = day.unwrap_or_else(|| local_date(self.clock.now()));
        let mut waiting: BTreeMap<String, WaitingVillage> = BTreeMap::new();
        for order in self.orders_ready(&reach).await? {
            if order.deliver_on > day {
                continue;
            }
            let row = waiting.entry(order.village.clone()).or_insert_with(|| WaitingVillage {
                village: order.village.clone(),
                name: order.village_name.clone(),
                ..WaitingVillage::default()
            });
            match stays_behind(&order, day) {
                None => {
                    row.orders += 1;
                    row.packages += order.packages();
                }
                Some(_) => row.behind += 1,
            }
        }
        let runs = self.runs_of(day).await?;
        let runs = runs.iter().map(run_row).collect();
        Ok(RunsPage { day: day.to_string(), waiting: waiting.into_values().collect(), runs })
    }

    pub(super) async fn runs_of(&self, day: Date) -> Result<Vec<Run>, StoreError> {
        let found = list::<Run>(&*self.store, keys::runs_of(day), RUNS_SHOWN).await?;
        Ok(found.into_iter().map(|run| run.record).collect())
    }

    async fn orders_ready(&self, reach: &Reach) -> Result<Vec<Order>, StoreError> {
        let mut ready = Vec::new();
        for state in READY {
            ready.extend(self.all_within(keys::orders_in_state(state.id())).await?);
        }
        ready.retain(|order| reach.order(order));
        Ok(ready)
    }

    /// A vehicle leaves with all that is ready for these villages.
    pub async fn send_run(&self, session: &Session, new: &NewRun) -> Result<RunSent, CommandError> {
        let refused = |text: String| CommandError::Refused(text);
        let reach = self.reach_to_act(session).await?;
        if matches!(reach, Reach::Village(_)) {
            return Err(CommandError::NotFound);
        }
        let day: Date =
            new.day.trim().parse().map_err(|_| refused("日期请写成 2026-11-25。".into()))?;
        let mut orders = self.orders_ready(&reach).await?;
        orders.retain(|order| new.villages.contains(&order.village));
        let (behind, going): (Vec<&Order>, Vec<&Order>) =
            orders.iter().partition(|order| stays_behind(order, day).is_some());
        if going.is_empty() {
            return Err(refused("选的村没有能发的订单。请先选村，或先装货。".into()));
        }
        let name = self.note_run(session, day, new, &going).await?;
        let mut sent = RunSent::default();
        for order in going {
            let number = order.number.digits();
            let by = reach.actor(session, order);
            let command = Command::Send { run: name.clone() };
            match self.step_order(&number, Some(order.revision), &command, &by).await {
                Ok(_) => sent.orders += 1,
                Err(CommandError::Unavailable) => return Err(CommandError::Unavailable),
                Err(error) => sent.behind.push(format!("{}：{error}", order.number)),
            }
        }
        let why = behind.iter().filter_map(|order| Some((order, stays_behind(order, day)?)));
        sent.behind.extend(why.map(|(order, why)| format!("{}：{why}", order.number)));
        Ok(sent)
    }

    /// The run on disk, with a stop at each village to which something goes; its name.
    async fn note_run(
        &self,
        session: &Session,
        day: Date,
        new: &NewRun,
        going: &[&Order],
    ) -> Result<String, CommandError> {
        let now = self.clock.now();
        let NewRun { vehicle, driver, phone, .. } = new;
        for _ in 0..CONFLICTS_MAX {
            let run = Run::new(day, vehicle, driver, phone, &session.name, now);
            let mut run = run.map_err(refused)?;
            let name = run.name.clone();
            let before = load::<Run>(&*self.store, keys::run(day, &name)).await?;
            if let Some(before) = &before {
                run = Run { revision: before.record.revision + 1, ..before.record.clone() };
            }
            // In the order in which they stand on the page.
            for village in &new.villages {
                if let Some(order) = going.iter().find(|order| order.village == *village) {
                    run.stop_at(village, &order.village_name).map_err(refused)?;
                }
            }
            let mut changes = Changes::default();
            match &before {
                Some(before) => changes.replace(before, &run)?,
                None => changes.create(&run)?,
            }
            self.tell_counters(&mut changes, &run, going).await?;
            match self.store.commit(changes.into_batch()).await {
                Ok(()) => {
                    self.bells.outbox.notify_one();
                    return Ok(name);
                }
                Err(StoreError::Conflict(_)) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommandError::Changed)
    }

    /// Those who stand at the counters to which it goes hear what comes.
    async fn tell_counters(
        &self,
        changes: &mut Changes,
        run: &Run,
        going: &[&Order],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut villages: BTreeMap<&str, Vec<&Order>> = BTreeMap::new();
        for order in going {
            villages.entry(&order.village).or_default().push(order);
        }
        for (village, orders) in villages {
            let packages: i64 = orders.iter().map(|order| order.packages()).sum();
            let due = cash_of(orders.iter().copied());
            let there = match orders.iter().filter(|order| order.lies_in_shop()).count() {
                0 => String::new(),
                count => format!("（其中{count}单有货已在店里）"),
            };
            let text = format!("{}单{packages}件{there}，应收现金{due}", orders.len());
            let day = match run.day == local_date(now) {
                true => String::new(),
                false => format!("{}月{}日", run.day.month(), run.day.day()),
            };
            let shop = orders.first().map_or("", |order| &order.village_name);
            let fields = [
                ("title", format!("{day}{}", run.name)),
                ("shop", format!("{shop}店")),
                ("text", text),
            ];
            let letter = Letter {
                whom: village,
                subject: &outbox::hash(&[&run.day.to_string(), &run.name, village]),
                nth: &run.revision.to_string(),
                notice: "shop_run",
                fields: fields.map(|(name, text)| (name.to_owned(), text)).into(),
            };
            self.tell_bound(changes, &letter, now).await?;
        }
        Ok(())
    }

    /// The vehicle is at a village: what is to be picked up there gets its codes. Says how many
    /// orders that were; what goes to homes is brought there and noted one by one.
    pub async fn run_arrived(
        &self,
        session: &Session,
        day: &str,
        name: &str,
        village: &str,
    ) -> Result<usize, CommandError> {
        let reach = self.reach_to_act(session).await?;
        let here = match &reach {
            Reach::All => true,
            Reach::Village(own) => own == village,
            Reach::Merchants(_) | Reach::Reads => false,
        };
        let day: Date = day.trim().parse().map_err(|_| CommandError::NotFound)?;
        if !here {
            return Err(CommandError::NotFound);
        }
        let run = load::<Run>(&*self.store, keys::run(day, name)).await?;
        run.ok_or(CommandError::NotFound)?;
        let range = keys::orders_of_village(village, State::InTransit.id());
        let mut arrived = 0;
        for order in self.all_within(range).await? {
            if order.run != name || order.fulfil != Fulfil::Pickup {
                continue;
            }
            let by = reach.actor(session, &order);
            let command = Command::Arrive { code: String::new() };
            let number = order.number.digits();
            match self.step_order(&number, Some(order.revision), &command, &by).await {
                Ok(_) => arrived += 1,
                // Somebody was faster with this one.
                Err(CommandError::Changed | CommandError::Refused(_) | CommandError::Field(..)) => {
                }
                Err(error) => return Err(error),
            }
        }
        self.note_arrival(session, day, name, village).await?;
        Ok(arrived)
    }

    async fn note_arrival(
        &self,
        session: &Session,
        day: Date,
        name: &str,
        village: &str,
    ) -> Result<(), CommandError> {
        for _ in 0..CONFLICTS_MAX {
            let before = load::<Run>(&*self.store, keys::run(day, name)).await?;
            let before = before.ok_or(CommandError::NotFound)?;
            let mut run = before.record.clone();
            run.arrive(village, &session.name, self.clock.now());
            if run == before.record {
                return Ok(());
            }
            let mut changes = Changes::default();
            changes.replace(&before, &run)?;
            match self.store.commit(changes.into_batch()).await {
                Err(StoreError::Conflict(_)) => continue,
                other => return other.map_err(CommandError::from),
            }
        }
        Err(CommandError::Changed)
    }

    /// What is on its way to a village's counter and has not been taken in, the earliest first.
    pub(super) async fn runs_to(&self, village: &str) -> Result<Vec<RunRow>, StoreError> {
        let today = local_date(self.clock.now());
        let (from, to) =
            (today.saturating_sub(DAYS_BACK.days()), today.saturating_add(DAYS_AHEAD.days()));
        let found = list::<Run>(&*self.store, keys::runs_within(from, to), RUNS_EXAMINED).await?;
        let mut rows: Vec<RunRow> = found.iter().map(|run| run_row(&run.record)).collect();
        for row in &mut rows {
            row.stops.retain(|stop| stop.village == village && stop.arrived_at.is_none());
        }
        rows.retain(|row| !row.stops.is_empty());
        Ok(rows)
    }
}

fn run_row(run: &Run) -> RunRow {
    RunRow {
        day: run.day.to_string(),
        name: run.name.clone(),
        phone: run.phone.clone(),
        by: run.by.clone(),
        sent_at: run.sent_at,
        stops: run
            .stops
            .iter()
            .map(|stop| StopRow {
                village: stop.village.clone(),
                name: stop.village_name.clone(),
                arrived_at: stop.arrived_at,
                received_by: stop.received_by.clone(),
            })
            .collect(),
    }
}

/// In cash, over all of them.
pub(super) fn cash_of<'a>(orders: impl IntoIterator<Item = &'a Order>) -> Fen {
    Fen(orders.into_iter().map(|order| order.cash_due().0).sum())
}

/// Told beside the field of the form that it is about.
fn refused(refusal: shop::Refusal) -> CommandError {
    use shop::Refusal::{Missing, TooLong};
    let error = CommandError::Refused(refusal.to_string());
    match refusal {
        Missing("车牌") | TooLong { what: "车牌", .. } => error.of("vehicle"),
        Missing("司机") | TooLong { what: "司机", .. } => error.of("driver"),
        _ => error,
    }
}
