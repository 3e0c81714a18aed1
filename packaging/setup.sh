#!/usr/bin/env bash
# Installs what building Maskscope needs: the distribution's packages and
# LibTorch. Can be repeated; what is there already is left alone.
set -euo pipefail

# shellcheck source=packaging/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=packaging/versions.env
source "$(dirname "${BASH_SOURCE[0]}")/versions.env"

usage() {
    cat <<EOF
Usage: packaging/setup.sh [--cuda] [--help]

Installs the distribution's packages that are missing (with sudo unless root)
and LibTorch $MASKSCOPE_LIBTORCH_VERSION into $(deps_dir).

  --cuda    also a second LibTorch with everything that a GPU needs, and the
            CUDA compiler (a few gigabytes)
  --help    this text

Environment:
  MASKSCOPE_DEPS_DIR        where LibTorch goes (default: .deps in the checkout)
  MASKSCOPE_SKIP_PACKAGES   1: leave the distribution's packages alone

Example: packaging/setup.sh && cmake --preset dev && cmake --build --preset dev
EOF
}

# One name a line, comments from '#' on.
wanted_packages() {
    sed -e 's/#.*//' "$(repo_root)/packaging/packages.txt" | tr -s ' \t' '\n' | grep -v '^$'
}

missing_packages() {
    local name
    wanted_packages | while read -r name; do
        # shellcheck disable=SC2016 # the format belongs to dpkg-query
        if ! dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then
            printf '%s\n' "$name"
        fi
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

install_packages() {
    if ! command -v apt-get >/dev/null; then
        say "apt-get is not here: install the counterparts of these packages yourself:"
        wanted_packages | sed 's/^/    /'
        return
    fi
    local missing
    mapfile -t missing < <(missing_packages)
    if [ "${#missing[@]}" -eq 0 ]; then
        say "packages: all there"
        return
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        fail "these packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
    fi
    say "packages to install: ${missing[*]}"
    run_step "$(deps_dir)/log/packages.log" "installing ${#missing[@]} packages" fetch_packages "${missing[@]}"
}

fetch_packages() {
    as_root apt-get update -q
    as_root apt-get install -q -y --no-install-recommends "$@"
}

# A python3 that has pip: the first in PATH may be one without.
python_with_pip() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -m pip --version >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "no python3 with pip was found; install the package python3-pip"
}

# pip_into FOLDER ARGUMENTS...: all or nothing, so that an interrupted
# download is never taken for a finished one.
pip_into() {
    local target=$1 python
    shift
    python=$(python_with_pip)
    rm -rf "$target.partial"
    "$python" -m pip install --disable-pip-version-check --no-cache-dir --root-user-action=ignore \
        --target "$target.partial" "$@"
    rm -rf "$target"
    mv "$target.partial" "$target"
}

install_libtorch() {
    local target
    target="$(deps_dir)/libtorch-$MASKSCOPE_LIBTORCH_VERSION-cpu"
    if [ -e "$target/torch/lib/libtorch_cpu.so" ]; then
        say "LibTorch $MASKSCOPE_LIBTORCH_VERSION (CPU): there"
        return
    fi
    run_step "$(deps_dir)/log/libtorch-cpu.log" "fetching LibTorch $MASKSCOPE_LIBTORCH_VERSION for the CPU (530 MB)" \
        pip_into "$target" --no-deps \
        "torch==$MASKSCOPE_LIBTORCH_VERSION" \
        "nvidia-cuda-runtime==$MASKSCOPE_CUDA_RUNTIME_VERSION" \
        "nvidia-cuda-cupti==$MASKSCOPE_CUDA_CUPTI_VERSION"
    check_links "$target/torch/lib/libtorch_cpu.so"
}

install_libtorch_cuda() {
    local target
    target="$(deps_dir)/libtorch-$MASKSCOPE_LIBTORCH_VERSION-cuda"
    if [ -e "$target/torch/lib/libtorch_cuda.so" ]; then
        say "LibTorch $MASKSCOPE_LIBTORCH_VERSION (CUDA): there"
        return
    fi
    run_step "$(deps_dir)/log/libtorch-cuda.log" "fetching LibTorch $MASKSCOPE_LIBTORCH_VERSION with CUDA and its compiler (about 3 GB)" \
        pip_into "$target" \
        "torch==$MASKSCOPE_LIBTORCH_VERSION" \
        "nvidia-cuda-nvcc==$MASKSCOPE_CUDA_NVCC_VERSION" \
        "nvidia-cuda-crt==$MASKSCOPE_CUDA_NVCC_VERSION" \
        "nvidia-nvvm==$MASKSCOPE_CUDA_NVCC_VERSION" \
        "nvidia-cuda-cccl==$MASKSCOPE_CUDA_CCCL_VERSION"
    check_links "$target/torch/lib/libtorch_cpu.so"
}

# A library whose own libraries are not all found would only fail much later,
# when the first program starts.
check_links() {
    local absent
    absent=$(ldd "$1" | grep 'not found' || true)
    if [ -n "$absent" ]; then
        fail "$1 needs libraries that are not there:"$'\n'"$absent"
    fi
}

main() {
    local cuda=0
    while [ $# -gt 0 ]; do
        case $1 in
            --cuda) cuda=1 ;;
            --help | -h) usage; return ;;
            *) misuse "unknown option $1" ;;
        esac
        shift
    done
    [ "${MASKSCOPE_SKIP_PACKAGES:-0}" = 1 ] || install_packages
    install_libtorch
    [ "$cuda" -eq 0 ] || install_libtorch_cuda
    say "set-up complete"
}

main "$@"
