"""May a Python text be given to the parser? Too deep a nesting would end the process."""

from __future__ import annotations

import io
import tokenize

MAX_BYTES = 256_000
_DEEP = 500  # the parser survives some 1,000 nested brackets on a stack of 8 MB
_BRACKET = 8  # a bracket costs as much stack as this many other tokens
_BRANCHES = 300


def too_much(text: str) -> str | None:
    """A reason not to parse the text, None when it is safe."""
    if len(text) > MAX_BYTES:
        return "the Python text is too long to follow"
    try:
        return "the Python text is nested too deeply" if _is_deep(text) else None
    except (tokenize.TokenError, SyntaxError) as error:
        return f"the Python text does not parse as Python 3: {error.args[0]}"


def _is_deep(text: str) -> bool:
    """Bounds the nesting of expressions: tokens since the last comma, within all open brackets."""
    depth, branches = 0, 0
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE:
            depth, opened = 0, []
            continue
        depth += 1
        if token.type == tokenize.STRING:
            depth += _BRACKET * sum(map(token.string.count, "([{")) if _formats(token.string) else 0
        elif token.string in ("(", "[", "{"):
            depth += _BRACKET
            opened.append(depth)
        elif token.string in (")", "]", "}") and opened:
            depth = opened.pop() - _BRACKET + 1
        elif token.string == "," and opened:
            depth = opened[-1]
        elif token.string == "elif":
            branches += 1
        if depth > _DEEP or branches > _BRANCHES:
            return True
    return False


def _formats(literal: str) -> bool:
    prefix = literal[: min(literal.find(quote) % len(literal) for quote in "'\"")]
    return "f" in prefix.lower()
