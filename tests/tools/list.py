#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the files of a folder, one a line, sorted: `list.py ROOT FOLDER [PATTERN]`.

PATTERN is a glob, `*.cpp` when left out; `**/*.cpp` looks into folders too. Names are relative to ROOT. A folder that
is not there has no files. Meson calls this at configure time, so that a new test needs no line anywhere.
"""
import pathlib
import sys


def names(root, folder, pattern="*.cpp"):
    base = pathlib.Path(root)
    found = (base / folder).glob(pattern) if (base / folder).is_dir() else ()
    return sorted(str(path.relative_to(base)) for path in found if path.is_file())


if __name__ == "__main__":
    sys.stdout.write("\n".join(names(*sys.argv[1:])))
