//! What somebody has written down for a villager, or she herself on the web: one intake for
//! every terminal but the conversation. Whom it is about and who typed it are both kept.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use crate::county::CaseType;
use crate::desk::{self, Actor, Case, Command, Heard, Intake, Kind, Source, Understood};
use crate::store::interface_records::SourceCase;
use crate::store::records::{Contact, Person};
use crate::store::{Changes, StoreError, keys, list_by_index, load};
use crate::zh;

use super::danger::danger_task;
use super::posted::{Done, Once};
use super::rights::Right;
use super::typed::moment;
use super::views::{CommandError, Role, Session};
use super::{Office, random, sms};

/// The terminals, as cases name them.
pub(super) const TELEPHONE: &str = desk::TELEPHONE;
pub(super) const TOWNSHIP: &str = "township";
pub(super) const AGENT: &str = "agent";
pub(super) const COUNTER: &str = "counter";
/// The county centre's own counter.
pub(super) const CENTER: &str = "center";
pub(super) const PLATFORM: &str = "platform";
pub(super) const WEB: &str = "web";

/// The same words of the same person within this time were sent twice.
const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);
const EXAMINED: usize = 50;
const NAME_CHARACTERS_MAX: usize = 20;
/// Added in one form; more come later, one by one.
const CO_SIGNERS_AT_ONCE: usize = 20;
const CONFLICTS_MAX: usize = 20;
/// The kind of danger that somebody at the desk has heard.
const URGENT: &str = "接听人员判断有危险";

/// What was written down; all of it as text, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub name: String,
    pub phone: String,
    /// A name as one writes it, or 12 digits.
    pub village: String,
    /// Where in the village.
    pub place: String,
    /// A code in categories.csv; empty: not known.
    pub category: String,
    /// The id or the word of a [`Kind`]; empty: by her words.
    pub kind: String,
    pub text: String,
    /// Against whom.
    pub respondent: String,
    /// How she wants to be told: `sms` or `phone`.
    pub told_by: String,
    pub confidential: bool,
    /// How she let somebody speak for her.
    pub authorised: String,
    /// Those who sign with her, one a line: name and telephone.
    pub co_signers: String,
    /// The number that another platform gave it.
    pub source_id: String,
    /// When she told it, as a form has it (`2026-11-20T15:00`); empty: just now.
    pub heard_at: String,
    /// The number of the recording of the call.
    pub recording: String,
    /// 代办: something is to be fetched or applied for in her name.
    pub errand: bool,
    /// Who listens hears danger, whatever the words are.
    pub urgent: bool,
    /// She stands before the clerk and does not telephone.
    pub walk_in: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The digits.
    pub number: String,
    /// It had been filed before; nothing was done.
    pub before: bool,
    /// Numbers to dial at once, if she tells of danger.
    pub call: Vec<String>,
}

/// Where it was written down, and what has to be there.
struct Terminal {
    channel: &'static str,
    needs_phone: bool,
    needs_authorisation: bool,
    /// Somebody of the county had the number from her own mouth.
    vouched: bool,
}

impl Terminal {
    fn of(role: Role, walk_in: bool) -> Self {
        let (channel, needs_phone) = match role {
            Role::Township => (TOWNSHIP, false),
            Role::Agent => (AGENT, false),
            Role::Department => (COUNTER, false),
            Role::Source => (PLATFORM, false),
            _ if walk_in => (CENTER, false),
            _ => (TELEPHONE, true),
        };
        let needs_authorisation = role == Role::Agent;
        Self { channel, needs_phone, needs_authorisation, vouched: true }
    }
}

/// Who is written down with a case.
struct Appellant {
    name: Option<String>,
    phone: Option<String>,
    prefers: Option<String>,
    vouched: bool,
}

impl Office {
    /// By somebody who has signed in, or by another platform.
    pub async fn file_for(&self, session: &Session, told: &Told) -> Result<Filed, CommandError> {
        let done = self.file_once(session, told, None).await?;
        Ok(Filed { number: done.number, before: done.before, call: done.call })
    }

    /// The same by a program that may send it twice.
    pub async fn file_once(
        &self,
        session: &Session,
        told: &Told,
        once: Option<&Once>,
    ) -> Result<Done, CommandError> {
        session.must(Right::File)?;
        let terminal = Terminal::of(session.role, told.walk_in);
        let source = match (session.role, &session.department, told.source_id.trim()) {
            (Role::Source, Some(system), id) if !id.is_empty() => {
                Some(Source { system: system.clone(), id: id.to_owned() })
            }
            (Role::Source, Some(_), _) => {
                return Err(refused("请写来件平台自己的编号。").of("source_id"));
            }
            _ => None,
        };
        self.file_told(told, &terminal, source, Some(session.actor()), once).await
    }

