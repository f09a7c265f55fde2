"""One step of a build, as a log tells of it."""

from __future__ import annotations

import re

from msgspec import Struct

# `[linux/amd64 build 2/5] RUN make`, `[ 2/12] RUN make`
_NAME = re.compile(r"\[(?:(?P<above>[^\]]*\S)\s+|\s*)(?P<at>\d+)/\d+\] (?P<text>.*)", re.DOTALL)
_TIMED = ("RUN ", "COPY ", "ADD ", "WORKDIR ")


class Timed(Struct, frozen=True):
    """`text` is the instruction, its variables expanded or not; `at`: its place in the stage.

    `stage` is its name, `stage-N` for the N-th one, "" when not known; `seconds` is None for a
    step that did not run. `build` numbers the builds of a log; `kept`: it is remembered.
    """

    text: str
    stage: str
    at: int
    seconds: float | None
    build: int = 0
    kept: bool = False


def named(name: str, seconds: float | None, build: int) -> Timed | None:
    """The step of a name of BuildKit; None for what is no step of a stage, or a FROM."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    stage = (found["above"] or "").rpartition(" ")[2]
    return step(found["text"], stage, int(found["at"]), seconds, build)


def step(text: str, stage: str, at: int, seconds: float | None, build: int) -> Timed | None:
    """None for an instruction that takes no time, or is none of the stage."""
    keyword, blank, rest = text.strip().partition(" ")
    text = f"{keyword.upper()}{blank}{rest.strip()}"
    return Timed(text, stage, at, seconds, build) if text.startswith(_TIMED) else None
