"""Do two regions of paths meet: cases, and laws against regions that are listed path by path."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.check.overlap import meet as regions_meet
from reorder.check.overlap import region as region_of
from reorder.effects.effect import Access, Extent, Footprint, Resource
from reorder.effects.paths import canonical, conflict, join, meets, parents

READ, WRITE, ENSURE, SETDIR = Access.READ, Access.WRITE, Access.ENSURE, Access.SETDIR


def read(name: str) -> Footprint:
    return Footprint("path", name, READ)


def read_tree(name: str) -> Footprint:
    return Footprint("path", name, READ, Extent.TREE)


def write(name: str) -> Footprint:
    return Footprint("path", name, WRITE)


def glob(name: str) -> Footprint:
    return Footprint("path", name, READ, Extent.GLOB)


def listed(*members: str) -> Footprint:
    return Footprint("path", "/", WRITE, Extent.LISTED, tuple(sorted(members)))


def modules(folder: str, *names: str) -> Footprint:
    return Footprint("path", folder, READ, Extent.MODULES, tuple(sorted(names)))


MEET = {
    "a path and itself": (read("/a"), write("/a")),
    "a file below a tree": (read_tree("/a"), write("/a/b/c")),
    "a file below a folder that is written": (read("/a/b/c"), write("/a")),
    "a file of a listing": (read("/a/b"), listed("/a/b", "/a/c")),
    "a tree above a listing": (read_tree("/a"), listed("/a/b/c")),
    "the root above a listing": (read_tree("/"), listed("/a")),
    "a path below a listed file, which may have been a folder": (read("/a/b/c"), listed("/a/b")),
    "two listings": (listed("/a/b", "/a/c"), listed("/a/c", "/x")),
    "a listing with a name that sorts between": (read_tree("/a"), listed("/a-b", "/a/b")),
    "a glob": (glob("/a/*.py"), write("/a/b.py")),
    "a glob of a folder and what is below it": (glob("/a/*"), write("/a/b/c")),
    "a glob and a listing": (glob("/a/*.py"), listed("/a/b.py")),
    "a glob of dot files": (glob("/a/.*"), write("/a/.env")),
    "two globs": (glob("/a/*.py"), Footprint("path", "/a/b*", WRITE, Extent.GLOB)),
    "two globs, one of which begins shorter": (glob("/a/x*"), write("/a/xy[ab]*")),
    "two globs, one of which ends shorter": (glob("/a/*y"), write("/a/?xy")),
    "two globs, one of which has a class": (glob("/a/[xy]z"), write("/a/x*")),
    "two globs, one of which has no end to its class": (glob("/a/[x*"), write("/a/?*")),
    "a name that is a pattern, and itself": (read("/a/[id].tsx"), listed("/a/[id].tsx")),
    "an unknown folder and all": (read("?cwd/a"), write("/")),
    "an unknown folder and a path that ends alike": (read("?cwd/a/b"), write("/x/a/b")),
    "an unknown folder and a file": (read("?cwd/a"), listed("/x/a")),
    "an unknown folder of files and a known one": (listed("?cwd/a"), listed("/x/a", "/x/b")),
    "an unknown file and a known path that is read": (listed("?cwd/a"), read("/x/a")),
    "an unknown file and a tree that is removed": (
        listed("?cwd/a"),
        Footprint("path", "/x", WRITE, Extent.TREE),
    ),
    "two unknown folders": (read("?cwd/a"), write("?home/b")),
    "two unknown folders of files": (listed("?cwd/a"), listed("?home/x/a")),
    "one unknown folder": (read("?cwd/a/b"), write("?cwd/a")),
    "a module as a file": (modules("/a", "m"), write("/a/m.py")),
    "a module as a compiled file of one ABI": (modules("/a", "m"), listed("/a/m.abi3.so")),
    "a module as byte code": (modules("/a", "m"), listed("/a/m.pyc")),
    "a module as a compiled file": (modules("/a", "m"), listed("/a/m.cpython-311.so")),
    "a module as a folder": (modules("/a", "m"), listed("/a/m/__init__.py")),
    "a module and its folder": (modules("/a", "m"), write("/a")),
    "a module and a tree": (modules("/a/b", "m"), Footprint("path", "/a", WRITE, Extent.TREE)),
    "a module and a glob": (modules("/a", "m"), Footprint("path", "/a/*.py", WRITE, Extent.GLOB)),
    "a module of an unknown folder": (modules("?cwd", "m"), listed("/app/m.py")),
    "a module and an unknown file": (modules("/app", "m"), listed("?cwd/m.py")),
    "a module and a file, both of unknown folders": (modules("?cwd", "m"), listed("?home/m.py")),
    "a module and a folder of its name below an unknown one": (modules("?cwd", "m"), read("/a/m")),
}

APART = {
    "two paths": (read("/a"), write("/b")),
    "two paths with one beginning": (read("/ab"), write("/a")),
    "a folder that is read and a file in it": (read("/a"), write("/a/b")),
    "a tree beside": (read_tree("/a/b"), write("/a/c")),
    "a listing without the file": (read("/a/x"), listed("/a/b", "/a/c")),
    "a tree that only sorts near": (read_tree("/a"), listed("/a-b", "/ab")),
    "nothing listed": (read_tree("/"), listed()),
    "nothing listed, twice": (listed(), listed()),
    "two listings": (listed("/a/b"), listed("/a/c")),
    "two globs that begin otherwise": (glob("/a/x*"), write("/a/yx*")),
    "two globs that end otherwise": (glob("/a/*.py"), write("/a/x*.txt")),
    "two globs with other classes, which end otherwise": (glob("/a/[xy]z"), write("/a/[xy]y")),
    "a glob with another suffix": (glob("/a/*.py"), write("/a/b.txt")),
    "a glob does not cross folders": (glob("/*.py"), write("/a/b.py")),
    "an unknown folder and a path that ends otherwise": (read("?cwd/a/b"), listed("/x/b")),
    "an unknown file and another name": (listed("?cwd/a"), listed("/x/b")),
    "one unknown folder": (read("?cwd/a"), write("?cwd/b")),
    "a module with another name": (modules("/a", "m"), listed("/a/mm.py", "/a/n.py")),
    "a file of its name that is no module": (
        modules("/a", "m"),
        listed("/a/m.ini", "/a/m.conf.py"),
    ),
    "a module and a folder that is made for it": (modules("/a", "m"), read("/a")),
    "a module in a folder below": (modules("/a", "m"), listed("/a/b/m.py")),
    "a module and an unknown file of another name": (modules("/app", "m"), listed("?cwd/x.py")),
}


@pytest.mark.parametrize(("a", "b"), MEET.values(), ids=MEET)
def test_two_regions_meet(a: Footprint, b: Footprint) -> None:
    assert meets(a, b)
    assert meets(b, a)


@pytest.mark.parametrize(("a", "b"), APART.values(), ids=APART)
def test_two_regions_do_not_meet(a: Footprint, b: Footprint) -> None:
    assert not meets(a, b)
    assert not meets(b, a)


def folder(access: Access, owner: str) -> Footprint:
    return Footprint("path", "/a", access, owner=owner)


def name(resource: Resource, text: str, access: Access) -> Footprint:
    return Footprint(resource, text, access)


CONFLICTS = {
    "write and read": (write("/a"), read("/a"), True),
    "write and write": (write("/a"), write("/a"), True),
    "a folder made when missing, and its removal": (folder(ENSURE, "0:0:0755"), write("/a"), True),
    "a folder set for two owners": (folder(SETDIR, "0:0:0755"), folder(SETDIR, "1:1:0755"), True),
    "a folder set, and its rights looked at": (folder(SETDIR, "0:0:0755"), read("/a"), True),
    "a variable and the pattern that reads it": (
        name("env", "PIP_*", READ),
        name("env", "PIP_INDEX_URL", WRITE),
        True,
    ),
    "any variable": (name("env", "*", READ), name("env", "A", WRITE), True),
    "a name with brackets": (
        name("config", "label:a[0]", WRITE),
        name("config", "label:a[0]", WRITE),
        True,
    ),
    "two reads": (read("/a"), read("/a"), False),
    "a folder set twice alike": (folder(SETDIR, "0:0:0755"), folder(SETDIR, "0:0:0755"), False),
    "two resources": (name("env", "A", WRITE), name("config", "A", WRITE), False),
    "two variables": (name("env", "A", WRITE), name("env", "AB", READ), False),
}


@pytest.mark.parametrize(("a", "b", "expected"), CONFLICTS.values(), ids=CONFLICTS)
def test_two_footprints_conflict(a: Footprint, b: Footprint, expected: bool) -> None:
    assert conflict(a, b) == expected
    assert conflict(b, a) == expected


CANONICAL = {
    "/a/../b/": "/b",
    "/a/./b": "/a/b",
    "//a": "/a",
    "/..": "/",
    "/bin/sh": "/usr/bin/sh",
    "/bin": "/usr/bin",
    "/binary": "/binary",
    "/var/run/x": "/run/x",
    "/app/../lib/x": "/usr/lib/x",
    "?cwd/a/../b": "?cwd/b",
    "?cwd": "?cwd",
}


@pytest.mark.parametrize(("path", "expected"), CANONICAL.items())
def test_a_path_has_one_spelling(path: str, expected: str) -> None:
    assert canonical(path) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("cwd", "path", "expected"),
    [
        ("/app", "x", "/app/x"),
        ("/app", "/x", "/x"),
        ("/app", ".", "/app"),
        ("/app", "", "/app"),
        ("?cwd", "x", "?cwd/x"),
        ("?cwd", "?home/x", "?home/x"),
        ("/app", "?home/x", "?home/x"),
    ],
)
def test_a_path_is_seen_from_a_folder(cwd: str, path: str, expected: str) -> None:
    assert join(cwd, path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ()),
        ("/a", ()),
        ("/a/b/c", ("/a", "/a/b")),
        ("?r", ()),
        ("?r/a/b", ("?r", "?r/a")),
    ],
)
def test_the_folders_above_a_path(path: str, expected: tuple[str, ...]) -> None:
    assert parents(path) == expected


# A small world: every path of up to three parts, and one level below as "what lies below".
PARTS = ("a", "b", "a.py")
WORLD = ["/" + "/".join(parts) for n in (1, 2, 3, 4) for parts in product(PARTS, repeat=n)]
PATHS = st.sampled_from([path for path in WORLD if path.count("/") < 4])
PATTERNS = st.sampled_from(["/*", "/a/*", "/*/b", "/*.py", "/a/*.py", "/a*/b", "/[ab]/a"])
EXTENTS = st.sampled_from([Extent.POINT, Extent.TREE])
PLAIN = st.builds(
    Footprint, st.just("path"), PATHS, st.sampled_from([READ, WRITE, SETDIR, ENSURE]), EXTENTS
)
REGIONS = st.one_of(
    PLAIN,
    st.builds(
        Footprint, st.just("path"), PATTERNS, st.sampled_from([READ, WRITE]), st.just(Extent.GLOB)
    ),
    st.builds(lambda paths: listed(*paths), st.frozensets(PATHS, max_size=4)),
    st.builds(
        lambda place, names: modules(place, *names),
        PATHS,
        st.frozensets(st.sampled_from(["a", "b"]), min_size=1),
    ),
)


def region(footprint: Footprint) -> frozenset[str]:
    """The paths of the small world that belong to a footprint, one by one."""
    return frozenset(path for path in WORLD if _holds(footprint, path))


def _holds(footprint: Footprint, path: str) -> bool:
    above = [path, *parents(path)]
    if footprint.extent is Extent.MODULES:
        inside = path.removeprefix(footprint.name + "/")
        name, _, suffix = inside.split("/")[0].partition(".")
        importable = suffix in ("", "py", "pyc") or suffix.endswith("so")
        return inside != path and importable and name in footprint.members
    if footprint.extent is Extent.LISTED:
        return path in footprint.members
    if footprint.extent is Extent.GLOB:
        return any(_matches(p.split("/"), footprint.name.split("/")) for p in above)
    # A write may make a file of a folder.
    deep = footprint.extent is Extent.TREE or footprint.access is WRITE
    return footprint.name in (above if deep else [path])


def _matches(path: list[str], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(map(fnmatchcase, path, pattern))


GLOBS = st.text("ab*?[]", min_size=1, max_size=5)


@settings(deadline=None, max_examples=500)
@given(GLOBS, GLOBS)
def test_two_globs_meet_where_a_name_matches_both(a: str, b: str) -> None:
    names = ("".join(chars) for size in range(1, 5) for chars in product("ab[]", repeat=size))
    if any(fnmatchcase(name, a) and fnmatchcase(name, b) for name in names):
        assert meets(glob(f"/{a}"), glob(f"/{b}"))
        assert regions_meet(region_of(f"/{a}", True), region_of(f"/{b}", True))


@settings(deadline=None, max_examples=300)
@given(PLAIN, PLAIN)
def test_points_and_trees_meet_where_they_share_a_path(a: Footprint, b: Footprint) -> None:
    assert meets(a, b) == bool(region(a) & region(b))


@settings(deadline=None, max_examples=300)
@given(REGIONS, REGIONS)
def test_a_write_conflicts_with_all_that_shares_a_path(a: Footprint, b: Footprint) -> None:
    assert conflict(a, b) == conflict(b, a)
    if WRITE in (a.access, b.access) and region(a) & region(b):
        assert conflict(a, b)


@settings(deadline=None, max_examples=300)
@given(REGIONS, REGIONS, st.sampled_from(["", "/a", "/b/a"]))
def test_below_an_unknown_folder_a_region_conflicts_as_it_does_anywhere(
    a: Footprint, b: Footprint, place: str
) -> None:
    if WRITE in (a.access, b.access) and region(_moved(a, place)) & region(b):
        assert conflict(_moved(a, "?cwd"), b)
        assert conflict(b, _moved(a, "?cwd"))


def _moved(footprint: Footprint, root: str) -> Footprint:
    members = footprint.members
    if footprint.extent is Extent.LISTED:
        members = tuple(sorted(root + path for path in members))
    return Footprint("path", root + footprint.name, footprint.access, footprint.extent, members)
