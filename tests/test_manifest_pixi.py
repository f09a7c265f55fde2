"""pixi.toml and pixi.lock -> what an install reads, or why that is not known."""

from __future__ import annotations

import pytest
from manifest_request import request

from reorder.manifests.pixi import follow

MANIFEST, LOCK, SETTINGS = "/app/pixi.toml", "/app/pixi.lock", "/app/.pixi/config.toml"
PLAIN = '[workspace]\nname = "a"\n[dependencies]\npython = "3.12.*"\n'
LOCKED = "packages:\n- conda: https://example.test/a.conda\n- pypi: git+https://example.test/b\n"
FILES = {MANIFEST: PLAIN, LOCK: LOCKED}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({MANIFEST: PLAIN + 'a = {path = "a"}\n'}, "`path`", id="a folder"),
        pytest.param({MANIFEST: PLAIN + '[activation]\nscripts = ["x.sh"]\n'}, "`scripts`", id="x"),
        pytest.param(
            {MANIFEST: PLAIN + '[feature.a.pypi-options]\nfind-links = [{path = "w"}]\n'},
            "`find-links`",
            id="wheels of a folder",
        ),
        pytest.param({MANIFEST: PLAIN + "[package.build]\n"}, "`package`", id="a package itself"),
        pytest.param({MANIFEST: "["}, "not known", id="no TOML"),
        pytest.param({LOCK: LOCKED + "- pypi: ./\n"}, "`- pypi: ....`", id="the project"),
        pytest.param({LOCK: LOCKED + "- conda: ../x\n"}, "of a folder", id="a source package"),
        pytest.param({SETTINGS: 'detached-environments = "/x"'}, "other places", id="settings"),
    ],
)
def test_an_environment_is_not_followed_with(files: dict[str, str], reason: str) -> None:
    assert reason in (follow(request({**FILES, **files}, "--locked")).opaque or "")


def test_an_environment_without_a_lock_file_is_not_followed() -> None:
    assert LOCK in (follow(request({MANIFEST: PLAIN})).opaque or "")


@pytest.mark.parametrize(
    ("flags", "variables", "written"),
    [
        (("--locked",), {}, ()),
        (("--frozen",), {}, ()),
        ((), {"PIXI_FROZEN": "true"}, ()),
        ((), {}, (LOCK,)),
    ],
)
def test_the_lock_file_may_be_written_unless_it_is_checked(
    flags: tuple[str, ...], variables: dict[str, str], written: tuple[str, ...]
) -> None:
    found = follow(request(FILES, *flags, variables=variables))
    assert (found.opaque, found.rewrites) == (None, written)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {MANIFEST: PLAIN + '[tasks]\na = {cmd = "x", path = "y"}\n'},
        {SETTINGS: "tls-no-verify = true"},
    ],
)
def test_manifest_lock_file_and_settings_are_read(more: dict[str, str]) -> None:
    found = follow(request({**FILES, **more}, "--locked"))
    assert (found.opaque, found.files) == (None, (MANIFEST, LOCK, SETTINGS))


def test_the_manifest_of_a_folder_above_counts() -> None:
    files = {"/app/pyproject.toml": f"[tool.pixi]\n{PLAIN.replace('[', '[tool.pixi.')}"}
    found = follow(request({**files, LOCK: LOCKED}, "--locked", cwd="/app/sub"))
    assert (found.opaque, found.rewrites) == (None, ("/app/.pixi",))
    assert found.files[-3:] == ("/app/pyproject.toml", LOCK, SETTINGS)
