#!/usr/bin/env bash
# Sets up, builds and opens the window on the sample data; without a display,
# does what the window would and writes pictures.
set -euo pipefail

# shellcheck source=packaging/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

user_data() {
    printf '%s\n' "${XDG_DATA_HOME:-${HOME:-/tmp}/.local/share}/maskscope"
}

default_out() {
    printf '%s\n' "$(user_data)/first-run"
}

usage() {
    cat <<EOF
Usage: packaging/run.sh [--headless] [--cuda] [--out DIR] [--steps N] [--again] [--help]

Sets up, builds and opens the window, ready to start on pictures that it makes
itself. Without a display (or with --headless): makes the sample data, trains a
small masked autoencoder on it for a minute or two and writes reconstructions.
What is there already is reused: a second call takes seconds.

  --headless   do without a display even where there is one
  --cuda       with the LibTorch and the plug-in for GPUs (a few gigabytes)
  --out DIR    where data, run and images go without a display
               (default: $(default_out))
  --steps N    the step to stop training at (default: as the recipe says)
  --again      throw away the run that is there and train anew
  --help       this text

Example: packaging/run.sh --headless --out first-look
EOF
}

# Data first in a folder of another name: an interrupted generation is never
# taken for a finished one.
generate_data() {
    rm -rf "$1.partial" "$1"
    "$cli" sample-data --out "$1.partial"
    mv "$1.partial" "$1"
}

# prepare_data FOLDER
prepare_data() {
    if [ -e "$1/manifest.toml" ]; then
        say "sample data: there ($1)"
    else
        run_step "$out/log/sample-data.log" "generating the sample data" generate_data "$1"
    fi
}

# Not through a log on a terminal: the progress bar wants one.
run_shown() {
    local log=$1 what=$2 status=0
    shift 2
    if [ ! -t 2 ]; then
        run_step "$log" "$what" "$@"
        return
    fi
    say "== $what"
    "$@" || status=$?
    [ "$status" -eq 0 ] || step_failed "$what" "$status"
}

train() {
    if [ "$again" -eq 1 ]; then
        rm -rf "$run" "$out/reconstructions"
    fi
    local target="the recipe's last step" limit=()
    if [ -n "$steps" ]; then
        target="step $steps"
        limit=(--steps "$steps")
    fi
    if [ -e "$run/run.toml" ] && [ "$(cat "$out/trained" 2>/dev/null)" = "$target" ]; then
        say "run: there, trained to $target ($run); --again trains anew"
        return
    fi
    rm -f "$out/trained"
    rm -rf "$out/reconstructions"
    if [ -e "$run/run.toml" ] && [ -n "$(ls -A "$run/checkpoints" 2>/dev/null)" ]; then
        run_shown "$out/log/train.log" "training to $target, from the last checkpoint" \
            "$cli" resume "$run" "${limit[@]}"
    else
        rm -rf "$run"
        run_shown "$out/log/train.log" "training recipe mae to $target" \
            "$cli" train mae --data "$out/sample-data/train" --val "$out/sample-data/test" \
            --out "$run" --scale classroom "${limit[@]}"
    fi
    printf '%s\n' "$target" >"$out/trained"
}

# The first image of the first folder (class), the second of the second ...:
# different kinds, and no two of one name.
choose_images() {
    find "$out/sample-data/test" -type f \( -name '*.png' -o -name '*.jpg' -o -name '*.jpeg' \) |
        sort | awk '{
            folder = $0
            sub(/\/[^\/]*$/, "", folder)
            if (folder != last) { last = folder; folders++; files = 0 }
            if (++files == folders && folders <= 6) print
        }'
}

write_reconstructions() {
    local images
    mapfile -t images < <(choose_images)
    [ "${#images[@]}" -gt 0 ] || fail "$out/sample-data/test holds no images"
    rm -rf "$out/reconstructions.partial"
    "$cli" reconstruct --run "$run" --image "${images[@]}" --out "$out/reconstructions.partial"
    mv "$out/reconstructions.partial" "$out/reconstructions"
}

reconstruct() {
    if [ -d "$out/reconstructions" ]; then
        say "reconstructions: there"
    else
        run_step "$out/log/reconstruct.log" "writing reconstructions" write_reconstructions
    fi
}

report() {
    say ""
    say "data             $out/sample-data"
    say "run              $run"
    say "reconstructions  $out/reconstructions (input, masked, reconstruction, composite, error of each image)"
    say "go on with       $cli --help"
}

has_display() {
    [ "$headless" -eq 0 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]
}

# In place of this script. The window finds its sample data in the user's data.
open_window() {
    local window=${cli%-cli}
    prepare_data "$(user_data)/sample-data"
    say "opening $window"
    exec "$window"
}

main() {
    local headless=0 again=0 preset=release steps='' out setup_options=()
    out=$(default_out)
    while [ $# -gt 0 ]; do
        case $1 in
            --headless) headless=1 ;;
            --again) again=1 ;;
            --cuda)
                preset=cuda
                setup_options+=(--cuda)
                ;;
            --out | --steps)
                [ $# -gt 1 ] || misuse "$1 needs a value"
                if [ "$1" = --out ]; then out=$2; else steps=$2; fi
                shift
                ;;
            --help | -h) usage; return ;;
            *) misuse "unknown option $1" ;;
        esac
        shift
    done
    [[ $steps =~ ^([1-9][0-9]*)?$ ]] || misuse "--steps is '$steps', expected a whole number from 1 on"

    mkdir -p "$out"
    out=$(cd "$out" && pwd)
    local root cli run=$out/run-mae
    root=$(repo_root)
    cd "$root"
    cli=$root/build/$preset/bin/maskscope-cli

    packaging/setup.sh "${setup_options[@]}"
    build_preset "$preset" "$root/build/log" programs
    if has_display; then
        open_window
    fi
    prepare_data "$out/sample-data"
    train
    reconstruct
    report
}

main "$@"
