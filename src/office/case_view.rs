//! One case as a page shows it: what is known, what happened, what she was told, and what may be
//! done next.

use jiff::Timestamp;

use crate::calendar::spoken;
use crate::desk::private::{Veil, mask_name, put_back};
use crate::desk::{self, Actor, Case, CaseEvent, Change, Errand, ErrandStep, Intake, Waits};
use crate::store::private_records::Identity;
use crate::store::records::{Outgoing, Status, StoredEvent};
use crate::store::{Loaded, StoreError, keys, list_by_index, load};

use super::case_media::sent_along;
use super::rights::{Right, Sight};
use super::route::Route;
use super::views::{CaseView, Choice, CommandError, MediaView, NoticeView, Session, TimelineLine};
use super::{Office, case_forms, intake, looks, outbox, preference};

/// The flag of a kind of matter to which the limits of 12315 apply.
const CONSUMER: &str = "consumer";
/// Behind a name in which somebody acted who did not sign in with it.
const AT_MACHINE: &str = "（命令行）";

impl Office {
    /// With who she is masked. `None` also when it is not for the eyes of the one who asks.
    pub async fn case(
        &self,
        session: &Session,
        number: &str,
    ) -> Result<Option<CaseView>, CommandError> {
        let Some(case) = load::<Case>(&*self.store, keys::case(number)).await? else {
            return Ok(None);
        };
        self.case_view(session, &case.record, false).await
    }

    /// With who she is, for one who may see it and says why.
    pub async fn case_with_identity(
        &self,
        session: &Session,
        number: &str,
        reason: &str,
    ) -> Result<Option<CaseView>, CommandError> {
        let Some(case) = load::<Case>(&*self.store, keys::case(number)).await? else {
            return Ok(None);
        };
        self.look_at(session, &case.record, reason).await?;
        self.case_view(session, &case.record, true).await
    }

    async fn case_view(
        &self,
        session: &Session,
        case: &Case,
        seen: bool,
    ) -> Result<Option<CaseView>, CommandError> {
        let number = &*case.number.digits();
        let by = session.actor();
        let late = self.is_overdue(case);
        let sight = session.sight(case, late);
        if sight == Sight::Nothing {
            return Ok(None);
        }
        let hidden = sight == Sight::Masked && !seen;
        let identity = load::<Identity>(&*self.store, keys::identity(number)).await?;
        let who = identity.as_ref().map(|one| one.record.who()).unwrap_or_default();
        let whole = seen && session.may(Right::Identity);
        let veil = if seen { Veil::thin(case) } else { Veil::of(case, &who) };
        let shown = Shown { veil, seen, whole };
        let tables = self.tables();
        let category = case.category.as_deref().and_then(|code| tables.categories.get(code));
        let suggestion = desk::suggestion(case, &tables.rules());
        let suggested = suggestion.lead.clone();
        let mut departments = self.department_choices();
        departments.sort_by_key(|choice| Some(&choice.id) != suggested.as_ref());
        let categories = self.category_choices();
        let lists = case_forms::Lists {
            rules: tables.rules(),
            departments: &departments,
            categories: &categories,
            suggested: suggested.as_deref(),
            helpers: &suggestion.helpers,
            replies: &tables.replies,
            liaison: tables.liaison_of(case),
        };
        let mut events = self.events(number).await?;
        if let (Some(first), Some(identity)) = (events.first_mut(), &identity) {
            put_back(&mut first.record.event, &identity.record.texts);
        }
        let media = sent_along(case, &events, whole);
        let notices =
            list_by_index::<Outgoing>(&*self.store, keys::outgoing_of(number), 200).await?;
        let route = self.next_route(case).await?;
        let mut row = self.row_for(session, case);
        // Where in the village: the list has no room for it.
        if !hidden {
            row.place = format!("{} {}", row.place, who.place_note).trim().to_owned();
        }
        Ok(Some(CaseView {
            row,
            kind: case.kind.word(),
            category: category.map(|category| category.name.clone()),
            name: who.name.as_ref().map(|name| shown.instead(name, Veil::name)),
            phone: who.phone.as_ref().map(|phone| shown.instead(phone, Veil::phone)),
            identified: seen,
            may_identify: session.may_identify(case, late),
            erased: case.erased.is_some(),
            text: shown.hers(case.text.clone()),
            understood: understood(&events, hidden, &shown),
            channel: channel_name(&case.channel),
            filed_by: self.filed_by(case),
            source: case.source.as_ref().map(|one| format!("{} {}", one.system, one.id)),
            co_signers: self.co_signers_shown(case, seen).await?,
            reply: case.reply.as_ref().map(|reply| shown.ours(reply.text.clone())),
            follows: case.follows.map(|number| number.digits()),
            rating: case.rating.map(|grade| grade.word().to_owned()),
            media: self.media_views(&media, &of_case(number)).await?,
            attached: self.attached(case, &shown).await?,
            may_attach: case_forms::may_attach(case, &by),
            timeline: events
                .iter()
                .map(|event| self.timeline_line(&event.record, &shown))
                .collect(),
            notices: notices
                .iter()
                .map(|(_, notice)| self.notice_view(&notice.record, &shown))
                .collect(),
            prefers: self.preference_shown(case).await?,
            phone_only: matches!(&route, Route::Clerk(_)),
            next_by: next_way(&route),
            confidential: case.confidential,
            helpers: case
                .course
                .helpers
                .iter()
                .map(|helper| self.department_name(&helper.department))
                .collect(),
            clocks: self.clocks_of(case),
            stops: self.pauses_of(&events, |why| shown.ours(why.to_owned())),
            turns: self.turns_of(case, &events),
            visit: visit_shown(case),
            waits: desk::waits_for(case).map(|waits| self.waits_shown(waits)),
            merchant_said: self.merchant_said(case).await?,
            mediation: category
                .filter(|category| {
                    category.flags.iter().any(|flag| flag == CONSUMER) && case.state.is_open()
                })
                .map(|_| desk::mediation(case, &tables.calendar).to_string()),
            lead_basis: suggestion.basis.filter(|_| case.department.is_none()),
            alike: self.alike(session, case).await?,
            repeats: case.repeats.map(|number| number.digits()),
            parent: case.parent.map(|number| number.digits()),
            children: case.children.iter().map(|number| number.digits()).collect(),
            orders: self.orders_beside(session, case).await?,
            looks: session.may(Right::Identity) || session.is_handler(),
            errand: case.errand.as_ref().map(errand_steps).unwrap_or_default(),
            slips: (1..=case.slips()).collect(),
            forms: case_forms::open(case, &by, self.clock.now(), &lists),
            revision: case.revision,
        }))
    }

