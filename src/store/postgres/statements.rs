//! Every statement that the engine can send, so that a test can hold them to the subset of SQL
//! that CockroachDB and YugabyteDB have too (`tests/postgres_subset.rs`).
//!
//! Keys and values are `bytea`: byte order is key order, and a value comes back as it was put,
//! which `jsonb` would not promise. Who wants JSON finds it in the views.

/// Every session gets these. A statement that hangs must not hold a villager's row for ever.
/// Without sequential scans, because a plan that was made while the table was small would
/// read all of it when it has grown; every access here has an index.
pub const SETTINGS: &str = "SET statement_timeout = 8000; SET lock_timeout = 4000; \
    SET idle_in_transaction_session_timeout = 10000; SET enable_seqscan = off";

/// A session takes its seat: the row in which its commits leave their mark.
pub const TAKE_SEAT: &str =
    "INSERT INTO seat (id, last) VALUES (nextval('version'), 0) RETURNING id";

/// Asked for one by one, and nothing depends on them: a database that has no such setting
/// refuses, and plans as it thinks best. PostgreSQL would else plan each commit anew, which
/// takes longer than the commit itself, and read all keys where it should look up some.
pub const HINTS: &[&str] = &[
    "SET plan_cache_mode = force_generic_plan",
    "SET jit = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
];

pub const LEAVE_SEAT: &str = "DELETE FROM seat WHERE id = $1";

/// The connection was lost in the middle of a commit. Takes its mark away: a commit that has
/// not reached the seat yet finds no place any more and writes nothing; one that is under way
/// is waited for. What is in the seat afterwards says for good which of the two it was.
pub const CLOSE_SEAT: &str = "UPDATE seat SET last = -1 WHERE id = $1 AND last = $2";
pub const READ_SEAT: &str = "SELECT last, missed FROM seat WHERE id = $1";

/// Seats of sessions that ended without a word. A session lives an hour at most.
pub const SWEEP_SEATS: &str = "DELETE FROM seat WHERE taken_at < now() - interval '1 day'";

pub const GET: &str = "SELECT k, version, value FROM entry WHERE k = ANY($1)";

pub const SCAN: &str = "SELECT k, version, value FROM entry WHERE k >= $1 AND k < $2 \
    ORDER BY k LIMIT $3";

pub const SCAN_BACKWARD: &str = "SELECT k, version, value FROM entry WHERE k >= $1 AND k < $2 \
    ORDER BY k DESC LIMIT $3";

/// Several commits, each of which puts one key that has the version it expects, and nothing
/// else: $1 seat, $2 its mark, $3 keys, $4 the versions they must have, $5 values.
///
/// Each row decides by itself: under READ COMMITTED the update waits for another commit on it
/// and then looks again. The seat is locked first and written last, with the keys that were not
/// as expected: who holds it knows that nobody has closed it, and without it nothing is written.
pub const CHANGE: &str = "\
WITH seated AS (
  SELECT id FROM seat WHERE id = $1 AND last = $2 FOR UPDATE
), numbered AS (
  SELECT nextval('version') AS last FROM seated
), changed AS (
  UPDATE entry SET version = numbered.last, value = new.value
  FROM numbered, unnest($3::bytea[], $4::bigint[], $5::bytea[]) AS new (k, version, value)
  WHERE entry.k = new.k AND entry.version = new.version
  RETURNING entry.k
)
UPDATE seat SET last = numbered.last, missed = ARRAY(
  SELECT want.k FROM unnest($3::bytea[]) AS want (k) WHERE want.k NOT IN (SELECT k FROM changed)
)
FROM numbered WHERE id = $1
RETURNING seat.last, missed";

