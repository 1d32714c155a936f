#!/bin/sh
# What this machine must bring before anything can be installed: each missing thing in one sentence.
# Usage: sh scripts/check-machine.sh [PYTHON]. Exit code 1 when something is missing. Uses the shell alone.
set -u

python=${1:-python3}
missing=0

say() {
    printf '%s\n' "$1" >&2
    missing=1
}

has() { command -v "$1" >/dev/null 2>&1; }

if ! has "$python"; then
    say "Python 3.11 or newer is missing ($python): the Debian packages python3 and python3-venv bring it."
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "$python is older than 3.11: Debian 12 or newer brings it as python3; or name another one: make PYTHON=python3.12 ..."
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    say "Python's modules venv and ensurepip are missing: the Debian package python3-venv brings them."
fi

if ! has java; then
    say "Java 17 or newer is missing: the Debian package openjdk-17-jre-headless brings it."
else
    answer=$(java -version 2>&1)
    version=${answer#*version \"}
    version=${version#1.}
    version=${version%%[!0-9]*}
    if [ -z "$version" ]; then
        say "'java -version' does not say a version, 17 or newer is needed: the Debian package openjdk-17-jre-headless brings it."
    elif [ "$version" -lt 17 ]; then
        say "Java $version is too old, 17 or newer is needed: the Debian package openjdk-17-jre-headless brings it."
    fi
fi

has mvn || say "Maven (mvn) is missing, it fetches Kafka, Connect and Debezium: the Debian package maven brings it."
has git || say "Git is missing: the Debian package git brings it."
has make || say "Make is missing: the Debian package make brings it."

exit "$missing"
