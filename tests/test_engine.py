"""Real builds: what we write gives the same image, and rebuilds are as fast as we say.

REORDER_ENGINE names the engine (docker, podman, buildah or a path), REORDER_ENGINE_OPTIONS further
options of its build; `.ci/engine` makes one with the base images that the cases start from.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from engine_cases import CASES, Case

from reorder.context.files import Context
from reorder.engine.builds import Builds, Source
from reorder.engine.compare import Difference
from reorder.engine.engine import Engine, find_engine
from reorder.engine.fault import EngineError
from reorder.engine.image import Known
from reorder.engine.trial import Pair, compared, rebuilt
from reorder.pipeline import reorder

ENGINE = os.environ.get("REORDER_ENGINE", "")
OPTIONS = tuple(os.environ.get("REORDER_ENGINE_OPTIONS", "").split())
PROJECT = "python that loads once below the code"
# Seconds that the stand-in of the download sleeps.
DOWNLOAD = 15
# Layers of base images are read once.
KNOWN: Known = {}

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not ENGINE, reason="no engine: REORDER_ENGINE=docker (.ci/engine) runs it"),
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    try:
        return find_engine(ENGINE)
    except EngineError as error:
        pytest.skip(str(error))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "context").mkdir()
    return tmp_path / "context"


def laid(case: Case, folder: Path) -> Pair:
    """The context of a case, and its Dockerfile before and after."""
    for name, text in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    before = case.dockerfile.encode()
    result = reorder(before, context=Context.open(folder), build_args=case.args)
    assert (result.changed, result.refusals) == (True, ())
    return Pair(before, result.after)


def builds(engine: Engine, folder: Path, case: Case | None = None) -> Builds:
    args = case.args if case else {}
    words = tuple(f"--build-arg={name}={value}" for name, value in args.items())
    return Builds(engine, Source(folder, None, (*OPTIONS, *words)), known=KNOWN)


@pytest.mark.parametrize("name", CASES)
def test_the_new_order_gives_the_same_image(name: str, engine: Engine, folder: Path) -> None:
    pair = laid(CASES[name], folder)
    with builds(engine, folder, CASES[name]) as session:
        verdict = compared(session, pair, runs=3)
    assert (verdict.differences, verdict.failed) == ((), "")


def test_the_case_that_started_it_rebuilds_without_its_download(
    engine: Engine, folder: Path
) -> None:
    """A sleep stands for the download: after a change of code only the new order is spared it."""
    case = CASES[PROJECT]
    pair = laid(case, folder)
    with builds(engine, folder) as session:
        before, after = rebuilt(session, pair, [case.change])
    print(f"after a change of code: {after:.1f} s instead of {before:.1f} s")
    assert before > DOWNLOAD > after


# (what a rewrite may not do, before, after) -> the difference that is seen.
WRONG = {
    "mode": ("RUN chmod 640 /x", "RUN chmod 644 /x", [("/x", "mode", "0640", "0644")]),
    "owner": ("RUN chown 1:2 /x", "RUN true", [("/x", "owner", "1:2", "0:0")]),
    "link": ("RUN ln -s /a /l", "RUN ln -s /b /l", [("/l", "target", "/a", "/b")]),
    "gone": ("RUN rm /x", "RUN true", [("/x", "path", "", "file")]),
    "folder gone": ("RUN rm -r /d", "RUN true", [("/d", "path", "", "folder")]),
    "folder emptied": (
        "RUN rm -r /d/e && mkdir /d/e",
        "RUN true",
        [("/d/e/f", "path", "", "file")],
    ),
    "folder to file": (
        "RUN rm -r /d && touch /d && chmod 644 /d",
        "RUN rm -r /d",
        [("/d", "path", "file", "")],
    ),
    "config": ("ENV A=1", "ENV A=2", [("", "Env.A", "1", "2")]),
    "command": (
        "CMD a",
        "CMD b",
        [("", "Cmd", '["/bin/sh", "-c", "a"]', '["/bin/sh", "-c", "b"]')],
    ),
    "hard link": (
        "RUN ln /x /y",
        "RUN cp -p /x /y",
        [("/x", "hard links", "/x /y", ""), ("/y", "hard links", "/x /y", "")],
    ),
}
HEAD = "FROM debian:12-slim\nRUN echo 1 > /x && mkdir -p /d/e\nRUN echo 1 > /d/e/f\n"


@pytest.mark.parametrize("name", WRONG)
def test_a_difference_is_seen(name: str, engine: Engine, folder: Path) -> None:
    before, after, expected = WRONG[name]
    pair = Pair(f"{HEAD}{before}\n".encode(), f"{HEAD}{after}\n".encode())
    with builds(engine, folder) as session:
        verdict = compared(session, pair, runs=1)
    below = [Difference(*fields) for fields in expected]
    assert [d for d in verdict.differences if d in below] == below
    assert {d.where for d in verdict.differences} <= {d.where for d in below} | {"/d/e", "/d/e/f"}
