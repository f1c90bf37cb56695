#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints `PASSED FAILED SKIPPED` from a Meson test log: `count.py build/meson-logs/testlog.json`.

What should fail and fails counts as passed; a time-out, a crash and an unexpected success count as failed, and so does
anything that Meson may come to call otherwise.
"""
import collections
import json
import sys

PASSED = ("OK", "EXPECTEDFAIL")


def counts(path):
    tally = collections.Counter()
    with open(path, encoding="utf-8") as log:
        for line in log:
            result = json.loads(line)["result"]
            tally["passed" if result in PASSED else "skipped" if result == "SKIP" else "failed"] += 1
    return tally["passed"], tally["failed"], tally["skipped"]


if __name__ == "__main__":
    try:
        print(*counts(sys.argv[1]))
    except OSError as error:
        sys.exit(str(error))
