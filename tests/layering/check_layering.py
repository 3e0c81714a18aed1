#!/usr/bin/env python3
"""Checks that dependencies in the source tree point one way.

    check_layering.py ROOT          prints every violation as FILE:LINE: rule; exit 1 if there is one
    check_layering.py --self-check  makes a tree with violations and expects each to be found

Which folder may include which stands in ALLOWED; what a folder takes from
LibTorch is read from the TORCH kind in its CMakeLists.txt.
"""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MAX_LINES = 600

COMPONENTS = ["data", "masks", "targets", "encoders", "heads", "losses"]
BASE = ["core", "tensor", "media"]
LAYERS_USERS = ["encoders", "heads"]
UP_TO_FAMILIES = BASE + ["layers"] + COMPONENTS + ["interop", "families"]
UP_TO_RECIPES = UP_TO_FAMILIES + ["recipes"]
ENGINE = UP_TO_RECIPES + ["snapshot", "training", "inference", "analysis"]

# A folder may always include its own files.
ALLOWED = {
    "core": [],
    "snapshot": ["core"],
    "tensor": ["core", "kernels"],
    "media": ["core", "tensor"],
    "kernels": [],
    "layers": ["core", "kernels", "tensor"],
    **{name: BASE + (["layers"] if name in LAYERS_USERS else []) for name in COMPONENTS},
    "data": BASE + ["snapshot"],
    "interop": BASE + ["layers", "snapshot"] + COMPONENTS,
    "families": BASE + ["layers", "snapshot"] + COMPONENTS + ["interop"],
    "recipes": UP_TO_FAMILIES,
    "training": UP_TO_RECIPES + ["snapshot"],
    "inference": UP_TO_RECIPES + ["snapshot"],
    "analysis": UP_TO_RECIPES + ["snapshot", "training", "inference"],
    "cuda": ["kernels"],
    "sample_data": ["core", "media"],
    "widgets": ["core", "snapshot"],
    "app/start": [],
    "app/cli": ENGINE + ["sample_data"],
    "app/gui": ENGINE + ["sample_data", "widgets"],
    "app/window_bench": ["core", "tensor", "snapshot", "widgets", "app/gui"],
}

QT_FREE = {*ALLOWED} - {"widgets", "app/gui", "app/window_bench"}
TORCH_FREE = {"app/start", "core", "kernels", "snapshot", "widgets"}
OPENCV_USERS = {"media"}

SOURCE_ENDINGS = {".cpp", ".h", ".cu", ".cuh"}
MEASURED_ENDINGS = SOURCE_ENDINGS | {".py", ".sh", ".cmake"}
TEXT_ENDINGS = MEASURED_ENDINGS | {".txt", ".md", ".toml", ".json", ".env", ".svg", ".desktop", ""}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
IS_QT = re.compile(r"^(Q[A-Z]\w*|Qt\w+/.*|q[a-z]+\.h)$")
IS_TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
# Whole parts of LibTorch at once: only with the precompiled header.
IS_WIDE_TORCH = re.compile(r"^(torch/(torch|all|types|nn|optim|data|serialize|utils|extension|python)\b"
                           r"|ATen/(ATen|Functions|NativeFunctions|TensorOperators)\.h$)")
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])(/(?:home|root|Users|work)/\w|[A-Z]:\\\\?Users)")


@dataclass(frozen=True, order=True)
class Violation:
    path: str
    line: int
    rule: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}"


def listed_files(root):
    """Paths, relative to root, that belong to the project (git's view of it, else all but build folders)."""
    try:
        listing = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True).stdout.decode()
        names = [name for name in listing.split("\0") if name]
        if names:
            return sorted(name for name in names if (root / name).is_file())
    except (OSError, subprocess.CalledProcessError):
        pass
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in {".git", ".deps", "build", "__pycache__"}]
        found += [str((Path(folder) / name).relative_to(root)) for name in files]
    return sorted(found)


def layer_of(path):
    """'masks' for engine/masks/x.h, 'app/cli' for app/cli/x.cpp; None outside of the layers."""
    parts = PurePosixPath(path).parts
    if len(parts) < 2:
        return None
    if parts[0] == "engine" and len(parts) > 2:
        return parts[1]
    if parts[0] == "app" and len(parts) > 2:
        return f"app/{parts[1]}"
    return parts[0] if parts[0] in ("widgets", "sample_data") else None