    fn waits_shown(&self, waits: Waits<'_>) -> String {
        match waits {
            Waits::Platform => "平台".into(),
            Waits::Director => "平台负责人".into(),
            Waits::Department(id) => self.department_name(id),
            Waits::Villager => "群众".into(),
            Waits::Parent(number) => format!("主件{number}"),
            Waits::Clock => "不用等了，到时归档".into(),
        }
    }

    /// What goes with the answer, or went.
    async fn attached(
        &self,
        case: &Case,
        shown: &Shown<'_>,
    ) -> Result<Vec<MediaView>, CommandError> {
        let files = match &case.reply {
            Some(reply) => &reply.files,
            None => &case.course.files,
        };
        let ids: Vec<String> = files.iter().map(|file| file.id.clone()).collect();
        let views = self.media_views(&ids, &of_case(&case.number.digits())).await?;
        let named = views.into_iter().zip(files);
        Ok(named.map(|(view, file)| view.named(shown.ours(file.name.clone()))).collect())
    }

    async fn preference_shown(&self, case: &Case) -> Result<&'static str, StoreError> {
        let person = self.person_behind(&case.person).await?;
        let prefers = person.and_then(|person| person.record.prefers.clone());
        Ok(preference::shown(prefers.as_deref()))
    }

    /// Who typed it, which need not be who it is about.
    fn filed_by(&self, case: &Case) -> String {
        let Actor::Staff { name, role, department, at_machine } = &case.submitted_by else {
            return "本人".into();
        };
        let role = looks::role_word(role);
        let of = department.as_deref().filter(|_| case.source.is_none());
        let of = of.map(|id| self.department_name(id)).unwrap_or_default();
        format!("{of}{role} {name}{}", at_machine.then_some(AT_MACHINE).unwrap_or_default())
    }

    async fn co_signers_shown(&self, case: &Case, seen: bool) -> Result<Vec<String>, StoreError> {
        let mut shown = Vec::new();
        for id in &case.co_signers {
            let person = self.person_behind(id).await?.map(|person| person.record.clone());
            let name = person.and_then(|person| person.name);
            shown.push(match name {
                Some(name) if seen => name,
                Some(name) if !case.confidential => mask_name(&name),
                _ => "一位联名人".into(),
            });
        }
        Ok(shown)
    }

    /// By which way a notice would go if it went now: what a clerk may want to know before.
    async fn next_route(&self, case: &Case) -> Result<Route, StoreError> {
        let now = self.clock.now();
        let (number, person) = (case.number.digits(), Some(case.person.clone()));
        let notice = outbox::notice(&number, 0, "progress", Default::default(), person, now);
        self.way_of(&notice).await
    }

    pub fn category_choices(&self) -> Vec<Choice> {
        let tables = self.tables();
        let categories = tables.categories.iter();
        let choice = |category: &crate::county::Category| Choice {
            id: category.code.clone(),
            label: format!("{} {}", category.group, category.name),
        };
        categories.map(choice).collect()
    }

    fn timeline_line(&self, stored: &StoredEvent, shown: &Shown) -> TimelineLine {
        let CaseEvent { at, by, change } = &stored.event;
        let who = match by {
            Actor::Villager { .. } => "村民".to_owned(),
            Actor::Staff { name, at_machine: true, .. } => format!("{name}{AT_MACHINE}"),
            Actor::Staff { name, .. } => name.clone(),
            Actor::System => "系统".to_owned(),
        };
        let detail = shown.ours(self.detail(change));
        TimelineLine { at: *at, who, what: change.step().word().to_owned(), detail }
    }

    /// What stands beside a step in the timeline.
    pub(super) fn detail(&self, change: &Change) -> String {
        let join = |parts: &[&str]| parts.join(" ").trim().to_owned();
        match change {
            Change::Received { intake, .. } => received(intake),
            Change::CoSigned { .. }
            | Change::Accepted
            | Change::DisclosureGranted
            | Change::ExclusionApproved
            | Change::Reminded
            | Change::Urged
            | Change::Archived => String::new(),
            Change::Answered { text, basis } => format!("{text}（依据：{basis}）"),
            Change::Rejected { reason, instead } => format!("{reason}。{instead}"),
            Change::Dispatched { department, note, despite, helpers, .. } => {
                let names = helpers.iter().map(|helper| self.department_name(&helper.department));
                let names: Vec<String> = names.collect();
                let helped = match names.is_empty() {
                    true => String::new(),
                    false => format!("（协办：{}）", names.join("、")),
                };
                let despite = match despite.is_empty() {
                    true => String::new(),
                    false => format!("（反映的就是它，仍派的理由：{despite}）"),
                };
                join(&[&format!("{}{helped}", self.department_name(department)), &despite, note])
            }
            Change::ReturnRefused { reason, appointed, .. } => {
                join(&[reason, if *appointed { "（指定承办）" } else { "" }])
            }
            Change::HandoverAsked { to, reason } => join(&[&self.department_name(to), reason]),
            Change::VisitAgreed { visit_at, who, note } => join(&[&spoken(*visit_at), who, note]),
            Change::VisitCancelled { reason } => reason.clone(),
            Change::VisitNoted { kept, note } => {
                join(&[if *kept { "去过了" } else { "没见上" }, note])
            }
            Change::Contacted { means, reached, note } => {
                join(&[means.word(), if *reached { "联系上了" } else { "没联系上" }, note])
            }
            Change::CoReplied { department, text } => {
                join(&[&self.department_name(department), text])
            }
            Change::Resumed { reason, .. } => reason.word().to_owned(),
            Change::ExtensionAsked { days, reason, evidence } => {
                join(&[&format!("{days}个工作日"), reason, evidence])
            }
            Change::ExtensionGranted { round_due_at } => format!("到{}", spoken(*round_due_at)),
            Change::Deferred { plan, until, consent } => {
                join(&[&format!("{plan}（{}）", spoken(*until)), consent])
            }
            Change::Submitted { outcome, text, visited_at, .. } => {
                format!("【{outcome}】{text}{}", visited(*visited_at))
            }
            Change::Replied { outcome, text, visited_at, files, .. } => {
                let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
                let files = match names.is_empty() {
                    true => String::new(),
                    false => format!("（附件：{}）", names.join("、")),
                };
                format!("【{outcome}】{text}{}{files}", visited(*visited_at))
            }
            Change::Attached { file } => file.name.clone(),
            Change::Detached { n } => format!("第{n}个"),
            Change::Rated { grade, comment } => join(&[grade.word(), comment]),
            Change::CalledBack { means, reached, solved, grade, note } => {
                let said = solved.map_or("没联系上", |solved| solved.word());
                let said = if *reached { said } else { "没联系上" };
                join(&[means.word(), said, grade.map_or("", |grade| grade.word()), note])
            }
            Change::FinalReplied { text, document } => format!("{text}（文件：{document}）"),
            Change::Closed { closing, reason } => join(&[closing.word(), reason]),
            Change::Redacted { text, photos } => {
                let photos: Vec<String> = photos.iter().map(|n| format!("照片{n}")).collect();
                join(&[&format!("遮了{}处话", text.lines().count()), &photos.join("、")])
            }
            Change::Relocated { place_name, from, note, .. } => {
                let from = from.as_deref().map(|from| format!("（原来：{from}）"));
                join(&[place_name, &from.unwrap_or_default(), note])
            }
            Change::KindChanged { kind, from, reason } => {
                join(&[kind.word(), &format!("（原来：{from}）"), reason])
            }
            Change::Reclassified { class, from, reason, round_due_at, .. } => {
                let until = format!("（原来：{}），{}到期", from.id(), spoken(*round_due_at));
                join(&[&format!("{}{until}", class.id()), reason])
            }
            Change::Promised { promised_at, before, reason } => {
                let until = format!("{}（原来：{}）", spoken(*promised_at), spoken(*before));
                join(&[&until, reason])
            }
            Change::Merged { parent, reason } => join(&[&parent.to_string(), reason]),
            Change::Joined { child } | Change::Parted { child } => child.to_string(),
            Change::Breached { limit, department, due_at } => {
                let who = department.as_deref().map(|id| self.department_name(id));
                let who = who.unwrap_or_default();
                join(&[&who, limit.word(), &format!("（{}到期）", spoken(*due_at))])
            }
            Change::Supervised { callee, title, promise_at, note } => {
                join(&[title, callee, &format!("答应{}前办完", spoken(*promise_at)), note])
            }
            Change::SlipSent { n, department, demand, answer_by } => {
                let until = format!("第{n}张，{}前书面答复。", spoken(*answer_by));
                join(&[&self.department_name(department), &until, demand])
            }
            Change::SlipAnswered { text, promise_at, .. } => {
                join(&[text, &format!("（答应{}前办完）", spoken(*promise_at))])
            }
            Change::Directed { text, answer_by, .. } => {
                join(&[text, &format!("（{}前答复）", spoken(*answer_by))])
            }
            Change::Warned { due_at, last: false } => format!("{}到期", spoken(*due_at)),
            Change::Warned { due_at, last: true } => format!("再有半天，{}到期", spoken(*due_at)),
            Change::Interviewed { held_at, measures, .. } => join(&[&spoken(*held_at), measures]),
            Change::Recomputed { round_due_before, round_due_at, .. } => {
                format!("{}改为{}", spoken(*round_due_before), spoken(*round_due_at))
            }
            Change::ErrandMoved { step, text } | Change::ErrandKept { step, text } => {
                join(&[step.word(), text])
            }
            Change::ReturnAsked { basis: text }
            | Change::HandoverDeclined { reason: text }
            | Change::Progress { text }
            | Change::InfoAsked { question: text }
            | Change::ExtensionRefused { reason: text }
            | Change::ReviewReturned { reason: text, .. }
            | Change::Reopened { reason: text, .. }
            | Change::Supplemented { text, .. }
            | Change::Withdrawn { reason: text }
            | Change::Unmerged { reason: text }
            | Change::Hidden { reason: text }
            | Change::DisclosureAsked { reason: text }
            | Change::DisclosureRefused { reason: text }
            | Change::ExclusionAsked { reason: text }
            | Change::ExclusionRefused { reason: text }
            | Change::DirectionAnswered { text, .. }
            | Change::Signed { text }
            | Change::Noted { text } => text.clone(),
        }
    }

    fn notice_view(&self, message: &Outgoing, shown: &Shown) -> NoticeView {
        let status = match message.status {
            Status::Waiting => "等待发送",
            Status::Sending => "正在发送",
            Status::Sent => "已发出",
            Status::Delivered => "已送到",
            Status::Unknown => "不知道收到没有",
            Status::Phone => "要打电话",
            Status::Settled => "已由工作人员处理",
            Status::Replied => "已在对话里告诉她",
            Status::Merged => "并入后面的一条",
        };
        let tried = message.tries.last();
        let last = tried.map(|tried| tried.result.clone());
        NoticeView {
            id: message.id.clone(),
            at: message.made_at,
            text: shown.ours(self.words(message, crate::dialog::Medium::Wechat)),
            status: status.into(),
            detail: last.filter(|said| said != status).unwrap_or_default(),
            by: tried.map(|tried| Route::shown(&tried.route)).unwrap_or_default(),
            sent_at: tried.map(|tried| tried.at),
            segments: tried.and_then(|tried| tried.segments),
        }
    }
}

