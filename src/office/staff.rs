//! Who may sign in at the desk: passwords (argon2id), sessions on the server, a lock after
//! five failures.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use jiff::{SignedDuration, Timestamp};
use sha2::Digest;
use tokio::sync::Semaphore;

use crate::shop::Merchant;
use crate::store::records::{Staff, StoredSession};
use crate::store::{Changes, Loaded, StoreError, keys, list, list_by_index, load};

use super::views::{CommandError, Role, Session, SignInError};
use super::{Office, beijing, random};

const FAILURES_MAX: u32 = 5;
const PASSWORD_CHARACTERS_MIN: usize = 8;
const PASSWORD_BYTES_MAX: usize = 256;
const NAME_CHARACTERS_MAX: usize = 20;
const STAFF_MAX: usize = 500;
/// Argon2 takes 19 MB and some 30 ms each.
const HASHES_AT_ONCE: usize = 2;
const CONFLICTS_MAX: usize = 20;
const SESSIONS_MAX: usize = 200;
/// Signed in at the same time under one name; the oldest goes.
const BROWSERS_MAX: usize = 20;

type Belonging = (Option<String>, Option<String>, Option<String>);

/// One place where passwords are hashed, so that a flood of sign-ins can not take all
/// memory.
pub(super) struct Passwords {
    room: Arc<Semaphore>,
    /// Checked against when there is no such name, so that both take the same time.
    nobody: String,
}

