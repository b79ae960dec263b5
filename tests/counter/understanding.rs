//! What the bot understands, as villagers and clerks meet it: danger, what stands beside her
//! words in the case, one line on a page, and corrections that become examples.

use bianmin::county::{Found, Places, Scope};

use super::county::{VILLAGER, county, number_in};

fn spaced(number: &str) -> String {
    format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..])
}

/// Each with the number that must come first, and what the case is called. No question comes
/// before the number, and the case is promised within a day and a night.
#[tokio::test]
async fn in_danger_the_right_number_comes_first_and_the_case_all_the_same() {
    for (text, first, title) in [
        ("大黑坨村老王家着火了", "马上打 119！", "着火"),
        ("大黑坨村东头 秸秆着了 风挺大", "马上打 119！", "着火"),
        ("大黑坨村屋里一股煤气味 头晕", "别开灯，别打火，开窗出去！到外面打 119。", "煤气漏了"),
        ("大黑坨村口电线断了掉地上冒火花", "离远点，别过去！马上打 119", "房塌线断"),
        ("大黑坨村有个孩子掉河里了", "马上打 119 和 120！", "有人落水"),
        ("隔壁拿着菜刀要砍人 我在大黑坨村", "马上打 110！", "有人行凶"),
        ("大黑坨村 我家孩子找不着了", "马上打 110！", "走丢了人"),
        ("大黑坨村 俺爹一早出去到现在没回来", "马上打 110！", "走丢了人"),
        ("大黑坨村有人喝了敌敌畏", "马上打 120！", "有人伤病"),
    ] {
        let county = county().open().await;
        let said = county.say(VILLAGER, text).await;
        assert!(said.contains(first), "{text}: {said}");
        let (before, _) = said.split_once(first).unwrap();
        assert!(!before.contains('？'), "{text}: asked before the number: {said}");
        let clerk = county.clerk().await;
        let page = clerk.get(&format!("/desk/cases/{}", number_in(&said))).await;
        assert!(page.contains(&format!("胡家坨镇大黑坨村紧急：{title}")), "{text}: {page}");
        assert!(page.contains("11月24日(周二)10:00"), "{text}, a day and a night: {page}");
        assert!(page.contains(&format!("险情：<strong>{title}")), "{text}: {page}");
    }
}

#[tokio::test]
async fn what_was_understood_stands_beside_what_she_wrote() {
    let county = county().open().await;
    let text = "大黑托村口那个路灯灭了半拉月了没人管，我叫张三";
    let number = number_in(&county.talk(VILLAGER, &[text, "对"]).await);
    let clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains(&text.replace("张三", "张**")), "her own words: {page}");
    for part in [
        "地点：<strong>大黑坨村</strong>（从话里摘出来的）",
        "类别：<strong>路灯</strong>（从话里认的，她核对过，把握",
        "姓名：<strong>张**</strong>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Asked for the village, what she called it stays beside what it was taken for.
    let third = "oVillager00000000000000000003";
    let texts = ["投诉", "大黑托", "是", "村口的路灯灭了半个月", "对", "2"];
    let number = number_in(&county.talk(third, &texts).await);
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    let part = "地点：<strong>大黑坨村</strong>（照读音认的，她核对过，她说的是「大黑托」）";
    assert!(page.contains(part), "{page}");
    // A kind that she chose was not guessed.
    let other = "oVillager00000000000000000002";
    let texts = ["投诉", "大黑坨村", "那个东西还是老样子", "别的", "对"];
    let number = number_in(&county.talk(other, &texts).await);
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("地点：<strong>大黑坨村</strong>（照她回的话）"), "{page}");
    assert!(!page.contains("把握"), "{page}");
}

