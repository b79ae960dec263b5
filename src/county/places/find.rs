//! Finding: exact, then by sound, then by dialect, then asking.

use super::boundary::{
    bare_answer, begins_clearly, ends_clearly, is_ordinary_word, is_part_of_longer, is_word_before,
    is_writers,
};
use super::index::Named;
use super::{Copy, Found, Likeness, Place, PlaceKind, Places, SERIES, Scope, base, without_blanks};
use crate::zh::{self, is_han};

pub(super) const CHOICES_MAX: usize = 5;
/// A message longer than this is searched up to here.
pub(super) const CHARACTERS_MAX: usize = 300;
/// Longer than any name: no answer to "which village?".
const ANSWER_MAX: usize = 12;
/// How far a longer name may begin before a shorter one inside it.
const NAME_MAX: usize = 6;

/// Characters `from..to` of the copy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mention {
    pub from: usize,
    pub to: usize,
    what: Named,
}

impl Mention {
    fn villages(&self) -> &[usize] {
        self.what.villages()
    }
}

/// What was heard: the places whose names sound so, and where.
struct Heard {
    places: Vec<usize>,
    from: usize,
    to: usize,
    how: Likeness,
    /// It stands apart from the words around it, and 村 is said.
    clear: bool,
}

impl Heard {
    fn holds(&self, mention: &Mention) -> bool {
        self.from <= mention.from
            && self.to >= mention.to
            && self.to - self.from > mention.to - mention.from
    }
}

fn township_of(mentions: &[Mention]) -> Option<&str> {
    mentions.iter().find_map(|mention| match &mention.what {
        Named::Township(code) => Some(code.as_str()),
        _ => None,
    })
}

