"""mix.exs -> what getting its dependencies reads, or why that is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.mix import follow
from reorder.manifests.mix_lock import satisfies

PROJECT, LOCK, CONFIG = "/app/mix.exs", "/app/mix.lock", "/app/config/config.exs"
SUM = "a" * 64


def project(deps: str = '{:jason, "~> 1.4"}', more: str = "", body: str = "") -> str:
    return f"""defmodule App.MixProject do
  use Mix.Project
  def project do
    [app: :app, elixir: "~> 1.15", start_permanent: Mix.env() == :prod, deps: deps(), {more}]
  end
  def application, do: [mod: {{App, []}}]
  # {body}
  defp deps do
    [{deps}]
  end
  {body}
end
"""


def entry(name: str, version: str, needs: str = "") -> str:
    head = f'"{name}": {{:hex, :{name}, "{version}", "{SUM}", [:mix]'
    return f'  {head}, [{needs}], "hexpm", "{SUM}"}},\n'


def lock(*entries: str) -> str:
    return "%{\n" + "".join(entries) + "}\n"


JASON = entry("jason", "1.4.1")
TAG = '"v2.2.0"'
ICONS = '{:heroicons, github: "tailwindlabs/heroicons"'
ICONS_LOCK = f"""%{{
  "heroicons": {{:git, "https://github.com/tailwindlabs/heroicons.git", "{"a" * 40}", \
[tag: {TAG}, depth: 1]}},
}}
"""


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({PROJECT: project('{:a, path: "a"}')}, "leads to other files", id="a folder"),
        pytest.param({PROJECT: project("{:a, in_umbrella: true}")}, "leads to", id="an umbrella"),
        pytest.param({PROJECT: project(more='apps_path: "apps"')}, "leads to", id="applications"),
        pytest.param({PROJECT: project(more='deps_path: "x"')}, "leads to", id="another output"),
        pytest.param({PROJECT: project('{:a, git: "../a"}')}, "takes a dependency", id="a clone"),
        pytest.param(
            {PROJECT: project('{:a, git: "x/a"}')}, "takes a dependency", id="a clone below"
        ),
        pytest.param(
            {PROJECT: project(more='aliases: ["deps.get": "x"]')},
            "alias",
            id="an alias of the task",
        ),
        pytest.param({PROJECT: project(body="@v File.read!(@p)")}, "computed name", id="a read"),
        pytest.param({PROJECT: project(body="@v :os.cmd('x')")}, "not followed", id="a command"),
        pytest.param(
            {PROJECT: project(body='@v File.read!("../V")')},
            "out of the project",
            id="a read above",
        ),
        pytest.param({PROJECT: project(body="@v File.ls!()")}, "calls File.ls!", id="a list"),
        pytest.param(
            {PROJECT: project(body="@v (&File.read/1)")},
            "File.read of a computed name",
            id="a capture",
        ),
        pytest.param({PROJECT: project(body='@v apply(f, ["x"])')}, "uses `apply`", id="an apply"),
        pytest.param(
            {PROJECT: project(body="defp f(apply), do: apply(apply, [])")},
            "uses `apply`",
            id="a parameter named like a function that calls",
        ),
        pytest.param(
            {PROJECT: project(body="apply = 1\n  @v apply(:os, :cmd, [])")},
            "uses `apply`",
            id="a variable named like a function that calls",
        ),
        pytest.param({PROJECT: project('{:a, "1.0", compile: "make"}')}, "`compile:`", id="a make"),
        pytest.param({PROJECT: project(body='@v "#{x()}"')}, "not followed", id="an interpolation"),
        pytest.param({PROJECT: project(body="use Shop.Hooks")}, "whose code runs", id="a macro"),
        pytest.param({PROJECT: project(body="import File")}, "whose code runs", id="an import"),
        pytest.param(
            {PROJECT: project(), CONFIG: "config :a, b: System.get_env()"},
            "anything: System.get_env",
            id="all variables in the configuration",
        ),
        pytest.param(
            {PROJECT: project(body="@v System.get_env(@p)")},
            "computed name",
            id="a computed variable",
        ),
        pytest.param(
            {PROJECT: project(body='@v System.get_env("A#{config_env()}")')},
            "computed name",
            id="a variable whose name is put together",
        ),
        pytest.param(
            {PROJECT: project(), CONFIG: "import_config name()"}, "`name`", id="a computed import"
        ),
        pytest.param(
            {PROJECT: project(), CONFIG: 'import_config "x/*.exs"'},
            "imports",
            id="imports by a pattern",
        ),
    ],
)
def test_a_project_is_not_followed_with(files: dict[str, str], reason: str) -> None:
    assert reason in (follow(request(files)).opaque or "")


def test_a_project_that_a_run_may_have_changed_is_not_followed() -> None:
    found = follow(request({}, unknown=(PROJECT,)))
    assert found.opaque == "the content of /app/mix.exs is not known: give the build context"


def test_a_place_set_by_a_variable_is_not_followed() -> None:
    found = follow(request({PROJECT: project()}, variables={"MIX_EXS": "x.exs"}))
    assert "MIX_EXS" in (found.opaque or "")


IMPORTS = 'import Config\nimport_config "#{config_env()}.exs"\n'
PLAIN = "import Config\nconfig :app, a: 1\n"


@pytest.mark.parametrize(
    ("files", "variables", "read"),
    [
        pytest.param({}, {}, [PROJECT, LOCK], id="no project: looked for all the same"),
        pytest.param({PROJECT: project()}, {}, [PROJECT, LOCK, CONFIG], id="no configuration"),
        pytest.param(
            {
                PROJECT: project(
                    more="listeners: [Phoenix.CodeReloader], build_embedded: true, "
                    "compilers: [:gettext] ++ Mix.compilers()",
                    body="defp paths(:test), do: [:a]\n  defp paths(_), do: [:b]\n"
                    "  defp f(env \\\\ nil), do: env\n  defp g(v) do\n    case v do\n      1 -> 2\n"
                    "      other -> other\n    end\n  end\n  @t :timer.minutes(30)",
                ),
                CONFIG: 'import Config\nconfig :app, a: ~r"priv/.*\\.(js|css)$"E',
            },
            {},
            [PROJECT, LOCK, CONFIG],
            id="the project file that a framework generates",
        ),
        pytest.param(
            {PROJECT: project(), CONFIG: IMPORTS, "/app/config/prod.exs": PLAIN},
            {"MIX_ENV": "prod"},
            [PROJECT, LOCK, CONFIG, "/app/config/prod.exs"],
            id="the configuration of the environment",
        ),
        pytest.param(
            {PROJECT: project(), CONFIG: IMPORTS}
            | {f"/app/config/{name}.exs": PLAIN for name in ("prod", "staging", "runtime")},
            {},
            [PROJECT, LOCK, CONFIG, *(f"/app/config/{n}.exs" for n in ("prod", "staging", "dev"))],
            id="an environment that is not known",
        ),
        pytest.param(
            {PROJECT: project(), CONFIG: 'import_config "b.exs"'}
            | {"/app/config/b.exs": 'import_config "config.exs"'},
            {},
            [PROJECT, LOCK, CONFIG, "/app/config/b.exs"],
            id="files that import each other",
        ),
    ],
)
def test_it_reads(files: dict[str, str], variables: dict[str, str], read: list[str]) -> None:
    found = follow(request(files, variables=variables))
    assert (found.opaque, list(found.files)) == (None, read)


@pytest.mark.parametrize(
    ("deps", "locked", "stays"),
    [
        ('{:jason, "~> 1.4"}', lock(JASON), True),
        ('{:jason, "~> 1.4", only: :dev}', lock(JASON), True),
        ('{:jason, "~> 1.5"}', lock(JASON), False),
        ('{:plug, "~> 1.0"}', lock(JASON), False),
        ('{:jason, "~> 1.4"}', lock(JASON, entry("old", "1.0.0")), False),
        ('{:jason, github: "a/jason"}', lock(JASON), False),
        (f"{ICONS}, tag: {TAG}, compile: false, depth: 1}}", ICONS_LOCK, True),
        (f"{ICONS}, tag: {TAG}, compile: false}}", ICONS_LOCK, False),
        (f'{ICONS}, tag: "v2", depth: 1}}', ICONS_LOCK, False),
        (f"{ICONS}, tag: {TAG}, depth: 1}}".replace("tailwindlabs", "a"), ICONS_LOCK, False),
        ('{:jason, "~> 1.4"}', lock(JASON) + ICONS_LOCK, False),
        ('{:jason, ">= 0.0.0 and < 1.4.0"}', lock(JASON), False),
        (
            '{:a, "1.0.0"}',
            lock(
                entry(
                    "a",
                    "1.0.0",
                    '{:jason, "~> 1.0", [hex: :jason, repo: "hexpm", optional: false]}',
                ),
                JASON,
            ),
            True,
        ),
        (
            '{:a, "1.0.0"}',
            lock(entry("a", "1.0.0", '{:b, "~> 1.0", [hex: :b, repo: "hexpm", optional: true]}')),
            True,
        ),
        (
            '{:a, "1.0.0"}',
            lock(entry("a", "1.0.0", '{:b, "~> 1.0", [hex: :b, repo: "hexpm", optional: false]}')),
            False,
        ),
        ('{:jason, "~> 1.4"}', '%{"jason": {:hex, :jason, "1.4.1"}}', False),
    ],
)
def test_the_lock_file_stays_when_it_holds_just_what_is_wanted(
    deps: str, locked: str, stays: bool
) -> None:
    found = follow(request({PROJECT: project(deps), LOCK: locked}))
    assert (found.opaque, found.rewrites) == (None, () if stays else (LOCK,))


def test_variables_that_the_configuration_asks_for_are_looked_at() -> None:
    code = 'config :a, b: System.get_env("B", "1"), c: System.fetch_env!("C") || raise("none")'
    found = follow(request({PROJECT: project(), CONFIG: code}))
    assert (found.opaque, found.env) == (None, ("B", "C"))


def test_files_that_the_project_asks_for_are_read() -> None:
    code = project(body='@v String.trim(File.read!("priv/VERSION"))')
    found = follow(request({PROJECT: code}))
    assert (found.opaque, found.files) == (None, (PROJECT, LOCK, CONFIG, "/app/priv/VERSION"))


def test_a_checked_lock_file_is_never_rewritten() -> None:
    assert follow(request({PROJECT: project(), LOCK: ""}, "--check-locked")).rewrites == ()


@pytest.mark.parametrize(
    ("version", "requirement", "expected"),
    [
        ((1, 4, 1), "~> 1.4", True),
        ((2, 0, 0), "~> 1.4", False),
        ((1, 4, 1), "~> 1.4.0", True),
        ((1, 5, 0), "~> 1.4.0", False),
        ((2, 0, 0), "~> 1.0 or ~> 2.0", True),
        ((1, 4, 1), "1.4.1", True),
        ((1, 4, 1), "!= 1.4.0", False),
        ((1, 4, 1), ">= 1.4.1-rc.0", False),
    ],
)
def test_a_version_satisfies(version: tuple[int, ...], requirement: str, expected: bool) -> None:
    assert satisfies(version, requirement) is expected


@given(st.text(), st.text())
def test_no_content_raises(one: str, other: str) -> None:
    files = {PROJECT: project(), CONFIG: one, LOCK: other}
    assert isinstance(follow(request(files)), Followed)
    assert isinstance(follow(request({PROJECT: one})), Followed)
