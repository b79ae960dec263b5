//! A villager who has only SMS: what she writes, what she gets, and what she must never get.

use fake_wechat::{FakeSms, Sms};
use jiff::Timestamp;

use crate::county::{County, SMS_SECRET, county, number_in};

pub const PHONE: &str = "13800138000";
/// Nobody can tell what kind of matter this is: she is asked.
const UNCLEAR: &str = "那个东西还是老样子";

/// `[sms.modem]`, a Kannel that is played by the fake.
pub fn modem(fake: &FakeSms) -> String {
    format!(
        "[sms.modem]\nprovider = \"kannel\"\nusername = \"svc\"\npassword_env = \"SMS_PASSWORD\"\n\
         path_secret_env = \"SMS_PATH\"\nfrom = \"10690000\"\ncallback = \"{{base}}\"\n\
         api = \"{}/cgi-bin/sendsms\"\nper_second = 1000\n",
        fake.url
    )
}

pub async fn opened() -> (County, FakeSms) {
    let fake = FakeSms::start(SMS_SECRET).await;
    let limits = "[limits]\nmessages_per_minute = 1000\n";
    (county().settings(&modem(&fake)).settings(limits).open().await, fake)
}

/// One message by way of Kannel; gives the status of the answer.
pub async fn deliver(county: &County, id: &str, from: &str, text: &str) -> u16 {
    let url = format!("{}/sms/modem/{SMS_SECRET}", county.base);
    let at = Timestamp::now().as_second().to_string();
    let query = [("id", id), ("from", from), ("to", "1069000012"), ("ts", &at), ("text", text)];
    let answer = county.http.get(url).query(&query).send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(answer.text().await.unwrap(), "", "Kannel would send it on");
    status
}

static SERIAL: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// Writes by SMS; gives what came back, in one text.
pub async fn write(county: &County, fake: &FakeSms, from: &str, text: &str) -> String {
    let before = fake.texts_to(from).len();
    let serial = SERIAL.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(deliver(county, &format!("m{serial}"), from, text).await, 200);
    county.settle().await;
    assert_eq!(fake.wrong(), Vec::<String>::new());
    fake.texts_to(from)[before..].join("\n")
}

/// A whole report; gives the number as digits.
pub async fn report(county: &County, fake: &FakeSms, from: &str) -> String {
    let mut last = String::new();
    for text in ["大黑坨村的垃圾堆在路边十几天没人拉，我叫张三", "对"] {
        last = write(county, fake, from, text).await;
    }
    if last.contains("单独办") {
        last = write(county, fake, from, "2").await;
    }
    assert!(last.contains("已受理，编号"), "{last}");
    number_in(&last)
}

/// What the network says about a message.
pub async fn dlr(county: &County, sms: &Sms, status: u8, detail: &str) {
    let url = sms.report_url.replace("%d", &status.to_string());
    let url = url.replace("%A", detail).replace("%F", "f1").replace("%T", "1").replace("%i", "M");
    let answer = county.http.get(url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, ""));
    county.settle().await;
}

#[tokio::test]
async fn a_whole_complaint_by_sms_with_its_rating() {
    let (mut county, fake) = opened().await;
    for (say, part) in [
        ("你好", "回1反映问题，2查进度"),
        ("1", "在哪个村？"),
        ("小黑坨村", "请写是什么事"),
        (
            "昨天起全村没有电，冰箱都化了",
            "请核对：1 小黑坨村；2 停电；3 昨天起全村没有电，冰箱都化了；4 13800138000",
        ),
        ("对", "已受理，编号"),
    ] {
        let said = write(&county, &fake, PHONE, say).await;
        assert!(said.contains(part), "{say}: {said}");
    }
    let number = number_in(&fake.last().text);
    assert_eq!(fake.last().from, "1069000012", "from the number that she wrote to");
    let said = write(&county, &fake, PHONE, "2").await;
    assert!(said.contains(&fake_number(&number)), "{said}");
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk
        .act(
            &number,
            "reply",
            &[("outcome", "solved"), ("text", "线路已经修好，恢复供电，现场已经查看")],
        )
        .await;
    drop(clerk);
    let before = fake.taken().len();
    county.pass(360).await;
    // The dispatch was overtaken by the answer: one message.
    let news: Vec<String> = fake.taken()[before..].iter().map(|sms| sms.text.clone()).collect();
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(news[0].contains("线路已经修好") && news[0].contains("满意回1"), "{news:?}");
    county.pass(3 * 24 * 3600).await;
    let said = write(&county, &fake, PHONE, "1").await;
    assert!(said.contains("的评价记下了"), "a bare digit within 7 days: {said}");
}

fn fake_number(digits: &str) -> String {
    format!("{}-{}-{}", &digits[..3], &digits[3..6], &digits[6..])
}

