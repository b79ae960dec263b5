//! What only a person can do: phone somebody, talk with her, listen to a recording.

use jiff::Timestamp;

use crate::channel::wechat;
use crate::county::{Address, Channel};
use crate::desk::private::mask_name;
use crate::dialog::Event;
use crate::store::looks::LookKind;
use crate::store::records::{Contact, Done, Line, Outgoing, Person, Status, Task, TaskKind};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};

use super::looks::{Noted, Seen};
use super::posted::{Once, Worked};
use super::rights::Right;
use super::turn::Turn;
use super::views::{CommandError, Session, TaskLine, TaskView};
use super::{Office, outbox, random};

const LINES_MAX: usize = 100;
const LINES_BYTES_MAX: usize = 40 * 1024;
const MEDIA_MAX: usize = 50;
const OPEN_SHOWN_MAX: usize = 200;
const NOTE_CHARACTERS_MAX: usize = 500;
const CONFLICTS_MAX: usize = 20;
/// Whose name is not known.
pub(super) const NOBODY: &str = "一位村民";

pub(super) fn blank(kind: TaskKind, now: Timestamp) -> Task {
    Task {
        id: random::hex::<8>(),
        kind,
        title: String::new(),
        reason: String::new(),
        who: String::new(),
        phone: None,
        case: None,
        outgoing: None,
        address: None,
        lines: Vec::new(),
        media: Vec::new(),
        person: None,
        opened_at: now,
        done: None,
    }
}

pub(super) fn line(at: Timestamp, from_villager: bool, text: &str) -> Line {
    let text = text.chars().take(2_000).collect();
    Line { at, from_villager, text }
}

/// A case number as people read it: `126-041-273`.
pub(super) fn shown(number: &str) -> String {
    match (number.get(..3), number.get(3..6), number.get(6..)) {
        (Some(a), Some(b), Some(c)) => format!("{a}-{b}-{c}"),
        _ => number.to_owned(),
    }
}

/// The oldest lines go: a record has its limit, and a villager may write for hours.
pub(super) fn add_line(task: &mut Task, line: Line) {
    task.lines.push(line);
    let mut bytes: usize = task.lines.iter().map(|line| line.text.len() + 80).sum();
    let mut gone = 0;
    while task.lines.len() - gone > LINES_MAX || bytes > LINES_BYTES_MAX {
        bytes -= task.lines[gone].text.len() + 80;
        gone += 1;
    }
    task.lines.drain(..gone);
}

impl Turn<'_> {
    /// A person takes over; from now on her messages go to the task.
    pub async fn hand_over(&mut self, reason: &str, summary: &str) -> Result<(), StoreError> {
        let now = self.now;
        if self.contact.hand_over.is_some() {
            return self.hold(summary, None).await;
        }
        let mut task = Task {
            title: "有人要和您说话".into(),
            reason: reason.to_owned(),
            address: Some(self.contact.address.clone()),
            ..blank(TaskKind::HandOver, now)
        };
        for part in summary.lines().filter(|part| !part.trim().is_empty()) {
            add_line(&mut task, line(now, true, part));
        }
        self.name_task(&mut task).await?;
        self.changes.create(&task)?;
        self.contact.hand_over = Some(task.id);
        Ok(())
    }

    /// She wrote while a person is in charge, or sent a recording that nobody has read.
    pub async fn hold(&mut self, text: &str, media: Option<String>) -> Result<(), StoreError> {
        let now = self.now;
        // One open task a person: many recordings are one thing to do.
        let open = [&self.contact.hand_over, &self.contact.voice_task];
        for id in open.into_iter().flatten() {
            if let Some(before) = load::<Task>(&*self.office.store, keys::task(id)).await?
                && before.record.done.is_none()
                && (before.record.kind == TaskKind::HandOver || media.is_some())
            {
                let mut task = before.record.clone();
                add_line(&mut task, line(now, true, text));
                if let Some(media) = media
                    && task.media.len() < MEDIA_MAX
                {
                    task.media.push(media);
                }
                return self.changes.replace(&before, &task);
            }
        }
        let mut task = match &media {
            Some(_) => Task {
                title: "有语音要听，或照片要看".into(),
                reason: "机器人听不懂语音，微信也不再转成文字".into(),
                ..blank(TaskKind::Voice, now)
            },
            None => Task {
                title: "有人要和您说话".into(),
                reason: "她写给工作人员".into(),
                ..blank(TaskKind::HandOver, now)
            },
        };
        task.address = Some(self.contact.address.clone());
        task.media = media.into_iter().collect();
        add_line(&mut task, line(now, true, text));
        self.name_task(&mut task).await?;
        self.changes.create(&task)?;
        match task.kind {
            TaskKind::HandOver => self.contact.hand_over = Some(task.id),
            _ => self.contact.voice_task = Some(task.id),
        }
        Ok(())
    }

    /// Gave the conversation back to the bot herself.
    pub async fn end_hand_over(&mut self) -> Result<(), StoreError> {
        let Some(id) = self.contact.hand_over.take() else { return Ok(()) };
        if let Some(before) = load::<Task>(&*self.office.store, keys::task(&id)).await?
            && before.record.done.is_none()
        {
            let mut task = before.record.clone();
            task.done =
                Some(Done {
                    at: self.now, by: "村民".into(), note: "她自己回到了机器人".into()
                });
            self.changes.replace(&before, &task)?;
        }
        Ok(())
    }

    async fn name_task(&self, task: &mut Task) -> Result<(), StoreError> {
        task.who = NOBODY.into();
        if let Some(id) = &self.contact.person
            && let Some(person) = self.office.person_behind(id).await?
        {
            describe(task, &person.record);
        }
        Ok(())
    }
}

