#!/usr/bin/env bash
# watchers.sh STEPCAST [WATCHERS [SILENT]]: 2,000 connections watch one job, on this machine. Measures the time from the
# end of a step to its arrival, once with all of them reading, once with 200 that read nothing until the others have the
# verdict.
#
#   make bench
set -eu
cd "$(dirname "$0")/.."
stepcast=$1
watchers=${2:-2000}
silent=${3:-200}
stop() {
    kill "$server" && wait || true
    rm -rf "$folder"
}
cargo build --quiet --release --package stepcast-tests --example watchers
# Each watcher is an open file, here and in the server. The server raises its own limit as far as it can.
ulimit -Sn $((watchers + 1000))
folder=$(mktemp -d)
"$stepcast" up --port 0 --json --data-dir "$folder/data" --allow-private-targets --max-connections 5000 \
    >"$folder/up" 2>"$folder/log" &
server=$!
trap stop EXIT
until [ -s "$folder/up" ]; do kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }; sleep 0.1; done
field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\\1/" "$folder/up"; }
for behind in 0 "$silent"; do
    "${CARGO_TARGET_DIR:-target}/release/examples/watchers" "$(field ws)" "$(field token)" "$watchers" "$behind"
done
