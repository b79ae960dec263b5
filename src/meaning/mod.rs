//! What a villager means: everything that one message says, found at once and on the machine
//! itself. Pure: the county's tables and the day come in.
//!
//! `zh` knows words, `county` knows names; here they come together, with the kinds of matter,
//! emergencies, and what the message is about.

mod emergency;
mod intent;
mod keywords;
mod model;
mod phrases;
mod short;
mod train;

use std::ops::Range;

use jiff::civil::Date;

pub use emergency::{Emergencies, Emergency};
pub use intent::Intent;
pub use keywords::Keywords;
pub use model::{BadModel, Model};
pub use short::{Kind, Short, Value, answer};
pub use train::{Example, Score, TrainError, score, split, train};

use crate::county::{Categories, Found, Place, Places, Scope, TableError};
use crate::zh::{self, Copy};

/// A longer message is read up to here, in characters.
const CHARACTERS_MAX: usize = 600;
/// A kind that is at least so likely is taken; below it she is asked.
pub const GATE: f32 = 0.6;
/// How many kinds she may choose from.
pub const KINDS: usize = 3;
/// So many places and numbers of one text are masked.
const MASKED_MAX: usize = 40;
/// What a keyword is worth beside the model.
const KEYWORD: f32 = 0.85;
/// Where keyword and model name different kinds, and the model is this sure, nobody is.
const CONTRADICTS: f32 = 0.75;

/// A number, and where in the text it stands.
pub type NumberIn = fn(&str) -> Option<(String, Range<usize>)>;

/// The county's tables, as far as they are needed to understand.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub places: &'a Places,
    pub categories: &'a Categories,
    pub keywords: &'a Keywords,
    pub emergencies: &'a Emergencies,
    /// None: nothing was learned yet; keywords only.
    pub model: Option<&'a Model>,
    /// The number of a case in a text, if its check digit is right.
    pub case_number: NumberIn,
    /// What is sold in the county's shop; None where that is not known.
    pub goods: Option<&'a dyn Goods>,
}

/// What is sold changes by the hour, and is no table.
pub trait Goods: Sync {
    /// How many characters of a text are names of goods that may be ordered, each with a
    /// quantity beside it; 0 where one has none.
    fn wanted(&self, text: &str) -> usize;
}

