"""The script behind docs/coverage.md counts what stands in the files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCKERFILE = """\
FROM debian:12
RUN apt-get update && frobnicate --all
RUN sudo sh -c 'touch /a && touch /b'
RUN find /srv -type f -exec chmod 644 {} +
RUN make
"""


def test_uses_and_instructions_are_counted_once(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    script = ROOT / "benchmarks" / "coverage.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "Dockerfile")],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert "| Dockerfiles | 1 | | | |" in lines
    assert "| RUN instructions | 4 | 2 (50.0%) | 1 (25.0%) | 1 (25.0%) |" in lines
    assert "| command uses | 9 | 7 (77.8%) | 1 (11.1%) | 1 (11.1%) |" in lines
    assert "| `frobnicate` | 1 | 1 | no model for `frobnicate` (1) |" in lines
    assert "| `touch` | 2 | 0 |  |" in lines
