//! Keys by which other programs come in. A key has a role as somebody who signs in has one, and
//! may do the same; only its hash is stored, so it is shown once.

use jiff::{SignedDuration, Timestamp};

use crate::store::interface_records::ApiKey;
use crate::store::looks::LookKind;
use crate::store::records::Staff;
use crate::store::shared_records::Pace;
use crate::store::{Changes, Loaded, StoreError, keys, list, load};

use super::looks::Noted;
use super::rights::{Access, Object, Right, grant, is_administrator};
use super::sessions::token_hash;
use super::staff::check_name;
use super::views::{CommandError, Owes, Role, Session};
use super::{Office, flood, random};

const PREFIX: &str = "bm_";
/// Of a key, as it is spoken of: the prefix and eight of its 64 digits.
const ID_CHARACTERS: usize = PREFIX.len() + 8;
const KEY_BYTES_MAX: usize = 100;
const KEYS_MAX: usize = 500;

/// Who calls by a key.
#[derive(Debug, Clone)]
pub struct Caller {
    pub session: Session,
    /// By which the key is spoken of.
    pub key: String,
}

/// A key as a page lists it.
#[derive(Debug, Clone)]
pub struct KeyView {
    pub id: String,
    pub name: String,
    pub role: &'static str,
    /// The department, village, merchant or system whose it is.
    pub of: String,
    pub made_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// Who made it, as long as it opens nothing.
    pub waits_for_second: Option<String>,
    /// She may let it count.
    pub may_approve: bool,
}

/// A key has neither face nor telephone: one that keeps the settings, or may do all of the
/// platform's work, is never one person's doing.
fn needs_second(role: Role) -> bool {
    is_administrator(role) || grant(role, Object::Erase).access > Access::No
}

/// At the desk, for who keeps the accounts; the command line needs no session.
impl Office {
    /// Those that open something first, then the newest.
    pub async fn api_keys(&self, session: &Session) -> Result<Vec<KeyView>, CommandError> {
        session.must(Right::Accounts)?;
        let view = |key: ApiKey| KeyView {
            id: key.id,
            name: key.name,
            role: key.role.word(),
            of: key.department.or(key.village).or(key.merchant).unwrap_or_default(),
            made_at: key.made_at,
            revoked_at: key.revoked_at,
            may_approve: key.waits_for_second.as_ref().is_some_and(|by| *by != session.name),
            waits_for_second: key.waits_for_second,
        };
        let mut views: Vec<KeyView> = self.all_api_keys().await?.into_iter().map(view).collect();
        views.sort_by_key(|key| (key.revoked_at.is_some(), std::cmp::Reverse(key.made_at)));
        Ok(views)
    }

    /// The key itself, which nobody can be told again.
    pub async fn make_api_key(
        &self,
        session: &Session,
        name: &str,
        role: Role,
        of: Option<&str>,
    ) -> Result<String, CommandError> {
        session.must(Right::Accounts)?;
        self.add_key(Some(session), name, role, of).await
    }

    /// The second of two.
    pub async fn approve_api_key(&self, session: &Session, id: &str) -> Result<(), CommandError> {
        session.must(Right::Accounts)?;
        let before = self.key_of(id).await?;
        match &before.record.waits_for_second {
            None => return Err(CommandError::Refused("这把钥匙不用批准。".into())),
            Some(by) if *by == session.name => {
                let told = "这是您自己发的，要由另一位安全管理员批准。";
                return Err(CommandError::Refused(told.into()));
            }
            Some(_) => {}
        }
        let key = ApiKey { waits_for_second: None, ..before.record.clone() };
        let mut changes = Changes::default();
        changes.replace(&before, &key)?;
        let noted = Noted::by(session, LookKind::KeyApproved, &key.id, &key.name);
        Ok(self.commit_noted(changes, noted).await?)
    }

    pub async fn take_api_key_back(&self, session: &Session, id: &str) -> Result<(), CommandError> {
        session.must(Right::Accounts)?;
        self.revoke_key(Some(session), id).await.map(|_| ())
    }
}

impl Office {
    /// Gives the key itself, which nobody can be told again. `of` as for somebody who signs in.
    pub async fn add_api_key(
        &self,
        name: &str,
        role: Role,
        of: Option<&str>,
    ) -> Result<String, CommandError> {
        self.add_key(None, name, role, of).await
    }

