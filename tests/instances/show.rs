//! Three instances under load, with everything that breaks: one is killed every five seconds,
//! the database is restarted twice, and a proxy cuts connections in mid-commit. Every message
//! takes effect once, every notice goes out once, every number is given once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fake_wechat::cutter::Cutter;
use fake_wechat::postgres::Cluster;
use fake_wechat::{CUSTOM_SEND, FakeWechat, Fault};

use super::clerk::Clerk;
use super::process::{Instance, SECRET, account, settings};
use super::villagers::{NOTICE, World};

const VILLAGERS: usize = 40;
const LOAD: Duration = Duration::from_secs(60);
const KILL_EVERY: Duration = Duration::from_secs(5);
/// Longer than a request waits for its answer.
const AWAY: Duration = Duration::from_secs(6);
/// WeChat takes its time, so that instances are killed with messages in their hands.
const WECHAT_TAKES: Duration = Duration::from_millis(150);
const CUT_ONE_IN: u64 = 400;
const WAITS_AT_MOST: Duration = Duration::from_secs(30);

/// Three instances' folders; with their logs they are kept when the test fails.
struct Home(Option<tempfile::TempDir>);

impl Drop for Home {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.0.take()
        {
            eprintln!("the logs of the instances are kept: {}/*/log", folder.keep().display());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_breaks_everything_happens_once() {
    let _alone = super::LOADED.lock().await;
    let cluster = Arc::new(Cluster::start(&std::env::temp_dir(), false));
    let cutter = Cutter::start(cluster.port).await;
    let database = cluster.fresh();
    let account = account();
    let wechat = FakeWechat::start(&account.appid, SECRET).await;
    wechat.fail(CUSTOM_SEND, Fault::Slow(WECHAT_TAKES), None);
    let home = Home(Some(tempfile::tempdir().unwrap()));
    let place = home.0.as_ref().map(|folder| folder.path().to_owned()).unwrap();
    let (mut instances, mut printed) = (Vec::new(), String::new());
    for n in 0..3 {
        let folder = place.join(n.to_string());
        settings(&folder, &database.url_by(cutter.port), &account, &wechat.url);
        let (instance, said) = Instance::start(&folder, &account);
        printed.push_str(&said);
        instances.push(instance);
    }
    let bases: Vec<String> = instances.iter().map(|instance| instance.base.clone()).collect();
    let mut clerk = Clerk::new(&bases);
    clerk.sign_in(&printed).await;

    let (filed, mut to_dispatch) = tokio::sync::mpsc::unbounded_channel();
    let world = Arc::new(World::new(account, wechat, bases, filed));
    let who: Vec<String> = (0..VILLAGERS).map(|n| format!("oShow{n:024}")).collect();
    let lives: Vec<_> =
        who.iter().map(|who| tokio::spawn(world.clone().live(who.clone()))).collect();
    // Every second case, one after the other, while instances die: more notices would use up
    // the windows of those who write.
    let dispatching = tokio::spawn({
        let world = world.clone();
        async move {
            let (mut dispatched, mut is_second) = (Vec::new(), false);
            while let Some(number) = to_dispatch.recv().await {
                if world.stop.load(Ordering::SeqCst) {
                    break;
                }
                is_second = !is_second;
                if is_second {
                    clerk.dispatch(&number).await;
                    dispatched.push(number);
                }
            }
            dispatched
        }
    });
    cutter.cut_one_in(CUT_ONE_IN);

    // In a thread of its own: killing and starting blocks.
    let breaking = std::thread::spawn({
        let (world, cluster) = (world.clone(), cluster.clone());
        move || {
            let (began, mut kills) = (Instant::now(), 0_usize);
            while began.elapsed() + KILL_EVERY < LOAD {
                let next = KILL_EVERY * u32::try_from(kills + 1).unwrap();
                std::thread::sleep(next.saturating_sub(began.elapsed()));
                let n = kills % instances.len();
                instances[n].kill_and_start(&world.account);
                kills += 1;
                match kills {
                    4 => cluster.restart(),
                    8 => cluster.crash_and_start_after(AWAY),
                    _ => {}
                }
            }
            std::thread::sleep(LOAD.saturating_sub(began.elapsed()));
            world.stop.store(true, Ordering::SeqCst);
            (instances, kills)
        }
    });
    let mut told = BTreeMap::new();
    for (who, life) in who.iter().zip(lives) {
        told.insert(who.clone(), life.await.unwrap());
    }
    let (mut instances, kills) =
        tokio::task::spawn_blocking(|| breaking.join().unwrap()).await.unwrap();
    // Woken, should it wait for one more.
    let _ = world.filed.send(String::new());
    let dispatched = dispatching.await.unwrap();
    cutter.cut_one_in(0);

    let (before, after) = cutter.cuts();
    let looked_up = looked_up(&place);
    let count = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::SeqCst);
    println!(
        "{} messages, each delivered twice at once; {} pairs of answers compared, {} answers late, \
         {} of them never heard\n\
         {kills} kills, 2 restarts of the database, {before} connections cut before a request and \
         {after} after it, {looked_up} commits looked up\n\
         the longest wait for an answer {} ms, for one that was late {} ms",
        count(&world.counts.messages),
        count(&world.counts.twins),
        count(&world.counts.late),
        count(&world.counts.unheard),
        count(&world.longest.answer),
        count(&world.longest.late_answer),
    );
    let records = Records { sql: &|sql| cluster.sql(sql), schema: &database.name };
    records.await_the_end().await;
    let cases = records.each_report_is_one_case(&told);
    let notices = records.each_message_went_once(&world, &told, &dispatched);
    println!("{cases} cases; {notices}");
    assert!(cases > 50 && before + after > 20 && looked_up > 0, "too little happened");
    for instance in &mut instances {
        let took = instance.terminate();
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

/// Commits of which the program found out whether they were done, over all instances.
pub fn looked_up(place: &Path) -> usize {
    let folders = std::fs::read_dir(place).unwrap().flatten();
    let logs = folders.map(|folder| std::fs::read_to_string(folder.path().join("log")));
    logs.flatten().map(|log| log.matches("what became of a commit that was cut off").count()).sum()
}

fn shown(number: &str) -> String {
    format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..])
}

/// What is in the database at the end.
pub struct Records<'a> {
    pub sql: &'a dyn Fn(&str) -> String,
    pub schema: &'a str,
}

