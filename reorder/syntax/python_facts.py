"""What a Python text says: the types that `python.py` emits, without the cost of its parser.

Names of objects are paths from an import: `a.b` is an attribute of the module a, `a.b()` what
calling it gives, `a.b()[]` an element of that, `builtins.print` a built-in function.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct


class Text(Struct, frozen=True):
    """A string constant."""

    text: str


class Plain(Struct, frozen=True):
    """A number, True, False, None, bytes, ... as written: never a path."""

    source: str


class Variable(Struct, frozen=True):
    """`os.environ["NAME"]`; `default` is what `os.environ.get("NAME", default)` falls back to."""

    name: str
    default: Value | None = None


class Concat(Struct, frozen=True):
    """Strings put together: `a + b`, f-strings."""

    parts: tuple[Value, ...]


class Join(Struct, frozen=True):
    """`os.path.join(...)`, `Path(...) / ...`: an absolute part drops those before it."""

    parts: tuple[Value, ...]


class Parent(Struct, frozen=True):
    """The folder of a path."""

    path: Value


class Home(Struct, frozen=True):
    """A path whose leading `~` is the home folder."""

    path: Value


class Script(Struct, frozen=True):
    """`__file__`: the path of the text itself."""


class Place(Struct, frozen=True):
    """A path object, which has methods of its own."""

    path: Value


class Items(Struct, frozen=True):
    """The elements of a tuple or a list, in order."""

    values: tuple[Value, ...]


class Table(Struct, frozen=True):
    """The entries of a dict, in order."""

    keys: tuple[Value, ...]
    values: tuple[Value, ...]


class Ref(Struct, frozen=True):
    """An object that is reached from an import or a built-in name."""

    name: str


class OneOf(Struct, frozen=True):
    """Any one of these."""

    values: tuple[Value, ...]


class Other(Struct, frozen=True):
    """A value that is not followed; `source` is how the author wrote it."""

    source: str


Value: TypeAlias = (
    Text
    | Plain
    | Variable
    | Concat
    | Join
    | Parent
    | Home
    | Script
    | Place
    | Items
    | Table
    | Ref
    | OneOf
    | Other
)


class Call(Struct, frozen=True):
    """One call of something that is not defined in the text.

    `receiver` is the value whose method is called, when it is one that a path can be read from.
    `spread` is True when `*args` or `**keywords` hide what is given.
    """

    name: str
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    receiver: Value | None = None
    spread: bool = False
    line: int = 0


class Open(Struct, frozen=True):
    """A file that is opened; `mode` is None when not known."""

    path: Value
    mode: str | None
    line: int = 0


class PythonFacts(Struct, frozen=True):
    """All that a Python text may do, seen from outside.

    `imports`: full dotted names, those of `from a import b` as `a.b`; leading dots when relative.
    `env`: variables it looks at; `env_any`: it may look at any of them.
    `env_written`: variables that it sets for itself and what follows.
    `handed`: names of objects given to calls as arguments: they may be called from there.
    `changes`: attributes of objects from elsewhere that are assigned.
    `functions`, `plain`: its top-level names that surely are functions, or constants.
    `commands`: shell commands that it runs. `strings`: every string constant.
    `opaque`: None, or why nothing is known of it.
    """

    imports: tuple[str, ...] = ()
    env: frozenset[str] = frozenset()
    env_any: bool = False
    env_written: tuple[tuple[str, Value], ...] = ()
    calls: tuple[Call, ...] = ()
    opens: tuple[Open, ...] = ()
    handed: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    commands: tuple[str, ...] = ()
    strings: frozenset[str] = frozenset()
    opaque: str | None = None


def alternatives(value: Value) -> tuple[Value, ...]:
    """`OneOf(a, OneOf(b, c))` -> a, b, c."""
    if not isinstance(value, OneOf):
        return (value,)
    return tuple(inner for each in value.values for inner in alternatives(each))
