//! What a dialog can have done in the shop: reading a wish, filling a cart, placing orders, and
//! what buyers and merchants do with theirs. Only ever her own, only ever its own.

use crate::county::Channel;
use crate::desk::{self, NumberRead};
use crate::dialog::{Call, Fields, Value};
use crate::office::actions::{Outcome, as_choice, as_text};
use crate::office::random::to_hex;
use crate::office::turn::Turn;
use crate::shop::{
    self, Actor, Article, Command, Fen, Fulfil, Merchant, Milli, Order, Parcel, Party, PayMethod,
    PayState, RemedyKind, State, Step, Wish,
};
use crate::store::records::Person;
use crate::store::{Loaded, StoreError, keys, list_by_index, load};

use super::browse::ROWS_MAX;
use super::merchants::person_of;
use super::orders::Stepped;
use super::placing::{NewOrder, Placed};

const OWN_EXAMINED: usize = 100;
const OWN_SHOWN: usize = 9;
const NOT_HERS: &str = "没有找到这个订单。回「我的订单」看您的全部。";
const NO_MERCHANT: &str = "您还没有登记成商家。请向平台要商家口令，再回「绑定商家」。";

/// For what a buyer looks at her orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Look,
    Cancel,
    Again,
    Return,
    Remedy,
    Weigh,
}

impl Purpose {
    /// What she may do to it is in the one table of transitions.
    fn fits(self, order: &Order) -> bool {
        let may = |step| shop::may(order.state, step, Party::Buyer);
        match self {
            Purpose::Look | Purpose::Again => true,
            Purpose::Cancel => may(Step::Cancelled),
            Purpose::Return => may(Step::ReturnAsked),
            Purpose::Remedy => may(Step::RemedyAsked) && order.open_remedy().is_none(),
            Purpose::Weigh => order.weights.is_some() && may(Step::Packed),
        }
    }
}

