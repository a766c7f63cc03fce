#!/usr/bin/env bash
# differences.sh [FOLDER]: compares the pages of PostgreSQL's manual with those of the version before, as a failing test is
# compared with its last pass. Reports what it took. Both are Debian packages, which FOLDER keeps (target/differences).
#
# Needs apt-get and dpkg-deb, and no root.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-target/differences}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# The manual of a version, from a release of Debian that has it.
manual() {
    local version=$1 release=$2
    if [ ! -d "$folder/$version" ]; then
        mkdir -p "$folder/lists-$release/partial"
        echo "deb http://deb.debian.org/debian $release main" >"$folder/$release.list"
        set -- -q -o "Dir::Etc::sourcelist=$folder/$release.list" -o Dir::Etc::sourceparts=/dev/null \
            -o "Dir::State::lists=$folder/lists-$release" -o APT::Sandbox::User=
        apt-get "$@" update >&2
        (cd "$folder" && apt-get "$@" download "postgresql-doc-$version" >&2)
        dpkg-deb -x "$folder/postgresql-doc-$version"_*.deb "$folder/$version"
    fi
    echo "$folder/$version/usr/share/doc/postgresql-doc-$version/html"
}

before=$(manual 15 bookworm)
now=$(manual 17 trixie)
cargo build --quiet --release -p stepcast-engine --example differences
target/release/examples/differences "$before" "$now"
