"""One Dockerfile, and the plan for it with all that holds where it lies."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.agree import Memory, agree
from reorder.config import Config, ConfigError, find_config, own_tools
from reorder.context.builds.build import Build
from reorder.context.discover import Found, NotFound, Replaced, Way, find_ways
from reorder.context.files import Context, ContextError, PatternError
from reorder.effects.model import ModelError, Models, builtin
from reorder.files import nearest
from reorder.pipeline import reorder
from reorder.reports.words import shown
from reorder.result import Result, as_written
from reorder.syntax.dockerfile import ParseError, parse
from reorder.timings import LogError

if TYPE_CHECKING:
    from reorder.timings.timed import Timed

# The seconds that are remembered; the nearest upwards, as the settings are.
STORE = ".reorder-timings.json"
STDIN = Path("-")


class InputError(ValueError):
    """An input or an option that cannot be used; `line` is None when it is not about one."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


# How many commits tell what changes between two builds.
COMMITS = 200


class Options(Struct, frozen=True):
    """What the user asked for; None leaves the word to the settings file."""

    write: bool = False
    check: bool = False
    diff: bool = False
    stdin_filename: Path | None = None
    context: Path | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    min_gain: float | None = None
    history: int = COMMITS
    unsafe: bool = False
    form: str = "text"
    diff_base: str | None = None
    color: bool = False
    width: int | None = None
    quiet: bool = False
    verbose: bool = False
    timings: tuple[Timed, ...] = ()
    save_timings: bool = False
    replays: bool = False


class Input(Struct, frozen=True):
    """One Dockerfile; `path` is None for a text without a name."""

    name: str
    data: bytes
    path: Path | None


class Planned(Struct, frozen=True):
    """`warning` says why the build context is not looked at; `loud` when that is a fault.

    `ways`: how the file is built; `notes`: what was left out in finding that.
    """

    result: Result
    config: Config
    warning: str | None = None
    loud: bool = False
    ways: tuple[Way, ...] = ()
    notes: tuple[str, ...] = ()


def read(path: Path, stdin_filename: Path | None = None) -> Input:
    """Raises InputError."""
    if path == STDIN:
        return Input(str(stdin_filename or "<stdin>"), sys.stdin.buffer.read(), stdin_filename)
    try:
        return Input(str(path), path.read_bytes(), path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{shown(str(path))}: cannot be read: {reason}") from error


def plan(item: Input, options: Options, memory: Memory | None = None) -> Planned:
    """The result for one input; `memory` is that of the run. Raises InputError."""
    memory = memory or Memory()
    try:
        return _planned(item, options, settings(item.path, options), memory)
    except ParseError as error:
        place = f"{shown(item.name)}:{error.line}"
        raise InputError(f"{place}: {error.fact}: {error.remedy}", error.line) from error
    except (ConfigError, ModelError, LogError) as error:
        raise InputError(str(error)) from error


def _planned(item: Input, options: Options, config: Config, memory: Memory) -> Planned:
    known = models(item.path)
    try:
        found = ways_of(item, options, config, memory)
    except Replaced as error:
        result = as_written(reorder(item.data, config=config, models=known))
        return Planned(result, config, f"it stays as it is: {error}", loud=True)
    except (ContextError, PatternError) as error:
        warning = f"the build context is not looked at: {error}"
        result = reorder(item.data, config=config, models=known, build_args=options.build_args)
        return Planned(result, config, warning, not isinstance(error, NotFound))
    agreed = agree(
        item.data, found.ways, config, options.build_args, options.history, memory, known
    )
    notes = (*found.notes, *agreed.notes)
    return Planned(agreed.result, config, agreed.warning, True, found.ways, notes)


def settings(path: Path | None, options: Options) -> Config:
    """The settings file above the path, overridden by the options. Raises ConfigError."""
    config = find_config(path.absolute().parent.resolve() if path else Path.cwd())
    if options.min_gain is not None:
        config = replace(config, min_gain=options.min_gain)
    timings = (*_remembered(path), *options.timings)
    return replace(config, unsafe=config.unsafe or options.unsafe, timings=timings)


def _remembered(path: Path | None) -> tuple[Timed, ...]:
    if path is None:
        return ()
    real = path.resolve()
    store = nearest(real.parent, STORE)
    if store is None:
        return ()
    from reorder.timings.kept import remembered

    return remembered(store, real)


def models(path: Path | None) -> Models:
    """Our tool models, and those of the project that `path` is in. Raises ModelError."""
    folder = own_tools(path.absolute().parent.resolve() if path else Path.cwd())
    if folder is None:
        return builtin()
    from reorder.effects.own import with_own

    return with_own(folder)


def ways_of(item: Input, options: Options, config: Config, memory: Memory) -> Found:
    """The word of the user counts alone."""
    folder = options.context or (Path(config.context) if config.context else None)
    if folder is not None:
        origin = "--context" if options.context else "the settings"
        build = Build(folder, origin=origin)
        return Found((Way(build, Context.open(folder, item.path)),))
    if item.path is None:
        raise NotFound("the text has no place: name it with --stdin-filename or --context")
    return find_ways(item.path, parse(item.data), memory.builds_in)
