"""`reorder replay FILE`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from reorder.cli.app import (
    STATUS,
    BuildArgOption,
    Color,
    ColorOption,
    ContextOption,
    TimingsOption,
    app,
    colored,
    ended,
    pairs_of,
    with_logs,
)
from reorder.inputs import COMMITS, Options
from reorder.runner import FINE
from reorder.terminal import columns, out


class Table(StrEnum):
    """Forms of the replay."""

    text = "text"
    json = "json"
    csv = "csv"


@app.command("replay", epilog=STATUS)
def replay_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Dockerfile.")],
    context: ContextOption = None,
    build_arg: BuildArgOption = None,
    history: Annotated[
        int | None,
        typer.Option("--history", metavar="N", min=1, help="The last N commits (default: 200)."),
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            "--since", metavar="WHEN", help="Only commits after a date (2026-01-31) or a commit."
        ),
    ] = "",
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="STAGE", help="The stage that is built (the last one)."),
    ] = None,
    timings: TimingsOption = None,
    report: Annotated[Table, typer.Option("--format", help="Form of the report.")] = Table.text,
    color: ColorOption = Color.auto,
) -> None:
    """Replay the last commits against the layer cache: as FILE is, and as it would be written."""
    args = pairs_of(build_arg)
    options = Options(
        context=context,
        build_args=args,
        history=history or COMMITS,
        color=colored(color),
        width=columns(),
    )
    raise ended(lambda: _replay(file, options, timings, history, since, target, report))


def _replay(
    file: Path,
    options: Options,
    logs: Sequence[Path] | None,
    commits: int | None,
    since: str,
    target: str | None,
    report: Table,
) -> int:
    from reorder.replay_run import replayed, told

    found = replayed(file, with_logs(options, logs), commits, since, target)
    out(told(report, str(file), found, options))
    return FINE
