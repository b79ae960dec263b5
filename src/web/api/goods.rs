//! Goods, kept by a merchant's own program: the same checks and the same words as an upload at the
//! desk. What is the same as before is left alone, so it may be put again whenever in doubt.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, header};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::asked::Known;
use super::problem::{Code, Failure};
use crate::office::Office;

/// A catalogue of ten thousand articles fits.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A list of objects, one an article, with the columns of the table as keys: 编号, 商家, 类别, 名称,
/// 单位, 会员价, 库存, 最少, 最多 are needed. Or the same as CSV, with `text/csv`.
pub type Goods = Vec<BTreeMap<String, Value>>;

/// What became of the articles. All of them are taken, or none.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GoodsPut {
    pub new: usize,
    pub changed: usize,
    /// As they were before.
    pub same: usize,
}

pub async fn put(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<GoodsPut>, Failure> {
    let too_large = |_| Code::TooLarge.with("The body is larger than 4 MB, or did not come.");
    let body = body.map_err(too_large)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let name = match kind {
        "application/json" => "goods.json",
        "text/csv" => "goods.csv",
        other => {
            let what = format!("The Content-Type is {other:?}, not application/json or text/csv.");
            return Err(Code::NotJson.with(what));
        }
    };
    if !office.keeps_goods(&caller.session).await? {
        return Err(Code::NotFound.with("Goods are not this key's."));
    }
    let done = office.upload_goods(&caller.session, name, &body).await;
    let done = done.map_err(|problems| Code::Refused.with(problems.join("\n")))?;
    Ok(Json(GoodsPut { new: done.new, changed: done.changed, same: done.same }))
}
