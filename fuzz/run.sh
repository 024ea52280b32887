#!/usr/bin/env bash
# Runs one fuzz target: fuzz/run.sh TARGET SECONDS. What it finds is kept in fuzz/corpus, what fails in fuzz/artifacts.
# Needs a nightly compiler (rustup toolchain install nightly) and cargo-fuzz (cargo install cargo-fuzz --locked).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$1 seconds=$2
features=() dictionary=()
case $target in
  manifests) seeds=examples ;;
  hub_documents) seeds=tests/fixtures features=(--features sdk) ;;
  answers) seeds=fuzz/seeds/answers features=(--features sdk) ;;
  *) seeds=fuzz/seeds/$target ;;
esac
[ ! -e "fuzz/dictionaries/$target.dict" ] || dictionary=("-dict=fuzz/dictionaries/$target.dict")
mkdir -p "fuzz/corpus/$target"
# Without a sanitizer: our crates forbid unsafe code, and it is three times faster.
exec cargo +nightly fuzz run --fuzz-dir fuzz --sanitizer none "${features[@]}" "$target" "fuzz/corpus/$target" "$seeds" -- \
  "${dictionary[@]}" -max_total_time="$seconds" -max_len=32768 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
