#!/usr/bin/env bash
# engine.sh STEPCAST [REQUESTS]: measures the engine alone. `stepcast check` requests one page of 100 KB from a server
# on this machine, 5,000 times, and makes 20 checks of each answer.
#
#   make bench
set -eu
cd "$(dirname "$0")/.."
stepcast=$1
requests=${2:-5000}
folder=$(mktemp -d)
site=
stop() {
    [ -z "$site" ] || kill "$site" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
node bench/engine.mjs "$folder" "$requests"
node examples/serve.mjs "$folder" --port 0 >"$folder/site" &
site=$!
until [ -s "$folder/site" ]; do kill -0 "$site" || exit 1; sleep 0.1; done
for run in 1 2 3; do
    # Measures the command itself, without the server.
    TIMEFORMAT='  %R s, of the processor %U s user and %S s system'
    time "$stepcast" check "$folder/suite.yaml" --var "base=$(cat "$folder/site")" >"$folder/out" 2>&1 ||
        { tail -n 20 "$folder/out" >&2; exit 1; }
    echo "run $run: $(tail -n 1 "$folder/out")"
done
