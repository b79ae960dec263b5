//! The channels of short messages: what believes a call, and what sends.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use crate::channel::sms::{Keys, Provider, provider};
use crate::config::{Config, SmsChannel, TemplateSettings};
use crate::county::Address;
use crate::dialog::Script;
use crate::store::records::{Body, Contact, Outgoing, SmsState};

use super::Office;
use super::sms_templates::{template_of, without_template};
use super::wechat_api::{Timeouts, http_client};

/// All numbers of all channels: a villager's number is hers, whichever channel carries it.
pub(super) const ACCOUNT: &str = "tel";
/// Somebody who is out of reach is tried once more after so long.
pub(super) const UNREACHABLE_AGAIN: Duration = Duration::from_secs(4 * 3_600);
/// Longer than this a message waits in the outbox, not in the channel's queue.
const QUEUE_MAX: Duration = Duration::from_secs(1);

pub(super) struct Channel {
    pub provider: Box<dyn Provider>,
    pub settings: SmsChannel,
    /// `http://host:port/sms/NAME/SECRET`
    pub webhook: String,
    allow: Vec<IpNet>,
    rate: DefaultDirectRateLimiter,
    down_until: Mutex<Option<Timestamp>>,
    /// Up to where the time is given away to those who did not fit into the queue.
    taken_until: Mutex<Timestamp>,
    /// When what waits at the provider is fetched next.
    pub fetched_at: Mutex<Timestamp>,
}

pub(super) struct Sms {
    pub channels: BTreeMap<String, Channel>,
    pub http: reqwest::Client,
}

impl Channel {
    /// In constant time, so that nobody can feel the way to the secret.
    pub fn knows(&self, secret: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.settings.path_secret.expose_secret().as_bytes().ct_eq(secret.as_bytes()).into()
    }

    /// Nothing configured: this machine only.
    pub fn lets_in(&self, peer: IpAddr) -> bool {
        if self.allow.is_empty() {
            return peer.to_canonical().is_loopback();
        }
        self.allow.iter().any(|net| net.contains(&peer.to_canonical()))
    }

    pub fn is_down(&self, now: Timestamp) -> Option<Timestamp> {
        let until = *self.down_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|until| *until > now)
    }

    pub fn shut(&self, until: Timestamp) {
        *self.down_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// The next free moment behind the queue; nobody else gets it.
    fn slot(&self, now: Timestamp) -> Timestamp {
        let mut taken = self.taken_until.lock().unwrap_or_else(PoisonError::into_inner);
        let one =
            SignedDuration::from_micros(1_000_000 / i64::from(self.settings.settings.per_second));
        *taken = (*taken).max(now + SignedDuration::from_secs(1)) + one;
        *taken
    }

    pub fn template(&self, message: &Outgoing) -> Option<&TemplateSettings> {
        match &message.body {
            Body::Notice { kind, .. } => template_of(&self.settings.settings.templates, kind),
            Body::Text(_) => None,
        }
    }

    /// It has words for this message.
    fn carries(&self, message: &Outgoing) -> bool {
        self.provider.capabilities().free_text || self.template(message).is_some()
    }
}

