//! What each role finds when she has signed in, without JavaScript.

use bianmin::office::Role;
use fake_wechat::{CUSTOM_SEND, Fault};
use regex::Regex;

use super::county::{Clerk, VILLAGER, county, part};
use super::shop::market;

const VILLAGE: &str = "130225102216";
const REPLY: &str = "路灯线路已经更换，今晚六点起恢复照明，再坏请打电话。";

/// The number beside a tab.
fn count(page: &str, tab: &str) -> String {
    part(part(page, &format!("?queue={tab}\""), "</a>"), "class=\"count\">", "<").to_owned()
}

fn numbers(page: &str) -> usize {
    page.matches("<td class=\"number\">").count()
}

#[tokio::test]
async fn the_inbox_of_the_platform_counts_what_waits() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        let first = clerk.file("13800138000", "0409", "村口路灯坏了").await;
        clerk.file("13800138001", "0201", "停水两天了").await;
        let page = clerk.get("/desk").await;
        assert_eq!((count(&page, "intake"), count(&page, "supervision")), ("2".into(), "0".into()));
        for part in ["来源、类别", "电话", "（工作时间）", "(周"] {
            assert!(page.contains(part), "no {part}: {page}");
        }
        clerk.act(&first, "dispatch", &[("department", "城管")]).await;
        clerk.act(&first, "accept", &[]).await;
        clerk.act(&first, "ask_extension", &[("days", "2"), ("reason", "要等配件")]).await;
        let page = clerk.get("/desk?queue=extensions").await;
        assert_eq!((count(&page, "intake"), count(&page, "extensions")), ("1".into(), "1".into()));
        assert_eq!(numbers(&page), 1);
        assert!(page.contains(&first));
    }
    county.pass(30 * 24 * 3_600).await;
    let clerk = county.clerk_again().await;
    let page = clerk.get("/desk?queue=supervision").await;
    assert_eq!((count(&page, "supervision"), numbers(&page)), ("1".into(), 1));
    assert!(page.contains("⚠ 超期") && page.contains("（工作时间）"), "{page}");
    // Who only telephones late departments has that queue alone.
    let supervisor = county.staff("督办员", Role::Supervisor, None).await;
    let page = supervisor.get("/desk").await;
    assert!(page.contains("?queue=supervision") && !page.contains("?queue=intake"), "{page}");
    assert_eq!(numbers(&supervisor.get("/desk?queue=intake").await), 0);
}

#[tokio::test]
async fn a_department_has_its_own_tabs_and_nobody_elses() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let ours = clerk.file("13800138000", "0409", "村口路灯坏了").await;
    clerk.act(&ours, "dispatch", &[("department", "城管"), ("helper", "水利")]).await;
    let mut own = county.staff("小王", Role::Department, Some("城管")).await;
    let page = own.get("/desk?queue=to_accept").await;
    assert_eq!((count(&page, "to_accept"), count(&page, "in_hand")), ("1".into(), "0".into()));
    assert!(page.contains(&ours) && !page.contains("?queue=intake"));
    own.act(&ours, "accept", &[]).await;
    let page = own.get("/desk").await;
    assert_eq!((count(&page, "to_accept"), count(&page, "in_hand")), ("0".into(), "1".into()));
    own.act(&ours, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert_eq!(count(&own.get("/desk").await, "answered"), "1");
    let helper = county.staff("小李", Role::Department, Some("水利")).await;
    let page = helper.get("/desk").await;
    assert_eq!((count(&page, "helping"), count(&page, "answered")), ("0".into(), "0".into()));
}

async fn previewed(who: &mut Clerk<'_>, number: &str, text: &str) -> (u16, String) {
    let path = format!("/desk/cases/{number}");
    who.csrf = who.csrf_of(&path).await;
    let fields = [("revision", "1"), ("outcome", "solved"), ("text", text)];
    who.post(&format!("{path}/reply/preview"), &fields).await
}