impl Records<'_> {
    pub fn rows(&self, columns: &str, view: &str) -> Vec<Vec<String>> {
        let found = (self.sql)(&format!("SELECT {columns} FROM {}.{view}", self.schema));
        found.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
    }

    pub async fn await_the_end(&self) {
        let began = Instant::now();
        loop {
            let open =
                self.rows("id, status, tries", "messages WHERE status IN ('waiting', 'sending')");
            if open.is_empty() {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "left unsent: {open:#?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Each number is of one case and was told to one villager, once; each case's number was
    /// told, or a clerk knows that it may not have been. Gives how many cases there are.
    pub fn each_report_is_one_case(&self, told: &BTreeMap<String, BTreeMap<String, u32>>) -> usize {
        let cases: BTreeSet<String> = self.rows("number", "cases").into_iter().flatten().collect();
        let mut heard = BTreeSet::new();
        for (who, numbers) in told {
            for (number, times) in numbers {
                assert!(heard.insert(number.clone()), "{who} got the number {number} of another");
                assert_eq!(*times, 1, "{who} was told {number} {times} times");
            }
        }
        for number in cases.difference(&heard) {
            let telling = format!("messages WHERE text LIKE '%{}%'", shown(number));
            let messages = self.rows("id, status, made_at, tries", &telling);
            let with_a_clerk = |row: &Vec<String>| ["unknown", "phone"].contains(&&*row[1]);
            assert!(messages.iter().any(with_a_clerk), "nobody tells {number}: {messages:#?}");
        }
        assert!(heard.is_subset(&cases), "{:?} were lost", heard.difference(&cases));
        cases.len()
    }

    /// What is recorded as sent arrived once; what is not did not arrive. Of what an instance
    /// had in its hands when it was killed nobody knows, and a clerk has a task.
    fn each_message_went_once(
        &self,
        world: &World,
        told: &BTreeMap<String, BTreeMap<String, u32>>,
        dispatched: &[String],
    ) -> String {
        let tasks: BTreeSet<String> = self
            .rows(
                "convert_from(value, 'UTF8')::jsonb -> 'record' ->> 'outgoing'",
                "entry WHERE k >= 'task/' AND k < 'task0'",
            )
            .into_iter()
            .flatten()
            .collect();
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        let owner: BTreeMap<&String, &String> =
            told.iter().flat_map(|(who, n)| n.keys().map(move |n| (n, who))).collect();
        let notices = self.rows("number, id, status", "messages WHERE notice = 'dispatched'");
        for row in &notices {
            let [number, id, status] = row.as_slice() else { panic!("{row:?}") };
            let is_it = |text: &&String| text.contains(&shown(number)) && text.contains(NOTICE);
            let arrived = world.texts(owner[number]).iter().filter(is_it).count();
            match status.as_str() {
                "sent" => assert_eq!(arrived, 1, "{id}"),
                "unknown" => assert!(arrived <= 1 && tasks.contains(id), "{id}: {arrived}"),
                "phone" => assert!(arrived == 0 && tasks.contains(id), "{id}: {arrived}"),
                _ => panic!("{id} ended as {status}"),
            }
            *ends.entry(status.clone()).or_default() += 1;
        }
        assert_eq!(notices.len(), dispatched.len(), "each dispatch makes one notice");
        // Late answers repeat each other's words: they are counted.
        for who in told.keys() {
            let of_hers = format!("messages WHERE notice IS NULL AND address LIKE '%{who}'");
            let messages = self.rows("id, status", &of_hers);
            let count = |wanted: &str| messages.iter().filter(|row| row[1] == wanted).count();
            let arrived = world.texts(who).iter().filter(|text| !text.contains(NOTICE)).count();
            let (sent, unknown) = (count("sent"), count("unknown"));
            assert!((sent..=sent + unknown).contains(&arrived), "{who}: {arrived} of {messages:?}");
            for row in messages.iter().filter(|row| row[1] != "sent") {
                let known = ["unknown", "phone"].contains(&&*row[1]) && tasks.contains(&row[0]);
                assert!(known, "nobody knows of {row:?}");
            }
        }
        let slow = format!(
            "messages WHERE status = 'sent' AND (tries -> -1 ->> 'at')::timestamptz > made_at + interval '{} seconds'",
            WAITS_AT_MOST.as_secs()
        );
        assert_eq!(self.rows("id, made_at, tries", &slow), Vec::<Vec<String>>::new());
        let decided = ends.get("sent").copied().unwrap_or_default();
        assert!(decided * 4 > notices.len() * 3, "{ends:?}");
        format!("{} notices ended as {ends:?}", notices.len())
    }
}
