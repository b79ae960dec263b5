//! The villages of the county, and finding one in what a villager writes.
//!
//! Exact name or alias, else the same sound, else the same sound in dialect, else the few
//! that it could be; never by the number of differing characters, because two of three
//! villages have a neighbour one character away. A silent wrong village is the one mistake
//! that may not happen: what is not certain is not `sure`, and she is asked.

use std::collections::HashMap;
use std::ops::Range;

use super::table::read;
use super::{Point, TableError};
use crate::zh::{self, Copy};

mod boundary;
mod find;
mod holding;
mod index;
mod suggest;

use holding::Holding;
use index::{Index, Named};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    Village,
    Community,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// 12 digits of the national division codes; the first nine are the township's.
    pub code: String,
    pub township: String,
    /// With 村 or 社区 at its end.
    pub name: String,
    pub kind: PlaceKind,
    pub aliases: Vec<String>,
    /// Its middle, where the table has columns `lat` and `long`.
    pub point: Option<Point>,
}

/// Where the village is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The message answers "which village?".
    Answer,
    /// Somewhere in a longer text.
    Sentence,
}

/// In what the words and the name agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Every character.
    Exact,
    /// Every syllable, without tones: 大黑托.
    Sound,
    /// Every syllable as a dialect says it.
    Dialect,
    /// A part of the name was said.
    Part,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Found<'a> {
    /// `span`: its bytes in the text, empty when it can not be told. Not `sure`: show it to
    /// her before it counts; `others` are those that it could also be.
    One {
        place: &'a Place,
        span: Range<usize>,
        how: Likeness,
        sure: bool,
        others: Vec<&'a Place>,
    },
    /// Two to five that it could be, and where it stands.
    Several {
        places: Vec<&'a Place>,
        span: Range<usize>,
    },
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
    /// Names of townships, with and without 镇, and the code of nine digits.
    townships: HashMap<String, String>,
    neighbours: Vec<Neighbour>,
    index: Index,
    holding: Holding,
    /// Of each village: is a township called so, too?
    named_like_township: Vec<bool>,
}

/// The name without 村 or 社区, where enough is left to tell it by.
fn base(name: &str) -> &str {
    let base = name.strip_suffix("社区").or_else(|| name.strip_suffix('村')).unwrap_or(name);
    if base.chars().count() >= 2 { base } else { name }
}

/// Ends of names that make a series of villages: 木口一村, 木口二村; 公官营南, 公官营北.
const SERIES: [&str; 11] = ["一", "二", "三", "四", "东", "西", "南", "北", "中", "上", "下"];

/// What the names of each series begin with, where that is no village of its own.
fn series(all: &[Place]) -> Vec<(String, Vec<usize>)> {
    let mut members: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, place) in all.iter().enumerate() {
        let name = base(&place.name);
        if let Some(stem) = SERIES.iter().find_map(|end| name.strip_suffix(end)) {
            members.entry(stem).or_default().push(at);
        }
    }
    let own = |stem: &str| all.iter().any(|place| base(&place.name) == stem);
    let series = members
        .into_iter()
        .filter(|(stem, members)| stem.chars().count() >= 2 && members.len() > 1 && !own(stem));
    let mut series: Vec<_> = series.map(|(stem, members)| (stem.to_owned(), members)).collect();
    series.sort();
    series
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
                let mut wrong = |column: &str, message| errors.push(row.wrong(column, message));
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
                let (lat, long) = (row.get("lat"), row.get("long"));
                let point = Point::read(lat, long);
                if point.is_none() && !(lat.is_empty() && long.is_empty()) {
                    let text = "经纬度请写成 39.43125 和 118.90512 的样子，或两格都空着。";
                    errors.push(row.wrong("lat", text.into()));
                }
                all.push(Place {
                    code: code.to_owned(),
                    township: row.get("township").to_owned(),
                    name: row.get("name").to_owned(),
                    kind,
                    aliases: Vec::new(),
                    point,
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
        let mut index = Index::default();
        for (at, place) in all.iter().enumerate() {
            let names = std::iter::once(&place.name).chain(&place.aliases);
            for name in names {
                index.add(name, Named::Village(vec![at]));
                index.add(base(name), Named::Village(vec![at]));
            }
        }
        for (stem, members) in series(&all) {
            index.add(&stem, Named::Village(members.clone()));
            index.add(&format!("{stem}村"), Named::Village(members));
        }
        for (name, code) in &townships {
            index.add(name, Named::Township(code.clone()));
        }
        for (name, at) in &outside {
            index.add(name, Named::Outside(*at));
        }
        index.finish();
        let holding = Holding::of(&all.iter().map(|place| &*place.name).collect::<Vec<_>>());
        let short: Vec<&str> = townships.keys().filter_map(|name| short_township(name)).collect();
        let named_like_township =
            all.iter().map(|place| short.contains(&base(&place.name))).collect();
        Ok(Self { all, by_code, townships, neighbours, index, holding, named_like_township })
    }

    pub fn get(&self, code: &str) -> Option<&Place> {
        self.by_code.get(code).map(|at| &self.all[*at])
    }

    /// The village whose middle is nearest, and how many metres away; of those of which the table
    /// says where they are.
    pub fn nearest(&self, point: Point) -> Option<(&Place, f64)> {
        let known = self.all.iter().filter_map(|place| Some((place, place.point?)));
        let away = known.map(|(place, middle)| (place, middle.metres_to(point)));
        away.min_by(|(_, one), (_, other)| one.total_cmp(other))
    }

    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Place> {
        self.all.iter()
    }

    /// Bytes of names and indexes, roughly.
    pub fn table_bytes(&self) -> usize {
        let place = |place: &Place| {
            size_of::<Place>() + place.name.len() + place.code.len() * 2 + place.township.len()
        };
        self.all.iter().map(place).sum::<usize>() + self.index.bytes() + self.holding.bytes()
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

/// Blanks do not matter in names, but one parts words.
fn without_blanks(text: &str) -> Copy {
    zh::Copy::of(text, find::CHARACTERS_MAX).without_blanks()
}

#[cfg(test)]
mod tests;
