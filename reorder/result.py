"""What the tool made of a Dockerfile, and where a stage of it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from reorder.cost import Changes
from reorder.cut.text import Cut
from reorder.effects.instruction import Analysis
from reorder.effects.place import Step
from reorder.plan import StagePlan
from reorder.syntax.dockerfile import Dockerfile
from reorder.syntax.stages import Stage

if TYPE_CHECKING:
    from reorder.check import Refusal
    from reorder.timings.match import Matched


class Result(Struct, frozen=True):
    """`before` and `after` are the text; `plans` describe the author's file, stage by stage.

    With a `cut` the plans are about the text in which an instruction is cut or a COPY anchored,
    with the author's lines.
    `matched`: what build logs tell of it, None without any.
    `refusals` is empty, or the check found a fault of ours: then `after` equals `before`.
    """

    before: bytes
    after: bytes
    analysis: Analysis
    plans: tuple[StagePlan, ...]
    changes: Changes
    refusals: tuple[Refusal, ...] = ()
    cut: Cut | None = None
    matched: Matched | None = None

    @property
    def changed(self) -> bool:
        return self.before != self.after

    @property
    def seconds_before(self) -> float:
        """Expected seconds that a rebuild re-runs, all stages together."""
        return sum(plan.before for plan in self.plans)

    @property
    def seconds_after(self) -> float:
        return sum(plan.after for plan in self.plans)


def as_written(result: Result) -> Result:
    """The result that leaves the file as it is."""
    return replace(
        result, after=result.before, plans=tuple(plan.as_written() for plan in result.plans)
    )


def first_position(dockerfile: Dockerfile, stage: Stage) -> int:
    """The position of the first instruction below the FROM of a stage."""
    return 1 + dockerfile.instructions.index(stage.from_)


def by_position(analysis: Analysis) -> dict[int, Step]:
    """The steps by the positions of their instructions."""
    return {
        n: step
        for stage in analysis.stages
        for n, step in enumerate(stage.steps, first_position(analysis.dockerfile, stage.stage))
    }