impl Turn<'_> {
    /// `None`: it is not an action of the shop.
    pub(in crate::office) async fn act_in_shop(&mut self, call: &Call) -> Option<Outcome> {
        Some(match call.action.as_str() {
            "read_wish" => self.read_wish(call).await,
            "find_goods" => self.find_goods(call).await,
            "goods_groups" => self.goods_groups().await,
            "browse_goods" => self.browse_goods(call).await,
            "fill_cart" => self.fill_cart(call).await,
            "place_order" => self.place_order(call).await,
            "order_again" => self.order_again(call).await,
            "my_orders" => self.own_orders(call, Purpose::Look).await,
            "orders_to_cancel" => self.own_orders(call, Purpose::Cancel).await,
            "orders_to_repeat" => self.own_orders(call, Purpose::Again).await,
            "orders_to_return" => self.own_orders(call, Purpose::Return).await,
            "orders_to_weigh" => self.own_orders(call, Purpose::Weigh).await,
            "orders_to_remedy" => self.own_orders(call, Purpose::Remedy).await,
            "order_lines" => self.order_lines(call).await,
            "cancel_order" => self.cancel_order(call).await,
            "return_order" => self.return_order(call).await,
            "remedy_order" => self.remedy_order(call).await,
            "accept_weight" => self.accept_weight(call).await,
            "complain_order" => self.complain_order(call).await,
            "my_parcels" => self.own_parcels().await,
            "leave_wish" => self.leave_wish(call).await,
            "bind_merchant" => self.bind_merchant(call).await,
            "merchant_orders" => self.merchant_orders(call).await,
            "answer_order" => self.answer_order(call).await,
            _ => return None,
        })
    }

    pub(super) fn today(&self) -> jiff::civil::Date {
        crate::calendar::local_date(self.now)
    }

    /// 3袋尿素和2瓶洗衣液: which goods, how much of each, and what has to be asked.
    async fn read_wish(&mut self, call: &Call) -> Outcome {
        let what = text(call, "what").unwrap_or_default();
        let shelf = self.office.shelf().await?;
        let wishes = shelf.read(&what, self.today());
        let one = |result: &str, note: String| record([("result", result), ("note", &note)]);
        if let Some(wish) = wishes.iter().find(|wish| wish.shop_only) {
            let note = format!("{}只能到店里买，不能在这里订。", wish.said);
            return Ok(Ok(one("没有", note)));
        }
        let Some(first) = wishes.first() else {
            if shelf.search(&what, self.today(), 1).is_empty() {
                let note = format!("没有找到「{}」。", shortened(&what));
                return Ok(Ok(one("没有", note)));
            }
            return Ok(Ok(one("选", String::new())));
        };
        let unclear = |wish: &&Wish| wish.articles.len() != 1 || wish.quantity.is_none();
        if wishes.len() > 1
            && let Some(wish) = wishes.iter().find(unclear)
        {
            let why = if wish.quantity.is_none() { "没说要多少" } else { "有好几种" };
            let note = format!("「{}」{why}，请一样一样说，例如：{}。", wish.said, example());
            return Ok(Ok(one("没有", note)));
        }
        let lines = wishes.iter().filter_map(|wish| Some((shelf.at(wish.articles[0])?, wish)));
        let picks = lines.map(|(article, wish)| (article.id.clone(), wish.quantity));
        let picks: Vec<(String, Milli)> =
            picks.map(|(id, quantity)| (id, quantity.unwrap_or_default())).collect();
        let (result, unit) = match (first.articles.len(), first.quantity) {
            (1, Some(_)) => ("好", ""),
            (1, None) => ("数", shelf.at(first.articles[0]).map_or("", |a| a.unit.as_str())),
            (_, quantity) => (if quantity.is_some() { "选" } else { "选数" }, ""),
        };
        let quantity = first.quantity.map(|quantity| quantity.0.to_string()).unwrap_or_default();
        let name = shelf.at(first.articles[0]).map(priced_title).unwrap_or_default();
        Ok(Ok(record([
            ("result", result),
            ("note", &name),
            ("unit", unit),
            ("picks", &joined(&picks)),
            ("quantity", &quantity),
        ])))
    }

    /// Goods of that name, to be chosen from.
    async fn find_goods(&mut self, call: &Call) -> Outcome {
        let what = text(call, "what").unwrap_or_default();
        let shelf = self.office.shelf().await?;
        let today = self.today();
        let wishes = shelf.read(&what, today);
        let found: Vec<&Article> = match wishes.first() {
            Some(wish) => wish.articles.iter().filter_map(|at| shelf.at(*at)).collect(),
            None => shelf.search(&what, today, ROWS_MAX),
        };
        let shown = found.iter().take(ROWS_MAX);
        Ok(Ok(Value::List(shown.map(|article| self.goods_row(&shelf, article)).collect())))
    }

    /// What she wants, priced as it is now; nothing is set aside yet.
    async fn fill_cart(&mut self, call: &Call) -> Outcome {
        let wish = |name: &str| field(call, "wish", name).unwrap_or_default();
        let mut picks = parted(&wish("picks"));
        if let Some(article) = chosen(call, "article") {
            let said = wish("quantity").parse().map(Milli).ok();
            let quantity = quantity(call, "qty").or(said).unwrap_or(Milli::ONE);
            picks = vec![(article, quantity)];
        } else if let (Some(quantity), [one]) = (quantity(call, "qty"), picks.as_mut_slice()) {
            one.1 = quantity;
        }
        let mut note = String::new();
        if let Some(more) = text(call, "more") {
            let shelf = self.office.shelf().await?;
            for wish in shelf.read(&more, self.today()) {
                match (&wish.articles[..], wish.quantity) {
                    ([at], Some(quantity)) => {
                        picks.extend(shelf.at(*at).map(|a| (a.id.clone(), quantity)));
                    }
                    _ => note = format!("「{}」没有看明白，先没放进去。", wish.said),
                }
            }
        }
        let new = self.new_order(call, picks);
        self.cart(new, note).await
    }

    async fn cart(&mut self, mut new: NewOrder, note: String) -> Outcome {
        // Who is not known yet has ordered nothing.
        new.person = self.contact.person.clone().unwrap_or_default();
        match self.office.price(&new, self.now).await? {
            Ok((parcels, total)) => {
                let by_wechat = self.office.payments.as_ref();
                let by_wechat = by_wechat.is_some_and(|pay| pay.serves(&self.address));
                Ok(Ok(cart_record(&new, &parcels, total, note, by_wechat)))
            }
            Err(refusal) => {
                let why = refusal.to_string();
                Ok(Ok(record([("result", "不行"), ("note", &why)])))
            }
        }
    }

    fn new_order(&self, call: &Call, picks: Vec<(String, Milli)>) -> NewOrder {
        let (village, village_name) = match call.args.get("village").map(|a| &a.value) {
            Some(Value::Village { code, name }) => {
                let tables = self.office.tables();
                let place = tables.places.get(code);
                let whole = place.map(|place| format!("{}{}", place.township, place.name));
                (code.clone(), whole.unwrap_or_else(|| name.clone()))
            }
            _ => (String::new(), String::new()),
        };
        let fulfil = choice(call, "way").and_then(|word| Fulfil::from_word(&word));
        let fulfil = fulfil.unwrap_or(Fulfil::Pickup);
        let by_way = match fulfil {
            Fulfil::Pickup => PayMethod::CashAtShop,
            Fulfil::Home => PayMethod::CashOnDelivery,
        };
        let serves = self.office.payments.as_ref().is_some_and(|pay| pay.serves(&self.address));
        let pay = choice(call, "pay").and_then(|word| PayMethod::from_word(&word));
        let pay = pay.filter(|pay| serves || *pay != PayMethod::Wechat);
        NewOrder {
            picks,
            shown: None,
            again: false,
            key: key_of(&[&self.contact.address, &call.id]),
            person: String::new(),
            name: text(call, "name").unwrap_or_default(),
            phone: text(call, "phone").unwrap_or_default(),
            village,
            village_name,
            fulfil,
            address: text(call, "address").unwrap_or_default(),
            pay: pay.unwrap_or(by_way),
            note: String::new(),
            channel: self.address.channel.id().to_owned(),
        }
    }

    async fn place_order(&mut self, call: &Call) -> Outcome {
        let picks = parted(&field(call, "cart", "picks").unwrap_or_default());
        let mut new = self.new_order(call, picks);
        let fen = |slot: &str| field(call, slot, "fen")?.parse().map(Fen).ok();
        new.shown = fen("placed").or_else(|| fen("cart"));
        new.again = field(call, "placed", "result").is_some();
        let keep = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        new.person = self.person(keep(&new.name), keep(&new.phone)).await?;
        let by = Actor::Buyer { person: new.person.clone() };
        let placed = self.office.place_orders(&mut self.changes, &new, &by, self.now).await?;
        let orders = match placed {
            Placed::Refused(refusal) => return Ok(Err(refusal.to_string())),
            Placed::Changed(total) => {
                let note = format!("价格刚刚变了，现在共{total}。");
                return Ok(Ok(record([
                    ("result", "再问"),
                    ("note", &note),
                    ("fen", &total.0.to_string()),
                ])));
            }
            Placed::Same(number) => {
                let note = format!("您刚下过一样的单（{number}），还要再来一份吗？");
                let total = new.shown.unwrap_or_default().0.to_string();
                return Ok(Ok(record([("result", "再问"), ("note", &note), ("fen", &total)])));
            }
            Placed::Before(orders) => orders,
            Placed::Orders { orders, told } => {
                for message in told {
                    self.changes.create(&message)?;
                    self.bells.outbox = true;
                }
                self.office.counters.orders.add(orders.len() as u64);
                orders
            }
        };
        let numbers: Vec<String> = orders.iter().map(|order| order.number.to_string()).collect();
        let total: i64 = orders.iter().map(|order| order.total().0).sum();
        let due = orders.iter().map(|order| order.confirm_by).max();
        let due = due.map(|at| format!("{}前", crate::calendar::spoken(at))).unwrap_or_default();
        Ok(Ok(record([
            ("result", "好"),
            ("order_no", &numbers.join("、")),
            ("total", &Fen(total).to_string()),
            ("shop", &format!("{}店", orders.first().map_or("", |o| o.village_name.as_str()))),
            ("due", &due),
            ("link", &self.pay_link(&orders).unwrap_or_default()),
        ])))
    }

    /// Where she pays what she ordered, if it is by WeChat and from here. The page leads to the
    /// other orders of the cart.
    fn pay_link(&self, orders: &[Order]) -> Option<String> {
        let serves = self.office.payments.as_ref()?.serves(&self.address);
        orders.iter().filter(|_| serves).find_map(|order| self.office.pay_link(order))
    }

    /// The same goods again, at today's prices.
    async fn order_again(&mut self, call: &Call) -> Outcome {
        let Some(order) = self.own_order(call).await? else { return Ok(Err(NOT_HERS.into())) };
        let lines = order.record.lines.iter();
        let picks = lines.map(|line| (line.article.clone(), line.ordered)).collect();
        let new = NewOrder {
            village: order.record.village.clone(),
            village_name: order.record.village_name.clone(),
            ..self.new_order(call, picks)
        };
        self.cart(new, String::new()).await
    }

    /// By the number in the message that began the dialog, or all that fit.
    async fn own_orders(&mut self, call: &Call, purpose: Purpose) -> Outcome {
        let Some(person) = self.contact.person.clone() else {
            return Ok(Ok(Value::List(Vec::new())));
        };
        let found =
            list_by_index::<Order>(&*self.office.store, keys::orders_of(&person), OWN_EXAMINED)
                .await?;
        let mut own: Vec<Order> = found.into_iter().map(|(_, order)| order.record).collect();
        if let Err(why) = by_number(call, &mut own, |order| purpose.fits(order)) {
            return Ok(Err(why));
        }
        own.sort_by_key(|order| !order.state.is_open());
        own.truncate(OWN_SHOWN);
        let row = |order: &Order| {
            let mut row = order_fields(order);
            let link = self.pay_link(std::slice::from_ref(order));
            row.extend(link.map(|link| ("link".to_owned(), Value::Text(link))));
            row
        };
        Ok(Ok(Value::List(own.iter().map(row).collect())))
    }

    async fn own_order(&self, call: &Call) -> Result<Option<Loaded<Order>>, StoreError> {
        let (Some(number), Some(person)) = (chosen(call, "order"), &self.contact.person) else {
            return Ok(None);
        };
        let order = load::<Order>(&*self.office.store, keys::order(&digits(&number))).await?;
        Ok(order.filter(|order| order.record.person == *person))
    }

    async fn step_own_order(&mut self, call: &Call, command: Command) -> Outcome {
        let Some(before) = self.own_order(call).await? else { return Ok(Err(NOT_HERS.into())) };
        let by = Actor::Buyer { person: before.record.person.clone() };
        let stepped = self.step_in_turn(&before, &command, &by).await?;
        Ok(stepped.map(|stepped| Value::Record(order_fields(&stepped.order))))
    }

    /// A step of an order in the commit of this turn. `Err`: why not, in words for her.
    async fn step_in_turn(
        &mut self,
        before: &Loaded<Order>,
        command: &Command,
        by: &Actor,
    ) -> Result<Result<Stepped, String>, StoreError> {
        let office = self.office;
        let moved = office.move_order(&mut self.changes, before, command, by, self.now).await?;
        let stepped = match moved {
            Ok(stepped) => stepped,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        for message in &stepped.told {
            self.changes.create(message)?;
            self.bells.outbox = true;
        }
        Ok(Ok(stepped))
    }

    async fn cancel_order(&mut self, call: &Call) -> Outcome {
        let reason = text(call, "reason").unwrap_or_else(|| "本人取消".into());
        self.step_own_order(call, Command::Cancel { reason }).await
    }

    async fn return_order(&mut self, call: &Call) -> Outcome {
        let reason = text(call, "reason").unwrap_or_default();
        self.step_own_order(call, Command::AskReturn { reason }).await
    }

    /// What of an order she has.
    async fn order_lines(&mut self, call: &Call) -> Outcome {
        let Some(order) = self.own_order(call).await? else { return Ok(Err(NOT_HERS.into())) };
        let lines = order.record.lines.iter().enumerate();
        let row = |(n, line): (usize, &shop::Line)| {
            let title = format!("{}×{}{}", line.title, line.quantity, line.unit);
            fields([("line_no", &n.to_string()), ("title", &title)])
        };
        let hers = lines.filter(|(_, line)| line.quantity > Milli::ZERO);
        Ok(Ok(Value::List(hers.take(OWN_SHOWN).map(row).collect())))
    }

    async fn remedy_order(&mut self, call: &Call) -> Outcome {
        let kind = choice(call, "kind").and_then(|word| RemedyKind::from_word(&word));
        let line = chosen(call, "line").and_then(|line| line.parse().ok());
        let (Some(kind), Some(line)) = (kind, line) else { return Ok(Err(String::new())) };
        let reason = text(call, "reason").unwrap_or_default();
        self.step_own_order(call, Command::AskRemedy { kind, line, reason }).await
    }

    async fn accept_weight(&mut self, call: &Call) -> Outcome {
        let agreed = call.args.get("agree").map(|answer| &answer.value);
        let command = match agreed {
            Some(Value::Flag(true)) => Command::AcceptWeight,
            _ => Command::Cancel { reason: "称重不合适".into() },
        };
        self.step_own_order(call, command).await
    }

    /// A complaint about an order is a case, with the order named in it.
    async fn complain_order(&mut self, call: &Call) -> Outcome {
        let Some(before) = self.own_order(call).await? else { return Ok(Err(NOT_HERS.into())) };
        let order = before.record.clone();
        let Some(number) = self.next_number(desk::CaseType::Appeal).await? else {
            return Ok(Err(String::new()));
        };
        let said = text(call, "detail").unwrap_or_default();
        let intake = desk::Intake {
            kind: desk::Kind::Complaint,
            category: Some(COMPLAINT.into())
                .filter(|code: &String| self.office.tables().categories.get(code).is_some()),
            place_code: Some(order.village.clone()).filter(|code| code.len() == 12),
            place_name: Some(order.village_name.clone()),
            text: format!(
                "{said}\n（订单{}，商家{}，{}，共{}）",
                order.number,
                order.merchant_name,
                order.goods(),
                order.total()
            ),
            name: Some(order.name.clone()).filter(|name| !name.is_empty()),
            phone: Some(order.phone.clone()),
            respondent: Some(order.merchant_name.clone()),
            ..desk::Intake::of(number, order.person.clone(), self.address.channel.id())
        };
        let by = Actor::Buyer { person: order.person.clone() };
        let command = Command::Complain { case: number.digits() };
        if let Err(why) = self.step_in_turn(&before, &command, &by).await? {
            return Ok(Err(why));
        }
        self.file(intake).await
    }

    /// The merchant that this address speaks for.
    async fn merchant(&self) -> Result<Option<Loaded<Merchant>>, StoreError> {
        let store = &*self.office.store;
        let range = keys::merchants_at(&self.contact.address);
        let bound = list_by_index::<Merchant>(store, range, 1).await?;
        if let Some((_, merchant)) = bound.into_iter().next() {
            return Ok(Some(merchant));
        }
        if self.address.channel != Channel::Sms {
            return Ok(None);
        }
        let range = keys::merchants_with_phone(&self.address.user);
        Ok(list_by_index::<Merchant>(store, range, 1).await?.into_iter().next().map(|(_, m)| m))
    }

    /// With the pass of the desk, this address speaks for the merchant from now on.
    async fn bind_merchant(&mut self, call: &Call) -> Outcome {
        let pass: String =
            text(call, "pass").unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        let store = &*self.office.store;
        let range = keys::merchants_with_pass(&pass);
        let found = list_by_index::<Merchant>(store, range, 1).await?;
        let Some((_, before)) = found.into_iter().next() else {
            return Ok(Err("口令不对。请向平台要新的商家口令。".into()));
        };
        let mut merchant = before.record.clone();
        let address = self.contact.address.clone();
        if !merchant.addresses.contains(&address) {
            merchant.addresses.push(address.clone());
        }
        // It opens once.
        merchant.pass.clear();
        merchant.revision += 1;
        self.changes.replace(&before, &merchant)?;
        self.office.mark_shelf(&mut self.changes, &merchant.name).await?;
        let key = keys::person(&person_of(&merchant.id));
        if let Some(before) = load::<Person>(store, key).await? {
            let mut person = before.record.clone();
            if !person.addresses.contains(&address) {
                person.addresses.push(address);
            }
            self.changes.replace(&before, &person)?;
        }
        Ok(Ok(record([("name", &merchant.name)])))
    }

    /// What waits for the merchant's answer, the oldest first.
    async fn merchant_orders(&mut self, call: &Call) -> Outcome {
        let Some(merchant) = self.merchant().await? else { return Ok(Err(NO_MERCHANT.into())) };
        let mut own: Vec<Order> = Vec::new();
        let waiting =
            State::ALL.iter().filter(|state| shop::may(**state, Step::Confirmed, Party::Merchant));
        for state in waiting {
            let range = keys::orders_of_merchant(&merchant.record.id, state.id());
            let found = list_by_index::<Order>(&*self.office.store, range, OWN_EXAMINED).await?;
            own.extend(found.into_iter().map(|(_, order)| order.record));
        }
        // Before it is paid there is nothing to answer.
        own.retain(|order| order.pay_state() != PayState::Awaiting);
        if let Err(why) = by_number(call, &mut own, |_| true) {
            return Ok(Err(why));
        }
        own.truncate(OWN_SHOWN);
        Ok(Ok(Value::List(own.iter().map(order_fields).collect())))
    }

    async fn answer_order(&mut self, call: &Call) -> Outcome {
        let Some(merchant) = self.merchant().await? else { return Ok(Err(NO_MERCHANT.into())) };
        let merchant = &merchant.record;
        let number = digits(&chosen(call, "order").unwrap_or_default());
        let before = load::<Order>(&*self.office.store, keys::order(&number)).await?;
        let before = before.filter(|order| order.record.merchant == merchant.id);
        let Some(before) = before else { return Ok(Err("没有这个订单。".into())) };
        let command = match choice(call, "answer").as_deref() {
            Some("all") => Command::Confirm { quantities: None },
            Some("part") => {
                let said = text(call, "quantities").unwrap_or_default();
                let parts = said.split(|c: char| "、，, ；;\n".contains(c));
                let read: Option<Vec<Milli>> = parts
                    .filter(|part| !part.trim().is_empty())
                    .map(|part| crate::zh::quantity(part, true).map(|q| Milli(q.thousandths)))
                    .collect();
                match read {
                    Some(quantities) => Command::Confirm { quantities: Some(quantities) },
                    None => {
                        return Ok(Err("数量没看懂。请按单子的次序回数字，例如：2、0。".into()));
                    }
                }
            }
            _ => Command::Refuse { reason: text(call, "reason").unwrap_or_default() },
        };
        let by = Actor::Merchant { id: merchant.id.clone(), name: merchant.contact.clone() };
        let stepped = self.step_in_turn(&before, &command, &by).await?;
        Ok(stepped.map(|stepped| Value::Record(order_fields(&stepped.order))))
    }
}

