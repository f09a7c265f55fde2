"""The services of a compose file with a build: what they extend, what the file includes.

Form: compose-spec (extends, include, interpolation). A relative context counts from the folder of
the file that names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reorder.context.builds.build import Place, is_local
from reorder.context.builds.document import Node, Row, Table, Text

_MOST_DEPTH, _MOST_FILES = 8, 50
_WORDS = ("context", "dockerfile", "target")
_PART = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-?])(?P<other>[^${}]*))?\})"
)
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
_QUOTED = re.compile(r"""(?:"([^"\\$]*)"|'([^']*)')(?:\s+#.*)?""")

# The documents of a file, and the text of one; None when it is not there or cannot be read.
Load = Callable[[Path], Sequence[Node] | None]
Lines = Callable[[Path], str | None]


class Service(NamedTuple):
    """What the keys of a build say, and where; `folder`: what relative places count from."""

    keys: Mapping[str, Node]
    place: Place
    folder: Path


class Project(NamedTuple):
    """How the files of a project are read; `notes` and the files that were `read` are added to."""

    load: Load
    lines: Lines
    notes: list[str]
    read: list[Path]


def services(
    project: Project, path: Path, documents: Sequence[Node], folder: Path, depth: int = 0
) -> dict[str, Service]:
    """The services with a build, those of included files below those of the file."""
    found: dict[str, Service] = {}
    for document in documents:
        if isinstance(document, Table):
            found |= _included(project, path, document, depth)
            tables = document.table("services")
            for name in tables.items:
                service = _service(project, path, tables, name, folder, depth)
                if service is not None:
                    found[name] = service
    return found


def over(below: Service, above: Service) -> Service:
    """The tables of both, key by key, as compose merges files."""
    merged = dict(below.keys)
    for key, value in above.keys.items():
        if key in ("args", "additional_contexts"):
            merged[key] = Row((*entries(merged.get(key)), *entries(value)), 0)
        else:
            merged[key] = value
    return Service(merged, above.place, above.folder)


def entries(node: Node) -> tuple[Node, ...]:
    """`A: 1` -> `A=1`: a table as the list that it may be written as, too."""
    if isinstance(node, Row):
        return node.items
    if not isinstance(node, Table):
        return ()
    return tuple(
        value._replace(value=f"{name}={value.value}") if isinstance(value, Text) else Text(name, 0)
        for name, value in node.items.items()
    )


def _included(project: Project, path: Path, document: Table, depth: int) -> dict[str, Service]:
    """`include: [a.yaml, {path: [b.yaml, c.yaml], project_directory: x}]`."""
    node = document.items.get("include")
    found: dict[str, Service] = {}
    for entry in node.items if isinstance(node, Row) else ():
        table = entry if isinstance(entry, Table) else Table({"path": entry}, {}, 0)
        paths = table.items.get("path")
        words = paths.items if isinstance(paths, Row) else (paths,)
        names = [word.value for word in words if isinstance(word, Text)]
        given = table.text("project_directory")
        if not names or not all(map(is_local, [*names, *([given] if given else [])])):
            project.notes.append(f"{path.name}:{document.line}: an include is not followed")
            continue
        folder = path.parent / given if given else (path.parent / names[0]).parent
        for name in names:
            for key, service in _of(project, path.parent / name, folder, depth).items():
                found[key] = over(found[key], service) if key in found else service
    return found


def _of(project: Project, path: Path, folder: Path, depth: int) -> dict[str, Service]:
    project.read.append(path)
    bounded = depth < _MOST_DEPTH and len(project.read) <= _MOST_FILES
    documents = project.load(path) if bounded else None
    if documents is None:
        project.notes.append(f"{path.name}: not read, though another file names it")
        return {}
    return services(project, path, documents, folder, depth + 1)


def _service(
    project: Project, path: Path, tables: Table, name: str, folder: Path, depth: int
) -> Service | None:
    table = tables.table(name)
    build = table.items.get("build")
    place = Place(path, table.lines.get("build", table.line))
    own = build.items if isinstance(build, Table) else {}
    if isinstance(build, Text):
        own = {"context": build}
    service = Service(_filled(project, own, place, folder), place, folder)
    below = _extended(project, path, tables, name, folder, depth)
    if below is None:
        return service if isinstance(build, Text | Table) else None
    return over(below, service) if isinstance(build, Text | Table) else below


def _extended(
    project: Project, path: Path, tables: Table, name: str, folder: Path, depth: int
) -> Service | None:
    """`extends: base`, `extends: {file: common.yaml, service: base}`; its context is absolute."""
    node = tables.table(name).items.get("extends")
    table = node if isinstance(node, Table) else Table({"service": node}, {}, 0)
    base, file = table.text("service"), table.text("file")
    if base is None or depth >= _MOST_DEPTH:
        return None
    if file is None:
        return _service(project, path, tables, base, folder, depth + 1)
    if not is_local(file):
        project.notes.append(f"{path.name}: `{file}`, which {name} extends, is not known now")
        return None
    other = path.parent / file
    found = _of(project, other, other.parent, depth).get(base)
    if found is None:
        return None
    context = found.keys.get("context", Text(".", found.place.line))
    if isinstance(context, Text) and is_local(context.value):
        context = context._replace(value=str(found.folder / context.value))
    return found._replace(keys={**found.keys, "context": context})


def _filled(
    project: Project, keys: Mapping[str, Node], place: Place, folder: Path
) -> Mapping[str, Node]:
    """Places with the values of `.env`, or the defaults, for their variables."""
    filled = dict(keys)
    for key in _WORDS:
        node = keys.get(key)
        if isinstance(node, Text) and "$" in node.value:
            value = _interpolated(node.value, variables(project.lines(folder / ".env") or ""))
            if value is not None:
                filled[key] = node._replace(value=value)
                told = f"{place.file.name}:{place.line}: `{node.value}` is taken as `{value}`"
                project.notes.append(f"{told}: .env and defaults say so")
    return filled


def _interpolated(text: str, known: Mapping[str, str | None]) -> str | None:
    """`./${APP:-web}` -> `./web`; None when a value is not written anywhere."""
    parts: list[str] = []
    at = 0
    for found in _PART.finditer(text):
        value = _value(found, known)
        if value is None or "$" in text[at : found.start()]:
            return None
        parts += [text[at : found.start()], value]
        at = found.end()
    return None if "$" in text[at:] else "".join([*parts, text[at:]])


def _value(found: re.Match[str], known: Mapping[str, str | None]) -> str | None:
    if found["dollar"]:
        return None
    name, how = found["plain"] or found["name"], found["how"] or ""
    value = known.get(name)
    if name in known and (value or how[:1] != ":"):
        return value
    return found["other"] if how.endswith("-") else None


def variables(text: str) -> dict[str, str | None]:
    """The lines `NAME=value` of an environment file; None for a value that is not plain."""
    found: dict[str, str | None] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        quoted = _QUOTED.fullmatch(match[2])
        plain = match[2].partition(" #")[0].rstrip()
        odd = set(plain) & set("\"'$\\`")
        found[match[1]] = (quoted[1] or quoted[2] or "") if quoted else None if odd else plain
    return found
