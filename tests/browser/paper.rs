//! What goes on paper, printed by the browser and read again as a PDF: size of the page, numbers,
//! the head on every page, and that nobody is named who must not be.

use std::path::Path;
use std::process::Command;

use super::SEATS;
use super::browser::Browser;
use super::county::{Clerk, County};
use super::inspect;
use super::scene::{self, PHONE};
use super::walk::Walk;

const A4: (u32, u32) = (595, 842);
const A4_LYING: (u32, u32) = (842, 595);
const A5: (u32, u32) = (420, 595);
/// 80 mm wide.
const TICKET: (u32, u32) = (227, 397);

pub struct Printed {
    /// In points, as `pdfinfo` has it.
    pub size: (u32, u32),
    pub pages: Vec<String>,
}

impl Printed {
    pub fn text(&self) -> String {
        self.pages.join("\n")
    }
}

/// With poppler's programs.
pub fn read(file: &Path) -> Printed {
    let run = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).arg(file).output();
        let output = output.expect("poppler-utils are missing. Please run tests/all.sh.");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let info = run("pdfinfo", &[]);
    let line = info.lines().find(|line| line.starts_with("Page size")).expect("a size");
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let output = Command::new("pdftotext").arg("-layout").arg(file).arg("-").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pages = text.trim_end_matches('\u{c}').split('\u{c}').map(str::to_owned).collect();
    Printed { size: (numbers[0].round() as u32, numbers[1].round() as u32), pages }
}

/// Without the blanks that a line of a PDF has between its letters.
pub fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn close(found: (u32, u32), wanted: (u32, u32)) -> bool {
    found.0.abs_diff(wanted.0) <= 1 && found.1.abs_diff(wanted.1) <= 1
}

async fn printed(county: &County, browser: &Browser, path: &str, name: &str) -> Printed {
    browser.page.goto(&format!("{}{path}", county.base)).await.unwrap();
    let folder = inspect::target().join("screenshots/paper");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.pdf"));
    browser.print(&file).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    read(&file)
}

