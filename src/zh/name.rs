//! Names of people.

use std::sync::LazyLock;

use regex::Regex;

use super::plain;
use super::plain::is_han;

/// The commonest surnames, together over 95 % of the population.
const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜肖詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺闫付代戈阚吝邰";
const DOUBLE: &[&str] = &[
    "欧阳", "司马", "诸葛", "上官", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "东方",
    "宇文", "长孙", "端木", "南宫",
];
/// How neighbours call each other: 王婶, 老李头, 张大爷.
const KIN: &[&str] = &[
    "大爷", "大娘", "大妈", "大叔", "大婶", "大姐", "大哥", "婶", "叔", "姨", "哥", "姐", "嫂",
    "奶奶", "爷爷", "先生", "女士", "师傅", "老师", "书记", "主任", "医生", "同志",
];
/// Characters that stand in places and things, hardly ever at the end of a name.
const NOT_IN_NAMES: &[char] = &[
    '的', '村', '庄', '屯', '镇', '乡', '县', '社', '了', '吗', '呢', '是', '在', '路', '街', '坨',
];

static SAID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:我叫|我名叫|我的名字叫|名字叫|姓名是|姓名|我姓名|我是)[:：]?\s*([\p{Han}·]{2,6})",
    )
    .expect("a constant")
});

fn is_full_name(text: &str) -> bool {
    let count = text.chars().count();
    let double = DOUBLE.iter().any(|surname| text.starts_with(surname));
    let first = text.chars().next().unwrap_or_default();
    let known = double || SURNAMES.contains(first);
    let fits = if double { (3..=4).contains(&count) } else { (2..=3).contains(&count) };
    known && fits && text.chars().all(is_han) && !text.contains(NOT_IN_NAMES)
}

fn is_call_name(text: &str) -> bool {
    let surname = |text: &str| text.chars().next().is_some_and(|c| SURNAMES.contains(c));
    let kin = KIN.iter().find_map(|kin| text.strip_suffix(kin));
    if let Some(rest) = kin {
        let count = rest.chars().count();
        return (1..=3).contains(&count) && surname(rest);
    }
    ["老", "小", "大"].iter().any(|word| {
        let rest = text.strip_prefix(word).unwrap_or_default();
        let bare = rest.strip_suffix('头').unwrap_or(rest);
        bare.chars().count() == 1 && surname(bare)
    })
}

/// `whole`: the message answers "your name?". Else a name is taken only from 我叫, 我是,
/// 姓名, and only where it ends clearly.
pub fn name(text: &str, whole: bool) -> Option<String> {
    if !whole {
        let said = SAID.captures_iter(text).filter_map(|found| found.get(1));
        let mut names = said.map(|found| found.as_str()).filter(|name| is_full_name(name));
        return names.next().map(str::to_owned);
    }
    let copy = plain(text);
    let mut rest = copy.as_str();
    for word in
        ["我名叫", "我的名字叫", "我叫", "我是", "叫我", "姓名是", "姓名", "名字", "叫", "就叫"]
    {
        if let Some(inner) = rest.strip_prefix(word) {
            rest = inner.trim_start_matches([':', ' ', '是']);
            break;
        }
    }
    if ["匿名", "不说", "保密"].contains(&rest) {
        return Some("匿名".to_owned());
    }
    let said = rest.strip_prefix("我姓").or(rest.strip_prefix('姓'));
    if let Some(surname) = said
        && surname.chars().count() == 1
        && SURNAMES.contains(surname)
    {
        return Some(surname.to_owned());
    }
    (is_full_name(rest) || is_call_name(rest) || is_foreign_name(rest)).then(|| rest.to_owned())
}

/// Names of other peoples of China, with their dot: 阿依古丽·买买提.
fn is_foreign_name(text: &str) -> bool {
    text.contains('·') && text.chars().count() <= 20 && text.chars().all(|c| is_han(c) || c == '·')
}
