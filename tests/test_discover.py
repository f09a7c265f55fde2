"""Which folder a Dockerfile is built in."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.context.discover import NotFound, find_context
from reorder.context.files import ContextError, PatternError
from reorder.syntax.dockerfile import parse


def find(path: Path, *lines: str) -> str:
    """The folder that is found, relative to the repository."""
    text = "".join(f"{line}\n" for line in ("FROM scratch", *lines))
    return find_context(path, parse(text.encode())).root.name


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """repository/{lib/x.c, app/{docker/, main.c}}"""
    root = tmp_path / "repository"
    for name in (".git", "lib", "app/docker"):
        (root / name).mkdir(parents=True)
    for name in ("lib/x.c", "app/main.c"):
        (root / name).write_text("")
    return root


def test_sources_that_are_nowhere_are_named_with_the_remedy(repository: Path) -> None:
    with pytest.raises(NotFound) as caught:
        find(repository / "app" / "docker" / "Dockerfile", "COPY main.c nix.c /")
    assert str(caught.value) == (
        f"`main.c` is not in {repository}/app/docker nor in a folder above it"
        f" up to {repository}: name the folder that is built with --context"
    )


def test_outside_a_repository_only_the_own_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("")
    (tmp_path / "docker").mkdir()
    with pytest.raises(NotFound, match=r"`main\.c` is not in .*/docker: name"):
        find(tmp_path / "docker" / "Dockerfile", "COPY main.c /")


def test_a_pattern_beside_a_source_that_is_there_may_match_nothing(repository: Path) -> None:
    docker = repository / "app" / "docker" / "Dockerfile"
    assert find(docker, "COPY main.c yarn.lock* /") == "app"
    (repository / "main.c").write_text("")
    (repository / "yarn.lock").write_text("")
    assert find(docker, "COPY main.c yarn.lock* /") == "repository"


def test_a_pattern_alone_must_match(repository: Path) -> None:
    with pytest.raises(NotFound, match=r"`yarn\.lock\*` is not in "):
        find(repository / "app" / "Dockerfile", "COPY main.c /\nCOPY yarn.lock* /")


def test_a_folder_that_is_gone_is_no_context(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match="is not a folder"):
        find(tmp_path / "nix" / "Dockerfile", "COPY main.c /")


def test_a_malformed_ignore_file_is_a_fault(repository: Path) -> None:
    (repository / ".dockerignore").write_text("[a\n")
    with pytest.raises(PatternError):
        find(repository / "Dockerfile", "COPY lib /")


def test_an_ignored_source_is_not_there(repository: Path) -> None:
    (repository / ".dockerignore").write_text("lib\n")
    with pytest.raises(NotFound, match=r"`lib/x\.c` is not in "):
        find(repository / "Dockerfile", "COPY lib/x.c /")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CMD x", "docker"),
        ("COPY . .", "docker"),
        ("COPY main.c /", "app"),
        ("COPY *.c /", "app"),
        ("COPY --chown=1 main.c /", "app"),
        ('COPY ["main.c", "/"]', "app"),
        ("ADD main.c /", "app"),
        ("COPY docker main.c /", "app"),
        ("COPY lib/*.c /", "repository"),
        ("COPY lib app/main.c /", "repository"),
        ("COPY --from=x lib /", "docker"),
        ("COPY $X /", "docker"),
        ("ADD https://x.test/a /", "docker"),
    ],
)
def test_the_nearest_folder_that_has_all_sources(
    repository: Path, line: str, expected: str
) -> None:
    assert find(repository / "app" / "docker" / "Dockerfile", line) == expected


def test_a_link_is_built_where_it_stands(repository: Path) -> None:
    real = repository / "app" / "docker" / "Dockerfile"
    real.write_text("")
    link = repository / "lib" / "Dockerfile"
    link.symlink_to(real)
    assert find(link, "COPY x.c /") == "lib"
