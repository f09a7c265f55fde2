"""--diff-base: what a pull request is about, told from real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_history import commit, git, needs_git, repository

from reorder.cli import main
from reorder.context.changed import BaseError, base_of

__all__ = ["repository"]
pytestmark = needs_git
Capture = pytest.CaptureFixture[str]

APT = "RUN apt-get update && apt-get install -y curl\n"
MOVES = f"FROM debian:12\nCOPY run.sh /app/\n{APT}"


@pytest.fixture
def project(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch `topic` at `main`, with two services."""
    for name in ("api", "web"):
        commit(repository, **{f"{name}__Dockerfile": MOVES, f"{name}__run_sh": "#!/bin/sh\n"})
        commit(repository, **{f"{name}__notes__a_txt": "a"})
    git(repository, "checkout", "--quiet", "-b", "topic")
    monkeypatch.chdir(repository)
    return repository


def told(capsys: Capture, *words: str) -> list[str]:
    """The files of a run over the folder, from the summary lines."""
    assert main(["--diff-base", "main", "-v", *words]) in (0, 1)
    lines = capsys.readouterr().out.splitlines()
    return [line.partition(":")[0] for line in lines if ": a rebuild takes " in line]


# Refusals first.


@pytest.mark.parametrize("ref", ["nix", "--all", "", "main:api", "HEAD~99", "-x"])
def test_a_ref_that_is_no_commit_is_status_2(project: Path, ref: str, capsys: Capture) -> None:
    assert main([f"--diff-base={ref}", "."]) == 2
    text = capsys.readouterr()
    assert text.out == ""
    assert f"reorder: --diff-base {ref}: git knows no such commit" in text.err
    assert "fetch it, or name another one" in text.err


def test_without_a_common_commit_it_says_to_fetch_more(project: Path, capsys: Capture) -> None:
    git(project, "checkout", "--quiet", "--orphan", "other")
    commit(project, a="a")
    assert main(["--diff-base", "main", "."]) == 2
    assert "the history (`git fetch --unshallow`)" in capsys.readouterr().err


def test_outside_a_repository_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "Dockerfile").write_text(MOVES)
    monkeypatch.chdir(tmp_path)
    assert main(["--diff-base", "main", "Dockerfile"]) == 2
    assert "is in no git repository" in capsys.readouterr().err


def test_without_git_it_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BaseError, match="git is not installed"):
        base_of(project, "main")


def test_standard_input_is_in_no_pull_request(project: Path, capsys: Capture) -> None:
    assert main(["--diff-base", "main", "-"]) == 2
    assert "`-` has no place in a repository: leave --diff-base out" in capsys.readouterr().err


# What counts as changed.


def test_nothing_has_changed(project: Path, capsys: Capture) -> None:
    assert main(["--check", "--diff-base", "main"]) == 0
    assert capsys.readouterr().err == "reorder: no Dockerfile has changed since main\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("api/Dockerfile", f"{MOVES}CMD x\n", ["api/Dockerfile"]),
        ("api/run.sh", "#!/bin/bash\n", ["api/Dockerfile"]),
        ("api/.dockerignore", "x\n", ["api/Dockerfile"]),
        ("api/Dockerfile.dockerignore", "x\n", ["api/Dockerfile"]),
        ("new.Dockerfile", MOVES.replace("run.sh", "api/run.sh"), ["new.Dockerfile"]),
        ("api/Dockerfile", MOVES.replace("\n", "\r\n"), []),
        ("api/notes/a.txt", "b", []),
        ("README.md", "b", []),
    ],
)
@pytest.mark.parametrize("committed", [False, True], ids=["work tree", "commit"])
def test_a_dockerfile_counts_when_it_or_what_it_names_changed(
    project: Path, path: str, text: str, expected: list[str], committed: bool, capsys: Capture
) -> None:
    (project / path).write_bytes(text.encode())
    if committed:
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "--message", "m")
    assert told(capsys) == expected


def test_what_the_other_branch_changed_does_not_count(project: Path, capsys: Capture) -> None:
    commit(project, web__run_sh="#!/bin/bash\n")
    git(project, "checkout", "--quiet", "main")
    commit(project, api__run_sh="#!/bin/bash\n")
    git(project, "checkout", "--quiet", "topic")
    assert told(capsys) == ["web/Dockerfile"]


def test_a_named_file_that_matches_a_pattern_counts(project: Path, capsys: Capture) -> None:
    commit(project, api__Dockerfile=MOVES.replace("run.sh", "*.sh"))
    git(project, "branch", "--force", "main", "topic")
    (project / "api" / "run.sh").write_text("other\n")
    assert told(capsys) == ["api/Dockerfile"]


def test_a_file_that_is_gone_counts(project: Path) -> None:
    base = base_of(project, "main")
    (project / "api" / "run.sh").unlink()
    assert base.differs(project / "api" / "run.sh")
    assert not base.differs(project / "api" / "never.sh")


def test_a_link_counts_when_it_or_what_it_names_changed(project: Path) -> None:
    link = project / "link"
    link.symlink_to("api/run.sh")
    commit(project)
    base = base_of(project, "topic")
    assert not base.differs(link)
    (project / "api" / "run.sh").write_text("other\n")
    assert base.differs(link)
    link.unlink()
    link.symlink_to("web/run.sh")
    assert base.differs(link)


def test_named_files_are_taken_only_when_they_changed(project: Path, capsys: Capture) -> None:
    (project / "web" / "run.sh").write_text("other\n")
    assert told(capsys, "api/Dockerfile", "web/Dockerfile") == ["web/Dockerfile"]


def test_a_file_that_cannot_be_read_is_told(project: Path, capsys: Capture) -> None:
    assert main(["--diff-base", "main", "nix"]) == 2
    assert "nix: cannot be read" in capsys.readouterr().err


def test_nothing_of_the_repository_runs(project: Path, tmp_path: Path, capsys: Capture) -> None:
    trap = tmp_path / "ran"
    script = tmp_path / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\ncat\n")
    script.chmod(0o755)
    (project / ".gitattributes").write_text("* filter=trap diff=trap\n")
    commit(project)
    for key in ("core.fsmonitor", "filter.trap.clean", "filter.trap.smudge", "diff.trap.command"):
        git(project, "config", key, str(script))
    git(project, "config", "diff.trap.textconv", str(script))
    git(project, "config", "diff.external", str(script))
    trap.unlink(missing_ok=True)
    (project / "api" / "run.sh").write_text("other\n")
    assert told(capsys) == ["api/Dockerfile"]
    assert not trap.exists()
