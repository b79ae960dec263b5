//! When to ask for an access token, and when to stop asking. The rules only, without I/O:
//! `wechat_api` asks and tells what came back.
//!
//! What must never happen is a storm of token calls (wechatpy made 972 calls for one send).
//! So: one request at a time; a failed one is followed by a pause that doubles; a token that
//! the platform refuses is first fetched again in normal mode, then once by force, then
//! the API that refused it pauses. Normal mode is idempotent: it gives every caller the same token.
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
    /// How far we went to replace a refused token; nothing has been accepted since.
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
    /// Refused, and nothing better was to be had.
    is_suspect: bool,
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
    Fetch {
        force: bool,
    },
    /// Nothing may be asked before then.
    Wait(Timestamp),
}

impl TokenState {
    /// `refused` is the token that the platform has just refused, if it did.
    pub fn next(&mut self, refused: Option<&SecretString>, now: Timestamp) -> Step {
        match (&self.token, refused) {
            // Somebody else has replaced it meanwhile.
            (Some(token), Some(refused)) if !same(&token.text, refused) => {
                Step::Use(token.text.clone())
            }
            (Some(token), None) if now < token.renew_at && !token.is_suspect => {
                Step::Use(token.text.clone())
            }
            _ if self.paused_until.is_some_and(|until| now < until) => {
                self.while_paused(refused.is_some(), now)
            }
            (Some(_), Some(_)) => self.after_refusal(now),
            _ => Step::Fetch { force: false },
        }
    }

    /// A token that could not be renewed is good until it ends. One that is under suspicion
    /// may still be good for another API than the one that refused it.
    fn while_paused(&self, is_refused: bool, now: Timestamp) -> Step {
        match &self.token {
            Some(token) if !is_refused && now < token.ends_at => Step::Use(token.text.clone()),
            _ => Step::Wait(self.paused_until.unwrap_or(now)),
        }
    }

    fn after_refusal(&mut self, now: Timestamp) -> Step {
        match self.suspicion {
            Suspicion::None => {
                self.suspicion = Suspicion::Refetched;
                Step::Fetch { force: false }
            }
            Suspicion::Refetched => self.force(now),
            Suspicion::Forced => {
                let until = self.pause(FIRST_STOP, now);
                self.stop(until)
            }
        }
    }

    fn force(&mut self, now: Timestamp) -> Step {
        self.forced.retain(|at| now < after(*at, 86_400));
        let is_too_soon = self.forced.last().is_some_and(|at| now < after(*at, FORCE_APART));
        if is_too_soon || self.forced.len() >= FORCE_A_DAY {
            let until = self.pause(FIRST_STOP, now);
            return self.stop(until);
        }
        self.forced.push(now);
        self.suspicion = Suspicion::Forced;
        Step::Fetch { force: true }
    }

    /// After the pause a token is fetched in normal mode, and if that is refused too, the
    /// next step is force again.
    fn stop(&mut self, until: Timestamp) -> Step {
        if let Some(token) = &mut self.token {
            token.is_suspect = true;
        }
        self.suspicion = Suspicion::Refetched;
        Step::Wait(until)
    }

    /// `lifetime` is `expires_in`, in seconds.
    pub fn fetched(&mut self, text: SecretString, lifetime: i64, now: Timestamp) {
        // Whatever is answered, a token is not asked for again at once.
        let lifetime = lifetime.clamp(60, 7200);
        let renew_in = (lifetime - RENEW_BEFORE).max(lifetime / 2);
        let (renew_at, ends_at) = (after(now, renew_in), after(now, lifetime));
        self.token = Some(Token { text, renew_at, ends_at, is_suspect: false });
        self.paused_until = None;
        if self.suspicion == Suspicion::None {
            self.failures = 0;
        }
    }

    /// The request for a token failed: nothing is asked until a pause is over.
    pub fn fetch_failed(&mut self, now: Timestamp) {
        let until = self.pause(FIRST_PAUSE, now);
        if self.suspicion != Suspicion::None {
            self.stop(until);
        }
    }

