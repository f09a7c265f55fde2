"""pyproject.toml, uv.lock, uv.toml: files and flags -> what is read and may be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.uv import follow
from reorder.manifests.uv_pip import follow as follow_pip

MANIFEST = "/app/pyproject.toml"
LOCK = "/app/uv.lock"
VIRTUAL = '[project]\nname = "a"\ndependencies = ["flask"]\n'
BUILT = VIRTUAL + '[build-system]\nrequires = ["hatchling"]\n'
LOCKED = '[[package]]\nname = "a"\nsource = { editable = "." }\n'
KNOWN = {MANIFEST: VIRTUAL, LOCK: LOCKED}
PROJECT = {MANIFEST: BUILT, LOCK: LOCKED}
SETTINGS = tuple(
    folder + name
    for folder in ("/app/", "/")
    for name in ("pyproject.toml", "uv.toml", ".python-version", ".python-versions")
)
READ = (*SETTINGS, LOCK)
VENV = "/app/.venv"
WORKSPACE = BUILT + '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
FROZEN = ["--frozen", "--no-install-project"]


@pytest.mark.parametrize(
    ("files", "flags", "reason"),
    [
        pytest.param({}, ["--frozen"], f"the content of {MANIFEST}", id="an unknown manifest"),
        pytest.param({MANIFEST: VIRTUAL}, ["--frozen"], LOCK, id="no lock file"),
        pytest.param({**KNOWN, LOCK: "["}, ["--frozen"], LOCK, id="a broken lock file"),
        pytest.param(PROJECT, ["--frozen"], "add --no-install-project", id="the project itself"),
        pytest.param(
            {**KNOWN, MANIFEST: VIRTUAL + "[tool.uv]\npackage = true"},
            ["--frozen"],
            "add --no-install-project",
            id="a project that wants to be a package",
        ),
        pytest.param(
            {**PROJECT, MANIFEST: WORKSPACE, "/app/packages/b/pyproject.toml": BUILT},
            FROZEN,
            "add --no-install-workspace",
            id="a member of the workspace",
        ),
        pytest.param(
            {**PROJECT, MANIFEST: WORKSPACE.replace("packages/*", "**")},
            FROZEN,
            "any depth",
            id="members in any depth",
        ),
        pytest.param(
            {**PROJECT, LOCK: '[[package]]\nname = "x"\nsource = { directory = "x" }'},
            FROZEN,
            "`x`",
            id="a locked folder",
        ),
        pytest.param(
            {**KNOWN, MANIFEST: VIRTUAL + '[tool.uv.sources]\nx = { path = "x" }'},
            ["--locked"],
            "from a path",
            id="a folder as a source",
        ),
        pytest.param(
            {**PROJECT, MANIFEST: BUILT.replace("dep", 'dynamic = ["version"]\ndep')},
            ["--locked", "--no-install-project"],
            "dynamic",
            id="metadata that code gives",
        ),
        pytest.param(
            {**KNOWN, MANIFEST: VIRTUAL + '[tool.uv]\nfind-links = ["wheels"]'},
            ["--frozen"],
            "`wheels`",
            id="a folder of archives",
        ),
        pytest.param(
            {**KNOWN, "/uv.toml": 'cache-dir = "cache"'}, ["--frozen"], "/uv.toml", id="settings"
        ),
    ],
)
def test_it_is_opaque_with(files: dict[str, str], flags: list[str], reason: str) -> None:
    assert reason in (follow(request(files, *flags)).opaque or "")


@pytest.mark.parametrize(
    ("files", "flags", "expected"),
    [
        pytest.param(KNOWN, ["--frozen"], Followed(READ, rewrites=(VENV,)), id="no build system"),
        pytest.param(PROJECT, FROZEN, Followed(READ, rewrites=(VENV,)), id="without the project"),
        pytest.param(
            PROJECT,
            ["--locked", "--no-install-project"],
            Followed(READ, rewrites=(VENV,)),
            id="a lock file that is compared",
        ),
        pytest.param(
            KNOWN, [], Followed(READ, rewrites=(VENV, LOCK)), id="a lock file that may be renewed"
        ),
        pytest.param(
            {
                **PROJECT,
                MANIFEST: WORKSPACE,
                "/app/packages/b/pyproject.toml": BUILT,
                "/app/packages/b/deep/pyproject.toml": BUILT,
            },
            ["--frozen", "--no-install-workspace"],
            Followed(
                (*READ, "/app/packages/b/pyproject.toml"),
                globs=("/app/packages/*/pyproject.toml",),
                rewrites=(VENV,),
            ),
            id="the members of a workspace",
        ),
        pytest.param(
            {**PROJECT, LOCK: '[[package]]\nname = "x"\nsource = { path = "x.whl" }'},
            FROZEN,
            Followed((*READ, "/app/x.whl"), rewrites=(VENV,)),
            id="a locked archive",
        ),
    ],
)
def test_it_reads_and_may_write(
    files: dict[str, str], flags: list[str], expected: Followed
) -> None:
    assert follow(request(files, *flags)) == expected


def test_a_variable_freezes_the_lock_file() -> None:
    found = follow(request(KNOWN, variables={"UV_FROZEN": "1", "UV_CACHE_DIR": "/c"}))
    assert found == Followed(READ, rewrites=(VENV, "/c"))


def test_requirements_stand_under_the_settings_of_the_project() -> None:
    found = follow_pip(request({"/app/r.txt": "flask"}, start=("/app/r.txt",)))
    assert found == Followed(("/app/r.txt", *SETTINGS))


@pytest.mark.parametrize(
    ("files", "start", "reason"),
    [
        ({MANIFEST: VIRTUAL}, MANIFEST, "manifest"),
        ({"/app/r.txt": "-e ."}, "/app/r.txt", "the project in `.`"),
        ({"/app/r.txt": "", "/app/uv.toml": "["}, "/app/r.txt", "/app/uv.toml"),
    ],
)
def test_requirements_are_opaque_with(files: dict[str, str], start: str, reason: str) -> None:
    assert reason in (follow_pip(request(files, start=(start,))).opaque or "")


LINES = st.sampled_from(
    [
        *("[project]", "[tool.uv]", "[tool.uv.sources]", "x = 1", "package = 2", "index = [1]"),
        *("[[package]]", "dependencies = [1]", "tool = 3", "source = 'x'", "workspace = 1"),
    ]
)


@given(st.lists(LINES, max_size=5).map("\n".join), st.lists(LINES, max_size=5).map("\n".join))
def test_any_table_has_an_answer(manifest: str, lock: str) -> None:
    found = follow(request({MANIFEST: manifest, LOCK: lock}, "--no-install-local"))
    assert (found.opaque is None) == bool(found.files)
