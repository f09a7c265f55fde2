"""`.dockerignore` files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.context.ignore import Ignore
from reorder.context.match import PatternError, folders


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!", "line 1"),
        ("a\n\n! \n", "line 3"),
        ("# x\n[", "line 2"),
        ("!/", "line 1"),
    ],
)
def test_a_malformed_line_is_named(text: str, expected: str) -> None:
    with pytest.raises(PatternError, match=expected):
        Ignore.of(text)


CASES = [
    # reading
    ("", "a", False),
    ("a", "a", True),
    ("a\r\nb\r\n", "b", True),
    ("\ufeffa", "a", True),
    ("a\n\ufeffb", "b", False),
    ("#a", "#a", False),
    (" #a", "#a", True),
    ("\\#a", "#a", True),
    ("  a  ", "a", True),
    ("/a", "a", True),
    ("//a", "a", True),
    ("./a/", "a", True),
    ("a/../b", "b", True),
    ("../a", "a", False),
    ("/../a", "a", True),
    (".", "a", False),
    ("/", "a", False),
    ("a", "", False),
    ("a", "./a/", True),
    # the last match decides, also for what is below
    ("*\n!a", "a", False),
    ("*\n!a", "b", True),
    ("!a\n*", "a", True),
    ("*\n!a\na/b", "a/b/c", True),
    ("*\n!a\na/b", "a/c", False),
    ("* \n! ./a/ ", "a", False),
    ("a\n!a/b", "a/b/c", False),
    ("a\n!a/b", "a/c", True),
    ("a\n!a/b", "a", True),
    ("**\n!**/*.py", "a/b.py", False),
    ("a\n!!b", "!b", False),
    # a pattern that changed nothing for the folder has no word on what is in it
    ("a/b\n!a", "a/b", True),
    ("a\n!a/b\na", "a/b", False),
]


@pytest.mark.parametrize(("text", "path", "expected"), CASES)
def test_the_file_is_read_as_the_builder_does(text: str, path: str, expected: bool) -> None:
    assert Ignore.of(text).ignores(path) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a\n", "b", None),
        (" /a/ \n", "a/b/c", "/a/"),
        ("*\n! a\n", "a/b", "! a"),
        ("a*\n**/ab\n", "ab", "a*"),
        ("*\n!*.md\nREADME.md", "README.md", "README.md"),
    ],
)
def test_the_rule_that_decides_is_given_as_written(
    text: str, path: str, expected: str | None
) -> None:
    assert Ignore.of(text).rule(path) == expected


@pytest.mark.parametrize(
    ("text", "folder", "expected"),
    [
        ("a", "b", False),
        ("a", "a", True),
        ("a\n!b", "a", True),
        ("a\n!a/b", "a", False),
        ("a\n!a/b/c", "a/b", False),
        ("a\n!a/b/**", "a/b", False),
        ("a\n!a/b", "a/bc", True),
        ("a\n!**/b", "a", False),
        ("a\n!x/*/y", "a", False),
    ],
)
def test_a_folder_is_skipped_when_no_exception_may_lie_in_it(
    text: str, folder: str, expected: bool
) -> None:
    ignore = Ignore.of(text)
    assert ignore.prunes(folder, ignore.patterns.hits(folder)) == expected


PATHS = st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map("/".join)
PATTERN = st.from_regex(r"(\*\*|\*|a|b)(/(\*\*|\*|a|b)){0,2}", fullmatch=True)


@given(st.lists(PATTERN, max_size=4), PATHS)
def test_without_exceptions_all_below_an_ignored_folder_is_ignored(
    lines: list[str], path: str
) -> None:
    ignore = Ignore.of("\n".join(lines))
    verdicts = [ignore.ignores(folder) for folder in folders(path)]
    assert verdicts == sorted(verdicts)


@given(st.lists(st.tuples(st.sampled_from(["", "!"]), PATTERN), max_size=4), PATHS)
def test_a_rule_is_an_exception_exactly_when_its_path_is_kept(
    lines: list[tuple[str, str]], path: str
) -> None:
    ignore = Ignore.of("\n".join(map("".join, lines)))
    rule = ignore.rule(path)
    assert ignore.ignores(path) == (rule is not None and not rule.startswith("!"))
