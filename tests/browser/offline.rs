//! The agent of a village where the line comes and goes: what she writes without one is kept on her
//! device, is sent once when it is back, and goes when she signs out.

use std::time::Duration;

use bianmin::office::Role;
use fantoccini::Locator;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::SEATS;
use super::browser::{Browser, WIDTHS};
use super::county::{County, PASSWORD, county};
use super::inspect;

const VILLAGE: &str = "130225102216";
const OTHER_VILLAGE: &str = "130225109201";

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    /// What is asked arrives, and no answer comes back.
    Deaf,
    Cut,
}

/// The line between the device and the county.
struct Line {
    base: String,
    state: watch::Sender<State>,
}

impl Line {
    async fn to(county: &County) -> Self {
        let target = county.base.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = watch::Sender::new(State::Up);
        let seen = state.subscribe();
        tokio::spawn(async move {
            while let Ok((device, _)) = listener.accept().await {
                let (seen, target) = (seen.clone(), target.clone());
                tokio::spawn(async move {
                    if *seen.borrow() != State::Cut {
                        pass(device, TcpStream::connect(target).await.unwrap(), seen).await;
                    }
                });
            }
        });
        Self { base, state }
    }

    /// The browser is told as well, as a telephone knows that it has no signal.
    async fn set(&self, state: State, browser: &Browser) {
        self.state.send_replace(state);
        let offline = state == State::Cut;
        let how = json!({
            "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        browser.devtools("Network.emulateNetworkConditions", how).await.unwrap();
    }
}

async fn pass(device: TcpStream, county: TcpStream, seen: watch::Receiver<State>) {
    let (mut from_device, mut to_device) = device.into_split();
    let (mut from_county, mut to_county) = county.into_split();
    let mut cut = seen.clone();
    let asked = async {
        tokio::io::copy(&mut from_device, &mut to_county).await.ok();
    };
    let answered = async {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(n) = from_county.read(&mut bytes).await {
            let is_over = n == 0 || *seen.borrow() != State::Up;
            if is_over || to_device.write_all(&bytes[..n]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asked => {}
        () = answered => {}
        _ = cut.wait_for(|state| *state == State::Cut) => {}
    }
}

struct Device<'d> {
    browser: &'d Browser,
    line: &'d Line,
}

impl Device<'_> {
    async fn open(&self, path: &str) {
        self.browser.page.goto(&format!("{}{path}", self.line.base)).await.unwrap();
    }

    async fn sign_in(&self, name: &str) {
        self.open("/desk/sign-in").await;
        self.fill("name", name).await;
        self.fill("password", PASSWORD).await;
        self.press("登录").await;
        self.sees(name).await;
    }

    async fn fill(&self, id: &str, text: &str) {
        let field = self.browser.page.find(Locator::Id(id)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn press(&self, text: &str) {
        let button = format!("//button[normalize-space(.)=\"{text}\"]");
        let button = self.browser.page.find(Locator::XPath(&button)).await.unwrap();
        button.click().await.unwrap();
    }

    async fn text(&self) -> String {
        match self.browser.page.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    async fn sees(&self, wanted: &str) -> String {
        for _ in 0..200 {
            let text = self.text().await;
            if text.contains(wanted) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{wanted} does not come at {} px:\n{}", self.browser.width, self.text().await)
    }

    async fn ask(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; (async () => {{ {script} }})().then(done)"
        );
        self.browser.page.execute_async(&script, Vec::new()).await.unwrap()
    }

    /// The worker is there, and has a page for the time without a line.
    async fn is_ready(&self) {
        let ready =
            "return !!(navigator.serviceWorker.controller && await caches.match('/desk/shell'))";
        self.comes_true(ready).await;
    }

    async fn comes_true(&self, script: &str) {
        for _ in 0..200 {
            if self.ask(script).await == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never so: {script}: {}", self.text().await)
    }

    async fn write(&self, text: &str) {
        for (id, text) in [
            ("text", text),
            ("village", "胡家坨镇大黑坨村"),
            ("name", "赵六"),
            ("authorised", "本人来店里说的"),
        ] {
            self.fill(id, text).await;
        }
        self.press("登记").await;
    }

    async fn shot(&self, name: &str) {
        let width = self.browser.width.to_string();
        let folder = inspect::target().join("screenshots").join(width);
        std::fs::create_dir_all(&folder).unwrap();
        self.browser.picture(&folder.join(format!("offline-{name}.png"))).await.unwrap();
    }
}

/// How many cases there are in which she said so.
async fn filed(county: &County, text: &str) -> usize {
    let clerk = county.clerk_again().await;
    let list = clerk.get(&format!("/desk?search={text}")).await;
    list.matches("<td class=\"number\">").count()
}

#[tokio::test]
async fn what_is_written_without_a_line_arrives_once() {
    let _seat = SEATS.acquire().await.unwrap();
    for width in WIDTHS {
        let mut county = county().open().await;
        county.clerk().await;
        county.staff("村代办", Role::Agent, Some(VILLAGE)).await;
        county.staff("邻村代办", Role::Agent, Some(OTHER_VILLAGE)).await;
        let browser = Browser::open(width).await;
        let line = Line::to(&county).await;
        let device = Device { browser: &browser, line: &line };
        device.sign_in("村代办").await;
        device.is_ready().await;

        line.set(State::Cut, &browser).await;
        device.open("/desk/new").await;
        let page = device.sees("现在没有网").await;
        assert!(!page.contains("以前的事"), "{page}");
        device.shot("form").await;
        device.write("村东头的水管冻裂了").await;
        device.sees("存在这台手机里").await;
        assert!(device.sees("村东头的水管冻裂了").await.contains("现在没有网"));
        device.shot("kept").await;
        assert_eq!(filed(&county, "水管冻裂了").await, 0);

        // It is still there tomorrow, and goes with the token of tomorrow.
        county.tick(25 * 3_600);
        device.open("/desk").await;
        device.sees("村东头的水管冻裂了").await;
        line.set(State::Up, &browser).await;
        device.sign_in("村代办").await;
        device.sees("交上去了，编号").await;
        device.shot("sent").await;
        device.open("/desk").await;
        device.sees("帮群众报事").await;
        assert!(!device.text().await.contains("没有网时写的"));
        county.settle().await;
        assert_eq!(filed(&county, "水管冻裂了").await, 1);

        // It arrived, and she was not told so.
        device.open("/desk/new").await;
        device.is_ready().await;
        line.set(State::Deaf, &browser).await;
        device.write("村西头的桥栏杆断了").await;
        device.sees("存在这台手机里").await;
        county.settle().await;
        assert_eq!(filed(&county, "桥栏杆断了").await, 1);
        county.tick(1_200);
        line.set(State::Up, &browser).await;
        device.open("/desk").await;
        device.sees("交上去了，编号").await;
        county.settle().await;
        assert_eq!(filed(&county, "桥栏杆断了").await, 1);

        // What can not be filed says why, and stays until she drops it.
        line.set(State::Cut, &browser).await;
        device.open("/desk/new").await;
        device.fill("village", "不知道哪个村").await;
        device.fill("text", "路不好走").await;
        device.fill("name", "赵六").await;
        device.fill("authorised", "本人").await;
        device.press("登记").await;
        device.sees("存在这台手机里").await;
        line.set(State::Up, &browser).await;
        device.open("/desk").await;
        device.comes_true("return !!document.querySelector('#kept .why')?.textContent").await;
        device.shot("refused").await;
        device.press("不要了").await;
        device.open("/desk").await;
        device.sees("帮群众报事").await;
        assert!(!device.text().await.contains("路不好走"));

        // Somebody else sits down at the device, or she goes: nothing of her stays.
        line.set(State::Cut, &browser).await;
        device.open("/desk/new").await;
        device.write("后街的灯不亮").await;
        device.sees("存在这台手机里").await;
        county.tick(25 * 3_600);
        line.set(State::Up, &browser).await;
        device.sign_in("邻村代办").await;
        device.is_ready().await;
        let names = "return (await caches.keys()).every((name) => name.endsWith(':邻村代办'))";
        device.comes_true(names).await;
        assert!(!device.text().await.contains("后街的灯不亮"));
        device.press("退出").await;
        device.sees("登录").await;
        assert_eq!(device.ask("return await caches.keys()").await, json!([]));
        assert_eq!(filed(&county, "后街的灯不亮").await, 0);
        browser.close().await;
    }
}
