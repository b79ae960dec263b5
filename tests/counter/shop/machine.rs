//! Random lives of orders in the whole program: chat, pages, the clock, WeChat Pay and its
//! notifications, cut off between any two commits and asked again. Whatever happens, the moves
//! make the stock, nothing is set aside for what is over, and every fen that WeChat holds is
//! owed to a merchant.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bianmin::office::shop::{CounterOrder, OrderCommand};
use bianmin::office::{Role, Session};
use bianmin::shop::{MoveKind, Order, Refund, State, Stock, StockMove};
use bianmin::store::{
    Batch, Engine, Found, Key, MemoryEngine, Range, Stats, StoreError, Stored, keys, list, load,
};
use fake_wechat::PayFault;

use super::market::FARM;
use super::pay::{Paying, link_in};

/// A store that is cut off: before a commit, or behind it and before it is answered.
pub struct Cut {
    inner: MemoryEngine,
    /// Commits until then.
    left: AtomicI64,
    kept: AtomicBool,
    off: AtomicBool,
}

impl Cut {
    fn new() -> Self {
        Self {
            inner: MemoryEngine::default(),
            left: AtomicI64::new(i64::MAX),
            kept: AtomicBool::new(false),
            off: AtomicBool::new(false),
        }
    }

    fn after(&self, commits: i64, kept: bool) {
        self.kept.store(kept, Ordering::SeqCst);
        self.left.store(commits, Ordering::SeqCst);
    }

    /// True: it was off.
    fn mend(&self) -> bool {
        self.left.store(i64::MAX, Ordering::SeqCst);
        self.off.swap(false, Ordering::SeqCst)
    }

    fn is_off(&self) -> bool {
        self.off.load(Ordering::SeqCst)
    }
}

fn away<'a, T: Send + 'a>() -> Found<'a, T> {
    Box::pin(std::future::ready(Err(StoreError::Unavailable("cut off".into()))))
}

impl Engine for Cut {
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Found<'a, Vec<Option<Stored>>> {
        if self.is_off() { away() } else { self.inner.get_many(keys) }
    }

    fn scan<'a>(&'a self, range: Range, limit: usize) -> Found<'a, Vec<(Key, Stored)>> {
        if self.is_off() { away() } else { self.inner.scan(range, limit) }
    }

    fn commit<'a>(&'a self, batch: Batch) -> Found<'a, ()> {
        if self.is_off() {
            return away();
        }
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return self.inner.commit(batch);
        }
        self.off.store(true, Ordering::SeqCst);
        Box::pin(async move {
            if self.kept.load(Ordering::SeqCst) {
                self.inner.commit(batch).await?;
            }
            away().await
        })
    }

    fn stats(&self) -> Stats {
        self.inner.stats()
    }
}

/// The same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}

struct Machine {
    paying: Paying,
    cut: Arc<Cut>,
    dice: Dice,
    session: Session,
    /// Notifications that may come again at any time.
    told: Vec<String>,
    done: BTreeMap<&'static str, usize>,
}

const COMMANDS: [&str; 11] = [
    "confirm",
    "confirm",
    "pack",
    "send",
    "arrive",
    "collect",
    "cancel",
    "refuse",
    "ask_return",
    "take_return",
    "refunded",
];

impl Machine {
    async fn orders(&self) -> Vec<Order> {
        let all = list::<Order>(&*self.cut, keys::all_orders(), 500).await.unwrap();
        all.into_iter().map(|order| order.record).collect()
    }

    /// One thing that somebody does; whatever is cut off is done again.
    async fn step(&mut self, n: usize) {
        let kind = self.dice.below(10);
        let choice = self.dice.below(1_000_000);
        if self.dice.below(3) == 0 {
            let (commits, kept) = (self.dice.below(3) as i64, self.dice.below(2) == 0);
            self.cut.after(commits, kept);
        }
        self.act(n, kind, choice).await;
        if self.cut.mend() {
            *self.done.entry("cut off").or_default() += 1;
            if self.dice.below(6) == 0 {
                self.paying.restart().await;
            }
            self.act(n, kind, choice).await;
        }
        self.cut.mend();
    }

