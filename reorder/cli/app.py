"""What the commands share: the program, its options, and how a command ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from reorder.inputs import InputError, Options
from reorder.runner import BAD_INPUT
from reorder.terminal import say, wants_color
from reorder.timings import LogError

# What a shell shows for a process that a signal has ended.
_INTERRUPTED, _READER_GONE = 130, 141

STATUS = (
    "Exit status: 0 fine, 1 a file would change (--check), 2 bad usage or input, 3 the check"
    " refused our own result (nothing is written). Settings: [tool.reorder] in pyproject.toml, or"
    " reorder.toml; the nearest upwards."
)


class WhyFormat(StrEnum):
    """Forms of the explanation."""

    text = "text"
    json = "json"


class Color(StrEnum):
    """When to colour."""

    auto = "auto"
    always = "always"
    never = "never"


# The commands, and the module of each.
COMMANDS = {
    "rewrite": "rewrite",
    "why": "explain",
    "audit": "explain",
    "replay": "replay",
    "verify": "verify",
    "tools": "tools",
    "lsp": "tools",
}

# `reorder PATHS` is `reorder rewrite PATHS`; a file called like a command is `./why`.
DEFAULT = "rewrite"
OTHERS = ", ".join(f"reorder {name}" for name in COMMANDS if name != DEFAULT)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def group() -> None:
    """Keeps the name of a command, also where it is the only one."""


def ended(run: Callable[[], int]) -> typer.Exit:
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


def pairs_of(pairs: Sequence[str] | None) -> dict[str, str]:
    args: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{pair!r}: write it as NAME=VALUE")
        args[name] = value
    return args


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
ColorOption = Annotated[Color, typer.Option("--color", help="Colour the report.")]
WhyFormatOption = Annotated[WhyFormat, typer.Option("--format", help="Form of the report.")]


def with_logs(options: Options, logs: Sequence[Path] | None) -> Options:
    """The options with what build logs tell. Raises InputError."""
    if not logs:
        return options
    from reorder.timings.log import read_logs

    try:
        return replace(options, timings=read_logs(logs))
    except LogError as error:
        raise InputError(str(error)) from error


def colored(color: Color) -> bool:
    return wants_color() if color is Color.auto else color is Color.always
