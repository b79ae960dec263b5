//! A county in a test: a server, its WeChat, its clock, a clerk. Built in one line, and
//! reached over HTTP only.

use std::path::Path;
use std::sync::Arc;

use bianmin::config;
use bianmin::office::clock::{Clock, ManualClock};
use bianmin::office::{Office, Parts, Role, Tables, read_script};
use bianmin::store::{MemoryEngine, PostgresEngine, PostgresSettings, Store};
use bianmin::web;
use fake_wechat::postgres::Cluster;
use fake_wechat::{
    Account, Answer, FakePay, FakeWechat, Mode, PAY_API_KEY, PAY_KEY_ID, PAY_MCHID, PAY_SERIAL,
    cdata,
};
use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub const VILLAGER: &str = "oVillager00000000000000000001";
/// Of everybody here.
pub const PASSWORD: &str = "长城 长又长 啊";
const SECRET: &str = "the-app-secret";
/// Every secret of every SMS channel.
pub const SMS_SECRET: &str = "smssecret0123456789abcdef";
/// Where a county is that is paid in WeChat.
pub const PUBLIC_URL: &str = "https://bm.example.gov.cn";
/// A Monday, ten in the morning in China.
const BEGINNING: &str = "2026-11-23T10:00:00+08:00";

pub struct County {
    pub wechat: FakeWechat,
    pub account: Account,
    pub office: Arc<Office>,
    pub store: Store,
    pub clock: Arc<ManualClock>,
    /// `http://127.0.0.1:port`
    pub base: String,
    pub data: tempfile::TempDir,
    pub http: reqwest::Client,
    stop: CancellationToken,
}

impl Drop for County {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub struct Builder {
    mode: Mode,
    store: Option<Store>,
    dialogs: Option<std::path::PathBuf>,
    folder: Option<std::path::PathBuf>,
    tables: fn(&mut Tables),
    settings: String,
    account_settings: String,
    desk_settings: String,
    secret: bool,
    public_url: &'static str,
    idle_minutes: u32,
    now: Timestamp,
}

pub fn county() -> Builder {
    Builder {
        mode: Mode::Safe,
        store: None,
        dialogs: None,
        folder: None,
        tables: |_| (),
        settings: String::new(),
        account_settings: String::new(),
        desk_settings: String::new(),
        secret: true,
        public_url: "",
        // Whole days pass in a test, and nobody signs in again for each.
        idle_minutes: 1_440,
        now: BEGINNING.parse().unwrap(),
    }
}

/// In memory, or what `BIANMIN_TEST_STORE` names: tests/all.sh runs everything on both.
async fn empty_store() -> Store {
    let named = std::env::var("BIANMIN_TEST_STORE").unwrap_or_default();
    match named.as_str() {
        "" | "memory" => Arc::new(MemoryEngine::default()),
        "postgres" => postgres(&Cluster::shared().fresh().url()).await,
        other => panic!("BIANMIN_TEST_STORE={other}: memory or postgres"),
    }
}

pub async fn postgres(url: &str) -> Store {
    let (url, connections) = (url.to_owned(), 4);
    let settings = PostgresSettings { url, password: None, ca_file: None, connections };
    Arc::new(PostgresEngine::open(settings).await.unwrap())
}

impl Builder {
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The first moment of the test, instead of a Monday in November.
    pub fn at(mut self, now: &str) -> Self {
        self.now = now.parse().unwrap();
        self
    }

    pub fn store(mut self, store: Store) -> Self {
        self.store = Some(store);
        self
    }

    /// More lines of config.toml, sections and all.
    pub fn settings(mut self, lines: &str) -> Self {
        self.settings.push_str(lines);
        self
    }

    /// So long somebody who does nothing stays signed in.
    pub fn idle_minutes(mut self, minutes: u32) -> Self {
        self.idle_minutes = minutes;
        self
    }

    /// Where people reach the desk.
    pub fn public_url(mut self, url: &'static str) -> Self {
        self.public_url = url;
        self
    }

