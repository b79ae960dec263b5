//! What the security administrator does with accounts. An administrator's role is given by one
//! and approved by another; nobody does anything to an account of her own.

use jiff::Timestamp;

use crate::store::looks::LookKind;
use crate::store::records::Staff;
use crate::store::{Changes, Loaded, StoreError, keys, list, list_by_index, load};

use super::looks::Noted;
use super::rights::{Right, is_administrator};
use super::sessions::SessionView;
use super::staff::STAFF_MAX;
use super::views::{CommandError, Role, Session};
use super::{Office, random};

const SUBJECT_CHARACTERS_MAX: usize = 100;

#[derive(Debug, Clone)]
pub struct AccountView {
    pub name: String,
    pub role: &'static str,
    pub role_id: &'static str,
    /// The department, village or merchant, in words.
    pub of: String,
    /// The same as it is written in forms.
    pub of_id: String,
    pub is_own: bool,
    pub is_administrator: bool,
    pub stopped: bool,
    /// Who gave the role that has still to be approved.
    pub waits_for_second: Option<String>,
    /// The one-time password was not used yet.
    pub is_new: bool,
    pub locked_until: Option<Timestamp>,
    pub has_second_step: bool,
    /// Who she is for the single sign-on.
    pub subject: String,
}

#[derive(Debug, Clone)]
pub struct AccountPage {
    pub account: AccountView,
    pub sessions: Vec<SessionView>,
    /// She may let the role count.
    pub may_approve: bool,
}

fn refused(text: impl Into<String>) -> CommandError {
    CommandError::Refused(text.into())
}

/// Who has to be the first of two, when she gives somebody a way into an account. One that waits
/// for somebody else's doing keeps waiting for that.
fn opened_by(session: &Session, staff: &Staff) -> Result<Option<String>, CommandError> {
    match &staff.waits_for_second {
        Some(by) if *by != session.name => {
            Err(refused("这个账号还在等批准。请先批准，或者停用，再改别的。"))
        }
        _ => Ok(is_administrator(staff.role).then(|| session.name.clone())),
    }
}

impl Office {
    pub(super) async fn staff_of(&self, name: &str) -> Result<Loaded<Staff>, CommandError> {
        load::<Staff>(&*self.store, keys::staff(name)).await?.ok_or(CommandError::NotFound)
    }

    pub async fn accounts(&self, session: &Session) -> Result<Vec<AccountView>, CommandError> {
        session.must(Right::Accounts)?;
        let all = list::<Staff>(&*self.store, keys::all_staff(), STAFF_MAX).await?;
        Ok(all.iter().map(|staff| self.account_view(session, &staff.record)).collect())
    }

    pub async fn account(
        &self,
        session: &Session,
        name: &str,
    ) -> Result<AccountPage, CommandError> {
        session.must(Right::Accounts)?;
        let staff = self.staff_of(name).await?.record;
        let given_by = staff.waits_for_second.as_ref();
        Ok(AccountPage {
            account: self.account_view(session, &staff),
            sessions: self.open_sessions(name, "").await?,
            may_approve: given_by.is_some_and(|by| *by != session.name) && name != session.name,
        })
    }

    fn account_view(&self, session: &Session, staff: &Staff) -> AccountView {
        let department = staff.department.as_deref().map(|id| self.department_name(id));
        let tables = self.tables();
        let village = staff.village.as_deref().map(|code| {
            let place = tables.places.get(code);
            place.map_or_else(|| code.to_owned(), |one| format!("{}{}", one.township, one.name))
        });
        let of_id = [&staff.department, &staff.village, &staff.merchant];
        AccountView {
            name: staff.name.clone(),
            role: staff.role.word(),
            role_id: staff.role.id(),
            of: department.or(village).or_else(|| staff.merchant.clone()).unwrap_or_default(),
            of_id: of_id.into_iter().flatten().next().cloned().unwrap_or_default(),
            is_own: staff.name == session.name,
            is_administrator: is_administrator(staff.role),
            stopped: staff.stopped,
            waits_for_second: staff.waits_for_second.clone(),
            is_new: staff.must_change,
            locked_until: staff.locked_until.filter(|until| *until > self.clock.now()),
            has_second_step: staff.second_step.is_some(),
            subject: staff.subject.clone().unwrap_or_default(),
        }
    }

    /// Gives the one-time password.
    pub async fn make_account(
        &self,
        session: &Session,
        name: &str,
        role: Role,
        of: Option<&str>,
    ) -> Result<String, CommandError> {
        session.must(Right::Accounts)?;
        self.create_staff(name, role, of, Some(session)).await
    }

    /// Another role takes effect at the next page, an administrator's when it is approved. What
    /// is open under the name ends.
    pub async fn change_role(
        &self,
        session: &Session,
        name: &str,
        role: Role,
        of: Option<&str>,
    ) -> Result<(), CommandError> {
        let before = self.of_another(session, name).await?;
        let belonging = self.belonging(role, of).await.map_err(|error| error.of("of"));
        let (department, village, merchant) = belonging?;
        let waits_for_second = is_administrator(role).then(|| session.name.clone());
        let staff = Staff {
            role,
            department,
            village,
            merchant,
            waits_for_second,
            ..before.record.clone()
        };
        let of = of.map(|of| format!(" {of}")).unwrap_or_default();
        let told = format!("{} → {}{of}", before.record.role, role);
        self.change(session, &before, &staff, LookKind::RoleChanged, &told).await
    }

