//! What a dialog can have done in a village's shop besides buying: looking for a parcel that an
//! agent bought elsewhere, and leaving word for a public-service merchant.

use crate::county::{Address, Channel};
use crate::dialog::{Call, Value};
use crate::office::actions::{Outcome, as_text};
use crate::office::random;
use crate::office::turn::Turn;
use crate::shop::{Lead, LeadKind, Merchant, MerchantKind, Purchase};
use crate::store::{keys, list_by_index, load};

use super::actions::{choice, fields, record, text};

const PARCELS_SHOWN: usize = 9;

impl Turn<'_> {
    /// By the numbers that are known to be hers: the one she writes from, those she has linked.
    pub(super) async fn own_parcels(&mut self) -> Outcome {
        let mut phones = Vec::new();
        if self.address.channel == Channel::Sms {
            phones.push(self.address.user.clone());
        }
        if let Some(id) = &self.contact.person
            && let Some(person) = self.office.person_behind(id).await?
        {
            let addresses = person.record.addresses.iter().filter_map(|text| text.parse().ok());
            let linked = addresses.filter(|address: &Address| address.channel == Channel::Sms);
            phones.extend(linked.map(|address| address.user));
        }
        phones.sort_unstable();
        phones.dedup();
        let mut rows = Vec::new();
        for phone in &phones {
            let range = keys::purchases_with_phone(phone);
            let found =
                list_by_index::<Purchase>(&*self.office.store, range, PARCELS_SHOWN).await?;
            rows.extend(found.into_iter().map(|(_, purchase)| {
                let Purchase { item, state, village_name, amount, .. } = &purchase.record;
                fields([
                    ("title", &format!("{item} {state}")),
                    ("state", state.word()),
                    ("shop", &format!("{village_name}店")),
                    ("total", &amount.to_string()),
                ])
            }));
        }
        rows.truncate(PARCELS_SHOWN);
        Ok(Ok(Value::List(rows)))
    }

    /// Her name and number go to the merchant of the row, because she said so.
    pub(super) async fn leave_wish(&mut self, call: &Call) -> Outcome {
        let told = call.args.get("card").map(|answer| &answer.value);
        let (card, id) = match told {
            Some(Value::Row { value, fields, .. }) => {
                (value.clone(), fields.get("商家").and_then(as_text).unwrap_or_default())
            }
            _ => return Ok(Err(String::new())),
        };
        let none = || Ok(Ok(record([("result", "没有")])));
        let found = load::<Merchant>(&*self.office.store, keys::merchant(&id)).await?;
        let Some(merchant) = found.map(|found| found.record) else { return none() };
        if merchant.kind != MerchantKind::Service || !merchant.stage.may_sell() {
            return none();
        }
        let name = text(call, "name").unwrap_or_default();
        let phone = text(call, "phone").unwrap_or_default();
        let person = self.person(Some(name.clone()), Some(phone.clone())).await?;
        let village = match call.args.get("village").map(|answer| &answer.value) {
            Some(Value::Village { name, .. }) => name.clone(),
            _ => String::new(),
        };
        let consent =
            matches!(call.args.get("consent").map(|answer| &answer.value), Some(Value::Flag(true)));
        let lead = Lead {
            id: format!("l{}", random::hex::<8>()),
            card,
            merchant: merchant.id.clone(),
            kind: choice(call, "kind")
                .and_then(|word| LeadKind::from_word(&word))
                .unwrap_or(LeadKind::Lead),
            person,
            name,
            phone,
            village_name: village,
            wish: text(call, "wish").unwrap_or_default(),
            consent,
            made_at: self.now,
            done_by: None,
        };
        if let Err(refusal) = lead.check() {
            return Ok(Err(refusal.to_string()));
        }
        self.changes.create(&lead)?;
        self.changes.create(&self.office.lead_notice(&lead, &merchant))?;
        self.bells.outbox = true;
        Ok(Ok(record([("result", "好"), ("merchant", &merchant.name)])))
    }
}
