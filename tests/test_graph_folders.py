"""Who makes a missing folder: which instructions keep their order for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.context.files import Context
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.graph import edges
from reorder.syntax.dockerfile import parse

OWNED, PLAIN = "COPY --chown=5:5 a /in/", "COPY b /in/"
PAIRS = {
    "two makers of one owner change places": ([PLAIN, "COPY c /in/"], set()),
    "two makers of two owners do not": ([PLAIN, OWNED], {(0, 1)}),
    "below a sure maker they do": (["WORKDIR /in", OWNED, PLAIN], {(0, 1)}),
    "a RUN may make nothing": (["RUN mkdir -p /in", OWNED, PLAIN], {(0, 1), (1, 2)}),
    "a pattern may match nothing": (["COPY n* /in/", OWNED, PLAIN], {(0, 1), (0, 2), (1, 2)}),
    "a pattern with a match makes it": (["COPY a* /in/", "RUN touch /in/b/x"], {(0, 1)}),
    "below a pattern with a match they do": (
        ["COPY a* /in/", OWNED, PLAIN, "RUN touch /in/s/x"],
        {(0, 1), (0, 3)},
    ),
    "a pattern beside a name": (["COPY n* a /in/", OWNED, PLAIN], {(0, 1)}),
    "a pattern of another stage may match nothing": (
        ["COPY --from=x n* /in/", OWNED, "RUN touch /in/s/x"],
        {(0, 1), (0, 2), (1, 2)},
    ),
    "who writes far below it may have made it": (
        ["COPY a /in/", "RUN touch /in/b/c/x"],
        {(0, 1)},
    ),
    "a layer of its own makes it, too": (
        ["COPY --link --chown=5:5 a /in/", "RUN mkdir -p /in"],
        {(0, 1)},
    ),
    "below a sure maker who needs a folder passes who sets its mode": (
        ["WORKDIR /in/s", "COPY . /in/", "RUN cd /in/s && true"],
        {(0, 2)},
    ),
    "so does who writes a file into it": (
        ["WORKDIR /in/s", "COPY . /in/", "RUN echo > /in/s/x"],
        {(0, 2)},
    ),
    "else it stays below": (["COPY . /in/", "RUN cd /in/s && true"], {(0, 1)}),
    "or above": (["RUN cd /in/s && true", "COPY . /in/"], {(0, 1)}),
    "a folder that may have been taken away": (
        ["COPY s/d /in/s/", "RUN rm -rf /in/s", "COPY . /in/", "RUN cd /in/s && true"],
        {(0, 1), (1, 2), (1, 3), (2, 3)},
    ),
    "a RUN may not have made it": (
        ["RUN mkdir -p /in/s", "COPY . /in/", "RUN cd /in/s && true"],
        {(0, 2), (1, 2)},
    ),
    "who asks whether it is there stays above": (
        ["RUN [ -d /in/s ] || true", "COPY . /in/", "WORKDIR /in/s"],
        {(0, 1), (0, 2)},
    ),
    "who is not root needs its mode": (
        ["WORKDIR /in/s", "COPY . /in/", "USER b", "RUN cd /in/s && true"],
        {(0, 2), (0, 3), (1, 3), (2, 3)},
    ),
    "nor who becomes another user": (
        ["WORKDIR /in/s", "COPY . /in/", "RUN su b -c 'cd /in/s && true'"],
        {(0, 2), (1, 2)},
    ),
    "who looks at its mode": (
        ["WORKDIR /in/s", "COPY . /in/", "RUN stat /in/s"],
        {(0, 2), (1, 2)},
    ),
    "a pattern of folders": (
        ["WORKDIR /in/s", "COPY . /in/", "RUN [ -d /in/* ]"],
        {(0, 2), (1, 2)},
    ),
    "who looks for a file below a new folder": (["RUN test -e /in/x", "RUN mkdir /in"], set()),
    "who looks for the new folder": (["RUN test -e /in", "RUN mkdir /in"], {(0, 1)}),
    "who looks for files below one that may be there": (
        ["RUN test -e /in/x", "RUN rm -rf /in"],
        {(0, 1)},
    ),
    "who lists a new folder": (["RUN ls /in || true", "RUN mkdir /in"], {(0, 1)}),
    "who writes below a new folder": (["RUN mkdir /in", "COPY a /in/"], {(0, 1)}),
    "who needs it stays above all that make it": (
        ["RUN touch /in/x", "COPY a /in/", PLAIN],
        {(0, 1), (0, 2)},
    ),
}


@pytest.mark.parametrize(("lines", "expected"), PAIRS.values(), ids=PAIRS)
def test_makers_of_a_folder(
    lines: list[str], expected: set[tuple[int, int]], tmp_path: Path
) -> None:
    assert kept(lines, tmp_path) == expected


def kept(lines: list[str], tmp_path: Path) -> set[tuple[int, int]]:
    """The pairs that keep their order."""
    for name in "abc":
        (tmp_path / name).touch()
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "d").touch()
    dockerfile = parse("\n".join(["FROM debian:12", *lines, ""]).encode())
    (stage,) = analyse(dockerfile, context=Context.open(tmp_path), models=builtin()).stages
    return {(edge.before, edge.after) for edge in edges(stage)}
