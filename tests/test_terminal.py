"""What a terminal gets: colour, width, a bar, and a line at the end."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder import terminal
from reorder.pipeline import reorder
from reorder.reports.outcome import Done, Failed, Outcome
from reorder.reports.paint import BOLD, painted
from reorder.reports.text import total
from reorder.terminal import Progress, columns, headed, wants_color, wrapped

SLOW = b"FROM debian:12\nCOPY . /app\nRUN apt-get update && apt-get install -y curl\n"


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


COLORS: dict[str, tuple[dict[str, str], bool, bool]] = {
    "a pipe": ({}, False, False),
    "a terminal": ({}, True, True),
    "a terminal that cannot": ({"TERM": "dumb"}, True, False),
    "NO_COLOR": ({"NO_COLOR": "1"}, True, False),
    "NO_COLOR, but empty": ({"NO_COLOR": ""}, True, True),
    "FORCE_COLOR": ({"FORCE_COLOR": "1"}, False, True),
    "FORCE_COLOR=0": ({"FORCE_COLOR": "0"}, False, False),
    "both": ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
}


@pytest.mark.parametrize(("names", "is_terminal", "expected"), COLORS.values(), ids=COLORS)
def test_colour_is_for_terminals_unless_the_user_says_else(
    names: dict[str, str], is_terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Tty() if is_terminal else io.StringIO())
    assert wants_color() is expected


def test_lines_for_a_pipe_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert columns() is None
    assert wrapped("a " * 500, None) == "a " * 500


WRAPPED = {
    "it fits": ("  a b", "  a b"),
    "it goes on deeper": (
        "  one two three four five six seven eight",
        "  one two three four five six seven\n    eight",
    ),
    "blanks at a fold are gone": (
        "one two three four five six seven eight  (nine)",
        "one two three four five six seven eight\n  (nine)",
    ),
    "a word is never cut": ("x" * 60, "x" * 60),
    "a place stays whole": (
        "  some/long/folder/of/a/project/Dockerfile:12: RUN x",
        "  some/long/folder/of/a/project/Dockerfile:12:\n    RUN x",
    ),
    "colours take no room": (
        "\033[2m    one two three four five six seven\033[0m",
        "\033[2m    one two three four five six seven\033[0m",
    ),
    "a coloured line goes on as deep as a plain one": (
        "\033[2m    one two three four five six seven eight\033[0m",
        "\033[2m    one two three four five six seven\n      eight\033[0m",
    ),
}


@pytest.mark.parametrize(("text", "expected"), WRAPPED.values(), ids=WRAPPED)
def test_a_long_line_is_folded(text: str, expected: str) -> None:
    assert wrapped(text, 40) == expected


@given(st.text(alphabet="ab \n", max_size=300), st.integers(40, 80))
def test_folding_loses_no_word_and_keeps_to_the_width(text: str, width: int) -> None:
    folded = wrapped(text, width)
    assert folded.split() == text.split()
    longest = max(map(len, text.split()), default=0)
    begins = max(len(line) - len(line.lstrip(" ")) for line in text.split("\n"))
    assert all(len(line) <= max(width, begins + 2 + longest) for line in folded.split("\n"))


def test_what_does_not_stand_in_is_bold() -> None:
    assert headed("a\n  b\n\nc\n") == "\033[1ma\033[0m\n  b\n\n\033[1mc\033[0m\n"


SHADED = {
    "a line": (BOLD, "a\n", True, "\033[1ma\033[0m\n"),
    "no colour": (BOLD, "a\n", False, "a\n"),
    "no shade": ("", "a\n", True, "a\n"),
}


@pytest.mark.parametrize(("shade", "text", "color", "expected"), SHADED.values(), ids=SHADED)
def test_text_in_a_shade(shade: str, text: str, color: bool, expected: str) -> None:
    assert painted(shade, text, color) == expected


# The bar.


def bar(monkeypatch: pytest.MonkeyPatch, error: io.StringIO, files: int) -> str:
    monkeypatch.setattr(sys, "stderr", error)
    progress = Progress(files)
    for number in range(files):
        progress.show(f"f{number}")
    progress.hide()
    return error.getvalue()


def test_no_bar_is_drawn_in_a_pipe_nor_for_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bar(monkeypatch, io.StringIO(), 3) == ""
    assert bar(monkeypatch, Tty(), 1) == ""


def test_the_bar_fills_and_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = bar(monkeypatch, Tty(), 4).split("\r\033[K")
    assert [text[1:21].count("#") for text in drawn[1:-1]] == [0, 5, 10, 15]
    assert drawn[-1] == ""


def test_a_name_that_is_longer_than_the_terminal_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    error = Tty()
    monkeypatch.setattr(sys, "stderr", error)
    monkeypatch.setenv("COLUMNS", "60")
    Progress(2).show("x" * 500)
    assert len(error.getvalue()) < 60 + len("\r\033[K")


# The line at the end.

CHEAPER = Done("a", reorder(SLOW))
AS_IT_IS = Done("b", reorder(b"FROM debian:12\n"))
FAILED = Failed("c", "c: cannot be read", None, 2)

TOTALS: dict[str, tuple[list[Outcome], bool, str]] = {
    "nothing to win": ([AS_IT_IS, AS_IT_IS], False, "2 files, 0 can be cheaper"),
    "one to win": (
        [CHEAPER, AS_IT_IS, AS_IT_IS],
        False,
        "3 files, 1 can be cheaper: a code change would rebuild in 0.5 s instead of 37 s",
    ),
    "two written, one failed": (
        [CHEAPER, CHEAPER, FAILED],
        True,
        "3 files, 2 cheaper, 1 failed: a code change now rebuilds in 1.0 s instead of 74 s",
    ),
}


@pytest.mark.parametrize(("outcomes", "written", "expected"), TOTALS.values(), ids=TOTALS)
def test_a_run_ends_with_what_it_won(outcomes: list[Outcome], written: bool, expected: str) -> None:
    assert total(outcomes, written=written) == expected


def test_the_example_of_the_docstring_is_true() -> None:
    import doctest

    assert doctest.testmod(terminal) == (0, 1)
