//! Which way a message goes. Pure.
//!
//! First where she wrote last, then what WeChat carries at any time, then SMS, then a clerk
//! who phones. A way that refused a message is not taken again, so there is no circle.

use jiff::Timestamp;

use crate::county::{Address, Channel};
use crate::store::records::{Contact, Outgoing};

use super::window;

/// What she prefers when it is no channel.
const BY_PHONE: &str = "phone";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Simulator,
    /// WeChat's customer-service message: any text, inside the window and its budget.
    CustomerService,
    /// WeChat's template message with this id: fixed fields, at any time.
    Template(String),
    /// WeChat's subscription message with this id: fixed fields, if she allowed it.
    Subscription(String),
    /// A short message by the channel of this name.
    Sms(String),
    /// No channel: a clerk phones. Why, in plain Chinese.
    Clerk(String),
}

impl Route {
    /// For a clerk, from what is written down with an attempt.
    pub fn shown(id: &str) -> String {
        match id {
            "customer_service" => "微信".into(),
            "template" => "微信模板消息".into(),
            "subscription" => "微信订阅消息".into(),
            "simulator" => "试用手机".into(),
            "clerk" => "打电话".into(),
            sms => match sms.strip_prefix("sms/") {
                Some(name) => format!("短信（{name}）"),
                None => sms.to_owned(),
            },
        }
    }

    /// As it is written down with each attempt.
    pub fn id(&self) -> String {
        match self {
            Route::Simulator => "simulator".into(),
            Route::CustomerService => "customer_service".into(),
            Route::Template(_) => "template".into(),
            Route::Subscription(_) => "subscription".into(),
            Route::Sms(name) => format!("sms/{name}"),
            Route::Clerk(_) => "clerk".into(),
        }
    }
}

/// What the account can do for this message.
#[derive(Debug, Clone)]
pub struct Abilities {
    /// It has an AppSecret, so it can push at all.
    pub push: bool,
    /// Ids for this kind of notice.
    pub template: Option<String>,
    pub subscription: Option<String>,
    /// The channel that carries it by SMS, or why none does.
    pub sms: Result<String, String>,
}

impl Default for Abilities {
    fn default() -> Self {
        Self { push: false, template: None, subscription: None, sms: Err(String::new()) }
    }
}

/// One address at which she could be reached.
#[derive(Debug)]
pub struct Way<'a> {
    pub address: &'a Address,
    pub contact: &'a Contact,
    pub abilities: Abilities,
}

/// The route, and the place of its address among the ways.
///
/// `prefers` (`sms`, `wechat`, `phone`) is by which she asked to be told: it comes first whatever else is
/// open, and the others follow when it does not carry the message.
pub fn choose(
    message: &Outgoing,
    ways: &[Way<'_>],
    prefers: Option<&str>,
    now: Timestamp,
) -> (Route, Option<usize>) {
    let refused = |route: &Route| {
        let route = route.id();
        message.tries.iter().any(|tried| tried.refused && tried.route == route)
    };
    let of = |channel: Channel| {
        let wanted = message.only.as_deref().is_none_or(|only| only == channel.id());
        ways.iter().enumerate().filter(move |(_, way)| wanted && way.address.channel == channel)
    };
    if let Some((at, _)) = of(Channel::Simulator).next() {
        return (Route::Simulator, Some(at));
    }
    let by_sms = || {
        of(Channel::Sms)
            .find_map(|(at, way)| Some((Route::Sms(way.abilities.sms.clone().ok()?), Some(at))))
    };
    if prefers == Some(BY_PHONE) && message.only.is_none() {
        return (Route::Clerk("她要打电话告诉她".into()), None);
    }
    if prefers == Some(Channel::Sms.id())
        && let Some(found) = by_sms()
    {
        return found;
    }
    let pushing =
        || of(Channel::Wechat).filter(|(_, way)| way.abilities.push && !way.contact.window.away);
    let open = |(_, way): &(usize, &Way<'_>)| {
        window::left(&way.contact.window, now) > 0 && !refused(&Route::CustomerService)
    };
    let wrote = |way: &Way<'_>| match way.address.channel {
        Channel::Sms => way.contact.sms.as_ref().and_then(|sms| sms.last_in),
        _ => way.contact.window.wrote_at.max(way.contact.window.tapped_at),
    };
    let last = ways.iter().filter(|way| wrote(way).is_some()).max_by_key(|way| wrote(way));
    let wrote_by_sms = last.is_some_and(|way| way.address.channel == Channel::Sms)
        && prefers != Some(Channel::Wechat.id());
    if !wrote_by_sms && let Some((at, _)) = pushing().find(open) {
        return (Route::CustomerService, Some(at));
    }
    for (at, way) in pushing() {
        let template = way.abilities.template.clone().map(Route::Template);
        let subscription = way.abilities.subscription.clone();
        let subscription = subscription.filter(|id| way.contact.subscribed.contains(id));
        for route in [template, subscription.map(Route::Subscription)].into_iter().flatten() {
            if !refused(&route) {
                return (route, Some(at));
            }
        }
    }
    if let Some(found) = by_sms() {
        return found;
    }
    if let Some((at, _)) = pushing().find(open) {
        return (Route::CustomerService, Some(at));
    }
    (Route::Clerk(why_none(message, ways)), None)
}