/// 平台会员商家投诉 in categories.csv.
const COMPLAINT: &str = "1109";

fn example() -> &'static str {
    "尿素3袋"
}

/// `尿素 40kg，每袋105元`
pub(super) fn priced_title(article: &Article) -> String {
    format!("{}，每{}{}", article.title(), article.unit, article.price)
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(12).collect()
}

fn cart_record(
    new: &NewOrder,
    parcels: &[Parcel],
    total: Fen,
    note: String,
    by_wechat: bool,
) -> Value {
    let lines: Vec<&shop::Line> = parcels.iter().flat_map(|parcel| &parcel.lines).collect();
    let texts: Vec<String> = lines.iter().map(|line| line.priced()).collect();
    let terms: Vec<&str> =
        parcels.iter().flat_map(|parcel| &parcel.terms).map(String::as_str).collect();
    let said = [note.trim_end_matches('。'), &terms.join("；")];
    let note: String =
        said.iter().filter(|part| !part.is_empty()).map(|part| format!("{part}。")).collect();
    record([
        ("result", "好"),
        ("lines", &texts.join("；")),
        ("total", &total.to_string()),
        ("count", &format!("{}样", lines.len())),
        ("note", &note),
        // An SMS of its own, where there is something to say.
        ("first", &note),
        ("picks", &joined(&new.picks)),
        ("fen", &total.0.to_string()),
        ("pay", if by_wechat { "可以" } else { "" }),
        ("terms", if by_wechat { "" } else { "拿到货再付钱。" }),
    ])
}

