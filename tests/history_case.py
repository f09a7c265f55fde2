"""A repository with a history that is the same wherever it is made."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from reorder.context.files import Context
from reorder.context.history import read_history
from reorder.cost import measured
from reorder.pipeline import reorder
from reorder.replay import replay
from reorder.reports.outcome import Done

_WHO = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "n"), ("EMAIL", "n@example.org"))
}
FIXTURE = Path(__file__).parent.parent / "fixtures" / "model-download"
# What the commits of the project's case touch, again and again.
_WORK: tuple[tuple[str, str], ...] = (
    ("worker/worker.py", "Retry a job that fails"),
    ("worker/jobs.py", "Name the queue"),
    ("README.md", "Say how to run it"),
    ("worker/jobs.py", "Drop jobs that are too old"),
    ("worker/worker.py", "Log the time of each job"),
    ("worker/jobs.py", "Read the batch size from the settings"),
    ("requirements.txt", "Newer libraries"),
)


def git(folder: Path, *words: str, day: int = 1) -> str:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    date = f"2026-{1 + (day - 1) // 28:02}-{1 + (day - 1) % 28:02}T12:00:00Z"
    env = plain | _WHO | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    env |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    command = ["git", "-C", str(folder), "-c", "commit.gpgSign=false", *words]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def made(
    folder: Path, files: Mapping[str, str], commits: Sequence[tuple[Sequence[str], str]]
) -> None:
    """A repository with the files, then a commit a day: each adds a line to the files it names."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Begin")
    for day, (names, subject) in enumerate(commits, 2):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("a") as file:
                file.write("\n")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", subject, day=day)


def replayed(folder: Path, text: str = "") -> Done:
    """The case of the README with forty commits, as a page has it; or another Dockerfile there."""
    project(folder)
    if text:
        (folder / "Dockerfile").write_text(text)
    context = Context.open(folder)
    history = read_history(context)
    changes = measured(history, context)
    result = reorder((folder / "Dockerfile").read_bytes(), context=context, changes=changes)
    return Done("project/Dockerfile", result, replay=replay(result, context, history.events))


def project(folder: Path) -> None:
    """The case of the README with forty commits."""
    shutil.copytree(FIXTURE / "context", folder, dirs_exist_ok=True)
    shutil.copy(FIXTURE / "Dockerfile", folder)
    work = [_WORK[n % len(_WORK)] for n in range(40)]
    made(folder, {}, [((name,), subject) for name, subject in work])
