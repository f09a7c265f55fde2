"""A second reading of a shell text, by tree-sitter: two readers who share nothing must agree.

Here-documents are blanked out first: the grammar of tree-sitter-bash takes the lines around them
for other commands in more than one way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from reorder.syntax.shell_tree import Unread

LANGUAGE = Language(tree_sitter_bash.language())
FIRST_WORDS = frozenset(("command_name", "declaration_command", "unset_command", "test_command"))
# POSIX needs no `;` between the ends of two compound commands (`fi fi`); this grammar does.
_ENDS = re.compile(
    r"(\bfi|\bdone|\besac|[})])[ \t](?=[ \t]*(?:fi|done|esac|elif|else|\})(?:[\s;]|$))"
)


def confirm(text: str, starts: Sequence[int], masks: Sequence[tuple[int, int]]) -> None:
    """Raises Unread when the commands of `text` do not begin at the offsets `starts`."""
    plain = text
    for start, stop in masks:
        blank = "".join(char if char == "\n" else " " for char in text[start:stop])
        plain = plain[:start] + blank + plain[stop:]
    for reading in dict.fromkeys((plain, _ENDS.sub(r"\1;", plain))):
        found, sure = _command_starts(reading)
        if sure and found == set(starts):
            return
    line = text.count("\n", 0, min(found ^ set(starts), default=0)) + 1
    raise Unread(f"the shell text could not be parsed at line {line}")


def _command_starts(text: str) -> tuple[set[int], bool]:
    """Where the commands start, and whether the text is free of errors."""
    encoded = text.encode()
    root = Parser(LANGUAGE).parse(encoded).root_node
    found = {len(encoded[:offset].decode()) for offset in first_words(root)}
    return found, not root.has_error


def first_words(root: Node) -> list[int]:
    """Byte offsets of the first words of all commands outside backquotes."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type in FIRST_WORDS:
            found.append(node.start_byte)
        if not (node.type == "command_substitution" and node.children[0].type == "`"):
            waiting.extend(node.children)
    return found
