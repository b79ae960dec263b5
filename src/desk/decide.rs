//! What follows from a command, or why not. Nothing is changed here: the caller stores the
//! events and folds them. What a department may do stands in `handler`, what the platform
//! decides in `platform`, what the villager may do with her own case in `hers`.

use jiff::{SignedDuration, Timestamp};

use super::Rules;
use super::case::Case;
use super::command::Command;
use super::event::{Actor, CaseEvent, Change, Intake};
use super::guard::guard;
use super::limits::{UNSORTED, limit_of};
use super::refusal::Refusal;
use super::state::{Party, State, Step, transition};
use super::{
    direction, disclosure, enclosure, errand, exclusion, handler, hers, platform, redaction,
    respondent, slip, sorting, suggestion, visit,
};
use crate::county::TimeClass;

/// A case is answered anew at most this often; then the last word is said.
pub const ROUNDS_MAX: u8 = 2;
/// Beyond this many events only answering, rating and closing go on.
pub const EVENTS_MAX: u32 = 200;
pub const REPLY_CHARS_MIN: usize = 15;
pub const TEXT_CHARS_MAX: usize = 5_000;
pub(super) const REPLY_CHARS_MAX: usize = 2_000;
pub(super) const NOTE_CHARS_MAX: usize = 1_000;
pub(super) const NAME_CHARS_MAX: usize = 60;
const ID_CHARS_MAX: usize = 200;
const MEDIA_MAX: usize = 20;
pub(super) const CO_SIGNERS_MAX: usize = 100;
/// What stood on paper for longer belongs to a month whose ledger was handed in.
const HEARD_BACK: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Of one message.
const UNDERSTOOD_MAX: usize = 12;

