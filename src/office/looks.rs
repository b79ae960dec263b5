//! The log of who looked at whom, written before anybody sees anything, and of who changed what,
//! written in the commit that changes it. Chained, shown to the auditor and, without names of
//! staff, the looks to the villager herself.

use jiff::{SignedDuration, Timestamp};

use crate::calendar::local;
use crate::store::looks::{Look, LookHead, LookKind};
use crate::store::{Changes, StoreError, keys, list, list_by_index, load};

use super::rights::Right;
use super::sheet::Sheet;
use super::views::{CommandError, Role, Session};
use super::{Office, tasks};

/// Who acted, when nobody had signed in: the clock, or somebody at the machine itself.
const PROGRAM: &str = "程序";
const MACHINE: &str = "命令行";
/// Of one entry; a ledger with more is several.
const CASES_MAX: usize = 200;
const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=100;
const PAGE: usize = 50;
/// A page that is loaded again is not another look.
const SAME_LOOK: SignedDuration = SignedDuration::from_mins(10);
const EXAMINED: usize = 500;
/// Of a file; more are several months.
const LINES_MAX: usize = 10_000;

/// What is written down about one look.
pub(super) struct Seen<'s> {
    pub kind: LookKind,
    /// The digits.
    pub cases: Vec<String>,
    pub reason: &'s str,
}

/// What is written down about one change.
pub(super) struct Noted {
    by: String,
    role: String,
    department: Option<String>,
    from: String,
    kind: LookKind,
    about: String,
    detail: String,
}

impl Noted {
    pub fn by(session: &Session, kind: LookKind, about: &str, detail: &str) -> Self {
        Self {
            role: session.role.id().to_owned(),
            department: session.department.clone(),
            from: session.from.clone(),
            ..Self::named(&session.name, kind, about, detail)
        }
    }

    /// By who has the machine itself.
    pub fn by_machine(kind: LookKind, about: &str, detail: &str) -> Self {
        Self::named(MACHINE, kind, about, detail)
    }

    /// By somebody of whom only a name is known; empty: the program itself.
    pub fn named(by: &str, kind: LookKind, about: &str, detail: &str) -> Self {
        Self {
            by: if by.is_empty() { PROGRAM.to_owned() } else { by.to_owned() },
            role: String::new(),
            department: None,
            from: String::new(),
            kind,
            about: short(about),
            detail: short(detail),
        }
    }

    fn look(self, at: Timestamp) -> Look {
        let Noted { by, role, department, from, kind, about, detail: reason } = self;
        let (cases, hash) = (Vec::new(), String::new());
        Look { n: 0, at, by, role, department, from, kind, cases, about, reason, hash }
    }
}

/// Which entries the auditor wants to see; what is empty does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LooksAsked {
    pub by: String,
    /// In any form.
    pub case: String,
    pub kind: Option<LookKind>,
    /// `2026-11-01`, as Beijing's clocks show it.
    pub from: String,
    pub to: String,
    /// The number of the last entry of the page before.
    pub after: Option<u64>,
}

#[derive(Debug, Clone)]
pub struct LooksPage {
    pub looks: Vec<LookView>,
    pub next: Option<u64>,
}

#[derive(Debug, Clone)]
pub struct LookView {
    pub n: u64,
    pub at: Timestamp,
    pub by: String,
    pub role: &'static str,
    pub department: String,
    pub from: String,
    pub kind: &'static str,
    /// The digits.
    pub cases: Vec<String>,
    pub about: String,
    pub reason: String,
}

#[rustfmt::skip]
const COLUMNS: [&str; 10] = ["序号", "时间", "谁", "角色", "单位", "从哪里登录", "做了什么", "事项", "改了什么", "理由"];

impl Office {
    /// On disk when it returns. Nobody is shown anything before.
    pub(super) async fn note_look(
        &self,
        session: &Session,
        seen: Seen<'_>,
    ) -> Result<(), CommandError> {
        let length = seen.reason.trim().chars().count();
        if !REASON_CHARACTERS.contains(&length) {
            return Err(CommandError::Refused(format!(
                "请写为什么要看，{}到{}个字，例如：核实地址。",
                REASON_CHARACTERS.start(),
                REASON_CHARACTERS.end()
            )));
        }
        Ok(self.keep_look(Some(session), seen).await?)
    }

    /// By somebody, or by the program itself.
    pub(super) async fn keep_look(
        &self,
        by: Option<&Session>,
        seen: Seen<'_>,
    ) -> Result<(), StoreError> {
        let none = [Vec::new()];
        let parts: Vec<&[String]> = match seen.cases.is_empty() {
            true => none.iter().map(Vec::as_slice).collect(),
            false => seen.cases.chunks(CASES_MAX).collect(),
        };
        for cases in parts {
            let look = Look {
                n: 0,
                at: self.clock.now(),
                by: by.map_or_else(|| PROGRAM.to_owned(), |session| session.name.clone()),
                role: by.map_or_else(String::new, |session| session.role.id().to_owned()),
                department: by.and_then(|session| session.department.clone()),
                from: by.map_or_else(String::new, |session| session.from.clone()),
                kind: seen.kind,
                cases: cases.to_vec(),
                about: String::new(),
                reason: seen.reason.trim().to_owned(),
                hash: String::new(),
            };
            self.append(Changes::default(), look).await?;
        }
        Ok(())
    }

