//! The second step of signing in: a number that a telephone makes anew every thirty seconds
//! (RFC 6238), or one of the codes that were written down for the day it is lost.

use jiff::Timestamp;
use totp_rs::{Builder, Secret, Totp};

use crate::store::looks::LookKind;
use crate::store::records::{SecondStep, Staff, StoredSession};
use crate::store::{Changes, keys, load};

use super::looks::Noted;
use super::rights::is_administrator;
use super::sessions::token_hash;
use super::views::{CommandError, Session, SignInError};
use super::{Office, qr, random};

/// RFC 4226, section 4: 160 bits are recommended.
const SECRET_BYTES: usize = 20;
/// Clocks of telephones may be off by one step.
const SKEW: u16 = 1;
const RECOVERY_CODES: usize = 10;
/// As one code is typed, dashes and all.
const CODE_CHARACTERS_MAX: usize = 40;

/// What is shown to somebody who takes up the second step.
#[derive(Debug, Clone)]
pub struct SecondStepOffer {
    /// The picture that the telephone reads, as SVG.
    pub picture: String,
    /// The same to be typed, in groups of four.
    pub secret: String,
    /// Who came by the county's single sign-on has none here.
    pub needs_password: bool,
}

/// How somebody stands to the second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondStepState {
    pub is_on: bool,
    /// Her role can not do without.
    pub needed: bool,
    pub recovery_left: usize,
}

fn clock_of(secret: &str, name: &str, issuer: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_secret(secret)
        .with_skew(SKEW)
        .with_account_name(plain(name))
        .with_issuer(Some(plain(issuer)))
        .build()
        .ok()
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or_default()
}

fn tidy(code: &str) -> String {
    code.chars().take(CODE_CHARACTERS_MAX).filter(char::is_ascii_alphanumeric).collect()
}

/// The step of thirty seconds that this number is of, if it is right and later than `last`.
fn step_of(secret: &str, code: &str, last: u64, now: Timestamp) -> Option<u64> {
    let step = clock_of(secret, "", "")?.check(&tidy(code), seconds(now))?;
    (step > last).then_some(step)
}

/// What is left of the second step when this code was taken; `None`: it is wrong, or was used.
/// `secret` as it was opened; without it the written codes still open.
pub(super) fn taken(
    second: &SecondStep,
    secret: Option<&str>,
    code: &str,
    now: Timestamp,
) -> Option<SecondStep> {
    if let Some(step) = secret.and_then(|secret| step_of(secret, code, second.last, now)) {
        return Some(SecondStep { last: step, ..second.clone() });
    }
    let hash = token_hash(&tidy(code).to_lowercase());
    let at = second.recovery.iter().position(|one| *one == hash)?;
    let mut rest = second.clone();
    rest.recovery.remove(at);
    Some(rest)
}

/// The codes to be written down, and what is stored of them.
fn recovery_codes() -> (Vec<String>, Vec<String>) {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| random::one_time_password()).collect();
    let hashes = codes.iter().map(|code| token_hash(&tidy(code))).collect();
    (codes, hashes)
}

impl Office {
    pub async fn second_step_state(
        &self,
        session: &Session,
    ) -> Result<SecondStepState, CommandError> {
        let staff = self.staff_of(&session.name).await?.record;
        Ok(SecondStepState {
            is_on: staff.second_step.is_some(),
            needed: is_administrator(staff.role),
            recovery_left: staff.second_step.map_or(0, |second| second.recovery.len()),
        })
    }

    /// The same secret as long as it was not taken: a page that is loaded again shows what the
    /// telephone has read already.
    pub async fn offer_second_step(
        &self,
        session: &Session,
        token: &str,
    ) -> Result<SecondStepOffer, CommandError> {
        if self.staff_of(&session.name).await?.second_step.is_some() {
            return Err(CommandError::Refused(
                "动态口令已经绑好了。要换手机，请先取消再绑。".into(),
            ));
        }
        let key = keys::session(&token_hash(token));
        let before = load::<StoredSession>(&*self.store, key).await?;
        let before = before.ok_or(CommandError::NotFound)?;
        let offered = before.record.offered.as_ref();
        let secret = match offered.and_then(|stored| self.seal.open(&session.name, stored)) {
            Some(secret) => secret,
            None => {
                let secret = Secret::from(random::bytes::<SECRET_BYTES>()).to_base32();
                let offered = Some(self.seal.close(&session.name, &secret));
                let mut changes = Changes::default();
                let after = StoredSession { offered, ..before.record.clone() };
                changes.replace(&before, &after)?;
                self.store.commit(changes.into_batch()).await?;
                secret
            }
        };
        let issuer = format!("{}便民", self.county_name());
        let url = clock_of(&secret, &session.name, &issuer).and_then(|totp| totp.to_url().ok());
        let url = url.ok_or(CommandError::Unavailable)?;
        let picture = qr::picture(&url).ok_or(CommandError::Unavailable)?;
        let groups: Vec<&str> =
            secret.as_bytes().chunks(4).filter_map(|four| std::str::from_utf8(four).ok()).collect();
        let needs_password = !before.record.by_provider;
        Ok(SecondStepOffer { picture, secret: groups.join(" "), needs_password })
    }

