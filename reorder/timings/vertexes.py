"""The vertexes of BuildKit, told of again and again while they run -> the steps of a build."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from reorder.timings.timed import Timed, named

# When it began and ended, in seconds.
Span = tuple[float, float]


class _Vertex(Struct):
    name: str
    cached: bool = False
    failed: bool = False
    spans: dict[float, float] = field(default_factory=dict)


class Vertexes(Struct):
    """What is known of the vertexes of one build, by their digests."""

    known: dict[str, _Vertex] = field(default_factory=dict)

    def add(self, digest: str, name: str, span: Span | None, *, cached: bool, failed: bool) -> None:
        """One report; of several with the same begin the last one counts."""
        vertex = self.known.setdefault(digest, _Vertex(name))
        vertex.cached = vertex.cached or cached
        vertex.failed = vertex.failed or failed
        if span is not None:
            vertex.spans[span[0]] = span[1]

    def steps(self, build: int = 0) -> Iterator[Timed]:
        """A vertex that runs again counts all its times; one that did not end is no step."""
        for vertex in self.known.values():
            if vertex.cached:
                timed = named(vertex.name, None, build)
            elif vertex.failed or not vertex.spans:
                continue
            else:
                took = sum(max(0.0, end - begin) for begin, end in vertex.spans.items())
                timed = named(vertex.name, took, build)
            if timed:
                yield timed
