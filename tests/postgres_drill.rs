//! The restore drill of docs/operations/backup.md, with its own commands.

use bianmin::store::backup::export;
use bianmin::store::{Batch, Engine, Expect, PostgresEngine, PostgresSettings, Version};
use fake_wechat::postgres::Cluster;

const PAGE: &str = include_str!("../docs/operations/backup.md");

async fn open(url: String) -> PostgresEngine {
    let settings = PostgresSettings { url, password: None, ca_file: None, connections: 2 };
    PostgresEngine::open(settings).await.unwrap()
}

async fn lines(store: &PostgresEngine) -> Vec<u8> {
    let mut out = Vec::new();
    export(store, &mut out).await.unwrap();
    out
}

#[tokio::test]
async fn what_was_dumped_is_restored_and_goes_on() {
    let cluster = Cluster::shared();
    let database = cluster.fresh();
    let store = open(database.url()).await;
    let key = |n: u32| format!("case/{n:09}").into_bytes();
    for n in 0..300 {
        let value =
            format!("{{\"schema\":1,\"record\":{{\"n\":{n},\"text\":\"大黑坨村\\u0000\"}}}}");
        let put = vec![(key(n), value.into_bytes())];
        store.commit(Batch { put, ..Batch::default() }).await.unwrap();
    }
    let before = lines(&store).await;
    let version = store.get_many(&[key(7)]).await.unwrap()[0].clone().unwrap().version;

    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("bianmin.dump").display().to_string();
    // As the page writes them; `-h db1` is this server, `-d bianmin` its database.
    for command in [
        "pg_dump -h db1 -U bianmin -Fc -d bianmin -f bianmin.dump",
        "createdb -h db1 -U postgres -O bianmin drill",
        "pg_restore -h db1 -U bianmin -d drill --no-owner bianmin.dump",
    ] {
        assert!(PAGE.contains(command), "{command}");
        let here =
            command.replace("-d bianmin ", "-d postgres ").replace("-U postgres", "-U bianmin");
        let words: Vec<&str> = here.split_whitespace().collect();
        let words = words.iter().map(|word| if *word == "bianmin.dump" { &*dump } else { word });
        cluster.run(&words.collect::<Vec<_>>());
    }
    let drill = open(database.url().replace("/postgres?", "/drill?")).await;
    assert!(lines(&drill).await == before, "the lines are those of the moment of the dump");
    // Versions go on where they were: an old expectation fits once.
    let again = |version: Version| Batch {
        expect: vec![(key(7), Expect::Version(version))],
        put: vec![(key(7), b"{}".to_vec())],
        delete: Vec::new(),
    };
    drill.commit(again(version)).await.unwrap();
    drill.commit(again(version)).await.unwrap_err();
}