#[tokio::test]
async fn a_clerk_tries_one_line() {
    let county = county().open().await;
    let stranger = county.nobody();
    let line = "/desk/understand?text=";
    assert_eq!(stranger.try_get(line).await.0, 303, "for those who work here");
    let clerk = county.clerk().await;
    assert!(clerk.get("/desk/understand").await.contains("试一句话"));
    let text = "大黑托村停水三天<b>了</b>，电话13800138000";
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let page = clerk.get(&format!("{line}{encoded}")).await;
    for part in [
        "<mark>大黑托村<small>地点</small></mark>",
        "<mark>13800138000<small>电话</small></mark>",
        "胡家坨镇大黑坨村（照读音）",
        "停水",
        "反映问题",
        "不用问",
        "&#60;b&#62;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<b>") && !page.contains("<script>"), "{page}");
    assert_eq!(county.health().await["details"]["cases"], 0, "nothing is filed");
}

/// Each kind of thing that may be recognised stands where it was written, and once.
#[tokio::test]
async fn every_kind_of_span_is_marked() {
    let county = county().open().await;
    let clerk = county.clerk().await;
    for (text, marks) in [
        (
            "我叫王秀兰，大黑坨村停水三天，昨天下午开始的，家里俩孩子，电话13800138000",
            &[
                ("王秀兰", "姓名"),
                ("大黑坨村", "地点"),
                ("停水", "类别"),
                ("三天", "数量"),
                ("昨天", "日子"),
                ("俩", "数量"),
                ("13800138000", "电话"),
            ][..],
        ),
        ("我家座机0315-4612345没声音", &[("0315-4612345", "座机")]),
        ("身份证11010519491231002X养老金没发", &[("11010519491231002X", "证件号")]),
        ("查126-041-273办到哪了", &[("126-041-273", "编号"), ("办到哪", "意思")]),
        ("大黑坨村老王家着火了", &[("大黑坨村", "地点"), ("着火", "险情")]),
        ("来两袋尿素", &[("来", "意思"), ("两袋", "数量")]),
        ("村口的路灯坏了", &[("路灯", "类别"), ("坏了", "意思")]),
        ("给我捎三十来斤土豆", &[("给我捎", "意思"), ("三十来斤", "数量")]),
    ] {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let page = clerk.get(&format!("/desk/understand?text={encoded}")).await;
        for (part, what) in marks {
            let mark = format!("<mark>{part}<small>{what}</small></mark>");
            assert_eq!(page.matches(&mark).count(), 1, "{text}: {mark}: {page}");
        }
        // Marked or not, the line is all there.
        let (_, marked) = page.split_once("<p class=\"marked\">").unwrap();
        let (marked, _) = marked.split_once("</p>").unwrap();
        let names = marked.split("<small>").map(|part| match part.split_once("</small></mark>") {
            Some((_, rest)) => rest,
            None => part,
        });
        assert_eq!(names.collect::<String>().replace("<mark>", ""), text);
    }
}

