"""Every fixture with a tempting wrong order: the check refuses it, and we do not write it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from timed_models import Timed

from reorder.check import Image, Part, check
from reorder.config import find_config
from reorder.context.files import Context
from reorder.effects.instruction import Analysis, analyse
from reorder.effects.model import builtin
from reorder.pipeline import reorder
from reorder.proof import images
from reorder.syntax.dockerfile import Instruction, ParseError, parse
from reorder.volatile import USUAL

FIXTURES = Path(__file__).parent.parent / "fixtures"
TRAPS = sorted(path.parent for path in FIXTURES.glob("*/wrong.Dockerfile"))
NAMES = [folder.name for folder in TRAPS]


def context_of(folder: Path) -> Context | None:
    place = find_config(folder).context
    return Context.open(Path(place), folder / "Dockerfile") if place else None


def analysed(folder: Path) -> Analysis:
    data = (folder / "Dockerfile").read_bytes()
    return analyse(parse(data), context=context_of(folder), models=builtin())


def by_line(analysis: Analysis) -> dict[int, Image]:
    instructions = analysis.dockerfile.instructions
    return {instructions[at].line: image for at, image in images(analysis).items()}


def new_copies(folder: Path) -> Iterator[Part]:
    """Each COPY that only the wrong order has, as a part of the first broad one."""
    before = parse((folder / "Dockerfile").read_bytes()).instructions
    try:
        after = parse((folder / "wrong.Dockerfile").read_bytes()).instructions
    except ParseError:
        return
    broad = next((i for i in before if i.keyword == "COPY" and _is_broad(i)), None)
    had = {instruction.text for instruction in before}
    for instruction in after:
        if broad and instruction.keyword == "COPY" and instruction.text not in had:
            yield Part(instruction.line, broad.line)


def _is_broad(copy: Instruction) -> bool:
    return copy.words[0] == "."


@pytest.mark.parametrize("folder", TRAPS, ids=NAMES)
def test_the_check_refuses_the_wrong_order(folder: Path) -> None:
    before, wrong = ((folder / n).read_bytes() for n in ("Dockerfile", "wrong.Dockerfile"))
    analysis = analysed(folder)
    steps = [step for stage in analysis.stages for step in stage.steps]
    refusals = check(
        before,
        wrong,
        {step.instruction.line: step.effect for step in steps},
        parts=tuple(new_copies(folder)),
        brought={step.instruction.line: tuple(step.brought) or None for step in steps},
        images=by_line(analysis),
        volatile=USUAL.names(steps),
    )
    assert refusals != ()


@pytest.mark.parametrize("folder", TRAPS, ids=NAMES)
@pytest.mark.parametrize("seed", range(4))
def test_no_seconds_make_us_write_the_wrong_order(folder: Path, seed: int) -> None:
    result = reorder(
        (folder / "Dockerfile").read_bytes(),
        context=context_of(folder),
        config=replace(find_config(folder), min_gain=0.0, min_gain_share=0.0),
        models=Timed(builtin().folders, seed),
    )
    assert result.refusals == ()
    assert result.after != (folder / "wrong.Dockerfile").read_bytes()


def test_many_a_wrong_order_would_pay() -> None:
    """Who looks at the seconds only would fall into the trap."""
    assert sum(map(pays, TRAPS)) >= 40


def pays(folder: Path) -> bool:
    names = ("Dockerfile", "wrong.Dockerfile")
    try:
        right, wrong = (
            reorder((folder / name).read_bytes(), context=context_of(folder)).seconds_before
            for name in names
        )
    except ParseError:
        return False
    return wrong < right
