//! What villagers want of public-service merchants: a time at the counter, or a call back. The
//! merchant is told, and says when it is done.

use crate::desk::private::mask_name;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, outbox};
use crate::shop::{Lead, Merchant};
use crate::store::records::Outgoing;
use crate::store::{Changes, keys, list_by_index, load};

use super::merchants::person_of;
use super::reach::Reach;
use super::views::LeadRow;
use crate::zh::mask_phone;

const SHOWN_MAX: usize = 200;

impl Office {
    /// Those that wait, the oldest first.
    pub async fn leads(&self, session: &Session) -> Result<Vec<LeadRow>, CommandError> {
        let reach = self.reach(session).await?;
        // She let the merchant have her number; the platform only sees that she waits.
        let masked = matches!(reach, Reach::All | Reach::Reads);
        let ranges = match &reach {
            Reach::All | Reach::Reads => vec![keys::open_leads()],
            Reach::Merchants(own) => own.iter().map(|id| keys::open_leads_of(id)).collect(),
            Reach::Village(_) => return Err(CommandError::NotFound),
        };
        let names = self.all_merchants().await?;
        let name = |id: &str| names.iter().find(|m| m.id == id).map_or(id, |m| &m.name).to_owned();
        let mut rows = Vec::new();
        for range in ranges {
            let found = list_by_index::<Lead>(&*self.store, range, SHOWN_MAX).await?;
            rows.extend(found.into_iter().map(|(_, lead)| LeadRow {
                id: lead.record.id.clone(),
                merchant: name(&lead.record.merchant),
                kind: lead.record.kind.word(),
                wish: lead.record.wish.clone(),
                name: if masked { mask_name(&lead.record.name) } else { lead.record.name.clone() },
                phone: if masked {
                    mask_phone(&lead.record.phone)
                } else {
                    lead.record.phone.clone()
                },
                village: lead.record.village_name.clone(),
                made_at: lead.record.made_at,
            }));
        }
        rows.sort_by_key(|row| row.made_at);
        Ok(rows)
    }

    pub async fn finish_lead(&self, session: &Session, id: &str) -> Result<(), CommandError> {
        let reach = self.reach_to_act(session).await?;
        let before = load::<Lead>(&*self.store, keys::lead(id)).await?;
        let before = before.filter(|before| reach.merchant(&before.record.merchant));
        let before = before.ok_or(CommandError::NotFound)?;
        if let Some(by) = &before.record.done_by {
            return Err(CommandError::Refused(format!("这件事{by}已经办完了。")));
        }
        let lead = Lead { done_by: Some(session.name.clone()), ..before.record.clone() };
        let mut changes = Changes::default();
        changes.replace(&before, &lead)?;
        Ok(self.store.commit(changes.into_batch()).await?)
    }

    /// What the merchant is told of a wish.
    pub(super) fn lead_notice(&self, lead: &Lead, merchant: &Merchant) -> Outgoing {
        let fields = [
            ("title", lead.wish.clone()),
            ("state", lead.kind.word().to_owned()),
            ("who", format!("{}{}", lead.village_name, lead.name)),
            ("department_phone", lead.phone.clone()),
            ("number", lead.id.clone()),
        ];
        let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
        let person = Some(person_of(&merchant.id));
        outbox::notice(&lead.id, 1, "merchant_lead", fields, person, lead.made_at)
    }
}
