"""How a Dockerfile is built: what files around it say, else in the folder with all it copies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from reorder.context.builds.build import Build, Builds
from reorder.context.builds.sources import builds_in, known_sources
from reorder.context.files import Context, ContextError, PatternError, names_of, read_source
from reorder.context.match import has_wildcards
from reorder.syntax.dockerfile import Dockerfile, Instruction

# How a source begins that is no file of the context.
REMOTE = ("http://", "https://", "git@", "git://", "ssh://")


class NotFound(ContextError):
    """No folder has all that the Dockerfile copies."""


class Replaced(ValueError):
    """A stage of the Dockerfile is not what is built."""


class Way(NamedTuple):
    """A build, and its context as the builder sees it."""

    build: Build
    context: Context


class Found(NamedTuple):
    """The ways to build a Dockerfile that differ; `notes`: what says no more than that."""

    ways: tuple[Way, ...]
    notes: tuple[str, ...] = ()


def find_ways(
    path: Path, dockerfile: Dockerfile, said: Callable[[Path], Builds] = builds_in
) -> Found:
    """All builds that the files around a Dockerfile name, or the nearest folder that can be one.

    The files are looked for up to the root of the repository. A build that would fail, as a
    source is missing, is left out while others would not. Raises Replaced, and what find_context
    raises.
    """
    path = path.absolute()
    spoken = [said(folder) for folder in _candidates(path.parent.resolve())]
    notes = [note for builds in spoken for note in builds.notes]
    declared = {n for i in dockerfile.instructions if i.keyword == "ARG" for n, _ in i.pairs}
    ways: dict[tuple[object, ...], Way] = {}
    for build in (build for builds in spoken for build in builds.found if _builds(build, path)):
        try:
            context = Context.open(build.context, path)
        except ContextError as error:
            notes.append(f"{shown_place(build)}: {error}")
            continue
        _keep_stages(build, dockerfile)
        args = tuple(pair for pair in build.args if pair[0] in declared)
        way = Way(build._replace(args=args), context)
        ways.setdefault((context.root, args, build.named), way)
    copies = tuple(dict.fromkeys(tuple(_sources(i)) for i in dockerfile.instructions))
    absent = {key: _absent(way.context, copies, optional=True) for key, way in ways.items()}
    whole = tuple(way for key, way in ways.items() if absent[key] is None)
    if not ways:
        context = find_context(path, dockerfile)
        return Found((Way(Build(context.root), context),), tuple(notes))
    if whole:
        notes += [
            f"{shown_place(ways[key].build)}: left out: `{source}` is not in its context"
            for key, source in absent.items()
            if source is not None
        ]
    return Found(whole or tuple(ways.values()), tuple(notes))


def _builds(build: Build, path: Path) -> bool:
    """Whether a build is one of this Dockerfile."""
    names = known_sources()["default"]["names"]
    defaults = [build.context / name for name in names]
    file = build.file or next((f for f in defaults if f.exists()), defaults[0])
    return os.path.realpath(file) == os.path.realpath(path)


def _keep_stages(build: Build, dockerfile: Dockerfile) -> None:
    froms = [i for i in dockerfile.instructions if i.keyword == "FROM" and len(i.words) == 3]
    lower = {name.lower() for name in build.named}
    for from_ in froms:
        if from_.words[2].lower() in lower:
            raise Replaced(
                f"{shown_place(build)} builds with another context in place of the stage"
                f" `{from_.words[2]}`: choose a build without it with --context"
            )


def shown_place(build: Build) -> str:
    """`compose.yaml:7`, seen from the working directory; "" when nobody names the build."""
    if build.place is None:
        return ""
    return f"{shown_path(build.place.file)}:{build.place.line}"


def shown_path(path: Path) -> str:
    """A path below the working directory is relative to it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def find_context(path: Path, dockerfile: Dockerfile) -> Context:
    """The nearest folder upwards in which all sources of COPY and ADD exist.

    When there is none, the nearest in which all but optional ones do (`yarn.lock*`).
    The search ends at the root of the repository, or at the Dockerfile's own folder outside one.
    Raises NotFound; ContextError or PatternError when the nearest folder cannot be read.
    """
    path = path.absolute()
    folders = _candidates(path.parent.resolve())
    copies = tuple(dict.fromkeys(tuple(_sources(i)) for i in dockerfile.instructions))
    missing = ""
    for optional in (False, True):
        for folder in folders:
            context = Context.open(folder, path)
            absent = _absent(context, copies, optional=optional)
            if absent is None:
                return context
            missing = missing or absent
    raise NotFound(
        f"`{missing}` is not in {folders[0]}"
        + (f" nor in a folder above it up to {folders[-1]}" if len(folders) > 1 else "")
        + ": name the folder that is built with --context"
    )


def _absent(
    context: Context, copies: Sequence[tuple[str, ...]], *, optional: bool = False
) -> str | None:
    """The first source that is not there.

    `optional`: a pattern may match nothing when another source of its COPY is there.
    """
    for sources in copies:
        gone = [source for source in sources if not _exists(context, source)]
        if optional and len(gone) < len(sources):
            gone = [source for source in gone if not has_wildcards(source)]
        if gone:
            return gone[0]
    return None


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


def named_files(context: Context, dockerfile: Dockerfile) -> list[Path]:
    """The files that a COPY or ADD names, also by a pattern; folders and what is in them not."""
    found: list[Path] = []
    for instruction in dockerfile.instructions:
        for word in _sources(instruction):
            with suppress(PatternError):
                names = names_of(context, read_source(word, False).path) or ()
                found += (context.root / name for name in names)
    return [path for path in found if not path.is_dir()]


def _exists(context: Context, word: str) -> bool:
    """Looks no deeper than the word itself: a context may be large."""
    try:
        names = names_of(context, read_source(word, False).path)
    except PatternError:
        return False
    return bool(names) and all(context.resolve(name) is not None for name in names or ())
