"""Why an instruction may pass others: their footprints -> sentences."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import groupby
from typing import NamedTuple

from reorder.effects.effect import Access, Extent
from reorder.effects.paths import conflict
from reorder.effects.place import Step
from reorder.reports.touched import sets, telling
from reorder.reports.words import Move, listed, path_of

_COPIES = ("COPY", "ADD")
_NAMES = ("ENV", "ARG")
_MOST_NAMES, _MOST_FILES, _MOST_LINES = 8, 4, 8


class _Slot(Enum):
    """What differs between sentences that can be told as one."""

    lines = "line 3, or lines 3, 4 and 5"
    does = "does, or do"
    brings = "brings, or bring"
    only = "only ..."
    names = "the names, or files"


class _Why(NamedTuple):
    """A sentence about one that is passed."""

    form: tuple[str | _Slot, ...]
    passed: Step
    names: tuple[str, ...] = ()


def may_pass(move: Move) -> tuple[str, ...]:
    """One sentence for every instruction that is passed: why the two commute."""
    return tuple(_sentence([_why(move, other)]) for other in move.passes)


def why_it_may(move: Move) -> tuple[str, ...]:
    """The same in fewer words: those that stand together and are passed alike share a sentence."""
    found = (_why(move, other) for other in move.passes)
    return tuple(_sentence(list(group)) for _, group in groupby(found, lambda why: why.form))


def _sentence(group: Sequence[_Why]) -> str:
    lines = [str(why.passed.instruction.line) for why in group]
    names = [name for why in group for name in why.names]
    one = len(group) == 1
    most = _MOST_NAMES if group[0].passed.instruction.keyword in _NAMES else _MOST_FILES
    filled = {
        _Slot.lines: _lines(lines),
        _Slot.does: "does" if one else "do",
        _Slot.brings: "brings" if one else "bring",
        _Slot.only: names[0] if one and names else "change the image config",
        _Slot.names: listed(names, most),
    }
    return "".join(part if isinstance(part, str) else filled[part] for part in group[0].form)


def _lines(lines: Sequence[str]) -> str:
    """`line 3`, `lines 3, 5 and 8`, `lines 3, 4, 5, 6, 7, 8 and 4 more`."""
    if len(lines) == 1:
        return f"line {lines[0]}"
    if len(lines) > _MOST_LINES:
        return f"lines {listed(lines, _MOST_LINES)}"
    return f"lines {', '.join(lines[:-1])} and {lines[-1]}"


def _why(move: Move, passed: Step) -> _Why:
    """The two commute: the sentence says by what each of them does."""
    step = move.step
    if passed.instruction.line in move.freed:
        return _freed(step, passed)
    for one, other in ((step, passed), (passed, step)):
        kinds = one.instruction.keyword, other.instruction.keyword
        if kinds[0] in _NAMES:
            return _unseen(one, other, passed)
        if kinds[0] == "RUN" and kinds[1] in _COPIES:
            freed = _meet(one, other)
            return _freed(step, passed) if freed else _run_and_copy(one, other, passed)
        if kinds[0] not in ("RUN", *_COPIES):
            return _config(one, other, passed)
    if step.instruction.keyword == "RUN":
        told = f"{_work(step)}; {_work(passed)}"
        return _Why((f"neither reads or writes what the other writes: {told}",), passed)
    what = "the same file where they meet" if _meet(step, passed) else "different files"
    text = f"they bring {what}: {_line(step)} {listed(_files(step), _MOST_FILES)}, "
    return _Why((text, _Slot.lines, " ", _Slot.names), passed, _files(passed))


def _unseen(setter: Step, other: Step, passed: Step) -> _Why:
    if passed is setter:
        return _Why((f"{_line(other)} does not look at ", _Slot.names), passed, sets(setter))
    text = f" not look at {listed(sets(setter), _MOST_NAMES)}"
    return _Why((_Slot.lines, " ", _Slot.does, text), passed)


def _config(setter: Step, other: Step, passed: Step) -> _Why:
    only = next((f.why for f in setter.effect.writes if f.why), "changes the image config")
    if passed is setter:
        text = f", which {_line(other)} does not look at"
        return _Why((_Slot.lines, " only ", _Slot.only, text), passed, (only,))
    text = f"{_line(setter)} only {only}, which "
    return _Why((text, _Slot.lines, " ", _Slot.does, " not look at"), passed)


def _freed(step: Step, passed: Step) -> _Why:
    run = step if step.instruction.keyword == "RUN" else passed
    above = f"only what is copied above it: {_work(run)}"
    if passed is run:
        text = f"{_line(run)} reads of what {_line(step)} brings {above}"
        return _Why((text,), passed)
    text = f"{_line(run)} reads of what "
    return _Why((text, _Slot.lines, " ", _Slot.brings, f" {above}"), passed)


def _run_and_copy(run: Step, copy: Step, passed: Step) -> _Why:
    modules = any(f.extent is Extent.MODULES for f in run.effect.reads)
    told = f"){', and imports no module of such a name' if modules else ''}: {_work(run)}"
    text = f"{_line(run)} neither reads nor writes what "
    if passed is run:
        return _Why(
            (f"{text}{_line(copy)} brings ({listed(_files(copy), _MOST_FILES)}{told}",), passed
        )
    form = (text, _Slot.lines, " ", _Slot.brings, " (", _Slot.names, told)
    return _Why(form, passed, _files(copy))


def _meet(one: Step, copy: Step) -> bool:
    """Whether the two may swap only because another COPY brings the same files."""
    return any(
        conflict(f, written)
        for f in one.effect.footprints
        for written in copy.effect.writes
        if written.extent is Extent.LISTED and written.access is Access.WRITE
    )


def _work(run: Step) -> str:
    """`line 8 runs only what has a model (`python`), and writes /cache/**`."""
    written = list(telling(run.effect.writes))
    work = f", and writes {listed(written)}" if written else ""
    return f"{_line(run)} runs only what has a model ({listed(_modelled(run), 2)}){work}"


def _modelled(run: Step) -> list[str]:
    """The commands and calls that its reasons name: "`pip install -r` reads x" -> `pip install`."""
    reasons = (f.why for f in run.effect.footprints if f.resource == "path")
    named = (why.split("`")[1].partition(" -")[0] for why in reasons if why.startswith("`"))
    return [f"`{name}`" for name in named] or ["shell commands"]


def _files(copy: Step) -> tuple[str, ...]:
    for f in copy.effect.writes:
        if f.resource == "path" and f.access is Access.WRITE:
            return f.members if f.extent is Extent.LISTED else (path_of(f),)
    return ("no file",)


def _line(step: Step) -> str:
    return f"line {step.instruction.line}"
