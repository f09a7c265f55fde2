"""The walk over everything of a Python text that may run.

Every branch is walked, each function where it is called with what it is given, and with unknown
arguments when it is *handed*: given to code that may call it.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst
from msgspec import Struct, field

from reorder.syntax.python_eval import Evaluator
from reorder.syntax.python_facts import Call, Items, Other, Ref, Table
from reorder.syntax.python_notes import ENVIRON, Notes, is_variables
from reorder.syntax.python_scope import Scope, dotted, module_of
from reorder.syntax.python_seen import Choice, Local, Method, Seen, choices, objects

# They look at their arguments, but never call them.
_FORMATTERS = frozenset(
    f"builtins.{name}" for name in ("print", "str", "repr", "len", "type", "bool", "int", "float")
)
_REFUSED = {
    cst.ClassDef: "defines a class, which is not followed",
    cst.Global: "changes global names from a function",
    cst.Nonlocal: "changes outer names from a function",
    cst.Await: "uses async code, which is not followed",
    cst.Asynchronous: "uses async code, which is not followed",
    cst.ImportStar: "imports `*`: name what it needs",
    cst.Decorator: "uses a decorator, which is not followed",
}


class Walk(Struct):
    """`imported`: the text is a module that other code calls."""

    line_of: Callable[[cst.CSTNode], int]
    imported: bool
    evaluator: Evaluator
    notes: Notes = field(default_factory=Notes)
    entered: dict[tuple[int, int], Local] = field(default_factory=dict)

    def refuse(self, reason: str, node: cst.CSTNode) -> None:
        self.notes.refuse(reason, self.line_of(node))

    def see(self, node: cst.CSTNode, scope: Scope) -> tuple[Seen, ...]:
        return choices(self.evaluator.see(node, scope))

    def visit_all(self, node: cst.CSTNode, scope: Scope, handed: bool = False) -> None:
        for child in node.children:
            self.visit(child, scope, handed)

    def visit(self, node: cst.CSTNode, scope: Scope, handed: bool = False) -> None:
        """`handed`: the value of the node is given to code that may call it."""
        self.evaluator.spend()
        reason = _REFUSED.get(type(node))
        if reason:
            self.refuse(reason, node)
            return
        match node:
            case cst.Name() | cst.Attribute():
                self.mention(node, scope, handed)
            case cst.Call():
                self.visit_call(node, scope)
            case cst.Subscript():
                self.visit_subscript(node, scope, handed)
            case cst.SimpleString():
                if isinstance(node.evaluated_value, str):
                    self.notes.strings.add(node.evaluated_value)
            case cst.FormattedStringText():
                self.notes.strings.add(node.value)
            case cst.FunctionDef():
                self.visit_all(node.params, scope)
                for part in (*node.decorators, node.asynchronous):
                    if part is not None:
                        self.visit(part, scope)
            case cst.Import() | cst.ImportFrom():
                self.visit_import(node)
            case _:
                self.visit_statement(node, scope, handed)

    def visit_statement(self, node: cst.CSTNode, scope: Scope, handed: bool) -> None:
        match node:
            case cst.If() if self.imported and _is_main_test(node.test):
                if node.orelse is not None:
                    self.visit(node.orelse, scope)
            case cst.Assign():
                for target in node.targets:
                    self.assign(target.target, node.value, scope)
                self.visit_right(node.value, scope)
            case cst.AnnAssign():
                self.visit(node.annotation, scope)
                self.assign(node.target, node.value, scope)
                self.visit_right(node.value, scope)
            case cst.AugAssign() | cst.Del():
                self.assign(node.target, None, scope)
                if isinstance(node, cst.AugAssign):
                    self.visit(node.value, scope)
            case cst.For() | cst.CompFor():
                self.assign(node.target, None, scope)
                for part in node.children:
                    if part is not node.target:
                        self.visit(part, scope)
            case cst.WithItem():
                self.visit_with(node, scope)
            case _:
                self.visit_expression(node, scope, handed)

    def visit_expression(self, node: cst.CSTNode, scope: Scope, handed: bool) -> None:
        match node:
            case cst.Comparison():
                self.visit_comparison(node, scope)
            case cst.Lambda():
                self.visit_all(node.params, scope)
                self.visit(node.body, scope, handed=True)
            case cst.Param():
                for part in (node.default, node.annotation):
                    if part is not None:
                        self.visit(part, scope, handed=part is node.default)
            case cst.NameItem() | cst.AsName() | cst.TypeParameters():
                return
            case cst.FormattedStringExpression() | cst.BinaryOperation() | cst.UnaryOperation():
                self.visit_all(node, scope)
            case cst.Tuple() | cst.List() | cst.Set() | cst.Dict():
                self.visit_all(node, scope, handed=True)
            case cst.Yield() | cst.Return() | cst.BaseComp():
                self.visit_all(node, scope, handed=True)
            case cst.BaseSuite() | cst.BaseStatement() | cst.BaseSmallStatement():
                self.visit_all(node, scope)
            case _:
                self.visit_all(node, scope, handed)

    def visit_right(self, node: cst.BaseExpression | None, scope: Scope) -> None:
        """The right of `a = ...`: another name for an object is followed, not a use of it."""
        if node is None:
            return
        if isinstance(node, cst.Name | cst.Attribute):
            self.visit_base(node, scope)
        else:
            self.visit(node, scope)

    def visit_base(self, node: cst.BaseExpression, scope: Scope) -> None:
        """What stands before a dot, a bracket or a call."""
        if isinstance(node, cst.Attribute):
            self.visit_base(node.value, scope)
        elif not isinstance(node, cst.Name):
            self.visit(node, scope)

    def mention(self, node: cst.Name | cst.Attribute, scope: Scope, handed: bool) -> None:
        """A name in a place where its value is used."""
        self.visit_base(node, scope)
        for one in self.see(node, scope):
            if isinstance(one, Ref) and is_variables(one.name):
                self.notes.env_any = True
            elif handed:
                self.hand(one)

    def hand(self, seen: Seen | Choice) -> None:
        """Code that is not in the text may call it."""
        for one in choices(seen):
            match one:
                case Local():
                    self.enter_any(one)
                case Ref() | Method() if one.name[-1] not in ")]":
                    self.notes.handed.add(one.name)
                case Items() | Table():
                    for value in one.values:
                        self.hand(value)

    def enter_any(self, local: Local) -> None:
        """A function of the text that may be called with anything."""
        key = (id(local.node), id(local.scope))
        if key not in self.entered:
            self.entered[key] = local
            self.visit(local.node.body, self.evaluator.call_scope(local, None, local.scope))

    def visit_import(self, node: cst.Import | cst.ImportFrom) -> None:
        prefix = module_of(node) if isinstance(node, cst.ImportFrom) else ""
        if isinstance(node.names, cst.ImportStar):
            self.refuse(_REFUSED[cst.ImportStar], node)
            return
        for alias in node.names:
            self.notes.imports.setdefault(prefix + dotted(alias.name))

    def visit_call(self, node: cst.Call, scope: Scope) -> None:
        self.visit_base(node.func, scope)
        callees = objects(self.evaluator.see(node.func, scope))
        names = [one.name for one in callees if isinstance(one, Ref | Method)]
        for callee in callees:
            if isinstance(callee, Local):
                self.call_local(callee, node, scope)
            else:
                self.call(callee, node, scope)
        inert = len(names) == len(callees) and _FORMATTERS.issuperset(names)
        for arg in node.args:
            self.visit(arg.value, scope, handed=not inert)

    def call(self, callee: Seen, node: cst.Call, scope: Scope) -> None:
        if not isinstance(callee, Ref | Method):
            self.refuse(f"calls `{_code(node.func)}`, which is not followed", node)
            return
        value = self.evaluator.value
        pairs = [(arg.keyword, value(arg.value, scope)) for arg in node.args if not arg.star]
        self.notes.call(
            Call(
                callee.name if callee.name[-1] not in ")]" else f"{callee.name}.__call__",
                tuple(given for keyword, given in pairs if keyword is None),
                tuple((keyword.value, given) for keyword, given in pairs if keyword is not None),
                callee.receiver if isinstance(callee, Method) else None,
                any(arg.star for arg in node.args),
                self.line_of(node),
            )
        )

    def call_local(self, local: Local, node: cst.Call, scope: Scope) -> None:
        key = (id(local.node), -1)
        if key in self.evaluator.active:
            self.enter_any(local)
            return
        self.evaluator.active.add(key)
        try:
            self.visit(local.node.body, self.evaluator.call_scope(local, node, scope))
        finally:
            self.evaluator.active.discard(key)

    def visit_subscript(self, node: cst.Subscript, scope: Scope, handed: bool) -> None:
        self.visit_base(node.value, scope)
        for part in node.slice:
            self.visit(part, scope)
        if ENVIRON in self.see(node.value, scope):
            self.notes.look(self.evaluator.key(node, scope))
        elif handed:
            self.hand(self.evaluator.see(node, scope))

    def visit_comparison(self, node: cst.Comparison, scope: Scope) -> None:
        """`"NAME" in os.environ` looks at NAME only."""
        target = node.comparisons[0]
        within = isinstance(target.operator, cst.In | cst.NotIn) and len(node.comparisons) == 1
        if within and ENVIRON in self.see(target.comparator, scope):
            self.notes.look(self.evaluator.value(node.left, scope))
            self.visit(node.left, scope)
        else:
            self.visit_all(node, scope)

    def assign(
        self, target: cst.BaseExpression, value: cst.BaseExpression | None, scope: Scope
    ) -> None:
        match target:
            case cst.Tuple() | cst.List():
                for element in target.elements:
                    self.assign(element.value, None, scope)
            case cst.Attribute():
                self.visit_base(target.value, scope)
                self.change(target, scope)
            case cst.Subscript():
                self.assign_item(target, value, scope)

    def assign_item(
        self, target: cst.Subscript, value: cst.BaseExpression | None, scope: Scope
    ) -> None:
        self.visit_base(target.value, scope)
        for part in target.slice:
            self.visit(part, scope)
        if value is not None:
            self.visit(value, scope, handed=True)
        known = self.evaluator.value(value, scope) if value is not None else Other("...")
        for base in self.see(target.value, scope):
            if base == ENVIRON:
                self.notes.write(self.evaluator.key(target, scope), known, self.line_of(target))
            elif isinstance(base, Ref) and "()" not in base.name:
                self.notes.changes.add(base.name)

    def change(self, target: cst.Attribute, scope: Scope) -> None:
        for one in self.see(target, scope):
            if isinstance(one, Ref | Method):
                self.notes.changes.add(one.name)
            else:
                self.refuse(f"changes `{_code(target)}`, which is not followed", target)

    def visit_with(self, node: cst.WithItem, scope: Scope) -> None:
        self.visit(node.item, scope, handed=True)
        for one in self.see(node.item, scope):
            if isinstance(one, Ref):
                self.notes.call(Call(f"{one.name}.__enter__", line=self.line_of(node)))
            else:
                self.refuse("uses `with` on what is not followed", node)
        if node.asname is not None:
            self.assign(node.asname.name, None, scope)


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)[:60]


def _is_main_test(test: cst.BaseExpression) -> bool:
    return _code(test).replace("'", '"') == '__name__ == "__main__"'
