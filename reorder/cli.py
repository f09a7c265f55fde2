"""The command line: wiring only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from reorder import __version__
from reorder.config import ConfigError
from reorder.runner import BAD_INPUT, Options, Run, UsageError, plan, read
from reorder.syntax.dockerfile import ParseError


class Format(StrEnum):
    """Forms of the report."""

    text = "text"
    json = "json"


class Color(StrEnum):
    """When to colour."""

    auto = "auto"
    always = "always"
    never = "never"


class _DefaultGroup(TyperGroup):
    """`reorder PATHS` is `reorder rewrite PATHS`; a file called like a command is `./why`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in _OWN):
            args = ["rewrite", *args]
        return super().parse_args(ctx, args)


_OWN = ("-h", "--help", "--version")

app = typer.Typer(
    cls=_DefaultGroup,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ContextOption = Annotated[
    Path | None, typer.Option("--context", help="The folder that is built (default: found).")
]
BuildArgs = Annotated[
    list[str] | None, typer.Option("--build-arg", help="NAME=VALUE, as given to the build.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="Form of the report.")]


@app.callback(invoke_without_command=True)
def _main(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Rewrite Dockerfiles so that a rebuild after an ordinary change costs as little as it can.

    `reorder [PATHS...]` is `reorder rewrite [PATHS...]`: see `reorder rewrite --help`.
    """
    if version:
        print(f"reorder {__version__}")
        raise typer.Exit


@app.command("rewrite")
def rewrite_command(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Dockerfiles, folders, or - for standard input.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", "-w", help="Rewrite in place.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 when a file would change; write nothing.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show the diff, also with --check or --write.")
    ] = False,
    stdin_filename: Annotated[
        Path | None, typer.Option("--stdin-filename", help="The path that `-` stands for.")
    ] = None,
    context: ContextOption = None,
    build_arg: BuildArgs = None,
    min_gain: Annotated[
        float | None, typer.Option("--min-gain", min=0.0, help="Seconds a change must save.")
    ] = None,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Allow what is likely, but not proved.")
    ] = False,
    report: FormatOption = Format.text,
    color: Annotated[Color, typer.Option("--color", help="Colour the report.")] = Color.auto,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors.")] = False,
) -> None:
    """Show the order that costs least; with --write make it so. The default command.

    Exit status: 0 fine, 1 would change (--check), 2 bad usage or input, 3 refused by the check.
    """
    if write and check:
        _fail("--write and --check exclude each other: use one of them")
    options = Options(
        write=write,
        check=check,
        diff=diff,
        stdin_filename=stdin_filename,
        context=context,
        build_args=_build_args(build_arg or ()),
        min_gain=min_gain,
        unsafe=unsafe,
        json=report is Format.json,
        color=_colored(color),
        quiet=quiet,
    )
    try:
        status = Run(options).over(paths or [Path()])
    except (UsageError, ConfigError) as error:
        _fail(str(error))
    raise typer.Exit(status)


@app.command("why")
def why_command(
    place: Annotated[str, typer.Argument(metavar="FILE[:LINE]", help="Dockerfile, or one line.")],
    context: ContextOption = None,
    build_arg: BuildArgs = None,
    report: FormatOption = Format.text,
) -> None:
    """Say why each instruction stands where it stands."""
    name, line = _place(place)
    options = Options(context=context, build_args=_build_args(build_arg or ()))
    try:
        item = read(Path(name))
        result = plan(item, options)
    except OSError as error:
        _fail(f"{name}: {error.strerror}")
    except ParseError as error:
        _fail(f"{name}:{error.line}: {error.fact}: {error.remedy}")
    except (UsageError, ConfigError) as error:
        _fail(str(error))
    if report is Format.json:
        from reorder.reports.json import explanation

        print(explanation(item.name, result), end="")
        return
    from reorder.reports.why import explain

    text = explain(item.name, result, line)
    if not text:
        _fail(f"{name}:{line}: no instruction stands there: give a line of one, FROM excepted")
    print(text, end="")


def _place(text: str) -> tuple[str, int | None]:
    """`Dockerfile:7` -> the file and the line."""
    name, colon, line = text.rpartition(":")
    if colon and line.isdigit() and not Path(text).exists():
        return name, int(line)
    return text, None


def _build_args(pairs: Iterable[str]) -> dict[str, str]:
    args: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            _fail(f"--build-arg {pair!r}: write it as NAME=VALUE")
        args[name] = value
    return args


def _colored(color: Color) -> bool:
    if color is Color.auto:
        return sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return color is Color.always


def _fail(message: str) -> NoReturn:
    print(f"reorder: {message}", file=sys.stderr)
    raise typer.Exit(BAD_INPUT)
