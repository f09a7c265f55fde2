"""What a rebuild costs, a column for each kind of change: as wide as it is often, as high as long.

So the area under the columns is what rebuilds cost on average.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reorder.cost import ChangeEvent
from reorder.plan import seconds_of_event
from reorder.reports.escape import markup
from reorder.reports.words import seconds
from reorder.result import Result

_WIDTH, _HEIGHT = 1000, 260
_KINDS = {"other": "code", "manifest": "manifests", "lock": "lock files", "named": "single files"}
_STRIPES = (
    '<defs><pattern id="stripes" width="8" height="8" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><path class="stripe" d="M0 0V8"/></pattern></defs>'
)


class Column(Struct, frozen=True):
    """A rebuild: its share of all, and the seconds that it takes as the file is and reordered."""

    name: str
    share: float
    before: float
    after: float


def columns(result: Result) -> tuple[Column, ...]:
    """The kinds of changes of an average project."""
    found = []
    for bit, event in enumerate(result.changes.events):
        before = sum(
            seconds_of_event(plan.cost, range(len(plan.stage.steps)), bit) for plan in result.plans
        )
        after = sum(seconds_of_event(plan.cost, plan.items, bit) for plan in result.plans)
        found.append(Column(_name(event), event.weight / result.changes.total, before, after))
    rest = 1.0 - sum(column.share for column in found)
    return (*found, Column("a change of nothing of these", rest, 0.0, 0.0))


def _name(event: ChangeEvent) -> str:
    return "a change of " + " and ".join(t for k, t in _KINDS.items() if k in event.kinds)


def plot(result: Result) -> Iterator[str]:
    """The figure and its table; nothing with a history, or when no change re-runs anything."""
    if result.changes.note is not None:
        return
    found = columns(result)
    highest = max((max(c.before, c.after) for c in found), default=0.0)
    if not highest:
        return
    yield "<h3>What a rebuild costs</h3>"
    yield (
        '<p class="note"><i class="swatch before"></i> now <i class="swatch after"></i> reordered.'
        " Height: seconds. Width: how often. The area is what rebuilds cost on average.</p>"
    )
    yield (
        f'<figure class="plot"><figcaption class="top">{seconds(highest)}</figcaption>'
        f'<svg class="columns" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none"'
        f' role="img" aria-label="Seconds of each rebuild">{"".join(_drawn(found, highest))}</svg>'
        '<figcaption class="bottom"><span>0 s</span>'
        "<span>all rebuilds of an average project</span></figcaption></figure>"
    )
    yield _table(found)


def _drawn(found: tuple[Column, ...], highest: float) -> Iterator[str]:
    """Stripes for now, and their top edge over all: equal columns show both."""
    yield _STRIPES
    x = 0.0
    for column in found:
        wide = column.share * _WIDTH
        yield f"<g><title>{markup(_told(column))}</title>"
        yield f'<rect class="hit" x="{x:.2f}" y="0" width="{wide:.2f}" height="{_HEIGHT}"/>'
        for kind, value in (("before", column.before), ("after", column.after)):
            high = value / highest * _HEIGHT
            yield (
                f'<rect class="{kind}" x="{x:.2f}" y="{_HEIGHT - high:.2f}" width="{wide:.2f}"'
                f' height="{high:.2f}"/>'
            )
        top = _HEIGHT - column.before / highest * _HEIGHT
        yield f'<path class="top" d="M{x:.2f} {top:.2f}h{wide:.2f}"/></g>'
        x += wide


def _told(column: Column) -> str:
    share = f"{column.share * 100:.1f} % of rebuilds"
    return f"{column.name}: {seconds(column.before)}, reordered {seconds(column.after)}; {share}"


def _table(found: tuple[Column, ...]) -> str:
    rows = "".join(
        f"<tr><td>{markup(c.name)}</td><td>{c.share * 100:.1f} %</td>"
        f"<td>{seconds(c.before)}</td><td>{seconds(c.after)}</td></tr>"
        for c in found
    )
    return (
        '<details open><summary>As a table</summary><div class="scroll"><table><thead><tr>'
        "<th>rebuild</th><th>how often</th><th>now</th><th>reordered</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )
