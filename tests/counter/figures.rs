//! The figures of the day, on the page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bianmin::office::Role;
use regex::Regex;

use super::county::{County, VILLAGER, copy, county, part};

const DAY: i64 = 24 * 3_600;
const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";

/// The number below that name.
fn tile(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("<dt>{name}</dt><dd>")).expect(name);
    let inner = rest.split("</dd>").next().unwrap_or_default();
    let text = inner.rsplit_once("\">").map_or(inner, |(_, text)| text);
    text.trim_end_matches("</a>").to_owned()
}

#[tokio::test]
async fn the_figures_follow_what_happens() {
    let mut county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = county.report(VILLAGER).await;
    county.report("oVillager00000000000000000002").await;
    let page = clerk.get("/desk/figures").await;
    for (name, expect) in [("今日受理", "2"), ("在办", "2"), ("超期", "0"), ("满意率", "—")]
    {
        assert_eq!(tile(&page, name), expect, "{name}: {page}");
    }
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "accept", &[]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(county.say(VILLAGER, "满意").await.starts_with("谢谢您"));
    let page = clerk.get("/desk/figures").await;
    for (name, expect) in
        [("今日受理", "2"), ("今日办结", "1"), ("在办", "1"), ("满意率", "100.0%")]
    {
        assert_eq!(tile(&page, name), expect, "{name}: {page}");
    }
    for part in ["县城市管理综合行政执法局", "胡家坨镇", "微信", "垃圾清运"] {
        assert!(page.contains(part), "{part}: {page}");
    }

    // Without a change, but for the time.
    county.pass(5 * 24 * 3_600).await;
    let clerk = county.clerk_again().await;
    let page = clerk.get("/desk/figures").await;
    for (name, expect) in [("今日受理", "0"), ("在办", "1"), ("超期", "1")] {
        assert_eq!(tile(&page, name), expect, "{name}: {page}");
    }
    let late = clerk.get("/desk?overdue=1").await;
    assert_eq!(late.matches("class=\"late\"").count(), 1, "{late}");

    let stranger = county.staff("城管经办", Role::Department, Some("城管")).await;
    assert_eq!(stranger.try_get("/desk/figures").await.0, 404);
    assert!(!stranger.get("/desk").await.contains("/desk/figures"));
}

#[tokio::test]
async fn a_department_finds_its_open_cases_before_those_that_have_ended() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let first = county.report(VILLAGER).await;
    let second = county.report("oVillager00000000000000000002").await;
    for number in [&first, &second] {
        clerk.act(number, "dispatch", &[("department", "城管")]).await;
        clerk.act(number, "accept", &[]).await;
    }
    clerk.act(&first, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    county.say(VILLAGER, "满意").await;
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let list = lead.get("/desk").await;
    let place = |number: &str| list.find(&format!("/desk/cases/{number}"));
    assert!(place(&second).unwrap() < place(&first).unwrap(), "{list}");
    let closed = lead.get("/desk?state=closed").await;
    assert!(closed.contains(&first) && !closed.contains(&second), "{closed}");
    let open = lead.get("/desk?state=handling").await;
    assert!(open.contains(&second) && !open.contains(&first), "{open}");
}

