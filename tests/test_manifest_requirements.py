"""requirements.txt: the text of the files -> what an install reads of the project."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.requirements import follow, local_path

START = "/app/req/base.txt"


def read(text: str, **others: str) -> Followed:
    files = {f"/app/{name}.txt": content for name, content in others.items()}
    return follow(request({START: text, **files}, start=(START,)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("-e .", "the project in `.`", id="an editable project"),
        pytest.param("-e./lib", "the project in `./lib`", id="an editable project, attached"),
        pytest.param(
            "--editable=../lib", "the project in `../lib`", id="an editable project, long"
        ),
        pytest.param("./lib", "the project in `./lib`", id="a folder"),
        pytest.param("libs/core", "the project in `libs/core`", id="a folder without a dot"),
        pytest.param("x @ ./lib", "the project in `./lib`", id="a named folder"),
        pytest.param("x@file:../x", "the project in `file:../x`", id="a named file: address"),
        pytest.param("x[a,b]@file:x.whl", "the project in", id="a file: address of an archive"),
        pytest.param("git+file:///src/x", "the project in", id="a repository of the image"),
        pytest.param("-i file:///srv/index", "form", id="an index in a file: address"),
        pytest.param("-r file:///app/x.txt", "file: address", id="an include by address"),
        pytest.param("x==${V}", "a variable", id="a variable"),
        pytest.param("-r gone.txt", "the content of /app/req/gone.txt", id="an unknown include"),
        pytest.param("--pre -r gone.txt", "/app/req/gone.txt", id="an include after an option"),
        pytest.param("# note \\\n./lib", "./lib", id="a comment joins nothing"),
        pytest.param("x \\\n# note \\\n./lib", "./lib", id="a comment ends a joined line"),
        pytest.param("--unheard-of", "form", id="an option of an unknown kind"),
        pytest.param("x --editable ./lib", "./lib", id="a project after a requirement"),
        pytest.param("--hash='", "form", id="a quote that stays open"),
    ],
)
def test_it_is_opaque_with(text: str, reason: str) -> None:
    assert reason in (read(text).opaque or "")


@pytest.mark.parametrize(
    ("text", "others", "expected"),
    [
        pytest.param("", {}, Followed((START,)), id="nothing"),
        pytest.param(
            "x==1.0 --hash=sha256:a \\\n  --hash=sha256:b\ny>=2; python_version < '3.9'\nz[a]~=1",
            {},
            Followed((START,)),
            id="packages of an index",
        ),
        pytest.param(
            "git+https://example.org/x@v1#egg=x\nx @ https://example.org/x.zip ; extra == 'a'",
            {},
            Followed((START,)),
            id="packages from addresses",
        ),
        pytest.param(
            "-e git+https://example.org/x#egg=x",
            {},
            Followed((START,), rewrites=("/app/src",)),
            id="an editable repository fills a folder",
        ),
        pytest.param(
            "-r ../all.txt\n-c../pins.txt\n-i https://example.org/simple",
            {"all": "--constraint=pins.txt", "pins": "x<2 # low"},
            Followed((START, "/app/all.txt", "/app/pins.txt")),
            id="includes and constraints",
        ),
        pytest.param("-r base.txt", {}, Followed((START,)), id="a file that includes itself"),
        pytest.param(
            "./dist/x-1-py3-none-any.whl",
            {},
            Followed(
                (START, "/app/req/dist/x-1-py3-none-any.whl", "/app/dist/x-1-py3-none-any.whl")
            ),
            id="an archive is looked for in two places",
        ),
        pytest.param(
            "--no-index --find-links ./wheels\nx",
            {},
            Followed((START,), trees=("/app/req/wheels", "/app/wheels")),
            id="a folder of archives",
        ),
    ],
)
def test_it_reads(text: str, others: dict[str, str], expected: Followed) -> None:
    assert read(text, **others) == expected


def test_a_variable_that_names_files_makes_it_opaque() -> None:
    found = follow(request({}, variables={"PIP_CONSTRAINT": "/app/pins.txt"}))
    assert "PIP_CONSTRAINT" in (found.opaque or "")


def test_a_variable_that_names_a_folder_makes_it_written() -> None:
    found = follow(request({}, variables={"PIP_TARGET": "vendor"}))
    assert found == Followed(rewrites=("/app/vendor",))


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("x", None),
        ("X.y_z[a, b] (>=1,<2)", None),
        ("x @ git+ssh://git@example.org/x.git", None),
        ("x @ file:///x", "file:///x"),
        ("x.whl", "x.whl"),
        ("./x", "./x"),
        (".", "."),
        ("~/x", "~/x"),
    ],
)
def test_a_local_requirement_names(requirement: str, expected: str | None) -> None:
    assert local_path(requirement) == expected


@given(st.text("-refc=./x@ \\#'\"\n[;", max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    found = read(text)
    assert (found.opaque is None) == (START in found.files)
