"""Code of R and Julia that installs packages -> what it reads, or why it may do anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed, r_profile, r_words
from reorder.manifests.julia import follow as follow_julia
from reorder.manifests.r_script import follow as follow_r_script
from reorder.manifests.r_session import follow as follow_r

R_FILES = ("/app/.RData", "/app/.Renviron", "/app/.Rprofile")
PROJECT = "/app/Project.toml"
MANIFEST = "/app/Manifest.toml"
KNOWN = {PROJECT: "[deps]\n", MANIFEST: "[deps]\n"}
JULIA = tuple(
    f"/app/{name}"
    for name in (
        *("Project.toml", "JuliaProject.toml", "LocalPreferences.toml"),
        *("JuliaLocalPreferences.toml", "Manifest.toml", "JuliaManifest.toml"),
    )
)
VERSIONS = ("/app/Manifest-v*.toml",)


@pytest.mark.parametrize(
    "code",
    [
        "source('setup.R')",
        "install.packages('x', repos = NULL)",
        "install.packages('x', lib = '/opt/lib')",
        "install.packages('x', '/opt/lib')",
        "install.packages('x', repos = 'file:///srv')",
        "install.packages('x.tar.gz')",
        "install.packages(c('x', './y'))",
        "install.packages(readLines('packages.txt'))",
        "remotes::install_local('.')",
        "remotes::install_github('./x')",
        "options(repos = 'x'); library(x)",
        "install.packages('x'); quit(status = 1)",
        "library(dplyr)",
        "pak::pak()",
        "pak::pkg_install('local::.')",
        "print(readLines('x'))",
        "cat('x', file = f())",
        "cat('x', file = 'y')",
        "update.packages(lib.loc = '/opt')",
    ],
)
def test_other_code_of_r_is_opaque(code: str) -> None:
    assert "may do anything" in (follow_r(request({}, values={"-e": code})).opaque or "")


@pytest.mark.parametrize("file", R_FILES)
def test_a_file_that_starts_the_session_makes_it_opaque(file: str) -> None:
    found = follow_r(request({file: "x <- 1"}, values={"-e": "install.packages('x')"}))
    assert file in (found.opaque or "")


@pytest.mark.parametrize("name", ["R_PROFILE_USER", "R_ENVIRON", "R_LIBS", "R_LIBS_SITE"])
def test_a_variable_that_names_a_profile_or_a_library_makes_it_opaque(name: str) -> None:
    call = {"-e": "install.packages('x')"}
    assert name in (follow_r(request({}, values=call, variables={name: "p"})).opaque or "")


@pytest.mark.parametrize(
    "code",
    [
        "install.packages('data.table')",
        'install.packages(c("x", "y"), repos = "https://h.org", Ncpus = 4, dependencies = TRUE)',
        "options(repos = c(CRAN = 'https://h.org')); install.packages('x')",
        "install.packages('remotes')\nremotes::install_version('x', '1.0', upgrade = 'never')",
        "library(remotes); install_github('o/x@main')",
        "BiocManager::install(c('x', 'y'), ask = FALSE)",
        "pak::pak('x'); pak::pkg_install(c('x', 'o/r@v1'))",
        "remotes::install_github('o/r', ref = 'abc'); update.packages(ask = FALSE)",
        "print('a'); message('x', 1); cat(\"b\")",
    ],
)
def test_packages_by_name_need_no_file_of_the_project(code: str) -> None:
    assert follow_r(request({}, values={"-e": code})) == Followed(R_FILES)


@pytest.mark.parametrize(
    ("code", "folder"),
    [
        ("remotes::install_deps()", "/app"),
        ("remotes::install_deps(dependencies = TRUE)", "/app"),
        ("remotes::install_deps('.', dependencies = NA, upgrade = 'never')", "/app"),
        ("library(devtools); install_deps(pkg = '/srv/pkg', quiet = TRUE)", "/srv/pkg"),
        ("devtools::install_deps('sub', repos = 'https://h.org')", "/app/sub"),
    ],
)
def test_dependencies_of_a_package_are_those_of_its_description(code: str, folder: str) -> None:
    path = f"{folder}/DESCRIPTION"
    text = "Package: a\nImports: x,\n  y\nRemotes: o/r@v1,\n  bioc::z, github::o/b\nLicense: MIT\n"
    found = follow_r(request({path: text}, values={"-e": code}))
    assert found == Followed((*R_FILES, path))


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        ("remotes::install_deps()", None, "/app/DESCRIPTION is missing"),
        ("remotes::install_deps()", "Remotes: local::../x\n", "the remote `local::../x`"),
        ("remotes::install_deps()", "Remotes: o/r,\n  ./x\n", "the remote `./x`"),
        ("remotes::install_deps()", "Remotes: lib/x_1.0.tar.gz\n", "lib/x_1.0.tar.gz"),
        ("remotes::install_deps()", "Additional_repositories: file:///srv\n", "file:///srv"),
        ("remotes::install_deps(pkg)", "Package: a\n", "may do anything"),
        ("remotes::install_deps(dependencies = 'Config/Needs/x')", "", "may do anything"),
        ("remotes::install_local('.')", "Package: a\n", "may do anything"),
    ],
)
def test_dependencies_that_may_be_folders_are_refused(
    code: str, text: str | None, reason: str
) -> None:
    files = {} if text is None else {"/app/DESCRIPTION": text}
    assert reason in (follow_r(request(files, values={"-e": code})).opaque or "")


SCRIPT = """#!/usr/bin/env Rscript
# What the app needs
options(repos = c(CRAN = 'https://h.org'))
packages <- c(
  "shiny", # the app; its server
  "dplyr"
)
mirror = 'https://h.org'
if (!require(remotes))
  install.packages("remotes")
