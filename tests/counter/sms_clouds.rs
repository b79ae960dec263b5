//! The cloud providers and an aggregator, each played by a fake that checks signatures.

use fake_wechat::{FakeSms, SmsFault, twilio_signature};
use serde_json::{Value, json};

use crate::county::{County, SMS_SECRET, VILLAGER, county, number_in};
use crate::sms_fallback::code_in;
use crate::sms_talk::PHONE;

const KINDS: [&str; 2] = ["other", "link_code"];

pub fn aliyun(fake: &FakeSms) -> String {
    let templates: String = KINDS
        .iter()
        .map(|kind| match *kind {
            "link_code" => "link_code = { id = \"SMS_2\", fill = [\"code=code\"] }\n".to_owned(),
            kind => format!("{kind} = {{ id = \"SMS_1\", fill = [\"no=number\", \"s=state\"] }}\n"),
        })
        .collect();
    format!(
        "[sms.cloud]\nprovider = \"aliyun\"\naccess_key_id = \"id\"\nsign_name = \"某县便民\"\n\
         access_key_secret_env = \"SMS_KEY\"\npath_secret_env = \"SMS_PATH\"\napi = \"{}\"\n\
         per_second = 1000\n[sms.cloud.templates]\n{templates}",
        fake.url
    )
}

pub fn tencent(fake: &FakeSms) -> String {
    let templates: String = KINDS
        .iter()
        .map(|kind| match *kind {
            "link_code" => "link_code = { id = \"2\", fill = [\"code\"] }\n".to_owned(),
            kind => format!("{kind} = {{ id = \"1\", fill = [\"tail\", \"state\"] }}\n"),
        })
        .collect();
    format!(
        "[sms.cloud]\nprovider = \"tencent\"\nsecret_id = \"id\"\nsign_name = \"某县便民\"\n\
         app_id = \"1400\"\nsecret_key_env = \"SMS_KEY\"\npath_secret_env = \"SMS_PATH\"\n\
         api = \"{}\"\nper_second = 1000\n[sms.cloud.templates]\n{templates}",
        fake.url
    )
}

/// A villager on WeChat whose telephone is linked, and whose WeChat carries nothing more.
pub async fn linked(settings: String, fake: &FakeSms) -> (County, String) {
    let mut county = county().settings(&settings).open().await;
    let number = county.report(VILLAGER).await;
    county.say(VILLAGER, "绑定手机").await;
    county.say(VILLAGER, PHONE).await;
    county.settle().await;
    assert_eq!(fake.wrong(), Vec::<String>::new());
    let said = county.say(VILLAGER, &code_in(&fake.last().text)).await;
    assert!(said.contains("绑好了"), "{said}");
    // WeChat's two days are over, and nothing is late yet.
    county.pass(49 * 3600).await;
    (county, number)
}

/// A callback; gives status and answer.
pub async fn call(county: &County, body: Value) -> (u16, String) {
    let url = format!("{}/sms/cloud/{SMS_SECRET}/receipts", county.base);
    let request = county.http.post(url).header("content-type", "application/json");
    let answer = request.body(body.to_string()).send().await.unwrap();
    let result = (answer.status().as_u16(), answer.text().await.unwrap());
    county.settle().await;
    result
}

