"""Imports of a Python text -> the files of the project that run, and those that could."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, field

from reorder.effects.effect import Access, Extent, Footprint
from reorder.effects.libraries import Libraries
from reorder.effects.paths import join
from reorder.effects.python_paths import Unmodelled
from reorder.syntax.python_facts import PythonFacts

_MAX_FILES = 20
_MAX_BYTES = 1 << 20
_SUFFIXES = (".py", ".pyc", ".so", ".pyd")
_NEVER_FILES = frozenset(["__future__", "__main__", *sys.builtin_module_names])


class Module(Struct, frozen=True):
    """One text that runs; `file` is its path in the image."""

    file: str
    facts: PythonFacts


class Modules(Struct):
    """Follows imports through the project's own files.

    `folders`: where a module is looked for before the installed ones. `found`: the texts that run.
    `below` gives every file that an instruction has brought below a folder: without it each name
    is asked for on its own.
    """

    folders: tuple[str, ...]
    read_file: Callable[[str], bytes | None]
    exists: Callable[[str], bool | None]
    libraries: Libraries
    below: Callable[[str], Iterable[str]] | None = None
    found: dict[str, Module] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    footprints: dict[Footprint, None] = field(default_factory=dict)
    size: int = 0

    def follow(self, facts: PythonFacts, file: str) -> None:
        """The imports of one text and of all that it imports."""
        if facts.opaque:
            raise Unmodelled(f"{facts.opaque}{'' if not self.found else f' in {file}'}")
        self.found.setdefault(file, Module(file, facts))
        for name in facts.imports:
            if name.startswith("."):
                self._follow_relative(name, file)
            else:
                self._follow_absolute(name)

    def _follow_relative(self, name: str, file: str) -> None:
        rest = name.lstrip(".")
        folder = file
        for _ in range(len(name) - len(rest)):
            folder = posixpath.dirname(folder)
        self._enter(rest.split(".") if rest else [], folder)

    def _follow_absolute(self, name: str) -> None:
        parts = name.split(".")
        root = parts[0]
        self.roots.add(root)
        if root in _NEVER_FILES:
            return
        for folder in self.folders:
            if self._is_here(root, folder):
                self.local.add(root)
                self._enter(parts, folder)
                return
        if root not in sys.stdlib_module_names and root not in self.libraries.libraries:
            raise Unmodelled(
                f"no model for the Python module `{root}`: add it to reorder/tools/libraries"
            )

    def refuse_shadows(self, names: Iterable[str]) -> None:
        """A file of the project that a library would import unseen may do anything."""
        unseen = set(names) - self.roots - _NEVER_FILES
        for folder in self.folders:
            if self.below is not None:
                found = unseen & _modules_of(self.below(folder), folder)
            else:
                found = {name for name in unseen if self._is_file(name, folder)}
            if found:
                name = min(found)
                raise Unmodelled(f"a file of the project takes the place of the module `{name}`")

    def _is_file(self, name: str, folder: str) -> bool:
        path = join(folder, name)
        return any(self.exists(p) is True for p in (f"{path}.py", f"{path}/__init__.py"))

    def _is_here(self, name: str, folder: str) -> bool:
        """Whether the folder surely has the module; what is not known is taken as installed."""
        return self._is_file(name, folder) or self.exists(join(folder, name)) is True

    def _enter(self, parts: Sequence[str], folder: str) -> None:
        """Reads `a/__init__.py`, `a/b.py` for `a.b` until a part is no file."""
        if not parts:
            return
        part, rest = parts[0], parts[1:]
        path, why = join(folder, part), f"imports `{part}`"
        self.footprints[
            Footprint("path", folder, Access.READ, Extent.MODULES, (part,), why=why)
        ] = None
        if self._known(f"{path}/__init__.py"):
            self._read(f"{path}/__init__.py", why)
        elif self._known(f"{path}.py"):
            self._read(f"{path}.py", why)
            return
        elif not self._known(path):
            return
        self._enter(rest, path)

    def _known(self, path: str) -> bool:
        here = self.exists(path)
        if here is None:
            raise Unmodelled(f"whether `{path}` is imported is not known before the build")
        return here

    def _read(self, file: str, why: str) -> None:
        if file in self.found:
            return
        content = self.read_file(file)
        if content is None:
            raise Unmodelled(f"`{file}` is imported, and its content is not known before the build")
        self.size += len(content)
        if len(self.found) >= _MAX_FILES or self.size > _MAX_BYTES:
            raise Unmodelled("the project's own modules are too many to follow")
        from reorder.syntax.python import read_python

        facts = read_python(content.decode("utf-8", "replace"), imported=True)
        self.found[file] = Module(file, facts)
        cached = posixpath.join(posixpath.dirname(file), "__pycache__")
        self.footprints |= dict.fromkeys(
            [
                Footprint("path", file, Access.READ, why=why),
                Footprint("path", cached, Access.WRITE, Extent.TREE, why="writes byte code"),
            ]
        )
        self.follow(facts, file)

    def is_own(self, name: str) -> bool:
        """True when the object is a module of the project, or a function or a constant of one."""
        if name.partition(".")[0] not in self.local:
            return False
        before, _, last = name.rpartition(".")
        inside = self._module(before)
        named = inside is not None and last in inside.facts.functions | inside.facts.plain
        return named or self._module(name) is not None

    def _module(self, name: str) -> Module | None:
        """`a.b` -> the text of a/b.py or a/b/__init__.py."""
        paths = [join(folder, name.replace(".", "/")) for folder in self.folders]
        files = [path + end for path in paths for end in ("/__init__.py", ".py")]
        return next((self.found[file] for file in files if file in self.found), None)


def _modules_of(paths: Iterable[str], folder: str) -> set[str]:
    """`a.py`, `b/__init__.py`, `c.cpython-311.so` -> a, b, c."""
    start = len(folder.rstrip("/")) + 1
    found: set[str] = set()
    for path in paths:
        first, _, rest = path[start:].partition("/")
        if rest.startswith("__init__.") or (not rest and first.endswith(_SUFFIXES)):
            found.add(first.split(".")[0])
    return found