/// A village that was found, or the few that it could be.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceRead<'a> {
    /// None: she has to be asked.
    pub place: Option<&'a Place>,
    /// exact, sound, dialect, part, several, outside
    pub how: &'static str,
    pub alternatives: Vec<&'a Place>,
    /// Of a place outside the county: what to tell her.
    pub advice: Option<String>,
    /// Bytes of the text.
    pub span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct QuantityRead {
    pub span: Range<usize>,
    pub quantity: zh::Quantity,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DayRead {
    pub span: Range<usize>,
    /// None: about that time, or by the lunar calendar.
    pub date: Option<Date>,
}

/// Everything that one message says. Spans are bytes of the text.
#[derive(Clone, Debug)]
pub struct Understanding<'a> {
    pub intent: Intent,
    pub place: Option<PlaceRead<'a>>,
    /// Codes, the likeliest first, at most `KINDS`.
    pub kinds: Vec<(&'a str, f32)>,
    pub phone: Option<(String, Range<usize>)>,
    pub landline: Option<(String, Range<usize>)>,
    pub name: Option<(String, Range<usize>)>,
    /// An identity number stands here; it is masked and never kept.
    pub identity: Option<Range<usize>>,
    pub case_number: Option<(String, Range<usize>)>,
    pub quantities: Vec<QuantityRead>,
    pub days: Vec<DayRead>,
    pub emergency: Option<(Emergency, Range<usize>)>,
    /// What the bot would ask because it is not sure: place, category.
    pub asks: Vec<&'static str>,
}

/// Why a text was understood as it was: bytes of its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    pub intent: Vec<Range<usize>>,
    pub kind: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    pub fn understand(&self, text: &str, today: Date) -> Understanding<'a> {
        let copy = Copy::of(text, CHARACTERS_MAX);
        let dense = copy.clone().without_blanks();
        let emergency = self.emergencies.find(&dense.chars);
        let emergency = emergency.map(|found| {
            let span = dense.span(found.range.clone());
            (found, span)
        });
        let identity = zh::find_identity(text);
        let phone = zh::find_phone(text)
            .filter(|(_, span)| identity.as_ref().is_none_or(|other| !overlap(span, other)));
        let landline = if phone.is_none() { zh::find_landline(text) } else { None };
        let place = self.place(text);
        let name = zh::name(text, false).and_then(|name| {
            let at = text.find(name.as_str())?;
            Some((name.clone(), at..at + name.len()))
        });
        let case_number = (self.case_number)(text);
        let taken = [
            phone.as_ref().map(|(_, span)| span.clone()),
            landline.as_ref().map(|(_, span)| span.clone()),
            identity.clone(),
            place.as_ref().filter(|place| place.place.is_some()).map(|place| place.span.clone()),
        ];
        let free = |span: &Range<usize>| !taken.iter().flatten().any(|other| overlap(span, other));
        let days: Vec<DayRead> = zh::days(&copy, today)
            .into_iter()
            .map(|day| DayRead { span: copy.span(day.range), date: day.date })
            .filter(|day| free(&day.span))
            .collect();
        let quantities: Vec<QuantityRead> = zh::quantities(&copy)
            .into_iter()
            .map(|(range, quantity)| QuantityRead { span: copy.span(range), quantity })
            .filter(|found| free(&found.span))
            .collect();
        let besides_goods = self.besides_goods(text, &taken, &name, &quantities);
        let matter = matter(text, &taken);
        let keyword = self.keywords.find(&matter);
        let kinds = self.kinds_of(&matter, keyword);
        let plain: Vec<char> = zh::plain(text).chars().filter(|c| !c.is_whitespace()).collect();
        let intent = intent::intent(
            &plain[..plain.len().min(CHARACTERS_MAX)],
            &dense.chars,
            intent::Signs {
                emergency: emergency.is_some(),
                case_number: case_number.is_some(),
                place: place.is_some(),
                quantity: !quantities.is_empty(),
                keyword: keyword.is_some(),
                thanked: intent::is_thanked(text),
                kind: kinds.first().is_some_and(|(_, p)| *p >= 0.5),
                besides_goods,
            },
        );
        let matters = matches!(intent, Intent::Report | Intent::Consult);
        let kinds = if matters { kinds } else { Vec::new() };
        let mut asks = Vec::new();
        let unsure_place = match &place {
            Some(found) => found.place.is_none() && found.advice.is_none(),
            None => intent == Intent::Report,
        };
        if unsure_place
            && matches!(intent, Intent::Report | Intent::Order | Intent::Consult | Intent::Unclear)
        {
            asks.push("place");
        }
        if intent == Intent::Report && kinds.first().is_none_or(|(_, p)| *p < GATE) {
            asks.push("category");
        }
        Understanding {
            intent,
            place,
            kinds,
            phone,
            landline,
            name,
            identity,
            case_number,
            quantities,
            days,
            emergency,
            asks,
        }
    }

    /// Where goods are named with their quantities: letters of all that was not recognised.
    fn besides_goods(
        &self,
        text: &str,
        taken: &[Option<Range<usize>>],
        name: &Option<(String, Range<usize>)>,
        quantities: &[QuantityRead],
    ) -> Option<usize> {
        let goods = self.goods.filter(|_| !quantities.is_empty())?;
        let wanted = goods.wanted(text);
        let named = name.iter().map(|(_, span)| span);
        let spans = quantities.iter().map(|found| &found.span).chain(named);
        let spans: Vec<&Range<usize>> = spans.chain(taken.iter().flatten()).collect();
        let free = |at: usize| !spans.iter().any(|span| span.contains(&at));
        let letters = text.char_indices().filter(|(at, c)| c.is_alphanumeric() && free(*at));
        (wanted > 0).then(|| letters.count().saturating_sub(wanted))
    }

    /// What can not wait, before anything else is looked at.
    pub fn emergency(&self, text: &str) -> Option<Emergency> {
        self.emergencies.find(&Copy::of(text, CHARACTERS_MAX).without_blanks().chars)
    }

    /// It sounds like an emergency, and is none.
    pub fn is_calm(&self, text: &str) -> bool {
        self.emergencies.is_calm(&Copy::of(text, CHARACTERS_MAX).without_blanks().chars)
    }

    /// She complains of what the word names, a kind of matter: 快递不给送到村.
    pub fn complains_of(&self, text: &str, word: &str) -> bool {
        self.categories.iter().any(|kind| kind.name.contains(word))
            && intent::complains(&Copy::of(text, CHARACTERS_MAX).without_blanks().chars)
    }

    /// The words by which a text says what it is about, and those that name its kind.
    pub fn telling(&self, text: &str, found: &Understanding) -> Telling {
        let dense = Copy::of(text, CHARACTERS_MAX).without_blanks();
        let spans = |ranges: Vec<Range<usize>>| -> Vec<Range<usize>> {
            ranges.into_iter().map(|range| dense.span(range)).collect()
        };
        let kind = found.kinds.first().map(|(code, _)| self.keywords.ranges(&dense.chars, code));
        Telling {
            intent: spans(intent::ranges(&dense.chars, found.intent)),
            kind: spans(kind.unwrap_or_default()),
        }
    }

    /// Only what the message is about. Days are of no matter for it.
    pub fn intent(&self, text: &str) -> Intent {
        self.understand(text, Date::ZERO).intent
    }

    fn place(&self, text: &str) -> Option<PlaceRead<'a>> {
        match self.places.find(text, Scope::Sentence) {
            Found::One { place, span, how, sure, others } => {
                let alternatives =
                    if sure { others } else { std::iter::once(place).chain(others).collect() };
                Some(PlaceRead {
                    place: sure.then_some(place),
                    how: short::likeness(how),
                    alternatives,
                    advice: None,
                    span,
                })
            }
            Found::Several { places, span } => Some(PlaceRead {
                place: None,
                how: "several",
                alternatives: places,
                advice: None,
                span,
            }),
            Found::Outside { advice, .. } => Some(PlaceRead {
                place: None,
                how: "outside",
                alternatives: Vec::new(),
                advice: Some(advice),
                span: 0..0,
            }),
            Found::None => None,
        }
    }

    /// The kinds that a text may be about, the likeliest first.
    pub fn kinds(&self, text: &str) -> Vec<(&'a str, f32)> {
        let plain = zh::plain(text);
        if let Some(kind) = self.categories.iter().find(|kind| kind.name == plain) {
            return vec![(&kind.code, 1.0)];
        }
        let found = self.places.find(text, Scope::Sentence);
        let place = match found {
            Found::One { span, .. } => Some(span),
            _ => None,
        };
        let matter = matter(text, &[place, zh::find_phone(text).map(|(_, span)| span)]);
        let keyword = self.keywords.find(&matter);
        self.kinds_of(&matter, keyword)
    }

    fn kinds_of(&self, matter: &[char], keyword: Option<&'a str>) -> Vec<(&'a str, f32)> {
        let known = |code: &str| self.categories.get(code).is_some();
        let mut likely: Vec<(&str, f32)> = match self.model {
            Some(model) if matter.iter().any(|c| c.is_alphanumeric()) => model.likely(matter),
            _ => Vec::new(),
        };
        if let Some(code) = keyword {
            let other = |(other, p): &(&str, f32)| *other != code && *p >= CONTRADICTS;
            let contradicted = likely.iter().any(|kind| other(kind) && known(kind.0));
            let worth = if contradicted { 0.5 } else { KEYWORD };
            for (_, p) in &mut likely {
                *p *= 1.0 - worth;
            }
            match likely.iter_mut().find(|(known, _)| *known == code) {
                Some((_, p)) => *p += worth,
                None => likely.push((code, worth)),
            }
        }
        likeliest(likely, known)
    }

    /// What the model learns from: the text without place and telephone.
    pub fn example(&self, code: &str, text: &str) -> Example {
        let place = match self.places.find(text, Scope::Sentence) {
            Found::One { span, .. } => Some(span),
            _ => None,
        };
        let chars = matter(text, &[place, zh::find_phone(text).map(|(_, span)| span)]);
        Example { code: code.to_owned(), chars }
    }

    /// What she wrote, as far as it may be learned from: without place, telephone, identity
    /// and other long numbers, and without the name that she gave.
    pub fn anonymous(&self, text: &str) -> String {
        self.masked(text, true)
    }

    /// The same of the answer to "which village?".
    pub fn anonymous_place(&self, text: &str) -> String {
        self.masked(text, false)
    }

    fn masked(&self, text: &str, places: bool) -> String {
        let mut text: String = text.chars().take(CHARACTERS_MAX).collect();
        if let Some(name) = zh::name(&text, false) {
            text = text.replace(&name, "某人");
        }
        for _ in 0..MASKED_MAX {
            let place = match self.places.find(&text, Scope::Sentence) {
                Found::One { span, .. } | Found::Several { span, .. } if places => {
                    Some((span, "某村"))
                }
                _ => None,
            };
            let found = zh::find_identity(&text)
                .map(|span| (span, "（证件号）"))
                .or_else(|| zh::find_phone(&text).map(|(_, span)| (span, "（电话）")))
                .or_else(|| zh::find_landline(&text).map(|(_, span)| (span, "（电话）")))
                .or_else(|| long_number(&text).map(|span| (span, "（号码）")))
                .or(place);
            let Some((span, mask)) = found else { break };
            text.replace_range(span, mask);
        }
        text
    }

    /// What keywords and model together say about an example.
    pub fn kinds_of_example(&self, model: &'a Model, chars: &[char]) -> Vec<(&'a str, f32)> {
        Reader { model: Some(model), ..*self }.kinds_of(chars, self.keywords.find(chars))
    }

    /// Memory of all tables, roughly.
    pub fn table_bytes(&self) -> usize {
        self.places.table_bytes()
            + self.keywords.bytes()
            + self.emergencies.bytes()
            + self.model.map_or(0, Model::bytes)
            + intent::table_bytes()
            + zh::sound_table_bytes()
    }
}

