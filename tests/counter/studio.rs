//! The dialog studio: a change is written, tried, looked at by another person, live, and taken
//! back. What may not be is refused.

use std::fs;
use std::path::Path;

use bianmin::office::{Look, Role};
use serde_json::Value;

use super::county::{Clerk, County, VILLAGER, copy, county, part};

const LIST: &str = "/desk/dialogs";
const FILE: &str = "dialogs/催办.yaml";
const OLD: &str = "没有可以催的事。看全部，请回「查进度」。";
const NEW: &str = "现在没有要催的事。看全部，请回「查进度」。";

pub struct Studio {
    pub folder: tempfile::TempDir,
    pub county: County,
}

impl Studio {
    /// With copies of the shipped folders, as a program has that has just started.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// `change`: of the folders, before the program starts.
    pub async fn open_with(change: fn(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["dialogs", "county"] {
            copy(&root.join(name), &folder.path().join(name));
        }
        change(folder.path());
        let county = county()
            .dialogs(&folder.path().join("dialogs"))
            .folder(&folder.path().join("county"))
            .open()
            .await;
        county.office.adopt_county().await.unwrap();
        county.office.adopt_script().await.unwrap();
        assert_eq!(county.office.look_at_dialogs().await, Look::Waiting);
        assert_eq!(county.office.look_at_dialogs().await, Look::Same);
        Self { folder, county }
    }

    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    pub async fn second(&self) -> Clerk<'_> {
        self.county.staff("李核对", Role::Clerk, None).await
    }
}

pub async fn drafts(clerk: &Clerk<'_>) -> Vec<String> {
    let list = clerk.get(LIST).await;
    let parts = list.split("href=\"/desk/dialogs/drafts/").skip(1);
    parts.map(|rest| format!("{LIST}/drafts/{}", rest.split('"').next().unwrap())).collect()
}

/// Gives the address of the draft.
pub async fn begin(clerk: &mut Clerk<'_>, title: &str) -> String {
    let before = drafts(clerk).await;
    clerk.csrf = clerk.csrf_of(LIST).await;
    let (status, page) = clerk.post("/desk/dialogs/drafts", &[("title", title)]).await;
    assert_eq!(status, 303, "{page}");
    drafts(clerk).await.into_iter().find(|one| !before.contains(one)).unwrap()
}

pub async fn revision(clerk: &Clerk<'_>, draft: &str) -> String {
    part(&clerk.get(draft).await, "name=\"revision\" value=\"", "\"").to_owned()
}

async fn work(
    clerk: &mut Clerk<'_>,
    draft: &str,
    text: &str,
    fields: &[(&str, &str)],
) -> (u16, String) {
    let revision = revision(clerk, draft).await;
    let mut all = vec![("name", FILE), ("text", text)];
    if !fields.iter().any(|(name, _)| *name == "revision") {
        all.push(("revision", &revision));
    }
    all.extend_from_slice(fields);
    clerk.post(&format!("{draft}/file"), &all).await
}

pub async fn step(clerk: &mut Clerk<'_>, draft: &str, step: &str, note: &str) -> (u16, String) {
    let revision = revision(clerk, draft).await;
    clerk.csrf = clerk.csrf_of(draft).await;
    let fields = [("revision", revision.as_str()), ("note", note)];
    clerk.post(&format!("{draft}/{step}"), &fields).await
}

