//! `desk.seal_key_env`: the key that seals what would open a door to who reads the store.

use secrecy::SecretString;

use super::check::Checker;

/// In characters.
const SEAL_KEY_MIN: usize = 32;

impl Checker<'_> {
    pub(super) fn seal_key(&mut self, variable: &str) -> Option<SecretString> {
        if variable.is_empty() {
            return None;
        }
        let key = self.named("desk", "seal_key_env", variable)?;
        if key.chars().count() < SEAL_KEY_MIN {
            self.say(
                self.place("desk", "seal_key_env"),
                format!("环境变量 {variable} 里的密钥太短 (the key is too short)"),
                format!(
                    "请放 {SEAL_KEY_MIN} 个字符以上，例如 openssl rand -hex 32 的结果。\
                     Give {SEAL_KEY_MIN} characters or more."
                ),
            );
        }
        Some(key.into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn a_key_is_there_and_long_enough() {
        let secrets = |name: &str| match name {
            "KEY" => Some("k".repeat(SEAL_KEY_MIN)),
            "SHORT" => Some("k".repeat(SEAL_KEY_MIN - 1)),
            _ => None,
        };
        for (variable, told) in
            [("", None), ("KEY", None), ("SHORT", Some("太短")), ("NONE", Some("NONE"))]
        {
            let text = format!("[desk]\nseal_key_env = \"{variable}\"\n");
            let found = parse("config.toml", &text, &secrets);
            match (found, told) {
                (Ok(config), None) => assert_eq!(config.seal_key.is_some(), !variable.is_empty()),
                (Err(error), Some(told)) => {
                    let problem = &error.0[0];
                    assert!(problem.line == 2 && problem.what.contains(told), "{problem:?}");
                }
                (found, _) => panic!("{variable}: {found:?}"),
            }
        }
    }
}
