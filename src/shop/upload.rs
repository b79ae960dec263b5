//! A table of goods, row by row, into articles: all of it or nothing, every mistake said with
//! its row and column.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::article::{Article, MarketPrice, Returns, Season, StockMode};
use super::kinds::GoodsKinds;
use super::merchant::{Merchant, MerchantKind, Stage, TRIAL_ARTICLES_MAX};
use super::money::{Fen, Milli};
use super::refusal::Refusal;
use super::table::{CELL_CHARS_MAX, Problem, Row, Table};

/// The heading of the template, in its order; the first nine must be there.
pub const COLUMNS: [&str; 29] = [
    "编号",
    "商家",
    "类别",
    "名称",
    "单位",
    "会员价",
    "库存",
    "最少",
    "最多",
    "规格",
    "别名",
    "品牌",
    "包装",
    "每次加",
    "市场价",
    "市场价来源",
    "市场价日期",
    "订法",
    "称重",
    "样品店",
    "季节",
    "提前天数",
    "网上",
    "退货",
    "证号",
    "下架",
    "每人最多",
    "产地",
    "截单",
];
const REQUIRED: usize = 9;
/// In place of the shops that show one.
const NO_SAMPLES: &str = "无";
/// More mistakes than anybody mends at once are not listed.
pub const PROBLEMS_MAX: usize = 500;

/// An article and what the table says of its stock: what is there now, `None` to leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub article: Article,
    pub on_hand: Option<Milli>,
    /// The table says which shops show one; otherwise that stays as it is.
    pub says_samples: bool,
}

/// `known`: the articles that are there already, for the limit of a trial. `village`: the code
/// of a village by its name.
pub fn articles(
    table: &Table,
    merchants: &BTreeMap<String, Merchant>,
    kinds: &GoodsKinds,
    known: &dyn Fn(&str) -> BTreeSet<String>,
    village: &dyn Fn(&str) -> Option<String>,
    today: Date,
) -> Result<Vec<Entry>, Vec<Problem>> {
    let mut problems = table.missing(&COLUMNS[..REQUIRED]);
    if !problems.is_empty() {
        return Err(problems);
    }
    if table.is_empty() {
        let what = "表里没有一行商品。".into();
        return Err(vec![Problem { row: 0, column: String::new(), what }]);
    }
    let mut entries = Vec::new();
    let mut seen = BTreeMap::new();
    for row in table.rows() {
        let mut reading = Reading { row, problems: &mut problems };
        let entry = reading.entry(merchants, kinds, village, today);
        if let Some(before) = seen.insert(entry.article.id.clone(), row.number)
            && !entry.article.id.is_empty()
        {
            reading.wrong("编号", format!("和第{before}行一样，请改掉一个。"));
        }
        entries.push(entry);
    }
    let mut on_trial: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for entry in &entries {
        let merchant = entry.article.merchant.as_str();
        if merchants.get(merchant).is_some_and(|merchant| merchant.stage == Stage::Trial) {
            let all = on_trial.entry(merchant).or_insert_with(|| known(merchant));
            all.insert(entry.article.id.clone());
        }
    }
    for all in on_trial.values().filter(|all| all.len() > TRIAL_ARTICLES_MAX) {
        let what = Refusal::TrialArticles { count: all.len(), max: TRIAL_ARTICLES_MAX };
        problems.push(Problem { row: 0, column: "商家".into(), what: what.to_string() });
    }
    if problems.is_empty() {
        return Ok(entries);
    }
    problems.truncate(PROBLEMS_MAX);
    Err(problems)
}

struct Reading<'a, 'p> {
    row: Row<'a>,
    problems: &'p mut Vec<Problem>,
}

impl Reading<'_, '_> {
    fn wrong(&mut self, column: &str, what: String) {
        self.problems.push(self.row.problem(column, what));
    }

    fn text(&mut self, column: &str, required: bool) -> String {
        let text = self.row.get(column);
        if required && text.is_empty() {
            self.wrong(column, "这一格不能空。".into());
        }
        if text.chars().count() > CELL_CHARS_MAX {
            self.wrong(column, format!("太长，最多{CELL_CHARS_MAX}个字。"));
        }
        text.to_owned()
    }

    /// `None` for an empty cell.
    fn read<T>(
        &mut self,
        column: &str,
        mend: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.row.get(column);
        if text.is_empty() {
            return None;
        }
        let found = parse(text);
        if found.is_none() {
            self.wrong(column, format!("「{text}」不对，{mend}。"));
        }
        found
    }

    fn yes(&mut self, column: &str, default: bool) -> bool {
        let read = |text: &str| match text {
            "是" => Some(true),
            "否" => Some(false),
            _ => None,
        };
        self.read(column, "请写「是」或「否」", read).unwrap_or(default)
    }

