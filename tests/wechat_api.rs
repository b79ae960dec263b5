//! The active APIs against a fake of Tencent's server.

use std::sync::Arc;
use std::time::Duration;

use bianmin::channel::wechat::api::{self, Button, Message};
use bianmin::channel::wechat::errors::{self, Class};
use bianmin::office::clock::{Clock, ManualClock};
use bianmin::office::wechat_api::{CallError, Outcome, Timeouts, WechatApi, http_client};
use fake_wechat::{
    BIZSEND, CUSTOM_SEND, FakeWechat, Fault, MEDIA_GET, STABLE_TOKEN, TEMPLATE_SEND, nobody,
};
use jiff::Timestamp;

const SECRET: &str = "0123456789abcdef-a-secret";

struct Bench {
    fake: FakeWechat,
    api: Arc<WechatApi>,
    clock: Arc<ManualClock>,
}

/// A fake, and a program that calls it, with one clock for both.
async fn bench() -> Bench {
    let fake = FakeWechat::start("wx1", SECRET).await;
    let clock = Arc::new(ManualClock::new(Timestamp::from_second(fake.now()).unwrap()));
    let api = api_at(&fake.url, SECRET, Arc::clone(&clock));
    fake.follow("o1");
    fake.wrote("o1");
    fake.add_template("t1");
    fake.consent("o1", "t1", 1);
    Bench { fake, api, clock }
}

fn api_at(url: &str, secret: &str, clock: Arc<ManualClock>) -> Arc<WechatApi> {
    let timeouts = Timeouts { connect: Duration::from_secs(1), total: Duration::from_secs(1) };
    let http = http_client(timeouts).unwrap();
    Arc::new(WechatApi::new(url.parse().unwrap(), "wx1", secret.into(), http, clock))
}

impl Bench {
    fn advance(&self, seconds: i64) {
        self.fake.advance(seconds);
        self.clock.advance(seconds);
    }

    fn token_calls(&self) -> usize {
        self.fake.calls(STABLE_TOKEN).len()
    }

    fn forced_calls(&self) -> usize {
        let calls = self.fake.calls(STABLE_TOKEN);
        calls.iter().filter(|call| call.body["force_refresh"] == true).count()
    }

    fn after(&self, seconds: i64) -> Timestamp {
        Timestamp::from_second(self.clock.now().as_second() + seconds).unwrap()
    }
}

fn text(content: &str) -> Message {
    Message::Text { to: "o1".to_owned(), text: content.to_owned() }
}

fn template(key: &str) -> Message {
    Message::Template {
        to: "o1".to_owned(),
        template: "t1".to_owned(),
        url: None,
        key: key.to_owned(),
        data: vec![("thing1".to_owned(), "王庄村口路灯不亮已经三天请尽快派人来修".repeat(2))],
    }
}

fn subscription() -> Message {
    Message::Subscription {
        to: "o1".to_owned(),
        template: "t1".to_owned(),
        page: None,
        data: vec![("phrase1".to_owned(), "已办结".to_owned())],
    }
}

const SENT: Outcome = Outcome::Sent { message_id: None };

/// The code of a refusal, or what else came.
fn code(outcome: &Outcome) -> Result<i64, &Outcome> {
    match outcome {
        Outcome::Refused(error) => Ok(error.code),
        other => Err(other),
    }
}

#[tokio::test]
async fn each_route_delivers() {
    let bench = bench().await;
    bench.fake.add_media("m1", "image/jpeg", b"jpeg");
    let image = Message::Image { to: "o1".to_owned(), media: "m1".to_owned() };
    let items = vec![("101".to_owned(), "满意".to_owned())];
    let choices = Message::Choices {
        to: "o1".to_owned(),
        head: "满意吗".to_owned(),
        items,
        tail: String::new(),
    };
    assert_eq!(bench.api.send(&text("好\"<&\n😀")).await, SENT);
    assert_eq!(bench.api.send(&image).await, SENT);
    assert_eq!(bench.api.send(&choices).await, SENT);
    assert_eq!(bench.api.send(&subscription()).await, SENT);
    let Outcome::Sent { message_id: Some(id) } = bench.api.send(&template("k1")).await else {
        panic!("a template message has an id");
    };
    // The same key is the same message, and was delivered once.
    let again = bench.api.send(&template("k1")).await;
    assert_eq!(again, Outcome::Sent { message_id: Some(id) });
    let inbox = bench.fake.inbox("o1");
    assert_eq!(inbox.len(), 5);
    assert_eq!(inbox[0]["text"]["content"], "好\"<&\n😀");
    assert_eq!(bench.token_calls(), 1);
}

