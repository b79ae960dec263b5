//! By which way she was told an answer.

use crate::desk::Case;
use crate::store::records::{Body, Outgoing, Status};
use crate::store::{StoreError, keys, list_by_index};

use super::Office;

/// Of one case, the newest first.
const EXAMINED: usize = 100;
const ANSWERS: [&str; 2] = ["replied", "final"];

impl Office {
    /// Empty while nothing has gone; of what never was a message, how she learns of it.
    pub(super) async fn answer_told_by(&self, case: &Case) -> Result<&'static str, StoreError> {
        if case.replied_at.is_none() {
            return Ok("");
        }
        let range = keys::newest_first(keys::outgoing_of(&case.number.digits()));
        let all = list_by_index::<Outgoing>(&*self.store, range, EXAMINED).await?;
        let is_answer = |message: &Outgoing| {
            let own = message.person.as_deref() == Some(case.person.as_str());
            let Body::Notice { kind, .. } = &message.body else { return false };
            own && ANSWERS.contains(&kind.as_str())
        };
        let answer = all.into_iter().map(|(_, one)| one.record).find(is_answer);
        Ok(match answer {
            Some(message) => way_of(&message),
            None if case.source.is_some() => "来件平台",
            None => "",
        })
    }
}

fn way_of(message: &Outgoing) -> &'static str {
    match (message.status, message.tries.last().map(|tried| tried.route.as_str())) {
        (Status::Waiting | Status::Sending | Status::Phone, _) => "",
        (Status::Settled, _) => "电话",
        (_, Some("simulator")) => "试用手机",
        (_, Some(route)) if route.starts_with("sms/") => "短信",
        (_, Some(_)) => "微信",
        // It went in the reply to her own message, or a later notice stands for it.
        (_, None) => match message.address.as_deref() {
            Some(address) if address.starts_with("sms/") => "短信",
            Some(_) => "微信",
            None => "",
        },
    }
}