    /// The platform accepted `token`.
    pub fn accepted(&mut self, token: &SecretString) {
        match &mut self.token {
            Some(current) if same(&current.text, token) => current.is_suspect = false,
            _ => return,
        }
        self.suspicion = Suspicion::None;
        self.failures = 0;
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
    at + SignedDuration::from_secs(seconds)
}

fn same(a: &SecretString, b: &SecretString) -> bool {
    a.expose_secret() == b.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// Plays `(second, what happens)` and gives back what the state asked for each time.
    fn play(events: &[(i64, &str)]) -> Vec<String> {
        let mut state = TokenState::default();
        let mut seen = Vec::new();
        for (second, event) in events {
            let now = at(*second);
            let (verb, token) = event.split_once(' ').unwrap_or((event, ""));
            let token = SecretString::from(token);
            let step = match verb {
                "need" => state.next(None, now),
                "refused" => state.next(Some(&token), now),
                "got" => {
                    state.fetched(token, 7200, now);
                    continue;
                }
                "failed" => {
                    state.fetch_failed(now);
                    continue;
                }
                "accepted" => {
                    state.accepted(&token);
                    continue;
                }
                _ => panic!("{event}"),
            };
            seen.push(match step {
                Step::Use(token) => format!("use {}", token.expose_secret()),
                Step::Fetch { force } => format!("fetch{}", if force { "!" } else { "" }),
                Step::Wait(until) => format!("wait {}", until.as_second() - 1_800_000_000),
            });
        }
        seen
    }

    #[test]
    fn steps() {
        for (name, events, expect) in [
            ("the first", &[(0, "need"), (0, "got A"), (1, "need")][..], "fetch, use A"),
            (
                "renewed before it ends",
                &[(0, "got A"), (7079, "need"), (7080, "need"), (7080, "got B"), (7081, "need")],
                "use A, fetch, use B",
            ),
            (
                "renewal fails: the old one is used to its end",
                &[
                    (0, "got A"),
                    (7080, "failed"),
                    (7080, "need"),
                    (7081, "need"),
                    (7081, "failed"),
                    (7082, "need"),
                    (7083, "need"),
                    (7083, "failed"),
                    (7200, "need"),
                ],
                "use A, fetch, use A, fetch, fetch",
            ),
            (
                "no token and none to be had: the pause doubles",
                &[
                    (0, "failed"),
                    (0, "need"),
                    (1, "need"),
                    (1, "failed"),
                    (2, "need"),
                    (3, "need"),
                    (3, "failed"),
                    (6, "need"),
                ],
                "wait 1, fetch, wait 3, fetch, wait 7",
            ),
            (
                "refused: once more, then by force, then stop, then again",
                &[
                    (0, "got A"),
                    (9, "refused A"),
                    (9, "got B"),
                    (9, "refused A"),
                    (9, "refused B"),
                    (9, "got C"),
                    (9, "refused B"),
                    (9, "refused C"),
                    (10, "need"),
                    (10, "refused C"),
                    (39, "need"),
                    (39, "got C"),
                    (39, "refused C"),
                    (39, "got D"),
                    (39, "refused D"),
                    (40, "need"),
                ],
                "fetch, use B, fetch!, use C, wait 39, use C, wait 39, fetch, fetch!, wait 99, use D",
            ),
            (
                "the same token again: straight to force",
                &[
                    (0, "got A"),
                    (9, "refused A"),
                    (9, "got A"),
                    (9, "refused A"),
                    (9, "got B"),
                    (9, "need"),
                    (9, "accepted B"),
                    (20, "refused B"),
                    (20, "got B"),
                    (20, "refused B"),
                    (21, "need"),
                    (50, "need"),
                ],
                "fetch, fetch!, use B, fetch, wait 50, use B, fetch",
            ),
        ] {
            assert_eq!(play(events).join(", "), expect, "{name}");
        }
    }

    #[test]
    fn a_day_of_refusals_stays_within_the_platforms_limits() {
        let mut state = TokenState::default();
        let (mut normal, mut forced) = (0, Vec::new());
        for second in 0..86_400 {
            let now = at(second);
            let mut refused: Option<SecretString> = None;
            // One send a second, and the platform refuses every token.
            for call in 0.. {
                match state.next(refused.as_ref(), now) {
                    Step::Use(token) => refused = Some(token),
                    Step::Wait(_) => break,
                    Step::Fetch { force } => {
                        normal += usize::from(!force);
                        forced.extend(force.then_some(second));
                        state.fetched(format!("{second}.{call}").into(), 7200, now);
                    }
                }
                assert!(call < 8, "a send must come to rest");
            }
        }
        assert!(forced.len() <= FORCE_A_DAY, "{forced:?}");
        assert!(forced.windows(2).all(|pair| pair[1] - pair[0] >= FORCE_APART), "{forced:?}");
        assert!(normal <= 110, "{normal}");
    }
}