/// Several commits of any kind; no key is in two of them. $1 seat, $2 its mark, $3 keys, $4 the
/// versions they must have and $5 the commits they belong to; $6 to $8 what must be new, $9 to
/// $11 what is put whatever was there, each with keys, values and commits; $12 and $13 deletes.
///
/// `expected` locks the rows that are as expected; under READ COMMITTED it waits for another
/// commit on them and then looks again. A commit of which one is missing, or of which what must
/// be new is there, writes nothing. What must be new is inserted without ON CONFLICT: when
/// another commit is faster at that very moment, the whole statement fails with 23505 and leaves
/// nothing. No key is in two of the parts, so no row is written twice.
pub const COMMIT: &str = "\
WITH seated AS (
  SELECT id FROM seat WHERE id = $1 AND last = $2 FOR UPDATE
), expected AS (
  SELECT k FROM entry
  WHERE k = ANY($3) AND version = ($4::bigint[])[array_position($3, k)]
  ORDER BY k FOR UPDATE
), refused AS (
  SELECT want.k, want.n FROM unnest($3::bytea[], $5::bigint[]) AS want (k, n)
  WHERE want.k NOT IN (SELECT k FROM expected)
  UNION ALL
  SELECT new.k, new.n FROM unnest($6::bytea[], $8::bigint[]) AS new (k, n)
  WHERE EXISTS (SELECT 1 FROM entry WHERE entry.k = new.k)
), numbered AS (
  SELECT nextval('version') AS last FROM seated
), created AS (
  INSERT INTO entry (k, version, value)
  SELECT new.k, numbered.last, new.value
  FROM numbered, unnest($6::bytea[], $7::bytea[], $8::bigint[]) AS new (k, value, n)
  WHERE new.n NOT IN (SELECT n FROM refused)
), replaced AS (
  INSERT INTO entry (k, version, value)
  SELECT new.k, numbered.last, new.value
  FROM numbered, unnest($9::bytea[], $10::bytea[], $11::bigint[]) AS new (k, value, n)
  WHERE new.n NOT IN (SELECT n FROM refused)
  ON CONFLICT (k) DO UPDATE SET version = excluded.version, value = excluded.value
), deleted AS (
  DELETE FROM entry WHERE k = ANY(ARRAY(
    SELECT gone.k FROM numbered, unnest($12::bytea[], $13::bigint[]) AS gone (k, n)
    WHERE gone.n NOT IN (SELECT n FROM refused)
  ))
)
UPDATE seat SET last = numbered.last, missed = ARRAY(SELECT k FROM refused)
FROM numbered WHERE id = $1
RETURNING seat.last, missed";

/// The database's clock, in milliseconds since 1970, for comparing with ours.
pub const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

pub const SCHEMA_FOUND: &str = "SELECT version, views FROM schema_version WHERE one = 1";
pub const SCHEMA_LOCKED: &str =
    "SELECT version, views FROM schema_version WHERE one = 1 FOR UPDATE";
pub const SCHEMA_BEGIN: &str = "\
CREATE TABLE IF NOT EXISTS schema_version (
  one bigint PRIMARY KEY,
  version bigint NOT NULL,
  views bigint NOT NULL
);
INSERT INTO schema_version (one, version, views) VALUES (1, 0, 0) ON CONFLICT (one) DO NOTHING";
pub const SCHEMA_DONE: &str = "UPDATE schema_version SET version = $1, views = $2 WHERE one = 1";

/// What the library asks by itself, to find the host of several that takes writes.
pub const IS_LEADER: &str = "SHOW transaction_read_only";

/// From version n to n + 1. Only ever added to; each must leave a program of the version
/// before it running, so that instances can be replaced one after the other.
pub const MIGRATIONS: &[&str] = &[
    "\
CREATE SEQUENCE version;
CREATE TABLE entry (
  k bytea PRIMARY KEY,
  version bigint NOT NULL,
  value bytea NOT NULL
);
CREATE TABLE seat (
  id bigint PRIMARY KEY,
  last bigint NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT now()
)",
    "ALTER TABLE seat ADD COLUMN missed bytea[] NOT NULL DEFAULT ARRAY[]::bytea[]",
];

/// All of the above, for the test, and what begins and ends the one transaction of several
/// statements: that of a migration.
pub fn all() -> Vec<String> {
    let mut all: Vec<String> = [
        SETTINGS,
        TAKE_SEAT,
        LEAVE_SEAT,
        CLOSE_SEAT,
        READ_SEAT,
        SWEEP_SEATS,
        GET,
        SCAN,
        SCAN_BACKWARD,
        CHANGE,
        COMMIT,
        CLOCK,
        SCHEMA_FOUND,
        SCHEMA_LOCKED,
        SCHEMA_BEGIN,
        SCHEMA_DONE,
        IS_LEADER,
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend(HINTS.iter().map(|sql| (*sql).to_owned()));
    all.extend(MIGRATIONS.iter().map(|sql| (*sql).to_owned()));
    all.extend(super::views::VIEWS.iter().map(super::views::View::sql));
    all
}
