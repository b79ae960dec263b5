//! Desks at which cases are worked off one after the other, and what stands beside a case.

use bianmin::office::Role;

use super::county::{County, VILLAGER, county, media_in, number_in, part};
use super::shop::market;

const DAY: i64 = 24 * 3_600;
const REPLY: &str = "路灯线路已经更换，今晚六点起恢复照明，再坏请打电话。";
const WORDS: &str = "村口路灯坏了，赵大爷摔了一跤，他身份证130224195501011234";

#[tokio::test]
async fn what_is_struck_out_nobody_reads_but_the_platform() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "0409", WORDS).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let mut own = county.staff("小王", Role::Department, Some("城管")).await;
    let path = format!("/desk/cases/{number}");
    assert!(own.get(&path).await.contains("赵大爷"));
    for (fields, told) in [
        (&[("text", ""), ("photos", "")][..], "第几张照片"),
        (&[("text", "赵")][..], "一行写一处"),
        (&[("photos", "0")][..], "第几张"),
    ] {
        let (status, page) = clerk.try_act(&number, "redact", fields).await;
        assert!(status == 422 && page.contains(told), "{told}: {page}");
    }
    clerk.act(&number, "redact", &[("text", "赵大爷\n130224195501011234")]).await;
    // Also what is written later.
    own.act(&number, "progress", &[("text", "去看了赵大爷，灯明天换")]).await;
    for reader in [&own, &clerk] {
        let page = reader.get(&path).await;
        assert!(page.contains("■■摔了一跤，他身份证■■") && page.contains("遮了2处话"), "{page}");
        assert!(!page.contains("赵大爷") && !page.contains("130224"), "{page}");
    }
    let csv = "/desk/ledgers/file/csv?kind=cases&month=2026-11";
    for reader in [&own, &clerk] {
        let sheet = String::from_utf8(reader.download(csv).await.1).unwrap();
        assert!(sheet.contains("■■摔了一跤") && !sheet.contains("赵大爷"), "{sheet}");
    }
    let (_, page) = own.see(&number, "上门核实").await;
    assert!(page.contains("13800138000") && !page.contains("赵大爷"), "{page}");
    let (_, page) = clerk.see(&number, "核对原话").await;
    assert!(page.contains("赵大爷摔了一跤，他身份证130224195501011234"), "{page}");
    let (status, page) = own.try_act(&number, "redact", &[("text", "路灯")]).await;
    assert!(status == 422 && page.contains("不能由您来做"), "{page}");
}

#[tokio::test]
async fn a_photo_is_taken_out_of_sight() {
    let county = county().open().await;
    county.wechat.add_media("of-the-case", "image/gif", b"of-the-case");
    county.say(VILLAGER, "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000").await;
    county.account.villager(VILLAGER).photo(&county.webhook(), "of-the-case").await.unwrap();
    let number = number_in(&county.say(VILLAGER, "对").await);
    county.settle().await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let own = county.staff("小王", Role::Department, Some("城管")).await;
    let path = format!("/desk/cases/{number}");
    let photo = media_in(&own.get(&path).await);
    let answer = county.http.get(format!("{}{photo}", county.base)).header("cookie", &own.cookie);
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store", "none stays on a shared machine");
    assert_eq!(answer.bytes().await.unwrap(), &b"of-the-case"[..]);
    clerk.act(&number, "redact", &[("photos", "1")]).await;
    assert!(!own.get(&path).await.contains("class=\"media\""));
    // Who kept its address reads on no more; the platform does when it has said why.
    assert_eq!(own.try_get(&photo).await.0, 404);
    assert_eq!(clerk.try_get(&photo).await.0, 404);
    let (_, page) = clerk.see(&number, "核对照片").await;
    assert!(page.contains("class=\"media\"") && page.contains("照片1"), "{page}");
    assert_eq!(clerk.try_get(&photo).await.0, 200);
    assert_eq!(own.try_get(&photo).await.0, 404);
}

#[tokio::test]
async fn who_looked_stands_beside_the_case() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let mut own = county.staff("小王", Role::Department, Some("城管")).await;
    let path = format!("/desk/cases/{number}/looks");
    assert!(clerk.get(&path).await.contains("没有人看过"));
    clerk.see(&number, "核实地址").await;
    own.see(&number, "上门以前问路").await;
    assert!(own.get(&format!("/desk/cases/{number}")).await.contains(&path));
    let page = clerk.get(&path).await;
    assert!(page.contains("核实地址") && page.contains("上门以前问路"), "{page}");
    let page = own.get(&path).await;
    assert!(!page.contains("核实地址") && page.contains("上门以前问路"), "{page}");
    let other = county.staff("小李", Role::Department, Some("水利")).await;
    assert_eq!(other.try_get(&path).await.0, 404);
    let agent = county.staff("王薇", Role::Agent, Some("130225102216")).await;
    assert_eq!(agent.try_get(&path).await.0, 404);
}

