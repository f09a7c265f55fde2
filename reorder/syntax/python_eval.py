"""Python expressions -> values, as far as they can be told without running anything."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping

import libcst as cst
from msgspec import Struct, field

from reorder.syntax.python_facts import (
    Concat,
    Items,
    Other,
    Place,
    Plain,
    Ref,
    Script,
    Table,
    Text,
    Value,
)
from reorder.syntax.python_known import KNOWN, joined, unplace
from reorder.syntax.python_scope import Bound, Scope, names_of, parameters
from reorder.syntax.python_seen import (
    Choice,
    Local,
    Method,
    Seen,
    attribute,
    choice,
    element,
    item,
    objects,
    plain,
)

_BUDGET = 30_000  # steps of evaluation; real scripts need a few hundred
_BUILTINS = frozenset(dir(builtins))
_CONSTANTS = ("None", "True", "False", "Ellipsis", "NotImplemented", "__debug__")


class TooLong(Exception):
    """The text asks for more steps than the budget has."""


class Evaluator(Struct):
    """`changes_in_place`: some list or dict of the text is, so that none is followed."""

    changes_in_place: bool
    steps: int = 0
    active: set[tuple[int, int]] = field(default_factory=set)
    names: dict[int, Mapping[str, tuple[Bound, ...]]] = field(default_factory=dict)

    def spend(self) -> None:
        self.steps += 1
        if self.steps > _BUDGET:
            raise TooLong

    def key(self, node: cst.Subscript, scope: Scope) -> Value | None:
        """The index of `a[index]`, None for a slice."""
        index = node.slice[0].slice if len(node.slice) == 1 else None
        return self.value(index.value, scope) if isinstance(index, cst.Index) else None

    def value(self, node: cst.CSTNode, scope: Scope) -> Value:
        return plain(self.see(node, scope))

    def see(self, node: cst.CSTNode, scope: Scope) -> Seen | Choice:
        """Everything that the expression may be."""
        self.spend()
        handler = _HANDLERS.get(type(node))
        return handler(self, node, scope) if handler else Other(type(node).__name__)

    def name(self, ident: str, scope: Scope) -> Seen | Choice:
        if ident in _CONSTANTS:
            return Plain(ident)
        found: list[Seen | Choice] = []
        place: Scope | None = scope
        while place is not None:
            bounds = place.names.get(ident, ())
            found += [self._bound(bound, place) for bound in bounds]
            if ident in place.given:
                found.append(place.given[ident])
            elif all(bound.inner for bound in bounds):
                place = place.parent
                continue
            break
        if ident in _BUILTINS and (place is None or place.parent is None):
            found.append(Ref(f"builtins.{ident}"))
        if ident == "__file__" and place is None:
            found.append(Script())
        return choice(found) if found else Other(ident)

    def _bound(self, bound: Bound, scope: Scope) -> Seen | Choice:
        if bound.node is None:
            return bound.value or Other("...")
        if isinstance(bound.node, cst.FunctionDef):
            return Other("...") if bound.node.decorators else Local(bound.node, scope)
        key = (id(bound), id(scope))
        if key in self.active:
            return Other("...")
        self.active.add(key)
        try:
            seen = self.see(bound.node, scope)
        finally:
            self.active.discard(key)
        for step in bound.steps:
            seen = choice(element(one, step) for one in objects(seen))
        return seen

    def call_scope(self, local: Local, call: cst.Call | None, scope: Scope) -> Scope:
        """The scope of one call; parameters have no known value when `call` is None."""
        params = parameters(local.node.params)
        given: dict[str, Value] = {}
        for param in params:
            default = param.default
            given[param.name.value] = (
                self.value(default, local.scope) if call and default else Other(param.name.value)
            )
        if call is not None and not any(arg.star for arg in call.args):
            self._fill(given, local.node.params, call, scope)
        elif call is not None:
            given = {name: Other(name) for name in given}
        for star in (local.node.params.star_arg, local.node.params.star_kwarg):
            if isinstance(star, cst.Param):
                given[star.name.value] = Other(star.name.value)
        names = self.names.get(id(local.node))
        if names is None:
            names = self.names[id(local.node)] = names_of(local.node.body)
        return Scope(names, local.scope, given)

    def _fill(
        self, given: dict[str, Value], params: cst.Parameters, call: cst.Call, scope: Scope
    ) -> None:
        places = (*params.posonly_params, *params.params)
        positional = [arg for arg in call.args if arg.keyword is None]
        for param, arg in zip(places, positional, strict=False):
            given[param.name.value] = self.value(arg.value, scope)
        for arg in call.args:
            if arg.keyword is not None and arg.keyword.value in given:
                given[arg.keyword.value] = self.value(arg.value, scope)

    def returned(self, local: Local, call: cst.Call, scope: Scope) -> Seen | Choice:
        """What a call of a function of the text gives."""
        key = (id(local.node), 0)
        if key in self.active:
            return Other("...")
        inner = self.call_scope(local, call, scope)
        self.active.add(key)
        try:
            if isinstance(local.node, cst.Lambda):
                return self.see(local.node.body, inner)
            results, follows = _returns(local.node.body)
            if not follows:
                return Other("...")
            return choice([Plain("None"), *(self.see(node, inner) for node in results)])
        finally:
            self.active.discard(key)


def _returns(body: cst.CSTNode) -> tuple[list[cst.BaseExpression], bool]:
    """The returned expressions of a function, and whether it is no generator."""
    found: list[cst.BaseExpression] = []
    pending = list(body.children)
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Yield):
            return [], False
        if isinstance(node, cst.Return) and node.value is not None:
            found.append(node.value)
        if not isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            pending += node.children
    return found, True


def _see_name(self: Evaluator, node: cst.Name, scope: Scope) -> Seen | Choice:
    return self.name(node.value, scope)


def _see_attribute(self: Evaluator, node: cst.Attribute, scope: Scope) -> Seen | Choice:
    return choice(attribute(one, node.attr.value) for one in objects(self.see(node.value, scope)))


def _see_call(self: Evaluator, node: cst.Call, scope: Scope) -> Seen | Choice:
    return choice(_result(self, one, node, scope) for one in objects(self.see(node.func, scope)))


def _result(self: Evaluator, callee: Seen, node: cst.Call, scope: Scope) -> Seen | Choice:
    if isinstance(callee, Local):
        return self.returned(callee, node, scope)
    if not isinstance(callee, Ref | Method):
        return Other("...()")
    known = KNOWN.get(callee.name)
    if known is not None and not any(arg.star or arg.keyword for arg in node.args):
        own = (callee.receiver,) if isinstance(callee, Method) else ()
        found = known((*own, *(self.value(arg.value, scope) for arg in node.args)))
        if found is not None:
            return found
    return Ref(callee.name + "()")


def _see_string(self: Evaluator, node: cst.SimpleString, scope: Scope) -> Value:
    text = node.evaluated_value
    return Text(text) if isinstance(text, str) else Plain(node.value)


def _see_concatenated(self: Evaluator, node: cst.ConcatenatedString, scope: Scope) -> Value:
    return Concat((self.value(node.left, scope), self.value(node.right, scope)))


def _see_formatted(self: Evaluator, node: cst.FormattedString, scope: Scope) -> Value:
    if "r" in node.prefix:
        return Other(node.start)
    parts: list[Value] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            raw = part.value.replace("{{", "{").replace("}}", "}")
            parts.append(Other(raw) if "\\" in raw else Text(raw))
        elif isinstance(part, cst.FormattedStringExpression):
            simple = part.conversion is None and part.format_spec is None and part.equal is None
            parts.append(unplace(self.value(part.expression, scope)) if simple else Other("format"))
    return Concat(tuple(parts))


def _see_binary(self: Evaluator, node: cst.BinaryOperation, scope: Scope) -> Seen | Choice:
    if not isinstance(node.operator, cst.Add | cst.Divide):
        return Other("an operation")
    left, right = self.value(node.left, scope), self.value(node.right, scope)
    if isinstance(node.operator, cst.Divide):
        if isinstance(left, Place) or isinstance(right, Place):
            return Place(joined([left, right]))
        return Other("an operation")
    if isinstance(left, Items | Ref | Plain | Place) or isinstance(right, Items | Plain):
        return Other("an operation")
    return Concat((left, right))


def _see_items(self: Evaluator, node: cst.Tuple | cst.List | cst.Set, scope: Scope) -> Value:
    if not isinstance(node, cst.Tuple) and self.changes_in_place:
        return Ref("builtins.list()")
    if any(isinstance(e, cst.StarredElement) for e in node.elements):
        return Ref("builtins.list()")
    return Items(tuple(self.value(e.value, scope) for e in node.elements))


def _see_dict(self: Evaluator, node: cst.Dict, scope: Scope) -> Value:
    entries = [entry for entry in node.elements if isinstance(entry, cst.DictElement)]
    if self.changes_in_place or len(entries) < len(node.elements):
        return Ref("builtins.dict()")
    return Table(
        tuple(self.value(entry.key, scope) for entry in entries),
        tuple(self.value(entry.value, scope) for entry in entries),
    )


def _see_subscript(self: Evaluator, node: cst.Subscript, scope: Scope) -> Seen | Choice:
    key = self.key(node, scope)
    return choice(item(base, key) for base in objects(self.see(node.value, scope)))


def _see_either(
    self: Evaluator, node: cst.IfExp | cst.BooleanOperation, scope: Scope
) -> Seen | Choice:
    if isinstance(node, cst.IfExp):
        return choice([self.see(node.body, scope), self.see(node.orelse, scope)])
    return choice([self.see(node.left, scope), self.see(node.right, scope)])


def _literal(name: str) -> Callable[[Evaluator, cst.CSTNode, Scope], Value]:
    return lambda self, node, scope: Ref(name)


_HANDLERS: Mapping[type, Callable[..., Seen | Choice]] = {
    cst.Name: _see_name,
    cst.Attribute: _see_attribute,
    cst.Call: _see_call,
    cst.SimpleString: _see_string,
    cst.ConcatenatedString: _see_concatenated,
    cst.FormattedString: _see_formatted,
    cst.BinaryOperation: _see_binary,
    cst.Tuple: _see_items,
    cst.List: _see_items,
    cst.Subscript: _see_subscript,
    cst.IfExp: _see_either,
    cst.BooleanOperation: _see_either,
    cst.Integer: lambda self, node, scope: Plain(node.value),
    cst.Float: lambda self, node, scope: Plain(node.value),
    cst.UnaryOperation: lambda self, node, scope: Plain("-1"),
    cst.Comparison: lambda self, node, scope: Plain("True"),
    cst.NamedExpr: lambda self, node, scope: self.see(node.value, scope),
    cst.Lambda: lambda self, node, scope: Local(node, scope),
    cst.Dict: _see_dict,
    cst.DictComp: _literal("builtins.dict()"),
    cst.Set: _see_items,
    cst.SetComp: _literal("builtins.list()"),
    cst.ListComp: _literal("builtins.list()"),
    cst.GeneratorExp: _literal("builtins.list()"),
}
