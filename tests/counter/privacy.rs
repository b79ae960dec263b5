//! What is kept of a person: put right, given out, cleared at her wish or after its time, and
//! never in silence. Figures stay, and the chains hold.

use std::sync::Arc;

use bianmin::office::Role;
use bianmin::store::{Batch, MemoryEngine, SledEngine, SledSettings, Store, keys};

use super::county::{Clerk, County, VILLAGER, county};
use super::sms_talk::{opened, write};

const NAME: &str = "张三";
const PHONE: &str = "13800138000";
const WORDS: &str = "垃圾堆在路边";
const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const DAY: i64 = 24 * 3_600;

/// Filed with a photo, answered, rated.
async fn ended(county: &County, clerk: &mut Clerk<'_>, who: &str) -> String {
    let number = county.report(who).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(county.say(who, "满意").await.starts_with("谢谢您"));
    number
}

async fn find(clerk: &mut Clerk<'_>, phone: &str) -> (u16, String) {
    clerk.csrf = clerk.csrf_of("/desk/people").await;
    clerk.post("/desk/people", &[("phone", phone), ("reason", "本人来电")]).await
}

/// The page of the one person with that number.
async fn person(clerk: &mut Clerk<'_>, phone: &str) -> String {
    let (status, page) = find(clerk, phone).await;
    assert_eq!(status, 200, "{page}");
    let found: Vec<&str> = page.split("href=\"/desk/people/").skip(1).collect();
    assert_eq!(found.len(), 1, "{page}");
    format!("/desk/people/{}", found[0].split('"').next().unwrap())
}

async fn act(
    clerk: &mut Clerk<'_>,
    path: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> (u16, String) {
    clerk.csrf = clerk.csrf_of(path).await;
    clerk.post(&format!("{path}/{action}"), fields).await
}

/// All that counts of the county's work, as the pages and files tell it.
async fn figures(clerk: &Clerk<'_>) -> Vec<String> {
    let mut all = vec![clerk.get("/desk/figures").await];
    for query in [
        "kind=departments&month=2026-11",
        "kind=overdue&month=2026-11",
        "kind=village&month=2026-11&village=大黑坨村",
    ] {
        let path = format!("/desk/ledgers/file/csv?{query}");
        let text = String::from_utf8(clerk.download(&path).await.1).unwrap();
        // The lines of the village's ledger hold her words, its foot and head the counts.
        let is_village = query.starts_with("kind=village");
        let counts = |line: &&str| !is_village || line.contains('件') && !line.contains(WORDS);
        let lines = text.lines().filter(counts);
        let lines = lines.map(|line| line.split("　导出人").next().unwrap());
        all.push(lines.collect::<Vec<_>>().join("\n"));
    }
    all
}

async fn verified(county: &County) -> Vec<String> {
    county.office.verify().await.unwrap().broken
}

/// Everything that is stored, as text.
pub async fn dump(store: &Store) -> String {
    let mut text = String::new();
    let mut range = bianmin::store::Range {
        from: std::ops::Bound::Unbounded,
        to: std::ops::Bound::Unbounded,
        direction: bianmin::store::Direction::Forward,
    };
    loop {
        let page = store.scan(range.clone(), 500).await.unwrap();
        let Some((last, _)) = page.last() else { return text };
        range = keys::after(&range, last);
        for (key, stored) in page {
            text += &keys::text(&key);
            text.push(' ');
            text += &String::from_utf8_lossy(&stored.value);
            text.push('\n');
        }
    }
}

async fn erased_at_her_wish(store: Store) {
    let mut county = county().store(store.clone()).open().await;
    county.wechat.add_media("heap", "image/gif", b"a heap");
    let (number, other) = {
        let mut clerk = county.clerk().await;
        let she = county.account.villager(VILLAGER);
        county.say(VILLAGER, "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000").await;
        she.photo(&county.webhook(), "heap").await.unwrap();
        let number = super::county::number_in(&county.say(VILLAGER, "对").await);
        county.settle().await;
        // While it is open nothing goes.
        let path = person(&mut clerk, PHONE).await;
        let (status, page) = act(&mut clerk, &path, "erase", &[("reason", "本人要求")]).await;
        assert!(status == 422 && page.contains("还在办，个人信息不能清除"), "{status} {page}");
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
        assert!(county.say(VILLAGER, "满意").await.starts_with("谢谢您"));
        let other = county.talk(
            "oVillager00000000000000000002",
            &["大黑坨村的路灯灭了半个月没人管，我叫李四，电话13900139000", "对"],
        );
        (number, super::county::number_in(&other.await))
    };
    county.pass(60).await;
    let mut clerk = county.clerk_again().await;
    let before = figures(&clerk).await;
    let stored = dump(&store).await;
    assert!(stored.contains(NAME) && stored.contains(PHONE) && stored.contains(WORDS));

    let path = person(&mut clerk, PHONE).await;
    let dry = act(&mut clerk, &path, "erase", &[("reason", "本人要求")]).await.1;
    assert!(dry.contains("会清掉：1件事") && dry.contains("1个照片录音"), "{dry}");
    assert!(dump(&store).await.contains(PHONE), "nothing went yet");
    let sure = [("reason", "本人要求"), ("sure", "yes")];
    let (status, page) = act(&mut clerk, &path, "erase", &sure).await;
    assert!(status == 200 && page.contains("已清除：1件事"), "{status} {page}");

    let stored = dump(&store).await;
    let lines =
        |part: &str| -> Vec<&str> { stored.lines().filter(|line| line.contains(part)).collect() };
    for personal in [NAME, PHONE, "垃圾堆在路边", "a heap", VILLAGER, REPLY] {
        assert_eq!(lines(personal), Vec::<&str>::new(), "{personal}");
    }
    assert!(stored.contains("李四") && stored.contains("13900139000"), "others stay");
    assert_eq!(figures(&clerk).await, before, "statistics survive");
    assert_eq!(verified(&county).await, Vec::<String>::new(), "and so does the chain");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("已清除") && page.contains("办结") && page.contains("满意"), "{page}");
    assert!(clerk.get(&format!("/desk/cases/{other}")).await.contains("李**"));
    assert!(county.say(VILLAGER, "查进度").await.contains("没有查到您的事"));
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let page = auditor.get(&format!("/desk/audit?case={number}")).await;
    assert!(page.contains("清除个人信息") && page.contains("本人要求"), "{page}");
}

