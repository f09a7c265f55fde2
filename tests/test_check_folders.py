"""The independent check, rule 4: COPY, ADD, WORKDIR among themselves, links, unknown places."""

from __future__ import annotations

import pytest
from test_check import Case, makes, reads, writes
from test_check_places import links, lists, sets_mode

from reorder.effects.effect import NEW_FOLDER, PRESENT, Access, Effect, Extent, Footprint


def new(folder: str) -> Effect:
    return Effect((Footprint("path", folder, Access.WRITE, Extent.TREE, owner=NEW_FOLDER),))


def needs(folder: str) -> Effect:
    return Effect((Footprint("path", folder, Access.READ, owner=PRESENT),))


REFUSED = [
    Case(
        "who looks at a new folder",
        "FROM a\nRUN x\nRUN y",
        "0 2 1",
        {1: new("/d"), 2: reads("/d")},
    ),
    Case(
        "who writes below a new folder",
        "FROM a\nRUN x\nRUN y",
        "0 2 1",
        {1: new("/d"), 2: writes("/d/x")},
    ),
    Case(
        "who looks below one of several folders",
        "FROM a\nRUN x\nRUN y",
        "0 2 1",
        {1: new("/d*"), 2: reads("/d/x")},
    ),
    Case(
        "who needs a folder that the COPY brings",
        "FROM a\nWORKDIR /d\nCOPY . .\nRUN y",
        "0 1 3 2",
        {2: sets_mode("/d/s", "0:0:0755"), 3: needs("/d/s")},
        {2: ["/d/s/x"]},
    ),
    Case(
        "who needs a folder that a RUN may have taken away",
        "FROM a\nWORKDIR /d/s\nRUN y\nCOPY . /d/\nRUN z",
        "0 1 2 4 3",
        {2: writes("/d/s"), 3: sets_mode("/d/s", "0:0:0755"), 4: needs("/d/s")},
        {3: ["/d/s/x"]},
    ),
    Case(
        "who looks at the mode of a folder that is there",
        "FROM a\nWORKDIR /d/s\nCOPY . /d/\nRUN y",
        "0 1 3 2",
        {2: sets_mode("/d/s", "0:0:0755"), 3: reads("/d/s")},
        {2: ["/d/s/x"]},
    ),
    Case("a WORKDIR of a user", "FROM a\nUSER 5\nWORKDIR /d\nCOPY x /d/", "0 1 3 2"),
    Case(
        "a file goes into a folder that is there by then",
        "FROM a\nWORKDIR /d\nCOPY x /d",
        "0 2 1",
        {},
        {2: ["/d/x"]},
    ),
    Case(
        "files go into a folder that is there by then",
        "FROM a\nWORKDIR /d\nCOPY x y /d",
        "0 2 1",
        {},
        {2: ["/d/x", "/d/y"]},
    ),
    Case(
        "a file goes into a folder that a RUN may have taken away",
        "FROM a\nUSER 0\nWORKDIR /d\nRUN y\nCOPY x /d\nCOPY s /d/s/",
        "0 1 2 3 5 4",
        {3: writes("/d")},
        {4: ["/d/x"], 5: ["/d/s/z"]},
    ),
    Case(
        "one file twice",
        "FROM a\nCOPY x /d/\nCOPY y/x /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/x"]},
    ),
    Case(
        "a file and what is below it",
        "FROM a\nCOPY x /d/\nCOPY y /d/x/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/x/y"]},
    ),
    Case(
        "two trees with one nested folder",
        "FROM a\nWORKDIR /d\nCOPY x .\nCOPY y .",
        "0 1 3 2",
        {},
        {2: ["/d/s/x"], 3: ["/d/s/y"]},
    ),
    Case(
        "--parents takes the modes of the context",
        "FROM a\nCOPY --parents x /d/\nCOPY y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
    ),
    Case("a link below a tree", "FROM a\nCOPY x /d\nCOPY y /d/e", "0 2 1"),
    Case(
        "a file below an unknown work folder",
        "FROM a\nCOPY x ./\nRUN y",
        "0 2 1",
        {2: reads("/srv/x")},
        {1: ["?cwd/x"]},
    ),
    Case(
        "a work folder with a variable",
        "FROM a\nWORKDIR $X\nCOPY x ./\nRUN y",
        "0 1 3 2",
        {3: lists("/usr")},
        {2: ["/srv/x"]},
    ),
    Case(
        "an unknown work folder and files of another place",
        "FROM a\nCOPY x s/\nRUN y",
        "0 2 1",
        {2: lists("/usr")},
        {1: ["/srv/t/x"]},
    ),
    Case("an unknown WORKDIR", "FROM a\nWORKDIR $X\nRUN y", "0 2 1", {2: reads("/z")}),
    Case("a VOLUME in an array", 'FROM a\nVOLUME ["/v"]\nRUN y', "0 2 1", {2: writes("/v/x")}),
    Case("an unknown VOLUME", "FROM a\nVOLUME $V\nRUN y", "0 2 1", {2: writes("/v/x")}),
    Case("a RUN and a VOLUME", "FROM a\nVOLUME /v\nRUN y", "0 2 1", {2: Effect(opaque="x")}),
    Case("a VOLUME and who writes to it", "FROM a\nVOLUME /v\nRUN y", "0 2 1", {2: writes("/v/x")}),
    Case(
        "a COPY through a link is anywhere",
        "FROM a\nRUN ln\nCOPY x /l/\nRUN two",
        "0 1 3 2",
        {1: links("/l"), 3: reads("/elsewhere")},
        {2: ["/l/x"]},
    ),
    Case(
        "a WORKDIR through a link is anywhere",
        "FROM a\nRUN ln\nWORKDIR /l/x\nRUN two",
        "0 1 3 2",
        {1: links("/l"), 3: reads("/elsewhere")},
    ),
    Case("an unknown work folder", "FROM a\nCOPY x ./\nRUN y", "0 2 1", {2: lists("/usr")}),
    Case(
        "--link stamps the folders above",
        "FROM a\nWORKDIR /d\nCOPY --link x /d/\nRUN y",
        "0 1 3 2",
        {3: reads("/d")},
        {2: ["/d/x"]},
    ),
]

