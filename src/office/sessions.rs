//! Signing in, and what is open under a name: sessions on the server, a lock after five failures,
//! an end when nobody has done anything for a while, and one at the latest.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use sha2::Digest;

use crate::store::looks::LookKind;
use crate::store::records::{Staff, StoredSession};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};

use super::looks::Noted;
use super::passwords::{PASSWORD_BYTES_MAX, weakness};
use super::rights::is_administrator;
use super::staff::NAME_CHARACTERS_MAX;
use super::views::{CommandError, Owes, Session, SignInError};
use super::{Office, beijing, random};

const FAILURES_MAX: u32 = 5;
const CONFLICTS_MAX: usize = 20;
const SESSIONS_MAX: usize = 200;
/// Signed in at the same time under one name; the oldest goes.
const BROWSERS_MAX: usize = 20;
/// When somebody was seen is written down so often.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Instead of an address, of who acts in somebody's name without her password.
pub(super) const AT_THE_MACHINE: &str = "命令行";
const DEVICE_CHARACTERS_MAX: usize = 40;

/// From where somebody signs in.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The `User-Agent`, as it came.
    pub agent: String,
    pub address: Option<IpAddr>,
    /// The token that it showed when it asked to sign in: that session ends.
    pub old: Option<String>,
}

/// One open session as its owner sees it.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// For forms: the beginning of the hash, from which no cookie can be made.
    pub id: String,
    pub began_at: Timestamp,
    pub seen_at: Timestamp,
    pub device: String,
    pub from: String,
    /// The one that asks.
    pub is_this: bool,
}

const ID_CHARACTERS: usize = 16;

pub(super) fn token_hash(token: &str) -> String {
    random::to_hex(&sha2::Sha256::digest(token.as_bytes()))
}

fn signed_in(staff: Staff, (from, csrf): (String, String), owes: Owes) -> Session {
    Session {
        name: staff.name,
        role: staff.role,
        department: staff.department,
        village: staff.village,
        merchant: staff.merchant,
        from,
        csrf,
        owes,
    }
}

/// What has still to be done before anything else is open.
fn owed(staff: &Staff, session: &StoredSession) -> Owes {
    if staff.second_step.is_some() && !session.second_step_done {
        Owes::Code
    } else if staff.must_change && !session.by_provider {
        Owes::Password
    } else if is_administrator(staff.role) && staff.second_step.is_none() {
        Owes::SecondStep
    } else {
        Owes::Nothing
    }
}