#[tokio::test]
async fn a_digit_belongs_to_what_was_asked_last() {
    let (mut county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    // In the middle of a new report the answer to the old one arrives.
    write(&county, &fake, PHONE, "1").await;
    write(&county, &fake, PHONE, "小黑坨村").await;
    let said = write(&county, &fake, PHONE, UNCLEAR).await;
    assert!(said.contains("哪方面？"), "{said}");
    county.pass(60).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk
        .act(&number, "reply", &[("outcome", "solved"), ("text", "垃圾已经清理，以后每天来拉一次")])
        .await;
    drop(clerk);
    county.pass(400).await;
    assert!(fake.last().text.contains("满意回1"), "{}", fake.last().text);
    let said = write(&county, &fake, PHONE, "1").await;
    assert!(said.contains("的评价记下了") && said.contains("哪方面？"), "{said}");
    let said = write(&county, &fake, PHONE, "4").await;
    assert!(said.contains("2 别的事；3 "), "and the next one to the menu: {said}");
}

#[tokio::test]
async fn a_question_waits_a_week() {
    let (mut county, fake) = opened().await;
    write(&county, &fake, PHONE, "1").await;
    write(&county, &fake, PHONE, "小黑坨村").await;
    county.pass(6 * 24 * 3600).await;
    let said = write(&county, &fake, PHONE, UNCLEAR).await;
    assert!(said.contains("哪方面？"), "{said}");
    county.pass(8 * 24 * 3600).await;
    let said = write(&county, &fake, PHONE, "4").await;
    assert!(said.contains("还差"), "{said}");
}

#[tokio::test]
async fn td_stops_and_she_can_come_back() {
    let (mut county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    for word in ["TD", "td", "ＴＤ", " 退订 "] {
        assert_eq!(write(&county, &fake, PHONE, word).await, "", "{word}");
    }
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    county.pass(600).await;
    let clerk = county.clerk_again().await;
    assert_eq!(clerk.tasks("退订").await.len(), 1, "somebody phones");
    drop(clerk);
    // What she asks is answered; and she can come back.
    assert!(write(&county, &fake, PHONE, "2").await.contains(&fake_number(&number)));
    assert!(write(&county, &fake, PHONE, "恢复").await.contains("以后有消息还用短信告诉您"));
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "正在修")]).await;
    drop(clerk);
    county.pass(600).await;
    assert!(fake.last().text.contains("正在修"), "{}", fake.last().text);
}

#[tokio::test]
async fn machines_are_never_answered() {
    let (county, fake) = opened().await;
    for (n, from) in ["10690000", "106912345678", "10086", "95588", "BANK", "+8610690000", "12345"]
        .iter()
        .enumerate()
    {
        assert_eq!(deliver(&county, &format!("x{n}"), from, "您好，1").await, 200);
    }
    county.settle().await;
    assert!(fake.taken().is_empty(), "{:?}", fake.taken());
    assert_eq!(county.health().await["details"]["machines"], 7);
}

#[tokio::test]
async fn two_robots_do_not_talk_for_ever() {
    let (mut county, fake) = opened().await;
    for n in 0..20 {
        write(&county, &fake, PHONE, "您好，我现在不方便，稍后回复您").await;
        county.pass(20).await;
        assert!(fake.taken().len() <= 4, "message {n}");
    }
    // One that counts: never the same words twice.
    for n in 0..60 {
        write(&county, &fake, "13900139000", &"？".repeat(n + 1)).await;
        county.pass(10).await;
    }
    assert!(fake.texts_to("13900139000").len() <= 31, "{}", fake.texts_to("13900139000").len());
    // A person is answered again, an hour later.
    county.pass(3700).await;
    let said = write(&county, &fake, "13900139000", "1").await;
    assert!(!said.is_empty(), "{said} {:?}", fake.texts_to("13900139000"));
}

#[tokio::test]
async fn a_message_that_comes_again_is_one_message() {
    let (mut county, fake) = opened().await;
    assert_eq!(deliver(&county, "same", PHONE, "1").await, 200);
    county.settle().await;
    // Aliyun tries again after ten minutes, Kannel as long as it is told to.
    for _ in 0..3 {
        county.pass(700).await;
        assert_eq!(deliver(&county, "same", PHONE, "1").await, 200);
        county.settle().await;
    }
    assert_eq!(fake.taken().len(), 1);
    assert!(write(&county, &fake, PHONE, "小黑坨村").await.contains("请写是什么事"));
}

#[tokio::test]
async fn only_who_knows_the_secret_and_stands_in_the_right_place_is_heard() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let settings = format!("{}allow = [\"10.0.0.0/8\", \"192.168.1.1\"]\n", modem(&fake));
    let county = county().settings(&settings).open().await;
    let get = async |path: &str| {
        county.http.get(format!("{}{path}", county.base)).send().await.unwrap().status().as_u16()
    };
    let query = "?id=1&from=13800138000&to=1&text=1";
    assert_eq!(get(&format!("/sms/modem/wrongwrongwrongwrong{query}")).await, 404);
    assert_eq!(get(&format!("/sms/other/{SMS_SECRET}{query}")).await, 404);
    assert_eq!(get(&format!("/sms/modem/{SMS_SECRET}{query}")).await, 403);
    let (open, _fake) = opened().await;
    let url = format!("{}/sms/modem/{SMS_SECRET}", open.base);
    let status = async |query: &str| {
        open.http.get(format!("{url}{query}")).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("?id=1&to=1&text=1").await, 400);
    assert_eq!(status("?msg=unknown&d=1").await, 200);
    assert_eq!(status("?msg=unknown&d=77").await, 200);
}
