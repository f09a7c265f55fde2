"""What is known of a text that is not known: bits that hold together.

$(uname -m)                      ->    PART | WORDS | NAME: plain characters, no slash
one of "a-b" and "c"             ->    the same and FULL: it is not empty
$(a list of package names)       ->    WORDS
"""

from __future__ import annotations

import re

NOTHING = 0
PART = 1  # plain characters, perhaps none: unquoted it neither splits nor is a pattern
WORDS = 2  # any number of plain words, none of which begins with a dash
NAME = 4  # a PART without a slash
FULL = 8  # a PART of at least one character that begins with no dash

_PLAIN = re.compile(r"[\w./:@%+=,~^-]*", re.ASCII)


def shape_of(text: str) -> int:
    """The bits of a known text: what stays true when another one may stand in its place."""
    words = text.split()
    if not all(_PLAIN.fullmatch(word) for word in words):
        return NOTHING
    plain = 0 if any(word[0] in "-~" for word in words) else WORDS
    if not text:
        return PART | WORDS | NAME
    if len(words) != 1 or words[0] != text:
        return plain
    name = NAME if "/" not in text and text not in (".", "..") else 0
    return PART | plain | name | (FULL if plain else 0)
