"""A run as one page that needs no network and no script: layers, moves, costs, dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from reorder.plan import StagePlan
from reorder.reports.escape import markup
from reorder.reports.graph import drawing
from reorder.reports.outcome import Done, Failed, Outcome
from reorder.reports.page.dependencies import dependencies
from reorder.reports.page.layers import layers, legend
from reorder.reports.page.plot import plot
from reorder.reports.page.replay import history
from reorder.reports.passing import why_it_may
from reorder.reports.reasons import kept_by
from reorder.reports.text import diff
from reorder.reports.words import (
    added,
    code_change,
    moves,
    seconds,
    short,
    shown,
    source_of_seconds,
    way,
)
from reorder.result import Result

# Even if a text of a Dockerfile came through unescaped: nothing runs, and nothing is fetched.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(outcomes: Sequence[Outcome]) -> str:
    """The page; texts of Dockerfiles are escaped wherever they stand."""
    style = files("reorder.reports.page").joinpath("page.css").read_text("utf-8")
    sections = [
        _failed(outcome) if isinstance(outcome, Failed) else _file(outcome, number)
        for number, outcome in enumerate(outcomes)
    ]
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{_title(outcomes)}</title>\n<style>\n{style}</style>\n</head>\n<body>",
            f"<header><h1>{_title(outcomes)}</h1></header>\n<main>",
            *sections,
            "</main>\n</body>\n</html>\n",
        )
    )


def _title(outcomes: Sequence[Outcome]) -> str:
    done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    changed = sum(outcome.result.changed for outcome in done)
    files_ = "1 Dockerfile" if len(outcomes) == 1 else f"{len(outcomes)} Dockerfiles"
    return f"reorder: {changed} of {files_} can rebuild faster"


def _failed(outcome: Failed) -> str:
    return (
        f'<section class="file failed"><h2>{markup(shown(outcome.path))}</h2>'
        f'<p class="error">{markup(outcome.message)}</p></section>'
    )


def _file(outcome: Done, number: int) -> str:
    result = outcome.result
    parts = [
        f'<section class="file" id="file-{number}">',
        f"<h2>{markup(shown(outcome.path))}</h2>",
        _figures(result),
        f'<p class="error">{markup(outcome.warning)}</p>' if outcome.warning else "",
        "<h3>Layers</h3>",
        legend(),
        *(_stage(plan, result) for plan in result.plans if plan.stage.steps),
        *(history(outcome.replay) if outcome.replay else ()),
        *plot(result),
        "<h3>What needs what</h3>",
        '<p class="note">A line leads from an instruction down to one that must stay below it;'
        " hover or tap for the reason.</p>",
        dependencies(drawing(result), number),
        *_reasons(outcome.path, result),
        "</section>",
    ]
    return "\n".join(parts)


def _figures(result: Result) -> str:
    """The gain in large figures."""
    found = [("a rebuild takes on average", result.seconds_before, result.seconds_after)]
    change = code_change(result)
    if change is not None:
        found.insert(0, ("after a change of code", *change))
    cells = "".join(_figure(*figure) for figure in found)
    over = markup(result.changes.note or "over the changes of an average project")
    note = f"Seconds: {source_of_seconds(result)}, {over}."
    return f'<div class="figures">{cells}</div><p class="note">{note}</p>'


def _figure(name: str, before: float, after: float) -> str:
    now = f"<s>{seconds(before)}</s> " if before != after else ""
    return f'<p class="figure"><b>{now}<span>{seconds(after)}</span></b> {name}</p>'


def _stage(plan: StagePlan, result: Result) -> str:
    stage = plan.stage.stage
    name = f"Stage {stage.name or stage.index}, from {stage.base}"
    heading = f"<h4>{markup(name)}</h4>" if len(result.plans) > 1 else ""
    return heading + layers(plan, result)


def _reasons(path: str, result: Result) -> Iterator[str]:
    items = [*_moved(result), *_stays(result)]
    if items:
        yield f'<h3>Why</h3>\n<ul class="reasons">{"".join(items)}</ul>'
    if result.changed:
        text = markup(diff(path, result))
        yield f"<details><summary>The diff</summary><pre>{text}</pre></details>"


def _moved(result: Result) -> Iterator[str]:
    for new in added(result):
        told = f"new, for line {new.reader.line} ({short(new.reader)})"
        yield _reason(new.text, (told,))
    for move in moves(result):
        name = f"line {move.instruction.line}: {short(move.instruction)} {way(move)}"
        yield _reason(name, why_it_may(move))


def _stays(result: Result) -> Iterator[str]:
    """What holds an instruction where it is."""
    for plan in result.plans:
        for at, step in enumerate(plan.stage.steps):
            why = kept_by(plan, at)
            if why:
                yield _reason(f"line {step.instruction.line}: {short(step.instruction)}", why)


def _reason(name: str, why: Sequence[str]) -> str:
    told = "".join(f"<p>{markup(reason)}</p>" for reason in why)
    return f"<li><code>{markup(name)}</code>{told}</li>"