#[tokio::test]
async fn windows_budgets_and_consents_end_as_on_the_real_server() {
    let bench = bench().await;
    for _ in 0..5 {
        assert_eq!(bench.api.send(&text("a")).await, SENT);
    }
    assert_eq!(code(&bench.api.send(&text("a")).await), Ok(45047));
    bench.fake.tapped("o1");
    bench.advance(61);
    assert_eq!(code(&bench.api.send(&text("a")).await), Ok(45015));
    bench.fake.wrote("o1");
    bench.fake.unfollow("o1");
    assert_eq!(code(&bench.api.send(&text("a")).await), Ok(45015));
    assert_eq!(code(&bench.api.send(&template("k")).await), Ok(43004));
    assert_eq!(bench.api.send(&subscription()).await, SENT);
    assert_eq!(code(&bench.api.send(&subscription()).await), Ok(43101));
}

#[tokio::test]
async fn many_callers_make_one_token_request() {
    let bench = bench().await;
    bench.fake.fail(STABLE_TOKEN, Fault::Slow(Duration::from_millis(100)), Some(1));
    let sends = (0..50).map(|i| {
        let api = Arc::clone(&bench.api);
        tokio::spawn(async move { api.send(&template(&format!("k{i}"))).await })
    });
    for send in sends.collect::<Vec<_>>() {
        assert!(matches!(send.await.unwrap(), Outcome::Sent { .. }));
    }
    assert_eq!(bench.token_calls(), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_after_it_was_voided() {
    let bench = bench().await;
    for (seconds, void, calls) in [
        (0, false, 1),
        (7000, false, 1),
        // 110 seconds left: the platform already gives the next one.
        (90, false, 2),
        // Somebody else has voided it: 40001, one more request, and the message goes out.
        (10, true, 3),
        // Expired while we slept.
        (9000, false, 4),
    ] {
        bench.advance(seconds);
        if void {
            bench.fake.void_tokens();
        }
        let outcome = bench.api.send(&template(&format!("k{seconds}"))).await;
        assert!(matches!(outcome, Outcome::Sent { .. }), "{seconds}: {outcome:?}");
        assert_eq!(bench.token_calls(), calls, "{seconds}");
    }
    assert_eq!(bench.api.alarms(), vec![]);
}

/// Another program refreshes by force, again and again: each time we only ask for its token.
#[tokio::test]
async fn a_token_that_others_void_is_asked_for_and_never_forced() {
    let bench = bench().await;
    for i in 0..40 {
        bench.fake.void_tokens();
        let outcome = bench.api.send(&template(&format!("k{i}"))).await;
        assert!(matches!(outcome, Outcome::Sent { .. }), "{i}: {outcome:?}");
        bench.advance(5);
    }
    assert_eq!((bench.token_calls(), bench.forced_calls()), (40, 0));
}

#[tokio::test]
async fn one_api_that_refuses_every_token_does_not_silence_the_others() {
    let bench = bench().await;
    bench.fake.fail(CUSTOM_SEND, Fault::Error(40001), None);
    let mut sent = 0;
    for i in 0..3600 {
        bench.advance(1);
        bench.api.send(&text("a")).await;
        let outcome = bench.api.send(&template(&format!("k{i}"))).await;
        sent += usize::from(matches!(outcome, Outcome::Sent { .. }));
    }
    assert_eq!(sent, 3600);
    assert!(bench.token_calls() <= 3 * 3600 / 30, "{}", bench.token_calls());
    assert!(bench.forced_calls() <= 20, "{}", bench.forced_calls());
}

#[tokio::test]
async fn a_token_refused_for_ever_makes_no_storm() {
    for refusal in [40001, 40014, 42001] {
        let bench = bench().await;
        bench.fake.fail(CUSTOM_SEND, Fault::Error(refusal), None);
        let sends = (0..40).map(|_| {
            let api = Arc::clone(&bench.api);
            tokio::spawn(async move { api.send(&text("a")).await })
        });
        for send in sends.collect::<Vec<_>>() {
            assert!(matches!(send.await.unwrap(), Outcome::Later { .. }));
        }
        // The first, one in normal mode, one by force.
        assert_eq!(bench.token_calls(), 3, "{refusal}");
        assert_eq!(bench.forced_calls(), 1);
        let alarms = bench.api.alarms();
        assert_eq!((alarms.len(), alarms[0].error.code), (1, refusal));

        // An hour of a send a second.
        let before = bench.fake.calls(CUSTOM_SEND).len();
        for _ in 0..3600 {
            bench.advance(1);
            assert!(matches!(bench.api.send(&text("a")).await, Outcome::Later { .. }));
        }
        assert!(bench.token_calls() <= 25, "{}", bench.token_calls());
        assert!(bench.fake.calls(CUSTOM_SEND).len() - before <= 25);

        bench.fake.heal(CUSTOM_SEND);
        bench.advance(901);
        assert_eq!(bench.api.send(&text("a")).await, SENT);
        assert_eq!(bench.api.alarms(), vec![]);
    }
}

#[tokio::test]
async fn a_token_that_can_not_be_had_is_asked_for_less_and_less() {
    for fault in [
        Fault::Error(-1),
        Fault::Error(40164),
        Fault::Status(502),
        Fault::Drop,
        Fault::Body("<html>"),
        Fault::Body("{}"),
        Fault::Body(r#"{"access_token":"","expires_in":7200}"#),
    ] {
        let bench = bench().await;
        bench.fake.fail(STABLE_TOKEN, fault.clone(), None);
        for _ in 0..600 {
            let outcome = bench.api.send(&text("a")).await;
            assert!(matches!(outcome, Outcome::Later { .. }), "{fault:?}: {outcome:?}");
            bench.advance(1);
        }
        assert!(bench.token_calls() <= 11, "{fault:?}: {}", bench.token_calls());
        assert_eq!(bench.fake.calls(CUSTOM_SEND).len(), 0);
        let address = matches!(fault, Fault::Error(40164));
        assert_eq!(bench.api.alarms().len(), usize::from(matches!(fault, Fault::Error(_))));
        assert_eq!(
            bench.api.alarms().iter().any(|a| a.error.class == Class::CallerAddress),
            address
        );
    }
}

#[tokio::test]
async fn a_token_that_ends_at_once_is_not_asked_for_at_once() {
    let bench = bench().await;
    let odd = Fault::Body(r#"{"access_token":"odd","expires_in":1}"#);
    bench.fake.fail(STABLE_TOKEN, odd, None);
    for _ in 0..20 {
        assert!(matches!(bench.api.send(&text("a")).await, Outcome::Later { .. }));
    }
    assert!(bench.token_calls() <= 3, "{}", bench.token_calls());
}

#[tokio::test]
async fn a_wrong_secret_is_an_alarm_and_is_never_shown() {
    let bench = bench().await;
    let api = api_at(&bench.fake.url, "another-secret", Arc::clone(&bench.clock));
    assert!(matches!(api.send(&text("a")).await, Outcome::Later { .. }));
    let alarms = api.alarms();
    assert_eq!((alarms[0].error.code, alarms[0].error.class), (40125, Class::Credentials));
    assert!(!format!("{alarms:?}").contains("another-secret"));
}

/// Every row of the error table, through a send.
#[tokio::test]
async fn every_error_code_has_its_outcome() {
    for (error_code, class, _) in errors::TABLE {
        let bench = bench().await;
        bench.fake.fail(CUSTOM_SEND, Fault::Error(*error_code), None);
        let outcome = bench.api.send(&text("a")).await;
        let calls = bench.fake.calls(CUSTOM_SEND).len();
        match class {
            Class::Token => {
                assert!(matches!(outcome, Outcome::Later { .. }), "{error_code}: {outcome:?}");
                assert_eq!(calls, 2, "{error_code}");
            }
            Class::Busy | Class::DailyQuota | Class::MinuteQuota => {
                let Outcome::Later { at, reason } = outcome else { panic!("{outcome:?}") };
                assert!(at > bench.clock.now(), "{error_code}");
                assert!(reason.contains("rid: 6565"), "{reason}");
                assert_eq!(calls, 1, "{error_code}");
            }
            _ => {
                let Outcome::Refused(error) = outcome else { panic!("{outcome:?}") };
                assert_eq!((error.code, error.class), (*error_code, *class));
                assert!(error.message.contains("rid: 6565"), "{error}");
                assert_eq!(calls, 1, "{error_code}");
            }
        }
        let alarm = class.needs_operator();
        assert_eq!(bench.api.alarms().len(), usize::from(alarm), "{error_code}");
    }
}

#[tokio::test]
async fn a_quota_closes_its_api_until_it_comes_back() {
    for (error_code, open_again) in [(45011, 60), (45009, 86_400)] {
        let bench = bench().await;
        bench.fake.fail(CUSTOM_SEND, Fault::Error(error_code), Some(1));
        for _ in 0..10 {
            let outcome = bench.api.send(&text("a")).await;
            let Outcome::Later { at, .. } = outcome else { panic!("{outcome:?}") };
            assert!(at <= bench.after(open_again), "{at}");
        }
        assert_eq!(bench.fake.calls(CUSTOM_SEND).len(), 1, "{error_code}");
        // Another API is not concerned.
        assert!(matches!(bench.api.send(&template("k")).await, Outcome::Sent { .. }));
        bench.advance(open_again);
        assert_eq!(bench.api.send(&text("a")).await, SENT);
    }
}

#[tokio::test]
async fn what_is_not_an_answer_is_unknown_unless_nothing_was_done() {
    let slow = Fault::Slow(Duration::from_millis(1500));
    // Fault; does nobody know whether it went. The outbox knows which may be sent again.
    for (fault, unknown) in [
        (slow, true),
        (Fault::Drop, true),
        (Fault::Status(504), true),
        (Fault::Body("<html>login to the network</html>"), true),
        (Fault::Body(""), true),
        (Fault::Status(500), false),
        (Fault::Status(502), false),
        (Fault::Status(503), false),
        (Fault::Status(429), false),
    ] {
        let bench = bench().await;
        for path in [CUSTOM_SEND, TEMPLATE_SEND, BIZSEND] {
            bench.fake.fail(path, fault.clone(), Some(1));
        }
        for message in [text("a"), subscription(), template("k")] {
            let outcome = bench.api.send(&message).await;
            let is_unknown = matches!(outcome, Outcome::Unknown(_));
            assert_eq!(is_unknown, unknown, "{fault:?} {message:?}: {outcome:?}");
            let is_later = matches!(outcome, Outcome::Later { .. });
            assert_eq!(is_later, !unknown, "{fault:?} {message:?}: {outcome:?}");
            assert_eq!(bench.fake.calls(message.path()).len(), 1, "nothing is sent twice");
        }
        // The template goes out again, and arrives once.
        assert!(matches!(bench.api.send(&template("k")).await, Outcome::Sent { .. }));
        let inbox = bench.fake.inbox("o1");
        assert_eq!(inbox.iter().filter(|m| m.get("client_msg_id").is_some()).count(), 1);
    }
}

#[tokio::test]
async fn errors_never_show_the_token() {
    let bench = bench().await;
    for fault in [
        Fault::Drop,
        Fault::Slow(Duration::from_millis(1500)),
        Fault::Status(404),
        Fault::Error(48001),
    ] {
        bench.fake.fail(CUSTOM_SEND, fault.clone(), Some(1));
        let shown = format!("{:?} {:?}", bench.api.send(&text("a")).await, bench.api.alarms());
        assert!(!shown.contains("token-0") && !shown.contains(SECRET), "{shown}");
    }
    let nowhere = api_at(&nobody().await, SECRET, Arc::clone(&bench.clock));
    let outcome = nowhere.send(&text("a")).await;
    assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
    assert!(!format!("{outcome:?}").contains(SECRET));
}

#[tokio::test]
async fn media_is_streamed_within_a_limit() {
    let bench = bench().await;
    let photo = vec![7_u8; 300_000];
    bench.fake.add_media("photo", "image/jpeg", &photo);
    bench.fake.add_media("film", "video/mp4", &photo);
    for (id, limit, expect) in [
        ("photo", 300_000, Ok("image/jpeg")),
        ("film", 300_000, Ok("video/mp4")),
        ("photo", 299_999, Err(CallError::TooLarge(299_999))),
        ("film", 10, Err(CallError::TooLarge(10))),
    ] {
        let fetched = match bench.api.fetch_media(id, limit).await {
            Ok(mut media) => {
                let mut bytes = Vec::new();
                while let Some(chunk) = media.chunk().await.unwrap() {
                    bytes.extend_from_slice(&chunk);
                }
                assert!(bytes == photo, "{id}");
                Ok(media.content_type)
            }
            Err(error) => Err(error),
        };
        assert_eq!(fetched, expect.map(str::to_owned), "{id} {limit}");
    }
    let gone = bench.api.fetch_media("gone", 1).await.map(|media| media.content_type);
    assert!(
        matches!(&gone, Err(CallError::Refused(error)) if error.class == Class::MediaGone),
        "{gone:?}"
    );
    bench.fake.void_tokens();
    assert!(bench.api.fetch_media("photo", 300_000).await.is_ok());
    for fault in [Fault::Body(r#"{"video_url":"no url"}"#), Fault::Body("<html>")] {
        bench.fake.fail(MEDIA_GET, fault.clone(), Some(1));
        let odd = bench.api.fetch_media("photo", 300_000).await.map(|media| media.content_type);
        assert!(matches!(odd, Err(CallError::Unknown(_))), "{fault:?}: {odd:?}");
    }
}

#[tokio::test]
async fn menus_and_qr_codes() {
    let bench = bench().await;
    let button = Button::Click { name: "反映问题".to_owned(), key: "report".to_owned() };
    let menu = api::menu_request(&[button]).unwrap();
    assert_eq!(bench.api.create_menu(menu).await, Ok(()));
    let ticket = bench.api.create_qrcode("v:liuhe-3", Some(60)).await.unwrap();
    assert!(ticket.contains("v:liuhe-3"), "{ticket}");
    let refused = bench.api.create_qrcode("", None).await;
    assert!(matches!(&refused, Err(CallError::Refused(e)) if e.code == 40053), "{refused:?}");
}
