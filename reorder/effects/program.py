"""The program of a command and its packages: which installs leave alone what it looks at."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from reorder.effects.effect import INSTALLS, MADE_ELSEWHERE, Access, Extent, Footprint
from reorder.effects.model import Packages, names_of
from reorder.effects.paths import canonical, join
from reorder.effects.words import Words
from reorder.effects.world import World
from reorder.syntax.shell import Arg, Use

SYSTEM_FOLDERS = frozenset(
    (*("/bin", "/sbin", "/usr/bin", "/usr/sbin"), *("/usr/local/bin", "/usr/local/sbin"))
)
# Where a program looks for its shared libraries (ld.so(8)).
_LOADER = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.preload")


class Install(NamedTuple):
    """The kind of packages that a use installs, and the kinds that it does not look at.

    `system` is the set of paths that they may fill.
    """

    kind: str
    apart: tuple[str, ...]
    system: str = "@system"


def install(words: Words) -> Install:
    """The first entry of `packages` that holds for the names, else what the model says."""
    model = words.model
    used = frozenset(flag.name for flag in words.flags)
    packages = [_name(arg) for role, arg in words.operands if role == "package"]
    names = [name for name in packages if name]
    if model.packages and None in packages:
        return Install("", ())
    for entry in model.packages:
        asked = not entry.flags or used & entry.flags
        if asked and not used & entry.unless and _holds(entry, names):
            return Install(entry.kind, entry.apart, entry.system)
    return Install(model.kind, model.apart)


def _name(arg: Arg) -> str | None:
    """`tini=$VERSION` is tini, whatever its version."""
    if arg.text is None and not arg.many and ("=" in arg.prefix or "@" in arg.prefix[1:]):
        return arg.prefix
    return arg.text


def _holds(entry: Packages, names: Sequence[str]) -> bool:
    """A name may have a version: `tini=0.19.0-1`."""
    plain = [name.partition("=")[0] for name in names]
    if entry.any:
        return any(_is(name, entry.any) for name in plain)
    return bool(plain) and all(_is(name, entry.all) for name in plain)


def _is(name: str, forms: Sequence[str]) -> bool:
    return any(fnmatchcase(name, form) for forms_of in forms for form in names_of(forms_of))


def program_reads(use: Use, words: Words, world: World) -> list[Footprint]:
    """The places where the program is looked for, and the libraries that it loads."""
    program = use.argv[0].text or ""
    places = [join(cwd, program) for cwd in use.cwds]
    if "/" not in program:
        places = [canonical(f"{folder}/{program}") for folder in world.programs(use.cwds)]
    apart = _steady(words, world) or install(words).apart
    why = f"looks for the program `{program}`"
    found = [
        Footprint("path", place, Access.READ, why=why, apart=(*apart, *_unlikely(place, words)))
        for place in places
        if not place.startswith("/dev/")
    ]
    return found + loader_reads(apart)


def _unlikely(place: str, words: Words) -> tuple[str, ...]:
    """No stage or image makes another program of the system for a folder of its own on PATH."""
    usual = posixpath.dirname(place) in SYSTEM_FOLDERS
    return (MADE_ELSEWHERE,) if words.model.system and not usual else ()


def loader_reads(apart: tuple[str, ...] = ()) -> list[Footprint]:
    """What the loader looks at for any program."""
    return [
        Footprint("path", path, Access.READ, Extent.TREE, why="loads shared libraries", apart=apart)
        for path in _LOADER
    ]


def _steady(words: Words, world: World) -> tuple[str, ...]:
    """A program that the base image has, and that does the same in every version of it."""
    steady = words.model.steady
    if steady is None or not world.posix or not {f.name for f in words.flags} <= {*steady}:
        return ()
    return INSTALLS