/// Late and telephoned, nearly late, fresh, and closed today: on a Thursday afternoon.
async fn a_week(county: &mut County) {
    let days = [("oVillager00000000000000000002", 1), ("oVillager00000000000000000003", 2)];
    for (villager, more) in days {
        let number = county.report(villager).await;
        county.clerk_again().await.act(&number, "dispatch", &[("department", "城管")]).await;
        county.pass(more * DAY).await;
    }
    county.pass(6 * 3_600).await;
    let mut clerk = county.clerk_again().await;
    let late = part(&clerk.get("/desk?overdue=1").await, "/desk/cases/", "\"").to_owned();
    let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-27T17:30")];
    clerk.act(&late, "supervise", &call).await;
    let closed = county.report(VILLAGER).await;
    clerk.act(&closed, "dispatch", &[("department", "城管")]).await;
    clerk.act(&closed, "accept", &[]).await;
    clerk.act(&closed, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(county.say(VILLAGER, "满意").await.starts_with("谢谢您"));
    county.report("oVillager00000000000000000004").await;
}

#[tokio::test]
async fn each_number_leads_to_the_cases_that_it_counts() {
    let mut county = county().open().await;
    county.clerk().await;
    a_week(&mut county).await;
    let clerk = county.clerk_again().await;
    let page = clerk.get("/desk/figures").await;
    for (name, expect) in [
        ("今日受理", "2"),
        ("今日办结", "1"),
        ("在办", "3"),
        ("临期", "1"),
        ("超期", "1"),
        ("督办中", "1"),
    ] {
        assert_eq!(tile(&page, name), expect, "{name}: {page}");
    }
    let numbers = Regex::new(r#"<a href="(/desk\?[^"]+)">(\d+)</a>"#).unwrap();
    let mut asked = BTreeSet::new();
    for found in numbers.captures_iter(&page) {
        let (path, count) = (found[1].replace("&#38;", "&"), &found[2]);
        let list = clerk.get(&path).await;
        assert_eq!(cases_on(&list).len().to_string(), count, "{path}: {list}");
        let query = path.split(['?', '&']).skip(1).filter_map(|pair| pair.split('=').next());
        asked.extend(query.map(str::to_owned));
    }
    let all = "open amber overdue supervised age category village township channel department \
               from to closed_from closed_to hour class counted due_from due_to late_on amber_on";
    for name in all.split_whitespace() {
        assert!(asked.contains(name), "no number asks for {name}: {asked:?}");
    }
}

/// By the county's own list of village shops: one for each village that has some.
#[tokio::test]
async fn villages_with_a_shop_are_counted_of_those_that_shall_have_one() {
    let folder = tempfile::tempdir().unwrap();
    let dialogs = folder.path().join("dialogs");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs"), &dialogs);
    let shops = "编号,村,名称,代办员,电话,开门,能办什么,状态\n\
                 1,大黑坨村,大黑坨村便民超市,甲,0315-0000101,早7点到晚8点,代办证件,建成\n\
                 2,马头营村,马头营村便民超市,乙,0315-0000102,早7点到晚8点,代办证件,建成\n\
                 3,马头营村,马头营村供销店,丙,0315-0000103,早7点到晚8点,代办证件,建成\n\
                 4,小黑坨村,小黑坨村便民超市,丁,0315-0000104,还没开门,开门以后登在这里,在建\n\
                 5,毛庄村,毛庄村便民超市,戊,0315-0000105,关了,关了,停业\n";
    fs::write(dialogs.join("表/村店.csv"), shops).unwrap();
    let county = county().dialogs(&dialogs).open().await;
    let page = county.clerk().await.get("/desk/figures").await;
    assert_eq!(tile(&page, "开店的村"), "2/3", "{page}");
}

/// Red is late and amber is nearly late, and nothing else is red.
#[tokio::test]
async fn what_is_late_is_drawn_red() {
    let mut county = county().open().await;
    county.clerk().await;
    a_week(&mut county).await;
    let page = county.clerk_again().await.get("/desk/figures").await;
    let line = Regex::new("<polyline [^>]*stroke=\"(#[0-9A-F]{6})\"").unwrap();
    let colours = |id: &str| -> Vec<String> {
        let chart = part(&page, &format!("id=\"{id}\""), "</section>");
        let all = line.captures_iter(chart).map(|one| one[1].to_owned());
        all.filter(|colour| colour != "#000000").collect()
    };
    assert_eq!(colours("trend"), ["#A32014", "#8A5300"], "{page}");
    assert_eq!(colours("daily"), ["#1A56A8", "#0B5D4E"], "{page}");
}

fn cases_on(list: &str) -> BTreeSet<String> {
    let links = Regex::new(r"/desk/cases/(\d{9})").unwrap();
    links.captures_iter(list).map(|found| found[1].to_owned()).collect()
}

/// Who is not told each case finds each number as a list all the same: exact, and without names.
#[tokio::test]
async fn who_sees_late_cases_only_is_led_to_lists_without_names() {
    let mut county = county().open().await;
    county.clerk().await;
    a_week(&mut county).await;
    let hidden = county.report("oVillager00000000000000000006").await;
    county.clerk_again().await.act(&hidden, "hide", &[]).await;
    let leader = county.staff("周县长", Role::Leader, None).await;
    let page = leader.get("/desk/figures").await;
    let links = Regex::new(r#"<a href="(/desk[^"]+)">([\d.%]+)</a>"#).unwrap();
    let row = Regex::new("<td class=\"number\">").unwrap();
    let (mut asked, mut some_kept_back) = (BTreeSet::new(), false);
    for found in links.captures_iter(&page) {
        let path = found[1].replace("&#38;", "&");
        assert!(!path.starts_with("/desk?") || path == "/desk?overdue=1", "{path}");
        let list = leader.get(&path).await;
        let Some(query) = path.strip_prefix("/desk/figures/list?") else { continue };
        let kept_back = match list.contains("件保密的") {
            true => part(&list, "还有", "件保密的").parse().unwrap(),
            false => 0,
        };
        let is_of_place = ["village=", "township="].iter().any(|one| query.contains(one));
        assert!(kept_back == 0 || is_of_place, "{path}: {list}");
        some_kept_back |= kept_back > 0;
        let count = row.find_iter(&list).count() + kept_back;
        // Shares of a hundred stand over a list, too.
        if found[2].parse::<usize>().is_ok() {
            assert_eq!(count.to_string(), found[2], "{path}: {list}");
        }
        for personal in ["张三", "张*", "13800138000", "垃圾堆", "/desk/cases/"] {
            assert!(!list.contains(personal), "{personal}: {path}: {list}");
        }
        asked.extend(query.split('&').filter_map(|one| one.split('=').next()).map(str::to_owned));
    }
    let all = "open amber supervised age category village township channel department from to \
               closed_from closed_to hour class counted due_from due_to late_on amber_on";
    for name in all.split_whitespace() {
        assert!(asked.contains(name), "no number asks for {name}: {asked:?}");
    }
    assert!(some_kept_back, "of its village it is counted, and not listed");
    let list = leader.get("/desk/figures/list?open=1").await;
    let line =
        part(&list, &format!("{}-{}-{}", &hidden[..3], &hidden[3..6], &hidden[6..]), "</tr>");
    assert!(!line.contains("大黑坨村"), "a small village has few who would write: {line}");
    // Looking for words would tell who has written them.
    let all = leader.get("/desk/figures/list?open=1&search=没有这句话").await;
    assert_eq!(row.find_iter(&all).count(), row.find_iter(&list).count());
    let department = county.staff("小王", Role::Department, Some("城管")).await;
    assert_eq!(department.try_get("/desk/figures/list?open=1").await.0, 404);

    // No number without its list, and on the list those in time, without names.
    let tiles = Regex::new(r"<dt>([^<]+)</dt><dd>(<a href)?").unwrap();
    let plain = tiles.captures_iter(&page).filter(|one| one.get(2).is_none());
    assert_eq!(plain.map(|one| one[1].to_owned()).collect::<Vec<_>>(), ["开店的村"]);
    let in_time = county.report("oVillager00000000000000000005").await;
    let sheet = leader.get("/desk/ledgers?kind=cases&month=2026-11").await;
    let shown = format!("{}-{}-{}", &in_time[..3], &in_time[3..6], &in_time[6..]);
    assert!(sheet.contains(&shown) && sheet.contains("垃圾"), "{sheet}");
    assert!(!sheet.contains("张三") && !sheet.contains("13800138000"), "{sheet}");
    assert_eq!(leader.try_get(&format!("/desk/cases/{in_time}")).await.0, 404);
}

#[tokio::test]
async fn a_bulletin_tells_of_a_month_or_a_quarter_and_of_the_one_before() {
    let mut county = county().open().await;
    county.clerk().await;
    a_week(&mut county).await;
    let clerk = county.clerk_again().await;
    for (period, told) in [("2026-11", "2026年11月"), ("2026-Q4", "2026年第4季度")] {
        let page = clerk.get(&format!("/desk/figures/bulletin?period={period}")).await;
        let received = "<th scope=\"row\">受理</th><td>4</td><td>0</td>";
        for part in [told, received, "垃圾清运", "胡家坨镇", "县城市管理综合行政执法局"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        let (status, bytes) =
            clerk.download(&format!("/desk/figures/bulletin.docx?period={period}")).await;
        assert!(status == 200 && bytes.starts_with(b"PK"), "{status}");
    }
    let after = clerk.get("/desk/figures/bulletin?period=2026-12").await;
    assert!(after.contains("<th scope=\"row\">受理</th><td>0</td><td>4</td>"), "{after}");
    for period in ["", "2026", "2026-13", "2026-Q5", "今年"] {
        let (status, page) =
            clerk.try_get(&format!("/desk/figures/bulletin?period={period}")).await;
        assert_eq!(status, 422, "{period}: {page}");
    }
    let stranger = county.staff("城管经办", Role::Department, Some("城管")).await;
    for file in ["bulletin", "bulletin.docx"] {
        let path = format!("/desk/figures/{file}?period=2026-11");
        assert_eq!(stranger.try_get(&path).await.0, 404, "{file}");
    }
}