    async fn act(&mut self, n: usize, kind: usize, choice: usize) {
        match kind {
            0 => self.at_the_counter(n).await,
            1 | 2 => self.in_the_chat(n).await,
            3 => self.pay(choice).await,
            4 => self.tell_again(choice).await,
            5 => self.paying.try_pass([60, 700, 1_900, 9_000, 90_000][choice % 5]).await,
            _ => self.command(choice).await,
        }
    }

    async fn at_the_counter(&mut self, n: usize) {
        let asked = CounterOrder {
            goods: ["尿素2袋", "复合肥1袋", "尿素1袋，复合肥1袋"][n % 3].into(),
            village: "毛庄村".into(),
            name: "肖奉安".into(),
            phone: format!("1380013{:04}", n),
            way: "pickup".into(),
            token: format!("t{n}"),
            again: true,
            ..CounterOrder::default()
        };
        let office = &self.paying.county.office;
        if office.order_at_counter(&self.session, &asked).await.is_ok() {
            *self.done.entry("ordered in cash").or_default() += 1;
        }
    }

    /// WeChat delivers again what was not answered.
    async fn say(&mut self, who: &str, text: &str) -> String {
        let county = &self.paying.county;
        county.wechat.follow(who);
        let villager = county.account.villager(who);
        let xml = villager.message("text", &format!("<Content>{text}</Content>"));
        for _ in 0..3 {
            match villager.deliver(&county.webhook(), &xml).await {
                Ok(answer) => return answer.text().to_owned(),
                Err(_) => {
                    if self.cut.mend() {
                        *self.done.entry("cut off").or_default() += 1;
                    }
                }
            }
        }
        String::new()
    }

    async fn in_the_chat(&mut self, n: usize) {
        let who = format!("oChat{n:023}");
        let texts =
            ["我要买2袋尿素，我是毛庄村的，我叫肖奉安", "自己取", "13800138000", "用微信付"];
        for text in texts {
            self.say(&who, text).await;
        }
        let said = self.say(&who, "确认").await;
        if said.contains("/pay/?o=") {
            *self.done.entry("ordered by WeChat").or_default() += 1;
            let (status, _) = self.paying.press(&link_in(&said)).await;
            if self.cut.mend() && status != 200 {
                self.paying.press(&link_in(&said)).await;
            }
        }
    }

    /// She pays; the notification comes, is lost, or WeChat answers nonsense for a while.
    async fn pay(&mut self, choice: usize) {
        let open: Vec<_> =
            self.paying.pay.trades().into_iter().filter(|trade| trade.state == "NOTPAY").collect();
        let Some(trade) = open.get(choice % open.len().max(1)) else { return };
        if choice.is_multiple_of(7) {
            self.paying.pay.fail("/v3/", PayFault::Lost);
        }
        let told = self.paying.pay.pay(&trade.trade_no).unwrap();
        *self.done.entry("paid").or_default() += 1;
        self.told.push(trade.trade_no.clone());
        if !choice.is_multiple_of(4) {
            self.paying.tell(&told).await;
        }
    }

    async fn tell_again(&mut self, choice: usize) {
        let Some(trade_no) = self.told.get(choice % self.told.len().max(1)) else { return };
        let told = self.paying.pay.tell_trade(trade_no, |_| ());
        self.paying.tell(&told).await;
    }

    /// Mostly a form that the page would show.
    async fn command(&mut self, choice: usize) {
        if self.cut.is_off() {
            return;
        }
        let orders = self.orders().await;
        let Some(order) = orders.get(choice % orders.len().max(1)) else { return };
        let reason = || "写明原因".to_owned();
        let in_part = choice.is_multiple_of(5) && order.state == State::Placed;
        let refund = order.refunds.iter().find(|refund: &&Refund| !refund.done);
        let command = match COMMANDS[choice / 7 % COMMANDS.len()] {
            "confirm" => OrderCommand::Confirm {
                quantities: in_part.then(|| {
                    order.lines.iter().map(|line| (line.quantity.0 / 2_000).to_string()).collect()
                }),
            },
            "pack" => OrderCommand::Pack { weights: None },
            "send" => OrderCommand::Send { run: "一号车".into() },
            "arrive" => OrderCommand::Arrive,
            "collect" => {
                OrderCommand::Collect { code: order.code.clone().unwrap_or_else(|| "0000".into()) }
            }
            "cancel" => OrderCommand::Cancel { reason: reason() },
            "refuse" => OrderCommand::Refuse { reason: reason() },
            "ask_return" => OrderCommand::AskReturn { reason: reason() },
            "take_return" => OrderCommand::TakeReturn { fit: choice.is_multiple_of(2) },
            _ => OrderCommand::Refunded {
                no: refund.map_or_else(String::new, |refund| refund.no.clone()),
            },
        };
        let form = command.form();
        let (number, revision) = (order.number.digits(), order.revision);
        let office = &self.paying.county.office;
        if office.order_command(&self.session, &number, revision, command).await.is_ok() {
            *self.done.entry(form).or_default() += 1;
        }
    }

