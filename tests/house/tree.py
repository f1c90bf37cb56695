# SPDX-License-Identifier: MIT
"""tree: the files that the rules look at, with and without their comments and literals."""
import dataclasses
import functools
import pathlib
import re

FOLDERS = ("include", "src", "tests", "bench", "examples")
CODE = (".hpp", ".cpp")
SCRIPT = (".py", ".sh", ".build")

# What may look like code and is none: comments, raw strings, strings, characters (not the digit separator of 1'000).
NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<delimiter>[^(\s]*)\(.*?\)(?P=delimiter)\""""
    r"""|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Fault:
    rule: str
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.text}"


class File:
    """One file: its name below the root, its text, and its code alone, line for line."""

    def __init__(self, root, path):
        self.path = str(path.relative_to(root))
        self.suffix = path.suffix
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()

    @functools.cached_property
    def code(self):
        return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), self.text)

    @property
    def floor(self):
        """The floor that a file of the library lies on, None for a front door and for all that is not the library."""
        parts = pathlib.PurePath(self.path).parts
        if parts[:2] == ("include", "trust") and len(parts) > 3:
            return parts[2]
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    def within(self, *folders):
        return self.path.startswith(tuple(folder + "/" for folder in folders))

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def find(self, pattern, where=None):
        """Yields (line, match) of a pattern in the code, or in another text of the same length."""
        for match in re.finditer(pattern, self.code if where is None else where):
            yield self.line_of(match.start()), match

    def includes(self):
        for match in INCLUDE.finditer(self.text):
            yield self.line_of(match.start()), match.group(1)


def files(root, *suffixes):
    """The files of the tree with one of these suffixes, in order; hidden and generated folders are left out."""
    root = pathlib.Path(root)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts:
                yield File(root, path)
