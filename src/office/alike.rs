//! Several about the same: what a dispatcher is shown beside a case, one taken under another, and
//! many within an hour.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::desk::private::Veil;
use crate::desk::{
    self, Actor, BURST_MIN, BURST_WITHIN, Case, CaseEvent, Change, Command, State, Who,
};
use crate::store::records::{Outgoing, Task, TaskKind};
use crate::store::{Changes, Range, StoreError, keys, list_by_index, load};

use super::rights::Right;
use super::views::{AlikeView, CommandError, Session};
use super::{Office, tasks};

/// What is open and older is hardly the same.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 60);
const EXAMINED: usize = 300;
const SHOWN_MAX: usize = 10;
const SIGNED_MAX: usize = 50;
/// Of one hour in the whole county.
const HOUR_MAX: usize = 1_000;
const TAKEN_MAX: usize = 50;
/// The board looks back so far.
const BOARD_WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// Many who tell of the same, for the dispatcher.
#[derive(Debug, Clone)]
pub struct BurstView {
    /// Kind and place.
    pub title: String,
    pub village: String,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// The digits of the one under which the others may go on, and its revision.
    pub parent: Option<(String, u32)>,
    /// Already under it.
    pub under: usize,
    /// Those that are not, the earliest first.
    pub cases: Vec<AlikeView>,
}

impl Office {
    /// For a dispatcher, while it is not answered: the most alike first.
    pub(super) async fn alike(
        &self,
        session: &Session,
        case: &Case,
    ) -> Result<Vec<AlikeView>, StoreError> {
        if !session.may(Right::Dispatch) || case.replied_at.is_some() || !case.state.is_open() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let mut found: BTreeMap<String, Case> = BTreeMap::new();
        for range in ranges(case, now) {
            for (_, other) in list_by_index::<Case>(&*self.store, range, EXAMINED).await? {
                if desk::may_be_same(case, &other.record, now) {
                    found.insert(other.record.number.digits(), other.record);
                }
            }
        }
        let others: Vec<Case> = found.into_values().collect();
        let whose = self.who_of_all(&others).await?;
        let pairs = others.iter().zip(&whose);
        let mut views: Vec<AlikeView> =
            pairs.map(|(other, who)| view(case, other, &Veil::of(other, who))).collect();
        views.sort_by_key(|view| (std::cmp::Reverse(view.similarity), view.number.clone()));
        views.truncate(SHOWN_MAX);
        Ok(views)
    }

