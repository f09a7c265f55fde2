"""Which variables have a new value with every build (data in `context/kinds.toml`)."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from reorder.effects.effect import Access
from reorder.effects.place import Step
from reorder.syntax.dockerfile import Dockerfile


@cache
def kinds() -> dict[str, Any]:
    """The data on how often things change."""
    import tomli

    path = Path(__file__).parent / "context" / "kinds.toml"
    return tomli.loads(path.read_text("utf-8"))


class Volatile(NamedTuple):
    """Which names are volatile: those of the data and `more`, but none of `steady` (patterns)."""

    more: tuple[str, ...] = ()
    steady: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """True for `GIT_SHA`, `BUILD_DATE` and the like."""
        return _is_volatile(name, self)

    def of(self, step: Step) -> bool:
        """True for an ARG or ENV that sets only names that are volatile or made of such a name."""
        made = _made_of(step)
        return bool(made) and all(
            self.has(name) or any(map(self.has, sources)) for name, sources in made
        )

    def part(self, step: Step) -> frozenset[str]:
        """The names of an ENV that are made of a volatile one; of an ARG also the volatile ones."""
        own = self.has if step.instruction.keyword == "ARG" else lambda _: False
        made = _made_of(step)
        return frozenset(n for n, sources in made if own(n) or any(map(self.has, sources)))

    def names(self, steps: Iterable[Step]) -> frozenset[str]:
        """The variables whose place among the others is free."""
        return frozenset(name for step in steps if self.of(step) for name, _ in _made_of(step))


USUAL = Volatile()


def placeholders(dockerfile: Dockerfile) -> tuple[str, ...]:
    """The arguments whose default only stands in for a value: `ARG WEB_VERSION=dev`."""
    data = kinds()["volatile"]
    defaults: dict[str, set[str]] = {}
    for instruction in dockerfile.instructions:
        for name, value in instruction.pairs if instruction.keyword == "ARG" else ():
            defaults.setdefault(name, set()).add((value or "").strip("\"'").lower())
    return tuple(
        name
        for name, values in defaults.items()
        if any(fnmatchcase(name.upper(), pattern) for pattern in data["versions"])
        and values & set(data["placeholders"])
        and values <= {"", *data["placeholders"]}
    )


@cache
def _is_volatile(name: str, volatile: Volatile) -> bool:
    if any(fnmatchcase(name, pattern) for pattern in volatile.steady):
        return False
    known = any(fnmatchcase(name.upper(), pattern) for pattern in kinds()["volatile"]["names"])
    return known or any(fnmatchcase(name, pattern) for pattern in volatile.more)


def _made_of(step: Step) -> list[tuple[str, tuple[str, ...]]]:
    """`ENV A=1 B=$X` -> (A, ()), (B, (X,)): what is read stands before what it makes."""
    found: list[tuple[str, tuple[str, ...]]] = []
    sources: list[str] = []
    for f in step.effect.footprints if step.instruction.keyword in ("ARG", "ENV") else ():
        if f.resource == "env" and f.access is Access.READ:
            sources.append(f.name)
        elif f.resource == "env":
            found.append((f.name, tuple(sources)))
            sources = []
    return found
