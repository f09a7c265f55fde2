"""The recipes of docs/pull-requests.md: each is run, or read by what would read it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_action import ACTION, project
from test_history import git, needs_git

__all__ = ["project"]
pytestmark = needs_git
ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "pull-requests.md").read_text()
SHOWN = re.findall(r"<!-- output: reorder (.*?) -->\n(`{3,})\w+\n(.*?)\2\n", PAGE, re.DOTALL)
BLOCKS = re.findall(r"^```(\w+)\n(?:# |// )?(.*?)\n(.*?)^```\n", PAGE, re.DOTALL | re.MULTILINE)


def block(language: str, first: str) -> str:
    """The one block of a language with these words in its first line."""
    (found,) = (
        f"{head}\n{body}" if language in ("json", "toml", "sh") else body
        for name, head, body in BLOCKS
        if name == language and first in head
    )
    return found


def reorder(*words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "reorder", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def shell(folder: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the lines of a recipe; what would install something is a program that does nothing."""
    shims = folder.parent / "shims"
    shims.mkdir(exist_ok=True)
    for name in ("pip", "apt-get"):
        (shims / name).write_text("#!/bin/sh\n")
    (shims / "reorder").write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m reorder "$@"\n'
    )
    for program in shims.iterdir():
        program.chmod(0o755)
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={"PATH": f"{shims}:{os.environ['PATH']}", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def is_valid(tmp_path: Path, schema: str, text: str) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("command", "expected"), [(c, text) for c, _, text in SHOWN])
def test_the_page_shows_what_the_command_prints(command: str, expected: str) -> None:
    words, _, place = command.partition(" | ")
    text = reorder(*shlex.split(words))
    if place:
        found: Any = json.loads(text)
        for key in re.findall(r"\w+", place):
            found = found[int(key) if key.isdecimal() else key]
        text = json.dumps(found, indent=2) + "\n"
    assert text == expected


def test_the_page_shows_a_comment_and_a_result() -> None:
    assert len(SHOWN) == 2


@pytest.mark.parametrize("name", ["reorder.yml", "reorder-review.yml"])
def test_a_workflow_is_valid_and_gives_inputs_that_exist(tmp_path: Path, name: str) -> None:
    text = block("yaml", f".github/workflows/{name}")
    is_valid(tmp_path, "vendor.github-workflows", text)
    steps = yaml.safe_load(text)["jobs"]["reorder"]["steps"]
    (own,) = (step for step in steps if step.get("uses", "").startswith("OWNER/reorder@"))
    assert set(own.get("with", {})) <= set(ACTION["inputs"])


def test_the_table_of_inputs_is_that_of_the_action() -> None:
    table = PAGE.partition("| input | default | meaning |")[2].partition("\n\n")[0]
    cells = (row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
    told = [name for cell in cells for name in re.findall("`(.*?)`", cell)]
    assert sorted(told) == sorted(ACTION["inputs"])


def test_the_configuration_of_pre_commit_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(block("yaml", ".pre-commit-config.yaml"))
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    wanted = yaml.safe_load(file.read_text())["repos"][0]["hooks"]
    assert {hook["id"] for hook in wanted} <= {hook["id"] for hook in hooks}


def test_the_job_for_gitlab_is_valid_and_reports(project: Path, tmp_path: Path) -> None:
    text = block("yaml", ".gitlab-ci.yml")
    is_valid(tmp_path, "vendor.gitlab-ci", text)
    job = yaml.safe_load(text)["reorder"]
    script = "\n".join([*job["before_script"], *job["script"]])
    base = git(project, "rev-parse", "main")
    done = shell(project, script, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert done.returncode == job["allow_failure"]["exit_codes"], done.stderr
    assert "+++ b/api/Dockerfile" in done.stdout
    report = project / job["artifacts"]["reports"]["codequality"]
    (issue,) = json.loads(report.read_text())
    assert issue["location"] == {"path": "api/Dockerfile", "lines": {"begin": 2, "end": 3}}


def test_the_stage_for_jenkins_fails_when_a_file_would_change(project: Path) -> None:
    git(project, "update-ref", "refs/remotes/origin/main", "main")
    commands = re.findall(r"sh '(.*)'", block("groovy", "Jenkinsfile"))
    assert [".reorder/bin/" in command for command in commands] == [True, True]
    check = commands[1].replace(".reorder/bin/", "")
    done = shell(project, check, CHANGE_TARGET="main")
    assert done.returncode == 1
    assert "+++ b/api/Dockerfile" in done.stdout
    git(project, "update-ref", "refs/remotes/origin/main", "topic")
    assert shell(project, check, CHANGE_TARGET="main").returncode == 0


def test_the_command_that_renovate_runs_rewrites_its_file(project: Path, tmp_path: Path) -> None:
    is_valid(tmp_path, "vendor.renovate", block("json", "{"))
    rules = json.loads(block("json", "{"))
    (command,) = rules["packageRules"][0]["postUpgradeTasks"]["commands"]
    command = command.replace("{{{packageFile}}}", "api/Dockerfile")
    (allowed,) = json.loads(re.findall(r"`(\[.*?\])`", PAGE)[0])
    assert re.search(allowed, command)
    file = project / "api" / "Dockerfile"
    file.write_text(
        "FROM debian:12\nCOPY *.sh /app/\n"
        "# renovate: datasource=deb depName=curl\nRUN apt-get update && apt-get install -y curl\n"
    )
    assert shell(project, command).returncode == 0
    assert file.read_text().splitlines()[1:3] == [
        "# renovate: datasource=deb depName=curl",
        "RUN apt-get update && apt-get install -y curl",
    ]


def test_a_monorepo_is_one_run(project: Path) -> None:
    """A service whose Dockerfile is in a folder of its own is built as compose says."""
    (project / "docker").mkdir()
    (project / "docker" / "web.Dockerfile").write_text(
        "FROM debian:12\nCOPY run.sh /app/\nRUN apt-get update && apt-get install -y curl\n"
    )
    (project / "compose.yaml").write_text(
        "services:\n  web:\n    build:\n"
        "      context: web\n      dockerfile: ../docker/web.Dockerfile\n"
    )
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "m")
    git(project, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert shell(project, block("sh", "reorder")).returncode == 0
    (project / "web" / "run.sh").write_text("other\n")
    done = shell(project, block("sh", "reorder"))
    assert done.returncode == 1, done.stderr
    assert "docker/web.Dockerfile: a rebuild takes " in done.stdout
    assert "api/Dockerfile" not in done.stdout


def test_a_context_may_stand_beside_a_dockerfile(project: Path) -> None:
    folder = project / "deploy" / "web"
    folder.mkdir(parents=True)
    (folder / "reorder.toml").write_text(block("toml", "context"))
    (folder / "Dockerfile").write_text(
        "FROM debian:12\nCOPY web/run.sh /app/\nRUN apt-get update && apt-get install -y curl\n"
    )
    assert shell(project, "reorder --check deploy").returncode == 1
