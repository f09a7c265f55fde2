"""The proof: the same text, the same views, the same config, and only swaps that commute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reorder.check.actors import Crowd, Told, actor, states
from reorder.check.expand import Expansion, expand
from reorder.check.look import difference, forgotten_name
from reorder.check.match import Item, Matched, Stage
from reorder.check.pairs import obstacle
from reorder.check.reader import Instruction
from reorder.check.simulate import World
from reorder.check.state import State, Symbols, Value, from_image
from reorder.check.verdict import Refusal
from reorder.check.words import pairs

# One stage refuses for one reason as a rule; more do not help.
_MOST = 20


def prove(
    matched: Matched, escape: str, told: Told, volatile: frozenset[str]
) -> tuple[Refusal, ...]:
    """Rules 2 to 4, stage by stage; each starts as the stage that it is made from has ended."""
    symbols = Symbols()
    world = World(symbols, escape, _globals(matched.above, escape, symbols))
    ends: dict[str, tuple[State, frozenset[str]]] = {}
    refusals: list[Refusal] = []
    for number, stage in enumerate(matched.stages):
        words = stage.from_.rest.split()
        start, born = ends.get(words[0], (from_image(symbols), frozenset()))
        proof = _Proof(stage, start, born, world, told, volatile)
        refusals += proof.refusals()
        if len(words) == 3:
            end = (_inherited(proof.end, number, symbols), proof.crowd.left())
            ends[words[2].lower()] = end
    return tuple(refusals[:_MOST])


def _globals(above: tuple[Instruction, ...], escape: str, symbols: Symbols) -> dict[str, Value]:
    found: dict[str, Value] = {}

    def text_of(name: str) -> str | None:
        return found[name].text if name in found else None

    for instruction in above:
        for name, template in pairs("ARG", instruction.rest, escape):
            filled = Expansion(None, frozenset())
            if template is not None:
                filled = expand(template, escape, text_of)
            inputs = tuple((n, found[n].term) for n in sorted(filled.names) if n in found)
            found[name] = Value(symbols.of("global", name, template, inputs), filled.text)
    return found


def _inherited(end: State, number: int, symbols: Symbols) -> State:
    """What a stage that starts FROM this one begins with; triggers may then change all of it."""
    if "onbuild" in end.config:
        return from_image(symbols)
    env = {
        name: value
        if end.names.get(name) == value.term
        else Value(symbols.of("inherited", number, name, value.term), None)
        for name, value in end.env.items()
    }
    return replace(end, env=env, cmd_set=False)


class _Proof:
    """One stage, simulated in both orders."""

    def __init__(
        self,
        stage: Stage,
        start: State,
        born: frozenset[str],
        world: World,
        told: Told,
        volatile: frozenset[str],
    ) -> None:
        self._items = stage.items
        self._line = stage.from_.line
        self._world = world
        self._told = told
        self._volatile = volatile
        self._old, self.end = states(start, stage.items, world)
        order = sorted(range(len(stage.items)), key=lambda n: stage.items[n].at)
        above, self._new_end = states(start, [stage.items[n] for n in order], world)
        self._new = dict(zip(order, above, strict=True))
        actors = [
            actor(item, state, world, told)
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
        if not swaps:
            return []
        return [*self._views(), *self._config(), *self._swaps(swaps)]

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
        if _map(old.env) != _map(new.env) or dict(old.names) != dict(new.names):
            found.append("the variables of the image differ")
        if self._order(old.names) != self._order(new.names):
            found.append("the variables of the image stand in another order")
        line = self._items[0].after_line
        return [Refusal(line, fact, "the image must have the same config") for fact in found]

    def _order(self, names: Mapping[str, int]) -> list[str]:
        return [name for name in names if name not in self._volatile]

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

        a, b = self.crowd.actors[i], self.crowd.actors[j]
        return obstacle(a, b, self._volatile, there, self._world.escape)


def _name(item: Item) -> str:
    return f"the {item.instruction.keyword} of line {abs(item.line)}"


def _map(env: Mapping[str, Value]) -> dict[str, int]:
    return {name: value.term for name, value in env.items()}
