"""The command line: wiring only. argparse, because the first import is part of every run."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from reorder import __version__
from reorder.runner import BAD_INPUT, COMMITS, FINE, InputError, Options, Run, out, plan, read, say

# What a shell shows for a process that a signal has ended.
_INTERRUPTED, _READER_GONE = 130, 141

_REWRITE = """\
Rewrite Dockerfiles so that a rebuild after an ordinary change costs as little as it can,
and the image stays the same.

Without --write: show what would change and what it saves; nothing is written.
`reorder why FILE[:LINE]` says why each instruction stands where it stands.
"""
_STATUS = """\
exit status: 0 fine, 1 a file would change (--check), 2 bad usage or input,
3 the check refused our own result (nothing is written)
settings: [tool.reorder] in pyproject.toml, or reorder.toml; the nearest upwards
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = _why if words[:1] == ["why"] else _rewrite
    try:
        return command(words)
    except InputError as error:
        say(f"reorder: {error}")
        return BAD_INPUT
    except KeyboardInterrupt:
        say("reorder: interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        # Python would complain at its end that it cannot flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE


def _rewrite(words: Sequence[str]) -> int:
    parser = _parser("reorder", _REWRITE)
    add = parser.add_argument
    add("paths", nargs="*", type=Path, metavar="PATH", help="Dockerfile, folder, or - for stdin")
    add("-w", "--write", action="store_true", help="rewrite in place")
    add("--check", action="store_true", help="exit 1 when a file would change; write nothing")
    add("--diff", action="store_true", help="show the diff, also with --check or --write")
    add("--stdin-filename", type=Path, metavar="PATH", help="the path that - stands for")
    add("--min-gain", type=_seconds, metavar="S", help="seconds that a change must save")
    add("--unsafe", action="store_true", help="allow what is likely, but not proved")
    add("--color", choices=("auto", "always", "never"), default="auto", help="colour the report")
    add("-q", "--quiet", action="store_true", help="only errors, and the diff with --diff")
    add("-v", "--verbose", action="store_true", help="say also why a file stays as it is")
    add("--version", action="version", version=f"reorder {__version__}")
    given = parser.parse_args(words)
    if given.write and given.check:
        parser.error("--write and --check exclude each other: use one of them")
    if given.quiet and given.verbose:
        parser.error("--quiet and --verbose exclude each other: use one of them")
    return Run(_options(given)).over(given.paths or [Path()])


def _options(given: Namespace) -> Options:
    return Options(
        write=given.write,
        check=given.check,
        diff=given.diff,
        stdin_filename=given.stdin_filename,
        context=given.context,
        build_args=dict(given.build_arg),
        min_gain=given.min_gain,
        history=given.history,
        unsafe=given.unsafe,
        json=given.format == "json",
        color=_colored(given.color),
        quiet=given.quiet,
        verbose=given.verbose,
    )


def _why(words: Sequence[str]) -> int:
    parser = _parser("reorder why", "Say why each instruction stands where it stands.")
    parser.add_argument("place", metavar="FILE[:LINE]", help="Dockerfile, or one line of it")
    given = parser.parse_args(words[1:])
    name, line = _place(given.place)
    item = read(Path(name))
    planned = plan(
        item,
        Options(context=given.context, build_args=dict(given.build_arg), history=given.history),
    )
    if planned.warning:
        say(f"reorder: {name}: {planned.warning}")
    if given.format == "json":
        from reorder.reports.json import explanation

        out(explanation(item.name, planned.result))
        return FINE
    from reorder.reports.why import explain

    text = explain(item.name, planned.result, line)
    if line is not None and not text:
        raise InputError(
            f"{name}:{line}: no instruction stands there: give a line of one, FROM excepted"
        )
    out(text)
    return FINE


def _parser(name: str, description: str) -> ArgumentParser:
    """The options that all commands share."""
    parser = ArgumentParser(
        name,
        description=description,
        epilog=_STATUS,
        allow_abbrev=False,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--context", type=Path, metavar="DIR", help="the folder that is built (default: found)")
    add(
        "--build-arg",
        action="append",
        default=[],
        type=_build_arg,
        metavar="NAME=VALUE",
        help="as given to the build",
    )
    add(
        "--history",
        type=int,
        default=COMMITS,
        metavar="N",
        help=f"commits that tell what changes between builds (default {COMMITS}; 0: do not look)",
    )
    add("--format", choices=("text", "json"), default="text", help="form of the report")
    return parser


def _place(text: str) -> tuple[str, int | None]:
    """`Dockerfile:7` -> the file and the line."""
    name, colon, line = text.rpartition(":")
    if colon and line.isdecimal() and not Path(text).exists():
        return name, int(line)
    return text, None


def _build_arg(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ArgumentTypeError(f"{text!r}: write it as NAME=VALUE")
    return name, value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise ArgumentTypeError(f"{text!r}: give seconds, 0 or more")
    return value


def _colored(color: str) -> bool:
    if color == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return color == "always"
