"""`--progress=rawjson`: the statuses of BuildKit, one a line or indented, as buildx 0.13 did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from reorder.timings import LogError
from reorder.timings.timed import Timed
from reorder.timings.vertexes import Vertexes


def statuses(lines: Sequence[tuple[int, str]], name: str) -> Iterator[Timed]:
    """The steps of a log's vertexes; what a build prints beside them is passed by."""
    vertexes = Vertexes()
    for number, text, is_whole in _objects(lines):
        try:
            status = json.loads(text, object_pairs_hook=_lowered)
            for item in status.get("vertexes") or ():
                _add(vertexes, item)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            if not is_whole or '"vertexes"' not in text.lower():
                continue
            raise LogError(
                f"{name}:{number}: is no status of a build ({error}): give the log as"
                " `--progress=rawjson` writes it"
            ) from error
    yield from vertexes.steps()


def _objects(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str, bool]]:
    """Line, text, and whether it is whole: an object ends with its line, or with a line of `}`."""
    last = max((number for number, text in lines if text.strip()), default=0)
    begun, rows = 0, list[str]()
    for number, text in lines:
        if rows:
            rows.append(text)
            if text.rstrip() == "}":
                yield begun, "\n".join(rows), True
                rows = []
        elif text.rstrip() == "{":
            begun, rows = number, [text]
        elif text.startswith("{"):
            yield number, text, number != last
    if rows:
        yield begun, "\n".join(rows), False


def _lowered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The names of older versions begin with a capital."""
    return {name.lower(): value for name, value in pairs}


def _add(vertexes: Vertexes, item: dict[str, Any]) -> None:
    from reorder.timings.log import moment

    begin, end = (moment(str(item.get(key))) for key in ("started", "completed"))
    vertexes.add(
        str(item["digest"]),
        str(item["name"]),
        None if begin is None or end is None else (begin, end),
        cached=bool(item.get("cached")),
        failed=bool(item.get("error")),
    )
