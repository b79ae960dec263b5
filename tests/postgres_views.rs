//! The views of docs/operations/views.md: as described, and right on records as they are.

use bianmin::store::postgres::views::VIEWS;
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
