//! Villages to choose from while somebody types: part of a name, its letters, or the first
//! letters of its characters.

use super::{Place, Places};
use crate::zh;

impl Places {
    /// At most `most`, in the order of the table.
    pub fn suggest(&self, typed: &str, most: usize) -> Vec<&Place> {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let typed = typed.to_lowercase();
        if typed.is_empty() {
            return Vec::new();
        }
        let by_letters = typed.bytes().all(|byte| byte.is_ascii_alphabetic());
        let fits = |place: &&Place| match by_letters {
            true => is_spelled(&place.name, &typed),
            false => {
                let whole = format!("{}{}", place.township, place.name);
                place.code == typed || whole.contains(&typed)
            }
        };
        self.iter().filter(fits).take(most).collect()
    }
}

/// `daheituo`, `dahei` or `dht` for 大黑坨.
fn is_spelled(name: &str, typed: &str) -> bool {
    let letters: Vec<&str> = name.chars().filter_map(zh::letters).collect();
    let first: String = letters.iter().filter_map(|one| one.chars().next()).collect();
    letters.concat().starts_with(typed) || first.starts_with(typed)
}
