//! The only place that does things: it knows the time, draws random numbers, calls other
//! servers and commits. The floors below are pure or passive.

mod account_menu;
mod accounts;
mod actions;
mod added_photos;
mod alarms;
mod alike;
mod api_keys;
mod background_exports;
mod beijing;
mod beside;
mod broadcast;
mod caller;
mod calls;
mod cards;
mod case_file;
mod case_forms;
mod case_media;
mod case_view;
mod cases;
mod clearing;
pub mod clock;
mod clocks;
mod conflicts;
mod corrections;
mod counted;
mod county_live;
mod county_shown;
mod danger;
mod deadlines;
mod dialogs;
mod dialogs_change;
mod digests;
mod enclosures;
mod erase;
mod exports;
mod figures;
mod flood;
mod follow_up;
mod gauges;
mod health;
mod holidays;
mod house_calls;
mod identity;
mod inbox;
mod indexes;
mod instances;
mod intake;
mod interviews;
mod keeping;
mod kept_back;
mod late;
mod leases;
mod ledgers;
mod lines;
mod linking;
mod listings;
mod live;
mod looks;
mod media;
mod media_pieces;
mod neighbours;
mod new_work;
mod notice_policy;
mod numbers;
mod oidc;
mod open311;
mod outbox;
mod outward;
mod own_cases;
mod own_data;
mod papers;
mod passwords;
mod people;
mod personal;
mod phone;
mod posted;
mod preference;
mod preview;
mod printed;
mod progress;
mod qr;
mod query;
mod queues;
pub mod random;
mod receipts;
mod reception;
mod retention;
mod rights;
mod route;
mod seal;
mod second_step;
mod seen_through;
mod sessions;
mod sheet;
pub mod shop;
mod slips;
mod sms;
mod sms_budget;
mod sms_carry;
mod sms_inbound;
mod sms_pace;
mod sms_templates;
mod sms_unheard;
mod sms_words;
mod snapshots;
mod staff;
mod staff_wechat;
mod studio;
mod supervision;
mod system;
mod table_files;
mod tables;
mod tallied;
mod tasks;
mod told_by;
mod turn;
mod typed;
mod undelivered;
mod understood;
mod verify;
mod views;
mod village_ledger;
mod village_shops;
mod village_totals;
mod villagers;
mod visits;
mod watched;
mod webhooks;
mod webhooks_removed;
mod wechat;
pub mod wechat_api;
mod wechat_token;
mod wechat_token_shared;
mod window;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Common, Config};
use crate::dialog::{Script, Trace};
use crate::meaning::{Goods, Reader};
use crate::store::Store;

