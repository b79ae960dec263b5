//! The approved templates of an SMS channel: which one a notice goes by, and what fills it.

use std::collections::BTreeMap;

use crate::config::{Config, TemplateSettings};
use crate::dialog::Script;
use crate::store::records::{Body, Outgoing};

/// The template of the one-time code that binds a phone.
pub(super) const LINK_CODE: &str = "link_code";

/// A code has words of its own: they must say that nobody else may have it.
pub(super) fn template_of<'a>(
    templates: &'a BTreeMap<String, TemplateSettings>,
    kind: &str,
) -> Option<&'a TemplateSettings> {
    let other = || templates.get("other").filter(|_| kind != LINK_CODE);
    templates.get(kind).or_else(other)
}

/// A kind of notice that may go by SMS, and no words for it on a channel of templates.
pub(super) fn without_template(
    config: &Config,
    script: &Script,
    name: &str,
) -> Vec<crate::config::Problem> {
    let section = format!("sms.{name}");
    let templates = &config.sms[name].settings.templates;
    let kinds = script.notice_kinds();
    let mut problems: Vec<_> = kinds
        .filter(|kind| {
            config.settings.notices.kind(kind).sms && template_of(templates, kind).is_none()
        })
        .map(|kind| {
            config.source.problem(
                &section,
                "provider",
                format!("[{section}] 只能发模板短信，可是「{kind}」没有模板 (no template)"),
                format!(
                    "请加 templates.{kind} = {{ id = \"...\" }}，或在 [notices.kinds] 里写 \
                     {kind} = {{ sms = false }}。Add a template, or say that this kind never \
                     goes by SMS."
                ),
            )
        })
        .collect();
    for (kind, template) in templates {
        for fill in &template.fill {
            let field = fill.split_once('=').map_or(fill.as_str(), |(_, field)| field).trim();
            if !FIELDS.contains(&field) {
                problems.push(config.source.problem(
                    &format!("{section}.templates"),
                    kind,
                    format!("「{kind}」的模板要填 {field}，没有这一项 (no such field)"),
                    format!("可以填 (one of): {}", FIELDS.join(" ")),
                ));
            }
        }
    }
    problems
}

/// What a template's variables may be filled with.
const FIELDS: &[&str] =
    &["number", "tail", "title", "due", "state", "department", "outcome", "code", "minutes"];

pub(super) fn variables(template: &TemplateSettings, message: &Outgoing) -> Vec<(String, String)> {
    let Body::Notice { kind, fields } = &message.body else { return Vec::new() };
    let value = |field: &str| match field {
        "tail" => fields.get("number").map(|number| {
            let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
            digits[digits.len().saturating_sub(4)..].iter().collect()
        }),
        "state" => Some(state_word(kind).to_owned()),
        other => fields.get(other).cloned(),
    };
    let each = template.fill.iter().map(|fill| {
        let (name, field) = fill.split_once('=').unwrap_or((fill, fill));
        (name.trim().to_owned(), value(field.trim()).unwrap_or_default())
    });
    each.collect()
}

/// At most four characters, for templates.
fn state_word(kind: &str) -> &'static str {
    match kind {
        "received" => "已收到",
        "dispatched" => "已派单",
        "rerouted" => "已改派",
        "progress" => "办理中",
        "replied" | "replied_signed" => "已答复",
        "redo" => "重新办理",
        "closed" => "已办结",
        "need_info" => "待补充",
        "visit" => "约好上门",
        "visit_off" => "上门取消",
        "extended" => "已延期",
        "promised" => "改了时间",
        "deferred" => "列入计划",
        "overdue" => "到期未办完",
        "supervised" => "已催办",
        "final" => "最终答复",
        "rejected" => "未受理",
        "merged" => "合并办理",
        "unmerged" => "单独办理",
        "errand" => "代办中",
        _ => "有进展",
    }
}
