"""The sheets of tests/labels: read, and held against the graph (tests/labels/README.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from reorder.context.discover import find_context
from reorder.effects.instruction import AnalysedStage, analyse
from reorder.effects.model import builtin
from reorder.graph import edges
from reorder.syntax.dockerfile import Instruction, parse

SHEETS = sorted((Path(__file__).parent / "labels").glob("*.toml"))
_MARK = "#: "
# They depend on nothing unless their label says so, and may have none.
_ALONE = frozenset(
    (
        *("CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL"),
        *("MAINTAINER", "ONBUILD", "STOPSIGNAL", "VOLUME"),
    )
)


class SheetError(Exception):
    """A sheet that cannot be read: the message says where and why."""


class Pair(Struct, frozen=True, order=True):
    """Two lines of the text without labels, `above` before `below`."""

    above: int
    below: int


class Sheet(Struct, frozen=True):
    """`sure`: pairs that follow from the labels; `may`: these, and those that nobody knows."""

    name: str
    text: str
    files: Mapping[str, str]
    sure: frozenset[Pair]
    may: frozenset[Pair]


class Score(Struct, frozen=True):
    """Pairs of a sheet: `missed` are not in the graph, `wrong` in the graph alone.

    `nearest`: those of the graph that do not follow from two others.
    `causes`: for the wrong ones that are edges themselves, what the graph says of them.
    """

    sheet: Sheet
    found: frozenset[Pair]
    missed: frozenset[Pair]
    wrong: frozenset[Pair]
    nearest: frozenset[Pair]
    causes: Mapping[Pair, str]

    def told(self) -> str:
        """The line of the table that the benchmark prints."""
        shares = f"{recall([self]):7.1%} {precision([self]):7.1%}"
        counts = f"{len(self.missed):4} {len(self.wrong):4}"
        return f"{self.sheet.name:40} {len(self.sheet.sure):5} {shares} {counts}"


def read_sheet(path: Path) -> Sheet:
    """Raises SheetError when a label is missing, is unknown, or points down."""
    data = tomllib.loads(path.read_text())
    labels: dict[int, str] = {}
    kept: list[str] = []
    for line in data["dockerfile"].lstrip("\n").splitlines():
        if line.startswith(_MARK):
            labels[len(kept) + 1] = line.removeprefix(_MARK)
        else:
            kept.append(line)
    text = "\n".join(kept) + "\n"
    sure: set[Pair] = set()
    may: set[Pair] = set()
    starts = {instruction.line for instruction in parse(text.encode()).instructions}
    if not labels.keys() <= starts:
        raise SheetError(
            f"{path.name}: the label `{labels[min(labels.keys() - starts)]}` is of no line"
        )
    for stage in _stages(text):
        known, open_ = _pairs(path.name, stage, labels)
        sure |= followed(known)
        may |= followed(known | open_)
    files = dict.fromkeys(data.get("files", ()), "") | data.get("context", {})
    return Sheet(path.stem, text, files, frozenset(sure), frozenset(may))


def _stages(text: str) -> Iterator[list[Instruction]]:
    """The instructions of each stage below its FROM."""
    stage: list[Instruction] | None = None
    for instruction in parse(text.encode()).instructions:
        if instruction.keyword == "FROM":
            if stage:
                yield stage
            stage = []
        elif stage is not None:
            stage.append(instruction)
    if stage:
        yield stage


def _pairs(
    name: str, stage: Sequence[Instruction], labels: Mapping[int, str]
) -> tuple[set[Pair], set[Pair]]:
    """What the labels of a stage say, and what they leave open."""
    named: dict[str, int] = {}
    known: set[Pair] = set()
    left_open = _variables(stage)
    for at, instruction in enumerate(stage):
        line = instruction.line
        if line not in labels:
            if instruction.keyword in _ALONE:
                continue
            raise SheetError(f"{name}: `{instruction.keyword}` of line {line} has no label")
        own, _, needs = labels[line].partition(" <- ")
        for need in needs.split():
            word = need.removesuffix("?")
            above = {i.line for i in stage[:at] if i.keyword == word} or {named.get(word, 0)}
            if 0 in above:
                raise SheetError(f"{name}: `{word}`, which `{own}` needs, is not above it")
            (left_open if need.endswith("?") else known).update(Pair(a, line) for a in above)
        if own in named:
            raise SheetError(f"{name}: two instructions of one stage are called `{own}`")
        named[own] = line
    return known, left_open


def _variables(stage: Sequence[Instruction]) -> set[Pair]:
    """What a RUN gets is a list whose order means nothing: two of them are not counted."""
    lines = [instruction.line for instruction in stage if instruction.keyword in ("ENV", "ARG")]
    return {Pair(a, b) for a in lines for b in lines if a < b}


def followed(pairs: Iterable[Pair]) -> frozenset[Pair]:
    """With each pair all that follow from it: a below b, b below c, so a below c."""
    below: dict[int, set[int]] = {}
    for pair in sorted(pairs, reverse=True):
        below.setdefault(pair.above, set()).update({pair.below}, below.get(pair.below, frozenset()))
    return frozenset(Pair(above, line) for above, lines in below.items() for line in lines)


def scored(sheet: Sheet, folder: Path) -> Score:
    """Builds the context in the folder, and holds the graph of the text against the sheet."""
    for path, content in sheet.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(sheet.text)
    context = find_context(dockerfile, parse(dockerfile.read_bytes()))
    analysis = analyse(parse(dockerfile.read_bytes()), context=context, models=builtin())
    direct = {pair: cause for stage in analysis.stages for pair, cause in _edges(stage)}
    graph = followed(direct)
    wrong = graph - sheet.may
    causes = {pair: cause for pair, cause in direct.items() if pair in wrong}
    found, missed = graph & sheet.sure, sheet.sure - graph
    return Score(sheet, found, missed, wrong, _nearest(graph), causes)


def _nearest(pairs: frozenset[Pair]) -> frozenset[Pair]:
    below: dict[int, set[int]] = {}
    for pair in pairs:
        below.setdefault(pair.above, set()).add(pair.below)
    far = {Pair(a, c) for a, bs in below.items() for b in bs for c in below.get(b, ())}
    return pairs - far


def _edges(stage: AnalysedStage) -> Iterator[tuple[Pair, str]]:
    lines = [step.instruction.line for step in stage.steps]
    for edge in edges(stage):
        yield Pair(lines[edge.before], lines[edge.after]), f"{edge.resource}: {edge.reason}"


def recall(scores: Iterable[Score]) -> float:
    """The share of the labelled pairs that are in the graph."""
    every = list(scores)
    found = sum(len(score.found) for score in every)
    return _share(found, found + sum(len(score.missed) for score in every))


def precision(scores: Iterable[Score]) -> float:
    """The share of the pairs of the graph that are labelled, those left open apart."""
    every = list(scores)
    found = sum(len(score.found) for score in every)
    return _share(found, found + sum(len(score.wrong) for score in every))


def nearest_precision(scores: Iterable[Score]) -> float:
    """The same among the pairs of the graph that do not follow from two others."""
    every = list(scores)
    found = sum(len(score.nearest & score.found) for score in every)
    return _share(found, found + sum(len(score.nearest & score.wrong) for score in every))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
