//! Who may sign in at the desk, and where each belongs.

use crate::shop::Merchant;
use crate::store::looks::LookKind;
use crate::store::records::Staff;
use crate::store::{Changes, StoreError, keys, list, load};

use super::looks::Noted;
use super::rights::is_administrator;
use super::views::{CommandError, Role, Session};
use super::{Office, random};

pub(super) const NAME_CHARACTERS_MAX: usize = 20;
pub(super) const STAFF_MAX: usize = 500;
const FIRST: [(&str, Role); 2] =
    [("安全管理员", Role::SecurityAdmin), ("平台负责人", Role::Director)];

type Belonging = (Option<String>, Option<String>, Option<String>);

/// One by which somebody can be spoken of.
pub(super) fn check_name(name: &str) -> Result<(), CommandError> {
    let fits = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count());
    if !fits || name.chars().any(|c| c.is_control() || c == '/') {
        return Err(CommandError::Refused(format!(
            "名字请写1到{NAME_CHARACTERS_MAX}个字，不要有斜杠。"
        )));
    }
    Ok(())
}

impl Office {
    /// Those by whom it begins, each with a one-time password: in a new county one who makes
    /// accounts and one who does the platform's work; where there are accounts from before the
    /// roles were separated, the one who makes accounts.
    pub async fn first_staff(&self) -> Result<Vec<(String, String)>, CommandError> {
        let all = self.all_staff().await?;
        let mut made = Vec::new();
        for (name, role) in FIRST {
            let is_needed = match role {
                Role::SecurityAdmin => all.iter().all(|staff| staff.role != role),
                _ => all.is_empty(),
            };
            if !is_needed {
                continue;
            }
            match self.add_staff(name, role, None).await {
                Ok(password) => made.push((name.to_owned(), password)),
                // Another instance that starts at the same moment was faster, and says the password.
                Err(CommandError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(made)
    }

    /// By who has the machine itself, where there is no second administrator yet.
    pub async fn approve_staff(&self, name: &str) -> Result<(), CommandError> {
        let before = self.staff_of(name).await?;
        let mut changes = Changes::default();
        changes.replace(&before, &Staff { waits_for_second: None, ..before.record.clone() })?;
        let noted = Noted::by_machine(LookKind::AccountApproved, name, "");
        Ok(self.commit_noted(changes, noted).await?)
    }

    /// By who has the machine itself. Gives the one-time password. `of`: the id in
    /// departments.csv of a department or township, the 12 digits of an agent's or shop clerk's
    /// village, the id of a merchant or operator.
    pub async fn add_staff(
        &self,
        name: &str,
        role: Role,
        of: Option<&str>,
    ) -> Result<String, CommandError> {
        self.create_staff(name, role, of, None).await
    }

    pub(super) async fn create_staff(
        &self,
        name: &str,
        role: Role,
        of: Option<&str>,
        by: Option<&Session>,
    ) -> Result<String, CommandError> {
        let name = name.trim();
        let belonging = self.belonging(role, of).await.map_err(|error| error.of("of"));
        let (department, village, merchant) = belonging?;
        check_name(name).map_err(|error| error.of("name"))?;
        if list::<Staff>(&*self.store, keys::all_staff(), STAFF_MAX).await?.len() >= STAFF_MAX {
            return Err(CommandError::Refused(format!("最多{STAFF_MAX}个人。")));
        }
        let password = random::one_time_password();
        let staff = Staff {
            name: name.to_owned(),
            role,
            department,
            village,
            merchant,
            password_hash: self.passwords.hash(&password).await?,
            must_change: true,
            failures: 0,
            locked_until: None,
            stopped: false,
            waits_for_second: by.filter(|_| is_administrator(role)).map(|by| by.name.clone()),
            second_step: None,
            wechat: None,
            subject: None,
        };
        if self.all_api_keys().await?.iter().any(|key| key.name == name) {
            let text = format!("「{name}」是一把钥匙的名字，请换个名字。");
            return Err(CommandError::Field("name", text));
        }
        let mut changes = Changes::default();
        changes.create(&staff)?;
        let of = of.map(|of| format!(" {of}")).unwrap_or_default();
        let told = format!("{role}{of}");
        let noted = match by {
            Some(by) => Noted::by(by, LookKind::AccountMade, name, &told),
            None => Noted::by_machine(LookKind::AccountMade, name, &told),
        };
        match self.commit_noted(changes, noted).await {
            Err(StoreError::Conflict(_)) => {
                Err(CommandError::Field("name", format!("已经有叫「{name}」的人了，请换个名字。")))
            }
            other => Ok(other.map(|()| password)?),
        }
    }

    /// Department, village and merchant of one with that role; at most one of the three.
    pub(super) async fn belonging(
        &self,
        role: Role,
        of: Option<&str>,
    ) -> Result<Belonging, CommandError> {
        let refused = |text: String| Err(CommandError::Refused(text));
        let missing = |what: &str| refused(format!("请写明是{what}的。"));
        match (role, of) {
            (Role::Department | Role::DepartmentHead | Role::Township, None) => {
                missing("哪个承办单位")
            }
            (Role::Department | Role::DepartmentHead | Role::Township, Some(id)) => {
                match self.tables().departments.get(id) {
                    Some(_) => Ok((Some(id.to_owned()), None, None)),
                    None => {
                        refused(format!("名单里没有部门“{id}”。请写 departments.csv 里的编号。"))
                    }
                }
            }
            (Role::Agent | Role::ShopClerk, None) => missing("哪个村（12位代码）"),
            (Role::Agent | Role::ShopClerk, Some(code)) => match self.tables().places.get(code) {
                Some(_) => Ok((None, Some(code.to_owned()), None)),
                None => refused(format!("名单里没有村“{code}”。请写 places.csv 里的12位代码。")),
            },
            (Role::Merchant, None) => missing("哪个商家"),
            (Role::Operator, None) => missing("哪家运营公司"),
            (Role::Merchant, Some(id)) => {
                match load::<Merchant>(&*self.store, keys::merchant(id)).await? {
                    Some(_) => Ok((None, None, Some(id.to_owned()))),
                    None => refused(format!("没有商家“{id}”。请写商家页上的编号。")),
                }
            }
            // The name of its system.
            (Role::Source, Some(system)) => match (1..=NAME_CHARACTERS_MAX)
                .contains(&system.chars().count())
                && !system.chars().any(|c| c.is_control() || c == '/')
            {
                true => Ok((Some(system.to_owned()), None, None)),
                false => {
                    refused(format!("来件平台的名字请写1到{NAME_CHARACTERS_MAX}个字，不要有斜杠。"))
                }
            },
            (Role::Operator, Some(id)) => Ok((None, None, Some(id.to_owned()))),
            (_, Some(_)) => refused("这个角色不写属于哪里。".into()),
            (_, None) => Ok((None, None, None)),
        }
    }

    /// By who has the machine itself: a new one-time password; all sessions of that person end.
    pub async fn reset_password(&self, name: &str) -> Result<String, CommandError> {
        let before = self.staff_of(name).await?;
        let (password, staff) = self.with_new_password(&before.record).await?;
        let mut changes = Changes::default();
        changes.replace(&before, &staff)?;
        self.end_sessions(&mut changes, name).await?;
        let noted = Noted::by_machine(LookKind::PasswordReset, name, "");
        self.commit_noted(changes, noted).await?;
        Ok(password)
    }

    pub async fn all_staff(&self) -> Result<Vec<Staff>, CommandError> {
        let staff = list::<Staff>(&*self.store, keys::all_staff(), STAFF_MAX).await?;
        Ok(staff.into_iter().map(|loaded| loaded.record).collect())
    }
}