    /// By herself, on the public page. Nobody has checked who she is; the case says so.
    pub async fn file_on_web(&self, told: &Told, from: IpAddr) -> Result<Filed, CommandError> {
        if told.phone.trim().is_empty() {
            return Err(refused("请写手机号，好把结果告诉您。").of("phone"));
        }
        let most = self.config.settings.public.reports_hour;
        if !self.visit("report", from, most).await? {
            return Err(refused("这里一小时里提交得太多了。请过一会儿再来，急事请打电话。"));
        }
        let terminal = Terminal {
            channel: WEB,
            needs_phone: true,
            needs_authorisation: false,
            vouched: false,
        };
        let done = self.file_told(told, &terminal, None, None, None).await?;
        Ok(Filed { number: done.number, before: done.before, call: done.call })
    }

    /// `by`: `None` is herself.
    async fn file_told(
        &self,
        told: &Told,
        terminal: &Terminal,
        source: Option<Source>,
        by: Option<Actor>,
        once: Option<&Once>,
    ) -> Result<Done, CommandError> {
        for _ in 0..CONFLICTS_MAX {
            if let Some(source) = &source {
                let known = keys::case_of_source(&source.system, &source.id);
                if let Some(known) = load::<SourceCase>(&*self.store, known).await? {
                    return self.filed_before(&known.record.case).await;
                }
            }
            match self.try_to_file(told, terminal, source.clone(), by.clone(), once).await {
                // The other platform sent it twice at once, or she wrote meanwhile.
                Err(CommandError::Changed) => continue,
                other => return other,
            }
        }
        Err(CommandError::Changed)
    }

    async fn try_to_file(
        &self,
        told: &Told,
        terminal: &Terminal,
        source: Option<Source>,
        by: Option<Actor>,
        once: Option<&Once>,
    ) -> Result<Done, CommandError> {
        let tables = self.tables();
        let rules = tables.rules();
        let text = told.text.trim();
        if text.is_empty() {
            return Err(refused("请写她说的是什么事。").of("text"));
        }
        let appellant = self.appellant_of(told, terminal)?;
        let place = desk::place_named(&told.village, &rules)
            .map_err(|refusal| CommandError::Field("village", refusal.to_string()))?;
        let authorised = told.authorised.trim();
        if terminal.needs_authorisation && authorised.is_empty() {
            let text = "请写她怎样委托您的，例如：本人来店里说的。";
            return Err(refused(text).of("authorised"));
        }
        let kind = match told.kind.trim() {
            "" => {
                let category = tables.categories.get(told.category.trim());
                desk::kind_by_words(&[text], category, false)
            }
            word => Kind::from_word(word).ok_or_else(|| refused("没有这种诉求，请从名单里选。"))?,
        };
        let heard_at = match told.heard_at.trim() {
            "" => None,
            text => {
                Some(moment(text).ok_or_else(|| refused("请选她说这件事的时间，刚说的就空着。"))?)
            }
        };
        let heard = Heard { at: heard_at, recording: told.recording.trim().to_owned() };
        let now = self.clock.now();
        if source.is_none()
            && let Some(number) =
                self.sent_twice(&place.code, terminal.channel, text, &appellant, now).await?
        {
            return self.filed_before(&number).await;
        }
        let mut changes = Changes::default();
        let mut seen = Vec::new();
        let (name, phone) = (appellant.name.clone(), appellant.phone.clone());
        let person = self.known_or_new(&mut changes, &mut seen, appellant, now).await?;
        let mut co_signers = Vec::new();
        let signers = signers(&told.co_signers, terminal.vouched);
        for signer in signers.map_err(|error| error.of("co_signers"))? {
            co_signers.push(self.known_or_new(&mut changes, &mut seen, signer, now).await?);
        }
        let case_type = if told.errand { CaseType::Proxy } else { CaseType::Appeal };
        let number = self.number_of_case(case_type, now).await?;
        let number = number.ok_or_else(|| refused("今年的编号用完了，请告诉管理员。"))?;
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut understood = Vec::new();
        if let Some(phone) = phone.as_ref().filter(|_| !terminal.vouched) {
            understood.push(Understood {
                what: "电话".into(),
                value: phone.clone(),
                how: "网上自己填的，没有核实".into(),
                said: None,
                percent: None,
            });
        }
        let by = by.unwrap_or_else(|| Actor::Villager { person: person.clone() });
        let category = some(&told.category);
        let repeats = self.repeated(&person, category.as_deref(), now).await?;
        let mut intake = Intake {
            kind,
            category,
            repeats,
            place_code: Some(place.code.clone()),
            place_name: Some(desk::whole(place)),
            place_note: told.place.trim().to_owned(),
            text: text.to_owned(),
            name,
            phone: phone.clone(),
            respondent: some(&told.respondent),
            confidential: told.confidential,
            authorised: authorised.to_owned(),
            unreachable: phone.is_none() && source.is_none(),
            source: source.clone(),
            co_signers,
            understood,
            heard,
            ..Intake::of(number, person, terminal.channel)
        };
        let mut call = Vec::new();
        if let Some(danger) = self.tables().reader().emergency(text) {
            changes.create(&danger_task(&intake, &danger.kind, now))?;
            intake.danger = Some(danger.kind);
            call = danger.call;
        } else if told.urgent {
            changes.create(&danger_task(&intake, URGENT, now))?;
            intake.danger = Some(URGENT.to_owned());
        }
        let command = Command::File(Box::new(intake));
        let events = desk::decide(None, command, &by, now, &rules)
            .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        let case = self.add_events(&mut changes, None, &events).await?;
        let number = number.digits();
        if let Some(Source { system, id }) = source {
            changes.create(&SourceCase { system, id, case: number })?;
        }
        self.tell_of_work(&mut changes, &case, &events, now).await?;
        self.tell_staff(&mut changes, &case, &events, now).await?;
        for notice in self.notices_of(&case, &events, now) {
            changes.create(&notice)?;
        }
        let done = Done { call, ..Done::of(&case) };
        if let Some(once) = once {
            once.keep(&mut changes, &done, now)?;
        }
        self.store.commit(changes.into_batch()).await?;
        self.counters.cases.add(1);
        self.bells.outbox.notify_one();
        Ok(done)
    }

