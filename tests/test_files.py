"""The build context, and what COPY brings of it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from copied_trees import lay

from reorder.context.cover import cover
from reorder.context.files import (
    Bringing,
    Context,
    ContextError,
    ContextTooLarge,
    Entry,
    PatternError,
    bring,
)


def context(root: Path, listing: str, ignore: str | None = None) -> Context:
    lay(root, listing)
    if ignore is not None:
        (root / ".dockerignore").write_text(f".dockerignore\n{ignore}")
    return Context.open(root)


def paths(entries: tuple[Entry, ...]) -> str:
    return " ".join(entry.path for entry in entries)


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match="is not a folder"):
        Context.open(tmp_path / "none")


def test_a_malformed_ignore_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PatternError, match="line 2"):
        context(tmp_path, "a", "[")


def test_a_context_with_too_many_entries_is_refused_with_a_remedy(tmp_path: Path) -> None:
    lay(tmp_path, "a, b, c/d, c/e")
    assert paths(Context.open(tmp_path, most=5).below("")) == "a b c c/d c/e"
    with pytest.raises(ContextTooLarge, match=r"name in \.dockerignore"):
        Context.open(tmp_path, most=4).below("")


def test_a_folder_that_cannot_be_read_is_refused_with_a_remedy(tmp_path: Path) -> None:
    found = context(tmp_path, "a/")
    assert paths(found.children("")) == "a"
    (tmp_path / "a").rmdir()
    with pytest.raises(ContextError, match=r"unless \.dockerignore names it"):
        found.below("")


def test_an_ignored_folder_is_not_counted(tmp_path: Path) -> None:
    lay(tmp_path, "a, c/d, c/e, c/f")
    (tmp_path / ".dockerignore").write_text("c")
    assert paths(Context.open(tmp_path, most=3).below("")) == ".dockerignore a"


def test_the_ignore_file_beside_the_dockerfile_wins(tmp_path: Path) -> None:
    lay(tmp_path, "a, b, docker/Dockerfile")
    (tmp_path / ".dockerignore").write_text("a")
    dockerfile = tmp_path / "docker" / "Dockerfile"
    assert Context.open(tmp_path, dockerfile).ignored("a")
    own = tmp_path / "docker" / "Dockerfile.dockerignore"
    own.write_text("b")
    opened = Context.open(tmp_path, dockerfile)
    assert (opened.ignored("a"), opened.ignored("b"), opened.ignore_file) == (False, True, own)
    assert Context.open(tmp_path).ignore_file == tmp_path / ".dockerignore"


def test_an_ignore_file_that_leads_out_of_the_context_is_none(tmp_path: Path) -> None:
    lay(tmp_path, "outside, root/a")
    (tmp_path / "outside").write_text("a")
    (tmp_path / "root" / ".dockerignore").symlink_to("../outside")
    assert Context.open(tmp_path / "root").ignore_file is None


@pytest.mark.parametrize(
    ("listing", "ignore", "pattern", "path"),
    [
        ("a/b.py", "**\n!**/*.py", "!**/*.py", "a"),
        ("a/b/x.py", "a\n!a/*/x.py", "!a/*/x.py", "a/b"),
        ("ab", "**b", "**b", "ab"),
        ("ab, c", "*\n!**b", "!**b", "ab"),
    ],
)
def test_an_ignore_file_that_builders_read_differently_is_refused(
    tmp_path: Path, listing: str, ignore: str, pattern: str, path: str
) -> None:
    """What releases and engines differ on was seen in builds by Docker 20.10 and 26.1."""
    with pytest.raises(ContextError) as error:
        context(tmp_path, listing, ignore).below("")
    assert f"`{pattern}` in the ignore file means for {path}:" in str(error.value)


@pytest.mark.parametrize(
    ("listing", "ignore", "expected"),
    [
        ("", "", ""),
        ("b, a/c, a-b", "", "a a-b a/c b"),
        ("a/", "", "a"),
        ("a, b/c", "*", ""),
        ("a/b, c", "a", "c"),
        # an ignored folder comes along with what is given back, and only then
        ("a/b/c, a/d", "a\n!a/b/c", "a a/b a/b/c"),
        ("a/b/c, a/d", "a\n!a/b/x", ""),
        ("a.py, b.c", "**\n!**/*.py", "a.py"),
        ("a/b.py, a/c", "**\n!a\n!**/*.py\na/c", "a a/b.py"),
        ("a/b, a/c", "**/b", "a a/c"),
        ("b, c", "**b", "c"),
        ("a/b, a/c", "a/*\n!a/b", "a a/b"),
        ("l -> a, a/b", "", "a a/b l"),
    ],
)
def test_the_builder_sees_what_is_not_ignored(
    tmp_path: Path, listing: str, ignore: str, expected: str
) -> None:
    assert paths(context(tmp_path, listing, ignore).below("")) == expected


def test_entries_have_their_kind_mode_size_and_target(tmp_path: Path) -> None:
    found = context(tmp_path, "a/b, l -> ./a//b, a/d/")
    (tmp_path / "a" / "b").chmod(0o640)
    (tmp_path / "a" / "d").chmod(0o700)
    link = tmp_path / "l"
    assert found.entry("a/b") == Entry("a/b", "file", 0o640, size=3)
    assert found.entry("/a/./d/") == Entry("a/d", "dir", 0o700)
    assert found.entry("l") == Entry("l", "link", link.lstat().st_mode & 0o7777, target="./a//b")
    assert found.entry("a/b/c") is None
    assert found.entry("l/x") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a", True), ("a/b", True), ("c", False), ("x", False), ("l/b", False), ("", False)],
)
def test_ignored_means_that_it_exists_but_is_left_out(
    tmp_path: Path, path: str, expected: bool
) -> None:
    assert context(tmp_path, "a/b, c, l -> a", "a").ignored(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("file", b"file"),
        ("to-file", b"file"),
        ("to-folder/f", b"d/f"),
        ("absolute", b"file"),
        ("chain", b"file"),
        ("above", b"file"),
        ("none", None),
        ("d", None),
        ("dangling", None),
        ("loop", None),
        ("to-secret", None),
        ("secret", None),
        ("outside", None),
    ],
)
def test_a_file_is_read_through_links_that_never_leave_the_context(
    tmp_path: Path, path: str, expected: bytes | None
) -> None:
    lay(tmp_path, "outside.txt")
    links = "to-file -> file, to-folder -> d, absolute -> /file, chain -> to-file, above -> ../file"
    more = "dangling -> none, loop -> loop, to-secret -> secret, outside -> ../outside.txt"
    found = context(tmp_path / "root", f"file, secret, d/f, {links}, {more}", "secret")
    assert found.read(path) == expected


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    found = context(tmp_path, "abc")
    assert (found.read("abc", 3), found.read("abc", 2)) == (b"abc", None)


def test_a_lock_file_of_megabytes_is_read(tmp_path: Path) -> None:
    found = context(tmp_path, "lock")
    (tmp_path / "lock").write_bytes(b"x" * (3 << 20))
    assert len(found.read("lock") or b"") == 3 << 20


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return buffer.getvalue()


def _as_is(data: bytes) -> bytes:
    return data


@pytest.mark.parametrize("pack", [_as_is, gzip.compress, bz2.compress, lzma.compress])
def test_an_archive_is_known_by_its_content(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    contents = {
        "tar": pack(_tar()),
        "text.tar": pack(b"no archive"),
        "empty.tar": pack(b""),
        "zeros.tar": pack(bytes(10240)),
        "cut": pack(_tar())[:20],
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    found = context(tmp_path, "d/x, l -> tar")
    names = [*contents, "d", "l", "none"]
    assert [name for name in names if found.is_archive(name)] == ["tar", "l"]


def test_a_compression_that_cannot_be_read_counts_as_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x28\xb5\x2f\xfd")
    assert Context.open(tmp_path).is_archive("a")


def shown(found: Bringing) -> str:
    """`a<b`: a is written from b; `/` ends a folder, `.` is the root of a source."""
    items = []
    for item in found.files:
        folder = "/" if item.entry.kind == "dir" else ""
        name = "." if item.root else item.path + folder
        items.append(name if item.path == item.entry.path else f"{name}<{item.entry.path}{folder}")
    return " ".join(items)


PROJECT = "a.py, b.py, .env, src/x.py, src/sub/y.py, src/sub/e/, lib/x.py, l -> src, f -> a.py"

BRINGS = [
    # files
    ("a.py", "", "a.py"),
    ("/a.py", "", "a.py"),
    ("../../a.py", "", "a.py"),
    ("./src/../a.py", "", "a.py"),
    ("src/x.py", "", "x.py<src/x.py"),
    ("a.py b.py", "", "a.py b.py"),
    # of two sources of one name the last wins
    ("src/x.py lib/x.py", "", "x.py<lib/x.py"),
    ("lib/x.py src/x.py", "", "x.py<src/x.py"),
    # a folder gives its content
    ("src", "", ".<src/ sub/<src/sub/ sub/e/<src/sub/e/ sub/y.py<src/sub/y.py x.py<src/x.py"),
    ("lib/", "", ".<lib/ x.py<lib/x.py"),
    ("lib src/sub", "", ".<src/sub/ e/<src/sub/e/ x.py<lib/x.py y.py<src/sub/y.py"),
    # named links are followed, a link in a folder stays a link
    ("l/x.py", "", "x.py<src/x.py"),
    ("f", "", "f<a.py"),
    ("l/sub", "", ".<src/sub/ e/<src/sub/e/ y.py<src/sub/y.py"),
    (
        ".",
        "src lib",
        ". .env a.py b.py f l",
    ),
    # globs
    ("*.py", "", "a.py b.py"),
    ("*.md", "", ""),
    ("src/*.py", "", "x.py<src/x.py"),
    ("l/*.py", "", "x.py<src/x.py"),
    ("*/x.py", "", "x.py<src/x.py"),
    ("[^s]*/x.py", "", "x.py<lib/x.py"),
    ("sr?", "src/sub", ".<src/ x.py<src/x.py"),
    ("*", "src lib l", ".env a.py b.py f<a.py"),
    ("[.]e*", "", ".env"),
    ("f*", "", "f<a.py"),
    ("src/*", "", ".<src/sub/ e/<src/sub/e/ x.py<src/x.py y.py<src/sub/y.py"),
]


@pytest.mark.parametrize(("sources", "ignore", "expected"), BRINGS)
def test_copy_brings(tmp_path: Path, sources: str, ignore: str, expected: str) -> None:
    found = context(tmp_path, PROJECT, ignore.replace(" ", "\n"))
    assert shown(bring(found, sources.split(), to_folder=True)) == expected


@pytest.mark.parametrize(
    ("sources", "missing", "empty"),
    [
        ("a.py", "", ""),
        ("none", "none", ""),
        ("none a.py", "none", ""),
        ("*.md", "", "*.md"),
        ("none/*.md", "none/*.md", ""),
        ("a.py/x", "a.py/x", ""),
        ("lib/x.py", "lib/x.py", ""),
        ("d*", "d*", ""),
        ("src/[", "src/[", ""),
        (r"a\*.py", r"a\*.py", ""),
    ],
)
def test_a_missing_source_and_an_empty_glob_are_told_apart(
    tmp_path: Path, sources: str, missing: str, empty: str
) -> None:
    found = bring(
        context(tmp_path, f"{PROJECT}, d -> none", "lib"), sources.split(), to_folder=True
    )
    assert (found.missing, found.empty) == (tuple(missing.split()), tuple(empty.split()))


@pytest.mark.parametrize(
    ("sources", "to_folder", "expected"),
    [
        ("a.py", True, True),
        ("a.py", False, None),
        ("a.py b.py", False, None),
        ("src", False, True),
        ("*.py", False, None),
        ("src a.py", False, True),
        # a.py is a file there by the time when src wants a folder
        ("a.py src", False, None),
        ("* .env", False, None),
        ("*.md", True, False),
        ("none", True, False),
    ],
)
def test_the_destination_is_a_folder_when_that_is_certain(
    tmp_path: Path, sources: str, to_folder: bool, expected: bool | None
) -> None:
    found = bring(context(tmp_path, PROJECT), sources.split(), to_folder=to_folder)
    assert found.folder == expected


EXCLUDES = [
    ("src", "*.py", ".<src/ sub/<src/sub/ sub/e/<src/sub/e/ sub/y.py<src/sub/y.py"),
    ("src", "**/*.py", ".<src/ sub/<src/sub/ sub/e/<src/sub/e/"),
    ("src", "sub", ".<src/ x.py<src/x.py"),
    ("src", "sub !sub/e", ".<src/ sub/<src/sub/ sub/e/<src/sub/e/ x.py<src/x.py"),
    ("src", "/sub", ".<src/ sub/<src/sub/ sub/e/<src/sub/e/ sub/y.py<src/sub/y.py x.py<src/x.py"),
    ("src", "*", ".<src/"),
    # a source itself is never compared
    ("a.py", "*.py", "a.py"),
    ("*.py", "a.py", "a.py b.py"),
    ("src", "[", ""),
]


@pytest.mark.parametrize(("source", "exclude", "expected"), EXCLUDES)
def test_exclude_leaves_out_below_a_source_folder(
    tmp_path: Path, source: str, exclude: str, expected: str
) -> None:
    found = context(tmp_path, PROJECT)
    assert shown(bring(found, [source], to_folder=True, exclude=exclude.split())) == expected


MONOREPO = "p/a/package.json, p/a/src/x.js, p/b/package.json, p/README, package.json, l -> p"

PARENTS = [
    ("p/a/package.json", ". p/ p/a/ p/a/package.json", ""),
    ("./p/README", ". p/ p/README", ""),
    ("p/*/package.json", ". p/ p/a/ p/a/package.json p/b/ p/b/package.json", ""),
    (
        "**/package.json",
        ". p/ p/a/ p/a/package.json p/b/ p/b/package.json package.json",
        "",
    ),
    ("p/a", ". p/ p/a/ p/a/package.json p/a/src/ p/a/src/x.js", ""),
    ("p/a/./src", ".<p/a/ src/<p/a/src/ src/x.js<p/a/src/x.js", ""),
    ("p/./*/package.json", ".<p/ a/<p/a/ a/package.json<p/a/package.json b/<p/b/ "
     "b/package.json<p/b/package.json", ""),
    # a file in the place of the folder comes whole
    ("p/*/./package.json", ".<p/b/ README<p/README package.json<p/b/package.json", ""),
    ("l", ". l", ""),
    ("l/./README", ".<p/ README<p/README", ""),
    ("none", "", "none"),
    ("p/none", "", "p/none"),
    ("l/README", "", "l/README"),
    (".", "", "."),
    ("p/none*", ".", ""),
    ("../p/README", ". p/ p/README", ""),
    ("/../p/READ*", ".", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected", "missing"), PARENTS)
def test_parents_keeps_the_folders_of_what_it_brings(
    tmp_path: Path, source: str, expected: str, missing: str
) -> None:
    found = bring(context(tmp_path, MONOREPO), [source], to_folder=True, parents=True)
    assert (shown(found), " ".join(found.missing)) == (expected, missing)


def test_parents_and_exclude_go_together(tmp_path: Path) -> None:
    found = bring(
        context(tmp_path, MONOREPO), ["p/./*"], to_folder=True, parents=True, exclude=["*/src"]
    )
    assert shown(found) == (
        ".<p/ README<p/README a/<p/a/ a/package.json<p/a/package.json "
        "b/<p/b/ b/package.json<p/b/package.json"
    )


COVERS = [
    (".", "gone", True),
    (".", "lib/x.py", False),
    ("src", "src/gone/z", True),
    ("src", "srcs", False),
    ("src", "src", True),
    ("gone", "gone/x", True),
    ("src/x.py", "src/sub/y.py", False),
    ("src/x.py", "src", True),
    ("*.py", "gone.py", True),
    ("*.py", "src/gone.py", False),
    ("src/*", "src/gone/deep/z", True),
    ("*/x.py", "new/x.py", True),
    ("none/*.py", "none/a.py", True),
    ("l", "src/x.py", True),
    ("l", "l", True),
    ("l/x.py", "l", True),
    ("l/*.py", "src/new.py", True),
    ("f*", "a.py", True),
    ("[", "a.py", True),
]


@pytest.mark.parametrize(("source", "path", "expected"), COVERS)
def test_a_change_is_covered_when_the_copy_would_bring_it(
    tmp_path: Path, source: str, path: str, expected: bool
) -> None:
    assert cover(context(tmp_path, PROJECT, "lib"), [source]).has(path) == expected


def test_cover_knows_exclude_and_parents(tmp_path: Path) -> None:
    found = context(tmp_path, MONOREPO)
    without = cover(found, ["p"], exclude=["**/src"])
    assert (without.has("p/a/src/x.js"), without.has("p/a/gone")) == (False, True)
    manifests = cover(found, ["p/*/package.json"], parents=True)
    assert (manifests.has("p/c/package.json"), manifests.has("p/c/index.js")) == (True, False)


@pytest.mark.parametrize(("sources", "ignore", "_"), BRINGS)
def test_whatever_is_brought_is_covered(tmp_path: Path, sources: str, ignore: str, _: str) -> None:
    found = context(tmp_path, PROJECT, ignore.replace(" ", "\n"))
    words = sources.split()
    covered = cover(found, words)
    for item in bring(found, words, to_folder=True).files:
        assert item.root or covered.has(item.entry.path)
