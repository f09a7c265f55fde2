"""A run as a comment on a pull request: what is won, why each move is safe, and the diffs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reorder.reports.outcome import Done, Failed, Outcome
from reorder.reports.passing import why_it_may
from reorder.reports.text import diff
from reorder.reports.words import added, code_change, legible, moves, seconds, short, shown, way
from reorder.result import Result

# By it a later run finds its own comment.
_MARK = "<!-- reorder -->"
# A comment may have 65,536 characters.
_MOST = 60_000
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$])")


def render(outcomes: Sequence[Outcome]) -> str:
    """GitHub's and GitLab's Markdown; parts for which a comment has no room are left out."""
    changed = [o for o in outcomes if isinstance(o, Done) and o.result.changed]
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    text = f"{_MARK}\n### {_title(outcomes, len(changed))}\n"
    parts = [_table(changed)] if changed else []
    parts += [_failures(failed)] if failed else []
    parts += [f"\n#### {_code(o.path)}\n\n{_changes(o.result)}" for o in changed]
    parts += ["\nThe image stays the same; `reorder --write` takes it over.\n"] if changed else []
    parts += [_folded(outcome) for outcome in changed]
    left_out = 0
    for part in parts:
        fits = len(text) + len(part) <= _MOST
        text += legible(part) if fits else ""
        left_out += not fits
    if left_out:
        text += f"\nNo room for {left_out} more parts: run `reorder` to see everything.\n"
    return text


def _title(outcomes: Sequence[Outcome], changed: int) -> str:
    if not outcomes:
        return "reorder: no Dockerfile to look at"
    if not changed:
        return f"reorder: nothing to win in {_counted(len(outcomes))}"
    return f"reorder: {changed} of {_counted(len(outcomes))} can rebuild faster"


def _counted(number: int) -> str:
    return f"{number} Dockerfile" if number == 1 else f"{number} Dockerfiles"


def _table(changed: Sequence[Done]) -> str:
    head = "| file | a rebuild takes | instead of | after a code change |"
    rows = ["", head, "|---|--:|--:|---|"]
    for outcome in changed:
        result = outcome.result
        code = code_change(result)
        told = f"{seconds(code[1])} instead of {seconds(code[0])}" if code else ""
        after, before = seconds(result.seconds_after), seconds(result.seconds_before)
        rows.append(f"| {_code(outcome.path)} | {after} | {before} | {told} |")
    return "".join(f"{row}\n" for row in rows)


def _failures(failed: Sequence[Failed]) -> str:
    return "\n#### Left as they are\n\n" + "".join(f"- {_prose(f.message)}\n" for f in failed)


def _changes(result: Result) -> str:
    rows = ["| line | what | why it may |", "|--:|---|---|"]
    for new in added(result):
        reader = f"line {new.reader.line} ({short(new.reader)})"
        why = f"{reader} needs no more of what line {new.broad.line} ({short(new.broad)}) brings"
        rows.append(f"| new | {_code(new.text)} | {_prose(why)} |")
    for move in moves(result):
        what = f"{_code(short(move.instruction))} {_prose(way(move))}"
        why = "<br>".join(_prose(reason) for reason in why_it_may(move))
        rows.append(f"| {move.instruction.line} | {what} | {why} |")
    return "".join(f"{row}\n" for row in rows)


def _folded(outcome: Done) -> str:
    text = diff(outcome.path, outcome.result)
    fence = "`" * max(3, 1 + _longest_ticks(text))
    head = f"<details><summary>diff of <code>{_entities(outcome.path)}</code></summary>"
    return f"\n{head}\n\n{fence}diff\n{text}{fence}\n\n</details>\n"


def _entities(text: str) -> str:
    return shown(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> str:
    """Text as code in a cell: no mark in it has a meaning, and no name in it is called."""
    line = " ".join(shown(text).split()).replace("|", "\\|")
    ticks = "`" * (1 + _longest_ticks(line))
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{blank}{line}{blank}{ticks}"


def _prose(text: str) -> str:
    """A sentence: what it has between backticks is code, and no other mark has a meaning."""
    return "".join(_pieces(shown(text)))


def _pieces(text: str) -> Iterator[str]:
    parts = text.split("`")
    if len(parts) % 2 == 0:
        yield _code(text)
        return
    for at, part in enumerate(parts):
        yield _code(part) if at % 2 else _plain(part)


def _plain(text: str) -> str:
    """`@` calls a person: a space of no width behind it keeps it from that."""
    return _SPECIAL.sub(r"\\\1", text).replace("@", "@\u200b")


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
