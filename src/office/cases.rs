//! Cases as the desk sees them: the list, one case, and what clerks do to it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::county::Address;
use crate::desk::{self, Actor, Case, CaseEvent, Change, Command, NumberRead, State};
use crate::dialog::{Event, Offer};
use crate::store::records::{Contact, Outgoing, Person, Status, StoredEvent};
use crate::store::{Changes, Loaded, Range, StoreError, keys, list, list_by_index, load, prefix_range};

use super::turn::Turn;
use super::views::{
    CaseCommand, CaseFilter, CasePage, CaseRow, CaseView, Choice, CommandError, NoticeView,
    Role, Session, TimelineLine,
};
use super::{Office, beijing, outbox};

const PAGE: usize = 30;
/// Looked at for one page of a filtered list; the page then ends early, with a cursor.
const EXAMINED_MAX: usize = 3_000;
const EVENTS_MAX: usize = 1_000;
const CONFLICTS_MAX: usize = 20;
/// A rating is asked for so long (county rules: 7 days).
const RATING_DAYS: i64 = 7;

impl Office {
    pub async fn cases(&self, filter: &CaseFilter) -> Result<CasePage, CommandError> {
        let mut page = CasePage {
            rows: Vec::new(),
            next: None,
            states: State::ALL
                .iter()
                .map(|state| Choice { id: state.id().into(), label: state.name().into() })
                .collect(),
            departments: self.department_choices(),
        };
        let search = filter.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if let Some(NumberRead::Whole(number)) = search.map(desk::read_number) {
            let case = load::<Case>(&*self.store, keys::case(number.as_str())).await?;
            page.rows.extend(case.map(|case| self.case_row(&case.record)));
            return Ok(page);
        }
        let tail = match search.map(desk::read_number) {
            Some(NumberRead::Tail(digits)) => Some(digits),
            _ => None,
        };
        let mut range = self.list_range(filter);
        if let Some(cursor) = &filter.after {
            range = keys::after_text(&range, cursor);
        }
        let mut examined = 0;
        loop {
            let found = list_by_index::<Case>(&*self.store, range.clone(), 200).await?;
            let Some((last, _)) = found.last() else { return Ok(page) };
            range = keys::after(&range, last);
            for (key, case) in found {
                examined += 1;
                if self.matches(&case.record, filter, search, tail.as_deref()) {
                    if page.rows.len() == PAGE {
                        return Ok(page);
                    }
                    page.rows.push(self.case_row(&case.record));
                }
                page.next = Some(keys::text(&key));
                if page.rows.len() == PAGE && examined % 200 == 0 {
                    return Ok(page);
                }
            }
            if examined >= EXAMINED_MAX {
                return Ok(page);
            }
        }
    }

    /// The index that leaves least to look at.
    fn list_range(&self, filter: &CaseFilter) -> Range {
        match (&filter.state, &filter.department) {
            (Some(state), _) => keys::cases_in_state(state),
            (None, Some(department)) => keys::cases_of_department(department),
            (None, None) => keys::cases_by_receipt(),
        }
    }

