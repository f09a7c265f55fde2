"""Python names: for each scope, every way in which a name of it gets a value.

The order of assignments is not looked at: a name may have any value that it is given anywhere in
its scope. Names of comprehensions and lambdas count as names of the scope around them.
"""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst
from msgspec import Struct, field
from msgspec.structs import replace

from reorder.syntax.python_facts import Other, Ref, Value

ANY = -1  # the step to an element whose index is not known


class Bound(Struct, frozen=True, eq=False):
    """The value of `node` and then the elements `steps` of it; or `value` at once.

    `inner`: the name belongs to a comprehension or a lambda, outside of them it means another.
    """

    node: cst.CSTNode | None
    steps: tuple[int, ...] = ()
    value: Value | None = None
    inner: bool = False


class Scope(Struct, frozen=True, eq=False):
    """A module or one call of a function; `given` are the arguments of the call."""

    names: Mapping[str, tuple[Bound, ...]]
    parent: Scope | None = None
    given: Mapping[str, Value] = field(default_factory=dict)


def names_of(body: cst.CSTNode) -> Mapping[str, tuple[Bound, ...]]:
    """The names that the text binds, without those of the functions and classes in it."""
    found: dict[str, list[Bound]] = {}
    pending = list(reversed(body.children))
    while pending:
        node = pending.pop()
        _bind_node(node, found)
        pending += reversed(_outer_children(node))
    return {name: tuple(bounds) for name, bounds in found.items()}


def _outer_children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """What runs in the scope around: of a function its decorators and defaults."""
    if isinstance(node, cst.FunctionDef):
        return [*node.decorators, node.params]
    if isinstance(node, cst.ClassDef):
        return [*node.decorators, *node.bases, *node.keywords]
    return list(node.children)


def _bind_node(node: cst.CSTNode, found: dict[str, list[Bound]]) -> None:
    match node:
        case cst.Import():
            _bind_import(node, found)
        case cst.ImportFrom():
            _bind_import_from(node, found)
        case cst.Assign():
            for target in node.targets:
                _bind(target.target, node.value, (), found)
        case cst.AnnAssign() if node.value is not None:
            _bind(node.target, node.value, (), found)
        case cst.NamedExpr():
            _bind(node.target, node.value, (), found)
        case cst.For():
            _bind(node.target, node.iter, (ANY,), found)
        case cst.WithItem() if node.asname is not None:
            _bind(node.asname.name, node.item, (), found)
        case cst.CompFor() | cst.Lambda():
            _bind_inner(node, found)
        case _:
            _bind_other(node, found)


def _bind_inner(node: cst.CompFor | cst.Lambda, found: dict[str, list[Bound]]) -> None:
    inner: dict[str, list[Bound]] = {}
    if isinstance(node, cst.CompFor):
        _bind(node.target, node.iter, (ANY,), inner)
    else:
        for param in parameters(node.params):
            _bind(param.name, None, (), inner)
    for name, bounds in inner.items():
        for bound in bounds:
            _add(found, name, replace(bound, inner=True))


def _bind_other(node: cst.CSTNode, found: dict[str, list[Bound]]) -> None:
    match node:
        case cst.FunctionDef():
            _add(found, node.name.value, Bound(node))
        case cst.ClassDef() | cst.TypeAlias():
            _bind(node.name, None, (), found)
        case cst.AugAssign():
            _bind(node.target, None, (), found)
        case cst.ExceptHandler() | cst.ExceptStarHandler() if node.name is not None:
            _bind(node.name.name, None, (), found)
        case cst.MatchAs() | cst.MatchStar() if node.name is not None:
            _bind(node.name, None, (), found)
        case cst.MatchMapping() if node.rest is not None:
            _bind(node.rest, None, (), found)


def _bind_import(node: cst.Import, found: dict[str, list[Bound]]) -> None:
    """`import a.b` binds a, `import a.b as c` binds c to a.b."""
    for alias in node.names:
        name = dotted(alias.name)
        if alias.asname is not None:
            _bind(alias.asname.name, None, (), found, Ref(name))
        else:
            first = name.split(".")[0]
            _add(found, first, Bound(None, value=Ref(first)))


def _bind_import_from(node: cst.ImportFrom, found: dict[str, list[Bound]]) -> None:
    if isinstance(node.names, cst.ImportStar):
        return
    for alias in node.names:
        target = alias.asname.name if alias.asname is not None else alias.name
        _bind(target, None, (), found, Ref(f"{module_of(node)}{dotted(alias.name)}"))


def _bind(
    target: cst.CSTNode,
    node: cst.CSTNode | None,
    steps: tuple[int, ...],
    found: dict[str, list[Bound]],
    value: Value | None = None,
) -> None:
    """`a, (b, c) = node` -> a: node[0], b: node[1][0], c: node[1][1]; attributes bind no name."""
    if isinstance(target, cst.Name):
        at_once = value or Other(target.value) if node is None else None
        _add(found, target.value, Bound(node, steps, at_once))
    elif isinstance(target, cst.Tuple | cst.List):
        for index, element in enumerate(target.elements):
            starred = isinstance(element, cst.StarredElement)
            after_star = any(isinstance(e, cst.StarredElement) for e in target.elements[:index])
            inner = None if starred or after_star else node
            _bind(element.value, inner, (*steps, index), found)


def _add(found: dict[str, list[Bound]], name: str, bound: Bound) -> None:
    found.setdefault(name, []).append(bound)


def dotted(node: cst.BaseExpression) -> str:
    """The name `a.b.c` of an import."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else "?"


def module_of(node: cst.ImportFrom) -> str:
    """`from ..a.b import c` -> `..a.b.`, so that a name can be put behind it."""
    dots = "." * len(node.relative)
    return f"{dots}{dotted(node.module)}." if node.module is not None else dots


def parameters(params: cst.Parameters) -> tuple[cst.Param, ...]:
    """Every parameter, in the order in which arguments fill them."""
    stars = [p for p in (params.star_arg, params.star_kwarg) if isinstance(p, cst.Param)]
    return (*params.posonly_params, *params.params, *params.kwonly_params, *stars)
