"""Seconds and change events -> the cost problem of a stage, in whole numbers.

Milliseconds and event weights are integers, so that every comparison of orders is exact.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase, translate
from functools import cache, reduce
from operator import or_

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.context.cover import cover
from reorder.context.files import Context
from reorder.context.history import History
from reorder.effects.instruction import AnalysedStage
from reorder.effects.paths import canonical
from reorder.effects.place import Step
from reorder.syntax.dockerfile import Instruction
from reorder.volatile import USUAL, Volatile, kinds

# An order with one inversion more must save at least this much: the smallest edit wins. It is the
# time of a COPY (FACTS), so that two COPYs are never swapped for their own sake.
MOVE_SECONDS = 0.5
_SCALE = 1000
_HEAD = ".git/HEAD"
# Fewer commits than this say less than the average project does.
LEAST_EVENTS = 20


class ChangeEvent(Struct, frozen=True):
    """A rebuild: the files that changed, or with `kinds` the kinds of files; `id` is a commit."""

    weight: int
    kinds: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    id: str = ""


class StageCost(Struct, frozen=True):
    """Milliseconds and event mask of each step; the weight of each event, and of all rebuilds.

    `measured`: the steps whose seconds come from a build log, as a mask.
    """

    milliseconds: tuple[int, ...]
    touches: tuple[int, ...]
    weights: tuple[int, ...]
    total: int
    measured: int = 0

    def seconds(self, item: int) -> float:
        """What a step takes when it runs."""
        return self.milliseconds[item] / 1000.0

    def first(self, count: int) -> StageCost:
        """The cost of the first steps."""
        return replace(
            self,
            milliseconds=self.milliseconds[:count],
            touches=self.touches[:count],
            measured=self.measured & ((1 << count) - 1),
        )

    def plus(self, more: StageCost, known: int) -> StageCost:
        """The cost of these steps, then of those behind the first `known` of `more`."""
        return replace(
            self,
            milliseconds=self.milliseconds + more.milliseconds[known:],
            touches=self.touches + more.touches[known:],
            measured=self.measured | more.measured >> known << len(self.milliseconds),
        )


class Changes(Struct, frozen=True, eq=False):
    """What changes between two builds: the events, the weight of all rebuilds, where from.

    `note` says over what it is measured, None for the shares of an average project.
    """

    events: tuple[ChangeEvent, ...]
    total: int
    note: str | None = None
    context: Context | None = None
    known: dict[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)
    volatile: Volatile = USUAL

    def mask(self, step: Step) -> int:
        """The events that touch a file that the step brings or mounts."""
        return self._masks(step)[0]

    def code(self, step: Step) -> int:
        """Those of them that touch such a file which is neither a manifest nor a lock file."""
        return self._masks(step)[1]

    def _masks(self, step: Step) -> tuple[int, int]:
        if not step.sources:
            return 0, 0
        excluded = tuple(flag.value for flag in step.instruction.flags if flag.name == "exclude")
        key = (*step.sources, "", *excluded)
        if key not in self.known:
            self.known[key] = self._measure(step, excluded)
        return self.known[key]

    def _measure(self, step: Step, excluded: tuple[str, ...]) -> tuple[int, int]:
        if self.context is None:
            found = {kind for source in step.sources for kind in _kinds(source, step)}
            mask = _bits(bool(event.kinds & found) for event in self.events)
            return mask, mask & _bits(event.kinds == {"other"} for event in self.events)
        covered = cover(self.context, step.sources, exclude=excluded)
        has = cache(covered.has)
        code = _bits(any(_is_code(p) and has(p) for p in event.files) for event in self.events)
        if covered.has(_HEAD) and self.context.entry(_HEAD) is not None:
            # The repository itself is brought: it is another one after each commit.
            return (1 << len(self.events)) - 1, code
        return _bits(any(has(path) for path in event.files) for event in self.events), code


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << bit for bit, flag in enumerate(flags) if flag)


# Stage and text of an instruction -> the seconds of the first, the second, ... of that text; None
# for one that is not measured.
Timings = Mapping[tuple[int, str], tuple[float | None, ...]]


def spelled(instruction: Instruction) -> str:
    """The whole text of an instruction, the bodies of here-documents included."""
    bodies = "".join(f"\n{doc.body}" for doc in instruction.heredocs)
    return f"{instruction.keyword} {instruction.text}{bodies}"


class Costing(Struct, frozen=True):
    """`of_stage`: the mask of all events that touch each stage above.

    `files`: for each of them the steps that bring its files by name, by the path of the file.
    `timings`: what is measured of the steps; the models tell of the others.
    """

    changes: Changes
    of_stage: tuple[int, ...] = ()
    files: tuple[Mapping[str, Step], ...] = ()
    timings: Timings = field(default_factory=dict)

    def of(self, steps: Sequence[Step], base_stage: int | None = None) -> StageCost:
        """The cost problem of some steps of the next stage, which starts from `base_stage`.

        What touches a stage re-runs all of those that start from it.
        """
        base = 0 if base_stage is None else self.of_stage[base_stage]
        times = self._timed(steps)
        return StageCost(
            tuple(
                round((step.effect.seconds if time is None else time) * 1000)
                for step, time in zip(steps, times, strict=True)
            ),
            tuple(base | self._touches(step) for step in steps),
            tuple(event.weight for event in self.changes.events),
            self.changes.total,
            _bits(time is not None for time in times),
        )

    def _timed(self, steps: Sequence[Step]) -> list[float | None]:
        if not self.timings:
            return [None] * len(steps)
        seen: Counter[str] = Counter()
        times: list[float | None] = []
        for step in steps:
            text = spelled(step.instruction)
            found = self.timings.get((len(self.of_stage), text), ())
            times.append(found[seen[text]] if seen[text] < len(found) else None)
            seen[text] += 1
        return times

    def _touches(self, step: Step) -> int:
        if self.changes.volatile.of(step) or self.changes.volatile.part(step):
            return (1 << len(self.changes.events)) - 1
        mask = self.changes.mask(step)
        for stage in step.stages:
            if stage < len(self.of_stage):
                mask |= self._files(step, stage)
        return mask

    def _files(self, step: Step, stage: int) -> int:
        """What touches the files that come from a stage: the builder compares their content.

        A file that the stage itself has brought by name is taken to be left as it was.
        """
        known = self.files[stage]
        sources = step.instruction.words[:-1] if step.instruction.keyword == "COPY" else ()
        paths = [canonical("/" + source) for source in sources]
        if not paths or not all(path in known for path in paths):
            return self.of_stage[stage]
        alone = (replace(known[path], sources=(known[path].brought[path],)) for path in paths)
        return reduce(or_, map(self.changes.mask, alone))

    def below(self, analysed: AnalysedStage) -> Costing:
        """For the next stage: what copies from this one is touched by all that touches it."""
        parent = analysed.stage.base_stage
        mask = 0 if parent is None else self.of_stage[parent]
        for touch in self.of(analysed.steps).touches:
            mask |= touch
        files = {} if parent is None else dict(self.files[parent])
        files |= {path: step for step in analysed.steps for path in step.brought}
        return replace(self, of_stage=(*self.of_stage, mask), files=(*self.files, files))


def measured(history: History, context: Context) -> Changes | None:
    """The changes of a history; None when it has too few events to tell anything."""
    if len(history.events) < LEAST_EVENTS:
        return None
    events = tuple(
        ChangeEvent(max(1, round(event.weight * _SCALE)), files=event.files, id=event.id)
        for event in history.events
    )
    note = f"over the last {len(events)} commits"
    return Changes(events, sum(event.weight for event in events), note, context)


@cache
def average() -> Changes:
    """The changes of an average project: kinds of files, nested by how often they change.

    Who edits a manifest edits other files in the same commit, so the rarer event is taken to be
    part of the more frequent one; that never overstates what a move saves.
    """
    shares = {kind: round(share * _SCALE) for kind, share in kinds()["share"].items()}
    ranked = sorted(shares, key=lambda kind: (-shares[kind], kind))
    events = []
    for n, kind in enumerate(ranked):
        rarer = shares[ranked[n + 1]] if n + 1 < len(ranked) else 0
        events.append(ChangeEvent(shares[kind] - rarer, frozenset(ranked[: n + 1])))
    return Changes(tuple(events), _SCALE)


@cache
def _listed() -> re.Pattern[str]:
    patterns = (p for group in kinds()["patterns"].values() for p in group)
    return re.compile("|".join(map(translate, patterns)))


@cache
def _is_code(path: str) -> bool:
    return _listed().match(path.rpartition("/")[2]) is None


def _kinds(source: str, step: Step) -> frozenset[str]:
    """`package*.json` -> manifest and lock; a folder or a glob of code -> other."""
    name = source.rpartition("/")[2]
    if not name or name.startswith("*"):
        return frozenset(["other"])
    found = frozenset(
        kind
        for kind, patterns in kinds()["patterns"].items()
        if any(fnmatchcase(name, p) or fnmatchcase(p, name) for p in patterns)
    )
    if found:
        return found
    is_file = source in step.brought.values() if step.brought else "." in name.lstrip(".")
    return frozenset(["named" if is_file else "other"])
