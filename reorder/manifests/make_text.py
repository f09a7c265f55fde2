"""The text of a Makefile -> its rules and variables, as far as they are plain.

Facts: GNU make 4.4 manual, chapters 3, 4 and 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

NAMES = ("GNUmakefile", "makefile", "Makefile")
# `$$`, `$(X)`, `${X}`, `$X`; anything else after a `$` is the last group.
REFERENCE = re.compile(r"\$(?:\$|\((\w+)\)|\{(\w+)\}|([@<A-Za-z])|(.?))", re.ASCII | re.DOTALL)
# Variables by which make itself goes.
OF_MAKE = frozenset(("MAKEFLAGS", "MAKEFILES", "GNUMAKEFLAGS", "MAKEOVERRIDES", "VPATH", "MAKE"))
# Stands before the text of a variable that the environment may hold another value of (`?=`).
UNLESS_SET = "\0"
# The text of a variable whose value is not known: no reference reads it.
NOT_KNOWN = "$ "

_VARIABLE = re.compile(r"([A-Za-z_][\w.-]*)\s*(\?=|:=|::=|\+=|=)\s*(.*)", re.ASCII | re.DOTALL)
_DIRECTIVE = re.compile(
    r"-?include\b|sinclude\b|ifn?eq\b|ifn?def\b|else\b|endif\b|define\b|endef\b|override\b"
    r"|unexport\b|private\b|v?path\b|undefine\b|-?load\b"
)
_GOAL = re.compile(r"\.DEFAULT_GOAL\s*:?=\s*([\w./-]+)", re.ASCII)
_EXPORT = re.compile(r"export(?:\s+(.*))?", re.DOTALL)
_SHELL = re.compile(r"\$\(shell ([^()$]*)\)")
_SPECIAL = frozenset((".PHONY", ".NOTPARALLEL", ".SILENT"))


class Unplain(ValueError):
    """The recipes are not known for sure; the message is a reason for the author."""


class Rule(Struct):
    """What a target needs, and the lines of its recipe without the tab.

    `first` is the first of the needs whose time counts, for `$<`.
    """

    needs: list[str] = field(default_factory=list)
    recipe: list[str] = field(default_factory=list)
    first: str = ""


class Makefile(Struct):
    """`texts` are the variables as written; `first` is the target that is made without words.

    `patterns`: it has rules for names that match a pattern. `exported` are variables that recipes
    see, `*` all of them; `shells` is what runs while the Makefile is read.
    """

    rules: dict[str, Rule] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    phony: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    exported: set[str] = field(default_factory=set)
    shells: list[str] = field(default_factory=list)
    first: str = ""
    patterns: bool = False


def read_makefile(text: str) -> Makefile:
    """Unplain for a line that may change what the others mean."""
    if "\r" in text or "\0" in text or "\\#" in text:
        raise Unplain("the Makefile has odd characters")
    found = Makefile()
    current: list[Rule] = []
    for line in _lines(text):
        if line.startswith("\t"):
            if not current:
                raise Unplain("a recipe has no target")
            for rule in current:
                rule.recipe.append(line[1:])
            continue
        bare = re.sub(r"\\\n\s*", " ", line)
        bare = re.sub(r"#.*", "", bare, flags=re.DOTALL).strip()
        if bare:
            current = [] if _variable(found, bare) else _rule(found, bare)
    if found.outside & found.texts.keys():
        raise Unplain("a variable of the Makefile is used above the line that sets it")
    return found


def _lines(text: str) -> Iterator[str]:
    """Lines, each with those that it continues in."""
    joined = ""
    for line in text.split("\n"):
        joined += line
        if (len(line) - len(line.rstrip("\\"))) % 2:
            joined += "\n"
            continue
        yield joined
        joined = ""
    if joined:
        yield joined


def _variable(found: Makefile, line: str) -> bool:
    if _DIRECTIVE.match(line):
        raise Unplain(f"the Makefile has the line `{line:.60}`")
    export = _EXPORT.fullmatch(line)
    if export:
        line = export[1] or ""
    elif goal := _GOAL.fullmatch(line):
        found.first = goal[1]
        return True
    match = _VARIABLE.fullmatch(line)
    if export:
        names = [match[1]] if match else line.split() or ["*"]
        if not all(re.fullmatch(r"\w+|\*", name, re.ASCII) for name in names):
            raise Unplain(f"the Makefile exports `{line:.60}`")
        found.exported.update(names)
    if match is None:
        return export is not None
    name, op, text = match.groups()
    old = found.texts.get(name)
    if name in OF_MAKE:
        raise Unplain(f"the Makefile sets {name}")
    if op == "?=":
        found.texts.setdefault(name, UNLESS_SET + text)
    elif op == "=":
        found.texts[name] = text
    elif op == "+=":
        plain = old is not None and old[:1] != UNLESS_SET and "$" not in text
        found.texts[name] = f"{old} {text}" if plain else NOT_KNOWN
    else:
        found.shells += _SHELL.findall(text)
        rest = REFERENCE.sub(lambda ref: _at_once(found, ref), _SHELL.sub("", text))
        found.texts[name] = NOT_KNOWN if _SHELL.search(text) else rest
    return True


def _at_once(found: Makefile, reference: re.Match[str]) -> str:
    """A reference means what it does at this line."""
    if reference[0] == "$$":
        return "$$"
    name = reference[1] or reference[2] or reference[3]
    if not name or name in "@<":  # a function is run when the line is read
        raise Unplain(f"the Makefile computes `{reference[0]}`")
    text = found.texts.get(name)
    if text is None:
        found.outside.add(name)
        return reference[0]
    if text[:1] == UNLESS_SET or "$" in text:
        raise Unplain(f"the Makefile computes `{reference[0]}`")
    return text


def _rule(found: Makefile, line: str) -> list[Rule]:
    head, colon, tail = line.partition(":")
    targets = head.split()
    if not colon or not targets or any(char in head for char in "$&\\") or tail[:1] in (":", "="):
        raise Unplain(f"the Makefile has the line `{line:.60}`")
    if any(char in head for char in "%*?["):
        found.patterns = True
        return [Rule()]
    special = any(re.fullmatch(r"\.[A-Z_]+", target) for target in targets)
    odd = any(char in tail for char in "=;:%*?[\\") or any(t in NAMES for t in targets)
    odd |= "!=" in head
    if odd or (special and (len(targets) > 1 or targets[0] not in _SPECIAL)):
        raise Unplain(f"the Makefile has the line `{line:.60}`")
    needs = [need for need in tail.split() if need != "|"]
    if special:
        found.phony.update(needs if targets == [".PHONY"] else ())
        return [Rule()]
    rules = [found.rules.setdefault(target, Rule()) for target in targets]
    for target, rule in zip(targets, rules, strict=True):
        if rule.recipe:
            raise Unplain(f"the Makefile names {target} again below its recipe")
        if not found.first and (target[0] != "." or "/" in target):
            found.first = target
        if rule.needs and needs:  # those of the line above the recipe come first
            raise Unplain(f"the Makefile says twice what {target} needs")
        rule.needs += needs
        timed = tail.partition("|")[0].split()
        rule.first = timed[0] if timed else rule.first
    return rules
