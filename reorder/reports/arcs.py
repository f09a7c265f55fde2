"""The links of a drawing as lines left of its rows, each in a lane of its own; and as one SVG.

3 WORKDIR  ─┐            Rows stand in the order of the file, so that a link always leads down.
4 COPY     <┘─┐          What needs the same instruction shares a lane.
5 RUN        <┘
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files

from reorder.reports.escape import markup
from reorder.reports.graph import Drawing, Link, Node
from reorder.reports.words import seconds

ROW = 30  # pixels
_LANE = 12
_TEXT = 7.3  # the width of a letter of 12 px
_EDGE = 8  # the head of an arrow


def width(graph: Drawing) -> int:
    """Pixels that the lanes take."""
    return (max(lanes(graph).values(), default=0) + 1) * _LANE + 2 * _EDGE


def lanes(graph: Drawing) -> dict[int, int]:
    """The lane of each instruction that something needs, 0 next to the rows; short ones first."""
    row = rows(graph)
    ends: dict[int, int] = {}
    for link in graph.links:
        ends[link.above] = max(ends.get(link.above, 0), row[link.below])
    found: dict[int, int] = {}
    for line in sorted(ends, key=lambda line: (ends[line] - row[line], line)):
        start, end = row[line], ends[line]
        near = (other for other in found if row[other] <= end and start <= ends[other])
        taken = {found[other] for other in near}
        found[line] = next(lane for lane in range(len(ends)) if lane not in taken)
    return found


def rows(graph: Drawing) -> dict[int, int]:
    """Line of an instruction -> its row."""
    return {node.line: at for at, node in enumerate(graph.nodes)}


def arcs(graph: Drawing) -> Iterator[str]:
    """One SVG path a link, its head at the right, with the reason as its title."""
    lane, row, right = lanes(graph), rows(graph), width(graph)
    for link in graph.links:
        x = right - _EDGE - (lane[link.above] + 1) * _LANE
        yield _arc(link, x, right, row)


def _arc(link: Link, x: int, right: int, row: Mapping[int, int]) -> str:
    top = row[link.above] * ROW + ROW // 2 + 4
    end = row[link.below] * ROW + ROW // 2 - 4
    path = (
        f"M{right} {top}H{x + 5}Q{x} {top} {x} {top + 5}V{end - 5}Q{x} {end} {x + 5} {end}"
        f"H{right - 1}m-5 -4l5 4l-5 4"
    )
    title = markup(f"line {link.below} stays below line {link.above}: {link.reason}")
    kind = f"arc a{link.above} a{link.below}"
    return f'<path class="{kind}" d="{path}"><title>{title}</title></path>'


def svg(graph: Drawing) -> str:
    """One file that needs no other: light and dark, reasons on hover."""
    left = width(graph)
    longest = max((len(_text(node)) for node in graph.nodes), default=0)
    wide, high = left + 12 + round(longest * _TEXT), max(len(graph.nodes), 1) * ROW
    style = files("reorder.reports").joinpath("arcs.css").read_text("utf-8")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}"'
        f' height="{high}" role="img" aria-label="Dependency graph">',
        f"<style>{style}</style>",
        f'<rect class="ground" width="{wide}" height="{high}"/>',
        *(_label(node, at, left) for at, node in enumerate(graph.nodes)),
        *arcs(graph),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _label(node: Node, at: int, left: int) -> str:
    y = at * ROW + ROW // 2 + 4
    kind = "label stage" if node.label.startswith("FROM ") else "label"
    title = f"<title>{markup(node.note)}</title>"
    return f'<text class="{kind}" x="{left + 6}" y="{y}">{title}{markup(_text(node))}</text>'


def _text(node: Node) -> str:
    took = f"  {seconds(node.seconds)}" if node.seconds else ""
    return f"{node.line:>3} {node.label}{took}"