#[tokio::test]
async fn her_orders_stand_beside_her_case_for_those_who_see_orders() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    market::open(&county, &mut clerk).await;
    let her = "我要买2袋尿素，我是毛庄村的，我叫张三";
    let said = county.talk(VILLAGER, &[her, "自己取", "13800138000", "确认"]).await;
    let order = number_in(&said);
    let number = county.report(VILLAGER).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let path = format!("/desk/cases/{number}");
    let page = clerk.get(&path).await;
    let beside = part(&page, "id=\"orders\"", "</section>");
    assert!(beside.contains(&format!("/desk/shop/orders/{order}\"")) && beside.contains("尿素"));
    let own = county.staff("小王", Role::Department, Some("城管")).await;
    assert!(!own.get(&path).await.contains("id=\"orders\""));
    clerk.act(&number, "hide", &[]).await;
    assert!(!clerk.get(&path).await.contains("id=\"orders\""));
}

#[tokio::test]
async fn what_many_tell_of_is_taken_under_one_on_one_page() {
    let mut county = county().open().await;
    let mut numbers = Vec::new();
    {
        let mut clerk = county.clerk().await;
        for n in 0..5 {
            assert!(clerk.get("/desk/bursts").await.contains("没有群发的事"), "{n} are few");
            let phone = format!("1380013800{n}");
            numbers.push(clerk.file(&phone, "0201", &format!("停水{n}天了，我叫李四")).await);
        }
    }
    county.settle().await;
    let mut clerk = county.clerk_again().await;
    let page = clerk.get("/desk/bursts").await;
    assert!(page.contains("4件没有并"), "{page}");
    let action = part(&page, "<form method=\"post\" action=\"/desk/cases/", "\"").to_owned();
    let children = part(&page, "name=\"children\" value=\"", "\"").to_owned();
    assert_eq!(action, format!("{}/take_in", numbers[0]));
    clerk.csrf = clerk.csrf_of("/desk/bursts").await;
    let fields = [("revision", "1"), ("children", &*children)];
    let (status, text) = clerk.post(&format!("/desk/cases/{action}"), &fields).await;
    assert_eq!(status, 303, "{text}");
    let page = clerk.get("/desk/bursts").await;
    assert!(page.contains("它下面已有4件") && page.contains("0件没有并"), "{page}");
    county.pass(3 * DAY).await;
    assert!(county.clerk_again().await.get("/desk/bursts").await.contains("没有群发的事"));
}

#[tokio::test]
async fn late_departments_are_telephoned_from_one_page() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        number
    };
    county.pass(30 * DAY).await;
    let mut desk = county.staff("督办张", Role::Supervisor, None).await;
    let page = desk.get("/desk/calls/supervision").await;
    let said = part(&page, "class=\"bubble prose\"", "</p>");
    for part in ["督办张", "胡家坨镇大黑坨村路灯", "到期了，还没有办完"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let form = part(&page, &format!("action=\"/desk/cases/{number}/supervise\""), "</form>");
    let revision = part(form, "name=\"revision\" value=\"", "\"").to_owned();
    desk.csrf = part(form, "name=\"csrf\" value=\"", "\"").to_owned();
    let fields = [
        ("revision", &*revision),
        ("back", "supervision"),
        ("callee", "王主任"),
        ("title", "主任"),
        ("promise", "2026-12-25T17:30"),
    ];
    let (status, text) = desk.post(&format!("/desk/cases/{number}/supervise"), &fields).await;
    assert_eq!(status, 303, "{text}");
    let page = desk.get("/desk/calls/supervision").await;
    assert!(page.contains("没有要打的"), "the promise runs: {page}");
    for desk_of_others in ["/desk/calls/call_backs", "/desk/calls/head", "/desk/calls/none"] {
        assert_eq!(desk.try_get(desk_of_others).await.0, 404, "{desk_of_others}");
    }
    let organisation = county.staff("组织部", Role::Organisation, None).await;
    let late = organisation.get("/desk/late").await;
    let row = part(&late, "<tbody>", "</tbody>");
    for cell in ["县城市管理综合行政执法局", "\"超期几件\">1<", "\"打过电话的\">1<"]
    {
        assert!(row.contains(cell), "{cell}: {row}");
    }
}

