#!/usr/bin/env python3
"""Counts test functions in the results of ctest.

    count_tests.py RESULTS.xml [CTEST_STATUS]

A Qt Test program counts by its `Totals:` lines, any other test as one. Names
what failed and what was skipped; the last line is `N passed, N failed`. Exit
status 1 when something failed or nothing ran.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TOTALS = re.compile(r"^Totals: (\d+) passed, (\d+) failed, (\d+) skipped", re.MULTILINE)
SKIPPED = re.compile(r"^SKIP\s*: (.*)$", re.MULTILINE)
FAILED = re.compile(r"^(?:FAIL!|XPASS)\s*: (.*)$", re.MULTILINE)


def read_cases(path):
    """(name, succeeded, output) of every test that ctest knows."""
    text = path.read_text(encoding="utf-8", errors="replace")
    # control characters that a program may print are not allowed in XML
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", text)
    for case in ElementTree.fromstring(text).iter("testcase"):
        yield case.get("name"), case.get("status") == "run", case.findtext("system-out") or ""


def count_case(succeeded, output):
    """(passed, failed) of one test."""
    totals = TOTALS.findall(output)
    if not totals:
        return (1, 0) if succeeded else (0, 1)
    passed = sum(int(numbers[0]) for numbers in totals)
    failed = sum(int(numbers[1]) for numbers in totals)
    # a program that crashed or ran out of time failed without saying so
    return passed, failed if succeeded else max(failed, 1)


def main(arguments):
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    path = Path(arguments[0])
    ctest_status = int(arguments[1]) if len(arguments) == 2 else 0
    try:
        cases = list(read_cases(path))
    except (OSError, ElementTree.ParseError) as error:
        print(f"error: {path}: no results of ctest can be read: {error}", file=sys.stderr)
        cases = []
        ctest_status = ctest_status or 1

    passed = failed = 0
    skips, failures = [], []
    for name, succeeded, output in cases:
        case_passed, case_failed = count_case(succeeded, output)
        passed += case_passed
        failed += case_failed
        skips += [f"{name}: {reason}" for reason in SKIPPED.findall(output)]
        if case_failed:
            failures += [f"{name}: {what}" for what in FAILED.findall(output)] or [f"{name}: did not end as it should"]
    if ctest_status != 0 and failed == 0:
        failures.append(f"ctest ended with status {ctest_status}")
        failed = 1

    for heading, lines in (("skipped", skips), ("failed", failures)):
        if lines:
            print(f"\n{len(lines)} {heading}:")
            print("\n".join(f"    {line}" for line in lines))
    print(f"\n{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