impl Office {
    /// Gives the token for the cookie: always a new one.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        browser: &Browser,
    ) -> Result<String, SignInError> {
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
        self.check_lock(&before.record, now)?;
        match self.passwords.matches(&before.record.password_hash, password).await {
            Some(true) => self.open_session(&before, now, browser, false).await,
            Some(false) => Err(self.count_failure(name).await?),
            None => Err(SignInError::Busy),
        }
    }

    pub(super) fn check_lock(&self, staff: &Staff, now: Timestamp) -> Result<(), SignInError> {
        match staff.locked_until {
            Some(until) if now < until => Err(SignInError::Locked(beijing::time(until))),
            _ => Ok(()),
        }
    }

    /// For one of whom it is known who she is.
    pub(super) async fn open_session(
        &self,
        before: &Loaded<Staff>,
        now: Timestamp,
        browser: &Browser,
        by_provider: bool,
    ) -> Result<String, SignInError> {
        let busy = |_: StoreError| SignInError::Busy;
        let staff = &before.record;
        if staff.stopped {
            return Err(SignInError::Stopped);
        }
        if staff.waits_for_second.is_some() {
            return Err(SignInError::Waits);
        }
        let (token, session) = self.new_session(&staff.name, now, browser);
        let session = StoredSession { by_provider, ..session };
        let mut changes = Changes::default();
        changes.create(&session).map_err(busy)?;
        // A right password is not yet the end of guessing at the second step.
        let is_through = staff.second_step.is_none();
        if staff.locked_until.is_some() || (staff.failures > 0 && is_through) {
            let failures = if is_through { 0 } else { staff.failures };
            let after = Staff { failures, locked_until: None, ..staff.clone() };
            changes.replace(before, &after).map_err(busy)?;
        } else {
            changes.expect_unchanged(before);
        }
        // Browsers that never came back leave theirs behind.
        let mut known = self.stored_sessions(&staff.name).await.map_err(busy)?;
        known.sort_by_key(|old| std::cmp::Reverse(old.record.expires_at));
        let replaced = browser.old.as_deref().map(token_hash);
        for (n, old) in known.iter().enumerate() {
            let is_replaced = replaced.as_ref() == Some(&old.record.token_hash);
            if n + 1 >= BROWSERS_MAX || self.is_over(&old.record, now) || is_replaced {
                changes.remove(old);
            }
        }
        let from = (session.from.clone(), String::new());
        let who = signed_in(staff.clone(), from, Owes::Nothing);
        let place = format!("{} {}", session.device, session.from);
        let noted = Noted::by(&who, LookKind::SignedIn, &staff.name, &place);
        self.commit_noted(changes, noted).await.map_err(busy)?;
        Ok(token)
    }

    fn new_session(
        &self,
        name: &str,
        now: Timestamp,
        browser: &Browser,
    ) -> (String, StoredSession) {
        let token = random::hex::<32>();
        let hours = i64::from(self.common().desk.session_hours);
        let session = StoredSession {
            token_hash: token_hash(&token),
            staff: name.to_owned(),
            csrf: random::hex::<16>(),
            expires_at: now + SignedDuration::from_hours(hours),
            began_at: now,
            seen_at: now,
            device: device(&browser.agent),
            from: browser.address.map(|address| address.to_string()).unwrap_or_default(),
            second_step_done: false,
            by_provider: false,
            offered: None,
        };
        (token, session)
    }

    fn is_over(&self, session: &StoredSession, now: Timestamp) -> bool {
        let idle = SignedDuration::from_mins(i64::from(self.common().desk.idle_minutes));
        session.expires_at <= now || session.seen_at + idle <= now
    }

    async fn stored_sessions(&self, name: &str) -> Result<Vec<Loaded<StoredSession>>, StoreError> {
        let range = keys::sessions_of(name);
        let found = list_by_index::<StoredSession>(&*self.store, range, SESSIONS_MAX).await?;
        Ok(found.into_iter().map(|(_, session)| session).collect())
    }

    /// Counted one after the other, so that guessing in parallel does not help.
    pub(super) async fn count_failure(&self, name: &str) -> Result<SignInError, SignInError> {
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
            let done = match &answer {
                SignInError::Locked(until) => {
                    let until = format!("到{until}");
                    let noted = Noted::by_machine(LookKind::Locked, name, &until);
                    self.commit_noted(changes, noted).await
                }
                _ => self.store.commit(changes.into_batch()).await,
            };
            match done {
                Ok(()) => return Ok(answer),
                Err(StoreError::Conflict(_)) => {}
                Err(_) => return Err(SignInError::Busy),
            }
        }
        Err(SignInError::Busy)
    }

    /// Who has it, who thereby is not idle.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, CommandError> {
        self.find_session(token, true).await
    }

    /// The same for a page that asks by itself: nobody need be sitting there.
    pub async fn session_left_alone(&self, token: &str) -> Result<Option<Session>, CommandError> {
        self.find_session(token, false).await
    }

    async fn find_session(
        &self,
        token: &str,
        is_here: bool,
    ) -> Result<Option<Session>, CommandError> {
        let hash = token_hash(token);
        let Some(session) = load::<StoredSession>(&*self.store, keys::session(&hash)).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        if self.is_over(&session.record, now) {
            let mut changes = Changes::default();
            changes.remove(&session);
            // It ends whether or not this write succeeds.
            let _ = self.store.commit(changes.into_batch()).await;
            return Ok(None);
        }
        let staff = load::<Staff>(&*self.store, keys::staff(&session.record.staff)).await?;
        let Some(staff) = staff.map(|staff| staff.record).filter(may_be_here) else {
            return Ok(None);
        };
        if is_here && now >= session.record.seen_at + SEEN_EVERY {
            let mut changes = Changes::default();
            changes.replace(&session, &StoredSession { seen_at: now, ..session.record.clone() })?;
            // Another page of hers may have been faster; the next one writes it again.
            let _ = self.store.commit(changes.into_batch()).await;
        }
        let owes = owed(&staff, &session.record);
        let StoredSession { from, csrf, .. } = session.record;
        Ok(Some(signed_in(staff, (from, csrf), owes)))
    }

    /// As somebody who signs in, for who has the machine itself.
    pub async fn session_of(&self, name: &str) -> Result<Option<Session>, CommandError> {
        let staff = load::<Staff>(&*self.store, keys::staff(name)).await?;
        let staff = staff.map(|staff| staff.record).filter(may_be_here);
        let from = (AT_THE_MACHINE.to_owned(), String::new());
        Ok(staff.map(|staff| signed_in(staff, from, Owes::Nothing)))
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

    /// Where somebody is signed in, the latest first. `token`: of the browser that asks.
    pub(super) async fn open_sessions(
        &self,
        name: &str,
        token: &str,
    ) -> Result<Vec<SessionView>, CommandError> {
        let now = self.clock.now();
        let this = token_hash(token);
        let mut found = self.stored_sessions(name).await?;
        found.retain(|session| !self.is_over(&session.record, now));
        found.sort_by_key(|session| std::cmp::Reverse(session.record.seen_at));
        let view = |session: Loaded<StoredSession>| SessionView {
            id: session.record.token_hash.chars().take(ID_CHARACTERS).collect(),
            began_at: session.record.began_at,
            seen_at: session.record.seen_at,
            device: session.record.device.clone(),
            from: session.record.from.clone(),
            is_this: session.record.token_hash == this,
        };
        Ok(found.into_iter().map(view).collect())
    }

    /// Of oneself.
    pub async fn own_sessions(
        &self,
        session: &Session,
        token: &str,
    ) -> Result<Vec<SessionView>, CommandError> {
        self.open_sessions(&session.name, token).await
    }

    /// `id`: one of them; `None`: all but the one of `token`.
    pub async fn end_own_sessions(
        &self,
        session: &Session,
        id: Option<&str>,
        token: &str,
    ) -> Result<(), CommandError> {
        self.revoke_sessions(session, &session.name, id, Some(token)).await
    }

    pub(super) async fn revoke_sessions(
        &self,
        by: &Session,
        name: &str,
        id: Option<&str>,
        but: Option<&str>,
    ) -> Result<(), CommandError> {
        let kept = but.map(token_hash);
        let mut changes = Changes::default();
        let mut ended = 0;
        for one in &self.stored_sessions(name).await? {
            let hash = &one.record.token_hash;
            let wanted = match id {
                Some(id) => id.len() == ID_CHARACTERS && hash.starts_with(id),
                None => kept.as_ref() != Some(hash),
            };
            if wanted {
                changes.remove(one);
                ended += 1;
            }
        }
        if ended == 0 {
            return match id {
                Some(_) => Err(CommandError::NotFound),
                None => Ok(()),
            };
        }
        let noted = Noted::by(by, LookKind::SessionEnded, name, &format!("{ended}处"));
        Ok(self.commit_noted(changes, noted).await?)
    }

    /// Whoever sits at an open desk: a wrong one counts as it does at the sign-in.
    pub(super) async fn check_password(
        &self,
        name: &str,
        password: &str,
    ) -> Result<(), CommandError> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Err(CommandError::Refused("密码太长了，请写短一些。".into()));
        }
        let line = self.lines.enter(&format!("sign-in {name}")).await;
        let Some(_line) = line else { return Err(CommandError::Unavailable) };
        let staff = self.staff_of(name).await?.record;
        let refused = |error: SignInError| match error {
            SignInError::Busy => CommandError::Unavailable,
            SignInError::Wrong => CommandError::Refused("现在的密码不对，请再试一次。".into()),
            locked => CommandError::Refused(locked.to_string()),
        };
        self.check_lock(&staff, self.clock.now()).map_err(refused)?;
        match self.passwords.matches(&staff.password_hash, password).await {
            Some(true) => Ok(()),
            Some(false) => Err(refused(self.count_failure(name).await.map_err(refused)?)),
            None => Err(CommandError::Unavailable),
        }
    }

    /// Gives a new token; all older sessions of the person end.
    pub async fn change_password(
        &self,
        session: &Session,
        old: &str,
        new: &str,
        browser: &Browser,
    ) -> Result<String, CommandError> {
        let refused = |text: &str| Err(CommandError::Refused(text.into()));
        let before = self.staff_of(&session.name).await?;
        if let Err(text) = weakness(new, &session.name) {
            return refused(text);
        }
        if new == old {
            return refused("新密码要和原来的不一样。");
        }
        self.check_password(&session.name, old).await?;
        let staff = Staff {
            password_hash: self.passwords.hash(new).await?,
            must_change: false,
            failures: 0,
            ..before.record.clone()
        };
        let (token, mut opened) = self.new_session(&staff.name, self.clock.now(), browser);
        // Only who gave the number comes here.
        opened.second_step_done = staff.second_step.is_some();
        let mut changes = Changes::default();
        changes.replace(&before, &staff)?;
        changes.create(&opened)?;
        self.end_sessions(&mut changes, &staff.name).await?;
        let noted = Noted::by(session, LookKind::PasswordChanged, &staff.name, "本人改的");
        self.commit_noted(changes, noted).await?;
        Ok(token)
    }

    pub(super) async fn end_sessions(
        &self,
        changes: &mut Changes,
        name: &str,
    ) -> Result<(), StoreError> {
        for session in &self.stored_sessions(name).await? {
            changes.remove(session);
        }
        Ok(())
    }
}

