//! Every statement that the program can send, against what CockroachDB and YugabyteDB have
//! too. What it leaves out is what they lack or do otherwise: see docs/operations/distributed.md.

use bianmin::store::postgres::statements;
use bianmin::store::postgres::views::VIEWS;

/// Every word that may stand in a statement, in lower case. A word that is not here is looked
/// up in the manuals of both databases before it is added.
const WORDS: &str = "
    select from where and or not in is null as with materialized case when then end exists all any
    order by desc limit for update insert into values on conflict do nothing set delete returning
    create table sequence view if or replace primary key default constraint begin commit rollback
    bigint bytea text jsonb boolean timestamptz date interval array
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
    "only",
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
    let all = statements::all();
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

/// The list is whole: nobody sends a statement that does not stand in it.
#[test]
fn nobody_else_writes_sql() {
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
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            seen += 1;
            if path.ends_with("postgres/statements.rs") || path.ends_with("postgres/views.rs") {
                continue;
            }
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let quoted = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in quoted {
                for verb in
                    ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE ", "\"CREATE ", "\"WITH "]
                {
                    assert!(!line.contains(verb), "{}: {line}", path.display());
                }
            }
        }
    }
    assert!(seen > 100, "the sources were not found");
}
