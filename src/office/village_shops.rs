//! Which villages have a shop, by the county's own list (`dialogs/表/村店.csv`), and the card by which
//! one neighbour tells another of it.

use std::collections::BTreeSet;

use super::{Office, qr};

/// The table, its column with the village, and the one that says how far it is.
const TABLE: &str = "村店";
const COLUMNS: [&str; 2] = ["村", "状态"];
const SHOP: [&str; 6] = ["村", "状态", "名称", "代办员", "电话", "开门"];
const OPEN: &str = "建成";
const CLOSED: &str = "停业";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VillageShops {
    /// Villages with one that is open.
    pub open: usize,
    /// With one that is open, being built or planned.
    pub all: usize,
}

/// 告诉邻居: to be forwarded, or printed for the door of the shop.
#[derive(Debug, Clone)]
pub struct NeighbourCard {
    pub village: String,
    /// Name, whom to ask for, telephone number and hours of the shop that is open there.
    pub shop: Option<[String; 4]>,
    /// Where somebody of that village reports something.
    pub address: String,
    /// The same for a telephone's camera, as SVG.
    pub picture: String,
}

impl Office {
    /// `code`: of the village; `None` where there is none.
    pub fn neighbour_card(&self, code: &str) -> Option<NeighbourCard> {
        let tables = self.tables();
        let place = tables.places.get(code)?;
        let script = self.script();
        let rows = script.cells(TABLE, SHOP);
        let open = rows.iter().find(|row| row[0] == place.name && [OPEN, ""].contains(&row[1]));
        let shop = open.map(|[_, _, shop @ ..]| shop.map(str::to_owned));
        let village = crate::desk::whole(place);
        let base = self.public_url();
        let address = format!("{}/report?village={code}", base.trim_end_matches('/'));
        let picture = qr::picture(&address)?;
        Some(NeighbourCard { village, shop, address, picture })
    }

    pub fn village_shops(&self) -> VillageShops {
        let script = self.script();
        let rows = script.cells(TABLE, COLUMNS);
        count(&rows)
    }
}

/// Villages may have several; a list without the column holds what is open.
fn count(rows: &[[&str; 2]]) -> VillageShops {
    let villages = |counts: &dyn Fn(&str) -> bool| {
        let rows = rows.iter().filter(|[_, state]| counts(state));
        rows.map(|[village, _]| *village).collect::<BTreeSet<_>>().len()
    };
    VillageShops {
        open: villages(&|state| state == OPEN || state.is_empty()),
        all: villages(&|state| state != CLOSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_village_counts_once_and_by_its_best_shop() {
        let rows = [
            ["大黑坨村", "建成"],
            ["马头营村", "建成"],
            ["马头营村", "在建"],
            ["小黑坨村", "在建"],
            ["毛庄村", "停业"],
        ];
        assert_eq!(count(&rows), VillageShops { open: 2, all: 3 });
        assert_eq!(count(&[["大黑坨村", ""]]), VillageShops { open: 1, all: 1 });
    }
}