    /// A change, and the line about it, in one commit: neither is there without the other.
    /// `Conflict` means that the change itself came too late.
    pub(super) async fn commit_noted(
        &self,
        changes: Changes,
        noted: Noted,
    ) -> Result<(), StoreError> {
        self.append(changes, noted.look(self.clock.now())).await
    }

    /// The same where somebody else commits, and begins anew when another line came first.
    pub(super) async fn note_along(
        &self,
        changes: &mut Changes,
        noted: Noted,
    ) -> Result<(), StoreError> {
        self.link(changes, noted.look(self.clock.now())).await.map(|_| ())
    }

    /// Adds one line behind the last one, whose number it gives.
    async fn link(&self, changes: &mut Changes, mut look: Look) -> Result<u64, StoreError> {
        let before = load::<LookHead>(&*self.store, keys::look_head()).await?;
        let head = before.as_ref().map_or_else(LookHead::default, |head| head.record.clone());
        let last = head.n;
        look.n = last + 1;
        look.hash = look.linked(&head.hash);
        let after = LookHead { n: look.n, hash: look.hash.clone(), ..head };
        changes.create(&look)?;
        match &before {
            Some(before) => changes.replace(before, &after)?,
            None => changes.create(&after)?,
        }
        Ok(last)
    }

    async fn append(&self, changes: Changes, look: Look) -> Result<(), StoreError> {
        let with = changes.into_batch();
        let mut tried = None;
        let mut tries = self.losers.tries();
        loop {
            let mut line = Changes::default();
            let last = self.link(&mut line, look.clone()).await?;
            // Nobody else wrote to the log meanwhile: the conflict is of the change.
            if let Some((before, conflict)) = tried
                && before == last
            {
                return Err(conflict);
            }
            let mut batch = line.into_batch();
            batch.expect.extend(with.expect.iter().cloned());
            batch.put.extend(with.put.iter().cloned());
            batch.delete.extend(with.delete.iter().cloned());
            match self.store.commit(batch).await {
                Err(conflict @ StoreError::Conflict(_)) if tries.again().await => {
                    tried = Some((last, conflict));
                }
                other => return other,
            }
        }
    }

    /// What somebody does in another's name, without her password, at the machine itself.
    pub async fn note_at_machine(
        &self,
        session: &Session,
        about: &str,
        what: &str,
    ) -> Result<(), StoreError> {
        let noted = Noted::by(session, LookKind::Machine, about, what);
        self.commit_noted(Changes::default(), noted).await
    }

    /// Notes once that the file of settings is another one than at the last start. `sum`: of all
    /// that is only read at a start.
    pub async fn note_settings(&self, sum: &str) -> Result<(), StoreError> {
        let head = load::<LookHead>(&*self.store, keys::look_head()).await?;
        let known = head.as_ref().map_or("", |head| head.record.settings.as_str());
        if known == sum {
            return Ok(());
        }
        let noted = Noted::by_machine(LookKind::Settings, sum, "程序启动时读到的设置和上次不同");
        if !known.is_empty() {
            self.commit_noted(Changes::default(), noted).await?;
        }
        let head = load::<LookHead>(&*self.store, keys::look_head()).await?;
        let mut changes = Changes::default();
        match &head {
            Some(before) => {
                let after = LookHead { settings: sum.to_owned(), ..before.record.clone() };
                changes.replace(before, &after)?;
            }
            None => {
                changes.create(&LookHead { settings: sum.to_owned(), ..LookHead::default() })?;
            }
        }
        match self.store.commit(changes.into_batch()).await {
            // It is noted at the next start.
            Err(StoreError::Conflict(_)) => Ok(()),
            done => done,
        }
    }

    /// The same person in the same way at the same case within so short a time: one look.
    pub(super) async fn has_just_looked(
        &self,
        session: &Session,
        case: &str,
        same: impl Fn(&Look) -> bool,
    ) -> Result<bool, StoreError> {
        let since = self.clock.now() - SAME_LOOK;
        let recent = list_by_index::<Look>(&*self.store, keys::looks_at(case), PAGE).await?;
        Ok(recent
            .into_iter()
            .map(|(_, look)| look.record)
            .any(|look| look.at >= since && look.by == session.name && same(&look)))
    }

    /// Something of a case goes on paper; `paper`: what.
    pub(super) async fn note_paper(
        &self,
        session: &Session,
        cases: Vec<String>,
        paper: &str,
    ) -> Result<(), StoreError> {
        self.keep_look(Some(session), Seen { kind: LookKind::Print, cases, reason: paper }).await
    }

    /// Newest first.
    pub async fn looks(
        &self,
        session: &Session,
        asked: &LooksAsked,
    ) -> Result<LooksPage, CommandError> {
        session.must(Right::Audit)?;
        let (looks, next) = self.looks_wanted(asked, PAGE).await?;
        Ok(LooksPage { looks: looks.iter().map(|look| self.look_view(look)).collect(), next })
    }

