# SPDX-License-Identifier: MIT
"""rules: what a reader can see in one file. Each rule is a function over a file; its docstring says what it asks.

A new rule is a function with @rule, and an entry in BREAKS of self_test.py that breaks it.
"""
import pathlib
import re

from tree import CODE, SCRIPT, Fault, files

FLOORS = ("base", "coro", "sync", "link", "io", "worker", "delegate", "net")
LONGEST = 400
RULES = {}


def rule(function):
    """Registers a rule: function(file) yields (line, text) for each fault."""
    RULES[function.__name__] = function
    return function


@rule
def floors(file):
    """A floor includes itself and the floors below it, never one above, and never a front door."""
    if file.floor is None:
        return
    if file.floor not in FLOORS:
        yield 1, f"'{file.floor}' is no floor: {', '.join(FLOORS)}"
        return
    own = FLOORS.index(file.floor)
    for line, name in file.includes():
        parts = pathlib.PurePath(name).parts
        if parts[0] == "trust" and len(parts) == 2:
            yield line, f"{file.floor} includes the front door <{name}>: include the floor's own header"
        floor = parts[1] if parts[0] == "trust" and len(parts) > 2 else parts[0]
        if len(parts) > 1 and floor in FLOORS and FLOORS.index(floor) > own:
            yield line, f"{file.floor} includes {name}, of the floor {floor} above it"


@rule
def public_includes(file):
    """A public header includes no private one."""
    if file.within("include"):
        for line, name in file.includes():
            if name.split("/")[0] in FLOORS:
                yield line, f"a public header includes the private {name}"


@rule
def atomics(file):
    """Every atomic of the library lies in a `link` folder."""
    if file.within("include", "src") and file.floor != "link":
        words = r"\bstd::atomic\w*|\bmemory_order\w*|\b__atomic_\w+|\b__sync_\w+|\bvolatile\b|#\s*include\s*<atomic>"
        for line, match in file.find(words):
            yield line, f"{match.group()} outside link"


@rule
def thread_locals(file):
    """`here` is the only thread_local."""
    if file.within("include", "src") and pathlib.PurePath(file.path).stem != "here":
        for line, _ in file.find(r"\bthread_local\b|\b__thread\b"):
            yield line, "thread_local outside base/here"


@rule
def liburing(file):
    """Only src/io includes <liburing.h>."""
    if not file.within("src/io"):
        for line, name in file.includes():
            if name.startswith("liburing"):
                yield line, f"<{name}> outside src/io"


@rule
def length(file):
    """No file has more than 400 lines."""
    if len(file.lines) > LONGEST:
        yield LONGEST + 1, f"{len(file.lines)} lines, {LONGEST} at most"


@rule
def exceptions(file):
    """Among the public headers, try, throw and catch stand in base/exceptions.hpp only."""
    if file.within("include") and file.path != "include/trust/base/exceptions.hpp":
        for line, match in file.find(r"\b(?:try|throw|catch)\b"):
            yield line, f"{match.group()} outside base/exceptions.hpp"


@rule
def macros(file):
    """TRUST_ASSERT is the only macro that a public header defines."""
    if file.within("include"):
        for line, match in file.find(r"#[ \t]*define[ \t]+(\w+)"):
            if match.group(1) != "TRUST_ASSERT":
                yield line, f"a header defines the macro {match.group(1)}"


@rule
def details(file):
    """No namespace is called detail: machinery has the name of its floor."""
    if file.within("include", "src"):
        for line, _ in file.find(r"\bnamespace\s+(?:\w+::)*(?:detail|details|impl)\b"):
            yield line, "machinery belongs into the namespace of its floor"


@rule
def conditional_await(file):
    """No `c ? co_await a : co_await b`: g++ 12 destroys its result twice. `house: on purpose` excuses a line."""
    if file.suffix in CODE:
        branch = r"\?\s*\(*\s*co_await\b|\?[^;{}?]*[^:;{}?]:\s*\(*\s*co_await\b"
        for line, match in file.find(branch):
            last = line + match.group().count("\n")
            if not any("house: on purpose" in text for text in file.lines[line - 1 : last]):
                yield line, "co_await in a branch of ?: is miscompiled by g++ 12; write if and else"


@rule
def left_open(file):
    """Nothing is left open in the tree."""
    for number, line in enumerate(file.lines, 1):
        found = re.search(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b", line)
        if found:
            yield number, f"{found.group()}: finish it"


@rule
def licence(file):
    """The first or second line names the licence."""
    if not any("SPDX-License-Identifier: MIT" in line for line in file.lines[:2]):
        yield 1, "no SPDX-License-Identifier: MIT at the top"


@rule
def essay(file):
    """A public header has #pragma once, and opens with an essay: 3 lines at least, in a front door 1."""
    if not file.within("include") or file.suffix != ".hpp":
        return
    if not any(line == "#pragma once" for line in file.lines[:3]):
        yield 1, "no #pragma once in the first three lines"
    lines, count = iter(file.lines), 0
    for line in lines:
        if line.startswith("//") and "SPDX" not in line:
            count += 1
        elif count or (line.strip() and line != "#pragma once" and "SPDX" not in line):
            break
    least = 3 if file.floor else 1
    if count < least:
        yield 1, f"opens with {count} lines of essay, {least} at least"


def without_comment(text):
    """A program less the comment at its top."""
    return re.sub(r"\A(?://[^\n]*\n|\s)+", "", text).strip()


@rule
def readme(file):
    """The README's first block of C++ is example 01, less the comment at its top."""
    if not re.fullmatch(r"examples/01_\w+\.cpp", file.path):
        return
    page = getattr(file, "readme", None)
    block = re.search(r"^```cpp\n(.*?)^```", page or "", re.MULTILINE | re.DOTALL)
    if block is None:
        yield 1, "README.md shows no block of C++"
    elif block.group(1).strip() != without_comment(file.text):
        yield 1, "README.md's first block of C++ differs from this file"


def check(root, only=None):
    """The faults of a tree, of all rules or of one."""
    root, found = pathlib.Path(root), []
    page = root / "README.md"
    for file in files(root, *CODE, *SCRIPT):
        file.readme = page.read_text(encoding="utf-8") if page.is_file() else None
        for name, function in RULES.items():
            if only in (None, name):
                found += [Fault(name, file.path, line, text) for line, text in function(file)]
    return found
