//! What can not wait: fire, gas, live wires, drowning, violence, a lost child or elder,
//! poisoning, somebody who wants to die. The number is said at once, before any question.
//!
//! Nobody can write down how all of them are said. So the table knows sets (people, waters,
//! weapons) and phrases made of them, and separately what makes the same words harmless: it is
//! long ago, it is only feared, it is about money.

use std::ops::Range;

use super::phrases::{Phrases, Sets};
use crate::county::TableError;

const FILE: &str = "emergencies.csv";
const COLUMNS: [&str; 4] = ["kind", "call", "words", "except"];
/// Rows that name no danger.
const CALM: &str = "平常";
const FEARED: &str = "假设";
const PAST: &str = "从前";
const URGENT: &str = "要紧";
/// A fear stands at most so many characters before what is feared.
const FEARED_BEFORE: usize = 6;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    pub kind: String,
    /// Numbers to dial, the first one first.
    pub call: Vec<String>,
    /// Characters of the copy.
    pub range: Range<usize>,
}

#[derive(Debug)]
struct Rule {
    kind: String,
    call: Vec<String>,
    except: Phrases,
}

/// Words, and words that cover them and make them count for nothing.
#[derive(Debug, Default)]
struct Guard {
    words: Phrases,
    except: Phrases,
}

/// `county/emergencies.csv`, in the order of its lines: the first that fits counts.
#[derive(Debug, Default)]
pub struct Emergencies {
    rules: Vec<Rule>,
    words: Phrases,
    /// It is asked about, it is a story, it is over: 怎么预防, 演练, 已经灭了.
    calm: Guard,
    /// Before a word of danger: 怕, 要是, 容易.
    feared: Guard,
    /// 去年, 赔偿: it is over, unless something says that it is urgent.
    past: Guard,
    urgent: Guard,
}

impl Emergencies {
    pub fn parse(text: &str) -> Result<Self, Vec<TableError>> {
        let mut errors = Vec::new();
        let mut sets = Sets::default();
        // First what the phrases are made of, wherever it stands.
        crate::county::read_table(FILE, text, &COLUMNS, &mut Vec::new(), |row, _| {
            if let Some(name) = set_name(row.get("kind")) {
                sets.insert(name.to_owned(), row.list("words"));
            }
        });
        let mut found = Self::default();
        crate::county::read_table(FILE, text, &COLUMNS, &mut errors, |row, errors| {
            let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
            let kind = row.get("kind");
            if set_name(kind).is_some() {
                if row.list("words").is_empty() {
                    wrong("words", "这一组词是空的，请至少写一个。".into());
                }
                return;
            }
            let (rules, guard) = (found.rules.len(), found.guard(kind));
            let call = row.list("call");
            let dials = |number: &String| number.bytes().all(|byte| byte.is_ascii_digit());
            if guard.is_none() && (call.is_empty() || !call.iter().all(dials)) {
                wrong("call", "请写要打的电话，例如 119；几个用分号隔开。".into());
            }
            let mut own = Guard::default();
            let (words, except, tag) = match guard {
                Some(guard) => (&mut guard.words, &mut guard.except, 0),
                None => (&mut found.words, &mut own.except, rules),
            };
            for (column, phrases, tag) in [("words", words, tag), ("except", except, 0)] {
                for word in row.list(column) {
                    if !phrases.add_with(&sets, &word, tag) {
                        wrong(
                            column,
                            format!(
                                "「{word}」读不懂，请写字，中间可以用 * 隔开；【】里是这张表里一组词的名字。"
                            ),
                        );
                    }
                }
            }
            if !is_guard(kind) {
                let kind = kind.to_owned();
                found.rules.push(Rule { kind, call, except: own.except });
            }
        });
        if errors.is_empty() { Ok(found) } else { Err(errors) }
    }

    fn guard(&mut self, kind: &str) -> Option<&mut Guard> {
        Some(match kind {
            CALM => &mut self.calm,
            FEARED => &mut self.feared,
            PAST => &mut self.past,
            URGENT => &mut self.urgent,
            _ => return None,
        })
    }

    /// `chars`: the matching copy without blanks.
    pub fn find(&self, chars: &[char]) -> Option<Emergency> {
        let mut hits = self.words.hits(chars);
        if hits.is_empty() || self.is_harmless(chars) {
            return None;
        }
        let feared = self.feared.ranges(chars);
        hits.sort_by_key(|hit| hit.tag);
        let hit = hits.into_iter().find(|hit| {
            let only_feared = feared.iter().any(|fear| {
                fear.start < hit.range.end && hit.range.start <= fear.end + FEARED_BEFORE
            });
            // An exception counts where it covers the word: 煤气费, not 煤气漏了.
            let except = self.rules[hit.tag].except.hits(chars);
            !only_feared && !except.iter().any(|other| overlap(&other.range, &hit.range))
        })?;
        let rule = &self.rules[hit.tag];
        Some(Emergency { kind: rule.kind.clone(), call: rule.call.clone(), range: hit.range })
    }

    fn is_harmless(&self, chars: &[char]) -> bool {
        self.calm.stands(chars) || self.past.stands(chars) && !self.urgent.stands(chars)
    }

    /// Something calms, or stands around a word of danger.
    pub fn is_calm(&self, chars: &[char]) -> bool {
        self.is_harmless(chars)
            || self.feared.stands(chars)
            || self.rules.iter().any(|rule| rule.except.any(chars))
    }

    pub fn bytes(&self) -> usize {
        let guards = [&self.calm, &self.feared, &self.past, &self.urgent];
        self.words.bytes()
            + guards.map(|guard| guard.words.bytes() + guard.except.bytes()).iter().sum::<usize>()
            + self.rules.iter().map(|r| r.except.bytes()).sum::<usize>()
    }
}

/// 【人】: a row of words that stand for each other.
fn set_name(kind: &str) -> Option<&str> {
    kind.strip_prefix('【')?.strip_suffix('】').filter(|name| !name.is_empty())
}

fn is_guard(kind: &str) -> bool {
    [CALM, FEARED, PAST, URGENT].contains(&kind)
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

impl Guard {
    fn ranges(&self, chars: &[char]) -> Vec<Range<usize>> {
        let hits = self.words.hits(chars);
        if hits.is_empty() {
            return Vec::new();
        }
        let except = self.except.hits(chars);
        let free = |hit: &super::phrases::Hit| {
            !except.iter().any(|other| overlap(&other.range, &hit.range))
        };
        hits.into_iter().filter(free).map(|hit| hit.range).collect()
    }

    fn stands(&self, chars: &[char]) -> bool {
        !self.ranges(chars).is_empty()
    }
}
