"""pubspec.yaml and pubspec.lock: files and flags -> what an install reads and may write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.pub import follow

MANIFEST = "/app/pubspec.yaml"
LOCK = "/app/pubspec.lock"
PUBSPEC = "name: a\ndependencies:\n  http: ^1.0.0\n"
KNOWN = {MANIFEST: PUBSPEC, LOCK: "packages:\n  http:\n    source: hosted\n"}
READ = (MANIFEST, "/app/pubspec_overrides.yaml", "/pubspec.yaml", "/pubspec_overrides.yaml", LOCK)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({LOCK: ""}, f"the content of {MANIFEST}"),
        ({**KNOWN, MANIFEST: PUBSPEC + "  x:\n    path: ../x\n"}, "`path`"),
        ({**KNOWN, MANIFEST: PUBSPEC + "  x: {path: ../x}\n"}, "`path`"),
        ({**KNOWN, MANIFEST: PUBSPEC + '  x: {"path": ../x}\n'}, "`path`"),
        ({**KNOWN, MANIFEST: PUBSPEC + "workspace:\n  - x\n"}, "`workspace`"),
        ({**KNOWN, MANIFEST: PUBSPEC + "resolution: workspace\n"}, "`resolution`"),
        ({**KNOWN, MANIFEST: PUBSPEC + "  x: &a\n"}, "YAML"),
        ({**KNOWN, LOCK: "packages:\n  x:\n    source: path\n"}, "from a folder"),
        ({**KNOWN, "/app/pubspec_overrides.yaml": ""}, "pubspec_overrides.yaml"),
        ({**KNOWN, "/pubspec.yaml": ""}, "/pubspec.yaml"),
    ],
)
def test_it_is_opaque_with(files: dict[str, str], reason: str) -> None:
    assert reason in (follow(request(files, "--enforce-lockfile")).opaque or "")


def test_an_enforced_lock_file_stays() -> None:
    assert follow(request(KNOWN, "--enforce-lockfile")) == Followed(READ)


def test_the_lock_file_may_be_written_when_it_is_not_enforced() -> None:
    found = follow(request(KNOWN, variables={"PUB_CACHE": "/cache"}))
    assert found == Followed(READ, rewrites=(LOCK, "/cache"))


@given(st.text("path: {}\n-&*a", max_size=30))
def test_any_text_has_an_answer(text: str) -> None:
    found = follow(request({**KNOWN, MANIFEST: text}, "--enforce-lockfile"))
    assert (found.opaque is None) == bool(found.files)
