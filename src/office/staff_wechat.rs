//! Those who work here may be told of new work on their own WeChat: a code from their page, said
//! to the official account, binds the two. What goes there takes the outbox's way, so windows,
//! budgets and retries are the same as for everybody; it stands on the pages too, so nobody
//! telephones when it can not be sent.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::calendar::spoken;
use crate::county::Channel;
use crate::desk::{Breached, Case, CaseEvent, Change, Solved};
use crate::dialog::{Call, Fields, Value};
use crate::store::looks::LookKind;
use crate::store::records::{LinkCode, Staff};
use crate::store::{Changes, StoreError, keys, list_by_index, load};

use super::actions::{Outcome, as_text};
use super::looks::Noted;
use super::rights::{Access, Object, Only, grant};
use super::turn::Turn;
use super::views::{CommandError, Role, Session};
use super::{Office, linking, outbox};

const CODE_LIVES: SignedDuration = SignedDuration::from_mins(10);
/// Of one department.
const TOLD_MAX: usize = 50;
/// The notice in 通知.yaml.
const NOTICE: &str = "staff_news";
/// In [`LinkCode::number`], before the name: no telephone number begins so.
const MARK: &str = "staff ";
/// For the platform itself, where others have a department.
const PLATFORM: &str = "";

/// What those are told whose work something is.
pub(super) struct Letter<'a> {
    /// A department, a village's 12 digits, or the platform.
    pub whom: &'a str,
    /// What it is about, and its how-manieth letter: the same one goes out once.
    pub subject: &'a str,
    pub nth: &'a str,
    pub notice: &'a str,
    pub fields: BTreeMap<String, String>,
}

fn hash(code: &str) -> String {
    outbox::hash(&["staff", code])
}

/// There is work on cases that may be hers, of a department or of the platform, or goods come to
/// the counter at which she stands.
pub fn is_told(role: Role) -> bool {
    let at_counter = grant(role, Object::Orders).only == Only::PickUp;
    at_counter || grant(role, Object::Assigned).access > Access::No
}

impl Office {
    /// A code that she says to the official account within ten minutes.
    pub async fn staff_code(&self, session: &Session) -> Result<String, CommandError> {
        if !is_told(session.role) {
            return Err(CommandError::NotFound);
        }
        let code = linking::new_code();
        let mut changes = Changes::default();
        let number = format!("{MARK}{}", session.name);
        let until = self.clock.now() + CODE_LIVES;
        changes.create(&LinkCode { hash: hash(&code), number, until })?;
        self.store.commit(changes.into_batch()).await?;
        Ok(code)
    }

    pub async fn has_wechat(&self, session: &Session) -> Result<bool, CommandError> {
        Ok(self.staff_of(&session.name).await?.wechat.is_some())
    }

    pub async fn unbind_wechat(&self, session: &Session) -> Result<(), CommandError> {
        let before = self.staff_of(&session.name).await?;
        if before.record.wechat.is_none() {
            return Ok(());
        }
        let mut changes = Changes::default();
        changes.replace(&before, &Staff { wechat: None, ..before.record.clone() })?;
        let noted = Noted::by(session, LookKind::Linked, &session.name, "取消");
        Ok(self.commit_noted(changes, noted).await?)
    }

    /// New work, and work that is nearly or really late, to those whose it is.
    pub(super) async fn tell_staff(
        &self,
        changes: &mut Changes,
        case: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for (n, event) in events.iter().enumerate() {
            for (whom, text) in news(case, &event.change) {
                let number = case.number.digits();
                let fields = [
                    ("number", case.number.to_string()),
                    ("title", case.title.clone()),
                    ("text", text),
                ];
                let letter = Letter {
                    whom: &whom,
                    subject: &number,
                    nth: &format!("{}-{n}", case.revision),
                    notice: NOTICE,
                    fields: fields.map(|(name, text)| (name.to_owned(), text)).into(),
                };
                self.tell_bound(changes, &letter, now).await?;
            }
        }
        Ok(())
    }

    /// To each of them who has bound her WeChat, once.
    pub(super) async fn tell_bound(
        &self,
        changes: &mut Changes,
        letter: &Letter<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let range = keys::all_staff_told(letter.whom);
        for (_, staff) in list_by_index::<Staff>(&*self.store, range, TOLD_MAX).await? {
            let address = staff.record.wechat.as_ref();
            let Some(address) = address.filter(|_| is_told(staff.record.role)) else { continue };
            let whose = outbox::hash(&[&staff.record.name]);
            let id = format!("{}-staff-{}-{whose}", letter.subject, letter.nth);
            let fields = letter.fields.clone();
            changes.create(&outbox::to_staff(id, address, letter.notice, fields, now))?;
        }
        Ok(())
    }
}

