"""An order to text: the author's lines, each comment with its instruction."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.rewrite import blocks, rewrite
from reorder.syntax.dockerfile import parse

# before, the order of the instructions below the first FROM, after
SWAP = {
    "nothing but lines": ("FROM a\nRUN b\nRUN c\n", "FROM a\nRUN c\nRUN b\n"),
    "a comment goes along": ("FROM a\n# b\nRUN b\nRUN c\n", "FROM a\nRUN c\n# b\nRUN b\n"),
    "two comments go along": (
        "FROM a\nRUN b\n# c\n# more\nRUN c\n",
        "FROM a\n# c\n# more\nRUN c\nRUN b\n",
    ),
    "the blank lines above go along": (
        "FROM a\n\nRUN b\n\n\n# c\nRUN c\n",
        "FROM a\n\n\n# c\nRUN c\n\nRUN b\n",
    ),
    "a header stays": (
        "FROM a\n# part one\n\nRUN b\nRUN c\n",
        "FROM a\n# part one\n\nRUN c\nRUN b\n",
    ),
    "a header stays, its comment goes": (
        "FROM a\n# part one\n\n# b\nRUN b\nRUN c\n",
        "FROM a\n# part one\n\nRUN c\n# b\nRUN b\n",
    ),
    "a pragma goes along over a blank line": (
        "FROM a\n# hadolint ignore=DL3008\n\nRUN b\nRUN c\n",
        "FROM a\nRUN c\n# hadolint ignore=DL3008\n\nRUN b\n",
    ),
    "a check of the builder goes along": (
        "FROM a\n# check=skip=JSONArgsRecommended\n\nRUN b\nRUN c\n",
        "FROM a\nRUN c\n# check=skip=JSONArgsRecommended\n\nRUN b\n",
    ),
    "a continued line": ("FROM a\nRUN b \\\n  # in\n\n  x\nRUN c\n", None),
    "a heredoc": ("FROM a\nRUN <<E\nb\n# in\n\nE\nRUN c\n", None),
    "no last line end": ("FROM a\nRUN b\nRUN c", "FROM a\nRUN c\nRUN b"),
    "comments at the end stay there": (
        "FROM a\nRUN b\nRUN c\n# end\n",
        "FROM a\nRUN c\nRUN b\n# end\n",
    ),
    "comments at the end, no last line end": (
        "FROM a\nRUN b\nRUN c\n# end",
        "FROM a\nRUN c\nRUN b\n# end",
    ),
    "line ends of Windows": ("FROM a\r\nRUN b\r\nRUN c\r\n", "FROM a\r\nRUN c\r\nRUN b\r\n"),
    "line ends of Windows, not the last": ("FROM a\r\nRUN b\r\nRUN c", "FROM a\r\nRUN c\r\nRUN b"),
    "mixed line ends": ("FROM a\nRUN b\r\nRUN c\n", "FROM a\nRUN c\nRUN b\r\n"),
    "a mark at the start and directives": (
        "\ufeff# escape=`\n# syntax=x\nFROM a\nRUN b\nRUN c\n",
        "\ufeff# escape=`\n# syntax=x\nFROM a\nRUN c\nRUN b\n",
    ),
    "what follows another FROM": (
        "FROM a\nRUN b\nRUN c\n\n# second\nFROM d\nRUN e\n",
        "FROM a\nRUN c\nRUN b\n\n# second\nFROM d\nRUN e\n",
    ),
    "bytes that are no text": ("FROM a\nRUN b \udcff\nRUN c\n", "FROM a\nRUN c\nRUN b \udcff\n"),
}


def data_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(("before", "after"), SWAP.values(), ids=SWAP)
def test_two_instructions_swap(before: str, after: str | None) -> None:
    dockerfile = parse(data_of(before))
    found = rewrite(dockerfile, {1: (1, 0)})
    if after is None:
        head, _, last = before.rpartition("RUN c\n")
        after = head.replace("FROM a\n", "FROM a\nRUN c\n", 1) + last
    assert found == data_of(after)


@pytest.mark.parametrize("before", [row[0] for row in SWAP.values()], ids=SWAP)
def test_the_authors_order_gives_the_authors_bytes(before: str) -> None:
    dockerfile = parse(data_of(before))
    assert rewrite(dockerfile, {}) == data_of(before)
    assert rewrite(dockerfile, {1: (0, 1)}) == data_of(before)


NEW = {
    "above": ("FROM a\nRUN b\nRUN c\n", ("COPY x ./", 0, 1), "FROM a\nCOPY x ./\nRUN b\nRUN c\n"),
    "between": ("FROM a\nRUN b\nRUN c\n", (1, "COPY x ./", 0), "FROM a\nRUN c\nCOPY x ./\nRUN b\n"),
    "at the end": ("FROM a\nRUN b", (0, "COPY x ./"), "FROM a\nRUN b\nCOPY x ./"),
    "with the line ends of the file": (
        "FROM a\r\nRUN b\r\n",
        ("COPY x ./", 0),
        "FROM a\r\nCOPY x ./\r\nRUN b\r\n",
    ),
    "below the header of its part": (
        "FROM a\n# part\n\nRUN b\n",
        ("COPY x ./", 0),
        "FROM a\n# part\n\nCOPY x ./\nRUN b\n",
    ),
    "below blank lines, above a comment": (
        "FROM a\r\n\r\n \r\n  # why\r\nRUN b\r\n",
        ("COPY x ./", "COPY y ./", 0),
        "FROM a\r\n\r\n \r\nCOPY x ./\r\nCOPY y ./\r\n  # why\r\nRUN b\r\n",
    ),
}


@pytest.mark.parametrize(("before", "items", "after"), NEW.values(), ids=NEW)
def test_a_new_line_stands_where_the_order_says(
    before: str, items: tuple[int | str, ...], after: str
) -> None:
    assert rewrite(parse(before.encode()), {1: items}).decode() == after


def test_two_stages_get_two_orders() -> None:
    before = "FROM a\nRUN b\nRUN c\nFROM d\nRUN e\nRUN f\n"
    after = rewrite(parse(before.encode()), {1: (1, 0), 4: (1, 0)})
    assert after.decode() == "FROM a\nRUN c\nRUN b\nFROM d\nRUN f\nRUN e\n"


LINES = st.sampled_from(["", "# c", "# part\n", "RUN b", "RUN c \\\n  d", "COPY <<E x\n#\nE"])


@settings(deadline=None, max_examples=100)
@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.randoms())
def test_any_order_keeps_every_line(
    lines: list[str], newline: str, ended: bool, random: Random
) -> None:
    text = "\n".join(["FROM a", *lines]).replace("\n", newline)
    data = (text + newline if ended else text).encode()
    dockerfile = parse(data)
    order = list(range(len(dockerfile.instructions) - 1))
    random.shuffle(order)
    after = rewrite(dockerfile, {1: order})
    assert sorted(after.splitlines()) == sorted(data.splitlines())
    assert after.endswith(b"\n") == data.endswith(b"\n")
    again = [block.instruction.text for block in blocks(parse(after))]
    texts = [instruction.text for instruction in dockerfile.instructions]
    assert again == [texts[0], *(texts[1 + item] for item in order)]
