//! Merchants and goods to try the shop with: invented, and named so. They are put in once, while
//! the trial phone is on, no account is connected and no merchant is there yet, by the same steps
//! as real ones.

use std::path::Path;

use jiff::ToSpan;

use crate::calendar::local_date;
use crate::dialog;
use crate::office::Office;
use crate::shop::{Admission, Document, DocumentKind, Merchant, Row, Table};
use crate::store::{Changes, StoreError};

use super::goods::unavailable;
use super::merchants::{applicant, person_record};
use super::views::NewMerchant;

const COLUMNS: [&str; 7] = ["编号", "名称", "做什么", "运营公司", "联系人", "电话", "证件"];
const BY: &str = "试用数据";

impl Office {
    /// Gives the number of goods that were put in. `Err`: one text for each mistake of the two
    /// tables in `[simulator] shop`.
    pub async fn open_demo_shop(&self) -> Result<usize, Vec<String>> {
        let settings = &self.config.settings;
        let folder = &settings.simulator.shop;
        let real = !settings.wechat.is_empty() || !settings.sms.is_empty();
        if real || !settings.simulator.enabled || !folder.is_dir() {
            return Ok(0);
        }
        if !self.all_merchants().await.map_err(unavailable)?.is_empty() {
            return Ok(0);
        }
        let merchants = read(&folder.join("merchants.csv"))?;
        let goods = read(&folder.join("goods.csv"))?;
        let mut changes = Changes::default();
        for merchant in self.demo_merchants(&merchants)? {
            changes.create(&merchant).map_err(unavailable)?;
            changes.create(&person_record(&merchant)).map_err(unavailable)?;
        }
        self.mark_shelf(&mut changes, BY).await.map_err(unavailable)?;
        match self.store.commit(changes.into_batch()).await {
            Ok(()) => {}
            // Another instance that starts at the same moment was faster.
            Err(StoreError::Conflict(_)) => return Ok(0),
            Err(error) => return Err(unavailable(error)),
        }
        let done = self.store_table(BY, &|_| true, "goods.csv", &goods, false).await?;
        Ok(done.new)
    }

    fn demo_merchants(&self, bytes: &[u8]) -> Result<Vec<Merchant>, Vec<String>> {
        let file =
            dialog::decode("merchants.csv", bytes).map_err(|wrong| vec![wrong.to_string()])?;
        let table = Table::from_csv(&file.text).map_err(|problem| vec![problem.to_string()])?;
        let missing = table.missing(&COLUMNS);
        if !missing.is_empty() {
            return Err(missing.iter().map(ToString::to_string).collect());
        }
        let made: Vec<Result<Merchant, String>> =
            table.rows().map(|row| self.demo_merchant(&row)).collect();
        let problems: Vec<String> = made.iter().filter_map(|one| one.clone().err()).collect();
        if problems.is_empty() { Ok(made.into_iter().flatten().collect()) } else { Err(problems) }
    }

    /// Admitted today, with papers for a year.
    fn demo_merchant(&self, row: &Row) -> Result<Merchant, String> {
        let text = |column: &str| row.get(column).to_owned();
        let new = NewMerchant {
            id: text("编号"),
            name: text("名称"),
            operator: text("运营公司"),
            kind: text("做什么"),
            uscc: String::new(),
            contact: text("联系人"),
            phone: text("电话"),
        };
        let wrong = |what: String| row.problem("", what).to_string();
        let mut merchant = applicant(&new).map_err(|(_, text)| wrong(text))?;
        let now = self.clock.now();
        let today = local_date(now);
        let valid_to = today.saturating_add(1.year());
        for word in row.list("证件") {
            let kind = DocumentKind::from_word(word);
            let kind = kind.ok_or_else(|| wrong(format!("没有「{word}」这种证件。")))?;
            let document = Document { kind, number: "演示".into(), valid_to };
            merchant.file_document(document).map_err(|refusal| wrong(refusal.to_string()))?;
        }
        let farm = merchant.sells_farm_supplies().then_some(Admission::FarmReview);
        let reviews = [Admission::Check, Admission::Review].into_iter().chain(farm);
        for step in reviews.chain([Admission::Try, Admission::Admit]) {
            let done = merchant.step(step, BY, "演示用，不是真的商家", now, today);
            done.map_err(|refusal| wrong(refusal.to_string()))?;
        }
        Ok(merchant)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Vec<String>> {
    std::fs::read(path).map_err(|error| vec![format!("{}：读不出来（{error}）。", path.display())])
}
