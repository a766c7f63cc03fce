#!/usr/bin/env bash
# Writes the report to the pull request: one comment, which later runs replace.
#
# A comment is not a result. If it cannot be written, the step says so and passes.
set -euo pipefail
# shellcheck source=integrations/github/workflow.sh
. "$(dirname "${BASH_SOURCE[0]}")/workflow.sh"

# GitHub takes 65,536 characters.
COMMENT_BYTES=65000
# GitHub allows 2,500 comments, and a page has a hundred.
MOST_PAGES=25

main() {
    need jq curl od awk
    folder=$(mktemp -d "${RUNNER_TEMP:?}/stepcast-comment.XXXXXX")
    api=${GITHUB_API_URL:-https://api.github.com}
    check_choices
    find_key
    marker="<!-- stepcast: $key -->"
    pull_request=$(jq -r '.pull_request.number | numbers' "${GITHUB_EVENT_PATH:-/dev/null}" 2>/dev/null) || true
    if [ -z "$pull_request" ]; then
        echo "This run is not about a pull request, so there is no comment."
        exit 0
    fi
    [ -n "${INPUT_GITHUB_TOKEN:-}" ] || skip "there is no \`github-token\`, so there is no comment"
    body >"$folder/body"
    jq -Rs '{body: .}' "$folder/body" >"$folder/comment.json"
    write
}

check_choices() {
    case ${INPUT_COMMENT:-always} in
    always | failures) ;;
    never) exit 0 ;;
    *) fail "the input \`comment\` is \`$INPUT_COMMENT\`" "give \`always\`, \`failures\` or \`never\`" ;;
    esac
}

skip() { # REASON
    notice "$1"
    exit 0
}

# Sets `key`, which tells this comment from those of other suites: by default the workflow, the job and the suites.
find_key() {
    key=${INPUT_COMMENT_KEY:-}
    if [ -z "$key" ]; then
        key=$(printf '%s\n' "${GITHUB_WORKFLOW:-}" "${GITHUB_JOB:-}" "${INPUT_SUITE:-}" | sha256sum | cut -c 1-16)
    elif ! [[ $key =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]]; then
        fail "the input \`comment-key\` is \`$key\`" "give at most 64 letters, digits, \`.\`, \`_\` and \`-\`"
    fi
}

# The marker is the first line. Other comments can quote a report, but they do not begin like one.
body() {
    echo "$marker"
    bounded "$INPUT_REPORT" "$((COMMENT_BYTES - 1000))" "_The rest does not fit into a comment. The summary of the run has it._"
    local run="${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY:-}/actions/runs/${GITHUB_RUN_ID:-}"
    printf '\n<sub>Commit %s, <a href="%s">run %s</a></sub>\n' \
        "$(jq -r '.pull_request.head.sha | strings | .[:12]' "$GITHUB_EVENT_PATH")" "$run" "${GITHUB_RUN_ID:-}"
}

write() {
    local comments="$api/repos/$GITHUB_REPOSITORY/issues/$pull_request/comments" found
    find_own "$comments"
    if [ -n "$found" ]; then
        request PATCH "$api/repos/$GITHUB_REPOSITORY/issues/comments/$found" "$folder/comment.json"
    elif [ "${INPUT_COMMENT:-always}" = failures ] && [ "${INPUT_VERDICT:-}" = passed ]; then
        exit 0
    else
        request POST "$comments" "$folder/comment.json"
    fi
    answered "write the comment"
}

# Looks for the comment. Anybody can write the marker, so the author has to be who the token belongs to.
find_own() { # COMMENTS
    local page author
    author=$(own_login)
    found=
    for ((page = 1; page <= MOST_PAGES; page++)); do
        request GET "$1?per_page=100&page=$page"
        answered "read the comments"
        found=$(jq -r --arg author "$author" --arg marker "$marker" 'first(.[]
            | select(.user.login == $author and (.body | strings | startswith($marker))) | .id | numbers) // ""' \
            "$folder/answer") || found=
        [ -z "$found" ] && [ "$(jq length "$folder/answer")" = 100 ] || return 0
    done
}

# REST does not tell a job's own token who it is; GraphQL does.
own_login() {
    echo '{"query":"{viewer{login}}"}' >"$folder/viewer.json"
    request POST "${GITHUB_GRAPHQL_URL:-https://api.github.com/graphql}" "$folder/viewer.json"
    local login=
    [[ $status != 200 ]] || login=$(jq -r '.data.viewer.login | strings' "$folder/answer" 2>/dev/null) || true
    echo "${login:-github-actions[bot]}"
}

# Sends a request. The status is in `status`, the answer in $folder/answer. The token is not on the command line, where
# everybody on the machine could read it. Only reading is tried again: writing twice would make two comments.
request() { # METHOD ADDRESS [FILE]
    local -a options=(--retry 3)
    [ "$1" = GET ] || options=(--data-binary "@$3" --header 'Content-Type: application/json')
    : >"$folder/answer"
    status=$(curl --silent --show-error --request "$1" --connect-timeout 20 --max-time 60 "${options[@]}" \
        --header @<(printf 'Authorization: Bearer %s' "$INPUT_GITHUB_TOKEN") \
        --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
        --output "$folder/answer" --write-out '%{http_code}' "$2" 2>"$folder/problem") || status=000
}

# Goes on if GitHub did what was asked.
answered() { # WHAT
    case $status in
    2??) return ;;
    401 | 403 | 404)
        skip "could not $1: GitHub answered $status to this token"$'\n'"hint: add \`permissions: { pull-requests: write }\` \
to the job; for a pull request from a fork, GitHub gives only a token that reads" ;;
    000) warning "could not $1: $(cat "$folder/problem")" ;;
    *) warning "could not $1: GitHub answered $status: $(jq -r '.message | strings' "$folder/answer" 2>/dev/null | cut -c 1-300)" ;;
    esac
    exit 0
}

main
