//! The villages of the county, and finding one in what a villager writes.
//!
//! Exact name or alias, else the same sound, else the same sound in dialect, else the few
//! that it could be; never by the number of differing characters, because two of three
//! villages have a neighbour one character away. A silent wrong village is the one mistake
//! that may not happen: what is not certain is `exact: false` and is shown to her first.

use std::collections::HashMap;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::TableError;
use super::table::read;
use crate::zh::{self, is_han};

const CHOICES_MAX: usize = 5;
/// A message longer than this is searched up to here.
const CHARACTERS_MAX: usize = 300;
/// Ways to read one name aloud that are kept.
const READINGS_MAX: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    Village,
    Community,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// 12 digits of the national division codes; the first nine are the township's.
    pub code: String,
    pub township: String,
    /// With 村 or 社区 at its end.
    pub name: String,
    pub kind: PlaceKind,
    pub aliases: Vec<String>,
}

/// Where the village is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The message answers "which village?".
    Answer,
    /// Somewhere in a longer text.
    Sentence,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Found<'a> {
    /// `span`: its bytes in the text, empty when it can not be told. `exact: false`: show it
    /// to her before it counts.
    One {
        place: &'a Place,
        span: Range<usize>,
        exact: bool,
    },
    /// Two to five that it could be.
    Several(Vec<&'a Place>),
    /// Not in this county; what to tell her.
    Outside {
        name: String,
        advice: String,
    },
    None,
}

#[derive(Debug)]
struct Neighbour {
    name: String,
    advice: String,
}

#[derive(Debug)]
pub struct Places {
    all: Vec<Place>,
    by_code: HashMap<String, usize>,
    /// Full names, names without 村 or 社区, and aliases.
    by_name: HashMap<String, Vec<usize>>,
    by_sound: HashMap<String, Vec<usize>>,
    by_dialect: HashMap<String, Vec<usize>>,
    /// Names of townships, with and without 镇, and the code of nine digits.
    townships: HashMap<String, String>,
    neighbours: Vec<Neighbour>,
    outside: HashMap<String, usize>,
    longest: usize,
}

/// The name without 村 or 社区, where enough is left to tell it by.
fn base(name: &str) -> &str {
    let base = name.strip_suffix("社区").or_else(|| name.strip_suffix('村')).unwrap_or(name);
    if base.chars().count() >= 2 { base } else { name }
}

fn short_township(name: &str) -> Option<&str> {
    let short = ["街道", "镇", "乡"].iter().find_map(|end| name.strip_suffix(end))?;
    (short.chars().count() >= 2).then_some(short)
}

impl Places {
    pub fn parse(places: &str, aliases: &str, neighbours: &str) -> Result<Self, Vec<TableError>> {
        let mut errors = Vec::new();
        let mut all: Vec<Place> = Vec::new();
        let mut by_code = HashMap::new();
        read(
            "places.csv",
            places,
            &["code", "township", "name", "kind"],
            &mut errors,
            |row, errors| {
                let mut wrong = |column: &str, message: String| {
                    errors.push(error("places.csv", row.line, column, message));
                };
                let code = row.get("code");
                if code.len() != 12 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                    wrong("code", format!("「{code}」不对，请写12位数字的区划代码。"));
                } else if by_code.insert(code.to_owned(), all.len()).is_some() {
                    wrong("code", format!("{code} 写了两次，请改掉一个。"));
                }
                for column in ["township", "name"] {
                    if row.get(column).chars().count() < 2 {
                        wrong(column, "请写全名，至少两个字。".into());
                    }
                }
                let kind = match row.get("kind") {
                    "village" => PlaceKind::Village,
                    "community" => PlaceKind::Community,
                    other => {
                        wrong("kind", format!("「{other}」不对，请写 village 或 community。"));
                        PlaceKind::Village
                    }
                };
                all.push(Place {
                    code: code.to_owned(),
                    township: row.get("township").to_owned(),
                    name: row.get("name").to_owned(),
                    kind,
                    aliases: Vec::new(),
                });
            },
        );
        let mut townships = HashMap::new();
        for place in &all {
            let code = place.code.get(..9).unwrap_or_default().to_owned();
            townships.entry(place.township.clone()).or_insert(code);
        }
        read_aliases(aliases, &mut all, &by_code, &mut townships, &mut errors);
        let (neighbours, outside) = read_neighbours(neighbours, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut table = Self {
            all,
            by_code,
            by_name: HashMap::new(),
            by_sound: HashMap::new(),
            by_dialect: HashMap::new(),
            townships,
            neighbours,
            outside,
            longest: 0,
        };
        table.index();
        Ok(table)
    }

