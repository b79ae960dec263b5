//! Reports of a month: what each shop turned over, complaints of each merchant, what each is
//! owed. What the figures mean is in `shop::report` and docs/买卖的报表.md; here the orders are
//! gathered, and it is said who may see which.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::calendar::local_date;
use crate::county::words;
use crate::office::ledgers::Month;
use crate::office::rights::Right;
use crate::office::sheet::Sheet;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, beijing};
use crate::shop::report::{self, Complaints, Span, Turnover};
use crate::shop::{Fen, Merchant, Order};
use crate::store::shop_records::PriceChange;
use crate::store::{keys, list_by_index};

use super::reach::Reach;

const PAGE: usize = 500;
/// Goods change hands, or come back, so long after they were ordered at most.
const LOOK_BACK_MONTHS: i32 = 6;

words! {
    ReportKind {
        /// Of each village's shop.
        Turnover "turnover" "村店营业额",
        /// Of each merchant.
        Complaints "complaints" "商家投诉率",
        /// What each merchant is owed.
        Settlement "settlement" "商家结算汇总",
        /// Order by order, of one merchant.
        Statement "statement" "商家结算单",
        /// Of all articles.
        Prices "prices" "价格变化",
    }
}

const TURNOVER: [&str; 8] =
    ["序号", "村店", "单数", "成交额(元)", "退货额(元)", "净额(元)", "上月净额(元)", "增长"];
const COMPLAINTS: [&str; 7] =
    ["序号", "商家", "下单数", "有投诉的", "投诉率", "本月属实", "一年属实"];
const SETTLEMENT: [&str; 9] = [
    "序号",
    "商家",
    "运营公司",
    "单数",
    "货款(元)",
    "微信和转账(元)",
    "现金收(元)",
    "退货额(元)",
    "应结(元)",
];
const STATEMENT: [&str; 7] = ["序号", "时间", "订单号", "村店", "商品", "付款", "金额(元)"];
const PRICES: [&str; 8] =
    ["序号", "时间", "编号", "商品", "商家", "原价(元)", "现价(元)", "谁改的"];

