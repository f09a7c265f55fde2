"""Settings of installers: which of them keep what is read of the project as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from reorder.manifests.node.package import Unfollowed

_VARIABLE = re.compile(r"\$\{?(\w+)")


@cache
def known() -> Mapping[str, Any]:
    """The facts of `known.toml`."""
    return tomli.loads(Path(__file__).with_name("known.toml").read_text("utf-8"))


def check_npmrc(path: str, content: bytes) -> None:
    """Unfollowed for a setting that may name a program, a file or another place."""
    for line in content.decode("utf-8", "replace").splitlines():
        line = line.strip()
        if line and line[0] not in ";#":
            key = line.partition("=")[0].strip()
            check_key(path, "npmrc", key)
            check_variables(path, line)


def check_yarnrc(path: str, content: bytes) -> str | None:
    """The program that takes over, as `yarn-path` names it; Unfollowed as for npmrc."""
    program = None
    for line in content.decode("utf-8", "replace").splitlines():
        key, _, value = line.strip().partition(" ")
        if not key or key.startswith("#"):
            continue
        if key == "yarn-path":
            program = value.strip().strip("\"'")
            continue
        check_key(path, "yarnrc", key)
        check_variables(path, line)
    return program


def check_key(path: str, kind: str, key: str) -> None:
    if not re.fullmatch(known()["settings"][kind], key):
        raise Unfollowed(f"{path} sets `{key}`, of which is not known what it makes it read")


def check_variables(path: str, text: str) -> None:
    """`${NPM_TOKEN}` is a name that the models look at, `${CI_TOKEN}` is none."""
    for name in _variables(text):
        if not re.fullmatch(known()["settings"]["expands"], name):
            raise Unfollowed(f"{path} uses ${name}, which the model does not look at")


def check_environment(lookup: Callable[[str], str | None]) -> None:
    """Unfollowed for a variable that may make every installer read or run a file."""
    for name, harmless in known()["environment"].items():
        value = lookup(name)
        if value and not re.fullmatch(harmless, value):
            raise Unfollowed(f"${name} is `{value}`, which may make it read or run any file")


def _variables(text: str) -> Iterator[str]:
    return (found[1] for found in _VARIABLE.finditer(text))
