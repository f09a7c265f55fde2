"""`reorder verify`: what was asked for -> two builds and a verdict."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reorder.config import ConfigError
from reorder.context.builds.build import Build
from reorder.context.discover import NotFound, Replaced, Way, find_ways, shown_place
from reorder.context.files import Context, ContextError, PatternError
from reorder.engine.builds import Builds, Source, Step, Tell
from reorder.engine.engine import Engine, find_engine
from reorder.engine.fault import EngineError
from reorder.engine.trial import Pair, Verdict, compared, rebuilt
from reorder.inputs import Input, InputError, Options, plan, read, settings
from reorder.reports.verify import Subject, document, unchanged, verdict
from reorder.reports.words import shown
from reorder.runner import FINE, REFUSED, WOULD_CHANGE, refused
from reorder.syntax.dockerfile import ParseError, parse
from reorder.terminal import out, say

if TYPE_CHECKING:
    from rich.progress import TaskID

# Lines of each list in the report; -v shows all.
_MOST = 20


class Request(NamedTuple):
    """What is to be verified; `build` are words for the engine's build, `runs` builds of FILE."""

    file: Path
    options: Options
    against: Path | None = None
    engine: str = ""
    builder: str = ""
    target: str = ""
    build: tuple[str, ...] = ()
    rebuild: tuple[str, ...] = ()
    runs: int = 2


def verify(request: Request) -> int:
    """Builds, compares, reports; the exit status. Raises InputError."""
    item = read(request.file)
    name, options = item.name, request.options
    if request.against is None:
        result = plan(item, options).result
        if result.refusals:
            say(f"reorder: {refused(item, result)}")
            return REFUSED
        pair = Pair(item.data, result.after)
        if not result.changed:
            out(document(Subject(name), None) if options.form == "json" else unchanged(name))
            return FINE
    else:
        pair = Pair(item.data, read(request.against).data, (name, str(request.against)))
    way = _way(item, request)
    changed = tuple(_in_context(path, way.context) for path in request.rebuild)
    try:
        engine, found = _verdict(request, pair, way, changed)
    except EngineError as error:
        for line in error.log.splitlines():
            say(f"    {line}")
        raise InputError(f"{shown(name)}: {error}") from error
    subject = Subject(name, engine.title, pair.names, changed)
    if options.form == "json":
        out(document(subject, found))
    else:
        out(verdict(subject, found, None if options.verbose else _MOST))
    return FINE if found.same else WOULD_CHANGE


def _verdict(
    request: Request, pair: Pair, way: Way, changed: Sequence[str]
) -> tuple[Engine, Verdict]:
    engine = find_engine(request.engine, request.builder)
    source = Source(way.context.root, way.context.ignore_file, _words(way, request))
    with _ends_tidily(), _bar(request.options.quiet) as tell:
        try:
            with Builds(engine, source, tell) as builds:
                found = compared(builds, pair, request.runs)
                if changed and not found.failed:
                    found = found._replace(rebuild=rebuilt(builds, pair, changed))
                return engine, found
        except OSError as error:
            fact = f"{error.filename or 'a file'} cannot be used"
            reason = error.strerror or str(error)
            raise EngineError(fact, reason, "nothing is left behind; run it again") from error


def _way(item: Input, request: Request) -> Way:
    """How it is built: as the user says, else the first way found. Raises InputError."""
    options = request.options
    try:
        folder = options.context or settings(item.path, options).context
        if folder is not None:
            return Way(Build(Path(folder)), Context.open(Path(folder), item.path))
        if item.path is None:
            raise NotFound("the text has no place: name the folder that is built with --context")
        way, *others = find_ways(item.path, parse(item.data)).ways
    except ParseError as error:
        place = f"{shown(item.name)}:{error.line}"
        raise InputError(f"{place}: {error.fact}: {error.remedy}") from error
    except (ContextError, PatternError, Replaced) as error:
        raise InputError(f"{shown(item.name)}: {error}") from error
    except ConfigError as error:
        raise InputError(str(error)) from error
    if others:
        place = shown_place(way.build)
        say(f"reorder: {item.name}: built as {place} says; --context chooses another way")
    if way.build.named and not any(w.startswith("--build-context") for w in request.build):
        names = ", ".join(sorted(way.build.named))
        reason = f"it is built with contexts of their own ({names})"
        raise InputError(f"{item.name}: {reason}: give them as `-- --build-context NAME=DIR`")
    return way


def _words(way: Way, request: Request) -> tuple[str, ...]:
    """Options of the build: those that its files name, then the user's, which win."""
    args = {name: value for name, value in way.build.args if value is not None}
    args |= {**settings(request.file, request.options).build_args, **request.options.build_args}
    words = [f"--build-arg={name}={value}" for name, value in args.items()]
    target = request.target or way.build.target
    return (*words, *([f"--target={target}"] if target else []), *request.build)


def _in_context(path: str, context: Context) -> str:
    """A file as the user or the context names it -> its name in the context."""
    for named in (Path(path).absolute(), context.root / path):
        file = named.parent.resolve() / named.name
        if not file.is_file() or file.is_symlink() or not file.is_relative_to(context.root):
            continue
        name = file.relative_to(context.root).as_posix()
        if context.ignored(name):
            reason = "the ignore file leaves it out, so no build sees it"
            raise InputError(f"--rebuild {path}: {reason}: name a file that is built")
        return name
    raise InputError(f"--rebuild {path}: no such file in {context.root}: name a file of it")


@contextmanager
def _ends_tidily() -> Iterator[None]:
    """A request to end is like Ctrl-C: what was begun is removed first."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = {n: signal.signal(n, end) for n in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _bar(quiet: bool) -> Iterator[Tell]:
    """Shows progress on the standard error when that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        "{task.fields[label]}",
        "{task.completed:.0f}/{task.total:.0f}",
        "{task.fields[text]}",
    )
    label, count, text = (TextColumn(column, markup=False) for column in columns)
    console = Console(stderr=True)
    with Progress(
        label, BarColumn(20), count, TimeElapsedColumn(), text, console=console, transient=True
    ) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(step: Step) -> None:
            if step.label not in tasks:
                for task in tasks.values():
                    progress.remove_task(task)
                tasks.clear()
                tasks[step.label] = progress.add_task("", label=step.label, text="")
            text = step.text[:60]
            progress.update(tasks[step.label], completed=step.done, total=step.steps, text=text)

        yield tell
