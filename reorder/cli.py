"""The command line: wiring only."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace
from typer.core import TyperGroup

from reorder import __version__
from reorder.reports.outcome import render
from reorder.runner import BAD_INPUT, COMMITS, FINE, InputError, Options, Run
from reorder.terminal import columns, out, say, wants_color
from reorder.timings import LogError

# What a shell shows for a process that a signal has ended.
_INTERRUPTED, _READER_GONE = 130, 141

_STATUS = (
    "Exit status: 0 fine, 1 a file would change (--check), 2 bad usage or input, 3 the check"
    " refused our own result (nothing is written). Settings: [tool.reorder] in pyproject.toml, or"
    " reorder.toml; the nearest upwards."
)


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


class Graph(StrEnum):
    """Languages in which the dependency graph is drawn."""

    dot = "dot"
    mermaid = "mermaid"
    svg = "svg"


class WhyFormat(StrEnum):
    """Forms of the explanation."""

    text = "text"
    json = "json"


class Table(StrEnum):
    """Forms of the replay."""

    text = "text"
    json = "json"
    csv = "csv"


class Color(StrEnum):
    """When to colour."""

    auto = "auto"
    always = "always"
    never = "never"


class _DefaultGroup(TyperGroup):
    """`reorder PATHS` is `reorder rewrite PATHS`; a file called like a command is `./why`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = ["rewrite", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_DefaultGroup,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(words, prog_name="reorder")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else BAD_INPUT
    return FINE


def _ended(run: Callable[[], int]) -> typer.Exit:
    """The exit of a command, whatever ends it."""
    try:
        return typer.Exit(run())
    except InputError as error:
        say(f"reorder: {error}")
        return typer.Exit(BAD_INPUT)
    except KeyboardInterrupt:
        say("reorder: interrupted")
        return typer.Exit(_INTERRUPTED)
    except BrokenPipeError:
        # Python would complain at its end that it cannot flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return typer.Exit(_READER_GONE)


def _show_version(wanted: bool) -> None:
    if wanted:
        out(f"reorder {__version__}\n")
        raise typer.Exit


def _build_args(pairs: Sequence[str] | None) -> dict[str, str]:
    args: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{pair!r}: write it as NAME=VALUE")
        args[name] = value
    return args


def _reports(pairs: Sequence[str] | None) -> dict[Path, str]:
    reports: dict[Path, str] = {}
    forms = [form.value for form in Format if form is not Format.text]
    for pair in pairs or ():
        form, equals, path = pair.partition("=")
        if form not in forms or not equals or not path:
            raise typer.BadParameter(f"{pair!r}: write it as FORM=PATH, FORM one of {forms}")
        reports[Path(path)] = form
    return reports


ContextOption = Annotated[
    Path | None,
    typer.Option("--context", metavar="DIR", help="The folder that is built (default: found)."),
]
BuildArgOption = Annotated[
    list[str] | None,
    typer.Option("--build-arg", metavar="NAME=VALUE", help="As given to the build."),
]
HistoryOption = Annotated[
    int,
    typer.Option(
        "--history",
        metavar="N",
        min=0,
        help="Commits that tell what changes between builds (0: do not look).",
    ),
]
TimingsOption = Annotated[
    list[Path] | None,
    typer.Option("--timings", metavar="LOG", help="The log of a build, for real seconds."),
]
WhyFormatOption = Annotated[WhyFormat, typer.Option("--format", help="Form of the report.")]


@app.command("rewrite", epilog=_STATUS)
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
    color: Annotated[Color, typer.Option("--color", help="Colour the report.")] = Color.auto,
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
    options = Options(
        write=write,
        check=check,
        diff=diff,
        stdin_filename=stdin_filename,
        context=context,
        build_args=_build_args(build_arg),
        min_gain=min_gain,
        history=history,
        unsafe=unsafe,
        form=report.value,
        diff_base=diff_base,
        color=_colored(color),
        width=columns(),
        quiet=quiet,
        verbose=verbose,
        save_timings=save_timings,
    )
    raise _ended(lambda: _rewrite(paths or [Path()], _with_logs(options, timings), _reports(also)))


def _rewrite(paths: Sequence[Path], options: Options, reports: Mapping[Path, str]) -> int:
    run = Run(options)
    status = run.over(paths)
    for path, form in reports.items():
        try:
            path.write_text(render(form, run.outcomes), "utf-8")
        except OSError as error:
            raise InputError(f"--report {path}: cannot be written: {error.strerror}") from error
    return status


@app.command("why", epilog=_STATUS)
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
) -> None:
    """Say why each instruction stands where it stands; with LINE also what re-runs it."""
    if graph is not None and report is not WhyFormat.text:
        raise typer.BadParameter("--graph and --format exclude each other: use one of them")
    options = Options(
        context=context, build_args=_build_args(build_arg), history=history, width=columns()
    )

    def run() -> int:
        from reorder.explain import why

        return why(place, _with_logs(options, timings), report if graph is None else graph)

    raise _ended(run)


