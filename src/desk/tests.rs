//! The life of a case, told step by step.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::county::TimeClass;

#[derive(Clone)]
pub(super) struct Tables {
    calendar: Calendar,
    categories: Categories,
    departments: Departments,
    places: Arc<Places>,
    leads: Arc<Leads>,
}

impl Tables {
    pub(super) fn shipped() -> Self {
        let year = include_str!("../../county/calendar/holidays-2026.json");
        let hours = include_str!("../../county/calendar/office-hours.toml");
        let categories = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        let departments = Departments::parse(include_str!("../../county/departments.csv")).unwrap();
        let leads = include_str!("../../county/leads.csv");
        let leads = Leads::parse(leads, &categories, &departments).unwrap();
        Self {
            calendar: Calendar::parse(&[("2026.json", year)], hours).unwrap(),
            categories,
            departments,
            leads: Arc::new(leads),
            places: Arc::new(
                Places::parse(
                    include_str!("../../county/places.csv"),
                    include_str!("../../county/aliases.csv"),
                    include_str!("../../county/neighbours.csv"),
                )
                .unwrap(),
            ),
        }
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        let Self { calendar, categories, departments, places, leads } = self;
        Rules { calendar, categories, departments, places, leads }
    }
}

/// The shipped kinds of matter, some of them with the flag.
fn marked_auto(codes: &[&str]) -> String {
    let mark = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if codes.contains(&cells[0]) {
            cells[7] = "auto";
        }
        cells.join(",") + "\n"
    };
    include_str!("../../county/categories.csv").lines().map(mark).collect()
}

pub(super) fn at(text: &str) -> Timestamp {
    let seconds = if text.len() == "2026-01-01 00:00".len() { ":00" } else { "" };
    format!("{}{seconds}+08:00", text.replace(' ', "T")).parse().expect(text)
}

pub(super) fn intake() -> Intake {
    let number = CaseNumber::new(CaseType::Appeal, 2026, 4127).unwrap();
    Intake {
        kind: Kind::Help,
        category: Some("0301".into()),
        place_code: Some("130225109200".into()),
        place_name: Some("毛庄镇毛庄村".into()),
        place_note: "村西头".into(),
        text: "电视没影儿了，都三天咧".into(),
        name: Some("肖大爷".into()),
        phone: Some("13900000000".into()),
        photos: vec!["photo-1".into()],
        voices: vec!["voice-1".into()],
        ..Intake::of(number, "p1", "wechat")
    }
}

pub(super) fn villager() -> Actor {
    Actor::Villager { person: "p1".into() }
}

pub(super) fn clerk() -> Actor {
    Actor::clerk("值班员")
}

pub(super) fn director() -> Actor {
    Actor::Staff {
        name: "李主任".into(),
        role: "director".into(),
        department: None,
        at_machine: false,
    }
}

pub(super) fn supervisor() -> Actor {
    Actor::Staff {
        name: "督办张".into(),
        role: "supervisor".into(),
        department: None,
        at_machine: false,
    }
}

pub(super) fn dispatch(department: &str) -> Command {
    dispatch_with(department, &[])
}

pub(super) fn dispatch_with(department: &str, helpers: &[&str]) -> Command {
    Command::Dispatch {
        department: department.into(),
        helpers: helpers.iter().map(|id| (*id).into()).collect(),
        category: None,
        note: "请上门".into(),
        despite: String::new(),
        sorting: Sorting::default(),
    }
}

pub(super) fn reply() -> Command {
    let text = "师傅已上门，线路接头已更换，信号恢复正常。".into();
    Command::Reply { outcome: Outcome::Solved, text, trips: None, visited_at: None }
}

pub(super) fn rate(grade: Grade) -> Command {
    Command::Rate { grade, comment: "还是没影儿".into() }
}

fn close(reason: &str) -> Command {
    Command::Close { reason: reason.into() }
}

