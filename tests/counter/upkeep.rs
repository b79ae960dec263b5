//! What the keeper of the program does from her pages: clearing away at once with a second person,
//! office hours, restore drills, what was not delivered, and who stands below whom.

use std::time::Duration;

use bianmin::office::Role;
use fake_wechat::Fault;

use super::county::{Clerk, County, VILLAGER, copy, county, part};

const DAY: i64 = 24 * 3_600;
const KEEP: &str = "/desk/system/keep";
const CUSTOM_SEND: &str = "/cgi-bin/message/custom/send";

async fn step(who: &mut Clerk<'_>, action: &str, reason: &str) -> (u16, String) {
    who.csrf = who.csrf_of("/desk/me").await;
    who.post(&format!("{KEEP}/{action}"), &[("reason", reason)]).await
}

/// What the page says once the worker behind it has come so far.
async fn waited_for(who: &Clerk<'_>, text: &str) -> String {
    for _ in 0..200 {
        let page = who.get(KEEP).await;
        if page.contains(text) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never said: {text}: {}", who.get(KEEP).await)
}

#[tokio::test]
async fn what_is_past_its_time_goes_at_once_when_a_second_one_lets_it() {
    let mut county = county().settings("[keep]\ncases_days = 100\n").open().await;
    let number = {
        let mut clerk = county.clerk().await;
        let number = county.report(VILLAGER).await;
        let fields = [("reason", "court"), ("instead", "这件事归法院，请打法律援助12348。")];
        clerk.act(&number, "reject", &fields).await;
        number
    };
    county.tick(101 * DAY);
    county.office.start();
    let mut keeper = county.keeper().await;
    let mut director = county.clerk_again().await;
    for (days, what) in [("100", "办结的事里的个人信息"), ("365", "发出的消息")] {
        let row = part(part(&keeper.get(KEEP).await, what, "</tr>"), "\">", "<").to_owned();
        assert_eq!(row, days, "{what}");
    }
    assert_eq!(step(&mut keeper, "ask", "年底清理").await.0, 422, "nothing was counted");
    assert_eq!(step(&mut director, "run", "").await.0, 422);
    assert_eq!(step(&mut keeper, "count", "").await.0, 303);
    let page = waited_for(&keeper, "数过了").await;
    let row = part(&page, "办结的事项", "</tr>");
    assert!(row.contains(">2026<") && row.contains(">1<"), "{row}");
    let case = format!("/desk/cases/{number}");
    assert!(director.get(&case).await.contains("张**"), "counting clears nothing");

    assert_eq!(step(&mut director, "ask", "").await.0, 422, "without a reason");
    assert_eq!(step(&mut director, "ask", "年底清理").await.0, 303);
    for (who, action) in [(&mut director, "run"), (&mut keeper, "count")] {
        let (status, page) = step(who, action, "").await;
        assert_eq!(status, 422, "{action}: {page}");
    }
    assert_eq!(step(&mut keeper, "run", "").await.0, 404, "she keeps the program, not the cases");
    assert!(director.get(&case).await.contains("张**"), "nobody let it go yet");
    let mut second = county.staff("副主任", Role::Director, None).await;
    assert!(second.get("/desk/people").await.contains(KEEP));
    assert_eq!(step(&mut second, "run", "").await.0, 303);
    let page = waited_for(&second, "清掉了").await;
    assert!(part(&page, "办结的事项", "</tr>").contains(">1<"), "{page}");
    let page = director.get(&case).await;
    assert!(page.contains("已清除") && !page.contains("张**"), "{page}");
    let audit = county.staff("审计", Role::Auditor, None).await.get("/desk/audit").await;
    for part in ["副主任", "管理员申请的", "年底清理", "保存期满"] {
        assert!(audit.contains(part), "{part}: {audit}");
    }
    let others = county.staff("小王", Role::Department, Some("城管")).await;
    assert_eq!(others.try_get(KEEP).await.0, 404);
    county.office.stop().await;
}

#[tokio::test]
async fn a_request_to_clear_is_taken_away_and_grows_old() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        let number = county.report(VILLAGER).await;
        let fields = [("reason", "court"), ("instead", "这件事归法院，请打法律援助12348。")];
        clerk.act(&number, "reject", &fields).await;
    }
    county.tick(1_200 * DAY);
    let counted = async |county: &County| {
        let mut keeper = county.staff("主任", Role::Director, None).await;
        assert_eq!(step(&mut keeper, "count", "").await.0, 303);
        county.office.start();
        waited_for(&keeper, "数过了").await;
    };
    counted(&county).await;
    {
        let mut keeper = county.again("主任").await;
        assert_eq!(step(&mut keeper, "ask", "年底清理").await.0, 303);
        assert_eq!(step(&mut keeper, "leave", "").await.0, 303);
        let page = keeper.get(KEEP).await;
        assert!(!page.contains("办结的事项") && page.contains("数一数"), "{page}");
        assert_eq!(step(&mut keeper, "count", "").await.0, 303);
        waited_for(&keeper, "数过了").await;
    }
    county.tick(DAY + 60);
    let mut keeper = county.again("主任").await;
    let (status, page) = step(&mut keeper, "ask", "年底清理").await;
    assert!(status == 422 && page.contains("请再数一次"), "{page}");
    county.office.stop().await;
}