#[tokio::test]
async fn a_change_is_live_when_another_person_has_looked_at_it_and_can_be_taken_back() {
    let studio = Studio::open().await;
    let county = &studio.county;
    let mut writer = county.clerk().await;
    let mut second = studio.second().await;
    let before = county.office.script().hash.clone();
    let draft = begin(&mut writer, "催办的话说短些").await;
    let text = studio.file(FILE).replace(OLD, NEW);
    let (status, page) = work(&mut writer, &draft, &text, &[("do", "save")]).await;
    assert_eq!(status, 303, "{page}");
    assert_eq!(county.office.script().hash, before, "a draft is not live");
    assert!(county.say(VILLAGER, "催办").await.contains("没有可以催的事"));

    let page = writer.get(&draft).await;
    assert!(page.contains("class=\"removed\"") && page.contains("class=\"added\""), "{page}");
    let tests = writer.get(&format!("{draft}/tests")).await;
    assert!(tests.contains("个测试") && tests.contains("测到了100%"), "{tests}");
    assert!(!tests.contains("不通过"), "{tests}");

    // Nobody asked for it yet.
    assert_eq!(step(&mut second, &draft, "approve", "").await.0, 422);
    let (status, page) = step(&mut writer, &draft, "ask", "").await;
    assert!(status == 422 && page.contains("请写改了什么"), "{page}");
    assert_eq!(step(&mut writer, &draft, "ask", "太长了").await.0, 303);
    // Who wrote it is no second pair of eyes, and it does not move while somebody looks.
    let (status, page) = step(&mut writer, &draft, "approve", "").await;
    assert!(status == 422 && page.contains("另一个人"), "{page}");
    let (status, page) = work(&mut writer, &draft, &text, &[("do", "save")]).await;
    assert!(status == 422 && page.contains("等人核对"), "{page}");
    assert_eq!(step(&mut second, &draft, "return", "再短些").await.0, 303);
    assert!(writer.get(&draft).await.contains("李核对退回：再短些"));
    assert_eq!(step(&mut writer, &draft, "ask", "已经最短").await.0, 303);
    let (status, page) = step(&mut second, &draft, "approve", "").await;
    assert_eq!(status, 303, "{page}");

    assert_ne!(county.office.script().hash, before);
    assert!(county.say(VILLAGER, "催办").await.contains("现在没有要催的事"));
    assert_eq!(writer.try_get(&draft).await.0, 404, "a draft that is live is gone");
    // The folder was what was live, and is again: nothing is left to do when it is looked at.
    assert!(studio.file(FILE).contains("现在没有要催的事"));
    county.office.look_at_dialogs().await;
    assert_eq!(county.office.look_at_dialogs().await, Look::Same);
    let list = writer.get(LIST).await;
    assert!(list.contains("管理员起草，李核对核对"), "{list}");

    let version = format!("{LIST}/versions/{before}");
    let page = writer.get(&version).await;
    assert!(page.contains(OLD), "{page}");
    let (status, page) = writer.post(&format!("{version}/rollback"), &[]).await;
    assert_eq!(status, 303, "{page}");
    assert_eq!(county.office.script().hash, before);
    assert!(county.say(VILLAGER, "催办").await.contains("没有可以催的事"));

    let auditor = county.staff("审计员", Role::Auditor, None).await;
    let log = auditor.get("/desk/audit?kind=draft").await;
    for told in ["开草稿", "请人核对：太长了", "李核对退回：再短些", "核对后上线"]
    {
        assert!(log.contains(told), "{told}: {log}");
    }
}

