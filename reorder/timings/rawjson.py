"""`--progress=rawjson`: one status of BuildKit a line, vertexes with their begin and end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from reorder.timings import LogError
from reorder.timings.timed import Timed, named


class _Vertex(Struct):
    name: str
    cached: bool = False
    failed: bool = False
    spans: dict[str, str] = field(default_factory=dict)


def statuses(lines: Sequence[tuple[int, str]], name: str) -> Iterator[Timed]:
    """The steps of the vertexes; a vertex that runs again counts all its times."""
    vertexes: dict[str, _Vertex] = {}
    last = max((number for number, text in lines if text.strip()), default=0)
    for number, text in lines:
        if not text.startswith("{"):
            continue
        try:
            status = json.loads(text, object_pairs_hook=_lowered)
            for item in status.get("vertexes") or ():
                _add(vertexes, item)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            if number == last:
                continue  # a log that is cut
            raise LogError(
                f"{name}:{number}: is no status of a build ({error}): give the log as"
                " `--progress=rawjson` writes it"
            ) from error
    for vertex in vertexes.values():
        seconds = _seconds(vertex)
        if vertex.cached or seconds is not None:
            timed = named(vertex.name, None if vertex.cached else seconds, 0)
            if timed:
                yield timed


def _lowered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The names of older versions begin with a capital."""
    return {name.lower(): value for name, value in pairs}


def _add(vertexes: dict[str, _Vertex], item: dict[str, Any]) -> None:
    vertex = vertexes.setdefault(str(item["digest"]), _Vertex(str(item["name"])))
    vertex.cached = vertex.cached or bool(item.get("cached"))
    vertex.failed = vertex.failed or bool(item.get("error"))
    if item.get("started") and item.get("completed"):
        vertex.spans[str(item["started"])] = str(item["completed"])


def _seconds(vertex: _Vertex) -> float | None:
    from reorder.timings.log import moment

    spans = [(moment(begin), moment(end)) for begin, end in vertex.spans.items()]
    known = [max(0.0, end - begin) for begin, end in spans if begin is not None and end is not None]
    return sum(known) if known and not vertex.failed else None
