#!/usr/bin/env bash
# documentation.sh STEPCAST [FOLDER]: runs a suite over every page of a documentation tree, three checks a page, through
# the whole stack. Reports tests per second, and the most memory the server used.
#
#   apt-get install postgresql-doc-15
#   make bench
set -eu
cd "$(dirname "$0")/.."
stepcast=$1
tree=${2:-/usr/share/doc/postgresql-doc-15/html}
[ -d "$tree" ] || { echo "\`$tree\` is not there; name a folder of HTML files, or \`apt-get install postgresql-doc-15\`" >&2; exit 1; }
unset STEPCAST_URL STEPCAST_TOKEN
folder=$(mktemp -d)
processes=()
stop() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
node examples/serve.mjs "$tree" --port 0 >"$folder/site" &
processes+=($!)
started=$(date +%s%N)
"$stepcast" up --json --port 0 --data-dir "$folder/data" --allow-private-targets >"$folder/up" &
up=$!
processes+=("$up")
until [ -s "$folder/up" ]; do kill -0 "$up" || exit 1; sleep 0.005; done
echo "ready after $((($(date +%s%N) - started) / 1000000)) ms"
until [ -s "$folder/site" ]; do kill -0 "${processes[0]}" || exit 1; sleep 0.1; done
for run in 1 2 3; do
    "$stepcast" run examples/documentation.yaml --var "base=$(cat "$folder/site")" --data-dir "$folder/data" \
        --json "$folder/events" >/dev/null 2>&1
    tail -n 1 "$folder/events" | node -e '
        const { verdict, counts, duration_ms } = JSON.parse(require("fs").readFileSync(0))
        const rate = (counts.total / (duration_ms / 1000)).toFixed(0)
        console.log(`run ${process.argv[1]}: ${verdict}, ${counts.passed} of ${counts.total} passed in ${duration_ms} ms, ${rate} tests/s`)' "$run"
    wc -c <"$folder/events" | xargs -I{} echo "  {} bytes of events"
done
grep VmHWM "/proc/$up/status" | awk '{ print "peak memory of the server: " int($2 / 1024) " MB" }'
