//! 统一调度: appeals, errands and orders that are not over, in one list, the newest first. For those
//! who dispatch and may read orders too.

use jiff::{SignedDuration, Timestamp};

use crate::county::CaseType;
use crate::desk::Case;
use crate::shop::Order;
use crate::store::{Loaded, Range, Record, StoreError, keys, list_by_index};

use super::Office;
use super::rights::Right;
use super::views::{CommandError, Session};

const PAGE: usize = 30;
const READ: usize = 100;
/// Most that is old is over: a page looks no further back.
const EXAMINED_MAX: usize = 3_000;
/// Times of the index have milliseconds.
const ONE: SignedDuration = SignedDuration::from_millis(1);

#[derive(Debug, Clone)]
pub struct InboxPage {
    pub rows: Vec<InboxRow>,
    /// The place behind the last row.
    pub next: Option<String>,
}

#[derive(Debug, Clone)]
pub struct InboxRow {
    /// Nine digits; the first one says what it is.
    pub number: String,
    pub kind: CaseType,
    pub title: String,
    pub place: String,
    pub state_id: &'static str,
    pub state: &'static str,
    /// Who has it: a department, a merchant; empty: nobody yet.
    pub with: String,
    pub at: Timestamp,
    pub overdue: bool,
}

impl InboxRow {
    fn place_in_list(&self) -> (Timestamp, &str) {
        (self.at, &self.number)
    }
}

impl Office {
    /// `kind`: only these; `after`: as the page before said.
    pub async fn inbox(
        &self,
        session: &Session,
        kind: Option<CaseType>,
        after: &str,
    ) -> Result<InboxPage, CommandError> {
        session.must(Right::Dispatch)?;
        session.must(Right::Orders)?;
        let after = read_place(after);
        let until = after.as_ref().map_or(Timestamp::MAX, |(at, _)| *at + ONE);
        let behind = |row: &InboxRow| {
            after.as_ref().is_none_or(|(at, number)| row.place_in_list() < (*at, number.as_str()))
        };
        let wanted = |one: CaseType| kind.is_none_or(|kind| kind == one);
        let mut rows = Vec::new();
        if kind != Some(CaseType::Order) {
            let fits = |case: &Case| {
                let row = self.inbox_row(case);
                (case.state.is_open() && wanted(row.kind) && behind(&row)).then_some(row)
            };
            rows.extend(
                self.newest(keys::cases_received(Timestamp::UNIX_EPOCH, until), &fits).await?,
            );
        }
        if wanted(CaseType::Order) {
            let fits = |order: &Order| {
                let row = order_row(order);
                (order.state.is_open() && behind(&row)).then_some(row)
            };
            rows.extend(
                self.newest(keys::orders_placed(Timestamp::UNIX_EPOCH, until), &fits).await?,
            );
        }
        rows.sort_by(|a, b| b.place_in_list().cmp(&a.place_in_list()));
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| more).map(|row| format!("{}_{}", row.at, row.number));
        Ok(InboxPage { rows, next })
    }

    /// One more than fits a page, so that it is known whether there is another one.
    async fn newest<R: Record>(
        &self,
        range: Range,
        fits: &(dyn Fn(&R) -> Option<InboxRow> + Sync),
    ) -> Result<Vec<InboxRow>, StoreError> {
        let (mut range, mut found, mut examined) = (keys::newest_first(range), Vec::new(), 0);
        while found.len() <= PAGE && examined < EXAMINED_MAX {
            let page: Vec<(_, Loaded<R>)> =
                list_by_index(&*self.store, range.clone(), READ).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            examined += page.len();
            found.extend(page.iter().filter_map(|(_, one)| fits(&one.record)));
        }
        found.truncate(PAGE + 1);
        Ok(found)
    }

    fn inbox_row(&self, case: &Case) -> InboxRow {
        InboxRow {
            number: case.number.digits(),
            kind: case.number.kind(),
            title: case.title.clone(),
            place: case.place_name.clone().unwrap_or_default(),
            state_id: case.state.id(),
            state: case.state.word(),
            with: case.department.as_deref().map(|id| self.department_name(id)).unwrap_or_default(),
            at: case.received_at,
            overdue: self.is_overdue(case),
        }
    }
}

/// Without who ordered: that stands on its own page.
fn order_row(order: &Order) -> InboxRow {
    InboxRow {
        number: order.number.digits(),
        kind: CaseType::Order,
        title: order.goods(),
        place: order.village_name.clone(),
        state_id: order.state.id(),
        state: order.state.word(),
        with: order.merchant_name.clone(),
        at: order.placed_at,
        overdue: false,
    }
}

fn read_place(text: &str) -> Option<(Timestamp, String)> {
    let (at, number) = text.split_once('_')?;
    Some((at.parse().ok()?, number.to_owned()))
}
