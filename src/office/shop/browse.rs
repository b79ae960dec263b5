//! Looking round the shelf: which groups there are, what is in one, and all that is known of an
//! article before she orders it.

use std::collections::BTreeMap;

use crate::dialog::{Call, Fields, Value};
use crate::office::actions::Outcome;
use crate::office::turn::Turn;
use crate::shop::{self, Article, Returns, Shelf};

use super::actions::{GOODS_SHOWN, chosen, fields, priced_title};

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
        Ok(Ok(Value::List(groups.iter().take(GOODS_SHOWN).map(row).collect())))
    }

    pub(super) async fn browse_goods(&mut self, call: &Call) -> Outcome {
        let group = chosen(call, "group").unwrap_or_default();
        let shelf = self.office.shelf().await?;
        let today = self.today();
        let of_it = |article: &&Article| {
            shelf.kinds.get(&article.kind).is_some_and(|kind| kind.group == group)
                && shelf.offered(article, today).is_ok()
        };
        let found = shelf.articles().filter(of_it).take(GOODS_SHOWN);
        let rows = found.map(|article| self.goods_row(&shelf, article)).collect();
        Ok(Ok(Value::List(rows)))
    }

    /// As find_goods and browse_goods show it.
    pub(super) fn goods_row(&self, shelf: &Shelf, article: &Article) -> Fields {
        let merchant = shelf.merchant(&article.merchant).map_or("", |m| m.name.as_str());
        let title = format!("{}（{merchant}）", priced_title(article));
        // "Cheaper than the market" needs to say which market, and when.
        let market = article.market.as_ref().map_or_else(String::new, |market| {
            let (month, day) = (market.date.month(), market.date.day());
            format!("{}（{}，{month}月{day}日）", market.price, market.source)
        });
        let tables = self.office.tables();
        let samples = article.samples.iter().map(|code| {
            tables
                .places
                .get(code)
                .map_or_else(|| code.clone(), |place| format!("{}店", place.name))
        });
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
            ("market", &market),
            ("samples", &samples.collect::<Vec<_>>().join("、")),
            ("returns", returns),
            ("origin", &article.origin),
            ("pictures", &self.office.goods_link(article)),
            ("share", &shop::share_words(article).unwrap_or_default()),
        ])
    }
}
