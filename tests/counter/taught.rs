//! What the bot did not understand is kept without persons, taught with one click in a draft,
//! and forgotten; and where people stop is counted.

use std::fs;

use bianmin::desk::Case;
use bianmin::office::{Look, Role};
use bianmin::store::misheard::MisheardWords;
use bianmin::store::stops::StopsOfDay;
use bianmin::store::{keys, list, load};

use super::county::{Clerk, County, VILLAGER, county, part};
use super::studio::{Studio, begin, drafts, revision, step};

const MISHEARD: &str = "/desk/dialogs/misheard";

async fn kept(county: &County) -> Vec<MisheardWords> {
    let all = list::<MisheardWords>(&*county.store, keys::all_misheard(), 100).await.unwrap();
    all.into_iter().map(|one| one.record).collect()
}

/// As they stand once a page has shown them.
async fn counted(county: &County) -> Vec<StopsOfDay> {
    county.clerk_again().await.get("/desk/dialogs/stops").await;
    let days = list::<StopsOfDay>(&*county.store, keys::all_stops(), 9).await.unwrap();
    days.into_iter().map(|day| day.record).collect()
}

/// The address of the page of a message on the list.
async fn found(clerk: &Clerk<'_>, text: &str) -> String {
    let list = clerk.get(MISHEARD).await;
    let before = list.split(&format!("\">{text}</a>")).next().unwrap();
    assert_ne!(before.len(), list.len(), "{text}: {list}");
    before.rsplit("href=\"").next().unwrap().to_owned()
}

async fn teach(
    clerk: &mut Clerk<'_>,
    page: &str,
    way: &str,
    fields: &[(&str, &str)],
) -> (u16, String) {
    clerk.csrf = clerk.csrf_of(page).await;
    clerk.post(&format!("{page}/{way}"), fields).await
}

#[tokio::test]
async fn what_is_not_understood_is_kept_without_persons_and_counted_where_it_was() {
    let county = county().open().await;
    let clerk = county.clerk().await;
    assert!(clerk.get(MISHEARD).await.contains("都听懂了"));
    county.say(VILLAGER, "咕噜咕噜咚 13800138000").await;
    county.say(VILLAGER, "咕噜咕噜咚 13900139000").await;
    county.talk(VILLAGER, &["投诉", "月亮上的村"]).await;
    let mut all = kept(&county).await;
    // They came at one moment of this clock.
    all.sort_by(|one, other| one.dialog.cmp(&other.dialog));
    assert_eq!(all.len(), 3, "{all:#?}");
    assert!(all.iter().all(|one| !one.text.contains("138") && !one.text.contains("139")));
    assert_eq!((all[0].dialog.as_str(), all[0].text.as_str()), ("", "咕噜咕噜咚 （电话）"));
    assert_eq!((all[2].dialog.as_str(), all[2].step.as_str()), ("appeal", "village"));
    let page = clerk.get(MISHEARD).await;
    assert!(page.contains("<td class=\"n\">2</td>") && page.contains("月亮上的村"), "{page}");
    assert!(page.contains("「反映问题」问“这件事在哪个村") && !page.contains("13800"), "{page}");

    // A name that was asked for is no message to learn from.
    county.talk(VILLAGER, &["大黑坨", "村口的路灯灭了半个月"]).await;
    let before = kept(&county).await.len();
    county
        .talk(
            "oVillager00000000000000000010",
            &["投诉", "大黑坨", "村口的路灯灭了半个月", "王建国", "4", "嗯嗯123"],
        )
        .await;
    assert_eq!(kept(&county).await.len(), before, "{:#?}", kept(&county).await);
}

