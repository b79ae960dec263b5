//! Which way a message goes. Pure.

use jiff::Timestamp;

use crate::county::Channel;
use crate::store::records::{Contact, Outgoing};

use super::window;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Simulator,
    /// WeChat's customer-service message: any text, inside the window and its budget.
    CustomerService,
    /// WeChat's template message with this id: fixed fields, at any time.
    Template(String),
    /// WeChat's subscription message with this id: fixed fields, if she allowed it.
    Subscription(String),
    /// No channel: a clerk phones. Why, in plain Chinese.
    Clerk(String),
}

impl Route {
    pub fn id(&self) -> &'static str {
        match self {
            Route::Simulator => "simulator",
            Route::CustomerService => "customer_service",
            Route::Template(_) => "template",
            Route::Subscription(_) => "subscription",
            Route::Clerk(_) => "clerk",
        }
    }
}

/// What the account can do.
#[derive(Debug, Clone, Default)]
pub struct Abilities {
    /// It has an AppSecret, so it can push at all.
    pub push: bool,
    /// Ids for this kind of notice.
    pub template: Option<String>,
    pub subscription: Option<String>,
}

pub fn choose(
    message: &Outgoing,
    contact: Option<(&Contact, Channel)>,
    abilities: &Abilities,
    now: Timestamp,
) -> Route {
    let refused = |route: &str| message.tries.iter().any(|t| t.refused && t.route == route);
    let Some((contact, channel)) = contact else {
        return Route::Clerk("她没有关注公众号，发不到".into());
    };
    match channel {
        Channel::Simulator => return Route::Simulator,
        Channel::Sms => return Route::Clerk("短信还没有开通".into()),
        Channel::Wechat => {}
    }
    if !abilities.push {
        return Route::Clerk("公众号没有设 AppSecret，不能主动发".into());
    }
    if window::left(&contact.window, now) > 0 && !refused("customer_service") {
        return Route::CustomerService;
    }
    if let Some(id) = &abilities.template
        && !refused("template")
    {
        return Route::Template(id.clone());
    }
    if let Some(id) = &abilities.subscription
        && contact.subscribed.contains(id)
        && !refused("subscription")
    {
        return Route::Subscription(id.clone());
    }
    let why = match message.tries.iter().rev().find(|t| t.refused) {
        Some(last) => last.result.clone(),
        None => "她超过48小时没说话，或这两天的5条已发完，微信不让再发".into(),
    };
    Route::Clerk(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::Address;
    use crate::store::records::{Body, Status, Try};

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
            tries: refused
                .iter()
                .map(|route| Try {
                    at: now(),
                    route: (*route).into(),
                    refused: true,
                    result: format!("{route} refused"),
                })
                .collect(),
        }
    }

    fn check(
        open: bool,
        abilities: (&bool, Option<&str>, Option<&str>),
        subscribed: &[&str],
        refused: &[&str],
        expect: &str,
    ) {
        let mut contact =
            Contact::new(&Address::new(Channel::Wechat, "main", "oAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        if open {
            window::wrote(&mut contact.window, now());
        }
        contact.subscribed = subscribed.iter().map(ToString::to_string).collect();
        let abilities = Abilities {
            push: *abilities.0,
            template: abilities.1.map(Into::into),
            subscription: abilities.2.map(Into::into),
        };
        let route = choose(&message(refused), Some((&contact, Channel::Wechat)), &abilities, now());
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
        let route = choose(&message(&[]), None, &Abilities::default(), now());
        assert_eq!(route.id(), "clerk");
    }
}