    pub async fn looks_sheet(
        &self,
        session: &Session,
        asked: &LooksAsked,
    ) -> Result<Sheet, CommandError> {
        session.must(Right::Audit)?;
        let (looks, _) = self.looks_wanted(asked, LINES_MAX).await?;
        let rows = looks.iter().map(|look| {
            let view = self.look_view(look);
            let cases: Vec<String> = view.cases.iter().map(|case| tasks::shown(case)).collect();
            vec![
                view.n.to_string(),
                local(view.at),
                view.by,
                view.role.to_owned(),
                view.department,
                view.from,
                view.kind.to_owned(),
                cases.join("、"),
                view.about,
                view.reason,
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        Ok(Sheet {
            title: "审计日志",
            heading: format!("{}条", rows.len()),
            columns: &COLUMNS,
            foot: format!("共{}条", rows.len()),
            rows,
        })
    }

    pub(super) async fn looks_wanted(
        &self,
        asked: &LooksAsked,
        most: usize,
    ) -> Result<(Vec<Look>, Option<u64>), CommandError> {
        let case = match asked.case.trim() {
            "" => None,
            text => match crate::desk::read_number(text) {
                crate::desk::NumberRead::Whole(number) => Some(number.digits()),
                _ => return Err(CommandError::Refused("受理号是九位数字，请核对。".into())),
            },
        };
        let (from, to) = (asked.from.trim(), asked.to.trim());
        let wanted = |look: &Look| {
            let day: String = local(look.at).chars().take(10).collect();
            (asked.by.trim().is_empty() || look.by == asked.by.trim())
                && asked.kind.is_none_or(|kind| look.kind == kind)
                && (from.is_empty() || day.as_str() >= from)
                && (to.is_empty() || day.as_str() <= to)
                && asked.after.is_none_or(|n| look.n < n)
        };
        let mut range = match &case {
            Some(case) => keys::looks_at(case),
            None => keys::newest_first(keys::all_looks()),
        };
        if let (None, Some(n)) = (&case, asked.after) {
            range = keys::after(&range, &keys::look(n));
        }
        let mut found = Vec::new();
        loop {
            let page: Vec<(crate::store::Key, Look)> = match &case {
                Some(_) => {
                    let page = list_by_index::<Look>(&*self.store, range.clone(), EXAMINED).await?;
                    page.into_iter().map(|(key, look)| (key, look.record)).collect()
                }
                None => {
                    let page = list::<Look>(&*self.store, range.clone(), EXAMINED).await?;
                    page.into_iter().map(|look| (keys::look(look.n), look.record)).collect()
                }
            };
            let Some((last, _)) = page.last() else { return Ok((found, None)) };
            range = keys::after(&range, last);
            for (_, look) in page {
                if found.len() == most {
                    let next = found.last().map(|look: &Look| look.n);
                    return Ok((found, next));
                }
                if wanted(&look) {
                    found.push(look);
                }
            }
        }
    }

    pub(super) fn look_view(&self, look: &Look) -> LookView {
        LookView {
            n: look.n,
            at: look.at,
            by: look.by.clone(),
            role: role_word(&look.role),
            department: look
                .department
                .as_deref()
                .map(|id| self.department_name(id))
                .unwrap_or_default(),
            from: look.from.clone(),
            kind: look.kind.word(),
            cases: look.cases.clone(),
            about: look.about.clone(),
            reason: look.reason.clone(),
        }
    }

    /// For the villager: when, what office, why. Not which clerk.
    pub(super) async fn looks_told(
        &self,
        cases: &[String],
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut looks: Vec<Look> = Vec::new();
        for case in cases {
            let found = list_by_index::<Look>(&*self.store, keys::looks_at(case), most).await?;
            looks.extend(found.into_iter().map(|(_, look)| look.record));
        }
        looks.sort_by_key(|look| std::cmp::Reverse(look.n));
        looks.dedup_by_key(|look| look.n);
        looks.truncate(most);
        let told = looks.iter().map(|look| {
            let view = self.look_view(look);
            let who = match view.department.as_str() {
                "" if view.role.is_empty() => "程序".to_owned(),
                "" => format!("县便民平台{}", view.role),
                department => department.to_owned(),
            };
            let why = match look.kind {
                LookKind::Print => format!("：{}", view.reason),
                _ if view.reason.is_empty() => String::new(),
                _ => format!("，原因：{}", view.reason),
            };
            format!("{}，{who}{}{why}", crate::calendar::spoken(view.at), view.kind)
        });
        Ok(told.collect())
    }
}

fn short(text: &str) -> String {
    text.trim().chars().take(*REASON_CHARACTERS.end()).collect()
}

/// Also of a role that there is no more.
pub(super) fn role_word(id: &str) -> &'static str {
    match id {
        "admin" => "管理员",
        id => Role::from_word(id).map_or("", Role::word),
    }
}
