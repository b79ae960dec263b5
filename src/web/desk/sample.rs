//! Sample views for tests, and what must be true of every page.

use jiff::Timestamp;

use super::page::{Frame, Person};
use crate::office::{
    AlikeView, CaseForm, CaseRow, CaseView, Choice, ClockView, DraftFileView, DraftView, FieldKind,
    FormField, MediaView, NoticeView, QuestionCounts, Right, StopRow, StopView, StopsView,
    TaskLine, TaskView, TimelineLine, TurnView,
};
use crate::web::messages::Language;

/// What a hostile villager would write; it must come out as the same text.
pub const HOSTILE: &str = "路灯坏了<script>alert(1)</script>\"'&\n第二行";
pub const HOSTILE_SHOWN: &str =
    "路灯坏了&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;\n第二行";

pub fn frame() -> Frame {
    let person = Person { name: "平台一号".to_owned(), csrf: "token-7".to_owned() };
    let county = "青禾县".to_owned();
    Frame {
        county,
        person: Some(person),
        here: "cases",
        done: None,
        refused: 0,
        unsettled: Some(2027),
        rights: Right::ALL.to_vec(),
        language: Language::default(),
        large: false,
        paper: Some(crate::office::PrintMark::default()),
    }
}

pub fn at() -> Timestamp {
    "2026-11-25T09:30:00Z".parse().unwrap()
}

pub fn keep() -> crate::config::KeepSettings {
    crate::config::KeepSettings::default()
}

pub fn draft() -> DraftView {
    let file = DraftFileView {
        name: "dialogs/催办.yaml".into(),
        title: HOSTILE.into(),
        is_new: false,
        stale: true,
    };
    DraftView {
        id: "0a1b2c3d4e5f".into(),
        title: HOSTILE.into(),
        by: "王芳".into(),
        changed_at: at(),
        revision: 7,
        editors: vec!["王芳".into()],
        files: vec![file],
        asked: None,
        returned: HOSTILE.into(),
        may_approve: false,
    }
}

pub fn stops() -> StopsView {
    let counts = QuestionCounts { asked: 12, silent: 3, cancelled: 1, handed_over: 0, misheard: 2 };
    let row = StopRow { words: HOSTILE.into(), line: 7, counts };
    StopsView { name: HOSTILE.into(), file: "dialogs/催办.yaml".into(), questions: vec![row] }
}

pub fn choices(pairs: &[(&str, &str)]) -> Vec<Choice> {
    let choice = |(id, label): &(&str, &str)| Choice { id: (*id).into(), label: (*label).into() };
    pairs.iter().map(choice).collect()
}

pub fn row() -> CaseRow {
    CaseRow {
        number: "126041273".to_owned(),
        title: HOSTILE.to_owned(),
        place: "王庄镇 李家沟村".to_owned(),
        state_id: "received",
        state: "待派单",
        department: None,
        received_at: at(),
        promised_at: at(),
        overdue: false,
        amber: false,
        unsettled: true,
        left: Some(570),
        day_minutes: 450,
        source: "微信",
        category: Some("路灯".to_owned()),
        confidential: true,
        repeats: true,
        round: 1,
        urges: 2,
        open: true,
    }
}

pub fn case() -> CaseView {
    let media = |kind, url: Option<&str>, note: &str| MediaView {
        kind,
        url: url.map(str::to_owned),
        note: note.to_owned(),
    };
    CaseView {
        row: row(),
        kind: "求助",
        clocks: vec![ClockView {
            what: "签收",
            whose: HOSTILE.to_owned(),
            due: at(),
            left: Some(59),
            state: "走着",
        }],
        stops: vec![StopView {
            from: at(),
            to: None,
            by: HOSTILE.to_owned(),
            what: "等群众补充",
            why: HOSTILE.to_owned(),
        }],
        turns: vec![TurnView {
            department: HOSTILE.to_owned(),
            lead: true,
            from: at(),
            accepted: Some((at(), true)),
            due: at(),
            until: Some((at(), "改派")),
        }],
        category: Some("路灯".to_owned()),
        name: Some(HOSTILE.to_owned()),
        phone: Some("13800000000".to_owned()),
        identified: true,
        may_identify: true,
        erased: false,
        text: HOSTILE.to_owned(),
        understood: vec![(HOSTILE.to_owned(), HOSTILE.to_owned(), HOSTILE.to_owned())],
        channel: "微信",
        filed_by: "代办员 王薇".to_owned(),
        source: Some("数字城管 A-17".to_owned()),
        co_signers: vec!["李四".to_owned()],
        reply: Some(HOSTILE.to_owned()),
        rating: Some("基本满意".to_owned()),
        visit: Some(format!("11月25日(周三)09:00　{HOSTILE}")),
        waits: Some("平台".to_owned()),
        mediation: Some(HOSTILE.to_owned()),
        merchant_said: Some(TimelineLine {
            at: at(),
            who: HOSTILE.to_owned(),
            what: HOSTILE.to_owned(),
            detail: "526-003-184".to_owned(),
        }),
        lead_basis: Some(HOSTILE.to_owned()),
        alike: vec![AlikeView {
            number: "126041299".to_owned(),
            text: HOSTILE.to_owned(),
            state: "办理中",
            received_at: at(),
            similarity: 80,
            same_person: true,
            takes: true,
            goes: true,
        }],
        repeats: Some("126041265".to_owned()),
        parent: None,
        children: vec!["126041257".to_owned()],
        follows: Some("126041281".to_owned()),
        media: vec![
            media("photo", Some("/desk/cases/526000018/media/a"), ""),
            media("voice", Some("/desk/cases/526000018/media/b"), ""),
            media("video", None, "没有取到，已经过期。"),
        ],
        attached: vec![media("file", Some("/desk/media/c"), HOSTILE)],
        may_attach: true,
        timeline: vec![TimelineLine {
            at: at(),
            who: "平台一号".to_owned(),
            what: "派单".to_owned(),
            detail: HOSTILE.to_owned(),
        }],
        notices: vec![NoticeView {
            id: "1".to_owned(),
            at: at(),
            text: HOSTILE.to_owned(),
            status: "需要打电话".to_owned(),
            detail: "她已取消关注".to_owned(),
            by: "短信（modem）".to_owned(),
            sent_at: Some(at()),
            segments: Some(2),
        }],
        prefers: "她要短信",
        next_by: "短信（modem）".to_owned(),
        phone_only: true,
        confidential: true,
        helpers: vec!["县水利局".to_owned()],
        errand: Vec::new(),
        slips: vec![1],
        orders: Vec::new(),
        looks: true,
        forms: forms(),
        revision: 3,
    }
}

