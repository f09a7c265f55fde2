"""The independent check, rule 4: what changes its order must commute on the file system."""

from __future__ import annotations

import pytest
from test_check import OPAQUE, Case, both, looks_at, makes, reads, writes

from reorder.effects.effect import Access, Effect, Extent, Footprint


def lists(*names: str) -> Effect:
    return reads(*names, extent=Extent.TREE)


def imports(folder: str, *names: str) -> Effect:
    return Effect((Footprint("path", folder, Access.READ, Extent.MODULES, names),))


def sets_mode(folder: str, owner: str) -> Effect:
    return Effect((Footprint("path", "/", Access.SETDIR, Extent.LISTED, (folder,), owner),))


def shares(resource: str, name: str, access: Access = Access.WRITE) -> Effect:
    return Effect((Footprint(resource, name, access),))  # type: ignore[arg-type]


def links(*paths: str) -> Effect:
    return Effect(writes(*paths).footprints, links=paths)


TWO_RUNS = "FROM a\nRUN one\nRUN two"
COPY_RUN = "FROM a\nWORKDIR /app\nCOPY src ./\nRUN tool"
FILES = {2: ["/app/x.txt", "/app/mod.py", "/app/sub/y"]}

REFUSED = [
    # RUN and RUN
    Case("one reads what the other writes", TWO_RUNS, "0 2 1", {1: writes("/a"), 2: reads("/a")}),
    Case("both write one file", TWO_RUNS, "0 2 1", {1: writes("/a"), 2: writes("/a")}),
    Case("a write changes what is below", TWO_RUNS, "0 2 1", {1: writes("/a"), 2: reads("/a/b")}),
    Case("a tree is listed", TWO_RUNS, "0 2 1", {1: writes("/a/b/c"), 2: lists("/a")}),
    Case("a writer needs the folder above", TWO_RUNS, "0 2 1", {1: makes("/a"), 2: writes("/a/b")}),
    Case(
        "a glob matches",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/a/b.txt"), 2: reads("/a/*.txt", extent=Extent.GLOB)},
    ),
    Case(
        "what is below a match counts",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/a/b/c"), 2: reads("/a/*", extent=Extent.GLOB)},
    ),
    Case(
        "two globs may match one name",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/a/x*"), 2: reads("/a/*y", extent=Extent.GLOB)},
    ),
    Case(
        "a middle part is a pattern",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/usr/lib/p3/x"), 2: lists("/usr/lib/p*/x")},
    ),
    Case("all below a part", TWO_RUNS, "0 2 1", {1: writes("/a/b/c/d"), 2: lists("/a/**/d")}),
    Case(
        "one place with two names", TWO_RUNS, "0 2 1", {1: writes("/bin/x"), 2: reads("/usr/bin/x")}
    ),
    Case("dots in a path", TWO_RUNS, "0 2 1", {1: writes("/a/../b"), 2: reads("/b")}),
    Case(
        "a path below an unknown folder", TWO_RUNS, "0 2 1", {1: writes("/a/b"), 2: reads("?x/b")}
    ),
    Case("all below an unknown folder", TWO_RUNS, "0 2 1", {1: writes("/a/b/c"), 2: lists("?x/b")}),
    Case("an unknown folder in a tree", TWO_RUNS, "0 2 1", {1: writes("/a"), 2: reads("?x/b")}),
    Case("two unknown folders", TWO_RUNS, "0 2 1", {1: writes("?x/a"), 2: reads("?y/b")}),
    Case("one unknown folder", TWO_RUNS, "0 2 1", {1: writes("?x/a"), 2: reads("?x/a")}),
    Case(
        "a folder with two owners",
        TWO_RUNS,
        "0 2 1",
        {1: makes("/a"), 2: makes("/a", owner="5:5:0755")},
    ),
    Case(
        "a folder with two modes",
        TWO_RUNS,
        "0 2 1",
        {1: makes("/a"), 2: makes("/a", owner="0:0:0700")},
    ),
    Case("a folder and who looks at it", TWO_RUNS, "0 2 1", {1: makes("/a"), 2: reads("/a")}),
    Case("a folder and who lists above it", TWO_RUNS, "0 2 1", {1: makes("/a/b"), 2: lists("/a")}),
    Case("a folder and who removes it", TWO_RUNS, "0 2 1", {1: makes("/a"), 2: writes("/a")}),
    Case(
        "two modes for one folder",
        TWO_RUNS,
        "0 2 1",
        {1: sets_mode("/a", "0:0:0700"), 2: sets_mode("/a", "0:0:0755")},
    ),
    Case(
        "a new mode and who looks at it",
        TWO_RUNS,
        "0 2 1",
        {1: sets_mode("/a", "0:0:0700"), 2: reads("/a")},
    ),
    Case(
        "one program",
        TWO_RUNS,
        "0 2 1",
        {1: shares("command", "cc"), 2: shares("command", "cc", Access.READ)},
    ),
    Case(
        "one cache by claim",
        TWO_RUNS,
        "0 2 1",
        {1: shares("cache", "/c"), 2: shares("cache", "/c")},
    ),
    Case("no claim", TWO_RUNS, "0 2 1", {1: OPAQUE}),
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
        "one cache mount",
        "FROM a\nRUN --mount=type=cache,target=/c one\nRUN --mount=target=/c/,type=cache two",
        "0 2 1",
    ),
    Case(
        "one cache id",
        "FROM a\nRUN --mount=type=cache,id=k,target=/c b\nRUN --mount=type=cache,target=/d,id=k c",
        "0 2 1",
    ),
    Case(
        "a cache id that is not known",
        "FROM a\nRUN --mount=type=cache,id=$K,target=/c a\nRUN --mount=type=cache,target=/d b",
        "0 2 1",
    ),
    Case(
        "a path through a link is anywhere",
        "FROM a\nRUN ln\nRUN one\nRUN two",
        "0 1 3 2",
        {1: links("/l"), 2: writes("/l/x"), 3: reads("/elsewhere")},
    ),
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
    # RUN and COPY
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
        "a program that COPY puts on PATH",
        "FROM a\nENV PATH=/t:$PATH\nCOPY t /t/\nRUN cc",
        "0 1 3 2",
        {3: shares("command", "cc", Access.READ)},
    ),
    Case(
        "a program in a folder that is not known",
        "FROM a\nENV PATH=$T:$PATH\nCOPY t /t/\nRUN cc",
        "0 1 3 2",
        {3: shares("command", "cc", Access.READ)},
        {2: ["/t/cc"]},
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
    # the text of a RUN against its claim
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
        "a stage begins in the work folder of the one below",
        "FROM a AS b\nWORKDIR /app\nFROM b\nCOPY x ./\nRUN y",
        "0 1 2 4 3",
        {4: lists("/usr")},
    ),
    Case(
        "files apart",
        TWO_RUNS,
        "0 2 1",
        {1: both(reads("/a"), writes("/b")), 2: both(reads("/a"), writes("/c"))},
    ),
    Case(
        "a name that only begins alike", TWO_RUNS, "0 2 1", {1: writes("/a/b"), 2: lists("/a/bc")}
    ),
    Case(
        "a read of a folder and a file in it",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/etc/b"), 2: reads("/etc")},
    ),
    Case(
        "a glob that does not match",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/etc/b.py"), 2: reads("/etc/*.txt", extent=Extent.GLOB)},
    ),
    Case(
        "a glob does not cross a slash",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/etc/b/c.txt"), 2: reads("/etc/*.txt", extent=Extent.GLOB)},
    ),
    Case(
        "an unknown folder with another name",
        TWO_RUNS,
        "0 2 1",
        {1: reads("/a/b"), 2: writes("?x/c")},
    ),
    Case(
        "other names in one unknown folder",
        TWO_RUNS,
        "0 2 1",
        {1: writes("?x/a"), 2: reads("?x/b")},
    ),
    Case(
        "one folder made twice",
        TWO_RUNS,
        "0 2 1",
        {1: makes("/a"), 2: makes("/a", owner="root:755")},
    ),
    Case("standard folders are there", TWO_RUNS, "0 2 1", {1: makes("/opt"), 2: reads("/opt")}),
    Case(
        "a folder is made and its mode set",
        TWO_RUNS,
        "0 2 1",
        {1: makes("/a"), 2: sets_mode("/a", "5:5:0700")},
    ),
    Case(
        "one mode twice",
        TWO_RUNS,
        "0 2 1",
        {1: sets_mode("/a", "5:5:0700"), 2: sets_mode("/a", "5:5:700")},
    ),
    Case(
        "other caches",
        "FROM a\nRUN --mount=type=cache,target=/c one\nRUN --mount=type=cache,target=/d two",
        "0 2 1",
    ),
    Case(
        "other programs",
        TWO_RUNS,
        "0 2 1",
        {1: shares("command", "cc"), 2: shares("command", "c", Access.READ)},
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
