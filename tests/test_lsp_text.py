"""Positions, incremental changes and minimal edits of a buffer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.lsp.text import (
    Edit,
    Encoding,
    Position,
    Text,
    applied,
    decoded,
    edits,
    encoded,
    line_spans,
)

WHALE = "🐳"  # two units of UTF-16, four of UTF-8
TEXTS = st.text(st.sampled_from(f"ab\n\r\x0c\u2028é{WHALE}"), max_size=40)
ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 6), ("utf-16", 4), ("utf-32", 3)])
def test_a_character_beyond_the_basic_plane_takes_more_than_one_unit(
    encoding: Encoding, units: int
) -> None:
    text = Text(f"a{WHALE}b\nc", encoding)
    assert text.position(3) == Position(0, units)
    assert text.offset(Position(0, units)) == 3


def test_a_position_inside_a_character_is_its_start() -> None:
    assert Text(f"a{WHALE}b").offset(Position(0, 2)) == 1


@pytest.mark.parametrize("char", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_the_line_ends_of_the_protocol_end_a_line(char: str) -> None:
    assert Text(f"a{char}b\nc").position(4) == Position(1, 0)


@pytest.mark.parametrize(
    ("position", "offset"),
    [(Position(0, 99), 2), (Position(1, 99), 5), (Position(9, 0), 5), (Position(1, 0), 4)],
)
def test_a_position_behind_the_end_is_the_end(position: Position, offset: int) -> None:
    assert Text("ab\r\nc").offset(position) == offset


@given(TEXTS, st.sampled_from(ENCODINGS))
def test_every_offset_that_no_line_end_swallows_comes_back(text: str, encoding: Encoding) -> None:
    placed = Text(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert placed.offset(placed.position(offset)) == offset


@given(TEXTS, st.integers(0, 40), st.integers(0, 40), TEXTS)
def test_a_change_replaces_what_it_names(text: str, a: int, b: int, new: str) -> None:
    start, stop = sorted((min(a, len(text)), min(b, len(text))))
    placed = Text(text)
    ends = (placed.position(start), placed.position(stop))
    first, last = (placed.offset(end) for end in ends)
    assert placed.changed(*ends, new) == text[:first] + new + text[last:]


@given(TEXTS, TEXTS)
def test_edits_make_the_one_text_of_the_other(before: str, after: str) -> None:
    assert applied(before, edits(before, after)) == after


@given(TEXTS)
def test_equal_texts_have_no_edits(text: str) -> None:
    assert edits(text, text) == ()


@given(TEXTS, TEXTS)
def test_edits_stand_in_order_and_apart(before: str, after: str) -> None:
    found = edits(before, after)
    assert all(a.stop <= b.start and a.stop < b.stop for a, b in pairwise(found))


def test_a_moved_line_is_two_edits_and_the_others_are_not_touched() -> None:
    before = "FROM a\nCOPY . .\nENV A=1\nRUN b\nCMD c\n"
    after = "FROM a\nENV A=1\nRUN b\nCOPY . .\nCMD c\n"
    assert edits(before, after) == (Edit(7, 16, ""), Edit(30, 30, "COPY . .\n"))


def test_a_huge_change_is_one_edit() -> None:
    before = "x\n" + "".join(f"{n}\n" for n in range(3000)) + "y\n"
    after = "x\n" + "".join(f"{n}\n" for n in reversed(range(3000))) + "y\n"
    assert len(edits(before, after)) == 1


@given(st.text(st.characters(codec=None), max_size=20))
def test_what_an_editor_sends_survives_as_bytes(text: str) -> None:
    assert decoded(encoded(text)) == text


def test_the_lines_of_a_dockerfile_end_at_line_feeds_only() -> None:
    assert line_spans("a\rb\r\nc") == ((0, 3), (5, 6))
