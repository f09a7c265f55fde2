"""The models with other seconds, so that other moves pay."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from reorder.effects.model import Model, Models


class Timed(Models, frozen=True):
    """Each command takes what the seed says."""

    seed: int = 0

    def get(self, command: str) -> Model | None:
        found = Models.get(self, command)
        seconds = Random(f"{self.seed} {command}").choice([0.1, 5.0, 30.0, 90.0])
        return found and replace(found, seconds=seconds)
