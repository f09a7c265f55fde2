"""What the builder itself reads: words, flags, `$name`, ignore files, patterns of COPY."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

_VARIABLE = re.compile(r"\\(.)|'([^']*)'|(\")|\$(?:(\w+)|\{(\w+)(?:(:[-+])([^}]*))?\})")


def fill(text: str, env: Mapping[str, str]) -> str:
    """Variables and quotes."""

    def value(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        if found[2] is not None or found[3]:
            return found[2] or ""
        known = env.get(found[4] or found[5], "")
        if found[6] == ":-":
            return known or found[7]
        if found[6] == ":+":
            return found[7] if known else ""
        return known

    return _VARIABLE.sub(value, text)


def pairs(text: str) -> list[tuple[str, str | None]]:
    """`A=1 B="x y"` -> [(A, 1), (B, "x y")]; `A 1` -> [(A, 1)]; `A` -> [(A, None)]."""
    words = re.findall(r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'])+", text)
    if "=" not in words[0]:
        return [(words[0], text.split(None, 1)[1] if len(words) > 1 else None)]
    return [(w.split("=", 1)[0], w.split("=", 1)[1] if "=" in w else None) for w in words]


def flags(text: str) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    while text.startswith("--"):
        flag, _, text = text.partition(" ")
        name, _, value = flag[2:].partition("=")
        found[name] = f"{found[name]} {value}" if name in found else value
        text = text.lstrip()
    return found, text


@cache
def glob(pattern: str, *, deep: bool = False) -> re.Pattern[str]:
    """As filepath.Match: `*` does not cross a slash, a dot is nothing special."""
    out = ""
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if deep and pattern.startswith("**", at):
            out, at = out + ".*", at + 2
            continue
        end = pattern.find("]", at)
        if char == "[" and end > 0:
            out, at = out + pattern[at : end + 1], end + 1
            continue
        out += {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char))
        at += 1
    return re.compile(out)


def ignored(path: str, rules: str) -> bool:
    """The last rule that matches the path or a folder above it decides."""
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    out = False
    for rule in rules.split():
        kept = rule.startswith("!")
        pattern = glob(rule.lstrip("!").strip("/"), deep=True)
        if any(pattern.fullmatch(folder) for folder in above):
            out = not kept
    return out
