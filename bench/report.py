#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report: what `./dev bench` writes beside the JSON of each question.

    bench/report.py FOLDER      reads FOLDER/*.json, writes FOLDER/report.md and, where gnuplot is, *.svg and *.png

The first table holds the ratios that the design asks for, each taken in one run: met, floor, missed, or nothing kept.
Then one table for each question. A row that kept no repetition has no figure: the median of all stands in brackets.
"""
import json
import pathlib
import shutil
import subprocess
import sys


def figure(x):
    if x is None:
        return "-"
    return f"{x:.2f}" if x < 100 else f"{x:.0f}"


def value(row, quantile):
    """The figure that a budget is about; None if nothing was kept."""
    if row is None or not row["kept"]:
        return None
    if "quantiles" in row and quantile != 0.5:
        return row["quantiles"][f"{quantile:g}"]
    return row["ns"]


def judge(budget, rows):
    """(ratio, verdict) of a budget; None if its rows were not part of the run."""
    row, against = rows.get(budget["row"]), rows.get(budget["against"])
    if row is None or (budget["against"] and against is None):
        return None
    mine, other = value(row, budget["quantile"]), value(against, budget["quantile"])
    if mine is None or (budget["against"] and other is None):
        return None, "nothing kept"
    kind = budget["kind"]
    ratio = {"faster": lambda: other / mine, "within": lambda: mine / other, "ns": lambda: mine,
             "ns_more": lambda: mine - other}[kind]()
    reached = (lambda goal: ratio >= goal) if kind == "faster" else (lambda goal: ratio <= goal)
    return ratio, "met" if reached(budget["must"]) else "floor" if reached(budget["floor"]) else "**missed**"


def unit(kind):
    return {"faster": "x", "within": "x", "ns": " ns", "ns_more": " ns more"}[kind]


def budgets(questions):
    yield "| budget | measured | must reach | floor | |"
    yield "|---|---|---|---|---|"
    for q in questions:
        rows = {r["name"]: r for r in q["rows"]}
        for b in q["budgets"]:
            verdict = judge(b, rows)
            if verdict:
                ratio, word = verdict
                goal = "at least" if b["kind"] == "faster" else "at most"
                of = unit(b["kind"])
                yield (f"| {q['question']}: {b['what']} | {figure(ratio)}{of if ratio is not None else ''} "
                       f"| {goal} {figure(b['must'])}{of} | {figure(b['floor'])}{of} | {word} |")


def question(q):
    yield f"\n## {q['question']}\n"
    yield (f"{q['date']} UTC; {q['compiler']}; {q['malloc']} malloc; load {figure(q['load'])} before, "
           f"{figure(q['load_after'])} after; one word to the other core and back {figure(q['trip'])} ns "
           f"(regime {q['regime'][0]:g} to {q['regime'][1]:g}), in two lines {figure(q['two_lines'])} ns.")
    if q["quick"]:
        yield "Quick: the atomic has as few operations as the others, not ten million a thread."
    for note in q["notes"]:
        yield f"- {note}"
    latency = any("quantiles" in r for r in q["rows"])
    yield "\n| row | ns |" + (" p99 | p99.9 |" if latency else "") + " kept | off regime | waited for a CPU, or apart |"
    yield "|---|---|" + ("---|---|" if latency else "") + "---|---|---|"
    for r in q["rows"]:
        ns = figure(r["ns"]) if r["kept"] else f"({figure(r['ns_of_all'])})"
        tail = ""
        if latency:
            known = r.get("quantiles", {})
            tail = "".join(f" {figure(known.get(k)) if r['kept'] else '-'} |" for k in ("0.99", "0.999"))
        off = sum(not x["in_regime"] for x in r["repetitions"])
        waited = sum(x["in_regime"] and not x["kept"] for x in r["repetitions"])
        yield f"| {r['name']} | {ns} |{tail} {r['kept']}/{len(r['repetitions'])} | {off} | {waited} |"


def plot(folder, name, title, axes, series, levels=(), more=""):
    """One gnuplot figure, SVG and PNG. series: {label: [(x, y)]}; levels: {label: y} are horizontal lines."""
    series = {label: points for label, points in series.items() if points}
    if not series or not shutil.which("gnuplot"):
        return
    script, curves = [], []
    for i, (label, points) in enumerate(series.items()):
        script.append(f"$s{i} << EOD\n" + "\n".join(f"{x} {y}" for x, y in points) + "\nEOD")
        curves.append(f"$s{i} using 1:2 with linespoints lw 2 pt 7 ps 0.6 title '{label}'")
    for label, y in dict(levels).items():
        curves.append(f"{y} with lines dt 2 lw 1.5 title '{label}'")
    script.append(f"set title '{title}' noenhanced; set xlabel '{axes[0]}'; set ylabel '{axes[1]}'; "
                  f"set key outside right noenhanced; set grid; {more}")
    for terminal, end in (("svg size 1000,560 background 'white'", "svg"), ("pngcairo size 1000,560", "png")):
        script.append(f"set terminal {terminal}; set output '{folder / name}.{end}'; plot " + ", ".join(curves))
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)
    return f"![{title}]({name}.svg)\n"


def shown(row):
    return row["ns"] if row["kept"] else row["ns_of_all"]


def parameter(name, key):
    return next((part.split(":")[1] for part in name.split("/") if part.startswith(key + ":")), None)


def plots(folder, questions):
    known = {q["question"]: q["rows"] for q in questions}
    lines, levels = {}, {}
    for r in known.get("counter", []):
        flight, bare = parameter(r["name"], "inflight"), not r["name"].endswith("work:60")
        rival = r["name"].split("/")[1]
        if bare and flight:
            lines.setdefault(rival, []).append((flight, 1e3 / shown(r)))
        elif bare and rival != "harness":
            levels[rival + (" alone" if "threads:1" in r["name"] else "")] = 1e3 / shown(r)
    yield plot(folder, "counter", "A contended counter", ("calls in flight", "million increments a second"),
               lines, levels, "set logscale xy; set xrange [1:1024]; set xtics (1, 2, 4, 8, 16, 64, 256, 1024)")
    lines = {}
    for r in known.get("round_trip", []):
        for q, ns in r.get("quantiles", {}).items():
            lines.setdefault("/".join(r["name"].split("/")[1:]), []).append((1 / (1 - float(q)), ns))
    yield plot(folder, "round_trip", "One lone call: how often it takes longer",
               ("one call in so many takes longer", "ns"), lines, (),
               "set logscale xy; set xrange [1:10000]; set xtics (1, 2, 10, 100, 1000, 10000)")
    for keys in ("uniform", "zipf"):
        lines = {}
        for r in known.get("objects", []):
            if parameter(r["name"], "keys") == keys and parameter(r["name"], "writes") == "50":
                lines.setdefault(r["name"].split("/")[1], []).append((parameter(r["name"], "objects"), shown(r)))
        yield plot(folder, f"objects_{keys}", f"Many objects, keys {keys}, half of the operations write",
                   ("objects", "ns for one operation, two cores"), lines, (),
                   "set logscale xy; set xtics (1, 16, 1024, 65536)")


def main():
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    questions = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    if not questions:
        sys.exit(f"no JSON in {folder}")
    first = questions[0]
    text = ["# What the benchmarks say\n",
            f"{first['cpu']}; {first['kernel']}. Ratios are of medians of what was kept.\n"]
    if any(q["load"] > 0.5 for q in questions):
        text.append("**The machine was not quiet**: look at what was kept before you believe a ratio.\n")
    text += budgets(questions)
    pictures = [p for p in plots(folder, questions) if p]
    if pictures:
        text += ["\nCurves show rows that kept nothing too, by the median of all.\n"] + pictures
    for q in questions:
        text += question(q)
    (folder / "report.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    print(folder / "report.md")


if __name__ == "__main__":
    main()
