# shellcheck shell=bash
# The inputs of the action, for run.sh: sets `url`, `audience`, `token`, `fail_on`, `suites`, `secrets` and `options`.
#
# Every input arrives in a variable INPUT_..., never in the text of a script: it could end a quote there.

read_inputs() {
    url=${INPUT_URL:-${STEPCAST_URL:-}} token=${INPUT_TOKEN:-${STEPCAST_TOKEN:-}}
    audience=${INPUT_OIDC_AUDIENCE:-} fail_on=${INPUT_FAIL_ON:-not-passed}
    mask "$token"
    read_secrets
    check_choices
    read_suites
    read_options
    # The program needs neither, and what is not in its environment cannot leak from there.
    unset INPUT_SECRETS INPUT_TOKEN
}

# The lines of a text that are not blank, in the array `lines`.
lines_of() { # TEXT
    local line
    lines=()
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%$'\r'}
        [[ $line =~ ^[[:space:]]*$ ]] || lines+=("$line")
    done <<<"$1"
}

# Pairs in the array `lines`. A message does not quote them: they may be secrets.
pairs_of() { # INPUT TEXT NAMES
    local number
    lines_of "$2"
    for number in "${!lines[@]}"; do
        [[ ${lines[number]} =~ ^$3= ]] || fail "line $((number + 1)) of the input \`$1\` is not like NAME=VALUE" \
            "write one pair on each line; the value begins after the first \`=\`"
    done
}

# Secrets are hidden before anything else is printed. They reach the program in its environment, because everybody on
# the machine can read its command line.
read_secrets() {
    local pair
    pairs_of secrets "${INPUT_SECRETS:-}" '[A-Za-z0-9_-]+'
    secrets=("${lines[@]}")
    for pair in "${secrets[@]}"; do mask "${pair#*=}"; done
    for pair in "${secrets[@]}"; do check_secret_name "${pair%%=*}"; done
}

check_secret_name() { # NAME
    [[ $1 =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || fail "the secret \`$1\` cannot be a variable of the environment" \
        "rename it: letters, digits and \`_\`, not beginning with a digit"
    case $1 in
    # The first are read by programs, the others cannot be set in bash.
    PATH | IFS | HOME | LD_* | STEPCAST_* | GITHUB_ACTIONS | BASH* | EUID | UID | PPID | SHELLOPTS | _)
        fail "the secret \`$1\` has the name of a variable with another meaning" "rename it in the suite" ;;
    esac
}

check_choices() {
    case $fail_on in
    not-passed | failed | never) ;;
    *) fail "the input \`fail-on\` is \`$fail_on\`" "give \`not-passed\`, \`failed\` or \`never\`" ;;
    esac
    [ -z "$audience" ] || [ -z "$token" ] ||
        fail "there is a token, and \`oidc-audience\` asks for another one" "give one of the two"
    [ -z "$audience" ] || [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] ||
        fail "this job may not ask GitHub for an identity token" "add \`permissions: { id-token: write }\` to the job"
    # A suite that was to run on a server must not quietly run here, for example because a variable is not set.
    [ -n "$url" ] || [ -z "$token$audience${INPUT_LABELS:-}${INPUT_TIMEOUT:-}" ] ||
        fail "\`token\`, \`oidc-audience\`, \`labels\` and \`timeout\` are for a server, and there is no \`url\`" \
            "give the server's WebSocket address, or leave the others out"
}

# A line is a file, a pattern of files, or the name of a stored suite.
read_suites() {
    local line
    suites=()
    lines_of "${INPUT_SUITE:-}"
    for line in "${lines[@]}"; do
        line=${line#"${line%%[![:space:]]*}"}
        line=${line%"${line##*[![:space:]]}"}
        # GitHub finds the file of an annotation by its path in the repository.
        add_suites "${line#./}"
    done
    [ ${#suites[@]} -gt 0 ] || fail "the input \`suite\` is empty" "give suite files or names of stored suites, one a line"
}

# A pattern that matches nothing stays as it is: it may be a name.
add_suites() { # PATTERN
    # Without separators, an unquoted value is a pattern and nothing else.
    local IFS=
    # shellcheck disable=SC2206
    suites+=($1)
}

# The options that all suites have. `--name=value` stays one option whatever the value begins with.
read_options() {
    local line
    options=()
    pairs_of vars "${INPUT_VARS:-}" '[A-Za-z0-9_-]+'
    for line in "${lines[@]}"; do options+=("--var=$line"); done
    for line in "${secrets[@]}"; do options+=("--secret=${line%%=*}"); done
    lines_of "${INPUT_TAGS:-}"
    for line in "${lines[@]}"; do options+=("--tags=$line"); done
    [ -n "$url" ] || return 0
    [ -z "${INPUT_TIMEOUT:-}" ] || options+=("--timeout=$INPUT_TIMEOUT")
    read_labels
}

# Labels of the input replace those that the action sets.
read_labels() {
    local line
    local -A labels=(
        [repository]=${GITHUB_REPOSITORY:-} [ref]=${GITHUB_REF:-} [sha]=${GITHUB_SHA:-}
        # Runs are compared with earlier ones of their branch. For a pull request this is its number, like `7/merge`:
        # the author of a fork chooses the name of its branch, and could call it `main`.
        # Tests that are new there are compared with the branch that it is for.
        [branch]=${GITHUB_REF_NAME:-} [base]=${GITHUB_BASE_REF:-} [run]=${GITHUB_RUN_ID:-}
    )
    pairs_of labels "${INPUT_LABELS:-}" '[^=]+'
    for line in "${lines[@]}"; do labels[${line%%=*}]=${line#*=}; done
    for line in "${!labels[@]}"; do
        [ -z "${labels[$line]}" ] || options+=("--label=$line=${labels[$line]}")
    done
}
