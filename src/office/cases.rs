//! Cases as the desk sees them: the list, one case, and what clerks do to it.

use jiff::Timestamp;

use crate::calendar::spoken;
use crate::county::Address;
use crate::desk::{
    self, Actor, Case, CaseEvent, Change, Command, NumberRead, Party, Standing, State, Step,
};
use crate::dialog::{Event, Offer};
use crate::store::records::{Contact, Outgoing, Status, StoredEvent};
use crate::store::{Changes, Loaded, Range, StoreError, keys, list, list_by_index, load};

use super::turn::Turn;
use super::views::{
    CaseCommand, CaseFilter, CasePage, CaseRow, CaseView, Choice, CommandError, NoticeView, Role,
    Session, TimelineLine,
};
use super::{Office, outbox};

const PAGE: usize = 30;
/// Looked at for one page of a filtered list; the page then ends early, with a cursor.
const EXAMINED_MAX: usize = 3_000;
const READ: usize = 200;
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
                .map(|state| Choice { id: state.id().into(), label: state.word().into() })
                .collect(),
            departments: self.department_choices(),
        };
        let search = filter.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if let Some(NumberRead::Whole(number)) = search.map(desk::read_number) {
            let case = load::<Case>(&*self.store, keys::case(&number.digits())).await?;
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
        for _ in 0..EXAMINED_MAX / READ {
            let found = list_by_index::<Case>(&*self.store, range.clone(), READ).await?;
            let Some((last, _)) = found.last() else {
                page.next = None;
                return Ok(page);
            };
            range = keys::after(&range, last);
            for (key, case) in found {
                if self.matches(&case.record, filter, search, tail.as_deref()) {
                    // One more than fits: there is a next page, behind the row before it.
                    if page.rows.len() == PAGE {
                        return Ok(page);
                    }
                    page.rows.push(self.case_row(&case.record));
                }
                page.next = Some(keys::text(&key));
            }
        }
        Ok(page)
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
        if tail.is_some_and(|tail| case.number.ends_in(tail)) {
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
        let standing = case.standing(now, &self.tables.calendar);
        CaseRow {
            number: case.number.digits(),
            title: case.title.clone(),
            place: case.place_name.clone().unwrap_or_default(),
            state_id: case.state.id(),
            state: case.state.word(),
            open: case.state.is_open(),
            department: case.department.as_deref().map(|id| self.department_name(id)),
            received_at: case.received_at,
            promised_at: case.round_due_at,
            overdue: standing == Standing::Overdue,
            amber: standing == Standing::Amber,
            round: case.round,
            urges: case.urges,
        }
    }

    fn department_name(&self, id: &str) -> String {
        self.tables.departments.get(id).map_or_else(|| id.to_owned(), |d| d.name.clone())
    }

    fn department_choices(&self) -> Vec<Choice> {
        self.tables
            .departments
            .iter()
            .map(|department| Choice { id: department.id.clone(), label: department.name.clone() })
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
        let mut media: Vec<String> = case.photos.iter().chain(&case.voices).cloned().collect();
        let events = self.events(number).await?;
        for event in &events {
            if let Change::Supplemented { photos, voices, .. } = &event.record.event.change {
                media.extend(photos.iter().chain(voices).cloned());
            }
        }
        let notices =
            list_by_index::<Outgoing>(&*self.store, keys::outgoing_of(number), 200).await?;
        let mut row = self.case_row(case);
        // Where in the village: the list has no room for it.
        row.place = format!("{} {}", row.place, case.place_note).trim().to_owned();
        Ok(Some(CaseView {
            row,
            category: category.map(|category| category.name.clone()),
            category_id: case.category.clone(),
            name: case.name.clone(),
            phone: case.phone.clone(),
            text: case.text.clone(),
            channel: channel_name(&case.channel),
            reply: case.reply.as_ref().map(|reply| reply.text.clone()),
            follows: case.follows.map(|number| number.digits()),
            rating: case.rating.map(|grade| grade.word().to_owned()),
            media: self.media_views(&media).await?,
            timeline: events.iter().map(|event| self.timeline_line(&event.record)).collect(),
            notices: notices.iter().map(|(_, notice)| self.notice_view(&notice.record)).collect(),
            actions: actions(case),
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
                .map(|outcome| Choice { id: outcome.id().into(), label: outcome.word().into() })
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
        let detail = self.detail(change);
        TimelineLine { at: *at, who, what: change.step().word().to_owned(), detail }
    }

    /// What stands beside a step in the timeline.
    fn detail(&self, change: &Change) -> String {
        let join = |parts: &[&str]| parts.join(" ").trim().to_owned();
        match change {
            Change::Received { .. } | Change::Accepted | Change::Urged | Change::Archived => {
                String::new()
            }
            Change::Answered { text, basis } => format!("{text}（依据：{basis}）"),
            Change::Rejected { reason, instead } => format!("{reason}。{instead}"),
            Change::Dispatched { department, note, helpers, .. } => {
                let names = helpers.iter().map(|helper| self.department_name(&helper.department));
                let names: Vec<String> = names.collect();
                let helped = match names.is_empty() {
                    true => String::new(),
                    false => format!("（协办：{}）", names.join("、")),
                };
                join(&[&format!("{}{helped}", self.department_name(department)), note])
            }
            Change::ReturnRefused { reason, appointed, .. } => {
                join(&[reason, if *appointed { "（指定承办）" } else { "" }])
            }
            Change::HandoverAsked { to, reason } => join(&[&self.department_name(to), reason]),
            Change::Contacted { means, reached, note } => {
                join(&[means.word(), if *reached { "联系上了" } else { "没联系上" }, note])
            }
            Change::CoReplied { department, text } => {
                join(&[&self.department_name(department), text])
            }
            Change::Resumed { reason, .. } => reason.word().to_owned(),
            Change::ExtensionAsked { days, reason, evidence } => {
                join(&[&format!("{days}个工作日"), reason, evidence])
            }
            Change::ExtensionGranted { round_due_at } => format!("到{}", spoken(*round_due_at)),
            Change::Deferred { plan, until } => format!("{plan}（{}）", spoken(*until)),
            Change::Submitted { outcome, text } | Change::Replied { outcome, text, .. } => {
                format!("【{outcome}】{text}")
            }
            Change::Rated { grade, comment } => join(&[grade.word(), comment]),
            Change::CalledBack { means, reached, solved, note } => {
                let said = solved.map_or("没联系上", |solved| solved.word());
                join(&[means.word(), if *reached { said } else { "没联系上" }, note])
            }
            Change::FinalReplied { text, document } => format!("{text}（文件：{document}）"),
            Change::Closed { closing, reason } => join(&[closing.word(), reason]),
            Change::Merged { parent, reason } => join(&[&parent.to_string(), reason]),
            Change::Joined { child } => child.to_string(),
            Change::Breached { limit, department, due_at } => {
                let who = department.as_deref().map(|id| self.department_name(id));
                let who = who.unwrap_or_default();
                join(&[&who, limit.word(), &format!("（{}到期）", spoken(*due_at))])
            }
            Change::Supervised { callee, title, promise_at, note } => {
                join(&[title, callee, &format!("答应{}前办完", spoken(*promise_at)), note])
            }
            Change::Recomputed { round_due_before, round_due_at, .. } => {
                format!("{}改为{}", spoken(*round_due_before), spoken(*round_due_at))
            }
            Change::ReturnAsked { basis: text }
            | Change::HandoverDeclined { reason: text }
            | Change::Progress { text }
            | Change::InfoAsked { question: text }
            | Change::ExtensionRefused { reason: text }
            | Change::ReviewReturned { reason: text }
            | Change::Reopened { reason: text, .. }
            | Change::Supplemented { text, .. }
            | Change::Withdrawn { reason: text }
            | Change::Unmerged { reason: text }
            | Change::Hidden { reason: text }
            | Change::Noted { text } => text.clone(),
        }
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
            Status::Merged => "并入后面的一条",
        };
        let last = message.tries.last().map(|tried| tried.result.clone());
        NoticeView {
            id: message.id.clone(),
            at: message.made_at,
            text: self.words(message, crate::dialog::Medium::Wechat),
            status: status.into(),
            detail: last.filter(|said| said != status).unwrap_or_default(),
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
            department: None,
        };
        self.step_case(number, revision, to_command(command)?, &by).await
    }

    /// One command on one case: events, notices and what they offer, in one commit.
    pub(super) async fn step_case(
        &self,
        number: &str,
        revision: u32,
        command: Command,
        by: &Actor,
    ) -> Result<(), CommandError> {
        for _ in 0..CONFLICTS_MAX {
            let before = load::<Case>(&*self.store, keys::case(number))
                .await?
                .ok_or(CommandError::NotFound)?;
            if before.record.revision != revision {
                return Err(CommandError::Changed);
            }
            let now = self.clock.now();
            let events =
                desk::decide(Some(&before.record), command.clone(), by, now, &self.tables.rules())
                    .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
            let mut changes = Changes::default();
            let case = apply(&mut changes, Some(&before), &events)?;
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
        let rules = self.tables.rules();
        let hotline = ("hotline".to_owned(), self.config.settings.county.hotline.clone());
        (first_of(case, events)..)
            .zip(events)
            .filter_map(|(n, event)| {
                let notice = desk::notice(case, event, &rules)?;
                let fields = notice.fields.into_iter();
                let fields = fields.map(|(name, value)| (name.to_owned(), value));
                let fields = fields.chain([hotline.clone()]).collect();
                let person = Some(case.person.clone());
                Some(outbox::notice(&case.number.digits(), n, notice.id, fields, person, now))
            })
            .collect()
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
        let script = self.script();
        let rules = self.tables.rules();
        let mut told = events.iter().filter_map(|event| desk::notice(case, event, &rules));
        let dialog = told.find_map(|notice| script.notice(notice.id)?.offers());
        let Some(dialog) = dialog else { return Ok(changes.into_batch()) };
        let Some(person) = self.person_behind(&case.person).await? else {
            return Ok(changes.into_batch());
        };
        let offer = Offer::for_case(
            dialog,
            &case.number.digits(),
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

/// The revision that the first of these last events made.
fn first_of(case: &Case, events: &[CaseEvent]) -> u32 {
    let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
    case.revision.saturating_sub(count) + 1
}

/// Adds the events and the case after them.
pub(super) fn apply(
    changes: &mut Changes,
    before: Option<&Loaded<Case>>,
    events: &[CaseEvent],
) -> Result<Case, StoreError> {
    let corrupt =
        |error: desk::FoldError| StoreError::Corrupt { key: "case".into(), why: error.to_string() };
    let case = match before {
        None => desk::fold(events).map_err(corrupt)?,
        Some(before) => {
            let mut case = before.record.clone();
            for event in events {
                case.apply(event).map_err(corrupt)?;
            }
            case
        }
    };
    for (n, event) in (first_of(&case, events)..).zip(events) {
        let case = case.number.digits();
        changes.create(&StoredEvent { case, n, event: event.clone() })?;
    }
    match before {
        Some(before) => changes.replace(before, &case)?,
        None => changes.create(&case)?,
    }
    Ok(case)
}

/// What staff may do now, by the table of transitions.
fn actions(case: &Case) -> Vec<&'static str> {
    let named = [
        ("dispatch", Step::Dispatched),
        ("accept", Step::Accepted),
        ("progress", Step::Progress),
        ("reply", Step::Replied),
        ("close", Step::Closed),
    ];
    let may = |step: Step| {
        // Work that nobody has accepted yet is accepted along with it.
        let from = match (case.state, step) {
            (State::Dispatched | State::Redo, Step::Progress | Step::Replied) => State::Handling,
            (state, _) => state,
        };
        desk::transition(Some(from), step).is_some_and(|row| row.who.contains(&Party::Staff))
    };
    named.into_iter().filter(|(_, step)| may(*step)).map(|(name, _)| name).collect()
}

fn to_command(command: CaseCommand) -> Result<Command, CommandError> {
    Ok(match command {
        CaseCommand::Dispatch { department, category, note } => {
            Command::Dispatch { department, helpers: Vec::new(), category, note }
        }
        CaseCommand::Accept => Command::Accept,
        CaseCommand::Progress { text } => Command::Progress { text },
        CaseCommand::Reply { outcome, text } => Command::Reply {
            outcome: desk::Outcome::from_word(&outcome)
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
