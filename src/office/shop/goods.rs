//! What is on the shelf: a copy in memory of all articles and merchants, kept as old as the
//! mark in the store says, and the tables that bring new goods.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwapOption;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::Mutex;

use crate::calendar::local_date;
use crate::dialog;
use crate::meaning::Goods;
use crate::office::Office;
use crate::office::looks::Noted;
use crate::office::views::{CommandError, Session, TimelineLine};
use crate::shop::upload::{self, Entry};
use crate::shop::{
    self, Article, Merchant, Milli, MoveKind, NotOffered, Place, Problem, Shelf, Stock, StockMode,
    StockMove, StockStep, Table,
};
use crate::store::looks::LookKind;
use crate::store::shop_records::{PriceChange, ShelfMark};
use crate::store::{Changes, StoreError, keys, list, load, load_many};

use super::clock::lack_words;
use super::ledger::{self, Ledger};
use super::reach::Reach;
use super::views::{ArticleRow, ArticleView, GoodsPage, MoveRow, Uploaded};

const PAGE: usize = 1_000;
const ROWS_SHOWN: usize = 100;
const HISTORY_SHOWN: usize = 100;
/// Articles of one commit: each writes its record, an index, its stock and a move.
const CHUNK: usize = 100;
const CONFLICTS_MAX: usize = 20;

/// The copy, and the revision of the mark with which it was made.
#[derive(Default)]
pub(in crate::office) struct Shelves {
    made: ArcSwapOption<(u64, Shelf)>,
    making: Mutex<()>,
    /// The last day on which the books were held against each other.
    reconciled: std::sync::Mutex<Option<Date>>,
    /// The last day on which merchants were told what waits.
    pub(super) greeted: std::sync::Mutex<Option<Date>>,
}

impl Shelves {
    pub(super) fn reconciled_on(&self) -> Option<Date> {
        *self.reconciled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reconciled(&self, day: Date) {
        *self.reconciled.lock().unwrap_or_else(PoisonError::into_inner) = Some(day);
    }
}

impl Shelves {
    /// It is made anew for who looks next.
    pub(in crate::office) fn forget(&self) {
        self.made.store(None);
    }
}

/// A shelf that was looked at; the next one may be newer.
pub(in crate::office) struct Seen(Arc<(u64, Shelf)>);

impl std::ops::Deref for Seen {
    type Target = Shelf;

    fn deref(&self) -> &Shelf {
        &self.0.1
    }
}

/// What may be ordered on a day.
pub(in crate::office) struct OnSale {
    shelf: Seen,
    on: Date,
}

impl Goods for OnSale {
    fn wanted(&self, text: &str) -> usize {
        let wishes = self.shelf.read(text, self.on);
        let counted = wishes.iter().all(|wish| wish.quantity.is_some());
        if counted { wishes.iter().map(|wish| wish.said.chars().count()).sum() } else { 0 }
    }
}

impl Office {
    pub(in crate::office) async fn on_sale(&self, at: Timestamp) -> Result<OnSale, StoreError> {
        Ok(OnSale { shelf: self.shelf().await?, on: local_date(at) })
    }

    /// The shelf as it is on disk.
    pub(in crate::office) async fn shelf(&self) -> Result<Seen, StoreError> {
        let revision = self.shelf_revision().await?;
        let current = |made: &Option<Arc<(u64, Shelf)>>| {
            made.clone().filter(|made| made.0 == revision).map(Seen)
        };
        if let Some(seen) = current(&self.shelves.made.load_full()) {
            return Ok(seen);
        }
        let _one = self.shelves.making.lock().await;
        if let Some(seen) = current(&self.shelves.made.load_full()) {
            return Ok(seen);
        }
        let mut articles = Vec::new();
        let mut range = keys::all_articles();
        loop {
            let page = list::<Article>(&*self.store, range.clone(), PAGE).await?;
            let Some(last) = page.last() else { break };
            range = keys::after(&range, &keys::article(&last.record.id));
            articles.extend(page.into_iter().map(|article| article.record));
        }
        let merchants = self.all_merchants().await?;
        let shelf = Shelf::new(articles, merchants, self.tables().goods_kinds.clone());
        let made = Arc::new((revision, shelf));
        self.shelves.made.store(Some(made.clone()));
        Ok(Seen(made))
    }

    async fn shelf_revision(&self) -> Result<u64, StoreError> {
        let mark = load::<ShelfMark>(&*self.store, keys::shelf()).await?;
        Ok(mark.map_or(0, |mark| mark.record.revision))
    }

