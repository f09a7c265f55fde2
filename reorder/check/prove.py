"""The proof: the same text, the same views, the same config, and only swaps that commute."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from reorder.check.actors import Told
from reorder.check.expand import Expansion, expand
from reorder.check.match import Matched
from reorder.check.reader import Instruction
from reorder.check.simulate import World
from reorder.check.stage import Proof
from reorder.check.state import State, Symbols, Value, from_image
from reorder.check.verdict import Image, Refusal, Unreadable
from reorder.check.words import pairs


def prove(
    matched: Matched,
    escape: str,
    told: Told,
    volatile: frozenset[str],
    images: Mapping[int, Image],
) -> tuple[Refusal, ...]:
    """Rules 2 to 4, stage by stage; each starts as the stage that it is made from has ended."""
    symbols = Symbols()
    world = World(symbols, escape, _globals(matched.above, escape, symbols), volatile)
    ends: dict[str, tuple[State, frozenset[str], frozenset[str]]] = {}
    refusals: list[Refusal] = []
    for number, stage in enumerate(matched.stages):
        words = stage.from_.rest.split()
        image = from_image(symbols, images.get(stage.from_.line, Image()))
        start, born, links = ends.get(words[0], (image, frozenset(), frozenset()))
        proof = Proof(stage, start, born, world, replace(told, links=links))
        links |= told.links_of(item.line for item in stage.items)
        refusals += proof.refusals()
        if len(words) == 3:
            end = (_inherited(proof.end, number, symbols), proof.crowd.left(), links)
            ends[words[2].lower()] = end
    return tuple(refusals)


def _globals(above: tuple[Instruction, ...], escape: str, symbols: Symbols) -> dict[str, Value]:
    found: dict[str, Value] = {}

    def text_of(name: str) -> str | None:
        return found[name].text if name in found else None

    for instruction in above:
        if instruction.keyword != "ARG":
            raise Unreadable(f"{instruction.keyword} above the first FROM", instruction.line)
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
        return from_image(symbols, Image())
    env = {
        name: value
        if end.names.get(name) == value.term
        else Value(symbols.of("inherited", number, name, value.term), None)
        for name, value in end.env.items()
    }
    return replace(end, env=env, cmd_set=False)
