"""Cargo.toml and Cargo.lock: files and flags -> what a fetch reads and may write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.cargo import follow

ROOT = '[package]\nname = "a"\nversion = "0.1.0"\n[dependencies]\nserde = "1"\n'
KNOWN = {"/app/Cargo.toml": ROOT, "/app/Cargo.lock": ""}
SETTINGS = tuple(
    folder + name
    for folder in ("/app/", "/")
    for name in (".cargo/config.toml", ".cargo/config", "rust-toolchain", "rust-toolchain.toml")
)
LOCK = "/app/Cargo.lock"
WORKSPACE = '[workspace]\nmembers = ["crates/*"]\n'


def targets(folder: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in ("src/lib.rs", "src/main.rs", "build.rs"))


def globs(folder: str) -> tuple[str, ...]:
    places = ("src/bin", "examples", "tests", "benches")
    return tuple(f"{folder}/{p}/{name}" for p in places for name in ("*.rs", "*/main.rs"))


READ = (*SETTINGS, "/app/Cargo.toml", "/Cargo.toml", *targets("/app"))


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({}, "the content of /app/Cargo.toml", id="an unknown manifest"),
        pytest.param({"/app/Cargo.toml": "["}, "/app/Cargo.toml", id="a broken manifest"),
        pytest.param(
            {**KNOWN, "/app/Cargo.toml": ROOT + 'x = { path = "../x" }'},
            "the content of /x/Cargo.toml",
            id="an unknown path dependency",
        ),
        pytest.param(
            {**KNOWN, "/app/Cargo.toml": '[workspace]\nmembers = ["**"]'},
            "members `**`",
            id="members in any depth",
        ),
        pytest.param(
            {**KNOWN, "/app/Cargo.toml": '[package]\nname = "a"\nworkspace = ".."'},
            "names its workspace",
            id="a workspace by name",
        ),
        pytest.param(
            {**KNOWN, "/app/.cargo/config.toml": '[source.v]\ndirectory = "vendor"'},
            "from a folder",
            id="packages that lie in the project",
        ),
        pytest.param({**KNOWN, "/.cargo/config": 'paths = ["x"]'}, "`paths`", id="overrides"),
        pytest.param(
            {**KNOWN, "/app/rust-toolchain.toml": '[toolchain]\npath = "t"'},
            "toolchain",
            id="a toolchain of the project",
        ),
    ],
)
def test_it_is_opaque_with(files: dict[str, str], reason: str) -> None:
    assert reason in (follow(request(files, "--locked")).opaque or "")


@pytest.mark.parametrize(
    ("files", "flags", "expected"),
    [
        pytest.param(
            KNOWN, ["--locked"], Followed((*READ, LOCK), globs=globs("/app")), id="one package"
        ),
        pytest.param(
            {**KNOWN, "/app/rust-toolchain": "1.80.0\n"},
            ["--frozen"],
            Followed((*READ, LOCK), globs=globs("/app")),
            id="a toolchain by its number",
        ),
        pytest.param(
            KNOWN,
            [],
            Followed((*READ, LOCK), globs=globs("/app"), rewrites=(LOCK,)),
            id="a lock file that may be renewed",
        ),
        pytest.param(
            {**KNOWN, "/app/Cargo.toml": ROOT + '[lib]\npath = "l.rs"\n[[bin]]\npath = "b.rs"'},
            ["--locked"],
            Followed((*READ, "/app/l.rs", "/app/b.rs", LOCK), globs=globs("/app")),
            id="targets at places of their own",
        ),
        pytest.param(
            {
                "/app/Cargo.toml": WORKSPACE,
                "/app/crates/b/Cargo.toml": ROOT + 'c = { path = "../../c" }',
                "/app/c/Cargo.toml": ROOT,
                "/app/crates/b/src/main.rs": "",
            },
            ["--locked"],
            Followed(
                (
                    *(*SETTINGS, "/app/Cargo.toml"),
                    *("/app/crates/b/Cargo.toml", *targets("/app/crates/b")),
                    *("/app/c/Cargo.toml", *targets("/app/c"), LOCK),
                ),
                globs=("/app/crates/*/Cargo.toml", *globs("/app/crates/b"), *globs("/app/c")),
            ),
            id="a workspace and a path dependency",
        ),
    ],
)
def test_it_reads_and_may_write(
    files: dict[str, str], flags: list[str], expected: Followed
) -> None:
    assert follow(request(files, *flags)) == expected


LINES = st.sampled_from(
    [
        *("[package]", "[workspace]", "members = [1]", "[dependencies]", "path = 1", "[[bin]]"),
        *("x = {path = '.'}", "build = 1", "target = 2", "lib = []", "[patch.x]", "replace = 0"),
    ]
)


@given(st.lists(LINES, max_size=6).map("\n".join), st.lists(LINES, max_size=3).map("\n".join))
def test_any_table_has_an_answer(manifest: str, config: str) -> None:
    files = {"/app/Cargo.toml": manifest, "/app/.cargo/config.toml": config}
    found = follow(request(files))
    assert (found.opaque is None) == bool(found.files)