#[tokio::test]
async fn marks_and_the_phone_come_with_the_form_and_as_json() {
    let studio = Studio::open().await;
    let mut clerk = studio.county.clerk().await;
    let draft = begin(&mut clerk, "试一试").await;
    let text = studio.file(FILE);
    let broken = text.replace("    得到: cases\n", "    得道: cases\n");
    assert_ne!(text, broken);
    let line = broken.lines().position(|line| line.contains("得道")).unwrap() + 1;

    let (status, page) = work(&mut clerk, &draft, &broken, &[("do", "look")]).await;
    assert_eq!(status, 200);
    assert!(page.contains(&format!("data-line=\"{line}\"")) && page.contains("得道"), "{page}");
    assert!(page.len() < 150 * 1024, "{} bytes", page.len());
    let (status, json) = work(&mut clerk, &draft, &broken, &[("as", "json")]).await;
    assert_eq!(status, 200, "{json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    let mark = json["marks"].as_array().unwrap().iter().find(|mark| mark["line"] == line).unwrap();
    assert_eq!(mark["severity"], "error", "{mark}");
    assert!(
        mark["column"].as_u64().unwrap() > 0 && mark["code"].as_str().unwrap().starts_with('E')
    );

    let did = "村民：催办";
    for (medium, said, sms) in [("wechat", OLD, false), ("sms", "没有可以催的事。回2查进度", true)]
    {
        let fields = [("as", "json"), ("medium", medium), ("did", did)];
        let (_, json) = work(&mut clerk, &draft, &text, &fields).await;
        let json: Value = serde_json::from_str(&json).unwrap();
        let talk = &json["talk"][0];
        assert_eq!(talk["said"][0]["text"], said, "{json}");
        assert_eq!(talk["said"][0]["segments"].is_u64(), sms);
        assert!(talk["marks"].as_array().unwrap().iter().any(|mark| mark.as_str().is_some()));
    }
    // The same words after a change, without saying them again.
    let changed = text.replace(OLD, NEW);
    let fields = [("as", "json"), ("did", did)];
    let (_, json) = work(&mut clerk, &draft, &changed, &fields).await;
    assert!(json.contains(NEW), "{json}");
    // While it is broken the phone waits and says so; nothing was filed or written meanwhile.
    let (_, json) = work(&mut clerk, &draft, &broken, &fields).await;
    assert!(json.contains("改好了手机才能接着回话"), "{json}");
    let fields = [("as", "json"), ("did", "系统：您好")];
    let (_, json) = work(&mut clerk, &draft, &text, &fields).await;
    assert!(json.contains("不是村民做的事"), "{json}");
    assert!(clerk.get(&draft).await.contains("还没有改"));

    // Without a script: said, kept as a test, and the test passes.
    let (_, page) = work(&mut clerk, &draft, &changed, &[("do", "say"), ("say", "催办")]).await;
    assert!(page.contains(NEW) && page.contains("value=\"村民：催办\""), "{page}");
    let (status, page) = work(&mut clerk, &draft, &changed, &[("do", "keep"), ("did", did)]).await;
    assert_eq!(status, 200);
    assert!(page.contains("  - 名称: 催办\n    渠道: 微信\n"), "{page}");
    assert!(page.contains(&format!("系统：{NEW}")), "{page}");
    let (_, page) = work(&mut clerk, &draft, &text, &[("do", "keep")]).await;
    assert!(page.contains("还没有说话"), "{page}");

    let drawing = clerk.get(&format!("{draft}/drawing?dialog=urge")).await;
    assert!(drawing.contains("<svg role=\"img\"") && !drawing.contains("http://"), "{drawing}");
    assert!(clerk.get(&format!("{draft}/drawing?dialog=none")).await.contains("画不出来"));
}

#[tokio::test]
async fn of_two_editors_the_second_is_told_and_nothing_is_lost() {
    let studio = Studio::open().await;
    let mut first = studio.county.clerk().await;
    let mut second = studio.second().await;
    let draft = begin(&mut first, "两个人一起改").await;
    second.csrf = second.csrf_of(&draft).await;
    let seen = revision(&second, &draft).await;
    let text = studio.file(FILE).replace(OLD, NEW);
    assert_eq!(work(&mut first, &draft, &text, &[("do", "save")]).await.0, 303);
    let other = text.replace("抓紧", "赶紧");
    let late = [("do", "save"), ("revision", seen.as_str())];
    let (status, page) = work(&mut second, &draft, &other, &late).await;
    assert_eq!(status, 409, "{page}");
    assert!(
        page.contains("刚刚有别人改过") && page.contains("赶紧"),
        "what she wrote is there: {page}"
    );
    let kept = first.get(&format!("{draft}/file?name={FILE}")).await;
    assert!(kept.contains(NEW) && !kept.contains("赶紧"));
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_is_not_undone() {
    let studio = Studio::open().await;
    let county = &studio.county;
    let mut first = county.clerk().await;
    let mut second = studio.second().await;
    let remark = "# 事情还没答复，请部门抓紧。";
    let changed = |words: &str| studio.file(FILE).replace(remark, words);
    let (one, other) = (begin(&mut first, "第一份").await, begin(&mut second, "第二份").await);
    let text = changed("# 请部门快些。");
    assert_eq!(work(&mut first, &one, &text, &[("do", "save")]).await.0, 303);
    let text = changed("# 请部门马上办。");
    assert_eq!(work(&mut second, &other, &text, &[("do", "save")]).await.0, 303);
    for (writer, draft) in [(&mut first, &one), (&mut second, &other)] {
        assert_eq!(step(writer, draft, "ask", "改说明").await.0, 303);
    }
    assert_eq!(step(&mut second, &one, "approve", "").await.0, 303);
    let (status, page) = step(&mut first, &other, "approve", "").await;
    assert!(status == 422 && page.contains("又有别人上线了新的"), "{page}");
    assert!(first.get(&other).await.contains("上线的又变了"));
    assert!(studio.file(FILE).contains("# 请部门快些。"));
    // She looks at the difference, and says that it is meant so.
    assert_eq!(step(&mut second, &other, "return", "").await.0, 303);
    assert_eq!(step(&mut second, &other, "rebase", "").await.0, 303);
    assert_eq!(step(&mut second, &other, "ask", "还是要改").await.0, 303);
    assert_eq!(step(&mut first, &other, "approve", "").await.0, 303);
    assert!(studio.file(FILE).contains("# 请部门马上办。"));
}

#[tokio::test]
async fn a_folder_that_differs_is_left_alone_and_the_page_says_so() {
    let studio = Studio::open().await;
    let mut writer = studio.county.clerk().await;
    let mut second = studio.second().await;
    let draft = begin(&mut writer, "改说明").await;
    let text = studio.file(FILE).replace("请部门抓紧", "请部门快些");
    assert_eq!(work(&mut writer, &draft, &text, &[("do", "save")]).await.0, 303);
    assert_eq!(step(&mut writer, &draft, "ask", "改说明").await.0, 303);
    // Somebody is in the middle of another change there.
    let path = studio.folder.path().join("dialogs/撤回.yaml");
    let half = fs::read_to_string(&path).unwrap() + "\n坏的";
    fs::write(&path, &half).unwrap();
    let (status, page) = step(&mut second, &draft, "approve", "").await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("已经上线") && page.contains("没有动它"), "{page}");
    assert!(!studio.file(FILE).contains("请部门快些"));
    let live = studio.county.office.script();
    assert!(live.files().iter().any(|file| file.text.contains("请部门快些")));
}

#[tokio::test]
async fn what_may_not_be_is_refused() {
    let studio = Studio::open().await;
    let county = &studio.county;
    let mut clerk = county.clerk().await;
    let draft = begin(&mut clerk, "<script>alert(1)</script>").await;
    let page = clerk.get(&draft).await;
    assert!(!page.contains("<script>alert") && page.contains("alert(1)"));
    for (title, told) in [("", "2到40个字"), (&*"长".repeat(41), "2到40个字")] {
        let (status, page) = clerk.post("/desk/dialogs/drafts", &[("title", title)]).await;
        assert!(status == 422 && page.contains(told), "{page}");
    }
    // Neither a path out of the folder nor a file that nobody edits here.
    for name in
        ["dialogs/../config.toml", "county/kinds.model", "dialogs/新/x.yaml", "dialogs/x.sh"]
    {
        let path = format!("{draft}/file");
        let revision = revision(&clerk, &draft).await;
        let fields = [("name", name), ("text", "x"), ("do", "save"), ("revision", &*revision)];
        assert_eq!(clerk.post(&path, &fields).await.0, 404, "{name}");
        assert_eq!(clerk.try_get(&format!("{path}?name={name}")).await.0, 404, "{name}");
    }
    // A script in a dialog is text, on the page and on the phone.
    let hostile = studio.file(FILE).replace(OLD, "<script>alert(2)</script>");
    let fields = [("do", "say"), ("say", "催办")];
    let (_, page) = work(&mut clerk, &draft, &hostile, &fields).await;
    assert!(page.contains("alert(2)") && !page.contains("<script>alert(2)"), "{page}");
    // Too large for a file, for a chat, for a form.
    let long = "# 长\n".repeat(20 * 1024);
    let (status, page) = work(&mut clerk, &draft, &long, &[("do", "save")]).await;
    assert!(status == 422 && page.contains("太长了"), "{status}");
    let said = "村民：催办\n".repeat(61);
    let (status, json) = work(&mut clerk, &draft, "", &[("as", "json"), ("did", &said)]).await;
    assert!(status == 422 && json.contains("最多说60句"), "{json}");
    let (status, _) = work(&mut clerk, &draft, &"长".repeat(100_000), &[("do", "save")]).await;
    assert!([400, 413].contains(&status), "{status}");
    // From another page.
    let csrf = std::mem::replace(&mut clerk.csrf, "x".into());
    assert_eq!(work(&mut clerk, &draft, "", &[("do", "save")]).await.0, 403);
    clerk.csrf = csrf;

    for (name, role, department) in [
        ("承办", Role::Department, Some("城管")),
        ("督办", Role::Supervisor, None),
        ("审计", Role::Auditor, None),
    ] {
        let mut other = county.staff(name, role, department).await;
        other.csrf = other.csrf_of("/desk/me").await;
        let pages = [LIST.to_owned(), draft.clone(), format!("{draft}/tests")];
        for path in pages.iter().chain([&format!("{draft}/file?name={FILE}")]) {
            assert_eq!(other.try_get(path).await.0, 404, "{name} {path}");
        }
        let fields = [("revision", "1"), ("note", "看过"), ("name", FILE), ("text", "x")];
        for post in ["file", "ask", "approve", "return", "discard", "rebase"] {
            assert_eq!(
                other.post(&format!("{draft}/{post}"), &fields).await.0,
                404,
                "{name} {post}"
            );
        }
        let live = county.office.script().hash.clone();
        let back = format!("{LIST}/versions/{live}/rollback");
        assert_eq!(other.post(&back, &[]).await.0, 404, "{name}");
    }
    let mut keeper = county.keeper().await;
    assert_eq!(step(&mut keeper, &draft, "discard", "").await.0, 303, "the settings' keeper may");
}

#[tokio::test]
async fn a_table_of_the_county_goes_the_same_way() {
    let studio = Studio::open().await;
    let county = &studio.county;
    let mut writer = county.clerk().await;
    let mut second = studio.second().await;
    let draft = begin(&mut writer, "大坨子的叫法").await;
    let name = "county/aliases.csv";
    let text = studio.file(name) + "大黑坨子,130225102216,老人的叫法\n";
    let wrong = studio.file(name) + "大黑坨子,999,老人的叫法\n";
    let send = |text: &str, revision: &str, act: &str| {
        [("name", name), ("text", text), ("revision", revision), ("do", act)]
            .map(|(name, value)| (name, value.to_owned()))
    };
    let path = format!("{draft}/file");
    for (text, act, status, told) in
        [(&wrong, "look", 200, "999"), (&wrong, "save", 303, ""), (&text, "look", 200, "没有问题")]
    {
        let fields = send(text, "1", act);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (found, page) = writer.post(&path, &fields).await;
        assert!(found == status && page.contains(told), "{act} {found}: {page}");
    }
    assert_eq!(step(&mut writer, &draft, "ask", "加叫法").await.0, 303);
    let (status, page) = step(&mut second, &draft, "approve", "").await;
    assert!(status == 422 && page.contains("aliases.csv 第"), "{page}");
    assert_eq!(step(&mut writer, &draft, "return", "").await.0, 303);
    let seen = revision(&writer, &draft).await;
    let fields = send(&text, &seen, "save");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(writer.post(&path, &fields).await.0, 303);
    assert_eq!(step(&mut writer, &draft, "ask", "加叫法").await.0, 303);
    let (status, page) = step(&mut second, &draft, "approve", "").await;
    assert_eq!(status, 303, "{page}");
    let page = writer.get("/desk/understand?text=大黑坨子停水了").await;
    assert!(page.contains("大黑坨村"), "{page}");
    assert!(studio.file(name).contains("大黑坨子"));
}

/// Time limits and telephone numbers are the settings' keeper's: two dispatchers do not change
/// them between themselves.
#[tokio::test]
async fn a_table_of_settings_goes_live_with_its_keeper_only() {
    let studio = Studio::open().await;
    let county = &studio.county;
    let mut writer = county.clerk().await;
    let mut second = studio.second().await;
    let mut keeper = county.keeper().await;
    let name = "county/departments.csv";
    let phones =
        ["department,,派出所", "department,0315-2810110,派出所", "department,0315-2810111,派出所"];
    for (by_keeper, note) in [(false, "换了电话"), (true, "再换一次")] {
        let n = usize::from(by_keeper);
        let text = studio.file(name).replace(phones[n], phones[n + 1]);
        assert!(text.contains(phones[n + 1]));
        let who = if by_keeper { &mut keeper } else { &mut writer };
        let draft = begin(who, note).await;
        let fields = [("name", name), ("text", &*text), ("revision", "1"), ("do", "save")];
        let (status, page) = who.post(&format!("{draft}/file"), &fields).await;
        assert_eq!(status, 303, "{page}");
        assert_eq!(step(who, &draft, "ask", note).await.0, 303);
        let (status, page) = step(&mut second, &draft, "approve", "").await;
        if by_keeper {
            assert!([200, 303].contains(&status), "{page}");
        } else {
            assert!(status == 422 && page.contains("由系统管理员核对"), "{page}");
            let (status, page) = step(&mut keeper, &draft, "approve", "").await;
            assert!([200, 303].contains(&status), "{page}");
        }
    }
}

/// 常用话: written by one, looked at by another, and there on the form.
#[tokio::test]
async fn what_is_often_written_is_a_table_of_the_studio() {
    let studio = Studio::open().await;
    let mut clerk = studio.county.clerk().await;
    let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let own = studio.county.staff("小王", Role::Department, Some("城管")).await;
    let draft = begin(&mut clerk, "常用话").await;
    let (path, name) = (format!("{draft}/table"), "county/replies.csv");
    assert!(clerk.get(&draft).await.contains("常用话"));
    let mut fields = vec![("name", name), ("columns", "4"), ("rows", "")];
    let row = [("new-0-0", "reply"), ("new-0-1", "0409"), ("new-0-2", "等灯泡")];
    fields.extend(row);
    fields.extend([("new-0-3", "您好，灯泡【哪天】到货，到了就换。"), ("revision", "1")]);
    let (status, page) = clerk.post(&path, &fields).await;
    assert_eq!(status, 303, "{page}");
    assert_eq!(step(&mut clerk, &draft, "ask", "等灯泡的多").await.0, 303);
    let case = format!("/desk/cases/{number}");
    assert!(!own.get(&case).await.contains("等灯泡</option>"), "nobody has looked at it");
    let mut second = studio.second().await;
    let (status, page) = step(&mut second, &draft, "approve", "").await;
    assert!([200, 303].contains(&status), "{page}");
    assert!(own.get(&case).await.contains("等灯泡</option>"));
    assert!(studio.file(name).contains("等灯泡"));
}

#[tokio::test]
async fn a_table_is_edited_as_a_table_and_a_bad_row_says_so() {
    let studio = Studio::open().await;
    let mut clerk = studio.county.clerk().await;
    let draft = begin(&mut clerk, "叫法").await;
    let path = format!("{draft}/table");
    let asked = format!("{path}?name=county/aliases.csv&find=胡坨");
    let page = clerk.get(&asked).await;
    assert!(page.contains("value=\"胡坨镇\"") && !page.contains("阎各庄镇"), "{page}");
    let first = part(&page, "name=\"rows\" value=\"", " ").to_owned();
    let cell = |n: usize| format!("row-{first}-{n}");
    let names = [cell(0), cell(1), cell(2)];
    let common = [("name", "county/aliases.csv"), ("columns", "3"), ("rows", &*first)];
    let send = |revision: &'static str, code: &'static str| {
        let mut fields = common.to_vec();
        fields.push(("revision", revision));
        fields.extend(names.iter().map(String::as_str).zip(["胡坨大镇", code, "改过"]));
        fields.extend([("new-0-0", "老胡坨"), ("new-0-1", "130225102"), ("new-0-2", "")]);
        fields
    };
    let (status, page) = clerk.post(&path, &send("1", "999")).await;
    assert_eq!(status, 303, "{page}");
    let page = clerk.get(&asked).await;
    assert!(page.contains("class=\"wrong\"") && page.contains("「code」列"), "{page}");
    assert!(page.contains("value=\"老胡坨\""), "{page}");
    // The same page once more is old.
    assert_eq!(clerk.post(&path, &send("1", "130225102")).await.0, 409);
    let mut drop = common.to_vec();
    let name = format!("drop-{first}");
    drop.extend([("revision", "2"), (&*name, "1")]);
    assert_eq!(clerk.post(&path, &drop).await.0, 303);
    let page = clerk.get(&asked).await;
    assert!(!page.contains("胡坨大镇") && page.contains("value=\"老胡坨\""), "{page}");
    assert!(!studio.file("county/aliases.csv").contains("老胡坨"), "nothing is live");
    let page = clerk.get(&format!("{path}?name=county/places.csv&page=2")).await;
    assert!(
        page.len() < 150 * 1024 && page.contains("name=\"page\" value=\"2\""),
        "{} bytes",
        page.len()
    );
    assert_eq!(clerk.try_get(&format!("{path}?name=county/none.csv")).await.0, 404);
}

/// Who never wrote a program changes what the bot says, sees what does not go with it, and mends
/// the tests with one click.
#[tokio::test]
async fn a_greeting_is_changed_in_a_field_and_the_tests_follow_with_one_click() {
    let studio = Studio::open().await;
    let county = &studio.county;
    let mut clerk = county.clerk().await;
    clerk.csrf = clerk.csrf_of(LIST).await;
    let name = "dialogs/_全局.yaml";
    let response = clerk.post("/desk/dialogs/drafts", &[("file", name)]).await;
    assert_eq!(response.0, 303, "{}", response.1);
    let draft = drafts(&clerk).await.remove(0);
    let path = format!("{draft}/sayings");
    let asked = format!("{path}?name={name}");
    let page = clerk.get(&asked).await;
    assert!(page.contains("到处都说的话") && page.contains("句子 · 欢迎 · 微信"), "{page}");
    assert!(page.len() < 150 * 1024, "{} bytes", page.len());
    let old = "您好，这里是便民服务。有事请县里办";
    let file = studio.file(name);
    let line = file.lines().position(|line| line.contains(old)).unwrap() + 1;
    let text = file.lines().nth(line - 1).unwrap().split_once(": ").unwrap().1.to_owned();
    assert!(page.contains(&format!("name=\"say-{line}\"")), "{page}");
    let field = format!("say-{line}");
    let lines = line.to_string();
    let seen = revision(&clerk, &draft).await;
    let new = text.replace(old, "乡亲好，有事");
    for (new, status, told) in [("", 422, "不能空"), (&*new, 303, "")] {
        let fields = [("name", name), ("lines", &*lines), ("revision", &*seen), (&*field, new)];
        let (found, page) = clerk.post(&path, &fields).await;
        assert!(found == status && page.contains(told), "{new}: {found} {page}");
    }
    let page = clerk.get(&asked).await;
    assert!(page.contains("乡亲好，有事"), "{page}");

    // Tests that expect the old greeting say so in words, and follow.
    let tests = clerk.get(&format!("{draft}/tests")).await;
    assert!(tests.contains("测试里写的是") && tests.contains("机器人现在说的是"), "{tests}");
    assert!(tests.contains("乡亲好，有事") && tests.contains("您好，这里是便民服务。…"), "{tests}");
    let (status, page) = step(&mut clerk, &draft, "expect", "").await;
    assert_eq!(status, 303, "{page}");
    let tests = clerk.get(&format!("{draft}/tests")).await;
    assert!(!tests.contains("不通过"), "{tests}");
    assert_eq!(step(&mut clerk, &draft, "ask", "亲切些").await.0, 303);
    let mut second = studio.second().await;
    let (status, page) = step(&mut second, &draft, "approve", "").await;
    assert_eq!(status, 303, "{page}");
    assert!(county.say(VILLAGER, "你好").await.starts_with("乡亲好，有事"));
}
