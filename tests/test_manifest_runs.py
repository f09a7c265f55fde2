"""Scripts of package.json, recipes of a Makefile, tsconfig.json: what a build runs and writes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from manifest_request import request

from reorder.context.files import Context
from reorder.effects.effect import Effect
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.manifests import Followed, makefile, package_script, tsconfig
from reorder.syntax.dockerfile import parse


def package(**scripts: str) -> str:
    return json.dumps({"name": "a", "scripts": scripts})


def texts(found: Followed) -> list[str]:
    return [run.text for run in found.runs]


# Scripts of package.json

BUILD = {"/app/package.json": package(prebuild="a", build="b", postbuild="c", other="d")}


def test_a_script_runs_between_those_before_and_after_it() -> None:
    found = package_script.follow(request(BUILD, words=("build",)))
    assert texts(found) == ["a", "b", "c"]
    assert found.runs[1].cwd == "/app"
    assert found.runs[1].path == ("/app/node_modules/.bin", "/node_modules/.bin")
    assert {"/app/package.json", "/app/.npmrc"} <= {*found.files}


def test_plain_words_behind_the_name_are_handed_on() -> None:
    found = package_script.follow(request(BUILD, words=("--silent", "other", "x", "y=1")))
    assert texts(found) == ["d x y=1"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (BUILD, ()),
        (BUILD, ("missing",)),
        (BUILD, ("build", "--watch")),
        (BUILD, ("build", "$(a)")),
        (BUILD, ("-w", "web", "build")),
        ({}, ("build",)),
        ({"/app/package.json": "["}, ("build",)),
        ({**BUILD, "/app/.npmrc": "script-shell=./sh"}, ("build",)),
        ({**BUILD, "/app/.yarnrc.yml": ""}, ("build",)),
        ({**BUILD, "/app/pnpm-workspace.yaml": "shellEmulator: true"}, ("build",)),
        ({**BUILD, "/package.json": '{"workspaces":["app"]}'}, ("build",)),
        (
            {"/app/package.json": '{"packageManager":"yarn@4.1.0","scripts":{"build":"b"}}'},
            ("build",),
        ),
    ],
)
def test_a_script_that_is_not_plain_is_code_that_nobody_has_read(
    files: dict[str, str], words: tuple[str, ...]
) -> None:
    found = package_script.follow(request(files, words=words))
    assert found.opaque
    assert found.code
    assert not found.runs


def test_the_variables_of_an_environment_file_may_be_handed_on() -> None:
    found = package_script.follow(request({**BUILD, "/app/.env": "X=1"}, words=("build",)))
    assert found.runs[0].sets == (("*", None),)
    assert "/app/.env" in found.files


def test_a_package_json_that_may_have_changed_is_not_followed() -> None:
    for unknown in ("/app/package.json", "/app/.npmrc"):
        assert package_script.follow(request(BUILD, words=("build",), unknown=(unknown,))).opaque


# Makefiles

PLAIN = """\
# comment
PIP := pip
DEST ?= /out
LATE = $(shell date)
.PHONY: all deps build
all: build
deps: requirements.txt
\t@$(PIP) install -r $<