    fn index(&mut self) {
        for (at, place) in self.all.iter().enumerate() {
            let mut names = vec![place.name.as_str(), base(&place.name)];
            names.extend(place.aliases.iter().flat_map(|alias| [alias.as_str(), base(alias)]));
            names.sort_unstable();
            names.dedup();
            for name in names {
                self.longest = self.longest.max(name.chars().count());
                add(&mut self.by_name, name.to_owned(), at);
                for sound in readings(name, zh::sounds) {
                    add(&mut self.by_sound, sound, at);
                }
                for sound in readings(name, zh::dialect_sounds) {
                    add(&mut self.by_dialect, sound, at);
                }
            }
        }
        let outside = self.outside.keys().map(|name| name.chars().count()).max();
        self.longest = self.longest.max(outside.unwrap_or(0));
    }

    pub fn get(&self, code: &str) -> Option<&Place> {
        self.by_code.get(code).map(|at| &self.all[*at])
    }

    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Place> {
        self.all.iter()
    }

    pub fn find(&self, text: &str, scope: Scope) -> Found<'_> {
        let copy = Copy::of(text);
        let mentions = self.mentions(&copy);
        let found = match scope {
            Scope::Answer => self.answer(&copy, &mentions),
            Scope::Sentence => self.sentence(&copy, &mentions),
        };
        if matches!(found, Found::None)
            && let Some(neighbour) = mentions.iter().find_map(|mention| match mention.what {
                What::Outside(at) => Some(&self.neighbours[at]),
                _ => None,
            })
        {
            return Found::Outside {
                name: neighbour.name.clone(),
                advice: neighbour.advice.clone(),
            };
        }
        found
    }

    /// Names in the text, longest first at each place, without overlap.
    fn mentions(&self, copy: &Copy) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < copy.chars.len() {
            let longest = self.longest.min(copy.chars.len() - at);
            let hit = (2..=longest).rev().find_map(|length| {
                let name: String = copy.chars[at..at + length].iter().collect();
                let what = if let Some(places) = self.by_name.get(&name) {
                    What::Village(places.clone())
                } else if let Some(code) = self.townships.get(&name) {
                    What::Township(code.clone())
                } else {
                    What::Outside(*self.outside.get(&name)?)
                };
                Some(Mention { from: at, to: at + length, what })
            });
            match hit {
                Some(mut mention) => {
                    // 胡坨镇大黑坨: 胡坨 is the township when 镇 follows it.
                    mention = self.as_township(copy, mention);
                    at = mention.to;
                    found.push(mention);
                }
                None => at += 1,
            }
        }
        found
    }

    fn as_township(&self, copy: &Copy, mention: Mention) -> Mention {
        for end in ["街道", "镇", "乡"] {
            let length = end.chars().count();
            let to = mention.to + length;
            let name: String =
                copy.chars.get(mention.from..to).unwrap_or_default().iter().collect();
            if name.ends_with(end)
                && let Some(code) = self.townships.get(&name)
            {
                return Mention { from: mention.from, to, what: What::Township(code.clone()) };
            }
        }
        mention
    }

    fn answer(&self, copy: &Copy, mentions: &[Mention]) -> Found<'_> {
        let township = township_of(mentions);
        let villages: Vec<&Mention> =
            mentions.iter().filter(|m| matches!(m.what, What::Village(_))).collect();
        if let [mention] = villages[..]
            && let Some(found) = self.one(copy, mention, township)
        {
            // 木口 could be 木口一村: a name that begins others is asked for, unless 村 is said.
            let begun = self.begun_by(copy, mention);
            return if begun.len() > 1 { self.several(begun) } else { found };
        }
        if villages.len() > 1 {
            return self.sentence(copy, mentions);
        }
        let bare = bare_answer(copy, mentions);
        if bare.chars().count() < 2 {
            return Found::None;
        }
        let candidates = self.sounding(&bare);
        let candidates = if candidates.is_empty() { self.containing(&bare) } else { candidates };
        self.could_be(candidates, township)
    }

    fn sentence(&self, copy: &Copy, mentions: &[Mention]) -> Found<'_> {
        let township = township_of(mentions);
        let mut villages: Vec<&Mention> = mentions
            .iter()
            .filter(|m| matches!(m.what, What::Village(_)) && !is_part_of_longer(copy, m))
            .collect();
        // 我是A村的，B村路上...: the village of the problem, not that of the writer.
        if villages.len() > 1 {
            let others: Vec<&Mention> =
                villages.iter().filter(|m| !is_writers(copy, m)).copied().collect();
            if others.len() == 1
                && let Found::One { place, span, .. } =
                    self.one(copy, others[0], township).unwrap_or(Found::None)
            {
                return Found::One { place, span, exact: false };
            }
            villages.dedup_by(|a, b| a.what == b.what);
        }
        match villages[..] {
            [] => self.spoken_in(copy, township),
            [mention] => self.one(copy, mention, township).unwrap_or(Found::None),
            _ => {
                let all = villages.iter().flat_map(|mention| match &mention.what {
                    What::Village(places) => places.clone(),
                    _ => Vec::new(),
                });
                self.several(all.collect())
            }
        }
    }

    /// What one mention stands for; `None` when it is a part of a longer, unknown name.
    fn one(&self, copy: &Copy, mention: &Mention, township: Option<&str>) -> Option<Found<'_>> {
        let What::Village(places) = &mention.what else { return None };
        if is_part_of_longer(copy, mention) {
            return None;
        }
        let mut places = places.clone();
        if let Some(code) = township
            && places.iter().any(|at| self.all[*at].code.starts_with(code))
        {
            places.retain(|at| self.all[*at].code.starts_with(code));
        }
        let [at] = places[..] else { return Some(self.several(places)) };
        let place = &self.all[at];
        let contradicts = township.is_some_and(|code| !place.code.starts_with(code));
        let whole = copy.text(mention.from, mention.to).ends_with(['村', '区'])
            || copy.chars.get(mention.to) == Some(&'村');
        // 河西村 is not the community 河西社区.
        let other_kind =
            place.kind == PlaceKind::Community && copy.chars.get(mention.to) == Some(&'村');
        let doubtful = contradicts
            || other_kind
            || !begins_clearly(copy, mention)
            || !ends_clearly(copy, mention)
            || (!whole && self.is_ambiguous_base(place));
        Some(Found::One { place, span: copy.span(mention.from, mention.to), exact: !doubtful })
    }

    /// Without 村 it could also be a township, or the end of a longer name (黑坨, 大黑坨).
    fn is_ambiguous_base(&self, place: &Place) -> bool {
        let short = base(&place.name);
        let township = self.townships.keys().any(|name| short_township(name) == Some(short));
        township
            || self
                .all
                .iter()
                .any(|other| other.code != place.code && base(&other.name).contains(short))
    }

    /// All that a name without 村 begins: 木口, 姜各庄.
    fn begun_by(&self, copy: &Copy, mention: &Mention) -> Vec<usize> {
        let said = copy.text(mention.from, mention.to);
        if said.ends_with(['村', '区']) || copy.chars.get(mention.to) == Some(&'村') {
            return Vec::new();
        }
        self.series(&said)
    }

    fn series(&self, stem: &str) -> Vec<usize> {
        const ENDS: [&str; 12] =
            ["", "一", "二", "三", "四", "东", "西", "南", "北", "中", "上", "下"];
        let bases = self.all.iter().enumerate();
        let found = bases.filter(|(_, place)| {
            base(&place.name).strip_prefix(stem).is_some_and(|rest| ENDS.contains(&rest))
        });
        found.map(|(at, _)| at).collect()
    }

    fn sounding(&self, name: &str) -> Vec<usize> {
        for (index, sounds) in [
            (&self.by_sound, zh::sounds as fn(char) -> Vec<String>),
            (&self.by_dialect, zh::dialect_sounds),
        ] {
            let mut found: Vec<usize> = readings(name, sounds)
                .iter()
                .filter_map(|sound| index.get(sound))
                .flatten()
                .copied()
                .collect();
            found.sort_unstable();
            found.dedup();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Names of which she said a part, if they are few.
    fn containing(&self, part: &str) -> Vec<usize> {
        let series = self.series(part);
        if !series.is_empty() {
            return series;
        }
        let found: Vec<usize> = (0..self.all.len())
            .filter(|at| self.all[*at].name.contains(part))
            .take(CHOICES_MAX + 1)
            .collect();
        if found.len() > CHOICES_MAX { Vec::new() } else { found }
    }

    /// Nothing was found by its characters: what stands before 村, by its sound.
    fn spoken_in(&self, copy: &Copy, township: Option<&str>) -> Found<'_> {
        for (end, _) in copy.chars.iter().enumerate().filter(|(_, c)| **c == '村') {
            for length in (2..=self.longest.min(end)).rev() {
                let from = end - length;
                if !copy.chars[from..end].iter().all(|c| is_han(*c)) {
                    continue;
                }
                let mention = Mention { from, to: end + 1, what: What::Township(String::new()) };
                let found = self.sounding(&copy.text(from, end));
                if !found.is_empty() && begins_clearly(copy, &mention) {
                    return match self.could_be(found, township) {
                        Found::One { place, .. } => {
                            let span = copy.span(from, end + 1);
                            Found::One { place, span, exact: false }
                        }
                        other => other,
                    };
                }
            }
        }
        Found::None
    }

    fn could_be(&self, mut places: Vec<usize>, township: Option<&str>) -> Found<'_> {
        if let Some(code) = township
            && places.iter().any(|at| self.all[*at].code.starts_with(code))
        {
            places.retain(|at| self.all[*at].code.starts_with(code));
        }
        self.several(places)
    }

    fn several(&self, mut places: Vec<usize>) -> Found<'_> {
        let mut seen = Vec::new();
        places.retain(|at| {
            let new = !seen.contains(at);
            seen.push(*at);
            new
        });
        match places[..] {
            [] => Found::None,
            [at] => Found::One { place: &self.all[at], span: 0..0, exact: false },
            _ => Found::Several(places.iter().take(CHOICES_MAX).map(|at| &self.all[*at]).collect()),
        }
    }
}

