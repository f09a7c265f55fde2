"""The commands that explain a Dockerfile: why and audit."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from reorder.inputs import Input, InputError, Options, plan, read
from reorder.reports.text import diff
from reorder.reports.words import shown
from reorder.result import Result
from reorder.runner import FINE, WOULD_CHANGE, unmatched, write_result
from reorder.terminal import headed, out, say, wrapped


def why(place: str, options: Options, form: str) -> int:
    """Why the instructions of `FILE[:LINE]` stand where they stand, as text, JSON or a graph.

    Returns the exit status; raises InputError.
    """
    name, line = _place(place)
    item = read(Path(name))
    planned = plan(item, options)
    for note in filter(None, (planned.warning, unmatched(planned.result))):
        say(f"reorder: {name}: {note}")
    text = _told(item.name, planned.result, line, form)
    if not text:
        raise InputError(
            f"{name}:{line}: no instruction stands there: give a line of one, FROM excepted"
        )
    if form == "text":
        rows = wrapped(text, options.width)
        text = headed(rows) if options.color else rows
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


class Wanted(Struct, frozen=True):
    """What `audit` is to do beside telling: `fail` gives status 1 when a verdict is no."""

    form: str = "text"
    fail: bool = False
    annotate: bool = False
    write: bool = False


def audit(path: Path, options: Options, wanted: Wanted) -> int:
    """The four questions on one file, and with `annotate` its comments. Raises InputError."""
    from reorder.reports import audit as questions

    item = read(path)
    planned = plan(item, options)
    if planned.warning:
        say(f"reorder: {shown(item.name)}: {planned.warning}")
    if wanted.annotate:
        return _annotate(item, planned.result, wanted, color=options.color)
    answers = questions.audit(planned.result)
    if wanted.form == "json":
        out(questions.document(item.name, answers))
    else:
        text = questions.told(item.name, answers, color=options.color)
        out(wrapped(text, options.width))
    bad = any(answer.verdict is questions.Verdict.no for answer in answers)
    return WOULD_CHANGE if wanted.fail and bad else FINE


def _annotate(item: Input, result: Result, wanted: Wanted, *, color: bool) -> int:
    from reorder.annotate import annotated

    new = replace(result, after=annotated(result))
    if wanted.write and new.changed:
        write_result(item, new)
        say(f"{shown(item.name)}: comments written")
    elif not wanted.write:
        out(diff(item.name, new, color=color))
    return WOULD_CHANGE if wanted.fail and new.changed else FINE


def _place(text: str) -> tuple[str, int | None]:
    """`Dockerfile:7` -> the file and the line."""
    name, colon, line = text.rpartition(":")
    if colon and line.isdecimal() and not Path(text).exists():
        return name, int(line)
    return text, None