/// Carries out commands one after another, as the office does.
#[derive(Clone)]
pub(super) struct Desk {
    tables: Tables,
    pub events: Vec<CaseEvent>,
    pub told: Vec<Option<Notice>>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self { tables: Tables::shipped(), events: Vec::new(), told: Vec::new() }
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        self.tables.rules()
    }

    /// Where cases of these kinds go to their departments by themselves.
    pub(super) fn with_auto(codes: &[&str]) -> Self {
        let mut desk = Self::new();
        desk.tables.categories = Categories::parse(&marked_auto(codes)).unwrap();
        desk
    }

    /// With the case of `intake` filed.
    pub(super) fn filed(when: &str, intake: Intake) -> Self {
        let mut desk = Self::new();
        desk.file(when, intake);
        desk
    }

    pub(super) fn file(&mut self, when: &str, intake: Intake) {
        self.give(when, &villager(), Command::File(Box::new(intake))).unwrap();
    }

    pub(super) fn case(&self) -> Option<Case> {
        (!self.events.is_empty()).then(|| fold(&self.events).unwrap())
    }

    pub(super) fn the_case(&self) -> Case {
        self.case().expect("a case is filed")
    }

    /// The ids of the events that followed.
    pub(super) fn give(
        &mut self,
        when: &str,
        by: &Actor,
        command: Command,
    ) -> Result<Vec<&'static str>, Refusal> {
        self.give_at(at(when), by, command)
    }

    pub(super) fn give_at(
        &mut self,
        now: Timestamp,
        by: &Actor,
        command: Command,
    ) -> Result<Vec<&'static str>, Refusal> {
        let case = self.case();
        let events = decide(case.as_ref(), command, by, now, &self.tables.rules())?;
        for event in &events {
            self.events.push(event.clone());
            self.told.push(notice(&self.the_case(), event, &self.tables.rules()));
        }
        Ok(events.iter().map(|event| event.change.step().id()).collect())
    }

    pub(super) fn refused(&mut self, by: &Actor, command: Command, expect: &str) {
        self.refused_at("2026-11-24 16:00", by, command, expect);
    }

    pub(super) fn refused_at(&mut self, when: &str, by: &Actor, command: Command, expect: &str) {
        let before = self.events.len();
        let refusal = self.give(when, by, command).expect_err(expect);
        assert!(refusal.to_string().contains(expect), "“{refusal}” does not say “{expect}”");
        assert_eq!(self.events.len(), before);
    }

    pub(super) fn last_notice(&self) -> &Notice {
        self.told.last().and_then(Option::as_ref).expect("the villager was told")
    }
}

#[test]
fn the_cable_television_of_an_old_man() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    let case = desk.the_case();
    assert_eq!((case.state, &*case.title), (State::Received, "毛庄镇毛庄村有线电视故障"));
    assert_eq!((case.time_class, case.promised_at), (TimeClass::B, at("2026-11-25 17:30")));
    assert_eq!(case.text, intake().text);
    assert_eq!(desk.told, [None], "the conversation has told her");

    assert_eq!(
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")),
        Ok(vec!["dispatched"])
    );
    let Notice { id, fields } = desk.last_notice();
    assert_eq!((*id, &*fields["department"]), ("dispatched", "广电网络公司"));
    assert_eq!((&*fields["number"], &*fields["due"]), ("126-041-273", "11月25日17:30前"));

    assert_eq!(desk.give("2026-11-23 11:00", &clerk(), Command::Accept), Ok(vec!["accepted"]));
    assert_eq!(desk.told.last(), Some(&None));
    let progress = Command::Progress { text: "明天上午上门".into() };
    assert_eq!(desk.give("2026-11-23 11:01", &clerk(), progress), Ok(vec!["progress"]));
    assert_eq!(desk.last_notice().fields["text"], "明天上午上门");
    assert_eq!(desk.give("2026-11-24 15:00", &clerk(), reply()), Ok(vec!["replied"]));
    assert_eq!(desk.last_notice().fields["outcome"], "已解决");
    assert!(!desk.the_case().is_overdue(at("2027-01-01 00:00")), "answered in time for ever");

    assert_eq!(
        desk.give("2026-11-24 16:00", &villager(), rate(Grade::Fair)),
        Ok(vec!["rated", "closed"])
    );
    assert_eq!(desk.last_notice().id, "closed");
    let case = desk.the_case();
    assert_eq!((case.state, case.closing), (State::Closed, Some(Closing::Rated)));
    assert_eq!((case.rating, case.revision), (Some(Grade::Fair), 7));
    desk.refused(&villager(), rate(Grade::Satisfied), "再反映一次");
}

