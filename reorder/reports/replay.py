"""`reorder replay` as text, JSON (docs/json.md) and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from reorder.context.history import Event
from reorder.replay import Cause, Figures, Rebuild, Replay, figures
from reorder.reports.json import document
from reorder.reports.words import seconds, short, shown
from reorder.syntax.stages import Stage

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"  # of what re-runs nothing
_BAR_WIDTH, _LEAST_BARS = 60, 10
_SUBJECT = 50
_COSTLIEST = 5
_COLUMNS = ("commit", "date", "subject", "before", "after", "wall_before", "wall_after")


def text(path: str, replay: Replay, width: int | None = None) -> str:
    """A table of figures, a bar for each commit, and the commits that cost most.

    The bars fit into `width` columns, where it is known.
    """
    first, last = replay.events[0], replay.events[-1]
    dates = f"{first.date} to {last.date}"
    lines = [f"{shown(path)}: {commits(len(replay.events))} replayed, {dates} ({basis(replay)})"]
    lines += _aligned([("", *heads(replay)), *rows(replay)], width)
    lines += _aligned(list(stages(replay)), width)
    orders = [replay.before, *([replay.after] if replay.after else [])]
    most = max(rebuild.total for rebuild in replay.before)
    label = max(map(len, heads(replay)))
    signs = min(_BAR_WIDTH, max(_LEAST_BARS, (width or 999) - label - 4))
    for head, rebuilds in zip(heads(replay), orders, strict=True):
        lines.append(f"  {head.ljust(label)}  {_bars(rebuilds, most, signs)}")
    lines += _told(path, replay)
    if replay.after is None:
        lines.append("  reorder would leave the file as it is")
    return "\n".join(lines) + "\n"


def _aligned(table: Sequence[tuple[str, ...]], width: int | None) -> Iterator[str]:
    """The columns that fit below each other; the first two always."""
    wide = [max(map(len, column)) for column in zip(*table, strict=True)]
    while len(wide) > 2 and sum(wide) + 2 * len(wide) > (width or 999):
        wide.pop()
    for row in table:
        cells = (cell.ljust(most) for cell, most in zip(row, wide, strict=False))
        yield f"  {'  '.join(cells)}".rstrip()


def heads(replay: Replay) -> tuple[str, ...]:
    """The orders that there are figures of."""
    return ("now", "reordered")[: 1 if replay.after is None else 2]


def commits(number: int) -> str:
    """`3 commits`."""
    return f"{number} commits" if number != 1 else "1 commit"


def basis(replay: Replay) -> str:
    """`seconds of 7 of 9 steps measured, the others estimated`."""
    if replay.measured in (0, replay.timed):
        return "seconds measured" if replay.measured else "seconds estimated"
    return f"seconds of {replay.measured} of {replay.timed} steps measured, the others estimated"


def rows(replay: Replay) -> Iterator[tuple[str, ...]]:
    """A name and its figure in each order."""
    orders = [replay.before, *([replay.after] if replay.after else [])]
    whole = [figures(rebuilds) for rebuilds in orders]
    yield ("mean", *(seconds(found.mean) for found in whole))
    yield ("median", *(seconds(found.median) for found in whole))
    yield ("9 of 10 within (p90)", *(seconds(found.p90) for found in whole))
    yield ("total", *(seconds(found.total) for found in whole))
    number = len(replay.events)
    yield ("re-run nothing", *(f"{found.hits} of {number}" for found in whole))


def stages(replay: Replay) -> Iterator[tuple[str, ...]]:
    """Where there are several: the figures of each, below those of all when they run side by side.

    Each as it is and, where that is another, as reordered: `18 s → 9.5 s`.
    """
    if len(replay.stages) == 1:
        return
    orders = [replay.before, *([replay.after] if replay.after else [])]
    yield ("", "mean", "p90", "total", "median", "re-run nothing")
    yield ("stages side by side", *_cells([figures(each, wall=True) for each in orders]))
    for plan in replay.stages:
        stage = plan.stage.stage
        yield (_named(stage), *_cells([figures(each, stage.index) for each in orders]))


def _cells(orders: Sequence[Figures]) -> Iterator[str]:
    for name in ("mean", "p90", "total", "median"):
        yield " → ".join(dict.fromkeys(seconds(getattr(found, name)) for found in orders))
    yield " → ".join(dict.fromkeys(str(found.hits) for found in orders))


def _named(stage: Stage) -> str:
    return f"stage {stage.name or stage.index} (line {stage.from_.line})"


def _bars(rebuilds: Sequence[Rebuild], most: float, signs: int) -> str:
    """A sign for each rebuild, the oldest first; of several when there are many."""
    signs = min(len(rebuilds), signs)
    found = ""
    for n in range(signs):
        some = rebuilds[n * len(rebuilds) // signs : (n + 1) * len(rebuilds) // signs]
        if all(rebuild.hits for rebuild in some):
            found += _NOTHING
            continue
        share = sum(rebuild.total for rebuild in some) / len(some) / (most or 1.0)
        found += _BARS[min(len(_BARS) - 1, round(share * (len(_BARS) - 1)))]
    return found


def _told(path: str, replay: Replay) -> Iterator[str]:
    yield "  the commits that cost most:"
    for event, took, cause in costliest(replay):
        yield f"    {event.id} {event.date} {subject(event)}: {took}"
        if cause is not None:
            yield f"      {why(cause, f'{shown(path)}:')}"


def costliest(replay: Replay) -> Iterator[tuple[Event, str, Cause | None]]:
    """The commits that re-ran most, what they took and take, and what began it."""
    after = replay.after or replay.before
    found = list(zip(replay.events, replay.before, after, strict=True))
    found.reverse()  # of two that cost the same the later one stands first
    for event, before, new in sorted(found, key=lambda row: -row[1].total)[:_COSTLIEST]:
        if before.hits:
            continue
        took = seconds(before.total)
        if new.total != before.total:
            took = f"{seconds(new.total)} instead of {took}"
        yield event, took, before.cause


def subject(event: Event) -> str:
    """The first line of the message, on one line that is not too long."""
    text = shown(event.subject)
    return text if len(text) <= _SUBJECT else text[: _SUBJECT - 1] + "…"


def why(cause: Cause, prefix: str = "line ") -> str:
    """`a.py changes what line 6 (COPY . .) takes from the context`."""
    instruction = cause.step.instruction
    place = f"{prefix}{instruction.line} ({short(instruction)})"
    if cause.file is None:
        return f"{place} has a new value"
    return f"{shown(cause.file)} changes what {place} takes from the context"


def as_json(path: str, replay: Replay) -> str:
    """The document."""
    after = replay.after
    return document(
        {
            "path": path,
            "measured": replay.measured,
            "steps": replay.timed,
            "before": _figures(replay, replay.before),
            "after": None if after is None else _figures(replay, after),
            "commits": [
                {
                    "commit": event.id,
                    "date": event.date,
                    "subject": event.subject,
                    "before": _rebuild(before),
                    "after": None if after is None else _rebuild(after[n]),
                }
                for n, (event, before) in enumerate(zip(replay.events, replay.before, strict=True))
            ],
        }
    )


def _figures(replay: Replay, rebuilds: Sequence[Rebuild]) -> dict[str, Any]:
    stages = [
        {"index": stage.index, "name": stage.name, "line": stage.from_.line}
        | _listed(figures(rebuilds, stage.index))
        for stage in (plan.stage.stage for plan in replay.stages)
    ]
    wall = _listed(figures(rebuilds, wall=True))
    return {**_listed(figures(rebuilds)), "wall": wall, "stages": stages}


def _listed(found: Figures) -> dict[str, Any]:
    return {name: round(value, 3) for name, value in found._asdict().items()}


def _rebuild(rebuild: Rebuild) -> dict[str, Any]:
    cause = rebuild.cause
    return {
        "seconds": round(rebuild.total, 3),
        "wall": round(rebuild.wall, 3),
        "line": cause and cause.step.instruction.line,
        "file": cause and cause.file,
    }


def as_csv(path: str, replay: Replay) -> str:
    """One row a commit of the file, the oldest first; what is not there is empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow((*_COLUMNS, "line", "file"))
    after = replay.after or (None,) * len(replay.events)
    for event, old, new in zip(replay.events, replay.before, after, strict=True):
        line = old.cause.step.instruction.line if old.cause else ""
        row = [event.id, event.date, event.subject, round(old.total, 3)]
        row += ["" if new is None else round(new.total, 3), round(old.wall, 3)]
        row += ["" if new is None else round(new.wall, 3), line]
        writer.writerow([*row, (old.cause.file if old.cause else None) or ""])
    return file.getvalue()
