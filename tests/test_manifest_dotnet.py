"""Solutions and projects -> what a restore reads, or why that is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.dotnet import follow

SDK = '<Project Sdk="Microsoft.NET.Sdk">{}</Project>'
APP = "/app/App.csproj"


def project(inner: str = "") -> dict[str, str]:
    return {APP: SDK.format(inner)}


def restore(files: dict[str, str], *flags: str, entry: str = APP) -> Followed:
    return follow(request(files, *flags, start=(entry,), words=(entry,)))


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({}, "no single solution or project", id="a project that is not there"),
        pytest.param({APP: "<Project"}, "cannot be read as XML", id="broken XML"),
        pytest.param(
            {APP: '<!DOCTYPE p [<!ENTITY x SYSTEM "y">]><Project>&x;</Project>'},
            "defines entities",
            id="an entity that is another file",
        ),
        pytest.param({APP: '<Project Sdk="My.Sdk/1.0" />'}, "the SDK", id="an SDK of its own"),
        pytest.param(
            {APP: '<Project Sdk="Microsoft.NET.Sdk" InitialTargets="X" />'},
            "InitialTargets",
            id="targets that always run",
        ),
        pytest.param(
            project('<Import Project="$(Shared)x.props" />'),
            "not known before the build",
            id="an import by a property",
        ),
        pytest.param(
            project('<Import Project="*.props" />'), "not known", id="an import by a pattern"
        ),
        pytest.param(
            project('<Import Project="a.props" Condition="Exists(\'b.txt\')" />'),
            "under the condition",
            id="an import that depends on another file",
        ),
        pytest.param(
            project("<ItemGroup Condition=\"Exists('x')\" />"),
            "depends on which files",
            id="packages that depend on a file",
        ),
        pytest.param(
            project("<A><B>$([System.IO.File]::ReadAllText('v'))</B></A>"),
            "may look at any file",
            id="a property that reads a file",
        ),
        pytest.param(
            project('<Target Name="X" BeforeTargets="Restore" />'),
            "maybe in a restore",
            id="a target in front of the restore",
        ),
        pytest.param(
            project('<Target Name="CollectPackageReferences" />'),
            "may replace",
            id="a target that replaces one of the restore",
        ),
        pytest.param(
            project("<A><RestoreSources>/packages</RestoreSources></A>"),
            "RestoreSources",
            id="packages in a folder",
        ),
        pytest.param(
            project("<A><BaseIntermediateOutputPath>x</BaseIntermediateOutputPath></A>"),
            "moves what a restore uses",
            id="an output elsewhere",
        ),
        pytest.param(
            project('<A><ProjectReference Include="../Lib/Lib.csproj" /></A>'),
            "content of /Lib/Lib.csproj is not known",
            id="a reference outside the context",
        ),
        pytest.param(
            project('<A><ProjectReference Include="../**/*.csproj" /></A>'),
            "not known before the build",
            id="references by a pattern",
        ),
        pytest.param(
            project('<A><ProjectReference Include="x.sqlproj" /></A>'),
            "no kind of project",
            id="a project of another kind",
        ),
        pytest.param(
            project() | {"/app/obj/project.assets.json": "{}"}, "ignore it", id="results in obj"
        ),
        pytest.param(
            project() | {"/Directory.Build.rsp": "-p:X=1"}, "may change", id="a response file"
        ),
        pytest.param(
            project()
            | {"/app/nuget.config": '<c><packageSources><add value="x" /></packageSources></c>'},
            "finds packages in `x`",
            id="a folder of packages",
        ),
        pytest.param(
            project()
            | {"/app/nuget.config": '<c><config><add key="globalPackagesFolder" /></config></c>'},
            "moves the folders",
            id="packages put elsewhere",
        ),
        pytest.param(
            project() | {"/app/global.json": '{"sdk": {"paths": [".dotnet"]}}'},
            "looks for an SDK",
            id="an SDK in the project",
        ),
    ],
)
def test_a_restore_is_not_followed_with(files: dict[str, str], reason: str) -> None:
    assert reason in (restore(files).opaque or "")


def test_a_shared_file_that_a_run_may_have_changed_is_not_followed() -> None:
    asked = request(project(), start=(APP,), words=(APP,), unknown=("/app/Directory.Build.props",))
    assert follow(asked).opaque == (
        "the content of /app/Directory.Build.props is not known: give the build context"
    )


def test_two_projects_in_one_folder_need_a_name() -> None:
    files = project() | {"/app/Other.csproj": SDK.format("")}
    assert "name the one to restore" in (follow(request(files)).opaque or "")


REFERENCE = '<A><ProjectReference Include="..\\lib\\Lib.csproj" /></A>'
SOLUTION = (
    'Project("{2150E333-8FDC-42A3-9474-1A3956D46DE8}") = "docs", "docs", "{1}"\n'
    'Project("{9A19103F-16F7-4668-BE54-9A1E7A4F7556}") = "App", "App.csproj", "{2}"\n'
)


@pytest.mark.parametrize(
    ("files", "entry", "read"),
    [
        pytest.param(project(), APP, {APP}, id="a project alone"),
        pytest.param(project(), "/app", {APP}, id="the only project of a folder"),
        pytest.param(
            project(REFERENCE) | {"/lib/Lib.csproj": SDK.format("")},
            APP,
            {APP, "/lib/Lib.csproj"},
            id="a reference with a backslash",
        ),
        pytest.param(
            project() | {"/app/All.sln": SOLUTION},
            "/app/All.sln",
            {APP, "/app/All.sln"},
            id="a solution with a folder that is none",
        ),
        pytest.param(
            project() | {"/app/All.slnx": '<Solution><Project Path="App.csproj" /></Solution>'},
            "/app/All.slnx",
            {APP, "/app/All.slnx"},
            id="a solution in XML",
        ),
        pytest.param(
            project('<Import Project="b.props" />') | {"/app/b.props": "<Project />"},
            APP,
            {APP, "/app/b.props"},
            id="an import",
        ),
        pytest.param(
            project()
            | {
                "/app/Directory.Build.props": "<Project />",
                "/Directory.Build.props": "<Project />",
            },
            APP,
            {APP, "/app/Directory.Build.props"},
            id="the nearest shared file",
        ),
        pytest.param(
            project()
            | {
                "/app/Directory.Build.props": '<Project><Import Project="$([MSBuild]::'
                "GetPathOfFileAbove('Directory.Build.props', "
                "'$(MSBuildThisFileDirectory)../'))\" /></Project>",
                "/Directory.Build.props": "<Project />",
            },
            APP,
            {APP, "/app/Directory.Build.props", "/Directory.Build.props"},
            id="a shared file that imports the one above",
        ),
        pytest.param(
            project() | {"/global.json": "{}", "/NuGet.Config": "<configuration />"},
            APP,
            {APP, "/global.json", "/NuGet.Config"},
            id="settings in a folder above",
        ),
        pytest.param(
            project('<Target Name="Css" AfterTargets="Build" />'), APP, {APP}, id="a build target"
        ),
    ],
)
def test_of_the_files_there_are_it_reads(files: dict[str, str], entry: str, read: set[str]) -> None:
    found = restore(files, entry=entry)
    assert (found.opaque, set(found.files) & set(files)) == (None, read)


@pytest.mark.parametrize(
    "path",
    [
        "/app/Directory.Build.targets",
        "/Directory.Packages.props",
        "/app/packages.lock.json",
        "/app/NuGet.config",
        "/global.json",
        "/app/App.csproj.user",
    ],
)
def test_it_looks_for_a_file_that_is_not_there(path: str) -> None:
    assert path in restore(project()).files


@pytest.mark.parametrize(
    ("inner", "flags", "rewrites"),
    [
        ("", (), ("/app/obj", "/app/packages.lock.json", "/app/packages.App.lock.json")),
        ("", ("--locked-mode",), ("/app/obj",)),
        ("<P><RestoreLockedMode>true</RestoreLockedMode></P>", (), ("/app/obj",)),
    ],
)
def test_the_lock_file_stays_in_locked_mode_only(
    inner: str, flags: tuple[str, ...], rewrites: tuple[str, ...]
) -> None:
    assert restore(project(inner), *flags).rewrites == rewrites


@given(st.text(), st.text())
def test_no_content_raises(one: str, other: str) -> None:
    files = {APP: one, "/app/Directory.Build.props": other, "/app/All.sln": other}
    assert restore(files).opaque is not None
    assert isinstance(restore(files, entry="/app/All.sln"), Followed)


def test_a_folder_of_packages_that_a_variable_names_is_filled() -> None:
    asked = request(project(), start=(APP,), words=(APP,), variables={"NUGET_PACKAGES": "/p"})
    assert follow(asked).writes == ("/p",)
