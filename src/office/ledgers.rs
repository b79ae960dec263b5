//! The county's ledgers, gathered from the cases of a month. What a line says stands in
//! `desk::ledger`, what a figure means in `desk::measures`; here is who may see which, and what
//! is written down about a table that leaves the house.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

use crate::calendar::local;
use crate::county::Weights;
use crate::desk::ledger::{
    self, CASE_COLUMNS, INTERVIEW_COLUMNS, Identity, Names, OVERDUE_COLUMNS, VILLAGE_COLUMNS,
};
use crate::desk::measures::{self, Tally};
use crate::desk::{Case, CaseEvent, Grade, Interview};
use crate::store::looks::LookKind;
use crate::store::{Range, StoreError, keys, list_by_index};

use super::case_view::channel_name;
use super::interviews::is_for;
use super::looks::Seen;
use super::rights::Right;
use super::sheet::Sheet;
use super::views::{Choice, CommandError, Session};
use super::village_ledger::order_line;
use super::{Office, beijing};

const PAGE: usize = 500;
/// More lines than this are not made while somebody waits for them.
const LINES_MAX: usize = 10_000;
/// More than this are two tables: nobody reads them, and the machine is small.
pub(super) const BACKGROUND_LINES_MAX: usize = 50_000;
/// The name of the field that is wrong when a ledger is too large for one answer.
pub const TOO_LARGE: &str = "whole";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerKind {
    Cases,
    Village,
    Departments,
    Overdue,
    Interviews,
    Totals,
}

impl LedgerKind {
    pub const ALL: [(LedgerKind, &'static str, &'static str); 6] = [
        (LedgerKind::Cases, "cases", "受理办理台账"),
        (LedgerKind::Village, "village", "村级服务台账"),
        (LedgerKind::Departments, "departments", "承办单位考核表"),
        (LedgerKind::Overdue, "overdue", "超期督办清单"),
        (LedgerKind::Interviews, "interviews", "约谈清单"),
        (LedgerKind::Totals, "totals", "各村汇总表"),
    ];

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == id).map(|(kind, _, _)| *kind)
    }

    /// A line is a case.
    fn is_of_cases(self) -> bool {
        matches!(self, LedgerKind::Cases | LedgerKind::Village | LedgerKind::Overdue)
    }

    pub(super) fn id(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _, _)| *kind == self).map_or("", |(_, id, _)| id)
    }

    pub(super) fn title(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _, _)| *kind == self).map_or("", |(_, _, title)| title)
    }
}

/// 承办单位考核表: as counties print it, and behind it what keeps the rates honest.
#[rustfmt::skip]
const DEPARTMENT_COLUMNS: [&str; 26] = [
    "序号", "承办单位", "交办总量", "按时签收率", "按时办结率", "办结率", "退单率", "延期率", "响应率", "解决率", "满意率",
    "有效回访率", "重办率", "督办次数", "约谈次数", "评分", "排名", "原始按时率", "评价率", "未评价", "平均用时(小时)", "九成用时(小时)", "重复诉求率",
    "不计考核", "协办", "协办超期",
];

/// 各村汇总表: what was received in each village in that month, and what has become of it.
#[rustfmt::skip]
const TOTALS_COLUMNS: [&str; 9] = [
    "序号", "乡镇", "村", "受理", "其中代办", "办结", "在办", "超期", "满意",
];

/// Which ledger of which month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerAsked {
    pub kind: LedgerKind,
    /// Any day of it.
    pub month: Date,
    /// A name or 12 digits; needed for the village's ledger.
    pub village: Option<String>,
    /// Id in departments.csv.
    pub department: Option<String>,
    /// Why whole telephone numbers are wanted; without it they are masked.
    pub reason: Option<String>,
}

impl Office {
    /// [`TOO_LARGE`] where it has to be made behind the page.
    pub async fn ledger(
        &self,
        session: &Session,
        asked: &LedgerAsked,
    ) -> Result<Sheet, CommandError> {
        self.ledger_within(session, asked, LINES_MAX).await
    }

    pub fn may_report(&self, session: &Session) -> bool {
        session.may(Right::Reports) || session.may(Right::OwnReports)
    }

