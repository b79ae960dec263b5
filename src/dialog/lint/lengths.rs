//! How long a text becomes when everything that is filled in is as long as it can be: parts of
//! an SMS, bytes of a WeChat message, names of buttons.

use std::collections::BTreeMap;

use super::Findings;
use super::paths::{Ways, texts};
use crate::dialog::read::yaml::Place;
use crate::dialog::script::value::Value;
use crate::dialog::script::words::{Medium, Path, Words, brief_on};
use crate::dialog::script::{Dialog, Kind, Script, Step, StepKind, place_of};
use crate::meaning::{KINDS, Reader};

/// One SMS holds so many UTF-16 units; each part of a longer one holds fewer.
pub(super) const SMS_ALONE: usize = 70;
pub(super) const SMS_PART: usize = 67;
const WECHAT_BYTES_MAX: usize = 2_048;
/// Of a button, and of what it sends.
const BUTTON_BYTES_MAX: usize = 16;
const INNER_BUTTON_BYTES_MAX: usize = 60;
const KEY_BYTES_MAX: usize = 128;
/// A name of a person, a product, a department.
const NAME_CHARACTERS: usize = 12;
/// Where a call gives a text of any length, the department's own words, none is counted.
const UNBOUNDED: [&str; 5] = ["答复", "reply", "内容", "text", "原因"];

pub(super) fn check(findings: &mut Findings, script: &Script, reader: &Reader<'_>) {
    let village = longest(reader.places.iter().map(|place| place.name.as_str()));
    let matter = longest(reader.categories.iter().map(|kind| kind.name.as_str()));
    let most = script.rules.sms_max;
    for dialog in script.dialogs.values() {
        let ways = Ways::through(dialog);
        let longest = Longest::of(dialog, village, matter);
        for (n, step) in dialog.steps.iter().enumerate() {
            for (key, words) in texts(step) {
                let menu =
                    if matches!(key, "say" | "not_understood") { longest.menu(step) } else { "" };
                let at = place_of(&step.places, key);
                let on = |medium| ways.may_come(n, medium);
                if on(Medium::Sms) {
                    let text = longest.fill(dialog, words, Medium::Sms) + menu;
                    let fixed = words.sms.fill(|_| None).chars().count();
                    // What is too long as it stands is said by the loader.
                    if fixed <= SMS_PART * most {
                        sms(findings, &dialog.file, at, words, &text, most);
                    }
                }
                if on(Medium::Wechat) {
                    let text = longest.fill(dialog, words, Medium::Wechat) + menu;
                    wechat(findings, &dialog.file, at, words, &text);
                }
            }
        }
    }
    for notice in script.notices.values() {
        let fill = |path: &Path| Some("一".repeat(of_field(&path.slot)));
        let at = place_of(&notice.places, "say");
        let text = notice.words.sms.fill(fill);
        sms(findings, &notice.file, at, &notice.words, &text, most);
    }
    let mut button = |text: &str, most: usize, what: &str| {
        if text.len() > most {
            let message =
                format!("{what}「{text}」太长，微信最多{most}个字节，汉字一个算三个。请写短些。");
            let at = script.written.menu;
            findings.add(&script.written.file, at, text, "E813", message);
        }
    };
    for column in &script.menu {
        button(&column.name, BUTTON_BYTES_MAX, "按钮的名称");
        for item in &column.items {
            button(&item.name, INNER_BUTTON_BYTES_MAX, "子菜单的名称");
        }
        for item in column.buttons() {
            button(&item.key, KEY_BYTES_MAX, "按钮的键");
        }
    }
}

fn longest<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or_default()
}

fn sms(findings: &mut Findings, file: &str, at: Place, words: &Words, text: &str, most: usize) {
    // Emoji and rare characters take two.
    let length = text.encode_utf16().count();
    let parts = if length <= SMS_ALONE { 1 } else { length.div_ceil(SMS_PART) };
    if parts > most {
        let message = format!(
            "填进最长的内容以后，这条短信有{length}个字，要分{parts}条发，超过「短信最多几条: {most}」。\
             （一条最多{SMS_ALONE}个字，分开发每条{SMS_PART}个。）请给短信另写一句短的，\
             最长时是这样：{}",
            one_line(text)
        );
        let beginning = words.sms.fill(|_| Some("\n".into()));
        let beginning = beginning.lines().find(|line| !line.is_empty()).unwrap_or_default();
        findings.add(file, at, beginning, "E811", message);
    }
}

