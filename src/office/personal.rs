//! One person at the desk: found by her number, her cases, her data as a file, her name and
//! number put right, a hold on what would be cleared away. All of it is a look.

use jiff::Timestamp;

use crate::calendar::local;
use crate::desk::private::{mask_name, mask_tail};
use crate::desk::{Case, Who};
use crate::store::looks::{Hold, LookKind};
use crate::store::misheard::MisheardWords;
use crate::store::private_records::{Corrected, Identity};
use crate::store::records::{Contact, Person};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};

use super::intake::{name_of, phone_of};
use super::looks::Seen;
use super::rights::Right;
use super::sheet::Sheet;
use super::views::{CommandError, Session};
use super::{Office, sms};

const EXAMINED: usize = 200;
/// Corrected in one commit.
const CASES_MAX: usize = 150;
const REASON_CHARACTERS_MAX: usize = 100;

/// Whom a page is about; masked.
#[derive(Debug, Clone)]
pub struct PersonView {
    pub id: String,
    pub name: String,
    pub phone: String,
    pub cases: Vec<PersonCase>,
    pub corrections: Vec<CorrectionView>,
}

#[derive(Debug, Clone)]
pub struct PersonCase {
    /// The digits.
    pub number: String,
    /// Empty for one who may not see cases.
    pub title: String,
    pub received_at: Timestamp,
    pub state: &'static str,
    pub open: bool,
    pub erased: bool,
    /// Why it is not cleared away.
    pub held: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionView {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    pub before: String,
}

#[rustfmt::skip]
const COLUMNS: [&str; 12] = [
    "受理号", "受理时间", "姓名", "电话", "住址", "诉求标题", "诉求内容", "现在到哪一步", "承办单位", "答复", "满意度", "办结时间",
];

/// Stands where a case has its title.
const MISHEARD: &str = "机器人没听懂的话";

fn misheard_row(one: MisheardWords) -> Vec<String> {
    let mut row = vec![String::new(); COLUMNS.len()];
    (row[1], row[5], row[6]) = (local(one.at), MISHEARD.to_owned(), one.text);
    row
}

fn refused(text: impl Into<String>) -> CommandError {
    CommandError::Refused(text.into())
}

impl Session {
    /// Sees the page of a person at all.
    fn must_handle_people(&self) -> Result<(), CommandError> {
        match self.may(Right::Identity) || self.may(Right::Erase) {
            true => Ok(()),
            false => Err(CommandError::NotFound),
        }
    }
}

impl Office {
    /// The ids of all who have this number.
    pub async fn find_people(
        &self,
        session: &Session,
        phone: &str,
        reason: &str,
    ) -> Result<Vec<String>, CommandError> {
        session.must_handle_people()?;
        let phone = phone_of(phone)?;
        let mut ids: Vec<String> = Vec::new();
        let persons = keys::persons_with_phone(&phone);
        for (_, person) in list_by_index::<Person>(&*self.store, persons, EXAMINED).await? {
            ids.push(person.record.id.clone());
        }
        let identities = keys::identities_with_phone(&phone);
        let mut cases = Vec::new();
        for (_, identity) in list_by_index::<Identity>(&*self.store, identities, EXAMINED).await? {
            let key = keys::case(&identity.record.case);
            if let Some(case) = load::<Case>(&*self.store, key).await? {
                cases.push(case.record.number.digits());
                ids.push(case.record.person.clone());
            }
        }
        let contact = keys::contact(&sms::address(&phone).to_string());
        let contact = load::<Contact>(&*self.store, contact).await?;
        ids.extend(contact.and_then(|contact| contact.record.person.clone()));
        let mut known: Vec<String> = Vec::new();
        for id in ids {
            if let Some(person) = self.person_behind(&id).await?
                && !known.contains(&person.record.id)
            {
                known.push(person.record.id.clone());
            }
        }
        self.note_look(session, Seen { kind: LookKind::Search, cases, reason }).await?;
        Ok(known)
    }

