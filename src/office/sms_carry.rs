//! One short message to its provider: the request, and what its answer means for the outbox.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::channel::sms::{
    Class, HttpRequest, HttpResponse, Outbound, Refusal, Stamp, Verdict, Window, advice, masked,
};
use crate::county::Address;
use crate::dialog::Medium;
use crate::store::records::{Contact, Outgoing};
use crate::zh;

use super::outbox::{Consequence, Outcome};
use super::sms::{Channel, UNREACHABLE_AGAIN};
use super::sms_templates::variables;
use super::wechat_api::{describe, next_multiple};
use super::{Office, random};

/// A shut channel is tried again after so long.
const DOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const CHINA: i64 = 8 * 3_600;

impl Office {
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
        let state = contact.sms.as_ref();
        let from = state.filter(|state| state.via.as_deref() == Some(name));
        let from = from.and_then(|state| state.dialled.as_deref());
        let request = self.outbound(channel, message, &text, |outbound| {
            let outbound = Outbound { to: &address.user, from, ..outbound };
            channel.provider.build(&outbound, &self.stamp())
        });
        let request = match request {
            Ok(request) => request,
            Err(why) => return refused(&why, Consequence::None),
        };
        let response = match self.ask(name, request).await {
            Ok(response) => response,
            Err(outcome) => return outcome,
        };
        match channel.provider.classify(&response) {
            Verdict::Accepted { id, segments } => {
                Outcome::Sent { message_id: id.map(|id| theirs(name, &id)), segments }
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

    pub(super) fn stamp(&self) -> Stamp {
        Stamp { now: self.clock.now(), nonce: random::hex::<16>() }
    }

    /// The message as a provider sees it, but for where it goes.
    fn outbound<T>(
        &self,
        channel: &Channel,
        message: &Outgoing,
        text: &str,
        with: impl FnOnce(Outbound<'_>) -> T,
    ) -> T {
        let template = channel.template(message);
        let filled = template.map(|template| variables(template, message)).unwrap_or_default();
        with(Outbound {
            text,
            template: template.map(|template| (template.id.as_str(), filled.as_slice())),
            template_text: template.and_then(|template| template.text.as_deref()),
            id: &message.id,
            report_url: &channel.webhook,
            ..Outbound::default()
        })
    }

    /// Parts that a message takes on a channel, as that one bills.
    pub(super) fn segments_of(&self, name: &str, message: &Outgoing) -> u32 {
        let Some(channel) = self.sms.channels.get(name) else { return 1 };
        let text = self.words(message, Medium::Sms);
        let count = |outbound: Outbound<'_>| channel.provider.segments(&outbound);
        self.outbound(channel, message, &text, count)
    }

    /// A provider will take nothing more for a while, and somebody is told.
    pub(super) fn shut(&self, name: &str, channel: &Channel, why: &str, code: &str) -> Timestamp {
        let until = self.clock.now() + DOWN_FOR;
        channel.shut(until);
        self.alarm(&format!("短信通道 {name} 停了：{why}（{code}）"));
        until
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
                let after = until(self.shut(name, channel, &why, &refusal.code));
                Outcome::Later { why, after }
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

    /// A request to the channel `name`; `Err`: nobody answered, or not all of it.
    pub(super) async fn ask(
        &self,
        name: &str,
        request: HttpRequest,
    ) -> Result<HttpResponse, Outcome> {
        let answer = self.exchange(request).await;
        let route = format!("sms/{name}");
        match &answer {
            Ok(_) => self.gauges.answered(&route),
            Err(Outcome::Later { why, .. } | Outcome::Unknown { why }) => {
                self.gauges.silent(&route, why);
            }
            Err(_) => {}
        }
        answer
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, Outcome> {
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