    /// Another folder than the shipped one.
    pub fn dialogs(mut self, folder: &Path) -> Self {
        self.dialogs = Some(folder.to_owned());
        self
    }

    /// Another county's folder than the shipped one.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Changes what was read from the county's folder.
    pub fn tables(mut self, change: fn(&mut Tables)) -> Self {
        self.tables = change;
        self
    }

    /// Those who order may pay in WeChat.
    pub fn paid_by(mut self, pay: &FakePay) -> Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wechat_pay");
        self.public_url = PUBLIC_URL;
        self.settings(&format!(
            "[wechat_pay]\nmchid = {PAY_MCHID:?}\nserial = {PAY_SERIAL:?}\nkey_file = {:?}\n\
             platform_keys = {{ {PAY_KEY_ID} = {:?} }}\napi_v3_key_env = \"PAY_API_KEY\"\napi = {:?}\n",
            fixtures.join("sample_key.pem"),
            fixtures.join("platform_public.pem"),
            pay.url,
        ))
    }

    /// More lines of `[desk]`.
    pub fn desk(mut self, lines: &str) -> Self {
        self.desk_settings.push_str(lines);
        self
    }

    /// More lines of `[wechat.main]`.
    pub fn account(mut self, lines: &str) -> Self {
        self.account_settings.push_str(lines);
        self
    }

    /// The account can answer but not push.
    pub fn without_secret(mut self) -> Self {
        self.secret = false;
        self
    }

    pub async fn open(self) -> County {
        let wechat = FakeWechat::start("wxba5fad812f8e6fb9", SECRET).await;
        self.open_with(wechat).await
    }

    /// Another instance: the same WeChat and the same time as `first` has.
    pub async fn open_beside(mut self, first: &County) -> County {
        self.now = first.clock.now();
        // Its own one stands idle.
        let idle = FakeWechat::start("wxba5fad812f8e6fb9", SECRET).await;
        let api = first.wechat.url.clone();
        self.open_at(idle, &api).await
    }

    /// The same WeChat as before: a restart.
    pub async fn open_with(self, wechat: FakeWechat) -> County {
        let api = wechat.url.clone();
        self.open_at(wechat, &api).await
    }

    async fn open_at(self, wechat: FakeWechat, api: &str) -> County {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let data = tempfile::tempdir().unwrap();
        let mut account = Account::new(self.mode);
        account.now = Some(self.now.as_second());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let config = self.config(root, data.path(), &account, api, &base);
        let mut tables = Tables::read(&config.settings.county.folder).unwrap();
        (self.tables)(&mut tables);
        let script = read_script(&config.settings.county.dialogs).unwrap();
        let clock = Arc::new(ManualClock::new(self.now));
        let store = match self.store {
            Some(store) => store,
            None => empty_store().await,
        };
        let parts = Parts { config, store: store.clone(), clock: clock.clone(), tables, script };
        let office = Office::new(parts).unwrap();
        let stop = CancellationToken::new();
        let router = web::router(office.clone());
        tokio::spawn(web::serve(listener, router, web::Limits::default(), stop.clone()));
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        County { wechat, account, office, store, clock, base, data, http, stop }
    }