    pub async fn person_view(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<PersonView, CommandError> {
        session.must_handle_people()?;
        let person = self.person_behind(id).await?.ok_or(CommandError::NotFound)?;
        let mut cases = Vec::new();
        let mut corrections = Vec::new();
        for case in self.own_of(&person.record).await? {
            let case = &case.record;
            let number = case.number.digits();
            if let Some(identity) = load::<Identity>(&*self.store, keys::identity(&number)).await? {
                corrections.extend(history(&identity.record));
            }
            let title = case.title.clone();
            cases.push(PersonCase {
                title: if session.may(Right::Cases) { title } else { String::new() },
                received_at: case.received_at,
                state: case.state.word(),
                open: case.state.is_open(),
                erased: case.erased.is_some(),
                held: self.held(case).await?,
                number,
            });
        }
        corrections.sort_by_key(|one| one.at);
        corrections.dedup();
        self.note_person_look(session, &cases).await?;
        Ok(PersonView {
            id: person.record.id.clone(),
            name: person.record.name.as_deref().map(mask_name).unwrap_or_default(),
            phone: person.record.phone.as_deref().map(mask_tail).unwrap_or_default(),
            cases,
            corrections,
        })
    }

    /// Which cases are one person's is told of her as well; who has just searched was noted then.
    async fn note_person_look(
        &self,
        session: &Session,
        cases: &[PersonCase],
    ) -> Result<(), StoreError> {
        let mut unseen = Vec::new();
        for case in cases {
            if !self.has_just_looked(session, &case.number, |_| true).await? {
                unseen.push(case.number.clone());
            }
        }
        if unseen.is_empty() {
            return Ok(());
        }
        let seen = Seen { kind: LookKind::Search, cases: unseen, reason: "看这个人的事项" };
        self.keep_look(Some(session), seen).await
    }

    /// Newest first.
    async fn own_of(&self, person: &Person) -> Result<Vec<Loaded<Case>>, StoreError> {
        let cases = self.cases_of(&person.id, EXAMINED).await?;
        let is_hers = |case: &Case| case.person == person.id || person.also.contains(&case.person);
        let own = cases.into_iter().map(|(_, case)| case);
        Ok(own.filter(|case| is_hers(&case.record)).collect())
    }

    /// All of it, as a table with who took it out and why.
    pub async fn export_person(
        &self,
        session: &Session,
        id: &str,
        reason: &str,
    ) -> Result<Sheet, CommandError> {
        session.must(Right::Identity)?;
        session.must(Right::Cases)?;
        let person = self.person_behind(id).await?.ok_or(CommandError::NotFound)?;
        let cases: Vec<Case> =
            self.own_of(&person.record).await?.into_iter().map(|case| case.record).collect();
        let numbers = cases.iter().map(|case| case.number.digits()).collect();
        self.note_look(session, Seen { kind: LookKind::Export, cases: numbers, reason }).await?;
        let whose = self.who_of_all(&cases).await?;
        let rows = cases.iter().zip(whose).map(|(case, who)| {
            let Who { name, phone, place_note } = who;
            let reply = case.reply.as_ref();
            vec![
                case.number.to_string(),
                local(case.received_at),
                name.unwrap_or_default(),
                phone.unwrap_or_default(),
                place_note,
                case.title.clone(),
                case.text.clone(),
                case.state.shown().to_owned(),
                case.department.as_deref().map(|id| self.department_name(id)).unwrap_or_default(),
                reply.map(|reply| reply.text.clone()).unwrap_or_default(),
                case.rating.map(|grade| grade.word().to_owned()).unwrap_or_default(),
                case.closed_at.map(local).unwrap_or_default(),
            ]
        });
        let misheard = self.misheard_of(&person.record.addresses).await?;
        let rows = rows.chain(misheard.into_iter().map(misheard_row));
        let Person { name, phone, .. } = &person.record;
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "没有留".into());
        Ok(Sheet {
            title: "个人资料",
            heading: format!("姓名：{}　电话：{}　{}件事", part(name), part(phone), cases.len()),
            columns: &COLUMNS,
            rows: rows.collect(),
            foot: format!(
                "「{MISHEARD}」留着改进，姓名号码已抹去。买卖的订单按规定另存三年，不在这张表里。"
            ),
        })
    }

    /// Her name and number as they really are: in her cases, and for what she is told from now
    /// on. What she gave before stays beside it.
    pub async fn correct_person(
        &self,
        session: &Session,
        id: &str,
        (name, phone): (&str, &str),
        reason: &str,
    ) -> Result<(), CommandError> {
        session.must(Right::Identity)?;
        session.must(Right::Dispatch)?;
        let name = name_of(name)?;
        let phone = Some(phone.trim()).filter(|text| !text.is_empty()).map(phone_of).transpose()?;
        if name.is_none() && phone.is_none() {
            return Err(refused("请写改正以后的姓名或手机号。"));
        }
        let before = self.person_behind(id).await?.ok_or(CommandError::NotFound)?;
        let mut person = before.record.clone();
        let cases = self.own_of(&person).await?;
        if cases.len() > CASES_MAX {
            return Err(refused(format!("她有{CASES_MAX}件以上的事，请管理员分开更正。")));
        }
        let now = self.clock.now();
        let mut changes = Changes::default();
        if let Some(new) = phone.as_ref().filter(|new| person.phone.as_ref() != Some(*new)) {
            self.move_number(&mut changes, &mut person, new, now).await?;
        }
        person.name = name.clone().or(person.name);
        person.phone = phone.clone().or(person.phone);
        changes.replace(&before, &person)?;
        let mut numbers = Vec::new();
        for case in &cases {
            let number = case.record.number.digits();
            let Some(identity) = load::<Identity>(&*self.store, keys::identity(&number)).await?
            else {
                continue;
            };
            let who = identity.record.who();
            let mut after = identity.record.clone();
            after.corrected.push(Corrected {
                at: now,
                by: session.name.clone(),
                reason: reason.trim().chars().take(REASON_CHARACTERS_MAX).collect(),
                name: name.clone().or(who.name),
                phone: phone.clone().or(who.phone),
            });
            changes.replace(&identity, &after)?;
            numbers.push(number);
        }
        self.note_look(session, Seen { kind: LookKind::Correct, cases: numbers, reason }).await?;
        Ok(self.store.commit(changes.into_batch()).await?)
    }

