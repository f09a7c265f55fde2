"""The author's word in comments: what stays where it is."""

from __future__ import annotations

import pytest

from reorder.config import Config
from reorder.controls import kept, skips_file
from reorder.pipeline import reorder
from reorder.syntax.dockerfile import parse

SLOW = "RUN apt-get install -y curl\n"


def positions(text: str) -> list[int]:
    return sorted(kept(parse(text.encode())))


KEPT = {
    "no word": ("FROM a\nRUN b\n", []),
    "keep, for the instruction below it": ("FROM a\n# reorder: keep\nRUN b\nRUN c\n", [1]),
    "keep, with a comment between": ("FROM a\n# reorder: keep\n# why\nRUN b\nRUN c\n", [1]),
    "keep, with a blank line between": ("FROM a\n# reorder: keep\n\nRUN b\nRUN c\n", [1]),
    "off until on": (
        "FROM a\n# reorder: off\nRUN b\nRUN c\n# reorder: on\nRUN d\n",
        [1, 2],
    ),
    "off to the end": ("FROM a\nRUN b\n# reorder: off\nRUN c\nRUN d\n", [2, 3]),
    "off and on at once": ("FROM a\n# reorder: off\n# reorder: on\nRUN b\n", []),
    "no blanks": ("FROM a\n#reorder:keep\nRUN b\n", [1]),
    "line ends of Windows": ("FROM a\r\n# reorder: keep\r\nRUN b\r\n", [1]),
    "a word of another tool": ("FROM a\n# order: keep\nRUN b\n", []),
    "an unknown word": ("FROM a\n# reorder: kept\nRUN b\n", []),
    "more words": ("FROM a\n# reorder: keep this\nRUN b\n", []),
    "not at the start of the comment": ("FROM a\n# see reorder: keep\nRUN b\n", []),
}


@pytest.mark.parametrize(("text", "expected"), KEPT.values(), ids=KEPT)
def test_pinned_instructions(text: str, expected: list[int]) -> None:
    assert positions(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# reorder: skip-file\nFROM a\n", True),
        ("FROM a\n# reorder: skip-file\n\nRUN b\n", True),
        ("FROM a\nRUN b # reorder: skip-file\n", False),
        ("FROM a\nRUN b\n", False),
    ],
)
def test_a_file_that_asks_to_be_left_alone(text: str, expected: bool) -> None:
    assert skips_file(parse(text.encode())) == expected


def after(text: str) -> str:
    return reorder(text.encode(), config=Config(0.0, 0.0)).after.decode()


def test_without_a_word_the_slow_step_moves_up() -> None:
    assert after(f"FROM debian:12\nWORKDIR /\nCOPY . /app\n{SLOW}") == (
        f"FROM debian:12\nWORKDIR /\n{SLOW}COPY . /app\n"
    )


STAYS = {
    "skip-file": f"# reorder: skip-file\nFROM debian:12\nCOPY . /app\n{SLOW}",
    "keep on the COPY": f"FROM debian:12\n# reorder: keep\nCOPY . /app\n{SLOW}",
    "keep on the RUN": f"FROM debian:12\nCOPY . /app\n# reorder: keep\n{SLOW}",
    "keep between them": f"FROM debian:12\nCOPY . /app\n# reorder: keep\nLABEL a=1\n{SLOW}",
    "off": f"FROM debian:12\n# reorder: off\nCOPY . /app\n{SLOW}",
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_with_a_word_it_stays(text: str) -> None:
    assert after(text) == text