    /// The first number shows that the telephone has the secret; the password, that nobody else
    /// sits at her desk. Gives the codes for the day it is lost; they are shown once.
    pub async fn take_second_step(
        &self,
        session: &Session,
        token: &str,
        code: &str,
        password: &str,
    ) -> Result<Vec<String>, CommandError> {
        let before = self.staff_of(&session.name).await?;
        let key = keys::session(&token_hash(token));
        let open = load::<StoredSession>(&*self.store, key).await?;
        let open = open.ok_or(CommandError::NotFound)?;
        let offered = open.record.offered.as_ref().ok_or(CommandError::NotFound)?;
        let secret = self.seal.open(&session.name, offered).ok_or(CommandError::NotFound)?;
        if !open.record.by_provider {
            self.check_password(&session.name, password).await?;
        }
        let Some(step) = step_of(&secret, code, 0, self.clock.now()) else {
            return Err(CommandError::Refused(
                "数字不对。请看手机上现在显示的6位数字；一直不对，请把手机的时间调成自动。".into(),
            ));
        };
        let (codes, recovery) = recovery_codes();
        let secret = self.seal.close(&session.name, &secret);
        let second = Some(SecondStep { secret, last: step, recovery });
        let mut changes = Changes::default();
        let staff = Staff { second_step: second, failures: 0, ..before.record.clone() };
        changes.replace(&before, &staff)?;
        let after = StoredSession { offered: None, second_step_done: true, ..open.record.clone() };
        changes.replace(&open, &after)?;
        let noted = Noted::by(session, LookKind::SecondStep, &session.name, "绑定");
        self.commit_noted(changes, noted).await?;
        Ok(codes)
    }

    /// After the password: the number. A wrong one counts as a wrong password does.
    pub async fn enter_code(
        &self,
        session: &Session,
        token: &str,
        code: &str,
    ) -> Result<(), SignInError> {
        let line = self.lines.enter(&format!("sign-in {}", session.name)).await;
        let Some(_line) = line else { return Err(SignInError::Busy) };
        let busy = |_| SignInError::Busy;
        let before = self.staff_of(&session.name).await.map_err(busy)?;
        let now = self.clock.now();
        self.check_lock(&before.record, now)?;
        let second = before.record.second_step.as_ref();
        let second = second.and_then(|second| self.taken_sealed(&session.name, second, code, now));
        let Some(second) = second else {
            return Err(match self.count_failure(&session.name).await? {
                SignInError::Wrong => SignInError::WrongCode,
                locked => locked,
            });
        };
        let key = keys::session(&token_hash(token));
        let open = load::<StoredSession>(&*self.store, key).await.map_err(|_| SignInError::Busy)?;
        let open = open.ok_or(SignInError::Busy)?;
        let staff = Staff { second_step: Some(second), failures: 0, ..before.record.clone() };
        let done = StoredSession { second_step_done: true, ..open.record.clone() };
        let mut changes = Changes::default();
        changes.replace(&before, &staff).map_err(|_| SignInError::Busy)?;
        changes.replace(&open, &done).map_err(|_| SignInError::Busy)?;
        // The same number in two windows: one of them is first.
        self.store.commit(changes.into_batch()).await.map_err(|_| SignInError::Busy)
    }

    fn taken_sealed(
        &self,
        name: &str,
        second: &SecondStep,
        code: &str,
        now: Timestamp,
    ) -> Option<SecondStep> {
        let secret = self.seal.open(name, &second.secret);
        if secret.is_none() {
            self.alarm("有人的动态口令打不开了：desk.seal_key_env 的密钥和绑定时的不一样");
        }
        let left = taken(second, secret.as_deref(), code, now)?;
        let secret = secret.map(|secret| self.seal.close(name, &secret));
        Some(SecondStep { secret: secret.unwrap_or_else(|| left.secret.clone()), ..left })
    }

    /// By oneself, with the password: for another telephone, or to do without where one may.
    pub async fn drop_second_step(
        &self,
        session: &Session,
        password: &str,
    ) -> Result<(), CommandError> {
        let before = self.staff_of(&session.name).await?;
        self.check_password(&session.name, password).await?;
        let mut changes = Changes::default();
        let staff = Staff { second_step: None, failures: 0, ..before.record.clone() };
        changes.replace(&before, &staff)?;
        let noted = Noted::by(session, LookKind::SecondStep, &session.name, "取消");
        Ok(self.commit_noted(changes, noted).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "12345678901234567890" of RFC 6238, appendix B, in base32.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    /// The appendix gives eight digits; six are the last six of them.
    #[test]
    fn the_numbers_are_those_of_the_rfc() {
        for (at, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let now = Timestamp::from_second(at).unwrap();
            let step = step_of(RFC, &code[2..], 0, now);
            assert_eq!(step, Some(at as u64 / 30), "{at}");
        }
    }

    #[test]
    fn a_number_is_taken_once_and_a_step_late_or_early() {
        let second = SecondStep { secret: RFC.into(), last: 0, recovery: vec![] };
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        // 287082 is the number of the seconds 30 to 59.
        for (now, good) in [(0, true), (29, true), (30, true), (59, true), (89, true), (90, false)]
        {
            let left = taken(&second, Some(RFC), "287 082", at(now));
            assert_eq!(left.is_some(), good, "{now}");
        }
        let once = taken(&second, Some(RFC), "287082", at(59)).unwrap();
        assert_eq!(once.last, 1);
        assert_eq!(taken(&once, Some(RFC), "287082", at(59)), None, "a second time");
        assert_eq!(taken(&once, Some(RFC), "287082", at(60)), None, "nor a step later");
    }

    #[test]
    fn a_written_code_opens_once_with_or_without_its_dashes() {
        let (codes, recovery) = recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let second = SecondStep { secret: RFC.into(), last: 0, recovery };
        let now = Timestamp::from_second(1_000).unwrap();
        let typed = codes[3].to_uppercase().replace('-', " ");
        let rest = taken(&second, None, &typed, now).unwrap();
        assert_eq!(rest.recovery.len(), RECOVERY_CODES - 1);
        assert_eq!(taken(&rest, None, &codes[3], now), None);
        assert!(taken(&rest, None, &codes[4], now).is_some());
        assert_eq!(taken(&rest, None, "", now), None);
    }
}
