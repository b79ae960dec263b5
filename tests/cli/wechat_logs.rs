//! What the log says of a message that was not WeChat's: one line, and nothing of what it said.

use fake_wechat::{Account, Mode};

use super::program::Home;

const WORDS: &str = "不能进日志的话";

#[tokio::test]
async fn a_refused_message_is_one_line_without_its_body() {
    let (home, account) = (Home::new(), Account::new(Mode::Safe));
    home.write(
        "config.toml",
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[wechat.main]\nappid = {:?}\n\
             mode = \"safe\"\ntoken_env = \"T\"\naes_key_env = \"K\"\n[simulator]\n\
             enabled = false\n",
            account.appid
        ),
    );
    let server = home.serve_logging(&[("T", &account.token), ("K", &account.aes_key)]);
    let plain = format!("<xml><Content><![CDATA[{WORDS}]]></Content></xml>");
    let (query, body) = account.delivery("oAAAAAAAAAAAAAAAAAAAAAAAAAAA", &plain);
    let forged = body.replacen("<Encrypt><![CDATA[", "<Encrypt><![CDATA[AAAA", 1);
    let http = reqwest::Client::new();
    let mut expected = Vec::new();
    for (query, body, status) in [
        (query.as_str(), plain.clone(), 403),
        (&query, forged, 403),
        ("", body, 400),
        (&query, format!("<!DOCTYPE a>{plain}"), 400),
        (&query, "x".repeat(70_000), 413),
    ] {
        let url = format!("{}/wechat/main?{query}", server.base);
        let request = http.post(url).header("content-type", "text/xml").body(body);
        assert_eq!(request.send().await.unwrap().status(), status);
        expected.push(format!("status={status}"));
    }
    drop(server);
    let log = std::fs::read_to_string(home.path("log")).unwrap();
    let refused: Vec<&str> = log.lines().filter(|line| line.contains("webhook refused")).collect();
    assert_eq!(refused.len(), expected.len(), "{log}");
    for (line, status) in refused.iter().zip(&expected) {
        assert!(line.contains(status) && line.contains("reason="), "{line}");
    }
    for secret in [WORDS, "signature=", "nonce=", "Encrypt>", account.token.as_str()] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
