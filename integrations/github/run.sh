#!/usr/bin/env bash
# Runs suites, tells GitHub's runner what came out, and ends as `fail-on` says.
#
# Without an address of a server, the suites run in this process by `stepcast check`; with one, by `stepcast run`.
set -euo pipefail
# The runner reads the two streams independently. In one stream, no line passes the line that stops commands.
exec 2>&1
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=integrations/github/workflow.sh
. "$here/workflow.sh"
# shellcheck source=integrations/github/inputs.sh
. "$here/inputs.sh"
# shellcheck source=integrations/github/results.sh
. "$here/results.sh"

main() {
    need jq curl od awk stepcast
    prepare_results
    read_inputs
    trap interrupt INT TERM
    local number
    for number in "${!suites[@]}"; do run_suite "$number"; done
    annotate
    report
    decide
}

prepare_results() {
    results=$(mktemp -d "${RUNNER_TEMP:?}/stepcast-results.XXXXXX")
    mkdir "$results/junit"
    codes=() verdicts=() is_cancelled='' child=''
    # If this script is killed, this is what the steps after it see.
    output verdict none
}

# Runs one suite. Its results are in files named by its number, its verdict and exit code in `verdicts` and `codes`.
run_suite() { # NUMBER
    local base=$results/$1 code=0
    local -a arguments=(check)
    [ -z "$url" ] || arguments=(run)
    arguments+=("--json=$base.ndjson" "--junit=$results/junit/$(($1 + 1)).xml" "--markdown=$base.md")
    arguments+=("${options[@]}" -- "${suites[$1]}")
    touch "$base.ndjson" "$base.out"
    if [ -n "$is_cancelled" ]; then
        echo 'cancelled before it began' >"$base.err"
        code=130
    elif [ -z "$audience" ] || ask_for_token 2>"$base.err"; then
        quietly "$base" "$(command -v stepcast)" "${arguments[@]}" || code=$?
    else
        cat "$base.err"
        code=3
    fi
    codes[$1]=$code
    job_events <"$base.ndjson" >"$base.job"
    verdicts[$1]=$(verdict_of "$base.job" "$code")
    [ -s "$base.md" ] || explain "$1" >"$base.md"
    keep_annotations "$1"
}

# An identity token lives for minutes, so each suite gets its own.
ask_for_token() {
    local answer address
    address="$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$(jq -nr --arg text "$audience" '$text | @uri')"
    answer=$(curl --fail --silent --show-error --retry 3 --connect-timeout 20 --max-time 60 \
        --header @<(printf 'Authorization: bearer %s' "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-}") \
        "$address") && token=$(jq -er '.value | strings' <<<"$answer") && mask "$token" && return
    echo "error: GitHub gave no identity token" >&2
    return 1
}

# Runs a command. What it prints is shown, and no line of it is a command for the runner: names of tests and texts of
# pages are in it. Standard output comes at the end, without the annotations; those are checked and come later.
quietly() { # BASE COMMAND...
    local base=$1 resume code=0
    shift
    resume=$(random)
    printf '::stop-commands::%s\n' "$resume"
    with_secrets "$base" "$@" || code=$?
    grep -Ev "$ANNOTATION" "$base.out" || true
    printf '\n::%s::\n' "$resume"
    return "$code"
}

with_secrets() { # BASE COMMAND...
    local base=$1 show
    shift
    mkfifo "$base.pipe"
    tee "$base.err" <"$base.pipe" &
    show=$!
    in_environment "$@" >"$base.out" 2>"$base.pipe" &
    child=$!
    wait_for "$child"
    child=
    wait "$show" || true
    return "$ended"
}

# A runner that cancels the step interrupts only this process. The program still has to cancel its job, and suites that
# have not begun do not begin.
interrupt() {
    interrupted=yes is_cancelled=yes
    [ -z "$child" ] || kill -INT "$child" 2>/dev/null || true
}

# Sets `ended`, the exit code. A signal to this process ends `wait` too, but not what it waits for.
wait_for() { # PROCESS
    interrupted=yes
    while [ -n "$interrupted" ]; do
        interrupted='' ended=0
        wait "$1" || ended=$?
    done
}

# Becomes the command. All pairs are exported at once, since any name here could be the name of a secret as well.
in_environment() { # COMMAND...
    [ -z "$url" ] || export STEPCAST_URL="$url"
    [ -z "$token" ] || export STEPCAST_TOKEN="$token"
    set -- "${#secrets[@]}" "${secrets[@]}" "$@"
    # An array cannot be exported.
    unset -v secrets options suites lines arguments verdicts codes
    [ "$1" -eq 0 ] || export "${@:2:$1}"
    exec "${@:$(($1 + 2))}"
}

main
