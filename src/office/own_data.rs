//! What the county knows about her: shown to her, given to her whole, and taken away
//! (Personal Information Protection Law, articles 45 and 47).

use crate::calendar::spoken;
use crate::desk::private::{name_her, nameless};
use crate::desk::{Case, Depth, Listing, ListingCommand, erase};
use crate::dialog::{Fields, Value};
use crate::store::misheard::MisheardWords;
use crate::store::private_records::{Identity, Words};
use crate::store::records::{Person, Task, TaskKind};
use crate::store::{Loaded, StoreError, keys, list, list_by_index, load};

use super::actions::Outcome;
use super::tasks;
use super::turn::Turn;

const EXAMINED: usize = 200;
/// Beyond this many cases a clerk prints them: WeChat carries five messages.
const CASES_SENT: usize = 12;
/// One commit takes so many; somebody with more is helped by a clerk.
const CASES_FORGOTTEN: usize = 150;
const CASE_CHARACTERS: usize = 260;
/// The newest; a message has its length.
const LOOKS_SENT: usize = 10;
const MISHEARD_SENT: usize = 10;
const MISHEARD_CHARACTERS: usize = 60;

impl Turn<'_> {
    /// Name, number, how many cases and listings.
    pub async fn own_data(&mut self) -> Outcome {
        let Some(person) = self.loaded_person().await? else { return Ok(Ok(nothing())) };
        let cases = self.cases_of(&person.record.id).await?;
        let listings = keys::listings_of(&person.record.id);
        let listings = list_by_index::<Listing>(&*self.office.store, listings, EXAMINED).await?;
        let person = &person.record;
        Ok(Ok(record([
            ("name", person.name.clone().unwrap_or_default()),
            ("phone", person.phone.clone().unwrap_or_default()),
            ("cases", cases.len().to_string()),
            ("open", cases.iter().filter(|case| case.record.state.is_open()).count().to_string()),
            ("listings", listings.len().to_string()),
        ])))
    }

    /// All of it as text, in this conversation and nowhere else.
    pub async fn export_data(&mut self) -> Outcome {
        let Some(person) = self.loaded_person().await? else { return Ok(Ok(nothing())) };
        let cases = self.cases_of(&person.record.id).await?;
        let unknown = || "没有留".to_owned();
        let mut parts = vec![format!(
            "您的资料\n姓名：{}\n电话：{}\n来路：{}",
            person.record.name.clone().unwrap_or_else(unknown),
            person.record.phone.clone().unwrap_or_else(unknown),
            self.address.channel.id(),
        )];
        parts.extend(cases.iter().take(CASES_SENT).map(|case| told(&case.record)));
        let listings = keys::listings_of(&person.record.id);
        for (_, listing) in
            list_by_index::<Listing>(&*self.office.store, listings, EXAMINED).await?
        {
            let listing = &listing.record;
            parts.push(format!("{} {}，{}", listing.number, listing.text, listing.state));
        }
        parts.extend(self.own_misheard(&person.record.addresses).await?);
        let rest = cases.len().saturating_sub(CASES_SENT);
        if rest > 0 {
            let mut task = Task {
                title: "请打印一位村民的全部资料给她".into(),
                reason: format!("她要自己的资料，还有{rest}件事发不下"),
                who: person.record.name.clone().unwrap_or_else(|| "一位村民".into()),
                phone: person.record.phone.clone(),
                ..tasks::blank(TaskKind::Phone, self.now)
            };
            let numbers: Vec<String> =
                cases.iter().skip(CASES_SENT).map(|case| case.record.number.to_string()).collect();
            tasks::add_line(&mut task, tasks::line(self.now, true, &numbers.join("，")));
            self.changes.create(&task)?;
        }
        self.texts.extend(parts);
        Ok(Ok(record([("cases", cases.len().to_string()), ("rest", rest.to_string())])))
    }

    /// What the bot did not understand and keeps to be taught from it.
    async fn own_misheard(&self, addresses: &[String]) -> Result<Option<String>, StoreError> {
        let all = self.office.misheard_of(addresses).await?;
        let brief = |one: &MisheardWords| one.text.chars().take(MISHEARD_CHARACTERS).collect();
        let newest: Vec<String> = all.iter().take(MISHEARD_SENT).map(brief).collect();
        let words = newest.join("\n");
        Ok((!all.is_empty())
            .then(|| format!("没听懂、留着改进的话，共{}句，姓名号码已抹去：\n{words}", all.len())))
    }

    /// Who saw who she is: when, what office, why.
    pub async fn own_looks(&mut self) -> Outcome {
        let Some(person) = self.loaded_person().await? else {
            return Ok(Ok(record([("looks", "0".to_owned())])));
        };
        let cases = self.cases_of(&person.record.id).await?;
        let cases: Vec<String> = cases.iter().map(|case| case.record.number.digits()).collect();
        let told = self.office.looks_told(&cases, LOOKS_SENT).await?;
        if !told.is_empty() {
            self.texts.push(format!("看过您姓名电话的：\n{}", told.join("\n")));
        }
        Ok(Ok(record([("looks", told.len().to_string())])))
    }

    /// Her name and her numbers go, everywhere where cases and listings hold them; what was
    /// reported and answered stays, as the county's record of its own work.
    pub async fn delete_data(&mut self) -> Outcome {
        let Some(person) = self.loaded_person().await? else { return Ok(Ok(nothing())) };
        let id = person.record.id.clone();
        let cases = self.cases_of(&id).await?;
        let open = cases.iter().filter(|case| case.record.state.is_open()).count();
        if open > 0 {
            return Ok(Err(format!(
                "您还有{open}件事在办，办完才能删，不然找不到您。急着删，请先回「撤回」。"
            )));
        }
        if cases.len() > CASES_FORGOTTEN {
            return Ok(Err("您的事太多，一次删不完。请回「人工」，工作人员帮您删。".into()));
        }
        for before in &cases {
            let number = before.record.number.digits();
            let who = self.office.who(&number).await?;
            let mut case = erase::without(&before.record, Depth::Identity, self.now);
            case.text = nameless(&case.text, &who);
            self.changes.replace(before, &case)?;
            let words = keys::words_of(&number);
            for words in list::<Words>(&*self.office.store, words, EXAMINED).await? {
                if name_her(&words.texts, &who) {
                    self.changes.remove(&words);
                }
            }
            let identity = keys::identity(&case.number.digits());
            if let Some(identity) = load::<Identity>(&*self.office.store, identity).await? {
                self.changes.remove(&identity);
            }
        }
        let listings = keys::listings_of(&id);
        for (_, before) in list_by_index::<Listing>(&*self.office.store, listings, EXAMINED).await?
        {
            let withdraw = ListingCommand::Withdraw { person: id.clone() };
            let after = before.record.after(withdraw, self.now);
            let mut after = after.unwrap_or_else(|_| before.record.clone());
            (after.name, after.phone) = (None, None);
            self.changes.replace(&before, &after)?;
        }
        for address in &person.record.addresses {
            self.office.forget_misheard(&mut self.changes, address).await?;
        }
        let forgotten = Person {
            addresses: Vec::new(),
            name: None,
            phone: None,
            prefers: None,
            ..person.record.clone()
        };
        self.changes.replace(&person, &forgotten)?;
        self.contact.person = None;
        self.contact.scene = None;
        // What she was shown a moment ago holds it all.
        self.contact.recent.iter_mut().for_each(|answered| answered.said.clear());
        if !cases.is_empty() {
            self.changes.create(&Task {
                title: "一位村民要求删除她的资料".into(),
                reason: "姓名电话已经删掉。请核对，再清掉原话、照片和消息".into(),
                who: "一位村民".into(),
                person: Some(id),
                ..tasks::blank(TaskKind::Forget, self.now)
            })?;
        }
        Ok(Ok(record([("cases", cases.len().to_string())])))
    }

    async fn loaded_person(&self) -> Result<Option<Loaded<Person>>, StoreError> {
        match &self.contact.person {
            Some(id) => load::<Person>(&*self.office.store, keys::person(id)).await,
            None => Ok(None),
        }
    }

    /// Newest first. What she only signed is another's.
    async fn cases_of(&self, person: &str) -> Result<Vec<Loaded<Case>>, StoreError> {
        let own = keys::cases_of(person);
        let own = list_by_index::<Case>(&*self.office.store, own, EXAMINED).await?;
        let own = own.into_iter().map(|(_, case)| case);
        Ok(own.filter(|case| case.record.person == person).collect())
    }
}

fn told(case: &Case) -> String {
    let reply = case.reply.as_ref().map(|reply| format!("\n答复：{}", reply.text));
    let text = format!(
        "{} {}\n{}，{}\n{}{}",
        case.number,
        case.title,
        spoken(case.received_at),
        case.state.shown(),
        case.text,
        reply.unwrap_or_default(),
    );
    let mut short: String = text.chars().take(CASE_CHARACTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn nothing() -> Value {
    record([("cases", "0".to_owned()), ("open", "0".to_owned()), ("listings", "0".to_owned())])
}

fn record<const N: usize>(fields: [(&str, String); N]) -> Value {
    let fields = fields.into_iter().filter(|(_, text)| !text.is_empty());
    Value::Record(
        fields.map(|(name, text)| (name.to_owned(), Value::Text(text))).collect::<Fields>(),
    )
}
