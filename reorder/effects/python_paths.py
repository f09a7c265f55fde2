"""Values of a Python text -> the paths of the image that they may be."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from itertools import product

from msgspec import Struct, field

from reorder.effects.effect import Extent
from reorder.effects.paths import join
from reorder.syntax.python_facts import (
    Concat,
    Home,
    Items,
    Join,
    OneOf,
    Other,
    Parent,
    Place,
    Plain,
    Ref,
    Script,
    Table,
    Text,
    Value,
    Variable,
)

_CHOICES = 64
_MARK = re.compile("\0([^\0]*)\0")  # stands for the unknown value of a variable


class Unmodelled(Exception):
    """What the text does cannot be told; the message says what is missing."""


class View(Struct, frozen=True):
    """Where a Python text runs and what it sees there.

    `written`: variables that the text sets for itself, with every value that it gives them.
    """

    cwd: str
    script: str
    home: str | None
    lookup: Callable[[str], str | None]
    written: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def texts(self, value: Value) -> tuple[str | None, ...]:
        """Every text that a value may be; None stands for Python's None."""
        found = tuple(dict.fromkeys(self._texts(value)))
        if len(found) > _CHOICES:
            raise Unmodelled("a path may be too many things")
        return found

    def _texts(self, value: Value) -> list[str | None]:
        match value:
            case Text():
                return [value.text]
            case Plain() if value.source == "None":
                return [None]
            case Variable():
                return self._variable(value)
            case Place():
                return list(self.texts(value.path))
            case Items() | OneOf():
                return [text for each in value.values for text in self.texts(each)]
            case Ref() | Other() | Plain() | Table():
                raise Unmodelled(f"the path `{_shown(value)}` is not known before the build")
            case _:
                return self._built(value)

    def _built(self, value: Concat | Join | Parent | Home | Script) -> list[str | None]:
        """Texts that are put together from others."""
        match value:
            case Concat():
                return ["".join(parts) for parts in self._parts(value.parts)]
            case Join():
                return [_join(parts) for parts in self._parts(value.parts)]
            case Parent():
                return [_parent(text) for text in self._given(value.path)]
            case Home():
                return [self.at_home(text) for text in self._given(value.path)]
            case Script():
                return [self.script]

    def _parts(self, values: tuple[Value, ...]) -> list[tuple[str, ...]]:
        texts = [self._given(value) for value in values]
        size = 1
        for each in texts:
            size *= len(each)
        if size > _CHOICES:
            raise Unmodelled("a path may be too many things")
        return list(product(*texts))

    def _given(self, value: Value) -> list[str]:
        return [text for text in self.texts(value) if text is not None]

    def _variable(self, value: Variable) -> list[str | None]:
        found: list[str | None] = []
        for written in self.written.get(value.name, ()):
            found += self.texts(written)
        outer = self.lookup(value.name)
        if outer:
            return [*found, outer]
        if outer is None:
            found.append(f"\0{value.name}\0")
        if value.default is not None:
            found += self.texts(value.default)
        return found or [""]

    def at_home(self, text: str) -> str:
        """`~/a` -> `/root/a`."""
        if text == "~" or text.startswith("~/"):
            return (self.home or "?home") + text[1:]
        if text.startswith("~"):
            raise Unmodelled(f"the home folder `{text}` is not known")
        return text

    def paths(self, value: Value) -> list[tuple[str, Extent]]:
        """Absolute paths; TREE when only a folder around the path is known."""
        found: list[tuple[str, Extent]] = []
        for text in self.texts(value):
            if text:
                found += [self.absolute(text)]
                if text == "~" or text.startswith("~/"):
                    found += [self.absolute(self.at_home(text))]
        return list(dict.fromkeys(found))

    def absolute(self, text: str) -> tuple[str, Extent]:
        """`a/b` -> `/cwd/a/b`; `\\0X\\0/a` -> `?X/a`; `/a/b-\\0X\\0/c` -> all of `/a`."""
        mark = _MARK.search(text)
        base = "" if text.startswith("?") else self.cwd
        if mark is None:
            return _rooted(join(base, text), Extent.POINT)
        if mark.start() == 0:
            rest = _MARK.sub("_", text[mark.end() :])
            if ".." in rest.split("/") or _MARK.search(text, mark.end()):
                return f"?{mark[1]}", Extent.TREE
            return _rooted(posixpath.normpath(f"?{mark[1]}{rest}"), Extent.POINT)
        if ".." in text.split("/"):
            return "?path", Extent.TREE
        return _rooted(join(base, posixpath.dirname(text[: mark.start()])), Extent.TREE)


def _shown(value: Ref | Other | Plain | Table) -> str:
    if isinstance(value, Table):
        return "{...}"
    return value.name if isinstance(value, Ref) else value.source


def _join(parts: tuple[str, ...]) -> str:
    """An unknown part may be absolute: what stands before it does not count."""
    start = max((n for n, part in enumerate(parts) if part.startswith(("\0", "?"))), default=0)
    return posixpath.join(*parts[start:])


def _parent(text: str) -> str:
    if _MARK.fullmatch(text):
        return text[:-1] + "-parent\0"
    return posixpath.dirname(text) or "."


def _rooted(path: str, extent: Extent) -> tuple[str, Extent]:
    """`..` may lead out of a folder that is not known."""
    return (path, extent) if path.startswith(("/", "?")) else ("?path", Extent.TREE)
