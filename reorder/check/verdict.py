"""What the check is told beside the two texts, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Refusal(Struct, frozen=True):
    """Why the image may differ: `line` of `after`, what was seen there, why that matters."""

    line: int
    fact: str
    reason: str


class Part(Struct, frozen=True):
    """The instruction at `after_line` is new: a narrow part of the COPY at `before_line`."""

    after_line: int
    before_line: int


class Image(Struct, frozen=True):
    """What is known of the image of a FROM: its work folder, and its variables.

    `values` None: nothing is known of them; the value None: of that one nothing is. Others are
    not set.
    """

    folder: str = "?cwd"
    values: Mapping[str, str | None] | None = None


class Unreadable(ValueError):
    """A text that the check does not understand for sure; `line` is 0 when not known."""

    def __init__(self, fact: str, line: int = 0) -> None:
        super().__init__(fact)
        self.fact = fact
        self.line = line
