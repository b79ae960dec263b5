//! The sending side: builds a push as WeChat does, delivers it up to three times, and
//! takes the answer apart as strictly as WeChat would.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use crate::crypto;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plain,
    Compatible,
    Safe,
}

/// An official account as Tencent knows it.
#[derive(Debug)]
pub struct Account {
    pub mode: Mode,
    pub appid: String,
    pub original_id: String,
    pub token: String,
    pub aes_key: String,
    /// How often one push is delivered at most.
    pub deliveries: u32,
    /// How long an answer may take.
    pub patience: Duration,
    /// Stands in for the real time, in seconds; for tests with a clock of their own.
    pub now: Option<i64>,
    pub http: reqwest::Client,
    serial: AtomicU64,
}

/// What WeChat made of the answer to a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How many times it was delivered.
    pub deliveries: u32,
    /// `None`: the account received it and says nothing.
    pub reply: Option<Reply>,
}

impl Answer {
    /// The text that the person reads; empty if there is none.
    pub fn text(&self) -> &str {
        self.reply.as_ref().and_then(|reply| reply.content.as_deref()).unwrap_or_default()
    }
}

/// A passive reply, checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Reply {
    pub to_user_name: String,
    pub from_user_name: String,
    pub create_time: i64,
    pub msg_type: String,
    pub content: Option<String>,
    pub image: Option<Image>,
    pub article_count: Option<u32>,
    pub articles: Option<Articles>,
    pub trans_info: Option<TransInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Image {
    pub media_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Articles {
    pub item: Vec<Article>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Article {
    pub title: String,
    pub description: String,
    pub pic_url: String,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TransInfo {
    pub kf_account: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Sealed {
    encrypt: String,
    msg_signature: String,
    time_stamp: String,
    nonce: String,
}

impl Account {
    /// With Tencent's habits: 3 deliveries, 5 seconds.
    pub fn new(mode: Mode) -> Self {
        crate::install_tls();
        Self {
            mode,
            appid: "wxba5fad812f8e6fb9".to_owned(),
            original_id: "gh_97417a04a28d".to_owned(),
            token: "AAAAA".to_owned(),
            aes_key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned(),
            deliveries: 3,
            patience: Duration::from_secs(5),
            now: None,
            http: reqwest::Client::new(),
            serial: AtomicU64::new(1),
        }
    }

    pub fn villager(&self, openid: &str) -> Villager<'_> {
        Villager { account: self, openid: openid.to_owned() }
    }

    fn serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::SeqCst)
    }

    pub fn now(&self) -> i64 {
        let real = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        self.now.unwrap_or_else(|| real() as i64)
    }

    /// The query string and body of one delivery of `xml`, a whole message.
    pub fn delivery(&self, openid: &str, xml: &str) -> (String, String) {
        let nonce = format!("{:09}", self.serial());
        let timestamp = self.now().to_string();
        let signature = crypto::signature(&[&self.token, &timestamp, &nonce]);
        let query =
            format!("signature={signature}&timestamp={timestamp}&nonce={nonce}&openid={openid}");
        if self.mode == Mode::Plain {
            return (query, xml.to_owned());
        }
        let random = format!("{:016}", self.serial());
        let random = random.as_bytes().try_into().expect("16 digits");
        let encrypted = crypto::encrypt(&self.aes_key, &self.appid, random, xml.as_bytes());
        let signature = crypto::signature(&[&self.token, &timestamp, &nonce, &encrypted]);
        let query = format!("{query}&encrypt_type=aes&msg_signature={signature}");
        let element = format!("<Encrypt><![CDATA[{encrypted}]]></Encrypt>");
        let body = match self.mode {
            Mode::Compatible => {
                let fields = xml.strip_suffix("</xml>").expect("a whole message");
                format!("{fields}{element}</xml>")
            }
            _ => {
                let to = &self.original_id;
                format!("<xml><ToUserName><![CDATA[{to}]]></ToUserName>{element}</xml>")
            }
        };
        (query, body)
    }

    /// The GET with which the account's page tests an address: whether it passes.
    pub async fn verify(&self, url: &str) -> Result<(), String> {
        let (echo, nonce) = (format!("43751209483{:08}", self.serial()), "1514711492");
        let timestamp = self.now().to_string();
        let signature = crypto::signature(&[&self.token, &timestamp, nonce]);
        let url = format!(
            "{url}?signature={signature}&timestamp={timestamp}&nonce={nonce}&echostr={echo}"
        );
        let answer = self.http.get(url).send().await.map_err(|error| error.to_string())?;
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        match status.as_u16() == 200 && text == echo {
            true => Ok(()),
            false => Err(format!("HTTP {status}: {text:?} instead of {echo:?}")),
        }
    }

    /// What WeChat reads in the body of an HTTP 200.
    pub fn read(&self, openid: &str, body: &str) -> Result<Option<Reply>, String> {
        if body.is_empty() || body == "success" {
            return Ok(None);
        }
        let xml = match quick_xml::de::from_str::<Sealed>(body) {
            Ok(sealed) if self.mode != Mode::Plain => self.unseal(&sealed)?,
            Err(error) if self.mode == Mode::Safe => return Err(format!("not sealed: {error}")),
            _ => body.to_owned(),
        };
        let reply: Reply =
            quick_xml::de::from_str(&xml).map_err(|error| format!("{error}: {xml}"))?;
        let is_addressed = reply.to_user_name == openid && reply.from_user_name == self.original_id;
        let content = reply.content.as_deref();
        let is_complete = match reply.msg_type.as_str() {
            "text" => content.is_some_and(|text| (1..=2048).contains(&text.len())),
            "image" => reply.image.is_some(),
            "news" => {
                let items = reply.articles.as_ref().map_or(0, |articles| articles.item.len());
                items == 1 && reply.article_count == Some(1)
            }
            "transfer_customer_service" => true,
            _ => false,
        };
        let is_recent = (reply.create_time - self.now()).abs() < 600;
        match is_addressed && is_complete && is_recent {
            true => Ok(Some(reply)),
            false => Err(format!("该公众号提供的服务出现故障: {reply:?}")),
        }
    }

    fn unseal(&self, sealed: &Sealed) -> Result<String, String> {
        let Sealed { encrypt, msg_signature, time_stamp, nonce } = sealed;
        let expect = crypto::signature(&[&self.token, time_stamp, nonce, encrypt]);
        if *msg_signature != expect {
            return Err(format!("MsgSignature is {msg_signature}, not {expect}"));
        }
        if time_stamp.parse().is_ok_and(|sent: i64| (sent - self.now()).abs() < 600) {
            let plain = crypto::decrypt(&self.aes_key, &self.appid, encrypt)?;
            return String::from_utf8(plain).map_err(|error| error.to_string());
        }
        Err(format!("TimeStamp {time_stamp} is not now, in seconds"))
    }
}

/// One person who follows the account.
#[derive(Debug)]
pub struct Villager<'a> {
    account: &'a Account,
    pub openid: String,
}

