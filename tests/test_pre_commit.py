"""The hooks, run by the real pre-commit on real repositories."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from test_history import git, needs_git

from reorder.files import is_dockerfile

pytestmark = needs_git
ROOT = Path(__file__).parent.parent
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}

MOVES = """\
FROM debian:12
COPY run.sh /app/
RUN apt-get update && apt-get install -y curl
"""
MOVED = """\
FROM debian:12
RUN apt-get update && apt-get install -y curl
COPY run.sh /app/
"""
NAMES = (
    *("Dockerfile", "a/Dockerfile", "Dockerfile.dev", "web.Dockerfile", "web.dockerfile"),
    *("Containerfile", "a/b/Containerfile.prod"),
)
OTHERS = (
    *("Dockerfile.dockerignore", "Dockerfile.j2", "Dockerfile.md", "MyDockerfile", "dockerfile.py"),
    *("Dockerfile/run.sh", "Dockerfile.orig", "Dockerfile~"),
)


def pre_commit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *words],
        cwd=folder,
        env=environment
        | {
            "PRE_COMMIT_HOME": str(folder.parent / "hooks"),
            "PYTHONPATH": str(ROOT),
            "PRE_COMMIT_COLOR": "never",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose hooks are those of the project, run from the sources."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    hooks = []
    for hook in HOOKS.values():
        command = f"env PYTHONPATH={ROOT} {sys.executable} -m reorder"
        entry = re.sub("^reorder", command, hook["entry"])
        hooks.append({**hook, "entry": entry, "language": "system"})
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    return folder


def put(folder: Path, *names: str, text: str = MOVES) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.count("/"):
            (path.parent / "run.sh").write_text("")
    git(folder, "add", "--all")


def takes(name: str) -> bool:
    hook = HOOKS["reorder"]
    return bool(re.search(hook["files"], name)) and not re.search(hook["exclude"], name)


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_left_out(name: str) -> None:
    assert not takes(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_usual_name_is_taken(name: str) -> None:
    assert takes(name)


@given(
    st.lists(
        st.sampled_from(
            ["Dockerfile", "Containerfile", "dockerfile", ".", "a", "j2", "in", "~", "md", "txt"]
        ),
        min_size=1,
        max_size=5,
    ).map("".join)
)
def test_the_hooks_and_the_command_take_the_same_names(name: str) -> None:
    assert takes(f"a/{name}") == is_dockerfile(name)


def test_both_hooks_take_the_same_files() -> None:
    same = [(hook["files"], hook["exclude"], hook["language"]) for hook in HOOKS.values()]
    assert same[0] == same[1]


def test_the_manifest_is_valid() -> None:
    done = pre_commit(ROOT, "validate-manifest", ".pre-commit-hooks.yaml")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_check_fails_and_writes_nothing(project: Path) -> None:
    put(project, "Dockerfile")
    done = pre_commit(project, "run", "reorder-check")
    assert done.returncode == 1
    assert "Dockerfile: a rebuild takes " in done.stdout
    assert "--- a/Dockerfile\n+++ b/Dockerfile\n" in done.stdout
    assert (project / "Dockerfile").read_text() == MOVES


def test_the_hook_rewrites_fails_once_and_passes_then(project: Path) -> None:
    put(project, *NAMES)
    put(project, *(name for name in OTHERS if "/" not in name))
    done = pre_commit(project, "run", "reorder")
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert [name for name in NAMES if (project / name).read_text() != MOVED] == []
    assert [n for n in OTHERS if "/" not in n and (project / n).read_text() != MOVES] == []
    git(project, "add", "--all")
    assert pre_commit(project, "run").returncode == 0


def test_a_broken_file_fails_and_keeps_its_bytes(project: Path) -> None:
    put(project, "Dockerfile", text="FROM debian:12\nTYPO x\n")
    done = pre_commit(project, "run", "reorder")
    assert done.returncode == 1
    assert "Dockerfile:2: `TYPO` is no instruction" in done.stdout
    assert (project / "Dockerfile").read_text() == "FROM debian:12\nTYPO x\n"


def test_a_commit_is_held_back_until_the_file_is_in_order(project: Path) -> None:
    put(project, "Dockerfile")
    assert pre_commit(project, "install").returncode == 0
    with pytest.raises(subprocess.CalledProcessError) as held:
        git(project, "commit", "--quiet", "--message", "m")
    assert "files were modified by this hook" in held.value.stderr
    assert (project / "Dockerfile").read_text() == MOVED
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "m")
    assert git(project, "show", "HEAD:Dockerfile") == MOVED.strip()


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where no package can be installed."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "hatchling"],
        cwd=tmp_path_factory.mktemp("index"),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("the package index cannot be reached: the hook cannot be installed")


@pytest.mark.slow
@pytest.mark.usefixtures("index")
def test_the_hook_installs_itself_from_the_repository(project: Path, tmp_path: Path) -> None:
    source = tmp_path / "reorder"
    source.mkdir()
    for name in ("reorder", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    git(source, "init", "--quiet", "--initial-branch=main")
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "--message", "m")
    put(project, "Dockerfile")
    done = pre_commit(project, "try-repo", str(source), "reorder", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    assert (project / "Dockerfile").read_text() == MOVED