#[test]
fn dissatisfied_is_a_second_round_and_the_first_ones_figures_stay() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    assert_eq!(desk.give("2026-11-24 15:00", &clerk(), reply()), Ok(vec!["accepted", "replied"]));
    let first = desk.the_case();
    assert_eq!(
        desk.give("2026-11-24 16:00", &villager(), rate(Grade::Dissatisfied)),
        Ok(vec!["rated", "reopened"])
    );
    let case = desk.the_case();
    assert_eq!((case.state, case.round), (State::Redo, 2));
    assert_eq!(case.department.as_deref(), Some("广电网络"), "the same one, unless sent on");
    assert_eq!((case.round_due_at, case.promised_at), (at("2026-12-01 17:30"), first.promised_at));
    assert_eq!((&case.reply, case.replied_at, case.rating), (&None, None, None));
    let [round] = &case.earlier[..] else { panic!("one earlier round") };
    assert_eq!((&round.reply, round.replied_at), (&first.reply, first.replied_at));
    assert_eq!((round.rating, &*round.rating_comment), (Some(Grade::Dissatisfied), "还是没影儿"));
    assert_eq!(desk.last_notice().fields["due"], "12月1日17:30前");

    desk.give("2026-11-25 15:00", &clerk(), reply()).unwrap();
    assert_eq!(
        desk.give("2026-11-25 16:00", &villager(), rate(Grade::Dissatisfied)),
        Ok(vec!["rated"]),
        "there is no third round"
    );
    desk.refused(&villager(), rate(Grade::Satisfied), "已经评价过了");
    desk.refused(&Actor::System, close(""), "已经评价过了");
    desk.refused(&clerk(), close("已上门说明"), "请交给：平台负责人");
    desk.refused(&director(), close("  "), "办结理由");
    assert_eq!(desk.give("2026-11-26 09:00", &director(), close("已上门说明")), Ok(vec!["closed"]));
    assert_eq!(desk.the_case().closing, Some(Closing::Staff), "the last word needs a document");
    assert_eq!(desk.last_notice().fields["reason"], "已上门说明");
}

#[test]
fn unrated_is_never_satisfied() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    desk.give("2026-11-24 15:00", &clerk(), reply()).unwrap();
    desk.give("2026-12-01 15:00", &Actor::System, close("")).unwrap();
    let case = desk.the_case();
    assert_eq!((case.closing, case.rating), (Some(Closing::Unrated), None));
}

#[test]
fn the_promise_comes_from_the_time_class() {
    let check = |category: Option<&str>, received: &str, class: TimeClass, promised: &str| {
        let category = category.map(str::to_owned);
        let case = Desk::filed(received, Intake { category, ..intake() }).the_case();
        assert_eq!((case.time_class, case.promised_at), (class, at(promised)), "{received}");
        assert!(case.calendar_version.starts_with("2026-"));
    };
    check(Some("0204"), "2026-02-16 22:15", TimeClass::U, "2026-02-17 22:15");
    check(Some("0101"), "2026-09-18 16:00", TimeClass::A, "2026-09-20 17:30");
    check(Some("0301"), "2026-11-23 10:00", TimeClass::B, "2026-11-25 17:30");
    check(None, "2026-02-13 16:00", TimeClass::C, "2026-02-27 17:30");
    check(Some("1101"), "2026-11-23 10:00", TimeClass::D, "2026-12-07 17:30");
    check(Some("0401"), "2026-11-23 10:00", TimeClass::E, "2026-12-14 17:30");
}