impl Villager<'_> {
    pub async fn say(&self, url: &str, text: &str) -> Result<Answer, String> {
        self.push(url, "text", &format!("<Content>{}</Content>", cdata(text))).await
    }

    pub async fn photo(&self, url: &str, media: &str) -> Result<Answer, String> {
        let inner = format!("<PicUrl>{}</PicUrl><MediaId>{0}</MediaId>", cdata(media));
        self.push(url, "image", &inner).await
    }

    /// `inner` is the XML of the fields that the event has besides its name.
    pub async fn event(&self, url: &str, name: &str, inner: &str) -> Result<Answer, String> {
        self.push(url, "event", &format!("<Event>{}</Event>{inner}", cdata(name))).await
    }

    /// A message of any kind. Every delivery has the same MsgId and CreateTime, and its own
    /// timestamp, nonce and encryption.
    pub async fn push(&self, url: &str, kind: &str, inner: &str) -> Result<Answer, String> {
        self.deliver(url, &self.message(kind, inner)).await
    }

    /// The XML of a message; for delivering one twice.
    pub fn message(&self, kind: &str, inner: &str) -> String {
        let Account { original_id, .. } = self.account;
        let id = match kind {
            "event" => String::new(),
            _ => format!("<MsgId>{}</MsgId>", 24_542_000_000_000_000 + self.account.serial()),
        };
        format!(
            "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName>\
             <CreateTime>{}</CreateTime><MsgType>{}</MsgType>{inner}{id}</xml>",
            cdata(original_id),
            cdata(&self.openid),
            self.account.now(),
            cdata(kind),
        )
    }

    pub async fn deliver(&self, url: &str, xml: &str) -> Result<Answer, String> {
        for delivery in 1..=self.account.deliveries {
            let (query, body) = self.account.delivery(&self.openid, xml);
            let request = self.account.http.post(format!("{url}?{query}"));
            let request = request.header("content-type", "text/xml").body(body);
            let Ok(answer) = request.timeout(self.account.patience).send().await else {
                continue;
            };
            let status = answer.status();
            let Ok(body) = answer.text().await else { continue };
            if status.as_u16() != 200 {
                return Err(format!("该公众号暂时无法提供服务: HTTP {status} {body}"));
            }
            let reply = self.account.read(&self.openid, &body)?;
            return Ok(Answer { deliveries: delivery, reply });
        }
        Err(format!("no answer to {} deliveries", self.account.deliveries))
    }
}

/// Text as WeChat writes it.
pub fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}
