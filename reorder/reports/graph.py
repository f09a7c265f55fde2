"""The dependency graph of a Dockerfile, drawn as text: the languages of Graphviz and Mermaid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from reorder.plan import StagePlan
from reorder.reports.escape import clean
from reorder.reports.reasons import direct, sentence
from reorder.reports.words import barrier, short, timed
from reorder.result import Result


class Node(Struct, frozen=True):
    """An instruction, a FROM among them; `stage` counts from 0. `note`: what a reader asks for."""

    line: int
    end_line: int
    label: str
    stage: int
    seconds: float
    note: str


class Link(Struct, frozen=True):
    """The instruction of line `below` stays below that of line `above`."""

    above: int
    below: int
    reason: str


class Drawing(Struct, frozen=True):
    """Nodes in the order of the file, and the links that do not follow from others."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]

    def around(self, line: int) -> Drawing:
        """The instruction that holds the line, all that it needs and all that needs it."""
        held = {node.line for node in self.nodes if node.line <= line <= node.end_line}
        up = _closure(held, [(link.below, link.above) for link in self.links])
        down = _closure(held, [(link.above, link.below) for link in self.links])
        links = (x for x in self.links if {x.above, x.below} <= up or {x.above, x.below} <= down)
        nodes = (node for node in self.nodes if node.line in up | down)
        return replace(self, nodes=tuple(nodes), links=tuple(links))


def drawing(result: Result) -> Drawing:
    """The graph of all stages."""
    nodes = [node for plan in result.plans for node in _nodes(plan)]
    links = [link for plan in result.plans for link in (*_within(plan), *_between(plan))]
    return Drawing(tuple(nodes), tuple(links))


def _nodes(plan: StagePlan) -> Iterator[Node]:
    stage = plan.stage.stage
    yield Node(
        stage.from_.line, stage.from_.end_line, short(stage.from_), stage.index, 0.0, "a stage"
    )
    for at, step in enumerate(plan.stage.steps):
        time = timed(plan, at)
        took = f"takes {time}" if time else "a setting"
        note = barrier(step.effect)
        yield Node(
            step.instruction.line,
            step.instruction.end_line,
            short(step.instruction),
            stage.index,
            plan.cost.seconds(at),
            f"{took}; {note}" if note else took,
        )


def _within(plan: StagePlan) -> Iterator[Link]:
    steps = plan.stage.steps
    for edge in direct(plan.edges):
        above, below = steps[edge.before].instruction.line, steps[edge.after].instruction.line
        if above != below:  # two halves of one ENV
            yield Link(above, below, sentence(edge, steps))


def _between(plan: StagePlan) -> Iterator[Link]:
    """From the FROM of another stage: who starts from it or copies from it needs all of it."""
    stage, stages = plan.stage.stage, plan.stage.stages
    if stage.base_stage is not None:
        parent = stages[stage.base_stage].from_.line
        yield Link(parent, stage.from_.line, f"it starts from the stage of line {parent}")
    for step in plan.stage.steps:
        for index in step.stages:
            other = stages[index].from_.line
            told = f"it takes files from the stage of line {other}"
            yield Link(other, step.instruction.line, told)


def _closure(start: Iterable[int], pairs: Sequence[tuple[int, int]]) -> frozenset[int]:
    found = set(start)
    grew = True
    while grew:
        more = {there for here, there in pairs if here in found} - found
        found |= more
        grew = bool(more)
    return frozenset(found)


def dot(graph: Drawing) -> str:
    """For Graphviz: one cluster a stage, reasons as tooltips."""
    lines = ["digraph reorder {", "  node [shape=box, fontname=monospace];"]
    for stage, nodes in _stages(graph):
        lines += [f"  subgraph cluster_{stage} {{", f"    label={_quoted(f'stage {stage}')};"]
        lines += [f"    {_dot_node(node)}" for node in nodes]
        lines.append("  }")
    lines += [f"  n{x.above} -> n{x.below} [tooltip={_quoted(x.reason)}];" for x in graph.links]
    return "\n".join((*lines, "}", ""))


def _dot_node(node: Node) -> str:
    label = _quoted(f"{node.line}: {node.label}")
    return f"n{node.line} [label={label}, tooltip={_quoted(node.note)}];"


def _quoted(text: str) -> str:
    """A string of Graphviz, in which a backslash would begin an escape."""
    body = clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{body}"'


def mermaid(graph: Drawing) -> str:
    """For Markdown that draws: one subgraph a stage; reasons would not fit on the lines."""
    lines = ["flowchart TD"]
    for stage, nodes in _stages(graph):
        lines.append(f'  subgraph s{stage}["stage {stage}"]')
        lines += [f'    n{node.line}["{_entity(f"{node.line}: {node.label}")}"]' for node in nodes]
        lines.append("  end")
    lines += [f"  n{link.above} --> n{link.below}" for link in graph.links]
    return "\n".join((*lines, ""))


def _entity(text: str) -> str:
    """Mermaid reads `#35;` as a character by its number; letters, digits and blanks are plain."""
    return "".join(c if c.isalnum() or c in " _-:.,/=" else f"#{ord(c)};" for c in clean(text))


def _stages(graph: Drawing) -> Iterator[tuple[int, Iterator[Node]]]:
    return groupby(graph.nodes, attrgetter("stage"))
