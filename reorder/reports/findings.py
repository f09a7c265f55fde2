"""Outcomes as findings with a place, a message and an edit: what code review programs show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from reorder.reports.hunks import Hunk, hunks
from reorder.reports.outcome import Failed, Outcome
from reorder.reports.passing import why_it_may
from reorder.reports.words import Added, Move, added, legible, moves, seconds, short, way
from reorder.result import Result

# The exit status of a run whose result the check refused.
_REFUSED = 3


class Level(StrEnum):
    """How much a finding matters; the names are those of SARIF."""

    error = "error"
    warning = "warning"
    note = "note"


class Rule(Struct, frozen=True):
    """A kind of finding; `help` says what it means and what one can do."""

    id: str
    title: str
    help: str
    level: Level


ORDER = Rule(
    "layer-order",
    "Another order rebuilds less",
    "A rebuild runs everything below the first layer that changed. Here something that changes"
    " often stands above something slow that does not need it. The new order builds the same image."
    " Take the edit, or run `reorder --write`. To keep an instruction where it is, put"
    " `# reorder: keep` above it.",
    Level.warning,
)
SPLIT = Rule(
    "copy-split",
    "A COPY of the needed files rebuilds less",
    "A command needs a few files of a COPY that brings many, and runs again when any of them"
    " changes. With a COPY of the needed files above it, it runs again only when they change. The"
    " image stays the same. Take the edit, or run `reorder --write`. To keep an instruction where"
    " it is, put `# reorder: keep` above it.",
    Level.warning,
)
UNUSABLE = Rule(
    "unusable-input",
    "The file cannot be used",
    "The file cannot be read, parsed or written; it stays byte for byte as it is. The message"
    " says where, and what to do.",
    Level.error,
)
REFUSED = Rule(
    "refused-result",
    "The check refused our own result",
    "The independent check could not prove that the new order builds the same image. Nothing is"
    " written. This is a bug of reorder: please report it with the file.",
    Level.error,
)
BUILD = Rule(
    "unclear-build",
    "How the file is built is not clear",
    "What is known of the build does not allow to propose all that might be won: the message says"
    " why. Name the folder that is built with `--context`, or as `context` in the settings.",
    Level.note,
)
RULES = (ORDER, SPLIT, UNUSABLE, REFUSED, BUILD)


class Finding(Struct, frozen=True):
    """Something to say of lines `line` to `end_line`; `hunk` is the edit that mends it.

    `fingerprint` is the same as long as path, rule and the lines' text are, wherever they stand.
    """

    rule: Rule
    path: str
    line: int
    end_line: int
    message: str
    fingerprint: str
    hunk: Hunk | None = None


def findings(outcomes: Sequence[Outcome]) -> tuple[Finding, ...]:
    """In the order of the run, file by file from top to bottom."""
    return tuple(finding for outcome in outcomes for finding in _of_file(outcome))


def _of_file(outcome: Outcome) -> Iterator[Finding]:
    path = legible(outcome.path)
    if isinstance(outcome, Failed):
        rule = REFUSED if outcome.status == _REFUSED else UNUSABLE
        yield _plain(rule, path, outcome.line or 1, outcome.message)
        return
    if outcome.warning:
        yield _plain(BUILD, path, 1, outcome.warning)
    yield from _edits(path, outcome.result)


def _plain(rule: Rule, path: str, line: int, message: str) -> Finding:
    return Finding(rule, path, line, line, legible(message), _fingerprint(rule, path, ""))


def _edits(path: str, result: Result) -> Iterator[Finding]:
    seen: dict[tuple[str, str], int] = {}
    found = hunks(result)
    for hunk in found:
        new = [a for a in added(result) if hunk.first <= a.broad.line <= hunk.last]
        moved = [m for m in moves(result) if hunk.first <= m.instruction.line <= hunk.last]
        rule = SPLIT if new else ORDER
        key = (rule.id, hunk.old)
        seen[key] = seen.get(key, 0) + 1
        content = f"{hunk.old}\0{seen[key]}"
        yield Finding(
            rule,
            path,
            hunk.line,
            hunk.end_line,
            legible(_message(result, len(found), new, moved)),
            _fingerprint(rule, path, content),
            hunk,
        )


def _message(result: Result, edits: int, new: Sequence[Added], moved: Sequence[Move]) -> str:
    """What is won, then one line for each new COPY, each move and each reason."""
    before, after = seconds(result.seconds_before), seconds(result.seconds_after)
    whole = f", with all {edits} edits of the file" if edits > 1 else ""
    lines = [f"A rebuild takes {after} instead of {before} on average{whole}:"]
    lines += [f"- new: {a.text}, for line {a.reader.line} ({short(a.reader)})" for a in new]
    for move in moved:
        lines.append(f"- line {move.instruction.line} ({short(move.instruction)}) {way(move)}:")
        lines += [f"  {reason}" for reason in why_it_may(move)]
    return "\n".join(lines)


def _fingerprint(rule: Rule, path: str, content: str) -> str:
    import hashlib

    text = "\0".join((rule.id, path, content))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]
