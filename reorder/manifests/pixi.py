"""pixi.toml or pyproject.toml, and pixi.lock: what the install of a locked environment reads.

Form: pixi.prefix.dev (reference/pixi_manifest, reference/pixi_configuration, cli/pixi/install),
pixi 0.40. A package that lies in the project, or a script that is run on activation, leads to
further files: such a project is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    above,
    absent,
    inside,
    named_by,
    rows,
    table,
    text_of,
    toml_of,
    unknown,
)

_MANIFESTS = ("pixi.toml", "mojoproject.toml", "pyproject.toml")
_LEADING = frozenset(["path", "editable", "scripts", "find-links", "preview", "package", "subdir"])
# What tasks and the metadata of the project say is nothing to an install.
_IDLE = frozenset(["tasks", "project-description", "env"])
_HARMLESS = frozenset(
    (
        *("default-channels", "authentication-override-file", "tls-no-verify", "mirrors"),
        *("repodata-config", "pypi-config", "concurrency", "change-ps1", "shell"),
    )
)
# `- pypi: ./`, `- conda: ../x`: not an address.
_LOCAL = re.compile(
    r"(?m)^\s*-?\s*(?:pypi|conda|path|source)\s*:\s*[\"']?(?!(?:(?:git|direct)\+)?https?://)\S"
)
_NAMING = ("PIXI_PROJECT_MANIFEST", "PIXI_CONFIG_FILE", "PIXI_HOME")


def follow(request: Request) -> Followed:
    """The manifest of this folder or one above, its lock file and its settings."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    reason = named_by(request, _NAMING)
    if reason:
        return Followed(opaque=reason)
    looked: list[str] = []
    for folder in above(request.cwd):
        for name in _MANIFESTS:
            path = inside(folder, name)
            looked.append(path)
            if absent(request, path):
                continue
            data = toml_of(request, path)
            if data is None:
                return unknown(path)
            own = table(table(data.get("tool")).get("pixi"))
            if name != "pyproject.toml" or own:
                return _of(request, folder, path, own or data, looked)
    return unknown(inside(request.cwd, _MANIFESTS[0]))


def _of(
    request: Request, folder: str, path: str, manifest: Mapping[str, Any], looked: list[str]
) -> Followed:
    key = next((key for key in _keys(manifest) if key in _LEADING), None)
    if key:
        return Followed(opaque=f"{path} has the key `{key}`, which leads to further files")
    lock, settings = inside(folder, "pixi.lock"), inside(folder, ".pixi/config.toml")
    locked = text_of(request, lock)
    if locked is None:
        return unknown(lock)
    local = _LOCAL.search(locked)
    if local:
        return Followed(
            opaque=f"{lock} has the line `{local[0].strip()}...`: a package of a folder is built;"
            " leave it out with --skip, and install it after the COPY"
        )
    if not absent(request, settings):
        known = toml_of(request, settings)
        if known is None:
            return unknown(settings)
        odd = next((key for key in known if key not in _HARMLESS), None)
        if odd:
            return Followed(opaque=f"{settings} sets `{odd}`, which may name other places")
    kept = bool(request.flags & {"--frozen", "--locked"}) or any(
        request.lookup(n) == "true" for n in ("PIXI_FROZEN", "PIXI_LOCKED")
    )
    output = () if folder == request.cwd else (inside(folder, ".pixi"),)
    return Followed((*looked, lock, settings), rewrites=(*output, *(() if kept else (lock,))))


def _keys(value: Any) -> Iterator[str]:
    """All keys at any depth, those of idle tables excepted."""
    for key, inner in table(value).items():
        yield key
        if key not in _IDLE:
            yield from _keys(inner)
    for inner in rows(value):
        yield from _keys(inner)
