//! Passwords: argon2id, and which ones are not taken.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;

use super::views::CommandError;

/// Also what the page says beside the field.
pub const PASSWORD_CHARACTERS_MIN: usize = 8;
pub(super) const PASSWORD_BYTES_MAX: usize = 256;
/// Argon2 takes 19 MB and some 30 ms each.
const HASHES_AT_ONCE: usize = 2;
/// Digits alone are a telephone number or a birthday unless there are very many.
const DIGITS_MIN: usize = 16;
/// So many different characters at least.
const DIFFERENT_MIN: usize = 5;
/// In small letters, one a line.
const COMMON: &str = include_str!("common_passwords.txt");
/// As fingers run over a keyboard.
const RUNS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv",
];

/// One place where passwords are hashed, so that a flood of sign-ins can not take all
/// memory.
pub(super) struct Passwords {
    room: Arc<Semaphore>,
    /// Checked against when there is no such name, so that both take the same time.
    pub nobody: String,
}

impl Passwords {
    pub fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            nobody: hash_now("nobody has this password").unwrap_or_default(),
        }
    }

    pub async fn hash(&self, password: &str) -> Result<String, CommandError> {
        let _room = self.room.acquire().await.map_err(|_| CommandError::Unavailable)?;
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || hash_now(&password))
            .await
            .ok()
            .flatten()
            .ok_or(CommandError::Unavailable)
    }

    pub async fn matches(&self, hash: &str, password: &str) -> Option<bool> {
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

/// What is wrong with a new password of somebody of that name, and what to do instead.
pub(super) fn weakness(new: &str, name: &str) -> Result<(), &'static str> {
    let small = new.to_lowercase();
    let length = new.chars().count();
    let mut different: Vec<char> = small.chars().collect();
    different.sort_unstable();
    different.dedup();
    if new.len() > PASSWORD_BYTES_MAX {
        return Err("密码太长了，请写短一些。");
    }
    if length < PASSWORD_CHARACTERS_MIN {
        return Err("新密码太短，至少要8个字符。请写长一些，例如几个不相干的词连起来。");
    }
    if !name.is_empty() && small.contains(&name.to_lowercase()) {
        return Err("密码里不要有自己的名字，请换一个。");
    }
    if COMMON.lines().any(|common| common == small) {
        return Err("这个密码很多人都在用，一猜就中。请换一个，例如几个不相干的词连起来。");
    }
    if length < DIGITS_MIN && new.chars().all(|c| c.is_numeric()) {
        return Err("只有数字的密码容易猜中。请加上字，例如几个不相干的词连起来。");
    }
    if different.len() < DIFFERENT_MIN || is_run(&small) {
        return Err("密码里重复的、挨着的太多，容易猜中。请换一个，例如几个不相干的词连起来。");
    }
    Ok(())
}

/// Along one row of the keyboard from end to end, forwards or back.
fn is_run(small: &str) -> bool {
    let back: String = small.chars().rev().collect();
    RUNS.iter().any(|run| run.contains(small) || run.contains(&back))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_easily_guessed_is_not_taken() {
        for (password, told) in [
            ("三个不相干的词语", ""),
            ("长城 长又长 啊", ""),
            ("Tr4ctor-Pond-Lamp", ""),
            ("98127364509182736455", ""),
            ("短", "至少要8个字符"),
            ("Password123", "很多人都在用"),
            ("woaini1314", "很多人都在用"),
            ("13800138000", "只有数字"),
            ("王芳王芳王芳王芳", "自己的名字"),
            ("WangFang2026王芳", "自己的名字"),
            ("abababababab", "重复"),
            ("qwertyuio", "重复"),
            ("lkjhgfdsa", "重复"),
            (&"长城砖".repeat(60), "太长"),
        ] {
            let found = weakness(password, "王芳");
            match told {
                "" => assert_eq!(found, Ok(()), "{password}"),
                told => assert!(found.is_err_and(|text| text.contains(told)), "{password}"),
            }
        }
        assert!(COMMON.lines().all(|line| line == line.to_lowercase() && !line.is_empty()));
    }
}