impl Places {
    pub fn find(&self, text: &str, scope: Scope) -> Found<'_> {
        let copy = without_blanks(text);
        let mentions = self.mentions(&copy);
        if let Some(outside) = self.outside(&copy, &mentions) {
            return outside;
        }
        match scope {
            Scope::Answer => self.answer(&copy, &mentions),
            Scope::Sentence => self.sentence(&copy, &mentions),
        }
    }

    /// Names in the text, longest first at each place, without overlap.
    fn mentions(&self, copy: &Copy) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < copy.chars.len() {
            match self.index.longest(&copy.chars[at..]) {
                Some(name) => {
                    let to = at + name.chars.len();
                    let mention = Mention { from: at, to, what: name.what.clone() };
                    // 胡坨镇大黑坨: 胡坨 is the township when 镇 follows it.
                    let mention = self.as_township(copy, mention);
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
            if !copy.has(mention.to, end) {
                continue;
            }
            let to = mention.to + end.chars().count();
            if let Some(code) = self.townships.get(&copy.text(mention.from..to)) {
                return Mention { from: mention.from, to, what: Named::Township(code.clone()) };
            }
        }
        mention
    }

    /// A place outside the county is named, and no village of ours apart from it.
    fn outside(&self, copy: &Copy, mentions: &[Mention]) -> Option<Found<'_>> {
        let (at, outside, neighbour) =
            mentions.iter().enumerate().find_map(|(at, mention)| match mention.what {
                Named::Outside(neighbour) => Some((at, mention, neighbour)),
                _ => None,
            })?;
        let ours = mentions.iter().enumerate().any(|(other, mention)| {
            let village = !mention.villages().is_empty()
                && !is_ordinary_word(&copy.text(mention.from..mention.to));
            // 滦南县李庄: its village, not ours. 大黑坨去昌黎的路: ours.
            let its = other > at && mention.from <= outside.to + 2 && mention.from >= outside.to;
            village && !its
        });
        let neighbour = &self.neighbours[neighbour];
        (!ours).then(|| Found::Outside {
            name: neighbour.name.clone(),
            advice: neighbour.advice.clone(),
        })
    }

    fn answer(&self, copy: &Copy, mentions: &[Mention]) -> Found<'_> {
        let township = township_of(mentions);
        // 祝你们身体健康 names no village; 健康 alone does.
        let whole = zh::plain(&copy.text(0..copy.chars.len()));
        let is_all = |mention: &Mention| bare_answer(&whole) == copy.text(mention.from..mention.to);
        let villages: Vec<&Mention> = mentions
            .iter()
            .filter(|mention| !mention.villages().is_empty())
            .filter(|mention| is_all(mention) || !self.is_ordinary(copy, mention, mentions))
            .collect();
        if let [mention] = villages[..]
            && let Some(found) = self.one(copy, mention, township)
        {
            // 木口 could be 木口一村: a name that begins others is asked for, unless 村 is said.
            let mut begun = self.begun_by(copy, mention);
            self.keep_township(&mut begun, township);
            return if begun.len() > 1 {
                self.several(begun, copy.span(mention.from..mention.to))
            } else {
                found
            };
        }
        if villages.len() > 1 {
            return self.sentence(copy, mentions);
        }
        let said = mentions.iter().filter(|m| matches!(m.what, Named::Township(_))).map(|m| m.to);
        let from = said.max().unwrap_or(0);
        let text = zh::plain(&copy.text(from..copy.chars.len()));
        let bare = bare_answer(&text);
        let count = bare.chars().count();
        if !(2..=ANSWER_MAX).contains(&count) {
            return Found::None;
        }
        let chars: Vec<char> = bare.chars().collect();
        let heard = |alike| -> Vec<usize> {
            let names = self.index.sounding(&chars, alike);
            let whole = names.filter(|name| name.chars.len() == chars.len());
            whole.flat_map(|name| name.villages().to_vec()).collect()
        };
        let (sound, mut places) = (heard(zh::sounds_alike), heard(zh::sounds_alike_in_dialect));
        // 潘各庄 is a part of four names as it is written, whatever else it sounds like.
        let mut part = self.containing(bare);
        if !part.is_empty() && !places.is_empty() {
            part.extend(places);
            self.keep_township(&mut part, township);
            return self.several(part, 0..0);
        }
        if let Some(first) = places.first().copied() {
            let how = if sound == places { Likeness::Sound } else { Likeness::Dialect };
            // A series is asked for here too: 姜各装.
            if !bare.ends_with('村') {
                places.extend(self.series(base(&self.all[first].name)));
            }
            return self.could_be(
                Heard { places, from: 0, to: 0, how, clear: true },
                township,
                copy,
            );
        }
        self.could_be(
            Heard { places: part, from: 0, to: 0, how: Likeness::Part, clear: false },
            township,
            copy,
        )
    }

    fn sentence(&self, copy: &Copy, mentions: &[Mention]) -> Found<'_> {
        let township = township_of(mentions);
        let mut villages: Vec<&Mention> = mentions
            .iter()
            .filter(|mention| !mention.villages().is_empty() && !is_part_of_longer(copy, mention))
            .filter(|mention| !self.is_ordinary(copy, mention, mentions))
            .collect();
        // 我是A村的，B村路上...: the village of the problem, not that of the writer.
        if villages.len() > 1 {
            let others: Vec<&Mention> =
                villages.iter().filter(|m| !is_writers(copy, m)).copied().collect();
            if !others.is_empty() {
                villages = others;
            }
            let mut seen: Vec<&Named> = Vec::new();
            villages.retain(|mention| {
                let new = !seen.contains(&&mention.what);
                seen.push(&mention.what);
                new
            });
        }
        match villages[..] {
            [] => {
                self.heard(copy).map_or(Found::None, |heard| self.could_be(heard, township, copy))
            }
            [mention] => {
                let found = self.one(copy, mention, township).unwrap_or(Found::None);
                if matches!(found, Found::One { sure: true, .. }) {
                    return found;
                }
                // 溪李庄: by ear it is a longer name than the one that was read.
                match self.heard(copy) {
                    Some(heard) if heard.holds(mention) => {
                        let mut places = heard.places;
                        self.keep_township(&mut places, township);
                        places.extend(mention.villages());
                        self.several(places, copy.span(heard.from..heard.to))
                    }
                    _ => found,
                }
            }
            [first, ..] => {
                let all = villages.iter().flat_map(|mention| mention.villages().to_vec());
                self.several(all.collect(), copy.span(first.from..first.to))
            }
        }
    }

    /// 新村, 健康 without a township before it or 村 behind it is an ordinary word.
    fn is_ordinary(&self, copy: &Copy, mention: &Mention, mentions: &[Mention]) -> bool {
        let said = copy.text(mention.from..mention.to);
        if !is_ordinary_word(&said) {
            return false;
        }
        let marked = said != "新村" && copy.chars.get(mention.to) == Some(&'村')
            || copy.has(mention.to, "社区");
        let placed = mentions
            .iter()
            .any(|other| matches!(other.what, Named::Township(_)) && other.to == mention.from);
        let whole = mention.from == 0 && mention.to == copy.chars.len();
        !(marked || placed || whole)
    }

    /// What one mention stands for; `None` when it is a part of a longer, unknown name.
    fn one(&self, copy: &Copy, mention: &Mention, township: Option<&str>) -> Option<Found<'_>> {
        if is_part_of_longer(copy, mention) {
            return None;
        }
        let mut places = mention.villages().to_vec();
        self.keep_township(&mut places, township);
        let span = copy.span(mention.from..mention.to);
        let [at] = places[..] else { return Some(self.several(places, span)) };
        let place = &self.all[at];
        let follows_village = copy.chars.get(mention.to) == Some(&'村');
        let whole = copy.chars[mention.to - 1] == '村'
            || copy.chars[mention.to - 1] == '区'
            || follows_village
            || copy.has(mention.to, "社区");
        let contradicts = township.is_some_and(|code| !place.code.starts_with(code));
        // 河西村 is not the community 河西社区.
        let other_kind = place.kind == PlaceKind::Community && follows_village;
        let confirmed = township.is_some() && !contradicts;
        let mixed = !whole && self.is_ambiguous_base(at) && !confirmed;
        let unclear = !begins_clearly(copy, mention.from)
            || !ends_clearly(copy, mention.to)
            || self.is_longer_by_ear(copy, mention);
        let sure = !(contradicts || other_kind || mixed || unclear);
        let others = if sure { Vec::new() } else { self.others(at) };
        Some(Found::One { place, span, how: Likeness::Exact, sure, others })
    }

    fn keep_township(&self, places: &mut Vec<usize>, township: Option<&str>) {
        if let Some(code) = township
            && places.iter().any(|at| self.all[*at].code.starts_with(code))
        {
            places.retain(|at| self.all[*at].code.starts_with(code));
        }
    }

    /// Villages whose names hold this one's, or are held by it.
    fn others(&self, at: usize) -> Vec<&Place> {
        self.holding.others(at).iter().map(|at| &self.all[*at]).collect()
    }

    /// Without 村 it could also be a township, or the end of a longer name (黑坨, 大黑坨).
    fn is_ambiguous_base(&self, at: usize) -> bool {
        self.named_like_township[at] || self.holding.is_held(at)
    }

    /// All that a name without 村 begins: 木口, 姜各庄.
    fn begun_by(&self, copy: &Copy, mention: &Mention) -> Vec<usize> {
        let last = copy.chars[mention.to - 1];
        if matches!(last, '村' | '区') || copy.chars.get(mention.to) == Some(&'村') {
            return Vec::new();
        }
        self.series(&copy.text(mention.from..mention.to))
    }

    fn series(&self, stem: &str) -> Vec<usize> {
        let bases = self.all.iter().enumerate();
        let found = bases.filter(|(_, place)| {
            base(&place.name)
                .strip_prefix(stem)
                .is_some_and(|rest| rest.is_empty() || SERIES.contains(&rest))
        });
        found.map(|(at, _)| at).collect()
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

    /// Could what stands around a mention be a longer name, mistyped? 常庄自 for 常庄子, 溪李庄
    /// for 西李庄, 东荒口 for 东黄口.
    fn is_longer_by_ear(&self, copy: &Copy, mention: &Mention) -> bool {
        (mention.from.saturating_sub(NAME_MAX)..=mention.from).any(|from| {
            let names = self.index.sounding(&copy.chars[from..], zh::sounds_alike_in_dialect);
            names.into_iter().any(|name| {
                let to = from + name.chars.len();
                let longer = to >= mention.to && name.chars.len() > mention.to - mention.from;
                // 是 in 我是新庄子的 is a word of its own, whatever else it may sound like.
                let as_written = |at: usize| {
                    name.chars[at - from] == copy.chars[at] || !is_word_before(copy.chars[at])
                };
                longer
                    && name.villages() != mention.villages()
                    && (from..mention.from).all(as_written)
            })
        })
    }

    /// What was said by its sound, where the characters say nothing. Where 村 stands behind it,
    /// it may be taken; elsewhere it is only a guess to be shown, and only of three characters
    /// of which one is right. What a dialect could make of the same words counts as well: only
    /// when it adds nothing, the sound alone decides.
    fn heard(&self, copy: &Copy) -> Option<Heard> {
        let dialect = self.heard_with(copy, Likeness::Dialect, zh::sounds_alike_in_dialect)?;
        match self.heard_with(copy, Likeness::Sound, zh::sounds_alike) {
            Some(sound)
                if (sound.from, sound.to) == (dialect.from, dialect.to)
                    && sound.places == dialect.places =>
            {
                Some(sound)
            }
            _ => Some(dialect),
        }
    }

    fn heard_with(
        &self,
        copy: &Copy,
        how: Likeness,
        alike: fn(char, char) -> bool,
    ) -> Option<Heard> {
        let mut best: Option<Heard> = None;
        for from in (0..copy.chars.len()).filter(|at| is_han(copy.chars[*at])) {
            for name in self.index.sounding(&copy.chars[from..], alike) {
                let (to, length) = (from + name.chars.len(), name.chars.len());
                let pairs = name.chars.iter().zip(&copy.chars[from..]);
                let right = pairs.filter(|(a, b)| a == b).count();
                // What is written right was already looked at.
                if right == length {
                    continue;
                }
                let marked = copy.chars[to - 1] == '村'
                    || copy.chars.get(to) == Some(&'村')
                    || copy.has(to, "社区");
                let apart = begins_clearly(copy, from) && ends_clearly(copy, to);
                let guess = length >= 3 && right >= 1 && ends_clearly(copy, to);
                let marked = marked && (right >= 1 || length >= 3);
                if !(marked || guess) {
                    continue;
                }
                let clear = marked && right >= 1 && apart;
                match &mut best {
                    Some(best) if (best.from, best.to) == (from, to) => {
                        best.places.extend(name.villages().iter().copied());
                        best.places.sort_unstable();
                        best.places.dedup();
                    }
                    Some(best) if best.to - best.from >= to - from => {}
                    _ => {
                        let places = name.villages().to_vec();
                        best = Some(Heard { places, from, to, how, clear });
                    }
                }
            }
        }
        best
    }

    /// One that was heard is taken when nothing else sounds like it, not even in dialect, and
    /// no other name holds its own.
    fn could_be(&self, heard: Heard, township: Option<&str>, copy: &Copy) -> Found<'_> {
        let Heard { mut places, from, to, how, clear } = heard;
        places.sort_unstable();
        places.dedup();
        self.keep_township(&mut places, township);
        let span = copy.span(from..to);
        let [at] = places[..] else { return self.several(places, span) };
        let place = &self.all[at];
        let contradicts = township.is_some_and(|code| !place.code.starts_with(code));
        let confirmed = township.is_some() && !contradicts;
        let alone = !self.is_ambiguous_base(at);
        let sure = how == Likeness::Sound && clear && !contradicts && (alone || confirmed);
        let others = if sure { Vec::new() } else { self.others(at) };
        Found::One { place, span, how, sure, others }
    }

    fn several(&self, mut places: Vec<usize>, span: std::ops::Range<usize>) -> Found<'_> {
        let mut seen = Vec::new();
        places.retain(|at| {
            let new = !seen.contains(at);
            seen.push(*at);
            new
        });
        match places[..] {
            [] => Found::None,
            [at] => Found::One {
                place: &self.all[at],
                span,
                how: Likeness::Part,
                sure: false,
                others: self.others(at),
            },
            _ => Found::Several {
                places: places.iter().take(CHOICES_MAX).map(|at| &self.all[*at]).collect(),
                span,
            },
        }
    }
}
