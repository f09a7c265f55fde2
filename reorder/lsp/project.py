"""A buffer and what lies around it on disk -> its result; what did not change is not read again."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from reorder.config import Config, ConfigError
from reorder.context.discover import NotFound, find_context
from reorder.context.files import Context, ContextError, PatternError
from reorder.context.history import read_history
from reorder.context.tree import FileStamp, stamp
from reorder.cost import Changes, measured
from reorder.effects.model import ModelError
from reorder.lsp.text import decoded, encoded
from reorder.pipeline import Result, reorder
from reorder.runner import Options, settings
from reorder.syntax.dockerfile import Dockerfile, ParseError, parse

_SETTINGS_FILES = ("reorder.toml", "pyproject.toml")
_GIT_FILES = ("HEAD", "logs/HEAD", "packed-refs")
_Stamps = tuple[FileStamp, ...]


class Problem(Struct, frozen=True):
    """Why there is no result; `line` is 1-based, and 1 when it is about none."""

    line: int
    message: str


class Around(Struct, frozen=True):
    """What was found on disk beside the text: the settings, the context, its commits."""

    config: Config
    config_stamps: _Stamps
    context: Context | None = None
    changes: Changes | None = None
    git_stamps: _Stamps = ()
    note: str | None = None


class Outcome(Struct, frozen=True):
    """`result` is None when the text cannot be read or is left out; then `problem` may say why."""

    text: str
    options: Options
    dockerfile: Dockerfile | None = None
    around: Around | None = None
    result: Result | None = None
    problem: Problem | None = None

    @property
    def after(self) -> str:
        """The text as it would be written."""
        return decoded(self.result.after) if self.result else self.text


def outcome(path: Path | None, text: str, options: Options, last: Outcome | None = None) -> Outcome:
    """The result for a buffer; `path` is None for one without a file.

    From `last`, an outcome of the same buffer, all is taken over that is still so on disk.
    """
    data = encoded(text)
    try:
        dockerfile = parse(data)
    except ParseError as error:
        problem = Problem(error.line, f"{error.fact}: {error.remedy}")
        return Outcome(text, options, problem=problem)
    try:
        around = _around(path, dockerfile, options, last)
        if _excluded(path, around.config):
            return Outcome(text, options, dockerfile, around)
        result = _result(data, around, options)
    except (ConfigError, ModelError) as error:
        return Outcome(text, options, dockerfile, problem=Problem(1, str(error)))
    except ContextError as error:
        # Found while it was walked: the text alone still tells something.
        around = Around(around.config, around.config_stamps, note=str(error))
        result = _result(data, around, options)
    return Outcome(text, options, dockerfile, around, result, _refusal(result))


def is_current(path: Path | None, text: str, options: Options, last: Outcome | None) -> bool:
    """Whether an outcome is what `outcome` would give now."""
    if last is None or last.text != text or last.options != options:
        return False
    if last.dockerfile is None:  # whatever lies around, it cannot be read
        return True
    if last.around is None:
        return False
    try:
        return _around(path, last.dockerfile, options, last) is last.around
    except (ConfigError, ModelError, OSError):
        return False


def _around(
    path: Path | None, dockerfile: Dockerfile, options: Options, last: Outcome | None
) -> Around:
    """What lies around now; the same object as before when it is as before. Raises ConfigError."""
    old = last.around if last is not None and last.options == options else None
    stamps = _config_stamps(path)
    known = old is not None and old.config_stamps == stamps
    config = old.config if old is not None and known else settings(path, options)
    try:
        context = _locate(path, dockerfile, options, config)
    except (ContextError, PatternError) as error:
        if old is not None and known and old.context is None and old.note == str(error):
            return old
        return Around(config, stamps, note=str(error))
    if old is not None and old.context is not None and _is_still(old.context, context):
        context = old.context
    git = _git_stamps(context) if options.history else ()
    if old is not None and context is old.context and git == old.git_stamps:
        return old if known else Around(config, stamps, context, old.changes, git)
    changes = measured(read_history(context, options.history), context) if git else None
    return Around(config, stamps, context, changes, git)


def _is_still(old: Context, new: Context) -> bool:
    same = old.root == new.root and old.ignore_file == new.ignore_file and old.ignore == new.ignore
    return same and old.is_current()


def _locate(path: Path | None, dockerfile: Dockerfile, options: Options, config: Config) -> Context:
    """Raises ContextError or PatternError."""
    folder = options.context or (Path(config.context) if config.context else None)
    if folder is not None:
        return Context.open(folder, path)
    if path is None:
        raise NotFound("the buffer has no file yet")
    return find_context(path, dockerfile)


def _result(data: bytes, around: Around, options: Options) -> Result:
    return reorder(
        data,
        context=around.context,
        config=around.config,
        build_args=options.build_args,
        changes=around.changes,
    )


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


def _config_stamps(path: Path | None) -> _Stamps:
    """Of all places where a settings file may hold for the path."""
    start = path.parent.resolve() if path else Path.cwd()
    folders = (start, *start.parents)
    return tuple(stamp(folder / name) for folder in folders for name in _SETTINGS_FILES)


def _git_stamps(context: Context) -> _Stamps:
    """They differ after a commit; empty outside a repository."""
    folders = (context.root, *context.root.parents)
    git = next((folder / ".git" for folder in folders if (folder / ".git").exists()), None)
    if git is None:
        return ()
    try:
        if git.is_file():  # a work tree of its own
            git = git.parent / git.read_text("utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text("utf-8").removeprefix("ref:").strip()
    except (OSError, UnicodeDecodeError):
        head = ""
    return tuple(stamp(git / name) for name in (*_GIT_FILES, *([head] if head else [])))
