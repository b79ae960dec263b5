//! Several about the same: shown side by side, taken under one, taken out again; many in an hour.

use bianmin::office::Role;

use super::county::{Clerk, County, county, part};

const REPLY: &str = "水管已经修好，今天下午六点全村恢复供水，谢谢您反映。";
const CITY: &str = "县城市管理综合行政执法局";
const REASON: (&str, &str) = ("reason", "反映的是同一件事");

fn who(n: usize) -> String {
    format!("oVillager{n:020}")
}

/// About rubbish in that village; gives the number as digits.
async fn rubbish(county: &County, n: usize, words: &str) -> String {
    let text = format!("大黑坨村的垃圾{words}，我叫张三，电话1380013{n:04}");
    county.report_of(&who(n), &text).await
}

#[tokio::test]
async fn candidates_are_shown_side_by_side_the_most_alike_first() {
    let county = county().open().await;
    let first = rubbish(&county, 1, "堆在村口桥边没人拉走").await;
    let far = rubbish(&county, 2, "桶全满了要换新的").await;
    let near = rubbish(&county, 3, "堆在村口桥边没有人拉").await;
    let clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{near}")).await;
    let shown = part(&page, "id=\"alike\"", "</section>");
    let at = |number: &str| shown.find(&format!("/desk/cases/{number}\"")).expect("it is shown");
    assert!(at(&first) < at(&far), "{shown}");
    assert!(shown.contains("堆在村口桥边没人拉走") && shown.contains("桶全满了"), "{shown}");
    // A department has nothing to merge, and an answered one is no candidate any more.
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let mut clerk = clerk;
    clerk.act(&near, "dispatch", &[("department", "城管")]).await;
    let page = lead.get(&format!("/desk/cases/{near}")).await;
    assert!(!page.contains("也许是同一件事"), "{page}");
    clerk.act(&near, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(!clerk.get(&format!("/desk/cases/{near}")).await.contains("也许是同一件事"));
}

#[tokio::test]
async fn it_is_not_put_away_while_one_that_went_with_it_is_open() {
    const DAY: i64 = 24 * 3_600;
    let mut county = county().open().await;
    let parent = rubbish(&county, 1, "堆在村口没人拉").await;
    let child = rubbish(&county, 2, "堆在村口没人管").await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&child, "merge", &[("parent", &parent), REASON]).await;
        clerk.act(&parent, "dispatch", &[("department", "城管")]).await;
        clerk.act(&parent, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    county.pass(61).await;
    county.say(&who(1), "满意").await;
    county.talk(&who(2), &["不满意", "还是没人管"]).await;
    county.pass(31 * DAY).await;
    let path = format!("/desk/cases/{parent}");
    {
        let mut clerk = county.clerk_again().await;
        assert!(!clerk.get(&path).await.contains("已归档"));
        clerk.act(&child, "dispatch", &[("department", "城管")]).await;
        clerk.act(&child, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    county.say(&who(2), "满意").await;
    county.pass(61).await;
    assert!(county.clerk_again().await.get(&path).await.contains("已归档"));
}

#[tokio::test]
async fn a_merge_is_undone_and_a_wrong_one_is_refused() {
    let county = county().open().await;
    let parent = rubbish(&county, 1, "堆在村口没人拉").await;
    let child = rubbish(&county, 2, "堆在村口没人管").await;
    let mut clerk = county.clerk().await;
    for (number, told) in [("126000000", "请核对九位数字"), (&*child, "它自己就是主件")]
    {
        let fields = [("parent", number), REASON];
        let (status, text) = clerk.try_act(&child, "merge", &fields).await;
        assert!(status == 422 && text.contains(told), "{number}: {text}");
    }
    clerk.act(&child, "merge", &[("parent", &parent), REASON]).await;
    let page = clerk.get(&format!("/desk/cases/{parent}")).await;
    assert!(
        page.contains("并进来的") && page.contains(&format!("/desk/cases/{child}\"")),
        "{page}"
    );
    assert!(county.inbox(&who(2)).last().unwrap().contains("一起"), "{:?}", county.inbox(&who(2)));
    // Out again, on its own promise.
    clerk.act(&child, "unmerge", &[("reason", "看错了，不是一处")]).await;
    let page = clerk.get(&format!("/desk/cases/{child}")).await;
    assert!(page.contains("撤销并案") && page.contains("待受理"), "{page}");
    clerk.act(&child, "dispatch", &[("department", "城管")]).await;
    // A confidential one stays alone.
    clerk.act(&child, "hide", &[]).await;
    let (status, text) = clerk.try_act(&child, "merge", &[("parent", &parent), REASON]).await;
    assert!(status == 422 && text.contains("它是保密的"), "{text}");
}

#[tokio::test]
async fn who_was_a_parent_by_mistake_is_a_case_like_any_other() {
    let county = county().open().await;
    let first = rubbish(&county, 1, "堆在村口没人拉").await;
    let second = rubbish(&county, 2, "堆在村口没人管").await;
    let mut clerk = county.clerk().await;
    clerk.act(&second, "merge", &[("parent", &first), REASON]).await;
    clerk.act(&second, "unmerge", &[("reason", "并反了")]).await;
    let page = clerk.get(&format!("/desk/cases/{first}")).await;
    assert!(page.contains("撤走一件") && !page.contains("并进来的"), "{page}");
    clerk.act(&first, "merge", &[("parent", &second), REASON]).await;
    let page = clerk.get(&format!("/desk/cases/{second}")).await;
    assert!(page.contains("并进来的"), "{page}");
}

/// What goes on under another is late by that one's time only; what she was not content with is
/// measured like any other.
#[tokio::test]
async fn a_child_is_late_in_no_list_and_measured_when_it_is_done_again() {
    let mut county = county().open().await;
    let parent = rubbish(&county, 1, "堆在村口没人拉").await;
    let child = rubbish(&county, 2, "堆在村口没人管").await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&child, "dispatch", &[("department", "城管")]).await;
        clerk.act(&child, "merge", &[("parent", &parent), REASON]).await;
        clerk.act(&parent, "dispatch", &[("department", "城管")]).await;
    }
    county.pass(10 * 24 * 3_600).await;
    let program = county.program("看板", Role::Clerk, None).await;
    let late = program.get("/cases?overdue=true").await.fine();
    let late: Vec<&str> = late["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["number"].as_str().unwrap())
        .collect();
    assert_eq!(late, [parent.as_str()]);
    assert_eq!(program.get("/figures").await.fine()["overdue"], 1);
    let mut clerk = county.clerk_again().await;
    clerk.act(&parent, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    county.settle().await;
    county.talk(&who(2), &["3", "我家门口还有"]).await;
    county.settle().await;
    clerk.act(&child, "dispatch", &[("department", "城管")]).await;
    assert_eq!(clerk.figure("2026-12", CITY, "交办总量").await, "1", "its second round");
}

/// A thousand others came within the hour: the latest are not those that are left out.
#[tokio::test]
async fn a_burst_is_seen_among_many() {
    let mut county = county().open().await;
    let clerk = bianmin::office::Session {
        name: "平台一号".into(),
        role: Role::Clerk,
        department: None,
        village: None,
        merchant: None,
        from: String::new(),
        csrf: String::new(),
        owes: bianmin::office::Owes::Nothing,
    };
    for n in 0..1_000 {
        county.tick(1);
        let told = bianmin::office::Told {
            name: "李四".into(),
            phone: format!("139{n:08}"),
            village: "胡家坨镇大黑坨村".into(),
            text: format!("有事要说，这是第{n}件。"),
            ..Default::default()
        };
        county.office.file_for(&clerk, &told).await.unwrap();
    }
    for n in 1..=5 {
        rubbish(&county, n, "堆成山了").await;
    }
    county.settle().await;
    let clerk = county.clerk().await;
    let board = clerk.get("/desk/bursts").await;
    assert!(board.contains("堆成山了"), "{board}");
}

/// What was promised to her does not end with another's case.
#[tokio::test]
async fn who_went_along_goes_on_alone_when_the_first_one_takes_it_back() {
    let mut county = county().open().await;
    let parent = rubbish(&county, 1, "堆在村口没人拉").await;
    let child = rubbish(&county, 2, "堆在村口没人管").await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&child, "merge", &[("parent", &parent), REASON]).await;
        let said = county.talk(&who(1), &[&format!("撤{parent}"), "跳过", "1"]).await;
        assert!(said.starts_with("撤回了"), "{said}");
    }
    county.pass(120).await;
    let told = county.inbox(&who(2));
    assert!(told.last().unwrap().contains("改为单独办"), "{told:?}");
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{child}")).await;
    assert!(page.contains("主件没有答复就结束了") && page.contains("待受理"), "{page}");
}

#[tokio::test]
async fn many_within_an_hour_are_one_card_one_parent_and_one_word_for_all() {
    let mut county = county().open().await;
    let mut numbers = Vec::new();
    for n in 1..=4 {
        numbers.push(rubbish(&county, n, "堆成山了").await);
    }
    county.settle().await;
    {
        let clerk = county.clerk().await;
        assert!(clerk.tasks("群发：").await.is_empty(), "four are not many");
    }
    county.pass(20 * 60).await;
    numbers.push(rubbish(&county, 5, "堆成山了，味儿大").await);
    county.settle().await;
    let mut clerk = county.clerk_again().await;
    let [task] = &clerk.tasks("5人反映").await[..] else { panic!("one card") };
    assert!(clerk.get(task).await.contains(&format!("/desk/cases/{}\"", numbers[0])));
    county.settle().await;
    // One more is the same card.
    numbers.push(rubbish(&county, 6, "堆成山了，快来拉").await);
    county.settle().await;
    assert_eq!(clerk.tasks("6人反映").await, std::slice::from_ref(task));
    take_all_in(&mut clerk, &numbers[0]).await;
    county.settle().await;
    let page = clerk.get(&format!("/desk/cases/{}", numbers[0])).await;
    let inside = part(&page, "并进来的", "</div>");
    for number in &numbers[1..] {
        assert!(inside.contains(number), "{inside}");
    }
    // One word on the parent reaches all of them, under their own numbers.
    clerk.act(&numbers[0], "dispatch", &[("department", "城管")]).await;
    clerk.act(&numbers[0], "progress", &[("text", "车已经在路上")]).await;
    for (n, number) in (1..).zip(&numbers) {
        let shown = format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..]);
        let inbox = county.inbox(&who(n));
        let told = inbox.iter().filter(|text| text.contains("车已经在路上")).count();
        let phoned = clerk.tasks("车已经在路上").await.len();
        assert!(told == 1 || phoned > 0, "{n}: {inbox:#?}");
        assert!(inbox.iter().any(|text| text.contains(&shown)), "{n}: {inbox:#?}");
    }
}

