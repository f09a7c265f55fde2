"""One result for all the builds that the files around a Dockerfile name."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reorder.agree import Memory
from reorder.cli import main
from reorder.context.builds.build import Build, Builds, Place
from reorder.context.discover import Replaced, find_ways
from reorder.context.files import Context
from reorder.effects.base import known_base
from reorder.syntax.dockerfile import parse

BROAD = (
    "FROM python:3.12-slim\nARG FLAVOUR=plain\nWORKDIR /app\nCOPY . .\n"
    "RUN pip install -r requirements.txt\n"
)
SPLIT = (
    "FROM python:3.12-slim\nARG FLAVOUR=plain\nWORKDIR /app\nCOPY requirements.txt ./\n"
    "RUN pip install -r requirements.txt\nCOPY . .\n"
)
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """project/{Dockerfile, app/, other/ where the install reads all}"""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    put("Dockerfile", BROAD)
    put("app/requirements.txt", "flask==3.0\n")
    put("app/main.py", "")
    put("other/requirements.txt", "-e .\n")
    put("other/setup.py", "")


def put(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def compose(*builds: str) -> None:
    put(
        "compose.yaml",
        "services:\n" + "".join(f"  s{n}:\n    build: {build}\n" for n, build in enumerate(builds)),
    )


def told(capsys: Capture, *words: str) -> dict[str, Any]:
    main(["--format", "json", *words, "Dockerfile"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["files"][0]
    return found


IN_APP = "{context: app, dockerfile: ../Dockerfile}"
IN_OTHER = "{context: ./other, dockerfile: ../Dockerfile}"


def test_contexts_that_want_another_order_are_named_and_none_is_looked_at(capsys: Capture) -> None:
    compose(IN_APP, IN_OTHER)
    assert main(["--write", "Dockerfile"]) == 0
    assert capsys.readouterr().err == (
        "reorder: Dockerfile: the build context is not looked at: context ./app, from"
        " compose.yaml:3 and context ./other, from compose.yaml:5 want another order: choose one"
        " with --context\n"
    )
    assert Path("Dockerfile").read_text() == BROAD


def test_the_word_of_the_user_ends_the_matter(capsys: Capture) -> None:
    compose(IN_APP, IN_OTHER)
    assert main(["--write", "--context", "app", "Dockerfile"]) == 0
    assert Path("Dockerfile").read_text() == SPLIT
    assert capsys.readouterr().err == ""


def test_too_many_builds_are_counted(capsys: Capture) -> None:
    compose(
        *(
            f"{{context: app, dockerfile: ../Dockerfile, args: {{FLAVOUR: {n * 'x'}}}}}"
            for n in range(1, 6)
        )
    )
    assert told(capsys)["notes"] == [
        "the build context is not looked at: there are 5 different builds of it: choose one with"
        " --context"
    ]


def test_a_stage_that_is_replaced_leaves_the_file_alone(capsys: Capture) -> None:
    put("Dockerfile", BROAD.replace("slim", "slim AS base"))
    compose("{context: app, dockerfile: ../Dockerfile, additional_contexts: [base=other]}")
    found = told(capsys)
    assert (found["changed"], found["notes"]) == (
        False,
        [
            "it stays as it is: compose.yaml:3 builds with another context in place of the stage"
            " `base`: choose a build without it with --context"
        ],
    )


@pytest.mark.parametrize(
    ("name", "known"),
    [("python:3.12-slim", False), ("docker.io/library/python:3.12-slim", False), ("python", True)],
)
def test_nothing_is_known_of_an_image_that_another_context_replaces(name: str, known: bool) -> None:
    assert (known_base("python:3.12-slim", [name]) is not None) is known


def test_a_named_context_is_no_file_of_the_context(capsys: Capture) -> None:
    put("Dockerfile", f"{BROAD}COPY --from=src lib /lib\n")
    compose("{context: app, dockerfile: ../Dockerfile, additional_contexts: [src=other]}")
    assert told(capsys)["changed"] is True


def test_contexts_in_which_the_same_comes_out_need_no_choice(capsys: Capture) -> None:
    put("other/requirements.txt", "flask==2.0\n")
    compose(IN_APP, IN_OTHER)
    found = told(capsys)
    assert found["changed"] is True
    assert found["notes"] == []
    assert [way["folder"] for way in found["contexts"]] == ["app", "other"]


def test_the_context_is_told_with_its_place(capsys: Capture) -> None:
    args = "{FLAVOUR: nice, OTHER: x}"
    compose(f"{{context: app, dockerfile: ../Dockerfile, args: {args}, target: t}}")
    assert told(capsys)["contexts"] == [
        {
            "folder": "app",
            "target": "t",
            "build_args": {"FLAVOUR": "nice"},
            "from": "compose.yaml:3",
        }
    ]
    main(["-v", "--check", "Dockerfile"])
    assert capsys.readouterr().err == (
        "reorder: Dockerfile: context ./app with FLAVOUR=nice, target t, from compose.yaml:3\n"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["--context", "app"], "--context"), ([], "the nearest folder with all that is copied")],
)
def test_who_chose_the_context_is_told(capsys: Capture, words: list[str], expected: str) -> None:
    assert [way["from"] for way in told(capsys, *words)["contexts"]] == [expected]


def test_a_build_that_would_fail_is_left_out(capsys: Capture) -> None:
    put("Dockerfile", f"{BROAD}COPY main.py /\n")
    compose(IN_OTHER, IN_APP)
    found = told(capsys)
    assert [way["folder"] for way in found["contexts"]] == ["app"]
    assert found["notes"] == ["compose.yaml:3: left out: `main.py` is not in its context"]


def test_a_folder_that_is_gone_is_left_out(capsys: Capture) -> None:
    compose("{context: nix, dockerfile: ../Dockerfile}", IN_APP)
    found = told(capsys)
    assert [way["folder"] for way in found["contexts"]] == ["app"]
    assert found["notes"][0].startswith("compose.yaml:3: ")


def test_what_is_not_read_is_said_when_asked(capsys: Capture) -> None:
    put("compose.yaml", "build: [")
    main(["--check", "Dockerfile"])
    assert capsys.readouterr().err == ""
    main(["--check", "-v", "Dockerfile"])
    assert "reorder: Dockerfile: compose.yaml: not read: line " in capsys.readouterr().err


# An argument decides which file is copied.
CHOSEN = (
    "FROM python:3.12-slim\nARG REQS=nix.txt\nWORKDIR /app\nCOPY . .\nRUN pip install -r $REQS\n"
)


@pytest.mark.parametrize(
    ("value", "words", "changed"),
    [
        ("nix.txt", [], False),
        ("$REQS", [], False),
        ("requirements.txt", [], True),
        ("nix.txt", ["--build-arg", "REQS=requirements.txt"], True),
    ],
)
def test_build_arguments_with_a_literal_value_are_used(
    capsys: Capture, value: str, words: list[str], changed: bool
) -> None:
    put("Dockerfile", CHOSEN)
    compose(f"{{context: app, dockerfile: ../Dockerfile, args: {{REQS: {value}}}}}")
    assert told(capsys, *words)["changed"] is changed


def test_a_workflow_of_the_repository_speaks_of_files_below_it(capsys: Capture) -> None:
    put("app/docker/Dockerfile", BROAD)
    put(
        ".github/workflows/ci.yml",
        "jobs:\n  x:\n    steps:\n      - run: docker build -f app/docker/Dockerfile app\n",
    )
    main(["--format", "json", "app/docker/Dockerfile"])
    found = json.loads(capsys.readouterr().out)["files"][0]
    assert (found["changed"], found["contexts"][0]["from"]) == (True, ".github/workflows/ci.yml:4")


def test_a_run_reads_histories_and_folders_once(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    context = Context.open(Path("app"))
    assert memory.changes(context, 10) is memory.changes(Context.open(Path("app")), 10)
    assert memory.builds_in(Path()) is memory.builds_in(Path())


def test_a_history_that_was_cut_is_said(capsys: Capture) -> None:
    Path(".git").rmdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.test"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "1"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{Path.cwd()}", "copy"], check=True)
    main(["--check", "-v", "--context", "copy/app", "copy/Dockerfile"])
    assert "the clone is shallow, 0 commits are known" in capsys.readouterr().err


def test_a_stage_name_is_compared_without_case() -> None:
    build = Build(
        Path("app"), Path("Dockerfile"), named=frozenset(["BASE"]), place=Place(Path("x"), 1)
    )
    dockerfile = parse(b"FROM scratch AS Base\n")
    with pytest.raises(Replaced):
        find_ways(Path("Dockerfile"), dockerfile, lambda _: Builds((build,)))


SUNK = (
    "FROM debian:12\nARG {0}\nRUN apt-get update && apt-get install -y curl\n"
    "LABEL rev=${0}\nENV X=${0}\n"
)


@pytest.mark.parametrize(
    ("name", "settings", "changed"),
    [
        ("GIT_SHA", "", True),
        ("NIGHTLY_1", "", False),
        ("NIGHTLY_1", 'volatile = ["NIGHTLY_*"]', True),
        ("GIT_SHA", 'not-volatile = ["GIT_*"]', False),
    ],
)
def test_the_settings_say_which_variables_are_volatile(
    capsys: Capture, name: str, settings: str, changed: bool
) -> None:
    put("Dockerfile", SUNK.format(name))
    put("reorder.toml", settings)
    assert told(capsys)["changed"] is changed
