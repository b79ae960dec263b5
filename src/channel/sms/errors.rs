//! What the providers' codes mean for the sender. Data, and a look-up. Pure.
//!
//! Sources: help.aliyun.com (SendSms), cloud.tencent.com (382/59177), twilio.com/docs/api/errors,
//! Kannel's user guide; carriers' codes as the receipts give them.

/// What a sender does about a refusal. All of them say that the message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Try again, with growing waits.
    Busy,
    /// Too many for this number: the next minute, hour or day.
    Throttled(Window),
    /// Nothing goes out on this channel until somebody does something.
    ChannelDown,
    /// Template or signature is wrong: a mistake in the settings.
    Settings,
    /// This message will never go.
    Message,
    /// This number does not exist, or is out of use: it is no longer hers.
    NumberGone,
    /// Switched off, or out of reach: once more, hours later.
    Unreachable,
    /// She does not want messages from us, or is on a list of such people.
    Stopped,
    /// A code that this table does not have: final.
    Other,
}

/// Natural windows of China's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    HalfMinute,
    Minute,
    Hour,
    Day,
}

/// Provider, code (a `*` at its end stands for anything), class, what to tell the clerk.
const TABLE: &[(&str, &str, Class, &str)] = &[
    (
        "aliyun",
        "isv.BUSINESS_LIMIT_CONTROL",
        Class::Throttled(Window::Minute),
        "这个号码收得太多，过一会儿再发",
    ),
    (
        "aliyun",
        "isv.DAY_LIMIT_CONTROL",
        Class::ChannelDown,
        "短信的每日上限用完了，请在阿里云控制台调高",
    ),
    (
        "aliyun",
        "isv.MONTH_LIMIT_CONTROL",
        Class::ChannelDown,
        "短信的每月上限用完了，请在阿里云控制台调高",
    ),
    ("aliyun", "isv.OUT_OF_SERVICE", Class::ChannelDown, "阿里云短信停机，请充值"),
    ("aliyun", "isv.AMOUNT_NOT_ENOUGH", Class::ChannelDown, "阿里云余额不足，请充值"),
    ("aliyun", "isv.ACCOUNT_*", Class::ChannelDown, "阿里云账号异常，请看控制台"),
    ("aliyun", "isp.RAM_PERMISSION_DENY", Class::ChannelDown, "阿里云账号没有发短信的权限"),
    ("aliyun", "isv.DENY_IP_RANGE", Class::ChannelDown, "服务器的地址不在大陆，阿里云不收"),
    ("aliyun", "SignatureDoesNotMatch", Class::ChannelDown, "AccessKeySecret 不对"),
    ("aliyun", "InvalidAccessKeyId*", Class::ChannelDown, "AccessKeyId 不对"),
    ("aliyun", "InvalidTimeStamp*", Class::ChannelDown, "服务器的时间不准"),
    ("aliyun", "SignatureNonceUsed", Class::Busy, "请求重复，会再试"),
    ("aliyun", "Throttling*", Class::Busy, "发得太快，会再试"),
    ("aliyun", "isp.SYSTEM_ERROR", Class::Busy, "阿里云系统繁忙，会再试"),
    ("aliyun", "isv.MOBILE_NUMBER_ILLEGAL", Class::NumberGone, "手机号不对"),
    ("aliyun", "isv.MOBILE_COUNT_OVER_LIMIT", Class::Message, "一次发的号码太多"),
    ("aliyun", "isv.TEMPLATE_MISSING_PARAMETERS", Class::Settings, "模板的变量没有填全"),
    ("aliyun", "isv.TEMPLATE_PARAMS_ILLEGAL", Class::Settings, "模板的变量不合规"),
    ("aliyun", "isv.INVALID_JSON_PARAM", Class::Message, "模板变量的格式不对"),
    ("aliyun", "isv.INVALID_PARAMETERS", Class::Message, "参数不对"),
    ("aliyun", "isv.PARAM_LENGTH_LIMIT", Class::Message, "模板的变量太长"),
    ("aliyun", "isv.PARAM_NOT_SUPPORT_URL", Class::Message, "模板的变量里不能有网址"),
    ("aliyun", "isv.BLACK_KEY_CONTROL_LIMIT", Class::Message, "变量里有不让发的词"),
    ("aliyun", "isv.SMS_CONTENT_ILLEGAL", Class::Message, "内容不让发"),
    ("aliyun", "isv.SMS_SIGN*", Class::Settings, "短信签名没有审核通过"),
    ("aliyun", "isv.SMS_TEMPLATE_ILLEGAL", Class::Settings, "短信模板没有审核通过"),
    ("aliyun", "isv.EXTEND_CODE_ERROR", Class::Settings, "扩展码和签名不配"),
    (
        "tencent",
        "LimitExceeded.PhoneNumberThirtySecondLimit",
        Class::Throttled(Window::HalfMinute),
        "这个号码收得太多，过一会儿再发",
    ),
    (
        "tencent",
        "LimitExceeded.PhoneNumberOneHourLimit",
        Class::Throttled(Window::Hour),
        "这个号码收得太多，下个小时再发",
    ),
    (
        "tencent",
        "LimitExceeded.PhoneNumberDailyLimit",
        Class::Throttled(Window::Day),
        "这个号码今天收得太多，明天再发",
    ),
    (
        "tencent",
        "LimitExceeded.PhoneNumberSameContentDailyLimit",
        Class::Throttled(Window::Day),
        "同样的话今天发过了，明天再发",
    ),
    (
        "tencent",
        "LimitExceeded.DeliveryFrequencyLimit",
        Class::Throttled(Window::Minute),
        "发得太快，过一会儿再发",
    ),
    (
        "tencent",
        "LimitExceeded.AppDailyLimit",
        Class::ChannelDown,
        "短信的每日上限用完了，请在腾讯云控制台调高",
    ),
    (
        "tencent",
        "LimitExceeded.*",
        Class::Throttled(Window::Hour),
        "超过腾讯云的限制，过一会儿再发",
    ),
    ("tencent", "RequestLimitExceeded*", Class::Busy, "发得太快，会再试"),
    (
        "tencent",
        "FailedOperation.InsufficientBalanceInSmsPackage",
        Class::ChannelDown,
        "短信套餐包用完了，请购买",
    ),
    ("tencent", "FailedOperation.PhoneNumberInBlacklist", Class::Stopped, "她不收我们的短信"),
    (
        "tencent",
        "FailedOperation.SignatureIncorrectOrUnapproved",
        Class::Settings,
        "短信签名没有审核通过",
    ),
    (
        "tencent",
        "FailedOperation.TemplateIncorrectOrUnapproved",
        Class::Settings,
        "短信模板没有审核通过",
    ),
    (
        "tencent",
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        Class::Settings,
        "模板的变量和审核的不一样",
    ),
    ("tencent", "FailedOperation.ContainSensitiveWord", Class::Message, "内容里有不让发的词"),
    (
        "tencent",
        "FailedOperation.MarketingSendTimeConstraint",
        Class::Throttled(Window::Hour),
        "现在不是能发的时间",
    ),
    ("tencent", "InvalidParameterValue.IncorrectPhoneNumber", Class::NumberGone, "手机号不对"),
    (
        "tencent",
        "InvalidParameterValue.TemplateParameterLengthLimit",
        Class::Message,
        "模板的变量太长",
    ),
    (
        "tencent",
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        Class::Message,
        "模板的变量里不能有网址",
    ),
    ("tencent", "InternalError*", Class::Busy, "腾讯云系统繁忙，会再试"),
    ("tencent", "AuthFailure*", Class::ChannelDown, "腾讯云的密钥不对，或服务器的时间不准"),
    ("tencent", "UnauthorizedOperation*", Class::ChannelDown, "腾讯云账号没有发短信的权限"),
    ("twilio", "20003", Class::ChannelDown, "Twilio 的 AuthToken 不对"),
    ("twilio", "20429", Class::Busy, "发得太快，会再试"),
    ("twilio", "21211", Class::NumberGone, "手机号不对"),
    ("twilio", "21610", Class::Stopped, "她不收我们的短信"),
    ("twilio", "21614", Class::NumberGone, "这个号码收不了短信"),
    ("twilio", "21617", Class::Message, "短信太长"),
    ("twilio", "30003", Class::Unreachable, "关机，或不在服务区"),
    ("twilio", "30004", Class::Stopped, "她屏蔽了短信"),
    ("twilio", "30005", Class::NumberGone, "空号"),
    ("twilio", "30006", Class::NumberGone, "这个号码收不了短信"),
    ("twilio", "30007", Class::Message, "运营商拦下了"),
    ("kannel", "empty to", Class::NumberGone, "手机号不对"),
    ("kannel", "denied", Class::Message, "Kannel 的名单不让发给这个号码"),
    ("kannel", "authorization", Class::ChannelDown, "Kannel 的用户名或密码不对"),
    ("kannel", "temporary", Class::Busy, "Kannel 正忙，会再试"),
    ("carrier", "MK:0000", Class::NumberGone, "空号"),
    ("carrier", "MK:0001", Class::NumberGone, "空号"),
    ("carrier", "MK:0004", Class::NumberGone, "停机"),
    ("carrier", "MK:0005", Class::NumberGone, "停机"),
    ("carrier", "MK:0012", Class::NumberGone, "停机"),
    ("carrier", "MI:0013", Class::NumberGone, "停机"),
    ("carrier", "MI:0024", Class::Unreachable, "关机，或不在服务区"),
    ("carrier", "MI:0029", Class::Unreachable, "关机，或不在服务区"),
    ("carrier", "UNDELIV", Class::Unreachable, "没有送到手机"),
    ("carrier", "EXPIRED", Class::Unreachable, "关机，或不在服务区"),
    ("carrier", "err:001", Class::NumberGone, "空号"),
    ("carrier", "err:011", Class::Unreachable, "没有送到手机"),
    ("carrier", "空号", Class::NumberGone, "空号"),
    ("carrier", "停机", Class::NumberGone, "停机"),
    ("carrier", "关机", Class::Unreachable, "关机"),
    ("carrier", "不在服务区", Class::Unreachable, "不在服务区"),
    ("carrier", "BLACK", Class::Stopped, "她不收我们的短信"),
    ("carrier", "REJECTD", Class::Stopped, "她不收我们的短信"),
    ("carrier", "黑名单", Class::Stopped, "她不收我们的短信"),
];

