"""Go's `filepath.Match`, and Moby's lists of patterns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.context.match import PatternError, Patterns, clean, has_wildcards, match, terms

MALFORMED = [
    "[",
    "a[",
    "[]",
    "[^]",
    "[]a]",
    "[-a]",
    "[a-]",
    "[a-b-c]",
    "[a",
    "[^bc",
    "a/[b/c",
    "a\\",
    "[a\\",
    "[b-a]",
]

GO = [
    ("", "", True),
    ("", "a", False),
    ("abc", "abc", True),
    ("abc", "abd", False),
    ("*", "", True),
    ("*", ".env", True),
    ("*", "a/b", False),
    ("*.py", "app.py", True),
    ("*.py", "src/app.py", False),
    ("src/*.py", "src/app.py", True),
    ("src/*", "src/a/b", False),
    ("*/package.json", "web/package.json", True),
    ("*/package.json", "package.json", False),
    ("package*.json", "package-lock.json", True),
    ("**", "a/b", False),
    ("a**b", "axxb", True),
    ("?.c", "é.c", True),
    ("?", "/", False),
    ("a?c", "abc", True),
    ("*a*b*c", "xaxbxc", True),
    ("*ab", "aab", True),
    ("*a", "aaab", False),
    ("[a-c]x", "bx", True),
    ("[a-c]x", "dx", False),
    ("[^a-c]x", "dx", True),
    ("[!a]", "!", True),
    ("[!a]", "b", False),
    ("[a-cx-z]", "y", True),
    ("[a\\]b]", "]", True),
    ("[\\-a]", "-", True),
    ("[[]", "[", True),
    ("[*]", "*", True),
    ("[*]", "a", False),
    ("a]", "a]", True),
    ("\\*", "*", True),
    ("\\*", "a", False),
    ("\\d", "d", True),
    ("a.c", "abc", False),
    ("(a|b)+", "(a|b)+", True),
    ("a\nb", "a\nb", True),
    ("a", "a\n", False),
    # a class takes a slash, a star does not try another place for it
    ("[^a]", "/", True),
    ("*[^a]*b", "x/b", False),
]

MOBY = [
    ("node_modules", "node_modules/a/b.js", True),
    ("node_modules", "web/node_modules", False),
    ("**/node_modules", "node_modules", True),
    ("**/node_modules", "web/a/node_modules/b", True),
    ("**/node_modules", "my_node_modules", False),
    ("*.pyc", "a.pyc", True),
    ("*.pyc", "a/b.pyc", False),
    ("*/*.pyc", "a/b.pyc", True),
    ("**/*.pyc", "a.pyc", True),
    ("**/*.pyc", "a/b/c.pyc", True),
    ("**/*.pyc", "a/b/c.py", False),
    ("**", "a/b", True),
    ("**/**", "a", True),
    ("a/**", "a", False),
    ("a/**", "a/b/c", True),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**/b", "a/x/yb", False),
    # compared by its end, not part by part, when nothing else in it is a wildcard
    ("**b", "xb", True),
    ("**b*", "xb", False),
    ("**b*", "x/b", True),
    ("a**", "ab/c", True),
    ("a**/b", "ab", True),
    ("a*b**/c", "axb/x/c", True),
    ("a*b**c", "abbc", True),
    ("a*/*c/d", "ab/bc/d", True),
    ("*a*b*c", "abc/x", True),
    ("[a-c]*", "b/x", True),
    ("a]", "a]", True),
    ("a.b", "acb", False),
    ("a\\*", "a*", True),
    ("/a", "a", False),
    ("../a", "a", False),
    (".", "a", False),
    ("./a/", "a/b", True),
    ("  a  ", "a", True),
]


@pytest.mark.parametrize("pattern", MALFORMED)
def test_a_malformed_pattern_is_refused_whatever_the_name(pattern: str) -> None:
    for name in ("", "a", "abc"):
        with pytest.raises(PatternError):
            match(pattern, name)


@pytest.mark.parametrize("line", [*MALFORMED, "!", "! ", "!/", "[*]", "[?]", "[[:alpha:]]", "\\d"])
def test_a_list_refuses_what_is_malformed_or_has_two_readings(line: str) -> None:
    with pytest.raises(PatternError):
        Patterns.of(["a", line])


@pytest.mark.parametrize(("pattern", "name", "expected"), GO)
def test_a_glob_matches_as_in_go(pattern: str, name: str, expected: bool) -> None:
    assert match(pattern, name) == expected


@pytest.mark.parametrize(("pattern", "path", "expected"), MOBY)
def test_a_list_takes_what_it_matches_and_all_below(
    pattern: str, path: str, expected: bool
) -> None:
    patterns = Patterns.of([pattern])
    assert patterns.takes(patterns.hits(path)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "."),
        (".", "."),
        ("a//b/./c/../", "a/b"),
        ("//a", "/a"),
        ("/../a", "/a"),
        ("../a", "../a"),
        ("/", "/"),
    ],
)
def test_clean_is_the_one_of_go(path: str, expected: str) -> None:
    assert clean(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a", False), ("a*", True), ("a?", True), ("[a", True), ("a\\*", False), ("a\\\\*", True)],
)
def test_an_escaped_wildcard_is_none(path: str, expected: bool) -> None:
    assert has_wildcards(path) == expected


LETTERS = "ab/"
NAMES = st.text(LETTERS, max_size=8)


def plain_match(pattern: str, name: str) -> bool:
    """The definition, with every way tried."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        skipped = bool(name) and name[0] != "/" and plain_match(pattern, name[1:])
        return plain_match(pattern[1:], name) or skipped
    if not name or (pattern[0] == "?" and name[0] == "/"):
        return False
    return pattern[0] in ("?", name[0]) and plain_match(pattern[1:], name[1:])


@given(st.text(LETTERS + "*?", max_size=7), NAMES)
def test_without_classes_every_way_is_found(pattern: str, name: str) -> None:
    assert match(pattern, name) == plain_match(pattern, name)


@given(st.text("ab[]^-\\*?/", max_size=7))
def test_the_terms_tile_the_pattern(pattern: str) -> None:
    try:
        found = terms(pattern)
    except PatternError:
        return
    assert "".join(term.source for term in found) == pattern


PATHS = st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map("/".join)
LINES = st.lists(st.from_regex(r"!?(\*\*|\*|a|b)(/(\*\*|\*|a|b)){0,2}", fullmatch=True), max_size=4)


@given(LINES.map(lambda lines: [line.lstrip("!") for line in lines]), PATHS)
def test_without_exceptions_a_path_is_taken_when_it_or_a_folder_above_matches(
    lines: list[str], path: str
) -> None:
    patterns = Patterns.of(lines)
    folders = ["/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
    expected = any(p.regex.match(folder) for p in patterns.all for folder in folders)
    assert patterns.takes(patterns.hits(path)) == expected


@given(LINES, PATHS)
def test_what_a_list_that_ends_in_everything_takes_is_everything(
    lines: list[str], path: str
) -> None:
    patterns = Patterns.of([*lines, "**"])
    assert patterns.takes(patterns.hits(path))


@given(LINES, PATHS)
def test_a_last_exception_for_a_path_gives_it_back(lines: list[str], path: str) -> None:
    patterns = Patterns.of([*lines, f"!{path}"])
    assert not patterns.takes(patterns.hits(path))