#[tokio::test]
async fn what_is_erased_is_gone_from_the_store_and_from_no_figure_in_memory() {
    erased_at_her_wish(Arc::new(MemoryEngine::default())).await;
}

#[tokio::test]
async fn what_is_erased_is_gone_from_the_store_and_from_no_figure_on_sled() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledEngine::open(folder.path(), SledSettings::default()).unwrap();
    erased_at_her_wish(Arc::new(store)).await;
}

#[tokio::test]
async fn who_may_clear_and_who_may_only_ask() {
    let county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        ended(&county, &mut clerk, VILLAGER).await
    };
    let mut clerk = county.staff("值班员", Role::Clerk, None).await;
    let path = person(&mut clerk, PHONE).await;
    let page = clerk.get(&path).await;
    assert!(page.contains("张**") && page.contains("尾号8000") && !page.contains(NAME), "{page}");
    assert!(!page.contains("清除她的个人信息"), "{page}");
    assert_eq!(act(&mut clerk, &path, "erase", &[("reason", "本人要求")]).await.0, 404);
    let mut director = county.staff("李主任", Role::Director, None).await;
    assert!(director.get(&path).await.contains("清除她的个人信息"));
    let dry = act(&mut director, &path, "erase", &[("reason", "本人要求")]).await.1;
    assert!(dry.contains("会清掉：1件事"), "{dry}");
    // The auditor reads what was done, and does nothing.
    let auditor = county.staff("审计", Role::Auditor, None).await;
    assert_eq!(auditor.try_get(&path).await.0, 404);
    for (role, of) in [
        (Role::Department, Some("城管")),
        (Role::Agent, Some("130225102216")),
        (Role::Leader, None),
        (Role::SystemAdmin, None),
        (Role::SecurityAdmin, None),
        (Role::ShopClerk, Some("130225102216")),
    ] {
        let other = county.staff(&format!("{role}"), role, of).await;
        assert_eq!(other.try_get("/desk/people").await.0, 404, "{role}");
        assert_eq!(other.try_get(&path).await.0, 404, "{role}");
    }
    let (status, page) = clerk.post("/desk/people", &[("phone", PHONE), ("reason", "")]).await;
    assert!(status == 422 && page.contains("请写为什么要看"), "{status} {page}");
    let page = auditor.get(&format!("/desk/audit?case={number}&kind=search")).await;
    assert!(page.contains("按号码查人") && page.contains("本人来电"), "{page}");
}

