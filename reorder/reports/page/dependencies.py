"""The dependency graph inside of the page: rows of text, with the lines at their left."""

from __future__ import annotations

from collections.abc import Iterator

from reorder.reports.arcs import ROW, arcs, width
from reorder.reports.escape import markup
from reorder.reports.graph import Drawing, Node
from reorder.reports.words import seconds


def dependencies(graph: Drawing, number: int) -> str:
    """The graph of the file of that number; a row under the pointer lights up its lines."""
    wide, high = width(graph), len(graph.nodes) * ROW
    rows = "".join(_row(graph, node, at) for at, node in enumerate(graph.nodes))
    drawn = "".join(arcs(graph))
    return (
        f"<style>{''.join(_lights(graph, number))}</style>"
        f'<div class="graph" style="--left:{wide}px">'
        f'<svg class="arcs" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
        f' role="img" aria-label="Dependencies">{drawn}</svg><ol>{rows}</ol></div>'
    )


def _row(graph: Drawing, node: Node, at: int) -> str:
    took = f'<span class="value">{seconds(node.seconds)}</span>' if node.seconds else ""
    tip = "".join(f"<p>{markup(text)}</p>" for text in _tip(graph, node))
    kind = "row stage" if node.label.startswith("FROM ") else "row"
    return (
        f'<li class="{kind} r{node.line}" tabindex="0" style="--at:{at}">'
        f'<span class="name"><b>{node.line}</b> {markup(node.label)}</span>{took}'
        f'<div class="tip" role="tooltip">{tip}</div></li>'
    )


def _tip(graph: Drawing, node: Node) -> Iterator[str]:
    yield f"{node.label}: {node.note}"
    for link in graph.links:
        if link.below == node.line:
            yield f"below line {link.above}: {link.reason}"
        elif link.above == node.line:
            yield f"above line {link.below}: there {link.reason}"


def _lights(graph: Drawing, number: int) -> Iterator[str]:
    file = f"#file-{number} .graph"
    for node in graph.nodes:
        pointed = f"{file}:has(.r{node.line}:hover,.r{node.line}:focus)"
        yield f"{pointed} .a{node.line}{{stroke:var(--mark);stroke-width:3}}"
