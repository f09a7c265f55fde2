"""Commands of one RUN: what one has written the next does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.context.files import Context
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.syntax.dockerfile import parse

LOCK = '{"name":"a","lockfileVersion":3,"packages":{"":{"name":"a"}}}'


def reason(folder: Path, run: str) -> str | None:
    """Why nothing is known of a RUN below a COPY of a small project."""
    (folder / "web").mkdir()
    for place in (folder, folder / "web"):
        (place / "package.json").write_text('{"name":"a"}')
        (place / "package-lock.json").write_text(LOCK)
    (folder / "x.sh").write_text("mkdir -p /x\n")
    (folder / "Dockerfile").write_text(f"FROM node:20\nWORKDIR /app\nCOPY . .\nRUN {run}\n")
    context = Context.open(folder, folder / "Dockerfile")
    found = analyse(parse((folder / "Dockerfile").read_bytes()), context=context, models=builtin())
    return found.stages[0].steps[-1].effect.opaque


@pytest.mark.parametrize(
    "run",
    [
        "echo a=b > .npmrc && npm ci",
        "echo a=b | tee .npmrc; npm ci",
        "cd web && echo a=b > .npmrc && npm ci",
        "sh -c 'echo a=b > .npmrc' && npm ci",
        "npm ci > .npmrc",
        "npm ci | tee .npmrc",
        "(sleep 1; echo a=b > .npmrc) & npm ci",
        "for i in $(seq 3); do npm ci; echo a=b > .npmrc; done",
        "while test -e x; do npm ci; echo a=b > .npmrc; done",
        "sed -i s/a/b/ package.json && npm ci",
        "rm package-lock.json && npm ci",
        "ln -s /opt/other web2 && cd web2 && npm ci",
        "ln -s /app /y && echo a=b > /y/.npmrc && npm ci",
        "ln -s /app /y && echo cp a b >> /y/x.sh && sh x.sh",
        "echo cp a b >> x.sh && sh x.sh",
    ],
)
def test_nothing_is_known_of_a_run_whose_command_reads_what_another_wrote(
    tmp_path: Path, run: str
) -> None:
    assert reason(tmp_path, run) is not None


@pytest.mark.parametrize(
    "run",
    [
        "npm ci",
        "npm ci && echo a=b > .npmrc",
        "npm ci && cd web && npm ci",
        "mkdir -p x && npm ci",
        "echo a=b > web/.npmrc && npm ci",
        "chmod 600 package.json && npm ci",
        "for d in . web; do npm ci --prefix $d; done",
        "ln -s /usr/bin/nodejs /usr/local/bin/node18 && npm ci",
        "sh x.sh && echo cp a b >> x.sh",
    ],
)
def test_a_run_is_known_whose_commands_read_what_the_context_brings(
    tmp_path: Path, run: str
) -> None:
    assert reason(tmp_path, run) is None


def test_the_reason_names_who_may_have_written_the_file(tmp_path: Path) -> None:
    assert reason(tmp_path, "echo a=b > .npmrc && npm ci") == (
        "`npm ci`: the content of /app/.npmrc is not known: a command above it may have changed it"
    )
