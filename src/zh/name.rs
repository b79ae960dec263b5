//! Names of people.

use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashSet;

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
    "大爷",
    "大娘",
    "大妈",
    "大叔",
    "大婶",
    "大姐",
    "大哥",
    "婶",
    "叔",
    "姨",
    "哥",
    "姐",
    "嫂",
    "婶子",
    "婶儿",
    "大嫂",
    "嫂子",
    "二叔",
    "三叔",
    "二婶",
    "三婶",
    "姥姥",
    "姥爷",
    "老太太",
    "老爷子",
    "老师傅",
    "大夫",
    "校长",
    "经理",
    "老板",
    "会计",
    "村长",
    "队长",
    "奶奶",
    "爷爷",
    "先生",
    "女士",
    "师傅",
    "老师",
    "书记",
    "主任",
    "医生",
    "同志",
];
/// Characters that stand in places and things, hardly ever at the end of a name.
const NOT_IN_NAMES: &[char] = &[
    '的', '村', '庄', '屯', '镇', '乡', '县', '社', '了', '吗', '呢', '是', '在', '路', '街', '坨',
];

static SAID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:我叫|俺叫|我名叫|我的名字叫|名字叫|名叫|姓名是|姓名|我姓名|本人|我是|俺是|联系人)[:：]?\s*([\p{Han}·]{2,6})",
    )
    .expect("a constant")
});

static SURNAME: LazyLock<FxHashSet<char>> = LazyLock::new(|| SURNAMES.chars().collect());

pub fn is_surname(c: char) -> bool {
    SURNAME.contains(&c)
}

fn is_full_name(text: &str) -> bool {
    let count = text.chars().count();
    let double = DOUBLE.iter().any(|surname| text.starts_with(surname));
    let first = text.chars().next().unwrap_or_default();
    let known = double || is_surname(first);
    let fits = if double { (3..=4).contains(&count) } else { (2..=3).contains(&count) };
    let word = || NOT_NAMES.iter().any(|word| text.starts_with(word));
    known && fits && !word() && text.chars().all(is_han) && !text.contains(NOT_IN_NAMES)
}

/// Words whose first character is also a surname.
const NOT_NAMES: &[&str] = &[
    "党员", "单亲", "高中", "高龄", "任何", "方便", "路过", "路灯", "白天", "常年", "时候", "马上",
    "安全", "平时", "严重", "强烈", "程序", "成年", "黄了", "水管", "应该", "万一", "和", "明天",
    "金额", "房子", "房东", "车子", "车主", "包工", "农民", "于是", "全村", "全家", "都", "古代",
    "连", "相信", "关于", "施工", "车祸", "花生", "牛奶", "商户", "商家", "从", "项目", "管理",
    "管水", "曾经", "温度", "项", "经常", "向", "路上", "解决", "申请", "何时", "空调", "东西",
    "东边",
];
/// What comes behind a name where nothing parts them: 我叫王秀兰住大黑坨.
const BEHIND: &[&str] = &[
    "住",
    "家住",
    "家在",
    "家里",
    "是",
    "在",
    "电话",
    "手机",
    "我",
    "俺",
    "今年",
    "男",
    "女",
    "想",
    "要",
    "反映",
    "投诉",
    "来自",
    "村里",
    "号码",
    "联系",
    "微信",
    "的电话",
    "这里",
    "今天",
];

/// A name at the start of a run of characters, where it ends clearly.
fn name_at_start(run: &str) -> Option<&str> {
    if is_full_name(run) {
        return Some(run);
    }
    let ends = run.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
    let mut names = ends.filter_map(|at| {
        let (name, rest) = run.split_at(at);
        (is_full_name(name) && BEHIND.iter().any(|word| rest.starts_with(word))).then_some(name)
    });
    names.next_back()
}

fn is_call_name(text: &str) -> bool {
    let surname = |text: &str| text.chars().next().is_some_and(is_surname);
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

/// The first name that is said to be one: 我是大黑坨村的我叫王秀兰 says two things.
fn said(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(found) = SAID.captures_at(text, from).and_then(|found| found.get(1)) {
        if let Some(name) = name_at_start(found.as_str()) {
            return Some(name);
        }
        // What was taken for a name may hold the words before one.
        from = found.start();
    }
    None
}

/// `whole`: the message answers "your name?". Else a name is taken only from 我叫, 我是,
/// 姓名, and only where it ends clearly.
pub fn name(text: &str, whole: bool) -> Option<String> {
    if !whole {
        return said(text).map(str::to_owned);
    }
    // The first clause, without a number behind it.
    let clause =
        text.split(['，', ',', '。', '；', ';', '\n']).find(|clause| !clause.trim().is_empty());
    let copy =
        plain(clause?.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == '-'));
    let mut rest = copy.as_str();
    for word in [
        "我名叫",
        "我的名字叫",
        "我的名字是",
        "我名字叫",
        "我叫",
        "俺叫",
        "我是",
        "俺是",
        "叫我",
        "喊我",
        "姓名是",
        "姓名",
        "名字是",
        "名字叫",
        "名字",
        "本人",
        "就叫我",
        "就叫",
        "叫",
        "免贵",
        "称呼我",
    ] {
        if let Some(inner) = rest.strip_prefix(word) {
            rest = inner.trim_start_matches([':', ' ', '是']);
            break;
        }
    }
    for word in ["就行", "就中", "就好", "就可以", "就成", "女士收"] {
        rest = rest.strip_suffix(word).unwrap_or(rest);
    }
    if ["匿名", "不说", "保密", "不留名", "不想说"].contains(&rest) {
        return Some("匿名".to_owned());
    }
    let said = rest.strip_prefix("我姓").or(rest.strip_prefix('姓'));
    if let Some(surname) = said
        && surname.chars().count() == 1
        && surname.chars().all(is_surname)
    {
        return Some(surname.to_owned());
    }
    (is_full_name(rest) || is_call_name(rest) || is_foreign_name(rest)).then(|| rest.to_owned())
}

/// Names of other peoples of China, with their dot: 阿依古丽·买买提.
fn is_foreign_name(text: &str) -> bool {
    text.contains('·') && text.chars().count() <= 20 && text.chars().all(|c| is_han(c) || c == '·')
}
