"""Package.swift -> what getting its packages reads, or why that is not known."""

from __future__ import annotations

import pytest
from manifest_request import request

from reorder.manifests.swift import follow

MANIFEST, RESOLVED = "/app/Package.swift", "/app/Package.resolved"
MIRRORS = "/app/.swiftpm/configuration/mirrors.json"


def package(dependency: str = '.package(url: "https://example.test/a", from: "1.0.0")') -> str:
    target = '.target(name: "a", path: "Sources")'
    return (
        "import PackageDescription\n"
        f'let package = Package(name: "a", dependencies: [{dependency}], targets: [{target}])\n'
    )


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({MANIFEST: "import Foundation\n" + package()}, "imports Foundation"),
        ({MANIFEST: "import struct Glibc.x\n" + package()}, "imports Glibc"),
        ({MANIFEST: package() + "; import Foundation"}, "imports Foundation"),
        ({MANIFEST: package('.package(name: "b", path: "../b")')}, "from a folder"),
        ({MANIFEST: package('.package(name: (n("b")), path: "b")')}, "from a folder"),
        ({MANIFEST: package("Context.packageDirectory")}, "`Context`"),
        ({MANIFEST: package() + '@_silgen_name("system")'}, "`@_silgen_name`"),
        ({MANIFEST: package('.binaryTarget(name: "x", path: "x")')}, "`binaryTarget`"),
        ({"/app/Package@swift-6.0.swift": ""}, "stand in"),
        ({MIRRORS: "{}"}, "elsewhere"),
    ],
)
def test_a_package_is_not_followed_with(files: dict[str, str], reason: str) -> None:
    assert reason in (follow(request({MANIFEST: package(), **files})).opaque or "")


def test_a_manifest_that_a_run_may_have_changed_is_not_followed() -> None:
    assert MANIFEST in (follow(request({}, unknown=(MANIFEST,))).opaque or "")


@pytest.mark.parametrize(
    ("files", "flags", "written"),
    [
        ({RESOLVED: "{}"}, ("--force-resolved-versions",), ()),
        ({RESOLVED: "{}"}, (), (RESOLVED,)),
        ({}, ("--force-resolved-versions",), (RESOLVED,)),
    ],
)
def test_the_resolved_versions_may_be_written_unless_they_are_forced(
    files: dict[str, str], flags: tuple[str, ...], written: tuple[str, ...]
) -> None:
    found = follow(request({MANIFEST: package(), **files}, *flags))
    assert (found.opaque, found.rewrites) == (None, written)
    assert found.files[:2] == (MANIFEST, RESOLVED)
