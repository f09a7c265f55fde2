"""The independent check: a file that two COPYs bring alike, and a RUN that reads it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from test_check import OPAQUE, Case, both, reads, writes

from reorder.effects.effect import Effect

ALL = ("/app/a.txt", "/app/b.txt", "/app/src/c.txt")
USE = both(reads("/app/a.txt"), writes("/opt/out"))
MAKE = Effect(USE.footprints, clock=("*",))


def case(
    name: str,
    order: str = "0 1 2 4 3",
    *,
    upper: str = "COPY a.txt ./",
    lower: str = "COPY . .",
    more: str = "EXPOSE 1",
    claims: dict[int, Effect] | None = None,
    brought: dict[int, Sequence[str]] | None = None,
) -> Case:
    """0 FROM, 1 WORKDIR /app, 2 the upper COPY, 3 the lower one, 4 RUN, 5 `more`."""
    before = f"FROM a\nWORKDIR /app\n{upper}\n{lower}\nRUN tool\n{more}"
    order += "" if "5" in order else " 5"
    told = {2: ["/app/a.txt"], 3: ALL} | (brought or {})
    return Case(name, before, order, {4: USE} | (claims or {}), told)


REFUSED = [
    case("nothing brings it before", upper="EXPOSE 2", brought={2: []}),
    case("the RUN reads another file", claims={4: reads("/app/b.txt")}),
    case("the RUN reads the whole folder", claims={4: reads("/app/*")}),
    case("the RUN writes the file", claims={4: both(USE, writes("/app/a.txt"))}),
    case("nothing is known of the RUN", claims={4: OPAQUE}),
    case("file times may count", claims={4: MAKE}),
    case("file times may count further down", more="RUN make", claims={5: MAKE}),
    case("another RUN changes it", "0 1 2 5 4 3", more="RUN sed", claims={5: writes("/app/a.txt")}),
    case("the RUN moves above both", "0 1 4 2 3"),
    case("another owner", upper="COPY --chown=5:5 a.txt ./"),
    case("another mode", lower="COPY --chmod=700 . ."),
    case("an owner by name", upper="COPY --chown=u a.txt ./", lower="COPY --chown=u . ."),
    case("a layer of its own", upper="COPY --link a.txt ./", lower="COPY --link . ."),
    case("another stage", upper="COPY --from=b a.txt ./"),
    case("a file of another folder", upper="COPY src/a.txt ./"),
    case("a folder of another name", lower="COPY src ./"),
    case(
        "one of the files is left out of the folder",
        upper="COPY a.txt z.txt ./",
        brought={2: ["/app/a.txt", "/app/z.txt"]},
    ),
    case("what the upper one brings is not known", brought={2: []}),
    case("it may bring only one of its files", upper="COPY a.txt b.txt ./"),
    case("what the lower one brings is not known", brought={3: []}),
    case("two files of one name", upper="COPY a.txt src/a.txt ./"),
    case("a folder that may hold it", upper="COPY a.txt src ./"),
    case(
        "a pattern that fits a folder, too",
        upper="COPY a* ./",
        brought={3: (*ALL, "/app/assets/a.txt")},
    ),
    case("a pattern in the name of a folder", upper="COPY s*/a.txt ./"),
    case("a set of characters", upper="COPY [a].txt ./"),
    case("two folders", lower="COPY . src ./"),
    case("an archive that is unpacked", upper="ADD a.txt ./"),
]

PROVED = [
    case("a RUN that reads a file that is there already"),
    case("the other way round", "0 1 2 4 3 5"),
    case("both COPYs", "0 1 3 2 4"),
    case("all three", "0 1 3 2 4 5"),
    case("a pattern", upper="COPY a*.txt ./"),
    case("a question mark", upper="COPY ?.txt ./", brought={2: ALL[:2]}),
    case("one of two files", upper="COPY a.txt b.txt ./", brought={2: ALL[:2]}),
    case("to its name", upper="COPY a.txt /app/a.txt"),
    case("one owner", upper="COPY --chown=5:5 a.txt ./", lower="COPY --chown=5:5 . ."),
    case("ADD of the folder", lower="ADD . ."),
    case("another RUN above both", "0 1 2 4 3", more="RUN sed", claims={5: writes("/opt/x")}),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_it_refuses(case: Case) -> None:
    assert case.run() != ()


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.name)
def test_it_proves(case: Case) -> None:
    assert case.run() == ()


def test_a_run_may_move_below_the_second_copy() -> None:
    lines = "FROM a\nWORKDIR /app\nCOPY a.txt ./\nRUN tool\nCOPY . ."
    told = {2: ["/app/a.txt"], 4: ALL}
    assert Case("", lines, "0 1 2 4 3", {3: USE}, told).run() == ()
    rewrites = both(USE, writes("/app/a.txt"))
    assert Case("", lines, "0 1 2 4 3", {3: rewrites}, told).run() != ()


def test_what_is_changed_between_the_copies_is_no_longer_the_same() -> None:
    lines = "FROM a\nWORKDIR /app\nCOPY a.txt ./\nRUN sed\nCOPY . .\nRUN tool"
    told = {2: ["/app/a.txt"], 4: ALL}
    changed = {3: writes("/app/a.txt"), 5: USE}
    assert Case("", lines, "0 1 2 3 5 4", changed, told).run() != ()
    elsewhere = {3: writes("/opt/b"), 5: USE}
    assert Case("", lines, "0 1 2 3 5 4", elsewhere, told).run() == ()
