#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""edges: no named edge or step of link without a weakened twin.

Compares the enumerators of include/trust/link/edges.hpp with the twins that the programs here try (`t.weaken("call", edge::call, ...)`,
`t.leave_out("ring", step::ring)`), with the table in README.md, and with the headers that use them. That a twin is caught is
what the programs themselves check: one that is not is a failure there.
"""
import pathlib
import re
import sys

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent


def enumerators(text, kind):
    body = re.search(r"enum class " + kind + r" \{(.*?)\};", text, re.S).group(1)
    return set(re.findall(r"^\s*(\w+),", body, re.M))


def twins(kind, verb):
    """name -> the programs that try it; an enumerator under a wrong name counts as missing."""
    found = {}
    for program in sorted(here.glob("*.cpp")):
        for name, enumerator in re.findall(verb + r'\(\s*"(\w+)",\s*(?:\w+::)*' + kind + r"::(\w+)", program.read_text()):
            if name == enumerator:
                found.setdefault(name, set()).add(program.stem)
    return found


def table():
    """(kind, name) -> the programs named in its row."""
    rows = {}
    for line in (here / "README.md").read_text().splitlines():
        match = re.match(r"\| (edge|step) \| `(\w+)` \|(.*)\|$", line)
        if match:
            rows[match[1], match[2]] = set(re.findall(r"`(\w+)\.cpp`", match[3]))
    return rows


def main():
    faults = []
    declared = (root / "include/trust/link/edges.hpp").read_text()
    uses = "".join(
        path.read_text()
        for folder in ("include", "src")
        for path in (root / folder).rglob("*.?pp")
        if path.name != "edges.hpp"
    )
    rows = table()
    names = set()
    for kind, verb in (("edge", "weaken"), ("step", "leave_out")):
        tried = twins(kind, verb)
        for name in sorted(enumerators(declared, kind)):
            names.add((kind, name))
            if name not in tried:
                faults.append(f"{kind} {name}: no program tries a twin of it")
            if kind == "edge" and not re.search(r"\bedge::" + name + r"\b", uses):
                faults.append(f"edge {name}: nothing uses it")
            if (kind, name) not in rows:
                faults.append(f"{kind} {name}: no row in README.md")
            elif rows[kind, name] != tried.get(name, set()):
                said, is_so = sorted(rows[kind, name]), sorted(tried.get(name, ()))
                faults.append(f"{kind} {name}: README.md names {said}, tried in {is_so}")
    for kind, name in sorted(set(rows) - names):
        faults.append(f"{kind} {name}: in README.md, but not in edges.hpp")
    for fault in faults:
        print(fault)
    print(f"{len(names)} edges and steps, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