#[tokio::test]
async fn villagers_are_called_back_with_the_number_noted_as_seen() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        clerk.csrf = clerk.csrf_of("/desk/new").await;
        let fields = [
            ("name", "张三"),
            ("phone", "13800138000"),
            ("village", "胡家坨镇大黑坨村"),
            ("category", "0409"),
            ("kind", "complaint"),
            ("text", "村口路灯坏了没人管"),
        ];
        assert_eq!(clerk.post("/desk/new", &fields).await.0, 303);
        county.settle().await;
        let number = part(&clerk.get("/desk").await, "href=\"/desk/cases/", "\"").to_owned();
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    county.pass(DAY).await;
    let mut clerk = county.clerk_again().await;
    let page = clerk.get("/desk/calls/call_backs").await;
    assert!(page.contains(REPLY) && page.contains("0次，最多3次"), "{page}");
    assert!(!page.contains("13800138000") && page.contains("尾号8000"), "{page}");
    let action = part(&page, "action=\"/desk/calls/", "#").to_owned();
    clerk.csrf = part(&page, "name=\"csrf\" value=\"", "\"").to_owned();
    let (status, page) = clerk.post(&format!("/desk/calls/{action}"), &[]).await;
    assert!(status == 200 && page.contains("href=\"tel:13800138000\""), "{page}");
    assert!(!clerk.get("/desk/calls/call_backs").await.contains("13800138000"));
    let auditor = county.staff("审计", Role::Auditor, None).await;
    assert!(auditor.get("/desk/audit").await.contains("回访，问办得怎么样"));
}

#[tokio::test]
async fn a_head_signs_what_is_late_in_her_department() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        number
    };
    let path = format!("/desk/cases/{number}");
    county.pass(30 * DAY).await;
    let mut head = county.staff("李局长", Role::DepartmentHead, Some("城管")).await;
    let page = head.get("/desk/calls/head").await;
    assert!(page.contains(&format!("/desk/cases/{number}/sign\"")), "{page}");
    assert!(!page.contains("/accept\"") && !page.contains("/reply\""), "a head does not handle");
    head.act(&number, "sign", &[("text", "已看，今天换灯")]).await;
    assert!(head.get("/desk/calls/head").await.contains("已看，今天换灯"));
    let (status, _) =
        head.try_act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert_eq!(status, 422);
    let mut other = county.staff("孙局长", Role::DepartmentHead, Some("水利")).await;
    other.csrf = other.csrf_of("/desk/me").await;
    let fields = [("revision", "9"), ("text", "不是我的")];
    assert_eq!(other.post(&format!("{path}/sign"), &fields).await.0, 404);
}

#[tokio::test]
async fn a_village_is_written_to_once_by_the_director() {
    let mut county = county().open().await;
    let second = "oVillager00000000000000000002";
    let hidden = "oVillager00000000000000000003";
    county.report(VILLAGER).await;
    county.report(second).await;
    let number = county.report(hidden).await;
    let words = "明天上午八点到十二点停水，请提前存水";
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "hide", &[]).await;
        let other = county.staff("值班员", Role::Clerk, None).await;
        assert_eq!(other.try_get("/desk/broadcast").await.0, 404);
        clerk.csrf = clerk.csrf_of("/desk/broadcast?village=130225102216").await;
        for (village, text, wrong) in [
            ("月亮村", words, "village-error"),
            ("大黑坨村", "停水", "text-error"),
            ("毛庄镇毛庄村", words, "village-error"),
        ] {
            let fields = [("village", village), ("text", text)];
            let (status, page) = clerk.post("/desk/broadcast", &fields).await;
            assert!(status == 422 && page.contains(wrong), "{village} {text}: {page}");
        }
        let mut fields = vec![("village", "大黑坨村"), ("text", words)];
        let (status, page) = clerk.post("/desk/broadcast", &fields).await;
        assert!(status == 200 && page.contains("微信 · 2人"), "{page}");
        assert!(county.inbox(second).iter().all(|text| !text.contains("停水")), "only looked at");
        fields.push(("send", "1"));
        assert_eq!(clerk.post("/desk/broadcast", &fields).await.0, 303);
        let (status, page) = clerk.post("/desk/broadcast", &fields).await;
        assert!(status == 422 && page.contains("今天已经发给这个村了"), "{page}");
    }
    county.settle().await;
    let got = |who: &str| county.inbox(who).iter().filter(|text| text.contains(words)).count();
    assert_eq!((got(VILLAGER), got(second), got(hidden)), (1, 1, 0));
    let auditor = county.staff("审计", Role::Auditor, None).await;
    assert!(auditor.get("/desk/audit").await.contains("胡家坨镇大黑坨村，2人"));
    county.pass(DAY).await;
}

