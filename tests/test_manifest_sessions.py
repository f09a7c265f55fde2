"""Code of R and Julia that installs packages -> what it reads, or why it may do anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.julia import follow as follow_julia
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
    ],
)
def test_other_code_of_r_is_opaque(code: str) -> None:
    assert "may do anything" in (follow_r(request({}, values={"-e": code})).opaque or "")


@pytest.mark.parametrize("file", R_FILES)
def test_a_file_that_starts_the_session_makes_it_opaque(file: str) -> None:
    found = follow_r(request({file: "x <- 1"}, values={"-e": "install.packages('x')"}))
    assert file in (found.opaque or "")


def test_a_variable_that_names_a_profile_makes_it_opaque() -> None:
    call = {"-e": "install.packages('x')"}
    found = follow_r(request({}, values=call, variables={"R_PROFILE_USER": "p.R"}))
    assert "R_PROFILE_USER" in (found.opaque or "")


@pytest.mark.parametrize(
    "code",
    [
        "install.packages('data.table')",
        'install.packages(c("x", "y"), repos = "https://h.org", Ncpus = 4, dependencies = TRUE)',
        "options(repos = c(CRAN = 'https://h.org')); install.packages('x')",
        "install.packages('remotes')\nremotes::install_version('x', '1.0', upgrade = 'never')",
        "library(remotes); install_github('o/x@main')",
        "BiocManager::install(c('x', 'y'), ask = FALSE)",
    ],
)
def test_packages_by_name_need_no_file_of_the_project(code: str) -> None:
    assert follow_r(request({}, values={"-e": code})) == Followed(R_FILES)


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
        ("Pkg.instantiate()", "sub", KNOWN, "--project=."),
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


def test_a_project_of_julia_may_be_named_in_the_code() -> None:
    code = {"-e": 'using Pkg; Pkg.activate("."); Pkg.instantiate()'}
    assert follow_julia(request(KNOWN, values=code)) == Followed(JULIA, globs=VERSIONS)


def test_without_a_project_packages_go_to_the_users_folder() -> None:
    code = {"-e": 'using Pkg; Pkg.add("A")'}
    assert follow_julia(request({}, values=code)) == Followed()
    assert follow_julia(request({}, values=code, variables={"JULIA_PROJECT": "."})).opaque


@given(st.text("install.packages('x', c);\n", max_size=40))
def test_any_code_has_an_answer(code: str) -> None:
    found = follow_r(request({}, values={"-e": code}))
    assert (found.opaque is None) == bool(found.files)