#[test]
fn a_department_has_what_is_left_and_the_promise_stays() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    let mut check = |when: &str, to: &str, due: &str, told: &str| {
        desk.give(when, &clerk(), dispatch(to)).unwrap();
        let case = desk.the_case();
        assert_eq!(
            (case.due_at, case.promised_at),
            (Some(at(due)), at("2026-11-25 17:30")),
            "{to}"
        );
        assert_eq!(desk.last_notice().id, told);
    };
    check("2026-11-25 09:00", "广电网络", "2026-11-25 17:30", "dispatched");
    check("2026-11-25 10:00", "运营商", "2026-11-26 17:30", "rerouted");
    check("2026-11-30 10:00", "广电网络", "2026-12-01 17:30", "rerouted");
    // Handed over in good time, the next department has all that is left, and accepts anew.
    let long = Intake { category: Some("1101".into()), ..intake() };
    let mut desk = Desk::filed("2026-11-23 10:00", long);
    desk.give("2026-11-23 11:00", &clerk(), dispatch("城管")).unwrap();
    desk.give("2026-11-23 14:00", &clerk(), Command::Accept).unwrap();
    assert_eq!(desk.the_case().accepted_at, Some(at("2026-11-23 14:00")));
    desk.give("2026-11-24 09:00", &clerk(), dispatch("市场监管")).unwrap();
    let case = desk.the_case();
    assert_eq!((case.due_at, case.accepted_at), (Some(at("2026-12-07 17:30")), None));
    // Class U: what is left, or a day and a night once it is over.
    let urgent = Intake { category: Some("0204".into()), ..intake() };
    let mut desk = Desk::filed("2026-11-23 10:00", urgent);
    for (when, to, due) in [
        ("2026-11-23 10:05", "自来水", "2026-11-24 10:00"),
        ("2026-11-23 20:00", "供电", "2026-11-24 10:00"),
        ("2026-11-24 20:00", "自来水", "2026-11-25 20:00"),
    ] {
        desk.give(when, &clerk(), dispatch(to)).unwrap();
        assert_eq!(desk.the_case().due_at, Some(at(due)), "{to} {when}");
    }
}

#[test]
fn another_category_leaves_the_class_and_the_promise() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    let command = Command::Dispatch {
        department: "市场监管".into(),
        helpers: Vec::new(),
        category: Some("1101".into()),
        note: String::new(),
        despite: String::new(),
        sorting: Sorting::default(),
    };
    desk.give("2026-11-23 11:00", &clerk(), command).unwrap();
    let case = desk.the_case();
    assert_eq!((case.category.as_deref(), case.time_class), (Some("1101"), TimeClass::B));
    assert_eq!(case.promised_at, at("2026-11-25 17:30"));
}

#[test]
fn standing_is_computed() {
    let tables = Tables::shipped();
    let check = |category: &str, now: &str, expect: Standing| {
        let category = Some(category.to_owned());
        let case = Desk::filed("2026-11-23 10:00", Intake { category, ..intake() }).the_case();
        assert_eq!(case.standing(at(now), &tables.calendar), expect, "{now}");
    };
    // B: 1260 office minutes from Monday 10:00, 1008 of them are used on Wednesday at 11:48.
    check("0301", "2026-11-25 11:47", Standing::InTime);
    check("0301", "2026-11-25 11:48", Standing::Amber);
    check("0301", "2026-11-25 17:30", Standing::Amber);
    check("0301", "2026-11-25 17:31", Standing::Overdue);
    // U: 80 % of a day and a night.
    check("0204", "2026-11-24 05:11", Standing::InTime);
    check("0204", "2026-11-24 05:12", Standing::Amber);
    check("0204", "2026-11-24 10:01", Standing::Overdue);
    let mut late = Desk::filed("2026-11-23 10:00", intake());
    late.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    late.give("2026-11-26 09:00", &clerk(), reply()).unwrap();
    assert!(late.the_case().is_overdue(at("2026-11-26 09:00")), "answered, but late");
}

