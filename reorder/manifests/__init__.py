"""Manifest readers: what the project's own files make an installer read beyond its command line.

A model names its reader (`manifest = "requirements"`), the module of that name follows the files.
A reader sees image files only as far as they surely are files of the context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from msgspec import Struct, field


class Request(Struct, frozen=True):
    """One use of an installer, and the image files that it may look at.

    `start`: absolute paths of the manifests that the command line names; `cwd`: where it runs.
    `flags`, `values`, `words`: the flags that were used as the model spells them, their values
    (a line for each use) and the operands, as far as they are known. `read` gives the content of
    an image file that surely is a file of the context, else None. `exists` is False when nothing
    in this Dockerfile has put a file there, None when that is not known. `unpackaged`: whether
    something that is no part of a package may have been put there. `below`: all files below a
    folder, None when something unknown may have been put there. `lookup`: a variable, None when
    not known.
    """

    start: tuple[str, ...]
    cwd: str
    flags: frozenset[str]
    values: Mapping[str, str]
    words: tuple[str, ...]
    read: Callable[[str], bytes | None]
    exists: Callable[[str], bool | None]
    unpackaged: Callable[[str], bool]
    below: Callable[[str], tuple[str, ...] | None]
    lookup: Callable[[str], str | None]


class Run(Struct, frozen=True):
    """Shell text that a use runs in `cwd`, as the project's files say.

    `path`: folders before those of PATH. `sets`: names of variables, or patterns, with the values
    that the text sees, None for one that is not known.
    """

    text: str
    cwd: str
    path: tuple[str, ...] = ()
    sets: tuple[tuple[str, str | None], ...] = ()
    bash: bool = False


class Followed(Struct, frozen=True):
    """What a use reads and writes of the project, in absolute image paths.

    `files` are read or looked for, `trees` are read whole, `globs` are patterns whose matches are
    looked for; `rewrites` are files that it may change, `remedies` what its user can do against
    that where the word of the model does not fit; `writes` are what it makes, with all below it.
    `env`: variables that they ask for. `adds` are files to which it adds a line, with the lines.
    `runs`: what it runs, one after the other; `absent` are files that none of it may make, since
    else their times decide what is run. `opaque`: why it may do anything; `code`: because it runs
    code that nobody has read.
    """

    files: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    rewrites: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    adds: tuple[tuple[str, str], ...] = ()
    runs: tuple[Run, ...] = ()
    absent: tuple[str, ...] = ()
    opaque: str | None = None
    code: bool = False
    remedies: Mapping[str, str] = field(default_factory=dict)


class Reader(Protocol):
    """A manifest reader: pure, never raises on any content."""

    def __call__(self, request: Request) -> Followed: ...


def follow(name: str, request: Request) -> Followed | None:
    """What the reader of that name finds; None when there is no such reader."""
    module = f"{__name__}.{name.replace('-', '_')}"
    if find_spec(module) is None:
        return None
    reader: Reader = import_module(module).follow
    return reader(request)