fn order_fields(order: &Order) -> Fields {
    let title = format!("{} {}", order.goods(), order.state);
    let code = order.code.clone().filter(|_| order.state == State::Arrived);
    fields([
        ("order_no", &order.number.to_string()),
        ("title", &title),
        ("goods", &order.goods()),
        ("state", order.state.word()),
        ("total", &order.total().to_string()),
        ("merchant", &order.merchant_name),
        ("shop", &format!("{}店", order.village_name)),
        ("code", code.as_deref().unwrap_or_default()),
        ("who", &format!("{}{}", order.village_name, order.name)),
        ("may", may_now(order)),
    ])
}

/// What she may do with it, in words of hers.
fn may_now(order: &Order) -> &'static str {
    let may = |step| shop::may(order.state, step, Party::Buyer);
    match order.open_remedy() {
        Some(_) => "换的、修的正在办，办好了告诉您。",
        None if may(Step::ReturnAsked) => "7天里要退回「退货」。坏了回「换货」或「维修」。",
        None if may(Step::RemedyAsked) => "坏了回「维修」。",
        None if may(Step::Cancelled) => "不要了回「取消订单」。",
        None => "",
    }
}

/// Those with the number that stands in the message, or those that fit.
fn by_number(
    call: &Call,
    orders: &mut Vec<Order>,
    fits: impl Fn(&Order) -> bool,
) -> Result<(), String> {
    match text(call, "opening").map(|opening| desk::read_number(&opening)) {
        Some(NumberRead::Whole(number)) => orders.retain(|order| order.number == number),
        Some(NumberRead::Tail(tail)) => orders.retain(|order| order.number.ends_in(&tail)),
        Some(NumberRead::WrongCheckDigit) => {
            return Err("订单号不对，请再看一下。回「我的订单」看您的全部。".into());
        }
        Some(NumberRead::None) | None => orders.retain(fits),
    }
    Ok(())
}

