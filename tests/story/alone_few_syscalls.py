#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A saturated pair of workers that never park makes less than one system call per 1000 operations.

Counts with strace the system calls of tests/story/saturated.cpp: those of a long run less those of a short one, so that starting and
ending cancel out. Called with the build directory. Skipped with a line where strace is missing or ptrace is refused.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SHORT, LONG = 500, 20_000  # calls of each of 128 coroutines


def skip(why):
    print(f"skipped: {why}")
    sys.exit(0)


program = os.path.join(sys.argv[1], "tests", "story_saturated")
if not os.path.exists(program):
    sys.exit(f"there is no {program}")
if shutil.which("strace") is None:
    skip("there is no strace")
symbols = subprocess.run(["nm", "-D", program], capture_output=True, text=True).stdout if shutil.which("nm") else ""
if "__tsan_" in symbols or "__asan_" in symbols:
    skip("a sanitizer makes system calls of its own")


def count(calls):
    with tempfile.NamedTemporaryFile("r") as table:
        run = subprocess.run(["strace", "-f", "-c", "-o", table.name, program, str(calls)], capture_output=True, text=True, timeout=55)
        if run.returncode != 0:
            if re.search(r"ptrace|not permitted|Operation not", run.stderr):
                skip(f"ptrace is refused: {run.stderr.strip().splitlines()[0]}")
            sys.exit(f"it ended with {run.returncode}: {run.stdout}{run.stderr}")
        operations = int(re.search(r"(\d+) operations", run.stdout).group(1))
        lines = table.read()
    rows = [line.split() for line in lines.splitlines() if re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+\d+\s", line)]
    return operations, sum(int(row[3]) for row in rows if row[-1] != "total"), lines


few_ops, few_calls, _ = count(SHORT)
many_ops, many_calls, table = count(LONG)
per_thousand = 1000 * (many_calls - few_calls) / (many_ops - few_ops)
print(f"{many_ops - few_ops} operations more took {many_calls - few_calls} system calls more: {per_thousand:.4f} per 1000")
if per_thousand >= 1:
    sys.exit(f"too many system calls:\n{table}")