#[test]
fn what_the_clock_does_when_nobody_does_anything() {
    let tables = Tables::shipped();
    let wakes = |desk: &Desk, expect: Option<&str>| {
        let found = next_by_clock(&desk.the_case(), &tables.calendar);
        assert_eq!(found.as_ref().map(|(when, _)| *when), expect.map(at));
        found.map(|(when, command)| desk.clone().give_at(when, &Actor::System, command))
    };
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    // Half a working day to dispatch it; noted once.
    assert_eq!(wakes(&desk, Some("2026-11-23 15:15:01")), Some(Ok(vec!["breached"])));
    desk.give("2026-11-23 15:15", &Actor::System, Command::Breach { limit: Breached::Intake })
        .unwrap();
    assert_eq!(wakes(&desk, Some("2026-11-25 17:30:01")), Some(Ok(vec!["breached"])));
    desk.give("2026-11-23 15:30", &clerk(), dispatch("广电网络")).unwrap();
    assert_eq!(wakes(&desk, Some("2026-11-24 10:30")), Some(Ok(vec!["accepted"])));
    desk.give("2026-11-24 15:00", &clerk(), reply()).unwrap();
    assert_eq!(wakes(&desk, Some("2026-11-26 15:00")), Some(Ok(vec!["reminded"])));
    let mut reminded = desk.clone();
    reminded.give("2026-11-26 15:00", &Actor::System, Command::Remind).unwrap();
    assert_eq!(wakes(&reminded, Some("2026-12-01 15:00")), Some(Ok(vec!["closed"])));
    desk.give("2026-11-24 16:00", &villager(), rate(Grade::Dissatisfied)).unwrap();
    assert_eq!(wakes(&desk, Some("2026-11-25 11:00")), Some(Ok(vec!["accepted"])));
    desk.give("2026-11-25 15:00", &clerk(), reply()).unwrap();
    desk.give("2026-11-25 16:00", &villager(), rate(Grade::Dissatisfied)).unwrap();
    // The last word is the director's, and has its time; after that it waits.
    assert_eq!(wakes(&desk, Some("2026-12-02 17:30:01")), Some(Ok(vec!["breached"])));
    let last_word = Command::Breach { limit: Breached::Final };
    desk.give("2026-12-02 17:31", &Actor::System, last_word).unwrap();
    assert_eq!(wakes(&desk, None), None);
    let urgent = Intake { category: Some("0204".into()), ..intake() };
    let mut desk = Desk::filed("2026-11-22 23:00", urgent);
    desk.give("2026-11-22 23:10", &clerk(), dispatch("供电")).unwrap();
    assert_eq!(wakes(&desk, Some("2026-11-22 23:40")), Some(Ok(vec!["accepted"])));
}

#[test]
fn a_clerk_files_for_somebody_and_she_is_told() {
    let mut desk = Desk::new();
    let telephone = Intake { channel: "telephone".into(), ..intake() };
    desk.give("2026-11-23 10:00", &clerk(), Command::File(Box::new(telephone))).unwrap();
    assert_eq!((desk.last_notice().id, desk.the_case().submitted_by), ("received", clerk()));
}

#[test]
fn what_is_filed_wrong_is_refused() {
    let check = |change: fn(&mut Intake), expect: &str| {
        let mut intake = intake();
        change(&mut intake);
        Desk::new().refused(&villager(), Command::File(Box::new(intake)), expect);
    };
    check(|i| i.category = Some("9999".into()), "没有类别“9999”");
    check(|i| i.place_code = Some("1302".into()), "12位数字");
    check(|i| i.text = "字".repeat(5_001), "有5001个字，最多5000个字");
    check(|i| i.photos = vec!["p".into(); 21], "照片太多，有21个");
    check(|i| i.voices = vec!["v".repeat(201)], "语音太长");
    check(|i| i.name = Some("名".repeat(61)), "姓名太长");
    check(|i| i.person = "p2".into(), "不是您的事项");
    check(|i| i.channel = " ".into(), "来源渠道");
    check(|i| (i.text, i.photos, i.voices) = (" \n".into(), Vec::new(), Vec::new()), "内容是空的");
    let by_system = Command::File(Box::new(intake()));
    Desk::new().refused(&Actor::System, by_system, "不能由您来做");
    let voice_alone = Intake { text: String::new(), ..intake() };
    assert_eq!(Desk::filed("2026-11-23 10:00", voice_alone).the_case().voices, ["voice-1"]);
}

#[test]
fn what_is_done_wrong_is_refused() {
    Desk::new().refused(&clerk(), Command::Accept, "没有这个编号");
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.refused(&villager(), Command::File(Box::new(intake())), "编号已经用过");
    desk.refused(&clerk(), reply(), "请先派单");
    desk.refused(&clerk(), dispatch("天文台"), "没有部门“天文台”");
    desk.refused(&villager(), dispatch("广电网络"), "请交给：平台");
    desk.refused(&clerk(), close("她说不用办了"), "请派单、直接答复，或者不予受理");
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    desk.refused(&clerk(), dispatch("广电网络"), "已经在广电网络公司了");
    desk.refused(&clerk(), close("办完了"), "请先答复");
    desk.refused(&villager(), rate(Grade::Satisfied), "答复以后再请您评价");
    let text = " 已经修好了请放心使用 ".into();
    let short = Command::Reply { outcome: Outcome::Solved, text, trips: None, visited_at: None };
    desk.refused(&clerk(), short, "只有10个字。请至少写15个字");
    desk.refused(&clerk(), Command::Progress { text: " ".into() }, "进展是空的");
    desk.give("2026-11-24 10:20", &clerk(), reply()).unwrap();
    let stranger = Actor::Villager { person: "p2".into() };
    desk.refused(&stranger, rate(Grade::Satisfied), "不是您的事项");
    desk.refused(&clerk(), rate(Grade::Satisfied), "请交给：本人");
}

