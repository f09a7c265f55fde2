"""A value held to a JSON schema, as far as reorder/tools/schema.json needs the language.

{"seconds": -1}  ->  Fault("seconds", "is -1", "give 0 or more")
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Rule = Mapping[str, Any]


class Fault(NamedTuple):
    """`key` is the path to the value, "" for the whole."""

    key: str
    fact: str
    remedy: str


_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "object": (dict, "a table"),
    "array": (list, "a list"),
    "string": (str, "a text"),
    "boolean": (bool, "true or false"),
    "number": ((int, float), "a number"),
}


def faults(value: Any, rule: Rule, definitions: Rule, key: str = "") -> Iterator[Fault]:
    """All that is wrong with a value; what is inside of a wrong one is not looked at."""
    while "$ref" in rule:
        rule = {**definitions[rule["$ref"].rpartition("/")[2]], **_without_ref(rule)}
    kind, wanted = _TYPES.get(rule.get("type", ""), (object, ""))
    if not isinstance(value, kind) or (isinstance(value, bool) and wanted == "a number"):
        yield Fault(key, f"is {value!r:.80}", f"give {wanted}")
    elif "enum" in rule and value not in rule["enum"]:
        yield Fault(key, f"is {value!r:.80}", f"use one of {', '.join(rule['enum'])}")
    elif "anyOf" in rule and not _fitting(value, rule["anyOf"], definitions):
        yield Fault(key, f"{value!r:.80} cannot stand here", "see the forms in docs/tools.md")
    elif isinstance(value, str):
        yield from _text(value, rule, key)
    elif isinstance(value, dict):
        yield from _table(value, rule, definitions, key)
    elif isinstance(value, list):
        yield from _list(value, rule, definitions, key)
    elif "minimum" in rule and not value >= rule["minimum"]:
        yield Fault(key, f"is {value!r}", f"give {rule['minimum']} or more")


def _without_ref(rule: Rule) -> Rule:
    return {name: part for name, part in rule.items() if name != "$ref"}


def _fitting(value: Any, rules: list[Rule], definitions: Rule) -> int:
    return sum(not any(True for _ in faults(value, rule, definitions)) for rule in rules)


def _text(value: str, rule: Rule, key: str) -> Iterator[Fault]:
    if len(value) < rule.get("minLength", 0):
        yield Fault(key, "is empty", "give a text")
    elif not re.search(rule.get("pattern", ""), value):
        yield Fault(key, f"{value!r:.80} cannot stand here", "see the forms in docs/tools.md")


def _table(value: Mapping[str, Any], rule: Rule, definitions: Rule, key: str) -> Iterator[Fault]:
    own = rule.get("properties", {})
    others = rule.get("additionalProperties", True)
    for name in rule.get("required", ()):
        if name not in value:
            yield Fault(_below(key, name), "is missing", f"add `{name}`")
    if len(value) < rule.get("minProperties", 0):
        yield Fault(key, "says nothing", "add a key")
    if "oneOf" in rule and _fitting(value, rule["oneOf"], definitions) != 1:
        keys = " or ".join(f"`{one['required'][0]}`" for one in rule["oneOf"])
        yield Fault(key, "has no condition, or more than one", f"give {keys}")
    for name, part in value.items():
        place = _below(key, name)
        if name not in own and others is False:
            yield Fault(place, "is no key here", f"use one of {', '.join(sorted(own))}")
            continue
        if "propertyNames" in rule:
            yield from faults(name, rule["propertyNames"], definitions, place)
        inner = own.get(name, others)
        if isinstance(inner, dict):
            yield from faults(part, inner, definitions, place)


def _list(value: list[Any], rule: Rule, definitions: Rule, key: str) -> Iterator[Fault]:
    if len(value) < rule.get("minItems", 0):
        yield Fault(key, "is empty", "add an entry")
    if rule.get("uniqueItems") and any(value.count(item) > 1 for item in value):
        yield Fault(key, "says one thing twice", "keep one of them")
    wrong = False
    for item in value:
        for fault in faults(item, rule.get("items", {}), definitions, key):
            wrong = True
            yield fault
    most = rule.get("maxContains")
    if most is not None and not wrong:
        found = sum(_fitting(item, [rule["contains"]], definitions) for item in value)
        if found > most:
            yield Fault(key, f"has {found} entries with `*`", f"keep {most} of them")


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