impl Passwords {
    pub fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            nobody: hash_now("nobody has this password").unwrap_or_default(),
        }
    }

    async fn hash(&self, password: &str) -> Result<String, CommandError> {
        let _room = self.room.acquire().await.map_err(|_| CommandError::Unavailable)?;
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || hash_now(&password))
            .await
            .ok()
            .flatten()
            .ok_or(CommandError::Unavailable)
    }

    async fn matches(&self, hash: &str, password: &str) -> Option<bool> {
        let _room = self.room.acquire().await.ok()?;
        let (hash, password) = (hash.to_owned(), password.to_owned());
        tokio::task::spawn_blocking(move || {
            let hash = PasswordHash::new(&hash).ok()?;
            Some(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
        .ok()
        .flatten()
    }
}

fn hash_now(password: &str) -> Option<String> {
    Some(Argon2::default().hash_password(password.as_bytes()).ok()?.to_string())
}

pub(super) fn token_hash(token: &str) -> String {
    random::to_hex(&sha2::Sha256::digest(token.as_bytes()))
}

fn signed_in(staff: Staff, csrf: String) -> Session {
    Session {
        name: staff.name,
        role: staff.role,
        department: staff.department,
        village: staff.village,
        merchant: staff.merchant,
        csrf,
        must_change: staff.must_change,
    }
}

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
    /// The first clerk with a one-time password, when nobody is there yet.
    pub async fn first_clerk(&self) -> Result<Option<(String, String)>, CommandError> {
        if !list::<Staff>(&*self.store, keys::all_staff(), 1).await?.is_empty() {
            return Ok(None);
        }
        let name = "管理员".to_owned();
        match self.add_staff(&name, Role::Admin, None).await {
            Ok(password) => Ok(Some((name, password))),
            // Another instance that starts at the same moment was faster, and says the password.
            Err(CommandError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives the one-time password. `of`: the id in departments.csv of a department or township,
    /// the 12 digits of an agent's or shop clerk's village, the id of a merchant or operator.
    pub async fn add_staff(
        &self,
        name: &str,
        role: Role,
        of: Option<&str>,
    ) -> Result<String, CommandError> {
        let name = name.trim();
        let (department, village, merchant) = self.belonging(role, of).await?;
        check_name(name)?;
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
        };
        if self.all_api_keys().await?.iter().any(|key| key.name == name) {
            return Err(CommandError::Refused(format!("「{name}」是一把钥匙的名字，请换个名字。")));
        }
        let mut changes = Changes::default();
        changes.create(&staff)?;
        match self.store.commit(changes.into_batch()).await {
            Err(StoreError::Conflict(_)) => {
                Err(CommandError::Refused(format!("已经有叫「{name}」的人了，请换个名字。")))
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
            (Role::Department | Role::Township, None) => missing("哪个承办单位"),
            (Role::Department | Role::Township, Some(id)) => {
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

    /// A new one-time password; all sessions of that person end.
    pub async fn reset_password(&self, name: &str) -> Result<String, CommandError> {
        let before =
            load::<Staff>(&*self.store, keys::staff(name)).await?.ok_or(CommandError::NotFound)?;
        let password = random::one_time_password();
        let staff = Staff {
            password_hash: self.passwords.hash(&password).await?,
            must_change: true,
            failures: 0,
            locked_until: None,
            ..before.record.clone()
        };
        let mut changes = Changes::default();
        changes.replace(&before, &staff)?;
        self.end_sessions(&mut changes, name).await?;
        self.store.commit(changes.into_batch()).await?;
        Ok(password)
    }

    pub async fn all_staff(&self) -> Result<Vec<Staff>, CommandError> {
        let staff = list::<Staff>(&*self.store, keys::all_staff(), STAFF_MAX).await?;
        Ok(staff.into_iter().map(|loaded| loaded.record).collect())
    }

    /// Gives the token for the cookie.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<String, SignInError> {
        let name = name.trim();
        let known = name.chars().count() <= NAME_CHARACTERS_MAX;
        if !known || password.len() > PASSWORD_BYTES_MAX {
            return Err(SignInError::Wrong);
        }
        // One try of a name at a time, so that a burst is counted before it is believed.
        let line = self.lines.enter(&format!("sign-in {name}")).await;
        let Some(_line) = line else { return Err(SignInError::Busy) };
        let now = self.clock.now();
        let staff = load::<Staff>(&*self.store, keys::staff(name)).await;
        let Some(before) = staff.map_err(|_| SignInError::Busy)? else {
            let _ = self.passwords.matches(&self.passwords.nobody, password).await;
            return Err(SignInError::Wrong);
        };
        if let Some(until) = before.record.locked_until
            && now < until
        {
            return Err(SignInError::Locked(beijing::time(until)));
        }
        let right = self
            .passwords
            .matches(&before.record.password_hash, password)
            .await
            .ok_or(SignInError::Busy)?;
        if right { self.open_session(&before, now).await } else { self.count_failure(name).await }
    }

    async fn open_session(
        &self,
        before: &Loaded<Staff>,
        now: Timestamp,
    ) -> Result<String, SignInError> {
        let (token, session) = self.new_session(&before.record.name, now);
        let mut changes = Changes::default();
        changes.create(&session).map_err(|_| SignInError::Busy)?;
        if before.record.failures > 0 || before.record.locked_until.is_some() {
            let staff = Staff { failures: 0, locked_until: None, ..before.record.clone() };
            changes.replace(before, &staff).map_err(|_| SignInError::Busy)?;
        } else {
            changes.expect_unchanged(before);
        }
        // Browsers that never came back leave theirs behind.
        let range = keys::sessions_of(&before.record.name);
        let known = list_by_index::<StoredSession>(&*self.store, range, SESSIONS_MAX).await;
        let known = known.map_err(|_| SignInError::Busy)?;
        let mut known: Vec<_> = known.into_iter().map(|(_, old)| old).collect();
        known.sort_by_key(|old| std::cmp::Reverse(old.record.expires_at));
        for (n, old) in known.iter().enumerate() {
            if n + 1 >= BROWSERS_MAX || old.record.expires_at <= now {
                changes.remove(old);
            }
        }
        self.store.commit(changes.into_batch()).await.map_err(|_| SignInError::Busy)?;
        Ok(token)
    }

    fn new_session(&self, name: &str, now: Timestamp) -> (String, StoredSession) {
        let token = random::hex::<32>();
        let hours = i64::from(self.common().desk.session_hours);
        let session = StoredSession {
            token_hash: token_hash(&token),
            staff: name.to_owned(),
            csrf: random::hex::<16>(),
            expires_at: now + SignedDuration::from_hours(hours),
        };
        (token, session)
    }

    /// Counted one after the other, so that guessing in parallel does not help.
    async fn count_failure(&self, name: &str) -> Result<String, SignInError> {
        for _ in 0..CONFLICTS_MAX {
            let staff = load::<Staff>(&*self.store, keys::staff(name)).await;
            let Ok(Some(before)) = staff else { return Err(SignInError::Busy) };
            let now = self.clock.now();
            let mut staff = before.record.clone();
            staff.failures += 1;
            let mut answer = SignInError::Wrong;
            if staff.failures >= FAILURES_MAX {
                let minutes = i64::from(self.common().desk.lock_minutes);
                let until = now + SignedDuration::from_mins(minutes);
                staff.failures = 0;
                staff.locked_until = Some(until);
                answer = SignInError::Locked(beijing::time(until));
                tracing::warn!("five wrong passwords in a row: the name is locked for a while");
            }
            let mut changes = Changes::default();
            changes.replace(&before, &staff).map_err(|_| SignInError::Busy)?;
            match self.store.commit(changes.into_batch()).await {
                Ok(()) => return Err(answer),
                Err(StoreError::Conflict(_)) => {}
                Err(_) => return Err(SignInError::Busy),
            }
        }
        Err(SignInError::Busy)
    }

    pub async fn session(&self, token: &str) -> Result<Option<Session>, CommandError> {
        let hash = token_hash(token);
        let Some(session) = load::<StoredSession>(&*self.store, keys::session(&hash)).await? else {
            return Ok(None);
        };
        if session.record.expires_at <= self.clock.now() {
            let mut changes = Changes::default();
            changes.remove(&session);
            // It ends whether or not this write succeeds.
            let _ = self.store.commit(changes.into_batch()).await;
            return Ok(None);
        }
        let staff = load::<Staff>(&*self.store, keys::staff(&session.record.staff)).await?;
        Ok(staff.map(|staff| signed_in(staff.record, session.record.csrf)))
    }

    /// As somebody who signs in, for who has the machine itself.
    pub async fn session_of(&self, name: &str) -> Result<Option<Session>, CommandError> {
        let staff = load::<Staff>(&*self.store, keys::staff(name)).await?;
        Ok(staff.map(|staff| signed_in(staff.record, String::new())))
    }

    pub async fn sign_out(&self, token: &str) -> Result<(), CommandError> {
        let hash = token_hash(token);
        if let Some(session) = load::<StoredSession>(&*self.store, keys::session(&hash)).await? {
            let mut changes = Changes::default();
            changes.remove(&session);
            self.store.commit(changes.into_batch()).await?;
        }
        Ok(())
    }

    /// Gives a new token; all older sessions of the person end.
    pub async fn change_password(
        &self,
        session: &Session,
        old: &str,
        new: &str,
    ) -> Result<String, CommandError> {
        let refused = |text: &str| Err(CommandError::Refused(text.into()));
        let before = load::<Staff>(&*self.store, keys::staff(&session.name))
            .await?
            .ok_or(CommandError::NotFound)?;
        if new.chars().count() < PASSWORD_CHARACTERS_MIN {
            return refused("新密码至少要8个字符，请写长一些。");
        }
        if new.len() > PASSWORD_BYTES_MAX || old.len() > PASSWORD_BYTES_MAX {
            return refused("密码太长了，请写短一些。");
        }
        if new == old {
            return refused("新密码要和原来的不一样。");
        }
        if new.contains(session.name.as_str()) {
            return refused("密码里不要有自己的名字，请换一个。");
        }
        match self.passwords.matches(&before.record.password_hash, old).await {
            Some(true) => {}
            Some(false) => return refused("原来的密码不对，请再试一次。"),
            None => return Err(CommandError::Unavailable),
        }
        let staff = Staff {
            password_hash: self.passwords.hash(new).await?,
            must_change: false,
            ..before.record.clone()
        };
        let (token, session) = self.new_session(&staff.name, self.clock.now());
        let mut changes = Changes::default();
        changes.replace(&before, &staff)?;
        changes.create(&session)?;
        self.end_sessions(&mut changes, &staff.name).await?;
        self.store.commit(changes.into_batch()).await?;
        Ok(token)
    }

    async fn end_sessions(&self, changes: &mut Changes, name: &str) -> Result<(), StoreError> {
        let open =
            list_by_index::<StoredSession>(&*self.store, keys::sessions_of(name), SESSIONS_MAX)
                .await?;
        for (_, session) in &open {
            changes.remove(session);
        }
        Ok(())
    }
}
