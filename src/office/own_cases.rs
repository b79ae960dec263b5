//! What a villager does with cases that she has: she looks them up, asks for haste, adds to
//! one, takes it back, rates it, goes on with it. Only ever her own.

use crate::desk::{
    self, Actor, Case, CaseNumber, CaseType, Command, Grade, Intake, Named, NumberRead, Rules,
    State, Step, Verb,
};
use crate::dialog::{Call, Value};
use crate::store::records::{Task, TaskKind};
use crate::store::{Loaded, StoreError, keys, load};
use crate::zh;

use super::actions::{Outcome, as_choice, as_files, as_text, row_number, short};
use super::tasks;
use super::turn::Turn;

/// Shown to her in one list; more than nine do not fit a menu.
const SHOWN: usize = 9;
const EXAMINED: usize = 200;
/// The notice by which a department asks her something.
const ASKED: &str = "need_info";
/// Numbers of others that she may ask for in an hour.
const WRONG_HOUR: u32 = 5;
const NOT_HERS: &str = "没有找到这件事。回「查进度」看您的全部。";

/// Not that of an order or an advertisement.
fn is_case(number: CaseNumber) -> bool {
    let digits = number.digits();
    let kinds = [CaseType::Appeal, CaseType::Proxy];
    kinds.iter().any(|kind| digits.starts_with(&kind.digit().to_string()))
}

/// What she looks for a case for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Look,
    Urge,
    Supplement,
    Withdraw,
    Rate,
    Follow,
    Hide,
}

impl Purpose {
    fn step(self) -> Option<Step> {
        Some(match self {
            Purpose::Look | Purpose::Follow => return None,
            Purpose::Urge => Step::Urged,
            Purpose::Supplement => Step::Supplemented,
            Purpose::Withdraw => Step::Withdrawn,
            Purpose::Rate => Step::Rated,
            Purpose::Hide => Step::Hidden,
        })
    }

    /// Without a number she is shown only those with which it can be done. `hers`: her ids.
    fn fits(self, case: &Case, hers: &[String], now: jiff::Timestamp, rules: &Rules) -> bool {
        let Some(step) = self.step() else {
            return self == Purpose::Look || desk::may_follow(case, &case.person, now).is_ok();
        };
        // Who only signed it does not end it for all.
        let own = hers.iter().find(|id| **id == case.person);
        let Some(person) = own.or_else(|| hers.iter().find(|id| case.is_of(id))) else {
            return false;
        };
        let by = Actor::Villager { person: person.clone() };
        let parties = by.parties(Some(case));
        let row = desk::transition(Some(case.state), step);
        let leads_on = row.is_some_and(|row| row.who.iter().any(|party| parties.contains(party)));
        // What is over needs no hiding from those who handle it.
        if !leads_on || (self == Purpose::Hide && !case.state.is_open()) {
            return false;
        }
        // Of these two she is told why not, rather than that there is none.
        matches!(self, Purpose::Urge | Purpose::Withdraw)
            || desk::guard(case, step, &by, now, rules).is_ok()
    }

    /// What waits for her comes first, what is over last.
    fn order(self, case: &Case) -> (bool, bool) {
        let asked = self == Purpose::Supplement && case.state == State::NeedInfo;
        (!asked, !case.state.is_open())
    }
}

/// Three grades are offered in a conversation; who says more than that is taken at her word.
fn at_her_word(grade: Grade, said: &str) -> Grade {
    match (grade, zh::rating(said)) {
        (Grade::Satisfied, Some(5)) => Grade::VerySatisfied,
        (Grade::Dissatisfied, Some(1)) => Grade::VeryDissatisfied,
        _ => grade,
    }
}

