"""What an expression may be: values as they are told outside, and functions of the text itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import libcst as cst
from msgspec import Struct

from reorder.syntax.python_facts import (
    Concat,
    Home,
    Items,
    Join,
    OneOf,
    Other,
    Parent,
    Place,
    Plain,
    Ref,
    Script,
    Table,
    Text,
    Value,
    Variable,
)
from reorder.syntax.python_scope import ANY, Scope

_CHOICES = 64


class Local(Struct, frozen=True, eq=False):
    """A function of the text itself, with the scope in which it was defined."""

    node: cst.FunctionDef | cst.Lambda
    scope: Scope


class Method(Struct, frozen=True):
    """A method of a value that a path may be read from."""

    name: str
    receiver: Value


Seen: TypeAlias = Value | Local | Method


class Choice(Struct, frozen=True):
    """One of several things, some of them not plain values."""

    values: tuple[Seen, ...]


def choices(seen: Seen | Choice) -> tuple[Seen, ...]:
    """Every single thing that an expression may be."""
    if isinstance(seen, Choice):
        return seen.values
    if isinstance(seen, OneOf):
        return tuple(inner for value in seen.values for inner in choices(value))
    return (seen,)


def objects(seen: Seen | Choice) -> tuple[Seen, ...]:
    """What an attribute, an element or a call can be of: not None, where there is anything else."""
    found = choices(seen)
    return tuple(one for one in found if one != Plain("None")) or found


def choice(seen: Iterable[Seen | Choice]) -> Seen | Choice:
    """The union, without doubles; too many of them are not followed."""
    flat = tuple(dict.fromkeys(one for each in seen for one in choices(each)))
    if len(flat) == 1:
        return flat[0]
    if not flat or len(flat) > _CHOICES:
        return Other("...")
    return Choice(flat)


def plain(seen: Seen | Choice) -> Value:
    """What is told outside: functions of the text have no value there."""
    if isinstance(seen, Choice):
        return OneOf(tuple(plain(each) for each in seen.values))
    return Other("a function") if isinstance(seen, Local | Method) else seen


def element(seen: Seen, step: int) -> Seen | Choice:
    """One element of a value, any of them when `step` is ANY."""
    if isinstance(seen, Items):
        if step == ANY:
            return choice(seen.values)
        return seen.values[step] if 0 <= step < len(seen.values) else Other("...")
    if isinstance(seen, Table) and step == ANY:
        return choice(seen.keys)
    if isinstance(seen, Ref):
        return Ref(seen.name + "[]")
    return Other("...")


def item(base: Seen, key: Value | None) -> Seen | Choice:
    """`base[key]`; the key is None for a slice."""
    if base == Ref("os.environ"):
        return Variable(key.text) if isinstance(key, Text) else Other("os.environ[...]")
    if isinstance(base, Table):
        named = [value for name, value in zip(base.keys, base.values, strict=True) if name == key]
        return named[-1] if isinstance(key, Text) and named else choice(base.values)
    number = isinstance(key, Plain) and key.source.isdecimal()
    step = int(key.source) if isinstance(key, Plain) and number and len(key.source) < 9 else ANY
    return element(base, step)


def attribute(base: Seen, name: str) -> Seen:
    match base:
        case Ref("os") if name in ("sep", "curdir"):
            return Text({"sep": "/", "curdir": "."}[name])
        case Ref():
            return Ref(f"{base.name}.{name}")
        case Place() if name == "parent":
            return Place(Parent(base.path))
        case Place():
            return Method(f"pathlib.Path().{name}", base)
        case Text() | Concat() | Join() | Parent() | Home() | Script() | Variable():
            return Method(f"builtins.str().{name}", base)
        case Items():
            return Method(f"builtins.list().{name}", base)
        case Table():
            return Method(f"builtins.dict().{name}", base)
    return Other(f"....{name}")