fn error(file: &str, line: u64, column: &str, message: String) -> TableError {
    TableError { file: file.to_owned(), line, column: Some(column.to_owned()), message }
}

fn read_aliases(
    text: &str,
    all: &mut [Place],
    by_code: &HashMap<String, usize>,
    townships: &mut HashMap<String, String>,
    errors: &mut Vec<TableError>,
) {
    read("aliases.csv", text, &["alias", "code"], errors, |row, errors| {
        let (alias, code) = (row.get("alias").to_owned(), row.get("code"));
        if alias.chars().count() < 2 {
            let message = "请写叫法，至少两个字。".to_owned();
            errors.push(error("aliases.csv", row.line, "alias", message));
        } else if let Some(at) = by_code.get(code) {
            all[*at].aliases.push(alias);
        } else if townships.values().any(|known| known == code) {
            townships.insert(alias, code.to_owned());
        } else {
            let message = format!("「{code}」在 places.csv 里没有，请写村的12位或乡镇的9位代码。");
            errors.push(error("aliases.csv", row.line, "code", message));
        }
    });
}

fn read_neighbours(
    text: &str,
    errors: &mut Vec<TableError>,
) -> (Vec<Neighbour>, HashMap<String, usize>) {
    let (mut neighbours, mut outside) = (Vec::new(), HashMap::new());
    read("neighbours.csv", text, &["name", "aliases", "advice"], errors, |row, errors| {
        for column in ["name", "advice"] {
            if row.get(column).chars().count() < 2 {
                let message = "这一格不能空。".to_owned();
                errors.push(error("neighbours.csv", row.line, column, message));
            }
        }
        for name in row.list("aliases").into_iter().chain([row.get("name").to_owned()]) {
            outside.insert(name, neighbours.len());
        }
        neighbours.push(Neighbour {
            name: row.get("name").to_owned(),
            advice: row.get("advice").to_owned(),
        });
    });
    (neighbours, outside)
}