    /// What she is told by SMS goes to the new number, and the old one is nobody's.
    async fn move_number(
        &self,
        changes: &mut Changes,
        person: &mut Person,
        new: &str,
        now: Timestamp,
    ) -> Result<(), CommandError> {
        let address = sms::address(new);
        let known = load::<Contact>(&*self.store, keys::contact(&address.to_string())).await?;
        if let Some(owner) = known.as_ref().and_then(|known| known.record.person.as_ref()) {
            let owner = self.person_behind(owner).await?.map(|owner| owner.record.id.clone());
            if owner.is_some_and(|owner| owner != person.id) {
                return Err(refused(
                    "这个号码登记在别人名下。请她在微信里回「绑定手机」，两边就并成一个人。",
                ));
            }
        }
        if let Some(old) = &person.phone {
            let old = sms::address(old).to_string();
            if person.addresses.contains(&old) {
                person.addresses.retain(|one| *one != old);
                if let Some(contact) = load::<Contact>(&*self.store, keys::contact(&old)).await? {
                    changes
                        .replace(&contact, &Contact { person: None, ..contact.record.clone() })?;
                }
            }
        }
        let mut contact =
            known.as_ref().map_or_else(|| Contact::new(&address), |known| known.record.clone());
        contact.person = Some(person.id.clone());
        let state = contact.sms.get_or_insert_default();
        state.vouched_at = Some(now);
        state.gone_at = None;
        let address = contact.address.clone();
        if !person.addresses.contains(&address) {
            person.addresses.push(address);
        }
        match &known {
            Some(known) => changes.replace(known, &contact)?,
            None => changes.create(&contact)?,
        }
        Ok(())
    }

    /// Nothing of this case is cleared away until it is released.
    pub async fn hold_case(
        &self,
        session: &Session,
        number: &str,
        reason: &str,
    ) -> Result<(), CommandError> {
        session.must(Right::Erase)?;
        if load::<Case>(&*self.store, keys::case(number)).await?.is_none() {
            return Err(CommandError::NotFound);
        }
        let hold = Hold {
            case: number.to_owned(),
            by: session.name.clone(),
            at: self.clock.now(),
            reason: reason.trim().chars().take(REASON_CHARACTERS_MAX).collect(),
        };
        let mut changes = Changes::default();
        match load::<Hold>(&*self.store, keys::hold(number)).await? {
            Some(before) => changes.replace(&before, &hold)?,
            None => changes.create(&hold)?,
        }
        let cases = vec![number.to_owned()];
        self.note_look(session, Seen { kind: LookKind::Hold, cases, reason }).await?;
        Ok(self.store.commit(changes.into_batch()).await?)
    }

    pub async fn release_case(
        &self,
        session: &Session,
        number: &str,
        reason: &str,
    ) -> Result<(), CommandError> {
        session.must(Right::Erase)?;
        let hold = load::<Hold>(&*self.store, keys::hold(number)).await?;
        let hold = hold.ok_or(CommandError::NotFound)?;
        let cases = vec![number.to_owned()];
        self.note_look(session, Seen { kind: LookKind::Release, cases, reason }).await?;
        let mut changes = Changes::default();
        changes.remove(&hold);
        Ok(self.store.commit(changes.into_batch()).await?)
    }
}

/// What was known before each correction; masked.
fn history(identity: &Identity) -> Vec<CorrectionView> {
    let mut before = Who::of(&identity.texts);
    let mut views = Vec::new();
    for one in &identity.corrected {
        let name = before.name.as_deref().map(mask_name).unwrap_or_default();
        let phone = before.phone.as_deref().map(mask_tail).unwrap_or_default();
        views.push(CorrectionView {
            at: one.at,
            by: one.by.clone(),
            reason: one.reason.clone(),
            before: format!("{name} {phone}").trim().to_owned(),
        });
        before = Who { name: one.name.clone(), phone: one.phone.clone(), ..before };
    }
    views
}
