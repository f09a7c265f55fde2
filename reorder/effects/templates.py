"""A template of a model (`~/.npm/**`, `@network`, `@prefix/bin`) -> footprints."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from reorder.effects.effect import (
    MADE_ELSEWHERE,
    Access,
    Extent,
    Footprint,
)
from reorder.effects.found import Found
from reorder.effects.model import programs_of
from reorder.effects.named import settings_reads
from reorder.effects.paths import canonical, join
from reorder.effects.program import SYSTEM_FOLDERS
from reorder.effects.words import Words

# The programs of a distribution, each as a file that would come before it on PATH.
_PROGRAMS = "@programs/"
# The program that is made of a package, by the last part of its name.
_PROGRAM = "{program}"
# The folders that an installer fills below its prefix (Filesystem Hierarchy Standard 3.0, 4.9).
_PREFIX_FOLDERS = (
    "bin",
    "etc",
    "include",
    "lib",
    "lib64",
    "libexec",
    "man",
    "sbin",
    "share",
    "src",
)
# Where an installer puts things, without those prefixes. A virtual environment is never that of the
# system's interpreter (PEP 405: `sys.prefix` differs from `sys.base_prefix`).
_PREFIXES: Mapping[str, frozenset[str]] = {
    "@prefix": frozenset(),
    "@venv": frozenset(("/usr", "/usr/local")),
}


def apply_template(
    done: Found, template: str, access: Access, cwds: Sequence[str], name: str
) -> None:
    """Adds what the template stands for, as seen from the working directories."""
    if template in done.world.unread and "/" not in (done.use.argv[0].text or "/"):
        return
    if template == "@system":
        template = done.install.system
    if _PROGRAM in template:
        for program in _installed(done.words):
            apply_template(done, template.replace(_PROGRAM, program), access, cwds, name)
        return
    if template.startswith(_PROGRAMS):
        _called(done, template.removeprefix(_PROGRAMS), cwds, name)
        return
    if template.startswith("@") and template.partition("/")[0] not in _PREFIXES:
        for inner in done.world.models.path_set(template[1:]):
            apply_template(done, inner, access, cwds, name)
        return
    whole, _, own = template.removeprefix("!").partition(" apart ")
    path, extent = whole, Extent.POINT
    if path.endswith("/**"):
        path, extent = path[:-3] or "/", Extent.TREE
    if "*" in path:
        extent = Extent.GLOB
    why = f"`{name}` {access.value}s {whole}"
    start = len(done.found)
    named: list[Footprint] = []
    for place in _places(done, path, cwds):
        done.add(place, access, extent, why)
        if access is Access.READ:
            named += _told(done, template, Footprint("path", place, access, extent))
    kind, apart, _ = done.install
    if template.startswith("!"):
        return
    apart = (*apart, *own.split())
    done.found[start:] = [
        replace(f, kind=kind if f.access is Access.WRITE else "", apart=apart)
        for f in done.found[start:]
    ]
    done.found += named


def _told(done: Found, template: str, read: Footprint) -> list[Footprint]:
    """What settings name that the Dockerfile has put there."""
    sources = template in done.world.models.path_set("repositories")
    if not sources and template not in done.world.models.path_set("settings"):
        return []
    return settings_reads(read, done.use, done.world, of_repositories=sources)


def _called(done: Found, distribution: str, cwds: Sequence[str], name: str) -> None:
    """The programs that scripts of packages call, in the folders of PATH that come first."""
    why = f"`{name}` runs scripts of packages, which call programs"
    ahead = [
        ((f,), (MADE_ELSEWHERE,)) for f in done.world.programs(cwds) if f not in SYSTEM_FOLDERS
    ]
    for folders, apart in ((("/usr/local/bin", "/usr/local/sbin"), ()), *ahead):
        members = programs_of(distribution, folders)
        apart = (*done.install.apart, *apart)
        root = posixpath.commonpath(folders) if folders[1:] else folders[0]
        done.found.append(
            Footprint("path", root, Access.READ, Extent.LISTED, members, why=why, apart=apart)
        )


def _places(done: Found, path: str, cwds: Sequence[str]) -> list[str]:
    root, _, rest = path.partition("/")
    if root in _PREFIXES:
        inside = [rest] if rest else _PREFIX_FOLDERS
        found = (p for p in _prefixes(done) if p not in _PREFIXES[root])
        return [canonical(f"{p}/{i}") for p in found for i in inside]
    if path.startswith("$"):
        name, _, rest = path[1:].partition("/")
        folder = (done.world.given or done.world.lookup)(name)
        return [join(cwd, f"{folder}/{rest}".rstrip("/")) for cwd in cwds] if folder else []
    if path == "~" or path.startswith("~/"):
        return [canonical((done.world.home or "?home") + path[1:])]
    return [join(cwd, path) for cwd in cwds]


def _prefixes(done: Found) -> list[str]:
    program = done.use.argv[0].text or ""
    folders = done.world.programs(done.use.cwds)
    if "/" in program:
        folders = tuple(posixpath.dirname(join(cwd, program)) for cwd in done.use.cwds)
    inner = [posixpath.dirname(f) for f in folders if posixpath.basename(f) in ("bin", "sbin")]
    return list(dict.fromkeys(inner)) or ["/usr"]


def _installed(words: Words) -> list[str]:
    """`a.b/cmd/tool/v2@latest` -> `tool`, and `v2` for a program that is called so."""
    found: list[str] = []
    for _, arg in words.operands:
        parts = (arg.text or "...").partition("@")[0].split("/")
        found.append("*" if "..." in parts else parts[-1])
        found += parts[-2:-1] if re.fullmatch(r"v\d+", parts[-1]) else []
    return found