/// Who is told what, in words that need no name of a villager.
fn news(case: &Case, change: &Change) -> Vec<(String, String)> {
    let own = case.department.clone();
    let to_own = |text: String| own.clone().map(|own| (own, text)).into_iter().collect::<Vec<_>>();
    match change {
        Change::Dispatched { department, due_at, helpers, .. } => {
            let lead = format!("派给你们单位，{}前答复", spoken(*due_at));
            let help = |helper: &crate::desk::Helper| {
                let text = format!("请你们单位协办，{}前给意见", spoken(helper.due_at));
                (helper.department.clone(), text)
            };
            let lead = std::iter::once((department.clone(), lead));
            lead.chain(helpers.iter().map(help)).collect()
        }
        Change::SlipSent { answer_by, .. } => {
            to_own(format!("发来督办单，{}前书面答复平台", spoken(*answer_by)))
        }
        Change::Directed { answer_by, .. } => {
            to_own(format!("领导有批示，{}前答复", spoken(*answer_by)))
        }
        Change::Warned { due_at, .. } => to_own(format!("快到期了，{}前答复", spoken(*due_at))),
        Change::Breached { limit: Breached::Handling, .. } => {
            let platform = (PLATFORM.to_owned(), "超期了，请督办".to_owned());
            let mut told = to_own("超期了，请马上答复".into());
            told.push(platform);
            told
        }
        Change::Breached { limit: Breached::Intake, .. } => {
            vec![(PLATFORM.to_owned(), "到时还没有派单，请马上派".to_owned())]
        }
        Change::Breached { limit: Breached::Review, .. } => {
            vec![(PLATFORM.to_owned(), "答复交上来半天了，请马上审核".to_owned())]
        }
        Change::Breached { limit: Breached::Return, .. } => {
            vec![(PLATFORM.to_owned(), "申请退单两个小时了，请马上定".to_owned())]
        }
        Change::Breached { limit: Breached::Extension, .. } => {
            vec![(PLATFORM.to_owned(), "申请延期半天了，请马上定".to_owned())]
        }
        Change::Breached { limit: Breached::Again, .. } => {
            vec![(PLATFORM.to_owned(), "重办的还没有派单，请马上派".to_owned())]
        }
        Change::Breached { limit: Breached::Final, .. } => {
            vec![(PLATFORM.to_owned(), "群众对第二次答复还不满意，请作最终答复".to_owned())]
        }
        Change::CalledBack { solved: Some(Solved::No), .. } => {
            to_own("回访时群众说没有解决".into())
        }
        Change::Reopened { due_at, .. } => {
            to_own(format!("群众不满意，重办，{}前答复", spoken(*due_at)))
        }
        _ => Vec::new(),
    }
}

impl Turn<'_> {
    /// With the code of the page, this WeChat is told of new work from now on.
    pub(super) async fn bind_staff(&mut self, call: &Call) -> Outcome {
        let wrong = || Ok(Err("口令不对，或者过了10分钟。请在网页上再要一个。".into()));
        if self.address.channel == Channel::Sms {
            return Ok(Err("请在微信公众号里绑定，短信里绑不了。".into()));
        }
        let given = call.args.get("pass").and_then(|answer| as_text(&answer.value));
        let code: String =
            given.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        let key = keys::link_code(&hash(&code.to_uppercase()));
        let Some(found) = load::<LinkCode>(&*self.office.store, key).await? else { return wrong() };
        let name = found.record.number.strip_prefix(MARK).map(str::to_owned);
        let staff = match &name {
            Some(name) => load::<Staff>(&*self.office.store, keys::staff(name)).await?,
            None => None,
        };
        let Some(before) = staff.filter(|_| found.record.until > self.now) else { return wrong() };
        let staff = Staff { wechat: Some(self.contact.address.clone()), ..before.record.clone() };
        self.changes.replace(&before, &staff)?;
        // It opens once.
        self.changes.remove(&found);
        let noted = Noted::named(&staff.name, LookKind::Linked, &staff.name, "绑定");
        self.office.note_along(&mut self.changes, noted).await?;
        let name = Value::Text(staff.name);
        Ok(Ok(Value::Record(Fields::from([("name".to_owned(), name)]))))
    }
}