fn add(index: &mut HashMap<String, Vec<usize>>, key: String, at: usize) {
    let places = index.entry(key).or_default();
    if places.last() != Some(&at) {
        places.push(at);
    }
}

/// All ways to read a name aloud.
fn readings(name: &str, sounds: fn(char) -> Vec<String>) -> Vec<String> {
    let mut all = vec![String::new()];
    for c in name.chars().filter(|c| is_han(*c)) {
        let found = sounds(c);
        all = all
            .iter()
            .flat_map(|before| found.iter().map(move |sound| format!("{before}{sound} ")))
            .take(READINGS_MAX)
            .collect();
    }
    all.retain(|reading| reading.contains(' '));
    all
}

/// The text as it is matched, and where each character stood.
struct Copy {
    chars: Vec<char>,
    starts: Vec<usize>,
    end: usize,
}

impl Copy {
    fn of(text: &str) -> Self {
        let (mut chars, mut starts, mut end) = (Vec::new(), Vec::new(), 0);
        for (at, c) in text.char_indices().take(CHARACTERS_MAX) {
            end = at + c.len_utf8();
            if c.is_whitespace() {
                continue;
            }
            for c in std::iter::once(c).nfkc() {
                chars.push(c);
                starts.push(at);
            }
        }
        Self { chars, starts, end }
    }

    fn text(&self, from: usize, to: usize) -> String {
        self.chars[from..to].iter().collect()
    }

