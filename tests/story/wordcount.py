#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The word count agrees with tr, sort and uniq.

Runs examples/wordcount over a tree full of awkward files, and over the licences that every Debian machine has, and
compares all counts with those of the pipeline that the program prints. Called with the build directory.
"""
import os
import random
import subprocess
import sys
import tempfile

program = os.path.join(sys.argv[1], "examples", "wordcount")
licences = "/usr/share/common-licenses"


def awkward_tree(root):
    """Everything that once made two word counts differ."""
    def write(name, data):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data)

    rng = random.Random(2)
    words = [bytes(rng.choice(b"abcXYZ") for _ in range(rng.randint(1, 4))) for _ in range(300)]
    write("plain.txt", b"The quick brown fox. the QUICK brown foxes, don't!\n")
    write("no newline at the end", b"joined")
    write("no newline either", b"words")
    write("empty", b"")
    write("no letters", b"12 34 -- \n\n !?\n")
    write("binary", bytes(range(256)) * 20 + b"\0a\0b\0")
    write("latin1", "na\xefve caf\xe9".encode("latin-1"))
    write("utf8", "na\u00efve caf\u00e9 stra\u00dfe".encode())
    write("long word", b"ab" * 100_000 + b" " + b"q" * 65_536 + b" " + b"q" * 65_536)
    write("windows", b"one\r\ntwo\r\nthree")
    write("deep/er/and/deeper/file", b"down here")
    write("strange\nname's \"quotes\" $x", b"found me")
    write("-dash", b"a dash")
    write("packed.gz", b"never counted")
    write("picture.png", b"never counted")
    for n in range(40):
        write(f"many/{n}", b" ".join(rng.choice(words) for _ in range(rng.randint(0, 4000))))
    os.symlink("..", os.path.join(root, "deep", "loop"))
    os.symlink("plain.txt", os.path.join(root, "link"))
    os.symlink("nowhere", os.path.join(root, "dangling"))
    os.mkfifo(os.path.join(root, "pipe"))


def compare(scratch, roots, *options):
    dump = os.path.join(scratch, "dump")
    run = subprocess.run([program, "--rounds", "1", "--dump", dump, *options, *roots], capture_output=True, timeout=50)
    if run.returncode != 0:
        sys.exit(f"wordcount ended with {run.returncode}\n{run.stdout.decode()}{run.stderr.decode()}")
    if b"all counts agree" not in run.stdout:
        sys.exit(f"wordcount says nothing of agreement:\n{run.stdout.decode()}")
    line = subprocess.run([program, "--check-pipeline", *roots], capture_output=True, check=True, timeout=10).stdout
    wanted = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, timeout=50).stdout
    with open(dump, "rb") as counted:
        got = counted.read()
    if got != wanted:
        ours, theirs = set(got.splitlines()), set(wanted.splitlines())
        sys.exit(f"{roots} {options}: only ours {sorted(ours - theirs)[:5]}, only theirs {sorted(theirs - ours)[:5]}")
    print(f"{len(got.splitlines())} words agree: {' '.join(options)} {' '.join(roots)}")


def refused(words, *arguments):
    run = subprocess.run([program, *arguments], capture_output=True, timeout=10)
    if run.returncode != 2 or words not in run.stderr.decode():
        sys.exit(f"{arguments}: expected to be refused with '{words}', got {run.returncode}, {run.stderr.decode()}")


with tempfile.TemporaryDirectory() as scratch:
    tree = os.path.join(scratch, "tree's root")
    awkward_tree(tree)
    alias = os.path.join(scratch, "alias")
    os.symlink(tree, alias)
    os.mkdir(os.path.join(scratch, "nothing"))

    compare(scratch, [tree])
    compare(scratch, [tree], "--workers", "1")
    compare(scratch, [tree], "--workers", "3", "--batch", "1")
    compare(scratch, [alias, tree, tree + "/many", tree + "/plain.txt"], "--workers", "2", "--batch", "1000")
    compare(scratch, [scratch + "/nothing"])
    if os.path.isdir(licences):
        compare(scratch, [licences])
    else:
        print(f"skipped: there is no {licences}")

    refused("--top needs a number", "--top", "many", tree)
    refused("unknown option", "--what")
    refused("there is no", os.path.join(tree, "such file"))
