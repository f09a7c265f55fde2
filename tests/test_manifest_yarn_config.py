"""`yarn config set` -> which files of the project it may write."""

from __future__ import annotations

import pytest
from manifest_request import request

from reorder.manifests.yarn_config import follow

TIMEOUT = ("set", "network-timeout", "300000")
SETTINGS = ("/app/.yarnrc.yml", "/.yarnrc.yml")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"/app/.yarnrc.yml": ""}, TIMEOUT, id="settings of the second line"),
        pytest.param({"/.yarnrc.yml": ""}, TIMEOUT, id="settings above"),
        pytest.param({"/app/.yarnrc": 'yarn-path "x.cjs"'}, TIMEOUT, id="another program"),
        pytest.param(
            {"/app/package.json": '{"packageManager": "yarn@4.1.0"}'}, TIMEOUT, id="a version"
        ),
        pytest.param({"/app/yarn.lock": "\n__metadata:\n"}, TIMEOUT, id="a lock file"),
        pytest.param({}, ("set", "yarn-offline-mirror", "./x"), id="a folder of the project"),
        pytest.param({}, ("set", "script-shell", "x"), id="another shell"),
        pytest.param({}, ("set", "network-timeout"), id="no value"),
    ],
)
def test_the_settings_of_the_project_may_change(
    files: dict[str, str], words: tuple[str, ...]
) -> None:
    assert follow(request(files, words=words)).rewrites == SETTINGS


def test_a_manifest_that_a_run_may_have_changed_may_name_the_second_line() -> None:
    found = follow(request({}, words=TIMEOUT, unknown=("/app/package.json",)))
    assert found.rewrites == SETTINGS


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, TIMEOUT),
        ({"/app/package.json": "{}", "/app/yarn.lock": "# yarn lockfile v1\n"}, TIMEOUT),
        ({"/app/package.json": '{"packageManager": "yarn@1.22.19"}'}, TIMEOUT),
        ({"/app/.yarnrc.yml": ""}, ("get", "registry")),
    ],
)
def test_the_project_stays_as_it_is(files: dict[str, str], words: tuple[str, ...]) -> None:
    found = follow(request(files, words=words))
    assert (found.opaque, found.rewrites) == (None, ())
