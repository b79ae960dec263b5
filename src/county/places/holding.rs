//! Villages whose names hold each other's: 黑坨 in 大黑坨. Known when the table is read, because
//! it is asked for in every message.

use std::collections::HashMap;

use super::base;
use super::find::CHOICES_MAX;

#[derive(Debug, Default)]
pub(super) struct Holding {
    /// Of each name: stands it in another one?
    held: Vec<bool>,
    /// Those that hold it or are held by it, in the order of the table, as many as are offered.
    others: Vec<Vec<usize>>,
}

impl Holding {
    /// `names`: of villages, in the order of the table.
    pub fn of(names: &[&str]) -> Self {
        let bases: Vec<&str> = names.iter().map(|name| base(name)).collect();
        let mut called = HashMap::<&str, Vec<usize>>::new();
        for (at, base) in bases.iter().enumerate() {
            called.entry(base).or_default().push(at);
        }
        let mut held = vec![false; bases.len()];
        let mut others = vec![Vec::new(); bases.len()];
        for (at, base) in bases.iter().enumerate() {
            for inside in parts(base).filter_map(|part| called.get(part)).flatten() {
                if *inside != at {
                    held[*inside] = true;
                    others[*inside].push(at);
                    others[at].push(*inside);
                }
            }
        }
        for others in &mut others {
            others.sort_unstable();
            others.dedup();
            others.truncate(CHOICES_MAX - 1);
        }
        Self { held, others }
    }

    pub fn is_held(&self, at: usize) -> bool {
        self.held[at]
    }

    pub fn others(&self, at: usize) -> &[usize] {
        &self.others[at]
    }

    pub fn bytes(&self) -> usize {
        self.others.iter().map(|others| 25 + others.len() * 8).sum()
    }
}

/// Every run of its characters.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let starts = name.char_indices().map(|(at, _)| at);
    starts.flat_map(move |from| {
        name[from..].char_indices().map(move |(at, c)| &name[from..from + at + c.len_utf8()])
    })
}
