//! The real program, killed at random moments under load: what it answered is there after
//! the restart, once.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fake_wechat::{Account, Mode};

const ROUNDS: u64 = 20;
const VILLAGERS: usize = 24;
const START_MAX: Duration = Duration::from_secs(2);

struct Server {
    child: Child,
    url: String,
    started_in: Duration,
}

impl Server {
    fn start(folder: &Path, account: &Account) -> Self {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_bianmin"))
            .current_dir(folder)
            .env("TOKEN", &account.token)
            .env("KEY", &account.aes_key)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut base = None;
        for line in lines {
            let line = line.unwrap();
            if let Some((_, rest)) = line.split_once("http://")
                && line.contains("health")
            {
                base = rest.strip_suffix("/health").map(str::to_owned);
                break;
            }
        }
        let base = base.expect("it says where the health page is");
        let url = format!("http://{base}/wechat/main");
        Self { child, url, started_in: began.elapsed() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What one villager said and was answered, in order.
#[derive(Default)]
struct Diary {
    answered: Vec<(String, String)>,
    /// Sent, and no answer came: it may have taken effect or not.
    open: Option<String>,
}

fn settings(folder: &Path, account: &Account) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nlog = \"error\"\n\
         [county]\nfolder = {:?}\ndialogs = {:?}\n\
         [limits]\nmessages_per_minute = 100000\n\
         [simulator]\nenabled = false\n\
         [wechat.main]\nappid = {:?}\ntoken_env = \"TOKEN\"\naes_key_env = \"KEY\"\n",
        root.join("county"),
        root.join("dialogs"),
        account.appid,
    );
    std::fs::write(folder.join("config.toml"), text).unwrap();
}

/// Each answer names the one before it, so a lost or doubled message shows at once.
fn next_text(n: usize) -> &'static str {
    ["投诉", "大黑坨村", "写错了，是小黑坨村", "上一步"][n % 4]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_a_kill_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = Account::new(Mode::Safe);
    account.deliveries = 1;
    settings(folder.path(), &account);
    let account = Arc::new(account);
    let mut diaries: Vec<Diary> = (0..VILLAGERS).map(|_| Diary::default()).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..ROUNDS {
        let server = Server::start(folder.path(), &account);
        assert!(server.started_in < START_MAX, "round {round}: {:?}", server.started_in);
        for (who, diary) in diaries.iter_mut().enumerate() {
            settle(&account, &server.url, who, diary, round).await;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let talks: Vec<_> = diaries
            .drain(..)
            .enumerate()
            .map(|(who, diary)| {
                let (account, url, stop) = (account.clone(), server.url.clone(), stop.clone());
                tokio::spawn(talk(account, url, who, diary, stop))
            })
            .collect();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        tokio::time::sleep(Duration::from_millis(50 + random % 400)).await;
        // SIGKILL, in the middle of it.
        drop(server);
        stop.store(true, Ordering::SeqCst);
        for talk in talks {
            diaries.push(talk.await.unwrap());
        }
    }
    let total: usize = diaries.iter().map(|diary| diary.answered.len()).sum();
    assert!(total > 500, "{total} messages are too few to say anything");
    println!("{total} messages answered over {ROUNDS} kills");
}

async fn talk(
    account: Arc<Account>,
    url: String,
    who: usize,
    mut diary: Diary,
    stop: Arc<AtomicBool>,
) -> Diary {
    let openid = format!("oVillager{who:04}");
    while !stop.load(Ordering::SeqCst) {
        let villager = account.villager(&openid);
        let text = next_text(diary.answered.len());
        let xml = villager.message("text", &format!("<Content>{text}</Content>"));
        match villager.deliver(&url, &xml).await {
            Ok(answer) => diary.answered.push((xml, answer.text().to_owned())),
            Err(_) => {
                diary.open = Some(xml);
                break;
            }
        }
    }
    diary
}

/// After the restart: the last answer comes again for the same message, word for word; the
/// message without an answer gets the one that it would have had.
async fn settle(account: &Account, url: &str, who: usize, diary: &mut Diary, round: u64) {
    let openid = format!("oVillager{who:04}");
    let villager = account.villager(&openid);
    if let Some((xml, said)) = diary.answered.last() {
        let again = villager.deliver(url, xml).await.unwrap();
        assert_eq!(again.text(), said, "round {round}, villager {who}");
    }
    if let Some(xml) = diary.open.take() {
        let answer = villager.deliver(url, &xml).await.unwrap();
        diary.answered.push((xml, answer.text().to_owned()));
    }
    // The conversation stands where the answers say: every fourth begins anew.
    for (n, (_, said)) in
        diary.answered.iter().enumerate().skip(diary.answered.len().saturating_sub(4))
    {
        let expect = match n % 4 {
            0 | 3 => "这件事在哪个村",
            _ => "请说说是什么事",
        };
        assert!(said.starts_with(expect), "round {round}, villager {who}, message {n}: {said}");
        let was = (n % 4 == 3).then_some("原来填的是：小黑坨村");
        assert!(was.is_none_or(|was| said.contains(was)), "message {n}: {said}");
    }
}
