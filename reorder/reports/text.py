"""A result in the terminal: what moved, why it may, what it saves, and the diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from reorder.pipeline import Result
from reorder.reports.words import code_change, moves, seconds, short

_GREEN, _RED, _BOLD, _DIM, _END = "\033[32m", "\033[31m", "\033[1m", "\033[2m", "\033[0m"


def summary(path: str, result: Result, *, color: bool = False) -> str:
    """One line on the file, then one paragraph a move; empty when nothing changes."""
    if not result.changed:
        return ""
    paint = _paint if color else _plain
    lines = [paint(_BOLD, f"{path}: {_gain(result)}")]
    for move in moves(result):
        where = "before" if move.upwards else "after"
        first = move.passes[0] if move.upwards else move.passes[-1]
        lines.append(f"  {path}:{move.instruction.line}: {short(move.instruction)}")
        lines.append(f"    now stands {where} line {first.line}, {short(first)}")
        lines.append(paint(_DIM, f"    it {move.why}"))
    for gap in (plan.gap for plan in result.plans if plan.gap):
        lines.append(f"  the search was cut: at most {seconds(gap)} above the best order")
    return "\n".join(lines) + "\n"


def _gain(result: Result) -> str:
    before, after = result.seconds_before, result.seconds_after
    text = f"a rebuild takes {seconds(after)} instead of {seconds(before)} on average"
    change = code_change(result)
    if change is not None and change[0] != change[1]:
        text += f"; a code change {seconds(change[1])} instead of {seconds(change[0])}"
    return text + " (estimated)"


def diff(path: str, result: Result, *, color: bool = False) -> str:
    """A unified diff that `patch` and `git apply` take; empty when nothing changes."""
    paint = _paint if color else _plain
    return "".join(paint(_shade(line), line) for line in _diff(path, result))


def _diff(path: str, result: Result) -> Iterator[str]:
    before = result.before.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    after = result.after.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _shade(line: str) -> str:
    return {"+": _GREEN, "-": _RED, "@": _DIM}.get(line[:1], "")


def _plain(_: str, text: str) -> str:
    return text


def _paint(shade: str, text: str) -> str:
    if not shade:
        return text
    body = text.rstrip("\n")
    return f"{shade}{body}{_END}{text[len(body) :]}"