    /// Whether she may have it, and it is clear which; without reading it.
    pub(super) fn may_have_ledger(
        &self,
        session: &Session,
        asked: &LedgerAsked,
    ) -> Result<(), CommandError> {
        if asked.reason.is_some() {
            session.must(Right::Identity)?;
        }
        self.ledger_wanted(session, asked).map(|_| ())
    }

    pub(super) async fn ledger_within(
        &self,
        session: &Session,
        asked: &LedgerAsked,
        most: usize,
    ) -> Result<Sheet, CommandError> {
        let (asked, place, village) = self.ledger_wanted(session, asked)?;
        let month = Month::of(asked.month);
        match asked.kind {
            LedgerKind::Totals => self.totals_sheet(session, &month, village.as_deref()).await,
            LedgerKind::Departments => self.department_sheet(&asked, &month).await,
            LedgerKind::Interviews => self.interview_sheet(session, &asked, &month).await,
            _ => self.case_sheet(session, &asked, &month, (place, village), most).await,
        }
    }

    /// As far as it is hers: what is asked for, the place at its head, and the village's code.
    fn ledger_wanted(
        &self,
        session: &Session,
        asked: &LedgerAsked,
    ) -> Result<(LedgerAsked, String, Option<String>), CommandError> {
        let mut asked = asked.clone();
        if !session.may(Right::Reports) {
            session.must(Right::OwnReports)?;
            let of_villages = session.reports_township();
            let is_of_villages = matches!(asked.kind, LedgerKind::Village | LedgerKind::Totals);
            if (is_of_villages && !of_villages) || asked.reason.is_some() {
                return Err(CommandError::NotFound);
            }
            // A township's lines are those of its villages, too: which it sees says its sight.
            let by_sight = of_villages && asked.kind.is_of_cases();
            asked.department = session.department.clone().filter(|_| !by_sight);
        }
        let (place, village) = self.ledger_place(&asked)?;
        if let Some(code) = village.as_deref().filter(|_| session.reports_township())
            && !self.villages_of(session).iter().any(|own| own.id == code)
        {
            return Err(CommandError::NotFound);
        }
        Ok((asked, place, village))
    }

    /// Those whose ledgers she chooses among, when it is not all of them.
    pub fn villages_of(&self, session: &Session) -> Vec<Choice> {
        let tables = self.tables();
        let own = tables.places.iter().filter(|place| {
            session.reports_township() && session.department.as_ref() == Some(&place.township)
        });
        own.map(|place| Choice { id: place.code.clone(), label: place.name.clone() }).collect()
    }

    async fn totals_sheet(
        &self,
        session: &Session,
        month: &Month,
        village: Option<&str>,
    ) -> Result<Sheet, CommandError> {
        let now = self.clock.now();
        let own: HashSet<String> =
            self.villages_of(session).into_iter().map(|one| one.id).collect();
        let mut villages: BTreeMap<String, [usize; 6]> = BTreeMap::new();
        let range = match village {
            Some(code) => keys::cases_of_village(code, month.from, month.to),
            None => keys::cases_received(month.from, month.to),
        };
        self.each_case(range, |case| {
            let Some(code) = &case.place_code else { return Ok(()) };
            // Sums would tell of a single confidential case as well.
            let is_hers = !session.reports_township() || own.contains(code);
            if is_hers && !case.confidential {
                let counts = [
                    true,
                    case.errand.is_some(),
                    !case.state.is_open(),
                    case.state.is_open(),
                    case.was_overdue(now),
                    case.rating.is_some_and(Grade::is_content),
                ];
                let sums = villages.entry(code.clone()).or_default();
                sums.iter_mut().zip(counts).for_each(|(sum, one)| *sum += usize::from(one));
            }
            Ok(())
        })
        .await?;
        let tables = self.tables();
        let mut all = [0; 6];
        let mut rows = Vec::new();
        for (code, sums) in &villages {
            let place = tables.places.get(code);
            let (township, name) = place
                .map_or((String::new(), code.clone()), |p| (p.township.clone(), p.name.clone()));
            all.iter_mut().zip(sums).for_each(|(sum, one)| *sum += one);
            let mut row = vec![(rows.len() + 1).to_string(), township, name];
            row.extend(sums.map(|sum| sum.to_string()));
            rows.push(row);
        }
        let [received, _, ended, open, ..] = all;
        Ok(Sheet {
            title: LedgerKind::Totals.title(),
            heading: format!("{month}受理　{}个村　{received}件", rows.len()),
            columns: &TOTALS_COLUMNS,
            foot: format!("共受理{received}件　办结{ended}件　在办{open}件。保密的不在里面。"),
            rows,
        })
    }

