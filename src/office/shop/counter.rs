//! An agent orders for a villager who stands in the shop.

use crate::county::{Found, Scope};
use crate::office::Office;
use crate::office::views::{CommandError, Session};
use crate::shop::{self, Actor, Fen, Fulfil, Milli, PayMethod};
use crate::zh;

use super::placing::NewOrder;
use super::reach::Reach;

/// What the agent wrote down; all of it as text, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct CounterOrder {
    /// 尿素2袋，洗衣液1瓶
    pub goods: String,
    pub village: String,
    pub name: String,
    pub phone: String,
    /// `pickup` or `home`
    pub way: String,
    /// `account`: by transfer; all else is paid in cash.
    pub pay: String,
    pub address: String,
    pub note: String,
    pub again: bool,
    /// Of the form: sent twice, it is one order.
    pub token: String,
    /// The total in fen that was shown; without one nothing is ordered.
    pub shown: String,
}

const NOT_SHOWN: &str = "还没有看过合计。请先点「算一算多少钱」，念给她听，她同意了再下单。";

/// What it would cost, to be told to her before it is ordered.
#[derive(Debug, Clone)]
pub struct CounterPrice {
    /// `尿素 40kg×2袋，210元`
    pub lines: Vec<String>,
    pub total: String,
    pub fen: i64,
    /// Exceptions of her right to give it back, her share, the terms of a round.
    pub terms: Vec<String>,
}

impl Office {
    /// The 12 digits of a village by its name, or by themselves.
    pub(super) fn village_code(&self, text: &str) -> Option<String> {
        let tables = self.tables();
        match tables.places.find(text, Scope::Answer) {
            Found::One { place, .. } => Some(place.code.clone()),
            _ => tables.places.get(text.trim()).map(|place| place.code.clone()),
        }
    }

    /// The numbers of the orders, one a merchant.
    pub async fn order_at_counter(
        &self,
        session: &Session,
        asked: &CounterOrder,
    ) -> Result<Vec<String>, CommandError> {
        let new = self.counter_order(session, asked).await?;
        if new.shown.is_none() {
            return Err(CommandError::Refused(NOT_SHOWN.into()));
        }
        let by = Actor::Staff { name: session.name.clone() };
        let orders = self.place_order_at_desk(&new, &by).await?;
        Ok(orders.iter().map(|order| order.number.digits()).collect())
    }

    /// Nothing is set aside.
    pub async fn price_at_counter(
        &self,
        session: &Session,
        asked: &CounterOrder,
    ) -> Result<CounterPrice, CommandError> {
        let new = self.counter_order(session, asked).await?;
        let priced = self.price(&new, self.clock.now()).await?;
        let (parcels, total) =
            priced.map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        let lines = parcels.iter().flat_map(|parcel| &parcel.lines);
        Ok(CounterPrice {
            lines: lines.map(shop::Line::priced).collect(),
            total: total.to_string(),
            fen: total.0,
            terms: parcels.iter().flat_map(|parcel| parcel.terms.clone()).collect(),
        })
    }

    async fn counter_order(
        &self,
        session: &Session,
        asked: &CounterOrder,
    ) -> Result<NewOrder, CommandError> {
        let wrong = |field, text: String| CommandError::Field(field, text);
        let reach = self.reach_to_act(session).await?;
        if matches!(reach, Reach::Merchants(_)) {
            return Err(CommandError::NotFound);
        }
        let today = crate::calendar::local_date(self.clock.now());
        let shelf = self.shelf().await?;
        let mut picks: Vec<(String, Milli)> = Vec::new();
        for wish in shelf.read(&asked.goods, today) {
            let named = &wish.said;
            match (&wish.articles[..], wish.quantity) {
                ([], _) => {
                    return Err(wrong("goods", format!("{named}只能到店里买，不能在这里订。")));
                }
                ([at], Some(quantity)) => {
                    picks.extend(shelf.at(*at).map(|article| (article.id.clone(), quantity)));
                }
                ([_], None) => return Err(wrong("goods", format!("「{named}」没写要多少。"))),
                _ => return Err(wrong("goods", format!("「{named}」有好几种，请把规格也写上。"))),
            }
        }
        if picks.is_empty() {
            return Err(wrong("goods", "没有认出商品。请写名字和数量，例如：尿素2袋。".into()));
        }
        let tables = self.tables();
        let place = match tables.places.find(&asked.village, Scope::Answer) {
            Found::One { place, .. } => place,
            _ => return Err(wrong("village", "没有找到这个村，请连乡镇一起写。".into())),
        };
        if matches!(&reach, Reach::Village(own) if *own != place.code) {
            return Err(wrong(
                "village",
                "这里只替本村的人下单。别的村，请找那个村的代办员或平台。".into(),
            ));
        }
        let phone =
            zh::phone(&asked.phone).map_err(|error| wrong("phone", format!("{error}。")))?;
        if asked.name.trim().is_empty() {
            return Err(wrong("name", "请写取货人的姓名。".into()));
        }
        let fulfil = Fulfil::from_word(&asked.way).unwrap_or(Fulfil::Pickup);
        let by_transfer = PayMethod::from_word(&asked.pay) == Some(PayMethod::Account);
        if by_transfer && reach != Reach::All {
            return Err(wrong("pay", "转账付的，请平台来登记。".into()));
        }
        Ok(NewOrder {
            picks,
            shown: asked.shown.parse().map(Fen).ok(),
            again: asked.again,
            key: format!("desk-{}-{}", session.name, asked.token),
            person: String::new(),
            name: asked.name.trim().to_owned(),
            phone,
            village: place.code.clone(),
            village_name: format!("{}{}", place.township, place.name),
            fulfil,
            address: asked.address.trim().to_owned(),
            pay: match fulfil {
                _ if by_transfer => PayMethod::Account,
                Fulfil::Pickup => PayMethod::CashAtShop,
                Fulfil::Home => PayMethod::CashOnDelivery,
            },
            note: asked.note.trim().to_owned(),
            channel: "desk".into(),
        })
    }
}
