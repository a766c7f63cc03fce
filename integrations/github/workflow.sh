# shellcheck shell=bash
# How to speak with GitHub's runner. Other scripts read this file.
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

# A text as the data of a workflow command: it cannot end its line.
escape() { # TEXT
    local text=${1//'%'/%25}
    text=${text//$'\r'/%0D}
    printf '%s' "${text//$'\n'/%0A}"
}

error() { printf '::error title=Stepcast::%s\n' "$(escape "$1")"; }
warning() { printf '::warning title=Stepcast::%s\n' "$(escape "$1")"; }
notice() { printf '::notice title=Stepcast::%s\n' "$(escape "$1")"; }

# Ends the step: what happened, and what to do.
fail() { # MESSAGE HINT
    error "$1"$'\n'"hint: $2"
    exit 2
}

# Hides a value in the log. The runner refuses to hide an empty one.
mask() { # VALUE
    [ -z "$1" ] || printf '::add-mask::%s\n' "$(escape "$1")"
}

random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# Sets an output of the step. A page or a suite may have chosen the value, so nobody can know the line that ends it.
output() { # NAME VALUE
    end_of_value=${end_of_value:-$(random)}
    printf '%s<<%s\n%s\n%s\n' "$1" "$end_of_value" "$2" "$end_of_value" >>"$GITHUB_OUTPUT"
}

need() { # TOOL...
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || fail "\`$tool\` is not installed on this runner" "install it before this step"
    done
}

# Prints Markdown, at most BYTES of it. It ends after a whole line, with code and details closed, and says that it ends.
bounded() { # FILE BYTES NOTE
    if [ "$(wc -c <"$1")" -le "$2" ]; then
        cat "$1"
        return
    fi
    # The bytes of a character are counted one by one: no limit of GitHub is lower than that.
    LC_ALL=C awk -v most="$2" -v note="$3" '
        function closing(   text, open) {
            text = fence ? fence "\n" : ""
            for (open = details; open > 0; open--) text = text "\n</details>\n"
            return text "\n" note
        }
        {
            was_fence = fence; was_details = details
            if (match($0, /^ *```+/)) {
                mark = substr($0, RSTART, RLENGTH); sub(/^ +/, "", mark)
                if (!fence) fence = mark
                else if (length(mark) >= length(fence) && $0 ~ /^ *`+ *$/) fence = ""
            } else if (!fence) {
                details += gsub(/<details[ >]/, "&") - gsub(/<\/details>/, "&")
            }
            size += length($0) + 1
            if (size + length(closing()) + 1 > most) { fence = was_fence; details = was_details; exit }
            print
        }
        END { print closing() }' "$1"
}