/// Else it is about a department, or about books.
fn is_about_her(kind: TaskKind) -> bool {
    use TaskKind::{Direct, Flag, Forget, Reconcile, Relay, Supervise};
    !matches!(kind, Relay | Supervise | Reconcile | Forget | Direct | Flag)
}

/// It ends with what is written down on the case, or on the order.
fn done_elsewhere(kind: TaskKind) -> Option<&'static str> {
    Some(match kind {
        TaskKind::Supervise => "请在事项页用「电话督办」记下找了谁、答应哪天，这里就办完了。",
        TaskKind::CallBack => "请在事项页用「回访」记下打通没有、怎么说，这里就办完了。",
        TaskKind::Direct => "请承办单位在事项页用「答复批示」写好，这里就办完了。",
        TaskKind::Flag => "请在订单页上记「看过了」，这里就办完了。",
        _ => return None,
    })
}

pub(super) fn describe(task: &mut Task, person: &Person) {
    if let Some(name) = &person.name {
        task.who.clone_from(name);
    }
    task.phone.clone_from(&person.phone);
}

/// She unfollowed: the clerk can no longer write to her.
pub(super) async fn villager_left(turn: &mut Turn<'_>, id: &str) -> Result<(), StoreError> {
    if let Some(before) = load::<Task>(&*turn.office.store, keys::task(id)).await? {
        let mut task = before.record.clone();
        task.address = None;
        add_line(&mut task, line(turn.now, true, "（她取消了关注，微信上联系不到了）"));
        turn.changes.replace(&before, &task)?;
    }
    Ok(())
}

impl Office {
    pub(super) async fn say_who(
        &self,
        task: &mut Task,
        message: &Outgoing,
    ) -> Result<(), StoreError> {
        task.who = NOBODY.into();
        let person = match (&message.person, &message.address) {
            (Some(id), _) => Some(id.clone()),
            (None, Some(address)) => load::<Contact>(&*self.store, keys::contact(address))
                .await?
                .and_then(|contact| contact.record.person.clone()),
            (None, None) => None,
        };
        if let Some(id) = person
            && let Some(person) = self.person_behind(&id).await?
        {
            describe(task, &person.record);
        }
        if let Some(case) = &message.case {
            // What she gave for this case counts before what she gave since.
            let who = self.who(case).await?;
            task.who = who.name.unwrap_or_else(|| std::mem::take(&mut task.who));
            task.phone = who.phone.or(task.phone.take());
        }
        Ok(())
    }

