#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""beside: report folders side by side, as the tables of bench/README.md.

    bench/beside.py FOLDER FOLDER...     one column for each, named after its compiler

Nanoseconds; of latency rows p50, p99 in brackets. `-`: nothing was kept. Of `objects` only half writes, as a table of rivals by
numbers of objects; the folders' own reports have the rest.
"""
import json
import pathlib
import sys

from report import figure, judge, unit

order = ["counter", "round_trip", "local", "launch", "batch", "frame", "park", "peers", "busy", "section", "objects", "scale"]


def cell(row):
    if row is None or not row["kept"]:
        return "-"
    if "quantiles" in row:
        return f"{figure(row['ns'])} ({figure(row['quantiles']['0.99'])})"
    return figure(row["ns"])


def budgets(folders, columns):
    yield f"| budget | must reach | floor | {' | '.join(columns)} |"
    yield "|---|---|---|" + "---|" * len(columns)
    for name in order:
        for b in folders[0][name]["budgets"] if name in folders[0] else []:
            verdicts = []
            for q in (f.get(name) for f in folders):
                # A goal may be counted in what the run itself has measured, such as slices.
                mine = next((x for x in q["budgets"] if x["what"] == b["what"]), None) if q else None
                ratio, word = (judge(mine, {r["name"]: r for r in q["rows"]}) if mine else None) or (None, "-")
                verdicts.append(word if ratio is None else f"{figure(ratio)}{unit(b['kind'])}, {word}")
            goal = "≥" if b["kind"] == "faster" else "≤"
            yield (f"| {b['what']} | {goal} {figure(b['must'])}{unit(b['kind'])} | {figure(b['floor'])} | "
                   f"{' | '.join(verdicts)} |")
    yield ""


def table(name, folders, columns):
    yield f"| {name} | {' | '.join(columns)} |"
    yield "|---|" + "---|" * len(columns)
    for row in folders[0][name]["rows"]:
        same = [next((r for r in f[name]["rows"] if r["name"] == row["name"]), None) if name in f else None for f in folders]
        yield f"| `{row['name'].removeprefix(name + '/')}` | {' | '.join(cell(r) for r in same)} |"
    yield ""


def objects(folders, columns):
    rows = [{r["name"]: r for r in f["objects"]["rows"]} for f in folders if "objects" in f]
    names = list(rows[0])
    rivals = list(dict.fromkeys(n.split("/")[1] for n in names))
    numbers = list(dict.fromkeys(n.split("/")[2].removeprefix("objects:") for n in names))
    for keys in ("uniform", "zipf"):
        yield f"| objects, {keys} keys, half writes: {' / '.join(columns)} | {' | '.join(numbers)} |"
        yield "|---|" + "---|" * len(numbers)
        for rival in rivals:
            cells = []
            for n in numbers:
                name = f"objects/{rival}/objects:{n}/keys:{keys}/writes:50"
                cells.append(" / ".join(cell(r.get(name)) for r in rows))
            yield f"| `{rival}` | {' | '.join(cells)} |"
        yield ""


def main(paths):
    folders = []
    for path in paths:
        questions = [json.loads(p.read_text()) for p in sorted(pathlib.Path(path).glob("*.json"))]
        folders.append({q["question"]: q for q in questions})
    if not folders or not all(folders):
        sys.exit(__doc__)
    columns = [next(iter(f.values()))["compiler"] for f in folders]
    for f, column in zip(folders, columns):
        dates = sorted(q["date"] for q in f.values())
        trips = sorted(q["trip"] for q in f.values())
        print(f"{column}: {dates[0]} to {dates[-1]} UTC, one word to the other core and back {trips[0]:.0f} to {trips[-1]:.0f} ns")
    print()
    print("\n".join(budgets(folders, columns)))
    for name in order:
        if name in folders[0]:
            print("\n".join((objects(folders, columns) if name == "objects" else table(name, folders, columns))))


if __name__ == "__main__":
    main(sys.argv[1:])
