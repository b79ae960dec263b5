//! The shelf: all articles in memory, found by name, alias, pinyin, or inside a sentence.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::article::{Article, NotOffered};
use super::kinds::{GoodsKind, GoodsKinds};
use super::merchant::Merchant;
use super::money::Milli;
use crate::zh;

/// Of a name inside a sentence.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=14;
/// Candidates that a search looks at closely.
const EXAMINED_MAX: usize = 2_000;
const QUERY_CHARS_MAX: usize = 40;

#[derive(Debug, Default)]
pub struct Shelf {
    articles: Vec<Article>,
    merchants: BTreeMap<String, Merchant>,
    pub kinds: GoodsKinds,
    by_id: HashMap<String, u32>,
    /// Names and aliases as a whole, plain.
    names: HashMap<String, Vec<u32>>,
    /// What is compared for each article, and in which articles a pair of characters occurs.
    entries: Vec<Entry>,
    pairs: HashMap<[char; 2], Vec<u32>>,
    singles: HashMap<char, Vec<u32>>,
}

#[derive(Debug)]
struct Entry {
    names: Vec<String>,
    /// `niaosu`, `ns`, and folded as dialects do, of each name.
    sounds: Vec<String>,
}

/// An article that a sentence names.
#[derive(Debug, PartialEq, Eq)]
pub struct Wish {
    /// The word as it was said.
    pub said: String,
    /// `None`: not said, or in a unit in which it is not sold.
    pub quantity: Option<Milli>,
    /// All that are called so and may be ordered; several are to be chosen from.
    pub articles: Vec<u32>,
    /// It is there, but only over the counter.
    pub shop_only: bool,
}

impl Shelf {
    pub fn new(mut articles: Vec<Article>, merchants: Vec<Merchant>, kinds: GoodsKinds) -> Self {
        articles.sort_by(|a, b| a.id.cmp(&b.id));
        let mut shelf = Self {
            merchants: merchants.into_iter().map(|m| (m.id.clone(), m)).collect(),
            kinds,
            ..Self::default()
        };
        let mut sounds_of = HashMap::new();
        for (at, article) in (0u32..).zip(&articles) {
            let mut names: Vec<String> = Vec::new();
            let titles = [article.name.clone(), article.title()];
            for name in titles.iter().chain(&article.aliases) {
                let name = zh::plain(name);
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
            let mut sounds = Vec::new();
            for name in &names {
                for sound in spellings(name, &mut sounds_of) {
                    if !sounds.contains(&sound) {
                        sounds.push(sound);
                    }
                }
            }
            shelf.by_id.insert(article.id.clone(), at);
            for name in &names {
                let known = shelf.names.entry(name.clone()).or_default();
                if known.last() != Some(&at) {
                    known.push(at);
                }
            }
            for text in names.iter().chain(&sounds) {
                let chars: Vec<char> = text.chars().collect();
                for pair in chars.windows(2) {
                    push(shelf.pairs.entry([pair[0], pair[1]]).or_default(), at);
                }
                for c in chars {
                    push(shelf.singles.entry(c).or_default(), at);
                }
            }
            shelf.entries.push(Entry { names, sounds });
        }
        shelf.articles = articles;
        shelf
    }

    pub fn len(&self) -> usize {
        self.articles.len()
    }

    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
    }

    pub fn article(&self, id: &str) -> Option<&Article> {
        self.by_id.get(id).map(|at| &self.articles[*at as usize])
    }

    /// By the index that a wish gives.
    pub fn at(&self, at: u32) -> Option<&Article> {
        self.articles.get(at as usize)
    }

