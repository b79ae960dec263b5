//! What an error code of the active APIs means for the sender. Data, and a look-up. Pure.
//!
//! Source: Tencent's 全局返回码; texts of WxJava's WxMpErrorMsgEnum; community threads.

/// What a sender does about an error. Everything but `Token`, `Busy` and the two quotas is
/// final for the request: the same request will fail again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The access token: get a new one, once.
    Token,
    /// The platform is busy: wait and try again.
    Busy,
    /// Outside the 48 h or 1 min window, or the person has unfollowed: another route.
    WindowClosed,
    /// The window's messages are used up: another route, or wait for the person.
    BudgetUsedUp,
    /// The person refused the template, or its one-time consent is used up.
    NoConsent,
    /// Does not follow the account, or no such user.
    NotFollower,
    /// Blocked by us, or the person switched messages off.
    Blocked,
    /// The openid is not one of this account's.
    WrongUser,
    /// Our request is wrong: a mistake in this program, a dialog or a template.
    BadRequest,
    /// The media id is wrong or older than three days.
    MediaGone,
    /// The API's quota of the day; back at midnight in China.
    DailyQuota,
    /// The API's quota of the minute.
    MinuteQuota,
    /// The account may not use this API.
    Unauthorized,
    /// appid or secret is wrong or frozen.
    Credentials,
    /// This machine's address is not on the account's list.
    CallerAddress,
    /// This kind of account can not send this kind of message.
    AccountType,
    /// A code that this table does not have.
    Other,
}

impl Class {
    /// Worth trying the same request again later.
    pub fn is_temporary(self) -> bool {
        matches!(self, Class::Token | Class::Busy | Class::DailyQuota | Class::MinuteQuota)
    }

    /// Somebody must do something about the account or this program, or nothing will be sent.
    pub fn needs_operator(self) -> bool {
        matches!(
            self,
            Class::Token
                | Class::BadRequest
                | Class::DailyQuota
                | Class::Unauthorized
                | Class::Credentials
                | Class::CallerAddress
                | Class::AccountType
        )
    }
}

/// Code, class, and what to tell the clerk or operator who sees it.
pub const TABLE: &[(i64, Class, &str)] = &[
    (40001, Class::Token, "access_token 无效，程序会自动重新获取"),
    (40014, Class::Token, "access_token 不合法，程序会自动重新获取"),
    (42001, Class::Token, "access_token 已过期，程序会自动重新获取"),
    (-1, Class::Busy, "微信系统繁忙，稍后会自动重试"),
    (45015, Class::WindowClosed, "超过 48 小时（或 1 分钟）未互动，或已取消关注，改走其他途径"),
    (45047, Class::BudgetUsedUp, "客服消息条数已用完，等对方再来消息或改走其他途径"),
    (43101, Class::NoConsent, "对方拒绝了该订阅消息，或授权次数已用完，改走其他途径"),
    (43004, Class::NotFollower, "对方没有关注公众号，改发短信或打电话"),
    (50005, Class::NotFollower, "对方没有关注公众号，改发短信或打电话"),
    (46004, Class::NotFollower, "没有这个用户，改发短信或打电话"),
    (43019, Class::Blocked, "对方在公众号黑名单中，请改发短信或打电话"),
    (48002, Class::Blocked, "对方关闭了消息接收，改发短信或打电话"),
    (40003, Class::WrongUser, "openid 不属于本公众号，请检查账号配置"),
    (40037, Class::BadRequest, "模板编号不对，请核对 template_id"),
    (47003, Class::BadRequest, "模板参数不合要求，请核对模板的字段"),
    (40035, Class::BadRequest, "参数不合法，请联系开发人员"),
    (44004, Class::BadRequest, "消息内容为空，请检查回复文字"),
    (45002, Class::BadRequest, "消息内容过长，请改短"),
    (40008, Class::BadRequest, "消息类型不合法，请联系开发人员"),
    (40033, Class::BadRequest, "请求中有不合法的字符，请联系开发人员"),
    (47001, Class::BadRequest, "请求格式不对，请联系开发人员"),
    (40016, Class::BadRequest, "公众号菜单的按钮要有一到三个，请改「菜单」"),
    (40018, Class::BadRequest, "公众号菜单的按钮名称最多16字节（5个汉字），请改短"),
    (40019, Class::BadRequest, "公众号菜单的按钮键最多128字节，不能空着，请改短"),
    (40023, Class::BadRequest, "公众号菜单的一个子菜单要有一到五项，请改「菜单」"),
    (40025, Class::BadRequest, "公众号菜单的子菜单名称最多60字节（20个汉字），请改短"),
    (40026, Class::BadRequest, "公众号菜单的子菜单键最多128字节，不能空着，请改短"),
    (40007, Class::MediaGone, "图片或语音已失效（超过 3 天），需要重新上传"),
    (45009, Class::DailyQuota, "今天的接口调用次数已用完，零点后恢复，或到公众平台清零"),
    (45011, Class::MinuteQuota, "接口调用太频繁，下一分钟自动重试"),
    (48001, Class::Unauthorized, "公众号没有该接口的权限，请到公众平台核对认证与权限"),
    (48004, Class::Unauthorized, "该接口被封禁，请到公众平台查看通知"),
    (48008, Class::Unauthorized, "没有该类型消息的发送权限，请到公众平台核对"),
    (50001, Class::Unauthorized, "公众号没有授权该接口，请到公众平台核对"),
    (50002, Class::Unauthorized, "公众号功能受限，请到公众平台查看通知"),
    (61007, Class::Unauthorized, "该接口没有授权给本程序，请到公众平台核对"),
    (45103, Class::Unauthorized, "该接口已下线或被收回，请联系开发人员"),
    (40013, Class::Credentials, "AppID 不对，请核对配置"),
    (40125, Class::Credentials, "AppSecret 不对，请核对配置"),
    (41002, Class::Credentials, "缺少 AppID，请核对配置"),
    (41004, Class::Credentials, "缺少 AppSecret，请核对配置"),
    (40243, Class::Credentials, "AppSecret 已被冻结，请管理员到公众平台解冻"),
    (
        40164,
        Class::CallerAddress,
        "本机 IP 不在公众号的 IP 白名单中，请管理员添加（IP 见错误信息）",
    ),
    (89503, Class::CallerAddress, "本机 IP 的调用需要管理员在微信中确认"),
    (40200, Class::AccountType, "这种公众号不能发送该类消息"),
];

