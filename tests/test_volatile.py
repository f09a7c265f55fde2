"""Build arguments -> which have a new value with every build."""

from __future__ import annotations

import pytest

from reorder.syntax.dockerfile import parse
from reorder.volatile import USUAL, placeholders


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ARG WEB_VERSION=dev", ("WEB_VERSION",)),
        ('ARG WEB_VERSION="Unknown"', ("WEB_VERSION",)),
        ("ARG WEB_VERSION=dev\nFROM a\nARG WEB_VERSION", ("WEB_VERSION",)),
        ("ARG WEB_VERSION", ()),
        ("ARG WEB_VERSION=1.2", ()),
        ("ARG WEB_VERSION=1.2\nFROM a\nARG WEB_VERSION=dev", ()),
        ("ARG PNPM_VERSION=latest", ()),
        ("ARG NODE_ENV=development", ()),
        ("ENV WEB_VERSION=dev", ()),
    ],
)
def test_a_default_that_stands_in_for_a_value_makes_a_version_volatile(
    text: str, expected: tuple[str, ...]
) -> None:
    source = text if "FROM" in text else f"FROM a\n{text}"
    assert placeholders(parse(source.encode())) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("GIT_SHA", True), ("APP_GIT_SHA", True), ("git_sha", True), ("NODE_VERSION", False)],
)
def test_names_that_are_always_volatile(name: str, expected: bool) -> None:
    assert USUAL.has(name) == expected
