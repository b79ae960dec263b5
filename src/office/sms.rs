//! The channels of short messages: what believes a call, and what sends.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use crate::channel::sms::{
    Class, HttpRequest, HttpResponse, Keys, Outbound, Provider, Refusal, Stamp, Verdict, Window,
    advice, masked, provider,
};
use crate::config::{Config, SmsChannel, TemplateSettings};
use crate::county::Address;
use crate::dialog::{Medium, Script};
use crate::store::StoreError;
use crate::store::records::{Body, Contact, Outgoing, SmsState};
use crate::zh;

use super::outbox::{Consequence, Outcome};
use super::wechat_api::{Timeouts, describe, http_client, next_multiple};
use super::{Office, beijing, random};

/// All numbers of all channels: a villager's number is hers, whichever channel carries it.
pub(super) const ACCOUNT: &str = "tel";
/// A shut channel is tried again after so long.
const DOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Somebody who is out of reach is tried once more after so long.
pub(super) const UNREACHABLE_AGAIN: Duration = Duration::from_secs(4 * 3_600);
/// Longer than this a message waits in the outbox, not in the channel's queue.
const QUEUE_MAX: Duration = Duration::from_secs(1);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// At so many of a hundred of the budget somebody is told.
const BUDGET_WARNING: u64 = 80;
const CHINA: i64 = 8 * 3_600;

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
}

pub(super) struct Sms {
    pub channels: BTreeMap<String, Channel>,
    http: reqwest::Client,
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

    fn shut(&self, until: Timestamp) {
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

    fn template(&self, message: &Outgoing) -> Option<&TemplateSettings> {
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

/// The template of the one-time code that binds a phone.
pub(super) const LINK_CODE: &str = "link_code";

/// A code has words of its own: they must say that nobody else may have it.
fn template_of<'a>(
    templates: &'a BTreeMap<String, TemplateSettings>,
    kind: &str,
) -> Option<&'a TemplateSettings> {
    let other = || templates.get("other").filter(|_| kind != LINK_CODE);
    templates.get(kind).or_else(other)
}

/// A kind of notice that may go by SMS, and no words for it on a channel of templates.
fn without_template(config: &Config, script: &Script, name: &str) -> Vec<crate::config::Problem> {
    let section = format!("sms.{name}");
    let templates = &config.sms[name].settings.templates;
    let kinds = script.notice_kinds();
    let mut problems: Vec<_> = kinds
        .filter(|kind| {
            config.settings.notices.kind(kind).sms && template_of(templates, kind).is_none()
        })
        .map(|kind| {
            config.source.problem(
                &section,
                "provider",
                format!("[{section}] 只能发模板短信，可是「{kind}」没有模板 (no template)"),
                format!(
                    "请加 templates.{kind} = {{ id = \"...\" }}，或在 [notices.kinds] 里写 \
                     {kind} = {{ sms = false }}。Add a template, or say that this kind never \
                     goes by SMS."
                ),
            )
        })
        .collect();
    for (kind, template) in templates {
        for fill in &template.fill {
            let field = fill.split_once('=').map_or(fill.as_str(), |(_, field)| field).trim();
            if !FIELDS.contains(&field) {
                problems.push(config.source.problem(
                    &format!("{section}.templates"),
                    kind,
                    format!("「{kind}」的模板要填 {field}，没有这一项 (no such field)"),
                    format!("可以填 (one of): {}", FIELDS.join(" ")),
                ));
            }
        }
    }
    problems
}

/// What a template's variables may be filled with.
const FIELDS: &[&str] =
    &["number", "tail", "title", "due", "state", "department", "outcome", "code", "minutes"];

fn variables(template: &TemplateSettings, message: &Outgoing) -> Vec<(String, String)> {
    let Body::Notice { kind, fields } = &message.body else { return Vec::new() };
    let value = |field: &str| match field {
        "tail" => fields.get("number").map(|number| {
            let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
            digits[digits.len().saturating_sub(4)..].iter().collect()
        }),
        "state" => Some(state_word(kind).to_owned()),
        other => fields.get(other).cloned(),
    };
    let each = template.fill.iter().map(|fill| {
        let (name, field) = fill.split_once('=').unwrap_or((fill, fill));
        (name.trim().to_owned(), value(field.trim()).unwrap_or_default())
    });
    each.collect()
}

/// At most four characters, for templates.
fn state_word(kind: &str) -> &'static str {
    match kind {
        "received" => "已收到",
        "dispatched" => "已派单",
        "rerouted" => "已改派",
        "progress" => "办理中",
        "replied" => "已答复",
        "redo" => "重新办理",
        "closed" => "已办结",
        "need_info" => "待补充",
        "extended" => "已延期",
        "deferred" => "列入计划",
        "supervised" => "已催办",
        "final" => "最终答复",
        "rejected" => "未受理",
        "merged" => "合并办理",
        "unmerged" => "单独办理",
        "errand" => "代办中",
        _ => "有进展",
    }
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
    let heard = [state.last_in, state.last_ok].into_iter().flatten().max();
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
            let policy = &self.config.settings.notices;
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

    /// Until when a channel rests, or how long its queue is.
    pub(super) async fn sms_wait(&self, name: &str, now: Timestamp) -> Option<Timestamp> {
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
        wait.is_err().then(|| channel.slot(now))
    }

