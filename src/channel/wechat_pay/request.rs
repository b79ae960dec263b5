//! What is asked of WeChat Pay, signed.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::Serialize;
use serde_json::json;

use super::keys::MerchantKey;

/// Of the goods, on the page on which she pays.
const DESCRIPTION_CHARS: usize = 40;

/// One request, without its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: &'static str,
    /// With the query.
    pub path: String,
    /// JSON, or empty.
    pub body: String,
}

/// Who asks.
pub struct Credentials {
    pub mchid: String,
    pub appid: String,
    /// Serial number of the merchant's certificate.
    pub serial: String,
    pub key: MerchantKey,
}

/// A payment that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepay<'a> {
    pub trade_no: &'a str,
    pub description: &'a str,
    pub total: i64,
    pub openid: &'a str,
    pub expires_at: Timestamp,
    pub notify_url: &'a str,
}

/// Money that goes back: once for each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund<'a> {
    pub no: &'a str,
    /// WeChat Pay's own id of the payment.
    pub transaction: &'a str,
    pub amount: i64,
    /// Of the payment.
    pub total: i64,
    pub reason: &'a str,
    pub notify_url: &'a str,
}

/// What the page hands to WeChat's own window for paying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsapiParameters {
    pub app_id: String,
    pub time_stamp: String,
    pub nonce_str: String,
    pub package: String,
    pub sign_type: &'static str,
    pub pay_sign: String,
}

impl Credentials {
    /// The header of a request.
    pub fn authorization(&self, call: &Call, timestamp: i64, nonce: &str) -> String {
        let Call { method, path, body } = call;
        let text = format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n");
        let signature = self.key.sign(&text);
        let (mchid, serial) = (&self.mchid, &self.serial);
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce}\",\
             signature=\"{signature}\",timestamp=\"{timestamp}\",serial_no=\"{serial}\""
        )
    }

    pub fn prepay(&self, wanted: &Prepay) -> Call {
        let description: String = wanted.description.chars().take(DESCRIPTION_CHARS).collect();
        let body = json!({
            "appid": self.appid,
            "mchid": self.mchid,
            "description": description,
            "out_trade_no": wanted.trade_no,
            "time_expire": in_china(wanted.expires_at),
            "notify_url": wanted.notify_url,
            "amount": { "total": wanted.total, "currency": "CNY" },
            "payer": { "openid": wanted.openid },
        });
        post("/v3/pay/transactions/jsapi".to_owned(), body)
    }

    /// For the window in which she pays.
    pub fn jsapi(&self, prepay_id: &str, timestamp: i64, nonce: &str) -> JsapiParameters {
        let (app_id, package) = (self.appid.clone(), format!("prepay_id={prepay_id}"));
        let text = format!("{app_id}\n{timestamp}\n{nonce}\n{package}\n");
        JsapiParameters {
            pay_sign: self.key.sign(&text),
            time_stamp: timestamp.to_string(),
            nonce_str: nonce.to_owned(),
            sign_type: "RSA",
            app_id,
            package,
        }
    }

    pub fn query(&self, trade_no: &str) -> Call {
        let mchid = &self.mchid;
        get(format!("/v3/pay/transactions/out-trade-no/{trade_no}?mchid={mchid}"))
    }

    /// Nobody can pay it any more.
    pub fn close(&self, trade_no: &str) -> Call {
        let path = format!("/v3/pay/transactions/out-trade-no/{trade_no}/close");
        post(path, json!({ "mchid": self.mchid }))
    }

    pub fn refund(&self, wanted: &Refund) -> Call {
        let body = json!({
            "transaction_id": wanted.transaction,
            "out_refund_no": wanted.no,
            "reason": wanted.reason,
            "notify_url": wanted.notify_url,
            "amount": { "refund": wanted.amount, "total": wanted.total, "currency": "CNY" },
        });
        post("/v3/refund/domestic/refunds".to_owned(), body)
    }

    pub fn query_refund(&self, no: &str) -> Call {
        get(format!("/v3/refund/domestic/refunds/{no}"))
    }

    /// All trades of a day; there from ten in the next morning.
    pub fn trade_bill(&self, day: Date) -> Call {
        get(format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL"))
    }

    /// What an answer names; its signature covers path and query.
    pub fn download(&self, path_and_query: &str) -> Call {
        get(path_and_query.to_owned())
    }
}

fn get(path: String) -> Call {
    Call { method: "GET", path, body: String::new() }
}

fn post(path: String, body: serde_json::Value) -> Call {
    Call { method: "POST", path, body: body.to_string() }
}

/// `2026-11-23T10:30:00+08:00`
fn in_china(at: Timestamp) -> String {
    let local = Offset::constant(8).to_datetime(at);
    format!("{}+08:00", local.strftime("%Y-%m-%dT%H:%M:%S"))
}