    fn entry(
        &mut self,
        merchants: &BTreeMap<String, Merchant>,
        kinds: &GoodsKinds,
        village: &dyn Fn(&str) -> Option<String>,
        today: Date,
    ) -> Entry {
        let id = self.text("编号", true);
        if id.len() > 40 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            self.wrong("编号", "只能用字母、数字和短横，最多40位。".into());
        }
        let merchant = self.text("商家", true);
        let merchant = match merchants.values().find(|m| m.id == merchant || m.name == merchant) {
            Some(found) => {
                if found.kind == MerchantKind::Service {
                    let what = format!("{}是公共服务，不卖商品。请写卖商品的商家。", found.name);
                    self.wrong("商家", what);
                }
                found.id.clone()
            }
            None if merchant.is_empty() => merchant,
            None => {
                self.wrong(
                    "商家",
                    format!("没有登记过「{merchant}」。请先登记商家，或改成登记的名字。"),
                );
                merchant
            }
        };
        let kind = self.text("类别", true);
        let found = kinds.iter().find(|known| known.id == kind || known.name == kind).cloned();
        if found.is_none() && !kind.is_empty() {
            self.wrong("类别", format!("没有「{kind}」这个类别。"));
        }
        let quantity = "请写数字，例如 2 或 2.5";
        let measure = |text: &str| Milli::parse(text).filter(|found| *found > Milli::ZERO);
        let min = self.read("最少", quantity, measure).unwrap_or(Milli::ONE);
        let max = self.read("最多", quantity, measure).unwrap_or(Milli(99_000));
        let step = self.read("每次加", quantity, measure).unwrap_or(Milli::ONE);
        if max < min {
            self.wrong("最多", "比「最少」还少。".into());
        }
        let per_person = self.read("每人最多", quantity, measure);
        if per_person.is_some_and(|share| share < min) {
            self.wrong("每人最多", "比「最少」还少。".into());
        }
        let price = self.read("会员价", "请写元，例如 105 或 105.50", |text| {
            Fen::parse(text).filter(|price| *price > Fen::ZERO)
        });
        if self.row.get("会员价").is_empty() {
            self.wrong("会员价", "这一格不能空。".into());
        }
        let online = self.yes("网上", true);
        if let Some(kind) = found.as_ref().filter(|kind| !kind.online && online) {
            self.wrong("网上", format!("{}只能到店里卖，请写「否」。", kind.name));
        }
        let licence_no = self.text("证号", false);
        // An empty cell leaves what the shops show as it is.
        let says_samples = !self.row.get("样品店").is_empty();
        let samples = self.samples(village);
        let aliases = self.row.list("别名").map(str::to_owned).collect();
        let lead_days = self.read("提前天数", "请写 0 到 60 的整数", |text| {
            text.parse().ok().filter(|days| *days <= 60u8)
        });
        let article = Article {
            id,
            merchant,
            kind: found.map_or(kind, |kind| kind.id),
            name: self.text("名称", true),
            aliases,
            spec: self.text("规格", false),
            brand: self.text("品牌", false),
            origin: self.text("产地", false),
            pictures: Vec::new(),
            unit: self.text("单位", true),
            pack: self.text("包装", false),
            price: price.unwrap_or_default(),
            market: self.market(price, today),
            min,
            step,
            max,
            per_person,
            stock_mode: self
                .read("订法", "请写「按库存」「定做」或「集中订」", StockMode::from_word)
                .unwrap_or(StockMode::Tracked),
            weighed: self.yes("称重", false),
            samples,
            season: self.read("季节", "请写成 3-1到5-31 这样", season),
            lead_days: lead_days.unwrap_or(1),
            cut_off: self.read("截单", "请写 1 到 24 的整点，例如 16", |text| {
                text.trim_end_matches('点').parse().ok().filter(|hour| (1..=24).contains(hour))
            }),
            online,
            returns: self
                .read(
                    "退货",
                    "请写「七天可退」或一种例外，例如「鲜活易腐不退」",
                    Returns::from_word,
                )
                .unwrap_or(Returns::SevenDays),
            licence_no,
            withdrawn: self.yes("下架", false),
        };
        let on_hand = self.read("库存", "请写数字，没有就写 0", Milli::parse);
        Entry { article, on_hand, says_samples }
    }

    fn samples(&mut self, village: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
        let mut codes = Vec::new();
        if self.row.get("样品店") == NO_SAMPLES {
            return codes;
        }
        for name in self.row.list("样品店") {
            match village(name) {
                Some(code) => codes.push(code),
                None => {
                    let what = format!("没有找到「{name}」这个村。请写村名，重名的带上乡镇。");
                    self.wrong("样品店", what);
                }
            }
        }
        codes
    }

    /// A market price needs its source and date: without them "cheaper" is itself a complaint.
    fn market(&mut self, price: Option<Fen>, today: Date) -> Option<MarketPrice> {
        let market = self.read("市场价", "请写元，例如 120", Fen::parse)?;
        let source = self.text("市场价来源", true);
        if self.row.get("市场价日期").is_empty() {
            self.wrong("市场价日期", "写了市场价，就要写是哪天看的。".into());
        }
        let date =
            self.read("市场价日期", "请写成 2026-11-24", |text| text.parse::<Date>().ok())?;
        if date > today {
            self.wrong("市场价日期", "还没有到这一天。".into());
        }
        if price.is_some_and(|price| price > market) {
            self.wrong("会员价", "比市场价还高，请核对。".into());
        }
        Some(MarketPrice { price: market, source, date })
    }
}

/// `3-1到5-31`
fn season(text: &str) -> Option<Season> {
    let day = |text: &str| {
        let (month, day) = text.trim().split_once(['-', '月'])?;
        let day = day.trim_end_matches(['日', '号']);
        // A leap year: every day that a season may begin with is in it.
        let date = Date::new(2024, month.parse().ok()?, day.parse().ok()?).ok()?;
        Some((date.month(), date.day()))
    };
    let (from, to) = text.split_once(['到', '至', '~'])?;
    Some(Season { from: day(from)?, to: day(to)? })
}
