# SPDX-License-Identifier: MIT
"""headers: every public header compiles alone, without warnings, in any translation unit that includes nothing else;
and the umbrella compiles where exceptions are off."""
import concurrent.futures
import os
import pathlib
import subprocess

from tree import Fault

FLAGS = ("-std=c++20", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only", "-x", "c++", "-")
UMBRELLA = "trust/trust.hpp"


def compiles(root, compiler, header, *flags):
    """None, or the fault: the first error that the compiler tells."""
    command = [*compiler, f"-I{root / 'include'}", *flags, *FLAGS]
    # Twice, so that a missing #pragma once shows; and with a name after it, so that an unfinished declaration does.
    unit = f"#include <{header}>\n#include <{header}>\nint main() {{}}\n"
    done = subprocess.run(command, input=unit, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    said = (errors or done.stderr.splitlines() or ["no message"])[0]
    return Fault("headers", f"include/{header}", 1, f"{' '.join([*compiler, *flags])}: {said}")


def check(root, compilers, only=None):
    """The faults of all public headers, or of those named in `only`."""
    root = pathlib.Path(root)
    names = sorted(str(path.relative_to(root / "include")) for path in (root / "include").rglob("*.hpp"))
    names = [name for name in names if only is None or name in only]
    jobs = [(compiler, name) for compiler in compilers for name in names]
    jobs += [(compiler, name, "-fno-exceptions") for compiler in compilers for name in names if name == UMBRELLA]
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return [fault for fault in pool.map(lambda job: compiles(root, *job), jobs) if fault]