    /// What was done in the agent's own village in that month; what is confidential is not in it.
    pub async fn village_ledger(
        &self,
        session: &Session,
        month: Date,
    ) -> Result<Sheet, CommandError> {
        session.must(Right::OwnVillage)?;
        let asked = LedgerAsked {
            kind: LedgerKind::Village,
            month,
            village: session.village.clone(),
            department: None,
            reason: None,
        };
        let place = self.ledger_place(&asked)?;
        self.case_sheet(session, &asked, &Month::of(month), place, LINES_MAX).await
    }

    /// `2026-11`
    pub fn this_month(&self) -> String {
        local(self.clock.now()).chars().take(7).collect()
    }

    /// What is written at the head for the place, and its code.
    fn ledger_place(&self, asked: &LedgerAsked) -> Result<(String, Option<String>), CommandError> {
        let refused = |text: &str| CommandError::Refused(text.to_owned());
        let Some(name) = &asked.village else {
            return match asked.kind {
                LedgerKind::Village => Err(refused("请写是哪个村的台账，例如：大黑坨村。")),
                _ => Ok((self.county_name().to_owned(), None)),
            };
        };
        let tables = self.tables();
        let known = tables.places.iter().filter(|place| {
            place.code == *name
                || place.name == *name
                || format!("{}{}", place.township, place.name) == *name
        });
        let mut known = known.map(|place| (format!("{}{}", place.township, place.name), place));
        match (known.next(), known.next()) {
            (Some((whole, place)), None) => Ok((whole, Some(place.code.clone()))),
            (None, _) => Err(refused("没有这个村。请写全名，例如：大黑坨村。")),
            (Some(_), Some(_)) => Err(refused("有几个村叫这个名字。请带上乡镇再写。")),
        }
    }

