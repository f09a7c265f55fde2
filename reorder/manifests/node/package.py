"""package.json -> what an installer takes from it."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

_TABLES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


class Unfollowed(ValueError):
    """What an install does is not known for sure; the message is a reason for the author."""


class Package(Struct, frozen=True):
    """One package.json.

    `specs`: what it asks for, under the names of the dependencies (overrides too, under theirs);
    `bins`: the files of its own programs; `data`: the whole content.
    """

    path: str
    data: Mapping[str, Any]
    scripts: Mapping[str, str]
    specs: tuple[tuple[str, str], ...]
    workspaces: tuple[str, ...]
    bins: tuple[str, ...]
    patches: tuple[str, ...]

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    def below(self, path: str) -> str:
        """`./x` -> `/app/packages/a/x`."""
        return posixpath.normpath(posixpath.join(self.folder, path))


def read_package(path: str, content: bytes) -> Package:
    """Unfollowed for what is no package.json, or asks for something that is not followed."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise Unfollowed(f"{path} is no JSON object")
    _plain(path, data)
    folder = posixpath.dirname(path)
    return Package(
        path=path,
        data=data,
        scripts=dict(_strings(data.get("scripts"))),
        specs=tuple(_specs(data)),
        workspaces=_workspaces(path, data.get("workspaces")),
        bins=tuple(posixpath.normpath(posixpath.join(folder, file)) for file in _bins(data)),
        patches=tuple(_patches(data)),
    )


def _plain(path: str, data: Mapping[str, Any]) -> None:
    """What makes an installer copy or link whole folders is not followed."""
    for name, meta in table_of(data.get("dependenciesMeta")).items():
        if table_of(meta).get("injected"):
            raise Unfollowed(f"{path} injects {name}, whose whole folder is then copied")
    for table, key in (("directories", "bin"), ("publishConfig", "directory")):
        if table_of(data.get(table)).get(key):
            raise Unfollowed(f"{path} names a folder of its own in {table}.{key}")


def table_of(value: Any) -> Mapping[str, Any]:
    """The mapping itself, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    return ((key, text) for key, text in table_of(value).items() if isinstance(text, str))


def _specs(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for table in _TABLES:
        yield from _strings(data.get(table))
    pnpm = table_of(data.get("pnpm"))
    for other in (data, pnpm):
        for key in (
            "overrides",
            "resolutions",
            "packageExtensions",
            "catalog",
            "catalogs",
            "workspaces",
        ):
            yield from leaves("", other.get(key))


def leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text of a nested table under its own key."""
    if isinstance(value, str):
        yield name, value
    for key, inner in table_of(value).items():
        yield from leaves(key, inner)


def _workspaces(path: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        value = value.get("packages", [])
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unfollowed(f"the workspaces of {path} are no list of patterns")
    return tuple(value)


def _bins(data: Mapping[str, Any]) -> Iterator[str]:
    return (text for _, text in leaves("", data.get("bin")))


def _patches(data: Mapping[str, Any]) -> Iterator[str]:
    for table in (data, table_of(data.get("pnpm"))):
        yield from (text for _, text in _strings(table.get("patchedDependencies")))
