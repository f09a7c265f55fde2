"""deno.json, deno.lock and modules: files and words -> what a download of modules reads."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.deno import follow

CONFIG = "/app/deno.json"
LOCK = "/app/deno.lock"
KNOWN = {CONFIG: '{"imports": {"a": "npm:a@1"}}', LOCK: "{}"}
SETTINGS = tuple(
    f"{folder}/{name}"
    for folder in ("/app", "")
    for name in ("deno.json", "deno.jsonc", "package.json", "tsconfig.json")
)
READ = (*SETTINGS, LOCK, "/app/.npmrc")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"workspace": ["./a"]}, "`workspace`"),
        ({"importMap": "map.json"}, "`importMap`"),
        ({"links": ["../a"]}, "`links`"),
        ({"unstable": ["sloppy-imports"]}, "`unstable`"),
        ({"lock": "other.lock"}, "`lock`"),
        ({"lock": {"path": "other.lock"}}, "names its lock file"),
        ({"imports": {"@/": "./src/"}}, "`./src/`"),
        ({"compilerOptions": {"types": ["./x.d.ts"]}}, "`./x.d.ts`"),
        ({"dependencies": {"a": "file:../a"}}, "`file:../a`"),
        ({"scripts": {"postinstall": "node x.js"}}, "postinstall"),
    ],
)
def test_settings_that_lead_further_make_it_opaque(settings: object, reason: str) -> None:
    files = {**KNOWN, CONFIG: json.dumps(settings)}
    assert reason in (follow(request(files, "--frozen")).opaque or "")


@pytest.mark.parametrize(
    ("files", "words", "reason"),
    [
        ({CONFIG: "{ // a comment\n}"}, (), "is not known"),
        ({"/tsconfig.json": "{}"}, (), "compiled along"),
        ({}, ("main.ts",), "the content of /app/main.ts"),
        ({}, ("file:///app/main.ts",), "is not known"),
        ({"/app/m.ts": "await import(name)"}, ("m.ts",), "computed"),
        ({"/app/m.ts": "import(/* x */ `./${a}.ts`)"}, ("m.ts",), "computed"),
        ({"/app/m.ts": 'import("./a" + b)'}, ("m.ts",), "computed"),
        ({"/app/m.ts": "import 'file:///x.ts'"}, ("m.ts",), "computed"),
    ],
)
def test_it_is_opaque_with(files: dict[str, str], words: tuple[str, ...], reason: str) -> None:
    found = follow(request({**KNOWN, **files}, "--frozen", words=words))
    assert reason in (found.opaque or "")


def test_an_unknown_module_makes_it_opaque() -> None:
    files = {**KNOWN, "/app/m.ts": "import './n.ts'", "/app/n.ts": ""}
    found = follow(request(files, "--frozen", words=("m.ts",), unknown=("/app/n.ts",)))
    assert "the content of /app/n.ts" in (found.opaque or "")


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ('import x from "npm:x";', ()),
        ("import './n.ts';", ("/app/n.ts",)),
        ("// don't\nexport * from './n.ts';", ("/app/n.ts",)),
        ('/// <reference path="./n.ts" />', ("/app/n.ts",)),
        ("await import('./n.ts')", ("/app/n.ts",)),
        ("// @deno-types='./gone.d.ts'", ("/app/gone.d.ts",)),
        ("serve('/static')", ("/static",)),
        ("serve('./d')", ()),
    ],
)
def test_what_a_module_names_is_read(text: str, modules: tuple[str, ...]) -> None:
    files = {**KNOWN, "/app/m.ts": text, "/app/n.ts": "", "/app/d/x": ""}
    found = follow(request(files, "--frozen", words=("m.ts",)))
    assert found == Followed((*READ, "/app/m.ts", *modules))


@pytest.mark.parametrize(
    ("config", "flags", "rewrites"),
    [
        ("{}", ("--frozen",), ()),
        ('{"lock": {"frozen": true}}', (), ()),
        ("{}", (), (LOCK,)),
    ],
)
def test_the_lock_file_may_be_written_unless_it_is_frozen(
    config: str, flags: tuple[str, ...], rewrites: tuple[str, ...]
) -> None:
    assert follow(request({**KNOWN, CONFIG: config}, *flags)) == Followed(READ, rewrites=rewrites)


@given(st.text("import('\"`./a\n", max_size=40), st.text('{}[]":,alock', max_size=20))
def test_any_text_has_an_answer(module: str, config: str) -> None:
    found = follow(request({CONFIG: config, "/app/m.ts": module}, "--frozen", words=("m.ts",)))
    assert (found.opaque is None) == bool(found.files)
