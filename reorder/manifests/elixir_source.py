"""Elixir code that only computes values: which words it may use without looking at a file.

Form: hexdocs.pm/elixir/syntax-reference.html. A list of what is allowed: any other word, call or
form makes the file one that may do anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from reorder.manifests.markup import Unfollowed

_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
    |(?P<text>\"\"\"(?:(?!\#\{)[^\\])*?\"\"\"
      |"(?:\#\{(?:config_env|Mix\.env)\(\)\}|(?!\#\{)[^"\\]|\\[^x u])*"
      |'[^'\\#]*'|~[a-z](?:"(?:[^"\\#]|\\.|\#(?!\{))*"|\([^)\\#]*\)|/[^/\#]*/|\[[^\]\\#]*\])[a-zA-Z]*)
    |(?P<call>(?:[A-Z]\w*(?:\.[A-Z]\w*)*|:timer)\.[a-z_]\w*[?!]?)
    |(?P<key>[a-z_]\w*[?!]?:(?!:))
    |(?P<atom>:(?:"[^"\\#]*"|[A-Za-z_]\w*[?!]?))
    |(?P<name>[A-Z]\w*(?:\.[A-Z]\w*)*)
    |(?P<attribute>@[a-z_]\w*)
    |(?P<word>[a-z_]\w*[?!]?)
    |(?P<number>\d[\w.]*)
    |(?P<mark><>|\\\\|\+\+|--|->|=>|\|>|==|!=|>=|<=|&&|\|\||[=,(){}\[\]|<>!+*/%&:-])""",
    re.VERBOSE,
)
_WORDS = frozenset(
    (
        *("do", "end", "def", "defp", "defmodule", "use", "import", "if", "else", "unless", "in"),
        *("when", "not", "and", "or", "true", "false", "nil", "config", "config_env"),
        *("case", "cond", "raise"),
        *("config_target", "import_config", "__DIR__", "__MODULE__", "is_nil", "is_list"),
        "to_string",
    )
)
_CALLS = re.compile(
    r"Mix\.(?:env|target|compilers)|Mix\.Project\.(?:deps_path|build_path|config)|Path\.(?:expand|join)"
    r"|System\.(?:get_env|fetch_env!?)|File\.(?:read!?|exists\?)|:timer\.(?:seconds|minutes|hours)|Duration\.new!"
    r"|(?:String|Keyword|List|Map|Enum|Regex|Version)\.(?!to_atom|to_existing_atom)\w+[?!]?"
)
# What a name of a function or a variable may not be: Kernel has it, and it runs or loads code.
_KERNEL = frozenset(
    (
        *("apply", "spawn", "spawn_link", "spawn_monitor", "send", "receive", "exit", "dbg", "fn"),
        *("quote", "unquote", "unquote_splicing", "super", "require", "alias", "defmacro", "for"),
        *("defmacrop", "defdelegate", "defimpl", "defprotocol", "defoverridable", "defstruct"),
        *("binding", "reraise", "throw", "try", "with", "then", "tap"),
    )
)
_PLAIN = re.compile(r'"[A-Za-z_][\w./-]*"')
_UNNAMED = re.compile(r"_[a-z0-9]\w*|_")
_USED = {"use": ("Mix.Project", "Mix.Config"), "import": ("Config",)}


class Token(Struct, frozen=True):
    """`kind` is a group of the pattern: text, key, atom, call, name, attribute, word, ..."""

    kind: str
    text: str


@lru_cache(maxsize=64)
def tokens(source: str, path: str) -> tuple[Token, ...]:
    """The tokens without blanks and comments; Unfollowed for code that may do more."""
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            line = source.count("\n", 0, at) + 1
            raise Unfollowed(f"{path}:{line} has code that is not followed: write it plainly")
        if match.lastgroup and match.lastgroup != "blank":
            found.append(Token(match.lastgroup, match[0]))
        at = match.end()
    _plain(found, path)
    return tuple(found)


def _plain(found: list[Token], path: str) -> None:
    pairs = list(zip([*found, Token("", "")], [Token("", ""), *found], strict=False))
    own = {token.text for token, before in pairs if before.text in ("def", "defp")}
    own |= {b.text for token, b in pairs if token.text in ("=", "->") and b.kind == "word"}
    own = {*own, *_parameters(found)} - _KERNEL
    for token, before in pairs:
        if token.kind == "call" and not _CALLS.fullmatch(token.text):
            raise Unfollowed(f"{path} calls {token.text}, which may look at anything")
        known = token.text in _WORDS or token.text in own or _UNNAMED.fullmatch(token.text)
        if token.kind == "word" and not known:
            raise Unfollowed(f"{path} uses `{token.text}`, which is not known to be harmless")
        if before.text in _USED and before.kind == "word" and token.text not in _USED[before.text]:
            raise Unfollowed(f"{path} uses {token.text}, whose code runs")


def _parameters(found: list[Token]) -> set[str]:
    """`defp paths(env, opts \\\\ [])` -> env, opts."""
    names: set[str] = set()
    for at, token in enumerate(found):
        if token.text not in ("def", "defp") or [t.text for t in found[at + 2 : at + 3]] != ["("]:
            continue
        for name, after in pairwise(found[at + 3 :]):
            if after.text == "do" or name.text == "do:":
                break
            if name.kind == "word" and after.text in (",", ")", "\\\\"):
                names.add(name.text)
    return names


def asked(found: Sequence[Token], path: str, call: str) -> tuple[str, ...]:
    """The plain first arguments of a call: `System.get_env("PORT")` -> PORT."""
    names: list[str] = []
    for at, token in enumerate(found):
        if token.kind != "call" or not token.text.startswith(call):
            continue
        rest = found[at + 1 : at + 3]
        name = rest[1].text if len(rest) > 1 and rest[0].text == "(" else ""
        if not _PLAIN.fullmatch(name):
            raise Unfollowed(f"{path} may look at anything: {token.text} of a computed name")
        names.append(name.strip('"'))
    return tuple(names)
