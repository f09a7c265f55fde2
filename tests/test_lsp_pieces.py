"""A result in pieces that may be taken one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.config import Config
from reorder.lsp.pieces import pieces, within
from reorder.pipeline import reorder

FIXTURES = Path(__file__).parent.parent / "fixtures"
SLOW = "RUN pip install torch"
# Two moves that have nothing to do with each other.
TWO = f"""FROM python:3.12 AS one
WORKDIR /app
COPY one.py /srv/
{SLOW}
FROM python:3.12
WORKDIR /app
COPY two.py /srv/
{SLOW}
COPY --from=one /app /one
"""
FIRST = TWO.replace(f"COPY one.py /srv/\n{SLOW}", f"{SLOW}\nCOPY one.py /srv/")
SECOND = TWO.replace(f"COPY two.py /srv/\n{SLOW}", f"{SLOW}\nCOPY two.py /srv/")
BOTH = FIRST.replace(f"COPY two.py /srv/\n{SLOW}", f"{SLOW}\nCOPY two.py /srv/")


def test_a_file_in_good_order_has_no_pieces() -> None:
    assert pieces(reorder(BOTH.encode())) == ()


def test_each_piece_makes_its_change_only() -> None:
    result = reorder(TWO.encode())
    assert result.after.decode() == BOTH
    found = pieces(result)
    assert [piece.result.after.decode() for piece in found] == [FIRST, SECOND]
    assert [(piece.first, piece.last) for piece in found] == [(3, 4), (7, 8)]
    assert all(piece.saves > 0 for piece in found)


@pytest.mark.parametrize(
    ("first", "last", "after"),
    [(1, 2, None), (1, 3, None), (3, 4, FIRST), (4, 9, SECOND), (1, 9, BOTH)],
)
def test_a_range_takes_the_pieces_that_lie_in_it(first: int, last: int, after: str | None) -> None:
    part = within(reorder(TWO.encode()), first, last)
    assert (part.after.decode() if part else None) == after


@pytest.mark.parametrize(
    "folder", sorted(p.parent.name for p in FIXTURES.glob("*/expected.Dockerfile"))
)
def test_all_pieces_of_a_fixture_together_are_its_result(folder: str) -> None:
    from test_fixtures import run

    result = run(FIXTURES / folder / "Dockerfile")
    whole = within(result, 1, result.before.count(b"\n") + 1)
    assert (whole.after if whole else result.before) == result.after
    for piece in pieces(result):
        assert piece.result.changed
        assert piece.result.refusals == ()


def test_a_threshold_is_one_of_the_whole_file() -> None:
    assert pieces(reorder(TWO.encode(), config=Config(min_gain=1e6))) == ()