/// Her word for a village that a clerk corrected is offered as a line of aliases.csv; nothing
/// uses it by itself, and a name that is a village's already is never offered.
#[tokio::test]
async fn a_corrected_village_is_offered_as_another_name() {
    let county = county().open().await;
    let export = "/desk/understand/places.csv";
    let mut clerk = county.clerk().await;
    let nothing = "alias,code,note\n";
    assert_eq!(clerk.get(export).await, nothing);
    // By ear the bot takes another village than she means.
    let text = "大黑托村口那个路灯灭了半拉月了没人管";
    let number = number_in(&county.talk(VILLAGER, &[text, "对"]).await);
    let case = format!("/desk/cases/{number}");
    assert!(clerk.get(&case).await.contains("胡家坨镇大黑坨村路灯"));
    for (village, refused) in [
        ("", "请写是哪个村"),
        ("没有这个村", "没有找到“没有这个村”这个村"),
        ("黑坨", "说不准是哪个村：毛庄镇黑坨村、"),
        ("胡家坨镇大黑坨村", "地点已经是胡家坨镇大黑坨村了"),
    ] {
        let (_, page) = clerk.try_act(&number, "relocate", &[("village", village)]).await;
        assert!(page.contains(refused), "{village}: {page}");
    }
    let told = county.wechat.calls("/cgi-bin/message/custom/send").len();
    clerk.act(&number, "relocate", &[("village", "毛庄镇黑坨村"), ("note", "问过了")]).await;
    let page = clerk.get(&case).await;
    for part in [
        "毛庄镇黑坨村路灯",
        "地点：<strong>大黑坨村</strong>（从话里摘出来的；后来改为毛庄镇黑坨村）",
        "毛庄镇黑坨村 （原来：胡家坨镇大黑坨村） 问过了",
        text,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(county.wechat.calls("/cgi-bin/message/custom/send").len(), told, "she is not told");
    let line = "大黑托村,130225109221,说的是毛庄镇黑坨村，机器人听成胡家坨镇大黑坨村\n";
    assert_eq!(clerk.get(export).await, format!("{nothing}{line}"));
    // The last word counts; her word is that village's by ear anyway.
    clerk.act(&number, "relocate", &[("village", "130225101224")]).await;
    let csv = clerk.get(export).await;
    assert!(csv.contains("大黑托村,130225101224,说的是汤家河镇小黑坨村"), "{csv}");
    assert_eq!(csv.lines().count(), 2, "{csv}");
    // What she wrote is a village's own name: no other name for this one.
    let other = "oVillager00000000000000000002";
    let second = number_in(&county.talk(other, &["大黑坨村口的路灯灭了半个月了", "对"]).await);
    clerk.act(&second, "relocate", &[("village", "毛庄镇黑坨村")]).await;
    assert_eq!(clerk.get(export).await, csv);
    // It is never used by itself.
    let third = "oVillager00000000000000000003";
    let said = county.talk(third, &[text, "对"]).await;
    let page = clerk.get(&format!("/desk/cases/{}", number_in(&said))).await;
    assert!(page.contains("胡家坨镇大黑坨村路灯"), "{page}");
    // As a line of aliases.csv it reads.
    let rows = csv.trim_start_matches(nothing);
    let read = |name: &str| std::fs::read_to_string(format!("county/{name}.csv")).unwrap();
    let aliases = format!("{}{rows}", read("aliases"));
    let places = Places::parse(&read("places"), &aliases, &read("neighbours")).unwrap();
    let found = places.find("大黑托村的路灯", Scope::Sentence);
    assert!(matches!(found, Found::One { place, sure: true, .. } if place.name == "小黑坨村"));
}

/// A clerk corrects the kind of a case; the example is kept without her name, number and village.
/// What `bianmin train` does with it: `training`.
#[tokio::test]
async fn a_correction_becomes_an_example() {
    let county = county().open().await;
    let first = "大黑坨村那个东西还是老样子 我叫张三 电话13800138000 户号1234567890";
    let said = county.talk(VILLAGER, &[first, "别的", "对"]).await;
    let number = number_in(&said);
    let mut clerk = county.clerk().await;
    let nothing = "code,text,source\n";
    let export = "/desk/understand/corrections.csv";
    assert_eq!(clerk.get(export).await, nothing, "{}", spaced(&number));
    clerk.act(&number, "dispatch", &[("department", "住建"), ("category", "0409")]).await;
    let csv = clerk.get(export).await;
    assert!(csv.starts_with("code,text,source\n0409,\"") && csv.lines().count() == 2, "{csv}");
    assert!(csv.contains("那个东西还是老样子"), "{csv}");
    for hers in ["张三", "13800138000", "1234567890", "大黑坨"] {
        assert!(!csv.contains(hers), "{hers}: {csv}");
    }
    // The last word counts, and a dispatch that leaves the kind alone says nothing.
    clerk.act(&number, "dispatch", &[("department", "城管"), ("category", "0501")]).await;
    let csv = clerk.get(export).await;
    assert!(csv.contains("0501,") && csv.lines().count() == 2, "{csv}");
    let plain = county.report("oVillager00000000000000000002").await;
    clerk.act(&plain, "dispatch", &[("department", "城管")]).await;
    assert_eq!(clerk.get(export).await, csv);
}
