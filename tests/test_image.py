"""Image archives -> files and config; what is compared, and what is noise."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.engine.compare import Difference, differences, sift
from reorder.engine.fault import EngineError
from reorder.engine.image import Image, Known, flat_config, read_image


class Member(NamedTuple):
    """One member of a layer; `content` of a link is its target."""

    name: str
    content: str | bytes = ""
    type: bytes = tarfile.REGTYPE
    mode: int = 0o644
    uid: int = 0
    xattrs: Mapping[str, str] = {}


def folder(name: str, mode: int = 0o755) -> Member:
    return Member(name, type=tarfile.DIRTYPE, mode=mode)


def tar(members: Sequence[Member]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.type, info.mode, info.uid = member.type, member.mode, member.uid
            info.pax_headers = {f"SCHILY.xattr.{k}": v for k, v in member.xattrs.items()}
            content = member.content
            raw = content.encode() if isinstance(content, str) else content
            if member.type == tarfile.REGTYPE:
                info.size = len(raw)
            else:
                info.linkname = raw.decode()
            archive.addfile(info, io.BytesIO(raw))
    return data.getvalue()


def saved(*layers: bytes, config: Mapping[str, Any] | None = None) -> bytes:
    """An archive as `docker save` wrote it up to 24."""
    names = [f"{n}/layer.tar" for n in range(len(layers))]
    documents = {
        "c.json": {"os": "linux", "config": config or {}},
        "manifest.json": [{"Config": "c.json", "Layers": names}],
    }
    return tar(
        [
            Member("VERSION", "1.0"),
            *(Member(name, layer) for name, layer in zip(names, layers, strict=True)),
            *(Member(name, json.dumps(body)) for name, body in documents.items()),
        ]
    )


def oci(*layers: bytes) -> bytes:
    """An OCI archive: blobs by digest."""
    blobs: dict[str, bytes] = {}

    def blob(data: bytes) -> dict[str, str]:
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}"}

    manifest = {
        "layers": [blob(layer) for layer in layers],
        "config": blob(json.dumps({"os": "linux"}).encode()),
    }
    index = {"manifests": [blob(json.dumps(manifest).encode())]}
    documents = [Member("index.json", json.dumps(index)), Member("oci-layout", "{}")]
    return tar([*documents, *(Member(name, data) for name, data in blobs.items())])


def image(data: bytes, known: Known | None = None) -> Image:
    return read_image(io.BytesIO(data), {} if known is None else known)


def paths(*layers: Sequence[Member]) -> list[str]:
    found = image(saved(*(tar(layer) for layer in layers)))
    return sorted(found.files.keys() - {"/"})


# What is no image.


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "empty"),
        (b"no archive at all" * 100, "invalid header"),
        (tar([]), "no manifest"),
        (tar([Member("manifest.json", "[]")]), "no manifest"),
        (tar([Member("manifest.json", "{")]), "Expecting property name"),
        (saved(tar([Member("a", "1")]))[:2100], "unexpected end of data"),
        (saved(b"\x28\xb5\x2f\xfd" * 200), "zstd"),
        (saved(tar([Member("a", "b", tarfile.LNKTYPE)])), "a hard link to nothing"),
        (
            saved(gzip.compress(tar([Member("a", "1")]))[:-9] + bytes(9)),
            "CRC check failed|Error -3|end-of-stream",
        ),
    ],
)
def test_what_is_no_whole_image_gives_no_verdict(data: bytes, reason: str) -> None:
    with pytest.raises(EngineError, match=reason):
        image(data)


# Layers.

D, F = folder("d"), Member("d/f", "1")


@pytest.mark.parametrize(
    "upper, expected",
    [
        ([], ["/d", "/d/f"]),
        ([Member("d/.wh.f")], ["/d"]),
        ([Member(".wh.d")], []),
        ([Member(".wh.d"), folder("d"), Member("d/g")], ["/d", "/d/g"]),
        ([folder("d"), Member("d/.wh..wh..opq"), Member("d/g")], ["/d", "/d/g"]),
        ([Member("d", "now a file")], ["/d"]),
        ([Member("d", "/x", tarfile.SYMTYPE)], ["/d"]),
        ([folder("d", 0o700)], ["/d", "/d/f"]),
        ([Member(".wh.nothing")], ["/d", "/d/f"]),
        ([Member("{", "1")], ["/d", "/d/f", "/{"]),
    ],
)
def test_upper_layers_replace_and_hide(upper: list[Member], expected: list[str]) -> None:
    assert paths([D, F], upper) == expected


def test_a_whiteout_hides_what_lower_layers_have_only() -> None:
    assert paths([Member("a", "1")], [Member(".wh.a")], [Member("a", "2")]) == ["/a"]


def test_the_highest_layer_tells_the_facts() -> None:
    found = image(saved(tar([Member("a", "1")]), tar([Member("a", "1", mode=0o4755, uid=7)])))
    assert (found.files["/a"]["mode"], found.files["/a"]["owner"]) == ("4755", "7:0")


@pytest.mark.parametrize(
    "one, other, field",
    [
        (Member("x", "1"), Member("x", "2"), "content"),
        (Member("x", "1"), Member("x", "1", mode=0o600), "mode"),
        (Member("x", "1"), Member("x", "1", uid=5), "owner"),
        (Member("x", "/a", tarfile.SYMTYPE), Member("x", "/b", tarfile.SYMTYPE), "target"),
        (Member("x"), Member("x", xattrs={"user.a": "1"}), "xattr user.a"),
        (Member("x"), folder("x", 0o644), "type"),
        (Member("x", type=tarfile.FIFOTYPE), Member("x", type=tarfile.CHRTYPE), "type"),
    ],
)
def test_each_fact_of_a_path_counts(one: Member, other: Member, field: str) -> None:
    found = differences(image(saved(tar([one]))), image(saved(tar([other]))))
    assert field in {d.field for d in found}
    assert {d.where for d in found} == {"/x"}


def test_hard_links_are_one_file_until_one_is_replaced() -> None:
    pair = tar([Member("a", "1"), Member("b", "a", tarfile.LNKTYPE)])
    copies = tar([Member("a", "1"), Member("b", "1")])
    assert image(saved(pair)).files["/b"]["hard links"] == "/a /b"
    assert image(saved(pair, tar([Member("b", "1")]))).files == image(saved(copies)).files


def test_the_time_in_byte_code_is_a_time_of_a_file() -> None:
    def code(time: bytes, flags: bytes = bytes(4), body: bytes = b"body") -> Image:
        head = b"\xa7\r\r\n" + flags + time + b"size"
        return image(saved(tar([Member("a.pyc", head + body)])))

    assert code(b"1234") == code(b"5678")
    assert code(b"1234") != code(b"1234", body=b"other")
    hashed = b"\x01\0\0\0"
    assert code(b"1234", hashed) != code(b"5678", hashed)


def test_all_forms_of_an_archive_give_the_same_files() -> None:
    layer = tar([D, F])
    plain = image(saved(layer)).files
    assert image(saved(gzip.compress(layer))).files == plain
    assert image(oci(layer)).files == plain
    assert image(oci(gzip.compress(layer))).files == plain


def test_a_layer_that_is_a_link_to_another_is_that_one() -> None:
    documents = [
        Member("c.json", "{}"),
        Member("manifest.json", '[{"Config": "c.json", "Layers": ["x/layer.tar"]}]'),
        Member("y/layer.tar", tar([D])),
        Member("x/layer.tar", "../y/layer.tar", tarfile.SYMTYPE),
    ]
    assert "/d" in image(tar(documents)).files


def test_a_known_layer_is_not_read_again() -> None:
    known: Known = {}
    archive = oci(tar([D, F]))
    first = image(archive, known)
    assert len(known) == 1
    (digest,) = known
    known[digest] = known[digest]._replace(entries={})
    assert image(archive, known).files.keys() == {"/"} != first.files.keys()


# The config.


@pytest.mark.parametrize(
    "config, expected",
    [
        ({}, {}),
        ({"Env": ["B=2", "A=1=1"]}, {"Env.A": "1=1", "Env.B": "2"}),
        ({"Labels": {"a.b": "c"}}, {"Labels.a.b": "c"}),
        ({"Cmd": ["a"], "Entrypoint": None, "OnBuild": []}, {"Cmd": '["a"]'}),
        ({"ExposedPorts": {"80/tcp": {}}}, {"ExposedPorts.80/tcp": "{}"}),
        ({"Hostname": "x", "Image": "y", "User": "z"}, {"User": "z"}),
        ({"Healthcheck": {"Test": ["NONE"]}}, {"Healthcheck": '{"Test": ["NONE"]}'}),
    ],
)
def test_a_config_is_flat(config: dict[str, Any], expected: dict[str, str]) -> None:
    assert flat_config({"config": config, "created": "now"}) == expected


def test_platform_and_author_count() -> None:
    document = {"architecture": "arm64", "os": "linux", "variant": "v8", "author": "x", "id": "1"}
    assert flat_config(document) == {k: v for k, v in document.items() if k != "id"}


# Noise.


def lost(path: str) -> Difference:
    return Difference(path, "path", "file", "")


@pytest.mark.parametrize(
    "found, again, is_noise",
    [
        (Difference("/a", "content", "1", "2"), (), False),
        (Difference("/a", "mode", "1", "2"), (Difference("/a", "content", "1", "3"),), False),
        (Difference("/a", "content", "1", "2"), (Difference("/b", "content", "1", "3"),), False),
        (Difference("/a", "content", "1", "2"), (Difference("/a", "content", "1", "3"),), True),
        (lost("/t/pip-abcd"), (lost("/t/pip-wxyz"),), True),
        (lost("/t/pip-abcd/x"), (lost("/t/pip-wxyz"),), True),
        (lost("/t/pip-abcd"), (lost("/u/pip-wxyz"),), False),
        (lost("/t/ab"), (lost("/t/pip-wxyz"),), False),
        (lost("/t/07k5DFAtfIuhab9ScTovm/x"), (lost("/t/uwx_Oddz92o_zt-h6uhgo"),), True),
        (lost("/t/settings-of-project"), (lost("/t/uwx_Oddz92o_zt-h6uhgo"),), False),
        (lost("/t/07k5DFAtfIuhab9ScTov"), (lost("/t/uwx_Oddz92o_zt-h6uhgo"),), False),
    ],
)
def test_noise_is_what_builds_of_the_original_differ_in(
    found: Difference, again: tuple[Difference, ...], is_noise: bool
) -> None:
    sifted = sift([found], again)
    assert (sifted.real, sifted.noise) == (((), (found,)) if is_noise else ((found,), ()))


FACTS = st.dictionaries(st.sampled_from(["type", "mode", "owner"]), st.sampled_from("abc")).map(
    lambda facts: {"type": "file", **facts}
)
IMAGES = st.builds(
    Image,
    st.dictionaries(st.sampled_from(["/a", "/b", "/b/c"]), FACTS),
    st.dictionaries(st.sampled_from(["Cmd", "Env.A"]), st.sampled_from("ab")),
)


@given(IMAGES, IMAGES)
def test_there_is_no_difference_exactly_when_images_are_equal(one: Image, other: Image) -> None:
    assert (differences(one, other) == ()) == (one == other)


@given(IMAGES, IMAGES, IMAGES)
def test_sifting_loses_nothing(one: Image, two: Image, three: Image) -> None:
    found = differences(one, two)
    sifted = sift(found, differences(one, three))
    assert sorted((*sifted.real, *sifted.noise)) == sorted(found)
