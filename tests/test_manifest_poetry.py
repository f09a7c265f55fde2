"""pyproject.toml and poetry.lock: files and flags -> what an install reads and may write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.poetry import follow
from reorder.manifests.poetry_export import follow as follow_export

MANIFEST = "/app/pyproject.toml"
LOCK = "/app/poetry.lock"
PROJECT = '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\nflask = "^3"\n'
LOCKED = '[[package]]\nname = "flask"\n'
KNOWN = {MANIFEST: PROJECT, LOCK: LOCKED}
READ = (MANIFEST, LOCK, "/app/poetry.toml")
VENV = "/app/.venv"
PLUGINS = ("/app/.poetry/plugins",)
NAMED = '[tool.poetry]\nname = "a"\n'
ROOT = {MANIFEST: NAMED, LOCK: LOCKED, "/app/a/__init__.py": "", "/app/a/b.py": ""}
LICENSES = tuple(f"/app/{n}*" for n in ("COPYING", "LICENSE", "LICENCE", "AUTHORS", "NOTICE"))
PATH = '\nx = { path = "../x", develop = true }\n'


@pytest.mark.parametrize(
    ("files", "flags", "reason"),
    [
        pytest.param({}, ["--no-root"], f"the content of {MANIFEST}", id="an unknown manifest"),
        pytest.param({**KNOWN, MANIFEST: "["}, ["--no-root"], MANIFEST, id="a broken manifest"),
        pytest.param({**KNOWN, LOCK: "["}, ["--no-root"], LOCK, id="a broken lock file"),
        pytest.param(KNOWN, [], "add --no-root", id="the project itself"),
        pytest.param(
            {**KNOWN, "/app/.poetry/plugins/x.py": ""},
            ["--no-root"],
            "may hold plugins",
            id="plugins in the project",
        ),
        pytest.param(KNOWN, ["--only-root"], "add --no-root", id="the project alone"),
        pytest.param(
            {**ROOT, MANIFEST: NAMED + "build = 'build.py'"}, [], "build script", id="a script"
        ),
        pytest.param(
            {**ROOT, MANIFEST: NAMED + "packages = [{ include = 'a/*' }]"},
            [],
            "not named plainly",
            id="a pattern of packages",
        ),
        pytest.param(
            {**ROOT, MANIFEST: NAMED + "packages = [{ include = 'a', from = 'lib' }]"},
            [],
            "not found",
            id="a package that is not there",
        ),
        pytest.param(
            {**ROOT, MANIFEST: "[project]\nname = 'a'\nlicense-files = ['**/LICENSE']"},
            [],
            "any depth",
            id="license files in any depth",
        ),
        pytest.param({**KNOWN, MANIFEST: PROJECT + PATH}, ["--no-root"], "`../x`", id="a folder"),
        pytest.param(
            {**KNOWN, MANIFEST: PROJECT + '[tool.poetry.group.dev.dependencies]\nx={path="x"}'},
            ["--no-root"],
            "`x`",
            id="a folder in a group",
        ),
        pytest.param(
            {**KNOWN, LOCK: '[[package]]\n[package.source]\ntype = "directory"\nurl = "x"'},
            ["--no-root"],
            "`x`",
            id="a locked folder",
        ),
        pytest.param(
            {**KNOWN, MANIFEST: '[project]\ndependencies = ["x @ file:///x"]'},
            ["--no-root"],
            "`/x`",
            id="a folder by address",
        ),
        pytest.param(
            {**KNOWN, MANIFEST: PROJECT + "[tool.poetry.requires-plugins]\nx = '*'"},
            ["--no-root"],
            "plugins",
            id="plugins of the project",
        ),
        pytest.param(
            {**KNOWN, MANIFEST: PROJECT + "[tool.poetry-dynamic-versioning]\nenable = true"},
            ["--no-root"],
            "plugin",
            id="a plugin that reads the history",
        ),
        pytest.param(
            {**KNOWN, "/app/poetry.toml": 'cache-dir = "/app/cache"\n'},
            ["--no-root"],
            "cache-dir",
            id="a folder that settings name",
        ),
    ],
)
def test_it_is_opaque_with(files: dict[str, str], flags: list[str], reason: str) -> None:
    assert reason in (follow(request(files, *flags)).opaque or "")


@pytest.mark.parametrize(
    ("files", "flags", "expected"),
    [
        pytest.param(
            KNOWN, ["--no-root"], Followed(READ, PLUGINS, rewrites=(VENV,)), id="no project"
        ),
        pytest.param(
            {**KNOWN, MANIFEST: PROJECT.replace("name", "package-mode = false\nname")},
            [],
            Followed(READ, PLUGINS, rewrites=(VENV,)),
            id="a project that is no package",
        ),
        pytest.param(
            {MANIFEST: PROJECT},
            ["--no-root"],
            Followed(READ, PLUGINS, rewrites=(VENV, LOCK)),
            id="a lock file is made when there is none",
        ),
        pytest.param(
            {**KNOWN, MANIFEST: PROJECT + PATH},
            ["--no-root", "--no-directory"],
            Followed(
                (*READ, "/x", "/x/pyproject.toml", "/x/setup.py"),
                PLUGINS,
                rewrites=(VENV,),
            ),
            id="a folder that is left out is looked for",
        ),
        pytest.param(
            {**KNOWN, MANIFEST: PROJECT + 'x = { path = "dist/x-1-py3-none-any.whl" }'},
            ["--no-root"],
            Followed((*READ, "/app/dist/x-1-py3-none-any.whl"), PLUGINS, rewrites=(VENV,)),
            id="an archive",
        ),
    ],
)
def test_it_reads_and_may_write(
    files: dict[str, str], flags: list[str], expected: Followed
) -> None:
    assert follow(request(files, *flags)) == expected


@pytest.mark.parametrize(
    ("files", "read", "trees"),
    [
        pytest.param(ROOT, ("/app/a.py", "/app/a/__init__.py"), (), id="a package"),
        pytest.param(
            {MANIFEST: NAMED, LOCK: LOCKED, "/app/src/a/x/b.py": ""},
            ("/app/a.py", "/app/src/a.py", "/app/src/a/x/b.py"),
            ("/app/a",),
            id="a package below src without an __init__.py",
        ),
        pytest.param(
            {MANIFEST: NAMED, LOCK: LOCKED, "/app/a.py": ""},
            ("/app/a.py",),
            ("/app/a",),
            id="a module",
        ),
        pytest.param(
            {
                **ROOT,
                MANIFEST: NAMED + "readme = 'R'\nscripts.x = {reference = 's', type = 'file'}",
            },
            ("/app/a.py", "/app/a/__init__.py", "/app/R", "/app/s"),
            (),
            id="a readme and a script that is a file",
        ),
        pytest.param(
            {**ROOT, MANIFEST: NAMED + "packages = [{include = 'b.py', from = 'a'}]"},
            ("/app/a/b.py",),
            (),
            id="a module that the manifest names",
        ),
    ],
)
def test_the_project_itself_needs_a_file_of_its_package_and_its_texts(
    files: dict[str, str], read: tuple[str, ...], trees: tuple[str, ...]
) -> None:
    expected = Followed((*READ, *read), (*trees, "/app/LICENSES", *PLUGINS), LICENSES, (VENV,))
    assert follow(request(files)) == expected


def test_a_list_of_the_packages_builds_nothing() -> None:
    assert follow_export(request(KNOWN)) == Followed(READ, PLUGINS, rewrites=(VENV,))


def test_the_manifest_is_looked_for_in_the_folders_above() -> None:
    found = follow(request(KNOWN, "--no-root", cwd="/app/src"))
    assert found == Followed(("/app/src/pyproject.toml", *READ), PLUGINS, rewrites=(VENV,))


LINES = st.sampled_from(
    [
        *("[tool.poetry]", "[tool.poetry.dependencies]", "x = 1", "package = 2", "path = []"),
        *("[[package]]", "dependencies = [1]", "tool = 3", "source = 'x'", "group = {a = 1}"),
    ]
)


@given(st.lists(LINES, max_size=5).map("\n".join), st.lists(LINES, max_size=5).map("\n".join))
def test_any_table_has_an_answer(manifest: str, lock: str) -> None:
    found = follow(request({MANIFEST: manifest, LOCK: lock}, "--no-root"))
    assert (found.opaque is None) == bool(found.files)
