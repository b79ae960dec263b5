//! What can not wait: fire, gas, live wires, drowning, violence, a lost child or elder,
//! poisoning, somebody who wants to die. The number is said at once, before any question.

use std::ops::Range;

use super::phrases::Phrases;
use crate::county::TableError;

const FILE: &str = "emergencies.csv";
const COLUMNS: [&str; 4] = ["kind", "call", "words", "except"];

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

/// `county/emergencies.csv`, in the order of its lines: the first that fits counts.
#[derive(Debug)]
pub struct Emergencies {
    rules: Vec<Rule>,
    words: Phrases,
    /// It is over, it is asked about, it is a story: 去年, 怎么预防, 听说.
    calm: Phrases,
}

impl Emergencies {
    pub fn parse(text: &str) -> Result<Self, Vec<TableError>> {
        let mut errors = Vec::new();
        let (mut rules, mut words) = (Vec::new(), Phrases::default());
        let mut calm = Phrases::default();
        crate::county::read_table(FILE, text, &COLUMNS, &mut errors, |row, errors| {
            let mut wrong = |column: &str, message: String| {
                errors.push(TableError {
                    file: FILE.into(),
                    line: row.line,
                    column: Some(column.into()),
                    message,
                });
            };
            let call = row.list("call");
            let general = row.get("kind") == "平常";
            let dials = |number: &String| number.bytes().all(|byte| byte.is_ascii_digit());
            if !general && (call.is_empty() || !call.iter().all(dials)) {
                wrong("call", "请写要打的电话，例如 119；几个用分号隔开。".into());
            }
            let mut except = Phrases::default();
            for word in row.list("words") {
                let fits = if general { calm.add(&word, 0) } else { words.add(&word, rules.len()) };
                if !fits {
                    wrong("words", format!("「{word}」读不懂，请写字，中间可以用 * 隔开。"));
                }
            }
            for word in row.list("except") {
                if !except.add(&word, 0) {
                    wrong("except", format!("「{word}」读不懂，请写字，中间可以用 * 隔开。"));
                }
            }
            if !general {
                rules.push(Rule { kind: row.get("kind").to_owned(), call, except });
            }
        });
        if errors.is_empty() { Ok(Self { rules, words, calm }) } else { Err(errors) }
    }

    /// `chars`: the matching copy without blanks.
    pub fn find(&self, chars: &[char]) -> Option<Emergency> {
        let mut hits = self.words.hits(chars);
        if hits.is_empty() || self.calm.any(chars) {
            return None;
        }
        hits.sort_by_key(|hit| hit.tag);
        let hit = hits.into_iter().find(|hit| {
            // An exception counts where it covers the word: 煤气费, not 煤气漏了.
            let except = self.rules[hit.tag].except.hits(chars);
            !except
                .iter()
                .any(|other| other.range.start < hit.range.end && hit.range.start < other.range.end)
        })?;
        let rule = &self.rules[hit.tag];
        Some(Emergency { kind: rule.kind.clone(), call: rule.call.clone(), range: hit.range })
    }

    /// Something calms, or stands around a word of danger.
    pub fn is_calm(&self, chars: &[char]) -> bool {
        self.calm.any(chars) || self.rules.iter().any(|rule| rule.except.any(chars))
    }

    pub fn bytes(&self) -> usize {
        self.words.bytes()
            + self.calm.bytes()
            + self.rules.iter().map(|r| r.except.bytes()).sum::<usize>()
    }
}
