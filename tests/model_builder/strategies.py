"""Random Dockerfiles that build: each instruction is tried, and left out where it fails."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from model_builder.contexts import COUNT, project
from model_builder.image import Builder, Image, Line, parse
from model_builder.tree import Failed, Unsupported
from model_builder.words import fill, pairs

_WORDS = tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text("utf-8"))
_SLOTS, _COMMANDS, _TEMPLATES = _WORDS["slots"], _WORDS["commands"], _WORDS["instructions"]
_KINDS = ("RUN", "RUN", "RUN", "RUN", "COPY", "COPY", "COPY", "SMALL", "SMALL", "PAIR")


_SLOT = re.compile(r"\{([a-z])\}")
# One number stands for a whole instruction: hundreds of small draws would cost more than the law.
_SEEDS = st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=14)
_ARGS = st.sampled_from([{}, {}, {}, {"GIT_SHA": "f00"}, {"A": "given", "MODE": "m"}])
_HEADS = st.sampled_from([(), (), ("ARG A=global",), ("ARG MODE=g A=$MODE",)])
_IMAGES = ("debian:12", "debian:12", "debian:12", "nobody/knows:1")
_FIRST = st.sampled_from(_IMAGES)
_LATER = st.sampled_from([None, None, None, "one", *_IMAGES])


def _instruction(seed: int, later: bool) -> list[str]:
    """One or a few that belong together; each slot is filled on its own."""
    chance = Random(seed)
    template = chance.choice(_TEMPLATES[chance.choice((*_KINDS, "FROM") if later else _KINDS)])
    while "{run}" in template:
        template = template.replace("{run}", chance.choice(_COMMANDS), 1)
    return _SLOT.sub(lambda found: chance.choice(_SLOTS[found[1]]), template).split("\n\n")


class Case(NamedTuple):
    """A Dockerfile, as its instructions, with the number of its context."""

    head: tuple[str, ...]
    lines: tuple[str, ...]
    context: int
    args: dict[str, str]

    @property
    def text(self) -> str:
        return "\n".join([*self.head, *self.lines]) + "\n"


class _Growing:
    """The lines so far, with what they build."""

    def __init__(self, builder: Builder, head: Sequence[str]) -> None:
        self.builder = builder
        self.lines: list[str] = []
        for name, value in (p for line in head for p in pairs(line.split(" ", 1)[1])):
            builder.globals = {**builder.globals, name: fill(value or "", builder.globals)}

    def start(self, text: str) -> bool:
        """False when a trigger of the image fails there."""
        try:
            self.builder.start(text.split()[1:])
        except (Failed, Unsupported):
            return False
        self.lines.append(text)
        return True

    def add(self, *texts: str) -> None:
        """Each is left out where it fails."""
        for text in texts:
            self._add(text)

    def _add(self, text: str) -> None:
        builder = self.builder
        image: Image = builder.stages[-1].copy()
        caches = {name: tree.copy() for name, tree in builder.caches.items()}
        (line,) = parse(text) if text.split(" ", 1)[0] != "FROM" else (Line("", ""),)
        try:
            builder.step(builder.stages[-1], line)
        except (Failed, Unsupported):
            builder.stages[-1], builder.caches = image, caches
            return
        self.lines.append(text)


@st.composite
def cases(draw: st.DrawFn, contexts: int = COUNT) -> Case:
    """One or two stages of up to a dozen instructions each."""
    number, args, head = draw(st.integers(0, contexts - 1)), draw(_ARGS), draw(_HEADS)
    growing = _Growing(Builder(project(number).sent, args, {}), head)
    growing.start(f"FROM {draw(_FIRST)} AS one")
    for seed in draw(_SEEDS):
        growing.add(*_instruction(seed, False))
    image = draw(_LATER)
    if image is not None and growing.start(f"FROM {image}"):
        for seed in draw(_SEEDS):
            growing.add(*_instruction(seed, True))
    return Case(head, tuple(growing.lines), number, args)