#[tokio::test]
async fn an_agent_adds_the_paper_by_which_she_may_act() {
    let county = county().open().await;
    let mut agent = county.staff("王薇", Role::Agent, Some("130225102216")).await;
    agent.csrf = agent.csrf_of("/desk/new?errand=1").await;
    let fields = [
        ("errand", "1"),
        ("name", "李大娘"),
        ("village", "130225102216"),
        ("text", "补社保卡"),
        ("authorised", "签了委托书"),
    ];
    assert_eq!(agent.post("/desk/new", &fields).await.0, 303);
    let number = part(&agent.get("/desk").await, "href=\"/desk/cases/", "\"").to_owned();
    let png = b"\x89PNG\r\n\x1a\n-the-paper";
    for (bytes, told) in
        [(&b"%PDF-1.7"[..], "这不是照片"), (b"<svg onload=alert(1)>", "这不是照片")]
    {
        let (status, page) = county.add_photo(&agent, &number, "委托书", bytes).await;
        assert!(status == 422 && page.contains(told), "{page}");
    }
    let (status, page) = county.add_photo(&agent, &number, "她签了字的委托书", png).await;
    assert_eq!(status, 303, "{page}");
    let clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("她签了字的委托书") && page.contains("class=\"media\""), "{page}");
    let photo = media_in(&page);
    let (status, bytes) = clerk.download(&photo).await;
    assert!(status == 200 && bytes == png);
    let other = county.staff("赵静", Role::Agent, Some("130225109201")).await;
    assert_eq!(other.try_get(&format!("/desk/cases/{number}")).await.0, 404);
    // Who does not see the case has no use for the address of its photo.
    for (role, of) in [
        (Role::Agent, Some("130225109201")),
        (Role::ShopClerk, Some("130225102216")),
        (Role::Department, Some("水利")),
        (Role::Supervisor, None),
        (Role::SystemAdmin, None),
    ] {
        let name = format!("看照片的{role}");
        let who = county.staff(&name, role, of).await;
        let expect = if role == Role::Supervisor { 200 } else { 404 };
        assert_eq!(who.try_get(&photo).await.0, expect, "{name}");
    }
    // Nor is it shown below a case that has no such photo.
    let another = county.report(VILLAGER).await;
    let elsewhere = photo.replace(&number, &another);
    assert_eq!(clerk.try_get(&elsewhere).await.0, 404);
}

/// A file of a step that is not hers is not kept either.
#[tokio::test]
async fn who_may_not_add_to_a_case_leaves_no_file() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        number
    };
    county.pass(30 * DAY).await;
    let png = b"\x89PNG\r\n\x1a\n-of-nobody";
    let kept = |county: &County| {
        let files = std::fs::read_dir(county.data.path().join("media"));
        files
            .into_iter()
            .flatten()
            .flat_map(|entry| std::fs::read_dir(entry.unwrap().path()).unwrap())
            .count()
    };
    let (before, clerk) = (kept(&county), county.clerk_again().await);
    for (role, of) in [
        (Role::Leader, None),
        (Role::Organisation, None),
        (Role::DepartmentHead, Some("城管")),
        (Role::Supervisor, None),
    ] {
        let who = county.staff(&format!("传照片的{role}"), role, of).await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        let revision = part(&page, "name=\"revision\" value=\"", "\"").to_owned();
        who.get(&format!("/desk/cases/{number}")).await;
        let form = reqwest::multipart::Form::new()
            .text("csrf", who.csrf_of("/desk/me").await)
            .text("revision", revision)
            .text("text", "现场")
            .part("photo", reqwest::multipart::Part::bytes(png.to_vec()).file_name("a.png"));
        let request = county.http.post(format!("{}/desk/cases/{number}/photo", county.base));
        let answer = request.header("cookie", &who.cookie).multipart(form).send().await.unwrap();
        let (status, page) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert!(status == 422 && page.contains("不能由您来做"), "{role}: {status} {page}");
        assert_eq!(kept(&county), before, "{role}");
    }
}
