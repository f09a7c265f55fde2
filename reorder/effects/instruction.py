"""A stage -> its steps: what every instruction sees, reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from reorder.context.files import Context
from reorder.effects.base import Base, known_base
from reorder.effects.copy import copy_step
from reorder.effects.effect import Access, Effect, Extent, Footprint
from reorder.effects.model import Models
from reorder.effects.paths import UNKNOWN_PATH, join
from reorder.effects.place import ROOT_OWNER, Place, Step, account_reads, folders_made
from reorder.effects.run import run_step
from reorder.syntax.dockerfile import Dockerfile, Instruction
from reorder.syntax.stages import BaseImage, Scope, Stage, source_stage, split, start

# SEMANTICS: a WORKDIR is a layer; making a folder takes no time worth counting.
WORKDIR_SECONDS = 0.1


class AnalysedStage(Struct, frozen=True):
    """A stage with its steps, FROM not among them; `first` is where its first one stands."""

    stage: Stage
    steps: tuple[Step, ...]
    end: Scope
    first: Place
    stages: tuple[Stage, ...]


class Analysis(Struct, frozen=True):
    """All stages of a Dockerfile."""

    dockerfile: Dockerfile
    stages: tuple[AnalysedStage, ...]


def analyse(
    dockerfile: Dockerfile,
    *,
    context: Context | None,
    models: Models,
    build_args: Mapping[str, str | None] | None = None,
    unsafe: bool = False,
    named: Collection[str] = (),
) -> Analysis:
    """The effects of every instruction, computed in the author's order.

    `build_args`: None for a value that is not known. `named`: contexts that stand for images.
    """
    global_args, stages = split(dockerfile, build_args or {})
    done: list[AnalysedStage] = []
    for stage in stages:
        scope, base = _start(stage, done, global_args, build_args or {}, named)
        first = Place(scope, models, context, base, _inherited(stage, done), unsafe)
        done.append(_analyse(stage, tuple(stages), first))
    return Analysis(dockerfile, tuple(done))


def _start(
    stage: Stage,
    done: Sequence[AnalysedStage],
    global_args: Sequence[Instruction],
    build_args: Mapping[str, str | None],
    named: Collection[str],
) -> tuple[Scope, Base | None]:
    """What the first instruction of a stage sees, and what is known of the image below it."""
    parent = None if stage.base_stage is None else done[stage.base_stage]
    base = parent.first.base if parent else known_base(stage.image or "", named)
    ends = {index: analysed.end for index, analysed in enumerate(done)}
    scope = start(stage, ends, _base_image(base), global_args, build_args)
    if parent is None and base is None:
        scope = replace(scope, values={"PATH": UNKNOWN_PATH, **scope.values})
    return scope, base


def _inherited(stage: Stage, done: Sequence[AnalysedStage]) -> tuple[Step, ...]:
    if stage.base_stage is None:
        return ()
    parent = done[stage.base_stage]
    return (*parent.first.earlier, *parent.steps)


def _analyse(stage: Stage, stages: tuple[Stage, ...], first: Place) -> AnalysedStage:
    analysed = _steps(stage, stages, first)
    if first.scope.user is None and _is_root(analysed.steps):
        return _steps(stage, stages, replace(first, scope=replace(first.scope, user="root")))
    return analysed


def _is_root(steps: Sequence[Step]) -> bool:
    """True when a RUN above the first USER would fail for anybody but root."""
    for step in steps:
        if step.instruction.keyword == "USER":
            return False
        if step.effect.root and "||" not in step.instruction.text:
            return True
    return False


def _steps(stage: Stage, stages: tuple[Stage, ...], first: Place) -> AnalysedStage:
    place = first
    steps: list[Step] = []
    for instruction in stage.instructions:
        step = _step(instruction, place, stages, stage.index)
        steps.append(step)
        scope = place.scope.after(instruction)
        place = replace(place, scope=scope, earlier=(*place.earlier, step))
    return AnalysedStage(stage, tuple(steps), place.scope, first, stages)


def analyse_part(analysed: AnalysedStage, position: int, instruction: Instruction) -> Step:
    """The step of a new instruction that stands directly above the one at `position`."""
    earlier = (*analysed.first.earlier, *analysed.steps[:position])
    scope = analysed.steps[position].scope
    place = replace(analysed.first, scope=scope, earlier=earlier)
    return _step(instruction, place, analysed.stages, analysed.stage.index)


def _base_image(base: Base | None) -> BaseImage | None:
    if base is None:
        return None
    return BaseImage(base.env, base.workdir, base.user, base.shell, base.env_unknown, base.env_open)


def _step(instruction: Instruction, place: Place, stages: Sequence[Stage], asking: int) -> Step:
    if instruction.keyword in ("COPY", "ADD"):
        return copy_step(instruction, place, partial(source_stage, stages, asking))
    if instruction.keyword == "RUN":
        return run_step(instruction, place, partial(source_stage, stages, asking, numbers=False))
    footprints = _CONFIG[instruction.keyword](instruction, place)
    seconds = WORKDIR_SECONDS if instruction.keyword == "WORKDIR" else 0.0
    return Step(instruction, place.scope, Effect(tuple(footprints), seconds))


def _write(resource: str, name: str, why: str) -> Footprint:
    return Footprint(resource, name, Access.WRITE, why=why)  # type: ignore[arg-type]


def _expanded(instruction: Instruction, place: Place, *words: str) -> list[Footprint]:
    return [f for word in words or instruction.words for f in place.expand(word)[1]]


def _env(instruction: Instruction, place: Place) -> list[Footprint]:
    found: list[Footprint] = []
    for name, value in instruction.pairs:
        found += place.expand(value or "")[1] + place.expand(name)[1]
        found.append(_write("env", name, f"sets {name}"))
        found.append(_write("config", f"env:{name}", f"sets {name} in the image"))
    return found


def _arg(instruction: Instruction, place: Place) -> list[Footprint]:
    found: list[Footprint] = []
    for name, value in instruction.pairs:
        found += place.expand(value or "")[1]
        found.append(_write("env", name, f"sets {name}"))
    return found


def _workdir(instruction: Instruction, place: Place) -> list[Footprint]:
    value, found = place.expand(instruction.rest)
    found += [
        _write("cwd", "", "sets the working directory"),
        _write("config", "workdir", "sets the working directory of the image"),
        Footprint("user", "", Access.READ, why="the folder belongs to the user"),
    ]
    if place.user != "root":
        found += account_reads(place.scope.user)
    if value is None:
        why = "makes a folder that is not known"
        return [*found, Footprint("path", "/", Access.WRITE, Extent.TREE, why=why)]
    if not value.startswith("/"):
        found.append(Footprint("cwd", "", Access.READ, why="is relative"))
    path = join(place.scope.cwd, value or ".")
    owner = ROOT_OWNER if place.user == "root" else f"{place.user or '?'}:0755"
    return found + folders_made(path, owner, f"makes {path}", standard_exist=True)


def _user(instruction: Instruction, place: Place) -> list[Footprint]:
    return [
        *_expanded(instruction, place, instruction.rest),
        _write("user", "", "sets the user"),
        _write("config", "user", "sets the user of the image"),
    ]


def _shell(instruction: Instruction, place: Place) -> list[Footprint]:
    return [
        _write("shell", "", "sets the shell"),
        _write("config", "shell", "sets the shell of the image"),
    ]


def _label(instruction: Instruction, place: Place) -> list[Footprint]:
    found: list[Footprint] = []
    for name, value in instruction.pairs:
        key, names = place.expand(name)
        found += names + place.expand(value or "")[1]
        found.append(_write("config", f"label:{'*' if key is None else key}", f"sets label {name}"))
    return found


def _volume(instruction: Instruction, place: Place) -> list[Footprint]:
    """BuildKit only notes the folder; the legacy builder drops what is written to it later."""
    found: list[Footprint] = []
    for word in instruction.words:
        value, names = place.expand(word)
        path = "/" if value is None else join(place.scope.cwd, value)
        found += names
        found.append(_write("config", f"volume:{value or '*'}", f"declares {word}"))
        why = f"later writes to {word} may be lost with the legacy builder"
        found.append(Footprint("path", path, Access.WRITE, Extent.TREE, why=why))
    return found


def _scalar(name: str, *, expands: bool = False, shell: bool = False) -> _Config:
    """An instruction that sets one field of the image config."""

    def footprints(instruction: Instruction, place: Place) -> list[Footprint]:
        found = [_write("config", name, f"sets {name}")]
        if expands:
            found += _expanded(instruction, place)
        if shell and not instruction.is_json:
            found.append(Footprint("shell", "", Access.READ, why="is run by the shell"))
        return found

    return footprints


def _expose(instruction: Instruction, place: Place) -> list[Footprint]:
    ports = [_write("config", f"port:{word}", f"exposes {word}") for word in instruction.words]
    return ports + _expanded(instruction, place)


_Config = Callable[[Instruction, Place], list[Footprint]]
_CONFIG: Mapping[str, _Config] = {
    "ENV": _env,
    "ARG": _arg,
    "WORKDIR": _workdir,
    "USER": _user,
    "SHELL": _shell,
    "LABEL": _label,
    "VOLUME": _volume,
    "EXPOSE": _expose,
    "CMD": _scalar("cmd", shell=True),
    # It wipes a CMD that the stage inherits, never one of its own.
    "ENTRYPOINT": _scalar("entrypoint", shell=True),
    "HEALTHCHECK": _scalar("healthcheck"),
    "STOPSIGNAL": _scalar("stopsignal", expands=True),
    "ONBUILD": _scalar("onbuild"),
    "MAINTAINER": _scalar("maintainer"),
}
