//! What goes on paper of one case: to the department, to the one who told it, and between an agent
//! and the neighbour for whom she runs. Whoever may see the case may print it: nobody is named
//! whole on it.

use crate::calendar::spoken;
use crate::county::words;
use crate::desk::private::{NAMELESS, Veil, mask_name};
use crate::desk::{Case, State, limit_of};
use crate::store::{keys, load};
use crate::zh;

use super::rights::Sight;
use super::views::{CommandError, Session};
use super::{Office, beijing, qr};

words! {
    PaperKind {
        /// The platform gives it to a department.
        Assignment "assignment" "交办单",
        /// The department's answer, with the county's red head.
        Answer "answer" "答复书",
        /// For a printer of tickets, 80 mm.
        Ticket "ticket" "受理回执（80毫米小票）",
        Receipt "receipt" "受理回执（A5）",
        /// That somebody runs for her, and which papers were taken.
        Proxy "proxy" "代办委托书和收件单",
    }
}

#[derive(Debug, Clone)]
pub struct PaperView {
    pub kind: PaperKind,
    pub county: String,
    pub hotline: String,
    /// The digits.
    pub number: String,
    pub title: String,
    /// Of an answer: the last one.
    pub is_final: bool,
    pub name: String,
    pub phone: String,
    pub place: String,
    /// Her words, masked.
    pub text: String,
    pub department: String,
    pub helpers: String,
    pub received: String,
    pub promised: String,
    pub limit: String,
    /// Of the answer.
    pub reply: String,
    pub replied: String,
    /// Leads to the desk, or to where she can ask; empty: the program does not know its address.
    pub qr: String,
    pub year: i16,
}

impl Office {
    /// What may be printed of a case now; `None`: she does not see it.
    pub async fn papers(
        &self,
        session: &Session,
        number: &str,
    ) -> Result<Option<Vec<PaperKind>>, CommandError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        let seen = case
            .map(|case| case.record)
            .filter(|case| session.sight(case, self.is_overdue(case)) != Sight::Nothing);
        Ok(seen.map(|case| open_papers(&case)))
    }

    pub async fn paper(
        &self,
        session: &Session,
        number: &str,
        kind: PaperKind,
    ) -> Result<Option<PaperView>, CommandError> {
        let Some(case) = load::<Case>(&*self.store, keys::case(number)).await? else {
            return Ok(None);
        };
        let case = &case.record;
        if session.sight(case, self.is_overdue(case)) == Sight::Nothing
            || !open_papers(case).contains(&kind)
        {
            return Ok(None);
        }
        self.note_paper(session, vec![number.to_owned()], kind.word()).await?;
        let who = self.who(number).await?;
        let veil = Veil::of(case, &who);
        // She writes her own name where she signs; anywhere else it is masked, whoever prints.
        let (name, phone) = match (case.confidential, kind) {
            (_, PaperKind::Proxy) => (None, None),
            _ if !session.reads_cases() => (None, None),
            (true, _) => (Some(NAMELESS.to_owned()), None),
            (false, _) => {
                (who.name.as_deref().map(mask_name), who.phone.as_deref().map(zh::mask_phone))
            }
        };
        let now = self.clock.now();
        let helpers = case.course.helpers.iter().map(|one| self.department_name(&one.department));
        let address = match (self.public_url(), kind) {
            ("", _) => None,
            (url, PaperKind::Assignment) => Some(format!("{url}/desk/cases/{number}")),
            (url, _) => Some(format!("{url}/query")),
        };
        let limit = match limit_of(case.time_class) {
            crate::calendar::Limit::WorkingDays(days) => format!("{days}个工作日"),
            _ => "24小时".to_owned(),
        };
        let reply = case.reply.as_ref();
        Ok(Some(PaperView {
            kind,
            county: self.county_name(),
            hotline: self.hotline(),
            number: number.to_owned(),
            title: case.title.clone(),
            is_final: case.state == State::Final,
            name: name.unwrap_or_default(),
            phone: phone.unwrap_or_default(),
            place: case.place_name.clone().unwrap_or_default(),
            text: veil.over(&case.text),
            department: case
                .department
                .as_deref()
                .map(|id| self.department_name(id))
                .unwrap_or_default(),
            helpers: helpers.collect::<Vec<_>>().join("、"),
            received: spoken(case.received_at),
            promised: spoken(case.promised_at),
            limit,
            reply: reply.map(|reply| veil.over_ours(&reply.text)).unwrap_or_default(),
            replied: case.replied_at.map(beijing::day_in_words).unwrap_or_default(),
            qr: address.and_then(|address| qr::picture(&address)).unwrap_or_default(),
            year: crate::calendar::local_date(now).year(),
        }))
    }
}

fn open_papers(case: &Case) -> Vec<PaperKind> {
    let is_open = |kind: &PaperKind| match kind {
        PaperKind::Assignment => case.department.is_some(),
        PaperKind::Answer => case.reply.is_some() && case.replied_at.is_some(),
        PaperKind::Ticket | PaperKind::Receipt => true,
        PaperKind::Proxy => case.errand.is_some(),
    };
    PaperKind::ALL.iter().copied().filter(is_open).collect()
}
