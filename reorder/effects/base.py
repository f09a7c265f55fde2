"""What is known of external base images: data in `reorder/images/`, matched by name and tag.

One file a namespace, so that only the file that a FROM needs is read: `python.toml`,
`jupyter.toml`, and below a folder for another registry `mcr.microsoft.com/dotnet.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct, field

_FOLDER = Path(__file__).parent.parent / "images"
_PART = re.compile(r"[a-z0-9][a-z0-9._-]*")


class Base(Struct, frozen=True):
    """A base image; `users` maps a user to the home folder.

    `env_open`: it may have variables that are not listed. `posix`: the shell and the programs of
    POSIX are there. `unread`: paths of models that the programs of this version leave alone.
    """

    env: Mapping[str, str]
    env_unknown: tuple[str, ...]
    workdir: str
    user: str
    home: str
    shell: tuple[str, ...]
    users: Mapping[str, str] = field(default_factory=dict)
    posix: bool = False
    env_open: bool = False
    unread: frozenset[str] = frozenset()


def known_base(image: str, named: Collection[str] = ()) -> Base | None:
    """`python:3.11-slim` -> what is known of it; None when nothing is, or it has triggers.

    A context among `named` may stand in place of the image.
    """
    name = _plain(image)
    if any(_plain(other) == name for other in named):
        return None
    for table in _tables(_file(name)) if name else ():
        if _matches(name, table["match"]) and not _matches(name, table.get("not", ())):
            return None if table.get("onbuild") else _base(table, name)
    return None


def _plain(image: str) -> str:
    """`docker.io/library/python` -> `python:latest`; nothing for a digest without a tag."""
    image, digest, _ = image.partition("@")
    if ":" not in image.rpartition("/")[2]:
        if digest:
            return ""
        image += ":latest"
    first, slash, _ = image.partition("/")
    if not slash or not ("." in first or first == "library"):
        return image
    for prefix, plain in _mirrors().items():
        if image.startswith(prefix):
            return plain + image[len(prefix) :]
    return image


def _file(name: str) -> str:
    """`jupyter/base-notebook:x` -> `jupyter`; the host of a registry counts with its next part."""
    parts = name.rpartition(":")[0].split("/")
    parts = parts[: 2 if "." in parts[0] else 1]
    return "/".join(parts) if all(map(_PART.fullmatch, parts)) else ""


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@cache
def _mirrors() -> Mapping[str, str]:
    """Beginnings of names -> what stands for them at the first place; longer ones come first."""
    mirrors: Mapping[str, str] = _read(_FOLDER / "_mirrors.toml")["mirrors"]
    return dict(sorted(mirrors.items(), reverse=True))


@cache
def _tables(file: str) -> tuple[Mapping[str, Any], ...]:
    path = _FOLDER / f"{file}.toml"
    return tuple(_read(path)["image"]) if file and path.is_file() else ()


def _read(path: Path) -> Mapping[str, Any]:
    import tomli

    return tomli.loads(path.read_text("utf-8"))


def _base(table: Mapping[str, Any], name: str) -> Base:
    unread: Mapping[str, Sequence[str]] = table.get("unread", {})
    return Base(
        env=table.get("env", {}),
        env_unknown=tuple(table.get("env_unknown", ())),
        workdir=table["workdir"],
        user=table["user"],
        home=table["home"],
        shell=tuple(table.get("shell", ("/bin/sh", "-c"))),
        users=table.get("users", {}),
        posix=table.get("posix", False),
        env_open=table.get("env_open", False),
        unread=frozenset(path for path, images in unread.items() if _matches(name, images)),
    )