pub use crate::desk::Queue;
pub use crate::desk::figures::Figures;
pub use crate::store::export_records::ExportState;
pub use crate::store::keep_records::{Copies, CopyNote, KeepRound, KeepStage, KeepWord};
pub use crate::store::looks::LookKind;
pub use crate::store::stops::QuestionCounts;
pub use account_menu::{account_menu, push_menu, village_ticket};
pub use accounts::{AccountPage, AccountView};
pub use added_photos::PHOTO_BYTES_MAX;
pub use alike::BurstView;
pub use api_keys::{Caller, KeyView};
pub use background_exports::{ExportView, whose_export};
pub use broadcast::BroadcastPlan;
pub use caller::CallerHelp;
pub use calls::{CallCard, CallDesk};
pub use case_file::CaseFile;
pub use case_forms::{CommandShape, command_shapes};
pub use clearing::Swept;
pub use counted::{CountedLine, CountedPage};
pub use county_live::{CountyRefused, CountyStatus};
pub use county_shown::{CountyTable, CountyTableKind};
pub use dialogs::{check_dialogs, check_files};
pub use dialogs_change::{DialogsStatus, FolderStatus, live_script};
pub use digests::DueToday;
pub use enclosures::{AnswerFile, AnswerPage, FILE_BYTES_MAX};
pub use erase::Erasure;
pub use exports::Watermark;
pub use figures::Months;
pub use health::Counters;
pub use holidays::{
    HolidayChanged, HolidayMode, HolidaysRead, HolidaysStatus, HoursAsked, HoursView,
};
pub use house_calls::{HouseCall, HouseCalls};
pub use inbox::{InboxPage, InboxRow};
pub use intake::{Filed, Told};
pub use interviews::{InterviewForm, InterviewView, LateCaseView, MinutesView};
pub use keeping::KeepView;
pub use late::LateDepartment;
pub use ledgers::{LedgerAsked, LedgerKind, TOO_LARGE};
pub use live::{Listener, News};
pub use looks::{LookView, LooksAsked, LooksPage};
pub use oidc::{OidcAsked, OidcBack};
pub use open311::{CaseUpdate, FollowAsked, Followed, UPDATES_MAX};
pub use papers::{PaperKind, PaperView};
pub use passwords::PASSWORD_CHARACTERS_MIN;
pub use personal::{CorrectionView, PersonCase, PersonView};
pub use posted::{Done, Once, PostError, Worked};
pub use preview::Preview;
pub use printed::PrintMark;
pub use query::{Answered, Progress};
pub use queues::QueueCount;
pub use reception::{REPLY_WITHIN, Said};
pub use rights::{Access, Grant, MATRIX, Object, Only, Right, grant, is_administrator};
pub use second_step::{SecondStepOffer, SecondStepState};
pub use sessions::{Browser, SessionView};
pub use sheet::{Sheet, content_type};
pub use slips::{SlipAnswer, SlipView};
pub use sms_inbound::{SmsAnswer, SmsCall};
pub use snapshots::{PublishError, Published, ReAsked};
pub use staff_wechat::is_told;
pub use studio::{
    DAYS_SHOWN, DialogTests, DifferentFile, DifferentLine, DraftAskedView, DraftFileView,
    DraftPublished, DraftTests, DraftView, Lesson, Looked, MarkView, MisheardView, SaidView,
    StopRow, StopsView, StudioFile, TableEdit, TableRow, TableView, TalkView, Taught, TeachingView,
    VersionView,
};
pub use system::{ChannelState, SystemView};
pub use table_files::TableFiles;
pub use tables::{MODEL, Tables, read_examples, read_files, read_script};
pub use typed::Typed;
pub use undelivered::LetterView;
pub use verify::Verified;
pub use views::*;
pub use village_shops::{NeighbourCard, VillageShops};
pub use village_totals::{VillageTotal, VillageTotals};
pub use villagers::Villager;
pub use watched::{FolderRefused, Look};
pub use webhooks::DeadLetter;

use clock::Clock;

/// After the signal to stop; with what requests may take, less than 10 s.
const WORK_ENDS_WITHIN: Duration = Duration::from_secs(3);

/// What the office is made of; a test puts in its own.
pub struct Parts {
    pub config: Config,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub tables: Tables,
    pub script: Script,
}

pub struct Office {
    config: Config,
    store: Store,
    clock: Arc<dyn Clock>,
    /// `county_live` puts others in their place while the program serves.
    tables: ArcSwap<Tables>,
    common: ArcSwap<Common>,
    county_live: county_live::Standing,
    script: ArcSwap<Script>,
    folder: watched::Folder,
    wechat: BTreeMap<String, wechat::Line>,
    sms: sms::Sms,
    lines: lines::Lines,
    live: live::Live,
    losers: conflicts::Losers,
    leases: leases::Leases,
    others: instances::Others,
    paces: sms_pace::Paces,
    numbers: numbers::Numbers,
    passwords: passwords::Passwords,
    seal: seal::Seal,
    webhooks: webhooks::Webhooks,
    phones: phone::Phones,
    shelves: shop::Shelves,
    payments: Option<shop::Payments>,
    single_sign_on: Option<oidc::SingleSignOn>,
    media_folder: PathBuf,
    /// Held by who keeps a file until a record refers to it, and alone by who removes one.
    media_files: tokio::sync::RwLock<()>,
    counters: Counters,
    alarms: health::Alarms,
    gauges: gauges::Gauges,
    budgets: sms_budget::Budgets,
    bench: studio::Bench,
    stops: studio::Stops,
    misheard: studio::MisheardToday,
    board: tokio::sync::Mutex<figures::Board>,
    sales_kept: shop::SalesKept,
    village_totals: village_totals::Kept,
    tallied: tallied::Kept,
    mornings: digests::Mornings,
    reckoned: holidays::Reckoned,
    bells: Bells,
    started_at: Timestamp,
    stop: CancellationToken,
    workers: TaskTracker,
}