/// What stands in a line: where, under which name, how large, what is on it, and what is not.
type Sheet<'s> = (&'s str, &'s str, (u32, u32), &'s [&'s str], &'s [&'s str]);

#[tokio::test]
async fn each_sheet_has_its_size_and_names_nobody_who_must_not_be_named() {
    let _seat = SEATS.acquire().await.unwrap();
    let (county, names) = scene::open().await;
    let errand = errand(&county).await;
    let for_good = answered_for_good(&county).await;
    let browser = Browser::open(1280).await;
    let mut walk = Walk::new(&county, &browser, "paper", names.clone());
    let signed_in = walk.go("as 李主任 director").await;
    let case = |name: &str, kind: &str| format!("/desk/cases/{}/papers/{kind}", names[name]);
    let delivery = format!(
        "/desk/shop/sheets?kind=delivery&day={}&village=130225102216",
        day_of(&county).await
    );
    let paths = [
        case("assigned", "assignment"),
        case("hidden", "assignment"),
        case("replied", "answer"),
        case("fresh", "ticket"),
        case("fresh", "receipt"),
        format!("/desk/cases/{errand}/papers/proxy"),
        format!("/desk/cases/{}/slips/1", names["late"]),
        "/desk/interviews/%E5%9F%8E%E7%AE%A1-1".to_owned(),
        format!("/desk/shop/orders/{}/paper", names["order"]),
        delivery,
        format!("/desk/cases/{for_good}/papers/answer"),
    ];
    let sheets: [Sheet; 11] = [
        (
            &paths[0],
            "交办单",
            A4,
            &["交办单", "第1次打印", "路灯坏了", "138****8001", "承办人", "盖章", "第1页，共1页"],
            &["13800138001", "张三"],
        ),
        (&paths[1], "交办单-保密", A4, &["交办单", "泔水"], &[PHONE, "138****8000", "张"]),
        (
            &paths[2],
            "答复书",
            A4,
            &["便民服务中心", "便民答〔2026〕", "答复书", "建筑垃圾已经清走", "盖章"],
            &["13800138003"],
        ),
        (&paths[3], "受理回执-小票", TICKET, &["受理回执", "前答复您"], &[PHONE]),
        (&paths[4], "受理回执-A5", A5, &["受理回执", "第1次打印", "第1页，共1页"], &[PHONE]),
        (&paths[5], "代办委托书", A4, &["代办委托书", "收件单", "身份证", "委托人签收"], &[PHONE]),
        (&paths[6], "督办单", A4, &["督办单", "书面答复", "盖章"], &[PHONE, "张三"]),
        (&paths[7], "约谈提示单", A4, &["约谈提示单", "主要负责人"], &[PHONE, "张三"]),
        (&paths[8], "提货单", A5, &["提货单", "尿素", "138****8009"], &["13800138009"]),
        (
            &paths[9],
            "村级配送单",
            A4_LYING,
            &["村级配送单", "取货码", "复合肥", "签收"],
            &["13800138009"],
        ),
        (
            &paths[10],
            "最终答复书",
            A4,
            &["便民服务中心", "最终答复书", "这是对这件事的最终答复", "县信访局", "盖章"],
            &[PHONE],
        ),
    ];
    let mut wrong = Vec::new();
    for (path, name, size, there, absent) in sheets {
        let printed = printed(&county, &browser, path, name).await;
        let text = dense(&printed.text());
        if !close(printed.size, size) {
            wrong.push(format!("{name}: {:?} instead of {size:?}", printed.size));
        }
        for part in there.iter().filter(|part| !text.contains(**part)) {
            wrong.push(format!("{name}: no {part} in {text}"));
        }
        for part in absent.iter().filter(|part| text.contains(**part)) {
            wrong.push(format!("{name}: {part} in {text}"));
        }
        if printed.pages.len() != 1 {
            wrong.push(format!("{name}: {} pages", printed.pages.len()));
        }
    }
    let red = head_colour(&county, &browser, &paths[2]).await;
    browser.close().await;
    signed_in.unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(red, "rgb(192, 0, 0)", "the head is red");
}

/// The head stands on each page of a long ledger, and each page has its number.
#[tokio::test]
async fn a_long_ledger_repeats_its_head_and_numbers_its_pages() {
    let _seat = SEATS.acquire().await.unwrap();
    let (county, names) = scene::open().await;
    {
        let mut clerk = county.clerk_again().await;
        for n in 0..30 {
            let text = format!("第{n}处路灯坏了，晚上走路看不见，已经半个多月没有人来修");
            clerk.file(&format!("138001381{n:02}"), "0409", &text).await;
        }
    }
    let browser = Browser::open(1280).await;
    let mut walk = Walk::new(&county, &browser, "paper", names);
    let signed_in = walk.go("as 李主任 director").await;
    let path = "/desk/ledgers?kind=village&month=2026-11&village=%E8%83%A1%E5%AE%B6%E5%9D%A8%E9%95%87%E5%A4%A7%E9%BB%91%E5%9D%A8%E6%9D%91";
    let printed = printed(&county, &browser, path, "月度台账").await;
    browser.close().await;
    signed_in.unwrap();
    assert!(close(printed.size, A4_LYING), "{:?}", printed.size);
    let all = printed.pages.len();
    assert!(all >= 2, "{all} pages: {}", printed.text());
    for (n, page) in printed.pages.iter().enumerate() {
        let page = dense(page);
        assert!(page.contains("事项类别") && page.contains("群众签字"), "no head on {n}: {page}");
        assert!(page.contains(&format!("第{}页，共{all}页", n + 1)), "no number: {page}");
        assert!(!page.contains("13800138100"), "masked: {page}");
    }
    assert!(dense(&printed.text()).contains("第1次打印"));
}

async fn head_colour(county: &County, browser: &Browser, path: &str) -> String {
    browser.page.goto(&format!("{}{path}", county.base)).await.unwrap();
    let asked = "return getComputedStyle(document.querySelector('.redhead')).color";
    let colour = browser.page.execute(asked, Vec::new()).await.unwrap();
    colour.as_str().unwrap_or_default().to_owned()
}

/// 低保, for which an agent runs.
async fn errand(county: &County) -> String {
    let who = "oVillager00000000000000000009";
    let said =
        county.talk(who, &["我想办低保要带什么", "1", "大黑坨", "张三", "13800138000", "对"]).await;
    super::county::number_in(&said)
}

/// Not content twice: a leader has signed the last answer.
async fn answered_for_good(county: &County) -> String {
    let who = "oVillager00000000000000000008";
    let number = county.report(who).await;
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    for said in ["还是臭", "跳过"] {
        let told = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", told)]).await;
        county.talk(who, &["不满意", said]).await;
    }
    let last = "垃圾点已经按规定清运，路边不再设点。还不同意，可以向县信访局申请复查。";
    clerk.act(&number, "final", &[("text", last), ("document", "局长签字〔2026〕9号")]).await;
    number
}

/// On which day an order goes out.
pub async fn day_of(county: &County) -> String {
    let clerk = county.clerk_again().await;
    for day in ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"] {
        if has_order(&clerk, day).await {
            return day.to_owned();
        }
    }
    panic!("on no sheet")
}

async fn has_order(clerk: &Clerk<'_>, day: &str) -> bool {
    let path = format!("/desk/shop/sheets?kind=delivery&day={day}&village=130225102216");
    clerk.get(&path).await.contains("复合肥")
}
