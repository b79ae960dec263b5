use jiff::Timestamp;

use super::*;

/// The key pair that the documentation of WeChat Pay prints for trying it out.
const SAMPLE_KEY: &str = include_str!("../../../tests/fixtures/wechat_pay/sample_key.pem");
const PLATFORM_KEY: &str = include_str!("../../../tests/fixtures/wechat_pay/platform_public.pem");
const PLATFORM_CERTIFICATE: &str =
    include_str!("../../../tests/fixtures/wechat_pay/platform_certificate.pem");
const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";
const AT: i64 = 1_554_208_460;

fn sample() -> Credentials {
    Credentials {
        mchid: "1900007291".into(),
        appid: "wx2421b1c4370ec43b".into(),
        serial: "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB".into(),
        key: MerchantKey::from_pem(SAMPLE_KEY.as_bytes()).unwrap(),
    }
}

/// The documentation's example of signing for the window in which she pays.
#[test]
fn the_sample_of_the_documentation_has_the_documented_signature() {
    let parameters = sample().jsapi("wx201410272009395522657a690389285100", AT, NONCE);
    assert_eq!(
        parameters.pay_sign,
        "mI35pfNEQV6777ke/1T+LJLQDNTm7yeoUJH+j/adPGhmCCi0PbgkvYQTRcXH0uibcLVtvFLdGLpmoYO9FV6lBBsT\
         Ajuhh5YOvQi0e2g3e0yytitiNET9FEuqM0pjnKfRW4K6LIZDdbWJv9KhZUx3DrJa5TL7OJ7VdADVivxVySIlPVKj\
         GwuCXzuXSJes0UcILgWQUMyha5/3nYofuHtS7r+KYyMuxD+oJ9VM1Qdxk4UIG59CP5Y3wtYIFybyF3bdu1caHTRR\
         X+DLyMXyYA/IrTmiW01c4RPjpHBX5Dk1sZyY1zVsWNsvMHr2e1NTWtBxKJ+qk5N61J7caYoepHFaxw=="
    );
    let shown = serde_json::to_value(&parameters).unwrap();
    let keys: Vec<&String> = shown.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"]);
    assert_eq!(shown["timeStamp"], "1554208460", "a number would be refused by iPhones");
}

#[test]
fn a_request_is_signed_over_five_lines() {
    let call = sample().query("526003184P1");
    let header = sample().authorization(&call, AT, NONCE);
    assert!(header.starts_with("WECHATPAY2-SHA256-RSA2048 mchid=\"1900007291\",nonce_str=\"593B"));
    assert!(header.ends_with(
        "timestamp=\"1554208460\",serial_no=\"408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB\""
    ));
    let text = format!(
        "GET\n/v3/pay/transactions/out-trade-no/526003184P1?mchid=1900007291\n{AT}\n{NONCE}\n\n"
    );
    assert!(header.contains(&format!("signature=\"{}\"", sample().key.sign(&text))), "{header}");
}

#[test]
fn a_payment_is_asked_for_with_its_end_in_chinas_time() {
    let call = sample().prepay(&Prepay {
        trade_no: "526003184P1",
        description: &"尿素".repeat(100),
        total: 21_000,
        openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        expires_at: "2026-11-23T02:30:00Z".parse().unwrap(),
        notify_url: "https://bm.example.gov.cn/wechat_pay/notify",
    });
    let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(body["time_expire"], "2026-11-23T10:30:00+08:00");
    assert_eq!(body["amount"]["total"], 21_000);
    assert_eq!(body["description"].as_str().unwrap().chars().count(), 40);
}

#[test]
fn keys_are_read_from_what_the_merchant_platform_gives() {
    let mut keys = PlatformKeys::default();
    keys.add("PUB_KEY_ID_01", PLATFORM_KEY.as_bytes()).unwrap();
    keys.add("5157F09EFDC096DE15EBE81A47057A7232F1B8E1", PLATFORM_CERTIFICATE.as_bytes()).unwrap();
    assert_eq!(keys.preferred(), Some("PUB_KEY_ID_01"));
    assert_eq!(keys.add("x", SAMPLE_KEY.as_bytes()), Err(KeyProblem::Public));
    assert_eq!(
        MerchantKey::from_pem(PLATFORM_KEY.as_bytes()).err(),
        Some(KeyProblem::Private),
        "keys are easily mixed up"
    );
    assert_eq!(ApiKey::new("short").err(), Some(KeyProblem::ApiKey));
}