    async fn filed_before(&self, number: &str) -> Result<Done, CommandError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        let case = case.ok_or(CommandError::NotFound)?;
        Ok(Done { before: true, ..Done::of(&case.record) })
    }

    fn appellant_of(&self, told: &Told, terminal: &Terminal) -> Result<Appellant, CommandError> {
        let name = name_of(&told.name).map_err(|error| error.of("name"))?;
        let phone = match told.phone.trim() {
            "" if !terminal.needs_phone => None,
            phone => Some(phone_of(phone).map_err(|error| error.of("phone"))?),
        };
        if phone.is_none() && name.is_none() && terminal.channel != PLATFORM {
            return Err(refused("没有手机号的，请写上姓名，好找到人。").of("name"));
        }
        let prefers = (told.told_by == "phone").then(|| "phone".to_owned());
        Ok(Appellant { name, phone, prefers, vouched: terminal.vouched })
    }

    /// The other person of a command that adds one, found or made.
    pub(super) async fn with_person(
        &self,
        changes: &mut Changes,
        command: Command,
        case: &Case,
    ) -> Result<Command, CommandError> {
        let Command::CoSign { name, phone, .. } = command else { return Ok(command) };
        let Some(known) = name_of(&name)? else {
            return Err(refused("请写联名人的姓名。"));
        };
        let signer = Appellant {
            name: Some(known),
            phone: Some(phone.trim()).filter(|text| !text.is_empty()).map(phone_of).transpose()?,
            prefers: None,
            vouched: true,
        };
        let mut seen = case.co_signers.clone();
        seen.push(case.person.clone());
        let person = self.known_or_new(changes, &mut seen, signer, self.clock.now()).await?;
        Ok(Command::CoSign { person, name, phone })
    }

    /// Whom somebody of the county has before her, with a number from her own mouth.
    pub(super) async fn person_at_counter(
        &self,
        changes: &mut Changes,
        name: &str,
        phone: &str,
    ) -> Result<String, CommandError> {
        let who = Appellant {
            name: Some(name.to_owned()),
            phone: Some(phone.to_owned()),
            prefers: None,
            vouched: true,
        };
        self.known_or_new(changes, &mut Vec::new(), who, self.clock.now()).await
    }

    /// Whoever has that number: she is known by it, or will be from now on. Who has none, or a
    /// number that nobody has heard from her own mouth, is a new person.
    async fn known_or_new(
        &self,
        changes: &mut Changes,
        seen: &mut Vec<String>,
        who: Appellant,
        now: Timestamp,
    ) -> Result<String, CommandError> {
        let Appellant { name, phone, prefers, vouched } = who;
        let new = |addresses| Person {
            id: random::hex::<8>(),
            addresses,
            name: name.clone(),
            phone: phone.clone(),
            prefers: prefers.clone(),
            also: Vec::new(),
            merged_into: None,
        };
        let Some(number) = phone.as_ref().filter(|_| vouched) else {
            let person = new(Vec::new());
            changes.create(&person)?;
            return Ok(person.id);
        };
        let address = sms::address(number);
        let before = load::<Contact>(&*self.store, keys::contact(&address.to_string())).await?;
        let mut contact =
            before.as_ref().map_or_else(|| Contact::new(&address), |found| found.record.clone());
        let known = match &contact.person {
            Some(id) => self.person_behind(id).await?,
            None => None,
        };
        // Written twice in one form: whose phone it is, is not two people's.
        let is_seen = seen.contains(&contact.address)
            || known.as_ref().is_some_and(|known| seen.contains(&known.record.id));
        if is_seen {
            let who = name.as_deref().unwrap_or(number);
            return Err(CommandError::Refused(format!("{who}已经在这件事里了。")));
        }
        let id = match &known {
            Some(before) => {
                let mut person = before.record.clone();
                person.name = name.or(person.name);
                person.prefers = prefers.or(person.prefers.filter(|way| way != "phone"));
                if person != before.record {
                    changes.replace(before, &person)?;
                }
                person.id
            }
            None => {
                let person = new(vec![contact.address.clone()]);
                changes.create(&person)?;
                person.id
            }
        };
        seen.extend([id.clone(), contact.address.clone()]);
        contact.person = Some(id.clone());
        let state = contact.sms.get_or_insert_default();
        state.vouched_at = Some(now);
        state.gone_at = None;
        match &before {
            Some(before) => changes.replace(before, &contact)?,
            None => changes.create(&contact)?,
        }
        Ok(id)
    }

    /// Somebody pressed the button twice.
    async fn sent_twice(
        &self,
        village: &str,
        channel: &str,
        text: &str,
        who: &Appellant,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let since = now - SAME_WITHIN;
        let until = now + SignedDuration::from_secs(1);
        let range = keys::newest_first(keys::cases_of_village(village, since, until));
        let recent = list_by_index::<Case>(&*self.store, range, EXAMINED).await?;
        for (_, case) in recent {
            if case.record.channel != channel || case.record.text != text {
                continue;
            }
            let number = case.record.number.digits();
            let known = self.who(&number).await?;
            if known.phone == who.phone && (who.phone.is_some() || known.name == who.name) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }
}

