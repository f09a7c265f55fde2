"""Which variables have a new value with every build (data in `context/kinds.toml`)."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from reorder.effects.effect import Access
from reorder.effects.place import Step


@cache
def kinds() -> dict[str, Any]:
    """The data on how often things change."""
    import tomli

    path = Path(__file__).parent / "context" / "kinds.toml"
    return tomli.loads(path.read_text("utf-8"))


@cache
def is_volatile_name(name: str) -> bool:
    """True for `GIT_SHA`, `BUILD_DATE` and the like."""
    return any(fnmatchcase(name.upper(), pattern) for pattern in kinds()["volatile"]["names"])


def is_volatile(step: Step) -> bool:
    """True for an ARG or ENV that sets only names that are volatile or made of such a name."""
    if step.instruction.keyword not in ("ARG", "ENV"):
        return False
    footprints = [f for f in step.effect.footprints if f.resource == "env"]
    made_of = any(f.access is Access.READ and is_volatile_name(f.name) for f in footprints)
    names = [f.name for f in footprints if f.access is Access.WRITE]
    return bool(names) and all(made_of or is_volatile_name(name) for name in names)


def volatile_names(steps: Iterable[Step]) -> frozenset[str]:
    """The variables whose place among the others is free."""
    return frozenset(
        f.name
        for step in steps
        if is_volatile(step)
        for f in step.effect.footprints
        if f.resource == "env" and f.access is Access.WRITE
    )
