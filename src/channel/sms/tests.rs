//! Every provider against the vectors and cases of `tests/fixtures/sms`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

fn fixture(name: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sms/");
    let text = std::fs::read_to_string(format!("{folder}{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn made(name: &str) -> Box<dyn Provider> {
    let (text, secret) = match name {
        "kannel" => ("username = 'svc'\nfrom = '10690000'\nsmsc = 'M1'", "password_env"),
        "aliyun" => ("access_key_id = 'testid'\nsign_name = '某县服务'", "access_key_secret_env"),
        "tencent" => (
            "secret_id = 'AKIDEXAMPLE'\napp_id = '1400006666'\nsign_name = '某县服务'",
            "secret_key_env",
        ),
        "twilio" => (
            "account_sid = 'AC00000000000000000000000000000001'\nfrom = '+15005550006'",
            "auth_token_env",
        ),
        _ => (
            "api = 'http://agg.example.org/send'\ncode = 'code'\nok = ['0']\nbusy = ['33']\n\
             message_id = 'data.sid'\n\
             body = { mobile = '{to}', content = '{text}', uid = '{id}', key = '{secret}' }\n\
             inbound = { list = 'data', from = 'mobile', text = 'content', id = 'msgid' }\n\
             report = { list = 'data', ours = 'uid', theirs = 'sid', state = 'stat', \
             delivered = ['DELIVRD'], failed = ['UNDELIV'] }",
            "secret_env",
        ),
    };
    let table: toml::Table = text.parse().unwrap();
    let value = match name {
        "aliyun" => "testsecret",
        "tencent" => "secretkeyexample",
        _ => "0123456789abcdef0123456789abcdef",
    };
    let secrets = BTreeMap::from([(secret.to_owned(), value.into())]);
    match provider(name, &Keys { table: &table, secrets: &secrets }) {
        Ok(provider) => provider,
        Err(problem) => panic!("{name}: {problem:?}"),
    }
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    value.as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

fn shown(fact: &Fact) -> String {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or("-".into());
    match fact {
        Fact::Report(report) => {
            let state = match report.state {
                Delivery::OnItsWay => "on_its_way",
                Delivery::Failed => "failed",
                Delivery::Delivered => "delivered",
            };
            format!("report {} {} {state}", or_dash(&report.ours), or_dash(&report.theirs))
        }
        Fact::Wrote(wrote) => {
            let at = wrote.at.map_or(String::new(), |at| format!(" @{}", at.as_second()));
            format!("wrote {} {}{at}", wrote.from, wrote.text)
        }
        Fact::Unreadable(_) => "unreadable".into(),
        Fact::Nothing => "nothing".into(),
    }
}

#[test]
fn aliyun_signs_as_aliyun_does() {
    for vector in fixture("acs3-signatures") {
        let text = |name: &str| vector[name].as_str().unwrap();
        let pairs = pairs(&vector["query"]);
        let query = form::encoded(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        let signing = aliyun::Acs3 {
            host: text("host"),
            action: text("action"),
            version: text("version"),
            query: &query,
            date: text("date"),
            nonce: text("nonce"),
        };
        assert_eq!(signing.canonical_hash(), text("canonical"), "{}", text("name"));
        assert_eq!(signing.signature(text("secret")), text("signature"), "{}", text("name"));
    }
}

#[test]
fn tencent_signs_as_tencent_does() {
    for vector in fixture("tc3-signatures") {
        let text = |name: &str| vector[name].as_str().unwrap_or_default();
        let signing = tencent::Tc3 {
            host: text("host"),
            service: text("service"),
            action: text("action"),
            at: Timestamp::from_second(vector["at"].as_i64().unwrap()).unwrap(),
            body: text("body").as_bytes(),
        };
        let hash = signing.canonical_hash();
        assert!(hash.starts_with(text("canonical")) || text("canonical").is_empty());
        assert!(
            hash.starts_with(text("canonical_starts")) && hash.ends_with(text("canonical_ends"))
        );
        assert_eq!(signing.signature(text("secret")), text("signature"), "{}", text("name"));
    }
}

#[test]
fn twilio_signs_as_twilio_does_and_is_believed() {
    for vector in fixture("twilio-signatures") {
        let text = |name: &str| vector[name].as_str().unwrap_or_default();
        let form = pairs(&vector["form"]);
        let found = twilio::signature(text("token"), text("url"), &form);
        assert_eq!(found, text("signature"), "{}", text("name"));
    }
    let twilio = made("twilio");
    let vector = fixture("twilio-signatures").pop().unwrap();
    let form = pairs(&vector["form"]);
    let body = form::encoded(form.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let call = |signature: &str, body: &str| {
        twilio.parse(&Request {
            url: vector["url"].as_str().unwrap(),
            query: "c=1",
            content_type: "application/x-www-form-urlencoded; charset=UTF-8",
            headers: &[("x-twilio-signature".into(), signature.into())],
            body: body.as_bytes(),
        })
    };
    let good = vector["signature"].as_str().unwrap();
    let facts = call(good, &body).unwrap();
    assert_eq!(shown(&facts[0]), "wrote +8613800138000 报修 路灯坏了 3天");
    assert_eq!(call(good, &body.replace("NumMedia=0", "NumMedia=1")), Err(Refused::BadSignature));
    assert_eq!(call("", &body), Err(Refused::BadSignature));
}

#[test]
fn numbers_of_people_and_of_machines() {
    for case in fixture("numbers") {
        let expect = match case[1].as_str() {
            Some(number) => Sender::Person(number.to_owned()),
            None => Sender::Machine,
        };
        assert_eq!(sender(case[0].as_str().unwrap()), expect, "{case}");
    }
    assert_eq!(masked("13800138000"), "138****8000");
    assert_eq!(masked("+85261234567"), "+852****4567");
    assert_eq!(masked("110"), "****");
}

#[test]
fn kannel_in_every_encoding() {
    let kannel = made("kannel");
    for case in fixture("kannel-inbound") {
        let name = case["name"].as_str().unwrap();
        let text = |name: &str| case[name].as_str().unwrap_or_default();
        let headers: Vec<(String, String)> =
            case["headers"].as_object().map_or(Vec::new(), |map| {
                map.iter().map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned())).collect()
            });
        let found = kannel.parse(&Request {
            url: "",
            query: text("query"),
            content_type: text("content_type"),
            headers: &headers,
            body: &from_hex(text("body_hex")),
        });
        if let Some(status) = case["refused"].as_u64() {
            assert_eq!(u64::from(found.unwrap_err().status()), status, "{name}");
            continue;
        }
        let [Fact::Wrote(wrote)] = &found.unwrap()[..] else { panic!("{name}: no message") };
        assert_eq!(wrote.text, text("text"), "{name}");
        for (field, value) in [("key", &wrote.key), ("from", &wrote.from), ("to", &wrote.to)] {
            assert!(case[field].is_null() || text(field) == value, "{name}: {field} {value}");
        }
        if let Some(at) = case["at"].as_i64() {
            assert_eq!(wrote.at.unwrap().as_second(), at, "{name}");
        }
    }
}

#[test]
fn the_same_message_without_an_id_has_the_same_key() {
    let kannel = made("kannel");
    let key = |query: &str| match kannel.parse(&Request { query, ..Request::default() }) {
        Ok(facts) => match &facts[..] {
            [Fact::Wrote(wrote)] => wrote.key.clone(),
            other => panic!("{other:?}"),
        },
        Err(error) => panic!("{error}"),
    };
    assert_eq!(key("from=1&to=2&ts=3&text=x"), key("from=1&to=2&ts=3&text=x"));
    assert_ne!(key("from=1&to=2&ts=3&text=x"), key("from=1&to=2&ts=4&text=x"));
}

#[test]
fn kannel_reports() {
    let kannel = made("kannel");
    for case in fixture("kannel-reports") {
        let query = case["query"].as_str().unwrap();
        let facts = kannel.parse(&Request { query, ..Request::default() }).unwrap();
        let expect = case["state"].as_str().unwrap();
        assert!(shown(&facts[0]).ends_with(expect), "{query}: {facts:?}");
        if let Fact::Report(report) = &facts[0] {
            assert_eq!(report.ours.as_deref(), case["ours"].as_str(), "{query}");
            assert!(case["detail"].is_null() || case["detail"] == json!(report.detail), "{query}");
        }
    }
}

#[test]
fn what_the_clouds_tell() {
    for case in fixture("callbacks") {
        let provider = made(case["provider"].as_str().unwrap());
        let body = case["body"].to_string();
        let request = Request {
            content_type: "application/json;charset=utf-8",
            body: body.as_bytes(),
            ..Request::default()
        };
        let facts: Vec<Value> =
            provider.parse(&request).unwrap().iter().map(|fact| json!(shown(fact))).collect();
        assert_eq!(Value::Array(facts), case["facts"], "{} {}", case["provider"], case["name"]);
        let broken = Request { body: b"{", ..request };
        assert_eq!(provider.parse(&broken).unwrap_err().status(), 400);
    }
}

#[test]
fn answers_are_told_apart() {
    for case in fixture("answers") {
        let response = HttpResponse {
            status: u16::try_from(case[1].as_u64().unwrap()).unwrap(),
            body: case[2].as_str().unwrap().as_bytes().to_vec(),
        };
        let found = match made(case[0].as_str().unwrap()).classify(&response) {
            Verdict::Accepted { id, segments } => {
                let segments = segments.map_or("-".into(), |n| n.to_string());
                format!("accepted {} {segments}", id.unwrap_or("-".into()))
            }
            Verdict::Refused(refusal) => format!("refused {:?} {}", refusal.class, refusal.code),
            Verdict::Unknown(_) => "unknown".into(),
        };
        assert_eq!(json!(found), case[3], "{case}");
    }
}

/// What a provider says when it is asked: facts, or a code that is no answer.
#[test]
fn what_providers_tell_when_they_are_asked() {
    for case in fixture("told") {
        let response = HttpResponse {
            status: u16::try_from(case["status"].as_u64().unwrap()).unwrap(),
            body: case["body"].to_string().into_bytes(),
        };
        let found = match made(case["provider"].as_str().unwrap()).told(&response) {
            Ok(facts) => facts.iter().map(|fact| json!(shown(fact))).collect(),
            Err(refusal) => json!(format!("{:?} {}", refusal.class, refusal.code)),
        };
        assert_eq!(found, case["told"], "{} {}", case["provider"], case["name"]);
    }
}

#[test]
fn questions_are_what_the_providers_want() {
    let about = |theirs| About {
        ours: "m1",
        theirs,
        to: "13800138000",
        // 2 January in Beijing, still the first in Greenwich.
        sent_at: "2026-01-01T17:00:00Z".parse().unwrap(),
    };
    let url = |theirs| made("aliyun").inquire(&about(theirs), &stamp()).unwrap().url;
    let rest = "CurrentPage=1&PageSize=50&PhoneNumber=13800138000&SendDate=20260102";
    assert_eq!(url(None), format!("https://dysmsapi.aliyuncs.com/?{rest}"));
    assert_eq!(url(Some("7^0")), format!("https://dysmsapi.aliyuncs.com/?BizId=7%5E0&{rest}"));
    let request = made("tencent").inquire(&about(None), &stamp()).unwrap();
    assert!(request.headers.contains(&("x-tc-action", "PullSmsSendStatusByPhoneNumber".into())));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let expect = json!({ "BeginTime": 1_767_286_740, "EndTime": 1_767_323_045, "Offset": 0,
        "Limit": 100, "PhoneNumber": "+8613800138000", "SmsSdkAppId": "1400006666" });
    assert_eq!(body, expect);
    // It tells of seven days, and refuses a question that reaches back further.
    let long_ago = About { sent_at: "2025-01-01T00:00:00Z".parse().unwrap(), ..about(None) };
    let request = made("tencent").inquire(&long_ago, &stamp()).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let reach = body["EndTime"].as_i64().unwrap() - body["BeginTime"].as_i64().unwrap();
    assert!((6 * 86_400..7 * 86_400).contains(&reach), "{reach}");
    for name in ["kannel", "twilio", "json"] {
        assert!(!made(name).capabilities().can_be_asked, "{name}");
        assert!(made(name).inquire(&about(None), &stamp()).is_none(), "{name}");
    }
    for name in ["kannel", "aliyun", "tencent", "twilio", "json"] {
        assert!(made(name).fetch(&stamp()).is_empty(), "{name} fetches only when it is told to");
    }
}

/// Each bills in its own way.
#[test]
fn parts_are_counted_as_each_provider_bills_them() {
    let check = |name: &str, text: &str, template: Option<&str>, value: &str, expect: u32| {
        let variables = [("no".to_owned(), value.to_owned())];
        let message = Outbound {
            to: "13800138000",
            text,
            template: Some(("T", &variables[..])),
            template_text: template,
            ..Outbound::default()
        };
        assert_eq!(made(name).segments(&message), expect, "{name} {text} {template:?} {value}");
    };
    // A carrier in China bills ASCII as Chinese; Twilio abroad in seven bits.
    for (name, expect) in [("kannel", 2), ("json", 2), ("twilio", 1)] {
        check(name, &"a".repeat(71), None, "", expect);
        check(name, &"字".repeat(71), None, "", 2);
        check(name, "", None, "", 1);
    }
    // 【某县服务】 takes six places, the template 58 and the variable the rest.
    let (aliyun, tencent) = ("字".repeat(58) + "${no}", "字".repeat(58) + "{1}");
    for (name, template) in [("aliyun", aliyun), ("tencent", tencent)] {
        check(name, "", Some(&template), "123456", 1);
        check(name, "", Some(&template), "1234567", 2);
        check(name, &"字".repeat(300), None, "1234567", 1);
    }
}

fn stamp() -> Stamp {
    Stamp {
        now: "2026-01-02T03:04:05Z".parse().unwrap(),
        nonce: "0123456789abcdef0123456789abcdef".into(),
    }
}

#[test]
fn requests_are_what_the_providers_want() {
    let variables = [("no".to_owned(), "R1024".to_owned()), ("status".into(), "已受理".into())];
    let message = Outbound {
        to: "13800138000",
        from: None,
        text: "已受理😀，编号1",
        template: Some(("SMS_154950909", &variables)),
        template_text: None,
        id: "01J0000000000000000000000A",
        report_url: "http://127.0.0.1:8080/sms/m/s3cret",
    };
    let request = made("kannel").build(&message, &stamp()).unwrap();
    assert_eq!(
        request.url,
        "http://127.0.0.1:13013/cgi-bin/sendsms?username=svc\
         &password=0123456789abcdef0123456789abcdef&to=13800138000\
         &text=%E5%B7%B2%E5%8F%97%E7%90%86%EF%BC%8C%E7%BC%96%E5%8F%B71&coding=2&charset=UTF-8\
         &dlr-mask=31&dlr-url=http%3A%2F%2F127.0.0.1%3A8080%2Fsms%2Fm%2Fs3cret%3Fmsg%3D\
         01J0000000000000000000000A%26d%3D%25d%26reply%3D%25A%26fid%3D%25F%26ts%3D%25T%26smsc\
         %3D%25i&from=10690000&smsc=M1"
    );
    let request = made("aliyun").build(&message, &stamp()).unwrap();
    let authorization = &request.headers.last().unwrap().1;
    assert!(
        authorization.ends_with(
            "Signature=7cfe8a5f0ba8cac0b8ff0fdaf950750d1455fd54fd86368f1dc0637b402278db"
        )
    );
    assert!(request.url.starts_with("https://dysmsapi.aliyuncs.com/?OutId=01J00"));
    let template = Some(("1234", &variables[..]));
    let request = made("tencent").build(&Outbound { template, ..message.clone() }, &stamp());
    let authorization = request.unwrap().headers.pop().unwrap().1;
    assert!(
        authorization.ends_with(
            "Signature=7cb41221c4aa662d616c69afd45f2100d12fd099871a7758b6447727e500e5a6"
        )
    );
    let request = made("twilio").build(&message, &stamp()).unwrap();
    let body = String::from_utf8(request.body).unwrap();
    assert!(body.starts_with("To=%2B8613800138000&From=%2B15005550006&Body="), "{body}");
    let request = made("json").build(&message, &stamp()).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["content"], "已受理，编号1");
    assert_eq!(body["uid"], message.id);
}

#[test]
fn a_value_that_holds_a_name_is_not_filled_in_twice() {
    let message =
        Outbound { to: "13800138000", text: "看{secret}", id: "m", ..Outbound::default() };
    let request = made("json").build(&message, &stamp()).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["content"], "看{secret}");
}

#[test]
fn variables_that_a_platform_refuses_are_found_before() {
    for (provider, value, part) in [
        ("tencent", "1234567", "7个字"),
        ("tencent", "", "空"),
        ("aliyun", "一二三四五六七八九十一二三四五六七八九十一", "21个字"),
        ("aliyun", "http://a.cn", "网址"),
        ("aliyun", "【某】", "【】"),
        ("aliyun", "好😀", "表情"),
        ("aliyun", "13800138000", "电话"),
    ] {
        let variables = [("x".to_owned(), value.to_owned())];
        let template = Some(("T", &variables[..]));
        let message = Outbound { to: "13800138000", template, ..Outbound::default() };
        let error = made(provider).build(&message, &stamp()).map(|_| ()).unwrap_err();
        assert!(error.contains(part), "{provider} {value}: {error}");
    }
    let message = Outbound { to: "13800138000", text: "话", ..Outbound::default() };
    assert!(made("aliyun").build(&message, &stamp()).is_err());
}

#[test]
fn each_provider_gets_the_answer_it_waits_for() {
    let check = |name: &str, taken: Taken<'_>, status: u16, body: &str| {
        let answer = made(name).acknowledge(taken);
        assert_eq!((answer.status, answer.body.as_str()), (status, body), "{name}");
    };
    const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    check("kannel", Taken::Kept(None), 200, "");
    check("kannel", Taken::Kept(Some("x")), 200, "");
    check("kannel", Taken::Lost, 503, "");
    check("aliyun", Taken::Kept(None), 200, "{\"code\":0,\"msg\":\"接收成功\"}");
    check("aliyun", Taken::Lost, 503, "");
    check("tencent", Taken::Kept(None), 200, "{\"result\":0,\"errmsg\":\"OK\"}");
    check("twilio", Taken::Kept(None), 200, &format!("{XML}<Response/>"));
    let said = format!("{XML}<Response><Message>1&lt;2 &amp; 3</Message></Response>");
    check("twilio", Taken::Kept(Some("1<2 & 3")), 200, &said);
    check("json", Taken::Kept(None), 200, "{\"code\":0}");
}

#[test]
fn a_wrong_key_is_named() {
    let problem = |name: &str, text: &str, secret: &str| {
        let table: toml::Table = text.parse().unwrap();
        let secrets = BTreeMap::from([(secret.to_owned(), "x".into())]);
        provider(name, &Keys { table: &table, secrets: &secrets }).err().unwrap()
    };
    assert_eq!(problem("pigeon", "", "x_env").key, "provider");
    assert_eq!(problem("kannel", "username='a'\nusr='b'", "password_env").key, "usr");
    assert!(problem("kannel", "", "password_env").what.contains("username"));
    assert!(problem("kannel", "username='a'", "passwort_env").key == "passwort_env");
    assert_eq!(problem("kannel", "username='a'\napi='ftp'", "password_env").key, "api");
}
