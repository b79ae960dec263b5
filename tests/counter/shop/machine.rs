//! Random lives of orders in the whole program: chat, counter, pages, the clock, WeChat Pay and
//! its notifications, with a store that is cut off before a commit or behind it, messages that
//! come again, and restarts in between. Whatever happens, and after each step: the moves make the
//! stock, what is set aside is for open orders, what was paid and given back is the payments, each
//! order stands in one state and is the fold of its events, and none is lost or doubled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bianmin::office::shop::{CounterOrder, OrderCommand};
use bianmin::office::{Owes, Role, Session};
use bianmin::shop::{Order, State};
use bianmin::store::{
    Batch, Engine, Found, Key, MemoryEngine, Range, Stats, StoreError, Stored, keys, list,
    list_by_index,
};

use super::market::FARM;
use super::pay::{Paying, link_in};

const SEEDS: [u64; 3] = [1, 2, 3];
const STEPS: usize = 70;
const VILLAGERS: usize = 4;
const ORDERS_MAX: usize = 500;
/// She may order the same again, and write as much as she likes.
const BETWEEN: i64 = 11 * 60;

/// A store that is cut off: before a commit, or behind it and before it is answered.
pub(super) struct Cut {
    inner: MemoryEngine,
    /// Commits until then.
    left: AtomicI64,
    kept: AtomicBool,
    off: AtomicBool,
}

impl Cut {
    pub fn new() -> Self {
        Self {
            inner: MemoryEngine::default(),
            left: AtomicI64::new(i64::MAX),
            kept: AtomicBool::new(false),
            off: AtomicBool::new(false),
        }
    }

    pub fn after(&self, commits: i64, kept: bool) {
        self.kept.store(kept, Ordering::SeqCst);
        self.left.store(commits, Ordering::SeqCst);
    }

    /// True: it was off.
    pub fn mend(&self) -> bool {
        self.left.store(i64::MAX, Ordering::SeqCst);
        self.off.swap(false, Ordering::SeqCst)
    }

