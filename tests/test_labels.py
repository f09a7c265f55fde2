"""The graph against dependencies that were labelled by hand: none may be missing."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from label_sheets import (
    SHEETS,
    Pair,
    Score,
    SheetError,
    followed,
    precision,
    read_sheet,
    recall,
    scored,
)

# A little below what docs/precision.md says.
PRECISION = 0.748


@cache
def score(path: Path) -> Score:
    with TemporaryDirectory() as folder:
        return scored(read_sheet(path), Path(folder))


def written(folder: Path, dockerfile: str) -> Path:
    sheet = folder / "sheet.toml"
    sheet.write_text(f"dockerfile = '''\n{dockerfile}'''\n")
    return sheet


UNREADABLE = [
    ("RUN true\n", "sheet.toml: `RUN` of line 2 has no label"),
    ("#: a\n\nRUN true\n", "sheet.toml: the label `a` is of no line"),
    ("#: b <- a\nRUN true\n", "sheet.toml: `a`, which `b` needs, is not above it"),
    ("#: b <- USER\nRUN true\n", "sheet.toml: `USER`, which `b` needs, is not above it"),
    ("#: a\nRUN true\n#: a\nRUN true\n", "two instructions of one stage are called `a`"),
]


@pytest.mark.parametrize(("body", "message"), UNREADABLE)
def test_a_sheet_with_a_fault_is_refused(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(SheetError, match=message):
        read_sheet(written(tmp_path, f"FROM debian:12\n{body}"))


def test_a_label_that_the_graph_lacks_is_missed(tmp_path: Path) -> None:
    body = "FROM debian:12\n#: a\nRUN touch /a\n#: b <- a\nRUN touch /b\n"
    found = scored(read_sheet(written(tmp_path, body)), tmp_path)
    assert {Pair(2, 3)} == found.missed
    assert recall([found]) == 0


LEFT_OPEN = [("", 1), ("b ", 0), ("b? ", 0)]


@pytest.mark.parametrize(("need", "wrong"), LEFT_OPEN)
def test_a_pair_left_open_is_neither_missed_nor_wrong(
    tmp_path: Path, need: str, wrong: int
) -> None:
    label = f"#: a <- {need}".removesuffix(" <- ").rstrip()
    body = f"FROM debian:12\n#: b\nRUN touch /b\n{label}\nRUN rm /b\n"
    found = scored(read_sheet(written(tmp_path, body)), tmp_path)
    assert wrong == len(found.wrong)
    assert frozenset() == found.missed


def test_what_follows_from_two_pairs_is_a_pair() -> None:
    assert {Pair(1, 2), Pair(2, 5), Pair(1, 5)} == followed([Pair(2, 5), Pair(1, 2)])


def test_there_are_sixty_sheets() -> None:
    assert len(SHEETS) == 60


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_no_labelled_pair_is_missing_in_the_graph(path: Path) -> None:
    lines = score(path).sheet.text.splitlines()
    missed = [(lines[p.above - 1], lines[p.below - 1]) for p in sorted(score(path).missed)]
    assert missed == []


def test_the_precision_does_not_fall() -> None:
    assert precision(map(score, SHEETS)) >= PRECISION