    /// Counts what is about to be sent. `false`: the budget is used up.
    pub(super) async fn within_budget(
        &self,
        name: &str,
        segments: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(channel) = self.sms.channels.get(name) else { return Ok(true) };
        let day = beijing::civil(now).date();
        let settings = &channel.settings.settings;
        let mut within = true;
        for (limit, series) in [
            (settings.day_segments, format!("sms-{name}-{day}")),
            (settings.month_segments, format!("sms-{name}-{}", &day.to_string()[..7])),
        ] {
            if limit == 0 {
                continue;
            }
            let mut used = 0;
            for _ in 0..segments {
                used = self.numbers.next(&*self.store, &series).await?;
            }
            if u64::from(used) * 100 >= u64::from(limit) * BUDGET_WARNING {
                self.alarm(&format!("短信通道 {name} 的预算{limit}条用了八成以上"));
            }
            if used > limit {
                self.alarm(&format!("短信通道 {name} 的预算{limit}条用完了，只发紧急的"));
                within = false;
            }
        }
        Ok(within)
    }

    /// One request to a provider.
    pub(super) async fn carry_sms(
        &self,
        address: &Address,
        name: &str,
        contact: &Contact,
        message: &Outgoing,
    ) -> Outcome {
        let Some(channel) = self.sms.channels.get(name) else {
            return refused("没有这个短信通道了", Consequence::None);
        };
        let text = self.words(message, Medium::Sms);
        let most = channel.provider.capabilities().segments_max;
        if zh::segments(&text) > most && channel.provider.capabilities().free_text {
            return refused("太长了，短信发不下", Consequence::None);
        }
        let template = channel.template(message);
        let filled = template.map(|template| variables(template, message)).unwrap_or_default();
        let state = contact.sms.as_ref();
        let from = state.filter(|state| state.via.as_deref() == Some(name));
        let outbound = Outbound {
            to: &address.user,
            from: from.and_then(|state| state.dialled.as_deref()),
            text: &text,
            template: template.map(|template| (template.id.as_str(), filled.as_slice())),
            id: &message.id,
            report_url: &channel.webhook,
        };
        let stamp = Stamp { now: self.clock.now(), nonce: random::hex::<16>() };
        let request = match channel.provider.build(&outbound, &stamp) {
            Ok(request) => request,
            Err(why) => return refused(&why, Consequence::None),
        };
        let response = match self.ask(request).await {
            Ok(response) => response,
            Err(outcome) => return outcome,
        };
        match channel.provider.classify(&response) {
            Verdict::Accepted { id, segments } => {
                let estimate = zh::segments(&text) as u32;
                if segments.is_some_and(|counted| counted != estimate) && template.is_none() {
                    tracing::info!(name, counted = segments, estimate, "segments differ");
                }
                Outcome::Sent { message_id: id.map(|id| theirs(name, &id)) }
            }
            Verdict::Unknown(why) => Outcome::Unknown { why },
            Verdict::Refused(refusal) => {
                tracing::warn!(
                    name,
                    code = refusal.code,
                    to = masked(&address.user),
                    "SMS refused"
                );
                self.consequence_of(name, channel, &refusal)
            }
        }
    }

    fn consequence_of(&self, name: &str, channel: &Channel, refusal: &Refusal) -> Outcome {
        let now = self.clock.now();
        let why = match advice(&refusal.code) {
            Some(advice) => advice.to_owned(),
            None => format!("短信平台不收（{}）", refusal.code),
        };
        let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).ok();
        match refusal.class {
            Class::Busy => Outcome::Later { why, after: None },
            Class::Throttled(window) => {
                let after = match window {
                    Window::HalfMinute => Some(Duration::from_secs(30)),
                    Window::Minute => until(next_multiple(now, 60, 0)),
                    Window::Hour => until(next_multiple(now, 3_600, 0)),
                    Window::Day => until(next_multiple(now, 86_400, CHINA)),
                };
                Outcome::Later { why, after }
            }
            Class::ChannelDown => {
                channel.shut(now + DOWN_FOR);
                self.alarm(&format!("短信通道 {name} 停了：{why}（{}）", refusal.code));
                Outcome::Later { why, after: until(now + DOWN_FOR) }
            }
            Class::Settings => {
                self.alarm(&format!("短信通道 {name} 的设置不对：{why}（{}）", refusal.code));
                refused(&why, Consequence::None)
            }
            Class::Unreachable => Outcome::Later { why, after: Some(UNREACHABLE_AGAIN) },
            Class::NumberGone => refused(&why, Consequence::NumberGone),
            Class::Stopped => refused(&why, Consequence::Stopped),
            Class::Message | Class::Other => refused(&why, Consequence::None),
        }
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Outcome> {
        let method = request.method.parse().unwrap_or(reqwest::Method::POST);
        let mut call = self.sms.http.request(method, request.url).body(request.body);
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
        let mut response = call.send().await.map_err(|error| match error.is_connect() {
            true => Outcome::Later { why: describe(error), after: None },
            false => Outcome::Unknown { why: describe(error) },
        })?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| Outcome::Unknown { why: describe(error) })?
        {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(Outcome::Unknown { why: "the answer is too long".into() });
            }
        }
        Ok(HttpResponse { status, body })
    }
}

/// A provider's id of a message, as it is stored: two providers may give the same.
pub(super) fn theirs(channel: &str, id: &str) -> String {
    format!("sms:{channel}:{id}")
}

fn refused(why: &str, consequence: Consequence) -> Outcome {
    Outcome::Refused { why: why.into(), consequence }
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
