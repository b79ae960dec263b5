//! What the agent of a village has where there is no line, as far as the server sees it.

use bianmin::office::Role;

use super::county::{county, part};

const VILLAGE: &str = "130225102216";

#[tokio::test]
async fn a_page_that_is_sent_twice_files_once() {
    let mut county = county().open().await;
    let once = {
        let mut agent = county.staff("村代办", Role::Agent, Some(VILLAGE)).await;
        let page = agent.get("/desk/new").await;
        let once = part(&page, "name=\"once\" value=\"", "\"").to_owned();
        assert!(!agent.get("/desk/new").await.contains(&once), "each page has its own");
        agent.csrf = agent.csrf_of("/desk/new").await;
        let fields = [
            ("once", &*once),
            ("text", "水管冻裂了"),
            ("village", "胡家坨镇大黑坨村"),
            ("name", "赵六"),
        ];
        let (status, page) = agent.post("/desk/new", &fields).await;
        assert_eq!(status, 422, "how she let her speak is missing: {page}");
        assert!(page.contains(&once), "the same page goes on: {page}");
        once
    };
    let mut numbers = Vec::new();
    // Long enough apart that they are not taken for the same by their words.
    for text in ["水管冻裂了", "水管冻裂了", "桥断了"] {
        let mut agent = county.again("村代办").await;
        agent.csrf = agent.csrf_of("/desk/new").await;
        let fields = [
            ("once", &*once),
            ("text", text),
            ("village", "胡家坨镇大黑坨村"),
            ("name", "赵六"),
            ("authorised", "本人来店里说的"),
        ];
        let (status, page) = agent.post("/desk/new", &fields).await;
        if text == "桥断了" {
            assert!(status == 422 && page.contains("这一页已经登记过一件"), "{page}");
            continue;
        }
        assert_eq!(status, 303, "{page}");
        county.settle().await;
        let agent = county.again("村代办").await;
        numbers.push(part(&agent.get("/desk").await, "href=\"/desk/cases/", "\"").to_owned());
        drop(agent);
        county.pass(3_600).await;
    }
    assert_eq!(numbers[0], numbers[1]);
    let list = county.again("村代办").await.get("/desk").await;
    assert_eq!(list.matches("<td class=\"number\">").count(), 1, "{list}");
}

#[tokio::test]
async fn the_page_without_a_line_is_for_agents_and_holds_nobodys_case() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    clerk.file("13800138000", "0409", "村口路灯坏了").await;
    let page = clerk.get("/desk").await;
    assert!(!page.contains("data-worker") && !page.contains("webmanifest"), "{page}");
    assert_eq!(clerk.try_get("/desk/shell").await.0, 404);
    let agent = county.staff("村代办", Role::Agent, Some(VILLAGE)).await;
    let home = agent.get("/desk").await;
    assert!(home.contains("路灯"), "{home}");
    let shell = agent.get("/desk/shell").await;
    assert!(!shell.contains("路灯坏了") && shell.contains("现在没有网"), "{shell}");
    let form = part(&shell, "data-draft=\"new\"", "</form>");
    assert!(!form.contains("csrf") && !form.contains("name=\"once\""), "{form}");
    let worker = part(&home, "data-worker=\"", "\"");
    let manifest = part(&home, "rel=\"manifest\" href=\"", "\"");
    let get =
        async |path: &str| county.http.get(format!("{}{path}", county.base)).send().await.unwrap();
    let answer = get(worker).await;
    assert_eq!(answer.headers()["service-worker-allowed"], "/desk");
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("manifest-src 'self'"));
    let manifest: serde_json::Value = get(manifest).await.json().await.unwrap();
    assert_eq!((&manifest["scope"], &manifest["display"]), (&"/desk".into(), &"standalone".into()));
    assert_eq!(get(manifest["icons"][0]["src"].as_str().unwrap()).await.status(), 200);
    for part in part(&home, "data-shell=\"", "\"").split(' ') {
        assert_eq!(get(part).await.status(), 200, "{part}");
    }
}
