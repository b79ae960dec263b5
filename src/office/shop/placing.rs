//! Placing orders: the goods are set aside in the same commit, or nothing happens.

use jiff::{SignedDuration, Timestamp};

use crate::county::{CaseNumber, CaseType};
use crate::office::{Office, beijing, outbox};
use crate::shop::{
    self, Actor, Article, Command, Cycle, Draft, Fen, Fulfil, Line, Merchant, Milli, Occasion,
    Order, OrderEvent, Parcel, PayMethod, Pick, Refusal, StockMode,
};
use crate::store::records::Outgoing;
use crate::store::shop_records::{OrderKey, StoredOrderEvent};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load, load_many};

use super::ledger::{Entry, Ledger};

/// The same goods again within this time are asked about first.
const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);
const SAME_EXAMINED: usize = 10;
/// Of her orders, the newest, for her share of what is limited.
const SHARE_EXAMINED: usize = 200;

/// What somebody confirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOrder {
    /// Article ids with quantities, as they were shown.
    pub picks: Vec<(String, Milli)>,
    /// The total that was shown; another one has to be confirmed again.
    pub shown: Option<Fen>,
    /// She knows that she ordered the same a moment ago.
    pub again: bool,
    /// Of this confirmation: the same key is the same order.
    pub key: String,
    pub person: String,
    pub name: String,
    pub phone: String,
    /// 12 digits.
    pub village: String,
    pub village_name: String,
    pub fulfil: Fulfil,
    pub address: String,
    pub pay: PayMethod,
    pub note: String,
    pub channel: String,
}

#[derive(Debug)]
pub(in crate::office) enum Placed {
    /// One a merchant. `told`: what others than the one who ordered are told.
    Orders {
        orders: Vec<Order>,
        told: Vec<Outgoing>,
    },
    /// This confirmation was carried out before.
    Before(Vec<Order>),
    /// Prices have changed since they were shown.
    Changed(Fen),
    /// She ordered the same a moment ago.
    Same(CaseNumber),
    Refused(Refusal),
}

/// What an order depends on, as it is on disk now.
struct Goods {
    articles: Vec<Loaded<Article>>,
    merchants: Vec<Loaded<Merchant>>,
    cycles: Vec<Option<Loaded<Cycle>>>,
}

