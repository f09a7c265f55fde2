"""The independent check, rule 4: what changes its order must commute on the file system."""

from __future__ import annotations

import pytest
from test_check import OPAQUE, Case, both, makes, reads, writes

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

REFUSED = [
    Case(
        "a listed folder and who looks at it",
        TWO_RUNS,
        "0 2 1",
        {
            1: Effect((Footprint("path", "/", Access.ENSURE, Extent.LISTED, ("/a",)),)),
            2: reads("/a"),
        },
    ),
    Case(
        "modules behind a link are anywhere",
        "FROM a\nRUN ln\nRUN one\nRUN two",
        "0 1 3 2",
        {1: links("/l"), 2: imports("/l", "m"), 3: writes("/elsewhere")},
    ),
    Case(
        "a writer needs a folder that another makes with its mode",
        TWO_RUNS,
        "0 2 1",
        {1: sets_mode("/a", "0:0:0700"), 2: writes("/a/b")},
    ),
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
        "of two globs one begins and ends shorter",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/a/x*z"), 2: reads("/a/xy?yz", extent=Extent.GLOB)},
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
        "one cache by claim",
        TWO_RUNS,
        "0 2 1",
        {1: shares("cache", "/c"), 2: shares("cache", "/c")},
    ),
    Case("no claim", TWO_RUNS, "0 2 1", {1: OPAQUE}),
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
]

PROVED = [
    Case("a folder and a file in it", TWO_RUNS, "0 2 1", {1: makes("/a"), 2: reads("/a/b")}),
    Case(
        "an unknown cache and none",
        "FROM a\nRUN --mount=type=cache,id=$K,target=/c one\nRUN two",
        "0 2 1",
    ),
    Case(
        "two bind mounts at one place",
        "FROM a\nRUN --mount=type=bind,target=/c one\nRUN --mount=type=bind,target=/c two",
        "0 2 1",
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
        "two globs that begin otherwise",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/etc/apache2*"), 2: reads("/etc/php*", extent=Extent.GLOB)},
    ),
    Case(
        "two globs that end otherwise",
        TWO_RUNS,
        "0 2 1",
        {1: writes("/etc/a*.py"), 2: reads("/etc/*.txt", extent=Extent.GLOB)},
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
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_it_refuses(case: Case) -> None:
    assert case.run() != ()


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.name)
def test_it_proves(case: Case) -> None:
    assert case.run() == ()
