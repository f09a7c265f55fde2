"""Exported build records: `docker buildx history export`."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.timings import LogError
from reorder.timings.log import steps
from reorder.timings.wire import WireError, fields

PROGRESS = "application/vnd.buildkit.status.v0"
TRACE = "application/vnd.buildkit.otlp.json.v0"


def varint(value: int) -> bytes:
    rest = value >> 7
    return bytes([value & 127 | 128]) + varint(rest) if rest else bytes([value])


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(values: Sequence[tuple[int, int | bytes | str]]) -> bytes:
    return b"".join(field(number, value) for number, value in values)


def time(nanos: int) -> bytes:
    """Numbers that are 0 are left out."""
    parts = ((1, nanos // 10**9), (2, nanos % 10**9))
    return message([(number, value) for number, value in parts if value])


def vertex(digest: str, name: str, *more: tuple[int, int | bytes | str]) -> bytes:
    return message([(1, digest), (2, "an input"), (3, name), *more])


def progress(*statuses: Sequence[bytes]) -> bytes:
    """Each behind its length; a status has other fields, too."""
    found = b""
    for vertexes in statuses:
        data = message([*((1, vertex) for vertex in vertexes), (3, b"\x0a\x01a")])
        found += len(data).to_bytes(4, "little") + data
    return found


BEGIN = 1_700_000_000 * 10**9
END = BEGIN + 12_250_000_000
LONG = "RUN make " + "x" * 300  # a length of two bytes
BUILD = progress(
    [vertex("a", "[internal] load .dockerignore", (5, time(BEGIN)), (6, time(BEGIN)))],
    [vertex("b", "[build 2/4] RUN make all"), vertex("c", f"[build 3/4] {LONG}")],
    [vertex("b", "[build 2/4] RUN make all", (5, time(BEGIN)))],
    [
        vertex("b", "[build 2/4] RUN make all", (5, time(BEGIN)), (6, time(END))),
        vertex("c", f"[build 3/4] {LONG}", (5, time(BEGIN)), (6, time(BEGIN)), (4, 1)),
        vertex("d", "[2/2] RUN no", (5, time(BEGIN)), (6, time(BEGIN)), (7, "exit code: 1")),
    ],
)
STEPS = [("RUN make all", "build", 2, 12.25, 0), (LONG, "build", 3, None, 0)]


def archive(files: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def layout(builds: Sequence[bytes], *, nested: bool = False) -> dict[str, bytes]:
    """The files of an export of some builds; of several the records stand in an inner index."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def put(kind: str, data: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        files[f"blobs/sha256/{digest}"] = data
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    manifests = []
    for build in builds:
        layers = [put(TRACE, b"{}"), put(PROGRESS, build)]
        body = {"schemaVersion": 2, "config": put("record", b'{"Ref": "x"}'), "layers": layers}
        manifests.append(put("manifest", json.dumps(body).encode()))
    if nested:
        manifests = [put("index", json.dumps({"manifests": manifests}).encode())]
    return {**files, "index.json": json.dumps({"manifests": manifests}).encode()}


def told(data: bytes) -> list[tuple[str, str, int, float | None, int]]:
    return [
        (s.text, s.stage, s.at, None if s.seconds is None else round(s.seconds, 3), s.build)
        for s in steps(data, "log")
    ]


LAYOUT = layout([BUILD])
ENDLESS = layout([BUILD]) | {"index.json": b'{"manifests": [{"digest": "sha256:a"}]}'}
ENDLESS["blobs/sha256/a"] = ENDLESS["index.json"]
REFUSED = {
    "a tar of something else": (archive({"a": b"x"}), "is no build record ('index.json')"),
    "a cut archive": (archive(LAYOUT)[:-200], "is no build record"),
    "a compressed log": (b"\x1f\x8b\x08\0abc", "is no build record"),
    "a missing blob": (archive({"index.json": LAYOUT["index.json"]}), "is no build record"),
    "an index that is no index": (archive({"index.json": b"[]"}), "is no build record"),
    "an index in itself": (archive(ENDLESS), "its indexes nest too deeply"),
    "cut progress": (archive(layout([BUILD[:-3]])), "(the progress is cut)"),
    "progress that is none": (archive(layout([b"\x02\0\0\0\x0f\x0f"])), "no field is of kind 7"),
    "a record without steps": (archive(layout([progress([])])), "no step of a build stands in it"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_record_is_refused_with_a_remedy(data: bytes, reason: str) -> None:
    with pytest.raises(LogError) as error:
        steps(data, "log")
    assert reason in str(error.value)
    assert "docker buildx history" in str(error.value)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_record_gives_the_steps_of_its_build(mode: str) -> None:
    assert told(archive(LAYOUT, mode)) == STEPS


@pytest.mark.parametrize("nested", [False, True])
def test_each_record_is_a_build_of_its_own(nested: bool) -> None:
    other = progress([vertex("e", "[2/2] ADD a b", (5, time(0)), (6, time(1_500_000_000)))])
    found = told(archive(layout([BUILD, other], nested=nested)))
    assert found == [*STEPS, ("ADD a b", "", 2, 1.5, 1)]


@given(st.lists(st.tuples(st.integers(1, 1 << 28), st.integers(0, 1 << 63) | st.binary())))
def test_fields_come_out_as_they_went_in(values: list[tuple[int, int | bytes]]) -> None:
    expected: dict[int, list[int | bytes]] = {}
    for number, value in values:
        expected.setdefault(number, []).append(value)
    assert fields(message(values)) == expected


def test_fields_of_a_fixed_size_are_passed_over() -> None:
    assert fields(b"\x09" + b"12345678" + b"\x15abcd" + b"\x18\x01") == {
        1: [b"12345678"],
        2: [b"abcd"],
        3: [1],
    }


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_refused(data: bytes) -> None:
    try:
        fields(data)
    except WireError as error:
        assert str(error)


@given(st.integers(0, 1 << 20), st.integers(1, 255), st.sampled_from(["w", "w:gz"]))
def test_a_broken_record_is_read_or_refused(at: int, change: int, mode: str) -> None:
    data = bytearray(archive(LAYOUT, mode))
    data[at % len(data)] ^= change
    try:
        steps(bytes(data), "log")
    except LogError as error:
        assert str(error).startswith("log: ")


@given(st.sampled_from([b"[]", b"3", b'{"layers": 3}', b'{"layers": [3]}', b'{"manifests": [[]]}']))
def test_a_manifest_of_any_shape_is_refused(text: bytes) -> None:
    index = b'{"manifests": [{"digest": "sha256:a"}]}'
    with pytest.raises(LogError, match="docker buildx history"):
        steps(archive({"index.json": index, "blobs/sha256/a": text}), "log")


@given(st.binary(max_size=80))
def test_any_progress_is_read_or_refused(data: bytes) -> None:
    try:
        told(archive(layout([data]), "w"))
    except LogError as error:
        assert "docker buildx history" in str(error)
