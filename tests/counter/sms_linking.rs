//! One person, two channels: codes in either direction, and all that must not work.

use fake_wechat::FakeSms;

use crate::county::{County, SMS_SECRET, VILLAGER, county, number_in};
use crate::sms_fallback::{code_in, link};
use crate::sms_talk::{PHONE, modem, opened, report, write};

const OTHER: &str = "oVillager00000000000000000002";

async fn ask_for_code(county: &County, fake: &FakeSms, who: &str, phone: &str) -> Option<String> {
    let before = fake.texts_to(phone).len();
    county.say(who, "绑定手机").await;
    let said = county.say(who, phone).await;
    assert!(said.contains(&format!("验证码发到{phone}了")), "always the same words: {said}");
    county.settle().await;
    fake.texts_to(phone).get(before).map(|text| code_in(text))
}

#[tokio::test]
async fn from_sms_to_wechat() {
    let (county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    let said = write(&county, &fake, PHONE, "绑定").await;
    let code = said.split("绑定").nth(1).unwrap()[..6].to_owned();
    let typed = format!("绑定 {}", code.to_lowercase());
    assert!(county.say(VILLAGER, &typed).await.contains("绑好了"));
    assert_eq!(number_in(&county.say(VILLAGER, "查进度").await), number);
    assert!(county.say(OTHER, &typed).await.contains("没有绑上"), "it works once");
    assert!(county.say(OTHER, "查进度").await.contains("没有查到"));
}

#[tokio::test]
async fn a_code_dies_after_ten_minutes() {
    let (mut county, fake) = opened().await;
    let code = ask_for_code(&county, &fake, VILLAGER, PHONE).await.unwrap();
    county.pass(601).await;
    assert!(county.say(VILLAGER, &code).await.contains("验证码不对"));
    let said = write(&county, &fake, PHONE, "绑定").await;
    let code = said.split("绑定").nth(1).unwrap()[..6].to_owned();
    county.pass(601).await;
    assert!(county.say(OTHER, &format!("绑定{code}")).await.contains("没有绑上"));
}

#[tokio::test]
async fn a_code_is_for_one_wechat_and_five_tries() {
    let (county, fake) = opened().await;
    report(&county, &fake, PHONE).await;
    let code = ask_for_code(&county, &fake, VILLAGER, PHONE).await.unwrap();
    // Somebody else has seen it.
    ask_for_code(&county, &fake, OTHER, PHONE).await;
    assert!(county.say(OTHER, &code).await.contains("验证码不对"));
    for wrong in ["000001", "000002"] {
        county.say(OTHER, wrong).await;
    }
    assert!(county.say(OTHER, "查进度").await.contains("没有查到"));
    // Five wrong ones, and the right one does not help any more.
    for n in 0..5 {
        county.say(VILLAGER, &format!("绑定ABCDE{}", n + 2)).await;
    }
    county.say(VILLAGER, &code).await;
    county.say(VILLAGER, "取消").await;
    assert!(county.say(VILLAGER, "查进度").await.contains("没有查到"));
}

#[tokio::test]
async fn nobody_is_told_whether_a_number_is_known_nor_sent_codes_without_end() {
    let (mut county, fake) = opened().await;
    report(&county, &fake, PHONE).await;
    assert!(ask_for_code(&county, &fake, VILLAGER, "13900139000").await.is_some());
    // The fourth of a day is not sent, and she hears the same.
    let mut codes = 0;
    for who in [
        "oVillager0000000000000000000A",
        "oVillager0000000000000000000B",
        "oVillager0000000000000000000C",
        "oVillager0000000000000000000D",
    ] {
        codes += usize::from(ask_for_code(&county, &fake, who, PHONE).await.is_some());
    }
    assert_eq!(codes, 3);
    // Who wants no messages gets no code either.
    write(&county, &fake, "13900139000", "TD").await;
    county.pass(60).await;
    assert!(ask_for_code(&county, &fake, OTHER, "13900139000").await.is_none());
}

#[tokio::test]
async fn unlinking_gives_each_what_was_hers() {
    let (mut county, fake) = opened().await;
    let by_sms = report(&county, &fake, PHONE).await;
    let by_wechat = county.report(VILLAGER).await;
    link(&county, &fake).await;
    let both = county.say(VILLAGER, "查进度").await;
    assert!(both.contains("2件事"), "{both}");
    county.say(VILLAGER, "取消").await;
    county.say(VILLAGER, "解绑").await;
    assert!(county.say(VILLAGER, "是").await.contains("解开了"));
    assert_eq!(number_in(&county.say(VILLAGER, "查进度").await), by_wechat);
    let said = write(&county, &fake, PHONE, "2").await;
    assert_eq!(number_in(&said), by_sms, "{said}");
    // And her notices go where they went before.
    let before = fake.taken().len();
    let mut clerk = county.clerk().await;
    clerk.act(&by_wechat, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(600).await;
    assert_eq!(fake.taken().len(), before);
}

#[tokio::test]
async fn a_number_that_changed_hands() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let mut county = county().settings(&modem(&fake)).open().await;
    let number = report(&county, &fake, PHONE).await;
    let said = write(&county, &fake, PHONE, "不是本人").await;
    assert!(said.contains("不再往这个号码发了"), "{said}");
    let mut clerk = county.clerk().await;
    assert_eq!(clerk.tasks("换了人").await.len(), 1);
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    let before = fake.taken().len();
    county.pass(600).await;
    assert_eq!(fake.taken().len(), before, "the new owner hears nothing of it");
    assert!(write(&county, &fake, PHONE, "2").await.contains("没有查到"));
    // A number of which nothing is heard for half a year is no longer trusted.
    let number = report(&county, &fake, "13900139000").await;
    county.pass(181 * 24 * 3600).await;
    let before = fake.taken().len();
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(600).await;
    assert_eq!(fake.taken().len(), before);
}