    /// What is on the shelf changes with this commit.
    pub(super) async fn mark_shelf(
        &self,
        changes: &mut Changes,
        by: &str,
    ) -> Result<(), StoreError> {
        let at = self.clock.now();
        let mark = load::<ShelfMark>(&*self.store, keys::shelf()).await?;
        let revision = mark.as_ref().map_or(0, |mark| mark.record.revision) + 1;
        let next = ShelfMark { revision, at, by: by.to_owned() };
        match mark {
            Some(before) => changes.replace(&before, &next),
            None => changes.create(&next),
        }
    }

    pub async fn goods(&self, session: &Session, search: &str) -> Result<GoodsPage, CommandError> {
        let reach = self.reach(session).await?;
        let shelf = self.shelf().await?;
        let today = local_date(self.clock.now());
        // At a village's counter everything is shown: it is what she may order for others.
        let shown = |article: &&Article| {
            matches!(reach, Reach::Village(_)) || reach.merchant(&article.merchant)
        };
        let found: Vec<&Article> = if search.trim().is_empty() {
            shelf.articles().filter(shown).take(ROWS_SHOWN).collect()
        } else {
            let mut found = shelf.search(search, today, shelf.len());
            found.retain(shown);
            found.truncate(ROWS_SHOWN);
            let word = search.trim();
            let hidden = shelf.articles().filter(shown).filter(|article| {
                article.id == word || article.merchant == word || article.name.contains(word)
            });
            let hidden = hidden.filter(|a| !found.iter().any(|f| f.id == a.id)).take(ROWS_SHOWN);
            let hidden: Vec<&Article> = hidden.collect();
            found.extend(hidden);
            found
        };
        let stocks = try_join_all(found.iter().map(|article| self.stocks_of(&article.id))).await?;
        let rows = found
            .iter()
            .zip(&stocks)
            .map(|(article, stocks)| article_row(&shelf, article, stocks, today));
        let total = shelf.articles().filter(shown).count();
        let rows = rows.collect();
        let in_rounds: Vec<&Article> = shelf
            .articles()
            .filter(shown)
            .filter(|article| article.stock_mode == StockMode::Cycle)
            .take(ROWS_SHOWN)
            .collect();
        let rounds = self.rounds_of(&in_rounds).await?;
        Ok(GoodsPage { rows, total, rounds, keeps: reach.keeps_goods() })
    }

