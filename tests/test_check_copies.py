"""The independent check, rule 4: COPY, ADD, WORKDIR, VOLUME against each other and RUN."""

from __future__ import annotations

import pytest
from test_check import OPAQUE, Case, both, makes, reads, writes
from test_check_places import imports, links, lists, sets_mode

from reorder.effects.effect import Access, Effect, Extent, Footprint

COPY_RUN = "FROM a\nWORKDIR /app\nCOPY src ./\nRUN tool"
FILES = {2: ["/app/x.txt", "/app/mod.py", "/app/sub/y"]}


def lists_files(*paths: str) -> Effect:
    return Effect((Footprint("path", "/app", Access.WRITE, Extent.LISTED, paths),))


REFUSED = [
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
    Case("a folder in place of a file", COPY_RUN, "0 1 3 2", {3: makes("/app/sub/y/z")}, FILES),
    Case("a file below one of the COPY", COPY_RUN, "0 1 3 2", {3: writes("/app/x.txt/z")}, FILES),
    Case(
        "a link that only the claim of the COPY knows",
        COPY_RUN,
        "0 1 3 2",
        {2: lists_files("/app/link", "/app/x.txt"), 3: reads("/app/link/z")},
        FILES,
    ),
    Case("an opaque RUN and COPY", "FROM a\nCOPY x /x\nRUN y", "0 2 1", {2: OPAQUE}, {1: ["/x"]}),
    Case("an opaque RUN and WORKDIR /", "FROM a\nWORKDIR /\nRUN y", "0 2 1", {2: OPAQUE}),
    Case(
        "an opaque RUN and USER of the same",
        "FROM a\nUSER 1\nRUN y\nUSER 1",
        "0 1 3 2",
        {2: OPAQUE},
    ),
    Case("an opaque RUN and a VOLUME", "FROM a\nVOLUME /v\nRUN y", "0 2 1", {2: OPAQUE}),
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
    Case("an unknown work folder", "FROM a\nCOPY x ./\nRUN y", "0 2 1", {2: lists("/usr")}),
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
        "an owner by name",
        "FROM a\nRUN u\nCOPY --chown=app x /x",
        "0 2 1",
        {1: writes("/etc/passwd")},
    ),
    Case(
        "a group by name",
        "FROM a\nRUN u\nCOPY --chown=5:app x /x",
        "0 2 1",
        {1: writes("/etc/group")},
    ),
    Case(
        "a user of WORKDIR by name",
        "FROM a\nUSER app\nRUN u\nWORKDIR /w",
        "0 1 3 2",
        {2: writes("/etc/passwd")},
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
    Case(
        "a user of the base image that may be a name",
        "FROM a\nRUN u\nWORKDIR /w",
        "0 2 1",
        {1: writes("/etc/passwd")},
    ),
    # COPY, ADD, WORKDIR
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
        "two owners of a new folder",
        "FROM a\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
    ),
    Case(
        "two modes of a new folder",
        "FROM a\nCOPY --chmod=600 x /d/\nCOPY y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
    ),
    Case(
        "two owners of a folder above",
        "FROM a\nCOPY --chown=5 x /d/e/\nCOPY y /d/f/",
        "0 2 1",
        {},
        {1: ["/d/e/x"], 2: ["/d/f/y"]},
    ),
    Case(
        "WORKDIR and an owner",
        "FROM a\nWORKDIR /d\nCOPY --chown=5:5 x /d/",
        "0 2 1",
        {},
        {2: ["/d/x"]},
    ),
    Case(
        "two trees with one nested folder",
        "FROM a\nWORKDIR /d\nCOPY x .\nCOPY y .",
        "0 1 3 2",
        {},
        {2: ["/d/s/x"], 3: ["/d/s/y"]},
    ),
    Case(
        "--link stamps the folders above",
        "FROM a\nWORKDIR /d\nCOPY --link x /d/\nRUN y",
        "0 1 3 2",
        {3: reads("/d")},
        {2: ["/d/x"]},
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
        "a folder is removed before its second maker",
        "FROM a\nWORKDIR /d\nRUN rm\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 2 4 3",
        {2: writes("/d")},
        {3: ["/d/x"], 4: ["/d/y"]},
    ),
    Case(
        "a pattern that may match nothing makes no folder",
        "FROM a\nCOPY *.z /d/\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 3 2",
        {},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "a RUN only may have made the folder",
        "FROM a\nRUN m\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 3 2",
        {1: makes("/d")},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "the first maker has moved, too",
        "FROM a\nWORKDIR /d\nCOPY --chown=5:5 x /d/\nCOPY --chown=5:5 y /d/",
        "0 2 3 1",
        {},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
]

PROVED = [
    Case(
        "a folder goes where a folder may be",
        "FROM a\nWORKDIR /d\nCOPY . /d",
        "0 2 1",
        {},
        {2: ["/d/x", "/d/y"]},
    ),
    Case("nothing is below a file", COPY_RUN, "0 1 3 2", {3: reads("/app/x.txt/z")}, FILES),
    Case(
        "a user of the base image that the claim knows",
        "FROM a\nRUN u\nWORKDIR /w",
        "0 2 1",
        {1: writes("/etc/passwd"), 2: makes("/w")},
    ),
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
        "COPYs of other files",
        "FROM a\nCOPY x /d/\nCOPY y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
    ),
    Case("COPYs to other places", "FROM a\nCOPY x /d/x\nCOPY --from=b y /e/y", "0 2 1"),
    Case(
        "other owners of a folder that is there",
        "FROM a\nWORKDIR /d\nCOPY --chown=5 x .\nCOPY y .",
        "0 1 3 2",
        {},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "nested folders with the mode of the claim",
        "FROM a\nWORKDIR /d\nCOPY x .\nCOPY y .",
        "0 1 3 2",
        {2: sets_mode("/d/s", "0:0:0755"), 3: sets_mode("/d/s", "0:0:0755")},
        {2: ["/d/s/x"], 3: ["/d/s/y"]},
    ),
    Case(
        "a folder of the stage below",
        "FROM a AS b\nWORKDIR /d\nFROM b\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 2 4 3",
        {},
        {3: ["/d/x"], 4: ["/d/y"]},
    ),
    Case(
        "owners by number",
        "FROM a\nRUN u\nCOPY --chown=5:6 x /x",
        "0 2 1",
        {1: writes("/etc/passwd")},
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
