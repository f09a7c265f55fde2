"""A run over files: read, plan, report, write; one bad file does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.agree import Memory, agree, describe, told
from reorder.config import Config, ConfigError, find_config, own_tools
from reorder.context.builds.build import Build
from reorder.context.discover import Found, NotFound, Replaced, Way, find_ways
from reorder.context.files import Context, ContextError, PatternError
from reorder.effects.model import ModelError, Models, builtin
from reorder.files import Changed, dockerfiles, nearest, write
from reorder.pipeline import reorder
from reorder.reports.outcome import Done, Failed, Outcome, render
from reorder.reports.text import diff, layers, stays, summary, total
from reorder.reports.words import listed, shown
from reorder.result import Result, as_written
from reorder.syntax.dockerfile import ParseError, parse
from reorder.terminal import Progress, aside, bytes_out, out, say, wrapped
from reorder.timings import LogError

if TYPE_CHECKING:
    from reorder.replay import Replay
    from reorder.timings.timed import Timed

# The seconds that are remembered; the nearest upwards, as the settings are.
STORE = ".reorder-timings.json"
FINE, WOULD_CHANGE, BAD_INPUT, REFUSED = 0, 1, 2, 3
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


def _remember(item: Input, result: Result) -> str:
    """Saves the seconds that logs tell of a Dockerfile, and says where. Raises InputError."""
    if item.path is None or result.matched is None:
        raise InputError("--save-timings keeps what --timings LOG tells of a file: give both")
    from reorder.timings.kept import save

    path = item.path.resolve()
    store = nearest(path.parent, STORE) or path.with_name(STORE)
    try:
        save(store, path, result.matched.measured)
    except OSError as error:
        raise InputError(f"{store}: not written: {error.strerror}: make it writable") from error
    count = len(result.matched.measured)
    return f"the seconds of {count} instructions are kept in {store}: list it in .dockerignore"


def unmatched(result: Result) -> str:
    """How many steps of the logs are no instruction of the file; empty when all are."""
    texts = result.matched.unmatched if result.matched else ()
    if not texts:
        return ""
    first = listed((f"`{text[:60]}`" for text in texts), 2)
    return f"steps of the build logs that match no instruction: {len(texts)} ({shown(first)})"


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


class Run(Struct):
    """Prints reports as it goes; `status` is the worst exit status so far.

    `told`: something was said of a file, so that the next one begins below an empty line.
    """

    options: Options
    status: int = FINE
    stdin: bool = False
    told: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    progress: Progress = field(default_factory=lambda: Progress(0))

    def over(self, paths: Sequence[Path]) -> int:
        """The exit status. Raises InputError."""
        self.stdin = STDIN in paths
        folder = self.options.context
        if self.stdin and (len(paths) > 1 or self.options.write):
            raise InputError("`-` stands alone and without --write: the text goes to the output")
        if self.stdin and self.options.diff_base is not None:
            raise InputError("`-` has no place in a repository: leave --diff-base out")
        if folder is not None and not folder.is_dir():
            raise InputError(f"--context {folder}: no such folder: give the folder that is built")
        files = list(paths if self.stdin else self._files(paths))
        self.progress = Progress(0 if self.options.quiet else len(files))
        for path in files:
            self.progress.show(shown(str(path)))
            if self._is_touched(path):
                self._one(path)
        self.progress.hide()
        if self.options.form != "text":
            out(render(self.options.form, self.outcomes))
        elif not self.outcomes and self.options.diff_base is not None:
            say(f"reorder: no Dockerfile has changed since {self.options.diff_base}")
        elif len(self.outcomes) > 1 and not self.options.quiet:
            say(total(self.outcomes, written=self.options.write))
        return self.status

    def _files(self, paths: Sequence[Path]) -> Iterator[Path]:
        """Files as named, folders as the Dockerfiles below them."""
        for path in paths:
            if not path.is_dir():
                yield path
                continue
            try:
                found = list(dockerfiles(path, find_config(path.resolve()).exclude))
            except ConfigError as error:
                raise InputError(str(error)) from error
            if not found:
                say(f"reorder: {shown(str(path))}: no Dockerfile below: name the file itself")
            yield from found

    def _is_touched(self, path: Path) -> bool:
        """What cannot be read is told later."""
        ref, options = self.options.diff_base, self.options
        if ref is None:
            return True
        from reorder.context.changed import BaseError, base_of, is_touched

        try:
            item = read(path)
            found = partial(ways_of, item, options, settings(path, options), self.memory)
            base = base_of(path.absolute().parent.resolve(), ref)
            return is_touched(base, path, item.data, found)
        except (InputError, ConfigError):
            return True
        except BaseError as error:
            raise InputError(f"--diff-base {ref}: {error}") from error

    def _one(self, path: Path) -> None:
        try:
            item = read(path, self.options.stdin_filename)
        except InputError as error:
            self._bad(str(path), error, BAD_INPUT)
            return
        try:
            planned = plan(item, self.options, self.memory)
            if planned.result.refusals:
                self._bad(item.name, refused(item, planned.result), REFUSED)
                self._pass_through(item.data)
                return
            if self.options.write and planned.result.changed:
                write_result(item, planned.result)
            kept = _remember(item, planned.result) if self.options.save_timings else ""
        except InputError as error:
            self._bad(item.name, error, BAD_INPUT)
            self._pass_through(item.data)
            return
        self._good(item, planned)
        for note in (unmatched(planned.result), kept):
            if note and not self.options.quiet:
                say(f"reorder: {shown(item.name)}: {note}")

    def _bad(self, name: str, error: InputError, status: int) -> None:
        self.status = max(self.status, status)
        self.outcomes.append(Failed(name, str(error), error.line, status))
        self.progress.hide()
        say(f"reorder: {error}")

    def _pass_through(self, data: bytes) -> None:
        """A filter gives back what it got when it can do nothing with it."""
        if self._filters:
            bytes_out(data)

    @property
    def _filters(self) -> bool:
        """Standard input to standard output, the whole text."""
        options = self.options
        return self.stdin and not (options.check or options.diff or options.form != "text")

    def _good(self, item: Input, planned: Planned) -> None:
        options, result = self.options, planned.result
        self.progress.hide()
        if options.check and result.changed:
            self.status = max(self.status, WOULD_CHANGE)
        if planned.warning and (options.verbose or (planned.loud and not options.quiet)):
            say(f"reorder: {shown(item.name)}: {planned.warning}")
        if options.verbose:
            for line in (*map(describe, planned.ways), *planned.notes):
                say(f"reorder: {shown(item.name)}: {shown(line)}")
        self.outcomes.append(_done(item, planned, options))
        if options.form != "text":
            return
        if self._filters:
            bytes_out(result.after)
        self._print(item, planned)

    def _print(self, item: Input, planned: Planned) -> None:
        """A filter tells its story aside, and only when asked."""
        options, result = self.options, planned.result
        if not options.quiet and (options.verbose or not self._filters):
            tell = aside if self._filters else out
            text = summary(item.name, result, color=options.color)
            if options.verbose and not result.changed:
                text += stays(item.name, result, _least(planned))
            if options.verbose:
                text += layers(item.name, result)
            gap = "\n" if text and self.told and options.width is not None else ""
            tell(gap + wrapped(text, options.width))
            self.told = self.told or bool(text)
        preview = not (options.check or options.write or options.quiet or self._filters)
        if options.diff or preview:
            out(diff(item.name, result, color=options.color))


def write_result(item: Input, result: Result) -> None:
    """Raises InputError; then the file is as it was."""
    if item.path is None:
        return
    try:
        write(item.path, result.before, result.after)
    except OSError as error:
        reason = str(error) if isinstance(error, Changed) else error.strerror
        place = shown(item.name)
        raise InputError(f"{place}: not written: {reason}: the file is as it was") from error


def _done(item: Input, planned: Planned, options: Options) -> Done:
    warning, contexts = planned.warning or "", tuple(told(way) for way in planned.ways)
    notes = (*filter(None, [warning]), *planned.notes)
    seen = warning if planned.loud else ""
    return Done(item.name, planned.result, notes, seen, contexts, _replayed(planned, options))


def _replayed(planned: Planned, options: Options) -> Replay | None:
    """The last commits of the first way in which the file is built; None without a history."""
    if not (options.replays and options.history and planned.ways):
        return None
    from reorder.context.history import read_history
    from reorder.replay import replay

    way = planned.ways[0]
    events = read_history(way.context, options.history).events
    try:
        return replay(planned.result, way.context, events, way.build.target) if events else None
    except ValueError:  # the target is no stage: nobody can build that
        return None


def _least(planned: Planned) -> float:
    config = planned.config
    return max(config.min_gain, config.min_gain_share * planned.result.seconds_before)


def refused(item: Input, result: Result) -> InputError:
    """The check found a fault of ours: the first one."""
    first = result.refusals[0]
    return InputError(
        f"{shown(item.name)}:{first.line}: the check refused our own result: {first.fact}: "
        f"{first.reason}; nothing is written; this is a bug, please report it with the file",
        first.line,
    )
