"""A COPY names its place from the root to pass a WORKDIR, and the check proves it by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.anchor import anchored, places
from reorder.check import check_cut
from reorder.syntax.dockerfile import parse


def written(text: str) -> str:
    """The text with every place absolute that may be."""
    dockerfile = parse(text.encode())
    found = anchored(dockerfile, {at for at, _ in places(dockerfile)})
    assert found is not None
    return bytes(found.dockerfile).decode()


def stage(copy: str, folder: str = "/app", below: str = "WORKDIR /x\n") -> str:
    return f"FROM scratch\nWORKDIR {folder}\n{copy}\n{below}"


@pytest.mark.parametrize(
    "text",
    [
        stage("COPY . /x/"),
        stage("COPY . ../x/"),
        stage("COPY . $X"),
        stage('COPY . "x"'),
        stage('COPY [".", "x"]'),
        stage("COPY . \\\n  x"),
        stage("COPY <<E x\na\nE"),
        stage("RUN cp . x"),
        stage("ONBUILD COPY . ."),
        stage("COPY . .", folder="app"),
        stage("COPY . .", folder="$X"),
        stage("COPY . .", folder='"/app"'),
        stage("COPY . .", folder="/a/../app"),
        stage("COPY . .", below="FROM scratch\nWORKDIR /x\n"),
        "FROM scratch\nCOPY . .\nWORKDIR /x\n",
        "FROM scratch\nWORKDIR /app\nFROM scratch\nCOPY . .\nWORKDIR /x\n",
    ],
)
def test_a_place_stays_as_it_is(text: str) -> None:
    assert written(text) == text


@pytest.mark.parametrize(
    ("copy", "folder", "expected"),
    [
        ("COPY . .", "/app", "COPY . /app/"),
        ("COPY . ./", "/app/", "COPY . /app/"),
        ("COPY --chown=a . src", "/app", "COPY --chown=a . /app/src"),
        ("COPY a b ./src/", "/app", "COPY a b /app/src/"),
        ("  add . x/.", "/app", "  add . /app/x/"),
        ("COPY . .  ", "/", "COPY . /  "),
        ("COPY --from=b /x .", "/a//b/.", "COPY --from=b /x /a/b/"),
    ],
)
def test_a_place_is_written_from_the_root(copy: str, folder: str, expected: str) -> None:
    before, after = stage(copy, folder), stage(expected, folder)
    assert written(before) == after
    assert check_cut(before.encode(), after.encode(), frozenset(), {}) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(stage("COPY . ."), stage("COPY . /other/"), id="another folder"),
        pytest.param(stage("COPY . x"), stage("COPY . /app/x/"), id="a folder for a file"),
        pytest.param(stage("COPY . x/"), stage("COPY . /app/x"), id="a file for a folder"),
        pytest.param(stage("COPY a ."), stage("COPY b /app/"), id="another source"),
        pytest.param(stage("COPY . ../x/"), stage("COPY . /x/"), id="a folder above"),
        pytest.param(stage("COPY . .", "$X"), stage("COPY . /app/", "$X"), id="an unknown folder"),
        pytest.param(stage("COPY . .", "app"), stage("COPY . /app/", "app"), id="relative to it"),
        pytest.param(
            stage("COPY . .", below="COPY . b\n"),
            stage("COPY . /app/", below="COPY . /b\n"),
            id="the second of two",
        ),
        pytest.param(
            "FROM scratch\nWORKDIR /app\nFROM scratch\nCOPY . .\n",
            "FROM scratch\nWORKDIR /app\nFROM scratch\nCOPY . /app/\n",
            id="the folder of another stage",
        ),
        pytest.param(
            stage("RUN cp . x"), stage("RUN cp . /app/x"), id="a word of another instruction"
        ),
    ],
)
def test_the_check_refuses(before: str, after: str) -> None:
    assert check_cut(before.encode(), after.encode(), frozenset(), {}) != ()


WORDS = st.text(alphabet="ab./-_", min_size=1, max_size=6)


@given(copy=st.sampled_from(["COPY", "ADD --chown=1"]), place=WORDS, folder=WORDS)
def test_the_check_proves_every_place_that_is_written(copy: str, place: str, folder: str) -> None:
    text = stage(f"{copy} x {place}", f"/{folder}")
    assert check_cut(text.encode(), written(text).encode(), frozenset(), {}) == ()
