"""The log of a build -> its steps: what the engines print, also through a CI service.

2024-01-31T10:00:00.0000000Z #7 [build 3/8] RUN make      ->      RUN make, 12.3 s
2024-01-31T10:00:12.3000000Z #7 DONE 12.3s
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from reorder.timings import LogError
from reorder.timings.timed import Timed, named, step

MOST_BYTES = 256 << 20
_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
# Columns of a client of the service, the time, the mark of the stream.
_PREFIX = re.compile(
    r"(?:[^\t]*\t[^\t]*\t)?\ufeff?\[?"
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?)(?P<zone>Z|[+-]\d\d:?\d\d)?\]?"
    r"(?: (?:\d\d[OE](?:[+ ]|$))?|$)"
)
_HEADER = re.compile(r"#(?P<id>\d+) (?P<name>\[.*)")
_DONE = re.compile(r"#(?P<id>\d+) (?:DONE (?P<seconds>\d+(?:\.\d+)?)s|(?P<cached>CACHED))\s*")
_STEP = re.compile(
    r"(?:\[(?P<stage>\d+)/\d+\] )?(?:STEP|Step) (?P<at>\d+)/\d+ ?: (?P<text>.*)", re.DOTALL
)
_OVER = re.compile(
    r"(?:\[(?P<stage>\d+)/\d+\] )?(?:COMMIT\b|\s*-{2,3}> [0-9a-f]{7,}|Successfully built).*"
)
_USED = re.compile(r"\s*-{2,3}> Using cache.*")
_TERMINAL = re.compile(r"\s*=> (?:CACHED )?\[[^\]]*\d+/\d+\] .*", re.MULTILINE)
_HOW = (
    "give the output of `docker build --progress=plain` or `--progress=rawjson`, of"
    " `docker buildx history logs` or `history export`, or of podman or buildah with a time in"
    " front of each line"
)


class _Line(Struct, frozen=True):
    number: int
    time: float | None
    text: str


def read_log(path: Path) -> tuple[Timed, ...]:
    """The steps of all builds in a log. Raises LogError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LogError(f"{path}: the log has more than {MOST_BYTES >> 20} MB: cut it in parts")
        data = path.read_bytes()
    except OSError as error:
        raise LogError(f"{path}: the log cannot be read: {error.strerror}") from error
    return steps(data, str(path))


def read_logs(paths: Iterable[Path]) -> tuple[Timed, ...]:
    """The steps of several logs, each build with a number of its own. Raises LogError."""
    found: list[Timed] = []
    for path in paths:
        builds = found[-1].build + 1 if found else 0
        found += [replace(timed, build=builds + timed.build) for timed in read_log(path)]
    return tuple(found)


def steps(data: bytes, name: str) -> tuple[Timed, ...]:
    """As `read_log`, of a text."""
    if data.startswith(b"\x1f\x8b") or data[257:262] == b"ustar":
        return _recorded(data, name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    if b"\0" in data[: 1 << 16]:
        raise LogError(f"{name}: is neither text nor a build record: {_HOW}")
    lines = [_line(n, text) for n, text in enumerate(_texts(data), 1)]
    for reader in _READERS:
        found = tuple(reader(lines, name))
        if found:
            return found
    if _TERMINAL.search("\n".join(line.text for line in lines)):
        reason = "it is made for a terminal, which cuts the steps short"
        raise LogError(f"{name}: no step can be told: {reason}: build with --progress=plain")
    raise LogError(f"{name}: no step of a build stands in it: {_HOW}")


def _recorded(data: bytes, name: str) -> tuple[Timed, ...]:
    from reorder.timings.record import recorded

    found = tuple(recorded(data, name))
    if not found:
        raise LogError(f"{name}: no step of a build stands in it: {_HOW}")
    return found


def _texts(data: bytes) -> list[str]:
    return _ANSI.sub("", data.decode("utf-8", "replace")).replace("\r\n", "\n").split("\n")


def _line(number: int, text: str) -> _Line:
    found = _PREFIX.match(text)
    if found is None:
        return _Line(number, None, text.removeprefix("\ufeff"))
    time = moment(found["time"].replace(",", ".") + (found["zone"] or "Z"))
    return _Line(number, time, text[found.end() :] if time is not None else text)


def moment(text: str) -> float | None:
    """Seconds of `2024-01-31T10:00:00.123456789Z`; None when it is no time."""
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).timestamp()
    except ValueError:
        return None


def _json(lines: list[_Line], name: str) -> Iterator[Timed]:
    if any(line.text.startswith('{"') or line.text.rstrip() == "{" for line in lines):
        from reorder.timings.rawjson import statuses

        yield from statuses([(line.number, line.text) for line in lines], name)


def _plain(lines: list[_Line], name: str) -> Iterator[Timed]:
    """Numbers begin again with each build, and a name may be printed more than once."""
    names: dict[str, str] = {}
    ended: dict[str, Timed] = {}
    build = 0
    for line in lines:
        header, done = _HEADER.fullmatch(line.text), _DONE.fullmatch(line.text)
        if header and names.get(header["id"], header["name"]) != header["name"]:
            yield from ended.values()
            names, ended, build = {}, {}, build + 1
        if header:
            names[header["id"]] = header["name"]
        elif done and done["id"] in names:
            seconds = None if done["cached"] else float(done["seconds"])
            timed = named(names[done["id"]], seconds, build)
            before = ended.get(done["id"])
            # One that is waited for several times tells the longest last.
            if timed and (before is None or (before.seconds or 0.0) < (seconds or 0.0)):
                ended[done["id"]] = timed
    yield from ended.values()


def _numbered(lines: list[_Line], name: str) -> Iterator[Timed]:
    """`STEP 3/8: RUN make`: a step lasts until the next one of its stage."""
    begun: dict[str, tuple[_Line, re.Match[str]]] = {}
    cached: set[str] = set()
    stage, build = -1, 0
    for line in lines:
        found, over = _STEP.fullmatch(line.text), _OVER.fullmatch(line.text)
        if begun and _USED.fullmatch(line.text):
            cached.add(next(reversed(begun)))
        end = found or over
        if end is None:
            continue
        # Only some ends name their stage: without it, it is the last one that began.
        key = end["stage"] or ("" if found else next(reversed(begun), ""))
        before = begun.pop(key, None)
        if before is not None:
            yield from _lasted(before, None if key in cached else line, stage, build, name)
        cached.discard(key)
        if found is None:
            continue
        build += found["at"] == "1" and found["stage"] in (None, "1")
        if found["text"].upper().startswith("FROM "):
            stage = 0 if found["at"] == "1" else stage + 1
        begun[key] = (line, found)


def _lasted(
    begun: tuple[_Line, re.Match[str]], end: _Line | None, stage: int, build: int, name: str
) -> Iterator[Timed]:
    line, found = begun
    label = f"stage-{int(found['stage']) - 1 if found['stage'] else stage}"
    timed = step(found["text"], label, int(found["at"]), None, build)
    if timed is None or end is None:
        yield from [timed] if timed else []
        return
    if line.time is None or end.time is None:
        raise LogError(
            f"{name}:{line.number}: the step has no seconds: this engine prints none, and the line"
            " begins with no time: let each begin with one, as in `... 2>&1 | ts"
            " '%Y-%m-%dT%H:%M:%.S'`, or take the raw log of the CI service"
        )
    yield replace(timed, seconds=max(0.0, end.time - line.time))


_READERS: tuple[Callable[[list[_Line], str], Iterator[Timed]], ...] = (_json, _plain, _numbered)
