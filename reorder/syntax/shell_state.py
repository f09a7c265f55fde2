"""What a shell knows at one point of a script, for all ways that lead there.

{ A=1 } joined with { A=2 }    ->    { A may be anything }
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.syntax.shell_shapes import shape_of
from reorder.syntax.shell_tree import Node

SOMEWHERE = "?cd"  # the folder after a `cd` that is not known
MOST_FOLDERS = 16
SOME_UMASK = "?"  # `umask` was called on some ways only


class Variable(Struct, frozen=True):
    """What the script left in a variable.

    `text` is None when not known; `outer`: it may still be that of the environment outside;
    `shape` is what is known of a text that is not (shell_shapes).
    `exported`: whether the script exported it, None when not known; `gone`: it is sure to be unset.
    """

    text: str | None
    outer: bool = False
    exported: bool | None = False
    gone: bool = False
    shape: int = 0

    @property
    def known_shape(self) -> int:
        return self.shape if self.text is None else shape_of(self.text)


class State(Struct, frozen=True):
    """`variables` are those that the script touched; `touched_all`: it may have touched any.

    `folders` are all folders that the shell may be in, `stack` those of pushd. `functions` maps a
    name to every body it may have, None being "it may be no function here". `parameters` are
    `$1...`; None when not even their number is known. `aborts`: `set -e` is sure to be on.
    `umask` is what the script has set, "" when it has not. `exports`: `set -a` is on, None when
    that is not known.
    """

    variables: Mapping[str, Variable]
    folders: frozenset[str]
    stack: tuple[frozenset[str], ...] | None = ()
    functions: Mapping[str, tuple[Node | None, ...]] = field(default_factory=dict)
    parameters: tuple[str | None, ...] | None = ()
    touched_all: bool = False
    aborts: bool = False
    umask: str = ""
    exports: bool | None = False

    def having(self, name: str, variable: Variable) -> State:
        old = self.variables.get(name)
        if not variable.exported and not variable.gone and (old or self.exports is not False):
            exported = old.exported if old and self.exports is False else self.exports
            variable = replace(variable, exported=True if old and old.exported else exported)
        return replace(self, variables={**self.variables, name: variable})

    def touched(self) -> State:
        """After something that may have set any variable."""
        variables = {name: Variable(None, outer=True) for name in self.variables}
        return replace(self, variables=variables, touched_all=True, parameters=None)


def join(one: State | None, other: State | None) -> State | None:
    """What is sure when the script came by either way; None is a way that nothing can take."""
    if one is None or other is None or one is other:
        return one or other
    names = one.variables.keys() | other.variables.keys()
    folders = one.folders | other.folders
    return State(
        {name: either(one.variables.get(name), other.variables.get(name)) for name in names},
        folders if len(folders) <= MOST_FOLDERS else frozenset((SOMEWHERE,)),
        one.stack if one.stack == other.stack else None,
        joined_functions(one.functions, other.functions),
        joined_parameters(one.parameters, other.parameters),
        one.touched_all or other.touched_all,
        one.aborts and other.aborts,
        one.umask if one.umask == other.umask else SOME_UMASK,
        one.exports if one.exports == other.exports else None,
    )


def either(one: Variable | None, other: Variable | None) -> Variable:
    if one is None or other is None:
        known = one or other
        return Variable(None, outer=True, exported=None if known and known.exported else False)
    return Variable(
        one.text if one.text == other.text and one.gone == other.gone else None,
        one.outer or other.outer,
        one.exported if one.exported == other.exported else None,
        one.gone and other.gone,
        one.known_shape & other.known_shape,
    )


def joined_functions(
    one: Mapping[str, tuple[Node | None, ...]], other: Mapping[str, tuple[Node | None, ...]]
) -> Mapping[str, tuple[Node | None, ...]]:
    result: dict[str, tuple[Node | None, ...]] = {}
    for name in [*one, *(name for name in other if name not in one)]:
        bodies = list(one.get(name, (None,)))
        for body in other.get(name, (None,)):
            if not any(body is known for known in bodies):
                bodies.append(body)
        result[name] = tuple(bodies)
    return result


def joined_parameters(
    one: tuple[str | None, ...] | None, other: tuple[str | None, ...] | None
) -> tuple[str | None, ...] | None:
    if one is None or other is None or len(one) != len(other):
        return None
    return tuple(a if a == b else None for a, b in zip(one, other, strict=True))