    pub fn merchant(&self, id: &str) -> Option<&Merchant> {
        self.merchants.get(id)
    }

    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        self.articles.iter()
    }

    pub fn merchants(&self) -> impl Iterator<Item = &Merchant> {
        self.merchants.values()
    }

    /// May it be ordered by chat on that day?
    pub fn offered(&self, article: &Article, on: Date) -> Result<(), NotOffered> {
        let merchant = self.merchants.get(&article.merchant).ok_or(NotOffered::Withdrawn)?;
        article.offered(merchant, &self.kinds, on)
    }

    /// What may be ordered and is called like the query, the best first: the name itself, its
    /// beginning, inside it, and at last what sounds so.
    pub fn search(&self, query: &str, on: Date, limit: usize) -> Vec<&Article> {
        let query: String = zh::plain(query).chars().take(QUERY_CHARS_MAX).collect();
        if query.is_empty() {
            return Vec::new();
        }
        let bare = bare(&query);
        let mut found = self.called(&query);
        if found.is_empty() && bare != query {
            found = self.called(bare);
        }
        let offered = |article: &&Article| self.offered(article, on).is_ok();
        if found.is_empty() {
            return self.of_kind(bare).filter(offered).take(limit).collect();
        }
        let found = found.iter().map(|(_, at)| &self.articles[*at as usize]);
        found.filter(offered).take(limit).collect()
    }

    /// By its names, and if there is none by how they sound.
    fn called(&self, query: &str) -> Vec<(usize, u32)> {
        let mut found = self.ranked(query, |entry| entry.names.as_slice());
        if !found.is_empty() {
            return found;
        }
        let mut sounds = spellings(query, &mut HashMap::new());
        // The initials of a Chinese word fit too much.
        if query.chars().any(zh::is_han) {
            sounds.retain(|sound| sound.len() > query.chars().count());
        }
        sounds.truncate(2);
        for sound in &sounds {
            found = self.ranked(sound, |entry| entry.sounds.as_slice());
            if !found.is_empty() {
                break;
            }
        }
        found
    }

    /// 化肥, 种子, 家电: a kind or a group of goods instead of a name.
    fn of_kind<'s>(&'s self, query: &str) -> impl Iterator<Item = &'s Article> {
        let named = |kind: &&GoodsKind| {
            query.chars().count() >= 2
                && (kind.name.contains(query) || query.contains(&kind.name) || kind.group == query)
        };
        let kinds: Vec<&str> =
            self.kinds.iter().filter(named).map(|kind| kind.id.as_str()).collect();
        self.articles.iter().filter(move |article| kinds.contains(&article.kind.as_str()))
    }

    fn ranked<'s>(
        &'s self,
        query: &str,
        texts: impl Fn(&'s Entry) -> &'s [String],
    ) -> Vec<(usize, u32)> {
        let chars: Vec<char> = query.chars().collect();
        // One pair that occurs nowhere: the whole occurs nowhere.
        let lists: Option<Vec<&Vec<u32>>> = match chars[..] {
            [one] => self.singles.get(&one).map(|list| vec![list]),
            _ => chars.windows(2).map(|pair| self.pairs.get(&[pair[0], pair[1]])).collect(),
        };
        let mut lists = lists.unwrap_or_default();
        lists.sort_by_key(|list| list.len());
        let rank = |at: &u32| {
            let best = texts(&self.entries[*at as usize]).iter().filter_map(|text| {
                let place = text.find(query)?;
                let length = text.chars().count();
                Some(match place {
                    0 if text.len() == query.len() => 0,
                    0 => 100 + length,
                    _ => 1_000 + length,
                })
            });
            Some((best.min()?, *at))
        };
        // Where all its pairs occur, the rarest first: what is left is looked at closely.
        let Some((rarest, others)) = lists.split_first() else { return Vec::new() };
        let everywhere = |at: &&u32| others.iter().all(|list| list.binary_search(at).is_ok());
        let candidates = rarest.iter().filter(everywhere).take(EXAMINED_MAX);
        let mut found: Vec<(usize, u32)> = candidates.filter_map(rank).collect();
        found.sort_unstable();
        found
    }

    /// The articles that a sentence names, with the quantity beside each: 买3袋尿素和2瓶洗衣液.
    pub fn read(&self, text: &str, on: Date) -> Vec<Wish> {
        let copy = zh::plain(text);
        let chars: Vec<(usize, char)> = copy.char_indices().collect();
        let end_of = |n: usize| chars.get(n).map_or(copy.len(), |(at, _)| *at);
        // The longest name from the left, again and again.
        let mut spans: Vec<(usize, usize, &Vec<u32>)> = Vec::new();
        let mut n = 0;
        while n < chars.len() {
            let longest = NAME_CHARS.rev().filter(|length| n + length <= chars.len());
            let found = longest
                .filter_map(|length| {
                    let (from, to) = (end_of(n), end_of(n + length));
                    Some((length, from, to, self.names.get(&copy[from..to])?))
                })
                .next();
            match found {
                Some((length, from, to, known)) => {
                    spans.push((from, to, known));
                    n += length;
                }
                None => n += 1,
            }
        }
        let mut wishes: Vec<Wish> = Vec::new();
        let mut used = 0;
        for (n, (from, to, known)) in spans.iter().enumerate() {
            let next = spans.get(n + 1).map_or(copy.len(), |(from, _, _)| *from);
            let mut units: Vec<&str> =
                known.iter().map(|at| self.articles[*at as usize].unit.as_str()).collect();
            units.dedup();
            let before = counted_at_end(&copy[used..*from], &units);
            let (quantity, end) = match before {
                Some(quantity) => (quantity, *to),
                None => match counted_at_start(&copy[*to..next], &units) {
                    Some((quantity, length)) => (quantity, to + length),
                    None => (None, *to),
                },
            };
            used = end;
            let articles: Vec<u32> = known
                .iter()
                .copied()
                .filter(|at| self.offered(&self.articles[*at as usize], on).is_ok())
                .collect();
            let shop_only = articles.is_empty()
                && known.iter().any(|at| {
                    self.offered(&self.articles[*at as usize], on) == Err(NotOffered::ShopOnly)
                });
            if articles.is_empty() && !shop_only {
                continue;
            }
            wishes.push(Wish { said: copy[*from..*to].to_owned(), quantity, articles, shop_only });
        }
        wishes
    }
}

