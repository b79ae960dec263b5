//! Ledgers too large for one answer: made one at a time behind the page, kept for a day in pieces
//! that the store can hold, and given to nobody but the one who asked. What was in the middle of
//! being made when the program stopped is begun anew, a few times.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::store::export_records::{Export, ExportState};
use crate::store::{Batch, Changes, Loaded, StoreError, keys, list, list_by_index, load};

use super::clearing::{Pages, Sweep};
use super::ledgers::BACKGROUND_LINES_MAX;
use super::sheet::Sheet;
use super::views::{CommandError, Owes, Session};
use super::{LedgerAsked, LedgerKind, Office, random};

const LOOK_EVERY: Duration = Duration::from_secs(1);
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Of one person, and of all.
const EACH_MAX: usize = 3;
const ALL_MAX: usize = 30;
const TRIES_MAX: u8 = 3;
const BYTES_MAX: usize = 48 * 1024 * 1024;
const PIECE: usize = 60 * 1024;
/// Pieces in one commit, and in one look.
const AT_ONCE: usize = 16;
const FORMATS: [&str; 3] = ["xlsx", "csv", "gb18030"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportView {
    pub id: String,
    pub title: &'static str,
    /// `2026-11`
    pub month: String,
    pub kind: String,
    pub format: String,
    pub made_at: Timestamp,
    pub until: Timestamp,
    pub state: ExportState,
    pub lines: usize,
    pub bytes: usize,
    pub why: String,
}

pub(super) async fn run(office: Arc<Office>) {
    while !office.pause(LOOK_EVERY).await {
        match office.next_export().await {
            Ok(None) => continue,
            Ok(Some(_)) if office.wait_for_duty("exports").await => return,
            Ok(Some(_)) => {}
            Err(error) => {
                tracing::error!(%error, "whether a ledger is to be made is not known");
                continue;
            }
        }
        if let Err(error) = office.while_on_duty("exports", office.make_exports()).await {
            tracing::error!(%error, "a ledger could not be made; trying again");
        }
    }
}

/// Who asks, as an export knows her: a key is another one than a person of the same name.
pub fn whose_export(session: &Session, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("key/{key}"),
        None => format!("desk/{}", session.name),
    }
}

impl Office {
    /// `id`: under which the same order comes again.
    pub async fn ask_export(
        &self,
        (session, whose): (&Session, &str),
        asked: &LedgerAsked,
        format: &str,
        id: &str,
    ) -> Result<ExportView, CommandError> {
        self.may_have_ledger(session, asked)?;
        if !FORMATS.contains(&format) {
            return Err(CommandError::NotFound);
        }
        if let Some(known) = load::<Export>(&*self.store, keys::export(id)).await? {
            return self.export(session, whose, &known.record.id).await;
        }
        let now = self.clock.now();
        let all = self.all_exports().await?;
        let kept = all.iter().filter(|one| one.record.until > now);
        if kept.clone().filter(|one| one.record.whose == whose).count() >= EACH_MAX {
            let text = "您已经有三份在做或没删的，请先在「做好的表」里删一份。";
            return Err(CommandError::Refused(text.into()));
        }
        if kept.count() >= ALL_MAX {
            let text = "现在排队做表的太多了，请过一会儿再来，或者选一个村、一个承办单位。";
            return Err(CommandError::Refused(text.into()));
        }
        let export = Export {
            id: id.to_owned(),
            whose: whose.to_owned(),
            name: session.name.clone(),
            role: session.role,
            department: session.department.clone(),
            from: session.from.clone(),
            kind: asked.kind.id().to_owned(),
            month: asked.month,
            village: asked.village.clone(),
            of_department: asked.department.clone(),
            reason: asked.reason.clone(),
            format: format.to_owned(),
            made_at: now,
            until: now + KEPT,
            state: ExportState::Making,
            tries: 0,
            lines: 0,
            bytes: 0,
            why: String::new(),
        };
        let mut changes = Changes::default();
        changes.create(&export)?;
        match self.store.commit(changes.into_batch()).await {
            // The same order, twice at once.
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(view(&export)),
            Err(error) => Err(error.into()),
        }
    }

