"""What a start costs: processor time of `reorder --check`, beside the libraries that it needs.

    python benchmarks/bench_start.py [DOCKERFILE] [--rounds N]

All rows are measured in turn, N times, and the least of each counts: a machine that does other
work at the same time makes single figures useless.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

ROOT = Path(__file__).parent.parent
USUAL = """FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
"""
LIBRARIES = ("msgspec", "dockerfile_parse", "tree_sitter_bash", "typer")


def seconds(command: list[str]) -> float:
    """The processor time of one run, the kernel's for it included."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dockerfile", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        usual = Path(folder) / "Dockerfile"
        usual.write_text(USUAL)
        (Path(folder) / "requirements.txt").write_text("flask\n")
        file = str((options.dockerfile or usual).absolute())
        rows = {
            "the bare interpreter": [sys.executable, "-c", ""],
            "typer": [sys.executable, "-c", "import typer"],
            "the libraries": [sys.executable, "-c", f"import {', '.join(LIBRARIES)}"],
            "reorder --check": [sys.executable, "-m", "reorder", "--check", file],
        }
        least = dict.fromkeys(rows, float("inf"))
        for _ in range(options.rounds):
            least = {row: min(least[row], seconds(command)) for row, command in rows.items()}
    print(f"Python {platform.python_version()}, {platform.machine()}, {options.rounds} rounds")
    for row, found in least.items():
        print(f"{row:22} {found * 1000:4.0f} ms")


if __name__ == "__main__":
    main()
