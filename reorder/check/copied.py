"""COPY, ADD, WORKDIR, VOLUME -> the places that they touch, from their own text."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reorder.check.overlap import Listing, Region, listing, parse
from reorder.check.reader import Instruction
from reorder.check.simulate import World, fill, joined
from reorder.check.state import State
from reorder.check.touch import (
    Touch,
    accounts,
    behind_link,
    claimed,
    everything,
    folders,
    made,
    read,
    signature,
    write,
)
from reorder.check.words import plain_words
from reorder.effects.effect import MADE_ELSEWHERE, Access, Effect, Extent

_REMOTE = ("http://", "https://", "git@", "git://", "ssh://")
_ARCHIVE = (".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".zst", ".tzst")


class Copy(Struct, frozen=True):
    """The words of a COPY or ADD; `dest` is None when the place is not known."""

    sources: tuple[str, ...]
    dest: str | None
    slash: bool
    owner: str
    names_owner: bool


def read_copy(instruction: Instruction, state: State, world: World) -> Copy:
    words = instruction.json or plain_words(instruction.rest)
    value = fill(words[-1], state, world).value
    dest = None if value.text is None else joined(state.cwd.path, value.text or ".")
    text = value.text or "."
    slash = text == "." or text.endswith("/")
    who = fill(instruction.flag("chown") or "", state, world).value
    mode = fill(instruction.flag("chmod") or "", state, world).value
    owner = signature(
        f"value {who.term}" if who.text is None else who.text,
        f"value {mode.term}" if mode.text is None else mode.text or "0755",
    )
    if instruction.flag("parents") is not None:
        owner = f"the folders that line {instruction.line} copies"
    named = who.text is None or not _is_number(who.text)
    return Copy(words[:-1], dest, slash, owner, named)


def _is_number(who: str) -> bool:
    return all(part.isdigit() or part in ("", "root") for part in who.split(":"))


def copy_touches(
    instruction: Instruction,
    copy: Copy,
    claim: Effect | None,
    brought: Sequence[str] | None,
    links: frozenset[str],
) -> tuple[Touch, ...]:
    """What its text says, and whatever its claim adds to that."""
    if copy.dest is None or behind_link([copy.dest], Extent.MODULES, links):
        return everything("copies to a place that is not known")
    if claim is not None and claim.opaque is not None:
        return everything("is opaque: " + claim.opaque)
    told = () if claim is None else claimed(claim, links=links)
    found = accounts() if copy.names_owner else []
    if brought and _reliable(instruction, copy, brought):
        return (*found, *_more(told, brought), *_brought(instruction, copy, brought, told))
    return (*found, *_more(told, ()), *_whole(instruction, copy))


def _more(told: Sequence[Touch], brought: Sequence[str]) -> list[Touch]:
    """What the claim adds: links, modes of folders, files that are not surely brought."""
    found = [touch for touch in told if touch.access in (Access.WRITE, Access.SETDIR)]
    return [less(touch, brought) for touch in found]


def less(touch: Touch, files: Collection[str]) -> Touch:
    """A write of listed files without those of `files`."""
    if touch.access is not Access.WRITE or not isinstance(touch.place, Listing):
        return touch
    rest = touch.place.members - frozenset(map(parse, files))
    paths = ("/".join([root, *parts]) for root, parts in rest)
    return replace(touch, place=listing(tuple(sorted(paths)), touch.place.deep))


def _reliable(instruction: Instruction, copy: Copy, brought: Sequence[str]) -> bool:
    """The paths are below the destination that the text gives, and no archive is unpacked."""
    special = instruction.keyword == "ADD" and any(
        source.startswith(_REMOTE) or source.endswith(_ARCHIVE) or "$" in source
        for source in copy.sources
    )
    assert copy.dest is not None
    return not special and all(_below(copy.dest, path) is not None for path in brought)


def _below(dest: str, path: str) -> int | None:
    """How many parts of `path` are `dest`; the folder of an unknown image may be any folder."""
    root, parts = parse(dest)
    path_root, path_parts = parse(path)
    if root == path_root:
        return len(parts) if path_parts[: len(parts)] == parts else None
    if root != "?cwd" or path_root:
        return None
    for start in range(len(path_parts) - len(parts) + 1):
        if path_parts[start : start + len(parts)] == parts:
            return start + len(parts)
    return None


def _brought(
    instruction: Instruction, copy: Copy, brought: Sequence[str], told: Sequence[Touch]
) -> list[Touch]:
    """The files themselves; the folders between the destination and a file get new modes."""
    assert copy.dest is not None
    # Nothing is below a file; who makes a folder of that name makes the COPY fail.
    found = [
        Touch(Access.WRITE, listing(tuple(brought), False), f"brings files to {copy.dest}"),
        Touch(Access.READ, listing(tuple(brought), True), f"needs a place in {copy.dest}"),
    ]
    direct = not copy.slash and any(_below(copy.dest, p) == len(parse(p)[1]) for p in brought)
    found += _parents(instruction, copy, itself=not direct, known=True)
    if direct:
        return [*found, read(copy.dest), write(copy.dest)]
    if not copy.slash and _may_be_one_file(copy, brought):
        found.append(read(copy.dest))
    set_by_claim = {
        member
        for touch in told
        if touch.access is Access.SETDIR and not isinstance(touch.place, Region)
        for member in getattr(touch.place, "members", ())
    }
    for parent in sorted({posixpath.dirname(path) for path in brought}):
        size = _below(copy.dest, parent) or 0
        for folder in folders(parent):
            if len(parse(folder)[1]) > size and parse(folder) not in set_by_claim:
                found.append(_set(folder, f"a folder of the context, line {instruction.line}"))
    return list(dict.fromkeys(found))


def _may_be_one_file(copy: Copy, brought: Sequence[str]) -> bool:
    """Whether `COPY x /d` brings /d/x because /d is a folder by then: x may be a file."""
    names = {posixpath.basename(source) for source in copy.sources}
    return len(copy.sources) > 1 or {posixpath.basename(path) for path in brought} == names


def _set(folder: str, owner: str) -> Touch:
    what = f"sets the mode of {folder}"
    return Touch(Access.SETDIR, Region(*parse(folder), False), what, owner)


def _parents(
    instruction: Instruction, copy: Copy, *, itself: bool, known: bool = False
) -> list[Touch]:
    """`known`: it surely brings files. A pattern that matches nothing brings nothing, silently."""
    assert copy.dest is not None
    folder = copy.dest if itself else posixpath.dirname(copy.dest)
    sure = any(not any(char in source for char in "*?[$") for source in copy.sources)
    found = made(folder, copy.owner, sure=known or sure)
    if instruction.flag("link") in (None, "false"):
        return found
    return found + [_set(path, copy.owner) for path in folders(folder)]


def _whole(instruction: Instruction, copy: Copy) -> list[Touch]:
    """All below the destination: what the source holds is not known."""
    assert copy.dest is not None
    parents = _parents(instruction, copy, itself=copy.slash)
    whole = write(copy.dest)
    named = any("$" in source or "\\" in source for source in copy.sources)
    if instruction.flag("from") is None or instruction.flag("parents") is not None or named:
        return [*parents, read(copy.dest), whole]
    names = {posixpath.basename(source) for source in copy.sources} - {"", "*"}
    patterns = sorted(name for name in names if any(char in name for char in "*?["))
    parents += [write(f"{copy.dest}/{name}") for name in patterns]
    paths = tuple(sorted(f"{copy.dest}/{name}" for name in names.difference(patterns)))
    known = Touch(Access.WRITE, listing(paths, False), f"fills {copy.dest}")
    itself = [] if copy.slash else [_set(copy.dest, f"fills {copy.dest}")]
    return [*parents, read(copy.dest), known, *itself, replace(whole, kind=MADE_ELSEWHERE)]


def workdir_touches(
    state: State, user: str | None, claim: Effect | None, links: frozenset[str]
) -> tuple[Touch, ...]:
    """`state` is the one below the WORKDIR, `user` who makes the folder.

    Only the claim may know the user of a base image.
    """
    path = state.cwd.path
    if path.startswith("?workdir") or behind_link([path], Extent.MODULES, links):
        return everything("makes a folder that is not known")
    told = () if user is not None or claim is None else claimed(claim, links=links)
    owners = {touch.owner for touch in told if touch.access is Access.ENSURE}
    if len(owners) == 1:
        reads = (touch for touch in told if touch.access is Access.READ)
        return (*reads, *made(path, owners.pop(), sure=True))
    named = user is None or not _is_number(user.partition(":")[0])
    found = accounts() if named else []
    owner = signature("unknown" if user is None else user, "0755")
    return (*found, *made(path, owner, sure=True))


def volume_touches(instruction: Instruction, state: State, world: World) -> tuple[Touch, ...]:
    """The legacy builder drops what is written below a volume later."""
    words = instruction.json or plain_words(instruction.rest)
    values = [fill(word, state, world).value.text for word in words]
    places = [joined("/", value) if value else None for value in values]
    return tuple(
        touch
        for place in places
        for touch in (everything("an unknown volume") if place is None else (write(place),))
    )