#[tokio::test]
async fn office_hours_change_from_a_day_that_is_still_to_come() {
    let folder = super::holidays::folder();
    let mut county = county().folder(folder.path()).open().await;
    county.office.adopt_county().await.unwrap();
    let number = {
        let mut clerk = county.clerk().await;
        let number = county.report(VILLAGER).await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        number
    };
    let mut keeper = county.keeper().await;
    let secret = keeper.secret.clone();
    let page = keeper.get("/desk/holidays").await;
    let hours = part(&page, "id=\"hours\"", "</section>");
    for cell in ["2020-01-01", "周一 周二 周三 周四 周五", "08:30-12:00 13:30-17:30", "现在用的"]
    {
        assert!(hours.contains(cell), "{cell}: {hours}");
    }
    let version = part(&page, "name=\"version\" value=\"", "\"").to_owned();
    keeper.csrf = keeper.csrf_of("/desk/me").await;
    let send = |from: &'static str, segments: &'static str| {
        let mut fields =
            vec![("version", version.as_str()), ("from", from), ("segments", segments)];
        fields.extend(["day-1", "day-2", "day-3", "day-4", "day-5"].map(|day| (day, "1")));
        fields
    };
    for (from, segments, told) in [
        ("2026-11-23", "8:30-12:00", "请选明天或以后的日子"),
        ("", "8:30-12:00", "请选明天或以后的日子"),
        ("2026-11-24", "早上到晚上", "请写成 08:30-12:00 的样子"),
        ("2026-11-24", "8:30-12:00 11:00-17:00", "不要重叠"),
    ] {
        let (status, page) = keeper.post("/desk/holidays/hours", &send(from, segments)).await;
        assert!(status == 422 && page.contains(told), "{told}: {page}");
        assert!(page.contains(&format!("value=\"{segments}\"")), "what was typed stays: {page}");
    }
    let fields = send("2026-11-24", "8：30－12：00、14:00到18:30");
    let (status, page) = keeper.post("/desk/holidays/hours", &fields).await;
    assert_eq!(status, 303, "{page}");
    assert_eq!(keeper.post("/desk/holidays/hours", &fields).await.0, 409, "the page is old");
    county.settle().await;
    let case = county.again("管理员").await.get(&format!("/desk/cases/{number}")).await;
    assert!(case.contains("11月25日17:30改为11月25日18:30"), "{case}");
    let file = std::fs::read_to_string(folder.path().join("calendar/office-hours.toml")).unwrap();
    assert!(file.contains("# 上班时间") && file.contains("\"14:00-18:30\""), "{file}");
    county.pass(DAY).await;
    let mut keeper = county.again("系统管理员").await;
    keeper.secret = secret;
    keeper.csrf = keeper.csrf_of("/desk/code").await;
    let code = keeper.number();
    assert_eq!(keeper.post("/desk/code", &[("code", &code)]).await.0, 303);
    let page = keeper.get("/desk/holidays").await;
    let now = part(&page, "现在用的", "</tr>");
    assert!(now.contains("14:00-18:30"), "{page}");
    let mut clerk = county.again("管理员").await;
    clerk.csrf = clerk.csrf_of("/desk/me").await;
    assert_eq!(clerk.post("/desk/holidays/hours", &fields).await.0, 404);
}

