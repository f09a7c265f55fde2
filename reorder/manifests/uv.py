"""pyproject.toml, uv.lock and uv.toml: what a sync reads, workspace members included.

Form: docs.astral.sh/uv (concepts/projects, reference/settings), uv 0.5. A project without a build
system is not built; `--frozen` takes the lock file as it is, `--locked` compares it and writes
nothing, otherwise the lock file may be written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    above,
    absent,
    filled,
    inside,
    named_by,
    rows,
    table,
    toml_of,
    unknown,
)
from reorder.manifests.requirements import local_path

NAMING = (
    *("UV_CONFIG_FILE", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_OVERRIDE", "UV_FIND_LINKS"),
    *("UV_PROJECT", "UV_WORKING_DIRECTORY", "UV_WORKING_DIR", "UV_REQUIREMENT", "UV_EXCLUDE"),
)
FILLED = (
    *("UV_CACHE_DIR", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON_INSTALL_DIR", "UV_PYTHON_BIN_DIR"),
    *("UV_PYTHON_CACHE_DIR", "VIRTUAL_ENV", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_BIN_HOME"),
)
_ADDRESSES = ("http://", "https://", "git+http", "git+ssh", "ssh://")
_NO_LOCALS = "--no-install-local"
_NO_MEMBERS = ("--no-install-workspace", _NO_LOCALS)
_NO_PROJECT = ("--no-install-project", *_NO_MEMBERS)


def follow(request: Request) -> Followed:
    """The manifests of the workspace, its lock file, and the settings above them."""
    reason = named_by(request, NAMING)
    if reason:
        return Followed(opaque=reason)
    files = settings(request)
    if isinstance(files, Followed):
        return files
    root = _root(request)
    if root is None:
        return unknown(inside(request.cwd, "pyproject.toml"))
    lock = inside(root, "uv.lock")
    locked = toml_of(request, lock)
    if locked is None and not absent(request, lock):
        return unknown(lock)
    members = _members(request, root)
    if isinstance(members, Followed):
        return members
    frozen = "--frozen" in request.flags or bool(request.lookup("UV_FROZEN"))
    if frozen and locked is None:
        return unknown(lock)
    reason = _built(request, root, (root, *members), frozen)
    reason = reason or _sources(request, root, locked or {}, frozen)
    if reason:
        return Followed(opaque=reason)
    globs = [inside(root, f"{pattern}/pyproject.toml") for pattern in _patterns(request, root)]
    archives = [inside(root, path) for path in _archives(locked or {})]
    read = [*files, lock, *(inside(m, "pyproject.toml") for m in members), *archives]
    kept = frozen or "--locked" in request.flags or bool(request.lookup("UV_LOCKED"))
    writes = [inside(root, ".venv"), *filled(request, FILLED), *([] if kept else [lock])]
    return Followed(tuple(dict.fromkeys(read)), globs=tuple(globs), rewrites=tuple(writes))


def settings(request: Request) -> tuple[str, ...] | Followed:
    """The files looked for in this folder and above; opaque when one names local packages."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    found: list[str] = []
    for folder in above(request.cwd):
        for name in ("pyproject.toml", "uv.toml"):
            path = inside(folder, name)
            found.append(path)
            content = toml_of(request, path)
            if content is None and not absent(request, path):
                return unknown(path)
            own = table(table((content or {}).get("tool")).get("uv"))
            reason = _local_setting(own if name == "pyproject.toml" else content or {})
            if reason:
                return Followed(opaque=f"{path} {reason}")
        found += [inside(folder, name) for name in (".python-version", ".python-versions")]
    return tuple(found)


def _local_setting(own: Mapping[str, Any]) -> str | None:
    """Indexes, links and folders that lie in the image."""
    for tables in (own, table(own.get("pip"))):
        places = [*rows(tables.get("find-links")), *rows(tables.get("extra-index-url"))]
        places += [table(index).get("url") for index in rows(tables.get("index"))]
        places += [tables[key] for key in ("index-url",) if key in tables]
        local = [str(place) for place in places if not str(place).startswith(_ADDRESSES)]
        if local:
            return f"finds packages in `{local[0]}`"
        if {"cache-dir", "target", "prefix"} & set(tables):
            return "names the folder that is filled: give it on the command line"
    return None


