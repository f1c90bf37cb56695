#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What must not compile: `run.py COMPILER [ARGUMENT...]`, e.g. `run.py g++`.

Each file here holds cases, each a translation unit of its own behind the prelude and the text above the file's first
case:

    // refuse: what is tried
    // expect: a regular expression for the sentence, after "trust-tee: "; after "compiler: " it may be anybody's
    // only: g++<13           refused there; everywhere else it must compile
    ...
    // accept: the safe form beside it, which must compile without a warning

count.cpp is a program: built at -O0 and at -O2, it counts how often what was handed over is destroyed, and where. It is
linked with the library of the build directory that this is called in, or with one made here. Two compilers at a time.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
PROGRAM = "count.cpp"
MARK = re.compile(r"^// (refuse|accept): (.+)$")


class Case:
    """One translation unit, and what becomes of it."""

    def __init__(self, file, line, kind, name):
        self.file, self.line, self.kind, self.name = file, line, kind, name
        self.text, self.expected, self.only = [], None, None

    def refused(self, old_gcc):
        return self.kind == "refuse" and (self.only is None or old_gcc)

    def write(self, common, place):
        """As a file of its own, every line of which has the number that it has in the suite."""
        made = place / f"{self.file.stem}_{self.line}.cpp"
        made.write_text(common + "\n" * (self.line - 1 - common.count("\n")) + "".join(self.text), encoding="utf-8")
        return str(made)


def read(path):
    """The common text of a file and its cases."""
    common, cases = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(keepends=True), 1):
        if mark := MARK.match(line):
            cases.append(Case(path, number, *mark.groups()))
        elif cases and line.startswith("// expect: "):
            cases[-1].expected = line.removeprefix("// expect: ").strip()
        elif cases and line.startswith("// only: "):
            cases[-1].only = line.removeprefix("// only: ").strip()
        if cases:
            cases[-1].text.append(line)
        else:
            common.append(line)
    for case in cases:
        if case.kind == "refuse" and not case.expected:
            sys.exit(f"{path}:{case.line}: no sentence is expected")
        if case.only not in (None, "g++<13"):
            sys.exit(f"{path}:{case.line}: unknown compiler '{case.only}'")
    return "".join(common), cases


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def identify(compiler):
    """Whether it is clang, and whether it is a g++ that destroys twice."""
    macros = run([*compiler, "-dM", "-E", "-x", "c++", os.devnull]).stdout
    clang = "__clang__" in macros
    version = re.search(r"#define __GNUC__ (\d+)", macros)
    return clang, version is not None and not clang and int(version.group(1)) < 13


def fault(case, common, compiler, prelude, old_gcc):
    """None, or what is wrong with the case."""
    source = case.write(common, prelude.parent)
    done = run([*compiler, *FLAGS, "-fsyntax-only", "-include", str(prelude), source])
    said = re.sub(r"[‘’]", "'", done.stderr)
    if not case.refused(old_gcc):
        return None if done.returncode == 0 else f"does not compile:\n{said[:3000]}"
    if done.returncode == 0:
        return "compiles"
    expected = case.expected
    if expected.startswith("compiler: "):
        pattern = expected.removeprefix("compiler: ")
    else:
        pattern = f"error: .*trust-tee: .*{expected}"
    return None if re.search(pattern, said) else f"the sentence is not there: {expected}\n{said[:3000]}"


def library(compiler, place, pool):
    """What a program is linked with: the shared library of this build directory, or objects of the plainest build."""
    for found in pathlib.Path.cwd().glob("src/libtrust-tee.so"):
        return [str(found), f"-Wl,-rpath,{found.parent}"]
    rivals = {"ring.cpp", "sys_ring.cpp", "topology_hwloc.cpp"}  # the files of liburing and hwloc
    sources = [path for path in sorted((ROOT / "src").rglob("*.cpp")) if path.name not in rivals]

    def build(source):
        made = place / f"{source.parent.name}_{source.stem}.o"
        done = run([*compiler, *FLAGS, f"-I{ROOT / 'src'}", "-O0", "-c", str(source), "-o", str(made)])
        if done.returncode != 0:
            sys.exit(done.stderr)
        return str(made)

    return list(pool.map(build, sources))


def counted(level, compiler, linked, place):
    """None, or what is wrong with the counting program at an optimisation level."""
    program = place / f"count{level}"
    source = [f"-I{ROOT / 'tests'}", str(HERE / PROGRAM)]
    done = run([*compiler, *FLAGS, level, *source, *linked, "-pthread", "-o", str(program)])
    if done.returncode == 0:
        done = run([str(program)], timeout=60)
    return None if done.returncode == 0 else done.stdout[-3000:] + done.stderr[-3000:]


def main(compiler):
    clang, old_gcc = identify(compiler)
    jobs = min(2, len(os.sched_getaffinity(0)))
    tally = {True: 0, False: 0}

    def tell(what, wrong):
        tally[wrong is None] += 1
        if wrong is not None:
            print(f"FAILED {what}: {wrong}", flush=True)

    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        place = pathlib.Path(folder)
        prelude = place / "prelude.hpp"
        shutil.copy(HERE / "prelude.hpp", prelude)
        once = ["-fpch-instantiate-templates"] if clang else []  # a third of the time
        made = run([*compiler, *FLAGS, *once, "-w", "-x", "c++-header", str(prelude), "-o", f"{prelude}.gch"])
        if made.returncode != 0:
            sys.exit(made.stderr)
        results = []
        for path in sorted(HERE.glob("*.cpp")):
            if path.name == PROGRAM:
                continue
            common, cases = read(path)
            for case in cases:
                what = f"{path.name}:{case.line} {case.kind}: {case.name}"
                results.append((what, pool.submit(fault, case, common, compiler, prelude, old_gcc)))
        for what, result in results:
            tell(what, result.result())
        linked = library(compiler, place, pool)
        levels = [(level, pool.submit(counted, level, compiler, linked, place)) for level in ("-O0", "-O2")]
        for level, result in levels:
            tell(f"{PROGRAM} at {level}", result.result())
    print(f"{tally[True]} passed, {tally[False]} failed")
    return 1 if tally[False] else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
