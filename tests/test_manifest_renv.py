"""renv.lock, `.Rprofile` and renv/activate.R -> what a restore reads and writes, or why not."""

from __future__ import annotations

import hashlib
import json

import pytest
from manifest_request import request

from reorder.manifests import Followed, r_profile, renv_activate
from reorder.manifests.r_session import follow

# A script of our own, known to the table of releases while a test runs.
BODY = "local({\n  activate()\n})\n"
VERSIONS = "0.14.0 1.0.7 1.2.4"
IGNORED = "library/\nlocal/\ncellar/\nlock/\npython/\nsandbox/\nstaging/\n"
STARTED = ("/app/.RData", "/app/.Renviron", "/app/.Rprofile")
RESTORE = {"-e": "renv::restore()"}
PLAIN_FILES = (
    "/app/renv.lock",
    *(f"/app/renv/{name}" for name in ("activate.R", "settings.json", "settings.dcf")),
    *("/app/renv/DESCRIPTION", "/app/DESCRIPTION"),
)
LOADED_FILES = (
    *PLAIN_FILES,
    *(f"/app/renv/{name}" for name in ("settings.R", "profile", ".gitignore")),
    "/app/.Rbuildignore",
)
TREES = ("/app/renv/cellar", "/app/renv/local")
OUTPUT = tuple(f"/app/renv/{name}" for name in ("library", "staging", "lock", "sandbox"))


@pytest.fixture(autouse=True)
def _known_script(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha256(BODY.encode()).hexdigest()[:32]
    monkeypatch.setitem(renv_activate._TEMPLATES, digest, VERSIONS)


def script(version: str = "1.0.7", more: str = '  attr(version, "sha") <- NULL\n') -> str:
    return f'local({{\n  version <- "{version}"\n{more}  activate()\n}})\n'


def lock(version: str | None = "1.0.7", **packages: dict[str, str]) -> str:
    own = {"Package": "renv", "Version": version, "Source": "Repository", "Repository": "CRAN"}
    found = {"renv": own} if version else {}
    return json.dumps({"R": {}, "Packages": {**found, **packages}})


PLAIN = {"/app/renv.lock": lock()}
LOADED = {
    "/app/renv.lock": lock(),
    "/app/.Rprofile": 'source("renv/activate.R")\n',
    "/app/renv/activate.R": script(),
    "/app/renv/.gitignore": IGNORED,
}
ELSEWHERE = {"Package": "x", "Version": "1", "Source": "Repository", "Repository": "CRAN"}


def settings(**values: object) -> dict[str, str]:
    return {"/app/renv/settings.json": json.dumps({k.replace("_", "."): values[k] for k in values})}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "/app/renv.lock is not known"),
        ({"/app/renv.lock": "{"}, "/app/renv.lock is not known"),
        ({"/app/renv.lock": lock(x={"Source": "Local"})}, "takes `x` from `Local`"),
        ({"/app/renv.lock": lock(x={"Source": "unknown"})}, "takes `x` from `unknown`"),
        ({"/app/renv.lock": lock(x={"Source": "./pkg_1.0.tar.gz"})}, "not from the network"),
        ({"/app/renv.lock": lock(x={**ELSEWHERE, "RemoteType": "local"})}, "from a folder"),
        ({"/app/renv.lock": lock(x={**ELSEWHERE, "RemoteUrl": "pkg/x"})}, "from `pkg/x`"),
        ({"/app/renv.lock": lock(x={**ELSEWHERE, "Path": "pkg/x"})}, "not from the network"),
        ({"/app/renv.lock": lock(x={**ELSEWHERE, "Repository": "file:///srv"})}, "file:///srv"),
        ({"/app/renv.lock": '{"R": {"Repositories": [{"URL": "repo"}]}}'}, "from `repo`"),
        ({"/app/renv.lock": '{"R": {"Repositories": [{"URL": "./repo"}]}}'}, "from `./repo`"),
        ({"/app/renv.lock": '{"Python": {"Type": "virtualenv"}}'}, "packages of Python too"),
        ({**PLAIN, **settings(external_libraries=["/opt/lib"])}, "names libraries outside"),
        ({**PLAIN, "/app/renv/settings.dcf": "external.libraries: /opt/lib\n"}, "names libraries"),
        ({**PLAIN, "/app/renv/settings.json": "["}, "settings.json is not known"),
        ({**PLAIN, "/app/renv/cellar/x_1.0.tar.gz": ""}, "/app/renv/cellar are installed first"),
        ({**PLAIN, "/app/renv/local/x_1.0.tar.gz": ""}, "/app/renv/local are installed first"),
        ({**PLAIN, "/app/DESCRIPTION": "Package: a\nRemotes: local::../b\n"}, "`local::../b`"),
        ({**PLAIN, "/app/DESCRIPTION": "Remotes: o/r,\n  url::x\n"}, "the remote `url::x`"),
        ({**LOADED, "/app/renv/settings.R": "x"}, "settings.R may lead to further files"),
        ({**LOADED, "/app/renv/profile": "dev"}, "profile may lead to further files"),
        ({**LOADED, "/app/renv/activate.R": script() + "x()\n"}, "no known release"),
        ({**LOADED, "/app/renv/activate.R": script("1.0.6")}, "no known release"),
        ({**LOADED, "/app/.Rprofile": 'source("R/setup.R")'}, '`source("R/setup.R")`'),
    ],
)
def test_a_project_that_leads_elsewhere_is_refused(files: dict[str, str], told: str) -> None:
    told = told.replace("no known release", "is not what a known release of renv writes")
    assert told in (follow(request(files, values=RESTORE)).opaque or "")


