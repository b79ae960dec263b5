//! What begins with a row of a clerk's table: a consultation, or an errand for the village's
//! proxy agent.

use crate::desk::{CaseType, Intake, Kind};
use crate::dialog::{Call, Value};

use super::actions::{Outcome, as_files, as_text};
use super::turn::Turn;

/// Columns of the tables that the office reads.
const CATEGORY: &str = "类别编号";

impl Turn<'_> {
    /// Somebody shall find out, and answer her.
    pub async fn file_consult(&mut self, call: &Call) -> Outcome {
        self.file_card(call, CaseType::Appeal, Kind::Consult).await
    }

    /// 委托, the first of the seven steps of an errand.
    pub async fn file_proxy(&mut self, call: &Call) -> Outcome {
        self.file_card(call, CaseType::Proxy, Kind::Help).await
    }

    async fn file_card(&mut self, call: &Call, number: CaseType, kind: Kind) -> Outcome {
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let text = |name: &str| arg(name).and_then(as_text);
        let Some(Value::Row { label, fields, .. }) = arg("card") else {
            return Ok(Err(String::new()));
        };
        let category = fields.get(CATEGORY).and_then(as_text);
        let known = |code: &String| self.office.tables().categories.get(code).is_some();
        let category = category.filter(known);
        let said = text("detail").or_else(|| text("opening")).unwrap_or_default();
        let what = if number == CaseType::Proxy { "委托代办" } else { "想问" };
        let (place_code, place_name) = self.place(arg("village"));
        let person = self.person(text("name"), text("phone")).await?;
        let phone = match text("phone") {
            Some(phone) => Some(phone),
            None => self.phone_of(&person).await?,
        };
        let Some(number) = self.next_number(number).await? else { return Ok(Err(String::new())) };
        let mut photos = arg("photo").map(as_files).unwrap_or_default();
        photos.extend(arg("photos").map(as_files).unwrap_or_default());
        self.file(Intake {
            kind,
            category,
            place_code,
            place_name,
            text: format!("{what}：{label}。{said}"),
            name: text("name"),
            phone,
            photos,
            voices: arg("voices").map(as_files).unwrap_or_default(),
            ..Intake::of(number, person, self.address.channel.id())
        })
        .await
    }
}
