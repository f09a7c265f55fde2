"""Compose files: the `build:` of each service, alone and under the other files of its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reorder.context.builds.build import Build, Builds, Place, is_local, names, pairs
from reorder.context.builds.document import Node, Row, Table, Text

# The build of a service: what its keys say, and where.
_Service = tuple[Mapping[str, Node], Place]


def compose(files: Sequence[tuple[Path, Sequence[Node]]], first: Sequence[str]) -> Builds:
    """What the files of one folder say.

    `first`: the names of the file that the others add to. A build of another file counts alone
    and on top of that one: both commands are usual.
    """
    ranked = sorted(files, key=lambda f: first.index(f[0].name) if f[0].name in first else 99)
    base: dict[str, _Service] = {}
    found: list[Build] = []
    notes: list[str] = []
    for n, (path, documents) in enumerate(ranked):
        for name, service in _services(path, documents):
            below = base.get(name)
            both = [service] if below is None else [service, _over(below, service)]
            for keys, place in both:
                build = _build(keys, place)
                if isinstance(build, str):
                    notes.append(build)
                elif build is not None:
                    found.append(build)
            if n == 0:
                base[name] = service
    return Builds(tuple(found), tuple(dict.fromkeys(notes)))


def _services(path: Path, documents: Sequence[Node]) -> Iterator[tuple[str, _Service]]:
    for document in documents:
        if not isinstance(document, Table):
            continue
        services = document.table("services")
        for name in services.items:
            service = services.table(name)
            build = service.items.get("build")
            place = Place(path, service.lines.get("build", service.line))
            if isinstance(build, Text):
                yield name, ({"context": build}, place)
            elif isinstance(build, Table):
                yield name, (build.items, place)


def _over(below: _Service, above: _Service) -> _Service:
    """The tables of both, key by key, as compose merges files."""
    merged = dict(below[0])
    for key, value in above[0].items():
        old = merged.get(key)
        if key in ("args", "additional_contexts"):
            merged[key] = Row((*_lines(old), *_lines(value)), 0)
        else:
            merged[key] = value
    return merged, above[1]


def _build(keys: Mapping[str, Node], place: Place) -> Build | str | None:
    """None for a build without a Dockerfile of its own, a note for one that is not known."""
    if "dockerfile_inline" in keys:
        return None
    context, file = (_word(keys, key) for key in ("context", "dockerfile"))
    for word in (context, file):
        if word is not None and not is_local(word):
            return f"{place.file.name}:{place.line}: `{word}` is no folder that is known now"
    if any(key in keys and _word(keys, key) is None for key in ("context", "dockerfile")):
        return f"{place.file.name}:{place.line}: the build is not understood"
    folder = place.file.parent / (context or ".")
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
    return [item for item in _lines(keys.get(key)) if isinstance(item, Text)]


def _lines(node: Node) -> tuple[Node, ...]:
    """`A: 1` -> `A=1`: a table as the list that it may be written as, too."""
    if isinstance(node, Row):
        return node.items
    if not isinstance(node, Table):
        return ()
    return tuple(
        value._replace(value=f"{name}={value.value}") if isinstance(value, Text) else Text(name, 0)
        for name, value in node.items.items()
    )
