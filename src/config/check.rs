//! Text to `Config`: syntax, then every value, then the secrets.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;
use secrecy::SecretString;
use toml::Spanned;

use super::{
    Config, NoticeSettings, Problem, Settings, SmsChannel, SmsSettings, Source, StoreSettings,
    Webhook, WebhookSettings, WechatAccount, WechatMode, WechatPay, WechatSettings,
};

/// All that is wrong with the file; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Problem>);

/// `secret` gives the value of an environment variable.
pub fn parse(
    file: &str,
    text: &str,
    secret: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let settings: Settings = toml::from_str(text).map_err(|error| {
        ConfigError(vec![Problem::at(
            file,
            text,
            error.span().unwrap_or(0..0),
            in_plain_words(error.message()),
            "请改正这一行，或删去它（每个键都有默认值，见自带的 config.toml）。\
             Mend or remove the line; every key has a default.",
        )])
    })?;
    let mut checker = Checker { file, text, secret, problems: Vec::new() };
    checker.values(&settings);
    let wechat = settings
        .wechat
        .iter()
        .filter_map(|(name, account)| Some((name.clone(), checker.account(name, account)?)))
        .collect();
    let sms = settings
        .sms
        .iter()
        .filter_map(|(name, channel)| Some((name.clone(), checker.sms(name, channel)?)))
        .collect();
    let webhooks = settings
        .webhooks
        .iter()
        .filter_map(|(name, webhook)| Some((name.clone(), checker.webhook(name, webhook)?)))
        .collect();
    let wechat_pay = checker.payment(&settings);
    let oidc = checker.oidc(&settings);
    let seal_key = checker.seal_key(&settings.desk.seal_key_env);
    let store_password = checker.database(&settings.store);
    if checker.problems.is_empty() {
        let source = Source { file: file.to_owned(), text: text.to_owned() };
        Ok(Config {
            settings,
            wechat,
            sms,
            webhooks,
            wechat_pay,
            oidc,
            store_password,
            seal_key,
            source,
        })
    } else {
        checker.problems.sort_by_key(|problem| (problem.line, problem.column));
        Err(ConfigError(checker.problems))
    }
}

/// A conversation that waits may hold a photo for some weeks before it becomes a case.
const KEEP_DAYS: std::ops::RangeInclusive<u64> = 60..=36_500;

/// In characters.
const WEBHOOK_SECRET_MIN: usize = 24;
const LOG_DAYS: std::ops::RangeInclusive<u64> = 180..=36_500;

