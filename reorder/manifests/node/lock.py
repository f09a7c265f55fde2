"""package-lock.json -> what of the project it names, and which packages have install scripts.

Form: https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from reorder.manifests.node.config import known
from reorder.manifests.node.package import Unfollowed


class Lock(Struct, frozen=True):
    """`archives` and `folders` of the project that it names, as absolute paths.

    `scripted`: the packages with install scripts; None when the lock file does not say.
    """

    path: str
    archives: tuple[str, ...]
    folders: tuple[str, ...]
    scripted: frozenset[str] | None


def read_lock(path: str, content: bytes) -> Lock:
    """Unfollowed for what is no lock file."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
        packages = data.get("packages")
        entries = list(_entries(packages or {}, data.get("dependencies") or {}))
    except (ValueError, RecursionError, AttributeError):
        raise Unfollowed(f"{path} is no lock file that can be read") from None
    named = [posixpath.normpath(f"{posixpath.dirname(path)}/{p}") for p in _local(entries)]
    archives = tuple(known()["archives"])
    scripted = (name for name, entry in entries if entry.get("hasInstallScript"))
    return Lock(
        path=path,
        archives=tuple(p for p in named if p.endswith(archives)),
        folders=tuple(p for p in named if not p.endswith(archives)),
        scripted=frozenset(scripted) if packages else None,
    )


def _entries(
    packages: Mapping[str, Any], nested: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All packages by name; `node_modules/@a/b` is `@a/b`."""
    for place, entry in packages.items():
        yield str(entry.get("name") or place.rpartition("node_modules/")[2]), entry
    for name, entry in nested.items():
        yield name, entry
        yield from _entries({}, entry.get("dependencies") or {})


def _local(entries: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """`"resolved": "file:x.tgz"`, `"version": "file:lib"`, or a link to `packages/a`."""
    for _, entry in entries:
        if entry.get("link"):
            yield str(entry.get("resolved", ""))
            continue
        for key in ("resolved", "version"):
            text = entry.get(key)
            if isinstance(text, str) and text.startswith("file:"):
                yield text.removeprefix("file:")
