"""Python text -> what it imports, calls, opens and looks at, without running it.

The parser costs 300 ms to import: import this module where Python is met, not before.
"""

from __future__ import annotations

import warnings

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from reorder.syntax.python_eval import Evaluator, TooLong
from reorder.syntax.python_facts import Items, Other, PythonFacts, Ref, Table
from reorder.syntax.python_guard import too_much
from reorder.syntax.python_scope import Scope, names_of
from reorder.syntax.python_seen import Local, Method, Seen, choices
from reorder.syntax.python_walk import Walk

_CHANGES = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "shuffle"),
        *("insort", "insort_left", "insort_right", "heappush", "update", "setdefault", "popitem"),
        *("iadd", "setitem", "__iadd__", "__setitem__", "__delitem__", "__ior__"),
    }
)


def read_python(text: str, *, imported: bool = False) -> PythonFacts:
    """What the text may do; never an exception.

    `imported`: it is a module of the project that other code calls, so that each of its functions
    may run with any arguments, but its `if __name__ == "__main__":` does not.
    """
    refusal = too_much(text)
    if refusal:
        return PythonFacts(opaque=refusal)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _facts(text, imported)
    except (TooLong, RecursionError):
        return PythonFacts(opaque="the Python text is too involved to follow")
    except cst.ParserSyntaxError as error:
        place = f"line {error.raw_line}"
        return PythonFacts(opaque=f"the Python text does not parse as Python 3 ({place})")
    except (ValueError, SyntaxError, cst.CSTValidationError) as error:
        return PythonFacts(opaque=f"the Python text does not parse as Python 3: {error}")


def _facts(text: str, imported: bool) -> PythonFacts:
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    module, scope = wrapper.module, Scope(names_of(wrapper.module))
    evaluator = Evaluator(_changes_in_place(module))
    walk = Walk(lambda node: positions[node].start.line, imported, evaluator)
    walk.visit_all(module, scope)
    functions = frozenset(
        name
        for name, bounds in scope.names.items()
        if all(isinstance(bound.node, cst.FunctionDef) for bound in bounds)
    )
    for name in sorted(functions) if imported else ():
        walk.hand(evaluator.name(name, scope))
    constants = frozenset(
        name
        for name in scope.names
        if all(_is_constant(one) for one in choices(evaluator.name(name, scope)))
    )
    return walk.notes.facts(functions, constants)


def _is_constant(seen: Seen) -> bool:
    if isinstance(seen, Items | Table):
        return all(_is_constant(one) for value in seen.values for one in choices(value))
    return not isinstance(seen, Ref | Local | Method | Other)


def _changes_in_place(module: cst.Module) -> bool:
    """True when some list or dict of the text may be changed in place."""
    pending: list[cst.CSTNode] = [module]
    while pending:
        node = pending.pop()
        match node:
            case cst.Attribute() if node.attr.value in _CHANGES:
                return True
            case cst.Name() if node.value in _CHANGES:
                return True
            case cst.AugAssign() if not isinstance(node.value, cst.Integer):
                return True
            case (
                cst.AssignTarget(target=cst.Subscript())
                | cst.Del(target=cst.Subscript())
                | cst.AugAssign(target=cst.Subscript())
            ):
                return True
        pending += node.children
    return False
