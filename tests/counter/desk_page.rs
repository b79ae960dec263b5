//! The desk's doors: who gets in, and what a form may do.

use super::county::{VILLAGER, county};

#[tokio::test]
async fn a_stranger_sees_the_sign_in_page_only() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    for path in [
        "/desk".to_owned(),
        format!("/desk/cases/{number}"),
        "/desk/tasks".into(),
        "/desk/password".into(),
    ] {
        let answer = county.http.get(format!("{}{path}", county.base)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303, "{path}");
        assert_eq!(answer.headers()["location"], "/desk/sign-in", "{path}");
    }
    let media = format!("{}/desk/media/{}?case={number}", county.base, "0".repeat(64));
    assert_eq!(county.http.get(media).send().await.unwrap().status().as_u16(), 303);
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_name_for_a_while() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        for n in 1..=5 {
            let (status, text) = clerk.sign_in("管理员", "wrong").await.unwrap_err();
            let expect = if n < 5 { (401, "名字或密码不对") } else { (429, "已锁定到") };
            assert_eq!(status, expect.0, "{n}: {text}");
            assert!(text.contains(expect.1), "{n}: {text}");
        }
        let (status, _) = clerk.sign_in("管理员", "长城 长又长 啊").await.unwrap_err();
        assert_eq!(status, 429, "the right one neither");
        let (status, text) = clerk.sign_in("没有这个人", "wrong").await.unwrap_err();
        assert_eq!(status, 401);
        assert!(text.contains("名字或密码不对"), "it does not say who exists");
    }
    county.pass(15 * 60 + 1).await;
    county.clerk_again().await;
}

#[tokio::test]
async fn a_one_time_password_opens_nothing_but_the_password_page() {
    let county = county().open().await;
    let (name, password) = county.office.first_staff().await.unwrap().remove(0);
    let mut clerk = county.nobody();
    clerk.sign_in(&name, &password).await.unwrap();
    assert_eq!(clerk.try_get("/desk").await.0, 303);
    clerk.get("/desk/password").await;
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_does_nothing() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("<script>"), "none is written into the page");
    clerk.csrf = "0".repeat(32);
    let path = format!("/desk/cases/{number}/dispatch");
    let (status, _) = clerk.post(&path, &[("revision", "1"), ("department", "城管")]).await;
    assert_eq!(status, 403);
    clerk.csrf = clerk.csrf_of(&format!("/desk/cases/{number}")).await;
    let form = [("csrf", clerk.csrf.as_str()), ("revision", "1"), ("department", "城管")];
    let foreign = county
        .http
        .post(format!("{}{path}", county.base))
        .header("cookie", &clerk.cookie)
        .header("sec-fetch-site", "cross-site")
        .form(&form);
    assert_eq!(foreign.send().await.unwrap().status().as_u16(), 403);
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("待受理"));
}

#[tokio::test]
async fn who_is_slower_is_told_and_loses_no_word() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut one = county.clerk().await;
    one.act(&number, "dispatch", &[("department", "城管")]).await;
    let path = format!("/desk/cases/{number}");
    one.csrf = one.csrf_of(&path).await;
    let late = [("revision", "1"), ("department", "住建"), ("note", "请快一点")];
    let (status, page) = one.post(&format!("{path}/dispatch"), &late).await;
    assert_eq!(status, 409, "{page}");
    assert!(page.contains("刚刚有人动过") && page.contains("请快一点"), "{page}");
}

#[tokio::test]
async fn what_the_rules_forbid_is_refused_with_a_reason() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let (status, page) = clerk.try_act(&number, "dispatch", &[("department", "没有")]).await;
    assert_eq!(status, 422, "{page}");
    assert!(page.contains("role=\"alert\""), "{page}");
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let (status, page) =
        clerk.try_act(&number, "reply", &[("outcome", "solved"), ("text", "已修好")]).await;
    assert_eq!(status, 422, "{page}");
    assert!(page.contains("15个字"), "{page}");
    assert_eq!(clerk.try_get("/desk/cases/999999999").await.0, 404);
}

#[tokio::test]
async fn the_list_is_filtered_and_searched() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let other = "oVillager00000000000000000002";
    county.talk(other, &["小黑坨村停水三天了，全村都没水用", "我叫李四", "13900139000"]).await;
    let water = super::county::number_in(&county.say(other, "对").await);
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        assert!(!clerk.get("/desk").await.contains("下一页"), "two fit on one");
        let holds = |page: &str, number: &str| page.contains(&format!("/desk/cases/{number}"));
        for (query, first, second) in [
            ("", true, true),
            ("?state=received", false, true),
            ("?state=dispatched", true, false),
            ("?department=%E5%9F%8E%E7%AE%A1", true, false),
            ("?search=%E5%85%A8%E6%9D%91%E9%83%BD%E6%B2%A1%E6%B0%B4", false, true),
            (&format!("?search={number}"), true, false),
            (&format!("?search={}", &water[6..]), false, true),
            ("?overdue=1", false, false),
        ] {
            let page = clerk.get(&format!("/desk{query}")).await;
            assert_eq!((holds(&page, &number), holds(&page, &water)), (first, second), "{query}");
        }
    }
    county.pass(2 * 24 * 3600).await;
    let clerk = county.clerk_again().await;
    let page = clerk.get("/desk?overdue=1").await;
    assert!(page.contains(&format!("/desk/cases/{water}")), "class U has 24 hours");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_so_does_time() {
    let mut county = county().open().await;
    let cookie = {
        let mut clerk = county.clerk().await;
        let old = clerk.cookie.clone();
        clerk.csrf = clerk.csrf_of("/desk").await;
        assert_eq!(clerk.post("/desk/sign-out", &[]).await.0, 303);
        clerk.cookie = old;
        assert_eq!(clerk.try_get("/desk").await.0, 303, "the token is dead, not only the cookie");
        county.clerk_again().await.cookie.clone()
    };
    county.pass(13 * 3600).await;
    let mut clerk = county.nobody();
    clerk.cookie = cookie;
    assert_eq!(clerk.try_get("/desk").await.0, 303);
}

#[tokio::test]
async fn a_long_list_is_turned_page_by_page_and_shows_each_case_once() {
    let county = county().settings("[limits]\nmessages_per_minute = 1000\n").open().await;
    for n in 0..33 {
        county.report(&format!("oVillager{n:04}")).await;
    }
    let clerk = county.clerk().await;
    let pattern = regex::Regex::new(r"/desk/cases/(\d{9})").unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut path = "/desk".to_owned();
    let mut pages = 0;
    loop {
        pages += 1;
        let page = clerk.get(&path).await;
        let here: std::collections::BTreeSet<String> =
            pattern.captures_iter(&page).map(|found| found[1].to_owned()).collect();
        for number in here {
            assert!(seen.insert(number.clone()), "{number} comes twice");
        }
        let next = page.split("href=\"").find(|part| part.contains("after="));
        let Some(next) = next else { break };
        path = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        if !path.starts_with('/') {
            path = format!("/desk{path}");
        }
    }
    assert_eq!((pages, seen.len()), (2, 33));
}

#[tokio::test]
async fn a_burst_of_guesses_is_counted_one_by_one() {
    let county = county().open().await;
    county.clerk().await;
    let guesses = (0..12).map(|_| async {
        let mut guesser = county.nobody();
        guesser.sign_in("管理员", "wrong").await.unwrap_err().0
    });
    let answers = futures_util::future::join_all(guesses).await;
    let believed = answers.iter().filter(|status| **status == 401).count();
    assert_eq!(believed, 4, "the fifth locks the name: {answers:?}");
}
