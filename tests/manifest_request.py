"""A Request over a few files, for the tests of the manifest readers."""

from __future__ import annotations

from collections.abc import Mapping

from reorder.manifests import Request


def request(
    files: Mapping[str, str],
    *flags: str,
    start: tuple[str, ...] = (),
    cwd: str = "/app",
    values: Mapping[str, str] | None = None,
    words: tuple[str, ...] = (),
    variables: Mapping[str, str] | None = None,
    unknown: tuple[str, ...] = (),
) -> Request:
    """`unknown`: paths that an earlier RUN may have changed."""
    known = {path: text.encode() for path, text in files.items() if path not in unknown}

    def exists(path: str) -> bool | None:
        return None if path in unknown else path in known

    def below(folder: str) -> tuple[str, ...] | None:
        inner = folder.rstrip("/") + "/"
        if any(path.startswith(inner) for path in unknown):
            return None
        return tuple(sorted(path for path in known if path.startswith(inner)))

    return Request(
        start=start,
        cwd=cwd,
        flags=frozenset((*flags, *(values or {}))),
        values=values or {},
        words=words,
        read=known.get,
        exists=exists,
        unpackaged=lambda path: exists(path) is not False,
        below=below,
        lookup=(variables or {}).get,
    )