    pub fn is_off(&self) -> bool {
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

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

struct Machine {
    seed: u64,
    paying: Paying,
    cut: Arc<Cut>,
    dice: Dice,
    session: Session,
    /// Payments that WeChat may tell of again at any time.
    told: Vec<String>,
    /// Numbers that somebody was told: they must be there for ever.
    promised: BTreeSet<String>,
    done: BTreeMap<&'static str, usize>,
}

const COMMANDS: [&str; 11] = [
    "confirm",
    "part",
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
    async fn open(seed: u64) -> Self {
        let cut = Arc::new(Cut::new());
        let machine = Self {
            seed,
            paying: Paying::on(cut.clone()).await,
            cut,
            dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            session: Session {
                name: "平台一号".into(),
                role: Role::Director,
                department: None,
                village: None,
                merchant: None,
                from: String::new(),
                csrf: String::new(),
                owes: Owes::Nothing,
            },
            told: Vec::new(),
            promised: BTreeSet::new(),
            done: BTreeMap::new(),
        };
        machine.paying.county.wechat.follow(FARM);
        machine
    }

    fn count(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    async fn orders(&self) -> Vec<Order> {
        let all = list::<Order>(&*self.cut, keys::all_orders(), ORDERS_MAX).await.unwrap();
        all.into_iter().map(|order| order.record).collect()
    }

    /// One thing that somebody does; what was cut off is done again, sometimes by a program that
    /// was started anew.
    async fn step(&mut self, n: usize) {
        let (kind, choice) = (self.dice.below(16), self.dice.below(1_000_000));
        if self.dice.one_in(3) {
            let (commits, kept) = (self.dice.below(3) as i64, self.dice.one_in(2));
            self.cut.after(commits, kept);
        }
        self.act(n, kind, choice).await;
        if self.cut.mend() {
            self.count("cut off");
            if self.dice.one_in(5) {
                self.count("restart");
                self.paying.restart().await;
            }
            self.act(n, kind, choice).await;
        }
        self.cut.mend();
        self.paying.tick(BETWEEN);
    }

    async fn act(&mut self, n: usize, kind: usize, choice: usize) {
        match kind {
            0 | 1 => self.at_the_counter(n, choice).await,
            2..=4 => self.order_in_the_chat(choice).await,
            5 => self.pay(choice).await,
            6 => self.tell_again(choice).await,
            7 => self.wait(choice).await,
            8 => self.merchant_answers(choice).await,
            9 => self.villager_thinks_again(choice).await,
            _ => self.command(choice).await,
        }
    }

    async fn wait(&mut self, choice: usize) {
        let seconds = [60, 1_900, 3_600, 9_000, 90_000][choice % 5];
        if self.paying.try_pass(seconds).await {
            self.count("waited");
        }
    }

    async fn at_the_counter(&mut self, n: usize, choice: usize) {
        let mut asked = CounterOrder {
            goods: ["尿素2袋", "复合肥1袋", "尿素1袋，复合肥1袋", "尿素1袋，洗衣液3kg1瓶"]
                [choice % 4]
                .into(),
            village: "毛庄村".into(),
            name: "肖奉安".into(),
            phone: format!("1380014{n:04}"),
            way: if choice.is_multiple_of(3) { "home" } else { "pickup" }.into(),
            address: "三组老肖家".into(),
            token: format!("t{n}"),
            again: true,
            ..CounterOrder::default()
        };
        let office = self.paying.county.office.clone();
        if let Ok(priced) = office.price_at_counter(&self.session, &asked).await {
            asked.shown = priced.fen.to_string();
        }
        let numbers = office.order_at_counter(&self.session, &asked).await;
        if self.cut.is_off() {
            return;
        }
        let Ok(numbers) = numbers else { return };
        self.count("ordered in cash");
        // The form sent twice.
        assert_eq!(office.order_at_counter(&self.session, &asked).await.unwrap(), numbers);
        let of_hers = self.orders().await;
        let of_hers = of_hers.iter().filter(|order| order.phone == asked.phone);
        assert_eq!(of_hers.count(), numbers.len(), "seed {}: one form, one order", self.seed);
        self.promised.extend(numbers);
    }

    /// As WeChat delivers it: again until it is answered, and sometimes once more after that.
    async fn say(&mut self, who: &str, text: &str) -> String {
        let account = &self.paying.county.account;
        let villager = account.villager(who);
        let xml = villager.message("text", &format!("<Content>{text}</Content>"));
        let url = self.paying.county.webhook();
        let mut said = None;
        for _ in 0..3 {
            if let Ok(answer) = villager.deliver(&url, &xml).await {
                said = Some(answer.text().to_owned());
                break;
            }
            if self.cut.mend() {
                *self.done.entry("cut off").or_default() += 1;
            }
        }
        let Some(said) = said else { return String::new() };
        if self.dice.one_in(4) && !self.cut.is_off() {
            let again = villager.deliver(&url, &xml).await;
            if let Ok(again) = again {
                assert_eq!(again.text(), said, "seed {}: {text}, delivered again", self.seed);
            }
        }
        said
    }

    async fn orders_of(&self, phone: &str) -> usize {
        self.orders().await.iter().filter(|order| order.phone == phone).count()
    }

    async fn order_in_the_chat(&mut self, choice: usize) {
        if self.cut.is_off() {
            return;
        }
        let n = choice % VILLAGERS;
        let (who, phone) = (villager(n), format!("1380013800{n}"));
        let pay = if choice.is_multiple_of(3) { "现金" } else { "用微信付" };
        let before = self.orders_of(&phone).await;
        self.say(&who, "取消").await;
        let quantity = 1 + choice / 7 % 3;
        let wish = format!("我要买{quantity}袋尿素，毛庄村自取，我叫肖奉安，电话{phone}");
        self.say(&who, &wish).await;
        self.say(&who, pay).await;
        let mut said = self.say(&who, "确认").await;
        if said.contains("还要再来一份") {
            said = self.say(&who, "确认").await;
        }
        self.cut.mend();
        let after = self.orders_of(&phone).await;
        if !said.starts_with("订好了") {
            assert_eq!(after, before, "seed {}: nothing was ordered: {said}", self.seed);
            return;
        }
        assert_eq!(after, before + 1, "seed {}: one confirmation, one order", self.seed);
        self.promised.insert(crate::county::number_in(&said));
        self.count("ordered in the chat");
        if said.contains("/pay/?o=") {
            self.count("to be paid by WeChat");
            let (status, _) = self.paying.press(&link_in(&said)).await;
            if self.cut.mend() && status != 200 {
                self.paying.press(&link_in(&said)).await;
            }
        }
    }

    /// She pays; the notification comes, comes twice, or is lost.
    async fn pay(&mut self, choice: usize) {
        let open: Vec<_> =
            self.paying.pay.trades().into_iter().filter(|trade| trade.state == "NOTPAY").collect();
        let Some(trade) = open.get(choice % open.len().max(1)) else { return };
        let told = self.paying.pay.pay(&trade.trade_no).unwrap();
        self.count("paid by WeChat");
        self.told.push(trade.trade_no.clone());
        for _ in 0..choice % 3 {
            self.paying.tell(&told).await;
        }
    }

    async fn tell_again(&mut self, choice: usize) {
        let Some(trade_no) = self.told.get(choice % self.told.len().max(1)) else { return };
        let told = self.paying.pay.tell_trade(trade_no, |_| ());
        self.paying.tell(&told).await;
        self.count("told again");
    }

    async fn merchant_answers(&mut self, choice: usize) {
        self.say(FARM, "取消").await;
        self.say(FARM, "接单").await;
        // Of several it is the first.
        self.say(FARM, "1").await;
        let said = match choice % 3 {
            0 => {
                self.say(FARM, "不接").await;
                self.say(FARM, "厂里断货了").await
            }
            _ => self.say(FARM, "全接").await,
        };
        if said.contains("已接单") || said.contains("不接了") {
            self.count("answered in the chat");
        }
    }

    async fn villager_thinks_again(&mut self, choice: usize) {
        let who = villager(choice % VILLAGERS);
        self.say(&who, "取消").await;
        let (word, end) = if choice.is_multiple_of(2) {
            ("取消订单", "是")
        } else {
            ("退货", "太多了")
        };
        let said = self.say(&who, word).await;
        if said.contains("回前面的数字") {
            self.say(&who, "1").await;
        }
        let said = self.say(&who, end).await;
        if said.contains("已取消") || said.contains("的退货记下了") {
            self.count("thought again");
        }
    }

    /// Mostly a form that the page would show, for one of the oldest that are under way.
    async fn command(&mut self, choice: usize) {
        if self.cut.is_off() {
            return;
        }
        let mut orders = self.orders().await;
        orders.retain(|order| order.state.is_open() || choice.is_multiple_of(3));
        let Some(order) = orders.get(choice % orders.len().clamp(1, 4)) else { return };
        let likely = match order.state {
            State::Placed => "confirm",
            State::Confirmed => "pack",
            State::Packed => "send",
            State::InTransit => "arrive",
            State::Arrived => "collect",
            State::Collected | State::Delivered => "ask_return",
            State::Returning => "take_return",
            _ => "refunded",
        };
        let any = COMMANDS[choice / 7 % COMMANDS.len()];
        let name = if !(choice / 100).is_multiple_of(4) { likely } else { any };
        let command = command(name, order, choice);
        let form = command.form();
        let (number, revision) = (order.number.digits(), order.revision);
        let office = &self.paying.county.office;
        if office.order_command(&self.session, &number, revision, command).await.is_ok() {
            self.count(form);
        }
    }

    /// What holds after each step, whatever was cut off.
    async fn adds_up(&self, n: usize) {
        let at = format!("seed {}, step {n}", self.seed);
        // Stocks are their moves, reserved is what open orders hold, orders are their events, and
        // nothing is given back that was not paid.
        let wrong = self.paying.county.office.reconcile_shop().await.unwrap();
        assert_eq!(wrong, Vec::<String>::new(), "{at}");
        let orders = self.orders().await;
        let numbers: BTreeSet<String> = orders.iter().map(|one| one.number.digits()).collect();
        let lost: Vec<_> = self.promised.difference(&numbers).collect();
        assert!(lost.is_empty(), "{at}: {lost:?} were promised and are not there");
        let mut in_a_state = Vec::new();
        for state in State::ALL {
            let range = keys::orders_in_state(state.id());
            let found = list_by_index::<Order>(&*self.cut, range, ORDERS_MAX).await.unwrap();
            in_a_state.extend(found.into_iter().map(|(_, one)| one.record.number.digits()));
        }
        in_a_state.sort();
        assert_eq!(in_a_state, Vec::from_iter(numbers), "{at}: each order in one state");
        // One confirmation made an order and its siblings, and no other.
        let mut made: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for order in &orders {
            made.entry(&order.key).or_default().insert(order.number.digits());
        }
        for order in &orders {
            let mut together: BTreeSet<String> =
                order.siblings.iter().map(|number| number.digits()).collect();
            together.insert(order.number.digits());
            assert_eq!(made[order.key.as_str()], together, "{at}");
        }
        let trades = self.paying.pay.trades();
        for payment in orders.iter().flat_map(|order| &order.transactions) {
            let known = trades.iter().find(|trade| trade.transaction == payment.id);
            let paid = known.map(|trade| trade.total);
            assert!(
                payment.paid_by().by_hand() || paid == Some(payment.amount.0),
                "{at}: {payment:?}"
            );
        }
    }

    /// The world comes to rest: what is owed is given back, what was not told is asked for. Then
    /// every fen that WeChat holds is owed to a merchant.
    async fn comes_to_rest(&mut self) {
        for _ in 0..4 {
            assert!(self.paying.try_pass(3 * 3_600).await);
        }
        self.adds_up(STEPS).await;
        let mut kept = 0;
        for order in self.orders().await {
            let by_wechat =
                order.transactions.iter().filter(|payment| !payment.paid_by().by_hand());
            kept += by_wechat.map(|payment| order.left_of(payment).0).sum::<i64>();
            for refund in order.refunds.iter().filter(|refund| !refund.paid_by().by_hand()) {
                assert!(refund.done, "seed {}: {} is not given back", self.seed, refund.no);
            }
        }
        assert_eq!(self.paying.pay.kept(), kept, "seed {}", self.seed);
    }
}

fn villager(n: usize) -> String {
    format!("oChat{n:023}")
}

fn command(name: &str, order: &Order, choice: usize) -> OrderCommand {
    let reason = || "写明原因".to_owned();
    let half = || order.lines.iter().map(|line| (line.quantity.0 / 2_000).to_string()).collect();
    let refund = order.refunds.iter().find(|refund| !refund.done);
    match name {
        "confirm" => OrderCommand::Confirm { quantities: None },
        "part" => OrderCommand::Confirm { quantities: Some(half()) },
        "pack" => OrderCommand::Pack { weights: None },
        "send" => OrderCommand::Send { run: "一号车".into() },
        "arrive" if order.address.is_empty() || choice.is_multiple_of(5) => OrderCommand::Arrive,
        "arrive" => OrderCommand::Deliver,
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
    }
}

#[tokio::test]
async fn random_lives_with_crashes_retries_and_restarts_always_add_up() {
    let mut done: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in SEEDS {
        let mut machine = Machine::open(seed).await;
        for n in 0..STEPS {
            machine.step(n).await;
            machine.adds_up(n).await;
        }
        machine.comes_to_rest().await;
        for (what, times) in machine.done {
            *done.entry(what).or_default() += times;
        }
    }
    // It walked everywhere, or it shows nothing.
    for what in [
        "ordered in cash",
        "ordered in the chat",
        "paid by WeChat",
        "told again",
        "answered in the chat",
        "thought again",
        "confirm",
        "arrive",
        "collect",
        "restart",
        "waited",
    ] {
        assert!(done.contains_key(what), "{what}: {done:?}");
    }
    assert!(done["cut off"] >= 20, "{done:?}");
}
