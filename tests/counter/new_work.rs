//! New work reaches a department, and what can not wait the platform: by short message where there is
//! a mobile, else somebody telephones.

use bianmin::county::Departments;
use bianmin::office::{Role, Tables};
use fake_wechat::FakeSms;

use super::county::{Clerk, County, SMS_SECRET, VILLAGER, county, number_in, part};
use super::sms_talk::modem;

const CITY: &str = "13900000001";
const WATER: &str = "13900000002";
const DUTY: &str = "13900000009";
const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const DAY: i64 = 24 * 3_600;
const HOUR: i64 = 3_600;

fn with_mobiles(tables: &mut Tables) {
    let mut text = String::new();
    for line in include_str!("../../county/departments.csv").lines() {
        let mut cells: Vec<&str> = line.split(',').collect();
        match cells[0] {
            "城管" => cells[4] = CITY,
            "水利" => cells[4] = WATER,
            _ => {}
        }
        text.push_str(&(cells.join(",") + "\n"));
    }
    tables.departments = Departments::parse(&text).unwrap();
}

async fn with_sms(at: &str) -> (County, FakeSms) {
    let fake = FakeSms::start(SMS_SECRET).await;
    let duty = format!("duty_phone = \"{DUTY}\"\n");
    let built = county().at(at).settings(&modem(&fake)).tables(with_mobiles);
    (built.desk(&duty).open().await, fake)
}

fn told(fake: &FakeSms, phone: &str, words: &str) -> usize {
    fake.texts_to(phone).iter().filter(|text| text.contains(words)).count()
}

#[tokio::test]
async fn a_dispatch_and_a_redo_reach_the_departments_mobile() {
    let (mut county, fake) = with_sms("2026-11-23T10:00:00+08:00").await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        let to = [("department", "城管"), ("helper", "水利")];
        clerk.act(&number, "dispatch", &to).await;
        county.settle().await;
        assert_eq!(told(&fake, CITY, "派给你们单位"), 1, "{:?}", fake.texts_to(CITY));
        assert_eq!(told(&fake, WATER, "请你们单位协办"), 1, "{:?}", fake.texts_to(WATER));
        assert!(clerk.tasks("请打电话").await.is_empty());
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    county.talk(VILLAGER, &["不满意", "又堆上了"]).await;
    county.settle().await;
    assert_eq!(told(&fake, CITY, "要重办"), 1, "{:?}", fake.texts_to(CITY));

    // In the evening it waits for the office, what can not wait does not.
    county.pass(10 * HOUR).await;
    let mut clerk = county.clerk_again().await;
    let slow = clerk.file("13800138001", "0501", "楼道没人扫").await;
    let urgent = clerk.file("13800138002", "0201", "全村停水了").await;
    clerk.act(&slow, "dispatch", &[("department", "水利")]).await;
    clerk.act(&urgent, "dispatch", &[("department", "城管")]).await;
    county.settle().await;
    assert_eq!((told(&fake, WATER, "派给你们单位"), told(&fake, CITY, "派给你们单位")), (0, 2));
    drop(clerk);
    county.pass(13 * HOUR).await;
    assert_eq!(told(&fake, WATER, "派给你们单位"), 1);
    // Late it is told so as well.
    county.pass(4 * DAY).await;
    assert!(told(&fake, WATER, "超期了") == 1, "{:?}", fake.texts_to(WATER));
}

#[tokio::test]
async fn whom_no_message_reaches_somebody_telephones() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let more = clerk.file("13800138001", "0501", "楼道没人扫").await;
    clerk.act(&more, "dispatch", &[("department", "城管")]).await;
    let [task] = &clerk.tasks("请打电话告诉城管局").await[..] else { panic!("one task") };
    let page = clerk.get(task).await;
    assert_eq!(page.matches("派给你们单位").count(), 2, "{page}");
    // It has seen it.
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    lead.act(&number, "accept", &[]).await;
    assert!(clerk.tasks("请打电话告诉城管局").await.is_empty());

    // Nobody accepts what can not wait: that is telephoned as well.
    let urgent = clerk.file("13800138002", "0201", "全村停水了").await;
    clerk.act(&urgent, "dispatch", &[("department", "水利")]).await;
    assert_eq!(clerk.tasks("紧急，请打电话给水利局").await.len(), 1);
    drop((clerk, lead));
    county.pass(HOUR).await;
    let clerk = county.clerk_again().await;
    let [task] = &clerk.tasks("紧急，请打电话给水利局").await[..] else {
        panic!("one task")
    };
    assert!(clerk.get(task).await.contains("半小时没有人签收"));
}

