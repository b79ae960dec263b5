//! Steps of an order: events, moves of stock, pick-up codes and messages in one commit. And
//! orders as lists and pages show them.

use jiff::Timestamp;

use crate::desk::private::mask_name;
use crate::office::looks::Seen;
use crate::office::views::CommandError;
use crate::office::{Office, random};
use crate::shop::{
    self, Actor, Change, Command, Fen, Milli, Order, OrderEvent, PaidBy, Refusal, State,
    WRONG_CODES_MAX,
};
use crate::store::looks::LookKind;
use crate::store::records::Outgoing;
use crate::store::shop_records::{PickupCode, StoredOrderEvent};
use crate::store::{Changes, Loaded, Range, StoreError, keys, list, list_by_index, load};

use super::ledger::{Entry, Ledger};
use super::placing::{corrupt, in_her_words};
use super::reach::Reach;
use super::views::{
    Complaint, OrderCommand, OrderFilter, OrderLine, OrderRow, OrderView, RefundRow, RemedyRow,
};
use crate::office::views::{Session, TimelineLine};

pub(super) const LIST_MAX: usize = 200;
/// Of a state, to find those that somebody looks for.
const EXAMINED_MAX: usize = 10_000;
const EVENTS_MAX: usize = 1_000;
const REFERENCE_CHARS_MAX: usize = 40;
/// Of a shop's ten thousand codes; more tries mean that it is full.
const CODE_TRIES: usize = 200;

/// What a step did, before it is committed.
#[derive(Debug)]
pub(in crate::office) struct Stepped {
    pub order: Order,
    pub events: Vec<OrderEvent>,
    pub told: Vec<Outgoing>,
}

