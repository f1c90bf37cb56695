# SPDX-License-Identifier: MIT
"""self_test: breaks every rule in a copy of the tree, one after the other, and fails where that goes unnoticed.

A rule that no longer sees anything would pass for ever; this is what notices it. Each break is a rule, a file, and the
text put into it: a file that is there is extended by it, one that is not is made of it.
"""
import pathlib
import shutil
import tempfile

import headers
import rules
from tree import FOLDERS

TOP = "// SPDX-License-Identifier: MIT\n#pragma once\n// broken: one\n// two\n// three\n"

BREAKS = (
    ("floors", "include/trust/base/broken.hpp", TOP + "#include <trust/coro/task.hpp>\n"),
    ("floors", "include/trust/coro/broken.hpp", TOP + "#include <trust/link/lane.hpp>\n"),
    ("floors", "include/trust/base/broken.hpp", TOP + "#include <trust/trust.hpp>\n"),
    ("floors", "src/io/broken.cpp", '#include "worker/loop.hpp"\n'),
    ("floors", "src/cellar/broken.cpp", "int broken;\n"),
    ("public_includes", "include/trust/io/broken.hpp", TOP + '#include "io/sys.hpp"\n'),
    ("atomics", "include/trust/coro/broken.hpp", TOP + "inline std::atomic<int> broken;\n"),
    ("atomics", "src/worker/broken.cpp", "int f(int* p) { return __atomic_load_n(p, 5); }\n"),
    ("atomics", "src/worker/broken.cpp", "volatile int broken;\n"),
    ("atomics", "include/trust/worker/broken.hpp", TOP + "#include <atomic>\n"),
    ("atomics", "src/delegate/broken.cpp", "auto broken = std::memory_order_relaxed;\n"),
    ("thread_locals", "src/worker/broken.cpp", "thread_local int broken;\n"),
    ("liburing", "include/trust/io/broken.hpp", TOP + "#include <liburing.h>\n"),
    ("liburing", "src/worker/broken.cpp", "#include <liburing.h>\n"),
    ("length", "src/base/broken.cpp", "// a line\n" * (rules.LONGEST + 1)),
    ("length", "tests/unit/base/broken.cpp", "// a line\n" * (rules.LONGEST + 1)),
    ("exceptions", "include/trust/base/broken.hpp", TOP + "inline void f() { throw 1; }\n"),
    ("exceptions", "include/trust/base/broken.hpp", TOP + "inline void f() { try { g(); } catch (...) {} }\n"),
    ("macros", "include/trust/base/broken.hpp", TOP + "#define TRUST_BROKEN 1\n"),
    ("details", "include/trust/base/broken.hpp", TOP + "namespace trust::detail {}\n"),
    ("details", "src/base/broken.cpp", "namespace detail {}\n"),
    ("conditional_await", "examples/broken.cpp", "auto f(bool c) { auto x = c ? co_await a() : co_await b(); }\n"),
    ("conditional_await", "tests/story/broken.cpp", "auto f(bool c) { auto x = c\n ? a\n : co_await b(); }\n"),
    ("left_open", "src/base/broken.cpp", "// TO" "DO: mend\n"),
    ("left_open", "tests/unit/base/broken.cpp", "// FIX" "ME\n"),
    ("licence", "src/base/broken.cpp", "int broken;\n"),
    ("essay", "include/trust/base/broken.hpp", TOP.replace("// two\n// three\n", "int broken();\n")),
    ("essay", "include/trust/base/broken.hpp", TOP.replace("#pragma once\n", "")),
    ("readme", "examples/01_first.cpp", "\nint more;\n"),
    ("headers", "include/trust/base/broken.hpp", TOP + "inline std::vector<int> broken;\n"),
    ("headers", "include/trust/base/broken.hpp", TOP + "inline int broken(int a, int b) { return a; }\n"),
    ("headers", "include/trust/base/broken.hpp", TOP.replace("#pragma once\n", "") + "struct broken {};\n"),
)

# What only looks like a fault, and must not be reported as one.
INNOCENT = (
    ("atomics", "src/base/innocent.cpp", '// a std::atomic here would be wrong\nauto s = "volatile";\n'),
    ("exceptions", "include/trust/base/innocent.hpp", TOP + "// never throws\ninline bool try_lock();\n"),
    ("conditional_await", "examples/innocent.cpp", "auto f() { x = c ? 1 : 2; for (auto y : co_await a()) g(y); }\n"),
    ("conditional_await", "examples/innocent.cpp", "auto f() { auto r = c ? std::a() : std::b(); co_await r; }\n"),
    ("floors", "src/worker/innocent.cpp", '#include <trust/base/fd.hpp>\n#include "io/sys.hpp"\n#include <vector>\n'),
)


def faults(root, rule, path, compiler):
    if rule == "headers":
        found = headers.check(root, [compiler], only=(path.removeprefix("include/"),))
    else:
        found = rules.check(root, only=rule)
    return [fault for fault in found if fault.path == path]


def noticed(root, rule, path, text, compiler):
    """Puts the text there, asks the rule, and puts back what was there."""
    file = root / path
    before = file.read_text(encoding="utf-8") if file.is_file() else None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((before or "") + text, encoding="utf-8")
    try:
        return bool(faults(root, rule, path, compiler))
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before, encoding="utf-8")


def run(root, compiler):
    broken = {rule for rule, _, _ in BREAKS}
    wrong = [f"no break for the rule {name}" for name in (*rules.RULES, "headers") if name not in broken]
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        copy = pathlib.Path(folder)
        for name in FOLDERS:
            if (pathlib.Path(root) / name).is_dir():
                shutil.copytree(pathlib.Path(root) / name, copy / name)
        # A page that agrees with its example, whatever the real one says: that is the house's own business.
        example = rules.without_comment((copy / "examples" / "01_first.cpp").read_text(encoding="utf-8"))
        (copy / "README.md").write_text(f"# broken\n\n```cpp\n{example}\n```\n", encoding="utf-8")
        for rule, path, text in BREAKS:
            if (copy / path).is_file() and faults(copy, rule, path, compiler):
                wrong.append(f"{rule}: {path} is at fault already, a break there shows nothing")
            elif not noticed(copy, rule, path, text, compiler):
                wrong.append(f"{rule}: unnoticed in {path}: {text.splitlines()[-1]}")
        for rule, path, text in INNOCENT:
            if noticed(copy, rule, path, text, compiler):
                wrong.append(f"{rule}: takes for a fault in {path}: {text.splitlines()[-1]}")
    for line in wrong:
        print(line)
    print(f"{len(BREAKS)} breaks, {len(INNOCENT)} innocents, {len(wrong)} wrong")
    return 1 if wrong else 0