#[tokio::test]
async fn a_restore_drill_is_noted_beside_the_backups() {
    let county = county().open().await;
    let mut keeper = county.keeper().await;
    let page = keeper.get("/desk/system").await;
    assert!(page.contains("还没有备份过") && page.contains("还没有演练过"), "{page}");
    for n in 0..12 {
        county.office.note_backup(&format!("/backup/{n}"), 1_234).await.unwrap();
    }
    keeper.csrf = keeper.csrf_of("/desk/me").await;
    let fields = [("about", "/backup/11"), ("detail", "少"), ("came", "fine")];
    let (status, page) = keeper.post("/desk/system/trial", &fields).await;
    assert!(status == 422 && page.contains("value=\"/backup/11\""), "{page}");
    let trial = |came: &'static str, detail: &'static str| {
        [("about", "/backup/11"), ("detail", detail), ("came", came)]
    };
    for fields in [trial("failed", "磁盘满了"), trial("fine", "1234条都在，用了20分钟")]
    {
        assert_eq!(keeper.post("/desk/system/trial", &fields).await.0, 303);
    }
    let page = keeper.get("/desk/system").await;
    assert!(page.contains("/backup/11") && page.contains("/backup/2 "), "{page}");
    assert!(!page.contains("/backup/1 "), "the last ten: {page}");
    let tried = part(&page, "恢复演练</h3>", "</ul>");
    let (fine, failed) = (tried.find("用了20分钟").unwrap(), tried.find("磁盘满了").unwrap());
    assert!(fine < failed && tried.contains("⚠ 没恢复成"), "{tried}");
    let audit = county.staff("审计", Role::Auditor, None).await.get("/desk/audit").await;
    assert!(audit.contains("恢复演练") && audit.contains("没恢复成：磁盘满了"), "{audit}");
}

#[tokio::test]
async fn what_no_channel_carried_is_sent_again_unread() {
    let mut county = county().open().await;
    county.wechat.fail(CUSTOM_SEND, Fault::Drop, Some(1));
    {
        let mut clerk = county.clerk().await;
        let number = county.report(VILLAGER).await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    for _ in 0..6 {
        county.pass(3_600).await;
    }
    let mut keeper = county.keeper().await;
    let page = keeper.get("/desk/system/letters").await;
    assert!(page.contains("dispatched") && page.contains("不知道到没到"), "{page}");
    for personal in ["张三", "13800138000", "张*"] {
        assert!(!page.contains(personal), "{personal}: {page}");
    }
    let before = county.inbox(VILLAGER).len();
    county.say(VILLAGER, "谢谢").await;
    let mut other = county.staff("小王", Role::Department, Some("城管")).await;
    other.csrf = other.csrf_of("/desk/me").await;
    let id = part(&page, "name=\"id\" value=\"", "\"").to_owned();
    let again = "/desk/system/letters/again";
    for (id, what) in [(&*id, "letters"), ("all", "letters"), ("all", "deliveries")] {
        let path = format!("/desk/system/{what}/again");
        assert_eq!(other.post(&path, &[("id", id)]).await.0, 404, "{what} {id}");
    }
    keeper.csrf = keeper.csrf_of("/desk/me").await;
    assert_eq!(keeper.post(again, &[("id", "0000")]).await.0, 404);
    let (status, text) = keeper.post(again, &[("id", "all")]).await;
    assert_eq!(status, 303, "{text}");
    county.settle().await;
    assert_eq!(county.inbox(VILLAGER).len(), before + 1);
    assert!(!keeper.get("/desk/system/letters").await.contains("dispatched"));
    let (status, _) = keeper.post(again, &[("id", &id)]).await;
    assert_eq!(status, 422, "it is done");
}

#[tokio::test]
async fn a_department_stands_below_the_one_above_it_and_its_liaison_is_telephoned() {
    let folder = tempfile::tempdir().unwrap();
    copy(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("county"), folder.path());
    let path = folder.path().join("departments.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.starts_with("城管,")).unwrap();
    let cells: Vec<&str> = line.split(',').collect();
    let ours = format!("{},住建,王主任,0315-2800001,李局长,0315-2800002", cells[..6].join(","));
    std::fs::write(&path, text.replace(line, &ours)).unwrap();
    let mut county = county().folder(folder.path()).open().await;
    let keeper = county.keeper().await;
    let page = keeper.get("/desk/county/departments").await;
    let rows: Vec<&str> = page.split("<tr>").skip(2).collect();
    let at = |name: &str| rows.iter().position(|row| row.contains(name)).expect(name);
    assert_eq!(at("└ 县城市管理综合行政执法局"), at(">县住房和城乡建设局<") + 1, "{page}");
    assert!(rows[at("└ 县公安局交通警察大队")].contains("\">县公安局<"), "{page}");
    assert!(page.contains("王主任 0315-2800001") && page.contains("李局长 0315-2800002"));
    {
        let mut clerk = county.clerk().await;
        let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    county.pass(30 * DAY).await;
    let desk = county.staff("督办张", Role::Supervisor, None).await;
    let page = desk.get("/desk/calls/supervision").await;
    for number in ["0315-2800001", "0315-2800002"] {
        assert!(page.contains(&format!("href=\"tel:{number}\"")), "{number}: {page}");
    }
    let form = part(&page, "/supervise\"", "</form>");
    for value in ["value=\"王主任\"", "value=\"联络员\""] {
        assert!(form.contains(value), "{value}: {form}");
    }
    let missed = part(&page, "/call_missed\"", "</form>");
    assert!(!missed.contains("value=\"王主任\""), "{missed}");
}
