//! What the fakes of Aliyun and Tencent say when they are asked: QuerySendDetails, and the four
//! Pull… of Tencent. They check what the real ones check and answer with their errors.

use serde_json::{Value, json};

use super::fake_sms::Sms;

/// What became of a message, as the network told the provider.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Fate {
    /// No receipt yet.
    #[default]
    Waiting,
    Delivered,
    /// With the carrier's code.
    Failed(&'static str),
    /// The provider knows nothing of it: it was lost on the way there.
    NeverCame,
}

/// A villager's answer that waits at Tencent until it is pulled.
#[derive(Clone, Debug)]
pub struct Reply {
    pub from: String,
    pub text: String,
    pub at: i64,
}

pub type Answer = (u16, String);

fn business(code: &str) -> Answer {
    (200, json!({ "Code": code, "Message": code, "RequestId": "R" }).to_string())
}

pub fn query_send_details(field: &dyn Fn(&str) -> String, taken: &[Sms]) -> Answer {
    let number = |name: &str, most: u64| {
        field(name).parse::<u64>().is_ok_and(|value| (1..=most).contains(&value))
    };
    let day = field("SendDate");
    if field("PhoneNumber").is_empty() || field("PhoneNumber").contains(',') {
        return business("isv.MOBILE_NUMBER_ILLEGAL");
    }
    if day.len() != 8 || !number("SendDate", 99_991_231) {
        return business("isv.INVALID_PARAMETERS");
    }
    if !number("PageSize", 50) || !number("CurrentPage", u64::MAX) {
        return business("isv.INVALID_PARAMETERS");
    }
    let wanted = field("BizId");
    let details: Vec<Value> = taken
        .iter()
        .filter(|sms| sms.to == field("PhoneNumber") && sms.fate != Fate::NeverCame)
        .filter(|sms| wanted.is_empty() || sms.theirs == wanted)
        .map(|sms| {
            let (status, code) = match &sms.fate {
                Fate::Delivered => (3, "DELIVERED"),
                Fate::Failed(code) => (2, *code),
                Fate::Waiting | Fate::NeverCame => (1, ""),
            };
            json!({ "OutId": sms.id, "PhoneNum": sms.to, "SendStatus": status, "ErrCode": code,
                "TemplateCode": sms.template, "Content": format!("【某县便民】{}", sms.content) })
        })
        .collect();
    let answer = json!({ "Code": "OK", "Message": "OK", "RequestId": "R",
        "TotalCount": details.len().to_string(),
        "SmsSendDetailDTOs": { "SmsSendDetailDTO": details } });
    (200, answer.to_string())
}

fn error(code: &str) -> Answer {
    let error = json!({ "Code": code, "Message": code });
    (200, json!({ "Response": { "Error": error, "RequestId": "R" } }).to_string())
}

fn status(sms: &Sms) -> Value {
    let (state, said) = match &sms.fate {
        Fate::Failed(code) => ("FAIL", *code),
        _ => ("SUCCESS", "DELIVRD"),
    };
    json!({ "UserReceiveTime": 1, "CountryCode": "86", "SubscriberNumber": sms.to,
        "PhoneNumber": format!("+86{}", sms.to), "SerialNo": sms.theirs, "ReportStatus": state,
        "Description": said, "SessionContext": sms.id })
}

/// Only messages of which the network has told something are in a status.
fn is_told(sms: &Sms) -> bool {
    matches!(sms.fate, Fate::Delivered | Fate::Failed(_))
}

pub fn pull(action: &str, body: &Value, taken: &mut [Sms], replies: &mut Vec<Reply>) -> Answer {
    let limit = body["Limit"].as_u64().unwrap_or_default();
    if !(1..=100).contains(&limit) {
        return error("InvalidParameterValue.LimitVerifyFail");
    }
    if body["SmsSdkAppId"].as_str().is_none_or(str::is_empty) {
        return error("InvalidParameter.AppidAndBizId");
    }
    let limit = usize::try_from(limit).expect("at most a hundred");
    let set = match action {
        "PullSmsSendStatusByPhoneNumber" => {
            let (from, to) = (body["BeginTime"].as_i64(), body["EndTime"].as_i64());
            let (Some(from), Some(to)) = (from, to) else {
                return error("InvalidParameterValue.BeginTimeVerifyFail");
            };
            if to < from || to - from > 7 * 86_400 {
                return error("InvalidParameterValue.EndTimeVerifyFail");
            }
            if body["Offset"] != 0 {
                return error("InvalidParameterValue.OffsetVerifyFail");
            }
            let number = body["PhoneNumber"].as_str().unwrap_or_default();
            let Some(number) = number.strip_prefix("+86") else {
                return error("InvalidParameterValue.IncorrectPhoneNumber");
            };
            let hers = taken.iter().filter(|sms| sms.to == number && is_told(sms));
            json!({ "PullSmsSendStatusSet": hers.take(limit).map(status).collect::<Vec<_>>() })
        }
        "PullSmsSendStatus" => {
            let fresh = taken.iter_mut().filter(|sms| is_told(sms) && !sms.pulled).take(limit);
            let set: Vec<Value> = fresh
                .map(|sms| {
                    sms.pulled = true;
                    status(sms)
                })
                .collect();
            json!({ "PullSmsSendStatusSet": set })
        }
        "PullSmsReplyStatus" => {
            let set: Vec<Value> = replies
                .drain(..limit.min(replies.len()))
                .map(|reply| {
                    json!({ "ExtendCode": "01", "CountryCode": "86", "SignName": "某县便民",
                        "SubscriberNumber": reply.from, "PhoneNumber": format!("+86{}", reply.from),
                        "ReplyContent": reply.text, "ReplyTime": reply.at })
                })
                .collect();
            json!({ "PullSmsReplyStatusSet": set })
        }
        _ => return error("InvalidAction"),
    };
    let mut said = set;
    said["RequestId"] = json!("R");
    (200, json!({ "Response": said }).to_string())
}