install.packages(packages, repos = mirror)
"""


def test_a_script_of_such_calls_is_read() -> None:
    path = "/app/install.R"
    expected = Followed((path, *R_FILES[1:]))
    assert follow_r_script(request({path: SCRIPT}, start=(path,))) == expected
    expected = Followed((path, *R_FILES))
    assert follow_r(request({path: SCRIPT}, start=(path,), values={"-f": path})) == expected


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (None, "/app/install.R is not known"),
        (f"{SCRIPT}source('x.R')", '`source("x.R")` may do anything'),
        (f"{SCRIPT}install.packages(x)", "`install.packages(x)` may do anything"),
        ("x <- readLines('p.txt'); install.packages(x)", "may do anything"),
        ("x <- c('./x'); install.packages(x)", "may do anything"),
        ("x <- c('a'); x('b'); install.packages(x)", '`x("b")` may do anything'),
        ("lapply(c('x'), install.packages)", "may do anything"),
        ("x <- source('y.R')", "may do anything"),
        ("x <- c('a', source('y.R'))", "may do anything"),
        ("x <- c('a') + source('y.R')", "may do anything"),
        ("x <- c", "may do anything"),
        ("x <- list(a = c('b'), -f())", "may do anything"),
    ],
)
def test_other_scripts_are_opaque(script: str | None, reason: str) -> None:
    files = {} if script is None else {"/app/install.R": script}
    found = follow_r_script(request(files, start=("/app/install.R",)))
    assert reason in (found.opaque or "")


def test_code_and_a_script_are_not_both_read() -> None:
    call = {"-e": "install.packages('x')"}
    files = {"/app/a.R": "source('x.R')"}
    assert follow_r(request(files, start=("/app/a.R",), values={**call, "-f": "a.R"})).opaque
    found = follow_r_script(request({}, start=("/app/word",), values=call))
    assert found == Followed(R_FILES[1:])


def test_without_start_files_none_is_looked_for() -> None:
    files = dict.fromkeys(R_FILES, "")
    call = {"-e": "install.packages('x')"}
    assert follow_r(request(files, "--vanilla", values=call)) == Followed()


@pytest.mark.parametrize(
    ("code", "project", "files", "reason"),
    [
        ('include("x.jl")', ".", KNOWN, "may do anything"),
        ("Pkg.test()", ".", KNOWN, "may do anything"),
        ('Pkg.add(path="x")', ".", KNOWN, "may do anything"),
        ('Pkg.develop("x")', ".", KNOWN, "may do anything"),
        ("using Pkg, App", ".", KNOWN, "may do anything"),
        ("Pkg.instantiate()", "sub", KNOWN, "the content of /app/sub/Project.toml"),
        ("Pkg.instantiate()", "@v1.10", KNOWN, "--project=."),
        ("Pkg.instantiate(); using A", ".", KNOWN, "may do anything"),
        ('ENV["JULIA_DEPOT_PATH"] = "d"', ".", KNOWN, "may do anything"),
        ('Pkg.activate("b"); Pkg.instantiate()', ".", KNOWN, "--project=."),
        ("Pkg.instantiate()", ".", {}, f"the content of {PROJECT}"),
        ("Pkg.instantiate()", ".", {**KNOWN, PROJECT: 'name = "A"'}, "is a package"),
        ("Pkg.instantiate()", ".", {**KNOWN, PROJECT: '[sources]\nX = {path = "x"}'}, "`x`"),
        ("Pkg.instantiate()", ".", {**KNOWN, MANIFEST: '[[deps.X]]\npath = "x"'}, "`x`"),
        ("Pkg.instantiate()", ".", {**KNOWN, MANIFEST: '[[X]]\nrepo-url = "../x"'}, "`../x`"),
        ("Pkg.instantiate()", ".", {**KNOWN, "/app/JuliaProject.toml": ""}, "JuliaProject"),
        ("Pkg.instantiate()", ".", {**KNOWN, "/app/Manifest-v1.11.toml": ""}, "Manifest-v"),
    ],
)
def test_julia_is_opaque_with(code: str, project: str, files: dict[str, str], reason: str) -> None:
    values = {"-e": code, "--project": project}
    assert reason in (follow_julia(request(files, values=values)).opaque or "")


@pytest.mark.parametrize(
    ("code", "files", "rewrites"),
    [
        ("using Pkg; Pkg.instantiate(); Pkg.precompile()", KNOWN, ()),
        ("import Pkg\nPkg.instantiate()", {PROJECT: ""}, (MANIFEST,)),
        ('using Pkg; Pkg.add(["A", "B"])', KNOWN, (PROJECT, MANIFEST)),
    ],
)
def test_a_project_of_julia_is_read(
    code: str, files: dict[str, str], rewrites: tuple[str, ...]
) -> None:
    found = follow_julia(request(files, values={"-e": code, "--project": "."}))
    assert found == Followed(JULIA, globs=VERSIONS, rewrites=rewrites)


@pytest.mark.parametrize(
    ("code", "values", "variables"),
    [
        ('using Pkg; Pkg.activate("."); Pkg.instantiate()', {}, {}),
        ('pkg"activate ."; pkg"instantiate"; pkg"precompile"', {}, {}),
        ("import Pkg; Pkg.instantiate(; verbose = true)", {"--project": ""}, {}),
        ("Pkg.instantiate(); Pkg.API.precompile(strict=true)", {"--project": "@."}, {}),
        ('Pkg.Registry.add("General"); Pkg.instantiate()', {"--project": "/app"}, {}),
        ("Pkg.instantiate()", {"--project": "."}, {"JULIA_PROJECT": "/other"}),
        ("Pkg.instantiate()", {}, {"JULIA_PROJECT": "/app"}),
        ('ENV["JULIA_PKG_SERVER"] = "https://h.org"; Pkg.build("A")', {"--project": "."}, {}),
    ],
)
def test_a_project_of_julia_is_named_in_many_ways(
    code: str, values: dict[str, str], variables: dict[str, str]
) -> None:
    found = follow_julia(request(KNOWN, values={"-e": code, **values}, variables=variables))
    assert found == Followed(JULIA, globs=VERSIONS)


def test_without_a_project_packages_go_to_the_users_folder() -> None:
    code = {"-e": 'using Pkg; Pkg.add("A")'}
    assert follow_julia(request({}, values=code)) == Followed()
    assert follow_julia(request({}, values=code, variables={"JULIA_PROJECT": "."})).opaque


_R_WORDS = (
    *(
        "x",
        "<-",
        "=",
        "c",
        "(",
        ")",
        "{",
        "}",
        "[",
        ",",
        ";",
        "\n",
        '"a"',
        "'b'",
        '"',
        "'",
        "`",
        "#",
    ),
    *("if", "else", "interactive", "&&", "||", "-", "1", "options", "install.packages", "r", "\\"),
    *("source", "renv::restore()", "print", "TRUE", "require", "!", "~"),
)


@given(st.text("install.packages('x', c);\n", max_size=40))
def test_any_code_has_an_answer(code: str) -> None:
    found = follow_r(request({}, values={"-e": code}))
    assert (found.opaque is None) == bool(found.files)


@given(st.lists(st.sampled_from(_R_WORDS), max_size=20))
def test_a_call_that_is_not_known_is_never_passed_over(words: list[str]) -> None:
    code = " ".join([*words, "\noptions(a = 1)\nevil()"])
    found = follow_r(request({}, values={"-e": code}))
    inside = "evil" not in "".join(r_words.tokens(code))  # in a string that never ends
    assert found.opaque is not None or inside
    assert r_profile.foreign(code) is not None or inside
