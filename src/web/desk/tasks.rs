//! What a person must do because the machine could not: phone, talk, listen, send again.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::cases::short_enough;
use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::office::{CommandError, Office, TaskView};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/tasks", get(list))
        .route("/desk/tasks/{id}", get(one))
        .route("/desk/tasks/{id}/{action}", post(act))
}

/// Kind, heading, what to do; in the order in which people wait for us.
const KINDS: &[(&str, &str, &str)] = &[
    ("danger", "紧急", "群众说有危险。请马上核实，打110、119、120，或找部门。"),
    ("handover", "等人回话", "群众要找人说话，机器人已经停下，等您回。"),
    ("burst", "群发的事", "一个小时里好几个人反映同一件事。请并到一件上，一起办、一起告诉。"),
    ("phone", "要打的电话", "这些话发不出去，请打电话告诉群众。"),
    ("supervise", "要督办的", "承办单位到期没有办完，请打电话问清哪天办完，记在事项页。"),
    ("direct", "领导批示", "领导在事项上写了批示。请督促承办单位按时在事项页答复。"),
    (
        "call_back",
        "要回访的",
        "答复了两天没有评价。请打电话问问，记在事项页；试过两次才会自动办结。",
    ),
    ("morning", "早报", "今天要到期的和已经超期的。看过写一句就行。"),
    ("relay", "要转告的话", "群众对办着的事有话，请打电话告诉承办单位。"),
    ("listing", "要牵的线", "有人想联系登信息的人，请打电话问问愿不愿意。"),
    ("reconcile", "对不上的账", "库存、订单、付款夜里对过一遍，这些对不上，请查清楚。"),
    ("paper", "快到期的证件", "商家的证件、试用或会员快到期了，请催它换新的，再登记。"),
    ("forget", "要删的个人信息", "群众要求删除。姓名电话已经删掉，请核对，再清掉原话和照片。"),
    ("voice", "要听的录音", "机器人听不懂录音，请听一听说的是什么。"),
    ("dead", "没发出去的消息", "试了几次都没成，请重新发送，或打电话。"),
];

struct Group {
    title: &'static str,
    hint: &'static str,
    tasks: Vec<TaskView>,
}

/// Every task is shown, also one of a kind that this page does not know yet.
fn groups(mut tasks: Vec<TaskView>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (kind, title, hint) in KINDS {
        let (these, rest) = tasks.into_iter().partition(|task| task.kind == *kind);
        groups.push(Group { title, hint, tasks: these });
        tasks = rest;
    }
    groups.push(Group { title: "其他", hint: "请看一看，办完写一句。", tasks });
    groups.retain(|group| !group.tasks.is_empty());
    groups
}

#[derive(Template)]
#[template(path = "desk/tasks.html")]
struct List {
    frame: Frame,
    groups: Vec<Group>,
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    let tasks = match office.tasks(&signed.session).await {
        Ok(tasks) => tasks,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(&office, &signed.session, "tasks", &headers);
    let page = List { frame, groups: groups(tasks) };
    page::show(StatusCode::OK, &page, &page.frame)
}

#[derive(Template)]
#[template(path = "desk/task.html")]
struct Task {
    frame: Frame,
    task: TaskView,
    problem: Option<String>,
    /// What was typed into a form that did not go through.
    text: String,
    note: String,
}

async fn one(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    show_task(&office, &headers, &signed, &id, StatusCode::OK, None, &Fields::default()).await
}

async fn show_task(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    id: &str,
    status: StatusCode,
    problem: Option<String>,
    kept: &Fields,
) -> Response {
    let task = match office.task(&signed.session, id).await {
        Ok(Some(task)) => task,
        Ok(None) => {
            return page::message(StatusCode::NOT_FOUND, "这件待办已经了结，或者没有这件待办。");
        }
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "tasks", headers);
    let (text, note) = (kept.get("text").to_owned(), kept.get("note").to_owned());
    let page = Task { frame, task, problem, text, note };
    page::show(status, &page, &page.frame)
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((id, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let secure = office.secure_cookies();
    match perform(&office, &signed, &id, &action, &fields).await {
        // A talk goes on: back to the same task.
        Ok("write") => page::after("write", &format!("/desk/tasks/{}", page::percent(&id)), secure),
        Ok(done) => page::after(done, "/desk/tasks", secure),
        Err(CommandError::NotFound) => {
            page::message(StatusCode::NOT_FOUND, "这件待办已经了结，或者没有这件待办。")
        }
        Err(error) => {
            let (status, problem) = (page::status_of(&error), Some(error.to_string()));
            show_task(&office, &headers, &signed, &id, status, problem, &fields).await
        }
    }
}

async fn perform(
    office: &Office,
    signed: &SignedIn,
    id: &str,
    action: &str,
    fields: &Fields,
) -> Result<&'static str, CommandError> {
    let session = &signed.session;
    let text = |name: &str, missing: &str| {
        let missing = || CommandError::Refused(missing.to_owned());
        let text = fields.filled(name).ok_or_else(missing)?;
        short_enough(&text)?;
        Ok::<_, CommandError>(text)
    };
    match action {
        "finish" => {
            let note = text("note", "请写一句是怎么办的。")?;
            office.finish_task(session, id, &note).await.map(|()| "finish")
        }
        "write" => {
            let text = text("text", "请写要说的话。")?;
            office.write_to_villager(session, id, &text).await.map(|()| "write")
        }
        "back" => office.give_back(session, id).await.map(|()| "back"),
        "resend" => office.resend(session, id, None).await.map(|()| "resend"),
        "sms" | "wechat" => office.resend(session, id, Some(action)).await.map(|()| "resend"),
        _ => Err(CommandError::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn no_task_is_left_out() {
        let check = |kinds: &[&'static str], expect: &[(&str, usize)]| {
            let groups = groups(kinds.iter().map(|kind| sample::task(kind)).collect());
            let got: Vec<_> = groups.iter().map(|group| (group.title, group.tasks.len())).collect();
            assert_eq!(got, expect);
            check_page(&List { frame: sample::frame(), groups }.render().unwrap());
        };
        check(&[], &[]);
        check(&["phone", "handover", "phone"], &[("等人回话", 1), ("要打的电话", 2)]);
        check(
            &["new kind", "dead", "voice"],
            &[("要听的录音", 1), ("没发出去的消息", 1), ("其他", 1)],
        );
    }

    #[test]
    fn each_kind_has_its_forms_and_keeps_what_was_typed() {
        let check = |kind, forms: &[&str]| {
            let page = Task {
                frame: sample::frame(),
                task: sample::task(kind),
                problem: Some("没有存上".to_owned()),
                text: HOSTILE.to_owned(),
                note: HOSTILE.to_owned(),
            };
            let html = page.render().unwrap();
            check_page(&html);
            assert!(html.contains("没有存上"));
            assert!(html.contains(&format!(">{HOSTILE_SHOWN}</textarea>")), "{html}");
            let before = format!("action=\"/desk/tasks/t-{kind}/");
            let actions: Vec<_> =
                html.split(&before).skip(1).map(|at| at.split('"').next().unwrap()).collect();
            assert_eq!(actions, forms, "{kind}");
        };
        check("handover", &["write", "back"]);
        check("phone", &["sms", "finish"]);
        check("voice", &["finish"]);
        check("relay", &["finish"]);
        check("danger", &["finish"]);
        check("dead", &["resend", "sms", "finish"]);
        check("new", &["finish"]);
    }
}
