"""One reader for each kind of file that says how Dockerfiles are built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reorder.context.builds import ci
from reorder.context.builds.bake import bake
from reorder.context.builds.build import Builds
from reorder.context.builds.compose import compose
from reorder.context.builds.document import DocumentError, read_yaml
from reorder.context.builds.hcl import read_hcl
from reorder.context.builds.sources import read_bounded

# Files with their documents or text, the folder that they speak of, the data.
_Reader = Callable[[Sequence[tuple[Path, Any]], Path, Mapping[str, Any]], Builds]


def read(
    reader: str, files: Sequence[tuple[Path, bytes]], folder: Path, known: Mapping[str, Any]
) -> Builds:
    """What files of one kind say of builds; a note for each that cannot be read."""
    parsed: list[tuple[Path, Any]] = []
    notes: list[str] = []
    for path, data in files:
        try:
            parsed.append((path, _parsed(path, data)))
        except DocumentError as error:
            notes.append(f"{path.name}: not read: {error}")
    found = _READERS[reader](parsed, folder, known)
    return Builds(found.found, (*notes, *found.notes))


def _parsed(path: Path, data: bytes) -> Any:
    """The documents of a file, or its text."""
    if path.suffix == ".hcl":
        return (read_hcl(data),)
    if path.suffix in (".yml", ".yaml", ".json"):
        return read_yaml(data)
    return data.decode("utf-8", "replace")


def _documents(path: Path) -> Sequence[Any] | None:
    """The documents of a file that another one names; None when it cannot be read."""
    data = read_bounded(path)
    try:
        return None if isinstance(data, str) else read_yaml(data)
    except DocumentError:
        return None


def _text(path: Path) -> str | None:
    data = read_bounded(path)
    return None if isinstance(data, str) else data.decode("utf-8-sig", "replace")


def _each(read: Callable[[Path, Any, Path, Mapping[str, Any]], Builds]) -> _Reader:
    """A reader of files that do not add to each other."""

    def together(
        files: Sequence[tuple[Path, Any]], folder: Path, known: Mapping[str, Any]
    ) -> Builds:
        parts = [read(path, content, folder, known) for path, content in files]
        return Builds(
            tuple(build for part in parts for build in part.found),
            tuple(note for part in parts for note in part.notes),
        )

    return together


_READERS: Mapping[str, _Reader] = {
    "compose": lambda files, _, known: compose(files, known["compose"]["first"], _documents, _text),
    "bake": lambda files, _, __: bake(files),
    "workflow": _each(ci.workflow),
    "pipeline": _each(ci.pipeline),
    "recipes": _each(ci.makefile),
    "script": _each(ci.script),
}
