//! One table of all keywords: the English id that the code uses, and the Chinese word that
//! clerks write. A file is in one language.

use crate::meaning::Intent;

pub(in crate::dialog) const KEYS: &[(&str, &str)] = &[
    ("dialog", "对话"),
    ("name", "名称"),
    ("owner", "负责人"),
    ("entry", "入口"),
    ("words", "词"),
    ("menu_key", "菜单键"),
    ("sms", "短信"),
    ("wechat", "微信"),
    ("pattern", "样式"),
    ("intake", "一句话受理"),
    ("side", "随问随答"),
    ("rescue", "抢先"),
    ("unless", "不算"),
    ("steps", "步骤"),
    ("tests", "测试"),
    ("ask", "问"),
    ("say", "说"),
    ("confirm", "确认"),
    ("call", "办"),
    ("go", "去"),
    ("sub", "调"),
    ("when", "当"),
    ("label", "标"),
    ("end", "到此为止"),
    ("type", "类型"),
    ("options", "选项"),
    ("options_from", "选项表"),
    ("filter", "只列"),
    ("value", "值"),
    ("text", "字"),
    ("not_understood", "听不懂"),
    ("not_allowed", "不合规"),
    ("min", "最少"),
    ("max", "最多"),
    ("at_least", "至少"),
    ("skip", "可跳过"),
    ("default", "默认"),
    ("echo", "核对"),
    ("remind", "催问"),
    ("hand_over_after", "听不懂几次转人工"),
    ("not_ahead", "别提前填"),
    ("unasked", "不问"),
    ("intents", "意图"),
    ("list", "列出"),
    ("compute", "算"),
    ("literal", "只认"),
    ("result", "得到"),
    ("failure", "失败"),
    ("scope", "查"),
    ("channel", "渠道"),
    ("language", "语言"),
    ("caller", "来电"),
    ("stubs", "外部"),
    ("script", "现场"),
    ("globals", "通用"),
    ("commands", "口令"),
    ("command", "口令"),
    ("rules", "规矩"),
    ("remind_text", "催问说"),
    ("expire", "过期"),
    ("remind_sms", "短信催问"),
    ("sms_max", "短信最多几条"),
    ("phrases", "句子"),
    ("menu", "菜单"),
    ("key", "键"),
    ("items", "子菜单"),
    ("notices", "通知"),
    ("notice", "通知"),
    ("template", "模板"),
    ("offers", "答复后问"),
    ("upgrade", "升级"),
    ("rename", "改名"),
    ("discard", "丢弃"),
];

/// Folders beside the dialogs, whose files are a part of the script.
pub const FOLDERS: [&str; 4] = ["表/", "tables/", "翻译/", "translations/"];
pub(in crate::dialog) const TRANSLATION_FOLDERS: [&str; 2] = ["翻译/", "translations/"];
pub(in crate::dialog) const TABLE_FOLDERS: [&str; 2] = ["表/", "tables/"];

pub(in crate::dialog) const TYPES: &[(&str, &str)] = &[
    ("village", "村庄"),
    ("choice", "单选"),
    ("yes_no", "是否"),
    ("many", "多选"),
    ("quantity", "数量"),
    ("money", "金额"),
    ("day", "日期"),
    ("identity", "身份证"),
    ("mobile", "手机号"),
    ("person_name", "姓名"),
    ("short_text", "短文"),
    ("long_text", "长文"),
    ("photo", "照片"),
    ("location", "位置"),
    ("matter", "事项"),
];

/// What a message is about, as a dialog names it that begins with it.
pub(in crate::dialog) const INTENTS: &[(Intent, &str)] = &[
    (Intent::Report, "反映"),
    (Intent::Consult, "咨询"),
    (Intent::Progress, "查进度"),
    (Intent::Cancel, "撤回"),
    (Intent::Order, "订购"),
];

pub(in crate::dialog) const COMMANDS: &[(&str, &str)] = &[
    ("cancel", "取消"),
    ("back", "上一步"),
    ("help", "帮助"),
    ("human", "人工"),
    ("repeat", "再说一遍"),
];

/// Sentences of the engine itself; each must be written in _全局.yaml.
pub(in crate::dialog) const PHRASES: &[(&str, &str, &[&str])] = &[
    ("welcome", "欢迎", &[]),
    ("unclear", "没听懂", &[]),
    ("you_are_welcome", "不客气", &[]),
    ("is_it", "是不是", &["候选"]),
    ("scanned", "扫码的村", &["候选"]),
    ("which_one", "哪一个", &[]),
    ("more", "更多", &[]),
    ("gone", "没有了", &[]),
    ("updated", "换新版", &[]),
    ("which_item", "改哪一项", &[]),
    ("was", "原来填的", &["原来"]),
    ("nothing_before", "没有上一步", &[]),
    ("sure_to_cancel", "确定取消", &[]),
    ("draft", "草稿", &["名称", "还差"]),
    ("resume", "接着办", &["名称"]),
    ("finish_first", "先办完", &["名称"]),
    ("photo_kept", "收到照片", &[]),
    ("voice", "收到语音", &[]),
    ("location_kept", "收到位置", &[]),
    ("unsupported", "发不了", &[]),
    ("off_hours", "下班时间", &[]),
    ("back_to_bot", "回到机器人", &[]),
    ("too_fast", "太快", &[]),
    ("sorry", "出错", &[]),
];

/// Words of a transcript line, in both languages.
pub(in crate::dialog) const MARKS: &[(&str, &str)] = &[
    ("villager", "村民"),
    ("bot", "系统"),
    ("photo", "照片"),
    ("voice", "语音"),
    ("follow", "关注"),
    ("again", "重复投递"),
    ("updated", "换新版"),
    ("handed_over", "转人工"),
    ("held", "留给工作人员"),
    ("takeover", "工作人员接手"),
    ("release", "工作人员交还"),
    ("open", "上班"),
    ("closed", "下班"),
    ("location", "位置"),
    ("menu", "菜单"),
    ("offer", "评价邀请"),
    ("without", "没有"),
    ("call", "办"),
    ("passes", "过"),
];

/// The Chinese word for a word of a transcript line in either language.
pub(in crate::dialog) fn mark(word: &str) -> &str {
    MARKS.iter().find(|(id, _)| *id == word).map_or(word, |(_, zh)| zh)
}

pub(in crate::dialog) fn is_keyword(word: &str) -> bool {
    let pairs = KEYS.iter().chain(COMMANDS);
    pairs.into_iter().any(|(id, zh)| *id == word || *zh == word)
        || PHRASES.iter().any(|(id, zh, _)| *id == word || *zh == word)
        || crate::dialog::script::actions::action(word).is_some()
        || crate::dialog::script::actions::output_ids(word).next().is_some()
        || ["村民", "系统", "villager", "bot"].contains(&word)
}

/// The Chinese word of an id.
pub(in crate::dialog) fn zh(id: &str) -> &'static str {
    KEYS.iter().find(|(key, _)| *key == id).map_or("", |(_, zh)| zh)
}

/// The id of a word in either language, among those that are allowed here.
pub(in crate::dialog) fn id_among(
    word: &str,
    mut allowed: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    allowed.find(|id| *id == word || zh(id) == word)
}
