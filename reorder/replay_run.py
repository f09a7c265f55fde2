"""`reorder replay`: a file, its context and its commits -> the replay."""

from __future__ import annotations

from pathlib import Path

from reorder.agree import describe
from reorder.context.history import SinceError, read_history
from reorder.inputs import COMMITS, InputError, Options, plan, read
from reorder.replay import Replay, replay
from reorder.reports.replay import as_csv, as_json, text
from reorder.reports.words import shown
from reorder.runner import unmatched
from reorder.terminal import headed, say, wrapped

# A whole history, and the seconds that it may take to read.
_ALL, _PATIENCE = 100_000, 60.0


def told(form: str, name: str, found: Replay, options: Options) -> str:
    """The replay as text for a terminal or a pipe, as JSON or as CSV."""
    if form == "text":
        rows = wrapped(text(name, found, options.width), options.width)
        return headed(rows) if options.color else rows
    return as_json(name, found) if form == "json" else as_csv(name, found)


def replayed(
    file: Path, options: Options, commits: int | None, since: str, target: str | None
) -> Replay:
    """The last `commits`, or all since a time or a commit. Raises InputError."""
    item = read(file)
    name = shown(item.name)
    planned = plan(item, options)
    if planned.warning or not planned.ways:
        reason = planned.warning or "the build context is not known"
        raise InputError(f"{name}: no commit is replayed: {reason}: give --context")
    if planned.result.refusals:
        raise InputError(f"{name}: the check refused our own result: run `reorder {name}`")
    way = planned.ways[0]
    limit = commits or (_ALL if since else COMMITS)
    try:
        history = read_history(way.context, limit, since=since, seconds=_PATIENCE)
    except SinceError as error:
        raise InputError(f"--since: {error}: give 2026-01-31, '3 weeks ago' or a commit") from error
    if not history.events:
        reason = history.note or "no commit touches the build context"
        raise InputError(f"{name}: no commit is replayed: {reason}; a whole clone has them all")
    for note in (history.note if history.cut else "", unmatched(planned.result)):
        if note:
            say(f"reorder: {name}: {note}")
    if len(planned.ways) > 1:
        say(f"reorder: {name}: replayed with the {shown(describe(way))}")
    try:
        return replay(planned.result, way.context, history.events, target or way.build.target)
    except ValueError as error:
        origin = "--target" if target else describe(way)
        raise InputError(f"{origin}: {error}: name one of FROM ... AS") from error
