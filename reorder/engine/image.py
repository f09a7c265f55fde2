"""An image archive, read as a stream -> its files and its config; nothing is unpacked.

Layers are applied as an engine does: upper entries replace lower ones, `.wh.NAME` hides one,
`.wh..wh..opq` all that lower layers have in its folder.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import re
import tarfile
from collections.abc import Iterator, Mapping, MutableMapping
from typing import IO, Any, NamedTuple, cast

from reorder.engine.fault import EngineError

_HIDES, _OPAQUE = ".wh.", ".wh..wh..opq"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TYPES = {tarfile.SYMTYPE: "link", tarfile.CHRTYPE: "device", tarfile.BLKTYPE: "device"}
_TYPES |= {tarfile.DIRTYPE: "folder", tarfile.FIFOTYPE: "pipe"}
_XATTR = "SCHILY.xattr."
_CHUNK = 1 << 20
# Documents are small; layers are not.
_MOST_JSON = 64 << 20

Facts = Mapping[str, str]


class Entry(NamedTuple):
    """One path: what is compared of it, by name; `inode` is one for all its hard links."""

    facts: Facts
    inode: tuple[str, str]

    @property
    def is_folder(self) -> bool:
        return self.facts["type"] == "folder"


class Layer(NamedTuple):
    """`hidden`: paths that lower layers lose; `opaque`: folders whose content they lose."""

    entries: Mapping[str, Entry]
    hidden: frozenset[str]
    opaque: frozenset[str]


class Image(NamedTuple):
    """`files`: absolute path -> facts; `config`: flat name (`Env.PATH`, `Cmd`) -> value."""

    files: Mapping[str, Facts]
    config: Facts


Known = MutableMapping[str, Layer]


def read_image(stream: IO[bytes], known: Known) -> Image:
    """The image of a `docker save` or OCI archive; EngineError when it is not one.

    `known` keeps layers by the digest in their names: shared ones are read once.
    """
    documents: dict[str, Any] = {}
    layers: dict[str, Layer] = {}
    same: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK) as archive:
            for member in archive:
                name = posixpath.normpath(member.name)
                if member.issym() or member.islnk():
                    folder = posixpath.dirname(name) if member.issym() else ""
                    same[name] = posixpath.normpath(posixpath.join(folder, member.linkname))
                elif member.isfile():
                    _part(name, archive, member, documents, layers, known)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, ValueError) as error:
        raise _unreadable(str(error)) from error
    names, config = _manifest(documents)
    try:
        stack = [layers[same.get(name, name)] for name in names]
    except KeyError as error:
        raise _unreadable(f"the layer {error} is missing") from error
    return Image(_merged(stack), flat_config(config))


def _part(
    name: str,
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    documents: dict[str, Any],
    layers: dict[str, Layer],
    known: Known,
) -> None:
    """A document or a layer of the archive; its first bytes tell which."""
    digest = _DIGEST.search(name)
    if digest and digest[0] in known:
        layers[name] = known[digest[0]]
        return
    data = _Peeked(cast("IO[bytes]", archive.extractfile(member)))
    is_tar = data.head[257:262] == b"ustar"
    if data.head[:1] in (b"{", b"[") and not is_tar:
        if member.size <= _MOST_JSON:
            documents[name] = json.loads(data.read(member.size))
        return
    if member.size < tarfile.BLOCKSIZE and data.head[:2] != _GZIP:
        return  # VERSION and such
    if data.head.startswith(_ZSTD):
        raise _unreadable("its layers are packed with zstd")
    opened = gzip.GzipFile(fileobj=cast("Any", data)) if data.head[:2] == _GZIP else data
    layer = read_layer(cast("IO[bytes]", opened), name)
    layers[name] = layer
    if digest:
        known[digest[0]] = layer


class _Peeked:
    """A stream whose first bytes are known before they are read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.head = stream.read(tarfile.BLOCKSIZE)
        self._rest = self.head

    def read(self, size: int = -1) -> bytes:
        first, self._rest = self._rest, b""
        if size < 0:
            return first + self._stream.read()
        if len(first) > size:
            first, self._rest = first[:size], first[size:]
        return first + self._stream.read(size - len(first))


def read_layer(stream: IO[bytes], name: str) -> Layer:
    """A layer's archive; the content of files is hashed as it passes."""
    entries: dict[str, Entry] = {}
    hidden: set[str] = set()
    opaque: set[str] = set()
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK) as archive:
        for member in archive:
            path = posixpath.normpath(f"/{member.name}")
            folder, base = posixpath.split(path)
            if base == _OPAQUE:
                opaque.add(folder)
            elif base.startswith(_HIDES):
                hidden.add(posixpath.join(folder, base.removeprefix(_HIDES)))
            elif member.islnk():
                target = posixpath.normpath(f"/{member.linkname}")
                if target not in entries:
                    raise tarfile.ReadError(f"{path} is a hard link to nothing")
                entries[path] = entries[target]
            else:
                entries[path] = Entry(_facts(archive, member), (name, path))
    return Layer(entries, frozenset(hidden), frozenset(opaque))


