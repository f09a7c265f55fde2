"""A run over files: read, plan, report, write; one bad file does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from reorder.agree import Memory, describe, told
from reorder.config import ConfigError, find_config
from reorder.files import Changed, dockerfiles, nearest, write
from reorder.inputs import (
    STDIN,
    STORE,
    Input,
    InputError,
    Options,
    Planned,
    plan,
    read,
    settings,
    ways_of,
)
from reorder.reports.outcome import Done, Failed, Outcome, render
from reorder.reports.text import diff, layers, stays, summary, total
from reorder.reports.words import listed, shown
from reorder.result import Result
from reorder.terminal import Progress, aside, bytes_out, out, say, wrapped

if TYPE_CHECKING:
    from reorder.replay import Replay

FINE, WOULD_CHANGE, BAD_INPUT, REFUSED = 0, 1, 2, 3


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