@pytest.mark.parametrize(
    "code",
    [
        "renv::init(bare = TRUE)",
        "renv::activate()",
        "renv::install('.')",
        "renv::restore(library = lib)",
        "renv::restore(lockfile = file.path('a', 'renv.lock'))",
        "renv::restore(); source('setup.R')",
        "renv::restore(project = 'other')",
        "renv::restore(lockfile = 'a.lock'); renv::restore(lockfile = 'b.lock')",
        "renv::restore(); source('renv/activate.R')",
        "options(renv.config.pak.enabled = TRUE); renv::restore()",
        "if (!require('dplyr')) install.packages('dplyr'); renv::restore()",
    ],
)
def test_other_calls_are_refused(code: str) -> None:
    assert follow(request(LOADED, "--vanilla", values={"-e": code})).opaque


@pytest.mark.parametrize("name", ["RENV_PROFILE", "RENV_PATHS_LOCKFILE", "RENV_CONFIG_PAK_ENABLED"])
def test_a_variable_that_decides_what_is_read_is_refused(name: str) -> None:
    found = follow(request(PLAIN, values=RESTORE, variables={name: "x"}))
    assert name in (found.opaque or "")


def test_what_an_earlier_step_may_have_changed_is_not_known() -> None:
    for path in (*STARTED, "/app/renv.lock", "/app/renv/settings.json", "/app/renv/cellar"):
        unknown = (f"{path}/x",) if path.endswith("cellar") else (path,)
        found = follow(request({**PLAIN, path: "{}"}, values=RESTORE, unknown=unknown))
        assert f"{path} is not known" in (found.opaque or ""), path


@pytest.mark.parametrize(
    ("code", "writes"),
    [
        ("renv::restore()", ()),
        ("renv::restore(prompt = FALSE, clean = TRUE)", ()),
        ("library(renv); restore()", ()),
        ("renv::consent(provided = TRUE); renv::restore(exclude = c('a', 'b'))", ()),
        ("options(renv.consent = TRUE); renv::restore(repos = 'https://h.org')", ()),
        ("renv::restore(library = '/opt/lib', lockfile = './renv.lock')", ("/opt/lib",)),
        ("renv::restore(project = '.', library = .libPaths()[1]); renv::isolate()", ()),
        ("if (!requireNamespace('renv')) install.packages('renv'); renv::restore()", ()),
    ],
)
def test_without_a_profile_the_lock_file_is_enough(code: str, writes: tuple[str, ...]) -> None:
    expected = Followed((*STARTED, *PLAIN_FILES), TREES, writes=writes)
    assert expected == follow(request(PLAIN, values={"-e": code}))


def test_another_lock_file_is_read_beside_that_of_the_project() -> None:
    files = {"/app/prod.lock": lock(), **PLAIN}
    found = follow(request(files, values={"-e": "renv::restore(lockfile = 'prod.lock')"}))
    assert (*STARTED, "/app/prod.lock", *PLAIN_FILES) == found.files


def test_folders_that_variables_name_are_written() -> None:
    variables = {"RENV_PATHS_CACHE": "/a:/b", "RENV_PATHS_LIBRARY": "renv/library"}
    found = follow(request(PLAIN, values=RESTORE, variables=variables))
    assert found.writes == ("/a", "/b", "/app/renv/library")


def test_a_loaded_project_fills_its_own_library() -> None:
    expected = Followed((*STARTED, *LOADED_FILES), TREES, writes=OUTPUT)
    assert expected == follow(request(LOADED, values=RESTORE))
    assert expected == follow(request(LOADED, values={"-e": "install.packages('x')"}))


def test_a_library_in_the_context_comes_with_a_remedy() -> None:
    found = follow(request({**LOADED, "/app/renv/library/x": ""}, values=RESTORE))
    assert found.remedies == {"/app/renv/library": "add renv/library to .dockerignore"}