    async fn case_sheet(
        &self,
        session: &Session,
        asked: &LedgerAsked,
        month: &Month,
        (place, village): (String, Option<String>),
        most: usize,
    ) -> Result<Sheet, CommandError> {
        let kind = asked.kind;
        let range = match &village {
            Some(code) => keys::cases_of_village(code, month.from, month.to),
            None => keys::cases_received(month.from, month.to),
        };
        let now = self.clock.now();
        let tables = self.tables();
        let rules = tables.rules();
        let department = |id: &str| self.department_name(id);
        let channel = |id: &str| channel_name(id).to_owned();
        let of_code = |code: &str| {
            let place = tables.places.get(code)?;
            Some((place.township.clone(), place.name.clone()))
        };
        let names = Names { department: &department, channel: &channel, place: &of_code };
        let sees_some = session.may(Right::OwnVillage) || session.reports_township();
        let hers = |case: &Case| match session.reads_cases() {
            // Of an agent's or a township's villages what is confidential is not for her.
            true => !sees_some || self.sees(session, case),
            // Nor is it told by asking village after village.
            false => village.is_none() || !case.confidential,
        };
        let mut cases = Vec::new();
        self.each_case(range, |case| {
            let wanted = asked.department.as_ref().is_none_or(|id| !case.parties_of(id).is_empty());
            let late = kind != LedgerKind::Overdue || case.was_overdue(now);
            if wanted && late && hers(&case) {
                cases.push(case);
            }
            match cases.len() > most {
                true => Err(CommandError::Field(
                    TOO_LARGE,
                    format!("超过{most}件，一次做不完。请选一个村，或者一个承办单位。"),
                )),
                false => Ok(()),
            }
        })
        .await?;
        let orders = match (kind, &village) {
            (LedgerKind::Village, Some(code)) => self.village_orders(code, month).await?,
            _ => Vec::new(),
        };
        let bought = orders.iter().filter(|order| month.has(order.placed_at));
        let identity = match &asked.reason {
            Some(reason) => {
                session.must(Right::Identity)?;
                // Of a confidential case a ledger names nobody, whoever looks.
                let shown = cases.iter().filter(|case| !case.confidential);
                let bought = bought.clone().map(|order| order.number.digits());
                let shown = shown.map(|case| case.number.digits()).chain(bought).collect();
                let seen = Seen { kind: LookKind::Ledger, cases: shown, reason };
                self.note_look(session, seen).await?;
                Identity::Whole
            }
            None if session.reads_cases() => Identity::Masked,
            None => Identity::Anonymous,
        };
        let whose = self.who_of_all(&cases).await?;
        let mut rows = Vec::new();
        for (case, who) in cases.iter().zip(&whose) {
            let n = rows.len() + 1;
            let who = (who, identity);
            match kind {
                LedgerKind::Village => {
                    rows.push(ledger::village_line(n, case, who, &names, &rules));
                }
                LedgerKind::Overdue => {
                    let events = self.ledger_events(case).await?;
                    rows.extend(ledger::overdue_line(n, case, &events, &names, &rules, now));
                }
                _ => {
                    let told_by = self.answer_told_by(case).await?;
                    let case = (case, told_by);
                    rows.push(ledger::case_line(n, case, who, &names, &rules, now));
                }
            }
        }
        rows.extend(bought.map(|order| order_line(order, identity)));
        if kind == LedgerKind::Village {
            // By the day, and numbered anew.
            rows.sort_by(|one, other| one[1].cmp(&other[1]));
            (1..).zip(&mut rows).for_each(|(n, row): (usize, _)| row[0] = n.to_string());
        }
        let columns: &'static [&'static str] = match kind {
            LedgerKind::Village => &VILLAGE_COLUMNS,
            LedgerKind::Overdue => &OVERDUE_COLUMNS,
            _ => &CASE_COLUMNS,
        };
        let foot = match &village {
            Some(code) if kind == LedgerKind::Village => {
                self.village_sums(code, month, &hers, &orders).await?.to_string()
            }
            _ => format!("共{}件", rows.len()),
        };
        let heading = format!("{month}　{place}　{}件", rows.len());
        Ok(Sheet { title: kind.title(), heading, columns, rows, foot })
    }

    async fn department_sheet(
        &self,
        asked: &LedgerAsked,
        month: &Month,
    ) -> Result<Sheet, CommandError> {
        let tallies = self.tallies_of(month).await?;
        // Places are among all, also for one who sees only its own line.
        // As they were when the month began: a change does not rewrite it.
        let weights = self.tables().weights.on(month.first);
        let ranks = measures::ranks(tallies.values(), &weights);
        let mut lines: Vec<(Option<usize>, &String, &Tally)> =
            tallies.iter().zip(ranks).map(|((id, tally), rank)| (rank, id, tally)).collect();
        lines.retain(|(_, id, _)| asked.department.as_ref().is_none_or(|own| own == *id));
        lines.sort_by_key(|(rank, id, _)| (rank.unwrap_or(usize::MAX), *id));
        let rows: Vec<Vec<String>> = (1..)
            .zip(&lines)
            .map(|(n, (rank, id, tally))| {
                department_line(n, &self.department_name(id), tally, (*rank, &weights))
            })
            .collect();
        let all: u32 = lines.iter().map(|(_, _, tally)| tally.assigned).sum();
        let heading = format!("{month}到期的交办　{}　{all}件", self.county_name());
        let Weights { response, solved, content, ranked_min } = weights;
        let foot = format!(
            "评分：响应率占{response}%，解决率占{solved}%，满意率占{content}%；不到{ranked_min}件的不排名。未评价的不算满意。"
        );
        Ok(Sheet {
            title: LedgerKind::Departments.title(),
            heading,
            columns: &DEPARTMENT_COLUMNS,
            rows,
            foot,
        })
    }

    async fn interview_sheet(
        &self,
        session: &Session,
        asked: &LedgerAsked,
        month: &Month,
    ) -> Result<Sheet, CommandError> {
        let mut all = Vec::new();
        for is_open in [true, false] {
            let range = keys::interviews_drafted(is_open, month.from, month.to);
            let found = list_by_index::<Interview>(&*self.store, range, LINES_MAX).await?;
            all.extend(found.into_iter().map(|(_, interview)| interview.record));
        }
        all.retain(|one| asked.department.as_ref().is_none_or(|own| *own == one.department));
        // What was weighed before it was approved is the platform's.
        if !session.may(Right::Reports) {
            all.retain(|one| is_for(session, one));
            all.iter_mut().for_each(|one| one.proposed_by = None);
        }
        all.sort_by_key(|one| (one.drafted_at, one.id()));
        let department = |id: &str| self.department_name(id);
        let (channel, place) = (|id: &str| channel_name(id).to_owned(), |_: &str| None);
        let names = Names { department: &department, channel: &channel, place: &place };
        let lines = (1..).zip(&all);
        let rows: Vec<_> = lines.map(|(n, one)| ledger::interview_line(n, one, &names)).collect();
        let called_in = all.iter().filter(|one| one.minutes.is_some()).count();
        Ok(Sheet {
            title: LedgerKind::Interviews.title(),
            heading: format!("{month}列入　{}　{}张", self.county_name(), rows.len()),
            columns: &INTERVIEW_COLUMNS,
            foot: format!("共{}张，约谈过{called_in}张", rows.len()),
            rows,
        })
    }

    pub(super) async fn each_case(
        &self,
        mut range: Range,
        mut take: impl FnMut(Case) -> Result<(), CommandError> + Send,
    ) -> Result<(), CommandError> {
        loop {
            let page = list_by_index::<Case>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            range = keys::after(&range, last);
            for (_, case) in page {
                take(case.record)?;
            }
        }
    }

    async fn ledger_events(&self, case: &Case) -> Result<Vec<CaseEvent>, StoreError> {
        let found = self.events(&case.number.digits()).await?;
        Ok(found.into_iter().map(|event| event.record.event).collect())
    }
}

