//! What a refusal means, and what an operator can do about it.

use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Later it may go.
    Busy,
    /// It was paid already: ask how it stands.
    Paid,
    /// That number can not be paid any more.
    Closed,
    /// They know no such number.
    Missing,
    /// The merchant's balance does not hold what is to be given back.
    NotEnough,
    /// The number was used with other contents.
    Reused,
    /// Wrong keys, rights or settings: an operator has to act.
    Operator,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HTTP {status} {code}: {message}")]
pub struct ApiError {
    pub status: u16,
    pub code: String,
    pub message: String,
    pub class: Class,
}

impl ApiError {
    /// What to do, for an operator.
    pub fn advice(&self) -> &'static str {
        match self.code.as_str() {
            "SIGN_ERROR" => {
                "请核对 wechat_pay 里的 serial 和 key_file 是不是同一张商户证书，再看服务器的时间准不准。"
            }
            "NO_AUTH" => "请在商户平台看看「JSAPI支付」和「退款」开通了没有。",
            "APPID_MCHID_NOT_MATCH" => "请在商户平台「AppID账号管理」里把公众号和商户号绑在一起。",
            "MCH_NOT_EXISTS" => "请核对 wechat_pay.mchid。",
            "NOT_ENOUGH" | "NOTENOUGH" => "商户账户里的钱不够退，请充值；程序会自己再退。",
            _ => "请看商户平台的接口报错说明，或打微信支付商户客服 95017。",
        }
    }
}

/// `body`: JSON with `code` and `message`, or whatever a gateway wrote.
pub fn read_error(status: u16, body: &[u8]) -> ApiError {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Raw {
        code: String,
        message: String,
    }
    let Raw { code, message } = serde_json::from_slice(body).unwrap_or_default();
    let class = class(status, &code, &message);
    ApiError { status, code, message: message.chars().take(200).collect(), class }
}

fn class(status: u16, code: &str, message: &str) -> Class {
    match code {
        "SYSTEM_ERROR" | "FREQUENCY_LIMITED" | "RATELIMIT_EXCEEDED" | "BANK_ERROR"
        | "BIZERR_NEED_RETRY" | "STATEMENT_CREATING" => Class::Busy,
        "ORDERPAID" | "ORDER_PAID" => Class::Paid,
        "ORDER_CLOSED" | "ORDERCLOSED" => Class::Closed,
        "ORDER_NOT_EXIST"
        | "ORDERNOTEXIST"
        | "RESOURCE_NOT_EXISTS"
        | "RESOURCENOTEXIST"
        | "NOT_FOUND"
        | "NO_STATEMENT_EXIST" => Class::Missing,
        "NOT_ENOUGH" | "NOTENOUGH" => Class::NotEnough,
        "OUT_TRADE_NO_USED" => Class::Reused,
        "INVALID_REQUEST" if message.contains("重复") || message.contains("重入") => {
            Class::Reused
        }
        _ if status == 429 || status >= 500 => Class::Busy,
        _ => Class::Operator,
    }
}
