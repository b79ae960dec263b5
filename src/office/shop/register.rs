//! 商家名册: each merchant with its papers, as a table that is taken out.

use crate::calendar::local_date;
use crate::office::Office;
use crate::office::sheet::Sheet;
use crate::office::views::{CommandError, Session};
use crate::shop::{Document, Grade, Merchant};

use super::merchants::warnings;

const COLUMNS: [&str; 15] = [
    "序号",
    "编号",
    "名称",
    "做什么",
    "运营公司",
    "统一社会信用代码",
    "联系人",
    "电话",
    "阶段",
    "阶段到期",
    "评级",
    "保证金(元)",
    "商品(种)",
    "证照",
    "要留意",
];

impl Office {
    /// Of all merchants that somebody sees.
    pub async fn merchant_register(&self, session: &Session) -> Result<Sheet, CommandError> {
        let merchants = self.merchants_seen(session).await?;
        let shelf = self.shelf().await?;
        let today = local_date(self.clock.now());
        let rows: Vec<Vec<String>> = (1..)
            .zip(&merchants)
            .map(|(n, merchant)| {
                vec![
                    n.to_string(),
                    merchant.id.clone(),
                    merchant.name.clone(),
                    merchant.kind.to_string(),
                    merchant.operator.clone(),
                    merchant.uscc.clone(),
                    merchant.contact.clone(),
                    merchant.phone.clone(),
                    merchant.stage.to_string(),
                    merchant.stage_ends.map(|day| day.to_string()).unwrap_or_default(),
                    merchant.grade.map_or("", Grade::word).to_owned(),
                    merchant.deposit.plain(),
                    shelf.articles().filter(|a| a.merchant == merchant.id).count().to_string(),
                    papers(merchant),
                    warnings(merchant, today).join("；"),
                ]
            })
            .collect();
        let selling = merchants.iter().filter(|merchant| merchant.stage.may_sell()).count();
        Ok(Sheet {
            title: "商家名册",
            heading: format!("{today}　{}　{}家", self.county_name(), rows.len()),
            columns: &COLUMNS,
            foot: format!("共{}家，可以卖货的{selling}家", rows.len()),
            rows,
        })
    }
}

fn papers(merchant: &Merchant) -> String {
    let paper = |one: &Document| format!("{}{}，到{}", one.kind, one.number, one.valid_to);
    merchant.documents.iter().map(paper).collect::<Vec<_>>().join("；")
}
