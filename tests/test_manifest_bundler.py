"""Gemfile and Gemfile.lock: lines and flags -> what an install reads and may write."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.bundler import follow

GEMFILE = 'source "https://rubygems.org"\ngem "rails", "~> 7.1"\n'
LOCK = "GEM\n  remote: https://rubygems.org/\n  specs:\n    rails (7.1.0)\n"
NAMES = ("Gemfile", "Gemfile.lock", ".bundle/config", "gems.rb")
READ = tuple(f"/app/{name}" for name in NAMES)
CACHE = "/app/vendor/cache"
FROZEN = {"BUNDLE_DEPLOYMENT": "1"}


def read(gemfile: str, variables: Mapping[str, str] = FROZEN, **others: str) -> Followed:
    files = {"/app/Gemfile": gemfile, "/app/Gemfile.lock": others.get("lock", LOCK)}
    if "config" in others:
        files["/app/.bundle/config"] = others["config"]
    return follow(request(files, variables=variables))


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