    fn config(
        &self,
        root: &Path,
        data: &Path,
        account: &Account,
        api: &str,
        base: &str,
    ) -> config::Config {
        let mode = match self.mode {
            Mode::Plain => "plain",
            Mode::Compatible => "compatible",
            Mode::Safe => "safe",
        };
        let secret = if self.secret { "secret_env = \"SECRET\"" } else { "" };
        let simulator = match self.settings.contains("[simulator]") {
            true => "",
            false => "[simulator]\nbeside_accounts = true\n",
        };
        let text = format!(
            "{}\n[server]\ndata = {:?}\npublic_url = {:?}\n[county]\nfolder = {:?}\ndialogs = {:?}\n\
             {simulator}[desk]\nidle_minutes = {}\nseal_key_env = \"SEAL_KEY\"\n{}\
             [wechat.main]\nappid = {:?}\noriginal_id = {:?}\nmode = {mode:?}\n\
             token_env = \"TOKEN\"\naes_key_env = \"KEY\"\n{secret}\napi = {api:?}\n{}\n",
            self.settings.replace("{base}", base),
            data,
            self.public_url,
            self.folder.clone().unwrap_or_else(|| root.join("county")),
            self.dialogs.clone().unwrap_or_else(|| root.join("dialogs")),
            self.idle_minutes,
            self.desk_settings,
            account.appid,
            account.original_id,
            self.account_settings,
        );
        let secrets = |name: &str| match name {
            "TOKEN" => Some(account.token.clone()),
            "KEY" => Some(account.aes_key.clone()),
            "SECRET" => Some(SECRET.to_owned()),
            "PAY_API_KEY" => Some(PAY_API_KEY.to_owned()),
            "SEAL_KEY" => Some("0123456789abcdef0123456789abcdef".to_owned()),
            name if name.starts_with("SMS_") => Some(SMS_SECRET.to_owned()),
            _ => None,
        };
        config::parse("config.toml", &text, &secrets).unwrap()
    }
}

impl County {
    pub fn webhook(&self) -> String {
        format!("{}/wechat/main", self.base)
    }

    /// What a villager writes, and the text of the answer.
    pub async fn say(&self, who: &str, text: &str) -> String {
        self.try_say(who, text).await.unwrap().text().to_owned()
    }

    pub async fn try_say(&self, who: &str, text: &str) -> Result<Answer, String> {
        self.wechat.follow(who);
        self.wechat.wrote(who);
        self.account.villager(who).say(&self.webhook(), text).await
    }

    pub async fn event(&self, who: &str, name: &str, key: &str) -> String {
        self.wechat.follow(who);
        self.wechat.tapped(who);
        let inner = match key {
            "" => String::new(),
            key => format!("<EventKey>{}</EventKey>", cdata(key)),
        };
        let answer = self.account.villager(who).event(&self.webhook(), name, &inner).await;
        answer.unwrap().text().to_owned()
    }

    /// Says one after the other; gives the last answer.
    pub async fn talk(&self, who: &str, texts: &[&str]) -> String {
        let mut last = String::new();
        for text in texts {
            last = self.say(who, text).await;
        }
        last
    }

    /// A whole report; gives the number as digits.
    pub async fn report(&self, who: &str) -> String {
        let text = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000";
        self.report_of(who, text).await
    }

    /// Of what is said in one sentence; a case of her own, also where a neighbour has told of it.
    pub async fn report_of(&self, who: &str, text: &str) -> String {
        let mut last = self.talk(who, &[text, "对"]).await;
        if last.contains("单独办") {
            last = self.say(who, "2").await;
        }
        assert!(last.contains("收到了，编号"), "{last}");
        number_in(&last)
    }

    /// Time passes, for WeChat too, and what is due by then is done.
    pub async fn pass(&mut self, seconds: i64) {
        self.tick(seconds);
        self.settle().await;
    }

    /// Time passes, and nothing is done yet.
    pub fn tick(&mut self, seconds: i64) {
        self.clock.advance(seconds);
        self.wechat.advance(seconds);
        self.account.now = self.account.now.map(|now| now + seconds);
    }

    /// The county's time as the program writes it.
    pub fn clock_text(&self) -> String {
        self.clock.now().to_string()
    }

    /// Seconds since 1970.
    pub fn clock_now(&self) -> i64 {
        self.clock.now().as_second()
    }

    pub async fn settle(&self) {
        self.office.settle_all().await.unwrap();
    }

    /// The texts that WeChat carried to her, apart from passive replies.
    pub fn inbox(&self, who: &str) -> Vec<String> {
        let text = |message: &Value| match message["text"]["content"].as_str() {
            Some(text) => text.to_owned(),
            None => message["data"].to_string(),
        };
        self.wechat.inbox(who).iter().map(text).collect()
    }

