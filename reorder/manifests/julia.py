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
_ADD = re.compile(rf'Pkg\.add\(\s*{_ADDED}\s*\)|pkg"\s*add\s+\w+(?:\s+\w+)*\s*"')
_SWITCH = r"(?:verbose|strict|timing|allow_build|warn_loaded)\s*=\s*(?:true|false)"
_SWITCHES = rf"(?:\s*{_SWITCH}(?:\s*,\s*{_SWITCH})*\s*|\s*)"
_CALL = re.compile(
    rf"(?:using|import)\s+Pkg|Pkg\.(?:API\.)?(?:instantiate|precompile|status)\({_SWITCHES}\)"
    rf'|Pkg\.Registry\.(?:add\(\s*"General"\s*\)|update\(\s*\))|Pkg\.build\(\s*(?:{_NAME}\s*)?\)'
    r'|pkg"\s*(?:instantiate|precompile|status|st|registry up)\s*"'
    r'|ENV\["JULIA_PKG_SERVER"\]\s*=\s*"[^"\\]*"|'
)
_ACTIVATE = re.compile(r'(?:Pkg\.activate\(\s*"|pkg"\s*activate\s+)([^"\\$]+?)\s*(?:"\s*\)|")')
_CODE = ("-e", "--eval", "-E", "--print")
_FILES = (
    *("Project.toml", "JuliaProject.toml", "LocalPreferences.toml", "JuliaLocalPreferences.toml"),
    *("Manifest.toml", "JuliaManifest.toml"),
)


def follow(request: Request) -> Followed:
    """The project's files when one is active; without one, packages go to the user's folder."""
    code = "\n".join(request.values.get(flag, "") for flag in _CODE)
    statements = [part.strip() for part in re.split(r"[;\n]", re.sub(r"\(\s*;", "(", code))]
    adds = any(map(_ADD.fullmatch, statements))
    for text in statements:
        if not any(form.fullmatch(text) for form in (_ADD, _CALL, _ACTIVATE)):
            return Followed(opaque=f"`{text}` may do anything: only calls of Pkg are read")
    active = {found[1] for found in map(_ACTIVATE.fullmatch, statements) if found}
    if "--project" in request.flags:
        active.add(request.values.get("--project") or "@.")
    elif not active:
        active = {request.lookup("JULIA_PROJECT") or ""} - {""}
    depot = filled(request, ("JULIA_DEPOT_PATH",))
    if not active:
        return Followed(rewrites=depot)
    folders = {inside(request.cwd, "." if name == "@." else name) for name in active}
    if any(name.startswith("@") and name != "@." for name in active) or len(folders) > 1:
        return Followed(opaque="name one project, by its folder: --project=.")
    folder = folders.pop()
    if folder.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    return _project(request, folder, adds, depot)


def _project(request: Request, folder: str, adds: bool, depot: tuple[str, ...]) -> Followed:
    files = [inside(folder, name) for name in _FILES]
    manifest, lock = files[0], files[4]
    for path in files[1:4] + files[5:]:
        if path != manifest and not absent(request, path):
            return Followed(opaque=f"{path} is not followed: use Project.toml and Manifest.toml")
    project, locked = toml_of(request, manifest), toml_of(request, lock)
    if project is None or (locked is None and not absent(request, lock)):
        return unknown(manifest if project is None else lock)
    reason = _reason(project, locked or {})
    if reason:
        return Followed(opaque=f"{folder} {reason}")
    versions = inside(folder, "Manifest-v*.toml")
    below = request.below(folder)
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
