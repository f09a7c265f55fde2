"""Readers of package.json projects: what an install reads, what it may rewrite, what stops it."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reorder.manifests import Followed, Request, follow

Files = Mapping[str, object]
READERS = ("npm", "npm-ci", "yarn", "pnpm", "pnpm-lock", "bun", "bun-ci")

PLAIN: dict[str, Any] = {"name": "shop", "dependencies": {"ms": "^2.1.3"}}
PINNED = {**PLAIN, "packageManager": "pnpm@9.1.0"}
MEMBER = {"name": "a", "version": "1.0.0"}
SPACES = {**PLAIN, "workspaces": ["packages/*"]}
SUM = "0" * 40
FIRST = f"""# yarn lockfile v1


ms@^2.1.3:
  version "2.1.3"
  resolved "https://example.org/ms/-/ms-2.1.3.tgz#{SUM}"
  integrity sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxg==
"""
SECOND = "__metadata:\n  version: 8\n"
SCHEMA = 'generator client {\n  provider = "prisma-client-js"\n}\n'


def hooked(**scripts: str) -> dict[str, Any]:
    return {**PLAIN, "scripts": scripts}


def asking(spec: str) -> dict[str, Any]:
    return {"name": "shop", "dependencies": {"lib": spec}}


def locked(**entry: object) -> dict[str, Any]:
    return {"lockfileVersion": 3, "packages": {"": PLAIN, "node_modules/lib": entry}}


def request(
    files: Files,
    *flags: str,
    words: tuple[str, ...] = (),
    unknown: str = "",
    variables: Mapping[str, str] | None = None,
    cwd: str = "/app",
) -> Request:
    """A project in /app; what stands below the folder `unknown` is not known."""
    contents = {posixpath.join("/app", path): encoded(content) for path, content in files.items()}

    def hidden(path: str) -> bool:
        return bool(unknown) and f"{path}/".startswith(f"{unknown}/")

    def exists(path: str) -> bool | None:
        return None if hidden(path) else path in contents

    def below(folder: str) -> tuple[str, ...] | None:
        inside = folder.rstrip("/") + "/"
        if hidden(folder) or (unknown and f"{unknown}/".startswith(inside)):
            return None
        return tuple(sorted(path for path in contents if path.startswith(inside)))

    return Request(
        start=(),
        cwd=cwd,
        flags=frozenset(flags),
        values={},
        words=words,
        read=lambda path: None if hidden(path) else contents.get(path),
        exists=exists,
        unpackaged=lambda path: exists(path) is not False,
        below=below,
        lookup=dict(variables or {}).get,
    )


def encoded(content: object) -> bytes:
    if isinstance(content, bytes):
        return content
    return (
        content.encode()
        if isinstance(content, str)
        else (json.dumps(content, indent=2) + "\n").encode()
    )


def answer(reader: str, asked: Request) -> Followed:
    found = follow(reader, asked)
    assert found is not None
    return found


REFUSED: dict[str, tuple[str, Files, str]] = {
    "no manifest": ("npm-ci", {}, "/app/package.json is not there"),
    "a manifest that is no JSON": ("npm-ci", {"package.json": "{,"}, "no JSON object"),
    "a hook that runs code": (
        "npm-ci",
        {"package.json": hooked(postinstall="node scripts/x.js")},
        "has the script postinstall, `node scripts/x.js`",
    ),
    "a hook behind a script": (
        "npm-ci",
        {"package.json": hooked(prepare="npm run gen", gen="tsc")},
        "has the script gen, `tsc`",
    ),
    "the hook around a script": (
        "npm-ci",
        {"package.json": hooked(prepare="npm run gen", gen="true", postgen="tsc")},
        "has the script postgen, `tsc`",
    ),
    "a hook with one command that is not known": (
        "npm-ci",
        {"package.json": hooked(prepare="husky install && make")},
        "`husky install && make`",
    ),
    "a hook with a redirection": (
        "npm-ci",
        {"package.json": hooked(postinstall="echo x > src/x.js")},
        "`echo x > src/x.js`",
    ),
    "a hook of two lines": (
        "npm-ci",
        {"package.json": hooked(postinstall="echo a\nmake")},
        "has the script postinstall",
    ),
    "a generator that adds its client": (
        "npm-ci",
        {"package.json": hooked(postinstall="prisma generate")},
        "does not ask for @prisma/client",
    ),
    "a client certificate of the project": (
        "npm-ci",
        {"package.json": PLAIN, ".npmrc": "//example.org/:certfile=./cert.pem\n"},
        "/app/.npmrc sets `//example.org/:certfile`",
    ),
    "settings of a workspace": (
        "pnpm",
        {
            "package.json": PINNED,
            "pnpm-workspace.yaml": "packages: ['p/*']\n",
            "p/a/package.json": MEMBER,
            "p/a/.npmrc": "script-shell=./sh\n",
        },
        "/app/p/a/.npmrc sets `script-shell`",
    ),
    "a local package in the settings": (
        "yarn",
        {
            "package.json": PLAIN,
            ".yarnrc.yml": "packageExtensions:\n  x@*:\n    dependencies:\n      y: file:./y\n",
        },
        "/app/.yarnrc.yml asks for y by `file:./y`",
    ),
    "a script that calls itself": (
        "npm-ci",
        {"package.json": hooked(prepare="npm run prepare")},
        "`npm run prepare`",
    ),
    "a hook that finds a repository": (
        "npm-ci",
        {"package.json": hooked(prepare="husky install"), ".git/HEAD": "ref"},
        "/app/.git lets",
    ),
    "a hook of all dependencies": ("npm-ci", {"package.json": hooked(dependencies="tsc")}, "tsc"),
    "a hook of one installer": (
        "pnpm",
        {"package.json": {**PINNED, "scripts": {"pnpm:devPreinstall": "node x.js"}}},
        "pnpm:devPreinstall",
    ),
    "a native addon": (
        "npm-ci",
        {"package.json": PLAIN, "binding.gyp": "{}"},
        "/app/binding.gyp makes the install compile",
    ),
    "a native addon in a workspace": (
        "npm-ci",
        {"package.json": SPACES, "packages/a/package.json": MEMBER, "packages/a/binding.gyp": ""},
        "/app/packages/a/binding.gyp",
    ),
    "a hook in a workspace": (
        "npm-ci",
        {"package.json": SPACES, "packages/a/package.json": hooked(prepare="tsc")},
        "/app/packages/a/package.json has the script prepare",
    ),
    "a hook in a local dependency": (
        "npm-ci",
        {"package.json": asking("file:lib"), "lib/package.json": hooked(prepare="tsc")},
        "/app/lib/package.json has the script prepare",
    ),
    "a local dependency that is not there": (
        "npm-ci",
        {"package.json": asking("file:../lib")},
        "/lib/package.json, which the project asks for, is not there",
    ),
    "a local dependency by a bare path": (
        "yarn",
        {"package.json": asking("./lib")},
        "/app/lib/package.json",
    ),
    "a script that makes a dependency": (
        "yarn",
        {"package.json": asking("exec:./make.js")},
        "asks for lib by `exec:./make.js`",
    ),
    "an override by a file address": (
        "npm-ci",
        {"package.json": {**PLAIN, "overrides": {"x": {"y": "file:///y"}}}},
        "asks for y by `file:///y`",
    ),
    "a dependency of the home folder": ("npm-ci", {"package.json": asking("~/lib")}, "~/lib"),
    "a folder that only the lock file names": (
        "npm-ci",
        {"package.json": PLAIN, "package-lock.json": locked(resolved="lib", link=True)},
        "names the folder /app/lib",
    ),
    "a lock file that cannot be read": (
        "npm-ci",
        {"package.json": PLAIN, "package-lock.json": "<<<<<<<"},
        "/app/package-lock.json is no lock file",
    ),
    "a shell of the project": (
        "npm-ci",
        {"package.json": PLAIN, ".npmrc": "script-shell=./sh\n"},
        "/app/.npmrc sets `script-shell`",
    ),
    "a variable that no model names": (
        "npm-ci",
        {"package.json": PLAIN, ".npmrc": "//example.org/:_authToken=${CI_TOKEN}\n"},
        "/app/.npmrc uses $CI_TOKEN",
    ),
    "workspaces by a pattern that is not read": (
        "npm-ci",
        {"package.json": {**PLAIN, "workspaces": ["packages/!(x)"]}},
        "have the pattern `packages/!(x)`",
    ),
    "workspaces outside": (
        "npm-ci",
        {"package.json": {**PLAIN, "workspaces": ["../*"]}},
        "have the pattern `../*`",
    ),
    "a workspace with workspaces": (
        "yarn",
        {"package.json": SPACES, "packages/a/package.json": SPACES},
        "/app/packages/a/package.json has workspaces of its own",
    ),
    "a project around it": (
        "npm-ci",
        {"package.json": PLAIN, "/package.json": {"workspaces": ["app"]}},
        "/package.json may make /app a part",
    ),
    "a dependency that generates from a schema into the source": (
        "npm-ci",
        {
            "package.json": asking("1"),
            "package-lock.json": locked(name="@prisma/client", hasInstallScript=True),
            "prisma/schema.prisma": SCHEMA.replace("}", '  output = "../src"\n}'),
        },
        "the install script of @prisma/client writes to the project",
    ),
    "a generator of another kind": (
        "npm-ci",
        {
            "package.json": {
                "scripts": {"postinstall": "prisma generate"},
                "dependencies": {"@prisma/client": "5"},
            },
            "prisma/schema.prisma": SCHEMA.replace("prisma-client-js", "node ./gen.js"),
        },
        "writes to the project",
    ),
    "a dependency that runs a file of settings": (
        "pnpm",
        {"package.json": {**PINNED, "devDependencies": {"puppeteer": "1"}}, ".puppeteerrc.cjs": ""},
        "/app/.puppeteerrc.cjs lets the install script of puppeteer",
    ),
    "a program in place of the installer": (
        "yarn",
        {"package.json": PLAIN, ".yarnrc.yml": "yarnPath: ./tools/yarn.cjs\n"},
        "the project runs ./tools/yarn.cjs in place",
    ),
    "a program in place of the first installer": (
        "yarn",
        {"package.json": PLAIN, ".yarnrc": 'yarn-path "./tools/yarn.js"\n'},
        "the project runs ./tools/yarn.js in place",
    ),
    "a mirror in the project": (
        "yarn",
        {"package.json": PLAIN, ".yarnrc": 'yarn-offline-mirror "./mirror"\n'},
        "/app/.yarnrc sets `yarn-offline-mirror`",
    ),
    "a plugin of its own": (
        "yarn",
        {"package.json": PLAIN, ".yarnrc.yml": "plugins:\n  - path: .yarn/plugins/own.cjs\n"},
        "the plugin .yarn/plugins/own.cjs",
    ),
    "constraints that run": (
        "yarn",
        {"package.json": PLAIN, ".yarnrc.yml": "enableConstraintsChecks: true\n"},
        "sets `enableConstraintsChecks`",
    ),
    "a cache in the project": (
        "yarn",
        {"package.json": PLAIN, "yarn.lock": SECOND, ".yarn/cache/ms.zip": "PK"},
        "/app/.yarn/cache/ms.zip is kept by the install itself",
    ),
    "variables for the scripts of packages": (
        "yarn",
        {"package.json": PLAIN, "yarn.lock": SECOND, ".env.yarn": "NODE_OPTIONS=-r ./x.js"},
        "/app/.env.yarn sets variables",
    ),
    "settings in a form of YAML that is not read": (
        "yarn",
        {"package.json": PLAIN, ".yarnrc.yml": "nodeLinker: &x pnp\n"},
        "/app/.yarnrc.yml is no YAML of the plain kind",
    ),
    "hooks of packages that load code": (
        "pnpm",
        {"package.json": PINNED, ".pnpmfile.cjs": "require('fs')"},
        "/app/.pnpmfile.cjs is code",
    ),
    "an injected workspace": (
        "pnpm",
        {"package.json": {**PINNED, "dependenciesMeta": {"a": {"injected": True}}}},
        "injects a",
    ),
    "a manifest of another form": (
        "pnpm",
        {
            "package.json": PINNED,
            "pnpm-workspace.yaml": "packages: ['p/*']\n",
            "p/a/package.yaml": "",
        },
        "/app/p/a/package.yaml is a manifest that is not read",
    ),
    "a setting of the workspace that is not known": (
        "pnpm",
        {"package.json": PINNED, "pnpm-workspace.yaml": "lockfileDir: ..\n"},
        "/app/pnpm-workspace.yaml sets `lockfileDir`",
    ),
    "a workspace file above": (
        "pnpm",
        {"package.json": PINNED, "/pnpm-workspace.yaml": "packages: ['*']\n"},
        "/pnpm-workspace.yaml may make /app a part",
    ),
    "the lock file of another installer": (
        "bun",
        {"package.json": PLAIN, "yarn.lock": FIRST},
        "takes over the lock file",
    ),
    "a setting of bun that is not known": (
        "bun",
        {"package.json": PLAIN, "bunfig.toml": "[install]\nglobalDir = 'x'\n"},
        "/app/bunfig.toml sets `globalDir`",
    ),
}


@pytest.mark.parametrize(("reader", "files", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_is_not_followed(reader: str, files: Files, reason: str) -> None:
    found = answer(reader, request(files))
    assert found == Followed(opaque=found.opaque)
    assert reason in (found.opaque or "")


@pytest.mark.parametrize(
    "word", [".", "./lib", "lib@file:lib", "file:../lib", "x.tgz", "~/lib", ""]
)
def test_packages_that_are_added_from_the_project_are_not_followed(word: str) -> None:
    found = answer("npm", request({"package.json": PLAIN}, words=(word,)))
    assert found.opaque == f"it adds `{word}`, which may be of the project"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("unknown", ["/app", "/app/package.json", "/app/.npmrc"])
def test_what_may_hold_anything_asks_for_the_context(reader: str, unknown: str) -> None:
    found = answer(reader, request({"package.json": PINNED}, unknown=unknown))
    assert found.opaque is not None
    assert found.opaque.endswith("is not known: give the build context")


@pytest.mark.parametrize("reader", READERS)
def test_a_folder_that_is_not_known_is_not_followed(reader: str) -> None:
    found = answer(reader, request({"package.json": PLAIN}, cwd="?cwd"))
    assert found.opaque == "the working directory is not known: set WORKDIR to an absolute path"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", ["--require ./trace.js", "-r ./x.js", "--import=./x.mjs"])
def test_a_variable_that_loads_code_is_not_followed(reader: str, value: str) -> None:
    found = answer(reader, request({"package.json": PINNED}, variables={"NODE_OPTIONS": value}))
    assert found.opaque == f"$NODE_OPTIONS is `{value}`, which may make it read or run any file"


def test_a_variable_that_bounds_memory_is_followed() -> None:
    variables = {"NODE_OPTIONS": "--max-old-space-size=4096 --no-warnings"}
    assert answer("npm-ci", request({"package.json": PLAIN}, variables=variables)).opaque is None


def test_all_that_an_install_looks_for_is_named_in_order() -> None:
    files = {"package.json": PLAIN, "package-lock.json": locked(), ".npmrc": "save-exact=true\n"}
    names = ("package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", ".npmrc")
    expected = (*(f"/app/{name}" for name in names), "/package.json", "/app/binding.gyp")
    assert answer("npm-ci", request(files)) == Followed(files=expected)


def test_hooks_that_do_not_run_are_not_read() -> None:
    files = {"package.json": hooked(postinstall="make"), "binding.gyp": "{}"}
    assert answer("npm-ci", request(files, "--ignore-scripts")).opaque is None


READ: dict[str, tuple[str, Files, set[str]]] = {
    "workspaces": (
        "npm-ci",
        {"package.json": SPACES, "packages/a/package.json": MEMBER, "docs/package.json": MEMBER},
        {"/app/packages/a/package.json"},
    ),
    "workspaces at any depth": (
        "yarn",
        {
            "package.json": {**PLAIN, "workspaces": {"packages": ["libs/**"]}},
            "libs/x/y/package.json": MEMBER,
            "libs/x/node_modules/z/package.json": MEMBER,
        },
        {"/app/libs/x/y/package.json"},
    ),
    "workspaces in braces": (
        "npm-ci",
        {"package.json": {**PLAIN, "workspaces": ["./{p,q}/*/"]}, "q/a/package.json": MEMBER},
        {"/app/q/a/package.json"},
    ),
    "a workspace that a pattern may exclude": (
        "pnpm",
        {
            "package.json": PINNED,
            "pnpm-workspace.yaml": "packages:\n  - 'p/*'\n  - '!p/b'\n",
            "p/b/package.json": MEMBER,
        },
        {"/app/p/b/package.json", "/app/pnpm-workspace.yaml"},
    ),
    "a linked folder": (
        "yarn",
        {"package.json": asking("link:./lib"), "lib/package.json": MEMBER},
        {"/app/lib/package.json"},
    ),
    "an archive": (
        "npm-ci",
        {"package.json": asking("file:vendor/x.tgz"), "vendor/x.tgz": b"\x1f\x8b"},
        {"/app/vendor/x.tgz"},
    ),
    "an archive that the lock file names": (
        "npm-ci",
        {
            "package.json": PLAIN,
            "package-lock.json": locked(resolved="file:x.tgz"),
            "x.tgz": b"\x1f\x8b",
        },
        {"/app/x.tgz"},
    ),
    "patches of pnpm": (
        "pnpm",
        {
            "package.json": {
                **PINNED,
                "pnpm": {"patchedDependencies": {"ms@2": "patches/ms.patch"}},
            },
            "patches/ms.patch": "x",
        },
        {"/app/patches/ms.patch"},
    ),
    "patches of the workspace file": (
        "pnpm-lock",
        {
            "package.json": PINNED,
            "pnpm-workspace.yaml": "packages: []\npatchedDependencies:\n  ms: patches/ms.patch\n",
            "patches/ms.patch": "x",
        },
        {"/app/patches/ms.patch"},
    ),
    "patches of yarn": (
        "yarn",
        {
            "package.json": {
                **PLAIN,
                "resolutions": {"ms@1": "patch:ms@npm%3A1#~/.yarn/patches/ms.patch"},
            },
            "yarn.lock": SECOND,
            ".yarn/patches/ms.patch": "x",
        },
        {"/app/.yarn/patches/ms.patch"},
    ),
    "the release and the plugins of yarn": (
        "yarn",
        {
            "package.json": PLAIN,
            "yarn.lock": SECOND,
            ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-3.6.1.cjs\nplugins:\n"
            "  - path: .yarn/plugins/@yarnpkg/plugin-x.cjs\n    spec: '@yarnpkg/plugin-x'\n",
            ".yarn/releases/yarn-3.6.1.cjs": "",
            ".yarn/plugins/@yarnpkg/plugin-x.cjs": "",
        },
        {"/app/.yarn/releases/yarn-3.6.1.cjs", "/app/.yarn/plugins/@yarnpkg/plugin-x.cjs"},
    ),
    "the patches of a hook": (
        "npm-ci",
        {"package.json": hooked(postinstall="npx patch-package"), "patches/ms.patch": "x"},
        {"/app/patches/ms.patch"},
    ),
    "the schema of a dependency": (
        "yarn",
        {
            "package.json": {
                "dependencies": {"@prisma/client": "5"},
                "prisma": {"schema": "db/s.prisma"},
            },
            "db/s.prisma": SCHEMA,
        },
        {"/app/db/s.prisma"},
    ),
    "variables of bun": ("bun-ci", {"package.json": PLAIN, ".env": "A=1\n"}, {"/app/.env"}),
    "hooks of packages without code": (
        "pnpm",
        {"package.json": PINNED, ".pnpmfile.cjs": "module.exports = {hooks: {}}"},
        {"/app/.pnpmfile.cjs"},
    ),
}


@pytest.mark.parametrize(("reader", "files", "wanted"), READ.values(), ids=READ)
def test_of_the_files_that_are_there_it_reads(reader: str, files: Files, wanted: set[str]) -> None:
    found = answer(reader, request(files))
    assert found.opaque is None
    there = {posixpath.join("/app", path) for path in files}
    assert there & set(found.files) - {"/app/package.json", "/app/yarn.lock"} >= wanted
    assert "/app/docs/package.json" not in found.files
    assert "/app/libs/x/node_modules/z/package.json" not in found.files


def test_a_local_folder_is_read_whole() -> None:
    files = {"package.json": asking("file:./lib"), "lib/package.json": MEMBER}
    assert answer("npm-ci", request(files)).trees == ("/app/lib",)


def test_a_new_workspace_would_be_read_too() -> None:
    files = {"package.json": SPACES, "packages/a/package.json": MEMBER}
    assert answer("npm-ci", request(files)).globs == ("/app/packages/*/package.json",)


PROGRAM = {**MEMBER, "bin": {"a": "cli.js"}}
OUTSIDE = {"package.json": SPACES, "packages/a/package.json": PROGRAM}
REWRITES: dict[str, tuple[str, Files, tuple[str, ...], tuple[str, ...]]] = {
    "a frozen install": ("npm-ci", {"package.json": PLAIN, "package-lock.json": locked()}, (), ()),
    "an install": (
        "npm",
        {"package.json": PLAIN, "package-lock.json": locked()},
        (),
        ("package-lock.json",),
    ),
    "an install beside a second lock file": (
        "npm",
        {"package.json": PLAIN, "package-lock.json": locked(), "yarn.lock": FIRST},
        (),
        ("package-lock.json", "yarn.lock"),
    ),
    "an install without a lock file": ("npm", {"package.json": PLAIN}, (), ("package-lock.json",)),
    "an install that saves nothing": (
        "npm",
        {"package.json": PLAIN, "package-lock.json": locked()},
        ("--no-save",),
        (),
    ),
    "the program of a workspace": (
        "npm-ci",
        {**OUTSIDE, "packages/a/cli.js": "#!"},
        (),
        ("packages/a/node_modules", "packages/a/cli.js"),
    ),
    "a program that is built later": ("npm-ci", OUTSIDE, (), ("packages/a/node_modules",)),
    "a first lock file in step": ("yarn", {"package.json": PLAIN, "yarn.lock": FIRST}, (), ()),
    "a first lock file without a package": (
        "yarn",
        {"package.json": {"dependencies": {"ms": "^2.1.3", "zod": "3"}}, "yarn.lock": FIRST},
        (),
        ("yarn.lock",),
    ),
    "a first lock file with another range": (
        "yarn",
        {"package.json": {"dependencies": {"ms": "^2.1.4"}}, "yarn.lock": FIRST},
        (),
        ("yarn.lock",),
    ),
    "a first lock file with a package too many": (
        "yarn",
        {"package.json": PLAIN, "yarn.lock": FIRST + "\n" + FIRST[23:].replace("ms@", "x@")},
        (),
        ("yarn.lock",),
    ),
    "a first lock file without a checksum": (
        "yarn",
        {"package.json": PLAIN, "yarn.lock": FIRST.replace("  integrity", "  # integrity")},
        (),
        ("yarn.lock",),
    ),
    "a first lock file that is forced": (
        "yarn",
        {"package.json": PLAIN, "yarn.lock": FIRST},
        ("--force",),
        ("yarn.lock",),
    ),
    "a frozen first lock file": (
        "yarn",
        {"package.json": {"dependencies": {"zod": "3"}}, "yarn.lock": FIRST},
        ("--frozen-lockfile",),
        (),
    ),
    "a second lock file": (
        "yarn",
        {"package.json": {**PLAIN, "packageManager": "yarn@4.1.0"}, "yarn.lock": SECOND},
        (),
        ("yarn.lock",),
    ),
    "a manifest in another form than the later yarn writes": (
        "yarn",
        {
            "package.json": {"packageManager": "yarn@4.1.0", "dependencies": {"b": "1", "a": "1"}},
            "yarn.lock": SECOND,
        },
        ("--immutable",),
        ("package.json",),
    ),
    "a pnpm lock file": ("pnpm", {"package.json": PINNED}, (), ("pnpm-lock.yaml",)),
    "a frozen pnpm lock file": ("pnpm", {"package.json": PINNED}, ("--frozen-lockfile",), ()),
    "a manifest without a pin": (
        "pnpm",
        {"package.json": PLAIN},
        ("--frozen-lockfile",),
        ("package.json",),
    ),
    "what is only fetched": ("pnpm-lock", {"package.json": PINNED}, (), ()),
    "the lock files of bun": ("bun", {"package.json": PLAIN}, (), ("bun.lock", "bun.lockb")),
    "a frozen bun lock file": ("bun", {"package.json": PLAIN}, ("--frozen-lockfile",), ()),
    "a manifest that is used for the first time": (
        "corepack-enable",
        {"package.json": PLAIN},
        (),
        ("package.json",),
    ),
    "a manifest that is pinned": ("corepack-enable", {"package.json": PINNED}, (), ()),
    "no manifest": ("corepack-enable", {}, (), ()),
}


@pytest.mark.parametrize(("reader", "files", "flags", "wanted"), REWRITES.values(), ids=REWRITES)
def test_it_may_rewrite(
    reader: str, files: Files, flags: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    found = answer(reader, request(files, *flags))
    assert (found.opaque, found.rewrites) == (None, tuple(f"/app/{name}" for name in wanted))


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ({"scripts": {}}, False),
        ({"private": False}, False),
        ({"optionalDependencies": {"ms": "1"}}, False),
        ({"bin": "x.js"}, False),
        ({"x": 1.0}, False),
        ({"scripts": {"b": "1", "a": "2"}}, True),
        ({"workspaces": {"nohoist": ["x"]}}, True),
    ],
    ids=str,
)
def test_a_manifest_stays_only_in_the_form_that_the_later_yarn_writes(
    field: dict[str, object], kept: bool
) -> None:
    manifest = {"name": "x", "packageManager": "yarn@4.1.0", **field}
    found = answer("yarn", request({"package.json": manifest, "yarn.lock": SECOND}, "--immutable"))
    assert found == replace(found, rewrites=() if kept else ("/app/package.json",), opaque=None)


def test_a_package_is_added_to_the_manifest_and_the_lock_file() -> None:
    found = answer("npm", request({"package.json": PLAIN}, words=("zod@^3",)))
    assert found.rewrites == ("/app/package-lock.json", "/app/package.json")


def test_a_package_is_added_where_no_project_is() -> None:
    found = answer("npm", request({}, words=("@scope/x",)))
    assert found.rewrites == ("/app/package.json", "/app/package-lock.json")


def test_a_first_use_that_may_not_pin_leaves_the_manifest() -> None:
    variables = {"COREPACK_ENABLE_AUTO_PIN": "0"}
    asked = request({"package.json": PLAIN}, "--frozen-lockfile", variables=variables)
    assert answer("pnpm", asked).rewrites == ()


def test_a_manifest_that_may_be_pinned_has_a_remedy_of_its_own() -> None:
    found = answer("pnpm", request({"package.json": PLAIN}, "--frozen-lockfile"))
    assert found.rewrites == ("/app/package.json",)
    assert "`packageManager`" in found.remedies["/app/package.json"]


def test_an_installer_that_may_have_been_replaced_may_pin_itself() -> None:
    files = {"package.json": PLAIN, "yarn.lock": FIRST}
    asked = request(files, "--frozen-lockfile", unknown="/usr/local/bin/yarn")
    assert answer("yarn", asked).rewrites == ("/app/package.json",)


def test_a_version_is_looked_for_in_all_folders_above() -> None:
    found = answer("corepack", request({"package.json": PLAIN}))
    names = ("/app/package.json", "/app/.corepack.env", "/package.json", "/.corepack.env")
    assert found == Followed(files=names)


@pytest.mark.parametrize("reader", READERS)
@settings(deadline=None, max_examples=60)
@given(
    content=st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["scripts", "dependencies", "workspaces", "bin", "pnpm", ""]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_no_content_of_any_file_makes_a_reader_raise(reader: str, content: bytes) -> None:
    names = ("package.json", "package-lock.json", "yarn.lock", ".npmrc", ".yarnrc", ".yarnrc.yml")
    others = ("pnpm-workspace.yaml", "pnpm-lock.yaml", "bunfig.toml", "bun.lock", ".pnpmfile.cjs")
    files: dict[str, object] = dict.fromkeys((*names, *others), content)
    answer(reader, request(files))
    for name in (*names[1:], *others):
        answer(reader, request({"package.json": PINNED, name: content}))


@pytest.mark.parametrize("flag", ["--prefix", "-C"])
def test_a_folder_that_is_named_has_no_project_above_it(flag: str) -> None:
    files = {
        "package.json": {**SPACES, "workspaces": ["web"]},
        "web/package.json": PLAIN,
        "web/package-lock.json": locked(version="1.0.0"),
    }
    inside = request(files, cwd="/app/web")
    named = replace(inside, flags=frozenset([flag]))
    found = [follow("npm-ci", one) for one in (inside, named)]
    assert found[0] is not None and "of its own project" in (found[0].opaque or "")
    assert found[1] is not None and found[1].opaque is None
    assert "/app/package.json" not in found[1].files