fn may_be_here(staff: &Staff) -> bool {
    !staff.stopped && staff.waits_for_second.is_none()
}

/// A `User-Agent` in a few words.
fn device(agent: &str) -> String {
    let has = |word: &str| agent.contains(word);
    let machine = [
        ("HarmonyOS", "鸿蒙手机"),
        ("iPhone", "苹果手机"),
        ("iPad", "苹果平板"),
        ("Android", "安卓手机"),
        ("Windows", "Windows 电脑"),
        ("Macintosh", "苹果电脑"),
        ("Linux", "Linux 电脑"),
    ];
    let program = [
        ("MicroMessenger", "微信"),
        ("Edg/", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    let first = |list: &[(&str, &'static str)]| {
        list.iter().find(|(word, _)| has(word)).map(|(_, name)| *name)
    };
    match (first(&machine), first(&program)) {
        (None, None) if agent.is_empty() => "不知道是什么设备".into(),
        (None, None) => agent.chars().take(DEVICE_CHARACTERS_MAX).collect(),
        (machine, program) => {
            let words: Vec<&str> = machine.into_iter().chain(program).collect();
            words.join("，")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_in_a_few_words() {
        for (agent, words) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36",
                "Windows 电脑，Chrome",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120",
                "Windows 电脑，Edge",
            ),
            ("Mozilla/5.0 (Linux; Android 10) Chrome/107 MicroMessenger/8.0", "安卓手机，微信"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Safari/604.1", "苹果手机，Safari"),
            ("curl/8.0", "curl/8.0"),
            ("", "不知道是什么设备"),
        ] {
            assert_eq!(device(agent), words);
        }
        assert_eq!(device(&"x".repeat(500)).chars().count(), DEVICE_CHARACTERS_MAX);
    }
}