#[tokio::test]
async fn her_own_wish_takes_who_she_is_at_once_and_leaves_the_rest_to_a_person() {
    let store: Store = Arc::new(MemoryEngine::default());
    let county = county().store(store.clone()).open().await;
    let mut clerk = county.clerk().await;
    let number = ended(&county, &mut clerk, VILLAGER).await;
    let said = county.talk(VILLAGER, &["删除资料", "1"]).await;
    assert!(said.starts_with("删掉了"), "{said}");
    assert_eq!(verified(&county).await, Vec::<String>::new());
    let tasks = clerk.tasks("要求删除她的资料").await;
    let [task] = &tasks[..] else { panic!("{tasks:?}") };
    let page = clerk.get(task).await;
    let (_, rest) = page.split_once("href=\"/desk/people/").expect("the way to her page");
    let path = format!("/desk/people/{}", rest.split('"').next().unwrap());
    assert!(dump(&store).await.contains(WORDS));
    let sure = [("reason", "本人要求"), ("sure", "yes")];
    let (status, page) = act(&mut clerk, &path, "erase", &sure).await;
    assert!(status == 200 && page.contains("已清除：1件事"), "{status} {page}");
    assert!(!dump(&store).await.contains(WORDS));
    assert!(clerk.tasks("要求删除她的资料").await.is_empty(), "it is done with that");
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("已清除"));
    assert_eq!(verified(&county).await, Vec::<String>::new());
}

#[tokio::test]
async fn her_data_as_a_file_says_who_took_it_out_and_why() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = ended(&county, &mut clerk, VILLAGER).await;
    county.say(VILLAGER, "咕噜咕噜咚").await;
    let path = person(&mut clerk, PHONE).await;
    clerk.csrf = clerk.csrf_of(&path).await;
    let url = format!("{}{path}/export", county.base);
    let form = [("csrf", clerk.csrf.as_str()), ("reason", "本人来窗口要")];
    let request = county.http.post(url).header("cookie", &clerk.cookie).form(&form);
    let bytes = request.send().await.unwrap().bytes().await.unwrap().to_vec();
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    use calamine::Reader;
    let page = book.worksheet_range("个人资料").unwrap();
    let text: String = page.cells().map(|(_, _, cell)| format!("{cell}\n")).collect();
    let shown = format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..]);
    let misheard = ["机器人没听懂的话", "咕噜咕噜咚"];
    let who = ["导出人：管理员", "用途：本人来窗口要"];
    for part in [NAME, PHONE, WORDS, REPLY, &shown].into_iter().chain(who).chain(misheard) {
        assert!(text.contains(part), "{part}: {text}");
    }
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let page = auditor.get(&format!("/desk/audit?case={number}")).await;
    assert!(page.contains("导出个人资料") && page.contains("本人来窗口要"), "{page}");
}

