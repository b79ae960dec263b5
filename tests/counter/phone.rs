//! The villager's phone page: what she sends from it, and what she reads there.

use super::county::County;
use serde_json::{Value, json};

pub struct Phone<'a> {
    county: &'a County,
    user: &'static str,
    seen: u64,
}

impl County {
    pub fn phone(&self, user: &'static str) -> Phone<'_> {
        Phone { county: self, user, seen: 0 }
    }
}

impl Phone<'_> {
    fn url(&self, what: &str) -> String {
        format!("{}/phone/{}/{what}", self.county.base, self.user)
    }

    /// The answer on the screen.
    pub async fn say(&mut self, text: &str) -> String {
        let body = json!({ "kind": "text", "text": text });
        let sent = self.county.http.post(self.url("send")).json(&body).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 204, "{}", sent.text().await.unwrap());
        self.read().await
    }

    /// The last answer of several messages.
    pub async fn talk(&mut self, texts: &[&str]) -> String {
        let mut last = String::new();
        for text in texts {
            last = self.say(text).await;
        }
        last
    }

    pub async fn photo(&mut self, bytes: &'static [u8]) -> String {
        let request = self.county.http.post(self.url("photo")).header("content-type", "image/gif");
        let sent = request.body(bytes).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 204, "{}", sent.text().await.unwrap());
        self.read().await
    }

    /// What came since she looked last.
    pub async fn read(&mut self) -> String {
        self.county.settle().await;
        let url = self.url(&format!("messages?after={}", self.seen));
        let messages: Vec<Value> =
            self.county.http.get(url).send().await.unwrap().json().await.unwrap();
        let last = messages.iter().filter_map(|message| message["id"].as_u64()).max();
        self.seen = last.unwrap_or(self.seen);
        let said = messages.iter().filter(|message| message["from"] == "bot");
        let said: Vec<&str> = said.filter_map(|message| message["text"].as_str()).collect();
        said.join("\n\n")
    }

    pub async fn report(&mut self) -> String {
        let text = "大黑坨村的垃圾堆在路边十几天没人拉，我叫李四，电话13900139000";
        let mut last = self.talk(&[text, "对"]).await;
        if last.contains("单独办") {
            last = self.talk(&["2"]).await;
        }
        assert!(last.contains("收到了，编号"), "{last}");
        super::county::number_in(&last)
    }
}