build: | deps
\tmkdir -p $(DEST) && \\
\t  echo $$HOME > ${DEST}/$@
odd: ; a
"""


def make(text: str, *words: str, **more: str) -> Followed:
    files = {"/app/Makefile": text, "/app/requirements.txt": "flask"}
    return makefile.follow(request(files, words=words, variables={"DEST": "", **more}))


def test_recipes_run_after_those_of_what_their_target_needs() -> None:
    found = make(PLAIN.replace("odd: ; a\n", ""))
    assert texts(found) == [
        "pip install -r requirements.txt",
        "mkdir -p /out && \\\n  echo $HOME > /out/build",
    ]
    assert found.env == ("DEST",)
    assert {"/app/Makefile", "/app/GNUmakefile", "/app/requirements.txt"} <= {*found.files}


@pytest.mark.parametrize(
    ("text", "words", "run"),
    [
        ("a:\n\tx\nb:\n\ty\n", ("b",), "y"),
        (".venv:\n\tx\nb:\n\ty\n", (), "y"),
        ("X = 1\na:\n\tx $(X)\nX = 2\n", (), "x 2"),
        ("X := 1\nY := $(X)\nX := 2\na:\n\tx $(Y)\n", (), "x 1"),
        ("X = 1\nX += 2\na:\n\tx $(X)\n", (), "x 1 2"),
        ("X = 1\na:\n\tx $(X)\n", ("a", "X=3"), "x 3"),
        ("a:\n\t-@rm x\n", (), "rm x"),
        ("a:\n\t$(RM) x\n", (), "rm -f x"),
        ("a:\n\t$(MAKE) -C sub\n", (), "make -C sub"),
        ("a b: c\n\tx $@\n.PHONY: c\nc:\n", ("b",), "x b"),
        (".DEFAULT_GOAL := b\na:\n\tx\nb:\n\ty\n", (), "y"),
        ("SHELL := /bin/bash\na:\n\tx\n", (), "x"),
        ("%.o: %.c\n\tcc $<\na:\n\tx\n", (), "x"),
    ],
)
def test_a_recipe_is_read_as_make_reads_it(text: str, words: tuple[str, ...], run: str) -> None:
    files = {"/app/m.mk": text}
    variables = {"RM": "", "X": ""}
    found = makefile.follow(request(files, words=("-f", "m.mk", *words), variables=variables))
    expected = [] if "%" in text else [run]  # a pattern may make the Makefile
    assert expected == texts(found)


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize("words", [(), ("deps",), ("build", "DEST=/x"), ("PIP=uv pip",)])
def test_make_itself_names_the_same_recipes(tmp_path: Path, words: tuple[str, ...]) -> None:
    text = PLAIN.replace("odd: ; a\n", "").replace("LATE", "X = 1\nX += 2\nY := $(X)\nLATE")
    (tmp_path / "Makefile").write_text(text)
    (tmp_path / "requirements.txt").touch()
    command = ["make", "-n", "--no-print-directory", *words]
    environment = {"PATH": os.environ["PATH"]}
    told = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines() == "\n".join(texts(make(text, *words))).splitlines()


def test_what_runs_while_the_makefile_is_read_runs_first() -> None:
    assert texts(make("X := v$(shell git describe) # y\na:\n\tx\n")) == ["git describe", "x"]


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("export X = 1", ("X", "1")),
        ("X = 1\nexport", ("X", "1")),
        ("Y = /b\nexport X = /a$(Y)", ("X", "/a/b")),
        ("PATH = /b", ("PATH", "/b")),
        ("HOME = /b", ("HOME", "/b")),
        ("export XX ?= 1", ("XX", "1")),
    ],
)
def test_programs_see_the_variables_that_a_makefile_exports(
    line: str, seen: tuple[str, str]
) -> None:
    found = makefile.follow(request({"/app/Makefile": f"{line}\na:\n\tx\n"}, variables={"XX": ""}))
    assert seen in found.runs[0].sets


def test_a_variable_that_is_not_exported_replaces_one_of_the_environment_only() -> None:
    text = "X = 1\na:\n\tx\n"
    for outside, seen in ({"X": ""}, []), ({"X": "0"}, [("X", "1")]), ({}, [("X", None)]):
        found = makefile.follow(request({"/app/Makefile": text}, variables=outside))
        assert seen == [pair for pair in found.runs[0].sets if pair[0] == "X"]


def test_what_the_command_line_sets_is_seen_by_recipes() -> None:
    sets = make("X = 1\na:\n\tx\n", "X=3").runs[0].sets
    assert ("X", "3") in sets
    assert ("MAKE*", None) in sets


@pytest.mark.parametrize(
    "text",
    [
        "include x.mk\na:\n\tx\n",
        "-include .env\na:\n\tx\n",
        "ifdef X\nendif\na:\n\tx\n",
        "unexport X\na:\n\tx\n",
        "export $(X)\na:\n\tx\n",
        "X := $(shell a $(Y))\na:\n\tx\n",
        "X := $(shell a)\nb:\n\tx $(X)\n",
        "SHELL = /bin/bash\nX := $(shell a)\nb:\n\tx\n",
        "define X\nendef\na:\n\tx\n",
        ".ONESHELL:\na:\n\tx\n",
        ".DEFAULT_GOAL := b\na:\n\tx\n",
        ".SHELLFLAGS := -c\na:\n\tx\n",
        "X != y\na:\n\tx\n",
        "X != y || :\na:\n\tx $(X)\n",
        "a: b\na: c\n\tx $<\nb:\n\ty\nc:\n\tz\n",
        "a: | b\n\tx $<\n.PHONY: b\nb:\n\ty\n",
        "export X := $(shell y)\na:\n\tx\n",
        "export PATH := bin:$(PATH)\na:\n\tx\n",
        "X := $(Y)\nY := 1\na:\n\tx $(X)\n",
        "X = $(X)\na:\n\tx $(X)\n",
        "X += 1\na:\n\tx $(X)\n",
        "a:\n\tx $(shell y)\n",
        "a:\n\tx $^\n",
        "a:\n\tx $(CFLAGS)\n",
        "a:\n\tx $(PWD)\n",
        "a: X = 1\na:\n\tx\n",
        "a:: b\n\tx\n",
        "a: b\n\tx\n",
        "a:\nb:\n\tx\n",
        "a: $(B)\n\tx\n",
        "a: *.c\n\tx\n",
        "a:\n\tx\na: b\n",
        "%: %.sh\n\tx\na: requirements.txt\n\tx\n",
        "Makefile:\n\tx\na:\n\tx\n",
        "VPATH = src\na:\n\tx\n",
        "SHELL = ./sh\na:\n\tx\n",
        "MAKEFLAGS += -n\na:\n\tx\n",
        "a:\r\n\tx\r\n",
        "\tx\n",
        "",
    ],
)
def test_a_makefile_that_is_not_plain_is_code_that_nobody_has_read(text: str) -> None:
    found = make(text)
    assert found.opaque
    assert found.code
    assert not found.runs


@pytest.mark.parametrize(
    "words", [("-j4",), ("-n",), ("--eval", "x"), ("-f", "a", "-f", "b"), ("",), ("SHELL=/x",)]
)
def test_words_that_change_what_make_does_are_not_followed(words: tuple[str, ...]) -> None:
    assert make("a:\n\tx\n", *words).opaque


def test_a_target_that_is_there_goes_by_the_times_of_files() -> None:
    text = "a: requirements.txt\n\tx\n.PHONY: b\nb:\n\ty\n"
    files = {"/app/Makefile": text, "/app/requirements.txt": "", "/app/b": ""}
    assert makefile.follow(request(files, words=("a", "b"))).absent == ("/app/a",)
    assert makefile.follow(request({**files, "/app/a": ""}, words=("a",))).opaque
    assert makefile.follow(request(files, words=("a",), unknown=("/app/a",))).opaque


def test_a_file_beside_the_makefile_may_be_what_a_built_in_rule_starts_from() -> None:
    for other in ("/app/Makefile.sh", "/app/requirements.txt,v", "/app/RCS/x"):
        files = {"/app/Makefile": "a: requirements.txt\n\tx\n", "/app/requirements.txt": ""}
        assert makefile.follow(request({**files, other: ""})).opaque


def test_a_word_that_is_not_known_is_said_to_be_so() -> None:
    assert make("a:\n\tx\n", "-j", "").opaque == "no model for the word `-j`"
    assert make("a:\n\tx\n", "").opaque == "a word is not known before the build"


def test_variables_of_make_in_the_environment_are_not_followed() -> None:
    assert make("a:\n\tx\n", MAKEFLAGS="-n").opaque


def test_an_argument_without_a_default_may_be_set() -> None:
    unset = dict.fromkeys(("", "MAKELEVEL", "MAKEFILES", "GNUMAKEFLAGS"), "")
    assert make("a:\n\tx\n", MAKEFLAGS="", **unset).opaque is None
    assert make("a:\n\tx\n", **unset).opaque == "$MAKEFLAGS is set, or may be"


# tsconfig.json


def compiled(*flags: str, **files: str) -> Followed:
    named = {f"/app/{name}.json": text for name, text in files.items()}
    return tsconfig.follow(request(named, *flags))


def test_the_compiler_writes_below_the_folders_of_its_configuration() -> None:
    found = compiled(
        tsconfig='{ // a\n "extends": ["./base", "@tsconfig/node20/tsconfig.json"], /* "x" */\n'
        '"compilerOptions": {"outDir": "dist", "paths": {"//": ["/*"]},}, }',
        base='{"compilerOptions": {"outDir": "x", "declarationDir": "types"}}',
    )
    assert found.opaque is None
    assert found.writes == ("/app/dist", "/app/types")
    assert found.trees == ("/",)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[",
        '{"extends": "other"}',
        '{"extends": "./missing"}',
        '{"extends": "./tsconfig"}',
        '{"compilerOptions": {"outDir": "${configDir}/x"}}',
        '{"compilerOptions": {"outDir": "x", "outFile": "y"}}',
        '{"compilerOptions": {"outDir": "x", "incremental": true}}',
        '{"compilerOptions": {"outDir": "x", "plugins": [{"transform": "y"}]}}',
    ],
)
def test_a_configuration_that_may_write_elsewhere_is_not_followed(text: str) -> None:
    assert compiled(tsconfig=text).opaque


def test_without_output_it_writes_nothing() -> None:
    assert compiled("--noEmit", tsconfig="{}").writes == ()


# The effects


def effect(folder: Path, run: str, **files: str) -> Effect:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    (folder / "requirements.txt").write_text("flask")
    place = folder / "Dockerfile"
    place.write_text(f"FROM node:20\nWORKDIR /app\nCOPY . .\nRUN {run}\n")
    found = analyse(
        parse(place.read_bytes()), context=Context.open(folder, place), models=builtin()
    )
    return found.stages[0].steps[-1].effect


def written(found: Effect) -> set[str]:
    return {f.name for f in found.writes if f.resource == "path"}


def test_a_script_of_known_commands_has_their_effects(tmp_path: Path) -> None:
    scripts = package(prebuild="rimraf dist", build="tsc && cp a.txt dist/", x="mkdir $npm_y")
    config = '{"compilerOptions": {"outDir": "dist"}}'
    found = effect(tmp_path, "npm run build", package_json=scripts, tsconfig_json=config)
    assert found.opaque is None
    assert {"/app/dist", "/app/dist/a.txt"} == {n for n in written(found) if n.startswith("/app")}


@pytest.mark.parametrize(
    ("run", "text"),
    [
        ("npm run build", "vite build"),
        ("npm run build", "node build.js"),
        ("npm run build", "mkdir $npm_package_version"),
        ("npm run build", "npm run build"),
        ("yarn build", "unknown-program"),
        ("echo x > package.json && npm run build", "true"),
        ("cp x .npmrc; npm run build", "true"),
        ("cd $X && npm run build", "true"),
        ("npm run other", "true"),
    ],
)
def test_a_script_with_one_command_that_is_not_known_is_opaque(
    tmp_path: Path, run: str, text: str
) -> None:
    assert effect(tmp_path, run, package_json=package(build=text)).opaque


def test_a_recipe_has_the_effects_of_its_commands(tmp_path: Path) -> None:
    text = "deps: requirements.txt\n\tpip install -r $<\n"
    found = effect(tmp_path, "make deps", Makefile=text)
    assert found.opaque is None
    assert not found.clock  # the recipe runs whatever the times of files are
    reads = {f.name for f in found.reads}
    assert {"/app/requirements.txt", "/app/Makefile"} <= reads
    assert "/app" not in reads


@pytest.mark.parametrize(
    "run",
    ["make -j4 deps", "make", "sed -i s/a/b/ Makefile && make deps", "MAKEFLAGS=-n make deps"],
)
def test_a_makefile_that_is_not_known_is_opaque(tmp_path: Path, run: str) -> None:
    text = "all:\n\t$(shell x)\ndeps:\n\tpip install flask\n"
    assert effect(tmp_path, run, Makefile=text).opaque


def test_a_recipe_that_makes_its_target_goes_by_the_times_of_files(tmp_path: Path) -> None:
    assert effect(tmp_path, "make deps", Makefile="deps:\n\techo x > deps\n").opaque


@pytest.mark.parametrize(
    "pattern", ["dist/**/*.map", "dist/{a,b}.js", "dist/x{1..3}/y", "dist/@(a)"]
)
def test_a_pattern_that_a_program_matches_may_be_any_name_of_its_folder(
    tmp_path: Path, pattern: str
) -> None:
    assert "/app/dist" in written(effect(tmp_path, f"rimraf '{pattern}'"))
