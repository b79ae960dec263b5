//! Every statement that the program can send, against what CockroachDB and YugabyteDB have
//! too. What it leaves out is what they lack or do otherwise: see docs/operations/distributed.md.

use std::collections::BTreeSet;
use std::ops::Bound;

use bianmin::store::postgres::statements;
use bianmin::store::postgres::views::VIEWS;
use bianmin::store::{Batch, Direction, Engine, Expect, PostgresEngine, PostgresSettings, Range};
use fake_wechat::cutter::Cutter;
use fake_wechat::postgres::Cluster;

/// Every word that may stand in a statement, in lower case. A word that is not here is looked
/// up in the manuals of both databases before it is added.
const WORDS: &str = "
    select from where and or not in is null as with materialized case when then end exists all any
    order by desc limit for update insert into values on conflict do nothing set delete returning
    create table sequence view if or replace primary key default constraint begin commit rollback
    alter add column union
    bigint bytea text jsonb boolean timestamptz date interval array
    show transaction_read_only
    count unnest array_position nextval now clock_timestamp extract epoch replace convert_from
    set statement_timeout lock_timeout idle_in_transaction_session_timeout enable_seqscan off
";

/// What must never be needed.
const FORBIDDEN: &[&str] = &[
    "advisory",
    "listen",
    "notify",
    "skip locked",
    "nowait",
    "serial",
    "truncate",
    "lock table",
    "for share",
    "deferrable",
    "ctid",
    "xmin",
    "pg_",
    "language",
    "function",
    "trigger",
    "copy",
    "merge",
    " only",
    "using",
];

/// Words, numbers, and names of our own; strings and what is quoted are left out.
fn words(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = sql;
    let mut outside = String::new();
    while let Some(at) = rest.find(['\'', '"']) {
        let quote = &rest[at..=at];
        outside.push_str(&rest[..at]);
        outside.push(' ');
        let Some(end) = rest[at + 1..].find(quote) else { panic!("an open quote: {sql}") };
        rest = &rest[at + 1 + end + 1..];
    }
    outside.push_str(rest);
    for word in outside.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
        if word.chars().next().is_some_and(|c| c.is_ascii_alphabetic()) {
            found.push(word.to_ascii_lowercase());
        }
    }
    found
}

fn own_names() -> Vec<&'static str> {
    let mut names = vec![
        "entry",
        "k",
        "version",
        "value",
        "seat",
        "id",
        "last",
        "taken_at",
        "schema_version",
        "one",
        "views",
        "expected",
        "seated",
        "missed",
        "numbered",
        "changed",
        "refused",
        "want",
        "gone",
        "n",
        "created",
        "replaced",
        "deleted",
        "new",
        "excluded",
        "records",
        "r",
    ];
    names.extend(VIEWS.iter().map(|view| view.name));
    names
}

#[test]
fn every_statement_stays_within_the_subset() {
    let mut all = statements::all();
    all.retain(|sql| !statements::HINTS.contains(&&**sql));
    assert!(all.len() > 20, "{}", all.len());
    let allowed: Vec<&str> = WORDS.split_whitespace().collect();
    let names = own_names();
    let mut problems = Vec::new();
    for sql in &all {
        for word in words(sql) {
            if !allowed.contains(&word.as_str()) && !names.contains(&word.as_str()) {
                problems.push(format!("{word} in: {sql}"));
            }
        }
        let lower = sql.to_ascii_lowercase();
        for forbidden in FORBIDDEN {
            if lower.contains(forbidden) {
                problems.push(format!("{forbidden} in: {sql}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What only PostgreSQL has may be asked for, as long as a refusal changes nothing: settings of
/// its planner, each sent by itself.
#[test]
fn hints_are_settings_of_the_planner_and_nothing_else() {
    const OF_THE_PLANNER: [&str; 4] =
        ["plan_cache_mode", "jit", "enable_hashjoin", "enable_mergejoin"];
    for hint in statements::HINTS {
        let words: Vec<&str> = hint.split(' ').collect();
        assert!(
            matches!(words[..], ["SET", name, "=", _] if OF_THE_PLANNER.contains(&name)),
            "{hint}"
        );
    }
}

/// The list is whole: what a server is sent stands in it, whatever becomes of a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_that_is_not_in_the_list() {
    let cluster = Cluster::start_noting(&std::env::temp_dir());
    let cutter = Cutter::start(cluster.port).await;
    let url = cluster.fresh().url_by(cutter.port);
    let settings = PostgresSettings { url, password: None, ca_file: None, connections: 3 };
    let store = PostgresEngine::open(settings.clone()).await.unwrap();
    let key = |n: u32| format!("k/{n:04}").into_bytes();
    cutter.cut_one_in(12);
    for n in 0..200 {
        let put = vec![(key(n), b"{}".to_vec()), (b"k/last".to_vec(), b"{}".to_vec())];
        let expect = vec![(key(n), Expect::Absent)];
        let delete = if n > 2 { vec![key(n - 2)] } else { Vec::new() };
        store.commit(Batch { expect, put, delete }).await.unwrap();
        let found = store.get_many(&[key(n)]).await.unwrap()[0].clone().unwrap();
        let expect = vec![(key(n), Expect::Version(found.version))];
        let put = vec![(key(n), b"[]".to_vec())];
        store.commit(Batch { expect, put, delete: Vec::new() }).await.unwrap();
    }
    for direction in [Direction::Forward, Direction::Backward] {
        let (from, to) = (Bound::Unbounded, Bound::Unbounded);
        assert!(!store.scan(Range { from, to, direction }, 10).await.unwrap().is_empty());
    }
    assert!(store.stats().looked_up > 0, "none was cut off");
    cutter.cut_one_in(0);
    drop(PostgresEngine::open(settings).await.unwrap());

    let plain = |sql: &String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let list: BTreeSet<String> = statements::all().iter().map(plain).collect();
    // The test's own, by psql.
    let of_the_test = |sql: &String| sql.starts_with("CREATE SCHEMA");
    let sent: BTreeSet<String> = cluster.statements().into_iter().collect();
    let unknown: Vec<&String> =
        sent.iter().filter(|sql| !list.contains(*sql) && !of_the_test(sql)).collect();
    assert_eq!(unknown, Vec::<&String>::new());
    // Seats are left when a session is an hour old; a view that the first open made is not
    // made again. All else was seen.
    let unseen: Vec<&String> = list.iter().filter(|sql| !sent.contains(*sql)).collect();
    assert_eq!(unseen, ["ROLLBACK"]);
}

/// And nobody but the engine speaks to a database.
#[test]
fn nobody_else_speaks_to_a_database() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            seen += 1;
            let is_engine = path.parent().is_some_and(|folder| folder.ends_with("store/postgres"));
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(is_engine || !text.contains("tokio_postgres"), "{}", path.display());
        }
    }
    assert!(seen > 100, "the sources were not found");
}