/// The first few that the county has, the likeliest first.
fn likeliest(mut kinds: Vec<(&str, f32)>, known: impl Fn(&str) -> bool) -> Vec<(&str, f32)> {
    let order = |a: &(&str, f32), b: &(&str, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(b.0));
    let mut first = Vec::with_capacity(KINDS);
    while first.len() < KINDS {
        let next = (0..kinds.len()).min_by(|a, b| order(&kinds[*a], &kinds[*b]));
        let Some(next) = next else { break };
        let kind = kinds.swap_remove(next);
        if known(kind.0) {
            first.push(kind);
        }
    }
    first
}

/// Rows of `code,text`; what is wrong with them goes to `errors`.
pub fn read_examples(
    file: &str,
    text: &str,
    reader: &Reader<'_>,
    errors: &mut Vec<TableError>,
) -> Vec<Example> {
    let mut examples = Vec::new();
    crate::county::read_table(file, text, &["code", "text"], errors, |row, errors| {
        let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
        let (code, words) = (row.get("code"), row.get("text"));
        if reader.categories.get(code).is_none() {
            wrong("code", format!("categories.csv 里没有「{code}」，请改成那里的四位编号。"));
        }
        if words.is_empty() {
            wrong("text", "这一格不能空。".into());
        }
        examples.push(reader.example(code, words));
    });
    examples
}

/// Six digits and more: a meter, an account, a plate.
fn long_number(text: &str) -> Option<Range<usize>> {
    let mut start = None;
    let mut count = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_numeric() {
            start.get_or_insert(at);
            count += 1;
        } else if count >= 6 {
            return start.map(|start| start..at);
        } else {
            (start, count) = (None, 0);
        }
    }
    None
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The matching copy without the spans that were understood, blanks left out.
fn matter(text: &str, taken: &[Option<Range<usize>>]) -> Vec<char> {
    let mut rest = String::with_capacity(text.len());
    let mut spans: Vec<&Range<usize>> = taken.iter().flatten().filter(|s| !s.is_empty()).collect();
    spans.sort_by_key(|span| span.start);
    let mut at = 0;
    for span in spans {
        if span.start >= at {
            rest.push_str(&text[at..span.start]);
            rest.push('，');
            at = span.end;
        }
    }
    rest.push_str(&text[at..]);
    Copy::of(&rest, CHARACTERS_MAX).without_blanks().chars
}