@app.command("audit", epilog=_STATUS)
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
    report: WhyFormatOption = WhyFormat.text,
    color: Annotated[Color, typer.Option("--color", help="Colour the diff.")] = Color.auto,
) -> None:
    """Answer four questions on the order of a Dockerfile, each with evidence."""
    if write and not annotate:
        raise typer.BadParameter("--write needs --annotate: an audit itself changes nothing")
    if write and check:
        raise typer.BadParameter("--write and --check exclude each other: use one of them")
    options = Options(
        context=context, build_args=_build_args(build_arg), history=history, width=columns()
    )

    def run() -> int:
        from reorder.explain import Wanted, audit

        return audit(path, options, Wanted(report, check, annotate, write, _colored(color)))

    raise _ended(run)


@app.command("replay", epilog=_STATUS)
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
) -> None:
    """Replay the last commits against the layer cache: as FILE is, and as it would be written."""
    args = _build_args(build_arg)
    options = Options(context=context, build_args=args, history=history or COMMITS)
    raise _ended(lambda: _replay(file, options, timings, history, since, target, report))


def _replay(
    file: Path,
    options: Options,
    logs: Sequence[Path] | None,
    commits: int | None,
    since: str,
    target: str | None,
    report: Table,
) -> int:
    from reorder.replay_run import SHAPES, replayed

    found = replayed(file, _with_logs(options, logs), commits, since, target)
    out(SHAPES[report](str(file), found))
    return FINE


def _with_logs(options: Options, logs: Sequence[Path] | None) -> Options:
    """The options with what build logs tell. Raises InputError."""
    if not logs:
        return options
    from reorder.timings.log import read_logs

    try:
        return replace(options, timings=read_logs(logs))
    except LogError as error:
        raise InputError(str(error)) from error


@app.command(
    "verify",
    epilog="Exit status: 0 the images are the same, 1 they differ, 2 it cannot be told,"
    " 3 the check refused our own result.",
)
def verify_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Dockerfile.")],
    build: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- OPTION...]", help="Further options of the engine's build."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="OTHER", help="Compare with this file, not with our own result."
        ),
    ] = None,
    rebuild: Annotated[
        list[str] | None,
        typer.Option(
            "--rebuild",
            metavar="PATH",
            help="Time a rebuild after a change of this context file too (repeatable).",
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="NAME",
            help="docker, podman, buildah, or the path of one (default: the first that answers).",
        ),
    ] = "",
    builder: Annotated[
        str, typer.Option("--builder", metavar="NAME", help="A builder of buildx.")
    ] = "",
    target: Annotated[str, typer.Option("--target", metavar="STAGE", help="As for a build.")] = "",
    platform: Annotated[str, typer.Option("--platform", help="As for a build.")] = "",
    build_arg: BuildArgOption = None,
    secret: Annotated[list[str] | None, typer.Option("--secret", help="As for a build.")] = None,
    ssh: Annotated[list[str] | None, typer.Option("--ssh", help="As for a build.")] = None,
    context: ContextOption = None,
    runs: Annotated[
        int,
        typer.Option("--runs", metavar="N", min=1, help="Builds of FILE at most, to find noise."),
    ] = 2,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Verify what --unsafe would write.")
    ] = False,
    report: Annotated[
        WhyFormat, typer.Option("--format", help="Form of the report.")
    ] = WhyFormat.text,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show whole lists.")] = False,
) -> None:
    """Build a Dockerfile and our rewritten one with a real engine, without a cache, and compare
    the images: every path's type, mode, owner, link and content, and the config.

    Nothing of yours is written, and nothing is left behind but the engine's own build cache.
    """
    from reorder.verify import Request, verify

    options = Options(
        context=context,
        build_args=_build_args(build_arg),
        unsafe=unsafe,
        form=report.value,
        quiet=quiet,
        verbose=verbose,
    )
    words = [f"--platform={platform}"] if platform else []
    words += [f"--secret={value}" for value in secret or ()]
    words += [f"--ssh={value}" for value in ssh or ()]
    request = Request(
        file,
        options,
        against,
        engine=engine,
        builder=builder,
        target=target,
        build=(*words, *(build or ())),
        rebuild=tuple(rebuild or ()),
        runs=runs,
    )
    raise _ended(lambda: verify(request))


@app.command("tools", epilog=_STATUS)
def tools_command(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME | new NAME]", help="A command.")
    ] = None,
) -> None:
    """List the commands that are known, show what is known of one, or begin a model of your own.

    `reorder tools new NAME` writes .reorder/tools/NAME.toml; models there extend and override ours.
    """
    raise _ended(lambda: _tools(words or []))


def _tools(words: Sequence[str]) -> int:
    from reorder.own_tools import begin, show

    if words[:1] == ["new"] and len(words) == 2:
        out(begin(words[1]))
    elif len(words) < 2 and words != ["new"]:
        out(show(*words))
    else:
        raise InputError("tools: give one NAME, or `new NAME`")
    return FINE


@app.command("lsp", epilog="Set-up of each editor: docs/editors.md.")
def lsp_command(
    stdio: Annotated[
        bool, typer.Option("--stdio", help="As editors say it; there is no other way.")
    ] = True,
) -> None:
    """Serve an editor on standard input and output (Language Server Protocol)."""
    raise _ended(_lsp)


def _lsp() -> int:
    try:
        from reorder.lsp.server import serve
    except ModuleNotFoundError as error:
        raise InputError(
            f"the language server needs `{error.name}`: pip install 'reorder[lsp]'"
        ) from error
    serve()
    return FINE


def _colored(color: Color) -> bool:
    return wants_color() if color is Color.auto else color is Color.always
