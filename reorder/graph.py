"""Effects -> the pairs of instructions that must keep their order, each with its reason as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from reorder.effects.effect import GONE, PRESENT, Access, Extent, Footprint
from reorder.effects.instruction import AnalysedStage
from reorder.effects.paths import conflict, meets
from reorder.effects.place import Step, same_file, without
from reorder.effects.twice import alike, brought_before
from reorder.volatile import USUAL, Volatile


class Edge(Struct, frozen=True):
    """`after` must stay below `before` (positions in the stage): both touch the resource.

    `first` and `then` are the two footprints that meet; None where the rule is not about one.
    """

    before: int
    after: int
    resource: str
    reason: str
    first: Footprint | None = None
    then: Footprint | None = None


def edges(analysed: AnalysedStage, volatile: Volatile = USUAL) -> tuple[Edge, ...]:
    """Every pair that does not commute, in the author's direction."""
    steps = analysed.steps
    meetings = _Meetings.of(steps)
    found = {(edge.before, edge.after): edge for edge in _folder_edges(meetings)}
    if _removes_its_folder(analysed):
        reason = "a working directory is removed, which the next RUN makes again"
        return tuple(Edge(n, n + 1, "cwd", reason) for n in range(len(steps) - 1))
    for after in range(len(steps)):
        for before in range(after):
            edge = _fixed(steps, before, after, volatile) or meetings.edge(before, after)
            if edge is not None and not _again(steps, before, after):
                found[before, after] = edge
    return tuple(found[pair] for pair in sorted(found))


def _removes_its_folder(analysed: AnalysedStage) -> bool:
    """Whether a RUN removes a folder that it or a RUN above it may start in.

    A WORKDIR below it makes the folder anew, and stays below it, with all that runs there.
    """
    cwds: set[str] = set()
    for step in analysed.steps:
        cwds.add(step.scope.cwd)
        folders = [
            Footprint("path", c, Access.READ) for c in cwds if c.startswith("/") and c != "/"
        ]
        gone = [f for f in step.effect.footprints if f.owner == GONE]
        if any(meets(f, folder) for f in gone for folder in folders):
            return True
    return False


class _Meetings(Struct, frozen=True):
    """Which footprints of a stage conflict: each pair is looked at once, not once for each step.

    `unique`: all footprints; `touched`: a bit for each that a step has; `written`: the places of
    those that it writes; `partners`: for a written footprint the bits of all that conflict;
    `sure`: whether the folders that a step makes surely are there below it; `run`: it is a RUN.
    """

    unique: tuple[Footprint, ...]
    touched: tuple[int, ...]
    written: tuple[tuple[int, ...], ...]
    partners: Mapping[int, int]
    sure: tuple[bool, ...]
    run: tuple[bool, ...]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> _Meetings:
        unique = tuple(dict.fromkeys(f for step in steps for f in step.effect.footprints))
        places = {footprint: at for at, footprint in enumerate(unique)}
        of_step = [[places[f] for f in step.effect.footprints] for step in steps]
        return cls(
            unique,
            tuple(sum(1 << at for at in set(found)) for found in of_step),
            tuple(_writes_first(found, unique) for found in of_step),
            _partners(unique),
            tuple(map(_makes_surely, steps)),
            tuple(step.instruction.keyword == "RUN" for step in steps),
        )

    def edge(self, before: int, after: int) -> Edge | None:
        """The first meeting of two footprints, one of which is written."""
        for first in self.written[before]:
            met = self.partners[first] & self.touched[after]
            if met:
                return _edge(before, after, self.unique[first], self.unique[_lowest(met)])
        for then in self.written[after]:
            met = self.partners[then] & self.touched[before]
            if met:
                return _edge(before, after, self.unique[_lowest(met)], self.unique[then])
        return None


def _makes_surely(step: Step) -> bool:
    """A RUN may make a folder behind an `if`; a pattern without a known file may match none."""
    if step.instruction.keyword not in ("COPY", "ADD"):
        return step.instruction.keyword != "RUN"
    plain = (not any(c in source for c in "*?[$") for source in step.instruction.words[:-1])
    return bool(step.brought) or any(plain)


def _partners(unique: Sequence[Footprint]) -> dict[int, int]:
    """The conflicts of each written footprint; those that differ in their reason only are one."""
    alike: dict[str, dict[Footprint, list[int]]] = {}
    for at, footprint in enumerate(unique):
        regions = alike.setdefault(footprint.resource, {})
        regions.setdefault(replace(footprint, why=""), []).append(at)
    return {at: met for regions in alike.values() for at, met in _met(regions)}


def _met(regions: Mapping[Footprint, Sequence[int]]) -> Iterator[tuple[int, int]]:
    """Each pair is looked at once."""
    bits = {region: sum(1 << at for at in places) for region, places in regions.items()}
    written = [region for region in regions if region.access is not Access.READ]
    read = [region for region in regions if region.access is Access.READ]
    met = {one: sum(bits[other] for other in read if conflict(one, other)) for one in written}
    for one, other in combinations_with_replacement(written, 2):
        if conflict(one, other):
            met[one] |= bits[other]
            met[other] |= bits[one]
    return ((at, met[one]) for one in written for at in regions[one])


