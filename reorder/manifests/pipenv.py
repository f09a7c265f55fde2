"""Pipfile and Pipfile.lock: packages of an index are followed, local projects are not.

Form: pipenv.pypa.io (pipfile, cli), pipenv 2024. The lock file is only read with `--deploy` or
`--ignore-pipfile`; otherwise it may be written anew. From 2022 on, each command first sets the
variables of `.env` (pipenv/cli/command.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    absent,
    filled,
    inside,
    json_of,
    named_by,
    rows,
    table,
    toml_of,
    unknown,
)
from reorder.manifests.requirements import FILLED, NAMING

_NAMING = ("PIPENV_PIPFILE", "PIPENV_DOTENV_LOCATION", *NAMING)
_FILLED = ("PIPENV_CACHE_DIR", "WORKON_HOME", "VIRTUAL_ENV", *FILLED)
_SETTINGS = ("source", "requires", "scripts", "pipenv", "pipfile")


def follow(request: Request) -> Followed:
    """The Pipfile of this folder, its lock file and its variables."""
    return read_project(request, builds=True)


def read_project(request: Request, *, builds: bool) -> Followed:
    """The same for a use that only prints what is locked."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    if request.words:
        return Followed(opaque="it adds packages to the Pipfile")
    names = ("Pipfile", "Pipfile.lock", ".env")
    files = manifest, lock, variables = tuple(inside(request.cwd, name) for name in names)
    project, locked = toml_of(request, manifest), json_of(request, lock)
    if project is None:
        return unknown(manifest)
    if locked is None and not absent(request, lock):
        return unknown(lock)
    reason = named_by(request, _NAMING)
    if not absent(request, variables) and not request.lookup("PIPENV_DONT_LOAD_ENV"):
        reason = f"{variables} may set variables: ignore it, or set PIPENV_DONT_LOAD_ENV=1"
    for path, content in ((manifest, project), (lock, locked or {})):
        name = next(_local(content), None)
        if name and builds:
            reason = f"{path} takes {name} from a folder, whose own code then runs"
    if reason:
        return Followed(opaque=reason)
    if not builds:
        return Followed(files)
    kept = locked is not None and request.flags & {"--deploy", "--ignore-pipfile"}
    writes = (*(() if kept else (lock,)), *filled(request, _FILLED))
    return Followed(files, rewrites=writes)


def _local(content: Mapping[str, Any]) -> Iterator[str]:
    """Packages with a path, and indexes that lie in the image."""
    for source in map(table, (*rows(content.get("source")),)):
        if not str(source.get("url")).startswith(("http://", "https://", "$")):
            yield "packages"
    for key, packages in content.items():
        if key in _SETTINGS or key == "_meta":
            continue
        for name, value in table(packages).items():
            one = table(value)
            remote = str(one.get("file", "https://")).startswith(("http://", "https://"))
            if (
                "path" in one
                or not remote
                or str(one.get("git", "")).startswith((".", "/", "file"))
            ):
                yield str(name)
