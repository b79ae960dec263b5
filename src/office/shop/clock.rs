//! What the clock does to orders: unpaid and unanswered ones are cancelled, goods wait three
//! days, seven days end the right of return. At midnight a paper that has ended hides its goods
//! by itself; open orders of such goods are flagged here.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use crate::calendar::local_date;
use crate::office::Office;
use crate::office::views::CommandError;
use crate::shop::{self, Actor, Article, Command, Lack, Merchant, Order, PayState, State};
use crate::store::{Range, StoreError, keys, list_by_index, load};

/// WeChat Pay is away: so long an unpaid order waits for its word.
const UNHEARD_MAX: SignedDuration = SignedDuration::from_hours(2);
const EVERY: Duration = Duration::from_secs(60);
const PAGE: usize = 200;
/// The states that `shop::next_by_clock` leads out of.
const WAITING: [State; 4] = [State::Placed, State::Arrived, State::Collected, State::Delivered];
/// Orders whose goods have not left the merchant.
const UNSENT: [State; 3] = [State::Placed, State::Confirmed, State::Packed];

pub(in crate::office) async fn run(office: Arc<Office>) {
    loop {
        if let Err(error) = office.pass_order_deadlines().await {
            tracing::error!(%error, "orders can not be moved by the clock; trying again");
        }
        if let Err(error) = office.close_rounds().await {
            tracing::error!(%error, "rounds can not be closed; trying again");
        }
        if let Err(error) = office.chase_payments().await {
            tracing::error!(%error, "payments can not be looked after; trying again");
        }
        if let Err(error) = office.compare_bill().await {
            tracing::error!(%error, "the bill can not be compared; trying again");
        }
        if let Err(error) = office.greet_merchants().await {
            tracing::error!(%error, "merchants can not be told; trying again");
        }
        if let Err(error) = office.reconcile_by_night().await {
            tracing::error!(%error, "the books can not be compared; trying again");
        }
        if office.pause(EVERY).await {
            return;
        }
    }
}

impl Office {
    /// Says how many orders were moved.
    pub(in crate::office) async fn pass_order_deadlines(&self) -> Result<usize, StoreError> {
        let mut moved = 0;
        for range in WAITING
            .map(|state| keys::orders_in_state(state.id()))
            .into_iter()
            .chain([keys::orders_with_remedy()])
        {
            for order in self.all_within(range).await? {
                let next = shop::next_by_clock(&order, &self.tables().calendar);
                if let Some((at, command)) = next.filter(|(at, _)| *at <= self.clock.now()) {
                    // Who has paid in the last moment has paid.
                    let unpaid = order.pay_state() == PayState::Awaiting;
                    let may_wait = self.clock.now() < at + UNHEARD_MAX;
                    if unpaid && !self.payment_is_over(&order).await? && may_wait {
                        continue;
                    }
                    moved += usize::from(self.by_clock(&order, &command).await?);
                }
            }
        }
        for state in UNSENT {
            for order in self.all_within(keys::orders_in_state(state.id())).await? {
                if let Some(reason) = self.unlawful(&order).await?
                    && !order.flags.contains(&reason)
                {
                    moved += usize::from(self.by_clock(&order, &Command::Flag { reason }).await?);
                }
            }
        }
        Ok(moved)
    }

    pub(super) async fn all_within(&self, mut range: Range) -> Result<Vec<Order>, StoreError> {
        let mut all = Vec::new();
        loop {
            let page = list_by_index::<Order>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(all) };
            range = keys::after(&range, last);
            all.extend(page.into_iter().map(|(_, order)| order.record));
        }
    }

    pub(super) async fn by_clock(
        &self,
        order: &Order,
        command: &Command,
    ) -> Result<bool, StoreError> {
        let number = order.number.digits();
        match self.step_order(&number, Some(order.revision), command, &Actor::System).await {
            Ok(_) => Ok(true),
            // Somebody was faster: it is looked at again with the next round.
            Err(CommandError::Changed | CommandError::NotFound) => Ok(false),
            Err(CommandError::Refused(why) | CommandError::Field(_, why)) => {
                tracing::error!(number, why, "the clock wants what the rules forbid");
                Ok(false)
            }
            Err(CommandError::Unavailable) => {
                Err(StoreError::Unavailable("an order could not be moved".into()))
            }
        }
    }

    /// Why its goods may not be sold any more.
    async fn unlawful(&self, order: &Order) -> Result<Option<String>, StoreError> {
        let merchant = load::<Merchant>(&*self.store, keys::merchant(&order.merchant)).await?;
        let Some(merchant) = merchant else { return Ok(None) };
        let today = local_date(self.clock.now());
        for line in &order.lines {
            let article = load::<Article>(&*self.store, keys::article(&line.article)).await?;
            let kind = article
                .and_then(|article| self.tables().goods_kinds.get(&article.record.kind).cloned());
            if let Some(lack) = kind.and_then(|kind| merchant.record.lack(&kind, today)) {
                return Ok(Some(format!("{}：{}", line.title, lack_words(&lack))));
            }
        }
        Ok(None)
    }
}

pub(super) fn lack_words(lack: &Lack) -> String {
    match lack {
        Lack::Stage(stage) => format!("商家现在是“{stage}”"),
        Lack::Ended(stage, last) => format!("商家的{stage}期到{last}已满"),
        Lack::Missing(kind) => format!("商家没有登记{kind}"),
        Lack::Service => "公共服务的商家不卖商品".into(),
        Lack::Expired(kind, last) => format!("{kind}到{last}已过期"),
    }
}
