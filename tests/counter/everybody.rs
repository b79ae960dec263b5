//! The pages for everybody: letters as large as she wants them, and nothing of the program's inside.

use serde_json::json;

use super::county::county;

#[tokio::test]
async fn large_letters_are_kept_on_every_public_page() {
    let county = county().open().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.build().unwrap();
    let pages = ["/", "/report", "/query", "/services", "/villages", "/privacy"];
    for page in pages {
        let html = county.nobody().get(page).await;
        assert!(
            html.contains("href=\"/size/large\"") && !html.contains("class=\"large\""),
            "{html}"
        );
    }
    let host = county.base.trim_start_matches("http://").to_owned();
    let asked = http.get(format!("{}/size/large", county.base)).header("host", &host);
    let answer = asked.header("referer", format!("{}/query", county.base)).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/query".parse().unwrap())
    );
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("Path=/;") && cookie.contains("Max-Age="), "{cookie}");
    let kept = cookie.split(';').next().unwrap();
    for page in pages {
        let asked = http.get(format!("{}{page}", county.base)).header("cookie", kept);
        let html = asked.send().await.unwrap().text().await.unwrap();
        assert!(
            html.contains("class=\"large\"") && html.contains("href=\"/size/plain\""),
            "{html}"
        );
    }
    // Another site is nowhere to go back to.
    let asked = http.get(format!("{}/size/large", county.base)).header("host", &host);
    let answer = asked.header("referer", "https://elsewhere.example/query").send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/");
}

#[tokio::test]
async fn how_the_program_is_doing_is_for_who_keeps_it() {
    let county = county().settings("[simulator]\nenabled = false\n").open().await;
    let home = county.nobody().get("/").await;
    assert!(!home.contains("/health") && !home.contains("/phone"), "{home}");
    // On the machine itself all of it; from outside, by a proxy, only yes or no.
    assert!(county.health().await["details"]["version"].is_string());
    for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let asked =
            county.http.get(format!("{}/health", county.base)).header(header, "203.0.113.9");
        let answer: serde_json::Value = asked.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer, json!({ "ok": true }), "{header}");
    }
}