    fn matches(
        &self,
        case: &Case,
        filter: &CaseFilter,
        search: Option<&str>,
        tail: Option<&str>,
    ) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| match wanted {
            Some(wanted) => found == Some(wanted),
            None => true,
        };
        if !is(&filter.state, Some(case.state.id()))
            || !is(&filter.department, case.department.as_deref())
            || (filter.overdue && !self.is_overdue(case))
        {
            return false;
        }
        let Some(search) = search else { return true };
        if tail.is_some_and(|tail| case.number.as_str().ends_with(tail)) {
            return true;
        }
        [Some(&case.title), Some(&case.text), case.place_name.as_ref(), case.name.as_ref()]
            .into_iter()
            .flatten()
            .any(|text| text.contains(search))
    }

    fn is_overdue(&self, case: &Case) -> bool {
        case.is_overdue(self.clock.now())
    }

    fn case_row(&self, case: &Case) -> CaseRow {
        let now = self.clock.now();
        let amber = self.tables.calendar.share(case.received_at, case.promised_at, 80);
        CaseRow {
            number: case.number.as_str().to_owned(),
            title: case.title.clone(),
            place: case.place_name.clone().unwrap_or_default(),
            state_id: case.state.id(),
            state: case.state.name(),
            department: case.department.as_deref().map(|id| self.department_name(id)),
            received_at: case.received_at,
            promised_at: case.promised_at,
            overdue: self.is_overdue(case),
            amber: case.state.is_open() && !self.is_overdue(case) && now >= amber,
            round: case.round,
        }
    }

    fn department_name(&self, id: &str) -> String {
        self.tables.departments.get(id).map_or_else(|| id.to_owned(), |d| d.name.clone())
    }

    fn department_choices(&self) -> Vec<Choice> {
        self.tables
            .departments
            .iter()
            .map(|department| Choice {
                id: department.id.clone(),
                label: department.name.clone(),
            })
            .collect()
    }

    pub async fn case(&self, number: &str) -> Result<Option<CaseView>, CommandError> {
        let Some(case) = load::<Case>(&*self.store, keys::case(number)).await? else {
            return Ok(None);
        };
        let case = &case.record;
        let category = case.category.as_deref().and_then(|code| self.tables.categories.get(code));
        let suggested = category.map(|category| category.lead.clone());
        let mut departments = self.department_choices();
        departments.sort_by_key(|choice| Some(&choice.id) != suggested.as_ref());
        let media: Vec<String> =
            case.photos.iter().chain(&case.voices).cloned().collect();
        let events = self.events(number).await?;
        let notices = list_by_index::<Outgoing>(&*self.store, keys::outgoing_of(number), 200)
            .await?;
        Ok(Some(CaseView {
            row: self.case_row(case),
            category: category.map(|category| category.name.clone()),
            category_id: case.category.clone(),
            name: case.name.clone(),
            phone: case.phone.clone(),
            text: case.text.clone(),
            channel: channel_name(&case.channel),
            reply: case.reply.as_ref().map(|reply| reply.text.clone()),
            rating: case.rating.as_ref().map(|rating| rating.grade.name().to_owned()),
            media: self.media_views(&media).await?,
            timeline: events.iter().map(|event| self.timeline_line(&event.record)).collect(),
            notices: notices.iter().map(|(_, notice)| self.notice_view(&notice.record)).collect(),
            actions: case.actions(),
            departments,
            suggested,
            categories: self
                .tables
                .categories
                .iter()
                .map(|category| Choice {
                    id: category.code.clone(),
                    label: format!("{} {}", category.group, category.name),
                })
                .collect(),
            outcomes: desk::Outcome::ALL
                .iter()
                .map(|outcome| Choice { id: outcome.id().into(), label: outcome.name().into() })
                .collect(),
            revision: case.revision,
        }))
    }

    async fn events(&self, number: &str) -> Result<Vec<Loaded<StoredEvent>>, StoreError> {
        list::<StoredEvent>(&*self.store, keys::events_of(number), EVENTS_MAX).await
    }

    fn timeline_line(&self, stored: &StoredEvent) -> TimelineLine {
        let CaseEvent { at, by, change } = &stored.event;
        let who = match by {
            Actor::Villager { .. } => "村民".to_owned(),
            Actor::Staff { name, .. } => name.clone(),
            Actor::System => "系统".to_owned(),
        };
        let detail = match change {
            Change::Dispatched { department, note, .. } => {
                format!("{} {note}", self.department_name(department)).trim().to_owned()
            }
            Change::Progress { text } => text.clone(),
            Change::Replied { outcome, text } => format!("【{}】{text}", outcome.name()),
            Change::Rated { grade, comment } => {
                format!("{} {}", grade.name(), comment.as_deref().unwrap_or_default())
                    .trim()
                    .to_owned()
            }
            Change::Reopened { reason, .. } => reason.clone(),
            Change::Closed { reason } => reason.clone(),
            Change::Received { .. } | Change::Accepted => String::new(),
        };
        TimelineLine { at: *at, who, what: change.name().to_owned(), detail }
    }

    fn notice_view(&self, message: &Outgoing) -> NoticeView {
        let status = match message.status {
            Status::Waiting => "等待发送",
            Status::Sending => "正在发送",
            Status::Sent => "已发出",
            Status::Delivered => "已送到",
            Status::Unknown => "不知道收到没有",
            Status::Phone => "要打电话",
            Status::Settled => "已由工作人员处理",
            Status::Replied => "已在对话里告诉她",
        };
        NoticeView {
            id: message.id.clone(),
            at: message.made_at,
            text: self.words(message, crate::dialog::Medium::Wechat),
            status: status.into(),
            detail: message.tries.last().map(|t| t.result.clone()).unwrap_or_default(),
        }
    }

    /// `revision` is the one that the clerk saw: if somebody was faster, nothing is done.
    pub async fn case_command(
        &self,
        session: &Session,
        number: &str,
        revision: u32,
        command: CaseCommand,
    ) -> Result<(), CommandError> {
        let by = Actor::Staff {
            name: session.name.clone(),
            role: match session.role {
                Role::Clerk => "clerk".into(),
                Role::Admin => "admin".into(),
            },
        };
        let command = to_command(command)?;
        for _ in 0..CONFLICTS_MAX {
            let before = load::<Case>(&*self.store, keys::case(number))
                .await?
                .ok_or(CommandError::NotFound)?;
            if before.record.revision != revision {
                return Err(CommandError::Changed);
            }
            let now = self.clock.now();
            let events =
                desk::decide(Some(&before.record), command.clone(), &by, now, &self.tables.rules())
                    .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
            let mut changes = Changes::default();
            let case = apply(&mut changes, Some(&before), None, &events)?;
            let notices = self.notices_of(&case, &events, now);
            for notice in &notices {
                changes.create(notice)?;
            }
            let offered = self.offer_rating(changes, &case, &events, now).await?;
            match self.store.commit(offered).await {
                Ok(()) => {
                    self.bells.outbox.notify_one();
                    return Ok(());
                }
                Err(StoreError::Conflict(_)) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommandError::Changed)
    }

    /// What the events of one decision tell the villager.
    pub(super) fn notices_of(
        &self,
        case: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Vec<Outgoing> {
        let first = case.revision + 1 - events.len() as u32;
        let department = case.department.as_deref().map(|id| self.department_name(id));
        (first..)
            .zip(events)
            .filter_map(|(n, event)| {
                let kind = event.notice()?;
                let fields = self.notice_fields(case, event, department.as_deref());
                let person = case.person.clone();
                Some(outbox::notice(case.number.as_str(), n, kind, fields, person, now))
            })
            .collect()
    }

    fn notice_fields(
        &self,
        case: &Case,
        event: &CaseEvent,
        department: Option<&str>,
    ) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::from([
            ("case_no".to_owned(), case.number.to_string()),
            ("title".to_owned(), case.title.clone()),
            ("due".to_owned(), beijing::before(case.promised_at)),
            ("state".to_owned(), case.state.name().to_owned()),
            ("hotline".to_owned(), self.config.settings.county.hotline.clone()),
        ]);
        if let Some(department) = department {
            fields.insert("department".to_owned(), department.to_owned());
        }
        if let Some(reply) = &case.reply {
            fields.insert("reply".to_owned(), reply.text.clone());
        }
        match &event.change {
            Change::Progress { text } => {
                fields.insert("text".to_owned(), text.clone());
            }
            Change::Reopened { due_at, .. } => {
                fields.insert("due".to_owned(), beijing::before(*due_at));
            }
            Change::Closed { reason } => {
                fields.insert("reason".to_owned(), reason.clone());
            }
            _ => {}
        }
        fields
    }

    /// After a reply the villager may rate it: her conversations learn so, in the same
    /// commit.
    async fn offer_rating(
        &self,
        mut changes: Changes,
        case: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<crate::store::Batch, StoreError> {
        let kinds: Vec<&str> = events.iter().filter_map(CaseEvent::notice).collect();
        let script = self.script();
        let dialog = kinds.iter().find_map(|kind| script.notice(kind)?.offers());
        let (Some(dialog), Some(person)) = (dialog, &case.person) else {
            return Ok(changes.into_batch());
        };
        let Some(person) = load::<Person>(&*self.store, keys::person(person)).await? else {
            return Ok(changes.into_batch());
        };
        let offer = Offer::for_case(
            dialog,
            case.number.as_str(),
            now + jiff::SignedDuration::from_hours(24 * RATING_DAYS),
        );
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

/// Adds the events and the case after them.
pub(super) fn apply(
    changes: &mut Changes,
    before: Option<&Loaded<Case>>,
    new: Option<Case>,
    events: &[CaseEvent],
) -> Result<Case, StoreError> {
    let corrupt = |why: String| StoreError::Corrupt { key: "case".into(), why };
    let mut case = new.or_else(|| before.map(|b| b.record.clone()));
    let mut rest = events;
    if case.is_none() {
        case = Some(desk::fold(&events[..1]).map_err(|error| corrupt(error.to_string()))?);
        rest = &events[1..];
    }
    let mut case = case.ok_or_else(|| corrupt("a case begins with an event".into()))?;
    for event in rest {
        case.apply(event).map_err(|error| corrupt(error.to_string()))?;
    }
    let number = case.number.as_str().to_owned();
    let first = case.revision + 1 - events.len() as u32;
    for (n, event) in (first..).zip(events) {
        changes.create(&StoredEvent { case: number.clone(), n, event: event.clone() })?;
    }
    match before {
        Some(before) => changes.replace(before, &case)?,
        None => changes.create(&case)?,
    }
    Ok(case)
}

fn to_command(command: CaseCommand) -> Result<Command, CommandError> {
    Ok(match command {
        CaseCommand::Dispatch { department, category, note } => {
            Command::Dispatch { department, category, note }
        }
        CaseCommand::Accept => Command::Accept,
        CaseCommand::Progress { text } => Command::Progress { text },
        CaseCommand::Reply { outcome, text } => Command::Reply {
            outcome: desk::Outcome::from_id(&outcome)
                .ok_or_else(|| CommandError::Refused("请选一个办理结果。".into()))?,
            text,
        },
        CaseCommand::Close { reason } => Command::Close { reason },
    })
}

fn channel_name(id: &str) -> &'static str {
    match id {
        "wechat" => "微信",
        "sms" => "短信",
        "simulator" => "试用手机",
        _ => "其他",
    }
}
