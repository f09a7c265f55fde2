"""Candidate splits: the few files that a RUN needs of a broad COPY get a COPY of their own.

    COPY . .                    COPY package.json package-lock.json ./
    RUN npm ci          ->      RUN npm ci
                                COPY . .

The broad COPY stays as it is and brings everything again, so that only its position changes. The
conditions are shown on effects alone: what the RUN reads of the COPY are the named files and
nothing else, and it writes nothing that the COPY brings.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from reorder.effects.effect import Access, Extent, Footprint
from reorder.effects.instruction import AnalysedStage, analyse_part
from reorder.effects.paths import STANDARD_FOLDERS, conflict, meets, parents
from reorder.effects.place import Step, same_file, without, writes_file
from reorder.syntax.dockerfile import parse

# A RUN that takes less is not worth a line more in the file.
LEAST_SECONDS = 2.0
_MOST_FILES = 40
_COPIES = ("COPY", "ADD")
_CARRIED = ("chown", "chmod")
_ODD = frozenset(" \t\"'\\$*?[]{}#<>`,\n")


class Narrow(Struct, frozen=True):
    """A new COPY for one RUN: the position of the COPY that it is a part of, its text and step."""

    broad: int
    reader: int
    text: str
    step: Step


class Refused(Struct, frozen=True):
    """Why the RUN at `reader` cannot be freed from the COPY at `broad`."""

    broad: int
    reader: int
    reason: str


def candidates(analysed: AnalysedStage) -> tuple[tuple[Narrow, ...], tuple[Refused, ...]]:
    """The narrow COPYs that would free a slow RUN of a stage, and what stood against others."""
    narrow: list[Narrow] = []
    refused: list[Refused] = []
    for reader, run in enumerate(analysed.steps):
        if run.instruction.keyword != "RUN" or run.effect.seconds < LEAST_SECONDS:
            continue
        for broad in range(reader):
            found = _candidate(analysed, broad, reader)
            if isinstance(found, Refused):
                refused.append(found)
            else:
                narrow += found
    return tuple(narrow), tuple(refused)


def _candidate(analysed: AnalysedStage, broad: int, reader: int) -> tuple[Narrow, ...] | Refused:
    copy, run = analysed.steps[broad], analysed.steps[reader]
    shadow = _shadow(copy, run)
    if shadow:
        told = f"{shadow} would be imported in place of a module of that name"
        return Refused(broad, reader, told)
    if not _is_broad(copy):
        return ()
    if run.effect.opaque:
        return Refused(broad, reader, run.effect.opaque)
    wanted = _read_of(copy, run)
    if not wanted:
        return ()
    if len(wanted) == len(copy.brought):
        return Refused(broad, reader, "it reads all files that the COPY brings")
    special = next((f.name for f in copy.instruction.flags if f.name not in _CARRIED), None)
    if special:
        told = f"--{special} may not do the same for {wanted[0]} alone: leave the flag out"
        return Refused(broad, reader, told)
    reason = _obstacle(analysed.steps, broad, reader, frozenset(wanted))
    reason = reason or _clocked(analysed, broad, reader, wanted)
    if reason:
        return Refused(broad, reader, reason)
    missing = [path for path in wanted if not _supplied(analysed.steps[:broad], path, copy)]
    return tuple(_narrow(analysed, broad, reader, missing))


def _shadow(copy: Step, run: Step) -> str | None:
    """A file that the COPY brings and that the RUN may import instead of an installed module.

    A module of the project that the RUN surely imports is read: it is one of the named files.
    """
    looks = [f for f in run.effect.reads if f.extent is Extent.MODULES]
    if not looks or copy.instruction.keyword not in _COPIES:
        return None
    own = _read_of(copy, run)
    paths = (path for path in copy.brought if path not in own)
    return next((path for path in paths if any(_holds(f, path) for f in looks)), None)


def _is_broad(copy: Step) -> bool:
    """A COPY or ADD of one folder of the context, with more than one file."""
    words = copy.instruction.words
    plain = len(words) == 2 and not any(char in words[0] for char in "*?[$")
    plain = plain and ".." not in words[0].split("/")
    folder = posixpath.normpath("/" + words[0]).lstrip("/") if plain else ""
    prefix = f"{folder}/" if folder else ""
    # Not so behind a link.
    inside = all(source.startswith(prefix) for source in copy.brought.values())
    return copy.instruction.keyword in _COPIES and plain and inside and len(copy.brought) > 1


def _read_of(copy: Step, run: Step) -> tuple[str, ...]:
    """The files of the COPY that the RUN reads, in the order in which it does."""
    reads = [f for f in run.effect.reads if f.resource == "path" and f.extent is not Extent.MODULES]
    paths = tuple(sorted(copy.brought))
    every = Footprint("path", "", Access.READ, Extent.LISTED, members=paths)
    found: dict[str, None] = {}
    for read in reads:
        if meets(read, every):  # many times faster than a look at each path
            found |= dict.fromkeys(path for path in copy.brought if _holds(read, path))
    return tuple(found)


def _holds(read: Footprint, path: str) -> bool:
    return meets(read, Footprint("path", path, Access.READ))


def _obstacle(steps: Sequence[Step], broad: int, reader: int, wanted: frozenset[str]) -> str | None:
    """Why the RUN may not stand between a COPY of the wanted files and the broad COPY."""
    copy, run = steps[broad], steps[reader]
    for path in wanted:
        writes = next((f.why for f in run.effect.writes if writes_file(f, path)), None)
        if writes is not None:
            hint = "".join(writes.partition(": ")[1:])
            return f"it writes {path}, which the COPY would put back{hint}"
    rest = without(copy, wanted)
    for first in rest.effect.footprints:
        for then in run.effect.footprints:
            if first.resource == "path" and conflict(first, then):
                return f"{then.why}, and line {copy.instruction.line} {first.why}"
    missing = _folder_of_the_copy(steps[:broad], copy, run, wanted)
    if missing:
        return missing
    for between in steps[broad + 1 : reader]:
        for path in wanted:
            if any(writes_file(f, path) for f in between.effect.writes):
                return f"line {between.instruction.line} may change {path} in between"
    if len(wanted) > _MOST_FILES:
        return f"it reads {len(wanted)} files of the COPY"
    return None


def _folder_of_the_copy(
    above: Sequence[Step], copy: Step, run: Step, wanted: frozenset[str]
) -> str | None:
    """Why the RUN may miss a folder to write in, which a COPY of the wanted files does not make."""
    made = {
        folder
        for f in copy.effect.footprints
        if f.access is Access.SETDIR and f.extent is Extent.LISTED
        for folder in f.members
    }
    there = {f.name for step in above for f in step.effect.footprints if f.access is Access.ENSURE}
    there |= {*STANDARD_FOLDERS, *(folder for path in wanted for folder in parents(path))}
    for written in run.effect.writes:
        if written.resource == "path" and written.extent is not Extent.LISTED:
            folder = next((p for p in parents(written.name) if p in made - there), None)
            if folder:
                return f"{written.why}, and {folder} comes with line {copy.instruction.line}"
    return None


def _clocked(analysed: AnalysedStage, broad: int, reader: int, wanted: Sequence[str]) -> str | None:
    """Why a later RUN may see that the broad COPY lays the wanted files down again.

    On a warm cache they are then newer than what the RUN made of them.
    """
    copy = analysed.steps[broad]
    names = {posixpath.basename(path) for path in wanted}
    for step in analysed.steps[reader:]:
        for pattern in step.effect.clock:
            told = [c for c in copy.brought.values() if fnmatchcase(posixpath.basename(c), pattern)]
            if pattern == "*" or any(_mentions(analysed, source, names) for source in told):
                line = step.instruction.line
                return f"line {line} compares file times, and may do so for {min(names)}"
    return None


def _mentions(analysed: AnalysedStage, source: str, names: set[str]) -> bool:
    context = analysed.first.context
    content = context.read(source) if context else None
    return content is None or any(name.encode() in content for name in names)


def _supplied(above: Sequence[Step], path: str, copy: Step) -> bool:
    """True when a COPY above the broad one has brought the same file in the same way."""
    return any(same_file(step, copy, path) for step in above)


def _narrow(
    analysed: AnalysedStage, broad: int, reader: int, wanted: Sequence[str]
) -> Iterator[Narrow]:
    """One COPY for each folder, so that the files keep their tree."""
    copy = analysed.steps[broad]
    folders: dict[tuple[str, str], list[str]] = {}
    for path in wanted:
        source = copy.brought[path]
        key = posixpath.dirname(path), posixpath.dirname(source)
        folders.setdefault(key, []).append(source)
    for (folder, _), sources in folders.items():
        text = _text(copy, folder, sources)
        if text is None:
            continue
        instruction = parse(f"FROM scratch\n{text}\n".encode()).instructions[1]
        instruction = replace(instruction, line=copy.instruction.line)
        yield Narrow(broad, reader, text, analyse_part(analysed, broad, instruction))


def _text(copy: Step, folder: str, sources: Sequence[str]) -> str | None:
    """`COPY --chown=app package.json ./packages/a/`; None for names that need quotes.

    ADD lays a folder down as COPY does; a file of it that is an archive would be unpacked.
    """
    dest = _destination(copy, folder)
    if dest is None or any(_ODD & set(word) for word in (*sources, dest)):
        return None
    if any(":" in source or source.startswith("-") for source in sources):  # an address, a flag
        return None
    flags = [
        f"--{flag.name}={flag.value}" if flag.value else f"--{flag.name}"
        for flag in copy.instruction.flags
    ]
    return " ".join(["COPY", *flags, *sources, dest])


def _destination(copy: Step, folder: str) -> str | None:
    """The destination as the author wrote it, with the folder below it."""
    written = copy.instruction.words[-1]
    root = _root(copy)
    if root is None or not (folder + "/").startswith(root.rstrip("/") + "/"):
        return None
    below = folder[len(root.rstrip("/")) :].strip("/")
    base = "." if written in ("", ".", "./") else written.rstrip("/")
    return f"{base}/{below}/" if below else f"{base}/"


def _root(copy: Step) -> str | None:
    """The image folder that the COPY fills."""
    return next(
        (
            f.name
            for f in copy.effect.footprints
            if f.resource == "path" and f.extent is Extent.LISTED and f.access is Access.WRITE
        ),
        None,
    )
