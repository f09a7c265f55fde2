"""Steps of logs -> the instructions of a Dockerfile, also when it has changed since.

#7 [build 3/8] RUN make VERSION=1.2      ->      RUN make VERSION=$VERSION
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from msgspec import Struct

from reorder.cost import Timings, spelled
from reorder.effects.instruction import AnalysedStage
from reorder.effects.place import Step
from reorder.syntax.stages import Stage
from reorder.timings.timed import Timed

_TIMED = frozenset(["RUN", "COPY", "ADD", "WORKDIR"])
_VARIABLE = re.compile(r"(\$\{[^}]*\}|\$[A-Za-z_]\w*)")
# A text with more unknown values says too little.
_MOST_UNKNOWN = 8


class Measured(Struct, frozen=True):
    """The seconds of one instruction: those that are remembered, then those of the logs."""

    stage: str
    at: int
    text: str
    seconds: tuple[float, ...]


class Matched(Struct, frozen=True):
    """`unmatched`: the texts of the steps of logs that are no instruction of the file."""

    timings: Timings
    measured: tuple[Measured, ...]
    unmatched: tuple[str, ...]


class _Place(Struct, frozen=True):
    """An instruction: `exact` fits what a log shows with the known values, `loose` with any."""

    stage: Stage
    at: int
    text: str
    plain: str
    exact: re.Pattern[str]
    loose: re.Pattern[str] | None


def matched(timed: Iterable[Timed], stages: Sequence[AnalysedStage]) -> Matched:
    """The seconds of the instructions: the median of the logs, else of what is remembered."""
    places = [
        _place(analysed.stage, at, step)
        for analysed in stages
        for at, step in enumerate(analysed.steps)
        if step.instruction.keyword in _TIMED
    ]
    found: dict[int, list[Timed]] = defaultdict(list)
    unmatched: list[str] = []
    for build in _builds(timed):
        for sample, place in _assigned(build, places):
            if place is not None:
                found[place].append(sample)
            elif not sample.kept:
                unmatched.append(sample.text)
    known = {n: some for n, samples in found.items() if (some := _known(samples))}
    return Matched(
        _timings(places, {n: _seconds(samples) for n, samples in known.items()}),
        tuple(
            Measured(
                _label(places[n].stage),
                places[n].at,
                places[n].text,
                tuple(seconds for _, seconds in known[n]),
            )
            for n in sorted(known)
        ),
        tuple(unmatched),
    )


def _builds(timed: Iterable[Timed]) -> list[list[Timed]]:
    builds: dict[tuple[bool, int], list[Timed]] = defaultdict(list)
    for sample in timed:
        builds[sample.kept, sample.build].append(sample)
    return list(builds.values())


def _known(samples: Sequence[Timed]) -> list[tuple[bool, float]]:
    """(of a log, seconds) of the steps that ran."""
    ordered = sorted(samples, key=lambda sample: not sample.kept)
    return [(not s.kept, s.seconds) for s in ordered if s.seconds is not None]


def _seconds(known: Sequence[tuple[bool, float]]) -> float:
    """Those that are remembered count when no log tells of the step."""
    return median([s for new, s in known if new] or [s for _, s in known])


def _timings(places: Sequence[_Place], seconds: Mapping[int, float]) -> Timings:
    found: dict[tuple[int, str], tuple[float | None, ...]] = {}
    for n, place in enumerate(places):
        key = (place.stage.index, place.text)
        found[key] = (*found.get(key, ()), seconds.get(n))
    return found


def _assigned(
    build: Sequence[Timed], places: Sequence[_Place]
) -> Iterable[tuple[Timed, int | None]]:
    """Each step of a build with the place of its instruction.

    Steps of one text take the instructions of that text in order, those of one stage its own;
    one place in a stage is one step, whatever the number of platforms.
    """
    groups: dict[tuple[str, str], dict[int, list[Timed]]] = defaultdict(lambda: defaultdict(list))
    for sample in build:
        groups[_normal(sample.text), sample.stage][sample.at].append(sample)
    fits = {text: _fitting(text, places) for text, _ in groups}
    loosely = _loosely([text for text, found in fits.items() if not found], places)
    taken: set[int] = set()
    for (text, stage), steps in groups.items():
        free = [n for n in fits[text] or loosely.get(text, []) if n not in taken]
        own = [n for n in free if stage in (places[n].stage.name, _number(places[n].stage))]
        chosen = own or free
        for n, (_, samples) in enumerate(sorted(steps.items())):
            place = chosen[n] if n < len(chosen) else None
            taken |= {place} if place is not None else set()
            yield from ((sample, place) for sample in samples)


def _fitting(text: str, places: Sequence[_Place]) -> list[int]:
    return [n for n, p in enumerate(places) if p.plain == text or p.exact.fullmatch(text)]


def _loosely(texts: Sequence[str], places: Sequence[_Place]) -> dict[str, list[int]]:
    """Values that are not known fit anything: one text and one instruction must find each other."""
    pairs = [
        (text, n)
        for text in texts
        for n, place in enumerate(places)
        if place.loose and place.loose.fullmatch(text)
    ]
    return {
        text: [n]
        for text, n in pairs
        if sum(t == text for t, _ in pairs) == sum(m == n for _, m in pairs) == 1
    }


def _place(stage: Stage, at: int, step: Step) -> _Place:
    instruction = step.instruction
    pieces = _VARIABLE.split(f"{instruction.keyword} {instruction.text}")
    values = step.scope.values
    exact = loose = ""
    for n, piece in enumerate(pieces):
        text = re.escape(_blanks(piece))
        if n % 2 == 0:
            exact, loose = exact + text, loose + text
            continue
        known = None
        if re.sub(r"\W.*", "", piece.lstrip("${")) in values:
            known = step.scope.expand(piece)
        exact += text if known is None else f"(?:{text}|{re.escape(_blanks(known))})"
        loose += ".*?"
    # A here-document is shown by its first line.
    more = r"(?: \(.*\))?" if instruction.heredocs else ""
    unknown = len(pieces) // 2
    return _Place(
        stage,
        at,
        spelled(instruction),
        _normal(spelled(instruction)),
        re.compile(exact + more, re.DOTALL),
        re.compile(loose + more, re.DOTALL) if 0 < unknown <= _MOST_UNKNOWN else None,
    )


def _blanks(text: str) -> str:
    """Engines differ in which escapes and blanks they show."""
    return re.sub(r"\s+", " ", text.replace("\\", ""))


def _normal(text: str) -> str:
    return _blanks(text).strip()


def _label(stage: Stage) -> str:
    return stage.name or _number(stage)


def _number(stage: Stage) -> str:
    return f"stage-{stage.index}"