    async fn add_key(
        &self,
        by: Option<&Session>,
        name: &str,
        role: Role,
        of: Option<&str>,
    ) -> Result<String, CommandError> {
        let name = name.trim();
        check_name(name)?;
        let (department, village, merchant) = self.belonging(role, of).await?;
        // A key has no telephone for the second step.
        if [Object::Accounts, Object::Logs].iter().any(|one| grant(role, *one).access > Access::No)
        {
            return Err(CommandError::Refused(format!("{role}只能由人来当，不能发钥匙。")));
        }
        if role == Role::Source && department.is_none() {
            return Err(CommandError::Refused("请写明是哪个来件平台的，例如 数字城管。".into()));
        }
        // What is done in that name must be one's only.
        if load::<Staff>(&*self.store, keys::staff(name)).await?.is_some() {
            return Err(CommandError::Refused(format!(
                "「{name}」是工作人员的名字，请给钥匙另起一个名字。"
            )));
        }
        let known = self.all_api_keys().await?;
        if known.len() >= KEYS_MAX {
            return Err(CommandError::Refused(format!("最多{KEYS_MAX}把钥匙，请先收回不用的。")));
        }
        let token = format!("{PREFIX}{}", random::hex::<32>());
        let key = ApiKey {
            hash: token_hash(&token),
            id: token.chars().take(ID_CHARACTERS).collect(),
            name: name.to_owned(),
            role,
            department,
            village,
            merchant,
            made_at: self.clock.now(),
            revoked_at: None,
            waits_for_second: by.filter(|_| needs_second(role)).map(|by| by.name.clone()),
        };
        // Two keys of one program, the old and the new, have one name; two programs have not.
        let same = |other: &&ApiKey| other.name == key.name && other.revoked_at.is_none();
        let other = |one: &ApiKey| {
            (one.role, &one.department, &one.village, &one.merchant)
                != (key.role, &key.department, &key.village, &key.merchant)
        };
        if known.iter().filter(same).any(other) {
            return Err(CommandError::Refused(format!(
                "已经有叫「{name}」的钥匙，角色或单位不一样。请另起一个名字，或先收回那一把。"
            )));
        }
        let mut changes = Changes::default();
        changes.create(&key)?;
        let noted = noted(by, LookKind::KeyMade, &key.id, &format!("{name} {role}"));
        self.commit_noted(changes, noted).await?;
        Ok(token)
    }

    /// `id` as `all_api_keys` gives it. Revoking twice is no mistake.
    pub async fn revoke_api_key(&self, id: &str) -> Result<ApiKey, CommandError> {
        self.revoke_key(None, id).await
    }

    async fn revoke_key(&self, by: Option<&Session>, id: &str) -> Result<ApiKey, CommandError> {
        let before = self.key_of(id).await?;
        let mut key = before.record.clone();
        if key.revoked_at.is_none() {
            key.revoked_at = Some(self.clock.now());
            let mut changes = Changes::default();
            changes.replace(&before, &key)?;
            let noted = noted(by, LookKind::KeyRevoked, &key.id, &key.name);
            self.commit_noted(changes, noted).await?;
        }
        Ok(key)
    }

    async fn key_of(&self, id: &str) -> Result<Loaded<ApiKey>, CommandError> {
        let known = list::<ApiKey>(&*self.store, keys::all_api_keys(), KEYS_MAX).await?;
        known.into_iter().find(|key| key.record.id == id).ok_or(CommandError::NotFound)
    }

    /// The oldest first.
    pub async fn all_api_keys(&self) -> Result<Vec<ApiKey>, CommandError> {
        let known = list::<ApiKey>(&*self.store, keys::all_api_keys(), KEYS_MAX).await?;
        let mut known: Vec<ApiKey> = known.into_iter().map(|loaded| loaded.record).collect();
        known.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        Ok(known)
    }

    /// `None`: no such key, or no longer.
    pub async fn caller(&self, token: &str) -> Result<Option<Caller>, StoreError> {
        if !token.starts_with(PREFIX) || token.len() > KEY_BYTES_MAX {
            return Ok(None);
        }
        let key = load::<ApiKey>(&*self.store, keys::api_key(&token_hash(token))).await?;
        let counts = |key: &ApiKey| key.revoked_at.is_none() && key.waits_for_second.is_none();
        let key = key.map(|key| key.record).filter(counts);
        Ok(key.map(|key| Caller {
            session: Session {
                name: key.name,
                role: key.role,
                department: key.department,
                village: key.village,
                merchant: key.merchant,
                from: String::new(),
                csrf: String::new(),
                owes: Owes::Nothing,
            },
            key: key.id,
        }))
    }

    /// Notes one more request of a key, for all instances. Gives how long to wait where it is
    /// one too many.
    pub async fn admit(&self, key: &str) -> Result<Option<SignedDuration>, StoreError> {
        let per_minute = self.config.settings.api.per_minute;
        let mut tries = self.losers.tries();
        loop {
            let found = load::<Pace>(&*self.store, keys::pace(key)).await?;
            let paced = found.as_ref().map(|pace| pace.record.until);
            let until = match flood::admit(paced, self.clock.now(), per_minute) {
                Ok(until) => until,
                Err(wait) => return Ok(Some(wait)),
            };
            let next = Pace { name: key.to_owned(), until };
            let mut changes = Changes::default();
            match &found {
                Some(before) => changes.replace(before, &next)?,
                None => changes.create(&next)?,
            }
            match self.store.commit(changes.into_batch()).await {
                Err(StoreError::Conflict(_)) if tries.again().await => {}
                done => return done.map(|()| None),
            }
        }
    }
}

fn noted(by: Option<&Session>, kind: LookKind, about: &str, detail: &str) -> Noted {
    match by {
        Some(session) => Noted::by(session, kind, about, detail),
        None => Noted::by_machine(kind, about, detail),
    }
}
