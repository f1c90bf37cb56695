#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""house: the rules of the tree, checked.

    tests/house.py [ROOT] [--compiler CXX]...     every rule; headers are compiled alone with each compiler given,
                                                  else with g++ and, where it is installed, clang++-19
    tests/house.py [ROOT] --self-test             breaks every rule in a copy and fails if that goes unnoticed

The rules are functions in tests/house/rules.py and tests/house/headers.py; each says in its docstring what it asks.
"""
import argparse
import pathlib
import shlex
import shutil
import sys

here = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(here / "house"))

import headers  # noqa: E402
import rules  # noqa: E402
import self_test  # noqa: E402


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("root", nargs="?", default=here.parent, type=pathlib.Path)
    options.add_argument("--compiler", action="append", default=[])
    options.add_argument("--self-test", action="store_true")
    chosen = options.parse_args()
    compilers = [shlex.split(command) for command in chosen.compiler] or [
        [name] for name in ("g++", "clang++-19") if shutil.which(name)
    ]

    if chosen.self_test:
        return self_test.run(chosen.root, compilers[0])

    found = rules.check(chosen.root)
    found += headers.check(chosen.root, compilers)
    for fault in found:
        print(fault)
    print(f"{len(rules.RULES) + 1} rules, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
