//! How it reads: for people over sixty, on a telephone that shows no pictures, who are told
//! never to give away a code.

use std::collections::BTreeSet;

use super::Findings;
use super::paths::{Ways, texts};
use crate::dialog::read::yaml::Place;
use crate::dialog::script::words::{Medium, Template, Words};
use crate::dialog::script::{Dialog, Kind, Script, StepKind, place_of};

const SENTENCE_CHARACTERS: usize = 30;
/// What only WeChat has.
const ONLY_WECHAT: &[&str] = &[
    "点＋",
    "点「＋」",
    "点+",
    "点下面",
    "点击",
    "点一下",
    "按钮",
    "菜单里",
    "扫码",
    "二维码",
    "公众号",
    "上面的图",
    "发图",
    "发照片",
    "发张照片",
    "发一张照片",
    "发位置",
    "发语音",
    "长按",
    "小程序",
];
/// What an office says, and what one would say across a table.
const JARGON: &[(&str, &str)] = &[
    ("提交", "交上来"),
    ("验证", "对一下"),
    ("格式", "写法"),
    ("选项", "前面的数字"),
    ("输入", "写"),
    ("点击", "点"),
    ("反馈", "告诉您"),
    ("信息有误", "写错了"),
    ("无效", "不对"),
    ("系统提示", "我们"),
    ("用户", "您"),
    ("核验", "对一下"),
];
/// Asked for, these are what swindlers ask for.
const SECRETS: &[&str] = &["验证码", "银行卡", "卡号", "密码", "支付密码"];
const OUT: &[&str] =
    &["人工", "取消", "帮助", "跳过", "不留", "没有就", "上一步", "不办了", "不用就"];
const QUESTION_MARKS: [char; 2] = ['？', '?'];

pub(super) fn check(findings: &mut Findings, script: &Script) {
    for dialog in script.dialogs.values() {
        let ways = Ways::through(dialog);
        let mut phones: Option<&str> = None;
        for (n, step) in dialog.steps.iter().enumerate() {
            let on_sms = ways.may_come(n, Medium::Sms);
            for (key, words) in texts(step) {
                let at = place_of(&step.places, key);
                let text = Text { file: &dialog.file, at, words };
                text.reads_well(findings);
                text.asks_no_secret(findings);
                if on_sms {
                    text.fits_sms(findings);
                }
            }
            let StepKind::Ask(question) = &step.kind else { continue };
            let mut ask = |code, message: String| {
                findings.add(&dialog.file, place_of(&step.places, "ask"), "", code, message);
            };
            match &question.kind {
                Kind::Photo if on_sms => ask(
                    "W403",
                    "短信发不了照片，用短信的村民会卡在这里。请给这一步加「当: 渠道 = 微信」。"
                        .into(),
                ),
                Kind::Mobile => match phones {
                    Some(other) => ask(
                        "W402",
                        format!("前面的「{other}」已经问过手机号了。问两遍她会起疑，请删去一个。"),
                    ),
                    None => phones = Some(&question.slot),
                },
                _ => {}
            }
        }
        way_out(findings, dialog);
    }
    for notice in script.notices.values() {
        let at = place_of(&notice.places, "say");
        let text = Text { file: &notice.file, at, words: &notice.words };
        text.reads_well(findings);
        text.asks_no_secret(findings);
        text.fits_sms(findings);
    }
    let said = script.commands.iter().filter_map(|global| global.say.as_ref());
    for words in said.chain(script.phrases.values()).chain([&script.rules.remind_text]) {
        let text = Text { file: &script.written.file, at: (1, 1), words };
        text.reads_well(findings);
        text.asks_no_secret(findings);
        text.fits_sms(findings);
    }
    for name in ["welcome", "unclear"] {
        let Some(words) = script.phrases.get(name) else { continue };
        for template in [&words.wechat, &words.sms] {
            let plain = template.fill(|_| None);
            if !plain.contains("人工") && !plain.contains("工作人员") {
                let message = "这一句里没有说怎么找人。请加上：找工作人员，请回「人工」。";
                let file = &script.written.file;
                findings.add(file, (1, 1), beginning(template).as_str(), "W502", message.into());
            }
        }
    }
}

/// Who is stuck at the first question must read how to get out: in it, or when she was not
/// understood.
fn way_out(findings: &mut Findings, dialog: &Dialog) {
    let first = dialog.steps.iter().find(|step| matches!(step.kind, StepKind::Ask(_)));
    let Some(step) = first else { return };
    let named = texts(step).into_iter().any(|(_, words)| {
        let plain = words.wechat.fill(|_| None);
        OUT.iter().any(|word| plain.contains(word))
    });
    if !named {
        let message = "第一个问题里没有说怎么出去。请在问的话或「听不懂」的最后一句里加上，\
                       例如：找工作人员回「人工」，不办了回「取消」。";
        let at = place_of(&step.places, "say");
        findings.add(&dialog.file, at, "", "W501", message.into());
    }
}

