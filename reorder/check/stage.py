"""The proof of one stage, simulated in both orders."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec.structs import replace

from reorder.check.actors import Crowd, Told, actor, removes, states
from reorder.check.again import Again, Laid, same_files
from reorder.check.copied import read_copy
from reorder.check.look import difference, forgotten_name
from reorder.check.match import Item, Stage
from reorder.check.pairs import Actor, forgotten, obstacle
from reorder.check.parts import part_files, seen_past, without
from reorder.check.simulate import World
from reorder.check.state import State, Value
from reorder.check.verdict import Refusal

# One stage refuses for one reason as a rule; more do not help.
_MOST = 20


class Proof:
    """`end` is the state below the last instruction, `crowd` who touches what."""

    def __init__(
        self,
        stage: Stage,
        start: State,
        born: frozenset[str],
        world: World,
        told: Told,
    ) -> None:
        self._items = stage.items
        self._world = world
        self._old, self.end = states(start, stage.items, world)
        order = sorted(range(len(stage.items)), key=lambda n: stage.items[n].at)
        above, self._new_end = states(start, [stage.items[n] for n in order], world)
        self._new = dict(zip(order, above, strict=True))
        self._no_parts: list[Refusal] = []
        self._files = self._part_files(told)
        self._told = replace(told, brought={**told.brought, **self._files})
        linkers = [item for item in stage.items if told.links_of([item.line])]
        actors = [
            actor(item, state, world, _linked(self._told, item, linkers))
            for item, state in zip(stage.items, self._old, strict=True)
        ]
        self.crowd = Crowd(tuple(actors), tuple(item.at for item in stage.items), born)

    def refusals(self) -> list[Refusal]:
        swaps = [
            (i, j)
            for i in range(len(self._items))
            for j in range(i + 1, len(self._items))
            if self._items[i].at > self._items[j].at
        ]
        if self._no_parts or not (swaps or self._files):
            return self._no_parts
        lost = self._removals() if swaps else []
        return [*self._clocks(), *lost, *self._views(), *self._config(), *self._swaps(swaps)]

    def _removals(self) -> list[Refusal]:
        """Whatever RUN comes next makes its working directory again, but for a WORKDIR below."""
        return [
            Refusal(item.after_line, f"{_name(item)} removes {cwd}", "a RUN makes its folder again")
            for n, (item, who) in enumerate(zip(self._items, self.crowd.actors, strict=True))
            for cwd in sorted(self._folders_down_to(n))
            if removes(who, cwd)
        ]

    def _folders_down_to(self, place: int) -> set[str]:
        """The working directories of an instruction and of all above it, in either order."""
        at = self._items[place].at
        above = [self._new[n] for n, item in enumerate(self._items) if item.at <= at]
        paths = {state.cwd.path for state in (*self._old[: place + 1], *above)}
        return {path for path in paths if path.startswith("/")} - {"/"}

    def _clocks(self) -> list[Refusal]:
        """A broad COPY lays its parts down again: newer than what was made of them."""
        parts = [item.at for item in self._items if item.broad]
        return [
            Refusal(item.after_line, f"{_name(item)} compares the times of files", "a part is new")
            for item in self._items
            if parts and item.at > min(parts) and "*" in self._clock(item)
        ]

    def _clock(self, item: Item) -> tuple[str, ...]:
        claim = self._told.claims.get(item.line)
        return claim.clock if claim else ()

    def _part_files(self, told: Told) -> dict[int, tuple[str, ...]]:
        """The files of each part, by its line."""
        found: dict[int, tuple[str, ...]] = {}
        by_line = {item.line: n for n, item in enumerate(self._items)}
        for item in self._items:
            if not item.broad:
                continue
            broad = self._items[by_line[item.broad]]
            words = [
                read_copy(i.instruction, self._old[by_line[i.line]], self._world)
                for i in (item, broad)
            ]
            known = told.brought.get(item.broad)
            files = part_files(item.instruction, words[0], broad.instruction, words[1], known)
            if broad.at < item.at:
                files = "the whole COPY must follow its part"
            if isinstance(files, str):
                fact = f"this is no part of {_name(broad)}"
                self._no_parts.append(Refusal(item.after_line, fact, files))
                continue
            found[item.line] = files
        return found

    @cached_property
    def _again(self) -> Again:
        """Only a stage that has changed asks for it."""
        return Again(self.crowd.actors, self.crowd.places, self._alike())

    def _alike(self) -> dict[tuple[int, int], frozenset[str]]:
        """The files that two COPYs bring alike; none where file times may count."""
        if any(self._clock(item) for item in self._items):
            return {}
        laid = {
            n: Laid(item.instruction, read_copy(item.instruction, state, self._world), files)
            for n, (item, state) in enumerate(zip(self._items, self._old, strict=True))
            if (files := tuple(self._told.brought.get(item.line) or ()))
        }
        pairs = {(i, j): same_files(laid[i], laid[j]) for i in laid for j in laid if i < j}
        return {pair: files for pair, files in pairs.items() if files}

    def _views(self) -> list[Refusal]:
        found: list[Refusal] = []
        for n, item in enumerate(self._items):
            claim = self._told.claims.get(item.line)
            seen = difference(item.instruction, claim, (self._old[n], self._new[n]), self._world)
            if seen:
                fact = f"{_name(item)} sees {seen} as it is elsewhere"
                found.append(Refusal(item.after_line, fact, "the order of what sets it matters"))
        return found

    def _config(self) -> list[Refusal]:
        old, new = self.end, self._new_end
        found = [
            f"the {key} of the image differs"
            for key in sorted({*old.config, *new.config})
            if old.config.get(key) != new.config.get(key)
        ]
        if _terms(old.env) != _terms(new.env) or dict(old.names) != dict(new.names):
            found.append("the variables of the image differ")
        if self._order(old.names) != self._order(new.names):
            found.append("the variables of the image stand in another order")
        line = self._items[0].after_line
        return [Refusal(line, fact, "the image must have the same config") for fact in found]

    def _order(self, names: Mapping[str, int]) -> list[str]:
        return [name for name in names if name not in self._world.volatile]

    def _swaps(self, swaps: list[tuple[int, int]]) -> list[Refusal]:
        found: list[Refusal] = []
        for i, j in swaps:
            first, second = self._items[i], self._items[j]
            reason = self._forgotten(i) or self._forgotten(j) or self._obstacle(i, j)
            if reason:
                fact = f"{_name(second)} has moved above {_name(first)}"
                found.append(Refusal(second.after_line, fact, reason))
            if len(found) >= _MOST:
                break
        return found

    def _forgotten(self, n: int) -> str | None:
        """A claim that does not admit a variable that the text shows is no claim to trust."""
        item, claim = self._items[n], self._told.claims.get(self._items[n].line)
        if item.instruction.keyword != "RUN" or claim is None or claim.opaque is not None:
            return None
        known = frozenset(self._old[n].env) | frozenset(self._new[n].env)
        name = forgotten_name(item.instruction, claim, known)
        return (
            f"the claim of the RUN does not admit ${name}, which its text shows" if name else None
        )

    def _obstacle(self, i: int, j: int) -> str | None:
        def there(folder: str) -> bool:
            return self.crowd.there(folder, i, j)

        pairs = self._pairs(i, j)
        reasons = (
            obstacle(a, b, self._world.volatile, there, self._world.escape) for a, b in pairs
        )
        return next(filter(None, reasons), None) or forgotten(*pairs[0])

    def _pairs(self, i: int, j: int) -> tuple[tuple[Actor, Actor], ...]:
        """A COPY whose files are there already only brings the rest."""
        a, b = self.crowd.actors[i], self.crowd.actors[j]
        alike = self._again.alike.get((i, j))
        if alike:
            return ((without(a, alike), without(b, alike)),)
        again = self._again.files(j, i)
        if again:
            return seen_past(b, a, again)
        files = {*self._parts(i, j), *self._again.files(i, j)}
        return seen_past(a, b, files) if files else ((a, b),)

    def _parts(self, i: int, j: int) -> list[str]:
        """The files of the parts of a COPY that has moved below them and `j`."""
        broad, other = self._items[i], self._items[j]
        return [
            path
            for item in self._items
            if item.broad == broad.line and item.at < other.at
            for path in self._files[item.line]
        ]


def _linked(told: Told, item: Item, linkers: list[Item]) -> Told:
    """With the links of what stands above it in one of the two orders, and its own."""
    above = [i.line for i in linkers if abs(i.line) <= abs(item.line) or i.at < item.at]
    return replace(told, links=told.links | told.links_of(above)) if above else told


def _name(item: Item) -> str:
    if item.broad:
        return f"the new {item.instruction.keyword}"
    return f"the {item.instruction.keyword} of line {item.line}"


def _terms(env: Mapping[str, Value]) -> dict[str, int]:
    return {name: value.term for name, value in env.items()}
