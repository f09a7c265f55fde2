"""go.mod, go.sum and go.work: the modules of the project and of its workspace, by their manifests.

Form: go.dev/ref/mod (go.mod files, go.sum files, workspaces, `go mod download`), Go 1.22.
A download loads no package, so that it reads manifests only and looks into no `vendor` folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    above,
    absent,
    filled,
    inside,
    text_of,
    unknown,
)

_WORD = re.compile(r'"([^"]*)"|`([^`]*)`|([^\s"`()]+)')
_VERSION = re.compile(r"v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+incompatible)?")
_KNOWN = frozenset(["module", "toolchain", "godebug", "exclude", "retract", "tool", "ignore"])
# Go 1.18: a download without words no longer saves the sums of what it downloads (release notes).
_KEEPS_SUMS = (1, 18)


class _Module(Struct, frozen=True):
    """`requires`: (path, version); `replaced`: path and version, or path alone -> what stands in.

    A stand-in is (path, version), or (folder, "").
    """

    language: tuple[int, int]
    requires: tuple[tuple[str, str], ...]
    replaced: dict[tuple[str, str], tuple[str, str]]
    uses: tuple[str, ...]


class _Found(Struct):
    files: list[str] = field(default_factory=list)
    rewrites: list[str] = field(default_factory=list)


def follow(request: Request) -> Followed:
    """The manifests of the main module, its local replacements and its workspace."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    for name in ("GOFLAGS", "GOWORK"):
        value = request.lookup(name)
        if value and ("-mod" in value or (name == "GOWORK" and value != "off")):
            return Followed(opaque=f"{name} names other files: unset it for this step")
    found = _Found(rewrites=[*filled(request, ("GOMODCACHE", "GOCACHE", "XDG_CACHE_HOME"))])
    found.rewrites += [inside(folder, "pkg") for folder in filled(request, ("GOPATH",))]
    works = above(request.cwd) if request.lookup("GOWORK") != "off" else ()
    work = _nearest(request, "go.work", works, found)
    if isinstance(work, Followed):
        return work
    if work:
        return _workspace(request, work, found)
    main = _nearest(request, "go.mod", above(request.cwd), found)
    if isinstance(main, Followed):
        return main
    if not main:
        return unknown(inside(request.cwd, "go.mod"))
    return _main_module(request, main, found)


def _nearest(
    request: Request, name: str, folders: tuple[str, ...], found: _Found
) -> str | Followed | None:
    """The first such file upwards; an answer when one of them may or may not be there."""
    for folder in folders:
        path = inside(folder, name)
        found.files.append(path)
        if request.read(path) is not None:
            return path
        if not absent(request, path):
            return unknown(path)
    return None


def _main_module(request: Request, path: str, found: _Found) -> Followed:
    module = _read(request, path)
    if isinstance(module, Followed):
        return module
    folder = inside(path, "..")
    sums = inside(folder, "go.sum")
    found.files.append(sums)
    _local(module, folder, found)
    if request.words or not _in_step(module, _sums(request, sums)):
        found.rewrites += [path, sums]
    return Followed(tuple(dict.fromkeys(found.files)), rewrites=tuple(found.rewrites))


def _workspace(request: Request, path: str, found: _Found) -> Followed:
    """All modules of a workspace; only its own go.work.sum is ever written."""
    work = _read(request, path)
    if isinstance(work, Followed):
        return work
    folder = inside(path, "..")
    _local(work, folder, found)
    for use in work.uses:
        place = inside(folder, use)
        manifest = inside(place, "go.mod")
        module = _read(request, manifest)
        if isinstance(module, Followed):
            return module
        found.files += [manifest, inside(place, "go.sum")]
        _local(module, place, found)
    sums = inside(folder, "go.work.sum")
    return Followed((*dict.fromkeys(found.files), sums), rewrites=(*found.rewrites, sums))


def _local(module: _Module, folder: str, found: _Found) -> None:
    """`replace example.org/x => ./x` reads x/go.mod, and no other file of x."""
    for target, version in module.replaced.values():
        if not version:
            found.files.append(inside(inside(folder, target), "go.mod"))


def _in_step(module: _Module, sums: frozenset[tuple[str, str]]) -> bool:
    """True when go.sum has both sums of all modules that go.mod names, in their final form."""
    if module.language < _KEEPS_SUMS:
        return False
    for path, version in module.requires:
        name, chosen = module.replaced.get(
            (path, version), module.replaced.get((path, ""), (path, version))
        )
        if not _VERSION.fullmatch(version):
            return False
        if chosen and not {(name, chosen), (name, chosen + "/go.mod")} <= sums:
            return False
    return True


def _sums(request: Request, path: str) -> frozenset[tuple[str, str]]:
    """`example.org/x v1.0.0/go.mod h1:...` -> (`example.org/x`, `v1.0.0/go.mod`)."""
    lines = [line.split() for line in (text_of(request, path) or "").splitlines()]
    return frozenset((words[0], words[1]) for words in lines if len(words) == 3)


def _read(request: Request, path: str) -> _Module | Followed:
    text = text_of(request, path)
    if text is None:
        return unknown(path)
    language = (1, 16)
    requires: list[tuple[str, str]] = []
    replaced: dict[tuple[str, str], tuple[str, str]] = {}
    uses: list[str] = []
    for verb, words in _directives(text):
        if verb == "require" and len(words) == 2:
            requires.append((words[0], words[1]))
        elif verb == "replace" and "=>" in words[1:3]:
            at = words.index("=>")
            key = words[0], words[1] if at == 2 else ""
            replaced[key] = ((*words[at + 1 :], ""))[0], ((*words[at + 2 :], ""))[0]
        elif verb == "use" and len(words) == 1:
            uses.append(words[0])
        elif verb == "go" and words and (number := re.match(r"(\d{1,3})\.(\d{1,3})", words[0])):
            language = int(number[1]), int(number[2])
        elif verb not in _KNOWN:
            return Followed(opaque=f"{path} has a line `{verb}` of a form that is not read")
    return _Module(language, tuple(requires), replaced, tuple(uses))


def _directives(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """`require (` ... `)` gives one `require` a line."""
    block = ""
    for raw in text.splitlines():
        line = re.sub(r"(^|\s)//.*$", "", raw).strip()
        if line == ")":
            block = ""
        elif line.endswith("("):
            block = line[:-1].strip()
        elif line:
            words = [a or b or c for a, b, c in _WORD.findall(line)]
            if block:
                yield block, tuple(words)
            elif words:
                yield words[0], tuple(words[1:])
