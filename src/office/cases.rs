//! Cases as the desk sees them: the list, one case, and what clerks do to it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::calendar::{Calendar, local_date, local_hour};
use crate::county::Address;
use crate::desk::private::Veil;
use crate::desk::{self, Actor, Case, CaseEvent, Change, Command, NumberRead, Standing, State};
use crate::dialog::{Event, Offer};
use crate::store::private_records::Sealed;
use crate::store::records::{Contact, Outgoing};
use crate::store::{Changes, Loaded, Range, StoreError, keys, list_by_index, load};

use super::case_forms;
use super::case_view::channel_name;
use super::posted::{Done, Once};
use super::rights::{Right, Sight};
use super::sessions::AT_THE_MACHINE;
use super::turn::Turn;
use super::typed::Typed;
use super::views::{CaseFilter, CasePage, CaseRow, Choice, CommandError, Session};
use super::{Office, intake, outbox, random};

const PAGE: usize = 30;
/// Looked at for one page of a filtered list; the page then ends early, with a cursor.
const EXAMINED_MAX: usize = 2_000;
const READ: usize = 200;
const CONFLICTS_MAX: usize = 20;

impl Office {
    /// One who works for a department sees what that has, and nothing else.
    pub async fn cases(
        &self,
        session: &Session,
        filter: &CaseFilter,
    ) -> Result<CasePage, CommandError> {
        let (cases, next) = self.find_cases(session, filter, PAGE).await?;
        Ok(CasePage {
            rows: cases.iter().map(|case| self.row_for(session, case)).collect(),
            next,
            states: State::ALL
                .iter()
                .map(|state| Choice { id: state.id().into(), label: state.word().into() })
                .collect(),
            departments: self.department_choices(),
        })
    }

    /// At most `limit` of those that match, and the cursor of the next page. One who works for a
    /// department sees what that has, and nothing else.
    pub(super) async fn find_cases(
        &self,
        session: &Session,
        filter: &CaseFilter,
        limit: usize,
    ) -> Result<(Vec<Case>, Option<String>), CommandError> {
        let own = CaseFilter { department: session.department.clone(), ..filter.clone() };
        let filter = if session.sees_handled_only() { &own } else { filter };
        let whose = session.queues_of();
        if filter.queue.is_some_and(|queue| !session.queues().contains(&queue)) {
            return Ok((Vec::new(), None));
        }
        let (mut cases, mut next) = (Vec::new(), None);
        let search = filter.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if let Some(NumberRead::Whole(number)) = search.map(desk::read_number) {
            let case = load::<Case>(&*self.store, keys::case(&number.digits())).await?;
            let case = case.filter(|case| self.sees(session, &case.record));
            cases.extend(case.map(|case| case.record));
            return Ok((cases, None));
        }
        let tail = match search.map(desk::read_number) {
            Some(NumberRead::Tail(digits)) => Some(digits),
            _ => None,
        };
        let mut range = match (filter.queue, whose) {
            (Some(queue), Some(whose)) => self.queue_range(queue, whose),
            _ => self.list_range(filter),
        };
        if let Some(cursor) = &filter.after {
            range = keys::after_text(&range, cursor);
        }
        // Most lists need no more than they show.
        let mut read = limit + 1;
        let mut left = EXAMINED_MAX;
        while left > 0 {
            read = read.min(left);
            left -= read;
            let found = list_by_index::<Case>(&*self.store, range.clone(), read).await?;
            let Some((last, _)) = found.last() else { return Ok((cases, None)) };
            range = keys::after(&range, last);
            read = READ;
            for (key, case) in found {
                if self.sees(session, &case.record)
                    && self.waits_in(filter.queue, whose, &case.record)
                    && self.matches(&case.record, filter)
                    && self.finds(session, &case.record, search, tail.as_deref()).await?
                {
                    // One more than fits: there is a next page, behind the row before it.
                    if cases.len() == limit {
                        return Ok((cases, next));
                    }
                    cases.push(case.record);
                }
                next = Some(keys::text(&key));
            }
        }
        Ok((cases, next))
    }

    pub(super) fn sees(&self, session: &Session, case: &Case) -> bool {
        session.sight(case, self.is_overdue(case)) != Sight::Nothing
    }

