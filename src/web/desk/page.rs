//! What all pages of the desk share: the frame, the line after something was done,
//! times in Beijing time, plain error pages.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::page; // templates name it so, here too
use super::session::{cookie, set_cookie};
use crate::office::{
    CaseRow, CommandError, Office, PrintMark, Queue, Right, Session, Sheet, Watermark,
};
pub use crate::web::assets::url as asset;
use crate::web::messages::Language;

/// Monday first.
const WEEKDAYS: [char; 7] = ['一', '二', '三', '四', '五', '六', '日'];

const FLASH: &str = "desk_done";
const DOOR: &str = "door";
/// The cookie with the code of a language.
pub const LANGUAGE: &str = "desk_language";
/// Set for those who want large letters.
pub const SIZE: &str = "desk_size";
pub const LARGE: &str = "large";

/// What was done, said once on the page after it. The code travels in a cookie.
const DONE: &[(&str, &str)] = &[
    ("filed", "已登记，有消息会告诉她。"),
    ("dispatch", "已派单，正在告诉群众。"),
    ("accept", "已签收。"),
    ("progress", "进展已记下，正在告诉群众。"),
    ("reply", "已答复，答复正在发给群众。"),
    ("close", "已办结。"),
    ("merge", "已并案，正在告诉群众。"),
    ("take_in", "已并到这件，正在告诉群众。"),
    ("supervise", "已记下，正在告诉群众新的时间。"),
    ("sign", "签好了，平台和本单位看得到。"),
    ("redact", "已遮住。"),
    ("photo", "照片加上了。"),
    ("attached", "附件加上了，随答复给群众。"),
    ("broadcast", "正在发给这个村的人。"),
    ("slip", "督办单已发出，可以在「督办单」里打印。"),
    ("direct", "批示记下了，已告诉承办单位和平台。"),
    ("answer_direction", "已答复领导。"),
    ("answer_slip", "已书面答复平台，正在告诉群众新的时间。"),
    ("ask_info", "已去问群众，办理时间先停着。"),
    ("noted", "已记下。"),
    ("finish", "这件待办已了结。"),
    ("write", "已发给群众。"),
    ("show", "已登出来，群众会收到。"),
    ("refuse", "已撤下，群众会收到原因。"),
    ("back", "已交还机器人，由它接着回话。"),
    ("resend", "已重新发送。"),
    ("order", "已记下，该告诉的人正在告诉。"),
    ("placed", "订单已下，正在告诉商家。"),
    ("goods", "商品表已存好。"),
    ("cycle", "这一轮开始了。"),
    ("article", "商品记好了。"),
    ("sample", "样品的事记好了。"),
    ("run", "车发了，要送到家的正在告诉。"),
    ("arrived", "到店记下了，取货码正在发给买的人。"),
    ("merchant", "商家档案已更新。"),
    ("correct", "已更正，以后的消息发到新号码。"),
    ("hold", "已暂缓，到期也先不清。"),
    ("release", "已取消暂缓。"),
    ("holidays", "放假安排已上线，在办的事正在按它重算。"),
    ("hours", "上班时间已上线，到那天起按它算。"),
    ("keep_count", "正在数，过一会儿再看。"),
    ("keep_ask", "已申请，请另一位平台负责人来清。"),
    ("keep_run", "正在清，过一会儿再看。"),
    ("keep_leave", "已撤下，没有清。"),
    ("trial", "恢复演练记下了。"),
    ("export", "正在做，做好了在「做好的表」里。"),
    ("export_dropped", "已删掉。"),
    ("again", "已重新发送，没送到的还会回到这里。"),
    ("draft_saved", "草稿已存好，还没有上线。"),
    ("draft_asked", "已请人核对。要没有改过这份草稿的同事来看。"),
    ("draft_returned", "已退回再改。"),
    ("taught", "写进草稿了，核对上线以后管用。"),
    ("tests_mended", "测试已照现在说的改好，存在草稿里。请看差别对不对。"),
    ("draft_discarded", "草稿已删去。"),
    ("draft_live", "核对过的已上线。"),
    ("rolled_back", "已退回到以前的版本。"),
    ("key_approved", "钥匙批准了，用它的程序现在可以进来。"),
    ("key_revoked", "钥匙收回了，用它的程序现在进不来了。"),
    ("password", "新密码已生效，其他地方的登录都已退出。"),
    ("sessions", "已退出。"),
    ("wechat_off", "微信提醒已取消。"),
    ("second_off", "动态口令已取消。"),
    ("account", "账号已更新，记在审计日志里。"),
];

tokio::task_local! {
    /// How who asked is spoken to, for answers that no page was made for.
    static SPOKEN: (Language, bool);
}

