//! The views of docs/operations/views.md: as described, and right on records as they are.

use std::collections::BTreeSet;

use bianmin::store::postgres::views::{VIEWS, WITHOUT};
use bianmin::store::{Batch, Engine, PostgresEngine, PostgresSettings};
use fake_wechat::postgres::Cluster;

const PAGE: &str = include_str!("../docs/operations/views.md");

#[test]
fn the_page_describes_the_views_as_they_are() {
    let mut expect = String::new();
    for view in VIEWS {
        expect += &format!("\n## {}\n\n{}\n\n", view.name, view.about);
        expect += "| column | type | in the record |\n|---|---|---|\n";
        for column in view.columns {
            let (name, kind, path) = (column.name, column.kind.sql(), column.path);
            expect += &format!("| `{name}` | {kind} | `{path}` |\n");
        }
    }
    let (_, found) = PAGE.split_once("\n## ").unwrap();
    assert_eq!(format!("\n## {found}"), expect);
}

/// The map of all keys names the kinds; a new one needs a view, or a reason.
#[test]
fn every_kind_of_record_has_its_view() {
    let map = include_str!("../src/store/keys.rs");
    let kinds = map.lines().map_while(|line| line.strip_prefix("//!"));
    let kinds = kinds.filter_map(|line| line.trim().strip_prefix("| `")?.split('`').next());
    let kinds = kinds.filter(|key| !key.starts_with("i/"));
    let found: BTreeSet<&str> = kinds.filter_map(|key| key.split('/').next()).collect();
    let with = VIEWS.iter().map(|view| view.prefix);
    let expect: BTreeSet<&str> = with.chain(WITHOUT.iter().map(|(kind, _)| *kind)).collect();
    assert_eq!(found, expect);
    assert_eq!(expect.len(), VIEWS.len() + WITHOUT.len(), "a kind stands twice");
    for (kind, reason) in WITHOUT {
        assert!(PAGE.contains(&format!("`{kind}`: {reason}")), "the page does not say {kind}");
    }
}

/// Records as the program writes them, one of each kind with awkward characters in it.
#[tokio::test]
async fn records_are_seen_with_their_columns() {
    let database = Cluster::shared().fresh();
    let (url, connections) = (database.url(), 2);
    let settings = PostgresSettings { url, password: None, ca_file: None, connections };
    let store = PostgresEngine::open(settings).await.unwrap();
    let case = r#"{"schema":1,"record":{"number":"126041273","title":"垃圾 \\u0000 \"没人拉\" \u0000","state":"dispatched",
        "department":"城管","received_at":"2026-11-24T02:03:46.123Z","revision":7,"reply":{"text":"清走了"}}}"#;
    let message = r#"{"schema":1,"record":{"id":"m1","case":"126041273","status":"sent","must_arrive":true,
        "body":{"notice":{"kind":"dispatched","fields":{}}},"made_at":"2026-11-24T02:03:46Z","tries":[]}}"#;
    let put = [("case/126041273", case), ("outgoing/m1", message), ("i/case-state/x", "case/1")];
    let put = put.map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).to_vec();
    store.commit(Batch { put, ..Batch::default() }).await.unwrap();
    let ask = |columns: &str, view: &str| {
        Cluster::shared().sql(&format!("SELECT {columns} FROM {}.{view}", database.name))
    };
    let found = ask(
        "number, title, state, department, received_at AT TIME ZONE 'UTC', revision + 1, reply, rating IS NULL",
        "cases",
    );
    assert_eq!(
        found,
        "126041273|垃圾 \\ufffd \"没人拉\" \u{fffd}|dispatched|城管|2026-11-24 02:03:46.123|8|清走了|t"
    );
    assert_eq!(
        ask("number, status, must_arrive, notice, text", "messages"),
        "126041273|sent|t|dispatched|"
    );
    for view in VIEWS {
        ask("count(*)", view.name);
    }
}
