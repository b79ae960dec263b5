//! 代购: what an agent bought on another platform for a villager, from the order there to her
//! hands. The program keeps the parcel, never a password and no money.

use crate::county::{Found, Scope};
use crate::desk::private::mask_name;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, outbox, random};
use crate::shop::{Fen, ParcelState, Purchase};
use crate::store::{Changes, keys, list_by_index, load};
use crate::zh;

use super::reach::Reach;
use super::views::{NewPurchase, PurchaseRow};

const SHOWN_MAX: usize = 200;

impl Office {
    /// The agents of all villages, or of her own.
    async fn purchase_reach(&self, session: &Session) -> Result<Option<String>, CommandError> {
        match self.reach(session).await? {
            Reach::All | Reach::Reads => Ok(None),
            Reach::Village(own) => Ok(Some(own)),
            Reach::Merchants(_) => Err(CommandError::NotFound),
        }
    }

    /// Parcels that are not in her hands yet, the oldest first.
    pub async fn purchases(&self, session: &Session) -> Result<Vec<PurchaseRow>, CommandError> {
        let range = match self.purchase_reach(session).await? {
            Some(village) => keys::purchases_of_village(&village),
            None => keys::all_open_purchases(),
        };
        let found = list_by_index::<Purchase>(&*self.store, range, SHOWN_MAX).await?;
        let mut rows: Vec<_> = found.iter().map(|(_, purchase)| row(&purchase.record)).collect();
        if self.reach(session).await? == Reach::Reads {
            rows.iter_mut().for_each(|row| row.name = mask_name(&row.name));
        }
        Ok(rows)
    }

    pub async fn note_purchase(
        &self,
        session: &Session,
        new: &NewPurchase,
    ) -> Result<(), CommandError> {
        let wrong = |field, text: String| CommandError::Field(field, text);
        self.reach_to_act(session).await?;
        let own = self.purchase_reach(session).await?;
        let tables = self.tables();
        let place = match &own {
            Some(code) => tables.places.get(code),
            None => match tables.places.find(&new.village, Scope::Answer) {
                Found::One { place, .. } => Some(place),
                _ => None,
            },
        };
        let place =
            place.ok_or_else(|| wrong("village", "没有找到这个村，请连乡镇一起写。".into()))?;
        let phone = zh::phone(&new.phone).map_err(|error| wrong("phone", format!("{error}。")))?;
        let amount = Fen::parse(new.amount.trim()).filter(|amount| *amount > Fen::ZERO);
        let amount = amount.ok_or_else(|| wrong("amount", "金额请写元，例如 59.90。".into()))?;
        let now = self.clock.now();
        let mut changes = Changes::default();
        let person = self.person_at_counter(&mut changes, &new.name, &phone).await?;
        let purchase = Purchase {
            id: format!("p{}", random::hex::<8>()),
            village: place.code.clone(),
            village_name: format!("{}{}", place.township, place.name),
            person: Some(person),
            name: new.name.clone(),
            phone,
            platform: new.platform.clone(),
            item: new.item.clone(),
            amount,
            tracking_no: String::new(),
            state: ParcelState::Bought,
            by: session.name.clone(),
            made_at: now,
            updated_at: now,
            revision: 1,
        };
        purchase.check().map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        changes.create(&purchase)?;
        Ok(self.store.commit(changes.into_batch()).await?)
    }

    /// `to`: the id of a state. She is told when it has arrived.
    pub async fn move_purchase(
        &self,
        session: &Session,
        id: &str,
        revision: u32,
        to: &str,
        tracking_no: &str,
    ) -> Result<(), CommandError> {
        self.reach_to_act(session).await?;
        let own = self.purchase_reach(session).await?;
        let before = load::<Purchase>(&*self.store, keys::purchase(id)).await?;
        let within = |purchase: &Purchase| own.as_ref().is_none_or(|own| *own == purchase.village);
        let before = before.filter(|before| within(&before.record));
        let before = before.ok_or(CommandError::NotFound)?;
        if before.record.revision != revision {
            return Err(CommandError::Changed);
        }
        let to = ParcelState::from_word(to).ok_or(CommandError::NotFound)?;
        let now = self.clock.now();
        let mut purchase = before.record.clone();
        let moved = purchase.step(to, tracking_no, &session.name, now);
        moved.map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        let mut changes = Changes::default();
        changes.replace(&before, &purchase)?;
        if to == ParcelState::Arrived {
            let fields = [
                ("title", purchase.item.clone()),
                ("shop", format!("{}店", purchase.village_name)),
                ("number", purchase.id.clone()),
                ("total", purchase.amount.to_string()),
            ];
            let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
            let person = purchase.person.clone();
            let n = purchase.revision;
            let message = outbox::notice(&purchase.id, n, "parcel_arrived", fields, person, now);
            changes.create(&message)?;
        }
        self.store.commit(changes.into_batch()).await?;
        self.bells.outbox.notify_one();
        Ok(())
    }
}

fn row(purchase: &Purchase) -> PurchaseRow {
    use ParcelState::{Arrived, Bought, Handed, Lost, OnTheWay};
    let next: &[ParcelState] = match purchase.state {
        Bought => &[OnTheWay, Arrived, Lost],
        OnTheWay => &[Arrived, Lost],
        Arrived => &[Handed],
        Handed | Lost => &[],
    };
    PurchaseRow {
        id: purchase.id.clone(),
        item: purchase.item.clone(),
        platform: purchase.platform.clone(),
        amount: purchase.amount.to_string(),
        village: purchase.village_name.clone(),
        name: purchase.name.clone(),
        phone: zh::mask_phone(&purchase.phone),
        tracking_no: purchase.tracking_no.clone(),
        state: purchase.state.word(),
        by: purchase.by.clone(),
        made_at: purchase.made_at,
        next: next.iter().map(|state| (state.id(), state.word())).collect(),
        revision: purchase.revision,
    }
}
