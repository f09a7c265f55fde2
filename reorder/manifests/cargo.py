"""Cargo.toml of the workspace, its members and path dependencies, and the targets they need.

Form: doc.rust-lang.org/cargo/reference (manifest, workspaces, cargo-targets, config), cargo 1.80.
A fetch runs no build script; a manifest is refused when its targets are not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct, field

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    above,
    absent,
    filled,
    inside,
    rows,
    table,
    toml_of,
    unknown,
)

_TABLES = ("dependencies", "dev-dependencies", "dev_dependencies", "build-dependencies")
_TARGETS = ("src/lib.rs", "src/main.rs", "build.rs")
_TARGET_GLOBS = tuple(
    f"{folder}/{name}"
    for folder in ("src/bin", "examples", "tests", "benches")
    for name in ("*.rs", "*/main.rs")
)
_EXPLICIT = ("bin", "example", "test", "bench")
_SETTINGS = (".cargo/config.toml", ".cargo/config", "rust-toolchain", "rust-toolchain.toml")
_OTHER_PLACES = {"paths", "include", "patch", "credential-alias"}
_FILLED = ("RUSTUP_HOME", "CARGO_TARGET_DIR")
# What a fetch fills of its home: no programs.
_OF_HOME = ("registry", "git", ".package-cache", ".package-cache-mutate", ".global-cache")
_MAX_MANIFESTS = 200


class _Found(Struct):
    files: list[str] = field(default_factory=list)
    globs: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def follow(request: Request) -> Followed:
    """All manifests of the workspace with their targets, the lock file, settings above."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    found = _Found()
    reason = _settings(request, found)
    if reason:
        return Followed(opaque=reason)
    root = _root(request, found)
    if isinstance(root, Followed):
        return root
    done: list[str] = []
    while found.waiting:
        folder = found.waiting.pop(0)
        if folder in done:
            continue
        done.append(folder)
        path = inside(folder, "Cargo.toml")
        content = toml_of(request, path)
        if content is None or len(done) > _MAX_MANIFESTS:
            return unknown(path)
        reason = _manifest(request, folder, content, found)
        if reason:
            return Followed(opaque=f"{path} {reason}")
    lock = inside(root, "Cargo.lock")
    kept = request.flags & {"--locked", "--frozen"}
    homes = [inside(home, name) for home in filled(request, ("CARGO_HOME",)) for name in _OF_HOME]
    writes = (*(() if kept else (lock,)), *homes, *filled(request, _FILLED))
    files = tuple(dict.fromkeys((*found.files, lock)))
    return Followed(files, globs=tuple(dict.fromkeys(found.globs)), rewrites=writes)


def _settings(request: Request, found: _Found) -> str | None:
    for folder in above(request.cwd):
        for name in _SETTINGS:
            path = inside(folder, name)
            found.files.append(path)
            if absent(request, path):
                continue
            content = toml_of(request, path)
            if content is None and (name != "rust-toolchain" or request.read(path) is None):
                return f"the content of {path} is not known: give the build context"
            reason = _elsewhere(content or {})
            if reason:
                return f"{path} {reason}"
    return None


def _elsewhere(content: Mapping[str, Any]) -> str | None:
    """Settings that name packages or a toolchain of the image."""
    named = _OTHER_PLACES & set(content)
    if named:
        return f"sets `{min(named)}`, which names other files"
    if "path" in table(content.get("toolchain")):
        return "takes the toolchain from a folder"
    sources = map(table, table(content.get("source")).values())
    if any({"directory", "local-registry"} & set(source) for source in sources):
        return "takes packages from a folder"
    return None


def _root(request: Request, found: _Found) -> str | Followed:
    """The folder of the workspace, else of the nearest package, which is a root of its own."""
    nearest = ""
    for folder in above(request.cwd):
        path = inside(folder, "Cargo.toml")
        found.files.append(path)
        content = toml_of(request, path)
        if content is None and not absent(request, path):
            return unknown(path)
        if content is None:
            continue
        nearest = nearest or folder
        found.waiting.append(folder)
        if "workspace" in content:
            return folder
    return nearest or unknown(inside(request.cwd, "Cargo.toml"))


def _manifest(
    request: Request, folder: str, content: Mapping[str, Any], found: _Found
) -> str | None:
    package, workspace = table(content.get("package")), table(content.get("workspace"))
    found.files.append(inside(folder, "Cargo.toml"))
    if "workspace" in package:
        return "names its workspace itself: that is not followed"
    if package:
        found.files += [inside(folder, path) for path in (*_TARGETS, *_targets(content))]
        found.globs += [inside(folder, pattern) for pattern in _TARGET_GLOBS]
    found.waiting += [inside(folder, path) for path in _paths(content)]
    return _members(request, folder, [str(m) for m in rows(workspace.get("members"))], found)


def _members(request: Request, folder: str, patterns: list[str], found: _Found) -> str | None:
    """`crates/*` names the folders below that have a manifest."""
    for pattern in patterns:
        wanted = inside(folder, f"{pattern}/Cargo.toml")
        if not set("*?[") & set(pattern):
            found.waiting.append(inside(folder, pattern))
            continue
        below = request.below(folder)
        if "**" in pattern or ".." in pattern or below is None:
            return f"has members `{pattern}`: which ones is not known"
        found.globs.append(wanted)
        found.waiting += [
            path.removesuffix("/Cargo.toml")
            for path in below
            if fnmatchcase(path, wanted) and path.count("/") == wanted.count("/")
        ]
    return None


def _targets(content: Mapping[str, Any]) -> Iterator[str]:
    """The target files that the manifest names itself."""
    listed = [table(content.get("lib"))]
    for key in _EXPLICIT:
        listed += map(table, rows(content.get(key)))
    yield from (str(target["path"]) for target in listed if "path" in target)
    build = table(content.get("package")).get("build")
    if isinstance(build, str):
        yield build


def _paths(content: Mapping[str, Any]) -> Iterator[str]:
    """The path dependencies of a package, a workspace, a target or a patch."""
    workspace = table(content.get("workspace"))
    places = [content, workspace, *map(table, table(content.get("target")).values())]
    tables = [table(place.get(key)) for place in places for key in _TABLES]
    tables += [table(content.get("replace")), *map(table, table(content.get("patch")).values())]
    for found in tables:
        for value in map(table, found.values()):
            if "path" in value:
                yield str(value["path"])
