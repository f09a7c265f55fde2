"""What is known of tools, as text; the skeleton of a new model."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from textwrap import indent, wrap

from msgspec.structs import replace

from reorder.effects.model import DEFAULT_SECONDS, Model, Models

_WIDTH = 96
_CLAIMS = ("network", "root", "harmless", "compiles", "removes", "code", "environment")


def listing(models: Models) -> str:
    """Family by family, the commands that have a model."""
    families: defaultdict[str, list[str]] = defaultdict(list)
    for name in models.names():
        model = models.get(name)
        families[model.family if model else ""].append(name)
    width = max(map(len, families), default=0)
    lines = [
        line
        for family, names in sorted(families.items())
        for line in _wrapped(f"{family:{width}}  ", " ".join(names))
    ]
    return "\n".join([*lines, f"{len(models.names())} commands. `reorder tools NAME` shows one.\n"])


def description(model: Model, place: str) -> str:
    """One model with all its subcommands; `place` is its file."""
    head = [f"{model.name}: family {model.family}, {place}", *_wrapped("source  ", model.source)]
    return "\n".join([*head, "", *_body(model), ""])


def _body(model: Model) -> Iterator[str]:
    yield from _facts(model)
    seen: set[int] = set()
    for sub in model.subs.values():
        if id(sub) in seen:
            continue
        seen.add(id(sub))
        names = [name or "(alone)" for name, other in model.subs.items() if other is sub]
        yield ""
        yield from _wrapped(f"{model.name}: ", " | ".join(names))
        yield from (indent(line, "  ") for line in _body(_own(sub, model)))


def _own(sub: Model, parent: Model) -> Model:
    """The subcommand without the flags that its parent has said already."""
    flags = {name: role for name, role in sub.flags.items() if parent.flags.get(name) != role}
    return replace(sub, flags=flags, env=tuple(n for n in sub.env if n not in parent.env))


def _facts(model: Model) -> Iterator[str]:
    if model.opaque:
        yield from _wrapped("opaque   ", model.opaque)
    for key in ("operands", "reads", "writes", "ensures", "env", "clock"):
        if getattr(model, key):
            yield from _wrapped(f"{key:8} ", " ".join(getattr(model, key)))
    if model.manifest:
        yield f"follows  the project's manifests ({model.manifest})"
    for key in ("kind", "apart", "fetches", "ahead", "keeps", "becomes"):
        if getattr(model, key):
            yield from _wrapped(f"{key:8} ", _shown(getattr(model, key)))
    facts = [f"{model.seconds:g} s"] if model.seconds != DEFAULT_SECONDS else []
    facts += [claim for claim in _CLAIMS if getattr(model, claim)]
    if facts:
        yield f"also     {', '.join(facts)}"
    yield from _flags(model.flags)
    for when in model.when:
        condition = " ".join(sorted(when.flags)) or "without " + " ".join(sorted(when.unless))
        keys = "; ".join(f"{key} {_shown(value)}" for key, value in when.keys.items())
        yield from _wrapped(f"when     {condition}: ", keys)


def _flags(flags: Mapping[str, str]) -> Iterator[str]:
    roles: defaultdict[str, list[str]] = defaultdict(list)
    for name, role in flags.items():
        roles[role or "no value"].append(name)
    for role, names in roles.items():
        yield from _wrapped(f"flags    {role}: ", " ".join(names))


def _shown(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _wrapped(head: str, text: str) -> list[str]:
    lines = wrap(
        head + text, _WIDTH, subsequent_indent=" " * min(len(head), 24), break_on_hyphens=False
    )
    return lines or [head.rstrip()]


def family_of(name: str) -> str:
    """`docker-php-ext-install` -> the name of its file; `7z` -> `tool-7z`."""
    plain = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")
    return plain if plain[:1].isalpha() else f"tool-{plain}"


def skeleton(name: str) -> str:
    """A model that is valid and safe: the command stays a barrier until it is filled in."""
    return f'''family = "{family_of(name)}"
source = "{name} VERSION: `{name} --help`, its manual page" # where your facts come from

# The form is in docs/tools.md. What is left out is opaque, so a short model is a safe model.
[command."{name}"]
opaque = "its model is not written yet" # remove this line when the rest is true
# env = ["{re.sub("[^A-Z0-9]+", "_", name.upper())}_*", "@network"] # variables it looks at
# reads = ["/etc/{name}.conf", "./**", "~/.config/{name}/**"] # files that every use reads
# writes = ["~/.cache/{name}/**"] # files that every use may write
# operands = ["*read"] # a role for each word: text, read, write, make, package, url, ...
# network = true
# seconds = 3.5 # how long one use takes

# [command."{name}".flags]
# "-q, --quiet" = ""
# "-o, --output" = "write"
'''
