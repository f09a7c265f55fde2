"""Seconds, instructions, paths and moves in words, the same in every report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from reorder.effects.effect import Effect, Extent, Footprint
from reorder.effects.place import Step
from reorder.plan import StagePlan, moved, seconds_of_event
from reorder.result import Result
from reorder.syntax.dockerfile import Instruction, parse

_WIDTH = 60


def seconds(value: float) -> str:
    """0.53 -> `0.5 s`, 75 -> `75 s`, 750 -> `12.5 min`."""
    if value < 9.95:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    minutes = f"{value / 60:.1f}".removesuffix(".0")
    return f"{minutes} min"


def short(instruction: Instruction) -> str:
    """`RUN apt-get update && apt-get install -y ...` in one short line."""
    text = " ".join(f"{instruction.keyword} {instruction.text}".split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def shown(name: str) -> str:
    """A file name on one line: a line break in it -> `\\n`."""
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def legible(text: str) -> str:
    """Bytes that are no UTF-8 become U+FFFD: for forms that know text only."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def listed(names: Iterable[str], most: int = 4) -> str:
    """`a, b, c, d and 3 more`."""
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - most} more" if len(unique) > most else ""
    return ", ".join(unique[:most]) + more


def path_of(footprint: Footprint) -> str:
    """`/app/**` for a tree; an unknown folder is left out: `?cwd/x` -> `x`."""
    name = footprint.name
    if name.startswith("?"):
        name = name.partition("/")[2] or "a folder that is not known"
    deep = footprint.extent is Extent.TREE
    return f"{name.rstrip('/')}/**" if deep else name


class Move(Struct, frozen=True):
    """A step that changed its place: now before (or after) the ones it passes.

    `freed`: the lines among them that it may pass only because of a new COPY.
    """

    step: Step
    passes: tuple[Step, ...]
    upwards: bool
    freed: frozenset[int] = frozenset()

    @property
    def instruction(self) -> Instruction:
        return self.step.instruction


def way(move: Move) -> str:
    """`moves up, above line 4 (RUN npm ci)`."""
    first = (move.passes[0] if move.upwards else move.passes[-1]).instruction
    direction = "moves up, above" if move.upwards else "moves down, below"
    return f"{direction} line {first.line} ({short(first)})"


class Added(Struct, frozen=True):
    """A new COPY of some files that `broad` brings, for `reader`, which needs no others of it."""

    text: str
    broad: Instruction
    reader: Instruction


def moves(result: Result) -> tuple[Move, ...]:
    """The fewest moves that explain the new order."""
    return tuple(move for plan in result.plans if plan.moves for move in _moves(plan))


def _moves(plan: StagePlan) -> Iterator[Move]:
    steps = plan.stage.steps
    items = own_items(plan)
    place = {item: at for at, item in enumerate(items)}
    needs = {(edge.before, edge.after) for edge in plan.edges}
    for item in moved(items):
        passed = sorted(n for n in items if (n < item) != (place[n] < place[item]))
        freed = (n for n in passed if (min(n, item), max(n, item)) in needs)
        yield Move(
            steps[item],
            tuple(steps[n] for n in passed),
            all(n < item for n in passed),
            frozenset(steps[n].instruction.line for n in freed),
        )


def added(result: Result) -> tuple[Added, ...]:
    """The new COPYs, in the order in which they stand."""
    return tuple(
        Added(part.text, steps[part.broad].instruction, steps[part.reader].instruction)
        for plan in result.plans
        for steps in (plan.stage.steps,)
        for part in (plan.parts[i - len(steps)] for i in plan.items if i >= len(steps))
    )


def own_items(plan: StagePlan) -> tuple[int, ...]:
    """The new order of the author's instructions, without new ones."""
    return tuple(item for item in plan.items if item < len(plan.stage.steps))