/// Without what people say before a name and behind it: 点化肥呢.
fn bare(query: &str) -> &str {
    let inner =
        ["点儿", "一点", "一些", "点", "些"].iter().find_map(|word| query.strip_prefix(word));
    inner.unwrap_or(query).trim_end_matches(['吧', '呢', '吗', '啊', '呀', '呗'])
}

fn push(list: &mut Vec<u32>, at: u32) {
    if list.last() != Some(&at) {
        list.push(at);
    }
}

/// `niaosu`, folded as dialects do, and the initials `ns`.
fn spellings(name: &str, known: &mut HashMap<char, (String, String)>) -> Vec<String> {
    let (mut whole, mut folded, mut initials) = (String::new(), String::new(), String::new());
    for c in name.chars().filter(|c| c.is_alphanumeric()) {
        let (sound, fold) = known.entry(c).or_insert_with(|| {
            let letters = zh::letters(c).map_or_else(|| c.to_string(), str::to_owned);
            (letters, zh::letters_in_dialect(c).unwrap_or_else(|| c.to_string()))
        });
        whole.push_str(sound);
        folded.push_str(fold);
        initials.extend(sound.chars().next());
    }
    let mut all = vec![whole];
    for other in [folded, initials] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// `Some(None)`: a quantity in a unit in which it is not sold.
type Counted = Option<Option<Milli>>;

fn counted_at_end(text: &str, units: &[&str]) -> Counted {
    // The shortest tail that is a number with its unit and has no number before it.
    let text = text.trim_end_matches(['的', ' ']);
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let mut best = None;
    for at in starts.into_iter().rev().take(12) {
        match counted(&text[at..], units) {
            Some(found) => best = Some(found),
            None if best.is_some() => break,
            None => {}
        }
    }
    best
}

fn counted_at_start(text: &str, units: &[&str]) -> Option<(Option<Milli>, usize)> {
    let inner = text.trim_start_matches(['要', '买', '来', ' ', '，', ',', '：', ':']);
    let skipped = text.len() - inner.len();
    let ends = inner.char_indices().map(|(at, c)| at + c.len_utf8()).take(12);
    let mut best = None;
    for end in ends {
        match counted(&inner[..end], units) {
            Some(found) => best = Some((found, skipped + end)),
            None if best.is_some() => break,
            None => {}
        }
    }
    best
}

fn counted(text: &str, units: &[&str]) -> Counted {
    if !text
        .chars()
        .next()
        .is_some_and(|c| zh::number(&c.to_string()).is_some() || "半俩仨几".contains(c))
    {
        return None;
    }
    // A unit that is not in the language's list is one all the same if the article has it.
    let own = units.iter().find_map(|unit| {
        let number = text.strip_suffix(unit)?;
        zh::number(number).map(|thousandths| (thousandths, false, Some((*unit).to_owned())))
    });
    let (thousandths, about, unit) = match own {
        Some(found) => found,
        None => {
            let found = zh::quantity(text, true)?;
            (found.thousandths, found.about, found.unit)
        }
    };
    let fits = match &unit {
        Some(unit) => units.contains(&unit.as_str()) || (units.len() == 1 && unit == "个"),
        None => true,
    };
    Some((fits && !about && thousandths > 0).then_some(Milli(thousandths)))
}
