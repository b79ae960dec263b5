//! Looking round the shelf: which groups there are, what is in one, and all that is known of an
//! article before she orders it.

use std::collections::BTreeMap;

use crate::dialog::{Call, Fields, Value};
use crate::office::actions::Outcome;
use crate::office::turn::Turn;
use crate::shop::{self, Article, Milli, Returns, Shelf};

use super::actions::{chosen, fields, priced_title, quantity};

/// So many goods a conversation holds at once. A menu shows eight of them on a page; behind the
/// last one the next ones are fetched, to the end of the group.
pub(super) const ROWS_MAX: usize = 72;
/// As the menu's own line that leads on, so that it reads the same on each page.
const MORE: &str = "更多";

impl Turn<'_> {
    /// Groups with something that may be ordered today, in the order of the table of kinds.
    pub(super) async fn goods_groups(&mut self) -> Outcome {
        let shelf = self.office.shelf().await?;
        let today = self.today();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for article in shelf.articles().filter(|one| shelf.offered(one, today).is_ok()) {
            if let Some(kind) = shelf.kinds.get(&article.kind) {
                *counts.entry(&kind.group).or_default() += 1;
            }
        }
        let mut groups: Vec<&str> = Vec::new();
        for kind in shelf.kinds.iter().filter(|kind| counts.contains_key(kind.group.as_str())) {
            if !groups.contains(&kind.group.as_str()) {
                groups.push(&kind.group);
            }
        }
        let row = |group: &&str| {
            let title = format!("{group}（{}种）", counts[group]);
            fields([("group_no", group), ("title", &title)])
        };
        Ok(Ok(Value::List(groups.iter().take(ROWS_MAX).map(row).collect())))
    }

    /// From the first that she has not seen.
    pub(super) async fn browse_goods(&mut self, call: &Call) -> Outcome {
        let group = chosen(call, "group").unwrap_or_default();
        let seen = quantity(call, "from").map_or(0, |seen| seen.0 / Milli::ONE.0);
        let seen = usize::try_from(seen).unwrap_or(0);
        let shelf = self.office.shelf().await?;
        let today = self.today();
        let of_it = |article: &&Article| {
            shelf.kinds.get(&article.kind).is_some_and(|kind| kind.group == group)
                && shelf.offered(article, today).is_ok()
        };
        let mut left = shelf.articles().filter(of_it).skip(seen);
        let found = left.by_ref().take(ROWS_MAX);
        let mut rows: Vec<Fields> = found.map(|one| self.goods_row(&shelf, one)).collect();
        if left.next().is_some() {
            let seen = (seen + rows.len()).to_string();
            rows.push(fields([("goods_no", MORE), ("title", MORE), ("seen", &seen)]));
        }
        Ok(Ok(Value::List(rows)))
    }

    /// As find_goods and browse_goods show it.
    pub(super) fn goods_row(&self, shelf: &Shelf, article: &Article) -> Fields {
        let merchant = shelf.merchant(&article.merchant).map_or("", |m| m.name.as_str());
        let title = format!("{}（{merchant}）", priced_title(article));
        let returns = match article.returns {
            Returns::SevenDays => "",
            other => other.word(),
        };
        fields([
            ("goods_no", article.id.as_str()),
            ("title", &title),
            ("name", &article.name),
            ("unit", &article.unit),
            ("price", &article.price.to_string()),
            ("market", &article.market_words()),
            ("samples", &self.office.sample_shops(article)),
            ("returns", returns),
            ("origin", &article.origin),
            ("pictures", &self.office.goods_link(article)),
            ("share", &shop::share_words(article).unwrap_or_default()),
        ])
    }
}
