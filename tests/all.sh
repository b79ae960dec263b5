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

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install() {
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}
has() { command -v "$1" >/dev/null; }

# Short messages go through a real Kannel; each test starts its own, on free ports.
[ -x /usr/sbin/bearerbox ] && [ -x /usr/sbin/smsbox ] || install kannel

# The store's tests run on a real PostgreSQL too, in a temporary folder of their own.
if { [ ! -x /usr/lib/postgresql/15/bin/initdb ] && ! has initdb; } || ! has openssl; then
  # Only the programs: no cluster is made and no server started.
  conf=/etc/postgresql-common/createcluster.conf
  if [ ! -e $conf ]; then
    as_root mkdir -p "${conf%/*}"
    echo 'create_main_cluster = false' | as_root tee $conf >/dev/null
  fi
  install postgresql postgresql-client openssl
fi

# Two instances stand behind a real nginx; the test starts its own, on a free port.
[ -x /usr/sbin/nginx ] || install nginx

# Three database servers stand under a real Patroni; the test starts its own, on free ports.
has patroni && has etcd || install patroni python3-etcd etcd-server

# Everybody's day is walked in a real Chromium; npm fetches the rules of accessibility.
has npm || install npm
if ! has chromium || ! has chromedriver || ! has fc-list || [ -z "$(fc-list :lang=zh)" ]; then
  install chromium chromium-driver fontconfig fonts-wqy-microhei
fi

# What is printed and taken out is opened by an office program and by a reader of PDF.
has soffice && has pdftotext || install libreoffice-calc libreoffice-writer poppler-utils

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
step cargo clippy --locked --all-targets -- -D warnings
step cargo clippy --locked -p fake-wechat --all-targets -- -D warnings
step cargo run --locked --quiet -- test --min-coverage 100
step cargo run --locked --quiet -- lint --deny warnings
step cargo test --locked --no-fail-fast
step env BIANMIN_TEST_STORE=postgres cargo test --locked --no-fail-fast --test counter
