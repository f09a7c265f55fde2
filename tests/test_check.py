"""The independent check: what it refuses and what it proves, one rule a table."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import reorder.check
from reorder.check import Refusal, check
from reorder.effects.effect import Access, Effect, Extent, Footprint, Resource, opaque

NOTHING = Effect()
OPAQUE = opaque("no model", 1.0)


def reads(*names: str, extent: Extent = Extent.POINT) -> Effect:
    return Effect(tuple(Footprint("path", name, Access.READ, extent) for name in names))


def writes(*names: str, extent: Extent = Extent.POINT) -> Effect:
    return Effect(tuple(Footprint("path", name, Access.WRITE, extent) for name in names))


def makes(*names: str, owner: str = "0:0:0755") -> Effect:
    return Effect(tuple(Footprint("path", n, Access.ENSURE, owner=owner) for n in names))


def looks_at(*names: str, resource: Resource = "env") -> Effect:
    return Effect(tuple(Footprint(resource, name, Access.READ) for name in names))


def both(*effects: Effect) -> Effect:
    return Effect(tuple(f for effect in effects for f in effect.footprints))


@dataclass(frozen=True, slots=True)
class Case:
    """`order` are the lines of `before`, counted from 0, in the order of `after`.

    `claims` and `brought` by those numbers; a RUN without a claim is said to do nothing.
    """

    name: str
    before: str
    order: str
    claims: Mapping[int, Effect] = field(default_factory=dict)
    brought: Mapping[int, Sequence[str]] = field(default_factory=dict)
    volatile: frozenset[str] = frozenset()

    def run(self) -> tuple[Refusal, ...]:
        lines = [line.strip() for line in self.before.strip().splitlines()]
        after = [lines[int(n)] for n in self.order.split()]
        claims = {n + 1: NOTHING for n, line in enumerate(lines) if line.startswith("RUN")}
        claims |= {n + 1: claim for n, claim in self.claims.items()}
        brought = {n + 1: files for n, files in self.brought.items()}
        return check(_text(lines), _text(after), claims, brought=brought, volatile=self.volatile)


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


VIEWS_REFUSED = [
    Case("a RUN that prints its folder", "FROM a\nWORKDIR /x\nRUN pwd", "0 2 1"),
    Case("a RUN that expands its folder", "FROM a\nWORKDIR /x\nRUN echo $PWD", "0 2 1"),
    Case("a RUN above the ENV that it names", "FROM a\nENV V=1\nRUN echo $V", "0 2 1"),
    Case("a RUN that names it in braces", "FROM a\nENV V=1\nRUN echo ${V:-x}", "0 2 1"),
    Case(
        "a RUN whose claim names the variable",
        "FROM a\nENV V=1\nRUN tool",
        "0 2 1",
        {2: looks_at("V")},
    ),
    Case(
        "a RUN whose claim has a pattern of it",
        "FROM a\nENV PIP_X=1\nRUN tool",
        "0 2 1",
        {2: looks_at("PIP_*")},
    ),
    Case("an opaque RUN and any ENV", "FROM a\nENV V=1\nRUN tool", "0 2 1", {2: OPAQUE}),
    Case("an opaque RUN and ENV", "FROM a\nENV V=1\nRUN x\nENV V=1", "0 1 3 2", {2: OPAQUE}),
    Case("an opaque RUN and ARG", "FROM a\nARG V\nRUN x\nARG V", "0 1 3 2", {2: OPAQUE}),
    Case("an opaque RUN and USER", "FROM a\nUSER 1\nRUN x\nUSER 1", "0 1 3 2", {2: OPAQUE}),
    Case(
        "an opaque RUN and SHELL",
        'FROM a\nSHELL ["b"]\nRUN x\nSHELL ["b"]',
        "0 1 3 2",
        {2: OPAQUE},
    ),
    Case(
        "an opaque RUN and WORKDIR", "FROM a\nWORKDIR /\nRUN x\nWORKDIR /", "0 1 3 2", {2: OPAQUE}
    ),
    Case(
        "an opaque RUN in exec form and SHELL",
        'FROM a\nSHELL ["b"]\nRUN ["x"]',
        "0 2 1",
        {2: OPAQUE},
    ),
    Case("an opaque RUN and any ARG", "FROM a\nARG V\nRUN tool", "0 2 1", {2: OPAQUE}),
    Case("PATH for every RUN", "FROM a\nENV PATH=/x:$PATH\nRUN tool", "0 2 1"),
    Case("a variable of every shell", "FROM a\nRUN mktemp\nENV TMPDIR=/t", "0 2 1"),
    Case("a RUN above its ARG", "FROM a\nARG SHA=1\nRUN sh -c 'echo $SHA'", "0 2 1"),
    Case("a RUN below a second value", "FROM a\nENV V=1\nRUN echo $V\nENV V=2", "0 1 3 2"),
    Case("a RUN between ENV and ARG", "FROM a\nENV V=1\nRUN echo $V\nARG V=1", "0 1 3 2"),
    Case("a RUN past a bare ARG", "ARG V=1\nFROM a\nARG V=2\nRUN echo $V\nARG V", "0 1 2 4 3"),
    Case("a RUN that sees PowerShell's form", "FROM a\nENV V=1\nRUN echo $env:V", "0 2 1"),
    Case(
        "an ENV whose input has changed",
        "FROM a\nENV A=1\nENV B=$A\nRUN echo $B",
        "0 2 1 3",
        volatile=frozenset("AB"),
    ),
    Case(
        "an opaque RUN and the order of variables",
        "FROM a\nENV B=1\nENV A=1\nRUN x",
        "0 2 1 3",
        {3: OPAQUE},
    ),
    Case("a LABEL past the ENV that it shows", "FROM a\nENV V=1\nLABEL v=$V\nENV V=2", "0 1 3 2"),
    Case("a LABEL whose name is filled in", "FROM a\nENV V=1\nLABEL $V=1", "0 2 1"),
    Case("an EXPOSE above its ENV", "FROM a\nENV PORT=1\nEXPOSE $PORT", "0 2 1"),
    Case("a VOLUME above its ENV", "FROM a\nENV DATA=/d\nVOLUME $DATA", "0 2 1"),
    Case("a STOPSIGNAL above its ENV", "FROM a\nENV S=9\nSTOPSIGNAL $S", "0 2 1"),
    Case("a USER above its ENV", "FROM a\nENV U=me\nUSER $U", "0 2 1"),
    Case("a WORKDIR above its ENV", "FROM a\nENV APP=/app\nWORKDIR $APP", "0 2 1"),
    Case("a COPY above the ENV of its place", "FROM a\nENV D=/d\nCOPY x $D/", "0 2 1"),
    Case("a COPY above the ENV of its owner", "FROM a\nENV U=1\nCOPY --chown=$U x /x", "0 2 1"),
    Case("an ADD above the ENV of its source", "FROM a\nENV N=x\nADD $N.txt /x", "0 2 1"),
    Case("an ARG above the ENV of its default", "FROM a\nENV A=1\nARG B=$A", "0 2 1"),
    Case("a RUN past SHELL", 'FROM a\nSHELL ["/bin/bash", "-c"]\nRUN echo {a,b}', "0 2 1"),
    Case("a CMD in shell form past SHELL", 'FROM a\nCMD run\nSHELL ["/b", "-c"]', "0 2 1"),
    Case("a RUN past USER", "FROM a\nUSER app\nRUN id", "0 2 1"),
    Case(
        "a RUN that looks at the cwd past WORKDIR",
        "FROM a\nWORKDIR /app\nRUN pwd",
        "0 2 1",
        {2: looks_at("", resource="cwd")},
    ),
    Case("a RUN that runs ./x past WORKDIR", "FROM a\nWORKDIR /app\nRUN ./x", "0 2 1"),
    Case(
        "a RUN with a relative mount past WORKDIR",
        "FROM a\nWORKDIR /app\nRUN --mount=type=bind,target=x tool",
        "0 2 1",
    ),
    Case("a COPY with a relative place past WORKDIR", "FROM a\nWORKDIR /app\nCOPY x .", "0 2 1"),
    Case("relative WORKDIRs", "FROM a\nWORKDIR /a\nWORKDIR b\nWORKDIR c", "0 1 3 2"),
    Case("a WORKDIR past USER", "FROM a\nUSER 5\nWORKDIR /app", "0 2 1"),
    Case(
        "a stage that inherits a changed ARG",
        "FROM a AS b\nARG V=1\nARG V=2\nFROM b\nRUN echo $V",
        "0 2 1 3 4",
        volatile=frozenset("V"),
    ),
]

VIEWS_PROVED = [
    Case(
        "an opaque RUN and the free place of a variable",
        "FROM a\nENV A=1\nENV B=1\nRUN x",
        "0 2 1 3",
        {3: OPAQUE},
        volatile=frozenset("A"),
    ),
    Case("a RUN past an ENV that it does not look at", "FROM a\nENV V=1\nRUN tool", "0 2 1"),
    Case(
        "a RUN past an ENV that sets the same again",
        "FROM a\nENV V=1\nRUN echo $V\nENV V=1",
        "0 1 3 2",
        {2: looks_at("V")},
    ),
    Case("an EXPOSE past an ENV it quotes", "FROM a\nENV P=1\nLABEL v='$P'", "0 2 1"),
    Case("a LABEL past an ENV it escapes", "FROM a\nENV P=1\nLABEL v=\\$P", "0 2 1"),
    Case("a RUN in exec form past SHELL", 'FROM a\nSHELL ["/b"]\nRUN ["/x"]', "0 2 1"),
    Case("a CMD in exec form past SHELL", 'FROM a\nCMD ["/x"]\nSHELL ["/b"]', "0 2 1"),
    Case("a COPY past USER", "FROM a\nUSER me\nCOPY x /x", "0 2 1"),
    Case("a RUN past a WORKDIR that it does not look at", "FROM a\nWORKDIR /w\nRUN tool", "0 2 1"),
    Case(
        "an ARG with a free name past an ENV",
        "FROM a\nENV V=1\nARG SHA\nRUN x",
        "0 2 1 3",
        volatile=frozenset(["SHA"]),
    ),
]

CONFIG_REFUSED = [
    Case("an ARG and an ENV", "FROM a\nARG A=1\nENV B=2", "0 2 1"),
    Case("two ARGs", "FROM a\nARG A=1\nARG B=2", "0 2 1"),
    Case("two CMDs", 'FROM a\nCMD ["1"]\nCMD ["2"]', "0 2 1"),
    Case("two ENTRYPOINTs", 'FROM a\nENTRYPOINT ["1"]\nENTRYPOINT ["2"]', "0 2 1"),
    Case("HEALTHCHECK and NONE", "FROM a\nHEALTHCHECK CMD true\nHEALTHCHECK NONE", "0 2 1"),
    Case("two users", "FROM a\nUSER 1\nUSER 2", "0 2 1"),
    Case("two shells", 'FROM a\nSHELL ["a"]\nSHELL ["b"]', "0 2 1"),
    Case("two stop signals", "FROM a\nSTOPSIGNAL 1\nSTOPSIGNAL 2", "0 2 1"),
    Case("two maintainers", "FROM a\nMAINTAINER x\nMAINTAINER y", "0 2 1"),
    Case("one label twice", "FROM a\nLABEL v=1\nLABEL v=2", "0 2 1"),
    Case("triggers in another order", "FROM a\nONBUILD RUN a\nONBUILD RUN b", "0 2 1"),
    Case("variables in another order", "FROM a\nENV A=1\nENV B=2", "0 2 1"),
    Case("one variable twice", "FROM a\nENV A=1\nENV A=2", "0 2 1", volatile=frozenset("A")),
    Case("one work folder after another", "FROM a\nWORKDIR /a\nWORKDIR /b", "0 2 1"),
    Case("a label whose name is not known", "FROM a\nLABEL $X=1\nLABEL b=2", "0 2 1"),
]

CONFIG_PROVED = [
    Case("CMD and ENTRYPOINT of one stage", 'FROM a\nCMD ["1"]\nENTRYPOINT ["2"]', "0 2 1"),
    Case("labels of other names", "FROM a\nLABEL a=1\nLABEL b=2", "0 2 1"),
    Case("ports", "FROM a\nEXPOSE 1\nEXPOSE 2", "0 2 1"),
    Case("volumes", "FROM a\nEXPOSE 1\nVOLUME /a", "0 2 1"),
    Case(
        "pure config past an opaque RUN",
        'FROM a\nCMD ["1"]\nEXPOSE 1\nLABEL a=1\nRUN x',
        "0 4 3 1 2",
        {4: OPAQUE},
    ),
    Case("an ENV with a free place", "FROM a\nENV A=1\nENV B=2", "0 2 1", volatile=frozenset("A")),
]


@pytest.mark.parametrize("case", [*VIEWS_REFUSED, *CONFIG_REFUSED], ids=lambda case: case.name)
def test_it_refuses(case: Case) -> None:
    assert case.run() != ()


@pytest.mark.parametrize("case", [*VIEWS_PROVED, *CONFIG_PROVED], ids=lambda case: case.name)
def test_it_proves(case: Case) -> None:
    assert case.run() == ()


def test_a_refusal_names_the_line_of_the_new_text_and_both_sides() -> None:
    before = b"FROM a\nENV V=1\nRUN echo $V\n"
    after = b"FROM a\nRUN echo $V\nENV V=1\n"
    expected = Refusal(
        2,
        "the RUN of line 3 sees the variable V as it is elsewhere",
        "the order of what sets it matters",
    )
    assert check(before, after, {3: looks_at("V")}) == (expected,)


def test_it_shares_only_the_vocabulary_of_claims() -> None:
    folder = Path(reorder.check.__file__).parent
    foreign = {
        name
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
        if not name.startswith("reorder.check")
        and name.split(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == {"msgspec", "msgspec.structs", "reorder.effects.effect"}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
