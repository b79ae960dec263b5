//! How far into the shop somebody sees, and which steps of an order are hers. Every function
//! that a page calls asks here first; what is out of reach is not there.

use std::collections::BTreeSet;

use crate::office::Office;
use crate::office::rights::{Object, Only, Right};
use crate::office::views::{CommandError, Session};
use crate::shop::{self, Actor, Fulfil, Order, Party, PayMethod, Refund, RemedyState, State, Step};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// The platform.
    All,
    /// The platform again, for one who may look and not act.
    Reads,
    /// These merchants: one's own, or all of an operator.
    Merchants(BTreeSet<String>),
    /// The counter of one village's shop, by 12 digits.
    Village(String),
}

/// Who stands at a form of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    Desk,
    Seller,
    Shop,
}

use Hand::{Desk, Seller, Shop};

/// Each form of an order, the step that it takes, and who is offered it where the table of
/// transitions has the step.
#[rustfmt::skip]
const FORMS: [(&str, Step, &[Hand]); 20] = [
    ("confirm", Step::Confirmed, &[Desk, Seller]),
    ("refuse", Step::Refused, &[Desk, Seller]),
    ("pack", Step::Packed, &[Desk, Seller]),
    ("send", Step::Sent, &[Desk, Seller]),
    ("arrive", Step::Arrived, &[Desk, Shop]),
    ("collect", Step::Collected, &[Desk, Shop]),
    ("release", Step::Collected, &[Desk, Shop]),
    ("deliver", Step::Delivered, &[Desk, Seller, Shop]),
    ("cancel", Step::Cancelled, &[Desk]),
    ("ask_return", Step::ReturnAsked, &[Desk, Shop]),
    ("take_return", Step::ReturnTaken, &[Desk, Seller, Shop]),
    ("decline_return", Step::ReturnDeclined, &[Desk, Seller]),
    ("ask_remedy", Step::RemedyAsked, &[Desk, Shop]),
    ("take_remedy", Step::RemedyTaken, &[Desk, Seller, Shop]),
    ("finish_remedy", Step::RemedyDone, &[Desk, Seller, Shop]),
    ("decline_remedy", Step::RemedyDeclined, &[Desk, Seller]),
    ("banked", Step::Paid, &[Desk]),
    ("refunded", Step::Refunded, &[Desk, Shop]),
    ("answer_complaint", Step::ComplaintAnswered, &[Desk, Seller]),
    ("look", Step::Looked, &[Desk]),
];

impl Office {
    pub(super) async fn reach(&self, session: &Session) -> Result<Reach, CommandError> {
        if session.may(Right::Orders) {
            return Ok(if session.may(Right::KeepOrders) { Reach::All } else { Reach::Reads });
        }
        if session.may(Right::HandOut) {
            let village = session.village.clone().ok_or(CommandError::NotFound)?;
            return Ok(Reach::Village(village));
        }
        session.must(Right::OwnOrders)?;
        let of = session.merchant.as_deref().ok_or(CommandError::NotFound)?;
        if session.grant(Object::Orders).only != Only::Members {
            return Ok(Reach::Merchants(BTreeSet::from([of.to_owned()])));
        }
        let all = self.all_merchants().await?;
        let own = all.into_iter().filter(|merchant| merchant.operator == of);
        Ok(Reach::Merchants(own.map(|merchant| merchant.id).collect()))
    }

    /// The same for what changes something.
    pub(super) async fn reach_to_act(&self, session: &Session) -> Result<Reach, CommandError> {
        match self.reach(session).await? {
            Reach::Reads => Err(CommandError::NotFound),
            reach => Ok(reach),
        }
    }
}

impl Reach {
    pub fn merchant(&self, id: &str) -> bool {
        match self {
            Reach::All | Reach::Reads => true,
            Reach::Merchants(own) => own.contains(id),
            Reach::Village(_) => false,
        }
    }

    /// At the counter of a village an order is there once it is packed: until then it is a
    /// matter between the buyer and the merchant.
    pub fn order(&self, order: &Order) -> bool {
        match self {
            Reach::All | Reach::Reads => true,
            Reach::Merchants(own) => own.contains(&order.merchant),
            Reach::Village(village) => order.village == *village && at_counter(order.state),
        }
    }

    pub fn keeps_goods(&self) -> bool {
        matches!(self, Reach::All | Reach::Merchants(_))
    }

    /// May her number be read in whole? A merchant needs it to find her door.
    pub fn phone(&self, order: &Order) -> bool {
        match self {
            Reach::All | Reach::Village(_) => true,
            Reach::Merchants(_) => order.fulfil == Fulfil::Home,
            Reach::Reads => false,
        }
    }

    pub fn actor(&self, session: &Session, order: &Order) -> Actor {
        match self {
            Reach::Merchants(_) => {
                Actor::Merchant { id: order.merchant.clone(), name: session.name.clone() }
            }
            _ => Actor::Staff { name: session.name.clone() },
        }
    }

    fn hand(&self) -> Option<(Hand, Party)> {
        match self {
            Reach::All => Some((Desk, Party::Staff)),
            Reach::Reads => None,
            Reach::Merchants(_) => Some((Seller, Party::Merchant)),
            Reach::Village(_) => Some((Shop, Party::Staff)),
        }
    }

    /// Is the form hers in any state? If not now, she is told why.
    pub fn has_form(&self, form: &str) -> bool {
        let Some((hand, _)) = self.hand() else { return false };
        FORMS.iter().any(|(name, _, hands)| *name == form && hands.contains(&hand))
    }

    /// The forms of an order as it is now, by their names.
    pub fn forms(&self, order: &Order) -> Vec<&'static str> {
        let Some((hand, party)) = self.hand() else { return Vec::new() };
        let pickup = order.fulfil == Fulfil::Pickup;
        let waits = |refund: &Refund| match hand {
            Shop => refund.waits_in_cash(),
            _ => !refund.done && refund.paid_by().by_hand(),
        };
        let remedy = order.open_remedy().map(|remedy| remedy.state);
        let fits = |name: &str| match name {
            "ask_remedy" => remedy.is_none(),
            "take_remedy" => remedy == Some(RemedyState::Asked),
            "finish_remedy" | "decline_remedy" => remedy.is_some(),
            "arrive" => pickup,
            "deliver" => !pickup,
            // Money that came by WeChat goes back the same way, without anybody's hand.
            "refunded" => order.refunds.iter().any(waits),
            "banked" => order.pay == PayMethod::Account,
            "answer_complaint" => order.unanswered().is_some(),
            "look" => !order.unseen_flags().is_empty(),
            _ => true,
        };
        let may = |step: Step| shop::may(order.state, step, party);
        let offered = FORMS
            .iter()
            .filter(|(name, step, hands)| hands.contains(&hand) && fits(name) && may(*step));
        offered.map(|(name, _, _)| *name).collect()
    }
}

fn at_counter(state: State) -> bool {
    !matches!(state, State::Placed | State::Confirmed | State::Refused | State::Cancelled)
}
