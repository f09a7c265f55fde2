"""What an instruction sees, and how it changes what the next one sees.

Values are compared by *terms*: the same number is surely the same value, whatever the build is
given. A term stands for who wrote the value, from which text, with which inputs.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from msgspec import Struct, field

from reorder.check.verdict import Image


class Symbols:
    """Numbers for keys: equal keys get equal numbers."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def of(self, *key: Hashable) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


class Value(Struct, frozen=True):
    """`text` is the value when no build argument changes it, None when it is not known."""

    term: int
    text: str | None


class Folder(Struct, frozen=True):
    """The working directory: `path` is absolute, or below a folder that is not known: `?cwd/x`."""

    term: int
    path: str


class State(Struct, frozen=True):
    """Between two instructions of a stage.

    `env`: ENV and ARG, in the order in which they were last set. `config`: what the image will
    have, one entry a field (`cmd`, `label x`, ...). `names`: Config.Env, by first place.
    `login`: the shell reads profiles.
    """

    cwd: Folder
    user: Value
    shell: int
    login: bool = False
    env: Mapping[str, Value] = field(default_factory=dict)
    names: Mapping[str, int] = field(default_factory=dict)
    config: Mapping[str, Hashable] = field(default_factory=dict)
    cmd_set: bool = False
    image: Image = field(default_factory=Image)


def from_image(symbols: Symbols, image: Image) -> State:
    cwd = Folder(symbols.of("cwd"), image.folder)
    return State(cwd, Value(symbols.of("user"), None), symbols.of("shell"), image=image)


def lookup(state: State, symbols: Symbols, name: str) -> Value:
    """A name that nobody has set is what the base image says."""
    values = state.image.values
    text = None if values is None else values.get(name, "")
    return state.env.get(name) or Value(symbols.of("base", name), text)
