#!/usr/bin/env bash
# Runs everything that must be green: format, lints, all tests, the transcripts.
# Installs what it needs. Usage: tests/all.sh
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cargo >/dev/null; then
  echo "Rust is missing. Please install it from https://rustup.rs and run this again." >&2
  exit 1
fi
# The two come with rustup's default profile, but not with its minimal one.
if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
  rustup component add rustfmt clippy
fi

# Short messages go through a real Kannel; each test starts its own, on free ports.
if [ ! -x /usr/sbin/bearerbox ] || [ ! -x /usr/sbin/smsbox ]; then
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  $as_root apt-get update -q
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends kannel
fi

# The store's tests run on a real PostgreSQL too, in a temporary folder of their own.
if { [ ! -x /usr/lib/postgresql/15/bin/initdb ] && ! command -v initdb >/dev/null; } || ! command -v openssl >/dev/null; then
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  $as_root apt-get update -q
  # Only the programs: no cluster is made and no server started.
  conf=/etc/postgresql-common/createcluster.conf
  if [ ! -e $conf ]; then
    $as_root mkdir -p "${conf%/*}"
    echo 'create_main_cluster = false' | $as_root tee $conf >/dev/null
  fi
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql postgresql-client openssl
fi

# Two instances stand behind a real nginx; the test starts its own, on a free port.
if [ ! -x /usr/sbin/nginx ]; then
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  $as_root apt-get update -q
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nginx
fi

# Three database servers stand under a real Patroni; the test starts its own, on free ports.
if ! command -v patroni >/dev/null || ! command -v etcd >/dev/null; then
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  $as_root apt-get update -q
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends patroni python3-etcd etcd-server
fi

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
step cargo clippy --locked --all-targets -- -D warnings
step cargo clippy --locked -p fake-wechat --all-targets -- -D warnings
step cargo run --locked --quiet -- test --min-coverage 100
step cargo run --locked --quiet -- lint --deny warnings
step cargo test --locked --no-fail-fast
step env BIANMIN_TEST_STORE=postgres cargo test --locked --no-fail-fast --test counter