    /// 重复诉求: the last case with which the same person came for the same kind of matter.
    pub(super) async fn repeated(
        &self,
        person: &str,
        category: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<desk::CaseNumber>, StoreError> {
        let before = self.cases_of(person, SIGNED_MAX).await?;
        let same = |case: &Case| desk::is_repeat(case, category, now);
        Ok(before.into_iter().find(|(_, case)| same(&case.record)).map(|(_, c)| c.record.number))
    }

    /// The other half of a merge, or of its end, in the same commit: the parent learns of it.
    pub(super) async fn tell_parent(
        &self,
        changes: &mut Changes,
        child: &Case,
        events: &[CaseEvent],
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), CommandError> {
        let child_number = child.number;
        let told = events.iter().find_map(|event| match &event.change {
            Change::Merged { parent, .. } => Some((*parent, Command::Join { child: child_number })),
            Change::Unmerged { .. } => Some((child.parent?, Command::Part { child: child_number })),
            _ => None,
        });
        let Some((parent, command)) = told else { return Ok(()) };
        let missing = || CommandError::Refused("没有主件这个编号。请核对九位数字。".into());
        let before = load::<Case>(&*self.store, keys::case(&parent.digits())).await?;
        let parts = matches!(command, Command::Part { .. });
        // Nothing holds back one that goes: not that its parent was put away, nor that it had not heard.
        let knows = before.as_ref().is_some_and(|parent| {
            parent.record.state != State::Archived && parent.record.children.contains(&child_number)
        });
        if parts && !knows {
            return Ok(());
        }
        let before = before.ok_or_else(missing)?;
        let tables = self.tables();
        let told = desk::decide(Some(&before.record), command, by, now, &tables.rules())
            .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        self.add_events(changes, Some(&before), &told).await?;
        Ok(())
    }

    /// What those who go on under a case are told of it: one word for all.
    pub(super) async fn tell_children(
        &self,
        changes: &mut Changes,
        parent: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let told = events.iter().filter(|event| {
            matches!(
                event.change,
                Change::Progress { .. }
                    | Change::ExtensionGranted { .. }
                    | Change::Deferred { .. }
                    | Change::Breached { .. }
                    | Change::Supervised { .. }
            )
        });
        for event in told {
            for number in &parent.children {
                let child = load::<Case>(&*self.store, keys::case(&number.digits())).await?;
                let with_it =
                    |one: &Case| one.state == State::Merged && one.parent == Some(parent.number);
                let Some(child) = child.filter(|one| with_it(&one.record)) else {
                    continue;
                };
                // Its own number and words, its parent's time.
                let shown = Case { round_due_at: parent.round_due_at, ..child.record };
                for notice in self.notices_of(&shown, std::slice::from_ref(event), now) {
                    let id = format!("{}-of-{}", notice.id, parent.revision);
                    changes.create(&Outgoing { id, ..notice })?;
                }
            }
        }
        Ok(())
    }

    /// Takes all of these under `parent`, each in a commit of its own; what was cut off is gone on
    /// with when it is ordered again. Gives how many are there, and why the first of the others is
    /// not.
    pub async fn take_in(
        &self,
        session: &Session,
        parent: &str,
        children: &str,
        reason: &str,
    ) -> Result<usize, CommandError> {
        session.must(Right::Dispatch)?;
        let found = load::<Case>(&*self.store, keys::case(parent)).await?;
        let parent = found.ok_or(CommandError::NotFound)?.record.number;
        let (mut taken, mut refused) = (0, None);
        if children.split(',').count() > TAKEN_MAX {
            return Err(CommandError::Refused(format!("一次最多并{TAKEN_MAX}件，请分几次。")));
        }
        for number in children.split(',') {
            let Some(child) = load::<Case>(&*self.store, keys::case(number)).await? else {
                continue;
            };
            if child.record.parent == Some(parent) {
                taken += 1;
                continue;
            }
            let merge = Command::Merge { parent, reason: reason.to_owned() };
            let by = session.actor();
            match self.step_case(number, child.record.revision, merge, &by).await {
                Ok(()) => taken += 1,
                Err(error @ CommandError::Unavailable) => return Err(error),
                Err(error) => {
                    refused.get_or_insert_with(|| format!("{}：{error}", tasks::shown(number)));
                }
            }
        }
        match refused {
            Some(why) if taken == 0 => Err(CommandError::Refused(why)),
            _ => Ok(taken),
        }
    }

    /// Many of one kind from one place within an hour are one thing to do. Says how many such
    /// were found that nobody had been told of.
    pub(super) async fn find_bursts(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut told = 0;
        for group in self.groups_since(now - BURST_WITHIN).await? {
            told += usize::from(self.tell_of_burst(&group, now).await?);
        }
        Ok(told)
    }

    /// Cases of one kind from one place, where there are enough of them; the earliest first.
    async fn groups_since(&self, since: Timestamp) -> Result<Vec<Vec<Case>>, StoreError> {
        let end = self.clock.now() + SignedDuration::from_secs(1);
        // Where there are too many, the latest count.
        let range = keys::newest_first(keys::cases_received(since, end));
        let mut groups: BTreeMap<(String, String), Vec<Case>> = BTreeMap::new();
        for (_, case) in
            list_by_index::<Case>(&*self.store, range, HOUR_MAX).await?.into_iter().rev()
        {
            let case = case.record;
            if let (Some(category), Some(place)) = (&case.category, &case.place_code)
                && !case.confidential
            {
                groups.entry((category.clone(), place.clone())).or_default().push(case);
            }
        }
        Ok(groups.into_values().filter(|group| group.len() >= BURST_MIN).collect())
    }

    /// 群发: what many told of within an hour, of the last two days; the latest first.
    pub async fn bursts(&self, session: &Session) -> Result<Vec<BurstView>, CommandError> {
        session.must(Right::Dispatch)?;
        let since = self.clock.now() - BOARD_WITHIN;
        let mut views = Vec::new();
        for group in self.groups_since(since).await? {
            let times: Vec<Timestamp> = group.iter().map(|case| case.received_at).collect();
            if desk::is_burst(&times) && group.iter().any(|case| case.state.is_open()) {
                views.push(self.burst_view(&group).await?);
            }
        }
        views.sort_by_key(|view| std::cmp::Reverse(view.last_at));
        Ok(views)
    }

    async fn burst_view(&self, group: &[Case]) -> Result<BurstView, StoreError> {
        let first = &group[0];
        let takes = group.iter().filter(|case| desk::takes_in(case));
        // The one that has others under it already; else the earliest.
        let parent = takes.min_by_key(|case| std::cmp::Reverse(case.children.len()));
        let rest: Vec<Case> = group
            .iter()
            .filter(|case| parent.is_some_and(|parent| parent.number != case.number))
            .filter(|case| desk::goes_under(case))
            .cloned()
            .collect();
        let whose = self.who_of_all(&rest).await?;
        let pairs = rest.iter().zip(&whose);
        Ok(BurstView {
            title: first.title.clone(),
            village: first.place_code.clone().unwrap_or_default(),
            first_at: first.received_at,
            last_at: group.last().map_or(first.received_at, |case| case.received_at),
            parent: parent.map(|parent| (parent.number.digits(), parent.revision)),
            under: parent.map_or(0, |parent| parent.children.len()),
            cases: pairs.map(|(case, who)| view(first, case, &Veil::of(case, who))).collect(),
        })
    }

    async fn tell_of_burst(&self, group: &[Case], now: Timestamp) -> Result<bool, StoreError> {
        // The hour moves on: one of them is known by any that was in it before.
        let mut before = None;
        for case in group {
            let id = burst_id(case);
            if let Some(task) = load::<Task>(&*self.store, keys::task(&id)).await? {
                before = Some(task);
                break;
            }
        }
        let mut changes = Changes::default();
        let first = &group[0];
        let whose = self.who_of_all(group).await?;
        let lines = group.iter().zip(&whose);
        let lines: Vec<_> = lines.map(|(case, who)| (case.received_at, said(case, who))).collect();
        match &before {
            Some(before) => {
                let mut task = before.record.clone();
                let known = |text: &str| task.lines.iter().any(|one| one.text == text);
                let new: Vec<_> = lines.iter().filter(|(_, text)| !known(text)).collect();
                if new.is_empty() || task.done.is_some() {
                    return Ok(false);
                }
                for (at, text) in new {
                    tasks::add_line(&mut task, tasks::line(*at, true, text));
                }
                task.title = title(first, task.lines.len());
                changes.replace(before, &task)?;
            }
            None => {
                let mut task = Task {
                    id: burst_id(first),
                    title: title(first, group.len()),
                    reason: "一个小时里好几个人反映同一件事。请打开下面的事项，把别的并到它上面"
                        .into(),
                    who: first.place_name.clone().unwrap_or_default(),
                    case: Some(first.number.digits()),
                    ..tasks::blank(TaskKind::Burst, now)
                };
                for (at, text) in &lines {
                    tasks::add_line(&mut task, tasks::line(*at, true, text));
                }
                changes.create(&task)?;
            }
        }
        match self.store.commit(changes.into_batch()).await {
            // A clerk had it in hand at the same moment.
            Err(StoreError::Conflict(_)) => Ok(false),
            done => done.map(|()| true),
        }
    }
}

fn ranges(case: &Case, now: Timestamp) -> Vec<Range> {
    let end = now + SignedDuration::from_secs(1);
    let village = case.place_code.as_deref();
    let near = village.map(|code| keys::cases_of_village(code, now - LOOK_BACK, end));
    let against = case.respondent.as_ref().map(|_| keys::cases_received(now - LOOK_BACK, end));
    near.into_iter().chain(against).map(keys::newest_first).collect()
}

fn view(case: &Case, other: &Case, veil: &Veil) -> AlikeView {
    AlikeView {
        number: other.number.digits(),
        text: veil.over(&other.text),
        state: other.state.word(),
        received_at: other.received_at,
        similarity: desk::similarity(&case.text, &other.text),
        same_person: case.person == other.person,
        takes: desk::takes_in(other),
        goes: desk::goes_under(other),
    }
}

fn burst_id(first: &Case) -> String {
    format!("burst-{}", first.number.digits())
}

fn title(first: &Case, count: usize) -> String {
    format!("群发：{}，{count}人反映", first.title)
}

/// Her words, without her name and number.
fn said(case: &Case, who: &Who) -> String {
    format!("{} {}", case.number, Veil::of(case, who).over(&case.text))
}
