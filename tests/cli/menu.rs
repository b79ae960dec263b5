//! `bianmin menu push` and `bianmin qrcode`: the account's buttons and the villages' codes, against a
//! WeChat that keeps its limits.

use fake_wechat::{FakeWechat, Fault, MENU_CREATE, QRCODE_CREATE, nobody};

use super::program::{Home, said};

const SECRETS: [(&str, &str); 3] = [
    ("TOKEN", "token0123456789"),
    ("KEY", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"),
    ("SECRET", "the-app-secret"),
];

fn account(home: &Home, api: &str) {
    home.write(
        "config.toml",
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[simulator]\nbeside_accounts = true\n\
             [wechat.main]\nappid = \"wxba5fad812f8e6fb9\"\ntoken_env = \"TOKEN\"\n\
             aes_key_env = \"KEY\"\nsecret_env = \"SECRET\"\napi = {api:?}\n"
        ),
    );
}

/// Instead of the shipped one.
fn menu(home: &Home, columns: &str) {
    let text = std::fs::read_to_string(home.path("dialogs/_全局.yaml")).unwrap();
    let from = text.find("\n  菜单:").unwrap() + 1;
    home.write("dialogs/_全局.yaml", format!("{}  菜单:\n{columns}", &text[..from]));
}

const COLUMNS: &str = "    - 名称: 办事
      子菜单:
        - 名称: 反映问题
          键: APPEAL
        - 名称: 查查我的事办到哪一步了
          键: STATUS
    - 名称: 找工作人员
      键: HUMAN
";

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_of_the_dialogs_is_pushed() {
    let wechat = FakeWechat::start("wxba5fad812f8e6fb9", "the-app-secret").await;
    let home = Home::new();
    account(&home, &wechat.url);
    let shown = home.run_with_env(&["menu", "push", "--dry-run"], &SECRETS);
    assert!(shown.status.success(), "{}", said(&shown));
    assert!(said(&shown).contains("反映问题（APPEAL）"), "{}", said(&shown));
    assert!(wechat.calls(MENU_CREATE).is_empty());

    menu(&home, COLUMNS);
    let pushed = home.run_with_env(&["menu", "push"], &SECRETS);
    assert!(pushed.status.success(), "{}", said(&pushed));
    assert!(said(&pushed).contains("main：放上去了"), "{}", said(&pushed));
    let buttons = &wechat.calls(MENU_CREATE)[0].body["button"];
    assert_eq!(buttons[0]["name"], "办事");
    let inner = &buttons[0]["sub_button"][1];
    assert_eq!((&inner["type"], &inner["key"]), (&"click".into(), &"STATUS".into()));
    assert_eq!(buttons[1]["key"], "HUMAN");

    wechat.fail(MENU_CREATE, Fault::Error(48001), Some(1));
    let refused = home.run_with_env(&["menu", "push"], &SECRETS);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("没有放上去") && said(&refused).contains("48001"));
    wechat.fail(MENU_CREATE, Fault::Drop, Some(1));
    let unknown = home.run_with_env(&["menu", "push"], &SECRETS);
    assert!(said(&unknown).contains("不知道放上去没有"), "{}", said(&unknown));
    account(&home, &nobody().await);
    let away = home.run_with_env(&["menu", "push", "--account", "main"], &SECRETS);
    assert!(said(&away).contains("过一会儿再试"), "{}", said(&away));
    let none = home.run_with_env(&["menu", "push", "--account", "another"], &SECRETS);
    assert!(said(&none).contains("没有这个公众号"), "{}", said(&none));
}

#[test]
fn a_menu_that_wechat_would_refuse_does_not_leave_the_house() {
    let home = Home::new();
    account(&home, "http://127.0.0.1:9");
    menu(&home, &COLUMNS.replace("名称: 办事", "名称: 办各种各样的事"));
    let refused = home.run_with_env(&["menu", "push", "--dry-run"], &SECRETS);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("E813"), "{}", said(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_village_has_its_code() {
    let wechat = FakeWechat::start("wxba5fad812f8e6fb9", "the-app-secret").await;
    let home = Home::new();
    account(&home, &wechat.url);
    let output = home.run_with_env(&["qrcode", "大黑坨村", "130225102216"], &SECRETS);
    let lines = said(&output);
    assert!(output.status.success(), "{lines}");
    let picture = "胡家坨镇大黑坨村：https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=ticket%2D";
    assert_eq!(lines.lines().filter(|line| line.starts_with(picture)).count(), 2, "{lines}");
    let calls = wechat.calls(QRCODE_CREATE);
    assert_eq!(calls[0].body["action_name"], "QR_LIMIT_STR_SCENE");
    assert_eq!(calls[0].body["action_info"]["scene"]["scene_str"], "village-130225102216");

    let none = home.run_with_env(&["qrcode", "大黑坨村", "没有这村"], &SECRETS);
    assert!(!none.status.success() && said(&none).contains("没有「没有这村」这个村"));
    let other = home.run_with_env(&["qrcode", "大黑坨村", "--account", "x"], &SECRETS);
    assert!(said(&other).contains("没有这个公众号"), "{}", said(&other));
    assert_eq!(wechat.calls(QRCODE_CREATE).len(), 2, "nothing was made for those");
    wechat.fail(QRCODE_CREATE, Fault::Error(45009), Some(1));
    let full = home.run_with_env(&["qrcode", "大黑坨村"], &SECRETS);
    assert!(!full.status.success() && said(&full).contains("45009"), "{}", said(&full));
}
