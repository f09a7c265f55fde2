"""`reorder PATHS`: the default command."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from reorder import __version__
from reorder.cli.app import (
    OTHERS,
    STATUS,
    BuildArgOption,
    Color,
    ColorOption,
    ContextOption,
    HistoryOption,
    TimingsOption,
    app,
    colored,
    ended,
    pairs_of,
    with_logs,
)
from reorder.inputs import COMMITS, InputError, Options
from reorder.reports.outcome import render
from reorder.runner import Run
from reorder.terminal import columns, out


class Format(StrEnum):
    """Forms of the report on a run; all but `text` are one document on all its files."""

    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"
    gitlab = "gitlab"
    rdjson = "rdjson"
    markdown = "markdown"
    html = "html"


def _show_version(wanted: bool) -> None:
    if wanted:
        out(f"reorder {__version__}\n")
        raise typer.Exit


def _reports(pairs: Sequence[str] | None) -> dict[Path, str]:
    reports: dict[Path, str] = {}
    forms = [form.value for form in Format if form is not Format.text]
    for pair in pairs or ():
        form, equals, path = pair.partition("=")
        if form not in forms or not equals or not path:
            raise typer.BadParameter(f"{pair!r}: write it as FORM=PATH, FORM one of {forms}")
        reports[Path(path)] = form
    return reports


@app.command("rewrite", epilog=f"Other commands (--help tells of each): {OTHERS}. {STATUS}")
def rewrite_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Dockerfiles, folders, or - for standard input."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", "-w", help="Rewrite in place.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 when a file would change; write nothing.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show the diff, also with --check or --write.")
    ] = False,
    stdin_filename: Annotated[
        Path | None,
        typer.Option("--stdin-filename", metavar="PATH", help="The path that - stands for."),
    ] = None,
    context: ContextOption = None,
    build_arg: BuildArgOption = None,
    history: HistoryOption = COMMITS,
    min_gain: Annotated[
        float | None,
        typer.Option("--min-gain", metavar="S", min=0.0, help="Seconds that a change must save."),
    ] = None,
    unsafe: Annotated[
        bool,
        typer.Option(
            "--unsafe", help="Take it that installers leave manifests and lock files as they are."
        ),
    ] = False,
    diff_base: Annotated[
        str | None,
        typer.Option(
            "--diff-base",
            metavar="REF",
            help="Only Dockerfiles that changed since the last common commit of HEAD and REF, or"
            " whose .dockerignore or files named by COPY did.",
        ),
    ] = None,
    timings: TimingsOption = None,
    save_timings: Annotated[
        bool, typer.Option("--save-timings", help="Keep these seconds for the next runs.")
    ] = False,
    report: Annotated[Format, typer.Option("--format", help="Form of the report.")] = Format.text,
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--report", metavar="FORM=PATH", help="Write a report of this form to a file, too."
        ),
    ] = None,
    color: ColorOption = Color.auto,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only errors, and the diff with --diff.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say also why a file stays as it is.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Rewrite Dockerfiles so that a rebuild after an ordinary change costs as little as it can,
    and the image stays the same. This is the default command: reorder [PATH]...

    Without --write it shows what would change and what it saves; nothing is written.
    `reorder why FILE[:LINE]` says why each instruction stands where it stands.
    """
    if write and check:
        raise typer.BadParameter("--write and --check exclude each other: use one of them")
    if min_gain is not None and math.isnan(min_gain):
        raise typer.BadParameter("--min-gain nan: give seconds, 0 or more")
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose exclude each other: use one of them")
    reports = _reports(also)
    options = Options(
        write=write,
        check=check,
        diff=diff,
        stdin_filename=stdin_filename,
        context=context,
        build_args=pairs_of(build_arg),
        min_gain=min_gain,
        history=history,
        unsafe=unsafe,
        form=report.value,
        diff_base=diff_base,
        color=colored(color),
        width=columns(),
        quiet=quiet,
        verbose=verbose,
        save_timings=save_timings,
        replays=Format.html in (report, *reports.values()),
    )
    raise ended(lambda: _rewrite(paths or [Path()], with_logs(options, timings), reports))


def _rewrite(paths: Sequence[Path], options: Options, reports: Mapping[Path, str]) -> int:
    run = Run(options)
    status = run.over(paths)
    for path, form in reports.items():
        try:
            path.write_text(render(form, run.outcomes), "utf-8")
        except OSError as error:
            raise InputError(f"--report {path}: cannot be written: {error.strerror}") from error
    return status
