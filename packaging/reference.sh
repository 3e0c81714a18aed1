#!/usr/bin/env bash
# Makes the Python environment that tests open exported models with: Hugging
# Face transformers and timm beside the PyTorch that setup.sh has fetched. The
# application and its set-up never need it; without it these tests are skipped.
set -euo pipefail

# shellcheck source=packaging/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=packaging/versions.env
source "$(dirname "${BASH_SOURCE[0]}")/versions.env"

usage() {
    cat <<EOF
Usage: packaging/reference.sh [--help]

Fetches transformers $MASKSCOPE_TRANSFORMERS_VERSION and timm $MASKSCOPE_TIMM_VERSION into $(deps_dir)/reference, for tests
alone. Needs the LibTorch that packaging/setup.sh fetches.

Environment:
  MASKSCOPE_DEPS_DIR        where it goes (default: .deps in the checkout)

Example: packaging/reference.sh && ctest --preset dev -R tst_cli
EOF
}

# What torch and timm need stands here by name: asking for them with their
# dependencies would fetch torch a second time. The last three are libraries
# that the Python side of torch is linked to, GPU or not.
fetch() {
    local target=$1
    rm -rf "$target" "$target.partial"
    python3 -m pip install --disable-pip-version-check --no-cache-dir --root-user-action=ignore --target "$target.partial" \
        "transformers==$MASKSCOPE_TRANSFORMERS_VERSION" numpy pillow pyyaml sympy networkx jinja2 filelock fsspec typing-extensions
    python3 -m pip install --disable-pip-version-check --no-cache-dir --root-user-action=ignore --target "$target.partial" --no-deps \
        "timm==$MASKSCOPE_TIMM_VERSION" "torchvision==$MASKSCOPE_TORCHVISION_VERSION" \
        "nvidia-cufile==$MASKSCOPE_CUFILE_VERSION" "nvidia-cusparselt-cu13==$MASKSCOPE_CUSPARSELT_VERSION" \
        "nvidia-nvshmem-cu13==$MASKSCOPE_NVSHMEM_VERSION"
    mv "$target.partial" "$target"
}

# A python3 that sees the environment, whoever calls it.
write_launcher() {
    local target=$1 torch=$2
    cat >"$target/python.partial" <<EOF
#!/bin/sh
here=$target
PYTHONPATH="\$here:$torch" HF_HUB_OFFLINE=1 \\
LD_LIBRARY_PATH="\$here/nvidia/cu13/lib:\$here/nvidia/cusparselt/lib:\$here/nvidia/nvshmem/lib" \\
exec $(command -v python3) "\$@"
EOF
    chmod +x "$target/python.partial"
    "$target/python.partial" -c 'import torch, transformers, timm
print("torch", torch.__version__, "transformers", transformers.__version__, "timm", timm.__version__)'
    mv "$target/python.partial" "$target/python"
}

main() {
    local target torch
    case "${1:-}" in
        "") ;;
        --help | -h) usage; return ;;
        *) misuse "unknown option $1" ;;
    esac
    target="$(deps_dir)/reference"
    torch="$(deps_dir)/libtorch-$MASKSCOPE_LIBTORCH_VERSION-cpu"
    [ -e "$torch/torch/__init__.py" ] || fail "PyTorch is not in $torch; run packaging/setup.sh first"
    if [ -e "$target/python" ]; then
        say "reference environment: there"
        return
    fi
    run_step "$(deps_dir)/log/reference.log" "fetching transformers and timm (350 MB)" fetch "$target"
    write_launcher "$target" "$torch"
}

main "$@"