fn refused(text: &str) -> CommandError {
    CommandError::Refused(text.to_owned())
}

pub(super) fn name_of(text: &str) -> Result<Option<String>, CommandError> {
    let name = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
    match &name {
        Some(name) if name.chars().count() > NAME_CHARACTERS_MAX => {
            Err(refused("姓名太长了，最多20个字。"))
        }
        _ => Ok(name),
    }
}

pub(super) fn phone_of(text: &str) -> Result<String, CommandError> {
    zh::phone(text).map_err(|error| CommandError::Refused(format!("{error}。")))
}

/// One a line: `李四 13800138001`, or a name alone.
fn signers(text: &str, vouched: bool) -> Result<Vec<Appellant>, CommandError> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > CO_SIGNERS_AT_ONCE {
        return Err(CommandError::Refused(format!(
            "一次最多写{CO_SIGNERS_AT_ONCE}个联名人，其余的登记以后再加。"
        )));
    }
    lines
        .into_iter()
        .map(|line| {
            let from = line.find(|c: char| c.is_numeric()).unwrap_or(line.len());
            let (name, phone) = line.split_at(from);
            let name = name.trim_matches(|c: char| c.is_whitespace() || "，,、：:".contains(c));
            let Some(name) = name_of(name)? else {
                return Err(CommandError::Refused(format!("联名人「{line}」没有写姓名。")));
            };
            let phone = Some(phone).filter(|phone| !phone.is_empty()).map(phone_of).transpose()?;
            Ok(Appellant { name: Some(name), phone, prefers: None, vouched })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<&[(&str, Option<&str>)], &str>) {
        match (signers(text, true), expect) {
            (Ok(found), Ok(expect)) => {
                let found: Vec<_> = found
                    .iter()
                    .map(|one| (one.name.as_deref().unwrap_or_default(), one.phone.as_deref()))
                    .collect();
                assert_eq!(found, expect, "{text}");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, expect) => panic!("{text}: {:?}, not {expect:?}", found.map(|all| all.len())),
        }
    }

    #[test]
    fn those_who_sign_stand_one_a_line() {
        check("", Ok(&[]));
        let both = [("李四", Some("13800138001")), ("王五", None)];
        check(" 李四 13800138001 \n\n王五\n", Ok(&both));
        check("李四，13800138001\n王五", Ok(&both));
        check("13800138001", Err("没有写姓名"));
        check("李四 1380013", Err("位"));
        check(&"李四\n".repeat(21), Err("最多写20个"));
    }
}
