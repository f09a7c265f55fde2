"""Every folder of fixtures/: what comes out, and that a second run changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.inputs import Input, Options, plan
from reorder.result import Result

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDERS = sorted(path.parent for path in FIXTURES.glob("*/Dockerfile"))


def run(dockerfile: Path, *, unsafe: bool = False) -> Result:
    """As the text of the Dockerfile of its folder, which is the one that is built."""
    item = Input(dockerfile.name, dockerfile.read_bytes(), dockerfile.with_name("Dockerfile"))
    return plan(item, Options(history=0, unsafe=unsafe)).result


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_fixture_becomes_its_expected_text_or_stays(folder: Path) -> None:
    expected = folder / "expected.Dockerfile"
    result = run(folder / "Dockerfile")
    assert result.refusals == ()
    wanted = expected if expected.exists() else folder / "Dockerfile"
    assert result.after.decode() == wanted.read_bytes().decode()


@pytest.mark.parametrize(
    "folder", [f for f in FOLDERS if (f / "expected.Dockerfile").exists()], ids=lambda p: p.name
)
def test_an_expected_text_is_a_fixed_point(folder: Path) -> None:
    result = run(folder / "expected.Dockerfile")
    assert result.after == result.before


REWRITTEN = ["split-npm-refused-lock-rewritten", "split-cargo-refused-unlocked"]


@pytest.mark.parametrize("name", REWRITTEN)
def test_unsafe_takes_it_that_installers_leave_lock_files_alone(name: str) -> None:
    result = run(FIXTURES / name / "Dockerfile", unsafe=True)
    assert result.refusals == ()
    assert result.seconds_after < result.seconds_before


def test_unsafe_does_not_run_hooks_without_their_files() -> None:
    assert not run(FIXTURES / "split-npm-refused-postinstall" / "Dockerfile", unsafe=True).changed