    /// The second of two who let an administrator be one.
    pub async fn approve_account(&self, session: &Session, name: &str) -> Result<(), CommandError> {
        let before = self.of_another(session, name).await?;
        match &before.record.waits_for_second {
            None => return Err(refused("这个账号不用批准。")),
            Some(by) if *by == session.name => {
                return Err(refused("这是您自己办的，要由另一位安全管理员批准。"));
            }
            Some(_) => {}
        }
        let staff = Staff { waits_for_second: None, ..before.record.clone() };
        self.change(session, &before, &staff, LookKind::AccountApproved, "").await
    }

    pub async fn stop_account(
        &self,
        session: &Session,
        name: &str,
        stopped: bool,
    ) -> Result<(), CommandError> {
        let before = self.of_another(session, name).await?;
        let staff = Staff { stopped, ..before.record.clone() };
        let kind = if stopped { LookKind::AccountStopped } else { LookKind::AccountOpened };
        self.change(session, &before, &staff, kind, "").await
    }

    /// Gives a new one-time password. Of an administrator's account it opens nothing before
    /// another one has approved: who gives a password could sign in by it herself.
    pub async fn reset_account(
        &self,
        session: &Session,
        name: &str,
    ) -> Result<String, CommandError> {
        let before = self.of_another(session, name).await?;
        let (password, staff) = self.with_new_password(&before.record).await?;
        let staff = Staff { waits_for_second: opened_by(session, &staff)?, ..staff };
        self.change(session, &before, &staff, LookKind::PasswordReset, "").await?;
        Ok(password)
    }

    /// The telephone was lost, and the codes with it.
    pub async fn clear_second_step(
        &self,
        session: &Session,
        name: &str,
    ) -> Result<(), CommandError> {
        let before = self.of_another(session, name).await?;
        let waits_for_second = opened_by(session, &before.record)?;
        let staff = Staff { second_step: None, waits_for_second, ..before.record.clone() };
        self.change(session, &before, &staff, LookKind::SecondStep, "安全管理员清除").await
    }

    /// Who the account is for the county's single sign-on; empty: for nobody there.
    pub async fn set_subject(
        &self,
        session: &Session,
        name: &str,
        subject: &str,
    ) -> Result<(), CommandError> {
        let before = self.of_another(session, name).await?;
        let subject = Some(subject.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(subject) = &subject {
            if subject.chars().count() > SUBJECT_CHARACTERS_MAX
                || subject.chars().any(char::is_control)
            {
                return Err(refused("统一登录的身份太长了，请照令牌里的写。"));
            }
            let range = keys::staff_with_subject(subject);
            let taken = list_by_index::<Staff>(&*self.store, range, 2).await?;
            if let Some((_, other)) = taken.iter().find(|(_, other)| other.record.name != name) {
                return Err(refused(format!("这个身份是「{}」的。", other.record.name)));
            }
        }
        let told = format!("统一登录身份：{}", subject.as_deref().unwrap_or("没有"));
        let waits_for_second = match &subject {
            Some(_) => opened_by(session, &before.record)?,
            None => before.record.waits_for_second.clone(),
        };
        let staff = Staff { subject, waits_for_second, ..before.record.clone() };
        self.change(session, &before, &staff, LookKind::RoleChanged, &told).await
    }

    /// `id`: one of the sessions; `None`: all.
    pub async fn end_sessions_of(
        &self,
        session: &Session,
        name: &str,
        id: Option<&str>,
    ) -> Result<(), CommandError> {
        session.must(Right::Accounts)?;
        self.revoke_sessions(session, name, id, None).await
    }

    async fn of_another(
        &self,
        session: &Session,
        name: &str,
    ) -> Result<Loaded<Staff>, CommandError> {
        session.must(Right::Accounts)?;
        if name == session.name {
            return Err(refused("自己的账号要由另一位安全管理员来改。"));
        }
        self.staff_of(name).await
    }

    async fn change(
        &self,
        session: &Session,
        before: &Loaded<Staff>,
        staff: &Staff,
        kind: LookKind,
        told: &str,
    ) -> Result<(), CommandError> {
        let mut changes = Changes::default();
        changes.replace(before, staff)?;
        self.end_sessions(&mut changes, &staff.name).await?;
        match self.commit_noted(changes, Noted::by(session, kind, &staff.name, told)).await {
            Err(StoreError::Conflict(_)) => Err(CommandError::Changed),
            done => Ok(done?),
        }
    }

    pub(super) async fn with_new_password(
        &self,
        before: &Staff,
    ) -> Result<(String, Staff), CommandError> {
        let password = random::one_time_password();
        let staff = Staff {
            password_hash: self.passwords.hash(&password).await?,
            must_change: true,
            failures: 0,
            locked_until: None,
            ..before.clone()
        };
        Ok((password, staff))
    }
}