/// Wakes a worker before its time.
#[derive(Default)]
struct Bells {
    outbox: Notify,
    media: Notify,
    alarms: Notify,
}

impl Office {
    pub fn new(parts: Parts) -> Result<Arc<Self>, String> {
        let Parts { config, store, clock, tables, script } = parts;
        let wechat = wechat::lines(&config, &clock, &store)?;
        let sms = sms::channels(&config, &script)?;
        let payments = shop::payments(&config, &clock)?;
        let single_sign_on = oidc::SingleSignOn::of(&config)?;
        Ok(Arc::new(Self {
            wechat,
            sms,
            lines: lines::Lines::default(),
            live: live::Live::default(),
            losers: conflicts::Losers::default(),
            leases: leases::Leases::new(),
            others: instances::Others::default(),
            paces: sms_pace::Paces::default(),
            numbers: numbers::Numbers::default(),
            passwords: passwords::Passwords::new(),
            seal: seal::Seal::of(config.seal_key.as_ref()),
            webhooks: webhooks::Webhooks::of(&config)?,
            phones: phone::Phones::default(),
            shelves: shop::Shelves::default(),
            payments,
            single_sign_on,
            media_folder: config.settings.server.data.join("media"),
            media_files: tokio::sync::RwLock::default(),
            counters: Counters::default(),
            alarms: health::Alarms::default(),
            gauges: gauges::Gauges::new(&config),
            budgets: sms_budget::Budgets::default(),
            bench: studio::Bench::default(),
            stops: studio::Stops::default(),
            misheard: studio::MisheardToday::default(),
            board: tokio::sync::Mutex::default(),
            sales_kept: shop::SalesKept::default(),
            village_totals: village_totals::Kept::default(),
            tallied: tallied::Kept::default(),
            mornings: digests::Mornings::default(),
            reckoned: holidays::Reckoned::default(),
            bells: Bells::default(),
            started_at: clock.now(),
            stop: CancellationToken::new(),
            workers: TaskTracker::new(),
            script: ArcSwap::from_pointee(script),
            folder: watched::Folder::default(),
            common: ArcSwap::from_pointee(config.settings.common()),
            county_live: county_live::Standing::default(),
            config,
            store,
            clock,
            tables: ArcSwap::from_pointee(tables),
        }))
    }

    /// Starts what happens without being asked: sending, waking, fetching, clearing away.
    pub fn start(self: &Arc<Self>) {
        self.work("outbox", outbox::run);
        self.work("alarms", alarms::run);
        self.work("media", media::run);
        self.work("deadlines", deadlines::run);
        self.work("orders", shop::run);
        self.work("clearing", clearing::run);
        self.work("keeping", keeping::run);
        self.work("exports", background_exports::run);
        self.work("scripts", snapshots::run);
        self.work("instances", instances::run);
        self.work("dialogs", dialogs::run);
        self.work("county", county_live::run);
        self.work("webhooks", webhooks::run);
        self.work("live", live::run);
        self.work("indexes", indexes::run);
        self.work("stops", studio::run);
        self.work("figures", figures::run);
        self.work("tallied", tallied::run);
        self.work("removed webhooks", webhooks_removed::run);
        self.workers.close();
    }

    /// A worker that panicked is started again, and somebody is told.
    fn work<W>(self: &Arc<Self>, name: &'static str, run: fn(Arc<Self>) -> W)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let office = self.clone();
        self.workers.spawn(async move {
            while AssertUnwindSafe(run(office.clone())).catch_unwind().await.is_err() {
                office.alarm(&format!("程序的一部分（{name}）出错后重新启动了，请看日志"));
                if office.pause(Duration::from_secs(5)).await {
                    return;
                }
            }
        });
    }

