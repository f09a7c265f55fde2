"""`docker buildx history export`: a tar in the layout of OCI images -> the steps of its builds.

index.json -> (an index of several records ->) a manifest -> a layer with the progress of a build:
messages of BuildKit's control API, each behind its length in four bytes.
"""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from reorder.timings import LogError
from reorder.timings.timed import Timed
from reorder.timings.vertexes import Vertexes
from reorder.timings.wire import WireError, fields

_PROGRESS = "application/vnd.buildkit.status.v0"
_MOST_BYTES = 256 << 20
_BROKEN = (tarfile.TarError, zlib.error, OSError, EOFError)
_DEEPEST = 4  # indexes in indexes
# Numbers of fields: of a status, of a vertex, of a time.
_VERTEXES = 1
_DIGEST, _NAME, _CACHED, _STARTED, _COMPLETED, _ERROR = 1, 3, 4, 5, 6, 7
_SECONDS, _NANOS = 1, 2


def recorded(data: bytes, name: str) -> Iterator[Timed]:
    """The steps of all builds of an exported record. Raises LogError."""
    try:
        files = _files(data)
        manifests = list(_manifests(files, json.loads(files["index.json"]), _DEEPEST))
        for build, manifest in enumerate(manifests):
            vertexes = Vertexes()
            for layer in manifest.get("layers") or ():
                if layer["mediaType"] == _PROGRESS:
                    _read(vertexes, files[_path(layer)])
            yield from vertexes.steps(build)
    # What they raise for broken files is listed nowhere.
    except (*_BROKEN, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise LogError(
            f"{name}: is no build record ({error}): give what `docker buildx history export`"
            " writes, or `docker buildx history logs --progress=rawjson` as text"
        ) from error


def _files(data: bytes) -> Mapping[str, bytes]:
    """What the tar has; nothing is written to a disk."""
    found: dict[str, bytes] = {}
    left = _MOST_BYTES
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for entry in tar:
            left -= entry.size
            if left < 0:
                raise ValueError(f"it has more than {_MOST_BYTES >> 20} MB")
            file = tar.extractfile(entry) if entry.isfile() else None
            if file is not None:
                found[entry.name.removeprefix("./")] = file.read()
    return found


def _manifests(
    files: Mapping[str, bytes], index: dict[str, Any], depth: int
) -> Iterator[dict[str, Any]]:
    """The manifests below an index, one a record."""
    if not depth:
        raise ValueError("its indexes nest too deeply")
    for item in index["manifests"]:
        inner = json.loads(files[_path(item)])
        yield from _manifests(files, inner, depth - 1) if "manifests" in inner else (inner,)


def _path(descriptor: Mapping[str, Any]) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/", 1)


def _read(vertexes: Vertexes, data: bytes) -> None:
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        if end > len(data):
            raise WireError("the progress is cut")
        for vertex in fields(data[at + 4 : end]).get(_VERTEXES, ()):
            _add(vertexes, _bytes(vertex))
        at = end


def _add(vertexes: Vertexes, data: bytes) -> None:
    found = fields(data)
    begin, end = (_time(found.get(number)) for number in (_STARTED, _COMPLETED))
    vertexes.add(
        _text(found.get(_DIGEST)),
        _text(found.get(_NAME)),
        None if begin is None or end is None else (begin, end),
        cached=any(found.get(_CACHED, ())),
        failed=any(found.get(_ERROR, ())),
    )


def _text(values: list[int | bytes] | None) -> str:
    return _bytes(values[-1]).decode("utf-8", "replace") if values else ""


def _time(values: list[int | bytes] | None) -> float | None:
    if values is None:
        return None
    found = fields(_bytes(values[-1]))
    seconds, nanos = (found.get(number, [0])[-1] for number in (_SECONDS, _NANOS))
    if isinstance(seconds, bytes) or isinstance(nanos, bytes):
        raise WireError("a time is no number")
    return seconds + nanos / 1e9


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise WireError("a number stands where a message is expected")
    return value