/// Signed by `openssl dgst -sha256 -sign`, encrypted by another library: see the fixture's head.
#[test]
fn what_was_changed_on_its_way_is_not_believed() {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/fixtures/wechat_pay/notice.json"))
            .unwrap();
    let text = |name: &str| fixture[name].as_str().unwrap().to_owned();
    let (timestamp, nonce, signature, body) =
        (text("timestamp"), text("nonce"), text("signature"), text("body"));
    let mut keys = PlatformKeys::default();
    keys.add("PUB_KEY_ID_01", PLATFORM_KEY.as_bytes()).unwrap();
    let key = ApiKey::new(&text("api_v3_key")).unwrap();
    let whole = Signed {
        timestamp: &timestamp,
        nonce: &nonce,
        serial: "PUB_KEY_ID_01",
        signature: &signature,
        body: body.as_bytes(),
    };
    let sent: i64 = timestamp.parse().unwrap();
    let read = |signed: &Signed, key: &ApiKey, late: i64| {
        Notice::read(signed, &keys, key, Timestamp::from_second(sent + late).unwrap())
    };
    let notice = read(&whole, &key, 0).unwrap();
    let Told::Trade(trade) = notice.told else { panic!("{notice:?}") };
    assert_eq!((trade.trade_no.as_str(), trade.total), ("526003184P1", Some(21_000)));
    assert_eq!(trade.state, TradeState::Paid);

    assert!(read(&whole, &key, 300).is_ok() && read(&whole, &key, -300).is_ok());
    assert_eq!(read(&whole, &key, 301), Err(Distrust::Timestamp));
    assert_eq!(read(&whole, &key, -301), Err(Distrust::Timestamp));
    let other = Signed { serial: "PUB_KEY_ID_02", ..whole };
    assert_eq!(read(&other, &key, 0), Err(Distrust::UnknownKey));
    let changed = body.replace("TRANSACTION.SUCCESS", "TRANSACTION.SUCCES5");
    for wrong in [
        Signed { body: changed.as_bytes(), ..whole },
        Signed { nonce: "another", ..whole },
        Signed { signature: "AAAA", ..whole },
        // What the platform sends now and then to see whether anybody looks.
        Signed { signature: "WECHATPAY/SIGNTEST/fake", ..whole },
    ] {
        assert_eq!(read(&wrong, &key, 0), Err(Distrust::Signature));
    }
    let old_key = ApiKey::new(&"0".repeat(32)).unwrap();
    assert_eq!(read(&whole, &old_key, 0), Err(Distrust::Decryption));
}

#[test]
fn refusals_are_told_apart() {
    for (status, code, message, expect) in [
        (429, "FREQUENCY_LIMITED", "", Class::Busy),
        (500, "SYSTEM_ERROR", "", Class::Busy),
        (502, "", "", Class::Busy),
        (400, "ORDERPAID", "", Class::Paid),
        (400, "ORDER_CLOSED", "", Class::Closed),
        (404, "ORDER_NOT_EXIST", "", Class::Missing),
        (404, "RESOURCE_NOT_EXISTS", "", Class::Missing),
        (403, "NOT_ENOUGH", "", Class::NotEnough),
        (403, "OUT_TRADE_NO_USED", "", Class::Reused),
        (400, "INVALID_REQUEST", "201 商户订单号重复", Class::Reused),
        (400, "INVALID_REQUEST", "", Class::Operator),
        (401, "SIGN_ERROR", "", Class::Operator),
        (403, "NO_AUTH", "", Class::Operator),
    ] {
        let body = serde_json::json!({ "code": code, "message": message }).to_string();
        let error = read_error(status, body.as_bytes());
        assert_eq!(error.class, expect, "{error}");
    }
    assert_eq!(read_error(200, b"<html>").class, Class::Operator);
}

#[test]
fn states_of_payments_and_refunds() {
    let trade = |state: &str| {
        let json = format!(
            r#"{{"out_trade_no":"1","trade_state":"{state}","transaction_id":"4200","amount":{{"total":1}}}}"#
        );
        read_trade(json.as_bytes()).map(|trade| trade.state)
    };
    assert_eq!(trade("SUCCESS"), Some(TradeState::Paid));
    assert_eq!(trade("REFUND"), Some(TradeState::Paid));
    assert_eq!(trade("NOTPAY"), Some(TradeState::Waiting));
    assert_eq!(trade("CLOSED"), Some(TradeState::Closed));
    assert_eq!(trade("ELSE"), None);
    assert_eq!(read_trade(br#"{"out_trade_no":"1","trade_state":"SUCCESS"}"#), None, "no id");
    let refund = |state: &str| {
        let json = format!(r#"{{"out_refund_no":"1","status":"{state}","amount":{{"refund":5}}}}"#);
        read_refund(json.as_bytes()).map(|refund| refund.state)
    };
    assert_eq!(refund("SUCCESS"), Some(RefundState::Done));
    assert_eq!(refund("PROCESSING"), Some(RefundState::Processing));
    assert_eq!(refund("ABNORMAL"), Some(RefundState::Failed));
    assert_eq!(refund("ELSE"), None);
}