#[tokio::test]
async fn a_reply_is_seen_as_she_will_see_it_before_it_goes() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let mut own = county.staff("小王", Role::Department, Some("城管")).await;
    let (status, page) = previewed(&mut own, &number, REPLY).await;
    assert_eq!(status, 200, "{page}");
    let bubbles = page.matches("class=\"bubble prose\"").count();
    // There is no SMS in this county: somebody reads it to her.
    assert_eq!(bubbles, 3, "{page}");
    assert!(page.contains("请照着念") && page.contains("条</span>"), "{page}");
    assert_eq!(page.matches(REPLY).count(), 4, "three times shown and once kept: {page}");
    let (status, page) = previewed(&mut own, &number, "好").await;
    assert_eq!(status, 422);
    assert!(page.contains("15"), "{page}");
    let other = county.staff("小李", Role::Department, Some("水利")).await;
    let mut other = other;
    other.csrf = other.csrf_of("/desk/me").await;
    let path = format!("/desk/cases/{number}/reply/preview");
    assert_eq!(other.post(&path, &[("text", REPLY)]).await.0, 404);
    assert!(own.get("/desk").await.contains("待签收"), "nothing was done");
}

#[tokio::test]
async fn who_takes_a_call_is_helped_on_the_same_page() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let before = clerk.file("13800138000", "0409", "村口路灯坏了").await;
    clerk.csrf = clerk.csrf_of("/desk/new").await;
    let fields =
        [("phone", "13800138000"), ("village", "dht"), ("text", "社保卡丢了怎么办"), ("look", "1")];
    let (status, page) = clerk.post("/desk/new", &fields).await;
    assert_eq!(status, 200, "{page}");
    let aside = part(&page, "<aside", "</aside>");
    assert!(aside.contains(&before) && aside.contains("张*"), "her cases, masked: {aside}");
    assert!(!aside.contains("13800138000"), "{aside}");
    assert!(aside.contains("大黑坨村"), "{aside}");
    assert!(aside.contains("社保卡") && aside.contains("7个工作日"), "{aside}");
    let (_, page) = clerk.post("/desk/new", &[("pick", VILLAGE), ("text", "停水了")]).await;
    assert!(page.contains("value=\"胡家坨镇大黑坨村\"") && page.contains(">停水了</textarea>"));
    // The look is in the log that she may read.
    let auditor = county.staff("审计", Role::Auditor, None).await;
    assert!(auditor.get("/desk/audit").await.contains("登记来电，查以前的事"));
    // On to the answer, or at once to who drives there.
    let told = [("phone", "13800138000"), ("village", "大黑坨村"), ("text", "问社保卡怎么补")];
    let mut fields = told.to_vec();
    fields.push(("urgent", "1"));
    let (status, page) = clerk.post("/desk/new", &fields).await;
    assert_eq!(status, 303, "{page}");
    assert!(clerk.get("/desk/tasks").await.contains("接听人员判断有危险"));
}

#[tokio::test]
async fn an_agent_has_big_buttons_and_a_ledger_of_her_village() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    clerk.file("13800138000", "0409", "村口路灯坏了").await;
    let hidden = clerk.file("13800138001", "0409", "村干部多占了宅基地").await;
    clerk.act(&hidden, "hide", &[]).await;
    let mut agent = county.staff("王薇", Role::Agent, Some(VILLAGE)).await;
    let home = agent.get("/desk").await;
    for door in ["帮群众报事", "办证代办", "台账", "到货", "我的村民"] {
        assert!(part(&home, "class=\"doors\"", "</nav>").contains(door), "{door}");
    }
    agent.csrf = agent.csrf_of("/desk/new?errand=1").await;
    let fields = [
        ("errand", "1"),
        ("name", "李大娘"),
        ("village", VILLAGE),
        ("text", "补社保卡"),
        ("authorised", "本人来店里说的"),
    ];
    let (status, page) = agent.post("/desk/new", &fields).await;
    assert_eq!(status, 303, "{page}");
    let ledger = agent.get("/desk/village?month=2026-11").await;
    assert!(ledger.contains("本月受理2件"), "{ledger}");
    assert!(ledger.contains("补社保卡") && !ledger.contains("宅基地"), "{ledger}");
    assert_eq!(agent.try_get("/desk/village?month=x").await.0, 422);
    assert_eq!(clerk.try_get("/desk/village").await.0, 404);
    assert!(home.contains("href=\"/desk/villagers\""), "{home}");
    let people = agent.get("/desk/villagers").await;
    assert_eq!(people.matches("<section class=\"card\">").count(), 2, "{people}");
    for part in ["李**", "138****8000", "路灯"] {
        assert!(people.contains(part), "{part}: {people}");
    }
    for hidden in ["李大娘", "13800138000", "宅基地"] {
        assert!(!people.contains(hidden), "{hidden}: {people}");
    }
    assert_eq!(clerk.try_get("/desk/villagers").await.0, 404);
}

