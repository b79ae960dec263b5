//! What the real program writes to its log while short messages come and go by every provider,
//! at every level, and while everything fails that can.

use std::time::{Duration, Instant};

use fake_wechat::{FakeSms, SmsFault, twilio_signature};
use serde_json::json;

use super::program::{Home, Server};

/// Of every provider: key, token, password.
const SECRET: &str = "pass/word+of the county";
const PATH: &str = "pathsecret0123456789";
const PHONES: [&str; 2] = ["13800138000", "13912345678"];
const CHANNELS: [&str; 5] = ["modem", "aliyun", "tencent", "twilio", "other"];

fn settings(level: &str, fake: &FakeSms) -> String {
    let url = &fake.url;
    let common = "path_secret_env = \"SMS_PATH\"\nper_second = 1000";
    let templates = |name: &str, fill: &str, code: &str| {
        format!(
            "[sms.{name}.templates]\nother = {{ id = \"SMS_1\", fill = [{fill}] }}\n\
             link_code = {{ id = \"SMS_2\", fill = [{code}] }}\n"
        )
    };
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nlog = \"{level}\"\n[simulator]\n\
         beside_accounts = true\n[limits]\nmessages_per_minute = 1000\n\
         [sms.modem]\nprovider = \"kannel\"\nusername = \"svc\"\npassword_env = \"SMS_SECRET\"\n\
         api = \"{url}/cgi-bin/sendsms\"\n{common}\n\
         [sms.aliyun]\nprovider = \"aliyun\"\naccess_key_id = \"id\"\nsign_name = \"某县\"\n\
         access_key_secret_env = \"SMS_SECRET\"\napi = \"{url}\"\n{common}\n{}\
         [sms.tencent]\nprovider = \"tencent\"\nsecret_id = \"id\"\nsign_name = \"某县\"\n\
         app_id = \"1\"\npull = true\nsecret_key_env = \"SMS_SECRET\"\napi = \"{url}\"\n\
         {common}\n{}\
         [sms.twilio]\nprovider = \"twilio\"\naccount_sid = \"AC1\"\nfrom = \"+15005550006\"\n\
         auth_token_env = \"SMS_SECRET\"\napi = \"{url}\"\ncallback = \"http://sms.test\"\n\
         {common}\n\
         [sms.other]\nprovider = \"json\"\nsecret_env = \"SMS_SECRET\"\napi = \"{url}/send\"\n\
         code = \"code\"\nok = [\"0\"]\nmessage_id = \"data.sid\"\n{common}\n\
         body = {{ mobile = \"{{to}}\", content = \"{{text}}\", uid = \"{{id}}\", key = \
         \"{{secret}}\" }}\n\
         inbound = {{ list = \"data\", from = \"mobile\", text = \"content\", id = \"msgid\" }}\n\
         report = {{ list = \"data\", ours = \"uid\", theirs = \"sid\", state = \"stat\", \
         delivered = [\"DELIVRD\"], failed = [\"UNDELIV\"] }}\n",
        templates("aliyun", "\"no=number\"", "\"code=code\""),
        templates("tencent", "\"tail\"", "\"code\""),
    )
}

struct Program {
    server: Server,
    home: Home,
    http: reqwest::Client,
}

impl Program {
    fn start(level: &str, fake: &FakeSms) -> Self {
        let home = Home::new();
        home.write("config.toml", settings(level, fake));
        let server = home.serve_logging(&[("SMS_SECRET", SECRET), ("SMS_PATH", PATH)]);
        Self { server, home, http: reqwest::Client::new() }
    }