def _facts(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Facts:
    facts = {
        "type": _TYPES.get(member.type, "file"),
        "mode": f"{member.mode & 0o7777:04o}",
        "owner": f"{member.uid}:{member.gid}",
    }
    if member.issym():
        # No engine keeps the mode of a link.
        facts = {"type": "link", "owner": facts["owner"], "target": member.linkname}
    elif facts["type"] == "device":
        kind = "block" if member.isblk() else "character"
        facts["device"] = f"{kind} {member.devmajor}:{member.devminor}"
    elif facts["type"] == "file":
        facts["content"] = _hashed(cast("IO[bytes]", archive.extractfile(member)), member.name)
    for key, value in member.pax_headers.items():
        if key.startswith(_XATTR):
            facts[f"xattr {key.removeprefix(_XATTR)}"] = value.encode(
                "utf-8", "surrogateescape"
            ).hex()
    return facts


def _hashed(data: IO[bytes], name: str) -> str:
    """The hash of a file; of byte code without the time of its source, which is a time of a file.

    PEP 552: magic, flags (0: checked by time), 4 bytes of time, size.
    """
    digest = hashlib.sha256()
    if name.endswith(".pyc"):
        head = data.read(16)
        timed = len(head) == 16 and head[4:8] == bytes(4)
        digest.update(head[:8] + head[12:] if timed else head)
    while chunk := data.read(_CHUNK):
        digest.update(chunk)
    return f"sha256:{digest.hexdigest()[:16]}"


def _merged(layers: list[Layer]) -> Mapping[str, Facts]:
    """The files of an image, lowest layer first."""
    root = {"type": "folder", "mode": "0755", "owner": "0:0"}
    tree: dict[str, Entry] = {"/": Entry(root, ("", "/"))}
    for layer in layers:
        gone = {p for p in layer.hidden if p in tree}
        replaced = {p for p, e in layer.entries.items() if not e.is_folder}
        emptied = {p for p in gone | replaced if p in tree and tree[p].is_folder} | layer.opaque
        if emptied:
            tree = {p: e for p, e in tree.items() if emptied.isdisjoint(_above(p))}
        for path in gone:
            tree.pop(path, None)
        tree.update(layer.entries)
    return _with_links(tree)


def _above(path: str) -> Iterator[str]:
    while path != "/":
        path = posixpath.dirname(path)
        yield path


def _with_links(tree: Mapping[str, Entry]) -> Mapping[str, Facts]:
    """Adds to each of several names of one file the names that it has."""
    names: dict[tuple[str, str], list[str]] = {}
    for path, entry in tree.items():
        names.setdefault(entry.inode, []).append(path)
    found = {path: entry.facts for path, entry in tree.items()}
    for several in names.values():
        if len(several) > 1:
            listed = " ".join(sorted(several))
            found.update({path: {**found[path], "hard links": listed} for path in several})
    return found


def _manifest(documents: Mapping[str, Any]) -> tuple[list[str], Mapping[str, Any]]:
    """The names of the layers, lowest first, and the config."""
    try:
        if "manifest.json" in documents:
            found = documents["manifest.json"][0]
            return [posixpath.normpath(n) for n in found["Layers"]], documents[found["Config"]]
        manifest = documents["index.json"]
        while "manifests" in manifest:
            manifest = documents[_blob(manifest["manifests"][0])]
        layers = [_blob(layer) for layer in manifest["layers"]]
        return layers, documents[_blob(manifest["config"])]
    except (KeyError, IndexError, TypeError) as error:
        raise _unreadable("it has no manifest of an image") from error


def _blob(descriptor: Mapping[str, Any]) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/")


# What differs between any two builds, or tells of the builder only.
_LEFT_OUT = frozenset(("Image", "Hostname", "Domainname"))
_TOP = ("architecture", "os", "variant", "author")


def flat_config(document: Mapping[str, Any]) -> Facts:
    """`{"config": {"Env": ["A=1"]}}` -> `{"Env.A": "1"}`: empty means absent, maps by key."""
    flat = {name: str(document[name]) for name in _TOP if document.get(name)}
    for name, value in (document.get("config") or {}).items():
        if name in _LEFT_OUT or not value:
            continue
        if name == "Env":
            value = dict(pair.partition("=")[::2] for pair in value)
        if isinstance(value, dict) and name != "Healthcheck":
            flat |= {f"{name}.{key}": _shown(part) for key, part in value.items()}
        else:
            flat[name] = _shown(value)
    return flat


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _unreadable(reason: str) -> EngineError:
    return EngineError(
        "the image that the engine gives cannot be read", reason, "try another --engine"
    )