#[tokio::test]
async fn everybody_begins_at_her_own_page() {
    let county = county().open().await;
    for (name, role, of, first) in [
        ("王薇", Role::Agent, Some(VILLAGE), "/desk"),
        ("韩铁梅", Role::ShopClerk, Some(VILLAGE), "/desk/shop/day"),
        ("周县长", Role::Leader, None, "/desk/figures"),
        ("组织部", Role::Organisation, None, "/desk/interviews"),
        ("王芳", Role::Clerk, None, "/desk"),
    ] {
        drop(county.staff(name, role, of).await);
        assert_eq!(county.home_of(name).await, first, "{name}");
    }
}

#[tokio::test]
async fn pages_speak_english_and_large_letters() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
    let own = clerk.cookie.clone();
    clerk.cookie = format!("{own}; desk_language=en; desk_size=large");
    for (path, words) in [
        ("/desk".to_owned(), ["To take in", "left (working time)", "Promised, left"]),
        (format!("/desk/cases/{number}"), ["Her words", "What happened", "Waiting for"]),
        ("/desk/new".to_owned(), ["File and dispatch", "Telephone; read it back", "Hot keys"]),
    ] {
        let page = clerk.get(&path).await;
        assert!(page.contains("<html lang=\"en\" class=\"large\">"), "{page}");
        for word in words {
            assert!(page.contains(word), "no {word}: {page}");
        }
    }
    let url = format!("{}/desk/size/large", county.base);
    let back = format!("{}/desk/cases/{number}", county.base);
    let request = county.http.get(url).header("referer", &back);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["location"], format!("/desk/cases/{number}"));
    assert!(answer.headers()["set-cookie"].to_str().unwrap().starts_with("desk_size=large"));
}

/// Labels, heads and buttons of the shop, and the plain page of a refusal.
#[tokio::test]
async fn the_shop_and_refusals_speak_english_too() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    market::open(&county, &mut clerk).await;
    clerk.cookie = format!("{}; desk_language=en", clerk.cookie);
    let pages = "day new purchases runs sheets goods samples merchants leads complaints reports \
                 merchants/M1 goods/A1";
    let texts = Regex::new(r"<(label|th|button|h2)\b[^>]*>([^<]+)").unwrap();
    let mut seen = 0;
    for page in [""].into_iter().chain(pages.split_whitespace()) {
        let path = format!("/desk/shop/{page}").trim_end_matches('/').to_owned();
        let html = clerk.get(&path).await;
        for found in texts.captures_iter(&html) {
            let text = found[2].trim();
            // Chinese words that are to be typed may stand within.
            let is_english = text.chars().any(|c| c.is_ascii_alphabetic());
            assert!(is_english || text.is_empty(), "{path}: {text}");
            seen += 1;
        }
    }
    assert!(seen >= 124, "{seen}");

    let (status, page) = clerk.try_get("/desk/shop/orders/126041273").await;
    assert!(status == 404 && page.contains("There is no such order"), "{page}");
    assert!(page.contains("<html lang=\"en\""), "{page}");
    clerk.csrf = clerk.csrf_of("/desk/shop/goods").await;
    let round = [("article", "A9"), ("closes_at", "2026-11-30T16:00"), ("capacity", "x")];
    let (status, page) = clerk.post("/desk/shop/cycles", &round).await;
    assert!(status == 422 && page.contains("At most: please write a number"), "{page}");
}