def _root(request: Request) -> str | None:
    """The folder of the workspace, else of the nearest project."""
    nearest = None
    for folder in above(request.cwd):
        content = toml_of(request, inside(folder, "pyproject.toml"))
        if content is not None:
            nearest = nearest or folder
            if "workspace" in table(table(content.get("tool")).get("uv")):
                return folder
    return nearest


def _patterns(request: Request, root: str) -> list[str]:
    content = toml_of(request, inside(root, "pyproject.toml")) or {}
    workspace = table(table(table(content.get("tool")).get("uv")).get("workspace"))
    return [str(pattern) for pattern in rows(workspace.get("members"))]


def _members(request: Request, root: str) -> tuple[str, ...] | Followed:
    """The folders that the patterns of the workspace name (`packages/*`)."""
    patterns = _patterns(request, root)
    if not patterns:
        return ()
    if any("**" in p or "{" in p or p.startswith((".", "/")) for p in patterns):
        return Followed(opaque=f"the workspace of {root} has members in any depth or elsewhere")
    below = request.below(root)
    if below is None:
        return Followed(opaque=f"what lies below {root} is not known: give the build context")
    wanted = [inside(root, f"{pattern}/pyproject.toml") for pattern in patterns]
    return tuple(
        path.removesuffix("/pyproject.toml")
        for path in below
        if any(fnmatchcase(path, w) and path.count("/") == w.count("/") for w in wanted)
    )


def _built(request: Request, root: str, folders: tuple[str, ...], frozen: bool) -> str | None:
    """Why the code of a project of the workspace would run."""
    for folder in folders:
        path = inside(folder, "pyproject.toml")
        content = toml_of(request, path)
        if content is None:
            return f"the content of {path} is not known: give the build context"
        own = table(table(content.get("tool")).get("uv"))
        left_out = _NO_PROJECT if folder == root else _NO_MEMBERS
        builds = own.get("package", "build-system" in content)
        if builds and not request.flags & set(left_out):
            return f"it builds the project of {path}, whose code then runs: add {left_out[0]} here"
        if not frozen and builds and rows(table(content.get("project")).get("dynamic")):
            return f"the metadata of {path} are dynamic, so that its code may run: add --frozen"
        if not frozen and "project" not in content:
            return f"{path} has no table `project`: its code may run"
        if not frozen and any(map(local_path, _requirements(content))):
            return f"{path} needs a project by its path"
    return None


def _requirements(content: Mapping[str, Any]) -> Iterator[str]:
    project = table(content.get("project"))
    own = table(table(content.get("tool")).get("uv"))
    listed = [
        project.get("dependencies"),
        own.get("dev-dependencies"),
        *table(project.get("optional-dependencies")).values(),
        *table(content.get("dependency-groups")).values(),
    ]
    yield from (text for texts in listed for text in rows(texts) if isinstance(text, str))


def _sources(request: Request, root: str, locked: Mapping[str, Any], frozen: bool) -> str | None:
    """Why a local package that is no member of the workspace would be built or read."""
    if _NO_LOCALS in request.flags and frozen:
        return None
    members = {"."} | {str(m) for m in rows(table(locked.get("manifest")).get("members"))}
    for package in map(table, rows(locked.get("package"))):
        source = table(package.get("source"))
        place = source.get("editable") or source.get("directory")
        if place and place != "." and package.get("name") not in members:
            return (
                f"the lock file of {root} installs the project in `{place}`, whose code then runs"
            )
    content = toml_of(request, inside(root, "pyproject.toml")) or {}
    sources = table(table(table(content.get("tool")).get("uv")).get("sources"))
    for name, value in sources.items():
        if not frozen and any("path" in table(v) for v in (value, *rows(value))):
            return f"{root}/pyproject.toml takes {name} from a path: add --frozen here"
    return None


def _archives(locked: Mapping[str, Any]) -> Iterator[str]:
    for package in map(table, rows(locked.get("package"))):
        path = table(package.get("source")).get("path")
        if path:
            yield str(path)
