"""Real builds of COPYs: what the rooms of the context say is what an engine makes of them.

More by chance: tests/conform.py. The engine is that of tests/test_engine.py.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from copied_trees import differing, lay, said
from test_engine import KNOWN
from test_engine import engine as engine

from reorder.context.files import Context, PatternError
from reorder.engine.builds import Builds, Source
from reorder.engine.engine import Engine
from reorder.engine.fault import BuildFailed, EngineError

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not os.environ.get("REORDER_ENGINE"),
        reason="no engine: REORDER_ENGINE=docker (.ci/engine) runs it",
    ),
]

PROJECT = (
    "a.py, b.py:600, .env, notes.md, run.sh:755, src/:700, src/x.py, src/notes.md, src/sub/y.py,"
    " src/sub/e/:755, lib/x.py, lib/z/.h, docs/a/notes.md, docs/a/b/notes.md, a b/c d,"
    " s[1].txt, é/é.txt, l -> src, f -> a.py, src/up -> ../run.sh, abs -> /src/sub"
)

# Texts of ignore files.
IGNORED = {
    "nothing": "",
    "comments and blanks": "# a.py\n\n \t\n b.py \n #x\n",
    "a mark at the start": "\ufeffa.py\nb.py\n",
    "ends of lines": "a.py\r\nlib/\r\nsrc/x.py",
    "roots": "/a.py\n./lib\n../b.py\n/../.env\nsrc/../f\n",
    "a trailing slash": "lib/\na.py/\nsrc/sub//\n",
    "globs": "*.py\nsrc/*.md\n[.]env\n?ocs\ns\\[1].txt\n",
    "all but": "*\n!src\n!a.py\n!run.sh\nsrc/sub\n",
    "given back below": "src\n!src/sub/y.py\ndocs/*\n!docs/a/b\n",
    "any depth": "**/notes.md\n**/sub/**\nlib/**\n",
    "any depth but": "**\n!lib\n!src/sub\n!**/*.py\n",
    "one in between": "docs/**/b\na**\n!a.py\n**f\n",
    "order": "!a.py\n*.py\nlib\n!lib\nlib/x.py\n!lib/x.py\n",
    "letters": "é\n!é/é.txt\na b/*\nf\nl\nsrc/up\n",
    "nothing left": "**\n",
}

# What follows COPY; {n} is the number of its folder.
COPIES = [
    ". /{n}/",
    ". /{n}",
    "a.py /{n}",
    "a.py /{n}/",
    "a.py /{n}/to",
    "a.py b.py /{n}/",
    "run.sh /{n}/deep/er/",
    "/a.py ../../b.py ./src/../notes.md /{n}/",
    "src /{n}",
    "src /{n}/",
    "src/ /{n}/to",
    "src lib /{n}/",
    "lib src /{n}/",
    "src a.py /{n}",
    "lib/x.py src/x.py /{n}/",
    "src/x.py lib/x.py /{n}/",
    "* /{n}/",
    "*.md /{n}",
    "*.none /{n}/",
    "*.none /{n}",
    "*/x.py /{n}/",
    "s*/*/ /{n}/",
    "[^s]*/x.py /{n}/",
    "sr? /{n}/",
    ".* /{n}/",
    "**/notes.md /{n}/",
    "docs/*/*/notes.md /{n}/",
    "l /{n}/",
    "l/x.py /{n}/",
    "l/* /{n}/",
    "f /{n}/",
    "abs /{n}/",
    "a\\.py /{n}/",
    '"a.py" /{n}/',
    '["a b", "/{n}/"]',
    '["a b/c d", "/{n}/e f"]',
    "s[[]1].txt /{n}/",
    "é/* /{n}/",
    "none /{n}/",
    "src/none* /{n}/",
    "none/* /{n}/",
]
# Of newer releases: skipped where they are not known.
EXCLUDES = [
    "--exclude=*.py . /{n}/",
    "--exclude=**/*.md . /{n}/",
    "--exclude=sub src /{n}/",
    "--exclude=sub --exclude=!sub/e src /{n}/",
    "--exclude=src/* --exclude=é . /{n}/",
    "--exclude=/src . /{n}/",
    "--exclude=* src /{n}/",
    "--exclude=*.py a.py /{n}/",
    "--exclude=docs/**/notes.md . /{n}/",
]
PARENTS = [
    "--parents src/x.py /{n}/",
    "--parents src/sub lib/x.py /{n}/",
    "--parents */x.py /{n}/",
    "--parents **/notes.md /{n}/",
    "--parents docs/./a /{n}/",
    "--parents ./docs/./**/notes.md /{n}/",
    "--parents docs/*/./notes.md /{n}/",
    "--parents /../src/*.py /{n}/",
    "--parents ../src/*.py /{n}/",
    "--parents none*/ /{n}/",
]


def built(engine: Engine, root: Path, copies: list[str]) -> list[str]:
    """The differences between what is said and what is built."""
    says = said(Context.open(root), copies)
    with Builds(engine, Source(root), known=KNOWN) as session:
        return differing(says.tree, session.clean("all", says.text.encode()).image.files)


@pytest.mark.parametrize("name", IGNORED)
def test_what_the_ignore_file_leaves_is_what_a_build_copies(
    name: str,
    engine: Engine,
    tmp_path: Path,
) -> None:
    root = lay(tmp_path / "context", PROJECT)
    (root / ".dockerignore").write_text(IGNORED[name], encoding="utf-8")
    assert built(engine, root, [". /{n}/", "src* /{n}/", "*/*.py /{n}/", "* /{n}/"]) == []


def test_what_a_copy_brings_is_what_a_build_copies(
    engine: Engine,
    tmp_path: Path,
) -> None:
    assert built(engine, lay(tmp_path / "context", PROJECT), COPIES) == []


def test_what_two_copies_make_of_one_folder_is_what_a_build_makes(
    engine: Engine,
    tmp_path: Path,
) -> None:
    """A folder that is there takes a file whose destination has its name."""
    copies = ["lib/ /one", "a.py /one", "b.py src/ /one", "docs /one/", "a.py /two/x", "b.py /two"]
    assert built(engine, lay(tmp_path / "context", PROJECT), copies) == []


FAILING = ["none /0/", "none/*.py /0/", "a.py/x /0/", "../none /0/", "src/[ /0/"]


@pytest.mark.parametrize("copy", FAILING)
def test_a_copy_that_is_said_to_fail_fails(
    copy: str,
    engine: Engine,
    tmp_path: Path,
) -> None:
    root = lay(tmp_path / "context", PROJECT)
    assert said(Context.open(root), [copy]).fails == (f"COPY {copy}",)
    with Builds(engine, Source(root)) as session, pytest.raises(BuildFailed):
        session.clean("fails", f"FROM scratch\nCOPY {copy}\nCOPY . /1/\n".encode())


@pytest.mark.parametrize("ignore", ["[\n", "a.py\n!\n", "!/\n", "[a-\n"])
def test_an_ignore_file_that_is_refused_fails(
    ignore: str,
    engine: Engine,
    tmp_path: Path,
) -> None:
    root = lay(tmp_path / "context", PROJECT)
    (root / ".dockerignore").write_text(ignore)
    with pytest.raises(PatternError):
        Context.open(root)
    with Builds(engine, Source(root)) as session, pytest.raises(BuildFailed):
        session.clean("fails", b"FROM scratch\nCOPY . /1/\n")


@pytest.mark.parametrize("copies", [EXCLUDES, PARENTS], ids=["--exclude", "--parents"])
def test_what_a_flag_leaves_is_what_a_build_copies(
    copies: list[str],
    engine: Engine,
    tmp_path: Path,
) -> None:
    try:
        assert built(engine, lay(tmp_path / "context", PROJECT), copies) == []
    except EngineError as fault:
        if "nknown flag" not in str(fault):
            raise
        pytest.skip("this engine does not know the flag")
