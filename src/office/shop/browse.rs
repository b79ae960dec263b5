//! Looking round the shelf: which groups there are, what is in one, and all that is known of an
//! article before she orders it.

use std::collections::BTreeMap;

use crate::dialog::{Call, Fields, Value};
use crate::office::actions::Outcome;
use crate::office::turn::Turn;
use crate::shop::{self, Article, Returns, Shelf};

use super::actions::{chosen, fields, priced_title};

/// A menu goes on over as many pages as it takes; who looks at more says a name.
const ROWS_MAX: usize = 72;

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

    pub(super) async fn browse_goods(&mut self, call: &Call) -> Outcome {
        let group = chosen(call, "group").unwrap_or_default();
        let shelf = self.office.shelf().await?;
        let today = self.today();
        let of_it = |article: &&Article| {
            shelf.kinds.get(&article.kind).is_some_and(|kind| kind.group == group)
                && shelf.offered(article, today).is_ok()
        };
        let found = shelf.articles().filter(of_it).take(ROWS_MAX);
        let rows = found.map(|article| self.goods_row(&shelf, article)).collect();
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
