"""An ENV is cut in two, and the check proves it by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.check import check_cut
from reorder.config import Config
from reorder.cut.text import cut
from reorder.pipeline import reorder
from reorder.syntax.dockerfile import parse

TOP = "FROM scratch\n"


def halves(text: str, *names: str) -> str | None:
    """The text below FROM once the `names` of its first ENV stand in one of their own."""
    found = cut(parse((TOP + text).encode()), {1: frozenset(names)})
    return found and bytes(found.dockerfile).decode().removeprefix(TOP)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ENV A=1 B=2\n", []),
        ("ENV A=1 B=2\n", ["A", "B"]),
        ("ENV A=1 B=2\n", ["C"]),
        ("ENV A=1 B=$A\n", ["A"]),
        ("ENV A=1 B=$A\n", ["B"]),
        ("ENV A=1 B=x${A:-1}\n", ["B"]),
        ("ENV A=1 B=2 A=3\n", ["B"]),
        ("ENV A=1 \\\n # A=1\n B=2\n", ["A"]),
        ('ENV A="x \\\n y" B=2\n', ["A"]),
        ("ENV A 1\n", ["A"]),
        ("ENV A=1 B=2 \\", ["A"]),
        ("ARG A=1 B=2\n", ["A"]),
        ("RUN a\n", ["a"]),
    ],
)
def test_an_env_stays_whole(text: str, names: list[str]) -> None:
    assert halves(text, *names) is None


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("ENV A=1 B=2 C=3\n", ["B"], "ENV A=1 C=3\nENV B=2\n"),
        ("env A=1 B=2 C=3", ["A", "C"], "env B=2\nenv A=1 C=3"),
        ("ENV A=1 \\\n    B=2 \\\n    C=3\n", ["B"], "ENV A=1 \\\n    C=3\nENV B=2\n"),
        ("ENV A=1 \\\n    B=2 \\\n    C=3\n", ["C"], "ENV A=1 \\\n    B=2\nENV C=3\n"),
        ("ENV A=1 \\\r\n  B=2\r\n", ["B"], "ENV A=1\r\nENV B=2\r\n"),
        ("ENV A=1 \\\n    B=2 C=3\n", ["A"], "ENV \\\n    B=2 C=3\nENV A=1\n"),
        ('ENV A="x y" B=2\n', ["A"], 'ENV B=2\nENV A="x y"\n'),
        ("ENV A=1$A B=2$B\n", ["A"], "ENV B=2$B\nENV A=1$A\n"),
    ],
)
def test_an_env_is_cut(text: str, names: list[str], expected: str) -> None:
    assert halves(text, *names) == expected
    assert check_cut((TOP + text).encode(), (TOP + expected).encode(), frozenset(names), {}) == ()


def test_a_cut_keeps_the_lines_of_the_author() -> None:
    found = cut(parse(f"{TOP}ENV A=1 \\\n B=2\nRUN x\n".encode()), {1: frozenset("B")})
    assert found is not None
    assert [i.line for i in found.shown.instructions] == [1, 2, 2, 4]
    assert [i.line for i in found.dockerfile.instructions] == [1, 2, 3, 4]
    assert found.groups == {1: (1, 2)}


@pytest.mark.parametrize(
    ("before", "after", "fact"),
    [
        ("ENV A=1 B=2\n", "ENV A=1\nENV B=3\n", "its halves do not set what it sets"),
        ("ENV A=1 B=2\n", "ENV A=1\n", "the ENV of line 2 is lost or changed"),
        ("ENV A=1 B=2\n", "ENV A=1\nRUN x\n", "the ENV of line 2 is lost or changed"),
        ("ENV A=1 B=2 C=3\n", "ENV C=3 A=1\nENV B=2\n", "its halves do not set what it sets"),
        ("ENV A=1 B=2\n", "ENV B=2\nENV A=1\n", "its second half sets more than volatile names"),
        ("ENV A=1 B=$A\n", "ENV A=1\nENV B=$A\n", "one half looks at a name of the other"),
        ("ENV A=$B B=1\n", "ENV A=$B\nENV B=1\n", "one half looks at a name of the other"),
        ("ENV A=1 B=2 A=3\n", "ENV A=1 A=3\nENV B=2\n", "it sets a name twice"),
        ("LABEL A=1 B=2\n", "LABEL A=1\nLABEL B=2\n", "the LABEL of line 2 is lost or changed"),
        ("ENV A=1 B=2\n", "ENV A=1 B=2\nRUN x\n", "this instruction is new"),
        ("ENV A=1 B=2\n", "# x\nENV A=1\nENV B=2\n", "more than what is cut differs"),
    ],
)  # fmt: skip
def test_the_check_refuses_another_cut(before: str, after: str, fact: str) -> None:
    found = check_cut((TOP + before).encode(), (TOP + after).encode(), frozenset("BC"), {})
    assert [refusal.fact for refusal in found] == [fact]


words = st.lists(st.sampled_from(["1", "$A", "${B:-2}", '"x y"', "$Z", "\\ "]), min_size=1).map(
    "".join
)


names_of = st.sampled_from("ABCDE")
gaps = st.sampled_from([" ", " \\\n    ", "\t\\\r\n "])


@given(st.dictionaries(names_of, words, min_size=2), st.sets(names_of), gaps)
def test_the_check_accepts_each_cut(pairs: dict[str, str], names: set[str], gap: str) -> None:
    text = f"{TOP}ENV {gap.join(f'{name}={value}' for name, value in pairs.items())}\n".encode()
    found = cut(parse(text), {1: frozenset(names)})
    if found is not None:
        assert check_cut(text, bytes(found.dockerfile), frozenset(names), {}) == ()


SLOW = "RUN apt-get update && apt-get install -y curl\n"


def test_an_env_is_not_cut_where_it_may_sink_as_a_whole() -> None:
    text = f"FROM debian:12\nARG GIT_SHA\nENV A=1 X=$GIT_SHA\n{SLOW}".encode()
    result = reorder(text)
    assert result.refusals == ()
    assert b"ENV A=1 X=$GIT_SHA\n" in result.after


def test_only_the_env_is_cut_that_has_to_be() -> None:
    text = (
        "FROM debian:12\nARG GIT_SHA\nENV DEBIAN_FRONTEND=noninteractive X=$GIT_SHA\n"
        f"{SLOW}ENV B=1 Y=$GIT_SHA\n"
    )
    result = reorder(text.encode(), config=Config())
    assert result.refusals == ()
    assert result.after.decode() == (
        f"FROM debian:12\nENV DEBIAN_FRONTEND=noninteractive\n{SLOW}ARG GIT_SHA\n"
        "ENV X=$GIT_SHA\nENV B=1 Y=$GIT_SHA\n"
    )
    assert reorder(result.after).after == result.after
