#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the lines in which the tests of a Meson log name their seeds: `seeds.py RUN build/meson-logs/testlog.json`."""
import json
import sys


def lines(run, path):
    with open(path, encoding="utf-8") as log:
        for test in map(json.loads, log):
            text = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
            for line in text.splitlines():
                if "seed" in line.lower():
                    yield f"{run} {test['name']}: {line.strip()}"


if __name__ == "__main__":
    try:
        for line in lines(*sys.argv[1:]):
            print(line)
    except OSError as error:
        sys.exit(str(error))