    pub fn new_export_id(&self) -> String {
        random::hex::<8>()
    }

    /// Her own, the newest first.
    pub async fn exports(&self, whose: &str) -> Result<Vec<ExportView>, CommandError> {
        let now = self.clock.now();
        let mut own: Vec<ExportView> = self
            .all_exports()
            .await?
            .iter()
            .filter(|one| one.record.whose == whose && one.record.until > now)
            .map(|one| view(&one.record))
            .collect();
        own.sort_by_key(|one| std::cmp::Reverse(one.made_at));
        Ok(own)
    }

    pub async fn export(
        &self,
        session: &Session,
        whose: &str,
        id: &str,
    ) -> Result<ExportView, CommandError> {
        self.own_export(session, whose, id).await.map(|export| view(&export.record))
    }

    /// The bytes of one that is ready.
    pub async fn export_file(
        &self,
        session: &Session,
        whose: &str,
        id: &str,
    ) -> Result<(ExportView, Vec<u8>), CommandError> {
        let export = self.own_export(session, whose, id).await?.record.clone();
        if export.state != ExportState::Ready {
            return Err(CommandError::NotFound);
        }
        let mut bytes = Vec::with_capacity(export.bytes);
        let mut range = keys::export_pieces(id);
        while bytes.len() < export.bytes {
            let page = self.store.scan(range.clone(), AT_ONCE).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            page.iter().for_each(|(_, piece)| bytes.extend_from_slice(&piece.value));
        }
        bytes.truncate(export.bytes);
        // It was cleared away meanwhile.
        if bytes.len() != export.bytes {
            return Err(CommandError::NotFound);
        }
        Ok((view(&export), bytes))
    }

    pub async fn drop_export(
        &self,
        session: &Session,
        whose: &str,
        id: &str,
    ) -> Result<(), CommandError> {
        let export = self.own_export(session, whose, id).await?;
        Ok(self.remove_export(&export).await.map(|_| ())?)
    }

    /// Whoever works as somebody else by now has no right to what she asked for then.
    async fn own_export(
        &self,
        session: &Session,
        whose: &str,
        id: &str,
    ) -> Result<Loaded<Export>, CommandError> {
        let found = load::<Export>(&*self.store, keys::export(id)).await?;
        let found = found.filter(|found| {
            let export = &found.record;
            export.whose == whose
                && export.until > self.clock.now()
                && (export.role, &export.department) == (session.role, &session.department)
        });
        found.ok_or(CommandError::NotFound)
    }

    async fn all_exports(&self) -> Result<Vec<Loaded<Export>>, StoreError> {
        list::<Export>(&*self.store, keys::all_exports(), 10 * ALL_MAX).await
    }

    async fn next_export(&self) -> Result<Option<Loaded<Export>>, StoreError> {
        let waiting = list_by_index::<Export>(&*self.store, keys::exports_waiting(), 1).await?;
        Ok(waiting.into_iter().next().map(|(_, export)| export))
    }

    /// All that wait are made, or have failed, once it returns.
    pub(super) async fn make_exports(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        while let Some(before) = self.next_export().await? {
            let tried = Export { tries: before.record.tries + 1, ..before.record.clone() };
            let mut changes = Changes::default();
            changes.replace(&before, &tried)?;
            if !self.commit_or_leave(changes).await? {
                continue;
            }
            let done = match tried.tries > TRIES_MAX {
                true => failed(&tried, "试了三次都没有做成，请告诉系统管理员。"),
                false => self.make_export(&tried).await?,
            };
            let Some(before) = load::<Export>(&*self.store, keys::export(&tried.id)).await? else {
                continue;
            };
            let mut changes = Changes::default();
            changes.replace(&before, &done)?;
            count += usize::from(self.commit_or_leave(changes).await?);
        }
        Ok(count)
    }

