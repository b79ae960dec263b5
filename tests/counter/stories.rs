//! The stories that the county tells of itself (Hebei Daily, 2015-11-23), as they go here.

use std::collections::BTreeSet;

use bianmin::office::Role;

use super::county::{Clerk, PASSWORD, VILLAGER, county, part};
use super::interviews::step;
use super::ledgers::workbook;
use super::sms_talk::opened;

const DAY: i64 = 24 * 3_600;
const MAOZHUANG: &str = "130225109201";

/// Filled in and sent; gives the number as digits.
async fn file(clerk: &mut Clerk<'_>, fields: &[(&str, &str)]) -> String {
    clerk.csrf = clerk.csrf_of("/desk/new").await;
    let (status, page) = clerk.post("/desk/new", fields).await;
    assert_eq!(status, 303, "{page}");
    let list = clerk.get("/desk").await;
    part(&list, "href=\"/desk/cases/", "\"").to_owned()
}

/// An old man in 毛庄村 only wanted to ask whom to turn to; the village's agent files it for him,
/// who has no telephone, and on the next day somebody comes to the door.
#[tokio::test]
async fn the_cable_television_of_an_old_man_in_maozhuang() {
    let mut county = county().open().await;
    let (number, path) = {
        let mut clerk = county.clerk().await;
        let mut agent = county.staff("王薇", Role::Agent, Some(MAOZHUANG)).await;
        let told = [
            ("name", "肖凤安"),
            ("village", "毛庄镇毛庄村"),
            ("category", "0301"),
            ("text", "有线电视没影儿了，想问问该找谁"),
            ("authorised", "本人来店里说的"),
        ];
        let number = file(&mut agent, &told).await;
        let path = format!("/desk/cases/{number}");
        let (_, page) = clerk.see(&number, "核对登记的人").await;
        for part in ["毛庄镇毛庄村", "肖凤安", "代办员 王薇", "广电网络"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        clerk.act(&number, "dispatch", &[("department", "广电网络")]).await;
        (number, path)
    };
    county.pass(DAY).await;
    let answer = "师傅当天上门，换了线路接头，电视有信号了，有事打平台电话。";
    {
        let mut station = county.staff("广电师傅", Role::Department, Some("广电网络")).await;
        station.act(&number, "contact", &[("means", "visit"), ("reached", "yes")]).await;
        station.act(&number, "reply", &[("outcome", "solved"), ("text", answer)]).await;
    }
    // Without a telephone of his own he is told by a person; the agent asks him how it was.
    let mut clerk = county.clerk_again().await;
    let page = clerk.get(&path).await;
    for part in ["上门 联系上了", answer, "已答复待评价"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(clerk.tasks("换了线路接头").await.len(), 1);
    let visit = [("means", "agent"), ("reached", "yes"), ("solved", "yes")];
    clerk.act(&number, "call_back", &visit).await;
    for (head, expect) in [("按时办结率", "100.0%"), ("响应率", "100.0%"), ("解决率", "100.0%")]
    {
        let company = part(&page, "<dt>承办单位</dt><dd>", "<");
        assert_eq!(clerk.figure("2026-11", company, head).await, expect, "{head}");
    }
    // It is in the village's ledger, answered within a day.
    let ledger = clerk.get("/desk/ledgers?kind=village&month=2026-11&village=毛庄村").await;
    assert!(ledger.contains("肖**") && ledger.contains("已解决"), "{ledger}");
}

/// Residents of 御景家园东区 were charged for putting up a television: by telephone, to the market
/// supervision, which answers the caller itself.
#[tokio::test]
async fn the_installation_fee_in_yujing_home_east() {
    let (mut county, fake) = opened().await;
    let caller = "13700137001";
    let number = {
        let mut clerk = county.clerk().await;
        let told = [
            ("name", "御景家园业主"),
            ("phone", caller),
            ("village", "乐安街道乐景社区"),
            ("place", "御景家园东区3号楼"),
            ("category", "1101"),
            ("kind", "complaint"),
            ("respondent", "某品牌电视售后"),
            ("co_signers", "王五 13700137002"),
            ("text", "买电视时说免费安装，上门又收了120元支架费"),
        ];
        let number = file(&mut clerk, &told).await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        let form = part(&page, "id=\"dispatch\"", "</section>");
        assert!(form.contains("县市场监督管理局（建议）"), "{form}");
        clerk.act(&number, "dispatch", &[("department", "市场监管")]).await;
        number
    };
    county.pass(DAY).await;
    let answer = "经调解，售后已退还多收的120元支架费，并向您道歉。";
    {
        let mut bureau = county.staff("市场监管经办", Role::Department, Some("市场监管")).await;
        bureau.act(&number, "contact", &[("means", "telephone"), ("reached", "yes")]).await;
        bureau.act(&number, "reply", &[("outcome", "solved"), ("text", answer)]).await;
    }
    // Several sign it: the platform reads the answer first, and then it goes to the caller in
    // the bureau's name.
    assert!(!fake.texts_to(caller).iter().any(|text| text.contains("退还")));
    {
        let mut clerk = county.clerk_again().await;
        clerk.act(&number, "pass_review", &[]).await;
    }
    county.pass(301).await;
    for phone in [caller, "13700137002"] {
        let texts = fake.texts_to(phone);
        assert!(texts.iter().any(|text| text.contains("退还多收的120元")), "{phone}: {texts:?}");
    }
    let clerk = county.clerk_again().await;
    let ledger = clerk.get("/desk/ledgers?kind=cases&month=2026-11").await;
    for part in ["某品牌电视售后", "县市场监督管理局", "电话", "投诉"] {
        assert!(ledger.contains(part), "{part}: {ledger}");
    }
}

/// A department lets its time pass: it is telephoned, and when it does not keep what it said there,
/// the organisation department calls in its head. The villager is told the truth all along.
#[tokio::test]
async fn the_late_department_is_telephoned_and_then_its_head_is_called_in() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let path = format!("/desk/cases/{number}");
    county.clerk().await.act(&number, "dispatch", &[("department", "城管")]).await;
    // Two working days, to Wednesday evening. On Thursday there is a call to be made.
    county.pass(3 * DAY).await;
    assert!(county.say(VILLAGER, "查进度").await.contains("办理中"));
    {
        let mut supervisor = county.staff("督办张", Role::Supervisor, None).await;
        let tasks = supervisor.tasks("电话督办").await;
        let [task] = &tasks[..] else { panic!("{tasks:?}") };
        let page = supervisor.get(task).await;
        assert!(page.contains("县城市管理综合行政执法局") && page.contains("前打电话"), "{page}");
        let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-27T17:30")];
        supervisor.act(&number, "supervise", &call).await;
        assert!(supervisor.tasks("电话督办").await.is_empty());
    }
    let told = county.inbox(VILLAGER);
    assert!(told.iter().any(|text| text.contains("11月27日17:30前")), "{told:#?}");
    // The promised Friday passes, and a working day more.
    county.pass(5 * DAY).await;
    {
        let mut supervisor = county.staff("督办李", Role::Supervisor, None).await;
        let reason = [("reason", "打过电话，答应周五，没办")];
        assert_eq!(step(&mut supervisor, "propose", &reason).await.0, 303);
        let mut director = county.staff("李主任", Role::Director, None).await;
        assert_eq!(step(&mut director, "approve", &[]).await.0, 303);
        let mut organisation = county.staff("组织部赵", Role::Organisation, None).await;
        assert_eq!(step(&mut organisation, "receive", &[]).await.0, 303);
        let minutes = [
            ("held", "2026-12-01T09:00"),
            ("attendees", "局长王某、组织部赵某"),
            ("minutes", "说明了超期的原因。"),
            ("measures", "三天内清完，每周报一次。"),
            ("deadline", "2026-12-04"),
        ];
        assert_eq!(step(&mut organisation, "record", &minutes).await.0, 303);
    }
    let answer = "垃圾已经全部清走，以后每三天来拉一次，耽误了您，对不起。";
    county.say(VILLAGER, "查进度").await;
    {
        let mut bureau = county.staff("城管经办", Role::Department, Some("城管")).await;
        let page = bureau.get(&path).await;
        assert!(page.contains("三天内清完"), "{page}");
        bureau.act(&number, "reply", &[("outcome", "solved"), ("text", answer)]).await;
    }
    assert!(county.inbox(VILLAGER).last().unwrap().contains("耽误了您"));
    assert!(county.say(VILLAGER, "基本满意").await.starts_with("谢谢您"));
    // Done at last, it stays late in the county's books.
    let clerk = county.clerk_again().await;
    let city = "县城市管理综合行政执法局";
    for (head, expect) in
        [("督办次数", "1"), ("约谈次数", "1"), ("按时办结率", "0.0%"), ("满意率", "100.0%")]
    {
        assert_eq!(clerk.figure("2026-11", city, head).await, expect, "{head}");
    }
    let late = clerk.get("/desk/ledgers?kind=overdue&month=2026-11").await;
    assert!(late.contains("王主任") && late.contains("2026-11-27 17:30"), "{late}");
}

/// What people bring to the counter of a village: the kind, and who deals with it. Nobody: the
/// agent knows the answer.
#[rustfmt::skip]
const BROUGHT: [(&str, &str, &str); 15] = [
    ("0604", "社保卡丢了，想补一张", "人社"),
    ("0801", "县里有没有厂子招女工", ""),
    ("1102", "新买的电饭锅三天就坏，店里不退", "市场监管"),
    ("0601", "养老认证怎么在手机上做", ""),
    ("0701", "家里老人想申请低保", "民政"),
    ("1301", "给孩子上户口要带什么", ""),
    ("0102", "苹果树叶子发黄，请看看是什么病", "农业农村"),
    ("0205", "这个月电费比上月多了一倍", "供电"),
    ("0301", "有线电视没有信号", "广电网络"),
    ("0501", "垃圾堆在村口没人拉", "城管"),
    ("0602", "医保今年交多少钱，到哪交", ""),
    ("1501", "取款点今天开不开", ""),
    ("0707", "结婚登记要什么材料", ""),
    ("1401", "借条过了三年还算不算数", ""),
    ("1602", "办宅基地证走什么手续", ""),
];

/// In one October the shop of 大黑坨村 dealt with more than forty matters of a dozen kinds, and its
/// ledger says of each what became of it.
#[tokio::test]
async fn the_october_of_dahei_village_with_more_than_forty_matters() {
    const BASIS: &str = "问过县里的平台";
    const ANSWER: &str = "打听清楚了，带身份证、户口本到村店来，我帮您办，不用跑县里。";
    const REPLY: &str = "已经派人到村里办好了，还有问题请打电话找我们。";
    let mut county = county().at("2026-10-09T09:00:00+08:00").open().await;
    drop((
        county.clerk().await,
        county.staff("大黑坨代办员", Role::Agent, Some("130225102216")).await,
    ));
    let mut brought = BROUGHT.iter().cycle();
    for (week, matters) in [11, 11, 11, 10].into_iter().enumerate() {
        if week > 0 {
            county.pass(7 * DAY).await;
        }
        let mut clerk = county.clerk_again().await;
        let mut agent = county.nobody();
        agent.sign_in("大黑坨代办员", PASSWORD).await.unwrap();
        for n in 0..matters {
            let (category, text, department) = brought.next().unwrap();
            let name = format!("村民{week}{n}");
            let told = [
                ("name", name.as_str()),
                ("village", "胡家坨镇大黑坨村"),
                ("category", category),
                ("text", text),
                ("authorised", "本人来店里说的"),
            ];
            let number = file(&mut agent, &told).await;
            // The last three are on their way when the month ends.
            if week == 3 && n >= 7 {
                continue;
            }
            if department.is_empty() {
                let answer = [("text", ANSWER), ("basis", BASIS)];
                agent.act(&number, "answer", &answer).await;
            } else {
                clerk.act(&number, "dispatch", &[("department", department)]).await;
                let reply = [("outcome", "solved"), ("text", REPLY), ("trips", "0")];
                clerk.act(&number, "reply", &reply).await;
            }
            agent.act(&number, "rate", &[("grade", "satisfied")]).await;
        }
    }
    let clerk = county.clerk_again().await;
    let table = workbook(&clerk, "kind=village&month=2026-10&village=大黑坨村").await;
    assert!(table[1][0].contains("胡家坨镇大黑坨村") && table[1][0].contains("43件"), "{table:?}");
    let rows = &table[3..46];
    assert_eq!((&*rows[0][0], &*rows[42][0]), ("1", "43"));
    let column = |head: &str| table[2].iter().position(|name| name == head).expect(head);
    let all = |head: &str| rows.iter().map(|row| row[column(head)].as_str()).collect::<Vec<_>>();
    let kinds: BTreeSet<&str> = all("事项类别").into_iter().collect();
    assert!(kinds.len() >= 12, "{kinds:?}");
    let ways: BTreeSet<&str> = all("办理方式").into_iter().collect();
    // The three that still run are with nobody yet.
    assert_eq!(ways, BTreeSet::from(["", "咨询", "转办"]));
    assert_eq!(all("满意度").iter().filter(|grade| **grade == "满意").count(), 40);
    assert!(all("办结日期")[0] == "2026-10-09" && all("办结日期")[42].is_empty());
    assert!(all("群众签字").iter().all(|cell| cell.is_empty()), "to be signed on paper");
    assert_eq!(table[46][0], "本月受理43件　办结40件　在办3件");
    let other = workbook(&clerk, "kind=village&month=2026-10&village=毛庄村").await;
    assert!(other[1][0].contains("0件"), "{:?}", other[1]);
}
