"""One result for all the ways in which a Dockerfile is built.

The text is planned in each of them. Where the results are not the same bytes, or the ways are
too many, it is planned without a look at any context and with the values that all agree on:
such a result holds in every context.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.config import Config
from reorder.context.builds.build import Builds
from reorder.context.builds.sources import builds_in
from reorder.context.discover import Way, shown_path, shown_place
from reorder.context.files import Context, ContextError, PatternError
from reorder.context.history import read_history
from reorder.cost import Changes, measured
from reorder.effects.model import Models
from reorder.pipeline import reorder
from reorder.result import Result

_MOST_WAYS = 4


class Memory(Struct, frozen=True):
    """What a run over many files reads once: what folders say of builds, and histories."""

    said: dict[Path, Builds] = field(default_factory=dict)
    histories: dict[tuple[object, ...], tuple[Changes | None, str | None]] = field(
        default_factory=dict
    )

    def builds_in(self, folder: Path) -> Builds:
        """As the function of that name."""
        if folder not in self.said:
            self.said[folder] = builds_in(folder)
        return self.said[folder]

    def changes(self, context: Context, commits: int) -> tuple[Changes | None, str | None]:
        """The changes of a context, None when they tell nothing; and what was cut of them."""
        key = (context.root, context.ignore.lines, commits)
        if key not in self.histories:
            history = read_history(context, commits)
            self.histories[key] = (
                measured(history, context),
                history.note if history.cut else None,
            )
        return self.histories[key]


class Agreed(NamedTuple):
    """`warning`: why not all of the contexts are looked at; `notes`: what else was left out."""

    result: Result
    warning: str | None = None
    notes: tuple[str, ...] = ()


def agree(
    data: bytes,
    ways: Sequence[Way],
    config: Config,
    build_args: Mapping[str, str],
    commits: int,
    memory: Memory,
    models: Models | None = None,
) -> Agreed:
    """The result that holds for every way; `build_args` are those that the user gives.

    Raises what `reorder` raises.
    """
    user = {**config.build_args, **build_args}
    plain = replace(config, build_args={})
    notes: list[str] = []
    results: list[Result] = []
    try:
        for way in ways if len(ways) <= _MOST_WAYS else ():
            changes, note = memory.changes(way.context, commits) if commits else (None, None)
            notes += [note] if note else []
            results.append(
                reorder(
                    data,
                    context=way.context,
                    config=plain,
                    models=models,
                    build_args={**dict(way.build.args), **user},
                    changes=changes,
                    named=way.build.named,
                )
            )
        warning = _apart(ways, results)
    except (ContextError, PatternError) as error:
        warning = str(error)
    if warning is None:
        return Agreed(results[0], None, tuple(dict.fromkeys(notes)))
    named = frozenset(name for way in ways for name in way.build.named)
    args = {**_common(ways), **user}
    result = reorder(data, config=plain, models=models, build_args=args, named=named)
    return Agreed(result, f"the build context is not looked at: {warning}")


def _common(ways: Sequence[Way]) -> dict[str, str | None]:
    """The values that all ways give; None for all others."""
    given = [dict(way.build.args) for way in ways]
    names = dict.fromkeys(name for args in given for name in args)
    first = given[0]
    return {
        name: first.get(name) if all(args.get(name) == first.get(name) for args in given) else None
        for name in names
    }


def _apart(ways: Sequence[Way], results: Sequence[Result]) -> str | None:
    """Which two disagree, and what to do; None when all results are the same."""
    if not results:
        return f"there are {len(ways)} different builds of it: choose one with --context"
    for way, result in zip(ways, results, strict=True):
        if result.after != results[0].after:
            return (
                f"{describe(ways[0])} and {describe(way)} want another order: choose one with"
                " --context"
            )
    return None


def describe(way: Way) -> str:
    """`context ./app with A=1, from compose.yaml:7`."""
    folder = shown_path(way.context.root)
    words = f"context {folder if folder.startswith(('/', '.')) else f'./{folder}'}"
    if way.build.args:
        told = (name if value is None else f"{name}={value}" for name, value in way.build.args)
        words += f" with {', '.join(told)}"
    if way.build.target:
        words += f", target {way.build.target}"
    return f"{words}, from {shown_place(way.build) or way.build.origin}"


def told(way: Way) -> dict[str, Any]:
    """The same as data."""
    return {
        "folder": shown_path(way.context.root),
        "target": way.build.target,
        "build_args": dict(way.build.args),
        "from": shown_place(way.build) or way.build.origin,
    }