pub async fn dispatch(county: &mut County, number: &str) {
    let mut clerk = county.clerk().await;
    clerk.act(number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(301).await;
}

#[tokio::test]
async fn aliyun_carries_templates_tells_receipts_and_brings_answers() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let (mut county, number) = linked(aliyun(&fake), &fake).await;
    dispatch(&mut county, &number).await;
    let sms = fake.last();
    assert_eq!((sms.template.as_str(), sms.to.as_str()), ("SMS_1", PHONE));
    assert_eq!(sms.variables[0].replace('-', ""), number);
    assert_eq!(sms.variables[1], "已派单");
    // In one call: a receipt, one for somebody else's number, something broken, an answer.
    let receipt = |phone: &str| {
        json!({ "phone_number": phone, "success": true, "err_code": "DELIVERED",
            "biz_id": "1^0", "out_id": sms.id, "sms_size": "1" })
    };
    let (status, body) = call(&county, json!([receipt("13900000000")])).await;
    assert_eq!((status, body.as_str()), (200, "{\"code\":0,\"msg\":\"接收成功\"}"));
    let page = async || county.clerk_again().await.get(&format!("/desk/cases/{number}")).await;
    assert!(!page().await.contains("已送到"), "another number");
    let wrote = json!({ "phone_number": PHONE, "content": "2", "dest_code": "10690001",
        "send_time": "2026-11-24 10:00:00", "sequence_id": 7 });
    let both = json!([receipt(PHONE), 5, wrote]);
    assert_eq!(call(&county, both.clone()).await.0, 200);
    assert!(page().await.contains("已送到"));
    let sent = fake.taken().len();
    // The answer to her "2" is free text, which this channel does not carry: a clerk phones.
    assert_eq!(county.clerk_again().await.tasks("打电话回复她").await.len(), 1);
    // The whole call once more, as Aliyun does: nothing new happens.
    assert_eq!(call(&county, both).await.0, 200);
    assert_eq!(fake.taken().len(), sent);
    assert_eq!(county.clerk_again().await.tasks("打电话回复她").await.len(), 1);
    assert_eq!(call(&county, json!("x")).await.0, 400);
}

#[tokio::test]
async fn aliyun_in_trouble() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let (mut county, number) = linked(aliyun(&fake), &fake).await;
    let before = fake.taken().len();
    let answer = |code: &str| SmsFault::Answer(200, json!({ "Code": code }).to_string());
    fake.fail(answer("isp.SYSTEM_ERROR"));
    fake.fail(answer("isv.BUSINESS_LIMIT_CONTROL"));
    dispatch(&mut county, &number).await;
    county.pass(2).await;
    assert_eq!(fake.taken().len(), before, "throttled until the next minute");
    county.pass(61).await;
    assert_eq!(fake.taken().len(), before + 1);
    // Out of money: the channel rests, somebody is told, and nothing is lost.
    fake.fail(answer("isv.AMOUNT_NOT_ENOUGH"));
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "正在清理")]).await;
    drop(clerk);
    county.pass(301).await;
    assert_eq!(fake.taken().len(), before + 1);
    assert!(county.health().await["problems"].to_string().contains("余额不足"));
    county.pass(601).await;
    assert_eq!(fake.taken().len(), before + 2);
}

#[tokio::test]
async fn tencent_carries_six_characters_and_knows_who_wants_nothing() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let (mut county, number) = linked(tencent(&fake), &fake).await;
    dispatch(&mut county, &number).await;
    let sms = fake.last();
    assert_eq!(sms.variables, [&number[5..], "已派单"]);
    assert_eq!(fake.wrong(), Vec::<String>::new());
    let receipt = json!([{ "mobile": PHONE, "nationcode": "86", "report_status": "SUCCESS",
        "errmsg": "DELIVRD", "sid": "1", "ext": sms.id }]);
    let (status, body) = call(&county, receipt).await;
    assert_eq!((status, body.as_str()), (200, "{\"result\":0,\"errmsg\":\"OK\"}"));
    // She is on the platform's black list: it is not tried again, for this message or another.
    let blacklisted = json!({ "Response": { "SendStatusSet":
        [{ "Code": "FailedOperation.PhoneNumberInBlacklist" }] } });
    fake.fail(SmsFault::Answer(200, blacklisted.to_string()));
    let sent = fake.taken().len();
    for text in ["正在清理", "快清完了"] {
        let mut clerk = county.clerk_again().await;
        clerk.act(&number, "progress", &[("text", text)]).await;
        drop(clerk);
        county.pass(301).await;
    }
    assert_eq!(fake.taken().len(), sent);
    assert_eq!(county.clerk_again().await.tasks("打电话告诉她").await.len(), 2);
    // Her TD comes as a reply.
    let td = json!({ "mobile": PHONE, "nationcode": "86", "text": "TD", "time": 1_764_000_000,
        "sign": "某县便民", "extend": "01" });
    assert_eq!(call(&county, td).await.0, 200);
    assert_eq!(fake.taken().len(), sent);
}

