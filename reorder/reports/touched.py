"""What an instruction reads and writes, in the few words that tell something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from reorder.effects.effect import Access, Extent, Footprint
from reorder.effects.place import Step
from reorder.plan import StagePlan
from reorder.reports.words import listed, path_of

_MOST = 8
_SYSTEM = (
    *("usr", "lib", "lib32", "lib64", "libx32", "etc", "var", "bin", "sbin"),
    *("boot", "opt", "run", "srv"),
)


def telling(footprints: Iterable[Footprint]) -> Iterator[str]:
    """The paths that tell something: not the system's own folders, nor those with a dot."""
    for f in footprints:
        system = "/." in f.name or f.name.strip("/").partition("/")[0] in _SYSTEM
        if f.resource == "path" and f.access is not Access.ENSURE and not system:
            yield path_of(f)


def read_by(plan: StagePlan, at: int) -> str:
    """`/app/requirements.txt, $PIP_INDEX_URL, system folders`; empty when it reads nothing."""
    step = plan.stage.steps[at]
    names = [*(f"${name}" for name in _variables(plan, at)), *_paths(step.effect.reads)]
    return listed((*names, *_system(step.effect.reads)), _MOST)


def written_by(step: Step) -> str:
    """`/app/main.py, system folders (/usr, /var)`; empty when it writes no file, nor a variable."""
    names = [f"${name}" for name in sets(step)]
    return listed((*_paths(step.effect.writes), *names, *_system(step.effect.writes)), _MOST)


def looks_at(step: Step, name: str) -> bool:
    """Whether the step looks at the variable."""
    return any(f.resource == "env" and fnmatchcase(name, f.name) for f in step.effect.reads)


def sets(step: Step) -> tuple[str, ...]:
    """The variables that the step sets."""
    return tuple(f.name for f in step.effect.writes if f.resource == "env")


def _variables(plan: StagePlan, at: int) -> Iterator[str]:
    """Those that the stage sets above it, of all that it looks at."""
    steps = plan.stage.steps
    for name in dict.fromkeys(name for step in steps[:at] for name in sets(step)):
        if looks_at(steps[at], name):
            yield name


def _paths(footprints: Iterable[Footprint]) -> Iterator[str]:
    for f in footprints:
        if f.extent is Extent.LISTED:
            yield from f.members
        elif f.extent is Extent.MODULES:
            yield f"modules in {f.name} ({listed(f.members, 2)})"
        else:
            yield from telling((f,))


def _system(footprints: Iterable[Footprint]) -> Iterator[str]:
    """`system folders (/usr, /var)`."""
    roots = (f.name.strip("/").partition("/")[0] for f in footprints if f.resource == "path")
    found = sorted({f"/{root}" for root in roots if root in _SYSTEM})
    if found:
        yield f"system folders ({listed(found, len(found))})"