pub fn classify(code: i64) -> Class {
    row(code).map_or(Class::Other, |row| row.1)
}

/// What to do about it, in Chinese.
pub fn advice(code: i64) -> &'static str {
    row(code).map_or("未知错误，请把错误码和 rid 告诉开发人员", |row| row.2)
}

fn row(code: i64) -> Option<&'static (i64, Class, &'static str)> {
    TABLE.iter().find(|row| row.0 == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the reference, by action, against ours.
    #[test]
    fn every_code_has_the_class_of_its_action() {
        let expect: &[(Class, &[i64])] = &[
            (Class::Token, &[40001, 40014, 42001]),
            (Class::Busy, &[-1]),
            (Class::WindowClosed, &[45015]),
            (Class::BudgetUsedUp, &[45047]),
            (Class::NoConsent, &[43101]),
            (Class::NotFollower, &[43004, 50005, 46004]),
            (Class::Blocked, &[43019, 48002]),
            (Class::WrongUser, &[40003]),
            (Class::BadRequest, &[40037, 47003, 40035, 44004, 45002, 40008, 40033, 47001]),
            (Class::BadRequest, &[40016, 40018, 40019, 40023, 40025, 40026]),
            (Class::MediaGone, &[40007]),
            (Class::DailyQuota, &[45009]),
            (Class::MinuteQuota, &[45011]),
            (Class::Unauthorized, &[48001, 48004, 48008, 50001, 50002, 61007, 45103]),
            (Class::Credentials, &[40013, 40125, 41002, 41004, 40243]),
            (Class::CallerAddress, &[40164, 89503]),
            (Class::AccountType, &[40200]),
        ];
        for (class, codes) in expect {
            for code in *codes {
                assert_eq!(classify(*code), *class, "{code}");
            }
        }
        assert_eq!(TABLE.len(), expect.iter().map(|(_, codes)| codes.len()).sum::<usize>());
        assert_eq!((classify(99999), classify(0)), (Class::Other, Class::Other));
    }

    #[test]
    fn every_row_says_what_to_do() {
        for (code, _, advice) in TABLE {
            assert!(advice.chars().count() >= 8, "{code}");
            assert_eq!(TABLE.iter().filter(|row| row.0 == *code).count(), 1, "{code}");
        }
    }
}