/// Everything that is wrong is said at once, with file, line and mend.
pub(super) fn channels(config: &Config, script: &Script) -> Result<Sms, String> {
    let mut channels = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, channel) in &config.sms {
        let section = format!("sms.{name}");
        let keys = Keys { table: &channel.settings.own, secrets: &channel.secrets };
        let provider = match provider(&channel.settings.provider, &keys) {
            Ok(provider) => provider,
            Err(wrong) => {
                problems.push(config.source.problem(&section, &wrong.key, wrong.what, wrong.mend));
                continue;
            }
        };
        if !provider.capabilities().free_text {
            problems.extend(without_template(config, script, name));
        }
        let base = match channel.settings.callback.trim_end_matches('/') {
            "" => format!("http://{}", config.settings.server.listen),
            given => given.to_owned(),
        };
        let net = |text: &String| {
            let text = text.trim();
            text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
        };
        let per_second = channel.settings.per_second.max(1).try_into().expect("at least one");
        // A tenth of a second at once: over any second nearly the rate, whenever it begins.
        let burst = (channel.settings.per_second / 10).max(1).try_into().expect("at least one");
        let channel = Channel {
            provider,
            webhook: format!("{base}/sms/{name}/{}", channel.path_secret.expose_secret()),
            allow: channel.settings.allow.iter().filter_map(net).collect(),
            rate: RateLimiter::direct(Quota::per_second(per_second).allow_burst(burst)),
            down_until: Mutex::default(),
            taken_until: Mutex::new(Timestamp::MIN),
            fetched_at: Mutex::new(Timestamp::MIN),
            settings: channel.clone(),
        };
        channels.insert(name.clone(), channel);
    }
    for kind in config.settings.notices.kinds.keys() {
        if script.notice(kind).is_none() {
            problems.push(config.source.problem(
                "notices.kinds",
                kind,
                format!("通知.yaml 里没有「{kind}」 (no such kind of notice)"),
                "请改正名字，或删去这一行。Mend the name or remove the line.",
            ));
        }
    }
    if !problems.is_empty() {
        return Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
    let http = http_client(Timeouts::default()).map_err(|error| error.to_string())?;
    Ok(Sms { channels, http })
}

/// Why a number gets no notice.
pub(super) fn unreachable_why(
    state: &SmsState,
    contact: &Contact,
    days: u32,
    now: Timestamp,
) -> Option<String> {
    if state.stopped_at.is_some() {
        return Some("她回了退订，不收短信".into());
    }
    if state.gone_at.is_some() {
        return Some("这个手机号停机、空号或换了人".into());
    }
    let heard = [state.last_in, state.last_ok, state.vouched_at].into_iter().flatten().max();
    let fresh = heard.is_some_and(|at| now < at + SignedDuration::from_hours(24 * i64::from(days)));
    if !fresh || contact.person.is_none() {
        return Some(format!("这个手机号{days}天没有音信，可能换了人"));
    }
    None
}

impl Office {
    /// The channel that carries this message to this number, or why there is none.
    pub(super) fn sms_for(
        &self,
        contact: &Contact,
        message: &Outgoing,
        now: Timestamp,
    ) -> Result<String, String> {
        let blank = SmsState::default();
        let state = contact.sms.as_ref().unwrap_or(&blank);
        if let Body::Notice { kind, .. } = &message.body {
            let policy = &self.common().notices;
            if !policy.kind(kind).sms {
                return Err("这种通知不发短信".into());
            }
            if message.person.is_none() && state.stopped_at.is_some() {
                return Err("她回了退订，不收短信".into());
            }
            if message.person.is_some()
                && let Some(why) = unreachable_why(state, contact, policy.number_days, now)
            {
                return Err(why);
            }
        }
        let refused = |name: &str| {
            let route = format!("sms/{name}");
            message.tries.iter().any(|tried| tried.refused && tried.route == route)
        };
        let able =
            |(name, channel): &(&String, &Channel)| channel.carries(message) && !refused(name);
        // The one she wrote by first, then those that carry any words, then by name.
        let best = self.sms.channels.iter().filter(able).min_by_key(|(name, channel)| {
            (
                channel.is_down(now).is_some(),
                Some(*name) != state.via.as_ref(),
                !channel.provider.capabilities().free_text,
                (*name).clone(),
            )
        });
        match best {
            Some((name, _)) => Ok(name.clone()),
            None if self.sms.channels.is_empty() => Err("短信还没有开通".into()),
            None => Err("没有能发这条短信的通道".into()),
        }
    }

    /// Until when a channel rests, or how long its queue is. Who is answered does not stand
    /// in the queue: her answer comes by as soon as one is let through.
    pub(super) async fn sms_wait(
        &self,
        name: &str,
        answers: bool,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let channel = self.sms.channels.get(name)?;
        if let Some(until) = channel.is_down(now) {
            return Some(until);
        }
        let turn = async {
            channel.rate.until_ready().await;
            if self.store.is_shared() {
                let per_second = channel.settings.settings.per_second;
                return self.paces.turn(&*self.store, name, per_second).await;
            }
            Ok(())
        };
        let wait = tokio::time::timeout(QUEUE_MAX, turn).await;
        // The store's own trouble is met again when the message is noted as being sent.
        let next = || if answers { now + SignedDuration::from_secs(1) } else { channel.slot(now) };
        wait.is_err().then(next)
    }
}