    /// The world comes to rest: what is owed is given back, what is lost is asked for.
    async fn come_to_rest(&mut self) {
        self.cut.mend();
        self.paying.pay.heal();
        for _ in 0..4 {
            self.paying.pass(3 * 3_600).await;
        }
    }

    async fn all_adds_up(&self, seed: u64) {
        let office = &self.paying.county.office;
        assert_eq!(office.reconcile_shop().await.unwrap(), Vec::<String>::new(), "seed {seed}");
        let orders = self.orders().await;
        let mut kept = 0;
        for order in &orders {
            let of_wechat: i64 = order
                .transactions
                .iter()
                .filter(|payment| !payment.in_cash())
                .map(|payment| order.left_of(payment).0)
                .sum();
            kept += of_wechat;
            for refund in order.refunds.iter().filter(|refund| !refund.in_cash()) {
                assert!(refund.done, "seed {seed}: {} is not given back", refund.no);
            }
        }
        assert_eq!(self.paying.pay.kept(), kept, "seed {seed}: WeChat holds what orders say");
        for (article, began) in [("A1", 100_000), ("A2", 7_000)] {
            let stock = load::<Stock>(&*self.cut, keys::stock(article)).await.unwrap().unwrap();
            let moves = list::<StockMove>(&*self.cut, keys::stock_moves(article), 1_000).await;
            let moves: Vec<_> = moves.unwrap().into_iter().map(|one| one.record).collect();
            let gone: i64 = orders.iter().map(|order| gone(order, article, &moves)).sum();
            assert_eq!(stock.record.on_hand.0, began - gone, "seed {seed}: {article}");
        }
    }
}

/// What buyers have for good; what came back unfit is in no stock either.
fn gone(order: &Order, article: &str, moves: &[StockMove]) -> i64 {
    let of_it = moves.iter().filter(|one| one.order == Some(order.number.digits()));
    let sold: i64 = of_it
        .map(|one| match one.kind {
            MoveKind::Sale => one.quantity.0,
            MoveKind::Return => -one.quantity.0,
            _ => 0,
        })
        .sum();
    let lines = order.lines.iter().filter(|line| line.article == article);
    let ordered: i64 = lines.map(|line| line.quantity.0).sum();
    match order.state {
        State::Collected | State::Delivered | State::Completed | State::Returning => {
            assert_eq!(sold, ordered, "{}: sold once", order.number);
        }
        State::Returned => assert!(sold == 0 || sold == ordered, "{}", order.number),
        _ => assert_eq!(sold, 0, "{}: nothing is sold", order.number),
    }
    sold
}

#[tokio::test]
async fn random_lives_with_crashes_and_retries_always_add_up() {
    let mut done: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 1..=3_u64 {
        let cut = Arc::new(Cut::new());
        let mut machine = Machine {
            paying: Paying::on(cut.clone()).await,
            cut,
            dice: Dice(seed * 0x9E37_79B9_7F4A_7C15),
            session: Session {
                name: "平台一号".into(),
                role: Role::Clerk,
                department: None,
                village: None,
                merchant: None,
                csrf: String::new(),
                must_change: false,
            },
            told: Vec::new(),
            done: BTreeMap::new(),
        };
        machine.paying.county.wechat.follow(FARM);
        for n in 0..60 {
            machine.step(n).await;
        }
        machine.come_to_rest().await;
        machine.all_adds_up(seed).await;
        for (what, times) in std::mem::take(&mut machine.done) {
            *done.entry(what).or_default() += times;
        }
    }
    // It walked everywhere, or it shows nothing.
    for what in ["ordered in cash", "ordered by WeChat", "paid", "confirm", "collect", "cancel"] {
        assert!(done.get(what).is_some_and(|times| *times >= 3), "{what}: {done:?}");
    }
    assert!(done["cut off"] >= 15, "{done:?}");
}