/// When somebody comes, and who.
pub(super) fn visit_shown(case: &Case) -> Option<String> {
    let visit = case.course.visit.as_ref()?;
    Some(format!("{}　{}", spoken(visit.at), visit.who))
}

fn visited(at: Option<Timestamp>) -> String {
    at.map(|at| format!("（{}上门）", spoken(at))).unwrap_or_default()
}

/// Of which case a photo is asked for.
fn of_case(number: &str) -> String {
    format!("case={number}")
}

fn next_way(route: &Route) -> String {
    let shown = Route::shown(&route.id());
    match route {
        Route::Clerk(why) => format!("{shown}：{why}"),
        _ => shown,
    }
}

/// How much of her this page shows.
struct Shown<'w> {
    veil: Veil<'w>,
    seen: bool,
    /// By the platform, which may read the original.
    whole: bool,
}

impl<'w> Shown<'w> {
    fn instead(&self, whole: &str, masked: fn(&Veil<'w>) -> String) -> String {
        if self.seen { whole.to_owned() } else { masked(&self.veil) }
    }

    /// Her own words.
    fn hers(&self, text: String) -> String {
        if self.whole { text } else { self.veil.over(&text) }
    }

    /// What anybody else wrote, in which her name or number may stand.
    fn ours(&self, text: String) -> String {
        if self.whole { text } else { self.veil.over_ours(&text) }
    }
}

/// What stands beside her words. Whose case it is stays hidden where it is confidential.
fn understood(
    events: &[Loaded<StoredEvent>],
    hidden: bool,
    seen: &Shown,
) -> Vec<(String, String, String)> {
    let Some(Change::Received { intake, .. }) =
        events.first().map(|event| &event.record.event.change)
    else {
        return Vec::new();
    };
    let shown =
        intake.understood.iter().filter(|one| !hidden || !["姓名", "电话"].contains(&&*one.what));
    let moved = events.iter().rev().find_map(|event| match &event.record.event.change {
        Change::Relocated { place_name, .. } => Some(place_name),
        _ => None,
    });
    shown
        .map(|one| {
            let value = match &*one.what {
                "姓名" => seen.instead(&one.value, Veil::name),
                "电话" => seen.instead(&one.value, Veil::phone),
                _ => seen.hers(one.value.clone()),
            };
            let said =
                one.said.as_ref().map(|said| format!("，她说的是「{}」", seen.hers(said.clone())));
            let sure = one.percent.map(|percent| format!("，把握{percent}%"));
            let moved = moved.filter(|_| one.what == "地点");
            let moved = moved.map(|place| format!("；后来改为{place}"));
            let more: String = [said, sure, moved].into_iter().flatten().collect();
            (one.what.clone(), value, format!("{}{more}", one.how))
        })
        .collect()
}

/// How it came to whoever typed it.
fn received(intake: &Intake) -> String {
    let told = |what: &str, text: &str| (!text.is_empty()).then(|| format!("{what}：{text}"));
    let heard = intake.heard.at.map(|at| format!("{}说的，后来登记", spoken(at)));
    let authorised = told("委托", &intake.authorised);
    let recording = told("录音", &intake.heard.recording);
    let parts: Vec<String> = [authorised, heard, recording].into_iter().flatten().collect();
    parts.join("；")
}

/// All seven, with the day of each that is done.
fn errand_steps(errand: &Errand) -> Vec<(&'static str, Option<String>)> {
    let day = |step| {
        let done = errand.done.iter().find(|(known, _)| *known == step);
        done.map(|(_, at)| spoken(*at))
    };
    ErrandStep::ALL.iter().map(|step| (step.word(), day(*step))).collect()
}

pub(super) fn channel_name(id: &str) -> &'static str {
    match id {
        "wechat" => "微信",
        "sms" => "短信",
        "simulator" => "试用手机",
        intake::TELEPHONE => "电话",
        intake::TOWNSHIP => "乡镇便民中心",
        intake::AGENT => "代办员",
        intake::COUNTER => "单位窗口",
        intake::CENTER => "县中心窗口",
        intake::PLATFORM => "其他平台",
        intake::WEB => "网上",
        _ => "其他",
    }
}