async fn take_all_in(clerk: &mut Clerk<'_>, parent: &str) {
    let page = clerk.get(&format!("/desk/cases/{parent}")).await;
    let children = part(&page, "name=\"children\" value=\"", "\"").to_owned();
    assert_eq!(children.split(',').count(), 5, "{children}");
    let (status, text) = clerk.try_act(parent, "take_in", &[("children", &children)]).await;
    assert_eq!(status, 303, "{text}");
}

#[tokio::test]
async fn the_same_person_with_the_same_kind_again_is_a_repetition() {
    let county = county().open().await;
    let first = rubbish(&county, 1, "堆在村口没人拉").await;
    let again = rubbish(&county, 1, "又堆起来了").await;
    let other = rubbish(&county, 2, "堆在村口没人拉").await;
    let mut clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{again}")).await;
    assert!(part(&page, "重复诉求", "</div>").contains(&first), "{page}");
    for number in [&first, &other] {
        assert!(!clerk.get(&format!("/desk/cases/{number}")).await.contains("<dt>重复诉求"));
    }
    for number in [&first, &again, &other] {
        clerk.act(number, "dispatch", &[("department", "城管")]).await;
    }
    let rate = clerk.figure("2026-11", CITY, "重复诉求率").await;
    assert_eq!(rate, "33.3%");
}

/// What was disputed once is written into the catalogue, and suggested from then on.
#[tokio::test]
async fn the_catalogue_of_leads_is_what_is_suggested() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let mut suggested = Vec::new();
    for text in ["楼下广场舞音响吵到半夜", "东头那个厂子夜里机器响得睡不着"]
    {
        let number = clerk.file("13800138000", "0507", text).await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        let form = part(&page, "id=\"dispatch\"", "</section>");
        suggested.push(part(form, "\" selected>", "<").to_owned());
        assert!(page.contains("牵头目录") && page.contains("2026-03-01定"), "{page}");
    }
    assert_eq!(suggested, ["县公安局（建议）", "市生态环境局县分局（建议）"]);
}
