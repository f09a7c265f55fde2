"""Pipfile, pdm.lock and environment.yml: files and flags -> what is read and may be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed, conda, mamba_shell, pdm, pipenv, pipenv_requirements

PIPFILE = '[[source]]\nurl = "https://packages.example/simple"\n[packages]\nflask = "*"\n'
PIPENV = {"/app/Pipfile": PIPFILE, "/app/Pipfile.lock": '{"default": {"flask": {}}}'}
PIP_READ = ("/app/Pipfile", "/app/Pipfile.lock", "/app/.env")
PROJECT = '[project]\nname = "a"\ndependencies = ["flask"]\n'
PDM = {"/app/pyproject.toml": PROJECT, "/app/pdm.lock": ""}
NAMES = (
    *("pyproject.toml", "pdm.lock", ".pdm-python", ".python-version", "pylock.toml"),
    *("pdm.toml", ".pdm.toml"),
)
PDM_READ = tuple(f"/app/{name}" for name in NAMES)
YAML = "/app/environment.yml"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"/app/Pipfile": "["}, "the content of /app/Pipfile"),
        ({"/app/Pipfile.lock": "["}, "the content of /app/Pipfile.lock"),
        ({"/app/Pipfile": PIPFILE + 'x = { path = "x", editable = true }'}, "x from a folder"),
        ({"/app/Pipfile": PIPFILE + 'x = { file = "x.zip" }'}, "x from a folder"),
        ({"/app/Pipfile.lock": '{"develop": {"y": {"path": "."}}}'}, "y from a folder"),
        ({"/app/Pipfile": '[[source]]\nurl = "file:///x"'}, "from a folder"),
        ({"/app/.env": "PIP_INDEX_URL=https://example.org"}, "/app/.env may set variables"),
    ],
)
def test_a_pipfile_is_opaque_with(more: dict[str, str], reason: str) -> None:
    assert reason in (pipenv.follow(request({**PIPENV, **more}, "--deploy")).opaque or "")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--deploy"], Followed(PIP_READ)),
        (["--ignore-pipfile"], Followed(PIP_READ)),
        ([], Followed(PIP_READ, rewrites=("/app/Pipfile.lock",))),
    ],
)
def test_a_pipfile_is_read(flags: list[str], expected: Followed) -> None:
    assert pipenv.follow(request(PIPENV, *flags)) == expected


def test_printing_what_is_locked_writes_nothing_and_builds_nothing() -> None:
    files = {**PIPENV, "/app/Pipfile.lock": '{"default": {"y": {"path": "."}}}'}
    assert pipenv_requirements.follow(request(files)) == Followed(PIP_READ)


@pytest.mark.parametrize("name", ["/app/Pipfile.lock", "/app/.env"])
def test_printing_needs_files_that_are_known(name: str) -> None:
    assert pipenv_requirements.follow(request(PIPENV, unknown=(name,))).opaque


def test_variables_that_pipenv_is_told_not_to_load_are_none() -> None:
    files = {**PIPENV, "/app/.env": "PIP_INDEX_URL=https://example.org"}
    told = request(files, "--deploy", variables={"PIPENV_DONT_LOAD_ENV": "1"})
    assert pipenv.follow(told) == Followed(PIP_READ)


@pytest.mark.parametrize(
    ("more", "flags", "reason"),
    [
        ({}, [], "add --no-self"),
        ({"/app/pyproject.toml": "["}, ["--no-self"], "the content of /app/pyproject.toml"),
        ({"/app/pdm.toml": ""}, ["--no-self"], "/app/pdm.toml"),
        ({"/app/.pdm.toml": ""}, ["--no-self"], "/app/.pdm.toml"),
        ({"/app/.pdm-plugins/lib/x.py": ""}, ["--no-self"], "may hold plugins"),
        (
            {"/app/pyproject.toml": PROJECT + '[tool.pdm.scripts]\npost_install = "x"'},
            ["--no-self"],
            "post_install",
        ),
        (
            {"/app/pyproject.toml": PROJECT.replace("flask", "x @ file:///app/x")},
            ["--no-self"],
            "file:///app/x",
        ),
        ({"/app/pdm.lock": '[[package]]\npath = "./x"'}, ["--no-self"], "`./x`"),
    ],
)
def test_a_locked_project_is_opaque_with(
    more: dict[str, str], flags: list[str], reason: str
) -> None:
    assert reason in (pdm.follow(request({**PDM, **more}, *flags)).opaque or "")


@pytest.mark.parametrize(
    ("flags", "writes"),
    [
        (["--no-self", "--frozen-lockfile"], ("/app/.pdm-python",)),
        (["--no-self"], ("/app/.pdm-python", "/app/pdm.lock")),
    ],
)
def test_a_locked_project_is_read(flags: list[str], writes: tuple[str, ...]) -> None:
    assert pdm.follow(request(PDM, *flags)) == Followed(
        PDM_READ, ("/app/.pdm-plugins",), rewrites=writes
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("dependencies:\n  - pip:\n    - -e .\n", "the project in `.`"),
        ("dependencies:\n  - pip:\n    - ./lib\n", "the project in `./lib`"),
        ("dependencies:\n  - pip:\n    - -r gone.txt\n", "/app/gone.txt"),
        ("dependencies: [python, {pip: [-e .]}]\n", "no plain list"),
        ("dependencies:\n  - pip: [x]\n", "no plain list"),
        ("dependencies:\n  - &a\n", "no plain list"),
        ("variables:\n  A: b\n", "no plain list"),
    ],
)
def test_an_environment_is_opaque_with(text: str, reason: str) -> None:
    assert reason in (conda.follow(request({YAML: text}, start=(YAML,))).opaque or "")


def test_an_environment_is_read_with_its_list_for_pip() -> None:
    text = "name: a\nchannels:\n- conda-forge\ndependencies:\n- python=3.12 # why\n- pip\n"
    text += "- pip:\n  - flask==3.0\n  - -r requirements.txt\n"
    files = {YAML: text, "/app/requirements.txt": "x\n"}
    expected = Followed((YAML, "/app/requirements.txt"))
    assert conda.follow(request(files, start=(YAML,))) == expected


CHANNELS = [("[conda-forge, https://conda.anaconda.org/x]", False), ("[{a: b}]", True)]


@pytest.mark.parametrize(("channels", "opaque"), CHANNELS)
def test_channels_may_stand_on_one_line(channels: str, opaque: bool) -> None:
    text = f"channels: {channels}\ndependencies:\n  - python=3.12\n"
    found = conda.follow(request({YAML: text}, start=(YAML,)))
    assert (found.opaque is not None) == opaque


@given(st.text("-:pi# \n[ex./r", max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    found = conda.follow(request({YAML: text}, start=(YAML,)))
    assert (found.opaque is None) == bool(found.files)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("# why\nnumpy>=1.2\nconda-forge::scipy=1.*\n\n_libgcc_mutex=0.1=main\n", True),
        ("@EXPLICIT\nhttps://conda.anaconda.org/x/linux-64/a-1-0.conda#abc\n", True),
        ("./local.tar.bz2\n", False),
        ("local-1-0.conda\n", False),
        ("@EXPLICIT\nfile:///srv/a-1-0.conda\n", False),
        ("- numpy\n", False),
    ],
)
def test_a_list_for_conda_is_one_of_packages(text: str, plain: bool) -> None:
    found = conda.follow(request({"/app/list.txt": text}, start=("/app/list.txt",)))
    assert (found.opaque is None, found.files) == (plain, ("/app/list.txt",) if plain else ())


@pytest.mark.parametrize(("value", "known"), [("", True), ("1", False), (None, False)])
def test_the_shell_of_micromamba_does_no_more_than_its_text(value: str | None, known: bool) -> None:
    variables = {} if value is None else {"MAMBA_DOCKERFILE_ACTIVATE": value}
    assert (mamba_shell.follow(request({}, variables=variables)).opaque is None) == known
