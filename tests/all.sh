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

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
step cargo clippy --locked --all-targets -- -D warnings
step cargo clippy --locked -p fake-wechat --all-targets -- -D warnings
step cargo run --locked --quiet -- test
step cargo test --locked --no-fail-fast
