"""What is known of external base images: data in `reorder/images/`, matched by name and tag."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct, field

_WILDCARD = re.compile(r"[*?[]")
_DEFAULT_REGISTRY = ("docker.io/library/", "docker.io/", "index.docker.io/library/", "library/")


class Base(Struct, frozen=True):
    """A base image; `users` maps a user to the home folder."""

    env: Mapping[str, str]
    env_unknown: tuple[str, ...]
    workdir: str
    user: str
    home: str
    shell: tuple[str, ...]
    users: Mapping[str, str] = field(default_factory=dict)


def known_base(image: str, named: Collection[str] = ()) -> Base | None:
    """`python:3.11-slim` -> what is known of it; None when nothing is, or it has triggers.

    A context among `named` may stand in place of the image.
    """
    name = _plain(image)
    if any(_plain(other) == name for other in named):
        return None
    for table in _tables():
        if _matches(name, table["match"]) and not _matches(name, table.get("not", ())):
            return None if table.get("onbuild") else _base(table)
    return None


def _plain(image: str) -> str:
    """`docker.io/library/python@sha256:...` -> `python:latest`."""
    image = image.partition("@")[0]
    for prefix in _DEFAULT_REGISTRY:
        if image.startswith(prefix):
            image = image[len(prefix) :]
            break
    return image if ":" in image.rpartition("/")[2] else image + ":latest"


def _matches(name: str, patterns: Sequence[str]) -> bool:
    # What stands before the first wildcard decides nearly always, and costs no regular expression.
    likely = (p for p in patterns if name.startswith(_WILDCARD.split(p, maxsplit=1)[0]))
    return any(fnmatchcase(name, pattern) for pattern in likely)


@cache
def _tables() -> tuple[Mapping[str, Any], ...]:
    import tomli

    tables: list[Mapping[str, Any]] = []
    for path in sorted((Path(__file__).parent.parent / "images").glob("*.toml")):
        tables += tomli.loads(path.read_text("utf-8")).get("image", [])
    return tuple(tables)


def _base(table: Mapping[str, Any]) -> Base:
    return Base(
        env=table.get("env", {}),
        env_unknown=tuple(table.get("env_unknown", ())),
        workdir=table["workdir"],
        user=table["user"],
        home=table["home"],
        shell=tuple(table.get("shell", ("/bin/sh", "-c"))),
        users=table.get("users", {}),
    )