#[tokio::test]
async fn a_corrected_number_is_where_she_is_told_and_the_old_one_stays_in_the_record() {
    let (mut county, fake) = opened().await;
    let text = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三";
    write(&county, &fake, PHONE, text).await;
    let said = write(&county, &fake, PHONE, "对").await;
    let number = super::county::number_in(&said);
    let mut clerk = county.clerk().await;
    let path = person(&mut clerk, PHONE).await;
    let (status, page) = act(&mut clerk, &path, "correct", &[("reason", "本人来电")]).await;
    assert!(status == 422 && page.contains("请写改正以后的"), "{status} {page}");
    let new = [("name", "章三"), ("phone", "13900139001"), ("reason", "本人来电，核对过身份证")];
    let (status, page) = act(&mut clerk, &path, "correct", &new).await;
    assert_eq!(status, 303, "{page}");
    let page = clerk.get(&path).await;
    assert!(page.contains("章**") && page.contains("尾号9001"), "{page}");
    assert!(page.contains("原来是 张** 尾号8000") && page.contains("核对过身份证"), "{page}");
    let seen = clerk.see(&number, "核对").await.1;
    assert!(seen.contains("章三") && seen.contains("tel:13900139001"), "{seen}");
    let before = fake.texts_to(PHONE).len();
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(301).await;
    let mut clerk = county.clerk_again().await;
    assert!(!fake.texts_to("13900139001").is_empty(), "the new number hears of it");
    assert_eq!(fake.texts_to(PHONE).len(), before, "the old one does not");
    assert_eq!(verified(&county).await, Vec::<String>::new(), "what she gave is still committed");
    assert!(find(&mut clerk, "13900139001").await.1.contains("/desk/people/"));
    // A number that is somebody else's is not taken from her.
    write(&county, &fake, "13700137000", "大黑坨村停水三天了，我叫王五").await;
    write(&county, &fake, "13700137000", "对").await;
    let theirs = [("phone", "13700137000"), ("reason", "本人来电")];
    let (status, page) = act(&mut clerk, &path, "correct", &theirs).await;
    assert!(status == 422 && page.contains("登记在别人名下"), "{status} {page}");
}

async fn cleared_after_its_time(store: Store) {
    let lines = "[keep]\ncases_days = 100\nconsults_days = 90\nlooks_days = 200\nconversations_days = 150\n";
    let mut county = county().store(store.clone()).settings(lines).open().await;
    let (number, held, open) = {
        let mut clerk = county.clerk().await;
        let number = ended(&county, &mut clerk, VILLAGER).await;
        let held = ended(&county, &mut clerk, "oVillager00000000000000000002").await;
        let open = county.report("oVillager00000000000000000003").await;
        assert_eq!(clerk.see(&number, "核实地址").await.0, 200);
        let hold = [("case", held.as_str()), ("reason", "在复议")];
        let mut path = String::new();
        let (_, page) = find(&mut clerk, PHONE).await;
        for part in page.split("href=\"/desk/people/").skip(1) {
            path = format!("/desk/people/{}", part.split('"').next().unwrap());
            if clerk.get(&path).await.contains(&held) {
                break;
            }
        }
        assert_eq!(act(&mut clerk, &path, "hold", &hold).await.0, 303);
        (number, held, open)
    };
    county.pass(99 * DAY).await;
    assert!(
        county
            .office
            .retention(None, true)
            .await
            .unwrap()
            .rows()
            .all(|(kind, ..)| { kind != "办结的事项" })
    );
    {
        let clerk = county.clerk_again().await;
        assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("张**"));
    }
    let counted = figures(&county.clerk_again().await).await;
    county.clock.advance(2 * DAY);
    let dry = county.office.retention(None, true).await.unwrap();
    let rows: Vec<_> = dry.rows().filter(|(kind, ..)| *kind == "办结的事项").collect();
    assert_eq!(rows, [("办结的事项", 2026, 1)]);
    assert!(dump(&store).await.contains(WORDS), "a dry run changes nothing");
    county.pass(1).await;
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("已清除") && !page.contains("张**"), "{page}");
    for kept in [&held, &open] {
        assert!(clerk.get(&format!("/desk/cases/{kept}")).await.contains("张**"), "{kept}");
    }
    let now = figures(&clerk).await;
    // What is late is later than it was.
    assert_eq!((&now[1], &now[3]), (&counted[1], &counted[3]), "ledgers count as before");
    assert_eq!(verified(&county).await, Vec::<String>::new());
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let page = auditor.get(&format!("/desk/audit?case={number}")).await;
    assert!(page.contains("到期清除") && page.contains("保存期满"), "{page}");
    let known = async |county: &County, name: &str| {
        let mut director = county.staff(name, Role::Director, None).await;
        find(&mut director, PHONE).await.1.matches("href=\"/desk/people/").count()
    };
    let before = known(&county, "主任二").await;
    // The log of looks begins later, and is still whole.
    county.pass(120 * DAY).await;
    assert_eq!(
        known(&county, "主任三").await,
        before - 1,
        "she is forgotten; who is held or open is not"
    );
    let auditor = county.staff("审计二", Role::Auditor, None).await;
    let page = auditor.get("/desk/audit").await;
    assert!(!page.contains("核实地址"), "{page}");
    assert_eq!(verified(&county).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_kept_long_enough_goes_by_itself_in_memory() {
    cleared_after_its_time(Arc::new(MemoryEngine::default())).await;
}

#[tokio::test]
async fn what_was_kept_long_enough_goes_by_itself_on_sled() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledEngine::open(folder.path(), SledSettings::default()).unwrap();
    cleared_after_its_time(Arc::new(store)).await;
}

