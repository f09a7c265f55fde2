"""The independent check, rule 4: a RUN and the files of a COPY."""

from __future__ import annotations

import pytest
from test_check import OPAQUE, Case, both, makes, reads, writes
from test_check_places import imports, lists

from reorder.effects.effect import Access, Effect, Extent, Footprint

COPY_RUN = "FROM a\nWORKDIR /app\nCOPY src ./\nRUN tool"
FILES = {2: ["/app/x.txt", "/app/mod.py", "/app/sub/y"]}


def lists_files(*paths: str) -> Effect:
    return Effect((Footprint("path", "/app", Access.WRITE, Extent.LISTED, paths),))


REFUSED = [
    Case(
        "a relative work folder",
        "FROM a\nWORKDIR /a\nWORKDIR b\nCOPY x ./\nRUN y",
        "0 1 2 4 3",
        {4: reads("/a/b/x")},
        {3: ["/a/b/x"]},
    ),
    Case(
        "a work folder with dots",
        "FROM a\nWORKDIR /a\nWORKDIR ../b/.\nCOPY --from=c x y/\nRUN y",
        "0 1 2 4 3",
        {4: reads("/b/y/x")},
    ),
    Case(
        "a work folder of another system",
        "FROM a\nWORKDIR /a\nWORKDIR c:/b\nCOPY --from=c x y/\nRUN y",
        "0 1 2 4 3",
        {4: reads("/q/y")},
    ),
    Case(
        "a COPY in an array",
        'FROM a\nCOPY ["x y", "/d/"]\nRUN y',
        "0 2 1",
        {2: reads("/d/x y")},
        {1: ["/d/x y"]},
    ),
    Case(
        "a link that only the claim of the COPY knows",
        COPY_RUN,
        "0 1 3 2",
        {2: lists_files("/app/link", "/app/x.txt"), 3: reads("/app/link/z")},
        FILES,
    ),
    Case(
        "a RUN above a COPY of its file",
        "FROM a\nWORKDIR /app\nRUN y\nCOPY x ./",
        "0 1 3 2",
        {2: reads("/app/x")},
        {3: ["/app/x"]},
    ),
    Case(
        "a RUN above a COPY of its module",
        "FROM a\nWORKDIR /app\nRUN y\nCOPY --from=b x ./",
        "0 1 3 2",
        {2: imports("/app", "m")},
    ),
    Case(
        "modules by a pattern",
        COPY_RUN,
        "0 1 3 2",
        {
            2: Effect((Footprint("path", "/app/*.py", Access.WRITE, Extent.GLOB),)),
            3: imports("/app", "m"),
        },
        FILES,
    ),
    Case("an opaque COPY", "FROM a\nCOPY x /d/\nRUN y", "0 2 1", {1: OPAQUE, 2: reads("/z")}),
    Case(
        "a file that may land in a folder",
        "FROM a\nCOPY x /d\nRUN y",
        "0 2 1",
        {2: reads("/d/x")},
        {1: ["/d"]},
    ),
    Case(
        "a download by a variable",
        "FROM a\nADD $T /d/\nRUN y",
        "0 2 1",
        {2: reads("/d/z")},
        {1: ["/d/t"]},
    ),
    Case("a folder in place of a file", COPY_RUN, "0 1 3 2", {3: makes("/app/sub/y/z")}, FILES),
    Case("a file below one of the COPY", COPY_RUN, "0 1 3 2", {3: writes("/app/x.txt/z")}, FILES),
    Case("an opaque RUN and COPY", "FROM a\nCOPY x /x\nRUN y", "0 2 1", {2: OPAQUE}, {1: ["/x"]}),
    Case("an opaque RUN and WORKDIR /", "FROM a\nWORKDIR /\nRUN y", "0 2 1", {2: OPAQUE}),
    Case(
        "an opaque RUN and USER of the same",
        "FROM a\nUSER 1\nRUN y\nUSER 1",
        "0 1 3 2",
        {2: OPAQUE},
    ),
    Case("a file of the COPY", COPY_RUN, "0 1 3 2", {3: reads("/app/x.txt")}, FILES),
    Case(
        "a file that the COPY would replace", COPY_RUN, "0 1 3 2", {3: writes("/app/x.txt")}, FILES
    ),
    Case("the folder of the COPY is listed", COPY_RUN, "0 1 3 2", {3: lists("/app")}, FILES),
    Case("a folder above is listed", COPY_RUN, "0 1 3 2", {3: lists("/")}, FILES),
    Case("a module in the folder", COPY_RUN, "0 1 3 2", {3: imports("/app", "mod")}, FILES),
    Case("a package in the folder", COPY_RUN, "0 1 3 2", {3: imports("/app", "sub")}, FILES),
    Case("a module somewhere", COPY_RUN, "0 1 3 2", {3: imports("?x", "mod")}, FILES),
    Case("a module where nothing is known", COPY_RUN, "0 1 3 2", {3: imports("/app", "os")}),
    Case("files that are not known", COPY_RUN, "0 1 3 2", {3: reads("/app/other")}),
    Case(
        "a place that is not known",
        "FROM a\nCOPY x $D\nRUN y",
        "0 2 1",
        {2: reads("/z")},
        {1: ["/x"]},
    ),
    Case("the mode of a nested folder", COPY_RUN, "0 1 3 2", {3: reads("/app/sub")}, FILES),
    Case("a nested folder that RUN makes", COPY_RUN, "0 1 3 2", {3: writes("/app/sub")}, FILES),
    Case(
        "the folder of a destination",
        "FROM a\nCOPY x /d/\nRUN y",
        "0 2 1",
        {2: reads("/d")},
        {1: ["/d/x"]},
    ),
    Case(
        "a destination without a slash may be a folder",
        "FROM a\nRUN y\nCOPY x /d",
        "0 2 1",
        {1: makes("/d")},
        {2: ["/d"]},
    ),
    Case(
        "several files to a place without a slash",
        "FROM a\nRUN y\nCOPY x z /d",
        "0 2 1",
        {1: makes("/d")},
    ),
    Case(
        "files that are not where the COPY puts them",
        "FROM a\nCOPY x /d/\nRUN y",
        "0 2 1",
        {2: reads("/d/z")},
        {1: ["/e/x"]},
    ),
    Case(
        "an archive is unpacked",
        "FROM a\nADD t.tar /d/\nRUN y",
        "0 2 1",
        {2: reads("/d/z")},
        {1: ["/d/t.tar"]},
    ),
    Case(
        "a download may be anything",
        "FROM a\nADD https://h/x /d/\nRUN y",
        "0 2 1",
        {2: reads("/d/z")},
        {1: ["/d/x"]},
    ),
    Case(
        "a profile and a login shell",
        'FROM a\nSHELL ["/b", "-lc"]\nCOPY z /etc/profile.d/z\nRUN cc',
        "0 1 3 2",
        {},
        {2: ["/etc/profile.d/z"]},
    ),
    Case(
        "what the claim of the COPY adds",
        COPY_RUN,
        "0 1 3 2",
        {2: writes("/z"), 3: reads("/z")},
        FILES,
    ),
    Case(
        "triggers may change the work folder",
        "FROM a AS b\nWORKDIR /app\nONBUILD WORKDIR /usr\nFROM b\nCOPY x ./\nRUN y",
        "0 1 2 3 5 4",
        {5: lists("/usr")},
    ),
    Case(
        "FROM does not find a name in capitals",
        "FROM a AS B\nWORKDIR /app\nFROM B\nCOPY x ./\nRUN y",
        "0 1 2 4 3",
        {4: lists("/usr")},
    ),
]

