"""What the README shows is what comes out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHOWN = re.findall(
    r"<!-- output: reorder (.*?) -->\n```text\n(.*?)```\n", (ROOT / "README.md").read_text(), re.S
)


@pytest.mark.parametrize(("arguments", "expected"), SHOWN, ids=[words for words, _ in SHOWN])
def test_the_readme_shows_what_the_command_prints(arguments: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reorder", *shlex.split(arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == expected


def test_the_readme_shows_something() -> None:
    assert len(SHOWN) >= 2
