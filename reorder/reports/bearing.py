"""Where an order is load-bearing: slow steps above what changes often, variables of downloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from reorder.effects.effect import Footprint
from reorder.effects.model import builtin
from reorder.effects.place import Step
from reorder.plan import StagePlan
from reorder.reports.touched import sets
from reorder.reports.words import seconds, share_of_rebuilds

SLOW = 5.0  # seconds
OFTEN = 0.5  # of all rebuilds
_HAIR = 1e-6
# Where from and where to a download goes; other variables of a family change how programs run.
_STEERS = re.compile(r"URL|PROXY|REGISTRY|MIRROR|INDEX|CACHE|TOKEN|(_DIR|_HOME|_PATH)$", re.I)
_WRITERS = ("ENV", "ARG")


class Bearing(Struct, frozen=True):
    """The instruction at `at` must not change its place among those of `others`, and why."""

    at: int
    others: tuple[int, ...]
    why: str


def bearings(plan: StagePlan) -> Iterator[Bearing]:
    """In the order of the file; one for the first COPY that changes often, one an ENV."""
    steps = plan.stage.steps
    for at, step in enumerate(steps):
        names = {n: readers(plan, at, n) for n in sets(step) if step.instruction.keyword == "ENV"}
        looked = [name for name, found in names.items() if found]
        if looked:
            others = tuple(sorted({reader for name in looked for reader in names[name]}))
            yield Bearing(at, others, f"a download below looks at {', '.join(looked)}")
    first = next((at for at, step in enumerate(steps) if is_code(plan, at, step)), None)
    if first is not None:
        spared = tuple(n for n in range(first) if _spared(plan, n))
        took = sum(plan.cost.seconds(n) for n in spared)
        if took >= SLOW:
            told = f"{seconds(took)} of steps above do not re-run when this changes"
            yield Bearing(first, spared, told)


def is_code(plan: StagePlan, at: int, step: Step) -> bool:
    """A COPY of what most rebuilds change."""
    return step.instruction.keyword in ("COPY", "ADD") and own_share(plan, at) >= OFTEN


def own_share(plan: StagePlan, at: int) -> float:
    """The part of all rebuilds, 0 to 1, that touch what the step itself brings in."""
    return share_of_rebuilds(plan, (at,))


def is_slow(plan: StagePlan, at: int) -> bool:
    """A step that nobody wants to wait for."""
    keyword = plan.stage.steps[at].instruction.keyword
    return keyword in ("RUN", "ADD") and plan.cost.seconds(at) >= SLOW


def _spared(plan: StagePlan, at: int) -> bool:
    return is_slow(plan, at) and share_of_rebuilds(plan, range(at + 1)) < OFTEN


def needs(plan: StagePlan, at: int) -> frozenset[int]:
    """The steps above that it needs, directly or not."""
    found: set[int] = {at}
    for edge in sorted(plan.edges, key=lambda edge: -edge.after):
        if edge.after in found:
            found.add(edge.before)
    return frozenset(found - {at})


def is_eased(plan: StagePlan, at: int) -> bool:
    """Whether it re-runs less often in the new order."""
    now = share_of_rebuilds(plan, range(at + 1))
    new = share_of_rebuilds(plan, plan.items[: plan.items.index(at) + 1])
    return new < now - _HAIR


def readers(plan: StagePlan, at: int, name: str, *, below: bool = True) -> tuple[int, ...]:
    """The slow downloads below (or above) the step that look at the variable."""
    steps = plan.stage.steps
    places = range(at + 1, len(steps)) if below else range(at)
    found = []
    for n in places:
        again = name in sets(steps[n]) and steps[n].instruction.keyword in _WRITERS
        if again and below:
            break
        if is_slow(plan, n) and _downloads(steps[n]) and _is_steered(steps[n], name):
            found.append(n)
    return tuple(found)


def _downloads(step: Step) -> bool:
    """Who speaks to the network looks at the variables of its proxies."""
    env = (f.name.lower() for f in step.effect.reads if f.resource == "env")
    return any(name.endswith("proxy") for name in env)


def _is_steered(step: Step, name: str) -> bool:
    """Not by what every program looks at; by a pattern only when the name tells of downloads."""
    if any(fnmatchcase(name, pattern) for pattern in builtin().env_set("base")):
        return False
    return any(_tells(f, name) for f in step.effect.reads if f.resource == "env")


def _tells(footprint: Footprint, name: str) -> bool:
    if footprint.name == name:
        return True
    return fnmatchcase(name, footprint.name) and _STEERS.search(name) is not None
