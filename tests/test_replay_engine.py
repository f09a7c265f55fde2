"""A real engine looks its steps up as the replay says: what is cached for us is CACHED for it.

REORDER_ENGINE is a docker that builds with BuildKit; the base images are those of `.ci/engine`.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from reorder.context.files import Context
from reorder.context.history import Event
from reorder.pipeline import reorder
from reorder.replay import Rebuild, replay
from reorder.result import Result
from reorder.syntax.dockerfile import parse
from reorder.syntax.stages import split
from reorder.timings.log import steps

ENGINE = os.environ.get("REORDER_ENGINE", "")
OPTIONS = tuple(os.environ.get("REORDER_ENGINE_OPTIONS", "").split())

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        Path(ENGINE).name != "docker", reason="no docker: REORDER_ENGINE=docker (.ci/engine)"
    ),
]

Step = tuple[int, int]


class Case(NamedTuple):
    """`change`: the files that a commit touches; `new`: a build argument with another value."""

    text: str
    change: Sequence[str]
    new: str = ""


FILES = ("app/main.py", "app/data/one.txt", "requirements.txt", "notes.log", "docs/a.md")
IGNORED = "*.log\n"
CASES = {
    "code above a RUN": Case(
        "FROM debian:12-slim\nCOPY requirements.txt /r/\nRUN touch /a\nCOPY app /app\n"
        "RUN touch /b\n",
        ["app/main.py"],
    ),
    "a manifest above all": Case(
        "FROM debian:12-slim\nCOPY requirements.txt /r/\nRUN touch /a\nCOPY app /app\n"
        "RUN touch /b\n",
        ["requirements.txt"],
    ),
    "a file deep in a folder": Case(
        "FROM debian:12-slim\nWORKDIR /w\nRUN touch a\nCOPY app ./\nWORKDIR /v\n",
        ["app/data/one.txt"],
    ),
    "a file that is ignored": Case(
        "FROM debian:12-slim\nCOPY . /all\nRUN touch /a\n", ["notes.log"]
    ),
    "a file that no COPY brings": Case(
        "FROM debian:12-slim\nCOPY app /app\nRUN touch /a\n", ["docs/a.md"]
    ),
    "a pattern that matches": Case(
        "FROM debian:12-slim\nRUN touch /a\nCOPY app/*.py /app/\nRUN touch /b\n", ["app/main.py"]
    ),
    "a pattern that does not match": Case(
        "FROM debian:12-slim\nRUN touch /a\nCOPY app/*.py /app/\nRUN touch /b\n",
        ["app/data/one.txt"],
    ),
    "a new argument above a RUN": Case(
        "FROM debian:12-slim\nRUN touch /a\nARG GIT_SHA\nCOPY app /app\nWORKDIR /w\nRUN touch /b\n",
        [],
        "GIT_SHA",
    ),
    "a new argument that a folder is called by": Case(
        "FROM debian:12-slim\nARG GIT_SHA\nCOPY app /app\nWORKDIR /w/$GIT_SHA\nCOPY docs /d\n",
        [],
        "GIT_SHA",
    ),
    "a new argument in a variable": Case(
        "FROM debian:12-slim\nARG GIT_SHA\nENV VERSION=$GIT_SHA\nCOPY app /app\nRUN touch /b\n",
        [],
        "GIT_SHA",
    ),
    "a new argument without a RUN below": Case(
        "FROM debian:12-slim\nRUN touch /a\nARG GIT_SHA\nCOPY app /app\nLABEL sha=$GIT_SHA\n",
        [],
        "GIT_SHA",
    ),
    "a new argument of the stage below": Case(
        "FROM debian:12-slim AS base\nRUN touch /a\nARG GIT_SHA\n"
        "FROM base\nCOPY docs /d\nRUN touch /b\n",
        [],
        "GIT_SHA",
    ),
    "a mount of the file": Case(
        "FROM debian:12-slim\nRUN touch /a\n"
        "RUN --mount=type=bind,source=app,target=/m cp /m/main.py /b\nRUN touch /c\n",
        ["app/main.py"],
    ),
    "a mount of another file": Case(
        "FROM debian:12-slim\nRUN --mount=type=bind,source=requirements.txt,target=/m cp /m /b\n"
        "COPY app /app\nRUN touch /c\n",
        ["app/main.py"],
    ),
    "a cache mount": Case(
        "FROM debian:12-slim\nRUN --mount=type=cache,target=/c touch /c/x /a\nCOPY app /app\n"
        "RUN --mount=type=cache,target=/c ls /c > /b\n",
        ["app/main.py"],
    ),
    "a stage that is copied from": Case(
        "FROM debian:12-slim AS build\nCOPY app /app\nRUN cat /app/main.py > /out\n"
        "FROM debian:12-slim\nRUN touch /a\nCOPY --from=build /out /out\nRUN touch /b\n",
        ["app/main.py"],
    ),
    "a stage that is not touched": Case(
        "FROM debian:12-slim AS tools\nCOPY docs /d\nRUN cat /d/a.md > /out\n"
        "FROM debian:12-slim\nCOPY app /app\nCOPY --from=tools /out /out\nRUN touch /b\n",
        ["app/main.py"],
    ),
    "a stage below a stage": Case(
        "FROM debian:12-slim AS base\nRUN touch /a\nCOPY app /app\n"
        "FROM base AS one\nRUN touch /b\nFROM one\nCOPY docs /d\n",
        ["app/main.py"],
    ),
    "a mount of a stage": Case(
        "FROM debian:12-slim AS build\nCOPY app /app\n"
        "FROM debian:12-slim\nRUN touch /a\n"
        "RUN --mount=type=bind,from=build,source=/app,target=/m cp /m/main.py /b\nRUN touch /c\n",
        ["app/main.py"],
    ),
    "a stage that nothing needs": Case(
        "FROM debian:12-slim AS unused\nCOPY app /app\n"
        "FROM debian:12-slim\nCOPY docs /d\nRUN touch /b\n",
        ["app/main.py"],
    ),
    "code above an installation that does not need it": Case(
        "FROM debian:12-slim\nWORKDIR /srv\nCOPY app ./app\nRUN mkdir -p /data && chmod 750 /data\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree\n",
        ["app/main.py"],
    ),
}  # fmt: skip


class Trial(NamedTuple):
    """A context of its own, whose files nobody has built before."""

    folder: Path
    salt: str

    def build(self, text: bytes, args: Mapping[str, str]) -> dict[Step, bool]:
        """Each layer as (stage, place among its layers) -> whether the engine had it."""
        stages = split(parse(text))[1]
        numbers = {stage.name or f"stage-{stage.index}": stage.index for stage in stages}
        # The image of a FROM is the first step of its stage; another stage is none.
        first = [2 if stage.base_stage is None else 1 for stage in stages]
        file = Path(tempfile.mkdtemp(dir=self.folder.parent)) / "Dockerfile"
        file.write_bytes(text)
        words = [f"--build-arg={name}={value}" for name, value in args.items()]
        command = [ENGINE, "build", "--progress=plain", *OPTIONS, *words, f"--file={file}"]
        done = subprocess.run(
            [*command, str(self.folder)],
            env=os.environ | {"DOCKER_BUILDKIT": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
        found = steps(done.stdout, "the log")
        places = ((numbers.get(step.stage, 0), step) for step in found)
        return {(n, step.at - first[n]): step.seconds is None for n, step in places}

    def rebuild(self, text: bytes, case: Case) -> dict[Step, bool]:
        """The layers after the change, which is undone."""
        args = {case.new: f"{self.salt}-1"} if case.new else {}
        self.build(text, args)
        before = {name: (self.folder / name).read_bytes() for name in case.change}
        for name, data in before.items():
            (self.folder / name).write_bytes(data + b"one more line\n")
        try:
            return self.build(text, dict.fromkeys(args, f"{self.salt}-2"))
        finally:
            for name, data in before.items():
                (self.folder / name).write_bytes(data)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    salt = secrets.token_hex(8)
    folder = tmp_path / "context"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {salt} {name}\n")
    (folder / ".dockerignore").write_text(IGNORED)
    return Trial(folder, salt)


def result(case: Case, trial: Trial) -> Result:
    args = {case.new: "1"} if case.new else {}
    return reorder(case.text.encode(), context=Context.open(trial.folder), build_args=args)


def cached(found: Result, rebuild: Rebuild, *, moved: bool) -> dict[Step, bool]:
    """What the replay says, in the form of `Trial.build`."""
    said: dict[Step, bool] = {}
    for index, ran in rebuild.ran.items():
        plan = found.plans[index]
        items = plan.items if moved else range(len(plan.stage.steps))
        layers = ("RUN", "COPY", "ADD", "WORKDIR")
        own = [n for n in items if plan.steps[n].instruction.keyword in layers]
        said |= {(index, at): item not in ran for at, item in enumerate(own)}
    return said


@pytest.mark.parametrize("name", CASES)
def test_the_engine_has_in_its_cache_what_the_replay_says(name: str, trial: Trial) -> None:
    case = CASES[name]
    found = result(case, trial)
    event = Event(frozenset(case.change), 1.0)
    told = replay(found, Context.open(trial.folder), [event])
    assert trial.rebuild(found.before, case) == cached(found, told.before[0], moved=False)
    if told.after is not None:
        assert trial.rebuild(found.after, case) == cached(found, told.after[0], moved=True)


def test_a_stage_that_writes_the_same_files_again_is_cached_for_the_engine_only(
    trial: Trial,
) -> None:
    case = Case(
        "FROM debian:12-slim AS build\nCOPY app /app\nRUN touch -d 2020-01-01 /out\n"
        "FROM debian:12-slim\nCOPY --from=build /out /out\nRUN touch /b\n",
        ["app/main.py"],
    )
    found = result(case, trial)
    event = Event(frozenset(case.change), 1.0)
    (told,) = replay(found, Context.open(trial.folder), [event]).before
    said = cached(found, told, moved=False)
    assert said == {(0, 0): False, (0, 1): False, (1, 0): False, (1, 1): False}
    assert trial.rebuild(found.before, case) == {**said, (1, 0): True, (1, 1): True}