pub(super) struct Checker<'a> {
    file: &'a str,
    text: &'a str,
    secret: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    pub(super) fn say(
        &mut self,
        span: Range<usize>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.problems.push(Problem::at(self.file, self.text, span, what, mend));
    }

    pub(super) fn place(&self, section: &str, key: &str) -> Range<usize> {
        super::problem::place(self.text, section, key)
    }

    fn within(
        &mut self,
        section: &str,
        key: &str,
        value: u64,
        allowed: std::ops::RangeInclusive<u64>,
    ) {
        if !allowed.contains(&value) {
            let (low, high) = (allowed.start(), allowed.end());
            self.say(
                self.place(section, key),
                format!("{section}.{key} = {value} 超出范围 (out of range)"),
                format!("请写 {low} 到 {high} 之间的数。Give a number from {low} to {high}."),
            );
        }
    }

    fn values(&mut self, settings: &Settings) {
        let url = &settings.server.public_url;
        if !(url.is_empty() || url.starts_with("http://") || url.starts_with("https://")) {
            self.say(
                self.place("server", "public_url"),
                format!("server.public_url = \"{url}\" 不是网址 (not a URL)"),
                "请以 https:// 开头，或留空。Start it with https://, or leave it empty.",
            );
        }
        let log = &settings.server.log;
        if !["error", "warn", "info", "debug", "trace"].contains(&log.as_str()) {
            self.say(
                self.place("server", "log"),
                format!("server.log = \"{log}\" 不认识 (unknown level)"),
                "请写 error、warn、info、debug 或 trace。Give one of these words.",
            );
        }
        for (key, text) in [("name", &settings.county.name), ("hotline", &settings.county.hotline)]
        {
            let length = text.chars().count();
            if !(1..=30).contains(&length) {
                self.say(
                    self.place("county", key),
                    format!("county.{key} 有{length}个字 (characters)"),
                    "请写1到30个字。Give 1 to 30 characters.",
                );
            }
        }
        let phone = &settings.desk.duty_phone;
        if !phone.is_empty() && crate::zh::phone(phone).is_err() {
            self.say(
                self.place("desk", "duty_phone"),
                format!("desk.duty_phone = \"{phone}\" 不是手机号 (no mobile number)"),
                "请写11位手机号，或者留空。Give 11 digits, or leave it empty.",
            );
        }
        self.within("store", "cache_mb", settings.store.cache_mb, 8..=8192);
        self.within("store", "reserve_mb", settings.store.reserve_mb, 1..=65_536);
        let limits = &settings.limits;
        self.within("limits", "connections", limits.connections as u64, 16..=65_536);
        self.within("limits", "header_seconds", limits.header_seconds, 1..=60);
        self.within("limits", "body_seconds", limits.body_seconds, 1..=120);
        let per_minute = u64::from(limits.messages_per_minute);
        // What is remembered of a message so that it takes effect once is bounded.
        let most = if settings.store.postgres.is_empty() { 100_000 } else { 100 };
        self.within("limits", "messages_per_minute", per_minute, 3..=most);
        self.within("limits", "media_mb", limits.media_mb, 1..=20);
        self.within("desk", "session_hours", u64::from(settings.desk.session_hours), 1..=168);
        self.within("desk", "idle_minutes", u64::from(settings.desk.idle_minutes), 5..=1440);
        self.within("desk", "lock_minutes", u64::from(settings.desk.lock_minutes), 1..=1440);
        self.within("outbox", "attempts", u64::from(settings.outbox.attempts), 1..=20);
        self.within("outbox", "parallel", settings.outbox.parallel as u64, 1..=64);
        let public = &settings.public;
        self.within("public", "reports_hour", u64::from(public.reports_hour), 1..=10_000);
        self.within("public", "wrong_hour", u64::from(public.wrong_hour), 1..=1_000);
        self.within("api", "per_minute", u64::from(settings.api.per_minute), 1..=100_000);
        self.notices(&settings.notices);
        let keep = &settings.keep;
        self.within("keep", "messages_days", u64::from(keep.messages_days), KEEP_DAYS);
        self.within("keep", "tasks_days", u64::from(keep.tasks_days), KEEP_DAYS);
        self.within("keep", "media_days", u64::from(keep.media_days), KEEP_DAYS);
        self.within("keep", "cases_days", u64::from(keep.cases_days), KEEP_DAYS);
        self.within("keep", "consults_days", u64::from(keep.consults_days), KEEP_DAYS);
        let conversations = u64::from(keep.conversations_days);
        self.within("keep", "conversations_days", conversations, KEEP_DAYS);
        let misheard = u64::from(keep.misheard_days);
        self.within("keep", "misheard_days", misheard, KEEP_DAYS);
        // Network security law, article 21: logs are kept for six months at least.
        self.within("keep", "looks_days", u64::from(keep.looks_days), LOG_DAYS);
        self.simulator(settings);
    }

    /// Whoever opens its page can write as a villager, and cases of hers look like real ones.
    fn simulator(&mut self, settings: &Settings) {
        let simulator = &settings.simulator;
        let Some((name, account)) = settings.wechat.first_key_value() else { return };
        if !simulator.enabled || simulator.beside_accounts {
            return;
        }
        let written = self.place("simulator", "enabled");
        let place = if written.is_empty() { account.appid.span() } else { written };
        self.say(
            place,
            format!(
                "接了公众号 [wechat.{name}]，试用手机还开着：谁打开 /phone 都能冒充村民报事 \
                 (the trial phone is on beside a real account)"
            ),
            "请写 [simulator] enabled = false；一定要同时用，就再写 beside_accounts = true。\
             Set enabled = false in [simulator], or beside_accounts = true if you mean it.",
        );
    }

    fn notices(&mut self, notices: &NoticeSettings) {
        for (key, value, allowed) in [
            ("merge_minutes", notices.merge_minutes, 0..=60),
            ("person_hour", notices.person_hour, 1..=100_000),
            ("person_day", notices.person_day, 1..=100_000),
            ("case_day", notices.case_day, 1..=100_000),
            ("segments", notices.segments, 1..=10),
            ("answers_hour", notices.answers_hour, 3..=100_000),
            ("number_days", notices.number_days, 1..=3_650),
        ] {
            self.within("notices", key, u64::from(value), allowed);
        }
        if notices.quiet_hours().is_err() {
            self.say(
                self.place("notices", "quiet"),
                format!("notices.quiet = \"{}\" 看不懂 (not a time span)", notices.quiet),
                "请写成 \"21:00-08:00\"，不要安静时间就留空。Write it like 21:00-08:00.",
            );
        }
    }

    fn sms(&mut self, name: &str, channel: &SmsSettings) -> Option<SmsChannel> {
        let before = self.problems.len();
        let section = format!("sms.{name}");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            self.say(
                self.place(&section, "provider"),
                format!("[sms.{name}]：通道名只能用英文字母、数字和下划线"),
                "请改名，例如 [sms.modem]。Use letters, digits and _ only.",
            );
        }
        self.within(&section, "per_second", u64::from(channel.per_second), 1..=5_000);
        if !(channel.callback.is_empty()
            || channel.callback.starts_with("http://")
            || channel.callback.starts_with("https://"))
        {
            self.say(
                self.place(&section, "callback"),
                format!("callback = \"{}\" 不是网址 (not a URL)", channel.callback),
                "请以 http:// 或 https:// 开头，或删去。Start it with http://, or remove it.",
            );
        }
        for network in &channel.allow {
            let network = network.trim();
            if network.parse::<IpNet>().is_err() && network.parse::<IpAddr>().is_err() {
                self.say(
                    self.place(&section, "allow"),
                    format!("allow 里的 \"{network}\" 不是地址 (not an address)"),
                    "请写成 10.0.0.5 或 10.0.0.0/24。Write an address or a network.",
                );
            }
        }
        let path_secret = self.named(&section, "path_secret_env", &channel.path_secret_env);
        let long = path_secret.as_ref().is_none_or(|secret| {
            secret.len() >= 16 && secret.chars().all(|c| plain(c) || c == '-')
        });
        if !long {
            self.say(
                self.place(&section, "path_secret_env"),
                format!("环境变量 {} 里的暗号太短或有别的字符", channel.path_secret_env),
                "请用16个以上的英文字母和数字。It wants 16 or more letters and digits.",
            );
        }
        let mut secrets = BTreeMap::new();
        for (key, value) in channel.own.iter().filter(|(key, _)| key.ends_with("_env")) {
            let variable = value.as_str().unwrap_or_default().to_owned();
            if let Some(secret) = self.named(&section, key, &variable) {
                secrets.insert(key.clone(), SecretString::from(secret));
            }
        }
        if self.problems.len() > before {
            return None;
        }
        let mut settings = channel.clone();
        settings.own.retain(|key, _| !key.ends_with("_env"));
        Some(SmsChannel { settings, path_secret: path_secret?.into(), secrets })
    }

    fn webhook(&mut self, name: &str, webhook: &WebhookSettings) -> Option<Webhook> {
        let before = self.problems.len();
        let section = format!("webhooks.{name}");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            self.say(
                self.place(&section, "url"),
                format!("[webhooks.{name}]：名字只能用英文字母、数字和下划线"),
                "请改名，例如 [webhooks.chengguan]。Use letters, digits and _ only.",
            );
        }
        let open = webhook.url.starts_with("http://") && webhook.allow_private;
        if !(open || webhook.url.starts_with("https://")) {
            self.say(
                self.place(&section, "url"),
                format!("url = \"{}\" 不能用 (it must be https)", webhook.url),
                "请写 https:// 的网址；在县里自己的网内，再写 allow_private = true 才能用 http://。\
                 Write an https address, or allow_private = true within the county's own network.",
            );
        }
        let secret = self.named(&section, "secret_env", &webhook.secret_env);
        if secret.as_ref().is_some_and(|secret| secret.len() < WEBHOOK_SECRET_MIN) {
            self.say(
                self.place(&section, "secret_env"),
                format!("环境变量 {} 里的密钥太短", webhook.secret_env),
                format!(
                    "请用{WEBHOOK_SECRET_MIN}个以上的字符。It wants {WEBHOOK_SECRET_MIN} or more \
                     characters; whsec_ and base64 is fine."
                ),
            );
        }
        if self.problems.len() > before {
            return None;
        }
        Some(Webhook { settings: webhook.clone(), secret: secret?.into() })
    }

    /// The secret that `key` of `section` names.
    pub(super) fn named(&mut self, section: &str, key: &str, variable: &str) -> Option<String> {
        self.secret(&Spanned::new(self.place(section, key), variable.to_owned()))
    }

    /// The database's address, if there is one, and its password.
    fn database(&mut self, store: &StoreSettings) -> Option<SecretString> {
        self.within("store", "connections", store.connections as u64, 2..=200);
        let url = &store.postgres;
        if url.is_empty() {
            return None;
        }
        let rest = url.strip_prefix("postgres://").or(url.strip_prefix("postgresql://"));
        let Some(rest) = rest else {
            self.say(
                self.place("store", "postgres"),
                "store.postgres 不是数据库的网址 (not the address of a PostgreSQL)",
                "请写成 postgres://用户@主机:5432/库名，或留空用自带的库。\
                 Write postgres://user@host:5432/database, or leave it empty.",
            );
            return None;
        };
        let user = rest.split('/').next().and_then(|authority| authority.rsplit_once('@'));
        if user.is_some_and(|(user, _)| user.contains(':')) || rest.contains("password=") {
            self.say(
                self.place("store", "postgres"),
                "store.postgres 里写了密码 (a password in the file)",
                "请把密码放进环境变量，在 password_env 里写变量名。\
                 Put it into an environment variable and name that in password_env.",
            );
        }
        let variable = &store.password_env;
        if variable.is_empty() {
            return None;
        }
        let value = (self.secret)(variable).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            self.say(
                self.place("store", "password_env"),
                format!("环境变量 {variable} 没有设置 (environment variable is not set)"),
                format!("请先设好再启动，例如：export {variable}=...　Set it before the start."),
            );
        }
        value.map(|value| value.trim().to_owned().into())
    }

    /// What it takes to be paid in WeChat, if that is wanted.
    fn payment(&mut self, settings: &Settings) -> Option<WechatPay> {
        let pay = &settings.wechat_pay;
        if pay.mchid.is_empty() {
            return None;
        }
        let before = self.problems.len();
        let mut wrong = |key: &str, what: String, mend: &str| {
            self.say(self.place("wechat_pay", key), what, mend);
        };
        if !(8..=12).contains(&pay.mchid.len()) || !pay.mchid.bytes().all(|b| b.is_ascii_digit()) {
            wrong(
                "mchid",
                format!(
                    "wechat_pay.mchid = \"{}\" 不像商户号 (not a merchant's number)",
                    pay.mchid
                ),
                "商户号是10位数字，在商户平台「账户中心」里。It is about ten digits.",
            );
        }
        if pay.serial.len() < 16 || !pay.serial.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            wrong(
                "serial",
                "wechat_pay.serial 不像证书序列号 (not a serial number)".to_owned(),
                "商户平台「API安全」「商户API证书」里有，40个字母数字。\
                 Copy it from the merchant's certificate: 40 hex digits.",
            );
        }
        if pay.key_file.as_os_str().is_empty() {
            wrong(
                "key_file",
                "缺 wechat_pay.key_file：商户私钥 (the merchant's private key)".to_owned(),
                "请写 apiclient_key.pem 放在哪里。Write where apiclient_key.pem is.",
            );
        }
        if pay.platform_keys.is_empty() {
            wrong(
                "platform_keys",
                "缺 wechat_pay.platform_keys：微信支付公钥 (the platform's public key)".to_owned(),
                "请写成 { PUB_KEY_ID_... = \"pub_key.pem\" }，在商户平台「API安全」里下载。\
                 Download it from the merchant's page.",
            );
        }
        if !(pay.api.starts_with("https://") || pay.api.starts_with("http://")) {
            wrong(
                "api",
                format!("wechat_pay.api = \"{}\" 不是网址 (not a URL)", pay.api),
                "请删去这一行，用默认的。Remove the line.",
            );
        }
        let url = settings.server.public_url.trim_end_matches('/');
        if !url.starts_with("https://") {
            self.say(
                self.place("server", "public_url"),
                "微信支付要 https 的网址 (WeChat Pay wants an address with https)",
                "请在 server.public_url 写 https:// 开头、微信打得开的网址。\
                 Write the public address, with https://.",
            );
        }
        let mut accounts = settings.wechat.iter();
        let account = match (pay.account.as_str(), accounts.len()) {
            ("", 1) => accounts.next(),
            ("", _) => None,
            (name, _) => accounts.find(|(known, _)| *known == name),
        };
        if account.is_none() {
            self.say(
                self.place("wechat_pay", "account"),
                "wechat_pay.account 没有指到一个公众号 (it names no account)",
                "请写 [wechat.NAME] 里的 NAME。Write the NAME of a [wechat.NAME].",
            );
        }
        let api_v3_key = self.named("wechat_pay", "api_v3_key_env", &pay.api_v3_key_env);
        if api_v3_key.as_ref().is_some_and(|key| key.len() != 32) {
            self.say(
                self.place("wechat_pay", "api_v3_key_env"),
                format!("环境变量 {} 里的 APIv3 密钥不是32个字符", pay.api_v3_key_env),
                "请在商户平台「API安全」里重新设置，再抄过来。It has 32 characters: set it anew.",
            );
        }
        if self.problems.len() > before {
            return None;
        }
        let (account, of_account) = account?;
        Some(WechatPay {
            settings: pay.clone(),
            account: account.clone(),
            appid: of_account.appid.get_ref().clone(),
            public_url: url.to_owned(),
            api_v3_key: api_v3_key?.into(),
        })
    }

    fn account(&mut self, name: &str, account: &WechatSettings) -> Option<WechatAccount> {
        let before = self.problems.len();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            self.say(
                account.appid.span(),
                format!("[wechat.{name}]：账号名只能用英文字母、数字和下划线"),
                "请改名，例如 [wechat.main]。Use letters, digits and _ only.",
            );
        }
        let appid = account.appid.get_ref();
        if !(appid.starts_with("wx") && appid.len() == 18 && appid.chars().all(plain)) {
            self.say(
                account.appid.span(),
                format!("appid \"{appid}\" 不像公众号的 AppID"),
                "AppID 以 wx 开头，共18个字符，在公众平台「基本配置」里。\
                 An AppID is wx and 16 more characters.",
            );
        }
        let api = account.api.get_ref();
        if !(api.starts_with("http://") || api.starts_with("https://")) {
            self.say(
                account.api.span(),
                format!("api = \"{api}\" 不是网址 (not a URL)"),
                "请删去这一行，用默认的 https://api.weixin.qq.com。Remove the line.",
            );
        }
        if account.freshness_seconds > 86_400 {
            self.say(
                account.appid.span(),
                format!("freshness_seconds = {} 太大", account.freshness_seconds),
                "请写 0 到 86400。Give 0 to 86400.",
            );
        }
        let token = self.secret(&account.token_env);
        if let Some(token) = &token
            && !((3..=32).contains(&token.len()) && token.chars().all(plain))
        {
            self.say(
                account.token_env.span(),
                format!("环境变量 {} 里的 Token 不对", account.token_env.get_ref()),
                "Token 是3到32个英文字母或数字。A token is 3 to 32 letters or digits.",
            );
        }
        if account.mode != WechatMode::Plain && account.aes_key_env.is_none() {
            self.say(
                account.appid.span(),
                format!("[wechat.{name}] 缺 aes_key_env：安全模式和兼容模式要有 EncodingAESKey"),
                "请加一行 aes_key_env = \"变量名\"，或写 mode = \"plain\"。\
                 Add aes_key_env, or set mode = \"plain\".",
            );
        }
        let aes_key = self.aes_key(account.aes_key_env.as_ref());
        let previous_aes_key = self.aes_key(account.previous_aes_key_env.as_ref());
        let secret = account.secret_env.as_ref().and_then(|name| self.secret(name));
        if self.problems.len() > before {
            return None;
        }
        Some(WechatAccount {
            settings: account.clone(),
            token: token?.into(),
            aes_key,
            previous_aes_key,
            secret: secret.map(SecretString::from),
        })
    }

    fn aes_key(&mut self, variable: Option<&Spanned<String>>) -> Option<SecretString> {
        let variable = variable?;
        let key = self.secret(variable)?;
        if key.len() != 43 || !key.chars().all(|c| c.is_ascii_alphanumeric()) {
            self.say(
                variable.span(),
                format!("环境变量 {} 里的 EncodingAESKey 不对", variable.get_ref()),
                "EncodingAESKey 是43个英文字母和数字，请从公众平台重新复制。\
                 It is 43 letters and digits: copy it again.",
            );
            return None;
        }
        Some(key.into())
    }

    fn secret(&mut self, variable: &Spanned<String>) -> Option<String> {
        let name = variable.get_ref();
        let value = (self.secret)(name).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            self.say(
                variable.span(),
                format!("环境变量 {name} 没有设置 (environment variable is not set)"),
                format!(
                    "请先设好再启动，例如：export {name}=...　\
                     Set it before the start; the secret itself never stands in this file."
                ),
            );
        }
        value.map(|value| value.trim().to_owned())
    }
}

