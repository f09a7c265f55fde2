"""A buffer and what lies around it on disk -> its result, and whether that still holds."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from reorder.agree import Memory
from reorder.config import Config, own_tools
from reorder.context.builds.sources import known_sources
from reorder.context.discover import Replaced
from reorder.context.files import Context, ContextError, PatternError
from reorder.context.tree import FileStamp, stamp
from reorder.effects import model, own
from reorder.inputs import STORE, Input, InputError, Options, Planned, plan, settings, ways_of
from reorder.lsp.text import decoded, encoded
from reorder.result import Result
from reorder.syntax.dockerfile import ParseError

_SETTINGS_FILES = ("reorder.toml", "pyproject.toml", STORE)
_GIT_FILES = ("HEAD", "logs/HEAD", "packed-refs")
_Stamps = tuple[FileStamp, ...]


class Problem(Struct, frozen=True):
    """Why there is no result; `line` is 1-based, and 0 when it is about none."""

    line: int
    message: str


class Around(Struct, frozen=True):
    """What was found on disk beside the text: files by their times, and the ways to build."""

    stamps: _Stamps
    memory: Memory
    ways: object
    config: Config


class Outcome(Struct, frozen=True):
    """`planned` is None when the text cannot be read or is left out; then `problem` may say why.

    `around` is None when nothing around it was looked at. `models`: the times of its own models.
    """

    text: str
    options: Options
    around: Around | None = None
    planned: Planned | None = None
    problem: Problem | None = None
    models: _Stamps = ()

    @property
    def result(self) -> Result | None:
        return self.planned.result if self.planned else None

    @property
    def after(self) -> str:
        """The text as it would be written."""
        return decoded(self.result.after) if self.result else self.text


def outcome(path: Path | None, text: str, options: Options, last: Outcome | None = None) -> Outcome:
    """The result for a buffer; `path` is None for one without a file.

    From `last`, an outcome of the same buffer, what is still so on disk is not read again.
    """
    name = path.name if path else "buffer"
    item = Input(name, encoded(text), path)
    stamps, models = _stamps(path), _models(path)
    if last is not None and last.models != models:
        model.forget()
        own.forget()
    old = last.around if last is not None and last.options == options else None
    kept = last is not None and old is not None and old.stamps == stamps and _unchanged(last)
    memory = old.memory if old is not None and kept else Memory()
    try:
        config = settings(path, options)
        if _excluded(path, config):
            return Outcome(text, options, Around(stamps, memory, None, config), models=models)
        around = Around(stamps, memory, _ways(item, options, config, memory), config)
        planned = plan(item, options, memory)
    except (InputError, ValueError) as error:
        return _failed(text, options, error, models)
    return Outcome(text, options, around, planned, _refusal(planned.result), models)


def is_current(path: Path | None, text: str, options: Options, last: Outcome | None) -> bool:
    """Whether an outcome is what `outcome` would give now."""
    if last is None or last.text != text or last.options != options:
        return False
    if last.around is None:  # whatever lies around, a text that cannot be read stays so
        return last.problem is not None and last.problem.line > 0
    around = last.around
    if (around.stamps, last.models) != (_stamps(path), _models(path)) or not _unchanged(last):
        return False
    if around.ways is None:
        return True
    item = Input("", encoded(text), path)
    return _ways(item, options, around.config, around.memory) == around.ways


def _failed(text: str, options: Options, error: ValueError, models: _Stamps) -> Outcome:
    fault = error.__cause__ if isinstance(error.__cause__, ParseError) else error
    if isinstance(fault, ParseError):
        return Outcome(
            text,
            options,
            problem=Problem(fault.line, f"{fault.fact}: {fault.remedy}"),
            models=models,
        )
    return Outcome(text, options, problem=Problem(0, str(error)), models=models)


def _ways(item: Input, options: Options, config: Config, memory: Memory) -> object:
    """A value that is another one when the text is built otherwise. Raises ParseError."""
    try:
        found = ways_of(item, options, config, memory)
    except (ContextError, PatternError, Replaced) as error:
        return str(error)
    return [(way.build, _seen(way.context)) for way in found.ways]


def _seen(context: Context) -> tuple[object, ...]:
    return context.root, context.ignore_file, context.ignore


def _unchanged(last: Outcome) -> bool:
    ways = last.planned.ways if last.planned else ()
    return all(way.context.is_current() for way in ways)


def _refusal(result: Result) -> Problem | None:
    if not result.refusals:
        return None
    first = result.refusals[0]
    return Problem(
        first.line,
        f"the check refused our own result: {first.fact}: {first.reason}; nothing changes; this is"
        " a bug, please report it with the file",
    )


def _excluded(path: Path | None, config: Config) -> bool:
    """An editor saves what it is told to: what the settings leave out is left alone."""
    return path is not None and any(fnmatchcase(str(path), p) for p in config.exclude)


def _stamps(path: Path | None) -> _Stamps:
    """Of all files beside the context that may have a say: settings, builds, commits."""
    start = path.parent.resolve() if path else Path.cwd()
    folders = (start, *start.parents)
    git = next((n for n, folder in enumerate(folders) if (folder / ".git").exists()), None)
    found = [stamp(folder / name) for folder in folders for name in _SETTINGS_FILES]
    for folder in folders[: 1 if git is None else git + 1]:
        found += map(stamp, _telling(folder))
    if git is not None:
        found += map(stamp, _git_files(folders[git] / ".git"))
    return tuple(found)


def _models(path: Path | None) -> _Stamps:
    folder = own_tools(path.parent.resolve() if path else Path.cwd())
    return tuple(map(stamp, [folder, *sorted(folder.glob("*.toml"))])) if folder else ()


def _telling(folder: Path) -> Iterator[Path]:
    """The files of a folder that may say how a Dockerfile is built."""
    for source in known_sources()["source"]:
        for below in source["folders"]:
            yield folder / below
            for pattern in source["names"]:
                yield from sorted((folder / below).glob(pattern))


def _git_files(git: Path) -> Iterator[Path]:
    """Those that differ after a commit."""
    head = ""
    try:
        if git.is_file():  # a work tree of its own
            git = git.parent / git.read_text("utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text("utf-8").removeprefix("ref:").strip()
    except (OSError, UnicodeDecodeError):
        pass
    yield from (git / name for name in (*_GIT_FILES, *([head] if head else [])))
