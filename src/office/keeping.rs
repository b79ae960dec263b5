//! Clearing what is past its time at once instead of by night: it is counted first, one asks that
//! it goes and says why, and another one who may erase lets it. The work is done behind the page,
//! and done again from its beginning after a crash: what is gone does not go twice.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use crate::config::KeepSettings;
use crate::store::keep_records::{KeepRound, KeepStage, KeepWord};
use crate::store::looks::LookKind;
use crate::store::{Changes, Loaded, StoreError, keys, load};

use super::Office;
use super::looks::Noted;
use super::rights::Right;
use super::views::{CommandError, Session};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What was counted the day before says little of what goes now.
const COUNT_HOLDS: SignedDuration = SignedDuration::from_hours(24);
const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=100;

#[derive(Debug, Clone)]
pub struct KeepView {
    pub keep: KeepSettings,
    pub round: Option<KeepRound>,
    /// Who looks at the page is the second one.
    pub may_run: bool,
}

pub(super) async fn run(office: Arc<Office>) {
    while !office.pause(LOOK_EVERY).await {
        match office.keep_round_waits().await {
            Ok(false) => continue,
            Ok(true) if office.wait_for_duty("clearing").await => return,
            Ok(true) => {}
            Err(error) => {
                tracing::error!(%error, "whether something is to be cleared is not known");
                continue;
            }
        }
        if let Err(error) = office.while_on_duty("clearing", office.work_off_keeping()).await {
            tracing::error!(%error, "a clearing that was asked for stands still; trying again");
        }
    }
}

impl Office {
    pub async fn keeping(&self, session: &Session) -> Result<KeepView, CommandError> {
        near(session)?;
        let round = self.keep_round().await?.map(|round| round.record.clone());
        let asked = round.as_ref().and_then(|round| round.asked.as_ref());
        let may_run = session.may(Right::Erase) && asked.is_some_and(|one| one.by != session.name);
        Ok(KeepView { keep: self.common().keep.clone(), round, may_run })
    }

    /// Has it counted what would go now.
    pub async fn count_to_clear(&self, session: &Session) -> Result<(), CommandError> {
        near(session)?;
        let before = self.keep_round().await?;
        if let Some(round) = before.as_ref().map(|before| &before.record) {
            if is_at_work(round) {
                return Err(refused("正在数或正在清，请过一会儿再看。"));
            }
            if round.stage == KeepStage::Counted && round.asked.is_some() {
                return Err(refused("有一份申请等着另一位办，请先办完，或者撤下。"));
            }
        }
        let begun = self.keep_word(session, "");
        let stage = KeepStage::Counting;
        let rows = Vec::new();
        let round = KeepRound { stage, at: begun.at, begun, asked: None, ordered: None, rows };
        let mut changes = Changes::default();
        match &before {
            Some(before) => changes.replace(before, &round)?,
            None => changes.create(&round)?,
        }
        self.commit_keeping(changes, Noted::by(session, LookKind::Retain, "先数一数", "")).await
    }

    /// The first of the two: what was counted shall go.
    pub async fn ask_to_clear(&self, session: &Session, reason: &str) -> Result<(), CommandError> {
        near(session)?;
        let before = self.counted_round().await?;
        if before.record.asked.is_some() {
            return Err(refused("已经有人申请了，等另一位办。"));
        }
        if before.record.rows.is_empty() {
            return Err(refused("没有到期的，不用清。"));
        }
        if self.clock.now() > before.record.at + COUNT_HOLDS {
            return Err(refused("数过已经一天多了，请再数一次。"));
        }
        if !REASON_CHARACTERS.contains(&reason.trim().chars().count()) {
            return Err(refused("请写为什么现在清，2到100个字，例如：年底清理。"));
        }
        let asked = Some(self.keep_word(session, reason));
        let mut changes = Changes::default();
        changes.replace(&before, &KeepRound { asked, ..before.record.clone() })?;
        self.commit_keeping(changes, Noted::by(session, LookKind::Retain, "申请", reason)).await
    }

