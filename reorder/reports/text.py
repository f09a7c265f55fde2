"""A result in the terminal: what moved, why it may, what it saves, and the diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reorder.reports.outcome import Done, Outcome
from reorder.reports.paint import BOLD, DIM, GREEN, RED, painted
from reorder.reports.passing import why_it_may
from reorder.reports.reasons import kept_by
from reorder.reports.words import (
    added,
    basis,
    code_change,
    moves,
    remarks,
    seconds,
    short,
    shown,
    source_of_seconds,
    timed,
    way,
)
from reorder.result import Result


def summary(path: str, result: Result, *, color: bool = False) -> str:
    """One line on the file, then one paragraph a move; empty when nothing changes."""
    if not result.changed:
        return ""
    lines = [painted(BOLD, f"{shown(path)}: {_gain(result)}", color)]
    for new in added(result):
        lines.append(f"  new: {new.text}")
        lines.append(
            f"    for line {new.reader.line} ({short(new.reader)}), which needs no more of what"
            f" line {new.broad.line} ({short(new.broad)}) brings"
        )
    for move in moves(result):
        lines.append(f"  {shown(path)}:{move.instruction.line}: {short(move.instruction)}")
        lines.append(f"    {way(move)}:")
        lines += [painted(DIM, f"    {reason}", color) for reason in why_it_may(move)]
    lines += [f"  {line}" for line in remarks(result)]
    for gap in (plan.gap for plan in result.plans if plan.gap):
        lines.append(f"  the search was cut: at most {seconds(gap)} above the best order")
    return "\n".join(lines) + "\n"


def _gain(result: Result) -> str:
    before, after = result.seconds_before, result.seconds_after
    text = f"a rebuild takes {seconds(after)} instead of {seconds(before)} on average"
    change = code_change(result)
    if change is not None and change[0] != change[1]:
        text += f"; after a code change {seconds(change[1])} instead of {seconds(change[0])}"
    return f"{text} ({basis(result)})"


def total(outcomes: Sequence[Outcome], *, written: bool) -> str:
    """A run over several files in one line."""
    results = [outcome.result for outcome in outcomes if isinstance(outcome, Done)]
    failed = len(outcomes) - len(results)
    changed = [result for result in results if result.changed]
    text = f"{len(outcomes)} files, {len(changed)} {'cheaper' if written else 'can be cheaper'}"
    text += f", {failed} failed" if failed else ""
    if not changed:
        return text
    what, times = "a code change", [code_change(result) for result in changed]
    if not all(times):
        what = "an average change"
        times = [(result.seconds_before, result.seconds_after) for result in changed]
    before, after = (sum(each) for each in zip(*filter(None, times), strict=True))
    verb = "now rebuilds" if written else "would rebuild"
    return f"{text}: {what} {verb} in {seconds(after)} instead of {seconds(before)}"


def stays(path: str, result: Result, least: float) -> str:
    """Why a file stays as it is: `least` seconds had to be saved."""
    return (
        f"{shown(path)}: stays as it is: nothing to win: a rebuild takes"
        f" {seconds(result.seconds_before)} on average ({source_of_seconds(result)}), and no order"
        f" that surely builds the same image saves {seconds(least)} of it\n"
    )


def layers(path: str, result: Result) -> str:
    """The seconds of each layer, and what holds an instruction where it is, with the remedy."""
    found: list[str] = []
    for plan in result.plans:
        for at, step in enumerate(plan.stage.steps):
            took, reasons = timed(plan, at), kept_by(plan, at)
            if took or reasons:
                place = f"{shown(path)}:{step.instruction.line}"
                note = f"  ({took})" if took else ""
                found.append(f"  {place}: {short(step.instruction)}{note}")
                found += [f"    {reason}" for reason in reasons]
    return "".join(f"{line}\n" for line in found)


def diff(path: str, result: Result, *, color: bool = False) -> str:
    """A unified diff that `patch` and `git apply` take; empty when nothing changes."""
    if not result.changed:
        return ""
    lines = list(_diff(path, result))
    head = "".join(painted(BOLD, line, color) for line in lines[:2])
    return head + "".join(painted(_shade(line), line, color) for line in lines[2:])


def _diff(path: str, result: Result) -> Iterator[str]:
    from difflib import unified_diff

    before, after = _lines(result.before), _lines(result.after)
    for line in unified_diff(before, after, _header("a", path), _header("b", path)):
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    """Lines end with a line feed only: `a\\rb\\n` is one."""
    text = data.decode("utf-8", "surrogateescape")
    parts = [f"{part}\n" for part in text.split("\n")]
    return [*parts[:-1], *([parts[-1][:-1]] if parts[-1] != "\n" else [])]


def _header(side: str, path: str) -> str:
    """As git writes it: quoted when it has a line break, with a tab when it has a blank."""
    name = f"{side}/{path.removeprefix('/')}"
    if not name.isprintable() or '"' in name or "\\" in name:
        quoted = name.encode("unicode_escape").decode().replace('"', '\\"')
        return f'"{quoted}"'
    return f"{name}\t" if " " in name else name


def _shade(line: str) -> str:
    return {"+": GREEN, "-": RED, "@": DIM}.get(line[:1], "")
