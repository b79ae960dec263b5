//! 督办单 as it goes on paper: what is late, how often it was telephoned about, what is asked, and
//! what was answered. Whose case it is does not stand on it.

use crate::calendar::spoken;
use crate::desk::private::Veil;
use crate::desk::{Case, CaseEvent, Change};
use crate::store::{keys, load};

use super::case_forms::MISSED;
use super::rights::Sight;
use super::views::{CommandError, Session};
use super::{Office, tasks};

#[derive(Debug, Clone)]
pub struct SlipView {
    /// `督办单〔126-041-273〕1号`
    pub title: String,
    /// The digits.
    pub case: String,
    pub department: String,
    pub matter: String,
    /// Her words, masked.
    pub text: String,
    pub received: String,
    pub due: String,
    /// What was said on the telephone before.
    pub calls: Vec<String>,
    pub demand: String,
    pub sent: String,
    pub sent_by: String,
    pub answer_by: String,
    pub answer: Option<SlipAnswer>,
}

#[derive(Debug, Clone)]
pub struct SlipAnswer {
    pub at: String,
    pub by: String,
    pub text: String,
    pub promise: String,
}

impl Office {
    /// The slip with that number of a case, for those who see the case.
    pub async fn slip(
        &self,
        session: &Session,
        number: &str,
        n: u8,
    ) -> Result<Option<SlipView>, CommandError> {
        let Some(case) = load::<Case>(&*self.store, keys::case(number)).await? else {
            return Ok(None);
        };
        let case = &case.record;
        if session.sight(case, self.is_overdue(case)) == Sight::Nothing {
            return Ok(None);
        }
        let events = self.events(number).await?;
        let events: Vec<CaseEvent> = events.into_iter().map(|one| one.record.event).collect();
        let sent = |event: &CaseEvent| matches!(&event.change, Change::SlipSent { n: known, .. } if *known == n);
        let Some(at) = events.iter().position(sent) else { return Ok(None) };
        let Change::SlipSent { department, demand, answer_by, .. } = &events[at].change else {
            return Ok(None);
        };
        self.note_paper(session, vec![number.to_owned()], &format!("督办单{n}号")).await?;
        let who = self.who(number).await?;
        let veil = Veil::of(case, &who);
        let ours = |text: &str| veil.over_ours(text);
        let is_call = |event: &&CaseEvent| match &event.change {
            Change::Supervised { .. } => true,
            Change::Noted { text } => text.starts_with(MISSED),
            _ => false,
        };
        let calls = events[..at].iter().filter(is_call);
        let call = |event: &CaseEvent| {
            format!("{} {}", spoken(event.at), ours(&self.detail(&event.change)))
        };
        let answer = events[at..].iter().find_map(|event| match &event.change {
            Change::SlipAnswered { n: known, text, promise_at } if *known == n => {
                Some(SlipAnswer {
                    at: spoken(event.at),
                    by: event.by.name().unwrap_or_default().to_owned(),
                    text: ours(text),
                    promise: spoken(*promise_at),
                })
            }
            _ => None,
        });
        Ok(Some(SlipView {
            title: format!("督办单〔{}〕{n}号", tasks::shown(number)),
            case: number.to_owned(),
            department: self.department_name(department),
            matter: case.title.clone(),
            text: veil.over(&case.text),
            received: spoken(case.received_at),
            due: spoken(case.round_due_at),
            calls: calls.map(call).collect(),
            demand: ours(demand),
            sent: spoken(events[at].at),
            sent_by: events[at].by.name().unwrap_or_default().to_owned(),
            answer_by: spoken(*answer_by),
            answer,
        }))
    }
}
