"""What the readers share: places to look in, content that is not known, TOML and JSON tables."""

from __future__ import annotations

import json
import posixpath
from typing import Any

import tomli

from reorder.manifests import Followed, Request

UNKNOWN_FOLDER = "the working directory is not known: set it with an absolute WORKDIR"


def inside(folder: str, name: str) -> str:
    """`/app`, `../x` -> `/x`."""
    return posixpath.normpath(posixpath.join(folder, name))


def above(folder: str) -> tuple[str, ...]:
    """The folder and all its parents: `/a/b` -> `/a/b`, `/a`, `/`."""
    found = [folder]
    while found[-1] not in ("/", "", posixpath.dirname(found[-1])):
        found.append(posixpath.dirname(found[-1]))
    return tuple(found)


def unknown(path: str) -> Followed:
    """The answer when a file that decides may hold anything."""
    return Followed(opaque=f"the content of {path} is not known: give the build context")


def absent(request: Request, path: str) -> bool:
    """True when nothing has put a file there, so that looking for it finds nothing."""
    return request.exists(path) is False


def text_of(request: Request, path: str) -> str | None:
    """The text of a file; None when it is not known or no UTF-8."""
    content = request.read(path)
    if content is None:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def toml_of(request: Request, path: str) -> dict[str, Any] | None:
    """The table of a TOML file; None when it is not known or cannot be read."""
    text = text_of(request, path)
    try:
        return None if text is None else tomli.loads(text)
    except (ValueError, RecursionError):
        return None


def json_of(request: Request, path: str) -> dict[str, Any] | None:
    """The object of a JSON file; None when it is not known or cannot be read."""
    text = text_of(request, path)
    try:
        found = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def table(value: object) -> dict[str, Any]:
    """The value when it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def may_be_set(request: Request, name: str) -> bool:
    """Whether a variable has a value, or an ARG without a default may give it one."""
    value = request.lookup(name)
    # Where the base image is known, a name that nobody sets is "".
    return bool(value) or (value is None and request.lookup("") == "")


def named_by(request: Request, variables: tuple[str, ...]) -> str | None:
    """Why the use is opaque when a variable is set that names further files."""
    for name in variables:
        if may_be_set(request, name):
            return f"{name} names further files: unset it for this step"
    return None


def filled(request: Request, variables: tuple[str, ...]) -> tuple[str, ...]:
    """The folders that variables give an installer to fill."""
    values = (request.lookup(name) for name in variables)
    return tuple(inside(request.cwd, value) for value in values if value)