/// The events that follow from `command`, at least one. Their time is `now`, or that of the
/// last event where the clock went back.
pub fn decide(
    case: Option<&Case>,
    command: Command,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<CaseEvent>, Refusal> {
    let now = case.map_or(now, |case| now.max(case.updated_at));
    let changes = match (case, command) {
        (None, Command::File(intake)) => return filed(*intake, by, now, rules),
        (Some(_), Command::File(_)) => return Err(Refusal::NumberTaken),
        (None, _) => return Err(Refusal::NoCase),
        (Some(case), command) => follow(case, command, by, now, rules)?,
    };
    let event = |change| CaseEvent { at: now, by: by.clone(), change };
    Ok(changes.into_iter().map(event).collect())
}

/// Where no clerk has to look at it, the program dispatches it along with it.
fn filed(
    intake: Intake,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<CaseEvent>, Refusal> {
    let received = CaseEvent { at: now, by: by.clone(), change: file(intake, by, now, rules)? };
    let case = Case::receive(&received).ok();
    let sent = case.and_then(|case| suggestion::at_once(&case, now, rules));
    let sent = sent.map(|change| CaseEvent { at: now, by: Actor::System, change });
    Ok(std::iter::once(received).chain(sent).collect())
}

fn file(mut intake: Intake, by: &Actor, now: Timestamp, rules: &Rules) -> Result<Change, Refusal> {
    allowed(None, Step::Received, &by.parties(None))?;
    if matches!(by, Actor::Villager { person } if *person != intake.person) {
        return Err(Refusal::NotYours);
    }
    check_intake(&intake)?;
    if intake.heard.at.is_some_and(|at| at > now || at < now - HEARD_BACK) {
        return Err(Refusal::HeardWhen { days: HEARD_BACK.as_hours() / 24 });
    }
    let category = match &intake.category {
        Some(code) => {
            Some(rules.categories.get(code).ok_or_else(|| Refusal::UnknownCategory(code.clone()))?)
        }
        None => None,
    };
    intake.confidential |= respondent::is_hidden(&intake, category, rules.departments);
    let mut time_class = category.map_or(UNSORTED, |category| category.time_class);
    let mut matter = category.map_or(intake.kind.word(), |category| &category.name).to_owned();
    if let Some(danger) = &intake.danger {
        time_class = TimeClass::U;
        matter = format!("紧急：{danger}");
    }
    Ok(Change::Received {
        title: format!("{}{matter}", intake.place_name.as_deref().unwrap_or_default()),
        time_class,
        promised_at: rules.calendar.due(now, limit_of(time_class)),
        calendar_version: rules.calendar.version().to_owned(),
        intake: Box::new(intake),
    })
}

fn check_intake(intake: &Intake) -> Result<(), Refusal> {
    if intake.text.trim().is_empty() && intake.photos.is_empty() && intake.voices.is_empty() {
        return Err(Refusal::Empty);
    }
    required("反映人", &intake.person)?;
    required("来源渠道", &intake.channel)?;
    at_most("内容", &intake.text, TEXT_CHARS_MAX)?;
    at_most("地点说明", &intake.place_note, NOTE_CHARS_MAX)?;
    at_most("反映人", &intake.person, ID_CHARS_MAX)?;
    at_most("来源渠道", &intake.channel, NAME_CHARS_MAX)?;
    for (what, text) in [
        ("姓名", &intake.name),
        ("电话", &intake.phone),
        ("地点", &intake.place_name),
        ("险情", &intake.danger),
        ("委托", &Some(intake.authorised.clone())),
    ] {
        at_most(what, text.as_deref().unwrap_or_default(), NAME_CHARS_MAX)?;
    }
    if let Some(code) = &intake.place_code
        && (code.len() != 12 || !code.bytes().all(|byte| byte.is_ascii_digit()))
    {
        let mend = "地点代码是12位数字，请从村庄名单里选。";
        return Err(Refusal::Malformed { what: "地点代码", value: code.clone(), mend });
    }
    let source = intake.source.as_ref().map_or(("", ""), |source| (&source.system, &source.id));
    at_most("被反映的人或单位", intake.respondent.as_deref().unwrap_or_default(), NAME_CHARS_MAX)?;
    at_most("录音编号", &intake.heard.recording, NAME_CHARS_MAX)?;
    at_most("来件平台", source.0, NAME_CHARS_MAX)?;
    at_most("来件编号", source.1, ID_CHARS_MAX)?;
    if intake.understood.len() > UNDERSTOOD_MAX {
        let count = intake.understood.len();
        return Err(Refusal::TooMany { what: "听出来的几样", count, max: UNDERSTOOD_MAX });
    }
    for one in &intake.understood {
        at_most("听出来的", &one.value, NOTE_CHARS_MAX)?;
        at_most("听出来的是什么", &one.what, NAME_CHARS_MAX)?;
        at_most("怎样听出来", &one.how, NAME_CHARS_MAX)?;
        at_most("她的说法", one.said.as_deref().unwrap_or_default(), NAME_CHARS_MAX)?;
    }
    if intake.co_signers.len() > CO_SIGNERS_MAX {
        let count = intake.co_signers.len();
        return Err(Refusal::TooMany { what: "联名的人", count, max: CO_SIGNERS_MAX });
    }
    check_media(&intake.photos, &intake.voices)
}

fn check_media(photos: &[String], voices: &[String]) -> Result<(), Refusal> {
    for (what, media) in [("照片", photos), ("语音", voices)] {
        if media.len() > MEDIA_MAX {
            return Err(Refusal::TooMany { what, count: media.len(), max: MEDIA_MAX });
        }
        media.iter().try_for_each(|id| at_most(what, id, ID_CHARS_MAX))?;
    }
    Ok(())
}

fn follow(
    case: &Case,
    command: Command,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    let parties = by.parties(Some(case));
    // What is not theirs they learn nothing about.
    let signs = matches!(command, Command::CoSign { .. });
    if parties.is_empty() || (parties == [Party::Neighbour] && !signs) {
        return Err(match by {
            Actor::Villager { .. } => Refusal::NotYours,
            _ => Refusal::NotYourDepartments,
        });
    }
    let is_lead = parties.contains(&Party::Lead);
    let step = match &command {
        Command::Reply { .. } if is_lead && case.is_reviewed() => Step::Submitted,
        command => command.step(),
    };
    // A department that works on a case or answers it has accepted it.
    let accepts = accepts_along(step)
        && matches!(case.state, State::Dispatched | State::Redo)
        && case.department.is_some();
    let state = if accepts { State::Handling } else { case.state };
    // Three ways to an answer, each from its own state.
    let answers_here = match &command {
        Command::PassReview => state == State::Reviewing,
        Command::ReplyAsParent { .. } => state == State::Merged,
        Command::Reply { .. } => state == State::Handling,
        _ => true,
    };
    if !answers_here || transition(Some(state), step).is_none() {
        if let Some(refusal) = hers::too_late(case.state, step) {
            return Err(refusal);
        }
        return Err(Refusal::NotNow { state: case.state, step, mend: mend(case.state, step) });
    }
    allowed(Some(state), step, &parties)?;
    guard(case, step, by, now, rules)?;
    let mut changes = Vec::new();
    if accepts {
        changes.push(Change::Accepted);
    }
    changes.extend(change(case, command, step, by, now, rules)?);
    Ok(changes)
}

/// What a department does to a case that it has accepted.
const WORK: [Step; 8] = [
    Step::Progress,
    Step::Attached,
    Step::VisitAgreed,
    Step::Replied,
    Step::Submitted,
    Step::InfoAsked,
    Step::ExtensionAsked,
    Step::HandoverAsked,
];
/// A department that does this to a case which it has not accepted yet accepts it along with it.
pub fn accepts_along(step: Step) -> bool {
    WORK.contains(&step)
}

/// What could go on for ever.
const GROWS: [Step; 24] = [
    Step::Dispatched,
    Step::Progress,
    Step::Attached,
    Step::Detached,
    Step::Urged,
    Step::Supplemented,
    Step::Contacted,
    Step::InfoAsked,
    Step::VisitAgreed,
    Step::HandoverAsked,
    Step::HandoverDeclined,
    Step::Joined,
    Step::Noted,
    Step::Signed,
    Step::Redacted,
    Step::Relocated,
    Step::KindChanged,
    Step::Reclassified,
    Step::Promised,
    Step::CoSigned,
    Step::Supervised,
    Step::SlipSent,
    Step::DisclosureAsked,
    Step::ExclusionAsked,
];

pub(super) fn grows(step: Step) -> bool {
    GROWS.contains(&step)
}

fn change(
    case: &Case,
    command: Command,
    step: Step,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    let one = |change: Change| Ok(vec![change]);
    match command {
        // `decide` has answered it.
        Command::File(_) => Err(Refusal::NumberTaken),
        Command::Dispatch { department, helpers, category, note, despite, sorting } => {
            let (mut changes, sorted) = sorting::at_dispatch(case, sorting, by, now, rules)?;
            let dispatch = platform::Dispatch { department, helpers, category, note, despite };
            changes.extend(platform::dispatch(&sorted, dispatch, by, now, rules)?);
            Ok(changes)
        }
        Command::Sort(sorting) => sorting::sort(case, sorting, now, rules),
        Command::Accept => one(Change::Accepted),
        Command::AskReturn { basis } => one(handler::ask_return(basis)?),
        Command::RefuseReturn { reason } => one(platform::refuse_return(case, reason, now, rules)?),
        Command::AskHandover { to, reason } => one(handler::ask_handover(case, to, reason, rules)?),
        Command::DeclineHandover { reason } => one(handler::decline_handover(reason)?),
        Command::Progress { text } => {
            written("进展", &text, NOTE_CHARS_MAX)?;
            one(Change::Progress { text })
        }
        Command::NoteContact { means, reached, note } => {
            at_most("说明", &note, NOTE_CHARS_MAX)?;
            one(Change::Contacted { means, reached, note })
        }
        Command::AgreeVisit { at, who, note } => one(visit::agree(case, (at, who, note), now)?),
        Command::CancelVisit { reason } => one(visit::cancel(reason)?),
        Command::NoteVisit { kept, note } => one(visit::note(kept, note)?),
        Command::CoReply { department, text } => one(handler::help(case, department, text, by)?),
        Command::AskInfo { question } => one(handler::ask_info(question)?),
        Command::Resume { reason } => one(handler::resume(case, reason, now, rules)),
        Command::AskExtension { days, reason, evidence } => {
            one(handler::ask_extension(case, days, reason, evidence)?)
        }
        Command::GrantExtension => one(platform::grant_extension(case, rules)?),
        Command::RefuseExtension { reason } => {
            written("理由", &reason, NOTE_CHARS_MAX)?;
            one(Change::ExtensionRefused { reason })
        }
        Command::Defer { plan, until, consent } => {
            one(platform::defer(case, (plan, until, consent), now, rules)?)
        }
        Command::Reply { outcome, text, trips, visited_at } => {
            let answer = handler::Answer { outcome, text, trips, visited_at };
            one(handler::reply(case, answer, step == Step::Submitted, now)?)
        }
        Command::Attach { file } => one(enclosure::attach(case, file)?),
        Command::Detach { n } => one(enclosure::detach(case, n)?),
        Command::PassReview => one(platform::pass_review(case)?),
        Command::ReturnReview { reason } => {
            written("要改的地方", &reason, NOTE_CHARS_MAX)?;
            one(platform::return_review(case, reason, now, rules))
        }
        Command::Answer { text, basis } => {
            answer_text(&text)?;
            written("依据", &basis, NOTE_CHARS_MAX)?;
            one(Change::Answered { text, basis })
        }
        Command::Reject { reason, instead } => {
            written("该找谁", &instead, NOTE_CHARS_MAX)?;
            one(Change::Rejected { reason, instead })
        }
        Command::Rate { grade, comment } => hers::rate(case, (grade, comment), by, now, rules),
        Command::CallBack { means, reached, solved, grade, note } => {
            platform::call_back(case, (means, reached, note), (solved, grade), now, rules)
        }
        Command::FinalReply { text, document } => one(platform::final_reply(text, document)?),
        Command::Close { reason } => one(platform::close(case, reason, by)?),
        Command::Urge => one(Change::Urged),
        Command::Supplement { text, photos, voices } => {
            check_media(&photos, &voices)?;
            at_most("补充", &text, NOTE_CHARS_MAX)?;
            let mut changes = vec![hers::supplement(text, photos, voices)?];
            // What its writer was asked nobody answers who signed with her.
            let signs = by.parties(Some(case)).contains(&Party::Signer);
            if case.state == State::NeedInfo && !signs {
                changes.push(handler::resume(case, super::Resumption::Supplemented, now, rules));
            }
            Ok(changes)
        }
        Command::Withdraw { reason } => {
            at_most("撤回的原因", &reason, NOTE_CHARS_MAX)?;
            one(Change::Withdrawn { reason })
        }
        Command::Merge { parent, reason } => {
            let merged = platform::merge(case, parent, reason)?;
            // What she was asked is asked no more; how long it stood still stays known.
            let asked = case.course.stopped.is_some();
            let resumed =
                asked.then(|| handler::resume(case, super::Resumption::NotNeeded, now, rules));
            Ok(resumed.into_iter().chain([merged]).collect())
        }
        Command::Unmerge { reason } => {
            written("理由", &reason, NOTE_CHARS_MAX)?;
            one(Change::Unmerged { reason })
        }
        Command::Join { child } => one(platform::join(case, child)?),
        Command::Part { child } => one(platform::part(case, child)?),
        Command::ReplyAsParent { outcome, text, department, files } => {
            let department = Some(department);
            let (trips, visited_at) = (None, None);
            one(Change::Replied { outcome, text, department, trips, visited_at, files })
        }
        Command::Hide { reason } => {
            at_most("理由", &reason, NOTE_CHARS_MAX)?;
            one(Change::Hidden { reason })
        }
        Command::AskDisclosure { reason } => one(disclosure::ask(reason)?),
        Command::GrantDisclosure => one(Change::DisclosureGranted),
        Command::RefuseDisclosure { reason } => one(disclosure::refuse(reason)?),
        Command::AskExclusion { reason } => one(exclusion::ask(reason)?),
        Command::ApproveExclusion => one(Change::ExclusionApproved),
        Command::RefuseExclusion { reason } => one(exclusion::refuse(reason)?),
        Command::Remind => one(platform::remind(case)?),
        Command::Note { text } => {
            written("备注", &text, NOTE_CHARS_MAX)?;
            one(Change::Noted { text })
        }
        Command::Sign { text } => {
            written("意见", &text, NOTE_CHARS_MAX)?;
            one(Change::Signed { text })
        }
        Command::Redact { text, photos } => one(redaction::redact(case, &text, photos)?),
        Command::Relocate { village, note } => {
            one(platform::relocate(case, &village, note, rules)?)
        }
        Command::ChangeKind { kind, reason } => one(platform::change_kind(case, kind, reason)?),
        Command::CoSign { person, name, phone: _ } => {
            one(platform::co_sign(case, person, name, by)?)
        }
        Command::Breach { limit } => one(platform::breach(case, limit, rules)?),
        Command::Supervise { callee, title, promise_at, note } => {
            one(platform::supervise((callee, title, promise_at, note), now)?)
        }
        Command::SendSlip { demand, days } => one(slip::send(case, (demand, days), now, rules)?),
        Command::AnswerSlip { text, promise_at } => {
            one(slip::answer(case, (text, promise_at), now)?)
        }
        Command::Direct { text, days } => one(direction::give(case, (text, days), now, rules)?),
        Command::AnswerDirection { text } => one(direction::answer(case, text)?),
        Command::Warn { last } => one(platform::warn(case, last)?),
        Command::NoteInterview { interview, held_at, measures } => {
            one(platform::note_interview(case, interview, held_at, measures)?)
        }
        Command::RunErrand { step, text } => one(errand::go_on(case, step, text)?),
        Command::Recompute => one(platform::recompute(case, rules)?),
        Command::Archive => one(Change::Archived),
    }
}

/// May one who is this to the case take the step from that state?
fn allowed(from: Option<State>, step: Step, parties: &[Party]) -> Result<(), Refusal> {
    match transition(from, step) {
        Some(row) if !row.who.iter().any(|party| parties.contains(party)) => {
            let who: Vec<&str> = row.who.iter().map(|party| party.word()).collect();
            Err(not_allowed(step, &who.join("、")))
        }
        _ => Ok(()),
    }
}

pub(super) fn not_allowed(step: Step, who: &str) -> Refusal {
    Refusal::NotAllowed { step, who: who.to_owned() }
}

/// What to do instead.
fn mend(state: State, step: Step) -> &'static str {
    match (state, step) {
        (State::Closed | State::Final | State::Archived, _) => {
            "问题又出现时，请再反映一次，我们给一个新编号。"
        }
        (State::Withdrawn, _) => "群众撤回了。要办的话，请她再反映一次。",
        (State::Rejected, _) => "没有受理。要办的话，请再反映一次，我们给一个新编号。",
        (State::Merged, _) => "已经并到另一件，请在那一件上办，或先撤销并案。",
        (State::Received, Step::Closed) => "请派单、直接答复，或者不予受理。",
        (State::Received, _) => "请先派单。",
        (State::ReturnAsked, _) => "请先定下退不退：派给另一个部门，或不同意退单。",
        (State::ExtensionAsked, _) => "请先定下延不延期。",
        (State::NeedInfo, _) => "正在等群众补充。不等了，请先恢复计时。",
        (State::Deferred, _) => "已列入计划。提前办，请先恢复计时。",
        (State::Reviewing, _) => "答复正在审核，请先审核通过或退回修改。",
        (State::Dispatched | State::Handling | State::Redo, Step::Rated) => "答复以后再请您评价。",
        (State::Dispatched | State::Handling | State::Redo, Step::Closed) => "请先答复，再办结。",
        (State::Handling, Step::Accepted) => "已经签收了，请办理和答复。",
        (State::Replied, _) => "已经答复，请等待评价，或写明理由办结。",
        _ => "请刷新页面，看看现在到了哪一步。",
    }
}

/// Written, and not too long.
pub(super) fn written(what: &'static str, text: &str, max: usize) -> Result<(), Refusal> {
    required(what, text)?;
    at_most(what, text, max)
}

/// What the villager gets to read as the answer.
pub(super) fn answer_text(text: &str) -> Result<(), Refusal> {
    let chars = text.chars().filter(|c| !c.is_whitespace()).count();
    if chars < REPLY_CHARS_MIN {
        return Err(Refusal::TooShort { what: "答复", chars, min: REPLY_CHARS_MIN });
    }
    at_most("答复", text, REPLY_CHARS_MAX)
}

pub(super) fn required(what: &'static str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::Missing { what }) } else { Ok(()) }
}

pub(super) fn at_most(what: &'static str, text: &str, max: usize) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if chars > max { Err(Refusal::TooLong { what, chars, max }) } else { Ok(()) }
}