impl Office {
    /// One command on one order. `revision`: the one that was seen; if somebody was faster,
    /// nothing is done.
    pub(in crate::office) async fn step_order(
        &self,
        number: &str,
        revision: Option<u32>,
        command: &Command,
        by: &Actor,
    ) -> Result<Order, CommandError> {
        let mut tries = self.losers.tries_behind_the_starving().await;
        loop {
            let before = load::<Order>(&*self.store, keys::order(number)).await?;
            let before = before.ok_or(CommandError::NotFound)?;
            if revision.is_some_and(|seen| seen != before.record.revision) {
                return Err(CommandError::Changed);
            }
            let mut changes = Changes::default();
            let now = self.clock.now();
            let stepped = self.move_order(&mut changes, &before, command, by, now).await?;
            let stepped = stepped.map_err(|why| refused(command, why))?;
            if stepped.events.is_empty() {
                return Ok(stepped.order);
            }
            stepped.told.iter().try_for_each(|message| changes.create(message))?;
            match self.store.commit(changes.into_batch()).await {
                Ok(()) => {
                    self.bells.outbox.notify_one();
                    return match wrong_code(&stepped) {
                        Some(refusal) => Err(refused(command, refusal)),
                        None => Ok(stepped.order),
                    };
                }
                Err(StoreError::Conflict(_)) if tries.again().await => continue,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Adds to `changes` all that the command does to the order, or nothing.
    pub(in crate::office) async fn move_order(
        &self,
        changes: &mut Changes,
        before: &Loaded<Order>,
        command: &Command,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Result<Stepped, Refusal>, StoreError> {
        let mut command = command.clone();
        if let Command::Arrive { code } = &mut command {
            match self.free_code(&before.record.village).await? {
                Some(free) => *code = free,
                None => return Ok(Err(Refusal::Full(10_000))),
            }
        }
        let calendar = &self.tables().calendar;
        let events = match shop::decide(Some(&before.record), command, by, now, calendar) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut order = before.record.clone();
        let mut ledger = Ledger::default();
        let mut told = Vec::new();
        let mut rows = Vec::new();
        let digits = order.number.digits();
        for event in &events {
            let reason = event.change.step().word();
            let entry = Entry { order: Some(&digits), by: event.by.shown(), reason, at: event.at };
            for step in order.stock_steps(&event.change) {
                let taken = ledger.take_or_bring(&*self.store, &step, &entry).await?;
                if let Err(refusal) = taken {
                    return Ok(Err(in_her_words(refusal, &order.lines)));
                }
            }
            order.apply(event).map_err(corrupt)?;
            self.note_payback(changes, &order, event).await?;
            let n = order.revision;
            rows.push(StoredOrderEvent { order: digits.clone(), n, event: event.clone() });
            told.extend(self.order_notices(&order, n, event, now));
        }
        if events.is_empty() {
            return Ok(Ok(Stepped { order, events, told }));
        }
        let had_code = before.record.state == State::Arrived;
        let has_code = order.state == State::Arrived;
        if let Some(code) = &order.code {
            let (village, code) = (order.village.clone(), code.clone());
            let key = keys::pickup_code(&village, &code);
            if has_code && !had_code {
                changes.create(&PickupCode { village, code, order: digits.clone() })?;
            } else if had_code
                && !has_code
                && let Some(used) = load::<PickupCode>(&*self.store, key).await?
            {
                changes.remove(&used);
            }
        }
        ledger.write(changes)?;
        self.note_flags(changes, &order, &events).await?;
        rows.iter().try_for_each(|row| changes.create(row))?;
        changes.replace(before, &order)?;
        Ok(Ok(Stepped { order, events, told }))
    }

    /// A code that no open order of the village's shop has. `None`: all are in use.
    async fn free_code(&self, village: &str) -> Result<Option<String>, StoreError> {
        for _ in 0..CODE_TRIES {
            let code = format!("{:04}", u16::from_be_bytes(random::bytes::<2>()) % 10_000);
            let known = load::<PickupCode>(&*self.store, keys::pickup_code(village, &code)).await?;
            if known.is_none() {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    /// Somebody at the village's shop says a code. The number of her order.
    pub async fn order_by_code(
        &self,
        session: &Session,
        village: &str,
        code: &str,
    ) -> Result<Option<String>, CommandError> {
        let village = match self.reach_to_act(session).await? {
            Reach::All => match self.village_code(village) {
                Some(code) => code,
                None => return Ok(None),
            },
            Reach::Village(own) => own,
            Reach::Merchants(_) | Reach::Reads => return Err(CommandError::NotFound),
        };
        let key = keys::pickup_code(&village, code.trim());
        let found = load::<PickupCode>(&*self.store, key).await?;
        Ok(found.map(|found| found.record.order))
    }

    pub async fn orders(
        &self,
        session: &Session,
        filter: &OrderFilter,
    ) -> Result<Vec<OrderRow>, CommandError> {
        let reach = self.reach(session).await?;
        let mut filter = filter.clone();
        if let Some(named) = filter.village.as_deref().filter(|named| !named.trim().is_empty()) {
            // What is no village has no orders.
            filter.village = Some(self.village_code(named).unwrap_or_else(|| named.to_owned()));
        }
        let mut orders = match &reach {
            Reach::All | Reach::Reads => self.orders_matching(&filter, &reach).await?,
            Reach::Village(own) => {
                filter.village = Some(own.clone());
                self.orders_matching(&filter, &reach).await?
            }
            Reach::Merchants(own) => {
                let asked = filter.merchant.take().filter(|id| !id.is_empty());
                let mut all = Vec::new();
                for id in own.iter().filter(|id| asked.as_ref().is_none_or(|one| one == *id)) {
                    filter.merchant = Some(id.clone());
                    all.extend(self.orders_matching(&filter, &reach).await?);
                }
                all
            }
        };
        orders.sort_by_key(|order| (order.placed_at, order.number));
        orders.dedup_by_key(|order| order.number);
        if of_what_is_over(&filter) {
            orders.reverse();
        }
        orders.truncate(LIST_MAX);
        Ok(orders.iter().map(|order| row_for(&reach, order)).collect())
    }

    async fn orders_matching(
        &self,
        filter: &OrderFilter,
        reach: &Reach,
    ) -> Result<Vec<Order>, StoreError> {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (state, merchant, village) =
            (text(&filter.state), text(&filter.merchant), text(&filter.village));
        let digits = text(&filter.search).map(|search| search.replace('-', ""));
        if let Some(number) = digits.as_deref().and_then(crate::county::CaseNumber::from_digits) {
            let order = load::<Order>(&*self.store, keys::order(&number.digits())).await?;
            let order = order.map(|order| order.record).filter(|order| reach.order(order));
            return Ok(order.into_iter().collect());
        }
        let search = text(&filter.search);
        let fits = |order: &Order| {
            reach.order(order)
                && merchant.as_ref().is_none_or(|merchant| order.merchant == *merchant)
                && village.as_ref().is_none_or(|village| order.village == *village)
                && (filter.flagged
                    || search.as_ref().is_none_or(|search| {
                        order.name.contains(search.as_str())
                            || order.phone.ends_with(search.as_str())
                            || order.goods().contains(search.as_str())
                    }))
        };
        if filter.flagged {
            return self.orders_where(keys::flagged_orders(), &fits).await;
        }
        let states: Vec<&str> = match &state {
            Some(state) => vec![state],
            None => State::ALL.iter().filter(|state| state.is_open()).map(|s| s.id()).collect(),
        };
        let mut found: Vec<Order> = Vec::new();
        for state in states {
            let range = match (&merchant, &village) {
                (Some(merchant), _) => keys::orders_of_merchant(merchant, state),
                (None, Some(village)) => keys::orders_of_village(village, state),
                (None, None) => keys::orders_in_state(state),
            };
            let range = if of_what_is_over(filter) { keys::newest_first(range) } else { range };
            found.extend(self.orders_where(range, &fits).await?);
        }
        Ok(found)
    }

    /// The first of a range that fit, however many lie between them.
    async fn orders_where(
        &self,
        mut range: Range,
        fits: &(dyn Fn(&Order) -> bool + Sync),
    ) -> Result<Vec<Order>, StoreError> {
        let (mut found, mut examined) = (Vec::new(), 0);
        while found.len() < LIST_MAX && examined < EXAMINED_MAX {
            let page = list_by_index::<Order>(&*self.store, range.clone(), LIST_MAX).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            examined += page.len();
            found.extend(page.into_iter().map(|(_, order)| order.record).filter(|one| fits(one)));
        }
        found.truncate(LIST_MAX);
        Ok(found)
    }

    pub async fn order(
        &self,
        session: &Session,
        number: &str,
    ) -> Result<Option<OrderView>, CommandError> {
        let reach = self.reach(session).await?;
        let order = load::<Order>(&*self.store, keys::order(number)).await?;
        let Some(order) = order.filter(|order| reach.order(&order.record)) else {
            return Ok(None);
        };
        let order = &order.record;
        if reach == Reach::All {
            self.note_order_look(session, order).await?;
        }
        let events =
            list::<StoredOrderEvent>(&*self.store, keys::order_events_of(number), EVENTS_MAX)
                .await?;
        Ok(Some(OrderView {
            row: row_for(&reach, order),
            phone: match reach.phone(order) {
                true => order.phone.clone(),
                false => crate::zh::mask_phone(&order.phone),
            },
            address: if reach == Reach::Reads { String::new() } else { order.address.clone() },
            fulfil: order.fulfil.word(),
            pay: order.pay.word(),
            siblings: order.siblings.iter().map(|number| number.digits()).collect(),
            lines: order.lines.iter().map(|line| order_line(order, line)).collect(),
            paid: order.paid.to_string(),
            refunds: order
                .refunds
                .iter()
                .map(|refund| RefundRow {
                    no: refund.no.clone(),
                    amount: refund.amount.to_string(),
                    done: refund.done,
                    paid_by: refund.paid_by(),
                })
                .collect(),
            remedies: order.remedies.iter().map(|remedy| remedy_row(order, remedy)).collect(),
            complaints: order.complaints.iter().map(|case| complaint(order, case)).collect(),
            flags: order.unseen_flags().to_vec(),
            note: order.note.clone(),
            weighing: order.weights.is_some(),
            actions: reach.forms(order),
            timeline: events.iter().map(|event| timeline_line(&event.record)).collect(),
            revision: order.revision,
        }))
    }

    /// Of the platform's own people each look at a number is in the log, as it is with cases.
    async fn note_order_look(&self, session: &Session, order: &Order) -> Result<(), StoreError> {
        let number = order.number.digits();
        let reason = "办订单";
        if self.has_just_looked(session, &number, |look| look.kind == LookKind::Order).await? {
            return Ok(());
        }
        let seen = Seen { kind: LookKind::Order, cases: vec![number], reason };
        self.keep_look(Some(session), seen).await
    }

    /// What is done to an order at a page, as the page showed it.
    pub async fn order_command(
        &self,
        session: &Session,
        number: &str,
        revision: u32,
        command: OrderCommand,
    ) -> Result<(), CommandError> {
        let reach = self.reach(session).await?;
        let order = load::<Order>(&*self.store, keys::order(number)).await?;
        let order = order.filter(|order| reach.order(&order.record));
        let order = order.ok_or(CommandError::NotFound)?.record;
        if order.revision != revision {
            return Err(CommandError::Changed);
        }
        let form = command.form();
        // What is done to money is only done where it is offered.
        let of_money = matches!(form, "refunded" | "banked");
        if !reach.has_form(form) || of_money && !reach.forms(&order).contains(&form) {
            return Err(CommandError::NotFound);
        }
        let by = reach.actor(session, &order);
        let command = to_command(command)?;
        self.step_order(number, Some(revision), &command, &by).await.map(|_| ())
    }
}

/// Of what waits for somebody the oldest comes first, of what is over the newest.
fn of_what_is_over(filter: &OrderFilter) -> bool {
    let state = filter.state.as_deref().and_then(State::from_word);
    state.is_some_and(|state| !state.is_open())
}

pub(in crate::office) fn wrong_code(stepped: &Stepped) -> Option<Refusal> {
    stepped.events.iter().find_map(|event| match &event.change {
        Change::WrongCode { locked_until: None } => {
            let left = WRONG_CODES_MAX.saturating_sub(stepped.order.wrong_codes);
            Some(Refusal::WrongCode { left })
        }
        Change::WrongCode { locked_until: Some(until) } => Some(Refusal::CodeLocked {
            max: WRONG_CODES_MAX,
            until: crate::calendar::spoken(*until),
        }),
        _ => None,
    })
}

pub(in crate::office) fn order_row(order: &Order) -> OrderRow {
    OrderRow {
        number: order.number.digits(),
        goods: order.goods(),
        total: order.total().to_string(),
        merchant: order.merchant_name.clone(),
        village: order.village_name.clone(),
        name: order.name.clone(),
        phone: crate::zh::mask_phone(&order.phone),
        state_id: order.state.id(),
        state: order.state.word(),
        pay_state: order.pay_state().word(),
        placed_at: order.placed_at,
        flagged: !order.unseen_flags().is_empty(),
        complained: !order.complaints.is_empty(),
    }
}

/// Who only looks on for the platform needs to know nobody.
fn row_for(reach: &Reach, order: &Order) -> OrderRow {
    let row = order_row(order);
    match reach {
        Reach::Reads => OrderRow { name: mask_name(&row.name), ..row },
        _ => row,
    }
}

fn order_line(order: &Order, line: &shop::Line) -> OrderLine {
    OrderLine {
        title: line.title.clone(),
        unit: line.unit.clone(),
        price: line.price.plain(),
        ordered: line.ordered.to_string(),
        quantity: line.quantity.to_string(),
        amount: line.amount().plain(),
        weighed: line.weighed,
        returns: line.returns.word(),
        place: order.place_of(line),
    }
}

fn complaint(order: &Order, case: &str) -> Complaint {
    let answer = order.answer_to(case).map(|answer| TimelineLine {
        at: answer.at,
        who: answer.by.clone(),
        what: answer.text.clone(),
        detail: String::new(),
    });
    Complaint { case: case.to_owned(), answer }
}

fn remedy_row(order: &Order, remedy: &shop::Remedy) -> RemedyRow {
    RemedyRow {
        kind: remedy.kind.word(),
        goods: order.lines.get(remedy.line).map_or(String::new(), |line| line.title.clone()),
        reason: remedy.reason.clone(),
        state: remedy.state.word(),
        asked_at: remedy.asked_at,
        is_open: remedy.is_open(),
        exchange: remedy.kind == shop::RemedyKind::Exchange,
    }
}

fn timeline_line(stored: &StoredOrderEvent) -> TimelineLine {
    let OrderEvent { at, by, change } = &stored.event;
    let detail = match change {
        Change::Refused { reason }
        | Change::Cancelled { reason }
        | Change::ReturnAsked { reason }
        | Change::ReturnDeclined { reason }
        | Change::RemedyDeclined { reason }
        | Change::Flagged { reason } => reason.clone(),
        Change::Looked { note } => note.clone(),
        Change::ComplaintAnswered { case, text } => format!("{text}（{case}）"),
        Change::RemedyAsked { kind, reason, .. } => format!("{kind}：{reason}"),
        Change::Confirmed { in_part: true, .. } => "只接一部分".into(),
        Change::Sent { run } => run.clone(),
        Change::Collected { how } => how.word().to_owned(),
        Change::Paid { amount, transaction } => format!("{amount}（{transaction}）"),
        Change::RefundDue { no, amount, reason, .. } => format!("{amount} {reason}（{no}）"),
        Change::Refunded { no } => no.clone(),
        Change::Complained { case } => case.clone(),
        Change::WrongCode { locked_until: Some(_) } => "锁住15分钟".into(),
        _ => String::new(),
    };
    let what = change.step().word().to_owned();
    TimelineLine { at: *at, who: by.shown().to_owned(), what, detail }
}

/// Told beside the field of the form that it is about.
fn refused(command: &Command, refusal: Refusal) -> CommandError {
    let error = CommandError::Refused(refusal.to_string());
    match (refusal, command) {
        (Refusal::WrongCode { .. } | Refusal::CodeLocked { .. }, _) => error.of("code"),
        (Refusal::WrongPerson, _) => error.of("name"),
        (Refusal::Quantities(_), _) => error.of("quantity"),
        (Refusal::Transaction, _) => error.of("reference"),
        (Refusal::Missing(_) | Refusal::TooLong { .. }, command) => error.of(match command {
            Command::Send { .. } => "run",
            Command::Look { .. } => "note",
            Command::AnswerComplaint { .. } => "text",
            _ => "reason",
        }),
        _ => error,
    }
}

/// As somebody types how much it is.
fn measure(text: &str) -> Result<Milli, CommandError> {
    let wrong = || CommandError::Field("quantity", "数量要写数字，例如 2 或 4.6。".into());
    Milli::parse(text).ok_or_else(wrong)
}

fn to_command(command: OrderCommand) -> Result<Command, CommandError> {
    let measures = |texts: Option<Vec<String>>| {
        texts.map(|texts| texts.iter().map(|text| measure(text)).collect()).transpose()
    };
    Ok(match command {
        OrderCommand::Confirm { quantities } => {
            Command::Confirm { quantities: measures(quantities)? }
        }
        OrderCommand::Refuse { reason } => Command::Refuse { reason },
        OrderCommand::Pack { weights } => Command::Pack { weights: measures(weights)? },
        OrderCommand::Send { run } => Command::Send { run },
        OrderCommand::Arrive => Command::Arrive { code: String::new() },
        OrderCommand::Collect { code } => Command::TryCode { code },
        OrderCommand::Release { name, phone_tail } => Command::Release { name, phone_tail },
        OrderCommand::Deliver => Command::Deliver,
        OrderCommand::Cancel { reason } => Command::Cancel { reason },
        OrderCommand::AskReturn { reason } => Command::AskReturn { reason },
        OrderCommand::TakeReturn { fit } => Command::TakeReturn { fit },
        OrderCommand::DeclineReturn { reason } => Command::DeclineReturn { reason },
        OrderCommand::AskRemedy { kind, line, reason } => {
            let what = || CommandError::Field("kind", "请选换货还是维修。".into());
            let kind = shop::RemedyKind::from_word(&kind).ok_or_else(what)?;
            Command::AskRemedy { kind, line, reason }
        }
        OrderCommand::TakeRemedy => Command::TakeRemedy,
        OrderCommand::FinishRemedy { quantity, fit } => {
            Command::FinishRemedy { quantity: quantity.as_deref().map(measure).transpose()?, fit }
        }
        OrderCommand::DeclineRemedy { reason } => Command::DeclineRemedy { reason },
        OrderCommand::AnswerComplaint { case, text } => Command::AnswerComplaint { case, text },
        OrderCommand::Look { note } => Command::Look { note },
        OrderCommand::Banked { amount, reference } => {
            let amount = Fen::parse(&amount).filter(|amount| *amount > Fen::ZERO);
            let wrong = || CommandError::Field("amount", "金额要写元，例如 210 或 210.50。".into());
            let reference = reference.trim();
            if reference.is_empty() || reference.chars().count() > REFERENCE_CHARS_MAX {
                let text = "请写银行回单上的流水号，最多40个字。";
                return Err(CommandError::Field("reference", text.into()));
            }
            let transaction = PaidBy::Transfer.transaction(reference);
            Command::Pay { amount: amount.ok_or_else(wrong)?, transaction }
        }
        OrderCommand::Refunded { no } => Command::RefundDone { no },
    })
}
