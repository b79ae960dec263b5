//! Two instances behind Debian's nginx with the configuration of docs/operations/two-instances.md,
//! as it stands but for the addresses and TLS.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fake_wechat::FakeWechat;
use fake_wechat::postgres::Cluster;

use super::process::{Instance, SECRET, account, free_port, settings};
use super::show::Records;
use super::villagers::World;

const PAGE: &str = include_str!("../../docs/operations/two-instances.md");

struct Nginx {
    child: Child,
    base: String,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Nginx {
    fn start(folder: &Path, instances: [&str; 2]) -> Self {
        let (_, config) = PAGE.split_once("```nginx\n").expect("the page shows it");
        let config = config.split("```").next().unwrap();
        let base = format!("127.0.0.1:{}", free_port());
        let [one, two] = instances.map(|base| base.strip_prefix("http://").unwrap());
        let config = config
            .replace("10.0.0.11:8080", one)
            .replace("10.0.0.12:8080", two)
            .replace("listen 443 ssl", &format!("listen {base}"));
        assert!(config.matches(one).count() == 2 && config.contains(&base), "{config}");
        let places: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {name};\n"))
            .concat();
        // In the foreground and as one process, so that it ends with the test.
        let whole = format!(
            "daemon off; master_process off; pid nginx.pid;\nevents {{}}\n\
             http {{ access_log off;\n{places}{config}}}\n"
        );
        std::fs::write(folder.join("nginx.conf"), whole).unwrap();
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "nginx.log"]);
        let child = command.spawn().expect("nginx is installed (tests/all.sh does it)");
        let nginx = Self { child, base: format!("http://{base}") };
        let began = Instant::now();
        while std::net::TcpStream::connect(&base).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        nginx
    }
}

/// One is killed and started again, then the other is stopped in good order and started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_nginx_no_message_is_refused_while_one_is_killed_and_one_is_replaced() {
    let cluster = Cluster::shared();
    let database = cluster.fresh();
    let account = account();
    let wechat = FakeWechat::start(&account.appid, SECRET).await;
    let home = tempfile::tempdir().unwrap();
    let start = |n: usize| {
        let folder = home.path().join(n.to_string());
        settings(&folder, &database.url(), &account, &wechat.url);
        Instance::start(&folder, &account).0
    };
    let (mut first, mut second) = (start(0), start(1));
    let nginx = Nginx::start(home.path(), [&first.base, &second.base]);
    let ready = reqwest::get(format!("{}/ready", nginx.base)).await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);

    let (filed, _nobody) = tokio::sync::mpsc::unbounded_channel();
    let world = Arc::new(World::new(account, wechat, vec![nginx.base.clone()], filed));
    let lives: Vec<_> = (0..12)
        .map(|n| format!("oProxy{n:023}"))
        .map(|who| (who.clone(), tokio::spawn(world.clone().live(who))))
        .collect();
    let taking_turns = tokio::task::spawn_blocking({
        let world = world.clone();
        move || {
            std::thread::sleep(Duration::from_secs(3));
            first.kill();
            std::thread::sleep(Duration::from_secs(3));
            first.start_again(&world.account);
            std::thread::sleep(Duration::from_secs(3));
            let took = second.terminate();
            second.start_again(&world.account);
            std::thread::sleep(Duration::from_secs(3));
            world.stop.store(true, Ordering::SeqCst);
            (first, second, took)
        }
    });
    let mut told = BTreeMap::new();
    for (who, life) in lives {
        told.insert(who, life.await.unwrap());
    }
    let (_first, _second, took) = taking_turns.await.unwrap();
    let records = Records { sql: &|sql| cluster.sql(sql), schema: &database.name };
    records.await_the_end().await;
    let cases = records.each_report_is_one_case(&told);
    let refused = world.counts.refused.load(Ordering::SeqCst);
    println!(
        "{} messages and {cases} cases; {refused} refused, the longest wait {} ms; a stop took {took:?}",
        world.counts.messages.load(Ordering::SeqCst),
        world.longest.answer.load(Ordering::SeqCst),
    );
    assert_eq!(refused, 0, "nginx gives to the other what one does not take");
    assert!(cases > 20, "{cases}");
}