impl Office {
    /// The reports that somebody may see.
    pub fn report_kinds(session: &Session) -> &'static [ReportKind] {
        use ReportKind::{Complaints, Prices, Settlement, Statement, Turnover};
        if session.may(Right::Orders) || session.may(Right::Reports) {
            &[Turnover, Complaints, Settlement, Statement, Prices]
        } else if session.may(Right::HandOut) {
            &[Turnover]
        } else if session.may(Right::OwnOrders) {
            &[Complaints, Settlement, Statement, Prices]
        } else {
            &[]
        }
    }

    /// `month`: any day of it. `merchant`: an id, needed for the statement.
    pub async fn report(
        &self,
        session: &Session,
        kind: ReportKind,
        month: Date,
        merchant: Option<&str>,
    ) -> Result<Sheet, CommandError> {
        if !Self::report_kinds(session).contains(&kind) {
            return Err(CommandError::NotFound);
        }
        let reach = match session.may(Right::Reports) {
            true => Reach::All,
            false => self.reach(session).await?,
        };
        let month = Month::of(month);
        let before = Month::of(month.first.saturating_sub(1.month()));
        let orders = self.orders_around(&month, &reach).await?;
        let merchants = self.all_merchants().await?;
        let mut of = self.county_name();
        let (columns, rows, foot): (&'static [&'static str], _, _) = match kind {
            ReportKind::Turnover => {
                let (rows, foot) = turnover(&orders, span(&before), span(&month));
                (&TURNOVER, rows, foot)
            }
            ReportKind::Complaints => {
                let today = local_date(self.clock.now());
                let (rows, foot) = complaints(&orders, &merchants, &month, today);
                (&COMPLAINTS, rows, foot)
            }
            ReportKind::Settlement => {
                let (rows, foot) = settlement(&orders, &merchants, span(&month));
                (&SETTLEMENT, rows, foot)
            }
            ReportKind::Statement => {
                let id = whose_statement(&reach, merchant)?;
                let known = merchants.iter().find(|one| one.id == id);
                of = known.map_or(id.to_owned(), |merchant| merchant.name.clone());
                let (rows, foot) = statement(&orders, id, &month);
                (&STATEMENT, rows, foot)
            }
            ReportKind::Prices => {
                let (rows, foot) = self.price_changes(&month, &reach, merchant).await?;
                (&PRICES, rows, foot)
            }
        };
        let heading = format!("{month}　{of}　{}行", rows.len());
        Ok(Sheet { title: kind.word(), heading, columns, rows, foot })
    }

    async fn price_changes(
        &self,
        month: &Month,
        reach: &Reach,
        merchant: Option<&str>,
    ) -> Result<Made, CommandError> {
        let shelf = self.shelf().await?;
        let mut range = keys::prices_changed(month.from, month.to);
        let mut rows = Vec::new();
        let (mut up, mut down) = (0, 0);
        loop {
            let page = list_by_index::<PriceChange>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            for change in page.iter().map(|(_, change)| &change.record) {
                let Some(article) = shelf.article(&change.article) else { continue };
                let of = merchant.is_none_or(|id| article.merchant == id);
                if !of || !reach.merchant(&article.merchant) {
                    continue;
                }
                if change.after > change.before {
                    up += 1
                } else {
                    down += 1
                }
                let seller = shelf.merchant(&article.merchant);
                rows.push(vec![
                    (rows.len() + 1).to_string(),
                    beijing::time(change.at),
                    article.id.clone(),
                    article.title(),
                    seller.map_or(String::new(), |merchant| merchant.name.clone()),
                    change.before.plain(),
                    change.after.plain(),
                    change.by.clone(),
                ]);
            }
        }
        Ok((rows, format!("涨价{up}次，降价{down}次")))
    }

    /// All that may have changed hands or been placed in the month or the one before.
    pub(super) async fn orders_around(
        &self,
        month: &Month,
        reach: &Reach,
    ) -> Result<Vec<Order>, CommandError> {
        let since = month.first.saturating_sub(LOOK_BACK_MONTHS.months());
        let since = beijing::instant(since.at(0, 0, 0, 0));
        let mut range = keys::orders_placed(since, month.to);
        let mut all = Vec::new();
        loop {
            let page = list_by_index::<Order>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(all) };
            range = keys::after(&range, last);
            let orders = page.into_iter().map(|(_, order)| order.record);
            all.extend(orders.filter(|order| match reach {
                Reach::Village(village) => order.village == *village,
                _ => reach.order(order),
            }));
        }
    }
}

/// Of which merchant: the one that is asked for, or her own.
fn whose_statement<'a>(
    reach: &'a Reach,
    merchant: Option<&'a str>,
) -> Result<&'a str, CommandError> {
    let own = match reach {
        Reach::Merchants(own) if own.len() == 1 => own.first().map(String::as_str),
        _ => None,
    };
    match (merchant, own) {
        (Some(id), _) if reach.merchant(id) => Ok(id),
        (Some(_), _) => Err(CommandError::NotFound),
        (None, Some(own)) => Ok(own),
        (None, None) => Err(CommandError::Refused("请写是哪个商家，写编号。".into())),
    }
}

fn statement(orders: &[Order], merchant: &str, month: &Month) -> Made {
    let lines = report::settlement(orders, merchant, span(month));
    let sum: i64 = lines.iter().map(|line| line.amount.0).sum();
    let rows = (1..).zip(&lines).map(|(n, line)| {
        vec![
            n.to_string(),
            beijing::time(line.at),
            line.order.number.to_string(),
            line.order.village_name.clone(),
            line.order.goods(),
            line.order.pay.word().to_owned(),
            line.amount.plain(),
        ]
    });
    (rows.collect(), format!("应结{}", Fen(sum)))
}

pub(super) fn span(month: &Month) -> Span {
    Span { from: month.from, to: month.to }
}

fn sum<'a>(rows: impl Iterator<Item = &'a Turnover>, of: impl Fn(&Turnover) -> Fen) -> Fen {
    Fen(rows.map(|row| of(row).0).sum())
}

