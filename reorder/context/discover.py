"""Which folder a Dockerfile is built in, when nobody says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reorder.context.files import Context, ContextError, PatternError, bring
from reorder.syntax.dockerfile import Dockerfile, Instruction

_REMOTE = ("http://", "https://", "git@", "git://", "ssh://", "<<")


def find_context(path: Path, dockerfile: Dockerfile) -> Context | None:
    """The nearest folder upwards in which all sources of COPY and ADD exist; None when none has.

    The search ends at the root of the repository, or at the Dockerfile's own folder outside one.
    """
    wanted = [tuple(_sources(i)) for i in dockerfile.instructions if i.keyword in ("COPY", "ADD")]
    wanted = [sources for sources in wanted if sources]
    for folder in _candidates(path.resolve().parent):
        context = _open(folder, path.resolve())
        if context is not None and all(_exist(context, sources) for sources in wanted):
            return context
    return None


def _open(folder: Path, dockerfile: Path) -> Context | None:
    try:
        return Context.open(folder, dockerfile)
    except (ContextError, PatternError):
        return None


def _candidates(folder: Path) -> Iterator[Path]:
    upwards = [folder, *folder.parents]
    root = next((n for n, f in enumerate(upwards) if (f / ".git").exists()), 0)
    yield from upwards[: root + 1]


def _sources(instruction: Instruction) -> Iterator[str]:
    if any(flag.name == "from" for flag in instruction.flags):
        return
    for word in instruction.words[:-1]:
        if not word.startswith(_REMOTE) and "$" not in word:
            yield word


def _exist(context: Context, sources: tuple[str, ...]) -> bool:
    try:
        found = bring(context, sources, to_folder=True)
    except (ContextError, PatternError):
        return False
    return not found.missing and not found.empty