impl Office {
    /// Adds to `changes` all that placing it does, or nothing.
    pub(in crate::office) async fn place_orders(
        &self,
        changes: &mut Changes,
        new: &NewOrder,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Placed, StoreError> {
        if let Some(known) = load::<OrderKey>(&*self.store, keys::order_key(&new.key)).await? {
            let wanted: Vec<_> = known.record.orders.iter().map(|n| keys::order(n)).collect();
            let orders = load_many::<Order>(&*self.store, &wanted).await?;
            return Ok(Placed::Before(orders.into_iter().flatten().map(|o| o.record).collect()));
        }
        let ids: Vec<&str> = new.picks.iter().map(|(id, _)| id.as_str()).collect();
        let Some(goods) = self.goods_on_disk(&ids).await? else {
            return Ok(Placed::Refused(Refusal::NotOffered { name: "有一样东西".into() }));
        };
        let parcels = match self.priced(&goods, new, now) {
            Ok(parcels) => parcels,
            Err(refusal) => return Ok(Placed::Refused(refusal)),
        };
        let mut ledger = Ledger::default();
        let parcels = self.set_aside_nearby(parcels, &new.village, &mut ledger).await?;
        let total = match shop::total(&parcels) {
            Ok(total) => total,
            Err(refusal) => return Ok(Placed::Refused(refusal)),
        };
        if new.shown.is_some_and(|shown| shown != total) {
            return Ok(Placed::Changed(total));
        }
        // Who has had her share is not asked whether she wants more.
        let lines = || parcels.iter().flat_map(|parcel| &parcel.lines);
        if let Err(refusal) = self.within_share(&goods, &new.person, lines(), now).await? {
            return Ok(Placed::Refused(refusal));
        }
        if !new.again
            && let Some(number) = self.same_before(&new.person, &parcels, now).await?
        {
            return Ok(Placed::Same(number));
        }
        let mut numbers = Vec::new();
        for _ in &parcels {
            match self.order_number(now).await? {
                Some(number) => numbers.push(number),
                None => return Ok(Placed::Refused(Refusal::NumberTaken)),
            }
        }
        let drafts = parcels.into_iter().zip(&numbers);
        let drafts = drafts.map(|(parcel, number)| draft(new, parcel, *number, &numbers, now));
        let mut placed: Vec<(Order, OrderEvent)> = Vec::new();
        for draft in drafts {
            let command = Command::Place(Box::new(draft));
            let events = match shop::decide(None, command, by, now, &self.tables().calendar) {
                Ok(events) => events,
                Err(refusal) => return Ok(Placed::Refused(refusal)),
            };
            let order = shop::fold(&events).map_err(corrupt)?;
            let digits = order.number.digits();
            let entry = Entry { order: Some(&digits), by: by.shown(), reason: "下单", at: now };
            if let Err(refusal) = self.set_aside(&mut ledger, &order.lines, &entry).await? {
                return Ok(Placed::Refused(refusal));
            }
            placed.extend(events.into_iter().map(|event| (order.clone(), event)));
        }
        // Behind the stock: an order of hers that comes between changes it, and this one begins anew.
        let lines = placed.iter().flat_map(|(order, _)| &order.lines);
        if let Err(refusal) = self.within_share(&goods, &new.person, lines, now).await? {
            return Ok(Placed::Refused(refusal));
        }
        ledger.write(changes)?;
        // A price, a paper or a round that changes meanwhile is looked at again.
        for article in &goods.articles {
            let Article { per_person, stock_mode, .. } = &article.record;
            // Two orders of hers may have no stock at which they meet: they meet here.
            if per_person.is_some() && *stock_mode != StockMode::Cycle {
                changes.replace(article, &article.record)?;
            } else {
                changes.expect_unchanged(article);
            }
        }
        goods.merchants.iter().for_each(|merchant| changes.expect_unchanged(merchant));
        goods.cycles.iter().flatten().for_each(|cycle| changes.expect_unchanged(cycle));
        let orders = placed.iter().map(|(order, _)| order.number.digits()).collect();
        changes.create(&OrderKey { key: new.key.clone(), orders })?;
        let mut told = Vec::new();
        for (order, event) in &placed {
            let stored =
                StoredOrderEvent { order: order.number.digits(), n: 1, event: event.clone() };
            changes.create(&stored)?;
            changes.create(order)?;
            told.extend(self.order_notices(order, 1, event, now));
        }
        let orders = placed.into_iter().map(|(order, _)| order).collect();
        Ok(Placed::Orders { orders, told })
    }

    /// A whole order with a commit of its own, for whom an agent has before her: she is known by
    /// her number, and told there.
    pub(super) async fn place_order_at_desk(
        &self,
        new: &NewOrder,
        by: &Actor,
    ) -> Result<Vec<Order>, crate::office::CommandError> {
        let mut tries = self.losers.tries_behind_the_starving().await;
        loop {
            let now = self.clock.now();
            let mut changes = Changes::default();
            let person = self.person_at_counter(&mut changes, &new.name, &new.phone).await?;
            let new = &NewOrder { person, ..new.clone() };
            let refused = |text: String| crate::office::CommandError::Refused(text);
            match self.place_orders(&mut changes, new, by, now).await? {
                Placed::Before(orders) => return Ok(orders),
                Placed::Refused(refusal) => return Err(refused(refusal.to_string())),
                Placed::Changed(total) => {
                    return Err(refused(format!("价格变了，现在共{total}。请看过再下单。")));
                }
                Placed::Same(number) => {
                    let text =
                        format!("刚下过一样的单（{number}）。还要再来一份，请勾上「再来一份」。");
                    return Err(refused(text));
                }
                Placed::Orders { orders, told } => {
                    told.iter().try_for_each(|message| changes.create(message))?;
                    match self.store.commit(changes.into_batch()).await {
                        Ok(()) => {
                            self.bells.outbox.notify_one();
                            return Ok(orders);
                        }
                        Err(StoreError::Conflict(_)) if tries.again().await => continue,
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
    }

    /// What it would cost now, and for how many things. Nothing is set aside.
    pub(in crate::office) async fn price(
        &self,
        new: &NewOrder,
        now: Timestamp,
    ) -> Result<Result<(Vec<Parcel>, Fen), Refusal>, StoreError> {
        let ids: Vec<&str> = new.picks.iter().map(|(id, _)| id.as_str()).collect();
        let Some(goods) = self.goods_on_disk(&ids).await? else {
            return Ok(Err(Refusal::NotOffered { name: "有一样东西".into() }));
        };
        let priced = self.priced(&goods, new, now).and_then(|parcels| {
            let total = shop::total(&parcels)?;
            Ok((parcels, total))
        });
        let (parcels, total) = match priced {
            Ok(priced) => priced,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let lines = parcels.iter().flat_map(|parcel| &parcel.lines);
        if let Err(refusal) = self.within_share(&goods, &new.person, lines, now).await? {
            return Ok(Err(refusal));
        }
        // What is not there is said at once, and not after all other questions.
        let mut ledger = Ledger::default();
        let parcels = self.set_aside_nearby(parcels, &new.village, &mut ledger).await?;
        let entry = Entry { order: None, by: "", reason: "", at: now };
        for parcel in &parcels {
            if let Err(refusal) = self.set_aside(&mut ledger, &parcel.lines, &entry).await? {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok((parcels, total)))
    }

    async fn set_aside(
        &self,
        ledger: &mut Ledger,
        lines: &[Line],
        entry: &Entry<'_>,
    ) -> Result<Result<(), Refusal>, StoreError> {
        for step in shop::reservations(lines) {
            if let Err(refusal) = ledger.take(&*self.store, &step, entry).await? {
                return Ok(Err(in_her_words(refusal, lines)));
            }
        }
        Ok(Ok(()))
    }

    fn priced(
        &self,
        goods: &Goods,
        new: &NewOrder,
        now: Timestamp,
    ) -> Result<Vec<Parcel>, Refusal> {
        let mut picks = Vec::new();
        for (id, quantity) in &new.picks {
            let at = goods.articles.iter().position(|article| article.record.id == *id);
            let Some(at) = at else { return Err(Refusal::NotOffered { name: id.clone() }) };
            let article = &goods.articles[at].record;
            let merchant = goods.merchants.iter().find(|m| m.record.id == article.merchant);
            let Some(merchant) = merchant else {
                return Err(Refusal::NotOffered { name: article.title() });
            };
            let cycle = goods.cycles[at].as_ref().map(|cycle| &cycle.record);
            picks.push(Pick { article, merchant: &merchant.record, cycle, quantity: *quantity });
        }
        let village = Some(new.village.as_str()).filter(|village| !village.is_empty());
        let occasion = Occasion { now, village, kinds: &self.tables().goods_kinds };
        shop::parcels(&picks, &occasion)
    }

    /// `None`: one of them is not there.
    async fn goods_on_disk(&self, ids: &[&str]) -> Result<Option<Goods>, StoreError> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let wanted: Vec<_> = ids.iter().map(|id| keys::article(id)).collect();
        let found = load_many::<Article>(&*self.store, &wanted).await?;
        let Some(articles) = found.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        let mut owners: Vec<&str> = articles.iter().map(|a| a.record.merchant.as_str()).collect();
        owners.sort_unstable();
        owners.dedup();
        let wanted: Vec<_> = owners.iter().map(|id| keys::merchant(id)).collect();
        let merchants = load_many::<Merchant>(&*self.store, &wanted).await?;
        let merchants = merchants.into_iter().flatten().collect();
        let mut cycles = Vec::new();
        for article in &articles {
            let mut open = None;
            if article.record.stock_mode == StockMode::Cycle {
                let range = keys::cycles_of(&article.record.id);
                let found = list_by_index::<Cycle>(&*self.store, range, 1).await?;
                open = found.into_iter().next().map(|(_, cycle)| cycle);
            }
            cycles.push(open);
        }
        Ok(Some(Goods { articles, merchants, cycles }))
    }

    /// Of what is limited for each buyer, over all her orders.
    async fn within_share(
        &self,
        goods: &Goods,
        person: &str,
        lines: impl Iterator<Item = &Line>,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let articles = goods.articles.iter().map(|article| &article.record);
        let limited: Vec<&Article> = articles.filter(|one| one.per_person.is_some()).collect();
        if limited.is_empty() {
            return Ok(Ok(()));
        }
        let range = keys::orders_of(person);
        let found = list_by_index::<Order>(&*self.store, range, SHARE_EXAMINED).await?;
        let before: Vec<Order> = found.into_iter().map(|(_, order)| order.record).collect();
        for line in lines {
            let article = limited.iter().find(|article| article.id == line.article);
            let Some(article) = article else { continue };
            if let Err(refusal) = shop::within_share(article, line, &before, now) {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(()))
    }

    async fn same_before(
        &self,
        person: &str,
        parcels: &[Parcel],
        now: Timestamp,
    ) -> Result<Option<CaseNumber>, StoreError> {
        let range = keys::orders_of(person);
        let found = list_by_index::<Order>(&*self.store, range, SAME_EXAMINED).await?;
        let contents = |lines: &[Line]| {
            let mut all: Vec<(String, Milli)> =
                lines.iter().map(|line| (line.article.clone(), line.ordered)).collect();
            all.sort();
            all
        };
        let same = |order: &Order| {
            now.duration_since(order.placed_at) <= SAME_WITHIN
                && order.state.is_open()
                && parcels.iter().any(|parcel| contents(&parcel.lines) == contents(&order.lines))
        };
        Ok(found.into_iter().find(|(_, order)| same(&order.record)).map(|(_, o)| o.record.number))
    }

    /// `None`: the year's numbers are used up.
    async fn order_number(&self, now: Timestamp) -> Result<Option<CaseNumber>, StoreError> {
        let year = beijing::civil(now).date().year();
        let series = format!("case-{}-{}", CaseType::Order.digit(), year % 100);
        let serial = self.numbers.next(&*self.store, &series).await?;
        let number = CaseNumber::new(CaseType::Order, year, serial);
        Ok(number.inspect_err(|error| tracing::error!(%error, "no number is left")).ok())
    }

    /// The messages that an event of an order gives, the `n`-th.
    pub(in crate::office) fn order_notices(
        &self,
        order: &Order,
        n: u32,
        event: &OrderEvent,
        now: Timestamp,
    ) -> Vec<Outgoing> {
        let hotline = ("hotline".to_owned(), self.common().hotline.clone());
        shop::notices(order, event)
            .into_iter()
            .map(|notice| {
                let person = match notice.to {
                    shop::Party::Merchant => super::merchants::person_of(&order.merchant),
                    _ => order.person.clone(),
                };
                let fields = notice.fields.into_iter().map(|(name, text)| (name.to_owned(), text));
                let fields = fields.chain([hotline.clone()]).collect();
                let number = order.number.digits();
                outbox::notice(&number, n, notice.id, fields, Some(person), now)
            })
            .collect()
    }
}

fn draft(
    new: &NewOrder,
    parcel: Parcel,
    number: CaseNumber,
    all: &[CaseNumber],
    now: Timestamp,
) -> Draft {
    let deliver_on = parcel.deliver_on(now);
    Draft {
        number,
        key: new.key.clone(),
        siblings: all.iter().copied().filter(|other| *other != number).collect(),
        person: new.person.clone(),
        name: new.name.clone(),
        phone: new.phone.clone(),
        merchant: parcel.merchant,
        merchant_name: parcel.merchant_name,
        village: new.village.clone(),
        village_name: new.village_name.clone(),
        fulfil: new.fulfil,
        address: new.address.clone(),
        pay: new.pay,
        lines: parcel.lines,
        deliver_on,
        note: new.note.clone(),
        channel: new.channel.clone(),
    }
}

/// A stock knows its id only; she is told the name, and of a round that it is full.
pub(super) fn in_her_words(refusal: Refusal, lines: &[Line]) -> Refusal {
    let Refusal::Short { name: stock, free, .. } = &refusal else { return refusal };
    let article = shop::article_of(stock);
    let of_it = |line: &&Line| line.stock.as_ref() == Some(stock) || line.article == article;
    match lines.iter().find(of_it) {
        Some(line) if line.article != article => Refusal::CycleFull { name: line.title.clone() },
        Some(line) => {
            let (name, unit) = (line.title.clone(), line.unit.clone());
            Refusal::Short { name, free: *free, unit }
        }
        None => refusal,
    }
}

pub(super) fn corrupt(error: shop::FoldError) -> StoreError {
    StoreError::Corrupt { key: "order".into(), why: error.to_string() }
}
