//! The stories that the county tells of itself (Hebei Daily, 2015-11-23), as they go here. The
//! late department is in `interviews`, the village's October in `ledgers`.

use bianmin::office::Role;

use super::county::{Clerk, county, part};
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