fn why_none(message: &Outgoing, ways: &[Way<'_>]) -> String {
    if let Some(last) = message.tries.iter().rev().find(|tried| tried.refused) {
        return last.result.clone();
    }
    let sms = ways.iter().find_map(|way| {
        let is_sms = way.address.channel == Channel::Sms;
        way.abilities.sms.as_ref().err().filter(|_| is_sms).cloned()
    });
    let wechat = ways.iter().find(|way| way.address.channel == Channel::Wechat);
    match (wechat, sms) {
        (Some(way), _) if !way.abilities.push => "公众号没有设 AppSecret，不能主动发".into(),
        (Some(way), _) if way.contact.window.away => "她取消了关注，或者不收公众号的消息".into(),
        (Some(_), _) => "她超过48小时没说话，或这两天的5条已发完，微信不让再发".into(),
        (None, Some(why)) => why,
        (None, None) => "她没有关注公众号，发不到".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::records::{Body, SmsState, Status, Try};

    fn now() -> Timestamp {
        Timestamp::from_second(1_764_000_000).unwrap()
    }

    fn message(refused: &[&str]) -> Outgoing {
        Outgoing {
            id: "m".into(),
            person: None,
            address: None,
            case: None,
            must_arrive: true,
            body: Body::Text("x".into()),
            status: Status::Waiting,
            made_at: now(),
            due_at: now(),
            message_id: None,
            awaits: None,
            only: None,
            task: None,
            lane: None,
            asked: 0,
            tries: refused
                .iter()
                .map(|route| Try {
                    at: now(),
                    route: (*route).into(),
                    refused: true,
                    result: format!("{route} refused"),
                    message_id: None,
                    segments: None,
                })
                .collect(),
        }
    }

    fn wechat() -> Address {
        Address::new(Channel::Wechat, "main", "oAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    }

    fn check(
        open: bool,
        abilities: (&bool, Option<&str>, Option<&str>),
        subscribed: &[&str],
        refused: &[&str],
        expect: &str,
    ) {
        let address = wechat();
        let mut contact = Contact::new(&address);
        if open {
            window::wrote(&mut contact.window, now());
        }
        contact.subscribed = subscribed.iter().map(ToString::to_string).collect();
        let abilities = Abilities {
            push: *abilities.0,
            template: abilities.1.map(Into::into),
            subscription: abilities.2.map(Into::into),
            sms: Err(String::new()),
        };
        let ways = [Way { address: &address, contact: &contact, abilities }];
        let (route, _) = choose(&message(refused), &ways, None, now());
        assert_eq!(route.id(), expect, "{route:?}");
    }

    #[test]
    fn the_first_way_that_is_open() {
        let all = (&true, Some("T"), Some("S"));
        check(true, all, &["S"], &[], "customer_service");
        check(false, all, &["S"], &[], "template");
        check(true, all, &["S"], &["customer_service"], "template");
        check(false, all, &["S"], &["template"], "subscription");
        check(false, all, &[], &["template"], "clerk");
        check(false, (&true, None, Some("S")), &["S"], &[], "subscription");
        check(false, (&true, None, Some("S")), &["other"], &[], "clerk");
        check(true, (&false, Some("T"), Some("S")), &["S"], &[], "clerk");
        check(true, all, &["S"], &["customer_service", "template", "subscription"], "clerk");
    }

    #[test]
    fn nobody_to_write_to_is_a_call_to_make() {
        let (route, at) = choose(&message(&[]), &[], None, now());
        assert_eq!((route.id().as_str(), at), ("clerk", None));
    }

    /// One person with WeChat (its window open or not, with a template or not) and a telephone
    /// that wrote last or not.
    fn both(open: bool, template: bool, sms_last: bool, refused: &[&str], only: &str) -> String {
        preferring(None, open, template, sms_last, refused, only)
    }

    fn preferring(
        prefers: Option<&str>,
        open: bool,
        template: bool,
        sms_last: bool,
        refused: &[&str],
        only: &str,
    ) -> String {
        let (wechat, phone) = (wechat(), Address::new(Channel::Sms, "tel", "13800138000"));
        let (mut one, mut two) = (Contact::new(&wechat), Contact::new(&phone));
        if open {
            window::wrote(&mut one.window, now());
        }
        let last_in = sms_last.then(|| now() + jiff::SignedDuration::from_secs(1));
        two.sms = Some(SmsState { last_in, ..SmsState::default() });
        let abilities = Abilities {
            push: true,
            template: template.then(|| "T".into()),
            ..Abilities::default()
        };
        let gone = refused.contains(&"sms/m");
        let sms = if gone { Err("no".into()) } else { Ok("m".into()) };
        let ways = [
            Way {
                address: &phone,
                contact: &two,
                abilities: Abilities { sms, ..Abilities::default() },
            },
            Way { address: &wechat, contact: &one, abilities },
        ];
        let mut message = message(refused);
        message.only = Some(only.to_owned()).filter(|only| !only.is_empty());
        choose(&message, &ways, prefers, now()).0.id()
    }

    #[test]
    fn wechat_first_then_sms_and_never_back() {
        assert_eq!(both(true, true, false, &[], ""), "customer_service");
        assert_eq!(both(false, true, false, &[], ""), "template");
        assert_eq!(both(false, false, false, &[], ""), "sms/m");
        assert_eq!(both(true, false, false, &["customer_service"], ""), "sms/m");
        assert_eq!(both(false, true, false, &["template", "sms/m"], ""), "clerk");
        // She wrote by SMS last: not into a chat that she may not be looking at.
        assert_eq!(both(true, true, true, &[], ""), "template");
        assert_eq!(both(true, false, true, &[], ""), "sms/m");
        assert_eq!(both(true, false, true, &["sms/m"], ""), "customer_service");
        // What she asked for comes before all that, and before nothing that refused.
        let prefers = |which, refused: &[&str]| {
            preferring(Some(which), true, true, which == "wechat", refused, "")
        };
        assert_eq!(prefers("sms", &[]), "sms/m");
        assert_eq!(prefers("sms", &["sms/m"]), "customer_service");
        assert_eq!(prefers("wechat", &[]), "customer_service");
        assert_eq!(prefers("wechat", &["customer_service", "template"]), "sms/m");
        assert_eq!(prefers("phone", &[]), "clerk");
        assert_eq!(preferring(Some("sms"), true, true, false, &[], "wechat"), "customer_service");
        assert_eq!(preferring(Some("phone"), true, true, false, &[], "sms"), "sms/m");
        // A clerk's choice.
        assert_eq!(both(true, true, false, &[], "sms"), "sms/m");
        assert_eq!(both(false, false, false, &[], "wechat"), "clerk");
    }
}
