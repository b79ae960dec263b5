//! The log on stderr. Whatever a line was made from, no secret of the configuration and no whole
//! phone number leaves with it: errors of libraries may hold a URL or a key that does.

use std::io::{self, Write};
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::{Captures, Regex};
use secrecy::ExposeSecret;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::Config;

/// Shorter ones are no secrets, and would blot out half of every line.
const SECRET_BYTES_MIN: usize = 6;

#[derive(Clone)]
pub struct Masked {
    mask: Arc<Mask>,
}

struct Mask {
    /// As they are and as they stand in a URL.
    secrets: Vec<String>,
    phone: Regex,
}

/// One event; it is written as a whole.
pub struct Line {
    mask: Arc<Mask>,
    bytes: Vec<u8>,
}

pub fn start(config: &Config) {
    let level = &config.settings.server.log;
    let filter = tracing_subscriber::EnvFilter::new(format!("{level},sled=warn"));
    // A second call in one process (tests) changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Masked::new(config))
        .with_ansi(false)
        .with_target(true)
        .try_init();
}

impl Masked {
    fn new(config: &Config) -> Self {
        let wechat = config.wechat.values().flat_map(|account| {
            let more = [&account.aes_key, &account.previous_aes_key, &account.secret];
            std::iter::once(&account.token).chain(more.into_iter().flatten())
        });
        let sms = config.sms.values().flat_map(|channel| {
            std::iter::once(&channel.path_secret).chain(channel.secrets.values())
        });
        let webhooks = config.webhooks.values().map(|webhook| &webhook.secret);
        let pay = config.wechat_pay.iter().map(|pay| &pay.api_v3_key);
        let oidc = config.oidc.iter().map(|oidc| &oidc.secret);
        let own = config.store_password.iter().chain(&config.seal_key);
        let all = wechat.chain(sms).chain(webhooks).chain(pay).chain(oidc).chain(own);
        let plain = all.map(|secret| secret.expose_secret().to_owned());
        let plain: Vec<String> = plain.filter(|text| text.len() >= SECRET_BYTES_MIN).collect();
        let escaped =
            plain.iter().map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
        let mut secrets: Vec<String> = escaped.chain(plain.iter().cloned()).collect();
        // One may be a part of another.
        secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        secrets.dedup();
        let phone = Regex::new(r"(1[3-9]\d)\d{4}(\d{4})").expect("a pattern that is right");
        Self { mask: Arc::new(Mask { secrets, phone }) }
    }
}

impl Mask {
    fn over(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for secret in &self.secrets {
            if line.contains(secret) {
                line = line.replace(secret, "***");
            }
        }
        let masked = |found: &Captures<'_>| format!("{}****{}", &found[1], &found[2]);
        self.phone.replace_all(&line, masked).into_owned()
    }
}

impl<'a> MakeWriter<'a> for Masked {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { mask: self.mask.clone(), bytes: Vec::new() }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = self.mask.over(&String::from_utf8_lossy(&self.bytes));
        // Without stderr there is nobody to tell.
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_secrets_nor_numbers_are_shown() {
        let text = "[simulator]\nenabled = false\n[wechat.main]\nappid=\"wxba5fad812f8e6fb9\"\ntoken_env=\"T\"\nmode=\"plain\"\n\
                    secret_env=\"S\"\n[sms.m]\nprovider=\"kannel\"\nusername=\"u\"\n\
                    password_env=\"P\"\npath_secret_env=\"H\"\n";
        let secret = |name: &str| {
            let known = [
                ("T", "tokentoken"),
                ("S", "the-app/secret"),
                ("P", "pass word"),
                ("H", "0123456789abcdef0"),
            ];
            known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let config = crate::config::parse("config.toml", text, &secret).expect("it is right");
        let mask = Masked::new(&config).mask;
        for (line, expect) in [
            ("sms/tel/13800138000", "sms/tel/138****8000"),
            ("+8613800138000,13900139000", "+86138****8000,139****9000"),
            ("/sms/m/0123456789abcdef0?x", "/sms/m/***?x"),
            ("secret=the%2Dapp%2Fsecret&p=pass word", "secret=***&p=***"),
            ("p=pass%20word tokentoken", "p=*** ***"),
            ("case 126041273, 10690000", "case 126041273, 10690000"),
        ] {
            assert_eq!(mask.over(line), expect);
        }
    }
}
