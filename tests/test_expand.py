"""Expansion of builder variables. The rules are those of BuildKit's frontend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.syntax.expand import ExpandError, Expansion, expand, expand_words

# E is empty or unset, nobody knows U.
VALUES = {"A": "a", "B": "/b/c.tar.gz", "S": "x  y z", "E": "", "\u540d": "n", "Q": "'\"\\$A"}


def lookup(name: str) -> str | None:
    return None if name in ("U", "1", "@") else VALUES.get(name, "")


REFUSED = {
    "an open single quote": "it's",
    "an open double quote": 'a"b',
    "an open brace": "${A",
    "an open brace at the end": "${",
    "no name": "${}",
    "a brace as name": "${{A}}",
    "a colon as name": "${:}",
    "a dot as name": "${.}",
    "assignment": "${A:=b}",
    "assignment without a colon": "${A=b}",
    "a substring": "${A:1}",
    "an index": "${A[0]}",
    "case": "${A^^}",
    "an open default": "${E:-b",
    "an open nested default": "${E:-${A}",
    "an open quote in a default": "${E:-'}",
    "a colon before a pattern": "${A:#b}",
    "a replacement without its second slash": "${A/b}",
    "an open replacement": "${A/b/c",
    "an escape that patterns do not have": "${A#\\b}",
    "a demand that is not met": "${E:?is needed}",
    "a demand without a message": "${E:?}",
    "nesting without end": "${A:-" * 200 + "}" * 200,
}

KNOWN = {
    "plain text": ("a/b", "a/b"),
    "nothing": ("", ""),
    "a variable": ("$A", "a"),
    "a variable in text": ("x${A}y$A.z", "xaya.z"),
    "an unset variable": ("x$E-y", "x-y"),
    "a name of letters beyond ASCII": ("$\u540d!", "n!"),
    "a name ends before a dash": ("$A-b", "a-b"),
    "the longest name": ("$AB", ""),
    "a dollar alone": ("$", "$"),
    "a dollar before a dot": ("a$.b", "a$.b"),
    "a dollar before a quote": ("$'A'", "$A"),
    "a position": ("$1x", "x"),
    "all digits make one position": ("$007x", "x"),
    "a special parameter takes one character": ("$@@$$$!x", "@x"),
    "a position in braces": ("${1:-b}", "b"),
    "a special parameter in braces": ("${@:-b}", "b"),
    "the length is not known to BuildKit": ("${#}", ""),
    "single quotes": ("'$A'\"'\"", "$A'"),
    "single quotes keep backslashes": ("'a\\b'", "a\\b"),
    "double quotes": ('"$A b"', "a b"),
    "double quotes keep single ones": ("\"'$A'\"", "'a'"),
    "double quotes keep most backslashes": ('"a\\b"', "a\\b"),
    "double quotes drop some backslashes": ('"\\$A\\"\\\\"', '$A"\\'),
    "a backslash at the end of an open word": ("a\\", "a"),
    "an escaped dollar": ("\\$A\\${A}", "$A${A}"),
    "an escaped letter": ("\\a\\\\b", "a\\b"),
    "an escaped quote": ("it\\'s", "it's"),
    "blanks": ("a  $A ", "a  a "),
    "a value is not expanded again": ("$Q", "'\"\\$A"),
    "a value keeps its blanks": ("$S", "x  y z"),
    "a default of an unset name": ("${E:-b}", "b"),
    "a default of a set name": ("${A:-b}", "a"),
    "a default is expanded": ("${E:-$A'$A'}", "a$A"),
    "a nested default": ("${E:-${E:-c}}d", "cd"),
    "a default with an escaped brace": ("${E:-\\}}", "}"),
    "a default with a brace": ("${E:-{A}}", "{A}"),
    "a default with blanks": ("${E:-b  c}", "b  c"),
    "an alternative of a set name": ("${A:+b}", "b"),
    "an alternative of an unset name": ("${E:+b}", ""),
    "an alternative looks at more": ("${A:+${B:+c}}", "c"),
    "a default without a colon of a set name": ("${A-b}", "a"),
    "an alternative without a colon of a set name": ("${A+b}", "b"),
    "an empty default cannot be told from an empty value": ("${E-}${E+}", ""),
    "a demand that is met": ("${A:?b}${A?c}", "aa"),
    "the shortest prefix": ("${B#*/}", "b/c.tar.gz"),
    "the longest prefix": ("${B##*/}", "c.tar.gz"),
    "the shortest suffix": ("${B%.*}", "/b/c.tar"),
    "the longest suffix": ("${B%%.*}", "/b/c"),
    "a prefix that does not match": ("${B#c}", "/b/c.tar.gz"),
    "a prefix of an unset name": ("${E#b}", ""),
    "one character of a prefix": ("${A#?}", ""),
    "a dot is a dot": ("${A#.}", "a"),
    "brackets are brackets": ("${A#[a]}", "a"),
    "an escaped star": ("${A#\\*}", "a"),
    "a quoted prefix": ("${B#'/b'}", "/c.tar.gz"),
    "a prefix from a variable": ("${B#/$E}", "b/c.tar.gz"),
    "the first match is replaced": ("${B/./-}", "/b/c-tar.gz"),
    "all matches are replaced": ("${B//./-}", "/b/c-tar-gz"),
    "an escaped slash": ("${B//\\//_}", "_b_c.tar.gz"),
    "a match is removed": ("${B/.tar/}", "/b/c.gz"),
    "the longest match is replaced": ("${B/.*/}", "/b/c"),
    "no command substitution": ("$(ls) `ls`", "$(ls) `ls`"),
    "no home": ("~/b", "~/b"),
    "a byte order mark in front is dropped": ("\ufeffb", "b"),
    "what is not UTF-8 is replaced": ("b\udcff", "b\ufffd"),
}

UNKNOWN = {
    "an unknown value": "a$U",
    "a default of an unknown name": "${U:-b}",
    "an unknown default that counts": "${E:-$U}",
    "an alternative of an unknown name": "${U:+b}",
    "an unknown alternative that counts": "${A:+$U}",
    "a demand on an unknown name": "${U:?b}",
    "a default without a colon: E may be empty or unset": "${E-b}",
    "an alternative without a colon: E may be empty or unset": "${E+b}",
    "a demand without a colon: E may be empty or unset": "${E?b}",
    "an unknown pattern": "${A#$U}",
    "an unknown replacement": "${A/a/$U}",
    "a pattern with many stars": "${B#*a*b*}",
    "a replacement with a group": "${A//a/\\$1}",
    "all matches of nothing": "${A//*/b}",
}

KNOWN_DESPITE_UNKNOWN = {
    "a default that does not count": ("${A:-$U}", "a"),
    "an alternative that does not count": ("${E:+$U}", ""),
}

WORDS = {
    "one word": ("80", ("80",)),
    "no word": ("", ()),
    "an unset variable gives no word": ("$E", ()),
    "empty quotes give no word": ('""', ()),
    "a value is split": ("$S", ("x", "y", "z")),
    "a value is split inside a word": ("1${S}2", ("1x", "y", "z2")),
    "a quoted value is not split": ('"$S"', ("x  y z",)),
    "a quoted value joins its neighbours": ('1"$S"2', ("1x  y z2",)),
    "text is split": (" a b\tc ", ("a", "b", "c")),
    "an escaped blank does not split": ("a\\ b", ("a b",)),
    "hard blanks split": ("a\u00a0b", ("a", "b")),
    "a default is split": ("${E:-a b}", ("a", "b")),
    "a default behind a word": ("a ${E:-b}", ("a", "b")),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_is_refused(text: str) -> None:
    with pytest.raises(ExpandError):
        expand(text, lookup)


@pytest.mark.parametrize("text", UNKNOWN.values(), ids=UNKNOWN)
def test_is_unknown(text: str) -> None:
    assert expand(text, lookup).text is None
    assert expand_words(text, lookup).words is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [*KNOWN.values(), *KNOWN_DESPITE_UNKNOWN.values()],
    ids=[*KNOWN, *KNOWN_DESPITE_UNKNOWN],
)
def test_is_expanded(text: str, expected: str) -> None:
    assert expand(text, lookup).text == expected


@pytest.mark.parametrize(("text", "expected"), WORDS.values(), ids=WORDS)
def test_is_split_after_expansion(text: str, expected: tuple[str, ...]) -> None:
    assert expand_words(text, lookup).words == expected


def test_words_that_versions_of_buildkit_split_differently_are_unknown() -> None:
    assert expand_words("80${E:-80}", lookup).words is None
    assert expand_words('"80${E:-80}"', lookup).words is None
    assert expand_words("80${A}", lookup).words == ("80a",)


def test_names_are_all_that_the_text_may_look_at() -> None:
    text = "$A${B:-${C:+\"$D\"}}'$E'\\$F${G/$H/$I}${J%$K}$1"
    assert expand(text, lookup).names == frozenset("ABCDGHIJK1")
    assert expand_words(text, lookup).names == frozenset("ABCDGHIJK1")
    assert expand("${/a/b}", lookup) == Expansion("", frozenset())


def test_the_other_escape_character_leaves_backslashes_alone() -> None:
    assert expand('C:\\b`$A`` "`$"', lookup, escape="`").text == "C:\\b$A` $"


def test_bodies_of_here_documents_keep_their_quotes() -> None:
    assert expand("'$A' \"$A\" \\$A it's\n", lookup, quotes=False).text == "'a' \"a\" $A it's\n"


@given(st.text())
def test_text_without_special_characters_stays(text: str) -> None:
    plain = "".join(char for char in text if char not in "$'\"\\\ufeff")
    assert expand(plain, lookup) == Expansion(plain, frozenset())


@given(st.text())
def test_single_quotes_protect_everything(text: str) -> None:
    inner = text.replace("'", "")
    assert expand(f"'{inner}'", lookup).text == inner


@given(st.text(alphabet="$'\"\\{}:-+?#%/*<` \u00a0ABEU1@", max_size=30))
def test_any_text_is_expanded_or_refused(text: str) -> None:
    try:
        once = expand(text, lookup)
    except ExpandError:
        return
    words = expand_words(text, lookup)
    assert words.names == once.names
    if once.text is None:
        assert words.words is None
    elif words.words is not None:
        assert _dense("".join(words.words)) == _dense(once.text)


def _dense(text: str) -> str:
    return "".join(text.split())


@given(st.text(alphabet="ABEUx$ ", max_size=10), st.sampled_from(["", "v", "v w"]))
def test_a_known_result_holds_for_every_value_of_what_is_unknown(text: str, value: str) -> None:
    source = f"${{A:-{text}}}${{E:+{text}}}{text}"
    known = expand(source, lookup).text
    filled = expand(source, lambda name: value if name == "U" else lookup(name)).text
    assert known in (None, filled)


@given(st.text(alphabet="ab./*?", max_size=6), st.text(alphabet="ab./", max_size=8))
def test_what_a_pattern_trims_is_never_shorter_than_what_it_leaves(p: str, value: str) -> None:
    pattern = p.replace("/", "")

    def trimmed(operator: str) -> str | None:
        return expand(f"${{V{operator}{pattern}}}", {"V": value}.get).text

    pairs = [("#", "##"), ("%", "%%")]
    for short, long in pairs:
        few, many = trimmed(short), trimmed(long)
        if few is not None and many is not None:
            assert len(many) <= len(few) <= len(value)
    prefix, suffix = trimmed("#"), trimmed("%")
    assert prefix is None or value.endswith(prefix)
    assert suffix is None or value.startswith(suffix)
