"""The independent check, rule 4: who makes a folder decides its owner and mode."""

from __future__ import annotations

import pytest
from test_check import Case, both, makes, reads, writes

REFUSED = [
    Case(
        "another folder is there",
        "FROM a\nWORKDIR /e\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 3 2",
        {},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "an unknown owner of a new folder",
        "FROM a\nCOPY --chown=$U x /d/\nCOPY y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
    ),
    Case(
        "an unknown mode of a new folder",
        "FROM a\nCOPY --chmod=$M x /d/\nCOPY y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
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
        "a pattern that may match nothing makes no folder",
        "FROM a\nCOPY *.z /d/\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 3 2",
        {},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "the first maker has moved, too",
        "FROM a\nWORKDIR /d\nCOPY --chown=5:5 x /d/\nCOPY --chown=5:5 y /d/",
        "0 2 3 1",
        {},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "a folder of the stage below is removed",
        "FROM a AS b\nWORKDIR /d\nFROM b\nRUN rm\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 2 3 5 4",
        {3: writes("/d")},
        {4: ["/d/x"], 5: ["/d/y"]},
    ),
    Case(
        "a folder is removed in the stage below",
        "FROM a AS b\nWORKDIR /d\nRUN rm\nFROM b\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 2 3 5 4",
        {2: writes("/d")},
        {4: ["/d/x"], 5: ["/d/y"]},
    ),
    Case(
        "a folder that a RUN may have made in the stage below",
        "FROM a AS b\nRUN m\nFROM b\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 2 4 3",
        {1: makes("/d")},
        {3: ["/d/x"], 4: ["/d/y"]},
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
        "a user of the base image that may be a name",
        "FROM a\nRUN u\nWORKDIR /w",
        "0 2 1",
        {1: writes("/etc/passwd")},
    ),
    Case(
        "a folder is removed before its second maker",
        "FROM a\nWORKDIR /d\nRUN rm\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 2 4 3",
        {2: writes("/d")},
        {3: ["/d/x"], 4: ["/d/y"]},
    ),
    Case(
        "a RUN only may have made the folder",
        "FROM a\nRUN m\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 3 2",
        {1: makes("/d")},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
]

PROVED = [
    Case(
        "a pattern that brings files makes the folder",
        "FROM a\nCOPY *.z /d/\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 3 2",
        {},
        {1: ["/d/a.z"], 2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "a pattern beside a name makes the folder",
        "FROM a\nCOPY --from=b *.z n /d/\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 3 2",
        {},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "one mode in two spellings",
        "FROM a\nCOPY --chmod=755 x /d/\nCOPY y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
    ),
    Case(
        "one owner in two spellings",
        "FROM a\nCOPY --chown=5 x /d/\nCOPY --chown=5:5 y /d/",
        "0 2 1",
        {},
        {1: ["/d/x"], 2: ["/d/y"]},
    ),
    Case(
        "other owners of a folder that is there",
        "FROM a\nWORKDIR /d\nCOPY --chown=5 x .\nCOPY y .",
        "0 1 3 2",
        {},
        {2: ["/d/x"], 3: ["/d/y"]},
    ),
    Case(
        "a folder of the stage below",
        "FROM a AS b\nWORKDIR /d\nFROM b\nCOPY --chown=5 x /d/\nCOPY y /d/",
        "0 1 2 4 3",
        {},
        {3: ["/d/x"], 4: ["/d/y"]},
    ),
    Case(
        "nobody removes the folder",
        "FROM a\nWORKDIR /d\nCOPY --from=z a /d\nRUN y\nCOPY --chown=5 x .\nCOPY y .",
        "0 1 2 3 5 4",
        {3: both(reads("/d"), writes("/e"))},
        {4: ["/d/x"], 5: ["/d/y"]},
    ),
    Case(
        "a user by number and the user database",
        "FROM a\nUSER 5\nRUN u\nWORKDIR /w",
        "0 1 3 2",
        {2: writes("/etc/passwd")},
    ),
    Case(
        "root and the user database",
        "FROM a\nRUN u\nCOPY --chown=root:root x /x",
        "0 2 1",
        {1: writes("/etc/passwd")},
    ),
    Case(
        "a user of the base image that the claim knows",
        "FROM a\nRUN u\nWORKDIR /w",
        "0 2 1",
        {1: writes("/etc/passwd"), 2: makes("/w")},
    ),
    Case(
        "owners by number",
        "FROM a\nRUN u\nCOPY --chown=5:6 x /x",
        "0 2 1",
        {1: writes("/etc/passwd")},
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_it_refuses(case: Case) -> None:
    assert case.run() != ()


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.name)
def test_it_proves(case: Case) -> None:
    assert case.run() == ()