    /// What was taken out is in the log before anybody has it.
    async fn make_export(&self, export: &Export) -> Result<Export, StoreError> {
        let (session, asked) = (session_of(export), asked_of(export));
        let sheet = match self.ledger_within(&session, &asked, BACKGROUND_LINES_MAX).await {
            Ok(sheet) => sheet,
            Err(CommandError::Unavailable) => {
                return Err(StoreError::Unavailable("a ledger can not be read".into()));
            }
            Err(error) => return Ok(failed(export, &error.to_string())),
        };
        let mark = self.take_out(&session, &sheet, asked.reason.as_deref()).await?;
        let (lines, format) = (sheet.rows.len(), export.format.clone());
        let written = tokio::task::spawn_blocking(move || Sheet::bytes(sheet, &format, &mark));
        let bytes = match written.await {
            Ok(Ok(Some((_, bytes)))) if bytes.len() <= BYTES_MAX => bytes,
            Ok(Ok(_)) => return Ok(failed(export, "做出来太大了，请选一个村或一个承办单位。")),
            Ok(Err(error)) => {
                tracing::error!(%error, "a sheet could not be written");
                return Ok(failed(export, "表格没有写成，请存成 CSV 再试。"));
            }
            Err(error) => {
                tracing::error!(%error, "a sheet could not be written");
                return Ok(failed(export, "表格没有写成，请告诉系统管理员。"));
            }
        };
        let pieces: Vec<_> = bytes.chunks(PIECE).enumerate().collect();
        for some in pieces.chunks(AT_ONCE) {
            let put =
                some.iter().map(|(n, part)| (keys::export_piece(&export.id, *n), part.to_vec()));
            self.store.commit(Batch { put: put.collect(), ..Batch::default() }).await?;
        }
        let until = self.clock.now() + KEPT;
        let (state, bytes) = (ExportState::Ready, bytes.len());
        Ok(Export { state, lines, bytes, until, ..export.clone() })
    }

    /// The record goes last: without it nobody would find the pieces any more.
    async fn remove_export(&self, export: &Loaded<Export>) -> Result<bool, StoreError> {
        loop {
            let page = self.store.scan(keys::export_pieces(&export.record.id), 500).await?;
            if page.is_empty() {
                break;
            }
            let delete = page.into_iter().map(|(key, _)| key).collect();
            self.store.commit(Batch { delete, ..Batch::default() }).await?;
        }
        let mut changes = Changes::default();
        changes.remove(export);
        self.commit_or_leave(changes).await
    }

    pub(super) async fn clear_exports(&self, sweep: &mut Sweep) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut pages = Pages::new(keys::all_exports());
        while let Some(page) = pages.next::<Export>(self).await? {
            for export in page.iter().filter(|export| export.record.until <= now) {
                if sweep.dry_run || self.remove_export(export).await? {
                    sweep.swept.add("做好的表", export.record.made_at);
                }
            }
        }
        Ok(())
    }
}

fn failed(export: &Export, why: &str) -> Export {
    Export { state: ExportState::Failed, why: why.to_owned(), ..export.clone() }
}

fn session_of(export: &Export) -> Session {
    Session {
        name: export.name.clone(),
        role: export.role,
        department: export.department.clone(),
        village: None,
        merchant: None,
        from: export.from.clone(),
        csrf: String::new(),
        owes: Owes::Nothing,
    }
}

fn asked_of(export: &Export) -> LedgerAsked {
    LedgerAsked {
        // It was read from one of them.
        kind: LedgerKind::from_id(&export.kind).unwrap_or(LedgerKind::Cases),
        month: export.month,
        village: export.village.clone(),
        department: export.of_department.clone(),
        reason: export.reason.clone(),
    }
}

fn view(export: &Export) -> ExportView {
    ExportView {
        id: export.id.clone(),
        title: asked_of(export).kind.title(),
        month: export.month.to_string().chars().take(7).collect(),
        kind: export.kind.clone(),
        format: export.format.clone(),
        made_at: export.made_at,
        until: export.until,
        state: export.state,
        lines: export.lines,
        bytes: export.bytes,
        why: export.why.clone(),
    }
}
