//! What arrives through Kannel is character for character what was written, and reports in any
//! order leave the truth standing.

use std::time::Duration;

use tokio::time::sleep;

use bianmin::desk::Case;
use bianmin::office::{Owes, Role, Session};
use bianmin::store::private_records::Identity;
use bianmin::store::records::{Outgoing, Status};
use bianmin::store::{Record, keys, list, list_by_index, load};

use super::{PHONE, SECRET, Scene, bytes16, until};

/// All records of a kind.
async fn all<R: Record>(scene: &Scene, range: bianmin::store::Range) -> Vec<R> {
    let found = list::<R>(&*scene.store, range, 200).await.unwrap();
    found.into_iter().map(|loaded| (*loaded).clone()).collect()
}

fn clerk() -> Session {
    let name = "平台一号".to_owned();
    Session {
        name,
        role: Role::Clerk,
        department: None,
        village: None,
        merchant: None,
        from: String::new(),
        csrf: String::new(),
        owes: Owes::Nothing,
    }
}

/// She has called for a person, so all that she writes stands word for word in a task, and what
/// a clerk writes back goes out word for word.
async fn with_a_person(scene: &mut Scene) -> String {
    scene.network.say("人工").await;
    let office = scene.app.as_ref().unwrap().office.clone();
    let tasks = office.tasks(&clerk()).await.unwrap();
    assert_eq!(tasks.len(), 1);
    tasks[0].id.clone()
}

/// What she wrote since, as the clerk sees it.
async fn lines(scene: &Scene, task: &str) -> Vec<String> {
    let office = scene.app.as_ref().unwrap().office.clone();
    let view = office.task(&clerk(), task).await.unwrap().unwrap();
    view.lines.into_iter().filter(|line| line.from_villager).map(|line| line.text).collect()
}

async fn line(scene: &Scene, task: &str, known: usize) -> String {
    until("her words are in the task", async || lines(scene, task).await.len() > known).await;
    lines(scene, task).await[known].clone()
}

async fn answer(scene: &Scene, task: &str, text: &str) -> String {
    let known = scene.network.texts().len();
    let office = scene.app.as_ref().unwrap().office.clone();
    office.write_to_villager(&clerk(), task, text).await.unwrap();
    scene.network.answer(known).await
}

/// 71 characters, of which Kannel's escapes may lose some: 上 (4E0A), 不 (4E0D), 映 (6620), a
/// plus, a percent sign, an ampersand.
fn seventy_one() -> String {
    let text = "上不映下丑与+% &=#？！《》".chars().cycle().take(71).collect::<String>();
    assert_eq!(text.chars().count(), 71);
    text.replace("# ", "#_")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seventy_one_characters_arrive_as_they_were_both_ways() {
    let mut scene = Scene::open("FAKE").await;
    let task = with_a_person(&mut scene).await;
    let known = lines(&scene, &task).await.len();
    let long = seventy_one();
    let cut = long.char_indices().nth(67).unwrap().0;
    let parts = [bytes16(&long[..cut]), bytes16(&long[cut..])];
    // The second part first, as networks do.
    for (n, bytes) in [(2, &parts[1]), (1, &parts[0])] {
        let udh = format!("%05%00%03%2A%02%0{n}");
        scene.kannel.net_raw(PHONE, "1069000012", bytes, Some(&udh)).await;
    }
    assert_eq!(line(&scene, &task, known).await, long.trim());
    assert_eq!(answer(&scene, &task, long.trim()).await, long.trim(), "and back");
    // Exactly what fits into one, and one more than two hold.
    for count in [70, 134, 135] {
        let text: String = "路灯坏了不亮".chars().cycle().take(count).collect();
        assert_eq!(answer(&scene, &task, &text).await, text, "{count}");
    }
}

/// An emoji that lies on the border of two parts, in and out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emoji_on_the_border_of_two_parts() {
    let mut scene = Scene::open("FAKE").await;
    let task = with_a_person(&mut scene).await;
    let known = lines(&scene, &task).await.len();
    let text = format!("{}😀{}", "字".repeat(66), "后".repeat(10));
    let bytes = bytes16(&text);
    // As a network cuts that counts units: 67 in the first part, the emoji's first half the last.
    let (head, tail) = bytes.split_at(67 * 2);
    for (n, part) in [(1, head), (2, tail)] {
        let udh = format!("%05%00%03%2B%02%0{n}");
        scene.kannel.net_raw(PHONE, "1069000012", part, Some(&udh)).await;
    }
    assert_eq!(line(&scene, &task, known).await, text, "Kannel joins the bytes");
    // The same as two messages that nobody joins: the halves are lost, and nothing else.
    let known = lines(&scene, &task).await.len();
    scene.kannel.net_raw(PHONE, "1069000012", head, None).await;
    let first = line(&scene, &task, known).await;
    scene.kannel.net_raw(PHONE, "1069000012", tail, None).await;
    let second = line(&scene, &task, known + 1).await;
    let plain = |text: &str| text.replace('\u{fffd}', "");
    assert_eq!(plain(&first), "字".repeat(66));
    assert_eq!(plain(&second), "后".repeat(10));
    // Out: an emoji is left away, because Kannel would tear it; its neighbours stay.
    let said = answer(&scene, &task, &text).await;
    assert_eq!(said, format!("{}{}", "字".repeat(66), "后".repeat(10)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_she_wrote_while_the_program_was_down_is_one_case_and_goes_on() {
    let mut scene = Scene::open("FAKE").await;
    scene.down().await;
    let known = scene.network.texts().len();
    let text = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三";
    scene.network.write(&format!("+86{PHONE}"), "1069000012", text).await;
    // Kannel tries several times meanwhile, and gives each time the same message.
    sleep(Duration::from_secs(3)).await;
    assert_eq!(scene.network.texts().len(), known, "nothing is answered by Kannel itself");
    scene.up().await;
    assert!(scene.network.answer(known).await.contains("请核对"));
    assert!(scene.network.say("对").await.contains("已受理"));
    let range = keys::cases_by_receipt();
    let cases = list_by_index::<Case>(&*scene.store, range, 10).await.unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].1.text, text);
    let identity = keys::identity(&cases[0].1.number.digits());
    let identity = load::<Identity>(&*scene.store, identity).await.unwrap().expect("who she is");
    assert_eq!(identity.who().phone.as_deref(), Some(PHONE));
    sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.network.texts().len(), known + 2, "each once");
}