PROVED = [
    Case(
        "who looks below a new folder",
        "FROM a\nRUN x\nRUN y",
        "0 2 1",
        {1: new("/d"), 2: reads("/d/x")},
    ),
    Case(
        "who needs a folder that is there",
        "FROM a\nWORKDIR /d/s\nCOPY . /d/\nRUN y",
        "0 1 3 2",
        {2: sets_mode("/d/s", "0:0:0700"), 3: needs("/d/s")},
        {2: ["/d/s/x"]},
    ),
    Case(
        "a WORKDIR of root and a COPY",
        "FROM a\nUSER root\nWORKDIR /d\nCOPY x /d/",
        "0 1 3 2",
        {},
        {3: ["/d/x"]},
    ),
    Case(
        "a folder goes where a folder may be",
        "FROM a\nWORKDIR /d\nCOPY . /d",
        "0 2 1",
        {1: makes("/d")},
        {2: ["/d/x", "/d/y"]},
    ),
    Case(
        "COPYs of other files",
        "FROM a\nCOPY x /d/\nCOPY y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
    ),
    Case("COPYs to other places", "FROM a\nCOPY x /d/x\nCOPY --from=b y /e/y", "0 2 1"),
    Case(
        "nested folders with the mode of the claim",
        "FROM a\nWORKDIR /d\nCOPY x .\nCOPY y .",
        "0 1 3 2",
        {2: sets_mode("/d/s", "0:0:0755"), 3: sets_mode("/d/s", "0:0:0755")},
        {2: ["/d/s/x"], 3: ["/d/s/y"]},
    ),
    Case(
        "an unknown work folder and other names",
        "FROM a\nCOPY x ./\nRUN y",
        "0 2 1",
        {2: reads("/app/y")},
        {1: ["?cwd/x"]},
    ),
    Case(
        "the work folder of a known image",
        "FROM a\nCOPY x ./\nRUN y",
        "0 2 1",
        {2: lists("/usr")},
        {1: ["/srv/x"]},
    ),
    Case(
        "a VOLUME and who writes elsewhere", "FROM a\nVOLUME /v\nRUN y", "0 2 1", {2: writes("/w")}
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_it_refuses(case: Case) -> None:
    assert case.run() != ()


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.name)
def test_it_proves(case: Case) -> None:
    assert case.run() == ()