pub(super) fn record<const N: usize>(texts: [(&str, &str); N]) -> Value {
    Value::Record(fields(texts))
}

/// Empty ones are left out.
pub(super) fn fields<const N: usize>(texts: [(&str, &str); N]) -> Fields {
    let filled = texts.into_iter().filter(|(_, text)| !text.is_empty());
    filled.map(|(name, text)| (name.to_owned(), Value::Text(text.to_owned()))).collect()
}

pub(super) fn text(call: &Call, slot: &str) -> Option<String> {
    as_text(&call.args.get(slot)?.value)
}

pub(super) fn choice(call: &Call, slot: &str) -> Option<String> {
    as_choice(&call.args.get(slot)?.value)
}

/// A field of what an earlier call gave.
fn field(call: &Call, slot: &str, name: &str) -> Option<String> {
    match &call.args.get(slot)?.value {
        Value::Record(fields) => as_text(fields.get(name)?),
        _ => None,
    }
}

/// The id of the row that she chose.
pub(super) fn chosen(call: &Call, slot: &str) -> Option<String> {
    match &call.args.get(slot)?.value {
        Value::Row { value, .. } | Value::Choice { value, .. } => Some(value.clone()),
        other => as_text(other),
    }
}

pub(super) fn quantity(call: &Call, slot: &str) -> Option<Milli> {
    match &call.args.get(slot)?.value {
        Value::Quantity { thousandths, .. } | Value::Number(thousandths) => {
            Some(Milli(*thousandths))
        }
        _ => None,
    }
}

fn digits(number: &str) -> String {
    number.replace('-', "")
}

/// `A1:2000;A2:500`
fn joined(picks: &[(String, Milli)]) -> String {
    let parts: Vec<String> = picks.iter().map(|(id, n)| format!("{id}:{}", n.0)).collect();
    parts.join(";")
}

fn parted(text: &str) -> Vec<(String, Milli)> {
    let part = |part: &str| {
        let (id, quantity) = part.split_once(':')?;
        Some((id.to_owned(), Milli(quantity.parse().ok()?)))
    };
    text.split(';').filter_map(part).collect()
}

/// A key that says nothing about whom it is made of.
fn key_of(parts: &[&str]) -> String {
    use sha2::Digest;
    to_hex(&sha2::Sha256::digest(parts.join("\n"))[..16])
}
