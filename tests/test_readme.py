"""What the README shows is what comes out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from history_case import project

ROOT = Path(__file__).parent.parent
SHOWN = re.findall(
    r"<!-- output(?: of the (project) with forty commits)?: reorder (.*?) -->\n```text\n(.*?)```\n",
    (ROOT / "README.md").read_text(),
    re.S,
)


@pytest.mark.parametrize(
    ("made", "arguments", "expected"), SHOWN, ids=[words for _, words, _ in SHOWN]
)
def test_the_readme_shows_what_the_command_prints(
    made: str, arguments: str, expected: str, tmp_path: Path
) -> None:
    if made:
        project(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "reorder", *shlex.split(arguments)],
        cwd=tmp_path if made else ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == expected


def test_the_readme_shows_the_commands_on_the_case() -> None:
    assert [words.split()[0] for _, words, _ in SHOWN[-3:]] == ["why", "replay", "audit"]
