"""yarn.lock of version 1: is it in step with package.json, so that an install leaves it alone?

Facts: yarn 1.22, src/cli/commands/install.js (saveLockfileAndIntegrity): the file is written
when a pattern is missing, is left over, or has no checksum.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from reorder.manifests.node.package import Package, table_of

_FIELD = re.compile(r'  (version|resolved|integrity) "?([^"]+)"?')
_NEED = re.compile(r'    ("?)([^\s"]+)\1 "?([^"]+)"?')
_RESOLVED = re.compile(r"https?://\S+#[0-9a-f]{40}")
_FIRST = "# yarn lockfile v1"


class _Entry(Struct, frozen=True):
    patterns: tuple[str, ...]
    fields: dict[str, str]
    needs: tuple[str, ...]


def in_step(packages: Sequence[Package], content: bytes) -> bool:
    """True only when the lock file holds all that a lone root asks for, and nothing else."""
    entries = _entries(content.decode("utf-8", "replace"))
    if entries is None or len(packages) != 1 or packages[0].data.get("resolutions"):
        return False
    by_pattern = {pattern: entry for entry in entries for pattern in entry.patterns}
    if not all(_complete(entry) for entry in entries):
        return False
    data = packages[0].data
    waiting = [
        f"{name}@{spec}"
        for key in ("dependencies", "devDependencies", "optionalDependencies")
        for name, spec in table_of(data.get(key)).items()
    ]
    seen: set[str] = set()
    while waiting:
        pattern = waiting.pop()
        if pattern not in by_pattern:
            return False
        if pattern not in seen:
            seen.add(pattern)
            waiting += by_pattern[pattern].needs
    return bool(seen) and seen == set(by_pattern)


def _complete(entry: _Entry) -> bool:
    fields = entry.fields
    resolved = _RESOLVED.fullmatch(fields.get("resolved", ""))
    return bool(resolved and fields.get("version") and fields.get("integrity"))


def _entries(text: str) -> list[_Entry] | None:
    """None for a text that is not understood to the last line."""
    if _FIRST not in text.splitlines()[:3]:
        return None
    entries: list[_Entry] = []
    for block in re.split(r"\n{2,}", text.strip("\n")):
        lines = [line for line in block.split("\n") if line and not line.startswith("#")]
        if lines:
            entry = _entry(lines)
            if entry is None:
                return None
            entries.append(entry)
    return entries


def _entry(lines: Sequence[str]) -> _Entry | None:
    """`a@^1, "@b/c@^2":` and the indented lines below it."""
    head = lines[0]
    if head.startswith(" ") or not head.endswith(":"):
        return None
    patterns = [part.strip().strip('"') for part in head[:-1].split(", ")]
    fields: dict[str, str] = {}
    needs: list[str] = []
    for line in lines[1:]:
        if line in ("  dependencies:", "  optionalDependencies:"):
            continue
        field, need = _FIELD.fullmatch(line), _NEED.fullmatch(line)
        if field:
            fields[field[1]] = field[2]
        elif need:
            needs.append(f"{need[2]}@{need[3]}")
        else:
            return None
    return _Entry(tuple(patterns), fields, tuple(needs))
