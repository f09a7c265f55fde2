"""Gemfile and Gemfile.lock: lines and flags -> what an install reads and may write."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.bundle_config import follow as configure
from reorder.manifests.bundler import follow

GEMFILE = 'source "https://rubygems.org"\ngem "rails", "~> 7.1"\n'
LOCK = "GEM\n  remote: https://rubygems.org/\n  specs:\n    rails (7.1.0)\n"
USER, LOCAL = "/root/.bundle/config", "/app/.bundle/config"
READ = ("/app/Gemfile", "/app/Gemfile.lock", USER, LOCAL, "/app/gems.rb")
CACHE = "/app/vendor/cache"
PLACES = {"HOME": "/root", "BUNDLE_APP_CONFIG": ""}
FROZEN = {"BUNDLE_DEPLOYMENT": "1"}


def read(gemfile: str, variables: Mapping[str, str] = FROZEN, **others: str) -> Followed:
    files = {"/app/Gemfile": gemfile, "/app/Gemfile.lock": others.get("lock", LOCK)}
    if "config" in others:
        files["/app/.bundle/config"] = others["config"]
    return follow(request(files, variables={**PLACES, **variables}))


@pytest.mark.parametrize(
    "line",
    [
        "gemspec",
        'gem "x", path: "lib/x"',
        'gem "x", :path => "lib/x"',
        'path "engines" do',
        'gem "x", File.read("VERSION")',
        'gem "x", "#{v}"',
        'gem "x" if ENV["X"]',
        'gem "x" if RUBY_PLATFORM == File.read("p")',
        "if RUBY_PLATFORM =~ /#{x}/",
        'v = File.expand_path("v", Dir.pwd)',
        'eval_gemfile "Gemfile.local"',
        'source "file:///srv/gems"',
        'source "gems"',
        'gem "x", git: "../x"',
        'git "/srv/x" do',
        'plugin "x"',
        'Dir["gems/*"].each { |f| gem f }',
        "`ls`",
        'gem "x", ; system("ls")',
    ],
)
def test_a_line_that_may_do_more_is_opaque(line: str) -> None:
    assert f"`{line}`" in (read(GEMFILE + line + "\n").opaque or "")


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"lock": "PATH\n  remote: .\n"}, "gems of the project"),
        ({"config": '---\nBUNDLE_GEMFILE: "other"\n'}, "BUNDLE_GEMFILE"),
        ({"config": '---\nBUNDLE_LOCAL__X: "/x"\n'}, "BUNDLE_LOCAL__X"),
    ],
)
def test_another_file_makes_it_opaque(others: dict[str, str], reason: str) -> None:
    assert reason in (read(GEMFILE, FROZEN, **others).opaque or "")


def test_it_is_opaque_when_the_gemfile_is_not_known() -> None:
    assert "the content of /app/Gemfile" in (follow(request({})).opaque or "")


def test_a_variable_that_names_another_gemfile_makes_it_opaque() -> None:
    assert "BUNDLE_GEMFILE" in (read(GEMFILE, {"BUNDLE_GEMFILE": "x"}).opaque or "")


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("", ()),
        ("# gemspec", ()),
        ('gem "x", require: false, platforms: %i[mri windows] # why', ()),
        ("gem 'x', '>= 1', '< 2', group: [:test, :development]", ()),
        ('gem("x",\n    git: "https://example.org/x.git",\n    branch: "main")', ()),
        ('group :development, :test do\n  gem "x"\nend', ()),
        ('git_source(:github) { |repo| "https://github.com/#{repo}.git" }', ()),
        ('ruby "3.3.0"', ()),
        ('ruby file: ".ruby-version"', ("/app/.ruby-version",)),
        ('ruby File.read(".ruby-version").strip', ("/app/.ruby-version",)),
        (
            'v = File.expand_path(".ruby-version", __dir__)\n'
            "ruby File.read(v).chomp if File.readable?(v)",
            ("/app/.ruby-version",),
        ),
        ("gem 'x', git: 'https://example.org/x' if RUBY_PLATFORM == 'java'", ()),
        ("if RUBY_VERSION >= '3.4'\n  gem 'csv'\nelse\n  gem 'x'\nend", ()),
    ],
)
def test_a_plain_line_is_read(line: str, more: tuple[str, ...]) -> None:
    assert read(GEMFILE + line + "\n") == Followed((*READ, *more), (CACHE,))


def test_the_lock_file_may_be_written_when_nothing_is_frozen() -> None:
    found = read(GEMFILE, {"BUNDLE_PATH": "/gems"})
    assert found == Followed(READ, (CACHE,), rewrites=("/app/Gemfile.lock", CACHE, "/gems"))


@given(st.text("gem \"'x,:[]()#{}%i\n", max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    found = read(text)
    assert (found.opaque is None) == bool(found.files)


def settings(*words: str, flag: str = "--local", **files: str) -> Followed:
    found = {f"/{name}": "" for name in files}
    return configure(request(found, flag, words=words, variables=PLACES))


@pytest.mark.parametrize(
    ("words", "flag", "places"),
    [
        (("set", "without", "test"), "--local", (LOCAL,)),
        (("set", "without", "test"), "--global", (USER,)),
        (("set", "without", "test"), "", (LOCAL, USER)),
        (("without", "test"), "--global", (USER,)),
    ],
)
def test_a_setting_is_added_to_its_file(
    words: tuple[str, ...], flag: str, places: tuple[str, ...]
) -> None:
    found = settings(*words, flag=flag)
    assert (found.adds, found.rewrites) == (
        tuple((place, 'BUNDLE_WITHOUT: "test"') for place in places),
        (),
    )


@pytest.mark.parametrize(
    "words", [("unset", "path"), ("set", "path", ""), ("set", "a.b", "c"), ("set", "path", '"')]
)
def test_a_setting_that_is_not_plain_may_change_anything_in_its_file(
    words: tuple[str, ...],
) -> None:
    found = settings(*words)
    assert (found.adds, found.rewrites) == ((), (LOCAL,))


@pytest.mark.parametrize("words", [("list",), ("get", "path"), ("path",), ()])
def test_a_setting_that_is_shown_stays(words: tuple[str, ...]) -> None:
    found = settings(*words)
    assert (found.adds, found.rewrites) == ((), ())


def test_a_gemfile_above_may_get_the_settings() -> None:
    assert settings("set", "path", "x", Gemfile="").rewrites == ("/.bundle/config",)


def test_settings_of_an_unknown_image_may_be_where_the_official_ones_have_them() -> None:
    found = configure(request({}, "--local", words=("set", "path", "x")))
    assert [place for place, _ in found.adds] == [LOCAL, "/usr/local/bundle/config"]


@pytest.mark.parametrize(
    ("user", "variable", "local", "frozen"),
    [
        ("", "", 'BUNDLE_FROZEN: "true"', True),
        ("", "", "BUNDLE_DEPLOYMENT: true", True),
        ('BUNDLE_FROZEN: "1"', "", "", True),
        ('BUNDLE_FROZEN: "1"', "", 'BUNDLE_FROZEN: "false"', False),
        ('BUNDLE_FROZEN: "1"', "false", "", False),
        ("", "true", 'BUNDLE_FROZEN: "false"', False),
        ("", "", 'BUNDLE_FROZEN: "true"\nBUNDLE_FROZEN: "false"', False),
    ],
)
def test_settings_of_the_project_win_over_variables_and_these_over_the_user(
    user: str, variable: str, local: str, frozen: bool
) -> None:
    files = {"/app/Gemfile": GEMFILE, "/app/Gemfile.lock": LOCK, USER: user, LOCAL: local}
    found = follow(request(files, variables={**PLACES, "BUNDLE_FROZEN": variable}))
    assert (found.opaque, "/app/Gemfile.lock" not in found.rewrites) == (None, frozen)


def test_a_path_of_the_settings_is_filled() -> None:
    found = read(GEMFILE, config='BUNDLE_PATH: "gems"')
    assert (found.opaque, found.rewrites) == (None, ("/app/gems",))
