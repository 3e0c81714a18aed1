# shellcheck shell=bash
# Shared by the scripts of this folder; sourced, never run.

# The repository's root, wherever the script was called from.
repo_root() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd
}

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Wrong use of a script: the message and exit status 2.
misuse() {
    printf 'error: %s; --help shows the options\n' "$*" >&2
    exit 2
}

# Where the set-up puts LibTorch. One folder can serve several checkouts.
deps_dir() {
    printf '%s\n' "${MASKSCOPE_DEPS_DIR:-$(repo_root)/.deps}"
}

# run_step LOG "what it does" COMMAND...
# Runs one step with its output in LOG. When the step fails, says which one,
# shows the last lines of the log and how to go on, and ends the script.
run_step() {
    local log=$1 what=$2
    shift 2
    mkdir -p "$(dirname "$log")"
    say "== $what"
    : >"$log"
    show_progress "$log" &
    local progress=$! began=$SECONDS status
    set +e
    # errexit is off inside conditions, so the command gets a shell of its own
    (
        set -e
        "$@"
    ) >"$log" 2>&1
    status=$?
    set -e
    kill "$progress" 2>/dev/null || true
    wait "$progress" 2>/dev/null || true
    clear_line
    [ "$status" -eq 0 ] || step_failed "$what" "$status" "$log"
    say "   done in $((SECONDS - began)) s"
}

# While a step runs: the log's last line, every second on a terminal and every
# minute elsewhere. Ends with the script, also when that is interrupted.
show_progress() {
    local log=$1 interval=60
    [ ! -t 1 ] || interval=1
    while sleep "$interval" && kill -0 $$ 2>/dev/null; do
        if [ -t 1 ]; then
            clear_line
            printf '   %.70s' "$(last_line "$log")"
        else
            printf '   %.110s\n' "$(last_line "$log")"
        fi
    done
}

clear_line() {
    [ ! -t 1 ] || printf '\r\033[K'
}

last_line() {
    tail -n 1 "$1" | tr -d '\r'
}

# step_failed WHAT STATUS [LOG]
step_failed() {
    {
        printf '\nerror: the step "%s" failed (exit status %s).' "$1" "$2"
        if [ $# -gt 2 ]; then
            printf ' The last lines of %s:\n\n' "$3"
            tail -n 25 "$3" | sed 's/^/    /'
        fi
        printf '\nTo go on: repair what the lines above name, then call the same command again;\n'
        printf 'steps that are already done are not repeated.\n'
    } >&2
    exit 1
}

# build_preset PRESET LOG_FOLDER TARGET [CONFIGURE_ARGUMENTS...]
build_preset() {
    local preset=$1 logs=$2 target=$3
    shift 3
    run_step "$logs/configure-$preset.log" "configuring ($preset)" cmake --preset "$preset" "$@"
    run_step "$logs/build-$preset.log" "building ($preset)" cmake --build --preset "$preset" --target "$target"
}