impl Turn<'_> {
    /// What she writes about one of her cases, in the form that the dialogs know: the verb and
    /// nine digits. A number of another kind, and all other words, stay as they are.
    pub async fn written_out(&self, text: &str) -> Result<String, StoreError> {
        if zh::plain(text).replace(' ', "") == "查我的" {
            return Ok(Verb::Look.word().into());
        }
        let as_it_is = || Ok(text.to_owned());
        let Some(order) = desk::read_order(text) else { return as_it_is() };
        let tail = match &order.number {
            Named::Whole(number) if is_case(*number) => return Ok(order.written_out(*number)),
            Named::Whole(_) => return as_it_is(),
            Named::Tail(tail) => tail,
        };
        let Some(person) = &self.contact.person else { return as_it_is() };
        let own = self.office.cases_of(person, EXAMINED).await?;
        let hers: Vec<&Case> = own
            .iter()
            .map(|(_, case)| &case.record)
            .filter(|case| is_case(case.number) && case.number.ends_in(tail))
            .collect();
        let open: Vec<&Case> = hers.iter().copied().filter(|case| case.state.is_open()).collect();
        match (&open[..], &hers[..]) {
            ([one], _) | ([], [one]) => Ok(order.written_out(one.number)),
            // None, or several: she is shown those that fit.
            _ if !self.contact.conversation.is_busy() => Ok(order.verb.word().into()),
            _ => as_it_is(),
        }
    }

    /// What a department asked her, and knows by now, is not asked any more.
    pub async fn forget_what_was_answered(&mut self) -> Result<(), StoreError> {
        let script = self.office.script();
        let asks = script.notice(ASKED).and_then(|notice| notice.offers());
        let Some(dialog) = asks else { return Ok(()) };
        for number in self.contact.conversation.offered_for(dialog) {
            let case = load::<Case>(&*self.office.store, keys::case(&number)).await?;
            if case.is_none_or(|case| case.record.state != State::NeedInfo) {
                self.contact.conversation.withdraw(dialog, &number);
            }
        }
        Ok(())
    }

    /// By the number in the message that began the dialog, or all that fit.
    pub async fn find_own(&mut self, call: &Call, purpose: Purpose) -> Outcome {
        let person = self.contact.person.clone();
        let mut own = match &person {
            Some(person) => self.office.cases_of(person, EXAMINED).await?,
            None => Vec::new(),
        };
        own.reverse();
        let asked = call.args.get("opening").and_then(|answer| as_text(&answer.value));
        match asked.map(|text| desk::read_number(&text)) {
            Some(NumberRead::Whole(number)) => {
                own.retain(|(_, case)| case.number == number);
                if own.is_empty() && purpose == Purpose::Look && is_case(number) {
                    return self.look_at_anothers(number).await;
                }
            }
            Some(NumberRead::Tail(digits)) => {
                own.retain(|(_, case)| case.number.ends_in(&digits));
            }
            Some(NumberRead::WrongCheckDigit) => {
                return Ok(Err("编号不对，请再看一下。回「查进度」看您的全部。".into()));
            }
            Some(NumberRead::None) | None => {
                let ids = match &person {
                    Some(person) => self.office.ids_of(person).await?,
                    None => Vec::new(),
                };
                let tables = self.office.tables();
                let rules = tables.rules();
                own.retain(|(_, case)| purpose.fits(&case.record, &ids, self.now, &rules));
            }
        }
        own.sort_by_key(|(_, case)| purpose.order(&case.record));
        own.truncate(SHOWN);
        Ok(Ok(Value::List(own.iter().map(|(_, case)| self.case_fields(&case.record)).collect())))
    }

    /// Who has no more than a number learns how far it is, and with whom: an agent may have filed it
    /// for her. Who tries one number after another does not.
    async fn look_at_anothers(&self, number: CaseNumber) -> Outcome {
        if !self.office.visit_by("number", &self.contact.address, WRONG_HOUR).await? {
            return Ok(
                Err("别人的编号查得太多了，请过一小时再查。回「查进度」看您自己的。".into()),
            );
        }
        let case = load::<Case>(&*self.office.store, keys::case(&number.digits())).await?;
        let shown = case.map(|case| {
            let case = case.record;
            let department = case.department.as_deref().filter(|_| !case.confidential);
            let with = department.map(|id| format!("（{}）", self.office.department_name(id)));
            let state = format!("{}{}", case.state.shown(), with.unwrap_or_default());
            let title = "这件不是您报的，只能看到办到哪了".to_owned();
            [("case_no", number.to_string()), ("title", title), ("state", state)]
                .map(|(name, text)| (name.to_owned(), Value::Text(text)))
                .into()
        });
        Ok(Ok(Value::List(shown.into_iter().collect())))
    }

    pub async fn hide_case(&mut self, call: &Call) -> Outcome {
        let reason = "本人要求".to_owned();
        self.step_own(call, Command::Hide { reason }, "").await
    }

    pub async fn urge_case(&mut self, call: &Call) -> Outcome {
        self.step_own(call, Command::Urge, "群众催办，请抓紧办").await
    }

    pub async fn supplement_case(&mut self, call: &Call) -> Outcome {
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let text = short(arg("detail").and_then(as_text).unwrap_or_default());
        let mut photos = arg("photo").map(as_files).unwrap_or_default();
        photos.extend(arg("photos").map(as_files).unwrap_or_default());
        let voices = arg("voices").map(as_files).unwrap_or_default();
        let about = match photos.len() {
            0 => format!("群众补充：{text}"),
            count => format!("群众补充：{text}（照片{count}张）"),
        };
        self.step_own(call, Command::Supplement { text, photos, voices }, &about).await
    }

    pub async fn withdraw_case(&mut self, call: &Call) -> Outcome {
        let reason = call.args.get("comment").and_then(|answer| as_text(&answer.value));
        let reason = short(reason.unwrap_or_default());
        let about = format!("群众撤回了，不用再办。{reason}");
        self.step_own(call, Command::Withdraw { reason }, &about).await
    }

    pub async fn rate_case(&mut self, call: &Call) -> Outcome {
        let answer = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let Some(grade) = answer("grade").and_then(as_choice) else {
            return Ok(Err(NOT_HERS.into()));
        };
        let Some(grade) = Grade::from_word(&grade) else { return Ok(Err(String::new())) };
        let said = call.args.get("grade").map_or("", |answer| answer.raw.as_str());
        let grade = at_her_word(grade, said);
        let comment = short(answer("comment").and_then(as_text).unwrap_or_default());
        self.step_own(call, Command::Rate { grade, comment }, "").await
    }

    /// A new case that goes on with a closed one: same place, same kind of matter.
    pub async fn follow_case(&mut self, call: &Call) -> Outcome {
        let Some((before, _)) = self.own_case(call).await? else {
            return Ok(Err(NOT_HERS.into()));
        };
        let old = &before.record;
        if let Err(refusal) = desk::may_follow(old, &old.person, self.now) {
            return Ok(Err(refusal.to_string()));
        }
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let Some(number) = self.next_number(desk::CaseType::Appeal).await? else {
            return Ok(Err(String::new()));
        };
        let mut photos = arg("photo").map(as_files).unwrap_or_default();
        photos.extend(arg("photos").map(as_files).unwrap_or_default());
        let known = |code: &String| self.office.tables().categories.get(code).is_some();
        let who = self.office.who(&old.number.digits()).await?;
        let intake = Intake {
            kind: old.kind,
            category: old.category.clone().filter(known),
            place_code: old.place_code.clone(),
            place_name: old.place_name.clone(),
            place_note: who.place_note,
            text: arg("detail").and_then(as_text).unwrap_or_default(),
            name: who.name,
            phone: who.phone,
            photos,
            voices: arg("voices").map(as_files).unwrap_or_default(),
            follows: Some(old.number),
            ..Intake::of(number, &old.person, self.address.channel.id())
        };
        self.changes.expect_unchanged(&before);
        self.file(intake).await
    }

    /// The case that the call is about, if it is hers, and by which id.
    async fn own_case(&self, call: &Call) -> Result<Option<(Loaded<Case>, String)>, StoreError> {
        let number = call.args.get("case").and_then(|answer| row_number(&answer.value));
        let (Some(number), Some(person)) = (number, &self.contact.person) else { return Ok(None) };
        let case = load::<Case>(&*self.office.store, keys::case(&number.digits())).await?;
        let Some(case) = case else { return Ok(None) };
        let hers = self.office.hers_as(&case.record, person).await?;
        Ok(hers.map(|id| (case, id)))
    }

    /// One command of hers on one of her cases. `about`: what the department has to be told.
    async fn step_own(&mut self, call: &Call, command: Command, about: &str) -> Outcome {
        let Some((before, person)) = self.own_case(call).await? else {
            return Ok(Err(NOT_HERS.into()));
        };
        let by = Actor::Villager { person };
        let tables = self.office.tables();
        let rules = tables.rules();
        let events = match desk::decide(Some(&before.record), command, &by, self.now, &rules) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        let case = self.office.add_events(&mut self.changes, Some(&before), &events).await?;
        self.office.go_on_from(&mut self.changes, &case, &events, &by, self.now).await?;
        self.bells.outbox = true;
        self.told.extend(self.office.notices_of(&case, &events, self.now));
        if !about.is_empty() {
            self.relay(&case, about).await?;
        }
        let mut fields = self.case_fields(&case);
        // After the last round a person decides what follows.
        let next = if case.state == State::Redo { "redo" } else { "noted" };
        fields.insert("next".into(), Value::Text(next.into()));
        Ok(Ok(Value::Record(fields)))
    }

    /// A clerk tells the department that has the case. One open task a case, however often
    /// she writes; a case that no department has yet is read at the desk anyway.
    pub(super) async fn relay(&mut self, case: &Case, about: &str) -> Result<(), StoreError> {
        let Some(id) = &case.department else { return Ok(()) };
        let tables = self.office.tables();
        let department = tables.departments.get(id);
        let short = department.map_or(id, |found| &found.short);
        let key = format!("relay-{}", case.number.digits());
        let before = load::<Task>(&*self.office.store, keys::task(&key)).await?;
        let open = before.as_ref().filter(|task| task.record.done.is_none());
        let mut task = match open {
            Some(task) => task.record.clone(),
            None => Task {
                id: key,
                title: format!("请告诉{short}：群众有话"),
                reason: format!("{}，{}", case.number, case.title),
                who: department.map_or(id, |found| &found.name).clone(),
                phone: department
                    .map(|found| found.phone.clone())
                    .filter(|phone| !phone.is_empty()),
                case: Some(case.number.digits()),
                ..tasks::blank(TaskKind::Relay, self.now)
            },
        };
        tasks::add_line(&mut task, tasks::line(self.now, true, about));
        match &before {
            Some(before) => self.changes.replace(before, &task),
            None => self.changes.create(&task),
        }
    }
}