/// The address of a number.
pub(super) fn address(number: &str) -> Address {
    Address::new(crate::county::Channel::Sms, ACCOUNT, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shipped examples, taken out of their comments.
    fn examples() -> String {
        let lines = include_str!("../../config.toml").lines();
        let lines = lines.skip_while(|line| !line.contains("[sms.modem]"));
        lines.filter_map(|line| line.strip_prefix("#: ")).map(|line| format!("{line}\n")).collect()
    }

    fn opened(text: &str) -> Result<Sms, String> {
        let secret = |name: &str| Some(format!("secret0123456789{}", name.len()));
        let config = crate::config::parse("config.toml", text, &secret);
        let config = config.map_err(|error| error.to_string())?;
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let script = crate::office::read_script(&root.join("dialogs")).expect("the script loads");
        channels(&config, &script)
    }

    #[test]
    fn the_shipped_examples_of_sms_load() {
        let sms = opened(&examples()).unwrap_or_else(|error| panic!("{error}"));
        let names: Vec<&String> = sms.channels.keys().collect();
        assert_eq!(names, ["aliyun", "modem", "other", "tencent", "twilio"]);
    }

    /// What is wrong is said by name, with its line.
    #[test]
    fn a_doubtful_channel_stops_the_start() {
        let check = |from: &str, to: &str, parts: &[&str]| {
            let text = examples();
            assert!(text.contains(from), "{from}");
            let error = opened(&text.replacen(from, to, 1)).map(|_| ()).expect_err(from);
            assert!(parts.iter().all(|part| error.contains(part)), "{error} has not {parts:?}");
        };
        let line = |text: &str| {
            let at = examples().lines().position(|line| line.contains(text)).expect("there");
            format!("第{}行", at + 1)
        };
        let row = "other = { id = \"SMS_100000002\", fill = [\"no=number\", \"state=state\"] }\n";
        check(
            row,
            "",
            &[
                "[sms.aliyun]",
                "「replied」没有模板",
                "「final」没有模板",
                &line("provider = \"aliyun\""),
            ],
        );
        check("\"due=due\"", "\"due=when\"", &["when", &line("due=due")]);
        check("provider = \"kannel\"", "provider = \"pigeon\"", &["pigeon", "kannel"]);
        check("username = \"svc\"\n", "", &["username"]);
        check("app_id =", "app_ib =", &["app_ib", &line("app_id")]);
        check("\"10.0.0.0/8\"", "\"ten\"", &["\"ten\"", &line("10.0.0.0/8")]);
        let kinds = "[notices.kinds]\nreplyed = { sms = false }\n[sms.modem]";
        check("[sms.modem]", kinds, &["replyed", "第2行"]);
        let off = "[notices.kinds]\nlink_code = { sms = false }\n[sms.modem]";
        let code = "link_code = { id = \"1000002\", fill = [\"code\"] }\n";
        check(code, "", &["[sms.tencent]", "「link_code」没有模板"]);
        let text = examples().replacen("[sms.modem]", off, 1).replacen(code, "", 1);
        assert!(opened(&text).is_ok(), "a kind that never goes by SMS needs no template");
    }

    #[test]
    fn who_may_call() {
        let sms = opened(&examples()).unwrap_or_else(|error| panic!("{error}"));
        let modem = &sms.channels["modem"];
        for (peer, expect) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("10.1.2.3", true),
            ("11.1.2.3", false),
            ("::1", false),
        ] {
            assert_eq!(modem.lets_in(peer.parse().expect("an address")), expect, "{peer}");
        }
        assert!(modem.knows("secret012345678922") && !modem.knows("secret01234567892"));
    }
}
