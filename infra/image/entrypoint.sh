#!/usr/bin/env bash
# What a container does, by its first word:
#   jobmanager ARGUMENTS     Flink's JobManager in application mode: runs jobs.trade with these arguments
#   taskmanager              one of its TaskManagers
#   bash …, *.sh …           what the Flink operator of Kubernetes asks for, as it is
#   anything else            a command of penstock: archive, gateway, feed, provision, …
# FLINK_PROPERTIES holds `key: value` lines that win over infra/image/flink.yaml. The root file system may be read-only:
# only /tmp (and a process's own volume) is written.
set -euo pipefail

dynamic_options() {
    while IFS= read -r line; do
        if [ -n "$line" ]; then printf '%s\n' "-D${line%%: *}=${line#*: }"; fi
    done <<<"${FLINK_PROPERTIES:-}"
}

prepare_flink() {
    local work=${PENSTOCK_FLINK_WORK:-/tmp/flink}
    export FLINK_CONF_DIR=$work/conf FLINK_LOG_DIR=$work/log FLINK_PID_DIR=$work
    mkdir -p "$FLINK_CONF_DIR" "$FLINK_LOG_DIR"
    cp "$FLINK_HOME"/conf/log4j-console.properties "$FLINK_CONF_DIR"
    # At level info this class prints the whole environment, with any key in it.
    printf '\n%s\n' "logger.environment.name = org.apache.flink.client.python.PythonEnvUtils" \
        "logger.environment.level = WARN" >>"$FLINK_CONF_DIR/log4j-console.properties"
    cp "${PENSTOCK_FLINK_YAML:-/opt/penstock/flink.yaml}" "$FLINK_CONF_DIR/config.yaml"
    mapfile -t options < <(dynamic_options)
}

case "${1:-}" in
    jobmanager)
        shift
        prepare_flink
        exec "$FLINK_HOME/bin/standalone-job.sh" start-foreground "${options[@]}" \
            --job-classname org.apache.flink.client.python.PythonDriver -pym jobs.trade "$@"
        ;;
    taskmanager)
        shift
        prepare_flink
        exec "$FLINK_HOME/bin/taskmanager.sh" start-foreground "${options[@]}" "$@"
        ;;
    bash | *.sh) exec "$@" ;;
    *) exec penstock "$@" ;;
esac