/// `12.5%`; `—` where there is nothing to divide by.
fn rate(tenths: Option<i64>) -> String {
    tenths.map_or("—".into(), |tenths| {
        let sign = if tenths < 0 { "-" } else { "" };
        format!("{sign}{}.{}%", tenths.abs() / 10, tenths.abs() % 10)
    })
}

type Made = (Vec<Vec<String>>, String);

fn turnover(orders: &[Order], before: Span, now: Span) -> Made {
    let earlier = report::by_shop(orders, before);
    let mut all = report::by_shop(orders, now);
    for (village, row) in &earlier {
        all.entry(village.clone())
            .or_insert_with(|| Turnover { name: row.name.clone(), ..Turnover::default() });
    }
    let mut lines: Vec<(&String, &Turnover)> = all.iter().collect();
    lines.sort_by_key(|(village, row)| (std::cmp::Reverse(row.net()), *village));
    let line = |(n, (village, row)): (usize, &(&String, &Turnover))| {
        let was = earlier.get(*village).map_or(Fen::ZERO, Turnover::net);
        vec![
            n.to_string(),
            format!("{}店", row.name),
            row.orders.to_string(),
            row.sold.plain(),
            row.returned.plain(),
            row.net().plain(),
            was.plain(),
            rate(report::growth(was, row.net())),
        ]
    };
    let rows = (1..).zip(&lines).map(line).collect();
    let (now, was) = (sum(all.values(), Turnover::net), sum(earlier.values(), Turnover::net));
    let count: u32 = all.values().map(|row| row.orders).sum();
    let grown = rate(report::growth(was, now));
    let sold = sum(all.values(), |row| row.sold);
    (rows, format!("合计{count}单，成交{sold}，净额{now}，上月净额{was}，增长{grown}"))
}

fn complaints(orders: &[Order], merchants: &[Merchant], month: &Month, today: Date) -> Made {
    let all = report::complaints(orders, span(month));
    let mut lines: Vec<(&String, &Complaints)> = all.iter().collect();
    lines.sort_by_key(|(id, row)| (std::cmp::Reverse(row.rate()), *id));
    let next = month.first.saturating_add(1.month());
    let line = |(n, (id, row)): (usize, &(&String, &Complaints))| {
        let merchant = merchants.iter().find(|merchant| merchant.id == **id);
        let upheld = merchant.map_or(0, |merchant| {
            let within = |day: Date| month.first <= day && day < next;
            merchant.upheld.iter().filter(|upheld| within(upheld.on)).count()
        });
        vec![
            n.to_string(),
            row.name.clone(),
            row.orders.to_string(),
            row.complained.to_string(),
            rate(row.rate()),
            upheld.to_string(),
            merchant.map_or(0, |merchant| merchant.upheld_since(today)).to_string(),
        ]
    };
    let rows = (1..).zip(&lines).map(line).collect();
    let whole = Complaints {
        name: String::new(),
        orders: all.values().map(|row| row.orders).sum(),
        complained: all.values().map(|row| row.complained).sum(),
    };
    let (count, complained) = (whole.orders, whole.complained);
    (rows, format!("合计{count}单，有投诉的{complained}单，投诉率{}", rate(whole.rate())))
}

fn settlement(orders: &[Order], merchants: &[Merchant], span: Span) -> Made {
    let all = report::by_merchant(orders, span);
    let line = |(n, (id, row)): (usize, (&String, &Turnover))| {
        let merchant = merchants.iter().find(|merchant| merchant.id == *id);
        vec![
            n.to_string(),
            format!("{}（{id}）", row.name),
            merchant.map_or(String::new(), |merchant| merchant.operator.clone()),
            row.orders.to_string(),
            row.sold.plain(),
            row.to_account.plain(),
            row.cash().plain(),
            row.returned.plain(),
            row.net().plain(),
        ]
    };
    let rows = (1..).zip(&all).map(line).collect();
    let (sold, net) = (sum(all.values(), |row| row.sold), sum(all.values(), Turnover::net));
    (rows, format!("合计货款{sold}，应结{net}"))
}
