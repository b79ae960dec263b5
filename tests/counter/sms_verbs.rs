//! 查 催 补 撤 评 续 by SMS with a number in every form that people write, and what stands
//! beside them: 保密, 人工, TD and 恢复.

use fake_wechat::FakeSms;

use crate::county::{County, number_in};
use crate::sms_talk::{PHONE, opened, report, write};

/// The rows of verbs.tsv with the number put in.
fn filled(text: &str, digits: &str) -> String {
    let parts = [&digits[..3], &digits[3..6], &digits[6..]];
    let said = |zeros: &str| -> String {
        let chinese = |c: char| zeros.chars().nth(c.to_digit(10).unwrap() as usize).unwrap();
        digits.chars().map(chinese).collect()
    };
    let wide = |c: char| char::from_u32(c as u32 - u32::from(b'0') + '０' as u32).unwrap();
    let wrong = format!("{}{}", &digits[..8], (digits.as_bytes()[8] - b'0' + 1) % 10);
    let forms = [
        ("{h}", parts.join("-")),
        ("{n}", digits.to_owned()),
        ("{s}", parts.join(" ")),
        ("{f}", digits.chars().map(wide).collect()),
        ("{c}", said("〇一二三四五六七八九")),
        ("{y}", said("零幺两三四五六七八九")),
        ("{6}", digits[3..].to_owned()),
        ("{3}", digits[6..].to_owned()),
        ("{x}", wrong),
    ];
    forms.iter().fold(text.to_owned(), |text, (name, form)| text.replace(name, form))
}

/// A case of hers in that state.
async fn case_in(county: &mut County, fake: &FakeSms, phone: &str, state: &str) -> String {
    let number = report(county, fake, phone).await;
    if state != "open" {
        let mut clerk = county.clerk_again().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let done = [("outcome", "solved"), ("text", "垃圾已经清理，以后每天来拉一次")];
        clerk.act(&number, "reply", &done).await;
    }
    number
}

#[tokio::test]
async fn each_verb_takes_a_number_in_every_form() {
    let (mut county, fake) = opened().await;
    drop(county.clerk().await);
    let rows = include_str!("../fixtures/sms/verbs.tsv");
    let rows: Vec<Vec<&str>> = rows
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    let mut failed = Vec::new();
    let mut hers = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let phone = format!("137{n:08}");
        hers.push((case_in(&mut county, &fake, &phone, row[0]).await, phone));
    }
    // The answers are out, and the ratings are offered.
    county.pass(400).await;
    for (row, (number, phone)) in rows.iter().zip(&hers).filter(|(row, _)| row[0] == "closed") {
        let said = write(&county, &fake, phone, "1").await;
        assert!(said.contains("评价记下了"), "{row:?} {number} {said}");
    }
    county.pass(400).await;
    for (row, (number, phone)) in rows.iter().zip(&hers) {
        let text = filled(row[1], number);
        let said = write(&county, &fake, phone, &text).await;
        if !said.contains(&filled(row[2], number)) {
            failed.push(format!("{} {text}: {said}", row[0]));
        }
    }
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), rows.len(), failed.join("\n"));
}

#[tokio::test]
async fn what_she_does_by_sms_stands_in_the_case() {
    let (county, fake) = opened().await;
    drop(county.clerk().await);
    let number = report(&county, &fake, PHONE).await;
    let page = async || county.clerk_again().await.get(&format!("/desk/cases/{number}")).await;
    write(&county, &fake, PHONE, &filled("补 {c} 灯杆也歪了，快倒了", &number)).await;
    assert!(page().await.contains("灯杆也歪了，快倒了"));
    write(&county, &fake, PHONE, &filled("催 {6}", &number)).await;
    assert!(page().await.contains("催了1次"));
    let said = write(&county, &fake, PHONE, &filled("催 {h}", &number)).await;
    assert!(!said.contains("已催办") && page().await.contains("催了1次"), "once a day: {said}");
    // Somebody else's number shows nothing of it.
    let said = write(&county, &fake, "13900139000", &filled("查 {h}", &number)).await;
    assert!(!said.contains("大黑坨"), "{said}");
    write(&county, &fake, PHONE, &filled("撤 {y}", &number)).await;
    write(&county, &fake, PHONE, "跳过").await;
    let said = write(&county, &fake, PHONE, "1").await;
    assert!(said.contains("已撤回") && number_in(&said) == number, "{said}");
    assert!(page().await.contains("撤回"));
}

#[tokio::test]
async fn a_clerk_is_called_by_sms_and_answers_by_sms() {
    let (county, fake) = opened().await;
    drop(county.clerk().await);
    let said = write(&county, &fake, PHONE, "人工").await;
    assert!(!said.is_empty());
    let said = write(&county, &fake, PHONE, "我家门口的路断了，想问问").await;
    assert_eq!(said, "", "a person is in charge");
    let mut clerk = county.clerk_again().await;
    let tasks = clerk.tasks("我家门口的路断了").await;
    assert_eq!(tasks.len(), 1);
    clerk.csrf = clerk.csrf_of(&tasks[0]).await;
    let before = fake.texts_to(PHONE).len();
    let (status, text) =
        clerk.post(&format!("{}/write", tasks[0]), &[("text", "明天派人去看")]).await;
    assert_eq!(status, 303, "{text}");
    county.settle().await;
    assert_eq!(fake.texts_to(PHONE)[before..], ["明天派人去看"]);
    drop(clerk);
    // And her words that stop everything work there too.
    write(&county, &fake, PHONE, "TD").await;
    let said = write(&county, &fake, PHONE, "恢复").await;
    assert!(said.contains("以后有消息还用短信告诉您"), "{said}");
}

#[tokio::test]
async fn every_word_that_stops_starts_or_says_that_the_number_is_not_hers() {
    let (mut county, fake) = opened().await;
    drop(county.clerk().await);
    let stop = ["R", "T", "TD", "N", "td", "Ｔ", "退订", "拒收", "stop", "不要再发了", "退订。"];
    let start = ["恢复", "恢复短信", "开通短信", "HF", "start"];
    for (n, word) in stop.iter().enumerate() {
        let phone = format!("136{n:08}");
        report(&county, &fake, &phone).await;
        assert_eq!(write(&county, &fake, &phone, word).await, "", "{word}");
        let said = write(&county, &fake, &phone, start[n % start.len()]).await;
        assert!(said.contains("以后有消息还用短信告诉您"), "{word}: {said}");
    }
    let not_hers = ["不是本人", "打错了", "发错了", "换号了", "不认识", "不是我", "打错了！"];
    for (n, word) in not_hers.iter().enumerate() {
        let phone = format!("135{n:08}");
        let number = report(&county, &fake, &phone).await;
        county.pass(3_600).await;
        let said = write(&county, &fake, &phone, word).await;
        assert!(said.contains("不再往这个号码发了"), "{word}: {said}");
        let said = write(&county, &fake, &phone, &format!("查 {number}")).await;
        assert!(!said.contains("大黑坨"), "{word}: {said}");
    }
}