/// Around every address of the desk.
pub async fn spoken(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let how = (language(headers), is_large(headers));
    SPOKEN.scope(how, next.run(request)).await
}

/// What the frame of each page shows.
pub struct Frame {
    pub county: String,
    /// `None` before signing in.
    pub person: Option<Person>,
    /// "cases" | "tasks" | "me": the entry of the menu that is marked.
    pub here: &'static str,
    pub done: Option<&'static str>,
    /// Mistakes in dialogs that were changed and are not live.
    pub refused: usize,
    /// The year whose notice of holidays is missing.
    pub unsettled: Option<i16>,
    pub rights: Vec<Right>,
    pub language: Language,
    /// 长辈版
    pub large: bool,
    /// Of a sheet: what stands at its foot.
    pub paper: Option<PrintMark>,
}

pub struct Person {
    pub name: String,
    pub csrf: String,
}

impl Frame {
    pub fn new(
        office: &Office,
        session: &Session,
        here: &'static str,
        headers: &HeaderMap,
    ) -> Self {
        let person = Some(Person { name: session.name.clone(), csrf: session.csrf.clone() });
        // Others can not mend them.
        let mends = session.may(Right::Dispatch) || session.may(Right::Settings);
        let refused = office.dialogs_refused().filter(|_| mends);
        let rights = Right::ALL.iter().copied().filter(|right| session.may(*right)).collect();
        Self {
            rights,
            language: language(headers),
            large: is_large(headers),
            paper: None,
            county: office.county_name(),
            person,
            here,
            done: done(headers),
            refused: refused.map_or(0, |refused| refused.count),
            unsettled: office.unsettled_year().filter(|_| session.may(Right::Settings)),
        }
    }

    pub fn signed_out(county: String) -> Self {
        let (language, large) = SPOKEN.try_with(|how| *how).unwrap_or_default();
        Self {
            county,
            person: None,
            here: "",
            done: None,
            refused: 0,
            unsettled: None,
            rights: Vec::new(),
            language,
            large,
            paper: None,
        }
    }

    /// With what stands at the foot of the sheet at this address.
    pub async fn on_paper(mut self, office: &Office, session: &Session, uri: &Uri) -> Self {
        let address = uri.path_and_query().map(|whole| whole.as_str()).unwrap_or_default();
        match office.print_mark(session, address).await {
            Ok(mark) => self.paper = Some(mark),
            Err(error) => tracing::warn!(%error, "how often a sheet was printed is not known"),
        }
        self
    }

    /// Nothing but what is asked at the door is open yet.
    pub fn at_the_door(mut self) -> Self {
        self.rights.clear();
        self.here = DOOR;
        self
    }

    pub fn is_inside(&self) -> bool {
        self.person.is_some() && self.here != DOOR
    }

    /// In the language that the browser was told.
    pub fn spoken_to(mut self, headers: &HeaderMap) -> Self {
        self.language = language(headers);
        self.large = is_large(headers);
        self
    }

    pub fn say(&self, key: &'static str) -> &'static str {
        self.language.say(key)
    }

    pub fn fill(&self, key: &'static str, value: impl std::fmt::Display) -> String {
        self.language.fill(key, &value.to_string())
    }

    /// 剩1天2小时（工作时间）, or how long it is late; nothing when the clock does not run.
    pub fn left(&self, row: &CaseRow) -> String {
        self.left_of(&row.left, &row.day_minutes)
    }

    pub fn left_of(&self, left: &Option<i64>, day_minutes: &i64) -> String {
        let Some(left) = *left else { return String::new() };
        let key = if left < 0 { "time.late" } else { "time.left" };
        self.fill(key, self.working_time(left.abs(), *day_minutes))
    }

    /// What the program says in Chinese, in the language of the page.
    pub fn term<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        self.language.term(text)
    }

    /// The same for a key that is not written in the template.
    pub fn word(&self, key: &&'static str) -> &'static str {
        self.say(key)
    }

    pub fn queue(&self, queue: &Queue) -> &'static str {
        self.say(match queue {
            Queue::Intake => "queue.intake",
            Queue::Again => "queue.again",
            Queue::Returns => "queue.returns",
            Queue::Extensions => "queue.extensions",
            Queue::Reviews => "queue.reviews",
            Queue::Supervision => "queue.supervision",
            Queue::CallBacks => "queue.call_backs",
            Queue::Final => "queue.final",
            Queue::ToAccept => "queue.to_accept",
            Queue::InHand => "queue.in_hand",
            Queue::Soon => "case.soon",
            Queue::Late => "case.late",
            Queue::Helping => "queue.helping",
            Queue::Answered => "queue.answered",
        })
    }

