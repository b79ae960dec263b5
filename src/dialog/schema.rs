//! JSON Schema of the files of `dialogs/`, for completion and hovers in an editor with a YAML
//! language server. Written from the tables of keywords and of shapes by which the loader reads,
//! and a sentence for each keyword.

use serde_json::{Map, Value, json};

use crate::dialog::script::actions::ACTIONS;
use crate::dialog::script::keywords::{COMMANDS, PHRASES, TYPES, zh};
use crate::dialog::script::shapes::{ASK, ASK_OWN, BOTH_CHANNELS, FILES, Holds, STEPS, Shape};

/// Of the keywords and of what is said about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Zh,
    En,
}

/// What each keyword is for: Chinese for clerks, English for developers.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "dialog",
        "对话的名字，存数据用，定了就不要改。小写英文，例如 appeal。",
        "Id of the dialog, stored; never change it. snake_case.",
    ),
    ("name", "给人看的名称，中文。", "Name that people see."),
    ("owner", "谁负责这个对话，写单位或人。", "Who looks after it."),
    (
        "entry",
        "村民怎么走进来：说什么词、点哪个按钮、短信回几。",
        "How a villager gets in: words, menu button, digit by SMS.",
    ),
    ("words", "几个词，用顿号隔开：路灯、路灯不亮。", "Words, separated by 、."),
    (
        "menu_key",
        "公众号菜单按钮的键，和 _全局.yaml 里的一样，例如 APPEAL。",
        "Key of the account's menu button.",
    ),
    (
        "sms",
        "短信：口令或入口写一个数字；「说」下面写短信里的话。",
        "By SMS: the digit to reply, or the text for SMS.",
    ),
    ("wechat", "微信里说的话。", "The text on WeChat."),
    (
        "pattern",
        "样式，给会写正则的人用；不会写就用「词」。",
        "Regular expression of linear time; prefer words.",
    ),
    (
        "intake",
        "是：第一句话里已经说了的先填上，只问缺的。",
        "Take answers from the first sentence, ask only what is missing.",
    ),
    (
        "side",
        "是：答完就回到刚才办的事，例如查进度。",
        "A side question: goes back to what was asked before.",
    ),
    (
        "rescue",
        "是：话里有这里的词，别的都放下先走这里，例如着火。",
        "Comes before everything else when its words stand in the message.",
    ),
    (
        "unless",
        "话里有这些词就当平常话，不抢先。",
        "With one of these words it does not come first.",
    ),
    (
        "literal",
        "核对时只有这几个词算是答应，别的话都当作要改。",
        "Only these words confirm; everything else corrects.",
    ),
    ("steps", "从上到下一步一步：问、说、确认、办。", "What happens, from top to bottom."),
    (
        "tests",
        "写几段对话，程序照着演一遍，演得不一样就不能上线。",
        "Conversations that must come true before anything goes live.",
    ),
    (
        "ask",
        "问一个问题。写答案存在哪个名字下，小写英文，例如 village。",
        "Asks; the id under which the answer is stored.",
    ),
    (
        "say",
        "说一句话。【名字】会换成前面的答案。可以分「微信」「短信」两行。",
        "Says something; 【slot】 is filled in. One text, or one for each channel.",
    ),
    (
        "confirm",
        "请村民核对前面的答案，写「核对」。",
        "Shows the answers and lets her correct them.",
    ),
    (
        "call",
        "请程序办一件事，例如 create_case 立案。",
        "Has the host do something, for example create_case.",
    ),
    ("go", "跳到前面或后面的一步，写那一步的名字。", "Goes on at another step."),
    ("sub", "走另一个对话，走完回来。", "Runs another dialog and comes back."),
    (
        "when",
        "什么时候走这一步，例如：渠道 = 微信 且 有 name。",
        "The step is taken only when this holds.",
    ),
    ("label", "给没有问题的一步起个名字，「去」用得着。", "Id of a step that asks nothing."),
    ("end", "是：说完这句，对话就结束。", "The dialog ends behind this text."),
    ("type", "答案是哪一种：村庄、单选、数量、手机号……", "Kind of the answer."),
    ("options", "单选的几个选项，每个写「值」和「字」。", "Options of a choice."),
    (
        "options_from",
        "选项在表里：表的名字，或者前面「办」的「得到」。",
        "Options from a table, or from the rows that a call gave.",
    ),
    ("filter", "只列表里合条件的几行，例如：在售 = 是。", "Only the rows for which this holds."),
    ("value", "存数据用的值，英文和数字，定了就不要改。", "What is stored."),
    ("text", "村民看到的字。", "What people see."),
    (
        "not_understood",
        "听不懂时说的话，一次一句，越说越细。",
        "What is said when she was not understood, one line a time.",
    ),
    (
        "not_allowed",
        "听懂了但是不行：写「当」什么、「说」什么。",
        "Understood but refused: when, and what is said.",
    ),
    ("min", "数量最少多少。", "Least quantity."),
    ("max", "数量最多多少。", "Most."),
    ("at_least", "至少写几个字，例如 6字。", "At least so many characters, 6字."),
    ("skip", "回这些词可以不答：没有、跳过。", "Words that leave it unanswered."),
    (
        "default",
        "不问也知道的答案：来电号码、前面问过的名字、只有一个，或者一个答案。",
        "Known without asking: 来电号码, an earlier slot, 只有一个 (the only row), or an answer.",
    ),
    ("echo", "听得不准时先问一句「您说的是…吗」。", "Shows a doubtful match first."),
    ("remind", "问了没回音，过多久提醒一次，例如 30分钟。", "Reminds after, for example 30分钟."),
    ("hand_over_after", "几次听不懂就转给工作人员。", "Hands over after so many misses."),
    ("not_ahead", "是：一句话受理时不提前填这个问题。", "Never filled from the first sentence."),
    (
        "unasked",
        "是：从不问，她说了就收下；核对时列出的还能改。",
        "Never asked; taken when she says it.",
    ),
    (
        "intents",
        "没有入口词的话，意思是这些也走这里：反映、咨询、查进度、撤回、订购。",
        "What a message without an entry word has to be about to begin this dialog.",
    ),
    ("list", "核对时列出哪几个答案，用顿号隔开。", "Slots that are listed for her to check."),
    ("compute", "算出一个数，例如：合计 = product.价格 × qty。", "Computes a number."),
    ("result", "办完得到的东西存在哪个名字下，例如 case_no。", "Slot for what the call gives."),
    ("failure", "办不成时说的话。", "Said when the call fails."),
    ("scope", "查谁的，只能写 本人。", "Whose: only 本人."),
    ("channel", "这个测试走微信还是短信。", "WeChat or SMS."),
    ("caller", "短信从哪个号码来。", "Number that the SMS comes from."),
    (
        "stubs",
        "外面的事在这个测试里得到什么，例如 create_case: 失败。",
        "What calls give in this test.",
    ),
    (
        "script",
        "现场的话，写「|」，下面一行一句：村民：… 系统：… 〔…〕。",
        "The lines of the conversation, below |.",
    ),
    ("globals", "全县通用的口令、规矩、句子、菜单。", "What holds for all dialogs."),
    ("commands", "到处都管用的口令。", "Commands that work everywhere."),
    ("command", "哪个口令：取消、上一步、帮助、人工、再说一遍。", "Which command."),
    ("rules", "规矩：几次转人工、多久催问、多久过期。", "Limits and times."),
    ("remind_text", "提醒时说的话。", "What the reminder says."),
    ("expire", "多久没回音就存成草稿，例如 24小时。", "Becomes a draft after, for example 24小时."),
    ("sms_max", "一句话最多分几条短信发。", "Most parts of one SMS."),
    ("phrases", "机器人自己说的句子。", "Sentences of the engine itself."),
    (
        "menu",
        "公众号下面的按钮，最多三个，每个可以有「子菜单」。",
        "Buttons of the account, three at most.",
    ),
    (
        "items",
        "按钮点开以后的几项，最多五项，每项写「名称」和「键」。",
        "What opens above the button: five at most.",
    ),
    ("key", "按钮的键，和对话的「菜单键」一样。", "What the button sends."),
    (
        "notices",
        "事情办到哪一步，发给村民的话。",
        "What she is told when something happens to her case.",
    ),
    ("notice", "哪一步，例如 dispatched。", "What happened."),
    (
        "template",
        "微信模板消息的格子，左边是后台的关键词，右边是填什么。",
        "Fields of WeChat's template message.",
    ),
    (
        "offers",
        "发完以后可以接着答哪个对话，例如 rating。",
        "The dialog that an answer to it begins.",
    ),
    (
        "language",
        "这个测试里村民用哪种话，写「翻译」里的文件名。",
        "Language of this test, a file of translations.",
    ),
    ("remind_sms", "是：短信也提醒。要花钱，一般写否。", "Reminds by SMS as well; it costs."),
    ("rename", "改了名字的答案：老名→新名。", "Slots that were renamed: old→new."),
    ("discard", "不要了的老答案，用顿号隔开。", "Stored answers that are dropped."),
    (
        "upgrade",
        "改了问题的名字或去掉了问题，老的答案怎么办。",
        "What becomes of stored answers when the structure changed.",
    ),
];

