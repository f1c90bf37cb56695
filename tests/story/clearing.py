#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The simulation finds five planted bugs, each within 1000 seeds, and runs each of them again from its seed.

Runs examples/clearing: with `--plant N` the N-th message of its transfers is not awaited. Without a bug no seed fails;
TRUST_EFFORT=long makes that the 10000 seeds of the promise. Called with the build directory.
"""
import os
import re
import subprocess
import sys

program = os.path.join(sys.argv[1], "examples", "clearing")
seeds = 10_000 if os.environ.get("TRUST_EFFORT") == "long" else 500


def clearing(*arguments, status):
    run = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=50)
    if run.returncode != status:
        sys.exit(f"clearing {arguments} ended with {run.returncode}\n{run.stdout}{run.stderr}")
    return run


# What each bug breaks: the sentence of the one who relied on that message.
relied_on = {
    1: "took money and is not in the journal",
    2: "was paid with money that nobody gave",
    3: "is finished and not paid",
    4: "was told of and is not finished",
    5: "is over, and nobody was told",
}
for plant, sentence in relied_on.items():
    found = clearing("--plant", str(plant), "--seeds", "1000", status=1).stdout.strip()
    line = re.fullmatch(r"seed (\d+): transfer \d+ (.*) \(trace [0-9a-f]{16}, replays\)", found)
    if line is None or line[2] != sentence:
        sys.exit(f"plant {plant}: {found}")
    again = clearing("--plant", str(plant), "--seed", line[1], status=1).stdout.splitlines()
    if again[0] != found or not again[1:]:
        sys.exit(f"plant {plant}: another process sees another run\n{found}\n{again}")
    print(f"plant {plant}: {found}, {len(again) - 1} events")

sound = clearing("--seeds", str(seeds), status=0)
print(f"{sound.stdout.strip()}, {sound.stderr.strip()}")

for wrong in (["--plant", "6"], ["--plant"], ["--seeds", "many"], ["--what", "1"]):
    clearing(*wrong, status=2)