#[test]
fn she_asks_for_haste_once_a_day_adds_to_it_and_takes_it_back() {
    let more = |text: &str| Command::Supplement {
        text: text.into(),
        photos: Vec::new(),
        voices: Vec::new(),
    };
    let withdraw = || Command::Withdraw { reason: "自己修好了".into() };
    let mut desk = Desk::filed("2026-11-23 17:00", intake());
    assert_eq!(desk.give("2026-11-23 17:30", &villager(), Command::Urge), Ok(vec!["urged"]));
    desk.refused(&villager(), Command::Urge, "已经催过了，11月24日17:30以后可以再催");
    assert_eq!(desk.give("2026-11-24 17:30", &villager(), Command::Urge), Ok(vec!["urged"]));
    assert_eq!(desk.the_case().urges, 2);
    desk.refused(&villager(), more(" "), "内容是空的");
    desk.refused(&villager(), more(&"字".repeat(1_001)), "最多1000个字");
    for _ in 0..20 {
        desk.give("2026-11-25 09:00", &villager(), more("声音也没有了")).unwrap();
    }
    desk.refused(&villager(), more("又来了"), "补充了20次");
    for command in [Command::Urge, more("别人的事"), withdraw()] {
        desk.refused(&Actor::Villager { person: "p2".into() }, command.clone(), "不是您的事项");
        desk.refused(&clerk(), command, "请交给：本人");
    }
    assert_eq!(desk.give("2026-11-25 10:00", &villager(), withdraw()), Ok(vec!["withdrawn"]));
    let case = desk.the_case();
    assert_eq!((case.state, case.state.is_open()), (State::Withdrawn, false));
    let next = next_by_clock(&case, &Tables::shipped().calendar);
    assert_eq!(next, Some((at("2026-12-25 10:00"), Command::Archive)));
    desk.refused(&villager(), Command::Urge, "您已经撤回，不用再催了。要再办，请回「反映问题」");
    desk.refused(&clerk(), dispatch("广电网络"), "群众撤回了");
    assert!(desk.told.iter().all(Option::is_none), "she is told where she says it");
}

#[test]
fn not_everything_can_be_taken_back() {
    let check = |change: fn(&mut Intake), expect: &str| {
        let mut intake = intake();
        change(&mut intake);
        let mut desk = Desk::filed("2026-11-23 10:00", intake);
        desk.refused(&villager(), Command::Withdraw { reason: String::new() }, expect);
    };
    check(|i| i.kind = Kind::Report, "举报的事要查清楚");
    check(|i| i.category = Some("0204".into()), "关系安全的事要办完");
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    desk.give("2026-11-23 15:00", &clerk(), reply()).unwrap();
    let withdraw = || Command::Withdraw { reason: String::new() };
    desk.refused(&villager(), withdraw(), "已经答复，不能撤回了。满不满意，请回「评价」");
    desk.refused(&villager(), Command::Urge, "已经答复，不用再催了");
    desk.give("2026-11-23 16:00", &villager(), rate(Grade::Dissatisfied)).unwrap();
    desk.refused(&villager(), withdraw(), "正在重新办，不能撤回了");
    desk.give("2026-11-23 17:00", &clerk(), Command::Accept).unwrap();
    desk.refused(&villager(), withdraw(), "已经答复过，不能撤回");
}

