#!/bin/sh
# Installs the program `stepcast` from a release and puts its folder on the PATH of the steps that follow.
#
# STEPCAST_VERSION   the release, X.Y.Z
# STEPCAST_CHECKSUM  the SHA-256 that the archive must have; without it, the release's own SHA256SUMS decides
# STEPCAST_RELEASES  where the releases are; by default those of the repository that this action comes from
#
# Any `sh` runs this file, because the GitLab template has a copy of its functions.
set -eu

# --- shared with integrations/gitlab/stepcast.gitlab-ci.yml

# Ends the job: what happened, and what to do. GitHub reads workflow commands in everything that is printed, so there
# the message is a command itself, and a line break in it cannot begin another one.
stepcast_fail() { # MESSAGE HINT
    if [ -n "${GITHUB_ACTIONS:-}" ]; then
        printf '%s\nhint: %s' "$1" "$2" | awk '
            { gsub(/%/, "%25"); gsub(/\r/, "%0D"); text = text (NR > 1 ? "%0A" : "") $0 }
            END { print "::error title=Stepcast::" text }'
    else
        printf 'error: %s\n\nhint: %s\n' "$1" "$2" >&2
    fi
    exit 2
}

# A version names one release for ever. `latest` would be another program tomorrow.
stepcast_check_version() { # VERSION
    case $1 in
    '' | *[!0-9.]* | .* | *. | *..* | *.*.*.*) ;;
    *.*.*) return ;;
    esac
    stepcast_fail "the version is \`$1\`, which does not name a release" "give a version like 1.2.3, never \`latest\`"
}

# Sets `target`. The releases have programs for these systems.
stepcast_find_target() {
    system="$(uname -s) $(uname -m)"
    case $system in
    'Linux x86_64') target=x86_64-unknown-linux-gnu ;;
    'Linux aarch64') target=aarch64-unknown-linux-gnu ;;
    *) stepcast_fail "there is no release for \`$system\`" "use a runner with Linux on x86_64 or arm64, or build stepcast there" ;;
    esac
}

# Whoever can change what arrives can change its checksums too, so the way has to be safe.
stepcast_check_address() { # ADDRESS
    case $1 in
    https://* | http://127.0.0.1:* | http://localhost:*) ;;
    '') stepcast_fail "it is not known where the releases are" \
        "set STEPCAST_RELEASES, like https://github.com/OWNER/REPOSITORY/releases/download" ;;
    *) stepcast_fail "\`$1\` does not begin with https://" "set STEPCAST_RELEASES to an address with https" ;;
    esac
}

stepcast_download() { # ADDRESS FILE
    curl --fail --silent --show-error --location --proto '=https,http' --proto-redir '=https' \
        --retry 3 --connect-timeout 20 --max-time 300 --output "$2" "$1" ||
        stepcast_fail "could not download $1" "check that this version was released, and STEPCAST_RELEASES if it is set"
}

# Sets `expected`, the checksum that the archive must have.
stepcast_find_expected() { # RELEASE ARCHIVE FOLDER
    expected=${STEPCAST_CHECKSUM:-}
    if [ -z "$expected" ]; then
        stepcast_download "$1/SHA256SUMS" "$3/SHA256SUMS"
        expected=$(awk -v name="$2" '$2 == name || $2 == "*" name { print $1 }' "$3/SHA256SUMS")
    fi
    case $expected in
    '') stepcast_fail "SHA256SUMS of the release does not name $2" "give the checksum that you expect" ;;
    *[!0-9a-fA-F]*) stepcast_fail "the checksum \`$expected\` is not a SHA-256" "give 64 hexadecimal digits" ;;
    esac
    [ ${#expected} -eq 64 ] ||
        stepcast_fail "the checksum \`$expected\` has ${#expected} digits" "give the 64 hexadecimal digits of a SHA-256"
    expected=$(printf '%s' "$expected" | tr A-F a-f)
}

stepcast_verify() { # ARCHIVE EXPECTED
    actual=$(sha256sum <"$1") && actual=${actual%% *}
    [ "$actual" = "$2" ] && return
    stepcast_fail "$(printf '%s\n' "the archive is not the expected one, and was not unpacked" \
        "  expected  $2" "  actual    $actual")" "check the version and the checksum; if both are right, do not use the archive"
}

# Unpacks the program into FOLDER/bin.
stepcast_unpack() { # ARCHIVE FOLDER VERSION
    mkdir "$2/unpacked" "$2/bin"
    tar -xzf "$1" -C "$2/unpacked" || stepcast_fail "the archive cannot be unpacked" "release it again"
    program=$(find "$2/unpacked" -maxdepth 2 -type f -name stepcast)
    [ -f "$program" ] || stepcast_fail "there is no program in the archive" "release it again"
    mv "$program" "$2/bin/stepcast"
    rm -r "$2/unpacked" "$1"
    says=$("$2/bin/stepcast" --version) || says='nothing, it does not start'
    [ "$says" = "stepcast $3" ] ||
        stepcast_fail "expected stepcast $3 in the archive, and \`stepcast --version\` says: $says" "release it again"
}

# Downloads, verifies and unpacks. The program is in FOLDER/bin.
stepcast_install() { # FOLDER RELEASES
    for tool in curl tar awk sha256sum; do
        command -v "$tool" >/dev/null || stepcast_fail "\`$tool\` is not installed" "install it before this step"
    done
    stepcast_check_version "${STEPCAST_VERSION:-}"
    stepcast_check_address "$2"
    stepcast_find_target
    release=$2/v$STEPCAST_VERSION
    archive=stepcast-$STEPCAST_VERSION-$target.tar.gz
    stepcast_find_expected "$release" "$archive" "$1"
    stepcast_download "$release/$archive" "$1/$archive"
    stepcast_verify "$1/$archive" "$expected"
    stepcast_unpack "$1/$archive" "$1" "$STEPCAST_VERSION"
    echo "stepcast $STEPCAST_VERSION, SHA-256 $expected"
}
# --- end of what is shared

# The repository of the action: GitHub says it, or the path says it where the runner keeps actions, or it is this one.
releases() {
    repository=${ACTION_REPOSITORY:-}
    if [ -z "$repository" ]; then
        path=${GITHUB_ACTION_PATH:-}
        case $path in
        */_actions/*/*) repository=$(printf '%s' "${path#*/_actions/}" | cut -d / -f 1,2) ;;
        *) repository=${GITHUB_REPOSITORY:-} ;;
        esac
    fi
    [ -z "$repository" ] || echo "${GITHUB_SERVER_URL:-https://github.com}/$repository/releases/download"
}

folder=$(mktemp -d "${RUNNER_TEMP:?}/stepcast.XXXXXX")
stepcast_install "$folder" "${STEPCAST_RELEASES:-$(releases)}"
echo "$folder/bin" >>"$GITHUB_PATH"