fn wechat(findings: &mut Findings, file: &str, at: Place, words: &Words, text: &str) {
    if text.len() > WECHAT_BYTES_MAX {
        let message = format!(
            "填进最长的内容以后，这条微信有{}个字节（约{}个汉字），最多{WECHAT_BYTES_MAX}个。请写短些，\
             或者分成两步。",
            text.len(),
            text.len() / 3
        );
        let beginning = words.wechat.fill(|_| Some("\n".into()));
        let beginning = beginning.lines().find(|line| !line.is_empty()).unwrap_or_default();
        findings.add(file, at, beginning, "E812", message);
    }
}

/// Enough to see what makes it long.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Characters that a field of a result, or of a notice, may take.
fn of_field(word: &str) -> usize {
    match word {
        word if UNBOUNDED.contains(&word) => 0,
        "个数" | "count" => 2,
        "编号" | "case_no" | "number" => "126-041-273".len(),
        _ => NAME_CHARACTERS,
    }
}

/// The longest that each answer of a dialog can be shown as.
struct Longest {
    slots: BTreeMap<String, String>,
    menus: BTreeMap<String, String>,
}

impl Longest {
    fn of(dialog: &Dialog, village: usize, matter: usize) -> Self {
        let mut longest = Self { slots: BTreeMap::new(), menus: BTreeMap::new() };
        for question in dialog.questions() {
            let count = match &question.kind {
                Kind::Choice(choices) => {
                    let lines = choices.iter().enumerate();
                    let menu = lines.map(|(n, choice)| format!(" {} {}", n + 1, choice.label));
                    longest.menus.insert(question.slot.clone(), menu.collect());
                    choices.iter().map(|choice| choice.label.chars().count()).max()
                }
                Kind::Village => Some(village),
                Kind::Matter => {
                    let line = |n: usize| format!(" {n} {}", "一".repeat(matter));
                    let menu = (1..=KINDS).map(line).collect::<String>() + " 4 别的事";
                    longest.menus.insert(question.slot.clone(), menu);
                    Some(matter)
                }
                Kind::Mobile => Some(11),
                Kind::YesNo => Some(1),
                Kind::Quantity { max, .. } => {
                    Some(max.map_or(4, |max| (max / 1_000).to_string().len()))
                }
                // It is repeated to her in short.
                Kind::LongText { .. } | Kind::ShortText | Kind::Location => None,
                _ => Some(NAME_CHARACTERS),
            };
            let text = "一".repeat(count.unwrap_or(1_000));
            longest.slots.insert(question.slot.clone(), text);
        }
        longest
    }

    fn menu(&self, step: &Step) -> &str {
        self.menus.get(&step.id).map_or("", String::as_str)
    }

    fn fill(&self, dialog: &Dialog, words: &Words, medium: Medium) -> String {
        words.of(medium).fill(|path| {
            if path.slot == "清单" {
                return Some(self.list(dialog, words, medium));
            }
            Some(match (&path.field, self.slots.get(&path.slot)) {
                (Some(field), _) => "一".repeat(of_field(field)),
                (None, Some(text)) => brief_on(&Value::Text(text.clone()), medium),
                (None, None) => "一".repeat(NAME_CHARACTERS),
            })
        })
    }

    fn list(&self, dialog: &Dialog, words: &Words, medium: Medium) -> String {
        let confirm = dialog.steps.iter().find_map(|step| match &step.kind {
            StepKind::Confirm(confirm) if confirm.words == *words => Some(confirm),
            _ => None,
        });
        let slots = confirm.map(|confirm| confirm.list.as_slice()).unwrap_or_default();
        let items = slots.iter().enumerate().map(|(n, slot)| {
            let text = self.slots.get(slot).cloned().unwrap_or_default();
            format!("{} {}", n + 1, brief_on(&Value::Text(text), medium))
        });
        let between = if medium == Medium::Sms { "；" } else { "\n" };
        items.collect::<Vec<_>>().join(between)
    }
}
