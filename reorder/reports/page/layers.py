"""The layers of a stage before and after, as bars by seconds, with the moves between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reorder.effects.place import Step
from reorder.plan import StagePlan, moved
from reorder.reports.causes import causes
from reorder.reports.escape import markup
from reorder.reports.reasons import direct, sentence
from reorder.reports.why import named, told
from reorder.reports.words import barrier, own_items, seconds, share_of_rebuilds, short, timed
from reorder.result import Result

ROW = 62  # pixels, as in page.css
# Parts of all rebuilds: at most so much of them -> the colour of this number.
_STEPS = (0.05, 0.25, 0.5, 0.75, 1.0)


def heat(share: float) -> int:
    """0 for what hardly ever re-runs, to 4 for what nearly every rebuild re-runs."""
    return next(n for n, most in enumerate(_STEPS) if share <= most + 1e-9)


def legend() -> str:
    """What the colours mean; the figure stands beside each bar, too."""
    lows = (0.0, *_STEPS)
    items = [
        f'<li><i class="bar heat{n}"></i>{round(lows[n] * 100)} to {round(most * 100)} %</li>'
        for n, most in enumerate(_STEPS)
    ]
    told_ = (
        "Length: seconds that the step takes; ≈ are estimates, the others are measured."
        " Colour: the share of rebuilds that re-run it:"
    )
    return f'<div class="legend"><span>{told_}</span><ul>{"".join(items)}</ul></div>'


def layers(plan: StagePlan, result: Result) -> str:
    """Two columns with the moves between them, or one when nothing moves."""
    own = tuple(range(len(plan.stage.steps)))
    longest = max(plan.cost.milliseconds, default=0) / 1000 or 1.0
    before = _column("now", plan, own, result, longest)
    if not plan.moves:
        return f'<div class="layers single" style="--rows:{len(own)}">{before}</div>'
    after = _column("reordered", plan, plan.items, result, longest)
    count = len(plan.items)
    return f'<div class="layers" style="--rows:{count}">{before}{_moves(plan, count)}{after}</div>'


def _column(
    title: str, plan: StagePlan, items: Sequence[int], result: Result, longest: float
) -> str:
    rows = "".join(_row(plan, items, at, result, longest) for at in range(len(items)))
    return f'<div class="column {title}"><h5>{title}</h5><ol>{rows}</ol></div>'


def _row(plan: StagePlan, items: Sequence[int], at: int, result: Result, longest: float) -> str:
    item = items[at]
    step = plan.steps[item]
    own = item < len(plan.stage.steps)
    share = share_of_rebuilds(plan, items[: at + 1])
    took = plan.cost.seconds(item)
    bar = f'<i class="bar heat{heat(share)}" style="width:{took / longest * 100:.3f}%"></i>'
    track = f'<span class="track">{bar}</span>' if took else ""
    line = str(step.instruction.line) if own else "new"
    about = "" if plan.cost.measured >> item & 1 else "≈ "
    figure = f"{about}{seconds(took)} · {round(share * 100)} %" if took else "a setting"
    tip = "".join(f"<p>{markup(text)}</p>" for text in _tip(plan, item, result))
    kind = "row new" if not own else "row lifted" if item in moved(own_items(plan)) else "row"
    return (
        f'<li class="{kind}" tabindex="0" style="--at:{at}" data-seconds="{took:.3f}">'
        f'<span class="name"><b>{line}</b> {markup(_text(plan, item))}</span>'
        f'{track}<span class="value">{figure}</span>'
        f'<div class="tip" role="tooltip">{tip}</div></li>'
    )


def _text(plan: StagePlan, item: int) -> str:
    own = len(plan.stage.steps)
    return short(plan.steps[item].instruction) if item < own else plan.parts[item - own].text


def _tip(plan: StagePlan, item: int, result: Result) -> Iterator[str]:
    steps = plan.stage.steps
    took = timed(plan, item)
    yield f"{_text(plan, item)}: {took}" if took else _text(plan, item)
    if item >= len(steps):
        part = plan.parts[item - len(steps)]
        yield f"new: all that {named(steps[part.reader])} needs of {named(steps[part.broad])}"
        return
    if steps[item].effect.opaque is not None:
        yield barrier(steps[item].effect)
    for cause in causes(plan, item, result.changes):
        if cause.share is not None:
            yield f"re-run by {told(cause, len(result.changes.events))}"
    yield from _needs(plan, steps, item)


def _needs(plan: StagePlan, steps: Sequence[Step], item: int) -> Iterator[str]:
    for edge in direct(plan.edges):
        if edge.after == item:
            yield f"below {named(steps[edge.before])}: {sentence(edge, steps)}"


def _moves(plan: StagePlan, count: int) -> str:
    """One line from the old place to the new one of each instruction; moved ones stand out."""
    place = {item: at for at, item in enumerate(plan.items)}
    lifted = set(moved(own_items(plan)))
    lines = [_line(at, place[at], at in lifted) for at in range(len(plan.stage.steps))]
    # What stands out is drawn last.
    drawn = "".join(sorted(lines, key=lambda line: "lifted" in line))
    return (
        f'<svg class="moves" viewBox="0 0 100 {count * ROW}" preserveAspectRatio="none"'
        f' role="img" aria-label="Moves">{drawn}</svg>'
    )


def _line(old: int, new: int, lifted: bool) -> str:
    start, end = (old * ROW + ROW // 2, new * ROW + ROW // 2)
    kind = "move lifted" if lifted else "move"
    return f'<path class="{kind}" d="M0 {start}C50 {start} 50 {end} 100 {end}"/>'