#[tokio::test]
async fn where_people_stop_is_counted_and_stands_beside_the_question() {
    let mut county = county().open().await;
    county.talk("oVillager00000000000000000011", &["投诉", "大黑坨", "取消"]).await;
    county.talk("oVillager00000000000000000012", &["投诉", "哪里呀呀", "大黑坨村"]).await;
    county.talk("oVillager00000000000000000013", &["投诉", "人工"]).await;
    county.pass(25 * 3_600).await;
    county.settle().await;
    let mut clerk = county.clerk().await;
    let page = clerk.get("/desk/dialogs/stops").await;
    let own = part(&page, "<h2>反映问题</h2>", "</section>");
    let counts = |words: &str| -> Vec<u32> {
        let row = part(own, words, "</tr>");
        let cells = row.split("<td class=\"n\">").skip(1);
        cells.map(|cell| cell.split(['<', '%']).next().unwrap().parse().unwrap_or(0)).collect()
    };
    // Asked, silent, cancelled, handed over, misheard, percent.
    assert_eq!(counts("这件事在哪个村？"), [3, 0, 0, 1, 1, 33]);
    assert_eq!(counts("请说说是什么事"), [2, 1, 1, 0, 0, 100]);
    let days = counted(&county).await;
    assert_eq!(days.len(), 2, "the second day has the one who fell silent");
    // Twice looked at, once counted.
    assert_eq!(
        part(&clerk.get("/desk/dialogs/stops").await, "<h2>反映问题</h2>", "</section>"),
        own
    );
    let draft = begin(&mut clerk, "看停在哪").await;
    let page = clerk.get(&format!("{draft}/file?name=dialogs/反映问题.yaml")).await;
    let file = include_str!("../../dialogs/反映问题.yaml");
    let line = file.lines().position(|line| line.contains("问: detail")).unwrap() + 1;
    assert!(page.contains("停在这里") && page.contains(&format!("data-line=\"{line}\"")), "{page}");
}

#[tokio::test]
async fn a_message_becomes_a_word_and_a_test_and_is_understood_when_it_is_live() {
    let studio = Studio::open().await;
    let county = &studio.county;
    assert!(county.say(VILLAGER, "嘟嘟嘀嗒").await.contains("没听懂"));
    let mut clerk = county.clerk().await;
    let page = found(&clerk, "嘟嘟嘀嗒").await;
    // A test of what is not understood teaches nothing.
    let (status, told) = teach(&mut clerk, &page, "test", &[("dialog", "urge")]).await;
    assert!(status == 422 && told.contains("还是听不懂"), "{told}");
    assert!(drafts(&clerk).await.is_empty());
    for (word, told) in [("催", "2到20个"), ("催，催", "不带标点"), ("撤回", "撤回")]
    {
        let fields = [("word", word), ("meaning", "entry:urge")];
        let (status, page) = teach(&mut clerk, &page, "word", &fields).await;
        assert!(status == 422 && page.contains(told), "{word}: {page}");
    }
    let fields = [("word", "嘟嘟嘀嗒"), ("meaning", "entry:urge")];
    let (status, told) = teach(&mut clerk, &page, "word", &fields).await;
    assert_eq!(status, 303, "{told}");
    let draft = drafts(&clerk).await.remove(0);
    let file = clerk.get(&format!("{draft}/file?name=dialogs/催办.yaml")).await;
    assert!(file.contains("、嘟嘟嘀嗒\n"), "{file}");
    assert!(clerk.get(MISHEARD).await.contains("都听懂了"), "it is in a draft");
    assert!(county.say(VILLAGER, "嘟嘟嘀嗒").await.contains("没听懂"), "nothing is live");

    let page = found(&clerk, "嘟嘟嘀嗒").await;
    let id = draft.rsplit('/').next().unwrap().to_owned();
    let fields = [("dialog", "urge"), ("draft", id.as_str())];
    let (status, told) = teach(&mut clerk, &page, "test", &fields).await;
    assert_eq!(status, 303, "{told}");
    let file = clerk.get(&format!("{draft}/file?name=dialogs/催办.yaml")).await;
    assert!(file.contains("村民：嘟嘟嘀嗒\n      〔办"), "{file}");
    assert!(clerk.get(&format!("{draft}/tests")).await.contains("测到了"));

    assert_eq!(step(&mut clerk, &draft, "ask", "教一句").await.0, 303);
    let mut second = studio.second().await;
    let (status, told) = step(&mut second, &draft, "approve", "").await;
    assert_eq!(status, 303, "{told}");
    assert!(county.say(VILLAGER, "嘟嘟嘀嗒").await.contains("没有可以催的事"));
    assert!(studio.file("dialogs/催办.yaml").contains("、嘟嘟嘀嗒\n"));
}

