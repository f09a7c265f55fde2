"""Breaks each rule of mutants.toml in a copy of the project and shows that a test notices.

    python tests/mutate.py [--sample N] [WORD...]     rules whose text or file has one of the words

Exit status 1 when a mutant survives that docs/check.md does not name.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
# Long enough for the slowest killer; a mutant that loops is noticed, too.
_MOST_SECONDS = 300


class Mutant(NamedTuple):
    """`old` stands once in `file`."""

    rule: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def mutants() -> Iterator[Mutant]:
    table = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))
    for group in table["group"]:
        for mutant in group["mutant"]:
            yield Mutant(**mutant, tests=tuple(group["tests"]))


def survives(mutant: Mutant) -> bool:
    """True when all tests pass on the broken copy."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("reorder", "tests"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        for name in ("fixtures", "docs", "pyproject.toml", "README.md"):
            (copy / name).symlink_to(ROOT / name)
        broken = copy / mutant.file
        broken.write_text(broken.read_text("utf-8").replace(mutant.old, mutant.new), "utf-8")
        return _passes(copy, mutant.tests)


def _passes(copy: Path, tests: Sequence[str]) -> bool:
    files: list[str] = []
    for test in tests:
        pattern, colons, name = test.partition("::")
        files += [f"{path}{colons}{name}" for path in sorted(copy.glob(pattern))]
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *files]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, timeout=_MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def chosen(words: Sequence[str], sample: int) -> list[Mutant]:
    """With a sample: spread evenly over the table."""
    found = [m for m in mutants() if not words or any(w in m.rule + m.file for w in words)]
    return found[:: max(1, len(found) // sample)] if sample else found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    picked = chosen(options.words, options.sample)
    named = (ROOT / "docs" / "check.md").read_text("utf-8")
    unexplained = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, alive in zip(picked, pool.map(survives, picked), strict=True):
            unexplained += alive and mutant.rule not in named
            print("SURVIVES" if alive else "noticed ", mutant.file, "-", mutant.rule, flush=True)
    print(f"{len(picked)} rules broken, {unexplained} not noticed and not explained")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
