//! When to ask for an access token, and when to stop asking. The rules only, without I/O:
//! `wechat_api` asks and tells what came back.
//!
//! What must never happen is a storm of token calls (wechatpy made 972 calls for one send).
//! So: one request at a time; a failed one is followed by a pause that doubles; a token that
//! the platform refuses is first fetched again in normal mode, then once by force, then
//! everything pauses. Normal mode is idempotent: it gives every caller the same token.
//!
//! Source: Tencent, getStableAccessToken. Renewed 5 minutes before it ends, and then both
//! work; force_refresh 20 times a day, 30 s apart.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

/// Seconds before its end at which a token is fetched anew. Inside the 5 minutes in which
/// the platform already gives the next one.
const RENEW_BEFORE: i64 = 120;
const FORCE_APART: i64 = 30;
const FORCE_A_DAY: usize = 20;
/// Seconds; doubles with each failure in a row.
const FIRST_PAUSE: i64 = 1;
/// After the platform has refused a token that was just made by force.
const FIRST_STOP: i64 = 30;
const LONGEST_PAUSE: i64 = 15 * 60;

#[derive(Default)]
pub struct TokenState {
    token: Option<Token>,
    /// The last refused token was replaced and nothing has been accepted since.
    suspicion: Suspicion,
    /// When tokens were made by force, within a day.
    forced: Vec<Timestamp>,
    paused_until: Option<Timestamp>,
    failures: u32,
}

struct Token {
    text: SecretString,
    renew_at: Timestamp,
    ends_at: Timestamp,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Suspicion {
    #[default]
    None,
    Refetched,
    Forced,
}

/// What the one who holds the state must do next.
#[derive(Debug)]
pub enum Step {
    Use(SecretString),
    Fetch { force: bool },
    /// Nothing may be asked before then.
    Wait(Timestamp),
}

impl TokenState {
    /// `refused` is the token that the platform has just refused, if it did.
    pub fn next(&mut self, refused: Option<&SecretString>, now: Timestamp) -> Step {
        if let Some(until) = self.paused_until.filter(|until| now < *until) {
            // A token that is not under suspicion is good until it ends.
            return match &self.token {
                Some(token) if refused.is_none() && self.is_usable(token, now) => {
                    Step::Use(token.text.clone())
                }
                _ => Step::Wait(until),
            };
        }
        let is_current = |token: &Token, refused: &SecretString| {
            token.text.expose_secret() == refused.expose_secret()
        };
        match (&self.token, refused) {
            // Somebody else has replaced it meanwhile.
            (Some(token), Some(refused)) if !is_current(token, refused) => {
                Step::Use(token.text.clone())
            }
            (Some(_), Some(_)) => self.after_refusal(now),
            (Some(token), None) if now < token.renew_at => Step::Use(token.text.clone()),
            _ => Step::Fetch { force: false },
        }
    }

    fn is_usable(&self, token: &Token, now: Timestamp) -> bool {
        self.suspicion != Suspicion::Forced && now < token.ends_at
    }

    fn after_refusal(&mut self, now: Timestamp) -> Step {
        match self.suspicion {
            Suspicion::None => {
                self.suspicion = Suspicion::Refetched;
                Step::Fetch { force: false }
            }
            Suspicion::Refetched => self.force(now),
            Suspicion::Forced => {
                self.suspicion = Suspicion::Forced;
                Step::Wait(self.pause(FIRST_STOP, now))
            }
        }
    }

    fn force(&mut self, now: Timestamp) -> Step {
        self.forced.retain(|at| seconds_between(*at, now) < 86_400);
        let next = match self.forced.as_slice() {
            [oldest, ..] if self.forced.len() >= FORCE_A_DAY => after(*oldest, 86_400),
            [.., last] => after(*last, FORCE_APART),
            [] => now,
        };
        if now < next {
            self.paused_until = Some(next);
            return Step::Wait(next);
        }
        self.forced.push(now);
        self.suspicion = Suspicion::Forced;
        Step::Fetch { force: true }
    }

    /// `lifetime` is `expires_in`, in seconds. Gives back whether this is another token
    /// than the one before.
    pub fn fetched(&mut self, text: SecretString, lifetime: i64, now: Timestamp) -> bool {
        let is_new = self
            .token
            .as_ref()
            .is_none_or(|token| token.text.expose_secret() != text.expose_secret());
        let lifetime = lifetime.clamp(1, 7200);
        let renew_in = (lifetime - RENEW_BEFORE).max(lifetime / 2);
        let (renew_at, ends_at) = (after(now, renew_in), after(now, lifetime));
        self.token = Some(Token { text, renew_at, ends_at });
        self.paused_until = None;
        if self.suspicion == Suspicion::None {
            self.failures = 0;
        }
        is_new
    }

    /// The request for a token failed. Gives back the token to go on with, if the last one
    /// has not ended, or when to ask again.
    pub fn fetch_failed(&mut self, now: Timestamp) -> Step {
        let until = self.pause(FIRST_PAUSE, now);
        match &self.token {
            Some(token) if self.suspicion == Suspicion::None && now < token.ends_at => {
                Step::Use(token.text.clone())
            }
            _ => Step::Wait(until),
        }
    }

    /// The platform accepted `token`.
    pub fn accepted(&mut self, token: &SecretString) {
        let is_current = |t: &Token| t.text.expose_secret() == token.expose_secret();
        if self.token.as_ref().is_some_and(is_current) {
            self.suspicion = Suspicion::None;
            self.failures = 0;
        }
    }

    pub fn is_suspect(&self) -> bool {
        self.suspicion != Suspicion::None
    }

    fn pause(&mut self, first: i64, now: Timestamp) -> Timestamp {
        let seconds = first.saturating_mul(1 << self.failures.min(20)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        let until = after(now, seconds);
        self.paused_until = Some(until);
        until
    }
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second() - from.as_second()
}
