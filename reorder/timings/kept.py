"""Seconds that are remembered: `.reorder-timings.json`, the nearest upwards.

{"version": 1, "files": {"web/Dockerfile": [
    {"stage": "build", "at": 3, "text": "RUN make", "seconds": [12.3, 11.9]}]}}
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reorder.timings import LogError
from reorder.timings.match import Measured
from reorder.timings.timed import Timed

# Of each instruction, the latest.
_MOST = 5
_MOST_BYTES = 16 << 20


def remembered(store: Path, dockerfile: Path) -> tuple[Timed, ...]:
    """What is remembered of a Dockerfile. Raises LogError."""
    entries = _files(store).get(_key(store, dockerfile), [])
    return tuple(
        Timed(entry["text"], entry["stage"], entry["at"], float(seconds), build=n, kept=True)
        for entry in entries
        for n, seconds in enumerate(entry["seconds"])
    )


def save(store: Path, dockerfile: Path, measured: Iterable[Measured]) -> None:
    """Sets the seconds of a Dockerfile; forgets files that are gone, and all but the latest.

    Raises LogError, OSError.
    """
    files = _files(store) if store.exists() else {}
    files = {name: found for name, found in files.items() if (store.parent / name).is_file()}
    files[_key(store, dockerfile)] = [
        {"stage": m.stage, "at": m.at, "text": m.text, "seconds": _latest(m)} for m in measured
    ]
    text = json.dumps({"version": 1, "files": dict(sorted(files.items()))}, indent=1) + "\n"
    new = store.with_name(f"{store.name}.{os.getpid()}")
    try:
        new.write_text(text, "utf-8")
        new.replace(store)
    finally:
        new.unlink(missing_ok=True)


def _latest(measured: Measured) -> list[float]:
    return [round(seconds, 3) for seconds in measured.seconds[-_MOST:]]


def _key(store: Path, dockerfile: Path) -> str:
    return Path(os.path.relpath(dockerfile.absolute(), store.parent.absolute())).as_posix()


def _files(store: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        if store.stat().st_size > _MOST_BYTES:
            raise ValueError("it is far too large")
        data = json.loads(store.read_bytes())
        if data["version"] != 1:
            raise ValueError(f"its version is {data['version']!r}, not 1")
        files: dict[str, list[dict[str, Any]]] = data["files"]
        for entries in files.values():
            for entry in entries:
                _check(entry)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LogError(
            f"{store}: the remembered seconds cannot be read: {error}: mend the file or delete it"
        ) from error
    return files


def _check(entry: dict[str, Any]) -> None:
    texts = isinstance(entry["text"], str) and isinstance(entry["stage"], str)
    if not (texts and type(entry["at"]) is int):
        raise ValueError(f"{entry!r} is no instruction")
    for seconds in entry["seconds"]:
        if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
            raise ValueError(f"{seconds!r} is no number of seconds")
