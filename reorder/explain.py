"""The commands that explain a Dockerfile: why."""

from __future__ import annotations

from pathlib import Path

from reorder.pipeline import Result
from reorder.runner import FINE, InputError, Options, plan, read
from reorder.terminal import out, say


def why(place: str, options: Options, form: str) -> int:
    """Why the instructions of `FILE[:LINE]` stand where they stand, as text, JSON or a graph.

    Returns the exit status; raises InputError.
    """
    name, line = _place(place)
    item = read(Path(name))
    planned = plan(item, options)
    if planned.warning:
        say(f"reorder: {name}: {planned.warning}")
    text = _told(item.name, planned.result, line, form)
    if not text:
        raise InputError(
            f"{name}:{line}: no instruction stands there: give a line of one, FROM excepted"
        )
    out(text)
    return FINE


def _told(name: str, result: Result, line: int | None, form: str) -> str:
    """Empty when no instruction holds the line."""
    if form == "json":
        from reorder.reports.json import explanation

        return explanation(name, result)
    if form == "text":
        from reorder.reports.why import explain

        return explain(name, result, line)
    return _drawn(result, line, form)


def _drawn(result: Result, line: int | None, form: str) -> str:
    from reorder.reports.graph import dot, drawing, mermaid

    graph = drawing(result) if line is None else drawing(result).around(line)
    if not graph.nodes:
        return ""
    if form == "svg":
        from reorder.reports.arcs import svg

        return svg(graph)
    return dot(graph) if form == "dot" else mermaid(graph)


def _place(text: str) -> tuple[str, int | None]:
    """`Dockerfile:7` -> the file and the line."""
    name, colon, line = text.rpartition(":")
    if colon and line.isdecimal() and not Path(text).exists():
        return name, int(line)
    return text, None