/// What we sent when Kannel was killed: kept in its store or in ours, and out once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kannel_is_killed_with_a_message_in_its_hands() {
    let mut scene = Scene::open("FAKE").await;
    let task = with_a_person(&mut scene).await;
    let office = scene.app.as_ref().unwrap().office.clone();
    // Nobody takes it off Kannel's hands: the network is gone first.
    let sent = scene.counts("sent").await;
    scene.network.hang_up().await;
    until("Kannel sees it", async || {
        let status = scene.kannel.status().await;
        !status.lines().any(|line| line.contains("FAKE[FAKE]") && line.contains("online"))
    })
    .await;
    office.write_to_villager(&clerk(), &task, "明天上午派人去看").await.unwrap();
    until("Kannel has it", async || scene.counts("sent").await == sent + 1).await;
    // It writes its store down once a second.
    sleep(Duration::from_millis(2_500)).await;
    scene.kannel.kill();
    scene.kannel.start_both().await;
    scene.network = super::Network::connect(&scene.kannel).await;
    assert_eq!(scene.network.answer(0).await, "明天上午派人去看");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.network.texts().len(), 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_in_any_order_never_lead_back() {
    let mut scene = Scene::open("NET").await;
    scene.network.write(PHONE, "1069000012", "帮助").await;
    until("it is out", async || scene.http_network.texts().len() == 1).await;
    until("Kannel has read the answer", async || {
        scene.kannel.status().await.contains("sent 1 (0 queued)")
    })
    .await;
    let message = async || all::<Outgoing>(&scene, keys::all_outgoing()).await.remove(0);
    let tell = async |mask: &str, text: &str| {
        let pairs = [("to", PHONE), ("from", "1069000012"), ("dlr-mid", "n1"), ("dlr-mask", mask)];
        scene.kannel.net(&[&pairs[..], &[("text", text)]].concat()).await;
    };
    // Delivered first; what was on its way, and what failed, comes late.
    tell("1", "stat:DELIVRD").await;
    until("it is delivered", async || message().await.status == Status::Delivered).await;
    let settled = message().await;
    // Kannel forgets a message whose end it has told; the network's stragglers reach us anyway.
    for (mask, text) in [("4", "stat:ENROUTE"), ("2", "stat:UNDELIV err:001")] {
        tell(mask, text).await;
    }
    for status in ["8", "4", "2", "16", "1"] {
        let url = format!(
            "http://127.0.0.1:{}/sms/modem/{SECRET}?msg={}&d={status}&reply=late&fid=n1",
            scene.port, settled.id
        );
        assert_eq!(scene.kannel.http.get(url).send().await.unwrap().status().as_u16(), 200);
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(message().await, settled, "nothing leads back from delivered");
    assert_eq!(scene.http_network.texts().len(), 1, "and nothing went twice");
    assert_eq!(scene.counts("delivered").await, 1);
}