    /// The second one lets it go.
    pub async fn run_clearing(&self, session: &Session) -> Result<(), CommandError> {
        session.must(Right::Erase)?;
        let before = self.counted_round().await?;
        let Some(asked) = &before.record.asked else {
            return Err(refused("还没有人申请，请先写明为什么清。"));
        };
        if asked.by == session.name {
            return Err(refused("自己申请的，要由另一位平台负责人来清。"));
        }
        let now = self.clock.now();
        let ordered = Some(self.keep_word(session, ""));
        let after =
            KeepRound { stage: KeepStage::Clearing, at: now, ordered, ..before.record.clone() };
        let mut changes = Changes::default();
        changes.replace(&before, &after)?;
        let about = format!("{}申请的", asked.by);
        let noted = Noted::by(session, LookKind::Retain, &about, &asked.reason);
        self.commit_keeping(changes, noted).await
    }

    /// Either of the two takes the request away.
    pub async fn leave_clearing(&self, session: &Session) -> Result<(), CommandError> {
        near(session)?;
        let before = self.counted_round().await?;
        let mut changes = Changes::default();
        changes.remove(&before);
        self.commit_keeping(changes, Noted::by(session, LookKind::Retain, "撤下申请", "")).await
    }

    /// What waits is counted or cleared once it returns.
    pub(super) async fn work_off_keeping(&self) -> Result<usize, StoreError> {
        let Some(before) = self.keep_round().await? else { return Ok(0) };
        let (dry_run, stage) = match before.record.stage {
            KeepStage::Counting => (true, KeepStage::Counted),
            KeepStage::Clearing => (false, KeepStage::Cleared),
            KeepStage::Counted | KeepStage::Cleared => return Ok(0),
        };
        let swept = self.sweep(dry_run).await?;
        let rows = swept.rows().map(|(kind, year, count)| (kind.to_owned(), year, count));
        let after = KeepRound {
            stage,
            at: self.clock.now(),
            rows: rows.collect(),
            ..before.record.clone()
        };
        let mut changes = Changes::default();
        changes.replace(&before, &after)?;
        Ok(usize::from(self.commit_or_leave(changes).await?))
    }

    async fn keep_round_waits(&self) -> Result<bool, StoreError> {
        Ok(self.keep_round().await?.is_some_and(|round| is_at_work(&round.record)))
    }

    async fn keep_round(&self) -> Result<Option<Loaded<KeepRound>>, StoreError> {
        load::<KeepRound>(&*self.store, keys::keep_round()).await
    }

    async fn counted_round(&self) -> Result<Loaded<KeepRound>, CommandError> {
        let round = self.keep_round().await?;
        let round = round.filter(|round| round.record.stage == KeepStage::Counted);
        round.ok_or_else(|| refused("还没有数过，请先数一数会清掉多少。"))
    }

    fn keep_word(&self, session: &Session, reason: &str) -> KeepWord {
        let (by, at) = (session.name.clone(), self.clock.now());
        KeepWord { by, at, reason: reason.trim().to_owned() }
    }

    async fn commit_keeping(&self, changes: Changes, noted: Noted) -> Result<(), CommandError> {
        match self.commit_noted(changes, noted).await {
            Err(StoreError::Conflict(_)) => Err(CommandError::Changed),
            other => Ok(other?),
        }
    }
}

/// Who keeps the program, and who answers for what is cleared.
fn near(session: &Session) -> Result<(), CommandError> {
    if session.may(Right::Settings) { Ok(()) } else { session.must(Right::Erase) }
}

fn is_at_work(round: &KeepRound) -> bool {
    matches!(round.stage, KeepStage::Counting | KeepStage::Clearing)
}

fn refused(text: &str) -> CommandError {
    CommandError::Refused(text.to_owned())
}
