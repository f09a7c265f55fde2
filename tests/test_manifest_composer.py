"""composer.json and composer.lock: tables and flags -> what an install reads and may write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.composer import follow
from reorder.manifests.composer_dump import follow as follow_dump

READ = ("/app/composer.json", "/app/composer.lock", "/app/auth.json")
PLUGIN = {"packages": [{"name": "a/p", "type": "composer-plugin"}]}


def read(
    project: object, lock: object, *flags: str, variables: dict[str, str] | None = None
) -> Followed:
    files = {"/app/composer.json": json.dumps(project), "/app/composer.lock": json.dumps(lock)}
    return follow(request(files, *flags, variables=variables))


@pytest.mark.parametrize(
    ("project", "lock", "flags", "reason"),
    [
        pytest.param([], {}, [], "the content of /app/composer.json", id="no object"),
        pytest.param({}, [], [], "the content of /app/composer.lock", id="no object as lock"),
        pytest.param(
            {"scripts": {"post-install-cmd": ["x"]}}, {}, [], "post-install-cmd", id="a script"
        ),
        pytest.param(
            {"scripts": {"post-autoload-dump": "x"}}, {}, [], "post-autoload-dump", id="a dump"
        ),
        pytest.param({}, PLUGIN, ["--no-scripts"], "a/p", id="a plugin"),
        pytest.param({}, {"packages-dev": PLUGIN["packages"]}, [], "a/p", id="a plugin for dev"),
        pytest.param(
            {"repositories": [{"type": "path", "url": "../x"}]}, {}, [], "../x", id="a folder"
        ),
        pytest.param(
            {"repositories": {"x": {"type": "vcs", "url": "/srv/x"}}}, {}, [], "/srv/x", id="a vcs"
        ),
        pytest.param(
            {},
            {"packages": [{"name": "a/b", "dist": {"type": "path", "url": "lib"}}]},
            [],
            "a/b",
            id="a locked folder",
        ),
        pytest.param(
            {},
            {"packages": [{"name": "a/b", "dist": {"type": "zip", "url": "zips/b.zip"}}]},
            [],
            "a/b",
            id="a locked archive of the project",
        ),
    ],
)
def test_it_is_opaque_with(project: Any, lock: Any, flags: list[str], reason: str) -> None:
    assert reason in (read(project, lock, *flags).opaque or "")


def test_it_is_opaque_without_a_lock_file() -> None:
    assert "commit one" in (follow(request({"/app/composer.json": "{}"})).opaque or "")


@pytest.mark.parametrize(
    ("project", "lock", "flags", "expected"),
    [
        pytest.param({}, {}, [], Followed(READ), id="nothing"),
        pytest.param(
            {"config": {"cafile": "ca.pem"}},
            {},
            [],
            Followed(READ, ("/app/ca.pem",)),
            id="certificates of the project",
        ),
        pytest.param(
            {"scripts": {"post-install-cmd": "x", "test": "y"}},
            PLUGIN,
            ["--no-scripts", "--no-plugins"],
            Followed(READ),
            id="flags that leave out scripts and plugins",
        ),
        pytest.param(
            {"scripts": {"post-autoload-dump": "x"}, "autoload": {"classmap": ["db"]}},
            {"packages-dev": PLUGIN["packages"]},
            ["--no-autoloader", "--no-dev"],
            Followed(READ),
            id="no autoloader and no packages for dev",
        ),
        pytest.param(
            {"autoload": {"classmap": ["db"], "psr-4": {"A\\": "src/"}, "files": ["h.php"]}},
            {},
            [],
            Followed(READ, ("/app/db",)),
            id="a class map",
        ),
        pytest.param(
            {"autoload": {"psr-4": {"A\\": ["src/", "lib/"]}}},
            {},
            ["-o"],
            Followed(READ, ("/app/src", "/app/lib")),
            id="an optimized autoloader",
        ),
        pytest.param(
            {
                "config": {"optimize-autoloader": True, "bin-dir": "bin"},
                "autoload": {"psr-0": {"A": "src"}},
            },
            {},
            [],
            Followed(READ, ("/app/src",), rewrites=("/app/bin",)),
            id="settings of the manifest",
        ),
    ],
)
def test_it_reads_and_may_write(
    project: dict[str, Any], lock: Any, flags: list[str], expected: Followed
) -> None:
    assert read({**project, "version": "1.0.0"}, lock, *flags) == expected


def test_the_version_is_asked_of_the_repository() -> None:
    assert {"/app/.git", "/.git"} <= set(read({}, {}).trees)


def test_a_variable_gives_the_version() -> None:
    assert read({}, {}, variables={"COMPOSER_ROOT_VERSION": "1.0.0"}) == Followed(READ)


VALUES = st.recursive(
    st.sampled_from([None, 1, "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["scripts", "config", "autoload", "classmap", "packages", "dist", "repositories"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_any_json_has_an_answer(project: object, lock: object) -> None:
    found = read(project, lock)
    assert (found.opaque is None) == bool(found.files)


CLASSES = {"version": "1", "autoload": {"psr-4": {"App\\": "src/"}}}


def dump(project: object, lock: object, *flags: str, **more: object) -> Followed:
    files = {"/app/composer.json": json.dumps(project), "/app/composer.lock": json.dumps(lock)}
    files |= {f"/app/{path}": json.dumps(content) for path, content in more.items()}
    return follow_dump(request(files, *flags))


@pytest.mark.parametrize(
    ("project", "lock", "flags", "reason"),
    [
        pytest.param({"scripts": {"post-autoload-dump": "x"}}, {}, [], "add --no-scripts", id="a"),
        pytest.param({}, {"packages-dev": PLUGIN["packages"]}, ["--no-dev"], "a/p", id="b"),
        pytest.param({"config": {"vendor-dir": "lib"}}, {}, [], "another place", id="c"),
    ],
)
def test_a_dump_is_opaque_with(project: Any, lock: Any, flags: list[str], reason: str) -> None:
    assert reason in (dump(project, lock, *flags).opaque or "")


def test_a_dump_is_opaque_with_packages_of_the_project() -> None:
    found = dump(CLASSES, {}, **{"vendor/composer/installed.json": {"packages": []}})
    assert "installed.json" in (found.opaque or "")


def test_a_dump_looks_for_all_classes() -> None:
    found = dump(CLASSES, {}, "--no-scripts", "--no-dev")
    assert found.opaque is None
    assert found.trees == ("/app/src",)
    assert set(READ) <= set(found.files)