/// The schema of all files of `dialogs/`, pretty-printed, with a line break at its end.
pub fn schema(lang: Lang) -> String {
    let title = match lang {
        Lang::Zh => "便民：对话文件",
        Lang::En => "Bianmin: files of dialogs/",
    };
    let schema = json!({
        // What the YAML language server of most editors reads.
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "anyOf": FILES.map(|shape| object(lang, shape)),
        "definitions": {
            "text": { "type": ["string", "number", "boolean"] },
            "sentence": { "anyOf": [reference("text"), object(lang, &BOTH_CHANNELS)] },
            "step": step(lang),
        },
    });
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

fn word(lang: Lang, id: &str) -> &str {
    match lang {
        Lang::Zh => zh(id),
        Lang::En => id,
    }
}

/// Names of types, commands, channels.
fn named(lang: Lang, pairs: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    pairs.iter().map(|(id, zh)| if lang == Lang::Zh { *zh } else { *id }).collect()
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn object(lang: Lang, shape: &Shape) -> Value {
    object_of(lang, shape.keys.iter(), shape.required.iter())
}

fn object_of<'s>(
    lang: Lang,
    keys: impl Iterator<Item = &'s (&'static str, Holds)>,
    required: impl Iterator<Item = &'s &'static str>,
) -> Value {
    let mut properties = Map::new();
    for (id, holds) in keys {
        let meaning = MEANINGS.iter().find(|(known, ..)| known == id);
        let meaning = meaning.map(|(_, zh, en)| if lang == Lang::Zh { *zh } else { *en });
        // Beside a $ref nothing else is read.
        let value = json!({ "description": meaning, "allOf": [value(lang, *holds)] });
        properties.insert(word(lang, id).to_owned(), value);
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required.map(|id| word(lang, id)).collect::<Vec<_>>(),
        "properties": properties,
    })
}