    async fn get(&self, path: &str, status: u16) {
        let answer = self.http.get(format!("{}{path}", self.server.base)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }

    async fn post(&self, path: &str, body: &serde_json::Value) {
        let request = self.http.post(format!("{}{path}", self.server.base));
        let request = request.header("content-type", "application/json").body(body.to_string());
        request.send().await.unwrap();
    }

    async fn twilio(&self, token: &str, status: u16, form: &[(&str, &str)]) {
        let path = format!("/sms/twilio/{PATH}");
        // The address as the provider knows it.
        let signature = twilio_signature(token, &format!("http://sms.test{path}"), form);
        let request = self.http.post(format!("{}{path}", self.server.base)).form(form);
        let answer = request.header("x-twilio-signature", signature).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
    }

    /// What villagers write by every channel, and all that is not right about a call.
    async fn calls(&self) {
        for (n, phone) in PHONES.iter().enumerate() {
            for (m, text) in ["1", "2", "0", "TD"].iter().enumerate() {
                let query = format!("?id={n}{m}&from=%2B86{phone}&to=10690000&ts=1&text={text}");
                self.get(&format!("/sms/modem/{PATH}{query}"), 200).await;
                let wrote = json!({ "phone_number": phone, "content": text, "dest_code": "1",
                    "send_time": "2026-11-24 10:00:00", "sequence_id": n * 10 + m });
                self.post(&format!("/sms/aliyun/{PATH}/replies"), &json!([wrote, 5])).await;
                let wrote = json!({ "mobile": phone, "nationcode": "86", "text": text,
                    "time": m, "sign": "某县", "extend": "01" });
                self.post(&format!("/sms/tencent/{PATH}/replies"), &wrote).await;
                let wrote = json!({ "data": [{ "mobile": phone, "content": text, "msgid": m }] });
                self.post(&format!("/sms/other/{PATH}"), &wrote).await;
                let (sid, from) = (format!("SM{n}{m}"), format!("+86{phone}"));
                let form = [
                    ("MessageSid", &*sid),
                    ("AccountSid", "AC1"),
                    ("From", &from),
                    ("To", "+15005550006"),
                    ("Body", text),
                ];
                self.twilio(SECRET, 200, &form).await;
                self.twilio("wrong", 403, &form).await;
            }
            for name in CHANNELS {
                self.get(&format!("/sms/{name}/{PATH}x?from={phone}&text=1"), 404).await;
                let body = json!([{ "phone_number": phone, "mobile": phone, "success": true,
                    "report_status": "SUCCESS", "out_id": phone, "ext": phone, "biz_id": phone,
                    "sid": phone, "err_msg": phone, "errmsg": phone }]);
                self.post(&format!("/sms/{name}/{PATH}"), &body).await;
                self.post(&format!("/sms/{name}/{PATH}"), &json!(phone)).await;
            }
            self.get(&format!("/sms/{PATH}/{phone}?from={phone}&text=1"), 404).await;
            self.get(&format!("/sms/modem/{PATH}?to={phone}&text=1"), 400).await;
            self.get(&format!("/sms/modem/{PATH}?id=s&from=106{phone}&text=1"), 200).await;
            self.get(&format!("/sms/modem/{PATH}?msg={phone}&d=1"), 200).await;
        }
    }

    /// Stops it; gives what it wrote.
    fn log(self) -> String {
        drop(self.server);
        std::fs::read_to_string(self.home.path("log")).unwrap()
    }
}

/// No secret, as it is or as it stands in a URL, and no whole number, at any level.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_and_no_whole_phone_number_in_any_log_line() {
    for level in ["trace", "debug", "info", "warn", "error"] {
        let fake = FakeSms::start(SECRET).await;
        // The first answers fail in every way there is, and repeat what they were asked.
        let said = format!("denied {} {SECRET} {PATH}", PHONES[0]);
        fake.fail(SmsFault::Answer(401, said.clone()));
        for status in [503, 400, 500, 200] {
            fake.fail(SmsFault::Answer(status, said.clone()));
            fake.fail(SmsFault::Answer(status, json!({ "Code": said }).to_string()));
        }
        fake.fail(SmsFault::Drop);
        let program = Program::start(level, &fake);
        program.calls().await;
        let end = Instant::now() + Duration::from_secs(20);
        while fake.taken().len() < 3 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if fake.taken().len() < 3 {
            panic!("too little was sent: {:?}\n{}", fake.wrong(), program.log());
        }
        let health =
            program.http.get(format!("{}/health", program.server.base)).send().await.unwrap();
        let health = health.text().await.unwrap();
        let log = program.log();
        if level == "trace" {
            assert!(log.lines().count() > 100, "the log is on: {log}");
            assert!(log.contains("138****8000"), "numbers are there, masked");
        }
        let escaped = ["pass%2Fword", "word%2Bof", "word+of", "of%20the%20county", "cGFzcy93b3Jk"];
        for forbidden in PHONES.iter().chain(&[SECRET, PATH]).chain(&escaped) {
            let line = log.lines().find(|line| line.contains(forbidden));
            assert_eq!(line, None, "{level}: the log holds {forbidden}");
            assert!(!health.contains(forbidden), "{level}: the health page holds {forbidden}");
        }
    }
}