#[tokio::test]
async fn the_duty_telephone_hears_what_can_not_wait() {
    let (mut county, fake) = with_sms("2026-11-23T10:00:00+08:00").await;
    let said = county.say(VILLAGER, "大黑坨村东头着火了，快来人").await;
    let number = number_in(&said);
    county.settle().await;
    assert_eq!(told(&fake, DUTY, "着火"), 1, "{:?}", fake.texts_to(DUTY));
    county.pass(HOUR).await;
    assert_eq!(told(&fake, DUTY, "到时还没有派单"), 1, "{:?}", fake.texts_to(DUTY));
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(HOUR).await;
    assert_eq!(told(&fake, DUTY, "没有人签收"), 1, "{:?}", fake.texts_to(DUTY));
}

async fn filed(clerk: &mut Clerk<'_>, fields: &[(&str, &str)]) -> Result<String, String> {
    clerk.csrf = clerk.csrf_of("/desk/new").await;
    let mut all = vec![("village", "胡家坨镇大黑坨村"), ("category", "0501")];
    all.extend(fields);
    match clerk.post("/desk/new", &all).await {
        (303, _) => Ok(part(&clerk.get("/desk").await, "href=\"/desk/cases/", "\"").to_owned()),
        (_, page) => Err(page),
    }
}

#[tokio::test]
async fn who_stands_at_the_centre_needs_no_telephone_and_is_asked_before_silence_ends_it() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        let words = [("name", "赵大娘"), ("text", "楼道没人扫")];
        let call = [&words[..], &[("came", "call")]].concat();
        assert!(filed(&mut clerk, &call).await.unwrap_err().contains("手机号"));
        let walk = [&words[..], &[("came", "window")]].concat();
        let number = filed(&mut clerk, &walk).await.unwrap();
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        assert!(page.contains("县中心窗口"), "{page}");
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
        number
    };
    county.pass(8 * DAY).await;
    let mut clerk = county.clerk_again().await;
    let path = format!("/desk/cases/{number}");
    assert!(clerk.get(&path).await.contains("已答复待评价"), "silence says nothing");
    let [task] = &clerk.tasks("回访").await[..] else { panic!("one task") };
    assert!(clerk.get(task).await.contains("她没有电话"));
    let asked = [("means", "agent"), ("reached", "yes"), ("solved", "yes"), ("grade", "satisfied")];
    clerk.act(&number, "call_back", &asked).await;
    assert!(clerk.get(&path).await.contains("办结"));
}

#[tokio::test]
async fn a_question_that_she_answered_is_the_first_contact() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
        lead.act(&number, "ask_info", &[("question", "请问是村东还是村西？")]).await;
    }
    county.pass(HOUR).await;
    county.say(VILLAGER, "在村东头老槐树旁边").await;
    county.pass(2 * DAY).await;
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("到时未办"), "{page}");
}

#[tokio::test]
async fn a_number_alone_shows_the_state_and_the_department() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let other = "oVillager00000000000000000002";
    let said = county.say(other, &number).await;
    assert!(said.contains("已转办（县城市管理综合行政执法局）"), "{said}");
    assert!(!said.contains("垃圾") && !said.contains("大黑坨"), "{said}");
    // Nor anything of what is confidential but how far it is.
    clerk.act(&number, "hide", &[("reason", "她要保密")]).await;
    let said = county.say(other, &number).await;
    assert!(said.contains("已转办") && !said.contains("城市管理"), "{said}");
    for _ in 0..3 {
        county.say(other, "126041273").await;
    }
    let said = county.say(other, &number).await;
    assert!(said.contains("查得太多了"), "{said}");
    // Hers she sees all the same.
    assert!(county.say(VILLAGER, &number).await.contains("垃圾"));
}