#[test]
fn a_closed_case_is_gone_on_with_for_thirty_days() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    let may = |desk: &Desk, person: &str, when: &str, expect: Result<(), &str>| match (
        may_follow(&desk.the_case(), person, at(when)),
        expect,
    ) {
        (Ok(()), Ok(())) => {}
        (Err(refusal), Err(part)) => assert!(refusal.to_string().contains(part), "{refusal}"),
        (got, expect) => panic!("{got:?}, not {expect:?}"),
    };
    may(&desk, "p1", "2026-11-23 11:00", Err("还在办，不用续办。有话要说，请回「补充」"));
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    desk.give("2026-11-23 15:00", &clerk(), reply()).unwrap();
    may(&desk, "p1", "2026-11-23 16:00", Err("不满意请回「评价」"));
    desk.give("2026-11-23 16:00", &villager(), rate(Grade::Satisfied)).unwrap();
    may(&desk, "p1", "2026-12-23 16:00", Ok(()));
    may(&desk, "p1", "2026-12-24 16:00", Err("办结31天了"));
    may(&desk, "p2", "2026-11-24 16:00", Err("不是您的事项"));
}

#[test]
fn a_case_that_is_full_can_still_be_answered() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    let progress = || Command::Progress { text: "等配件".into() };
    while desk.give("2026-11-24 10:20", &clerk(), progress()).is_ok() {}
    assert_eq!(desk.the_case().revision, 200);
    desk.refused(&clerk(), progress(), "已满200条");
    desk.give("2026-11-24 10:20", &clerk(), reply()).unwrap();
    desk.give("2026-11-24 10:20", &villager(), rate(Grade::Satisfied)).unwrap();
    assert_eq!(desk.the_case().state, State::Closed);
}

#[test]
fn a_clock_that_goes_back_does_not_turn_the_timeline_round() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.give("2026-11-23 09:00", &clerk(), dispatch("广电网络")).unwrap();
    assert_eq!(desk.the_case().dispatched_at, Some(at("2026-11-23 10:00")));
}

#[test]
fn events_that_make_no_case_are_said() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    let events = desk.events;
    let check = |events: &[CaseEvent], expect: &str| {
        assert_eq!(fold(events).expect_err(expect).to_string(), expect);
    };
    check(&[], "there are no events: a case begins with `received`");
    check(&events[1..], "event 1 is `dispatched`, which may not follow nothing");
    let twice = [events[0].clone(), events[0].clone()];
    check(&twice, "event 2 is `received`, which may not follow received");
}

/// What is stored once must load for ever: this text is never changed, only added to.
#[test]
fn events_read_as_they_were_written_first() {
    let mut steps: Vec<Step> = Vec::new();
    let mut check = |stored: &str, expect: (State, u8, u32)| {
        let events: Vec<CaseEvent> =
            stored.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let again: Vec<String> =
            events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        assert_eq!(again, stored.lines().collect::<Vec<_>>());
        let case = fold(&events).unwrap();
        assert_eq!((case.state, case.round, case.revision), expect);
        let json = serde_json::to_string(&case).unwrap();
        assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), case);
        steps.extend(events.iter().map(|event| event.change.step()));
    };
    check(include_str!("../../tests/fixtures/desk/events.jsonl"), (State::Closed, 2, 12));
    check(include_str!("../../tests/fixtures/desk/withdrawn.jsonl"), (State::Withdrawn, 1, 5));
    check(include_str!("../../tests/fixtures/desk/departments.jsonl"), (State::Archived, 2, 42));
    check(include_str!("../../tests/fixtures/desk/merged.jsonl"), (State::Replied, 1, 4));
    check(include_str!("../../tests/fixtures/desk/rejected.jsonl"), (State::Rejected, 1, 2));
    // No longer allowed.
    let former = include_str!("../../tests/fixtures/desk/closed_unanswered.jsonl");
    check(former, (State::Closed, 1, 2));
    check(include_str!("../../tests/fixtures/desk/errand.jsonl"), (State::Received, 1, 7));
    check(include_str!("../../tests/fixtures/desk/relocated.jsonl"), (State::Received, 1, 6));
    check(include_str!("../../tests/fixtures/desk/co_signed.jsonl"), (State::Received, 1, 2));
    check(include_str!("../../tests/fixtures/desk/directed.jsonl"), (State::Received, 1, 4));
    check(include_str!("../../tests/fixtures/desk/late.jsonl"), (State::NeedInfo, 1, 25));
    // The calendar of the shipped tables does not change; `recomputed` has a test of its own.
    for step in Step::ALL.iter().filter(|step| **step != Step::Recomputed) {
        assert!(steps.contains(step), "the file shows no {}", step.id());
    }
}
