"""Which folder a Dockerfile is built in, when nobody says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reorder.context.files import Context, ContextError, PatternError, names_of, read_source
from reorder.syntax.dockerfile import Dockerfile, Instruction

# How a source begins that is no file of the context.
REMOTE = ("http://", "https://", "git@", "git://", "ssh://")


class NotFound(ContextError):
    """No folder has all that the Dockerfile copies."""


def find_context(path: Path, dockerfile: Dockerfile) -> Context:
    """The nearest folder upwards in which all sources of COPY and ADD exist.

    The search ends at the root of the repository, or at the Dockerfile's own folder outside one.
    Raises NotFound; ContextError or PatternError when the nearest folder cannot be read.
    """
    path = path.absolute()
    folders = _candidates(path.parent.resolve())
    wanted = [source for i in dockerfile.instructions for source in _sources(i)]
    missing = ""
    for folder in folders:
        context = Context.open(folder, path)
        absent = next((source for source in wanted if not _exists(context, source)), None)
        if absent is None:
            return context
        missing = missing or absent
    raise NotFound(
        f"`{missing}` is not in {folders[0]}"
        + (f" nor in a folder above it up to {folders[-1]}" if len(folders) > 1 else "")
        + ": name the folder that is built with --context"
    )


def _candidates(folder: Path) -> list[Path]:
    upwards = [folder, *folder.parents]
    root = next((n for n, f in enumerate(upwards) if (f / ".git").exists()), 0)
    return upwards[: root + 1]


def _sources(instruction: Instruction) -> Iterator[str]:
    """What is copied from the context, as far as it is known before the build."""
    local = instruction.keyword in ("COPY", "ADD") and not instruction.flag("from")
    for word in instruction.words[:-1] if local else ():
        if not word.startswith((*REMOTE, "<<")) and "$" not in word:
            yield word


def _exists(context: Context, word: str) -> bool:
    """Looks no deeper than the word itself: a context may be large."""
    try:
        names = names_of(context, read_source(word, False).path)
    except PatternError:
        return False
    return bool(names) and all(context.resolve(name) is not None for name in names or ())