def included_layer(root, path, name):
    """The layer that an include in quotes leads to, or None where it is no file of ours."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    for candidate in (beside, f"engine/{name}", name):
        if (root / candidate).is_file():
            return layer_of(candidate)
    first = PurePosixPath(name).parts[0]
    return first if "/" in name and first in ALLOWED else None


def torch_kinds(root):
    kinds = {}
    for listfile in sorted(root.glob("engine/*/CMakeLists.txt")):
        match = re.search(r"maskscope_library\(\s*(\w+)\s+TORCH\s+(\w+)", listfile.read_text(encoding="utf-8"))
        if match:
            kinds[match[1]] = match[2]
    return kinds


def include_rules(root, path, layer, bracket, name, kinds):
    """The rules that one include breaks."""
    if IS_QT.match(name) and layer in QT_FREE:
        yield f"{layer} must not include Qt (<{name}>)"
    if IS_TORCH.match(name):
        if layer in TORCH_FREE:
            yield f"{layer} must not include LibTorch (<{name}>)"
        elif kinds.get(layer) == "operators" and IS_WIDE_TORCH.match(name):
            yield (f"{layer} has TORCH operators, so <{name}> costs 10 s a file; "
                   "include <ATen/core/Tensor.h> and <ATen/ops/NAME.h>")
    if name.startswith("opencv2/") and layer not in OPENCV_USERS:
        yield f"only engine/media includes OpenCV (<{name}>)"
    if layer == "snapshot" and bracket == "<" and re.search(r"[/.]", name):
        yield f"snapshot includes the standard library only (<{name}>)"
    if bracket == '"':
        other = included_layer(root, path, name)
        if other is not None and other != layer and other not in ALLOWED[layer]:
            allowed = ", ".join(ALLOWED[layer]) or "nothing else"
            yield f'{layer} must not include {other} ("{name}"); allowed: {allowed}'


def check_file(root, path, kinds):
    ending = PurePosixPath(path).suffix
    if ending not in TEXT_ENDINGS:
        return
    try:
        lines = (root / path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        if ending in MEASURED_ENDINGS:
            yield Violation(path, 1, "is not UTF-8")
        return
    if ending in MEASURED_ENDINGS and len(lines) > MAX_LINES:
        yield Violation(path, len(lines), f"has {len(lines)} lines, at most {MAX_LINES}; split it")
    layer = layer_of(path)
    for number, line in enumerate(lines, start=1):
        if MACHINE_PATH.search(line):
            yield Violation(path, number, "names a folder of one machine")
        include = INCLUDE.match(line)
        if include and layer in ALLOWED and ending in SOURCE_ENDINGS:
            for rule in include_rules(root, path, layer, include[1], include[2], kinds):
                yield Violation(path, number, rule)


def check_tree(root):
    kinds = torch_kinds(root)
    return sorted(v for path in listed_files(root) for v in check_file(root, path, kinds))


# What the self-check writes: file, text, and the words expected in its violation (None: a clean file).
MADE_UP = [
    ("engine/masks/CMakeLists.txt", "maskscope_library(masks TORCH operators DEPENDS media)", None),
    ("engine/core/error.h", "#include <string>", None),
    ("engine/masks/good.cpp", '#include "core/error.h"\n#include <ATen/ops/stack.h>', None),
    ("engine/training/good.cpp", '#include "snapshot/step.h"\n#include <torch/torch.h>', None),
    ("app/gui/good.cpp", "#include <QWidget>", None),
    ("engine/core/qt.cpp", "#include <QString>", "must not include Qt"),
    ("engine/core/torch.cpp", "#include <ATen/core/Tensor.h>", "must not include LibTorch"),
    ("widgets/torch.cpp", "#include <c10/core/Device.h>", "must not include LibTorch"),
    ("app/cli/qt.cpp", "#include <QtCore/QFile>", "must not include Qt"),
    ("engine/masks/sibling.cpp", '#include "losses/mse.h"', "masks must not include losses"),
    ("engine/encoders/good.cpp", '#include "layers/attention.h"', None),
    ("engine/families/good.cpp", '#include "encoders/good.h"\n#include "snapshot/step.h"', None),
    ("engine/families/up.cpp", '#include "recipes/recipe.h"', "families must not include recipes"),
    ("engine/masks/layered.cpp", '#include "layers/attention.h"', "masks must not include layers"),
    ("engine/tensor/up.cpp", '\n#include "masks/good.h"', "tensor must not include masks"),
    ("engine/tensor/dots.cpp", '#include "../media/image.h"', "tensor must not include media"),
    ("engine/media/image.h", '#include "snapshot/step.h"', "media must not include snapshot"),
    ("engine/training/up.cpp", '#include "analysis/probe.h"', "training must not include analysis"),
    ("engine/data/cv.cpp", "#include <opencv2/core.hpp>", "only engine/media"),
    ("engine/masks/wide.cpp", "#include <torch/torch.h>", "TORCH operators"),
    ("engine/snapshot/step.h", "#include <fmt/format.h>", "standard library only"),
    ("widgets/trainer.cpp", '#include "training/trainer.h"', "widgets must not include training"),
    ("engine/heads/long.cpp", "\n" * (MAX_LINES + 1), "at most"),
    ("packaging/where.sh", "cd /" + "home/someone", "one machine"),
]


def self_check():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, text, _ in MADE_UP:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text + "\n", encoding="utf-8")
        found = check_tree(root)
    wrong = 0
    for path, _, expected in MADE_UP:
        rules = [v.rule for v in found if v.path == path]
        as_expected = not rules if expected is None else len(rules) == 1 and expected in rules[0]
        if not as_expected:
            print(f"self-check: {path}: expected {expected or 'no violation'}, found {rules}")
            wrong += 1
    print(f"self-check: {len(MADE_UP) - wrong} of {len(MADE_UP)} made-up files judged as expected")
    return 1 if wrong else 0


def main(arguments):
    if arguments == ["--self-check"]:
        return self_check()
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    violations = check_tree(Path(arguments[0]).resolve())
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
