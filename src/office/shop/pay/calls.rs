//! One call to WeChat Pay: signed, and its answer believed only when the platform signed it.

use jiff::civil::Date;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, USER_AGENT};

use super::Payments;
use crate::channel::wechat_pay::{
    ApiError, Call, Prepay, Refund, Refunded, Signed, Trade, prepay_id, read_error, read_refund,
    read_trade,
};
use crate::office::random;
use crate::office::wechat_api::describe;

const ANSWER_BYTES_MAX: usize = 256 * 1024;
const BILL_BYTES_MAX: usize = 16 * 1024 * 1024;
const AGENT: &str = concat!("bianmin/", env!("CARGO_PKG_VERSION"));

#[derive(Debug, thiserror::Error)]
pub(super) enum CallFailed {
    #[error("{0}")]
    Refused(ApiError),
    /// Nobody knows whether it was done: the same is asked again.
    #[error("{0}")]
    Unknown(String),
}

impl Payments {
    pub(super) async fn prepay(&self, wanted: &Prepay<'_>) -> Result<String, CallFailed> {
        let body = self.call(&self.credentials.prepay(wanted)).await?;
        prepay_id(&body).ok_or_else(|| odd("no prepay_id"))
    }

    pub(super) async fn query(&self, trade_no: &str) -> Result<Trade, CallFailed> {
        let body = self.call(&self.credentials.query(trade_no)).await?;
        read_trade(&body).ok_or_else(|| odd("no trade"))
    }

    pub(super) async fn close(&self, trade_no: &str) -> Result<(), CallFailed> {
        self.call(&self.credentials.close(trade_no)).await.map(drop)
    }

    pub(super) async fn refund(&self, wanted: &Refund<'_>) -> Result<Refunded, CallFailed> {
        let body = self.call(&self.credentials.refund(wanted)).await?;
        read_refund(&body).ok_or_else(|| odd("no refund"))
    }

    pub(super) async fn query_refund(&self, no: &str) -> Result<Refunded, CallFailed> {
        let body = self.call(&self.credentials.query_refund(no)).await?;
        read_refund(&body).ok_or_else(|| odd("no refund"))
    }

    /// All trades of a day as a table.
    pub(super) async fn trade_bill(&self, day: Date) -> Result<Vec<u8>, CallFailed> {
        let body = self.call(&self.credentials.trade_bill(day)).await?;
        let bill: serde_json::Value = serde_json::from_slice(&body).map_err(|_| odd("no bill"))?;
        let text = |name: &str| bill[name].as_str().unwrap_or_default();
        let url: reqwest::Url = text("download_url").parse().map_err(|_| odd("no download_url"))?;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        // A table is not signed; the sum of it is in the answer that was.
        let (_, _, table) = self.send(&self.credentials.download(&path), BILL_BYTES_MAX).await?;
        use sha1::Digest;
        let sum = random::to_hex(&sha1::Sha1::digest(&table));
        match text("hash_value").eq_ignore_ascii_case(&sum) {
            true => Ok(table),
            false => Err(odd("the bill's sum is wrong")),
        }
    }

    async fn call(&self, call: &Call) -> Result<Vec<u8>, CallFailed> {
        let (status, headers, body) = self.send(call, ANSWER_BYTES_MAX).await?;
        let of = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let signed = Signed {
            timestamp: of("wechatpay-timestamp"),
            nonce: of("wechatpay-nonce"),
            serial: of("wechatpay-serial"),
            signature: of("wechatpay-signature"),
            body: &body,
        };
        let believed = signed.check(&self.platform, self.clock.now());
        match (status, believed) {
            (200..=299, Ok(())) => Ok(body),
            // What is answered to a wrong signature of ours need not be signed.
            (400..=499, Ok(())) | (401, Err(_)) => {
                Err(CallFailed::Refused(read_error(status, &body)))
            }
            // A gateway does not sign.
            (500.., _) => Err(CallFailed::Unknown(read_error(status, &body).to_string())),
            (_, Err(distrust)) => Err(CallFailed::Unknown(format!("the answer: {distrust}"))),
            (_, Ok(())) => Err(odd("status")),
        }
    }

    async fn send(
        &self,
        call: &Call,
        limit: usize,
    ) -> Result<(u16, HeaderMap, Vec<u8>), CallFailed> {
        let (now, nonce) = (self.clock.now().as_second(), random::hex::<16>());
        let url = format!("{}{}", self.api, call.path);
        let mut request = match call.method {
            "POST" => self.http.post(url).body(call.body.clone()),
            _ => self.http.get(url),
        };
        request = request
            .header(AUTHORIZATION, self.credentials.authorization(call, now, &nonce))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, AGENT);
        if let Some(id) = self.platform.preferred() {
            request = request.header("Wechatpay-Serial", id);
        }
        let unknown = |error: reqwest::Error| CallFailed::Unknown(describe(error));
        let mut answer = request.send().await.map_err(unknown)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unknown)? {
            if body.len() + chunk.len() > limit {
                return Err(odd("the answer is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, headers, body))
    }
}

fn odd(what: &str) -> CallFailed {
    CallFailed::Unknown(format!("not what the documentation says: {what}"))
}
