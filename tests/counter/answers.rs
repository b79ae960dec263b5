//! What goes with an answer, who sees it, and that every look at it and every printed paper is told;
//! and what goes to a department without a clerk.

use bianmin::county::Categories;
use bianmin::office::{Role, Tables};

use super::county::{Clerk, County, VILLAGER, county, part};

const URL: &str = "https://bm.example.gov.cn";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n the lamp shines";
const PDF: &[u8] = b"%PDF-1.7\n the paper of the repair\nstartxref\n9\n%%EOF\n";
const REPLY: &str = "灯杆换了新的，线也查过了，今晚亮灯，有事打电话。";

async fn answered(county: &County) -> (Clerk<'_>, Clerk<'_>, String) {
    let number =
        county.report_of(VILLAGER, "大黑坨村大街的路灯坏了，我叫张三，电话13800138000").await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    for (name, bytes) in [("修好的样子", PNG), ("维修单", PDF)] {
        let (status, page) = county.attach(&lead, &number, name, bytes).await;
        assert_eq!(status, 303, "{page}");
    }
    lead.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    (clerk, lead, number)
}

#[tokio::test]
async fn photos_and_papers_reach_the_villager_by_a_link_that_nobody_guesses() {
    let county = county().public_url(URL).open().await;
    let (clerk, _, number) = answered(&county).await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    let path = part(&told, &format!("附件2个：{URL}"), "\n").to_owned();
    assert!(path.starts_with(&format!("/answer/{number}/")) && path.len() > 35, "{told}");
    let nobody = county.nobody();
    let page = nobody.get(&path).await;
    for seen in [REPLY, "城市管理综合行政执法局的答复", "alt=\"修好的样子\"", "维修单（PDF"]
    {
        assert!(page.contains(seen), "{seen}: {page}");
    }
    assert!(!page.contains("张三") && !page.contains("13800138000"), "{page}");
    assert_eq!(nobody.download(&format!("{path}/1")).await, (200, PNG.to_vec()));
    assert_eq!(nobody.download(&format!("{path}/2")).await, (200, PDF.to_vec()));
    for wrong in
        [format!("{path}/3"), format!("{path}/0"), format!("/answer/{number}/{}", "0".repeat(24))]
    {
        assert_eq!(nobody.try_get(&wrong).await.0, 404, "{wrong}");
    }
    // Also where she looks it up herself.
    let said = county.talk(VILLAGER, &["查进度"]).await;
    assert!(said.contains(&path), "{said}");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("（附件：修好的样子、维修单）"), "{page}");
    // Who guesses waits.
    for _ in 0..20 {
        nobody.try_get(&format!("/answer/{number}/guess")).await;
    }
    assert_eq!(nobody.try_get(&path).await.0, 422);
}

#[tokio::test]
async fn only_photos_and_whole_papers_go_with_an_answer_and_only_by_who_has_it() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    for (bytes, told) in [
        (&b"<script>alert(1)</script>"[..], "不是照片也不是PDF"),
        (b"%PDF-1.7 cut off", "不完整"),
        (b"MZ\x90 a program", "请传 JPG"),
    ] {
        let (status, page) = county.attach(&lead, &number, "维修单", bytes).await;
        assert!(status == 422 && page.contains(told), "{told}: {page}");
    }
    assert_eq!(county.attach(&lead, &number, "维修单", PDF).await.0, 303);
    assert_eq!(county.attach(&lead, &number, "拿错的", PNG).await.0, 303);
    let page = lead.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("附件加上了") || page.contains("拿错的"), "{page}");
    lead.act(&number, "detach", &[("n", "2")]).await;
    let (status, page) = lead.try_act(&number, "detach", &[("n", "2")]).await;
    assert!(status == 422 && page.contains("没有第2个附件"), "{page}");
    let other = county.staff("水利", Role::Department, Some("水利")).await;
    assert_eq!(other.try_get(&format!("/desk/cases/{number}")).await.0, 404);
    // Without a page that she can open she is told whom to ask.
    lead.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains("附件1个，请到承办单位"), "{told}");
}