def code_change(result: Result) -> tuple[float, float] | None:
    """Seconds that a change of code re-runs, before and after; None when no code is copied.

    With a history it is the mean over the commits that touch code which is copied.
    """
    mask = 0
    for plan in result.plans:
        for step in plan.stage.steps:
            mask |= result.changes.code(step)
    weights = {n: e.weight for n, e in enumerate(result.changes.events) if mask >> n & 1}
    before = after = 0.0
    for plan in result.plans:
        own = range(len(plan.stage.steps))
        for event, weight in weights.items():
            before += weight * seconds_of_event(plan.cost, own, event)
            after += weight * seconds_of_event(plan.cost, plan.items, event)
    total = sum(weights.values())
    return (before / total, after / total) if before else None


def remarks(result: Result) -> Iterator[str]:
    """What the author should know beside the moves."""
    if result.changed:
        yield from _cuts(result)
        yield from kept_longer(result)


def _cuts(result: Result) -> Iterator[str]:
    for position, group in result.cut.groups.items() if result.cut else ():
        whole = parse(result.before).instructions[position]
        why = "its commands leave nothing in the shell for those below them"
        if whole.keyword == "ENV":
            why = "only some of its variables are new with every build"
        yield f"line {whole.line} ({short(whole)}) is cut in {len(group)}: {why}"


def kept_longer(result: Result) -> Iterator[str]:
    """One line for each step that fetches what grows old, and is fetched less often than before."""
    for plan in result.plans:
        for at, step in enumerate(plan.stage.steps):
            now = share_of_rebuilds(plan, range(at + 1))
            new = share_of_rebuilds(plan, plan.items[: plan.items.index(at) + 1])
            if step.effect.fetches and new < now:
                what = listed(step.effect.fetches)
                yield (
                    f"{what} that line {step.instruction.line} ({short(step.instruction)}) fetches"
                    f" stays cached for longer: it runs in {round(new * 100)} % of rebuilds instead"
                    f" of {round(now * 100)} %"
                )


def timed(plan: StagePlan, item: int) -> str:
    """`12.5 min, measured` or `36 s, estimated`; empty for what takes no time."""
    is_measured = plan.cost.measured >> item & 1
    if not is_measured and not plan.cost.milliseconds[item]:
        return ""
    return f"{seconds(plan.cost.seconds(item))}, {'measured' if is_measured else 'estimated'}"


def source_of_seconds(result: Result) -> str:
    """`measured`, `estimated` or `7 of 9 measured`, of the steps that take time."""
    timed = measured = 0
    for plan in result.plans:
        for at in range(len(plan.stage.steps)):
            is_measured = plan.cost.measured >> at & 1
            timed += bool(is_measured or plan.cost.milliseconds[at])
            measured += is_measured
    if measured in (0, timed):
        return "measured" if measured else "estimated"
    return f"{measured} of {timed} measured"


def basis(result: Result) -> str:
    """`estimated`, `7 of 9 measured, over the last 200 commits`."""
    source, note = source_of_seconds(result), result.changes.note
    return source if note is None else f"{source}, {note}"


def share_of_rebuilds(plan: StagePlan, above: Iterable[int]) -> float:
    """The part of all rebuilds, 0 to 1, in which one of the steps is touched."""
    mask = 0
    for item in above:
        mask |= plan.cost.touches[item]
    touched = (w for bit, w in enumerate(plan.cost.weights) if mask >> bit & 1)
    return sum(touched) / plan.cost.total


# What a reason asks for -> what its reader can do; the first that occurs in it.
_REMEDIES = (
    ("reorder/tools", ""),
    ("no model for", "add one: docs/tools.md"),
    ("not known before the build", "write it out, or give its value with --build-arg"),
    ("link", "name the folder itself"),
)


def barrier(effect: Effect) -> str:
    """Why nothing is known of the step, and the remedy; empty when its effect is known."""
    if effect.opaque is None:
        return ""
    remedy = next((remedy for part, remedy in _REMEDIES if part in effect.opaque), "")
    return f"it may do anything: {effect.opaque}" + (f"; {remedy}" if remedy else "")