    pub async fn health(&self) -> Value {
        let answer = self.http.get(format!("{}/health", self.base)).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Who does all of the platform's work, signed in and with a password of her own.
    pub async fn clerk(&self) -> Clerk<'_> {
        self.staff("管理员", Role::Director, None).await
    }

    /// Who keeps the settings, and sees no case.
    pub async fn keeper(&self) -> Clerk<'_> {
        self.staff("系统管理员", Role::SystemAdmin, None).await
    }

    /// Somebody with that role; `department` is an id in departments.csv.
    pub async fn staff(&self, name: &str, role: Role, department: Option<&str>) -> Clerk<'_> {
        let password = self.office.add_staff(name, role, department).await.unwrap();
        self.newcomer(name, &password).await
    }

    pub async fn newcomer(&self, name: &str, password: &str) -> Clerk<'_> {
        let mut clerk = self.nobody();
        clerk.sign_in(name, password).await.unwrap();
        let page = clerk.get("/desk/password").await;
        clerk.csrf = csrf_in(&page);
        let fields =
            [("old_password", password), ("new_password", PASSWORD), ("again_password", PASSWORD)];
        let (status, text) = clerk.post("/desk/password", &fields).await;
        assert_eq!(status, 303, "{text}");
        if clerk.try_get("/desk").await.0 == 303 {
            clerk.bind().await;
        }
        clerk
    }

    /// A file, by the form of `page` that goes to `path`.
    pub async fn upload(
        &self,
        clerk: &Clerk<'_>,
        page: &str,
        path: &str,
        name: &str,
        bytes: Vec<u8>,
    ) -> (u16, String) {
        self.upload_with(clerk, page, path, (name, bytes), &[]).await
    }

    /// With what is chosen beside it.
    pub async fn upload_with(
        &self,
        clerk: &Clerk<'_>,
        page: &str,
        path: &str,
        (name, bytes): (&str, Vec<u8>),
        fields: &[(&str, &str)],
    ) -> (u16, String) {
        let csrf = clerk.csrf_of(page).await;
        let boundary = "boundary-of-the-test";
        let part = |(name, value): &(&str, &str)| {
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        let mut body: Vec<u8> =
            std::iter::once(&("csrf", &*csrf)).chain(fields).map(part).collect::<String>().into();
        body.extend(
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"table\"; filename=\"{name}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend(bytes);
        body.extend(format!("\r\n--{boundary}--\r\n").as_bytes());
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("cookie", &clerk.cookie)
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A photo of what `text` says, by the form of a case.
    pub async fn add_photo(
        &self,
        clerk: &Clerk<'_>,
        number: &str,
        text: &str,
        bytes: &[u8],
    ) -> (u16, String) {
        self.send_file(clerk, number, ("photo", "photo"), text, bytes).await
    }

    /// Something that goes with the answer.
    pub async fn attach(
        &self,
        clerk: &Clerk<'_>,
        number: &str,
        text: &str,
        bytes: &[u8],
    ) -> (u16, String) {
        self.send_file(clerk, number, ("attach", "file"), text, bytes).await
    }

    async fn send_file(
        &self,
        clerk: &Clerk<'_>,
        number: &str,
        (action, field): (&str, &'static str),
        text: &str,
        bytes: &[u8],
    ) -> (u16, String) {
        let path = format!("/desk/cases/{number}");
        let page = clerk.get(&path).await;
        let form = reqwest::multipart::Form::new()
            .text("csrf", csrf_in(&page))
            .text("revision", part(&page, "name=\"revision\" value=\"", "\"").to_owned())
            .text("text", text.to_owned())
            .part(field, reqwest::multipart::Part::bytes(bytes.to_vec()).file_name("a.png"));
        let request = self.http.post(format!("{}{path}/{action}", self.base));
        let answer = request.header("cookie", &clerk.cookie).multipart(form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A browser that has not signed in.
    pub fn nobody(&self) -> Clerk<'_> {
        Clerk { county: self, cookie: String::new(), csrf: String::new(), secret: String::new() }
    }

    /// The same clerk on another day.
    pub async fn clerk_again(&self) -> Clerk<'_> {
        self.again("管理员").await
    }

    /// Anybody who has a password of her own.
    pub async fn again(&self, name: &str) -> Clerk<'_> {
        let mut clerk = self.nobody();
        clerk.sign_in(name, PASSWORD).await.unwrap();
        clerk
    }
}

impl County {
    /// To which page somebody comes who signs in.
    pub async fn home_of(&self, name: &str) -> String {
        let form = [("name", name), ("password", PASSWORD)];
        let asked = self.http.post(format!("{}/desk/sign-in", self.base)).form(&form);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303, "{name}");
        answer.headers()["location"].to_str().unwrap().to_owned()
    }
}

/// Of a folder, with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

/// The digits of all numbers like 126-041-273.
pub fn numbers_in(text: &str) -> Vec<String> {
    let pattern = regex::Regex::new(r"\d{3}-\d{3}-\d{3}").unwrap();
    pattern.find_iter(text).map(|found| found.as_str().replace('-', "")).collect()
}

/// Those of the first.
pub fn number_in(text: &str) -> String {
    numbers_in(text).into_iter().next().unwrap_or_else(|| panic!("no number: {text}"))
}

/// What stands between the two.
pub fn part<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("no {from}: {page}"));
    rest.split(to).next().unwrap()
}

