//! verify, retention and erase, beside a server and without one.

use serde_json::Value;

use super::program::Home;

const WORDS: &str = "路灯坏了半个月了";
/// Not one of those that stand in dialogs as examples.
const NAME: &str = "肖铁蛋";
const PHONE: &str = "13800138001";

/// A case of hers that is over.
fn closed(home: &Home) -> String {
    let file = ["case", "file", "--text", WORDS, "--village", "胡家坨镇大黑坨村", "--json"];
    let said = home.done(&[&file[..], &["--name", NAME, "--phone", PHONE]].concat());
    let filed: Value = serde_json::from_str(&said).unwrap();
    let number = filed["number"].as_str().unwrap().to_owned();
    let why = ["--reason", "empty", "--instead", "本人说不用办了"];
    home.done(&[&["case", "reject", &number][..], &why].concat());
    number
}

/// The same records, each line as `change` makes it, in a folder of its own.
fn changed(home: &Home, change: impl Fn(&str) -> String) -> Home {
    let lines: Vec<String> = home.export().lines().map(change).collect();
    let other = Home::new();
    other.write("records.jsonl", lines.join("\n") + "\n");
    other.done(&["import", "records.jsonl"]);
    other
}

#[test]
fn one_changed_word_is_found_and_the_exit_code_says_so() {
    let home = Home::new();
    drop(home.serve());
    closed(&home);
    for beside_a_server in [false, true] {
        let server = beside_a_server.then(|| home.serve());
        let said = home.done(&["verify"]);
        assert!(said.contains("都对得上：1件事，2条办理记录"), "{said}");
        drop(server);
    }
    assert!(changed(&home, str::to_owned).done(&["verify"]).contains("都对得上"));
    let forged = changed(&home, |line| line.replace("本人说不用办了", "本人说已经办了"));
    let said = forged.refused(&["verify"]);
    assert!(said.contains("有1处对不上"), "{said}");
}

#[test]
fn what_was_kept_long_enough_is_said_first_and_goes_then() {
    let home = Home::new();
    drop(home.serve());
    let number = closed(&home);
    let said = home.done(&["retention", "--dry-run"]);
    assert!(!said.contains("办结的事项"), "it has its years: {said}");
    // As if it had been filed in 2015.
    let this_year = format!("{}-", &jiff::Timestamp::now().to_string()[..4]);
    let old = changed(&home, |line| match line.contains(&number) {
        true => line.replace(&this_year, "2015-"),
        false => line.to_owned(),
    });
    for beside_a_server in [false, true] {
        // A server clears away by night, not at its start.
        let server = beside_a_server.then(|| old.serve());
        let said = old.done(&["retention", "--dry-run"]);
        assert!(said.contains("办结的事项　2015年　1") && said.contains("会清掉"), "{said}");
        drop(server);
    }
    let shown = old.done(&["case", "show", &number]);
    assert!(shown.contains(WORDS), "nothing has gone yet: {shown}");
    let said = old.done(&["retention"]);
    assert!(said.contains("办结的事项　2015年　1") && said.contains("清掉了"), "{said}");
    assert!(!old.done(&["case", "show", &number]).contains(WORDS));
    let said = old.done(&["retention"]);
    assert!(!said.contains("办结的事项"), "{said}");
    let export = old.export();
    let of_case = export.lines().filter(|line| line.contains(&number));
    for line in of_case {
        assert!(!line.contains(PHONE) && !line.contains(NAME), "{line}");
    }
}

#[test]
fn a_person_is_forgotten_for_a_reason_and_not_while_she_waits() {
    let home = Home::new();
    drop(home.serve());
    let number = closed(&home);
    let export = home.export();
    let is_hers = |line: &&str| line.starts_with("{\"key\":\"person/") && line.contains(PHONE);
    let record = export.lines().find(is_hers).expect("her record");
    let id = record.split("person/").nth(1).unwrap().split('"').next().unwrap().to_owned();

    let said = home.refused(&["erase", &id]);
    assert!(said.contains("--reason"), "{said}");
    let said = home.refused(&["erase", &id, "--reason", "要"]);
    assert!(said.contains("写明为什么清除"), "{said}");
    let said = home.refused(&["erase", "没有这个人", "--reason", "本人要求"]);
    assert!(said.contains("没有找到"), "{said}");
    let said = home.done(&["erase", &id, "--reason", "本人要求", "--dry-run"]);
    assert!(said.contains("会清掉：1件事"), "{said}");
    assert!(home.export().contains(PHONE), "only said");

    let server = home.serve();
    let said = home.done(&["erase", &id, "--reason", "本人要求"]);
    assert!(said.contains("清掉了：1件事"), "{said}");
    drop(server);
    let left = home.export();
    for hers in [PHONE, NAME, WORDS] {
        assert!(!left.contains(hers), "{hers} is still there");
    }
    assert!(left.contains(&number), "the case stays");
    assert!(home.done(&["verify"]).contains("都对得上"));

    let open = ["case", "file", "--text", WORDS, "--village", "胡家坨镇大黑坨村", "--phone"];
    home.done(&[&open[..], &["13900139000", "--name", "王五"]].concat());
    let export = home.export();
    let is_his = |line: &&str| line.starts_with("{\"key\":\"person/") && line.contains("王五");
    let record = export.lines().find(is_his).expect("his record");
    let id = record.split("person/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let said = home.refused(&["erase", &id, "--reason", "本人要求"]);
    assert!(said.contains("还在办，个人信息不能清除"), "{said}");
}