    /// The open ones, oldest first.
    pub async fn tasks(&self, session: &Session) -> Result<Vec<TaskView>, CommandError> {
        for_the_platform(session)?;
        let open = list_by_index::<Task>(&*self.store, keys::open_tasks(), OPEN_SHOWN_MAX).await?;
        let mut views = Vec::with_capacity(open.len());
        for (_, task) in open {
            let mut view = self.task_view(&task.record).await?;
            if is_about_her(task.record.kind) && view.who != NOBODY {
                view.who = mask_name(&view.who);
            }
            views.push(view);
        }
        Ok(views)
    }

    pub async fn task(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<Option<TaskView>, CommandError> {
        match self.task_seen(session, id).await? {
            Some(task) => Ok(Some(self.task_view(&task).await?)),
            None => Ok(None),
        }
    }

    /// The look at whom it is about is on disk.
    pub(super) async fn task_seen(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<Option<Task>, CommandError> {
        for_the_platform(session)?;
        let Some(task) = load::<Task>(&*self.store, keys::task(id)).await? else {
            return Ok(None);
        };
        self.note_task_look(session, &task.record).await?;
        Ok(Some(task.record.clone()))
    }

    /// Whom to call stands on the page of a task: opening it is a look, and the task its reason.
    async fn note_task_look(&self, session: &Session, task: &Task) -> Result<(), CommandError> {
        if !is_about_her(task.kind) || (task.who == NOBODY && task.phone.is_none()) {
            return Ok(());
        }
        session.must(Right::Identity)?;
        let reason = format!("待办：{}", task.title);
        let cases: Vec<String> = task.case.iter().cloned().collect();
        if let Some(case) = cases.first()
            && self.has_just_looked(session, case, |look| look.reason == reason).await?
        {
            return Ok(());
        }
        let seen = Seen { kind: LookKind::Task, cases, reason: &reason };
        Ok(self.keep_look(Some(session), seen).await?)
    }

    async fn task_view(&self, task: &Task) -> Result<TaskView, CommandError> {
        Ok(TaskView {
            id: task.id.clone(),
            kind: match task.kind {
                TaskKind::Phone => "phone",
                TaskKind::HandOver => "handover",
                TaskKind::Voice => "voice",
                TaskKind::Dead => "dead",
                TaskKind::Relay => "relay",
                TaskKind::Danger => "danger",
                TaskKind::Supervise => "supervise",
                TaskKind::Listing => "listing",
                TaskKind::Reconcile => "reconcile",
                TaskKind::Paper => "paper",
                TaskKind::Forget => "forget",
                TaskKind::Morning => "morning",
                TaskKind::Burst => "burst",
                TaskKind::CallBack => "call_back",
                TaskKind::Direct => "direct",
                TaskKind::Flag => "flag",
            },
            title: task.title.clone(),
            reason: task.reason.clone(),
            who: task.who.clone(),
            phone: task.phone.clone(),
            case: task.case.clone(),
            person: task.person.clone(),
            lines: task
                .lines
                .iter()
                .map(|line| TaskLine {
                    at: line.at,
                    from_villager: line.from_villager,
                    text: line.text.clone(),
                })
                .collect(),
            media: self.media_views(&task.media, &format!("task={}", task.id)).await?,
            other_ways: self.other_ways(task).await?,
            opened_at: task.opened_at,
        })
    }

    /// Channels by which the message of a task could go as well: `sms`, `wechat`.
    async fn other_ways(&self, task: &Task) -> Result<Vec<&'static str>, CommandError> {
        let Some(id) = &task.outgoing else { return Ok(Vec::new()) };
        let message = load::<Outgoing>(&*self.store, keys::outgoing(id)).await?;
        let Some(message) = message else { return Ok(Vec::new()) };
        let mut ways = Vec::new();
        for channel in [Channel::Sms, Channel::Wechat] {
            let afresh = Outgoing {
                tries: Vec::new(),
                only: Some(channel.id().to_owned()),
                ..message.record.clone()
            };
            if self.could_go(&afresh).await? {
                ways.push(channel.id());
            }
        }
        Ok(ways)
    }

    async fn task_of(&self, session: &Session, id: &str) -> Result<Loaded<Task>, CommandError> {
        for_the_platform(session)?;
        self.open_task(id).await
    }

    async fn open_task(&self, id: &str) -> Result<Loaded<Task>, CommandError> {
        let task =
            load::<Task>(&*self.store, keys::task(id)).await?.ok_or(CommandError::NotFound)?;
        if let Some(done) = &task.record.done {
            return Err(CommandError::Refused(format!("这件事{}已经办完了。", done.by)));
        }
        Ok(task)
    }

    /// `note` says what came of it.
    pub async fn finish_task(
        &self,
        session: &Session,
        id: &str,
        note: &str,
    ) -> Result<(), CommandError> {
        self.finish_task_once(session, id, note, None).await.map(drop)
    }

    /// The same by a program that may send it twice.
    pub async fn finish_task_once(
        &self,
        session: &Session,
        id: &str,
        note: &str,
        once: Option<&Once>,
    ) -> Result<Worked, CommandError> {
        let note = said(note, "请写上结果，例如：已打电话告诉她。")?;
        let before = self.task_of(session, id).await?;
        if let Some(mend) = done_elsewhere(before.record.kind) {
            return Err(CommandError::Refused(mend.into()));
        }
        if before.record.kind == TaskKind::HandOver {
            return self.close_hand_over(session, &before, &note, once).await;
        }
        let mut changes = Changes::default();
        let mut task = before.record.clone();
        let now = self.clock.now();
        task.done = Some(Done { at: now, by: session.name.clone(), note });
        changes.replace(&before, &task)?;
        let done = keep(&mut changes, &task, once, now)?;
        if let Some(message) = &task.outgoing
            && let Some(before) = load::<Outgoing>(&*self.store, keys::outgoing(message)).await?
        {
            let settled = Outgoing { status: Status::Settled, ..before.record.clone() };
            changes.replace(&before, &settled)?;
        }
        self.commit_noted(changes, work_on(session, &task, "办完")).await?;
        Ok(done)
    }

    /// A clerk's words to the villager of a hand-over.
    pub async fn write_to_villager(
        &self,
        session: &Session,
        id: &str,
        text: &str,
    ) -> Result<(), CommandError> {
        let text = said(text, "请先写好要对她说的话。")?;
        if text.len() > wechat::reply::TEXT_LIMIT {
            return Err(CommandError::Refused("太长了，请分两次说，每次最多600个字。".into()));
        }
        let before = self.task_of(session, id).await?;
        let mut task = before.record.clone();
        let Some(address) = task.address.clone() else {
            return Err(CommandError::Refused("她取消了关注，微信上联系不到，请打电话。".into()));
        };
        let now = self.clock.now();
        add_line(&mut task, line(now, false, &format!("{}：{text}", session.name)));
        let mut changes = Changes::default();
        changes.replace(&before, &task)?;
        changes.create(&outbox::from_clerk(&address, &text, now))?;
        self.commit_noted(changes, work_on(session, &task, "写给群众")).await?;
        self.bells.outbox.notify_one();
        Ok(())
    }

    /// The bot takes over again; the hand-over is finished.
    pub async fn give_back(&self, session: &Session, id: &str) -> Result<(), CommandError> {
        self.give_back_once(session, id, None).await.map(drop)
    }

    /// The same by a program that may send it twice.
    pub async fn give_back_once(
        &self,
        session: &Session,
        id: &str,
        once: Option<&Once>,
    ) -> Result<Worked, CommandError> {
        let before = self.task_of(session, id).await?;
        self.close_hand_over(session, &before, "交还给机器人", once).await
    }

    async fn close_hand_over(
        &self,
        session: &Session,
        before: &Loaded<Task>,
        note: &str,
        once: Option<&Once>,
    ) -> Result<Worked, CommandError> {
        let mut task = before.record.clone();
        let now = self.clock.now();
        task.done = Some(Done { at: now, by: session.name.clone(), note: note.to_owned() });
        let Some(address) = task.address.as_ref().and_then(|text| text.parse::<Address>().ok())
        else {
            let mut changes = Changes::default();
            changes.replace(before, &task)?;
            let done = keep(&mut changes, &task, once, now)?;
            self.commit_noted(changes, work_on(session, &task, "交还")).await?;
            return Ok(done);
        };
        for _ in 0..CONFLICTS_MAX {
            let contact =
                load::<Contact>(&*self.store, keys::contact(&address.to_string())).await?;
            let mut turn = Turn::new(self, contact, &address);
            turn.changes.replace(before, &task)?;
            let done = keep(&mut turn.changes, &task, once, now)?;
            self.note_along(&mut turn.changes, work_on(session, &task, "交还")).await?;
            if turn.contact.hand_over.as_deref() == Some(&task.id) {
                turn.contact.hand_over = None;
                turn.converse(Event::Release).await?;
            }
            let finished = turn.finish(None, false)?;
            match self.store.commit(finished.batch).await {
                Ok(()) => {
                    self.is_done(finished.bells, &finished.traces);
                    return Ok(done);
                }
                // Either she wrote (try again) or another clerk was faster (seen here).
                Err(StoreError::Conflict(_)) => {
                    let now = self.open_task(&task.id).await?;
                    if now.record != before.record {
                        return Err(CommandError::Changed);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommandError::Changed)
    }

    /// A message of which nobody knows whether it went is tried once more, by a clerk's will:
    /// as before, or by the channel that she names (`wechat`, `sms`).
    pub async fn resend(
        &self,
        session: &Session,
        id: &str,
        only: Option<&str>,
    ) -> Result<(), CommandError> {
        // Who keeps the channels sends again what they did not carry, without reading it.
        let before = match session.may(Right::Settings) {
            true => self.open_task(id).await?,
            false => self.task_of(session, id).await?,
        };
        let missing = || CommandError::Refused("这件事没有可以再发的消息。".into());
        let message = before.record.outgoing.clone().ok_or_else(missing)?;
        let sent =
            load::<Outgoing>(&*self.store, keys::outgoing(&message)).await?.ok_or_else(missing)?;
        let now = self.clock.now();
        let note = match only {
            Some("sms") => "改用短信发",
            Some(_) => "改用微信发",
            None => "再发一次",
        };
        let again = Outgoing {
            status: Status::Waiting,
            due_at: now,
            tries: Vec::new(),
            awaits: None,
            task: None,
            only: only.map(str::to_owned).or_else(|| channel_of(&sent.record)),
            asked: 0,
            ..sent.record.clone()
        };
        let mut task = before.record.clone();
        task.done = Some(Done { at: now, by: session.name.clone(), note: note.into() });
        let mut changes = Changes::default();
        changes.replace(&before, &task)?;
        changes.replace(&sent, &again)?;
        self.commit_noted(changes, work_on(session, &task, note)).await?;
        self.bells.outbox.notify_one();
        Ok(())
    }
}

/// Into the commit that ends a task.
fn keep(
    changes: &mut Changes,
    task: &Task,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Worked, StoreError> {
    let done = Worked { id: task.id.clone(), revision: 0, state: "done".to_owned() };
    if let Some(once) = once {
        once.keep(changes, &done, now)?;
    }
    Ok(done)
}

/// Nothing of what was said: that stands in the task, and goes with it.
fn work_on(session: &Session, task: &Task, what: &str) -> Noted {
    let about = task.case.as_deref().map_or_else(|| task.id.clone(), shown);
    Noted::by(session, LookKind::TaskDone, &about, &format!("{}：{what}", task.title))
}

/// The channel of the last attempt: once more is the same way, and at once.
fn channel_of(message: &Outgoing) -> Option<String> {
    let route = &message.tries.last()?.route;
    let channel = if route.starts_with("sms/") { Channel::Sms } else { Channel::Wechat };
    Some(channel.id().to_owned())
}

/// What villagers write to the platform is not for departments.
fn for_the_platform(session: &Session) -> Result<(), CommandError> {
    if session.may(Right::Supervise) { Ok(()) } else { session.must(Right::Dispatch) }
}

fn said(text: &str, missing: &str) -> Result<String, CommandError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CommandError::Refused(missing.into()));
    }
    if text.chars().count() > NOTE_CHARACTERS_MAX * 2 {
        return Err(CommandError::Refused("太长了，请写短一些（最多1000个字）。".into()));
    }
    Ok(text.to_owned())
}