fn row(
    provider: &str,
    code: &str,
) -> Option<&'static (&'static str, &'static str, Class, &'static str)> {
    let fits = |known: &str| match known.strip_suffix('*') {
        Some(start) => code.starts_with(start),
        // A receipt's text holds the carrier's code among other words.
        None if provider == "carrier" => code.contains(known),
        None => code == known,
    };
    TABLE.iter().find(|(whose, known, ..)| *whose == provider && fits(known))
}

/// `provider` is `carrier` for what a receipt says.
pub fn class(provider: &str, code: &str) -> Class {
    row(provider, code).map_or(Class::Other, |row| row.2)
}

/// What to tell the clerk; `None` for a code that the table does not have.
pub fn advice(code: &str) -> Option<&'static str> {
    let providers = ["aliyun", "tencent", "twilio", "kannel", "carrier"];
    providers.iter().find_map(|provider| row(provider, code)).map(|row| row.3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_reached_by_its_own_code() {
        for (n, (provider, code, class_, _)) in TABLE.iter().enumerate() {
            let written = code.replace('*', "X");
            assert_eq!(class(provider, &written), *class_, "row {n}: {provider} {code}");
        }
        assert_eq!(class("aliyun", "isv.NEW"), Class::Other);
        assert_eq!(advice("isv.NEW"), None);
    }
}