/// One byte of any record of a case, or of the log, and it is found.
#[tokio::test]
async fn one_changed_byte_anywhere_is_found() {
    let store: Store = Arc::new(MemoryEngine::default());
    let county = county().store(store.clone()).open().await;
    let mut clerk = county.clerk().await;
    let number = ended(&county, &mut clerk, VILLAGER).await;
    // What came before is about accounts.
    let first = county.office.verify().await.unwrap().looks + 1;
    assert_eq!(clerk.see(&number, "核实地址").await.0, 200);
    assert_eq!(clerk.see(&number, "再核实一次").await.0, 200);
    let found = county.office.verify().await.unwrap();
    assert_eq!(found.broken, Vec::<String>::new());
    assert!(found.cases == 1 && found.events > 4 && found.looks == first + 1, "{found:?}");

    let shown = format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..]);
    for (key, part, told) in [
        (keys::event(&number, 2), "城管", format!("{shown}第2条")),
        (keys::event(&number, 3), "T02:00", format!("{shown}第3条")),
        (keys::words(&number, 1), "路边", format!("{shown}第1条")),
        (keys::identity(&number), PHONE, format!("{shown}第1条")),
        (keys::case(&number), "路边", shown.clone()),
        (keys::case(&number), "以后每三天来拉一次", shown.clone()),
        (keys::look(first as u64), "核实地址", format!("审计日志第{first}条")),
    ] {
        let stored = store.get_many(std::slice::from_ref(&key)).await.unwrap().remove(0).unwrap();
        let mut value = stored.value.clone();
        let text = String::from_utf8(value.clone()).unwrap();
        let at = text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
        value[at + part.len() - 1] ^= 1;
        put(&store, &key, value).await;
        let broken = verified(&county).await;
        assert!(broken.len() == 1 && broken[0].contains(&told), "{part}: {broken:?}");
        put(&store, &key, stored.value).await;
        assert_eq!(verified(&county).await, Vec::<String>::new());
    }
    // What is gone is missed, too.
    for key in [
        keys::event(&number, 3),
        keys::words(&number, 1),
        keys::identity(&number),
        keys::case(&number),
        keys::look(first as u64 + 1),
    ] {
        let stored = store.get_many(std::slice::from_ref(&key)).await.unwrap().remove(0).unwrap();
        store.commit(Batch { delete: vec![key.clone()], ..Batch::default() }).await.unwrap();
        assert_eq!(verified(&county).await.len(), 1, "{}", keys::text(&key));
        put(&store, &key, stored.value).await;
    }
}

async fn put(store: &Store, key: &[u8], value: Vec<u8>) {
    let put = vec![(key.to_vec(), value)];
    store.commit(Batch { put, ..Batch::default() }).await.unwrap();
}

/// Whoever sits in an interview must be able to read what it is about.
#[tokio::test]
async fn an_interview_that_is_not_over_holds_up_what_is_on_it() {
    let mut county = county().open().await;
    let number = super::interviews::promised_and_late(&mut county, &[VILLAGER]).await.remove(0);
    county.pass(5 * DAY).await;
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(county.say(VILLAGER, "满意").await.starts_with("谢谢您"));
    let path = person(&mut clerk, PHONE).await;
    let sure = [("reason", "本人要求"), ("sure", "yes")];
    let (status, page) = act(&mut clerk, &path, "erase", &sure).await;
    assert!(status == 422 && page.contains("在没了结的约谈里（城管-1）"), "{status} {page}");
    assert!(dump(&county.store).await.contains(WORDS));
    let mut director = county.staff("李主任", Role::Director, None).await;
    let drop = [("reason", "都办完了")];
    assert_eq!(super::interviews::step(&mut director, "drop", &drop).await.0, 303);
    assert_eq!(act(&mut clerk, &path, "erase", &sure).await.0, 200);
    assert!(!dump(&county.store).await.contains(WORDS));
}
