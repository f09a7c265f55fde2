"""Project.toml and Manifest.toml: what a few calls of Pkg read and write; other code is refused.

Form: pkgdocs.julialang.org/v1 (api, toml-files), Julia 1.10; an instantiate leaves a manifest that
is there as it is (Pkg.jl, src/API.jl). A project that is a package is compiled: its code runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    absent,
    filled,
    inside,
    rows,
    table,
    toml_of,
    unknown,
)

_NAME = r'"[A-Za-z]\w*"'
_LIST = rf"\[\s*{_NAME}(?:\s*,\s*{_NAME})*\s*,?\s*\]"
_ADDED = rf'(?:{_NAME}|{_LIST}|name\s*=\s*{_NAME}\s*,\s*version\s*=\s*"[\w.]+")'
_ADD = re.compile(rf"Pkg\.add\(\s*{_ADDED}\s*\)")
_CALL = re.compile(r"(?:using|import)\s+Pkg|Pkg\.(?:instantiate|precompile|status)\(\s*\)|")
_ACTIVATE = re.compile(r'Pkg\.activate\(\s*"\."\s*\)')
_CODE = ("-e", "--eval")
_FILES = (
    *("Project.toml", "JuliaProject.toml", "LocalPreferences.toml", "JuliaLocalPreferences.toml"),
    *("Manifest.toml", "JuliaManifest.toml"),
)


def follow(request: Request) -> Followed:
    """The project's files when one is active; without one, packages go to the user's folder."""
    statements = [
        part.strip() for flag in _CODE for part in re.split(r"[;\n]", request.values.get(flag, ""))
    ]
    adds = any(map(_ADD.fullmatch, statements))
    for text in statements:
        if not any(form.fullmatch(text) for form in (_ADD, _CALL, _ACTIVATE)):
            return Followed(opaque=f"`{text}` may do anything: only calls of Pkg are read")
    if "--project" not in request.flags and request.lookup("JULIA_PROJECT"):
        return Followed(opaque="JULIA_PROJECT names the project: give it with --project=.")
    wanted = request.values.get(
        "--project", "." if any(map(_ACTIVATE.fullmatch, statements)) else ""
    )
    depot = filled(request, ("JULIA_DEPOT_PATH",))
    if not wanted and "--project" not in request.flags:
        return Followed(rewrites=depot)
    if wanted != "." or request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER if wanted == "." else "name the project: --project=.")
    return _project(request, adds, depot)


def _project(request: Request, adds: bool, depot: tuple[str, ...]) -> Followed:
    files = [inside(request.cwd, name) for name in _FILES]
    manifest, lock = files[0], files[4]
    for path in files[1:4] + files[5:]:
        if path != manifest and not absent(request, path):
            return Followed(opaque=f"{path} is not followed: use Project.toml and Manifest.toml")
    project, locked = toml_of(request, manifest), toml_of(request, lock)
    if project is None or (locked is None and not absent(request, lock)):
        return unknown(manifest if project is None else lock)
    reason = _reason(project, locked or {})
    if reason:
        return Followed(opaque=f"{request.cwd} {reason}")
    versions = inside(request.cwd, "Manifest-v*.toml")
    below = request.below(request.cwd)
    if below is None or any(fnmatchcase(path, versions) for path in below):
        return Followed(opaque=f"{versions} may take the place of {lock}: that is not followed")
    writes = ((manifest, lock) if adds else ()) or (() if locked is not None else (lock,))
    return Followed(tuple(files), globs=(versions,), rewrites=(*writes, *depot))


def _reason(project: Mapping[str, Any], locked: Mapping[str, Any]) -> str | None:
    if {"uuid", "workspace", "entryfile"} & set(project) or "name" in project:
        return "is a package or a workspace, whose own code is compiled"
    listed = [*table(project.get("sources")).values(), *_entries(locked)]
    local = [value for source in map(table, listed) for value in _places(source)]
    return f"takes a package from `{local[0]}`" if local else None


def _entries(locked: Mapping[str, Any]) -> Iterator[object]:
    """The entries of the manifest, below `deps` since Julia 1.7."""
    for group in (locked, table(locked.get("deps"))):
        for value in group.values():
            yield from rows(value)


def _places(source: Mapping[str, Any]) -> Iterator[str]:
    """The folder that an entry names, or the address when it is none."""
    if "path" in source:
        yield str(source["path"])
    for key in ("url", "repo-url"):
        if key in source and not str(source[key]).startswith(("https://", "http://", "ssh://")):
            yield str(source[key])
