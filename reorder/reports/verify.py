"""The verdict on two images, in the terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from reorder.engine.compare import Difference
from reorder.engine.trial import Seconds, Verdict
from reorder.reports.words import seconds, shown

VERSION = 1


class Subject(NamedTuple):
    """What a verdict is about: `names` of the two files, `changed` files of a rebuild."""

    path: str
    engine: str | None = None
    names: tuple[str, str] = ("", "")
    changed: tuple[str, ...] = ()


def verdict(subject: Subject, found: Verdict, most: int | None) -> str:
    """The whole report; at most `most` lines of each list (None: all)."""
    lines = [f"{shown(subject.path)}: {_head(subject, found)} ({subject.engine})"]
    if found.failed:
        lines += [f"    {line}" for line in found.failed.splitlines()]
    lines += [f"  {_difference(d)}" for d in found.differences[:most]]
    lines += _more(found.differences, most)
    if found.clean:
        lines.append(f"  a clean build takes {_taken(found.clean)}")
    if found.rebuild:
        what = ", ".join(shown(name) for name in subject.changed)
        lines.append(f"  a rebuild after a change of {what} takes {_taken(found.rebuild)}")
    if found.noise:
        lines.append("  noise, in which two builds of the original differ as well:")
        names = _noisy(found.noise)
        lines += [f"    {name}" for name in names[:most]]
        lines += [f"  {line}" for line in _more(names, most)]
    return "\n".join(lines) + "\n"


def unchanged(path: str) -> str:
    """Nothing was built, for nothing would change."""
    return (
        f"{shown(path)}: stays as it is, so there is nothing to build"
        f" (--against OTHER compares it with another file)\n"
    )


def _head(subject: Subject, found: Verdict) -> str:
    if found.failed:
        return f"{shown(subject.names[1])} does not build, {shown(subject.names[0])} does"
    if found.differences:
        return f"the images differ in {_count(len(found.differences), 'fact')}"
    return f"the images are the same: {_count(found.paths, 'path')} and the config"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _taken(found: Seconds) -> str:
    return f"{seconds(found.after)} instead of {seconds(found.before)}"


def _difference(d: Difference) -> str:
    where = shown(d.where) if d.where else "config"
    if d.field == "path":
        return f"{where}: {f'{d.after} is new' if not d.before else f'{d.before} is missing'}"
    return f"{where}: {shown(d.field)}: {shown(d.after) or 'none'} instead of {_old(d)}"


def _old(d: Difference) -> str:
    return shown(d.before) or "none"


def _more(found: Sequence[object], most: int | None) -> list[str]:
    left = len(found) - (most or len(found))
    return [f"  and {left:,} more (-v shows all)"] if left > 0 else []


def _noisy(noise: Iterable[Difference]) -> list[str]:
    """`/var/log/dpkg.log (content)`, each place once."""
    fields: dict[str, list[str]] = {}
    for d in noise:
        fields.setdefault(d.where or "config", []).append(d.field)
    return [f"{shown(where)} ({', '.join(found)})" for where, found in fields.items()]


def document(subject: Subject, found: Verdict | None) -> str:
    """The verdict as JSON; None: nothing would change, and nothing was built."""
    verdict = found or Verdict()
    rebuild = _pair(verdict.rebuild)
    body = {
        "version": VERSION,
        "path": _text(subject.path),
        "engine": subject.engine,
        "built": found is not None,
        "same": verdict.same,
        "paths": verdict.paths,
        "differences": [_fact(d) for d in verdict.differences],
        "noise": [_fact(d) for d in verdict.noise],
        "seconds": _pair(verdict.clean),
        "rebuild": rebuild and {"changed": [_text(name) for name in subject.changed], **rebuild},
        "failed": _text(verdict.failed) or None,
    }
    return json.dumps(body, indent=2) + "\n"


def _pair(found: Seconds | None) -> dict[str, Any] | None:
    return found and {"before": round(found.before, 3), "after": round(found.after, 3)}


def _fact(d: Difference) -> dict[str, str | None]:
    return {
        "path": _text(d.where) or None,
        "field": _text(d.field),
        "before": _text(d.before) or None,
        "after": _text(d.after) or None,
    }


def _text(text: str) -> str:
    """Bytes that are no UTF-8 become U+FFFD: JSON knows text only."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