PROVED = [
    Case("modules of another folder", COPY_RUN, "0 1 3 2", {3: imports("/w", "mod")}, FILES),
    Case(
        "an archive that COPY leaves alone",
        "FROM a\nCOPY t.tar /d/\nRUN y",
        "0 2 1",
        {2: reads("/d/z")},
        {1: ["/d/t.tar"]},
    ),
    Case("mkdir and a COPY", "FROM a\nRUN m\nCOPY x /d/", "0 2 1", {1: makes("/d")}, {2: ["/d/x"]}),
    Case("nothing is below a file", COPY_RUN, "0 1 3 2", {3: reads("/app/x.txt/z")}, FILES),
    Case(
        "a stage begins in the work folder of the one below",
        "FROM a AS b\nWORKDIR /app\nFROM b\nCOPY x ./\nRUN y",
        "0 1 2 4 3",
        {4: lists("/usr")},
    ),
    Case(
        "a RUN that reads other files",
        COPY_RUN,
        "0 1 3 2",
        {3: both(reads("/app/z"), writes("/app/out"))},
        FILES,
    ),
    Case("a module of another name", COPY_RUN, "0 1 3 2", {3: imports("/app", "os")}, FILES),
    Case("a file that is no module", COPY_RUN, "0 1 3 2", {3: imports("/app", "x")}, FILES),
    Case("the folder surely is there", COPY_RUN, "0 1 3 2", {3: reads("/app")}, FILES),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_it_refuses(case: Case) -> None:
    assert case.run() != ()


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.name)
def test_it_proves(case: Case) -> None:
    assert case.run() == ()
