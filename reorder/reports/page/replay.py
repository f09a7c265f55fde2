"""The replay as a plot: a column for each commit, as the file is and below it as reordered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reorder.context.history import Event
from reorder.replay import Rebuild, Replay, figures
from reorder.reports.escape import markup
from reorder.reports.replay import basis, commits, costliest, heads, rows, stages, subject, why
from reorder.reports.words import seconds

_WIDTH, _HEIGHT = 1000, 100
_GAP = 0.15  # of a column
_LEAST = 1.5  # what re-runs anything is seen


def history(replay: Replay) -> Iterator[str]:
    """Both orders on one scale, then the figures and the commits that cost most."""
    first, last = replay.events[0], replay.events[-1]
    orders = [("before", replay.before)]
    orders += [("after", replay.after)] if replay.after is not None else []
    highest = max(rebuild.total for _, rebuilds in orders for rebuild in rebuilds)
    told = f"{commits(len(replay.events))} replayed, {first.date} to {last.date}"
    yield "<h3>What the last commits re-ran</h3>"
    yield (
        f'<p class="note">{markup(told)} ({markup(basis(replay))}). A column is a commit, the'
        " oldest at the left; its height is what it re-runs, in seconds. Dashed: the mean.</p>"
    )
    yield '<figure class="replay">'
    for head, (kind, rebuilds) in zip(heads(replay), orders, strict=True):
        yield _panel(head, kind, rebuilds, replay, highest)
    dates = "".join(f"<span>{markup(event.date)}</span>" for event in (first, last))
    yield f'<p class="dates">{dates}</p></figure>'
    yield _figures(replay)
    yield _costliest(replay)


def _panel(
    head: str, kind: str, rebuilds: Sequence[Rebuild], replay: Replay, highest: float
) -> str:
    found = figures(rebuilds)
    scale = _HEIGHT / (highest or 1.0)
    drawn = "".join(_columns(rebuilds, replay, kind, scale))
    mean = _HEIGHT - found.mean * scale
    label = f"{head}: {seconds(found.mean)} on average, {seconds(found.total)} in total"
    return (
        f'<figcaption><i class="swatch {kind}"></i> <b>{markup(head)}</b>'
        f" {seconds(found.mean)} on average</figcaption>"
        f'<div class="panel"><p class="axis"><span>{seconds(highest)}</span><span>0</span></p>'
        f'<svg class="commits {kind}" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none"'
        f' role="img" aria-label="{markup(label)}">{drawn}'
        f'<path class="mean" d="M0 {mean:.2f}H{_WIDTH}"/></svg></div>'
    )


def _columns(rebuilds: Sequence[Rebuild], replay: Replay, kind: str, scale: float) -> Iterator[str]:
    wide = _WIDTH / len(rebuilds)
    for n, (event, rebuild) in enumerate(zip(replay.events, rebuilds, strict=True)):
        high = 0.0 if rebuild.hits else max(rebuild.total * scale, _LEAST)
        yield (
            f"<g><title>{markup(_told(event, rebuild))}</title>"
            f'<rect class="hit" x="{n * wide:.2f}" y="0" width="{wide:.2f}" height="{_HEIGHT}"/>'
            f'<rect class="{kind}" x="{(n + _GAP / 2) * wide:.2f}" y="{_HEIGHT - high:.2f}"'
            f' width="{wide * (1 - _GAP):.2f}" height="{high:.2f}"/></g>'
        )


def _told(event: Event, rebuild: Rebuild) -> str:
    took = "re-runs nothing" if rebuild.hits else seconds(rebuild.total)
    cause = f"; {why(rebuild.cause)}" if rebuild.cause else ""
    return f"{event.id} {event.date} {subject(event)}: {took}{cause}"


def _figures(replay: Replay) -> str:
    whole = _table([("", *heads(replay)), *rows(replay)])
    return whole + (_table(list(stages(replay))) if len(replay.stages) > 1 else "")


def _table(table: Sequence[tuple[str, ...]]) -> str:
    head, *body = (
        f"<tr><th>{markup(name)}</th>{''.join(f'<td>{_cell(cell)}</td>' for cell in cells)}</tr>"
        for name, *cells in table
    )
    return (
        f'<div class="scroll"><table class="folds"><thead>{head}</thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    """Folded at an arrow only: `18 s` stays on one line."""
    return markup(text).replace(" ", "&nbsp;").replace("&nbsp;→&nbsp;", " →&nbsp;")


def _costliest(replay: Replay) -> str:
    items = "".join(
        f"<li><b>{markup(took)}</b> {markup(f'{event.date} {subject(event)}')}"
        f" <code>{markup(event.id)}</code>{f'<p>{markup(why(cause))}</p>' if cause else ''}</li>"
        for event, took, cause in costliest(replay)
    )
    if not items:
        return ""
    return (
        "<details open><summary>The commits that cost most</summary>"
        f'<ul class="commits-of">{items}</ul></details>'
    )
