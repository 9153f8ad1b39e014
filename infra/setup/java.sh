#!/usr/bin/env bash
# Java 17 to 21, Maven, and the jars that infra/java/pom.xml names and builds. Called by `make setup` and `make jars`.
#   java.sh FOLDER               get what is missing, or fail and say what to do
#   java.sh --optional FOLDER    the same, but without Java only a line is printed
#   java.sh --check FOLDER       get nothing; fail when Java or the jars are missing
set -euo pipefail
case "$1" in --*) mode=$1; shift ;; *) mode=--required ;; esac
root=$(cd "$(dirname "$0")/../.." && pwd)
pom=$root/infra/java/pom.xml
jars=$(mkdir -p "$1" && cd "$1" && pwd)

has_java() {
    local major
    major=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p' | head -1)
    [ -n "$major" ] && [ "$major" -ge 17 ] && [ "$major" -le 21 ]
}

has_maven() { command -v mvn >/dev/null; }

has_jars() { [ -e "$jars/.stamp" ] && [ -z "$(find "$pom" "$root/infra/java/src" -newer "$jars/.stamp")" ]; }

root_command() {
    if [ "$(id -u)" = 0 ]; then echo env; else sudo -n true 2>/dev/null && echo "sudo -n"; fi
}

install_packages() {
    local become
    command -v apt-get >/dev/null && become=$(root_command) && [ -n "$become" ] || return 1
    echo "Installing Java and Maven with apt-get"
    $become apt-get update -qq >/dev/null || return 1
    for java in openjdk-17-jre-headless openjdk-21-jre-headless; do
        $become env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$java" maven >/dev/null 2>&1 && return
    done
    return 1
}

give_up() {
    echo "Java 17 to 21 or Maven is missing: sudo apt-get install -y openjdk-17-jre-headless maven, then: make jars" \
        "(without them only \`penstock try\` and \`penstock backtest\` work)" >&2
    [ "$mode" = --optional ] && exit 0
    exit 1
}

if [ "$mode" = --check ]; then has_java && has_jars; exit; fi
if has_java && has_jars; then exit 0; fi
if ! has_java || ! has_maven; then
    install_packages && has_java && has_maven || give_up
fi
if has_jars; then exit 0; fi
rm -rf "$jars/kafka" "$jars/flink" "$jars/target"
if ! mvn --quiet --batch-mode --no-transfer-progress --file "$pom" -Djars.directory="$jars" package >"$jars/maven.log" 2>&1; then
    cat "$jars/maven.log" >&2
    echo "Maven could not fetch or build the jars: see above" >&2
    exit 1
fi
touch "$jars/.stamp"
echo "The jars are in $jars"