/// The address of the first photo or recording of a page; the hash is behind `/desk/media/`.
pub fn media_in(page: &str) -> String {
    let pattern = regex::Regex::new("/desk/media/[0-9a-f]{64}[?](case|task)=[^\"]+").unwrap();
    pattern.find(page).unwrap_or_else(|| panic!("no photo: {page}")).as_str().to_owned()
}

fn csrf_in(page: &str) -> String {
    part(page, "name=\"csrf\" value=\"", "\"").to_owned()
}

/// A browser at the desk, without JavaScript.
pub struct Clerk<'a> {
    county: &'a County,
    pub cookie: String,
    pub csrf: String,
    /// In her telephone, in base32.
    pub secret: String,
}

impl Clerk<'_> {
    /// Takes up the second step; gives the page with the codes for a lost telephone.
    pub async fn bind(&mut self) -> String {
        let page = self.get("/desk/second").await;
        self.secret = part(&page, "<p class=\"secret\"><code>", "</code>").replace(' ', "");
        self.csrf = csrf_in(&page);
        let code = self.number();
        let fields = [("code", &*code), ("password", PASSWORD)];
        let (status, page) = self.post("/desk/second", &fields).await;
        assert_eq!(status, 200, "{page}");
        page
    }

    /// What her telephone shows now.
    pub fn number(&self) -> String {
        let secret = totp_rs::Secret::try_from_base32(&self.secret).unwrap();
        let clock = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        clock.generate(self.county.clock_now() as u64).to_string()
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Result<(), (u16, String)> {
        let form = [("name", name), ("password", password)];
        let url = format!("{}/desk/sign-in", self.county.base);
        let answer = self.county.http.post(url).form(&form).send().await.unwrap();
        let status = answer.status().as_u16();
        self.keep_cookies(&answer);
        let text = answer.text().await.unwrap();
        if status == 303 { Ok(()) } else { Err((status, text)) }
    }

    fn keep_cookies(&mut self, answer: &reqwest::Response) {
        for line in answer.headers().get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            if pair.starts_with("desk=") {
                self.cookie = pair.to_owned();
            }
        }
    }

    pub async fn get(&self, path: &str) -> String {
        let (status, text) = self.try_get(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    pub async fn try_get(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.county.base);
        let answer = self.county.http.get(url).header("cookie", &self.cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A file, as it is.
    pub async fn download(&self, path: &str) -> (u16, Vec<u8>) {
        let url = format!("{}{path}", self.county.base);
        let answer = self.county.http.get(url).header("cookie", &self.cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    /// A file that is written down when it is taken out: by a form with the token.
    pub async fn take_out(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Vec<u8>) {
        let csrf = self.csrf_of("/desk/me").await;
        let mut form = vec![("csrf", &*csrf)];
        form.extend_from_slice(fields);
        let url = format!("{}{path}", self.county.base);
        let request = self.county.http.post(url).header("cookie", &self.cookie).form(&form);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    /// The text of one.
    pub async fn file_of(&self, path: &str) -> String {
        let (status, bytes) = self.take_out(path, &[]).await;
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let mut form = vec![("csrf", self.csrf.clone())];
        form.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let url = format!("{}{path}", self.county.base);
        let request = self.county.http.post(url).header("cookie", &self.cookie).form(&form);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        self.keep_cookies(&answer);
        (status, answer.text().await.unwrap())
    }

    /// What a villager said on the telephone; gives the number as digits.
    pub async fn file(&mut self, phone: &str, category: &str, text: &str) -> String {
        self.file_at("胡家坨镇大黑坨村", phone, category, text).await
    }

    pub async fn file_at(
        &mut self,
        village: &str,
        phone: &str,
        category: &str,
        text: &str,
    ) -> String {
        self.csrf = self.csrf_of("/desk/new").await;
        let fields = [
            ("name", "张三"),
            ("phone", phone),
            ("village", village),
            ("category", category),
            ("text", text),
        ];
        let (status, page) = self.post("/desk/new", &fields).await;
        assert_eq!(status, 303, "{page}");
        self.county.settle().await;
        let list = self.get("/desk").await;
        part(&list, "href=\"/desk/cases/", "\"").to_owned()
    }

    /// Of a department's line in the sheet of that month: the cell below the head.
    pub async fn figure(&self, month: &str, department: &str, head: &str) -> String {
        let path = format!("/desk/ledgers?kind=departments&month={month}");
        let page = self.get(&path).await;
        let heads = page.split("<th scope=\"col\">").skip(1);
        let at = heads.map(|rest| rest.split('<').next().unwrap()).position(|one| one == head);
        let row = page.split("<tr>").find(|row| row.contains(&format!("<td>{department}</td>")));
        let row = row.unwrap_or_else(|| panic!("{department}: {page}"));
        let cell = row.split("<td>").skip(1).nth(at.expect(head)).expect("a cell");
        cell.split('<').next().unwrap().to_owned()
    }

    pub async fn csrf_of(&self, path: &str) -> String {
        csrf_in(&self.get(path).await)
    }

    /// The page of a case, and a form on it sent as the page gives it.
    pub async fn act(&mut self, number: &str, action: &str, fields: &[(&str, &str)]) {
        let (status, text) = self.try_act(number, action, fields).await;
        assert_eq!(status, 303, "{action}: {text}");
        self.county.settle().await;
    }

    pub async fn try_act(
        &mut self,
        number: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> (u16, String) {
        let path = format!("/desk/cases/{number}");
        let page = self.get(&path).await;
        let (_, rest) = page.split_once("name=\"revision\" value=\"").expect("a revision");
        let revision = rest.split('"').next().unwrap().to_owned();
        self.csrf = csrf_in(&page);
        let mut all = vec![("revision", revision.as_str())];
        all.extend_from_slice(fields);
        self.post(&format!("{path}/{action}"), &all).await
    }

    /// Asks who filed a case.
    pub async fn see(&mut self, number: &str, reason: &str) -> (u16, String) {
        let path = format!("/desk/cases/{number}");
        self.csrf = csrf_in(&self.get(&path).await);
        self.post(&format!("{path}/identity"), &[("reason", reason)]).await
    }

    /// The addresses of open tasks whose page holds `text`.
    pub async fn tasks(&self, text: &str) -> Vec<String> {
        let list = self.get("/desk/tasks").await;
        let mut found = Vec::new();
        for part in list.split("href=\"/desk/tasks/").skip(1) {
            let path = format!("/desk/tasks/{}", part.split('"').next().unwrap());
            if self.get(&path).await.contains(text) && !found.contains(&path) {
                found.push(path);
            }
        }
        found
    }
}