/// Also what comes from programs that speak English.
#[tokio::test]
async fn the_keeper_is_told_in_chinese_how_the_program_is_doing() {
    let mut county = county().at("2027-12-20T10:00:00+08:00").open().await;
    county.wechat.fail(CUSTOM_SEND, Fault::Error(48001), None);
    let number = county.report(VILLAGER).await;
    county.clerk().await.act(&number, "dispatch", &[("department", "城管")]).await;
    for _ in 0..6 {
        county.pass(1_200).await;
    }
    county.office.note_backup("/var/backups/bianmin", 12).await.unwrap();
    let page = county.keeper().await.get("/desk/system").await;
    let main = part(&page, "<main id=\"main\">", "</main>");
    for told in ["微信回了错误48001", "公众号", "放假安排还没有", "12条记录"] {
        assert!(main.contains(told), "{told}: {main}");
    }
    let tags = Regex::new("<[^>]*>").unwrap();
    let words = Regex::new("[A-Za-z]{2,}").unwrap();
    let stamp = Regex::new(r"\d{4}-\d{2}-\d{2}T\d").unwrap();
    let is_chinese = |c: char| ('\u{4e00}'..'\u{9fff}').contains(&c);
    for text in tags.replace_all(main, "\n").lines().filter(|text| !text.is_empty()) {
        let foreign = words.find_iter(text).count() > 1 && !text.contains(is_chinese);
        assert!(!foreign && !stamp.is_match(text), "{text}");
    }
}

#[tokio::test]
async fn the_countys_tables_are_read_by_those_who_work_with_them() {
    let county = county().open().await;
    let clerk = county.clerk().await;
    let leads = clerk.get("/desk/county/leads?word=县道").await;
    assert!(leads.contains("县道") && !leads.contains("厂子"), "{leads}");
    let notices = clerk.get("/desk/county/notices").await;
    assert!(notices.contains("data-label=\"几条短信\">"), "{notices}");
    let keeper = county.keeper().await;
    assert!(keeper.get("/desk/county/categories").await.contains("0409"));
    assert_eq!(keeper.try_get("/desk/county/secrets").await.0, 404);
    let agent = county.staff("王薇", Role::Agent, Some(VILLAGE)).await;
    assert_eq!(agent.try_get("/desk/county/leads").await.0, 404);
}

#[tokio::test]
async fn everybody_reads_services_sums_and_what_becomes_of_her_data() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    for n in 0..3 {
        clerk.file(&format!("1380013800{n}"), "0409", &format!("村口路灯坏了{n}")).await;
    }
    let hidden = clerk.file("13800138009", "0409", "村干部多占了宅基地").await;
    clerk.act(&hidden, "hide", &[]).await;
    let nobody = county.nobody();
    let services = nobody.get("/services").await;
    assert!(services.contains("社保卡") && services.contains("7个工作日"), "{services}");
    // By the part of life: 有线电视 is 娱, 社保卡 none of the seven.
    let leisure = nobody.get("/services?life=leisure").await;
    assert!(
        leisure.contains("aria-current=\"page\">娱") && !leisure.contains("社保卡"),
        "{leisure}"
    );
    assert!(nobody.get("/services?life=travel").await.contains("村里的路坏了"));
    assert!(nobody.get("/services?life=sleep").await.contains("社保卡"), "no part of life is all");
    let villages = nobody.get("/villages").await;
    assert!(villages.contains("大黑坨村</th><td>3</td><td>0</td><td>0</td>"), "{villages}");
    assert!(!villages.contains("路灯") && !villages.contains("张"), "{villages}");
    let privacy = nobody.get("/privacy").await;
    assert!(privacy.contains("谁看过") && privacy.contains("天"), "{privacy}");
}
