//! What the village shop does besides member merchants' goods: parcels that an agent bought
//! elsewhere for a villager, and what public-service merchants offer. No money and no passwords
//! pass through here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::money::Fen;
use super::refusal::Refusal;
use crate::county::words;

const TEXT_CHARS_MAX: usize = 200;

words! {
    ParcelState {
        Bought "bought" "已代买",
        OnTheWay "on_the_way" "在路上",
        Arrived "arrived" "到店",
        Handed "handed" "已取",
        Lost "lost" "没买成",
    }
}

/// Something that an agent bought on another platform for a villager (代购).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    pub id: String,
    pub village: String,
    pub village_name: String,
    pub person: Option<String>,
    pub name: String,
    pub phone: String,
    /// Where it was bought.
    pub platform: String,
    pub item: String,
    /// What she gives the agent; for the record only.
    pub amount: Fen,
    pub tracking_no: String,
    pub state: ParcelState,
    pub by: String,
    pub made_at: Timestamp,
    pub updated_at: Timestamp,
    pub revision: u32,
}

impl Purchase {
    /// The parcel moves on; `tracking_no` is needed once it is on the way.
    pub fn step(
        &mut self,
        to: ParcelState,
        tracking_no: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        use ParcelState as P;
        let may = matches!(
            (self.state, to),
            (P::Bought, P::OnTheWay | P::Arrived | P::Lost)
                | (P::OnTheWay, P::Arrived | P::Lost)
                | (P::Arrived, P::Handed)
        );
        if !may {
            return Err(Refusal::Parcel { from: self.state, to });
        }
        if !tracking_no.trim().is_empty() {
            short("快递单号", tracking_no)?;
            self.tracking_no = tracking_no.trim().to_owned();
        }
        if to == P::OnTheWay && self.tracking_no.is_empty() {
            return Err(Refusal::Missing("快递单号"));
        }
        self.state = to;
        self.by = by.to_owned();
        self.updated_at = now;
        self.revision += 1;
        Ok(())
    }

    pub fn check(&self) -> Result<(), Refusal> {
        for (what, text) in [
            ("姓名", &self.name),
            ("电话", &self.phone),
            ("平台", &self.platform),
            ("东西", &self.item),
        ] {
            if text.trim().is_empty() {
                return Err(Refusal::Missing(what));
            }
            short(what, text)?;
        }
        Ok(())
    }
}

words! {
    LeadKind {
        /// A time at the shop counter.
        Appointment "appointment" "预约",
        /// Her number goes to the institution, because she said so.
        Lead "lead" "请他们联系",
    }
}

/// Somebody wants something of a public-service merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    pub id: String,
    pub card: String,
    pub merchant: String,
    pub kind: LeadKind,
    pub person: String,
    pub name: String,
    pub phone: String,
    pub village_name: String,
    pub wish: String,
    /// She agreed that her number is passed on.
    pub consent: bool,
    pub made_at: Timestamp,
    pub done_by: Option<String>,
}

impl Lead {
    pub fn check(&self) -> Result<(), Refusal> {
        if !self.consent {
            return Err(Refusal::Consent);
        }
        if self.phone.trim().is_empty() {
            return Err(Refusal::NoPhone);
        }
        short("内容", &self.wish)
    }
}

fn short(what: &'static str, text: &str) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        return Err(Refusal::TooLong { what, chars, max: TEXT_CHARS_MAX });
    }
    Ok(())
}
