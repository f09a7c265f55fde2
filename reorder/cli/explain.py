"""`reorder why` and `reorder audit`."""

from __future__ import annotations

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
    HistoryOption,
    TimingsOption,
    WhyFormat,
    WhyFormatOption,
    app,
    colored,
    ended,
    pairs_of,
    with_logs,
)
from reorder.inputs import COMMITS, Options
from reorder.terminal import columns


class Graph(StrEnum):
    """Languages in which the dependency graph is drawn."""

    dot = "dot"
    mermaid = "mermaid"
    svg = "svg"


@app.command("why", epilog=STATUS)
def why_command(
    place: Annotated[
        str, typer.Argument(metavar="FILE[:LINE]", help="A Dockerfile, or one line of it.")
    ],
    context: ContextOption = None,
    build_arg: BuildArgOption = None,
    history: HistoryOption = COMMITS,
    timings: TimingsOption = None,
    report: WhyFormatOption = WhyFormat.text,
    graph: Annotated[
        Graph | None,
        typer.Option("--graph", help="Draw what needs what; with a LINE what is around it."),
    ] = None,
    color: ColorOption = Color.auto,
) -> None:
    """Say why each instruction stands where it stands; with LINE also what re-runs it."""
    if graph is not None and report is not WhyFormat.text:
        raise typer.BadParameter("--graph and --format exclude each other: use one of them")
    options = Options(
        context=context,
        build_args=pairs_of(build_arg),
        history=history,
        color=colored(color),
        width=columns(),
    )

    def run() -> int:
        from reorder.explain import why

        return why(place, with_logs(options, timings), report if graph is None else graph)

    raise ended(run)


@app.command("audit", epilog=STATUS)
def audit_command(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A Dockerfile.")],
    annotate: Annotated[
        bool,
        typer.Option("--annotate", help="Show the comments that say where the order matters."),
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", "-w", help="With --annotate: write them, remove stale ones.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Exit 1 for a no; with --annotate: when comments would change."
        ),
    ] = False,
    context: ContextOption = None,
    build_arg: BuildArgOption = None,
    history: HistoryOption = COMMITS,
    timings: TimingsOption = None,
    report: WhyFormatOption = WhyFormat.text,
    color: ColorOption = Color.auto,
) -> None:
    """Answer four questions on the order of a Dockerfile, each with evidence."""
    if write and not annotate:
        raise typer.BadParameter("--write needs --annotate: an audit itself changes nothing")
    if write and check:
        raise typer.BadParameter("--write and --check exclude each other: use one of them")
    options = Options(
        context=context,
        build_args=pairs_of(build_arg),
        history=history,
        color=colored(color),
        width=columns(),
    )

    def run() -> int:
        from reorder.explain import Wanted, audit

        return audit(path, with_logs(options, timings), Wanted(report, check, annotate, write))

    raise ended(run)
