"""What reorder does with real Dockerfiles, as a table in Markdown.

    python benchmarks/repositories.py DOCKERFILE...

Each Dockerfile lies in a clone with history: the last 200 commits of its build context weigh the
seconds of the tool models. Nothing is built and nothing is written.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from reorder.inputs import Input, InputError, Options, plan
from reorder.reports.words import seconds


class Row(NamedTuple):
    """One Dockerfile; `before` and `after` in seconds of an average rebuild."""

    name: str
    outcome: str
    before: float
    after: float

    @property
    def cut(self) -> float:
        return 1 - self.after / self.before if self.before else 0.0


def row(path: Path) -> Row:
    """Errors are an outcome too."""
    name = _name(path)
    try:
        planned = plan(Input(str(path), path.read_bytes(), path), Options())
    except (InputError, OSError) as error:
        return Row(name, f"not read: {error}", 0.0, 0.0)
    result = planned.result
    if result.refusals:
        return Row(name, "refused by the check", result.seconds_before, result.seconds_before)
    if result.changed:
        parts = sum(len(stage.parts) for stage in result.plans)
        outcome = f"changed, {parts} new COPY" if parts else "changed"
        return Row(name, outcome, result.seconds_before, result.seconds_after)
    refused = [reason.reason for stage in result.plans for reason in stage.refused]
    opaque = [s.effect.opaque for stage in result.plans for s in stage.steps if s.effect.opaque]
    why = next(iter([*refused, *opaque]), "nothing to win")
    return Row(name, f"as it is: {why}", result.seconds_before, result.seconds_after)


def _name(path: Path) -> str:
    """`owner/name: path`, as the clone says where it comes from; the file's path otherwise."""
    folder = path.absolute().parent
    origin = _git(folder, "remote", "get-url", "origin").removesuffix(".git")
    root = _git(folder, "rev-parse", "--show-toplevel")
    if not origin or not root:
        return str(path)
    return f"{'/'.join(origin.split('/')[-2:])}: {path.absolute().relative_to(root)}"


def _git(folder: Path, *words: str) -> str:
    """Empty when git has no answer."""
    asked = ["git", "-C", str(folder), *words]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The biggest cut first."""
    changed = [row for row in rows if row.outcome.startswith("changed")]
    yield f"{len(rows)} Dockerfiles, {len(changed)} changed, mean cut of these "
    yield f"{sum(row.cut for row in changed) / max(1, len(changed)):.0%}\n\n"
    yield "| Dockerfile | outcome | rebuild before | after | cut |\n|---|---|--:|--:|--:|\n"
    for row in sorted(rows, key=lambda row: (-row.cut, row.name)):
        outcome = row.outcome.replace("|", "\\|").replace("\n", " ")
        cut = f"{row.cut:.0%}" if row.cut else ""
        spent = f"{seconds(row.before)} | {seconds(row.after)}"
        yield f"| {row.name} | {outcome[:90]} | {spent} | {cut} |\n"


if __name__ == "__main__":
    sys.stdout.writelines(table([row(Path(word)) for word in sys.argv[1:]]))
