"""Instructions -> stages: which stage starts from, copies from and needs which other."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from reorder.syntax.dockerfile import Dockerfile, Instruction
from reorder.syntax.scope import (
    BaseImage,
    Scope,
    below_image,
    below_stage,
    expanded,
    global_values,
    scratch,
)

__all__ = ["BaseImage", "Scope", "Stage", "reachable", "source_stage", "split", "start"]

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_NO_ARGS: Mapping[str, str | None] = MappingProxyType({})


class Stage(Struct, frozen=True):
    """One stage; `instructions` are those below its FROM.

    `name` is in lower case. `base` is what FROM names, as written; `image` the same with its
    variables expanded, None when a value is not known; `base_stage` the stage above that it
    means, None for an external image. `platform` is the flag as written, "" without one.
    """

    index: int
    name: str | None
    base: str
    image: str | None
    base_stage: int | None
    platform: str
    from_: Instruction
    instructions: tuple[Instruction, ...]
    escape: str


def split(
    dockerfile: Dockerfile, build_args: Mapping[str, str | None] = _NO_ARGS
) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    """The ARGs above the first FROM, and the stages."""
    instructions = dockerfile.instructions
    starts = [at for at, found in enumerate(instructions) if found.keyword == "FROM"]
    global_args = instructions[: starts[0]]
    values = global_values(global_args, build_args, dockerfile.escape)
    stages: list[Stage] = []
    for at, end in zip(starts, [*starts[1:], len(instructions)], strict=True):
        from_ = instructions[at]
        image = expanded(from_.words[0], lambda name: values.get(name, ""), dockerfile.escape)
        stages.append(
            Stage(
                index=len(stages),
                name=from_.words[2].lower() if len(from_.words) == 3 else None,
                base=from_.words[0],
                image=image,
                base_stage=_last(stages, image),
                platform="".join(from_.flag("platform")),
                from_=from_,
                instructions=instructions[at + 1 : end],
                escape=dockerfile.escape,
            )
        )
    return global_args, tuple(stages)


def _last(stages: Sequence[Stage], name: str | None) -> int | None:
    if name is None:
        return None
    return next((stage.index for stage in reversed(stages) if stage.name == name), None)


def source_stage(
    stages: Sequence[Stage], asking: int, name: str, *, numbers: bool = True
) -> int | None:
    """The stage that `COPY --from=name` means in stage `asking`, None for an external image.

    It is the last stage of that name in the file, or the stage of that number; BuildKit rejects
    one that is not above. For `RUN --mount=from=` a number is a name: `numbers=False`.
    """
    if numbers and _NUMBER.fullmatch(name):
        found: int | None = int(name)
    else:
        found = _last(stages, name.lower())
    return found if found is not None and 0 <= found < asking else None


def reachable(stages: Sequence[Stage], target: str | None) -> frozenset[int]:
    """The stages that a build of `target` (None: the last stage) runs; raises ValueError."""
    wanted = len(stages) - 1 if target is None else _last(stages, target.lower())
    if wanted is None:
        raise ValueError(f"no stage is called `{target}`")
    found: set[int] = set()
    waiting = [wanted]
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting += _needs(stages, stages[index])
    return frozenset(found)


def _needs(stages: Sequence[Stage], stage: Stage) -> Iterator[int]:
    if stage.base_stage is not None:
        yield stage.base_stage
    if stage.image is None:
        # It may be any stage above: `FROM build-${TARGETARCH}`.
        yield from (above.index for above in stages[: stage.index] if above.name)
    for instruction in (*_inherited(stages, stage), *stage.instructions):
        for name, numbers in _sources(instruction):
            source = source_stage(stages, stage.index, name, numbers=numbers)
            if source is not None:
                yield source


def _inherited(stages: Sequence[Stage], stage: Stage) -> Iterator[Instruction]:
    """The ONBUILD triggers of the base stage."""
    if stage.base_stage is not None:
        for instruction in stages[stage.base_stage].instructions:
            if instruction.trigger:
                yield instruction.trigger


def _sources(instruction: Instruction) -> Iterator[tuple[str, bool]]:
    """The names in --from, with whether a number means a stage."""
    if instruction.keyword == "COPY":
        yield from ((name, True) for name in instruction.flag("from"))
    if instruction.keyword == "RUN":
        for mount in instruction.flag("mount"):
            fields = (field.partition("=") for field in _fields(mount))
            yield from ((value, False) for key, _, value in fields if key.lower() == "from")


def _fields(mount: str) -> list[str]:
    """`type=bind,"from=a"` -> type=bind, from=a."""
    try:
        return next(csv.reader([mount]), [])
    except csv.Error:
        return mount.split(",")


def start(
    stage: Stage,
    parents: Mapping[int, Scope],
    base: BaseImage | None,
    global_args: Sequence[Instruction],
    build_args: Mapping[str, str | None] = _NO_ARGS,
) -> Scope:
    """What the first instruction below FROM sees.

    `parents`: the last scope of each stage above; `base`: what is known of an external image.
    """
    if stage.base_stage is not None:
        return below_stage(parents[stage.base_stage])
    values = global_values(global_args, build_args, stage.escape)
    scope = Scope(global_args=values, build_args=build_args, escape=stage.escape)
    if stage.image == "scratch":
        return scratch(scope)
    return scope if base is None else below_image(scope, base)