    /// A word of two characters or more, then a blank: 投诉 大黑坨. Not so 大 黑坨.
    fn is_parted(&self, at: usize) -> bool {
        let gap = |at: usize| {
            let before = self.starts[at - 1];
            self.starts[at] > before + self.chars[at - 1].len_utf8()
        };
        at >= 2 && gap(at) && !gap(at - 1)
    }

    fn span(&self, from: usize, to: usize) -> Range<usize> {
        let end = self.starts.get(to).copied().unwrap_or(self.end);
        self.starts[from]..end
    }
}

#[derive(Debug, PartialEq)]
enum What {
    Village(Vec<usize>),
    Township(String),
    Outside(usize),
}

/// Characters `from..to` of the copy.
#[derive(Debug, PartialEq)]
struct Mention {
    from: usize,
    to: usize,
    what: What,
}

fn township_of(mentions: &[Mention]) -> Option<&str> {
    mentions.iter().find_map(|mention| match &mention.what {
        What::Township(code) => Some(code.as_str()),
        _ => None,
    })
}

/// What may stand before a village's name without being a part of it.
const BEFORE: &[char] = &[
    '的', '在', '是', '住', '到', '从', '去', '来', '和', '跟', '与', '给', '离', '往', '由', '至',
    '镇', '乡', '道', '县', '们', '个', '叫', '了', '咱', '俺', '我', '属', '归', '过', '诉', '映',
    '报',
];
/// What may follow it.
const BEHIND: &[char] = &[
    '村', '的', '人', '这', '那', '里', '口', '东', '西', '南', '北', '边', '头', '上', '中', '路',
    '桥', '学', '卫', '旁', '附', '往', '到', '和', '跟', '与', '有', '没', '停', '不', '又', '已',
    '从', '街', '大', '小', '通', '一', '前', '后', '内', '外', '整', '全', '委', '党', '两', '几',
    '老', '要', '想', '修', '断', '坏',
];
/// What follows it in a longer name.
const NAME_GOES_ON: &[char] = &[
    '庄', '子', '坨', '营', '店', '屯', '堡', '寨', '铺', '埝', '家', '台', '各', '坡', '滩', '港',
    '河', '林', '园', '寺', '庙', '窝', '房',
];

fn begins_clearly(copy: &Copy, mention: &Mention) -> bool {
    match mention.from.checked_sub(1).map(|at| copy.chars[at]) {
        None => true,
        Some(before) => {
            let words = copy.text(mention.from.saturating_sub(2), mention.from);
            !is_han(before)
                || BEFORE.contains(&before)
                || words == "一下"
                || copy.is_parted(mention.from)
        }
    }
}

fn ends_clearly(copy: &Copy, mention: &Mention) -> bool {
    match copy.chars.get(mention.to) {
        None => true,
        Some(_) if copy.chars[mention.to - 1] == '村' => true,
        Some(next) => !is_han(*next) || BEHIND.contains(next),
    }
}

/// 李庄 in 李庄子 is no mention of 李庄.
fn is_part_of_longer(copy: &Copy, mention: &Mention) -> bool {
    copy.chars[mention.to - 1] != '村'
        && copy.chars.get(mention.to).is_some_and(|next| NAME_GOES_ON.contains(next))
}

/// 我是A村的, 家住A村: where the writer is from.
fn is_writers(copy: &Copy, mention: &Mention) -> bool {
    let before = copy.text(mention.from.saturating_sub(3), mention.from);
    ["我是", "俺是", "我住", "家住", "家在", "我在", "住在"]
        .iter()
        .any(|word| before.ends_with(word))
}

/// The answer without what is said around a name.
fn bare_answer(copy: &Copy, mentions: &[Mention]) -> String {
    let from = mentions
        .iter()
        .filter(|mention| matches!(mention.what, What::Township(_)))
        .map(|mention| mention.to)
        .max()
        .unwrap_or(0);
    let text = zh::plain(&copy.text(from, copy.chars.len()));
    let mut rest = text.as_str();
    for word in ["我是", "我在", "我住在", "我住", "住在", "家在", "家是", "是", "在", "俺是", "俺"]
    {
        if let Some(inner) = rest.strip_prefix(word) {
            rest = inner;
            break;
        }
    }
    for word in ["的人", "的", "那边", "这边", "那里", "这里", "人"] {
        if let Some(inner) = rest.strip_suffix(word) {
            rest = inner;
            break;
        }
    }
    // Longer than any name: this is no answer to "which village?".
    if rest.chars().count() > 10 { String::new() } else { rest.to_owned() }
}

#[cfg(test)]
mod tests;
