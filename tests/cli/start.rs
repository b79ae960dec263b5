//! What stops the start, and what is said then.

use super::program::{Home, said};

/// After the edit the start must fail, and say each of `parts`.
fn stops(name: &str, edit: impl Fn(&Home), parts: &[&str]) {
    let home = Home::new();
    edit(&home);
    let refusal = home.refused(&["serve"]);
    for part in parts {
        assert!(refusal.contains(part), "{name}: no {part} in\n{refusal}");
    }
}

#[test]
fn a_doubtful_configuration_stops_the_start() {
    let config = |lines: &'static str| {
        move |home: &Home| home.edit("config.toml", "[server]\n", &format!("{lines}\n[server]\n"))
    };
    stops(
        "unknown key",
        config("[limits]\nmesages_per_minute = 3"),
        &["config.toml", "mesages_per_minute", "2"],
    );
    stops(
        "wrong type",
        config("[limits]\nconnections = \"many\""),
        &["config.toml", "connections"],
    );
    stops("bad value", config("[limits]\nconnections = 0"), &["config.toml", "connections"]);
    let account = "[wechat.main]\nappid = \"wx0123456789abcdef\"\ntoken_env = \"NO_SUCH_SECRET\"";
    stops("missing secret", config(account), &["NO_SUCH_SECRET", "config.toml"]);
    let account = "[wechat.main]\nappid = \"wx0123456789abcdef\"\nmode = \"plain\"\n\
                   token_env = \"PATH\"";
    stops("trial phone", config(account), &["config.toml 第2行", "beside_accounts = true"]);
    let two = "[limits]\nconnections = 0\nbody_seconds = 0";
    stops("two mistakes", config(two), &["connections", "body_seconds"]);
    stops("no TOML", |home| home.write("config.toml", "[server\n"), &["config.toml", "1"]);
}

#[test]
fn a_broken_script_or_table_stops_the_start() {
    let dialog = "dialogs/反映问题.yaml";
    stops(
        "unknown type",
        |home| home.edit(dialog, "类型: 村庄", "类型: 村子"),
        &["反映问题.yaml 第", "村子", "村庄"],
    );
    let both = |home: &Home| {
        home.edit(dialog, "类型: 村庄", "类型: 村子");
        home.edit("county/places.csv", "village", "vilage");
    };
    stops("both are said", both, &["反映问题.yaml", "places.csv", "vilage"]);
    let unknown = |home: &Home| {
        let options = "类型: 单选\n    选项:\n      - 值: \"0999\"\n        字: 路灯\n\
                       \x20     - 值: \"0201\"\n        字: 停水\n";
        home.edit(dialog, "类型: 事项\n", options);
    };
    stops("unknown kind of matter", unknown, &["「路灯」的「值」0999", "categories.csv"]);
    let missing = |home: &Home| std::fs::remove_dir_all(home.path("county")).unwrap();
    stops("no county", missing, &["places.csv", "打不开"]);
    let gbk = |home: &Home| home.write("county/aliases.csv", b"alias,code\n\xba\xda\xcd\xcf,1\n");
    stops("not UTF-8", gbk, &["aliases.csv", "UTF-8"]);
}

#[test]
fn a_folder_or_port_that_is_not_to_be_had_stops_the_start() {
    stops("data is a file", |home| home.write("data", ""), &["data"]);
    let home = Home::new();
    let server = home.serve();
    let address = server.base.trim_start_matches("http://").to_owned();
    let other = Home::new();
    other.edit("config.toml", "127.0.0.1:0", &address);
    let refusal = other.refused(&["serve"]);
    assert!(refusal.contains(&address) && refusal.contains("Please"), "{refusal}");
    let refusal = home.refused(&["serve"]);
    assert!(refusal.contains("store") && !refusal.contains("password"), "{refusal}");
}

#[test]
fn the_first_clerk_is_named_once() {
    let home = Home::new();
    let server = home.serve();
    assert!(server.printed.contains("one-time password"), "{}", server.printed);
    for page in ["/phone", "/desk", "/health"] {
        assert!(server.printed.contains(&format!("{}{page}", server.base)), "{}", server.printed);
    }
    assert_eq!(server.stop(), Some(0));
    let again = home.serve();
    assert!(!again.printed.contains("password"), "{}", again.printed);
}

#[test]
fn clerks_are_added_listed_and_given_new_passwords() {
    let home = Home::new();
    let added = home.done(&["staff", "add", "王芳"]);
    assert!(added.contains("王芳"), "{added}");
    assert!(home.refused(&["staff", "add", "王芳"]).contains("王芳"));
    assert!(home.done(&["staff", "list"]).contains("王芳"));
    let reset = home.done(&["staff", "reset", "王芳"]);
    assert_ne!(added, reset);
    home.refused(&["staff", "reset", "没有这个人"]);
    assert!(home.done(&["staff", "approve", "王芳"]).contains("王芳"));
    home.refused(&["staff", "approve", "没有这个人"]);
}

#[test]
fn every_subcommand_explains_itself() {
    let home = Home::new();
    let all = home.done(&["--help"]);
    let listed = all.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<&str> = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    for name in ["serve", "chat", "lint", "test", "staff", "backup", "restore", "import"] {
        assert!(names.contains(&name), "{name} is missing in\n{all}");
    }
    for name in names {
        let help = home.done(&[name, "--help"]);
        assert!(help.lines().count() > 5, "{name}: {help}");
    }
}

#[test]
fn the_transcripts_are_run_and_their_failures_said() {
    let home = Home::new();
    assert!(home.done(&["test"]).contains("通过"));
    home.edit("dialogs/评价.yaml", "系统：谢谢您，编号126-041-273的评价记下了。", "系统：不谢。");
    let output = home.run(&["test"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("应该说"), "{}", said(&output));
    assert!(said(&output).contains("不谢。"), "{}", said(&output));
    home.edit("dialogs/评价.yaml", "类型: 单选", "类型: 三选");
    assert_eq!(home.run(&["test"]).status.code(), Some(2));
}

#[test]
fn the_terminal_holds_the_same_conversation() {
    let home = Home::new();
    let lines = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000\n对\n查进度\n";
    let output = home.run_with(&["chat"], lines);
    assert!(output.status.success());
    let said = said(&output);
    assert!(said.contains("收到了，编号") && said.contains("现在：已收到"), "{said}");
    assert!(!home.path("data").exists(), "nothing is stored");
}