fn department_line(
    n: usize,
    name: &str,
    tally: &Tally,
    (rank, weights): (Option<usize>, &Weights),
) -> Vec<String> {
    let rate =
        |rate: Option<f64>| rate.map_or("—".into(), |rate| format!("{:.1}%", rate * 100.0));
    let hours = |minutes: i64| format!("{}.{}", minutes / 60, minutes % 60 / 6);
    let (mean, most) = match tally.time_used() {
        Some((mean, most)) => (hours(mean), hours(most)),
        None => ("—".into(), "—".into()),
    };
    vec![
        n.to_string(),
        name.to_owned(),
        tally.assigned.to_string(),
        rate(tally.accept_rate()),
        rate(tally.in_time_rate()),
        rate(tally.reply_rate()),
        rate(tally.return_rate()),
        rate(tally.extension_rate()),
        rate(tally.response_rate()),
        rate(tally.solved_rate()),
        rate(tally.content_rate()),
        rate(tally.reached_rate()),
        rate(tally.redo_rate()),
        tally.supervised.to_string(),
        tally.interviews.len().to_string(),
        tally.score(weights).map_or("—".into(), |score| format!("{score:.1}")),
        rank.map_or("—".into(), |rank| rank.to_string()),
        rate(tally.in_first_time_rate()),
        rate(tally.rated_rate()),
        tally.unrated.to_string(),
        mean,
        most,
        rate(tally.repeat_rate()),
        tally.excluded.to_string(),
        tally.helped.to_string(),
        tally.helped_late.to_string(),
    ]
}

/// A month here, from its first moment to before the first of the next.
pub(super) struct Month {
    pub first: Date,
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Month {
    pub fn of(day: Date) -> Self {
        let first = date(day.year(), day.month(), 1);
        let next = first.saturating_add(1.month());
        let instant = |day: Date| beijing::instant(day.at(0, 0, 0, 0));
        Self { first, from: instant(first), to: instant(next) }
    }

    pub fn has(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}年{}月", self.first.year(), self.first.month())
    }
}