/// Each kind of step and each type of question takes its own keys.
fn step(lang: Lang) -> Value {
    let questions = ASK_OWN.iter().map(|(kinds, own)| {
        let keys = ASK.keys.iter().chain(own.keys);
        let mut one = object_of(lang, keys, ASK.required.iter().chain(own.required));
        let types: Vec<_> = TYPES.iter().filter(|(id, _)| kinds.contains(id)).copied().collect();
        one["properties"][word(lang, "type")]["allOf"] = json!([{ "enum": named(lang, &types) }]);
        one
    });
    let others = STEPS.iter().map(|shape| object(lang, shape));
    json!({ "anyOf": questions.chain(others).collect::<Vec<_>>() })
}

fn value(lang: Lang, holds: Holds) -> Value {
    match holds {
        Holds::Text => reference("text"),
        Holds::Sentence => reference("sentence"),
        Holds::Sentences => json!({ "type": "array", "items": reference("sentence") }),
        Holds::Texts => json!({
            "anyOf": [reference("text"), { "type": "array", "items": reference("text") }],
        }),
        Holds::YesNo if lang == Lang::Zh => json!({ "enum": ["是", "否"] }),
        Holds::YesNo => json!({ "enum": ["yes", "no", true, false] }),
        Holds::Type => json!({ "enum": named(lang, TYPES) }),
        Holds::Command => json!({ "enum": named(lang, COMMANDS) }),
        Holds::Channel => json!({ "enum": named(lang, &[("wechat", "微信"), ("sms", "短信")]) }),
        Holds::Action => json!({ "enum": actions() }),
        Holds::Steps => json!({ "type": "array", "items": reference("step") }),
        Holds::Is(shape) => object(lang, shape),
        Holds::ListOf(shape) => json!({ "type": "array", "items": object(lang, shape) }),
        Holds::Phrases => phrases(lang),
        Holds::Grids => json!({
            "type": "object",
            "additionalProperties": false,
            "patternProperties": { "^[a-z_]+[0-9]+$": reference("text") },
        }),
        Holds::Stubs => json!({ "type": "object", "propertyNames": { "enum": actions() } }),
    }
}

fn actions() -> Vec<&'static str> {
    ACTIONS.iter().map(|action| action.id).collect()
}

fn phrases(lang: Lang) -> Value {
    let mut properties = Map::new();
    for (id, zh, names) in PHRASES {
        let holds = match (lang, names) {
            (_, []) => String::new(),
            (Lang::Zh, names) => format!("可以写【{}】。", names.join("】【")),
            (Lang::En, names) => format!("May hold 【{}】.", names.join("】【")),
        };
        let name = if lang == Lang::Zh { zh } else { id };
        properties.insert(
            (*name).to_owned(),
            json!({ "description": holds, "allOf": [reference("sentence")] }),
        );
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": properties.keys().collect::<Vec<_>>(),
        "properties": properties,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialog::script::keywords::KEYS;

    #[test]
    fn every_keyword_is_explained() {
        let missing: Vec<&str> = KEYS
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| !MEANINGS.iter().any(|(known, ..)| known == id))
            .collect();
        assert!(missing.is_empty(), "say in MEANINGS what {missing:?} are for");
        let unused: Vec<&str> = MEANINGS
            .iter()
            .map(|(id, ..)| *id)
            .filter(|id| !KEYS.iter().any(|(known, _)| known == id))
            .collect();
        assert!(unused.is_empty(), "{unused:?} are no keywords");
    }

    /// A keyword that no shape takes is one that nobody can write.
    #[test]
    fn every_keyword_stands_in_the_schema_of_its_language() {
        for (lang, n) in [(Lang::Zh, 1), (Lang::En, 0)] {
            let schema = schema(lang);
            for pair in KEYS {
                let word = [pair.0, pair.1][n];
                assert!(schema.contains(&format!("\"{word}\": {{")), "{word}");
            }
        }
    }

    #[test]
    fn every_type_of_question_has_its_keys() {
        for (id, _) in TYPES {
            let shapes = ASK_OWN.iter().filter(|(kinds, _)| kinds.contains(id)).count();
            assert_eq!(shapes, 1, "{id}");
        }
    }
}