#[tokio::test]
async fn photos_of_a_case_are_for_who_sees_the_case_and_each_look_is_told() {
    let county = county().open().await;
    let (clerk, lead, number) = answered(&county).await;
    let path = format!("/desk/cases/{number}");
    let page = lead.get(&path).await;
    let file = format!("/desk/media/{}", part(&page, "/desk/media/", "\""));
    assert!(file.ends_with(&format!("?case={number}")), "{file}");
    assert!(county.talk(VILLAGER, &["谁看过"]).await.contains("还没有人看过"));
    assert_eq!(lead.download(&file).await, (200, PNG.to_vec()));
    assert_eq!(lead.download(&file).await.0, 200);
    // Not without the case, not by another case, not by who does not see it.
    let hash = file.split('?').next().unwrap();
    assert_eq!(lead.try_get(hash).await.0, 404);
    assert_eq!(lead.try_get(&format!("{hash}?case=126041273")).await.0, 404);
    let other = county.staff("水利", Role::Department, Some("水利")).await;
    assert_eq!(other.try_get(&file).await.0, 404);
    let merchant = county.staff("店员", Role::ShopClerk, Some("130225102216")).await;
    assert_eq!(merchant.try_get(&file).await.0, 404);

    clerk.get(&format!("{path}/papers/assignment")).await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let log = auditor.get("/desk/audit").await;
    assert!(
        log.contains("看照片和文件") && log.contains("打印单子") && log.contains("交办单"),
        "{log}"
    );
    let looks = auditor.get("/desk/audit?kind=attachment").await;
    assert_eq!(looks.matches("<td>城管经办").count(), 1, "loaded again is no second look: {looks}");
    let said = county.talk(VILLAGER, &["谁看过"]).await;
    for part in ["综合行政执法局看照片和文件", "平台负责人打印单子：交办单"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("城管经办"), "{said}");
}

fn lamps_go_by_themselves(tables: &mut Tables) {
    let text = include_str!("../../county/categories.csv");
    let text =
        text.replace("0409,道路交通,路灯,城管,乡镇,,C,,", "0409,道路交通,路灯,城管,,,C,auto,");
    tables.categories = Categories::parse(&text).unwrap();
}

#[tokio::test]
async fn what_the_county_marked_goes_to_its_department_without_a_clerk() {
    let county = county().tables(lamps_go_by_themselves).open().await;
    let text = "大黑坨村大街的路灯坏了，我叫张三，电话13800138000";
    let number = county.report_of(VILLAGER, text).await;
    county.settle().await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains("城管局"), "{told}");
    let mut clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("系统直接派的") && page.contains("待签收"), "{page}");
    // Also what a clerk types, and not what is confidential.
    let typed = clerk.file("13800138001", "0409", "大街的路灯坏了两盏").await;
    assert!(clerk.get(&format!("/desk/cases/{typed}")).await.contains("系统直接派的"));
    let text = "大黑坨村大街的路灯坏了，请给我保密，我叫张三，电话13800138000";
    let hidden = county.report_of("oVillager00000000000000000002", text).await;
    let page = clerk.get(&format!("/desk/cases/{hidden}")).await;
    assert!(page.contains("待受理") && !page.contains("系统直接派的"), "{page}");
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    lead.act(&number, "ask_return", &[("basis", "大街归养护公司，合同第3条")]).await;
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("退单待审"));
}

#[tokio::test]
async fn cases_and_orders_stand_in_one_list_by_what_they_are() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let clerk = county.clerk().await;
    let all = clerk.get("/desk/inbox").await;
    assert!(all.contains(&format!("/desk/cases/{number}")), "{all}");
    assert!(!clerk.get("/desk/inbox?kind=5").await.contains(&number));
    assert!(clerk.get("/desk/inbox?kind=1").await.contains(&number));
    assert!(clerk.get("/desk?").await.contains("/desk/inbox"));
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    assert_eq!(lead.try_get("/desk/inbox").await.0, 404);
}

#[tokio::test]
async fn three_grades_are_asked_and_five_are_heard() {
    let mut county = county().open().await;
    for (said, expect) in [
        ("1", "满意"),
        ("非常满意", "非常满意"),
        ("基本满意", "基本满意"),
        ("非常不满意", "非常不满意"),
    ] {
        let number = {
            let text = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000";
            let number = county.report_of(VILLAGER, text).await;
            let mut clerk = match county.nobody().sign_in("管理员", super::county::PASSWORD).await
            {
                Ok(()) => county.clerk_again().await,
                Err(_) => county.clerk().await,
            };
            clerk.act(&number, "dispatch", &[("department", "城管")]).await;
            clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
            number
        };
        let mut heard = county.say(VILLAGER, said).await;
        if heard.contains("哪里没有办好") {
            heard = county.say(VILLAGER, "跳过").await;
        }
        assert!(heard.contains("记下了"), "{said}: {heard}");
        let clerk = county.clerk_again().await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        let rated = format!(
            "<strong>评价</strong> <span class=\"who\">村民</span></p><p class=\"prose\">{expect}<"
        );
        assert!(page.contains(&rated), "{expect}: {page}");
        drop(clerk);
        county.pass(60).await;
    }
}