def _writes_first(places: Sequence[int], unique: Sequence[Footprint]) -> tuple[int, ...]:
    """What tells most comes first: files that are written, then folders that are made."""
    written = [at for at in places if unique[at].access is not Access.READ]
    return tuple(sorted(written, key=lambda at: unique[at].access is not Access.WRITE))


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _again(steps: Sequence[Step], before: int, after: int) -> bool:
    """True when the two would meet only in files that an earlier COPY has brought already.

    `COPY a b /x/` ... `RUN reads /x/a` ... `COPY . /x`: the second COPY puts the same file of the
    context at `/x/a` once more, so RUN and COPY may stand in either order below the first.
    """
    if _twice(steps, before, after):
        return True
    for copy, run in ((before, after), (after, before)):
        keywords = steps[copy].instruction.keyword, steps[run].instruction.keyword
        if keywords not in (("COPY", "RUN"), ("ADD", "RUN")):
            continue
        paths = brought_before(steps, copy, run)
        if paths and not _meet(without(steps[copy], paths), steps[run]):
            return True
    return False


def _meet(one: Step, other: Step) -> bool:
    return _Meetings.of((one, other)).edge(0, 1) is not None


def _twice(steps: Sequence[Step], before: int, after: int) -> bool:
    """True when two COPYs of the author would meet only in files that both bring."""
    if not alike(steps, before, after):
        return False
    one, other = steps[before], steps[after]
    paths = frozenset(path for path in one.brought if same_file(one, other, path))
    return bool(paths) and not _meet(without(one, paths), without(other, paths))


def _edge(before: int, after: int, first: Footprint, then: Footprint) -> Edge:
    reason = then.why if then.access is Access.READ or not first.why else first.why
    if then.why and first.why and then.why != first.why:
        reason = f"it {then.why}; the other {first.why}"
    name = then.name if first.access is Access.READ else first.name
    return Edge(before, after, f"{first.resource}:{name}".rstrip(":"), reason, first, then)


_NAMES = ("ENV", "ARG")


def _fixed(steps: Sequence[Step], before: int, after: int, volatile: Volatile) -> Edge | None:
    """Rules of place that are not about one footprint."""
    a, b = steps[before].instruction, steps[after].instruction
    named = a.keyword in _NAMES and b.keyword in _NAMES
    if named and not (volatile.of(steps[before]) or volatile.of(steps[after])):
        reason = "the order of variables is the order of the image's environment"
        return Edge(before, after, "env", reason)
    if b.dangling:
        return Edge(before, after, "text", "the last line ends in a continuation")
    return None


def _folder_edges(meetings: _Meetings) -> list[Edge]:
    """Who makes a missing folder decides its owner; who comes below a sure maker does not."""
    folders = {
        f.name
        for f in meetings.unique
        if f.resource == "path" and (f.access is Access.ENSURE or f.owner == PRESENT)
    }
    return [edge for folder in sorted(folders) for edge in _edges_of_folder(folder, meetings)]


def _edges_of_folder(folder: str, meetings: _Meetings) -> list[Edge]:
    """`makers`: the first that surely makes the folder, and those above it that may; `readers`.

    `setters` set its mode, too: that matters only to who needs it to be there, and where no sure
    maker stands above; `present`: who needs it.
    """
    unique, around = meetings.unique, _around(folder, meetings.unique)
    found: list[Edge] = []
    makers: list[tuple[int, Footprint]] = []
    readers: list[tuple[int, Footprint]] = []
    setters: list[tuple[int, Footprint]] = []
    there = False
    for at, touched in enumerate(meetings.touched):
        if touched & around.writers:
            makers, readers, setters, there = [], [], [], False
            continue
        own = _first(touched & around.makers, unique)
        seen = around.lookers | around.filling if meetings.run[at] else around.lookers
        looks = _first(touched & seen, unique)
        needs = _first(touched & around.present, unique)
        sets = _first(touched & around.setters, unique)
        for before, maker in makers:
            others = [f for f in (own, looks) if f and (f is looks or f.owner != maker.owner)]
            found += [_edge(before, at, maker, other) for other in others]
        if needs and not there:
            found += [_edge(before, at, setter, needs) for before, setter in setters]
        if sets and not there:
            needing = ((n, f) for n, f in readers if f.owner == PRESENT)
            found += [_edge(reader, at, look, sets) for reader, look in needing]
            setters.append((at, sets))
        if own:
            found += [_edge(reader, at, look, own) for reader, look in readers]
        if own and not there:
            there = meetings.sure[at]
            makers.append((at, own))
        if looks and not there:
            readers += [(at, f) for f in dict.fromkeys((looks, needs)) if f]
    return found


class _Around(NamedTuple):
    """The bits of the footprints that write, look at, make, need or set a folder, or fill it.

    A RUN that writes below a folder may make it: not all programs need it to be there.
    """

    writers: int
    lookers: int
    makers: int
    present: int
    setters: int
    filling: int


def _around(folder: str, unique: Sequence[Footprint]) -> _Around:
    probe = Footprint("path", folder, Access.ENSURE)
    writers = lookers = makers = present = setters = filling = 0
    for at, f in enumerate(unique):
        if f.resource != "path":
            continue
        if f.access is Access.ENSURE:
            makers |= (f.name == folder) << at
        elif f.access is Access.WRITE:
            writers |= meets(f, probe) << at
            filling |= _is_below(f, folder) << at
        elif f.access is Access.SETDIR:
            setters |= meets(f, probe) << at
        else:
            lookers |= meets(f, probe) << at
            present |= (f.name == folder and f.owner == PRESENT) << at
    return _Around(writers, lookers, makers, present, setters, filling)


def _is_below(written: Footprint, folder: str) -> bool:
    return written.extent is not Extent.LISTED and written.name.startswith(f"{folder}/")


def _first(bits: int, unique: Sequence[Footprint]) -> Footprint | None:
    return unique[_lowest(bits)] if bits else None