    /// The index that leaves least to look at.
    pub(super) fn list_range(&self, filter: &CaseFilter) -> Range {
        if let Some(since) = filter.updated_from {
            return keys::cases_changed_since(since);
        }
        if let Some(since) = filter.closed_from {
            return keys::newest_first(keys::cases_changed_since(since));
        }
        let from = filter.received_from.unwrap_or(Timestamp::UNIX_EPOCH);
        let to = filter.received_to.unwrap_or(Timestamp::MAX);
        if let Some(village) = &filter.village {
            return keys::newest_first(keys::cases_of_village(village, from, to));
        }
        if filter.received_from.is_some() || filter.received_to.is_some() {
            return keys::newest_first(keys::cases_received(from, to));
        }
        let state = filter.state.as_deref().and_then(State::from_word);
        // What is late is always open.
        let open = state.map_or(filter.open_only().then_some(true), |state| Some(state.is_open()));
        match (&filter.department, state) {
            (Some(department), _) => match open {
                Some(true) => keys::open_cases_of_department(department),
                Some(false) => keys::ended_cases_of_department(department),
                None => keys::cases_of_department(department),
            },
            (None, Some(state)) => keys::cases_in_state(state.id()),
            (None, None) if filter.open_only() => keys::open_cases(),
            (None, None) => keys::cases_by_receipt(),
        }
    }

    /// Whether it is one of those that a figure of the day counts.
    fn counts_in(&self, case: &Case, filter: &CaseFilter) -> bool {
        let (now, tables) = (self.clock.now(), self.tables());
        let calendar = &tables.calendar;
        let place = case.place_code.as_deref().unwrap_or_default();
        let is_amber =
            || !case.state.stands_still() && case.standing(now, calendar) == Standing::Amber;
        (!filter.open_only() || case.state.is_open())
            && filter.township.as_ref().is_none_or(|township| place.starts_with(township.as_str()))
            && filter.channel.as_ref().is_none_or(|channel| case.channel == *channel)
            && (!filter.amber || is_amber())
            && (!filter.supervised || case.course.supervisions > 0)
            && (!filter.repeated || case.repeats.is_some())
            && filter.hour.is_none_or(|hour| local_hour(case.received_at) == hour)
            && filter.class.as_ref().is_none_or(|class| case.time_class.id() == class)
            && filter.counted.is_none_or(|what| {
                let from = filter.due_from.unwrap_or(Timestamp::MIN);
                let span = (from, filter.due_to.unwrap_or(Timestamp::MAX));
                desk::figures::is_counted(case, what, span, now, calendar)
            })
            && [(filter.late_on, Standing::Overdue), (filter.amber_on, Standing::Amber)]
                .into_iter()
                .filter_map(|(day, standing)| Some((day?, standing)))
                .all(|(day, standing)| {
                    desk::figures::stood_on(case, day, now, calendar).contains(&standing)
                })
            && filter
                .age
                .is_none_or(|age| desk::figures::age_of(case.received_at, now, calendar) == age)
    }