    /// Days, and hours or minutes, of the office's time.
    fn working_time(&self, minutes: i64, day_minutes: i64) -> String {
        let day = day_minutes.max(1);
        let (days, hours, rest) = (minutes / day, minutes % day / 60, minutes % day % 60);
        let one = |count: i64, key| if count > 0 { self.fill(key, count) } else { String::new() };
        let rest = if days > 0 || hours > 0 { 0 } else { rest.max(1) };
        let parts = [one(days, "time.days"), one(hours, "time.hours"), one(rest, "time.minutes")];
        parts.concat().trim_end().to_owned()
    }

    pub fn other_languages(&self) -> impl Iterator<Item = Language> + '_ {
        Language::ALL.into_iter().filter(|one| *one != self.language)
    }

    /// By the id of a [`Right`], for the templates.
    pub fn may(&self, right: &str) -> bool {
        self.rights.iter().any(|one| one.id() == right)
    }

    /// Whoever only reads the shop's orders is shown no form that would be refused.
    pub fn acts_in_shop(&self) -> bool {
        !self.may("orders") || self.may("keep_orders")
    }

    pub fn keeps_goods(&self) -> bool {
        self.may("keep_orders") || self.may("own_orders")
    }

    pub fn csrf(&self) -> &str {
        self.person.as_ref().map(|person| person.csrf.as_str()).unwrap_or_default()
    }
}

fn language(headers: &HeaderMap) -> Language {
    cookie(headers, LANGUAGE).and_then(Language::from_code).unwrap_or_default()
}

fn is_large(headers: &HeaderMap) -> bool {
    cookie(headers, SIZE) == Some(LARGE)
}

fn done(headers: &HeaderMap) -> Option<&'static str> {
    let code = cookie(headers, FLASH)?;
    DONE.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}

/// A page; takes away the cookie of what it has just said.
pub fn show(status: StatusCode, template: &impl Template, frame: &Frame) -> Response {
    let mut response = match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    if frame.done.is_some() {
        response.headers_mut().append(header::SET_COOKIE, set_cookie(FLASH, "", false));
    }
    response
}

/// The code for what an action did; the plain one when it has no sentence of its own.
pub fn done_code(action: &str) -> &'static str {
    DONE.iter().map(|(code, _)| *code).find(|code| *code == action).unwrap_or("noted")
}

/// After a form: to `path`, which says what was done.
pub fn after(done: &'static str, path: &str, secure: bool) -> Response {
    debug_assert!(DONE.iter().any(|(code, _)| *code == done), "{done} has no text");
    let cookie = set_cookie(FLASH, done, secure);
    ([(header::SET_COOKIE, cookie)], Redirect::to(path)).into_response()
}

#[derive(Template)]
#[template(path = "desk/message.html")]
struct Message<'a> {
    frame: Frame,
    text: &'a str,
}

/// One sentence and the way back.
pub fn message(status: StatusCode, text: &str) -> Response {
    let page = Message { frame: Frame::signed_out(String::new()), text };
    show(status, &page, &page.frame)
}

pub fn failed(error: &CommandError) -> Response {
    message(status_of(error), &error.to_string())
}

pub fn status_of(error: &CommandError) -> StatusCode {
    match error {
        CommandError::Changed => StatusCode::CONFLICT,
        CommandError::Refused(_) | CommandError::Field(..) => StatusCode::UNPROCESSABLE_ENTITY,
        CommandError::NotFound => StatusCode::NOT_FOUND,
        CommandError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A sheet as a file. `name` is ASCII: a header can not carry more without an encoding of its own.
/// `mark`: who took it out, and when.
pub fn sheet_file(sheet: Sheet, format: &str, name: &str, mark: &Watermark) -> Response {
    match sheet.bytes(format, mark) {
        Ok(Some((kind, bytes))) => {
            let name = file_name(name, format);
            let headers =
                [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)];
            (headers, bytes).into_response()
        }
        Ok(None) => message(StatusCode::NOT_FOUND, "没有这种文件。"),
        Err(error) => {
            tracing::error!(%error, "a sheet could not be written as a workbook");
            let text = "表格没有写成，请存成 CSV，或过一会儿再试。";
            message(StatusCode::INTERNAL_SERVER_ERROR, text)
        }
    }
}

/// What a browser shall call a file of that format.
pub fn file_name(name: &str, format: &str) -> String {
    let ending = if format == "gb18030" { "gb18030.csv" } else { format };
    format!("attachment; filename=\"{name}.{ending}\"")
}

/// The first moment of `2026-11-25` here.
pub fn day_start(text: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = text.trim().parse().ok()?;
    let zone = TimeZone::fixed(Offset::constant(8));
    Some(day.to_zoned_datetime(zone).ok()?.timestamp())
}

/// Where somebody begins who has just signed in.
pub fn home(session: &Session) -> &'static str {
    // Whoever speaks for a village begins with its doors; a counter only hands out.
    let hands_out = session.may(Right::HandOut) && !session.may(Right::OwnVillage);
    if session.may(Right::OwnOrders) || hands_out {
        "/desk/shop/day"
    } else if session.may(Right::Interview) {
        "/desk/interviews"
    } else if session.may(Right::Accounts) {
        "/desk/accounts"
    } else if session.may(Right::Audit) {
        "/desk/audit"
    } else if session.may(Right::Settings) {
        "/desk/system"
    } else if session.may(Right::Reports) && !session.may(Right::Cases) {
        "/desk/figures"
    } else {
        "/desk"
    }
}

