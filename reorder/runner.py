"""A run over files: read, plan, report, write; one bad file does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reorder.config import Config, find_config
from reorder.context.discover import find_context
from reorder.context.files import Context
from reorder.files import expand, write
from reorder.pipeline import Result, reorder
from reorder.reports.text import diff, summary
from reorder.syntax.dockerfile import ParseError, parse

FINE, WOULD_CHANGE, BAD_INPUT, REFUSED = 0, 1, 2, 3
STDIN = Path("-")


class UsageError(ValueError):
    """Options that do not go together, or an input that cannot be used."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for; None leaves the word to the settings file."""

    write: bool = False
    check: bool = False
    diff: bool = False
    stdin_filename: Path | None = None
    context: Path | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    min_gain: float | None = None
    unsafe: bool = False
    json: bool = False
    color: bool = False
    quiet: bool = False
    verbose: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """One Dockerfile; `path` is None for a text without a name."""

    name: str
    data: bytes
    path: Path | None


def read(path: Path, stdin_filename: Path | None = None) -> Input:
    """Raises OSError."""
    if path == STDIN:
        return Input(str(stdin_filename or "<stdin>"), sys.stdin.buffer.read(), stdin_filename)
    return Input(str(path), path.read_bytes(), path)


def plan(item: Input, options: Options) -> Result:
    """The result for one input. Raises ParseError, ConfigError, UsageError."""
    config = settings(item.path, options)
    return reorder(
        item.data,
        context=_context(item, options.context or _folder(config)),
        config=config,
        build_args=options.build_args,
    )


def settings(path: Path | None, options: Options) -> Config:
    """The settings file above the path, overridden by the options. Raises ConfigError."""
    config = find_config(path.resolve().parent if path else Path.cwd())
    if options.min_gain is not None:
        config = replace(config, min_gain=options.min_gain)
    return replace(config, unsafe=config.unsafe or options.unsafe)


def _folder(config: Config) -> Path | None:
    return Path(config.context) if config.context else None


def _context(item: Input, folder: Path | None) -> Context | None:
    if folder is None:
        return None if item.path is None else find_context(item.path, parse(item.data))
    if not folder.is_dir():
        raise UsageError(f"--context {folder}: no such folder: give the folder that is built")
    return Context.open(folder, item.path)


@dataclass(slots=True)
class Run:
    """Prints reports as it goes; `status` is the worst exit status so far."""

    options: Options
    status: int = FINE
    stdin: bool = False
    entries: list[dict[str, Any]] = field(default_factory=list)
    changed: int = 0
    total: int = 0

    def over(self, paths: Sequence[Path]) -> int:
        """The exit status. Raises UsageError, ConfigError."""
        self.stdin = STDIN in paths
        if self.stdin and (len(paths) > 1 or self.options.write):
            raise UsageError("`-` stands alone and without --write: the text goes to the output")
        exclude = settings(None, self.options).exclude
        for path in paths if self.stdin else expand(paths, exclude):
            self._one(path)
        if self.options.json:
            from reorder.reports.json import render

            print(render(self.entries), end="")
        elif self.total > 1 and not self.options.quiet:
            verb = "rewritten" if self.options.write else "would change"
            print(f"{self.total} files, {self.changed} {verb}", file=sys.stderr)
        return self.status

    def _one(self, path: Path) -> None:
        self.total += 1
        try:
            item = read(path, self.options.stdin_filename)
        except OSError as error:
            self._bad(str(path), f"{path}: {error.strerror}", None, BAD_INPUT)
            return
        try:
            result = plan(item, self.options)
        except ParseError as error:
            message = f"{item.name}:{error.line}: {error.fact}: {error.remedy}"
            self._bad(item.name, message, error.line, BAD_INPUT)
            self._pass_through(item.data)
            return
        if result.refusals:
            self._refused(item, result)
        else:
            self._good(item, result)

    def _bad(self, name: str, message: str, line: int | None, status: int) -> None:
        self.status = max(self.status, status)
        print(f"reorder: {message}", file=sys.stderr)
        if self.options.json:
            from reorder.reports.json import failure

            self.entries.append(failure(name, message, line))

    def _refused(self, item: Input, result: Result) -> None:
        first = result.refusals[0]
        message = (
            f"{item.name}:{first.line}: the check refused our own result: {first.fact}: "
            f"{first.reason}; nothing is written; this is a bug, please report it with the file"
        )
        self._bad(item.name, message, first.line, REFUSED)
        self._pass_through(item.data)

    def _pass_through(self, data: bytes) -> None:
        """A filter gives back what it got when it can do nothing with it."""
        if self._filters:
            sys.stdout.buffer.write(data)

    @property
    def _filters(self) -> bool:
        """Standard input to standard output, the whole text."""
        options = self.options
        return self.stdin and not (options.check or options.diff or options.json)

    def _good(self, item: Input, result: Result) -> None:
        options = self.options
        self.changed += result.changed
        if options.check and result.changed:
            self.status = max(self.status, WOULD_CHANGE)
        if options.json:
            from reorder.reports.json import entry

            self.entries.append(entry(item.name, result))
        if options.write and result.changed and item.path is not None:
            write(item.path, result.after)
        if self._filters:
            sys.stdout.buffer.write(result.after)
        elif not options.json and not options.quiet:
            self._print(item, result)

    def _print(self, item: Input, result: Result) -> None:
        options = self.options
        print(summary(item.name, result, color=options.color), end="")
        if options.diff or not (options.check or options.write):
            print(diff(item.name, result, color=options.color), end="")