/// From where a text can be found in its file.
fn beginning(template: &Template) -> String {
    let text = template.fill(|_| Some("\n".into()));
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}

struct Text<'a> {
    file: &'a str,
    at: Place,
    words: &'a Words,
}

impl Text<'_> {
    fn variants(&self) -> Vec<&Template> {
        match self.words.wechat == self.words.sms {
            true => vec![&self.words.wechat],
            false => vec![&self.words.wechat, &self.words.sms],
        }
    }

    /// At `text` in the variant, or at its beginning.
    fn add(
        &self,
        findings: &mut Findings,
        template: &Template,
        text: &str,
        code: &'static str,
        message: String,
    ) {
        let from = match findings.files.iter().find(|known| known.name == self.file) {
            Some(file) => {
                let problems = crate::dialog::read::source::Problems::of(file);
                problems.find(self.at, &beginning(template))
            }
            None => self.at,
        };
        findings.add(self.file, from, text, code, message);
    }

    fn reads_well(&self, findings: &mut Findings) {
        for template in self.variants() {
            // A placeholder is as long as a name.
            let text = template.fill(|_| Some("某某某".into()));
            for sentence in text.split(['。', '？', '！', '；', '\n', '?', '!']) {
                let count = sentence.chars().count();
                if count > SENTENCE_CHARACTERS {
                    let begun: String = sentence.chars().take(8).collect();
                    let message = format!(
                        "「{begun}…」这一句有{count}个字，老人念到后面忘了前面。\
                         请用句号分成几句，每句最多{SENTENCE_CHARACTERS}个字。"
                    );
                    let found = begun.split("某某某").next().unwrap_or_default();
                    self.add(findings, template, found, "W301", message);
                }
            }
            let asked = text.matches(QUESTION_MARKS).count();
            if asked > 1 {
                let message = format!("一次问了{asked}件事。请一次只问一件，分成几步。");
                self.add(findings, template, "？", "W302", message);
            }
            for (word, instead) in JARGON {
                if text.contains(word) {
                    let message =
                        format!("「{word}」是办公的话，请换成平常的话，例如「{instead}」。");
                    self.add(findings, template, word, "W303", message);
                }
            }
            if let Some(at) = text.find('你') {
                let around: String = text[at..].chars().take(4).collect();
                let message = format!("「{around}」：对村民要称「您」，前后一样。");
                self.add(findings, template, "你", "W304", message);
            }
            if let Some(mark) = foreign_mark(&text) {
                let message =
                    format!("中文里有英文的标点「{mark}」，短信里看着像乱码。请换成中文的标点。");
                self.add(findings, template, &mark.to_string(), "W305", message);
            }
        }
    }

    fn asks_no_secret(&self, findings: &mut Findings) {
        for template in self.variants() {
            let text = template.fill(|_| None);
            // 不要告诉别人验证码 is what we want her to read.
            let warns = ["不要", "别", "不会", "不用", "不能", "千万"];
            for sentence in text.split(['。', '\n', '；', '！']) {
                let found = SECRETS.iter().find(|word| sentence.contains(**word));
                let Some(word) = found.filter(|_| !warns.iter().any(|w| sentence.contains(w)))
                else {
                    continue;
                };
                let message = format!(
                    "这里向村民要「{word}」。骗子也这样问；公家办事不该在聊天里要。请删去，让她到窗口办。"
                );
                self.add(findings, template, word, "W401", message);
            }
        }
    }

    fn fits_sms(&self, findings: &mut Findings) {
        let text = self.words.sms.fill(|_| None);
        let mut said = BTreeSet::new();
        for word in ONLY_WECHAT.iter().filter(|word| text.contains(**word)) {
            if said.iter().any(|known: &&str| known.contains(word)) {
                continue;
            }
            said.insert(*word);
            let message = format!(
                "短信里没有「{word}」这回事。请给短信另写一句：「说:」下面分「微信: …」「短信: …」两行。"
            );
            self.add(findings, &self.words.sms, word, "W201", message);
        }
    }
}

/// A comma or the like of a Western keyboard between two Chinese characters.
fn foreign_mark(text: &str) -> Option<char> {
    let all: Vec<char> = text.chars().collect();
    all.windows(2).find_map(|pair| {
        let is_mark = matches!(pair[1], ',' | ';' | ':' | '?' | '!' | '(' | ')');
        (is_mark && crate::zh::is_han(pair[0])).then_some(pair[1])
    })
}
