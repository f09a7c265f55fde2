"""The files of a folder that say how Dockerfiles are built (their names: `sources.toml`)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from reorder.context.builds.build import Builds

MOST_FILES = 50
MOST_BYTES = 256 * 1024


@cache
def known_sources() -> Mapping[str, Any]:
    """The data on builders and their files."""
    import tomli

    return tomli.loads((Path(__file__).parent / "sources.toml").read_text("utf-8"))


def builds_in(folder: Path) -> Builds:
    """What the files of a folder, and of the folders that belong to tools in it, say.

    What is hostile, too large or broken says nothing, and a note names it.
    """
    found: list[Builds] = []
    for source in known_sources()["source"]:
        for below in source["folders"]:
            paths = _named(folder / below, source["names"])
            if paths:
                found.append(_read(source, paths, folder))
    return _joined(found)


def _joined(parts: Sequence[Builds]) -> Builds:
    return Builds(
        tuple(build for part in parts for build in part.found),
        tuple(note for part in parts for note in part.notes),
    )


def _named(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """The files of such names; a pattern has at most one `*`."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return []
    return [folder / name for name in names if any(_matches(name, p) for p in patterns)]


def _matches(name: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return name == pattern
    return name.startswith(head) and name.endswith(tail) and len(name) >= len(pattern) - 1


def _read(source: Mapping[str, Any], paths: Sequence[Path], folder: Path) -> Builds:
    files: list[tuple[Path, bytes]] = []
    notes = [f"{path.name}: not read: too many files" for path in paths[MOST_FILES:]]
    for path in paths[:MOST_FILES]:
        data = read_bounded(path)
        if isinstance(data, str):
            notes.append(f"{path.name}: not read: {data}")
        elif any(word.encode() in data for word in source["holds"]):
            files.append((path, data))
    found = Builds()
    if files:
        # Most folders have no such file.
        from reorder.context.builds.readers import read

        found = read(source["reader"], files, folder, known_sources())
    return Builds(found.found, (*notes, *found.notes))


def read_bounded(path: Path) -> bytes | str:
    """The content of a file, or why it is not read."""
    try:
        if not path.is_file():
            return "it is no file"
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        return error.strerror or "it cannot be read"
    return data if len(data) <= MOST_BYTES else f"it has more than {MOST_BYTES // 1024} KiB"
