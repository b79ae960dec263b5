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

pub const LEAVE_SEAT: &str = "DELETE FROM seat WHERE id = $1";

/// The connection was lost in the middle of a commit. Takes its mark away: a commit that has
/// not reached the seat yet finds no place any more and writes nothing; one that is under way
/// is waited for. What is in the seat afterwards says for good which of the two it was.
pub const CLOSE_SEAT: &str = "UPDATE seat SET last = -1 WHERE id = $1 AND last = $2";
pub const READ_SEAT: &str = "SELECT last FROM seat WHERE id = $1";

/// Seats of sessions that ended without a word. A session lives an hour at most.
pub const SWEEP_SEATS: &str = "DELETE FROM seat WHERE taken_at < now() - interval '1 day'";

pub const GET: &str = "SELECT k, version, value FROM entry WHERE k = ANY($1)";

pub const SCAN: &str = "SELECT k, version, value FROM entry WHERE k >= $1 AND k < $2 \
    ORDER BY k LIMIT $3";

pub const SCAN_BACKWARD: &str = "SELECT k, version, value FROM entry WHERE k >= $1 AND k < $2 \
    ORDER BY k DESC LIMIT $3";

/// One commit: $1 seat, $2 its mark, $3 and $4 keys with the versions they must have, $5 how
/// many, $6 and $7 what must be new, $8 and $9 what is put whatever was there, $10 deletes.
///
/// `expected` locks the rows that are as expected; under READ COMMITTED it waits for another
/// commit on them and then looks again. If one is missing, nobody is seated, and without a
/// seat nothing is written. What must be new is inserted without ON CONFLICT: when another
/// commit was faster, the whole statement fails with 23505 and leaves nothing. No key is in two
/// of the parts, so no row is written twice.
pub const COMMIT: &str = "\
WITH expected AS (
  SELECT k FROM entry
  WHERE k = ANY($3) AND version = ($4::bigint[])[array_position($3, k)]
  ORDER BY k FOR UPDATE
), seated AS (
  UPDATE seat SET last = nextval('version')
  WHERE id = $1 AND last = $2 AND (SELECT count(*) FROM expected) = $5
  RETURNING last
), created AS (
  INSERT INTO entry (k, version, value)
  SELECT new.k, seated.last, new.value
  FROM seated, unnest($6::bytea[], $7::bytea[]) AS new (k, value)
), replaced AS (
  INSERT INTO entry (k, version, value)
  SELECT new.k, seated.last, new.value
  FROM seated, unnest($8::bytea[], $9::bytea[]) AS new (k, value)
  ON CONFLICT (k) DO UPDATE SET version = excluded.version, value = excluded.value
), deleted AS (
  DELETE FROM entry WHERE k = ANY($10) AND EXISTS (SELECT 1 FROM seated)
)
SELECT (SELECT last FROM seated),
  CASE WHEN NOT EXISTS (SELECT 1 FROM seated) THEN ARRAY(SELECT k FROM expected) END";

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
pub const MIGRATIONS: &[&str] = &["\
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
)"];

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
    all.extend(MIGRATIONS.iter().map(|sql| (*sql).to_owned()));
    all.extend(super::views::VIEWS.iter().map(super::views::View::sql));
    all
}