/// Without the names that only programmers know.
fn in_plain_words(message: &str) -> String {
    let words = message.split_whitespace().map(|word| match word {
        "usize" | "u64" | "u32" | "u16" | "u8" | "i64" => "a whole number",
        "boolean" => "true or false",
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    fn env(name: &str) -> Option<String> {
        match name {
            "TOKEN" => Some("pamtest".into()),
            "KEY" => Some(KEY.into()),
            "SHORT" => Some("abc".into()),
            "API" => Some("0123456789abcdef0123456789ABCDEF".into()),
            "EMPTY" => Some(" ".into()),
            _ => None,
        }
    }

    /// `expect` is empty, or `line: part of the message` for each problem.
    fn check(text: &str, expect: &[(usize, &str)]) {
        let problems = match parse("config.toml", text, &env) {
            Ok(_) => Vec::new(),
            Err(ConfigError(problems)) => problems,
        };
        let found: Vec<_> = problems.iter().map(|p| (p.line, p.what.as_str())).collect();
        assert_eq!(found.len(), expect.len(), "{text}\n{found:#?}");
        for ((line, what), (expected_line, part)) in found.iter().zip(expect) {
            assert_eq!(line, expected_line, "{text}\n{what}");
            assert!(what.contains(part), "{what} has no {part}");
        }
        assert!(problems.iter().all(|p| !p.mend.is_empty()));
    }

    /// An account that is right, behind `lines`.
    fn with_account(lines: &str) -> String {
        let account = "appid=\"wxba5fad812f8e6fb9\"\ntoken_env=\"TOKEN\"\naes_key_env=\"KEY\"";
        format!("{lines}[wechat.main]\n{account}\n")
    }

    #[test]
    fn the_trial_phone_beside_an_account_has_to_be_meant() {
        let simulator = |lines: &str| with_account(&format!("[simulator]\n{lines}\n"));
        check(&with_account(""), &[(2, "试用手机")]);
        check(&simulator("enabled = true"), &[(2, "[wechat.main]")]);
        check(&simulator("enabled = true\nbeside_accounts = false"), &[(2, "/phone")]);
        check(&simulator("enabled = false"), &[]);
        check(&simulator("beside_accounts = true"), &[]);
        check("[simulator]\nenabled = true\n", &[]);
    }

    #[test]
    fn what_is_right_loads() {
        check("", &[]);
        check("[server]\nlisten = \"0.0.0.0:80\"\n", &[]);
        check("[keep]\nmessages_days = 60\n", &[]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        check("[server]\nlisen = \"x\"\n", &[(2, "unknown field `lisen`")]);
        check("\n[sever]\n", &[(2, "unknown field `sever`")]);
        check("[server]\nlisten = \"nowhere\"\n", &[(2, "socket address")]);
        check("[limits]\nconnections = -1\n", &[(2, "invalid value")]);
        check("[limits\n", &[(1, "")]);
        check(
            "[server]\nlog = \"loud\"\n\n[limits]\n# many\nconnections = 3\n",
            &[(2, "loud"), (6, "connections = 3")],
        );
        check("[keep]\nmessages_days = 1\n", &[(2, "keep.messages_days = 1")]);
        let account = |lines: &str, expect: &[(usize, &str)]| {
            check(&format!("[wechat.main]\n{lines}\n[simulator]\nenabled = false\n"), expect);
        };
        account(
            "appid=\"wxba5fad812f8e6fb9\"\ntoken_env=\"NONE\"\naes_key_env=\"EMPTY\"",
            &[(3, "NONE"), (4, "EMPTY")],
        );
        account(
            "appid=\"wxba5fad812f8e6fb9\"\ntoken_env=\"TOKEN\"\naes_key_env=\"SHORT\"",
            &[(4, "EncodingAESKey")],
        );
        account("appid=\"wxba5fad812f8e6fb9\"\ntoken_env=\"TOKEN\"", &[(2, "缺 aes_key_env")]);
        account(
            "appid=\"ba5f\"\nmode=\"plain\"\ntoken_env=\"TOKEN\"\napi=\"ftp\"",
            &[(2, "appid"), (5, "api")],
        );
        check("[wechat.main]\nappid=\"wxba5fad812f8e6fb9\"\n", &[(1, "token_env")]);
    }

    #[test]
    fn the_address_of_a_database() {
        let store = |lines: &str| format!("[store]\n{lines}\n");
        check(&store("postgres = \"postgres://bianmin@db.local/bianmin\""), &[]);
        check(&store("postgres = \"postgresql://a,b/x\"\npassword_env = \"TOKEN\""), &[]);
        check(&store("postgres = \"mysql://db\""), &[(2, "store.postgres")]);
        let many = "postgres = \"postgres://db/x\"\n[limits]\nmessages_per_minute = 1000";
        check(&store(many), &[(4, "messages_per_minute")]);
        check(&store("postgres = \"postgres://u:geheim@db/x\""), &[(2, "密码")]);
        check(
            &store("postgres = \"postgres://db/x\"\nconnections = 1\npassword_env = \"NONE\""),
            &[(3, "connections = 1"), (4, "NONE")],
        );
    }

    #[test]
    fn a_webhook_goes_to_the_open_only_by_https() {
        let webhook = |lines: &str| format!("[webhooks.a]\ndepartment = \"城管\"\n{lines}\n");
        let secret = "secret_env = \"KEY\"";
        check(&webhook(&format!("url = \"https://a.example\"\n{secret}")), &[]);
        check(&webhook(&format!("url = \"http://a.example\"\n{secret}")), &[(3, "https")]);
        let inside = format!("url = \"http://10.0.0.1\"\n{secret}\nallow_private = true");
        check(&webhook(&inside), &[]);
        check(&webhook("url = \"https://a.example\"\nsecret_env = \"SHORT\""), &[(4, "太短")]);
        check(&webhook("url = \"https://a.example\"\nsecret_env = \"NONE\""), &[(4, "NONE")]);
    }

    #[test]
    fn payment_in_wechat_is_whole_or_off() {
        let pay = |lines: &str| {
            let head = "[server]\npublic_url = \"https://bm.example.gov.cn\"\n\
                        [simulator]\nenabled = false\n[wechat_pay]\n";
            with_account(&format!("{head}{lines}\n"))
        };
        let whole = "mchid = \"1900007291\"\nserial = \"408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB\"\n\
                     key_file = \"apiclient_key.pem\"\n\
                     platform_keys = { PUB_KEY_ID_01 = \"pub_key.pem\" }\napi_v3_key_env = \"API\"";
        check(&pay(""), &[]);
        check(&pay(whole), &[]);
        check(&pay(&whole.replace("1900007291", "19a")), &[(6, "mchid")]);
        check(&pay(&whole.replace("408B", "")), &[]);
        check(&pay(&whole.replace("408B07E7", "x")), &[(7, "serial")]);
        check(&pay(&whole.replace("\"API\"", "\"TOKEN\"")), &[(10, "32个字符")]);
        check(&pay(&format!("{whole}\naccount = \"other\"")), &[(11, "account")]);
        check(
            &pay("mchid = \"1900007291\""),
            &[(5, "serial"), (5, "key_file"), (5, "platform_keys"), (5, "环境变量")],
        );
        check(&pay(whole).replace("https://bm", "http://bm"), &[(2, "https")]);
    }

    #[test]
    fn a_secret_is_never_shown() {
        let text = with_account("[simulator]\nenabled = false\n");
        let shown = format!("{:?}", parse("config.toml", &text, &env));
        assert!(shown.contains("wxba5fad812f8e6fb9"));
        assert!(!shown.contains("pamtest") && !shown.contains(KEY));
    }

    /// The shipped file shows every key, and each with its default.
    #[test]
    fn the_shipped_file_shows_every_key_with_its_default() {
        let text = include_str!("../../config.toml");
        let shown = parse("config.toml", text, &env).expect("the shipped file loads").settings;
        let written: toml::Table = text.parse().expect("toml");
        let defaults = toml::Table::try_from(Settings::default()).expect("toml");
        for (section, values) in
            defaults.iter().filter(|(name, _)| !["wechat", "sms"].contains(&name.as_str()))
        {
            for key in values.as_table().expect("a section").keys() {
                assert!(
                    written.get(section).and_then(|s| s.get(key)).is_some(),
                    "config.toml does not show {section}.{key}"
                );
            }
        }
        assert_eq!(toml::Table::try_from(shown).expect("toml"), defaults);
    }

    #[test]
    fn the_shipped_example_of_a_webhook_loads() {
        let text: String = include_str!("../../config.toml")
            .lines()
            .skip_while(|line| !line.contains("[webhooks."))
            .take_while(|line| !line.contains("[wechat.main]"))
            .filter_map(|line| line.strip_prefix("#: "))
            .map(|line| format!("{line}\n"))
            .collect();
        let config = parse("config.toml", &text, &|_| Some(KEY.into())).expect("it loads");
        let webhook = &config.webhooks["chengguan"];
        assert_eq!(
            (&*webhook.settings.department, webhook.settings.allow_private),
            ("城管", false)
        );
    }

    /// The commented example of an account is whole and right.
    #[test]
    fn the_shipped_example_of_an_account_loads() {
        let text: String = include_str!("../../config.toml")
            .lines()
            .skip_while(|line| !line.contains("[wechat.main]"))
            .take_while(|line| !line.contains("[sms."))
            .filter_map(|line| line.strip_prefix("#: "))
            .map(|line| format!("{line}\n"))
            .chain(["[simulator]\nenabled = false\n".to_owned()])
            .collect();
        let all = |name: &str| {
            Some(if name.contains("AES") { KEY.into() } else { format!("t{}", name.len()) })
        };
        let config = parse("config.toml", &text, &all).expect("the example loads");
        let account = toml::Table::try_from(&config.settings.wechat["main"]).expect("toml");
        for key in [
            "appid",
            "original_id",
            "mode",
            "token_env",
            "aes_key_env",
            "previous_aes_key_env",
            "secret_env",
            "freshness_seconds",
            "api",
            "templates",
            "subscriptions",
        ] {
            assert!(account.contains_key(key), "the example does not show {key}");
        }
    }
}