#[tokio::test]
async fn an_option_a_village_and_a_kind_are_taught_where_they_stand() {
    let studio = Studio::open().await;
    let county = &studio.county;
    county.talk(VILLAGER, &["菜单", "瞧瞧咕噜"]).await;
    county.talk("oVillager00000000000000000012", &["投诉", "黑老坨子屯"]).await;
    let mut clerk = county.clerk().await;
    let page = found(&clerk, "瞧瞧咕噜").await;
    let shown = clerk.get(&page).await;
    let meaning = format!("option:{}", part(&shown, "value=\"option:", "\""));
    let fields = [("word", "瞧瞧咕噜"), ("meaning", meaning.as_str())];
    let (status, told) = teach(&mut clerk, &page, "word", &fields).await;
    assert_eq!(status, 303, "{told}");
    let draft = drafts(&clerk).await.remove(0);
    let id = draft.rsplit('/').next().unwrap().to_owned();
    assert!(clerk.get(&draft).await.contains("、瞧瞧咕噜"));

    let page = found(&clerk, "黑老坨子屯").await;
    let fields = [("word", "黑老坨子屯"), ("village", "没有这个村"), ("draft", id.as_str())];
    let (status, told) = teach(&mut clerk, &page, "village", &fields).await;
    assert!(status == 422 && told.contains("没有找到「没有这个村」"), "{told}");
    let fields = [("word", "黑老坨子屯"), ("village", "大黑坨村"), ("draft", id.as_str())];
    let (status, told) = teach(&mut clerk, &page, "village", &fields).await;
    assert_eq!(status, 303, "{told}");
    assert!(clerk.get(&draft).await.contains("黑老坨子屯,130225102216,"));
    assert!(
        clerk
            .get(&format!("{draft}/table?name=county/aliases.csv"))
            .await
            .contains("胡家坨镇大黑坨村")
    );

    assert_eq!(step(&mut clerk, &draft, "ask", "两处").await.0, 303);
    let mut second = studio.second().await;
    let (status, told) = step(&mut second, &draft, "approve", "").await;
    assert_eq!(status, 303, "{told}");
    assert!(
        county
            .talk("oVillager00000000000000000013", &["投诉", "黑老坨子屯"])
            .await
            .contains("请说说是什么事")
    );
}

/// The model is fitted anew from what lies in the folder of examples.
#[tokio::test]
async fn an_example_is_learnt_when_it_goes_live() {
    let studio = Studio::open_with(|folder| {
        fs::remove_file(folder.join("county/kinds.model")).unwrap();
    })
    .await;
    let county = &studio.county;
    county.say(VILLAGER, "咕噜咕噜咚").await;
    let mut clerk = county.clerk().await;
    let page = found(&clerk, "咕噜咕噜咚").await;
    let fields = [("code", "9999"), ("text", "咕噜咕噜咚个不停呀")];
    let (status, told) = teach(&mut clerk, &page, "example", &fields).await;
    assert!(status == 422 && told.contains("哪方面"), "{told}");
    let fields = [("code", "0409"), ("text", "咕噜咕噜咚个不停呀")];
    let (status, told) = teach(&mut clerk, &page, "example", &fields).await;
    assert_eq!(status, 303, "{told}");
    let draft = drafts(&clerk).await.remove(0);
    assert!(clerk.get(&draft).await.contains("例子：工作台"));
    // A bad row is told before it is live.
    let name = "county/examples/工作台.csv";
    let wrong = "code,text,source\n8888,咕噜咕噜咚个不停呀,clerk\n";
    let right = "code,text,source\n0409,咕噜咕噜咚个不停呀,clerk\n";
    let mut second = studio.second().await;
    for (text, expect) in [(wrong, 422), (right, 303)] {
        let seen = revision(&clerk, &draft).await;
        let fields = [("name", name), ("text", text), ("revision", &*seen), ("do", "save")];
        assert_eq!(clerk.post(&format!("{draft}/file"), &fields).await.0, 303);
        assert_eq!(step(&mut clerk, &draft, "ask", "一个例子").await.0, 303);
        let (status, page) = step(&mut second, &draft, "approve", "").await;
        if expect == 422 {
            assert!(status == 422 && page.contains("categories.csv 里没有「8888」"), "{page}");
            assert_eq!(step(&mut clerk, &draft, "return", "").await.0, 303);
        } else {
            assert_eq!(status, 303, "{page}");
        }
    }
    assert_eq!(studio.file(name).trim_end(), right.trim_end());
    assert!(county.office.tables().model.is_some());
    let written = fs::read(studio.folder.path().join("county/kinds.model")).unwrap();
    let shipped = include_bytes!("../../county/kinds.model");
    assert!(written != shipped, "one example more");
    assert_eq!(county.office.look_at_county().await, Look::Waiting);
    assert_eq!(county.office.look_at_county().await, Look::Same, "the folder is what is live");
}

