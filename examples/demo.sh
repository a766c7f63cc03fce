#!/usr/bin/env bash
# demo.sh STEPCAST: starts the stack and the example site, runs both example suites, and stays up until Ctrl-C.
#
#   STEPCAST_DEMO_PORT   where to listen (default: 8787, or a free port if that is taken)
#   STEPCAST_DEMO_DATA   the data directory (default: .stepcast, where `stepcast run` looks for a server)
set -eu
cd "$(dirname "$0")/.."
stepcast=$1
data_dir=${STEPCAST_DEMO_DATA:-.stepcast}
# The demo connects to the server it starts, whatever the environment of the shell says.
unset STEPCAST_URL STEPCAST_TOKEN
scripts/need node "the example site"

folder=$(mktemp -d)
processes=()
stop() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 0' INT TERM

# Waits until FILE has a line or PROCESS has ended, and returns whether there is a line.
started() {
    until [ -s "$1" ]; do
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.1
    done
}

port_is_free() {
    node -e 'require("net").createServer().on("error", () => process.exit(1))
        .listen(Number(process.argv[1]), "127.0.0.1", () => process.exit(0))' "$1"
}

run() {
    local command=("$stepcast" run "$@" --var "base=$site")
    [ "$data_dir" = .stepcast ] || command+=(--data-dir "$data_dir")
    printf '$'
    printf ' %q' "${command[@]}"
    echo
    local code=0
    "${command[@]}" || code=$?
    echo "exit code $code"
    echo
}

node examples/serve.mjs examples/site --port 0 >"$folder/site" &
processes+=($!)
started "$folder/site" $! || exit 1
site=$(cat "$folder/site")

port=${STEPCAST_DEMO_PORT:-8787}
if [ -z "${STEPCAST_DEMO_PORT:-}" ] && ! port_is_free "$port"; then
    echo "port $port is taken, so the demo uses a free one" >&2
    port=0
fi
"$stepcast" up --json --port "$port" --data-dir "$data_dir" --allow-private-targets >"$folder/up" &
up=$!
processes+=("$up")
started "$folder/up" "$up" || exit 1
sign_in=$(sed -E 's/.*"sign_in":"([^"]+)".*/\1/' "$folder/up")

echo "The example site is at $site"
echo
echo "A suite that passes:"
run examples/shop.yaml --secret 'password=correct horse'
echo "A suite that fails on purpose, to show what failures look like:"
run examples/broken.yaml
echo "Dashboard: $sign_in"
echo "           (the link signs in once; stop with Ctrl-C)"
wait "$up"