@pytest.mark.parametrize(
    ("files", "flags", "rewrites"),
    [
        ({"/app/renv.lock": lock("1.2.4")}, (), "renv/activate.R"),
        ({"/app/renv.lock": lock(None)}, (), ""),
        ({}, ("--vanilla",), "renv/activate.R"),
        ({"/app/renv/.gitignore": "library/\n"}, (), "renv/.gitignore"),
        ({"/app/renv/.gitignore": IGNORED + "# lock/\n"}, (), "renv/.gitignore"),
        ({"/app/renv/.gitignore": "library/\n", **settings(vcs_manage_ignores=False)}, (), ""),
        (settings(vcs_ignore_library=False), (), "renv/.gitignore"),
        ({"/app/renv/settings.dcf": "use.cache: TRUE\n"}, (), "renv/settings.json"),
        ({"/app/.Rbuildignore": "^renv$\n"}, (), ".Rbuildignore"),
        ({"/app/.Rbuildignore": "^renv$\n^renv\\.lock$\n"}, (), ""),
        (
            {"/app/.Rbuildignore": "^renv$\n^renv\\.lock$\n", "/app/requirements.txt": ""},
            (),
            ".Rbuildignore",
        ),
        ({"/app/DESCRIPTION": "Package: a\n"}, (), ".Rbuildignore"),
        ({"/app/renv/activate.R": script("0.14.0"), "/app/renv.lock": lock("0.14.0")}, (), ""),
        ({"/app/renv/activate.R": script().replace("\n", "\r\n")}, (), ""),
    ],
)
def test_files_that_renv_writes_anew_are_named(
    files: dict[str, str], flags: tuple[str, ...], rewrites: str
) -> None:
    found = follow(request({**LOADED, **files}, *flags, values=RESTORE))
    expected = (f"/app/{rewrites}",) if rewrites else ()
    assert (None, expected) == (found.opaque, found.rewrites)


def test_the_hash_of_a_record_is_that_over_its_fields_without_blanks() -> None:
    record = {"Package": "renv", "Version": "1.2.4", "Imports": ["a", "b c"], "License": "MIT"}
    text = "Imports:a,bcPackage:renvVersion:1.2.4\n"
    md5 = hashlib.md5(text.encode()).hexdigest()
    kept = [
        renv_activate.Activate("1.2.4", own).kept({"Packages": {"renv": {**record, **more}}})
        for own, more in (
            (md5, {}),
            ("0" * 32, {}),
            ("abc", {"Hash": "abc"}),
            (md5, {"RemoteSha": "1"}),
            (md5, {"Imports": "\N{NO-BREAK SPACE}"}),
        )
    ]
    assert kept == [True, False, True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "x <- 1",
        "source('renv/activate.R'); source('x.R')",
        'source("renv/activate.R", local = TRUE)',
        "if (file.exists('renv/activate.R')) source('x.R')",
        "options(repos = c(CRAN = 'file:///srv'))",
        "options(repos = 'cran')",
        "options(configure.args = '--x')",
        "options(renv.config.pak.enabled = TRUE)",
        "options(digits = f())",
        "options(shiny.port = c(1, x))",
        "options(shiny.maxRequestSize = 3 * 4)",
        "options(vsc.file = './x')",
        "options(vsc.file = '~')",
        "options(unzip = 'x')",
        "options('x')",
        "if (interactive()) x() else source('x.R')",
        "if (interactive()) { x() } ; y()",
        "if (interactive() || TRUE) { x() }",
        'if (interactive()) r"(})"; x()',
        "if (!interactive()) x()",
        "Sys.setenv(R_LIBS = 'x')",
        '"unclosed',
        "}",
    ],
)
def test_other_code_of_a_profile_is_found(text: str) -> None:
    assert r_profile.foreign(text) is not None


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ("", False),
        ("# nothing\n\n", False),
        ("source('renv/activate.R') # by renv", True),
        ('if (file.exists("renv/activate.R")) {\n  source("renv/activate.R")\n}\n', True),
        ('if (file.exists("renv/activate.R"))\n  source("renv/activate.R")', True),
        ("options(repos = c(CRAN = 'https://h.org'), digits = 4L)", False),
        ("options(\n  shiny.port = 80, vsc.x = list(list(a = 'b', TRUE), -1)\n)", False),
        ("options(a = '.', `b c` = list(`1` = 'x'), renv.config.sandbox.enabled = FALSE)", False),
        ("if (interactive()) {\n  library(usethis) # }\n  x('}')\n}", False),
        ("if (interactive() && Sys.getenv('A') == 'b') source('x.R')", False),
    ],
)
def test_a_profile_of_plain_statements_is_followed(text: str, loads: bool) -> None:
    assert (None, loads) == (r_profile.foreign(text), r_profile.loads(text))
