"""Compose files: the `build:` of each service, alone and under the other files of its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reorder.context.builds.build import Build, Builds, is_local, names, pairs
from reorder.context.builds.compose_services import (
    Lines,
    Load,
    Project,
    Service,
    entries,
    over,
    services,
)
from reorder.context.builds.document import Node, Text


def compose(
    files: Sequence[tuple[Path, Sequence[Node]]], first: Sequence[str], load: Load, lines: Lines
) -> Builds:
    """What the files of one folder say.

    `first`: the names of the file that the others add to. A build of another file counts alone
    and on top of that one: both commands are usual.
    """
    ranked = sorted(files, key=lambda f: first.index(f[0].name) if f[0].name in first else 99)
    base: dict[str, Service] = {}
    found: list[Build] = []
    notes: list[str] = []
    for n, (path, documents) in enumerate(ranked):
        project = Project(load, lines, notes, [])
        for name, service in services(project, path, documents, path.parent).items():
            below = base.get(name)
            both = [service] if below is None else [service, over(below, service)]
            for one in both:
                build = _build(one)
                if isinstance(build, str):
                    notes.append(build)
                elif build is not None:
                    found.append(build)
            if n == 0:
                base[name] = service
    return Builds(tuple(found), tuple(dict.fromkeys(notes)))


def _build(service: Service) -> Build | str | None:
    """None for a build without a Dockerfile of its own, a note for one that is not known."""
    keys, place = service.keys, service.place
    if "dockerfile_inline" in keys:
        return None
    context, file = (_word(keys, key) for key in ("context", "dockerfile"))
    for word in (context, file):
        if word is not None and not is_local(word):
            return f"{place.file.name}:{place.line}: `{word}` is no folder that is known now"
    if any(key in keys and _word(keys, key) is None for key in ("context", "dockerfile")):
        return f"{place.file.name}:{place.line}: the build is not understood"
    folder = service.folder / (context or ".")
    return Build(
        folder,
        None if file is None else folder / file,
        pairs(t.value if t.sure else t.value.partition("=")[0] for t in _texts(keys, "args")),
        names(text.value for text in _texts(keys, "additional_contexts")),
        _word(keys, "target"),
        place,
    )


def _word(keys: Mapping[str, Node], key: str) -> str | None:
    found = keys.get(key)
    return found.value if isinstance(found, Text) else None


def _texts(keys: Mapping[str, Node], key: str) -> list[Text]:
    return [item for item in entries(keys.get(key)) if isinstance(item, Text)]
