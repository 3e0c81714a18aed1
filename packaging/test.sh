#!/usr/bin/env bash
# Sets up, builds and runs the tests. The last line is `N passed, N failed`.
set -euo pipefail

# shellcheck source=packaging/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
    cat <<'EOF'
Usage: packaging/test.sh [--long] [--preset NAME] [--help]

Sets up, builds and runs all tests; the last line counts them.

  --long         also full recipe runs, soak, fuzz and many kills (hours)
  --preset NAME  another of the presets in CMakePresets.json, such as dev,
                 dev-asan, dev-tsan or cuda (default: ci, warnings are errors)
  --help         this text

Example: packaging/test.sh --preset dev-asan
EOF
}

run_tests() {
    local preset=$1 results=$2
    rm -f "$results"
    say "== testing ($preset)"
    # the output of each program whole, since the counts are read from it
    ctest --preset "$preset" --output-junit "$results" \
        --test-output-size-passed 100000000 --test-output-size-failed 100000000
}

main() {
    local preset=ci long=OFF
    while [ $# -gt 0 ]; do
        case $1 in
            --long) long=ON ;;
            --preset)
                [ $# -gt 1 ] || misuse "--preset needs a name"
                preset=$2
                shift
                ;;
            --help | -h) usage; return ;;
            *) misuse "unknown option $1" ;;
        esac
        shift
    done

    local root logs results status=0 setup_options=()
    root=$(repo_root)
    cd "$root"
    logs=$root/build/log
    results=$root/build/$preset/test-results.xml
    [ "$preset" != cuda ] || setup_options+=(--cuda)
    [ "$long" = OFF ] || export MASKSCOPE_LONG=1

    packaging/setup.sh "${setup_options[@]}"
    build_preset "$preset" "$logs" all -DMASKSCOPE_TESTS=ON "-DMASKSCOPE_LONG_TESTS=$long"
    run_tests "$preset" "$results" || status=$?
    python3 packaging/count_tests.py "$results" "$status"
}

main "$@"