#[tokio::test]
async fn it_goes_after_its_time_with_a_farewell_and_when_she_is_forgotten() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    county.say(VILLAGER, "咕噜咕噜咚").await;
    county.say("oVillager00000000000000000014", "叽里呱啦啦").await;
    county.say("oVillager00000000000000000015", "稀里哗啦啦").await;
    assert_eq!(kept(&county).await.len(), 3);
    county.event("oVillager00000000000000000014", "unsubscribe", "").await;
    assert_eq!(kept(&county).await.len(), 2);
    let case = load::<Case>(&*county.store, keys::case(&number)).await.unwrap().unwrap();
    let id = case.record.person.clone();
    let mut head = county.clerk().await;
    head.act(&number, "dispatch", &[("department", "城管")]).await;
    head.act(&number, "accept", &[]).await;
    head.act(
        &number,
        "reply",
        &[("outcome", "solved"), ("text", "已经全部修好，以后有事随时打电话。")],
    )
    .await;
    county.say(VILLAGER, "满意").await;
    county.settle().await;
    let gone = county.office.erase_person(None, &id, "本人要求", false).await.unwrap();
    assert!(gone.words >= 1);
    let left = kept(&county).await;
    assert_eq!(left.len(), 1, "{left:#?}");
    assert_eq!(left[0].text, "稀里哗啦啦");
    county.pass(91 * 24 * 3_600).await;
    assert!(kept(&county).await.is_empty());
}

/// Who tries something on the phone beside the desk teaches nothing by it.
#[tokio::test]
async fn what_is_tried_on_the_phone_is_neither_kept_nor_counted() {
    let mut county = county().open().await;
    county.clerk().await;
    let tried = ["咕噜咕噜咚", "投诉", "月亮上的村", "取消"];
    assert!(county.phone("li").say(tried[0]).await.contains("没听懂"));
    county.phone("li").talk(&tried[1..]).await;
    county.pass(25 * 3_600).await;
    county.settle().await;
    assert!(kept(&county).await.is_empty() && counted(&county).await.is_empty());

    county.talk(VILLAGER, &tried).await;
    county.pass(25 * 3_600).await;
    county.settle().await;
    assert_eq!(kept(&county).await.len(), 2);
    assert!(!counted(&county).await.is_empty());
}

/// Rights, other people's pages, markup, words that are gone.
#[tokio::test]
async fn who_does_not_work_on_dialogs_sees_nothing_of_it() {
    let county = county().open().await;
    county.say(VILLAGER, "<b>咕噜").await;
    let mut clerk = county.clerk().await;
    let list = clerk.get(MISHEARD).await;
    assert!(list.contains("&#60;b&#62;咕噜") && !list.contains("<b>咕噜"), "{list}");
    let page = part(&list, "href=\"/desk/dialogs/misheard/", "\"").to_owned();
    let page = format!("{MISHEARD}/{page}");
    assert!(!clerk.get(&page).await.contains("<b>咕噜"));
    for (name, role, department) in [
        ("承办", Role::Department, Some("城管")),
        ("督办", Role::Supervisor, None),
        ("审计", Role::Auditor, None),
    ] {
        let mut other = county.staff(name, role, department).await;
        other.csrf = other.csrf_of("/desk/me").await;
        for path in [MISHEARD, "/desk/dialogs/stops", &page] {
            assert_eq!(other.try_get(path).await.0, 404, "{name} {path}");
        }
        for way in ["word", "village", "example", "test", "drop"] {
            assert_eq!(other.post(&format!("{page}/{way}"), &[]).await.0, 404, "{name} {way}");
        }
    }
    assert_eq!(clerk.try_get(&format!("{MISHEARD}/1-00")).await.0, 404);
    assert_eq!(clerk.try_get(&format!("{MISHEARD}/x")).await.0, 404);
    assert_eq!(teach(&mut clerk, &page, "other", &[]).await.0, 404);
    assert_eq!(teach(&mut clerk, &page, "drop", &[]).await.0, 303);
    assert!(clerk.get(MISHEARD).await.contains("都听懂了"));
    let auditor = county.staff("审计二", Role::Auditor, None).await;
    assert!(auditor.get("/desk/audit?kind=draft").await.contains("不用教"));
}
