#!/usr/bin/env bash
# Puts a build for compute nodes into one folder, with the distribution's libraries that it needs.
set -euo pipefail

# shellcheck source=packaging/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
    cat <<'EOF2'
Usage: packaging/bundle.sh BUILD FOLDER [--help]

Installs the build (build/node, from `cmake --preset node`) into the folder,
stripped, and copies the distribution's libraries beside it: all but glibc and
LibTorch. A machine with a glibc as new as this one's and a LibTorch of the same
version then runs it:

    LD_LIBRARY_PATH=/path/to/torch/lib FOLDER/bin/maskscope-cli bench --suite step --device cuda

Example: packaging/bundle.sh build/node ~/maskscope-node
EOF2
}

main() {
    case ${1:-} in --help | -h) usage; return ;; esac
    [ $# -eq 2 ] || misuse "expected a build and a folder"
    local build=$1 folder=$2 library
    [ -x "$build/bin/maskscope-cli" ] || fail "$build holds no bin/maskscope-cli; build it first"
    cmake --install "$build" --prefix "$folder" --strip >/dev/null
    mkdir -p "$folder/lib/maskscope"
    ldd "$folder/bin/maskscope-cli" | awk '$3 ~ "^/(usr/)?lib/" { print $3 }' |
        grep -Ev '/(libc|libm|libdl|librt|libutil|libpthread|ld-linux[^/]*)\.so' | while read -r library; do
        cp -L "$library" "$folder/lib/maskscope/"
    done
    say "$folder: $(du -sh "$folder" | cut -f1)"
}

main "$@"