/// One with each kind of field.
pub fn forms() -> Vec<CaseForm> {
    let field = |name, kind, value: &str| FormField {
        name,
        label: "要填的",
        hint: "怎样填",
        kind,
        required: true,
        value: value.to_owned(),
    };
    let form = |action, fields| CaseForm {
        action,
        title: "办这一步".to_owned(),
        intro: "这一步是什么",
        button: "办".to_owned(),
        is_main: action == "reply",
        previews: action == "reply",
        canned: if action == "reply" { choices(&[("0", "已经解决")]) } else { Vec::new() },
        fields,
    };
    let departments = choices(&[("road", "县交通运输局"), ("water", "县水利局")]);
    let outcomes = choices(&[("done", "已办好"), ("cannot", "办不了，说明了原因")]);
    vec![
        form("dispatch", vec![field("department", FieldKind::Choice(departments), "road")]),
        form("accept", Vec::new()),
        form(
            "reply",
            vec![
                field("outcome", FieldKind::Choice(outcomes), ""),
                field("text", FieldKind::Text, ""),
            ],
        ),
        form(
            "supervise",
            vec![
                field("callee", FieldKind::Line, ""),
                field("promise", FieldKind::Moment, ""),
                field("until", FieldKind::Day, ""),
                field("days", FieldKind::Number { min: 1, max: 10 }, ""),
            ],
        ),
    ]
}

pub fn task(kind: &'static str) -> TaskView {
    TaskView {
        id: format!("t-{kind}"),
        kind,
        title: HOSTILE.to_owned(),
        reason: "三次没听懂".to_owned(),
        who: HOSTILE.to_owned(),
        phone: None,
        case: Some("126041273".to_owned()),
        person: None,
        lines: vec![TaskLine { at: at(), from_villager: true, text: HOSTILE.to_owned() }],
        media: Vec::new(),
        other_ways: if matches!(kind, "dead" | "phone") { vec!["sms"] } else { Vec::new() },
        opened_at: at(),
    }
}

/// `html` is a page of the desk: small, usable without a script and with a screen reader,
/// and holding nothing that the content policy would block.
pub fn check_page(html: &str) {
    assert!(html.len() < 150 * 1024, "{} bytes", html.len());
    let scripts = html.matches("<script").count();
    let ours = html.matches("<script src=\"/assets/").count();
    assert_eq!(scripts, ours, "a script in\n{html}");
    for forbidden in ["<style", " style=", " onclick=", "javascript:", "http://", "https://"] {
        assert!(!html.contains(forbidden), "{forbidden} in\n{html}");
    }
    for once in ["<h1", "<main", "<title>", "lang=\"zh-CN\"", "name=\"viewport\""] {
        assert_eq!(html.matches(once).count(), 1, "{once} in\n{html}");
    }
    let posts = html.split("<form").skip(1).filter(|form| form.contains("method=\"post\""));
    for form in posts.map(|form| form.split("</form>").next().unwrap()) {
        let guarded = form.contains("name=\"csrf\" value=\"token-7\"");
        assert!(guarded || form.contains("/desk/sign-in"), "no token in {form}");
    }
    let ids: Vec<&str> =
        html.split(" id=\"").skip(1).map(|at| at.split('"').next().unwrap()).collect();
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{id} twice");
    }
    for tag in ["<input", "<select", "<textarea"] {
        for field in html.split(tag).skip(1).map(|field| field.split('>').next().unwrap()) {
            let id = field.split(" id=\"").nth(1).and_then(|id| id.split('"').next());
            let labelled = id.is_some_and(|id| html.contains(&format!("<label for=\"{id}\"")))
                || field.contains("aria-label=")
                || field.contains("type=\"hidden\"");
            assert!(labelled, "no label: {tag}{field}");
        }
    }
}