/// "11月25日(周三)17:30", with the year when it is not the year of `now`; Beijing time.
pub fn time_seen_at(at: &Timestamp, now: Timestamp) -> String {
    let beijing = |at: Timestamp| at.to_zoned_datetime(TimeZone::fixed(Offset::constant(8)));
    let (at, now) = (beijing(*at), beijing(now));
    let year = if at.year() == now.year() { String::new() } else { format!("{}年", at.year()) };
    let weekday = WEEKDAYS[at.weekday().to_monday_zero_offset().unsigned_abs() as usize % 7];
    let (month, day, hour, minute) = (at.month(), at.day(), at.hour(), at.minute());
    format!("{year}{month}月{day}日(周{weekday}){hour:02}:{minute:02}")
}

pub fn time(at: &Timestamp) -> String {
    time_seen_at(at, Timestamp::now())
}

/// "126-041-273"
pub fn case_number(digits: &str) -> String {
    let parts: Vec<&str> =
        digits.as_bytes().chunks(3).filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.join("-")
}

/// For one value of a query string or one part of a path.
pub fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let write = |byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") };
    text.bytes().map(write).collect()
}

/// The query string of these.
pub fn query<'t>(pairs: impl IntoIterator<Item = (&'static str, &'t str)>) -> String {
    let pairs = pairs.into_iter().map(|(name, text)| format!("{name}={}", percent(text)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_beijing_times() {
        let now: Timestamp = "2026-11-25T00:00:00Z".parse().unwrap();
        for (at, expect) in [
            ("2026-11-25T09:30:00Z", "11月25日(周三)17:30"),
            ("2026-11-24T16:05:00Z", "11月25日(周三)00:05"),
            ("2025-12-31T16:00:00Z", "1月1日(周四)00:00"),
            ("2025-12-31T15:59:59Z", "2025年12月31日(周三)23:59"),
        ] {
            assert_eq!(time_seen_at(&at.parse().unwrap(), now), expect, "{at}");
        }
    }

    #[test]
    fn what_is_left_is_said_in_the_offices_time() {
        let row = super::super::sample::row();
        for (left, chinese, english) in [
            (Some(450), "剩1天（工作时间）", "1 d left (working time)"),
            (Some(570), "剩1天2小时（工作时间）", "1 d 2 h left (working time)"),
            (Some(59), "剩59分钟（工作时间）", "59 min left (working time)"),
            (Some(0), "剩1分钟（工作时间）", "1 min left (working time)"),
            (Some(-900), "超2天（工作时间）", "2 d late (working time)"),
            (None, "", ""),
        ] {
            let row = CaseRow { left, day_minutes: 450, ..row.clone() };
            let mut frame = super::super::sample::frame();
            assert_eq!(frame.left(&row), chinese);
            frame.language = Language::English;
            assert_eq!(frame.left(&row), english);
        }
    }

    #[test]
    fn addresses_hold_only_plain_characters() {
        for (text, expect) in
            [("a-1_~.", "a-1_~."), ("路 灯", "%E8%B7%AF%20%E7%81%AF"), ("&=", "%26%3D")]
        {
            assert_eq!(percent(text), expect);
        }
    }

    #[test]
    fn what_was_done_is_said_in_english_too() {
        for (code, text) in DONE {
            let english = Language::English.term(text);
            assert!(!english.chars().any(crate::zh::is_han), "{code}: {english}");
        }
    }

    #[test]
    fn numbers_are_read_in_threes() {
        for (digits, expect) in [("126041273", "126-041-273"), ("", ""), ("1260", "126-0")] {
            assert_eq!(case_number(digits), expect);
        }
    }
}