    /// Lets what runs come to its end, and gives back what others may go on with. What takes
    /// longer is left as after a crash.
    pub async fn stop(&self) {
        self.stop.cancel();
        if tokio::time::timeout(WORK_ENDS_WITHIN, self.workers.wait()).await.is_err() {
            tracing::warn!("what still runs is left; it is found at the next start");
        }
        self.write_stops_at_the_end().await;
        self.give_segments_back().await;
        self.give_leases_back().await;
    }

    /// When the program is to stop: what would never end by itself ends then.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// What a turn did is on disk.
    fn is_done(&self, bells: turn::Ring, traces: &[Trace]) {
        self.ring(bells);
        self.stops.count(traces, self.clock.now());
    }

    /// True when the program stops meanwhile.
    async fn pause(&self, sleep: Duration) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => true,
            () = tokio::time::sleep(sleep) => false,
        }
    }

    fn ring(&self, bells: turn::Ring) {
        if bells.outbox {
            self.bells.outbox.notify_one();
        }
        if bells.media {
            self.bells.media.notify_one();
        }
        if bells.alarms {
            self.bells.alarms.notify_one();
        }
    }

    /// Everything that is due by the clock is done once it returns: for tests that set the
    /// clock, and for the terminal.
    pub async fn settle_all(self: &Arc<Self>) -> Result<(), crate::store::StoreError> {
        while self.complete_indexes().await?
            + self.recompute_clocks().await?
            + self.wake_due().await?
            + self.pass_deadlines().await?
            + self.find_bursts().await?
            + self.pass_order_deadlines().await?
            + self.close_rounds().await?
            + self.chase_payments().await?
            + self.compare_bill().await?
            + self.greet_merchants().await?
            + self.reconcile_by_night().await?
            + self.expire_listings().await?
            + self.tell_the_morning().await?
            + self.fetch_due().await?
            + self.send_due().await?
            + self.deliver_all().await?
            + self.give_up_removed().await?
            + self.make_exports().await?
            + self.work_off_keeping().await?
            + self.clear_away().await?
            > 0
        {}
        Ok(())
    }

    /// What the bot makes of one line, for a clerk to look at.
    pub async fn understand(&self, text: &str) -> LineView {
        let now = self.clock.now();
        let today = beijing::civil(now).date();
        // Without it the rest is understood all the same.
        let on_sale = self.on_sale(now).await.ok();
        let goods = on_sale.as_ref().map(|on_sale| on_sale as &dyn Goods);
        understood::line(&Reader { goods, ..self.tables().reader() }, text, today)
    }

    pub fn tables(&self) -> Arc<Tables> {
        self.tables.load_full()
    }

    /// What of config.toml may change while the program serves.
    pub fn common(&self) -> Arc<Common> {
        self.common.load_full()
    }

    pub fn script(&self) -> Arc<Script> {
        self.script.load_full()
    }

    /// Reverse proxies of ours.
    pub fn proxies(&self) -> &[std::net::IpAddr] {
        &self.config.settings.server.proxies
    }

    /// 反映问题 and 查进度 without signing in.
    pub fn public_pages(&self) -> bool {
        self.config.settings.public.enabled
    }

    /// Anybody may read which requests there are.
    pub fn open311_public(&self) -> bool {
        self.config.settings.api.open311_public
    }

    /// Without a slash at its end; empty if nobody has said it.
    pub fn public_url(&self) -> &str {
        self.config.settings.server.public_url.trim_end_matches('/')
    }

    /// Other programs may come in by a key.
    pub fn api_open(&self) -> bool {
        self.config.settings.api.enabled
    }

    pub fn hotline(&self) -> String {
        self.common().hotline.clone()
    }

    pub fn county_name(&self) -> String {
        self.common().name.clone()
    }

    /// The desk is reached by https, so its cookies may be `Secure`.
    pub fn secure_cookies(&self) -> bool {
        self.config.settings.server.public_url.starts_with("https://")
    }
}