#[tokio::test]
async fn twilio_signs_and_is_answered_in_twiml() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let settings = format!(
        "[sms.abroad]\nprovider = \"twilio\"\naccount_sid = \"AC1\"\nfrom = \"+15005550006\"\n\
         auth_token_env = \"SMS_TOKEN\"\npath_secret_env = \"SMS_PATH\"\napi = \"{}\"\n\
         callback = \"{{base}}\"\nper_second = 1000\ntwiml = true\n",
        fake.url
    );
    let mut county = county().settings(&settings).open().await;
    let url = format!("{}/sms/abroad/{SMS_SECRET}", county.base);
    let post = async |county: &County, url: &str, token: &str, form: &[(&str, &str)]| {
        let signature = twilio_signature(token, url, form);
        let request = county.http.post(url).header("x-twilio-signature", signature).form(form);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let form = [
        ("MessageSid", "SM1"),
        ("AccountSid", "AC1"),
        ("From", "+8613800138000"),
        ("To", "+15005550006"),
        ("Body", "1"),
    ];
    assert_eq!(post(&county, &url, "wrong", &form).await.0, 403);
    let (status, first) = post(&county, &url, SMS_SECRET, &form).await;
    assert_eq!(status, 200);
    assert!(first.contains("<Message>在哪个村？请回村名</Message>"), "{first}");
    // Delivered again, much later: the same answer.
    assert_eq!(post(&county, &url, SMS_SECRET, &form).await.1, first);
    assert!(fake.taken().is_empty(), "nothing went out beside it");
    let text = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三";
    let form = [&form[1..4], &[("MessageSid", "SM2"), ("Body", text)]].concat();
    post(&county, &url, SMS_SECRET, &form).await;
    let form = [&form[..3], &[("MessageSid", "SM3"), ("Body", "对")]].concat();
    let (_, said) = post(&county, &url, SMS_SECRET, &form).await;
    let number = number_in(&said);
    // A notice goes by REST, and its reports are believed when they are signed.
    dispatch(&mut county, &number).await;
    let sms = fake.last();
    assert!(sms.text.contains("已交城管局办理") && fake.wrong().is_empty());
    let form = [("MessageSid", "SM9"), ("MessageStatus", "delivered"), ("To", "+8613800138000")];
    assert_eq!(post(&county, &sms.report_url, "wrong", &form).await.0, 403);
    let (status, body) = post(&county, &sms.report_url, SMS_SECRET, &form).await;
    assert_eq!((status, body.contains("<Response/>")), (200, true));
    let page = county.clerk_again().await.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("已送到"));
}

#[tokio::test]
async fn an_aggregator_that_is_described_in_the_settings() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let settings = format!(
        "[sms.cloud]\nprovider = \"json\"\napi = \"{}/send\"\nsecret_env = \"SMS_KEY\"\n\
         path_secret_env = \"SMS_PATH\"\ncode = \"code\"\nok = [\"0\"]\nbusy = [\"33\"]\n\
         message_id = \"data.sid\"\nper_second = 1000\n\
         body = {{ mobile = \"{{to}}\", content = \"{{text}}\", uid = \"{{id}}\", key = \"{{secret}}\" }}\n\
         inbound = {{ list = \"data\", from = \"mobile\", text = \"content\", id = \"msgid\" }}\n\
         report = {{ list = \"data\", ours = \"uid\", theirs = \"sid\", state = \"stat\", \
         delivered = [\"DELIVRD\"], failed = [\"UNDELIV\"] }}\n",
        fake.url
    );
    let county = county().settings(&settings).open().await;
    let wrote = json!({ "data": [{ "mobile": PHONE, "content": "1", "msgid": 1 }] });
    assert_eq!(call(&county, wrote.clone()).await, (200, "{\"code\":0}".into()));
    assert_eq!(fake.texts_to(PHONE), ["在哪个村？请回村名"]);
    assert_eq!(call(&county, wrote).await.0, 200);
    assert_eq!(fake.taken().len(), 1);
    let report = json!({ "data": [{ "uid": fake.last().id, "sid": 0, "stat": "DELIVRD" }] });
    assert_eq!(call(&county, report).await.0, 200);
    assert_eq!(county.health().await["details"]["delivered"], 1);
}
