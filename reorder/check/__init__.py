"""The independent check: before, after and claims -> refusals; none means the image is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reorder.check.verdict import Part, Refusal
from reorder.effects.effect import Effect

__all__ = ["Part", "Refusal", "check"]


def check(
    before: bytes,
    after: bytes,
    claims: Mapping[int, Effect],
    *,
    parts: Sequence[Part] = (),
    brought: Mapping[int, Sequence[str] | None] | None = None,
    volatile: frozenset[str] = frozenset(),
) -> tuple[Refusal, ...]:
    """Empty when the images are proved the same."""
    if before == after:
        return ()
    return (Refusal(1, "the text differs", "nothing shows yet that the image is the same"),)