    pub(super) fn matches(&self, case: &Case, filter: &CaseFilter) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| match wanted {
            Some(wanted) => found == Some(wanted),
            None => true,
        };
        is(&filter.state, Some(case.state.id()))
            && filter.department.as_ref().is_none_or(|id| !case.parties_of(id).is_empty())
            && (!filter.overdue || (self.is_overdue(case) && case.state != State::Merged))
            && is(&filter.category, case.category.as_deref())
            && is(&filter.village, case.place_code.as_deref())
            && self.counts_in(case, filter)
            && filter.received_from.is_none_or(|from| case.received_at >= from)
            && filter.received_to.is_none_or(|to| case.received_at < to)
            && filter.closed_from.is_none_or(|from| case.closed_at.is_some_and(|at| at >= from))
            && filter.closed_to.is_none_or(|to| case.closed_at.is_some_and(|at| at < to))
    }

    /// What is masked for her finds nothing either: a hit would tell that it is there.
    async fn finds(
        &self,
        session: &Session,
        case: &Case,
        search: Option<&str>,
        tail: Option<&str>,
    ) -> Result<bool, StoreError> {
        let Some(search) = search else { return Ok(true) };
        let plain = [Some(&case.title), case.place_name.as_ref()];
        if tail.is_some_and(|tail| case.number.ends_in(tail))
            || plain.into_iter().flatten().any(|text| text.contains(search))
        {
            return Ok(true);
        }
        if !case.text.contains(search) || session.may(Right::Identity) {
            return Ok(case.text.contains(search));
        }
        let who = self.who(&case.number.digits()).await?;
        Ok(Veil::of(case, &who).over(&case.text).contains(search))
    }

    pub(super) fn is_overdue(&self, case: &Case) -> bool {
        case.is_overdue(self.clock.now())
    }

    pub(super) fn case_row(&self, case: &Case) -> CaseRow {
        let now = self.clock.now();
        let tables = self.tables();
        let calendar = &tables.calendar;
        let standing = case.standing(now, calendar);
        CaseRow {
            number: case.number.digits(),
            title: case.title.clone(),
            place: case.place_name.clone().unwrap_or_default(),
            state_id: case.state.id(),
            state: case.state.word(),
            left: time_left(case, now, calendar),
            day_minutes: calendar.minutes_of_a_day(local_date(now)),
            source: channel_name(&case.channel),
            category: case.category.as_deref().and_then(|code| self.category_name(code)),
            confidential: case.confidential,
            repeats: case.repeats.is_some(),
            open: case.state.is_open(),
            department: case.department.as_deref().map(|id| self.department_name(id)),
            received_at: case.received_at,
            promised_at: case.round_due_at,
            overdue: standing == Standing::Overdue,
            amber: standing == Standing::Amber,
            unsettled: !calendar.day(local_date(case.round_due_at)).settled,
            round: case.round,
            urges: case.urges,
        }
    }

    pub fn department_name(&self, id: &str) -> String {
        self.tables().departments.get(id).map_or_else(|| id.to_owned(), |d| d.name.clone())
    }

    pub fn department_choices(&self) -> Vec<Choice> {
        self.tables()
            .departments
            .iter()
            .map(|department| Choice { id: department.id.clone(), label: department.name.clone() })
            .collect()
    }

    /// `revision` is the one that the clerk saw: if somebody was faster, nothing is done.
    pub async fn case_command(
        &self,
        session: &Session,
        number: &str,
        revision: u32,
        action: &str,
        typed: &Typed<'_>,
    ) -> Result<(), CommandError> {
        self.case_command_once(session, number, revision, action, typed, None).await.map(|_| ())
    }

    /// 常用话: the field of a form for which it is, and its text.
    pub fn canned_reply(&self, action: &str, n: &str) -> Option<(&'static str, String)> {
        let tables = self.tables();
        let one = tables.replies.get(n.parse().ok()?).filter(|one| one.action == action)?;
        Some((case_forms::words_field(action)?, one.text.clone()))
    }

    /// The same by a program that may send it twice.
    pub async fn case_command_once(
        &self,
        session: &Session,
        number: &str,
        revision: u32,
        action: &str,
        typed: &Typed<'_>,
        once: Option<&Once>,
    ) -> Result<Done, CommandError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        if !case.is_some_and(|case| self.sees(session, &case.record)) {
            return Err(CommandError::NotFound);
        }
        let command = case_forms::read(action, typed)?;
        if let Some(field) = case_forms::words_field(action)
            && let Some(blank) = self.tables().replies.blank_in(action, &typed.text(field))
        {
            let text = format!("【{blank}】还没有填。请把它换成真的话。");
            return Err(CommandError::Field(field, text));
        }
        self.step_case_once(number, revision, command, &session.actor(), once).await
    }

    pub(super) async fn step_case(
        &self,
        number: &str,
        revision: u32,
        command: Command,
        by: &Actor,
    ) -> Result<(), CommandError> {
        self.step_case_once(number, revision, command, by, None).await.map(|_| ())
    }

    /// One command on one case: events, notices and what they offer, in one commit.
    pub(super) async fn step_case_once(
        &self,
        number: &str,
        revision: u32,
        command: Command,
        by: &Actor,
        once: Option<&Once>,
    ) -> Result<Done, CommandError> {
        for _ in 0..CONFLICTS_MAX {
            let before = load::<Case>(&*self.store, keys::case(number))
                .await?
                .ok_or(CommandError::NotFound)?;
            if before.record.revision != revision {
                return Err(CommandError::Changed);
            }
            let now = self.clock.now();
            let mut changes = Changes::default();
            let command = self.with_person(&mut changes, command.clone(), &before.record).await?;
            let tables = self.tables();
            let events = desk::decide(Some(&before.record), command, by, now, &tables.rules())
                .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
            let case = self.add_events(&mut changes, Some(&before), &events).await?;
            self.tell_parent(&mut changes, &before.record, &events, by, now).await?;
            self.go_on_from(&mut changes, &case, &events, by, now).await?;
            self.keep_correction(&mut changes, &before.record, &events, now).await?;
            self.keep_place_correction(&mut changes, &before.record, &events, now).await?;
            let notices = self.notices_of(&case, &events, now);
            for notice in &notices {
                changes.create(notice)?;
            }
            let done = Done::of(&case);
            if let Some(once) = once {
                once.keep(&mut changes, &done, now)?;
            }
            let offered = self.offer_an_answer(changes, &case, &events, now).await?;
            match self.store.commit(offered).await {
                Ok(()) => {
                    self.bells.outbox.notify_one();
                    return Ok(done);
                }
                Err(StoreError::Conflict(_)) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommandError::Changed)
    }

    /// Adds the events, the case after them, and what other systems are told of them.
    pub(super) async fn add_events(
        &self,
        changes: &mut Changes,
        before: Option<&Loaded<Case>>,
        events: &[CaseEvent],
    ) -> Result<Case, StoreError> {
        let case = apply(changes, before, events, &self.tables().calendar)?;
        let was = before.map(|before| &before.record);
        self.queue_deliveries(changes, was, &case, events).await?;
        Ok(case)
    }

    /// What follows from events in the same commit, whoever made them: tasks that begin and end,
    /// and what those are told who go on under the case, the department, its people.
    pub(super) async fn go_on_from(
        &self,
        changes: &mut Changes,
        case: &Case,
        events: &[CaseEvent],
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.tell_children(changes, case, events, now).await?;
        self.supervise(changes, case, events, by, now).await?;
        self.follow_up(changes, case, events, by, now).await?;
        self.write_of_events(changes, case, events, now).await?;
        self.tell_of_work(changes, case, events, now).await?;
        self.tell_staff(changes, case, events, now).await
    }

    /// What the events of one decision tell the villager, and those who sign with her.
    pub(super) fn notices_of(
        &self,
        case: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Vec<Outgoing> {
        let tables = self.tables();
        let rules = tables.rules();
        let hotline = ("hotline".to_owned(), self.common().hotline.clone());
        let files = ("files".to_owned(), self.files_told(case));
        (first_of(case, events)..)
            .zip(events)
            .filter_map(|(n, event)| Some((n, event, desk::notice(case, event, &rules)?)))
            .flat_map(|(n, event, notice)| {
                let fields = notice.fields.into_iter();
                let fields = fields.map(|(name, value)| (name.to_owned(), value));
                let always = [hotline.clone(), files.clone()];
                let mut fields: BTreeMap<String, String> = fields.chain(always).collect();
                // A department without a telephone is asked through the platform.
                let phone = hotline.1.clone();
                fields.entry("department_phone".to_owned()).or_insert(phone);
                // She looks it up herself: only what she has to know is worth a call.
                let must_arrive = case.channel != intake::WEB || MUST_KNOW.contains(&notice.id);
                let number = case.number.digits();
                let to = told(case, event);
                to.into_iter().enumerate().map(move |(k, person)| {
                    let fields = fields.clone();
                    let person = Some(person.to_owned());
                    let kind = if k == 0 { notice.id } else { desk::for_signers(notice.id) };
                    let first = outbox::notice(&number, n, kind, fields, person, now);
                    let id = if k == 0 { first.id.clone() } else { format!("{}-{k}", first.id) };
                    Outgoing { id, must_arrive, ..first }
                })
            })
            .collect()
    }

    /// What she is asked by a notice she may answer at once: her conversations learn so, in the
    /// same commit.
    async fn offer_an_answer(
        &self,
        mut changes: Changes,
        case: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<crate::store::Batch, StoreError> {
        let script = self.script();
        let tables = self.tables();
        let rules = tables.rules();
        let mut told = events.iter().filter_map(|event| desk::notice(case, event, &rules));
        let dialog = told.find_map(|notice| script.notice(notice.id)?.offers());
        let Some(dialog) = dialog else { return Ok(changes.into_batch()) };
        let Some(person) = self.person_behind(&case.person).await? else {
            return Ok(changes.into_batch());
        };
        let until = desk::asked_until(case, now, &tables.calendar);
        let offer = Offer::for_case(dialog, &case.number.digits(), until);
        for address in &person.record.addresses {
            let Ok(address) = address.parse::<Address>() else { continue };
            let key = keys::contact(&address.to_string());
            if let Some(contact) = load::<Contact>(&*self.store, key).await? {
                let mut turn = Turn::new(self, Some(contact), &address);
                turn.changes = changes;
                turn.converse(Event::Offer(offer.clone())).await?;
                changes = turn.into_changes()?;
            }
        }
        Ok(changes.into_batch())
    }
}

/// In office minutes; `None`: the clock does not run.
fn time_left(case: &Case, now: Timestamp, calendar: &Calendar) -> Option<i64> {
    let runs = case.state.is_open() && case.replied_at.is_none() && !case.state.stands_still();
    runs.then(|| minutes_left(case.round_due_at, now, calendar))
}

/// Less than nothing when it is past.
pub(super) fn minutes_left(due: Timestamp, now: Timestamp, calendar: &Calendar) -> i64 {
    match now <= due {
        true => calendar.working_minutes(now, due),
        false => -calendar.working_minutes(due, now).max(1),
    }
}

impl Session {
    pub(super) fn actor(&self) -> Actor {
        Actor::Staff {
            name: self.name.clone(),
            role: self.role.id().to_owned(),
            department: self.department.clone(),
            at_machine: self.from == AT_THE_MACHINE,
        }
    }
}

/// What somebody who can look it up on the web is telephoned about all the same.
const MUST_KNOW: [&str; 6] = ["replied", "final", "rejected", "need_info", "visit", "visit_off"];

/// Whom an event concerns, by the ids of their person records.
fn told<'c>(case: &'c Case, event: &'c CaseEvent) -> Vec<&'c str> {
    match &event.change {
        Change::CoSigned { person } => vec![person],
        // What she was asked only she can answer; where somebody comes is where she lives.
        Change::Reminded | Change::VisitAgreed { .. } | Change::VisitCancelled { .. } => {
            vec![&case.person]
        }
        _ => std::iter::once(&case.person).chain(&case.co_signers).map(String::as_str).collect(),
    }
}

/// The revision that the first of these last events made.
pub(super) fn first_of(case: &Case, events: &[CaseEvent]) -> u32 {
    let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
    case.revision.saturating_sub(count) + 1
}

fn apply(
    changes: &mut Changes,
    before: Option<&Loaded<Case>>,
    events: &[CaseEvent],
    calendar: &Calendar,
) -> Result<Case, StoreError> {
    let corrupt =
        |error: desk::FoldError| StoreError::Corrupt { key: "case".into(), why: error.to_string() };
    let mut case = match before {
        None => desk::fold(events).map_err(corrupt)?,
        Some(before) => {
            let mut case = before.record.clone();
            for event in events {
                case.apply(event).map_err(corrupt)?;
            }
            case
        }
    };
    case.wakes_at = desk::next_by_clock(&case, calendar).map(|(at, _)| at);
    let number = case.number.digits();
    for (n, event) in (first_of(&case, events)..).zip(events) {
        let salts = [random::hex::<16>(), random::hex::<16>()];
        let sealed = Sealed::new(&number, n, event, &case.chain, salts);
        sealed.create(changes)?;
        case.chain = sealed.event.hash;
    }
    match before {
        Some(before) => changes.replace(before, &case)?,
        None => changes.create(&case)?,
    }
    Ok(case)
}