    /// Has somebody goods of her own, or keeps those of others?
    pub async fn keeps_goods(&self, session: &Session) -> Result<bool, CommandError> {
        match self.reach(session).await {
            Ok(reach) => Ok(reach.keeps_goods()),
            Err(CommandError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A table of goods, `name` ending in `.xlsx`, `.csv` or `.json`. A table with a mistake changes
    /// nothing; each mistake is one text with row and column. Rows that are the same as before
    /// are left alone, so a table whose upload broke off is simply uploaded again.
    pub async fn upload_goods(
        &self,
        session: &Session,
        name: &str,
        bytes: &[u8],
    ) -> Result<Uploaded, Vec<String>> {
        let said = |error: CommandError| vec![error.to_string()];
        let reach = self.reach(session).await.map_err(said)?;
        if !reach.keeps_goods() {
            return Err(said(CommandError::NotFound));
        }
        let keeps = |merchant: &str| reach.merchant(merchant);
        self.store_table(&session.name, &keeps, name, bytes, false).await
    }

    /// A table of anybody's goods, from the command line. `dry`: only said what would become
    /// of it.
    pub async fn import_goods(
        &self,
        name: &str,
        bytes: &[u8],
        dry: bool,
    ) -> Result<Uploaded, Vec<String>> {
        self.store_table("bianmin shop import", &|_| true, name, bytes, dry).await
    }

    /// `keeps`: whose goods this table may hold.
    pub(super) async fn store_table(
        &self,
        by: &str,
        keeps: &(dyn Fn(&str) -> bool + Sync),
        name: &str,
        bytes: &[u8],
        dry: bool,
    ) -> Result<Uploaded, Vec<String>> {
        let said = |problems: Vec<Problem>| -> Vec<String> {
            problems.iter().map(Problem::to_string).collect()
        };
        let table = match name.ends_with(".json") {
            true => Table::from_json(bytes),
            false => {
                let file = dialog::decode(name, bytes).map_err(|wrong| vec![wrong.to_string()])?;
                Table::from_csv(&file.text)
            }
        };
        let table = table.map_err(|problem| said(vec![problem]))?;
        let shelf = self.shelf().await.map_err(unavailable)?;
        let merchants: BTreeMap<String, Merchant> =
            shelf.merchants().filter(|m| keeps(&m.id)).map(|m| (m.id.clone(), m.clone())).collect();
        let known = |merchant: &str| -> BTreeSet<String> {
            let own = shelf.articles().filter(|a| a.merchant == merchant && !a.withdrawn);
            own.map(|article| article.id.clone()).collect()
        };
        let today = local_date(self.clock.now());
        let tables = self.tables();
        let village = |name: &str| self.village_code(name);
        let kinds = &tables.goods_kinds;
        let entries = upload::articles(&table, &merchants, kinds, &known, &village, today);
        let entries = entries.map_err(said)?;
        let foreign = |id: &str| shelf.articles().any(|a| a.id == id && !keeps(&a.merchant));
        if let Some(taken) = entries.iter().find(|entry| foreign(&entry.article.id)) {
            return Err(vec![format!("编号{}是别的商家在用的，请换一个。", taken.article.id)]);
        }
        let mut done = Uploaded { new: 0, changed: 0, same: 0 };
        for chunk in entries.chunks(CHUNK) {
            self.store_goods(by, chunk, &mut done, dry).await.map_err(|error| match error {
                CommandError::Refused(text) => vec![text],
                error => vec![error.to_string()],
            })?;
        }
        Ok(done)
    }

    async fn store_goods(
        &self,
        by: &str,
        entries: &[Entry],
        done: &mut Uploaded,
        dry: bool,
    ) -> Result<(), CommandError> {
        for _ in 0..CONFLICTS_MAX {
            let now = self.clock.now();
            let mut changes = Changes::default();
            let mut counted = done.clone();
            let mut ledger = Ledger::default();
            let articles: Vec<_> = entries.iter().map(|e| keys::article(&e.article.id)).collect();
            let articles = load_many::<Article>(&*self.store, &articles).await?;
            let stocks = entries.iter().map(|entry| self.stocks_of(&entry.article.id));
            let stocks = try_join_all(stocks).await?;
            let mut touched = false;
            for ((entry, before), stocks) in entries.iter().zip(articles).zip(&stocks) {
                // A table counts all places together; more or less is the merchant's.
                let had = Stock::together(&entry.article.id, stocks).on_hand;
                let more = entry.on_hand.map_or(Milli::ZERO, |counted| counted.minus(had));
                let article = kept(entry, before.as_ref().map(|before| &before.record));
                match &before {
                    None => {
                        changes.create(&article)?;
                        counted.new += 1;
                    }
                    Some(before) if before.record != article => {
                        changes.replace(before, &article)?;
                        if before.record.price != entry.article.price {
                            changes.create(&PriceChange {
                                article: entry.article.id.clone(),
                                at: now,
                                before: before.record.price,
                                after: entry.article.price,
                                by: by.to_owned(),
                            })?;
                        }
                        counted.changed += 1;
                    }
                    Some(_) if more != Milli::ZERO => counted.changed += 1,
                    Some(_) => counted.same += 1,
                }
                touched |= before.is_none_or(|before| before.record != article);
                if more != Milli::ZERO {
                    let kind = if had == Milli::ZERO { MoveKind::In } else { MoveKind::Adjust };
                    let stock = entry.article.id.clone();
                    let step = StockStep { stock, kind, quantity: more };
                    let why = ledger::Entry { order: None, by, reason: "商品表", at: now };
                    let taken = ledger.take(&*self.store, &step, &why).await?;
                    taken.map_err(|_| {
                        let name = entry.article.title();
                        CommandError::Refused(format!(
                            "{name}的库存比已经订出去的和放在别处的还少。请先处理订单，再改库存。"
                        ))
                    })?;
                }
            }
            ledger.write(&mut changes)?;
            if touched {
                self.mark_shelf(&mut changes, by).await?;
            }
            if changes.is_empty() || dry {
                *done = counted;
                return Ok(());
            }
            let told = format!("新增{}种，改{}种", counted.new, counted.changed);
            let ids = entries.iter().map(|entry| &*entry.article.id).collect::<Vec<_>>().join(" ");
            let noted = Noted::named(by, LookKind::Goods, &ids, &told);
            match self.commit_noted(changes, noted).await {
                Ok(()) => {
                    *done = counted;
                    return Ok(());
                }
                Err(StoreError::Conflict(_)) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommandError::Unavailable)
    }

    /// One article with its stock's ledger and the prices that it had.
    pub async fn article(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<Option<ArticleView>, CommandError> {
        let reach = self.reach(session).await?;
        let found = load::<Article>(&*self.store, keys::article(id)).await?;
        let Some(found) = found.filter(|found| reach.merchant(&found.record.merchant)) else {
            return Ok(None);
        };
        let article = &found.record;
        let stocks = self.stocks_of(id).await?;
        let shelf = self.shelf().await?;
        let today = local_date(self.clock.now());
        let places = self.place_rows(&stocks);
        let mut moves = Vec::new();
        for stock in &stocks {
            let range = keys::stock_moves_back(&stock.article);
            moves.extend(list::<StockMove>(&*self.store, range, HISTORY_SHOWN).await?);
        }
        moves.sort_by_key(|made| std::cmp::Reverse(made.record.at));
        moves.truncate(HISTORY_SHOWN);
        let prices =
            list::<PriceChange>(&*self.store, keys::price_changes(id), HISTORY_SHOWN).await?;
        let moved = |made: &StockMove| MoveRow {
            at: made.at,
            kind: made.kind.word(),
            quantity: made.quantity.to_string(),
            place: match places.is_empty() {
                true => String::new(),
                false => self.place_word(&Place::of(&made.article)),
            },
            order: made.order.clone().unwrap_or_default(),
            by: made.by.clone(),
            reason: made.reason.clone(),
        };
        let changed = |change: &PriceChange| TimelineLine {
            at: change.at,
            who: change.by.clone(),
            what: format!("{} → {}", change.before, change.after),
            detail: String::new(),
        };
        Ok(Some(ArticleView {
            share: shop::share_words(article).unwrap_or_default(),
            brand: article.brand.clone(),
            origin: article.origin.clone(),
            licence_no: article.licence_no.clone(),
            returns: article.returns.word(),
            samples: self.sample_shops(article),
            pictures: super::pictures::names(article),
            row: article_row(&shelf, article, &stocks, today),
            moves: moves.iter().map(|made| moved(&made.record)).collect(),
            moved: Stock::together(id, &stocks).moves,
            places,
            prices: prices.iter().map(|change| changed(&change.record)).collect(),
        }))
    }

    /// Every stock against its ledger: one text for each that does not agree.
    pub async fn reconcile_stocks(&self) -> Result<Vec<String>, StoreError> {
        let mut wrong = Vec::new();
        let mut range = keys::all_stocks();
        loop {
            let page = list::<Stock>(&*self.store, range.clone(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(wrong) };
            range = keys::after(&range, &keys::stock(&last.record.article));
            for stock in page {
                let mut moves = Vec::new();
                let mut range = keys::stock_moves(&stock.record.article);
                loop {
                    let rows = list::<StockMove>(&*self.store, range.clone(), PAGE).await?;
                    let Some(last) = rows.last() else { break };
                    range =
                        keys::after(&range, &keys::stock_move(&last.record.article, last.record.n));
                    moves.extend(rows.into_iter().map(|row| row.record));
                }
                // What was sold meanwhile is in the moves and not yet in the stock.
                moves.truncate(stock.record.moves as usize);
                if let Err(error) = crate::shop::reconcile(&stock.record, &moves) {
                    wrong.push(error.to_string());
                }
            }
        }
    }
}

/// As the table says, with what it does not speak of.
fn kept(entry: &Entry, before: Option<&Article>) -> Article {
    let mut article = entry.article.clone();
    if let Some(before) = before {
        article.pictures.clone_from(&before.pictures);
        if !entry.says_samples {
            article.samples.clone_from(&before.samples);
        }
    }
    article
}

fn article_row(
    shelf: &Shelf,
    article: &Article,
    stocks: &[Stock],
    today: jiff::civil::Date,
) -> ArticleRow {
    let hidden = shelf.offered(article, today).err();
    let merchant = shelf.merchant(&article.merchant);
    let stock = Stock::together(&article.id, stocks);
    ArticleRow {
        id: article.id.clone(),
        title: article.title(),
        kind: shelf.kinds.get(&article.kind).map_or(String::new(), |k| k.name.clone()),
        merchant: merchant.map_or(String::new(), |merchant| merchant.name.clone()),
        price: article.price.to_string(),
        market: article.market_words(),
        unit: article.unit.clone(),
        uncounted: match article.stock_mode {
            StockMode::Tracked => "",
            other => other.word(),
        },
        free: stock.free().to_string(),
        on_hand: stock.on_hand.to_string(),
        hidden: hidden.map_or(String::new(), |why| hidden_words(&why)),
    }
}

pub(super) fn unavailable(error: StoreError) -> Vec<String> {
    vec![CommandError::from(error).to_string()]
}

fn hidden_words(why: &NotOffered) -> String {
    match why {
        NotOffered::Withdrawn => "已下架".into(),
        NotOffered::Season => "不在季节里".into(),
        NotOffered::ShopOnly => "只到店里卖".into(),
        NotOffered::Merchant(lack) => lack_words(lack),
        NotOffered::Kind => "类别已经没有了".into(),
    }
}
