"""The independent check, rule 4: the text of a RUN against its claim."""

from __future__ import annotations

import pytest
from test_check import Case, looks_at

REFUSED = [
    Case(
        "a path below the work folder",
        "FROM a\nWORKDIR /app\nCOPY . .\nRUN tool sub/y",
        "0 1 3 2",
        {},
        {2: ["/app/sub/y"]},
    ),
    Case(
        "a file by its path",
        "FROM a\nCOPY x /d/x.cfg\nRUN tool /d/x.cfg",
        "0 2 1",
        {},
        {1: ["/d/x.cfg"]},
    ),
    Case(
        "a file by its name",
        "FROM a\nWORKDIR /app\nCOPY r.txt .\nRUN tool -r r.txt",
        "0 1 3 2",
        {},
        {2: ["/app/r.txt"]},
    ),
    Case(
        "a file behind `=`",
        "FROM a\nWORKDIR /app\nCOPY r.txt .\nRUN tool --x=r.txt",
        "0 1 3 2",
        {},
        {2: ["/app/r.txt"]},
    ),
    Case(
        "files by a pattern",
        "FROM a\nCOPY a.txt /d/\nRUN cat /d/*.txt",
        "0 2 1",
        {},
        {1: ["/d/a.txt"]},
    ),
    Case(
        "the destination of a COPY", "FROM a\nCOPY s /s/\nRUN rm -rf /s", "0 2 1", {}, {1: ["/s/s"]}
    ),
    Case(
        "a destination that exists or not",
        "FROM a\nRUN [ -e /zz ] || mkdir /zz\nCOPY a b /zz",
        "0 2 1",
    ),
    Case(
        "a variable that the claim does not admit",
        "FROM a\nENV V=1\nRUN one $V\nRUN two",
        "0 1 3 2",
    ),
]

PROVED = [
    Case(
        "a CMD that names a file",
        'FROM a\nCOPY x /d/\nCMD ["/d/x"]',
        "0 2 1",
        {},
        {1: ["/d/x"]},
    ),
    Case("a RUN that names a work folder", "FROM a\nWORKDIR /w\nRUN tool /w", "0 2 1"),
    Case(
        "an address like a path",
        "FROM a\nCOPY r.txt /app/\nRUN get https://app/r.txt",
        "0 2 1",
        {},
        {1: ["/app/r.txt"]},
    ),
    Case(
        "a relative word where the files are not known",
        "FROM a\nWORKDIR /app\nCOPY . .\nRUN get p3.11 linux/x",
        "0 1 3 2",
    ),
    Case(
        "a package with the name of a folder",
        "FROM a\nWORKDIR /app\nCOPY flask ./flask\nRUN get flask",
        "0 1 3 2",
        {},
        {2: ["/app/flask/x"]},
    ),
    Case(
        "an address that ends in a file",
        "FROM a\nWORKDIR /app\nCOPY r.txt .\nRUN get https://h/r.txt",
        "0 1 3 2",
        {},
        {2: ["/app/r.txt"]},
    ),
    Case(
        "a file of another folder",
        "FROM a\nWORKDIR /app\nCOPY r.txt .\nRUN cd /x && tool r.txt",
        "0 1 3 2",
        {},
        {2: ["/app/r.txt"]},
    ),
    Case(
        "a variable of the shell itself",
        "FROM a\nENV f=1\nRUN for f in a b; do echo $f; done\nRUN two",
        "0 1 3 2",
    ),
    Case(
        "a variable of another program",
        "FROM a\nENV NF=1\nRUN awk '{print $NF}'\nRUN two",
        "0 1 3 2",
    ),
    Case(
        "a variable that is admitted by pattern",
        "FROM a\nENV PIP_A=1\nRUN one $PIP_A\nRUN two",
        "0 1 3 2",
        {2: looks_at("PIP_*")},
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_it_refuses(case: Case) -> None:
    assert case.run() != ()


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.name)
def test_it_proves(case: Case) -> None:
    assert case.run() == ()
