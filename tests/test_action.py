"""The GitHub Action: its steps are run for real, with what a runner would give them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_history import git, needs_git
from test_pre_commit import MOVES, index

__all__ = ["index"]
pytestmark = needs_git
ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
BROKEN = "FROM debian:12\nTYPO x\n"


class Runner:
    """As much of a runner as the action needs: inputs, expressions, and the files for results."""

    def __init__(self, workspace: Path, place: Path, base: str, install: bool = False) -> None:
        self.workspace = workspace
        self.temp = place
        self.base = base
        self.steps = ACTION["runs"]["steps"][0 if install else 1 :]
        self.outputs: dict[str, dict[str, str]] = {}
        self.summary = ""
        self.log = ""

    def use(self, **inputs: str) -> int:
        """Runs the steps with the inputs (`_` for `-`) until one fails; gives its status."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert set(given) <= set(ACTION["inputs"])
        values = {
            name: given.get(name, self.filled(str(about.get("default", "")), {}))
            for name, about in ACTION["inputs"].items()
        }
        for step in self.steps:
            status = self.step(step, values)
            if status:
                return status
        return 0

    def filled(self, text: str, inputs: Mapping[str, str]) -> str:
        known = {
            "github.action_path": str(ROOT),
            "github.event.pull_request.base.sha": self.base,
            **{f"inputs.{name}": value for name, value in inputs.items()},
        }
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known[found[1]], text)

    def step(self, step: Mapping[str, Any], inputs: Mapping[str, str]) -> int:
        assert step["shell"] == "bash"
        results = {"GITHUB_OUTPUT": self.temp / "output", "GITHUB_STEP_SUMMARY": self.temp / "sum"}
        for path in results.values():
            path.write_text("")
        script = self.temp / "step.sh"
        script.write_text(self.filled(step["run"], inputs))
        plain = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
        own = {name: self.filled(text, inputs) for name, text in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                **plain,
                **{name: str(path) for name, path in results.items()},
                "RUNNER_TEMP": str(self.temp),
                **own,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.log += done.stdout
        self.summary += results["GITHUB_STEP_SUMMARY"].read_text()
        pairs = (line.split("=", 1) for line in results["GITHUB_OUTPUT"].read_text().splitlines())
        self.outputs[step.get("id", "")] = dict(pairs)
        return done.returncode

    @property
    def changed(self) -> str:
        """The output of the action, as action.yml takes it from its step."""
        _, step, _, name = re.findall(r"[\w-]+", ACTION["outputs"]["changed"]["value"])
        return self.outputs[step][name]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A pull request: on `topic` a Dockerfile is new, that of `main` is as it was."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name in ("api", "web"):
        (folder / name).mkdir()
        (folder / name / "run.sh").write_text("#!/bin/sh\n")
    (folder / "web" / "Dockerfile").write_text(MOVES)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "m")
    git(folder, "checkout", "--quiet", "-b", "topic")
    (folder / "api" / "Dockerfile").write_text(MOVES)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "m")
    return folder


@pytest.fixture
def runner(project: Path, tmp_path: Path) -> Runner:
    """The program of the sources stands where the first step would install it."""
    program = tmp_path / "temp" / "reorder" / "bin" / "reorder"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m reorder "$@"\n')
    program.chmod(0o755)
    return Runner(project, tmp_path / "temp", git(project, "rev-parse", "main"))


def test_the_shell_of_the_action_is_clean() -> None:
    scripts = sorted(str(path) for path in (ROOT / "action").glob("*.sh"))
    assert len(scripts) == 2
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    done = subprocess.run([str(program), *scripts], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_action_is_valid() -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_input_reaches_a_step() -> None:
    told = "".join(value for step in ACTION["runs"]["steps"] for value in step["env"].values())
    assert set(re.findall(r"inputs\.([\w-]+)", told)) == set(ACTION["inputs"])


@pytest.mark.parametrize("name", ["fail", "unsafe", "summary"])
def test_a_word_that_is_neither_true_nor_false_ends_the_job(runner: Runner, name: str) -> None:
    assert runner.use(**{name: "yes"}) == 2
    assert f"::error::the input '{name}' is 'yes': give true or false" in runner.log


def test_a_broken_dockerfile_fails_the_job(runner: Runner) -> None:
    (runner.workspace / "api" / "Dockerfile").write_text(BROKEN)
    assert runner.use() == 2
    assert "::error file=api/Dockerfile,line=2," in runner.log
    assert "`TYPO` is no instruction" in runner.summary
    assert runner.changed == "false"


def test_only_what_the_pull_request_changed_is_looked_at(runner: Runner) -> None:
    assert runner.use() == 0
    assert "::warning file=api/Dockerfile,line=2,endLine=3," in runner.log
    assert "web/Dockerfile" not in runner.log + runner.summary
    assert "### reorder: 1 of 1 Dockerfile can rebuild faster" in runner.summary
    assert runner.changed == "true"


def test_without_a_base_everything_is_looked_at(runner: Runner) -> None:
    assert runner.use(diff_base="", fail="true", summary="false") == 1
    assert runner.log.count("::warning file=") == 2
    assert runner.summary == ""


def test_the_paths_may_hold_blanks_and_dashes(runner: Runner) -> None:
    names = ("a b.Dockerfile", "-x.Dockerfile")
    for name in names:
        (runner.workspace / name).write_text(MOVES.replace("run.sh", "web/run.sh"))
    assert runner.use(paths="\n".join(names) + "\n", diff_base="") == 0
    assert re.findall("file=(.*?),", runner.log) == list(names)


def test_no_input_is_read_by_the_shell(runner: Runner) -> None:
    trap = runner.temp / "ran"
    nasty = f"x$(touch {trap})`touch {trap}`;touch {trap}"
    for name in ("paths", "context", "diff_base", "sarif", "fail", "version"):
        runner.use(**{name: nasty})
    assert not trap.exists()


def test_reports_go_to_the_files_that_are_named(runner: Runner) -> None:
    forms = {name: f"{name}.out" for name in ("sarif", "rdjson", "markdown")}
    assert runner.use(**forms) == 0
    texts = {name: (runner.workspace / path).read_text() for name, path in forms.items()}
    assert json.loads(texts["sarif"])["version"] == "2.1.0"
    assert json.loads(texts["rdjson"])["source"] == {"name": "reorder"}
    assert texts["markdown"] == runner.summary


def test_a_shallow_checkout_gets_its_history(runner: Runner, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{runner.workspace}", str(clone))
    runner.workspace = clone
    assert runner.use() == 0
    assert "::warning file=api/Dockerfile," in runner.log
    assert git(clone, "rev-parse", "--is-shallow-repository") == "false"


@pytest.mark.slow
@pytest.mark.usefixtures("index")
def test_the_action_installs_and_reports(project: Path, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    runner = Runner(project, temp, git(project, "rev-parse", "main"), install=True)
    assert runner.use(fail="true") == 1, runner.log
    assert "::warning file=api/Dockerfile," in runner.log
