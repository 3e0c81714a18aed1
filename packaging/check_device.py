#!/usr/bin/env python3
"""Checks what maskscope-cli does on a device against what it does on the processor.

    packaging/check_device.py CLI [--device cuda] [--recipes mae simmim ...]

Needs neither data nor Qt nor OpenCV, so that it runs on a compute node. Each line says what was
compared and how far apart the results were; the last one counts. Exit status 1: something differs.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile


class Checks:
    def __init__(self, cli, device):
        self.cli, self.device = cli, device
        self.passed = self.failed = 0

    def run(self, *arguments):
        """The last JSON line of a verb."""
        done = subprocess.run([self.cli, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit status {done.returncode}")
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else {}

    def check(self, name, test):
        try:
            good, text = test()
        except (RuntimeError, OSError, KeyError) as error:
            good, text = False, str(error)
        self.passed += good
        self.failed += not good
        print(f"{'ok    ' if good else 'FAILED'}  {name}: {text}", flush=True)

    def bench(self, config, steps, device, *more):
        return self.run("bench", "--suite", "step", "--config", config, "--steps", str(steps), "--device", device, "--json", *more)


def distance(one, other):
    return max(abs(a - b) / abs(b) for a, b in zip(one, other))


def milliseconds(report):
    return 1e3 * sorted(report["step_seconds"])[len(report["step_seconds"]) // 2]


def grey_images(path, count, side):
    """Pictures in the IDX format, as MNIST ships them: discs of changing size and place."""
    with open(path, "wb") as file:
        file.write(struct.pack(">4i", 0x803, count, side, side))
        for i in range(count):
            row, column, radius = (i * 7) % side, (i * 11) % side, 3 + i % (side // 3)
            file.write(bytes(230 if (y - row) ** 2 + (x - column) ** 2 < radius**2 else 20 + 3 * (x + y) % 60
                             for y in range(side) for x in range(side)))


def losses_equal(checks):
    def test():
        here = checks.bench("C3", 10, "cpu", "--general", "--precision", "fp32")
        there = checks.bench("C3", 10, checks.device, "--precision", "fp32", "--graph", "off")
        far = distance(there["loss"], here["loss"])
        return far < 1e-4, f"{far:.1e} of the loss (at most 1e-4) after {len(here['loss'])} steps in float32"
    checks.check("losses of the device and of the processor", test)


def replays_equal(checks):
    def test():
        plain = checks.bench("C3", 40, checks.device, "--precision", "fp32", "--graph", "off")
        replayed = checks.bench("C3", 40, checks.device, "--precision", "fp32", "--graph", "on")
        far = distance(replayed["loss"], plain["loss"])
        obstacle = replayed.get("graph_obstacle", "")
        text = f"{far:.1e} of the loss (at most 1e-3); {milliseconds(plain):.2f} ms a step, replayed {milliseconds(replayed):.2f} ms"
        return far < 1e-3 and not obstacle, text + (f"; NOT REPLAYED: {obstacle}" if obstacle else "")
    checks.check("steps replayed from a recording", test)


def settings():
    return ["--seed", "3", "--set", "train.steps=12", "--set", "train.checkpoint_every=4", "--set", "train.batch=16",
            "--set", "train.validation_images=32", "--set", "train.validate_every=12", "--set", "train.snapshot_every=1000"]


def resumed_equals_unbroken(checks, data, folder):
    def test():
        whole, broken = os.path.join(folder, "whole"), os.path.join(folder, "broken")
        train = ["train", "mae", "--data", data, "--device", checks.device, "--json", *settings()]
        checks.run(*train, "--out", whole, "--steps", "12")
        checks.run(*train, "--out", broken, "--steps", "4")
        checks.run("resume", broken, "--steps", "12", "--json")
        weights = [open(os.path.join(run, "checkpoints", "step-12", "model.safetensors"), "rb").read() for run in (whole, broken)]
        return weights[0] == weights[1], "the same bits" if weights[0] == weights[1] else "weights differ"
    checks.check("a run that was resumed, and one that was not", test)


def recipe_trains(checks, recipe, data, folder):
    def test():
        done = checks.run("train", recipe, "--data", data, "--device", checks.device, "--json", *settings(),
                          "--out", os.path.join(folder, recipe))
        return done["loss"] is not None and done["loss"] == done["loss"], f"loss {done['loss']:.4f} after {done['steps']} steps"
    checks.check(f"recipe {recipe}", test)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cli")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--recipes", nargs="*", help="default: all for images")
    given = parser.parse_args()
    checks = Checks(given.cli, given.device)
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "train-images-idx3-ubyte")
        grey_images(data, 128, 32)
        losses_equal(checks)
        replays_equal(checks)
        resumed_equals_unbroken(checks, data, folder)
        recipes = given.recipes
        if recipes is None:
            listed = json.loads(subprocess.run([given.cli, "recipes", "--json"], capture_output=True, text=True, check=True).stdout)
            recipes = [each["id"] for each in listed if each["domain"] == "image"]
        for recipe in recipes:
            recipe_trains(checks, recipe, data, folder)
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
