//! Where a name begins and ends in a text, and whose village it is.

use super::find::Mention;
use crate::zh::{self, Copy, is_han};

/// What may stand before a village's name without being a part of it.
const BEFORE: &[char] = &[
    '的', '在', '是', '住', '到', '从', '去', '来', '和', '跟', '与', '给', '离', '往', '由', '至',
    '镇', '乡', '道', '县', '们', '个', '叫', '了', '咱', '俺', '我', '属', '归', '过', '诉', '映',
    '报', '问', '查', '请', '即', '就', '为', '对', '把', '于', '及', '经', '有', '让', '向', '找',
    '于', '送', '市', '儿', '这', '那', '你', '他', '都',
];
/// What a longer name may begin with, as a surname may: 小李庄, 河南庄, 桃李庄.
const NAME_BEGINS: &[char] = &[
    '东', '西', '南', '北', '前', '后', '大', '小', '老', '新', '上', '下', '中', '外', '左', '右',
    '内', '河', '沙', '石', '桥', '湾', '坨', '崖', '井', '庙', '寺', '桃', '柳', '榆', '高', '长',
    '短', '黑', '白', '红', '黄', '青', '双', '三', '四', '五', '六', '七', '八', '九', '十', '一',
    '二', '两', '头', '尾', '口', '家', '庄', '营', '店', '屯', '堡', '寨', '铺', '埝', '台', '各',
    '坡', '滩', '港', '林', '园', '窝', '房', '圈', '闸', '渠', '岭', '山', '海', '泥', '土', '草',
    '花', '枣', '梨', '杏', '槐', '松', '葛', '官', '军', '旧', '正', '偏', '冯',
];
/// What may follow it.
const BEHIND: &[char] = &[
    '村', '的', '人', '这', '那', '里', '口', '东', '西', '南', '北', '边', '头', '上', '中', '路',
    '桥', '学', '卫', '旁', '附', '往', '到', '和', '跟', '与', '有', '没', '停', '不', '又', '已',
    '从', '街', '大', '小', '通', '一', '前', '后', '内', '外', '整', '全', '委', '党', '两', '几',
    '老', '要', '想', '修', '断', '坏', '了', '也', '都', '还', '让', '被', '来', '去', '我', '他',
    '她', '俺', '咱', '你', '啥', '什', '怎', '今', '昨', '明', '最', '连', '总', '经', '老', '电',
    '水', '灯', '欠', '借', '漏', '着', '起', '给', '把', '得', '今', '何', '呢', '吗', '吧', '啊',
    '家', '塌', '淹', '缺', '是', '在', '垃', '污', '卖', '买', '收', '拉', '发',
];
/// What follows it in a longer name.
const NAME_GOES_ON: &[char] = &[
    '庄', '子', '坨', '营', '店', '屯', '堡', '寨', '铺', '埝', '台', '各', '坡', '滩', '港', '河',
    '林', '园', '寺', '庙', '窝', '房',
];
/// Names of villages that are also ordinary words. In a sentence they count only with 村 or
/// 社区 behind them, or a township before them.
const ORDINARY: &[&str] = &[
    "新村",
    "中心",
    "健康",
    "富强",
    "胜利",
    "太平",
    "曙光",
    "新光",
    "宏光",
    "河东",
    "河西",
    "东南",
    "高地",
    "小河",
    "海田",
    "迎好",
    "岗子",
    "后庄",
    "庙上",
    "何西",
    "瑞祥",
    "茂源",
    "乐安",
    "乐康",
    "玉泉",
    "乐景",
    "东屯",
    "西屯",
    "前营",
    "后营",
    "房子",
    "滨海",
    "庄东",
    "庄西",
    "沙口",
    "大庄",
    "小庄",
    "新庄",
    "东荒",
    "前寺",
    "和平",
    "团结",
    "幸福",
    "光明",
    "向阳",
    "建设",
    "东风",
    "红旗",
    "新华",
    "文化",
    "人民",
    "解放",
    "友谊",
    "二街",
    "三街",
    "四街",
    "五街",
    "六街",
    "七街",
    "八街",
    "香道",
    "小港",
    "大港",
    "下洼",
    "八里桥",
    "车门",
];

pub(super) fn is_ordinary_word(name: &str) -> bool {
    ORDINARY.contains(&name)
}

/// A word that may stand before a name is not the beginning of the name.
pub(super) fn is_word_before(c: char) -> bool {
    BEFORE.contains(&c)
}

pub(super) fn begins_clearly(copy: &Copy, from: usize) -> bool {
    match from.checked_sub(1).map(|at| copy.chars[at]) {
        None => true,
        Some(before) => {
            !(is_han(before) && (zh::is_surname(before) || NAME_BEGINS.contains(&before)))
                || BEFORE.contains(&before)
                || copy.is_parted(from)
                || [
                    "一下", "问下", "看下", "问问", "看看", "你好", "您好", "这里", "家住", "反应",
                    "反馈", "咨询", "大家", "举报", "投诉",
                ]
                .iter()
                .any(|word| ends_with(copy, from, word))
        }
    }
}

pub(super) fn ends_with(copy: &Copy, at: usize, word: &str) -> bool {
    at.checked_sub(word.chars().count()).is_some_and(|from| copy.has(from, word))
}

pub(super) fn ends_clearly(copy: &Copy, to: usize) -> bool {
    match copy.chars.get(to) {
        None => true,
        Some(_) if to > 0 && copy.chars[to - 1] == '村' => true,
        Some(_) if copy.has(to, "社区") || copy.has(to, "自来") || copy.is_parted(to) => true,
        Some(next) => !is_han(*next) || BEHIND.contains(next),
    }
}

/// 李庄 in 李庄子 is no mention of 李庄.
pub(super) fn is_part_of_longer(copy: &Copy, mention: &Mention) -> bool {
    copy.chars[mention.to - 1] != '村'
        && copy.chars.get(mention.to).is_some_and(|next| NAME_GOES_ON.contains(next))
}

/// 我是A村的, 家住A村, A村的张三: where the writer is from.
pub(super) fn is_writers(copy: &Copy, mention: &Mention) -> bool {
    [
        "我是",
        "俺是",
        "我住",
        "俺住",
        "家住",
        "家在",
        "我在",
        "住在",
        "咱是",
        "我们是",
        "俺们是",
        "我家是",
        "本人是",
    ]
    .iter()
    .any(|word| ends_with(copy, mention.from, word))
}

/// The answer without what is said around a name.
pub(super) fn bare_answer(text: &str) -> &str {
    let mut rest = text;
    for word in [
        "我家是",
        "我们是",
        "俺们是",
        "我是",
        "我在",
        "我住在",
        "我住",
        "住在",
        "家在",
        "家是",
        "就是",
        "是",
        "在",
        "俺是",
        "俺们",
        "我们",
        "咱们",
        "俺",
        "咱",
        "我说的是",
    ] {
        if let Some(inner) = rest.strip_prefix(word) {
            rest = inner;
            break;
        }
    }
    for word in [
        "的人",
        "村里的",
        "村的",
        "的",
        "那边",
        "这边",
        "那里",
        "这里",
        "那儿",
        "这儿",
        "人",
        "那块",
        "这块",
    ] {
        if let Some(inner) = rest.strip_suffix(word) {
            rest = inner;
            break;
        }
    }
    rest
}
