"""dotnet tool: which files of the folder it looks at, or why that is not known."""

from __future__ import annotations

import pytest
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.dotnet_tool import follow

TOOL = "dotnet-ef"


def install(files: dict[str, str], *flags: str, **variables: str) -> Followed:
    return follow(request(files, *flags, words=(TOOL,), variables=variables))


@pytest.mark.parametrize(
    ("files", "flags", "reason"),
    [
        pytest.param({}, (), "writes the project's list of tools", id="into the project"),
        pytest.param(
            {"/app/NuGet.Config": '<c><packageSources><add value="x" /></packageSources></c>'},
            ("--global",),
            "finds packages in `x`",
            id="a folder of packages",
        ),
        pytest.param(
            {"/nuget.config": '<c><config><add key="globalPackagesFolder" /></config></c>'},
            ("-g",),
            "moves the folders",
            id="packages put elsewhere",
        ),
        pytest.param(
            {"/app/global.json": '{"sdk": {"paths": [".dotnet"]}}'},
            ("-g",),
            "looks for an SDK",
            id="an SDK in the project",
        ),
        pytest.param(
            {"/Directory.Build.targets": "<Project />"}, ("-g",), "may change", id="a project in /"
        ),
    ],
)
def test_a_tool_is_not_followed_with(
    files: dict[str, str], flags: tuple[str, ...], reason: str
) -> None:
    assert reason in (install(files, *flags).opaque or "")


def test_a_tool_looks_at_settings_from_its_folder_up_and_at_nothing_else_of_the_project() -> None:
    found = install({"/app/global.json": "{}", "/app/App.csproj": "<Project />"}, "--global")
    assert found.opaque is None
    assert [f for f in found.files if f.startswith("/app/")] == [
        "/app/global.json",
        "/app/nuget.config",
        "/app/NuGet.config",
        "/app/NuGet.Config",
    ]


def test_a_restore_of_tools_reads_their_lists() -> None:
    found = follow(request({"/app/.config/dotnet-tools.json": "{}"}))
    assert {"/app/.config/dotnet-tools.json", "/dotnet-tools.json"} <= set(found.files)


def test_a_folder_that_a_variable_names_is_filled() -> None:
    assert install({}, "-g", NUGET_PACKAGES="/packages").writes == ("/packages",)


def test_a_folder_that_is_not_known_is_not_followed() -> None:
    assert follow(request({}, "-g", words=(TOOL,), cwd="?cwd")).opaque
