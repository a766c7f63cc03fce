# shellcheck shell=bash
# What came out, for run.sh: verdicts, annotations, outputs and the summary.
# shellcheck disable=SC2154 # `results`, `suites`, `codes` and `verdicts` are set in run.sh, `fail_on` in inputs.sh.

# GitHub takes a summary of 1 MiB, and has dropped some that were just below.
# https://github.com/actions/runner/issues/4337
SUMMARY_BYTES=1000000
# GitHub shows ten errors of a step.
MOST_ERRORS=10
# What the program prints for GitHub to show at a line of a file
ANNOTATION='^::(error|warning|notice)[ :]'

# The events that the outputs come from. A program that was killed may have written half a line.
job_events() {
    jq -nRc 'inputs | fromjson? | objects | select(.type == "job.accepted" or .type == "job.finished")'
}

# The verdict, if the events and the exit code agree on it. Otherwise it is:
#   errored    the program could not tell, for example because the server did not answer
#   invalid    the suite or the command is wrong, and no test ran
#   cancelled  it was interrupted before there was a verdict
#   none       everything else: killed, or ended in another way
verdict_of() { # EVENTS CODE
    local verdict
    verdict=$(jq -sr 'map(select(.type == "job.finished") | .verdict) | last | strings' "$1")
    case $verdict:$2 in
    passed:0 | failed:1 | errored:3 | empty:4 | cancelled:130) echo "$verdict" ;;
    *:3) echo errored ;;
    :2) echo invalid ;;
    :130) echo cancelled ;;
    *) echo none ;;
    esac
}

# How bad a verdict is. Under `fail-on: failed`, everything above `errored` fails.
rank() { # VERDICT
    case $1 in
    passed) echo 0 ;; errored) echo 1 ;; empty) echo 2 ;; failed) echo 3 ;; cancelled) echo 4 ;; invalid) echo 5 ;; *) echo 6 ;;
    esac
}

# What the summary says about a suite that the program wrote nothing about. Four spaces make a line code, whatever it
# contains.
explain() { # NUMBER
    printf '### %s: %s\n\n%s\n\n' "$(code_span "${suites[$1]}")" "${verdicts[$1]}" "$(ending "${codes[$1]}")."
    tail -n 40 "$results/$1.err" | cut -c 1-500 | sed 's/^/    /'
    echo
}

code_span() { # TEXT
    local text=${1//[$'\x60\r\n']/ }
    printf '\x60%s\x60' "${text:0:200}"
}

ending() { # CODE
    if [ "$1" -gt 128 ] && [ "$1" -ne 130 ]; then
        echo "stepcast was killed by signal $(($1 - 128))"
    else
        echo "stepcast ended with code $1"
    fi
}

# Keeps the annotations of a suite. One without a verdict gets one, since the program may not have come to write any.
keep_annotations() { # NUMBER
    local base=$results/$1
    grep -E "$ANNOTATION" "$base.out" >"$base.annotations" && return
    case ${verdicts[$1]} in
    passed | failed) ;;
    *) error "${suites[$1]}: ${verdicts[$1]}: $(ending "${codes[$1]}")" >"$base.annotations" ;;
    esac
}

# Suites take turns, so that each one that did not pass is among those that GitHub shows.
annotate() {
    local all=$results/all.annotations errors
    paste -d '\n' "$results"/[0-9]*.annotations | sed '/^$/d' >"$all"
    errors=$(grep -c '^::error' "$all" || true)
    grep '^::error' "$all" | sed -n "1,${MOST_ERRORS}p" || true
    grep -v '^::error' "$all" || true
    [ "$errors" -le "$MOST_ERRORS" ] ||
        notice "$((errors - MOST_ERRORS)) more failures of these suites are not shown here; the log and the summary have all of them"
}

# Sets the outputs and writes the summary.
report() {
    local number
    worst=0
    for number in "${!suites[@]}"; do
        [ "$(rank "${verdicts[number]}")" -le "$(rank "${verdicts[worst]}")" ] || worst=$number
    done
    output verdict "${verdicts[worst]}"
    report_counts
    report_summary
    output junit "$results/junit"
    output artifact "${INPUT_ARTIFACT:-stepcast-${GITHUB_JOB:-job}-$(random | cut -c 1-8)}"
}

report_counts() {
    local all=$results/all.job name count
    cat "$results"/[0-9]*.job >"$all"
    output job "$(jq -nr 'reduce (inputs.job | strings) as $job ([]; if index($job) then . else . + [$job] end) | .[]' "$all")"
    output url "$(jq -r 'select(.type == "job.finished") | .url | strings' "$all")"
    while read -r name count; do output "$name" "$count"; done < <(jq -rs 'map(.counts? | objects) as $all
        | "total passed failed errored blocked flaky skipped cancelled" | split(" ")[] as $name
        | "\($name) \([$all[][$name] | numbers] | add // 0)"' "$all")
}

# The suites that did not pass come first, so that nothing of them is cut off by those that did.
report_summary() {
    local number
    for number in "${!suites[@]}"; do [ "${verdicts[number]}" = passed ] || part "$number"; done >"$results/report.md"
    for number in "${!suites[@]}"; do [ "${verdicts[number]}" != passed ] || part "$number"; done >>"$results/report.md"
    bounded "$results/report.md" "$SUMMARY_BYTES" "_The rest does not fit here. The log and the JUnit report have it._" \
        >>"$GITHUB_STEP_SUMMARY"
    output report "$results/report.md"
}

part() { # NUMBER
    cat "$results/$1.md"
    echo
}

decide() {
    local verdict=${verdicts[worst]} code=${codes[worst]}
    case $fail_on:$verdict in
    *:passed) exit 0 ;;
    never:* | failed:errored)
        warning "the verdict is $verdict, and this step passes because of \`fail-on: $fail_on\`"
        exit 0
        ;;
    esac
    [ "$code" -ne 0 ] || code=3
    exit "$code"
}
