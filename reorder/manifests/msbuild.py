"""One project file -> the files it imports and the projects it refers to, for a restore.

Form: learn.microsoft.com/visualstudio/msbuild (property functions, imports, target order) and
learn.microsoft.com/nuget/reference/msbuild-targets. Only the evaluation and the targets of a
restore count: what a target of the build reads is nothing to it.
"""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct

from reorder.manifests.markup import Element, Unfollowed
from reorder.manifests.reading import inside

# Property functions that look at no file; the first finds the files that are looked for anyway.
_SAFE_FUNCTION = re.compile(
    r"\$\(\[MSBuild\]::(?:IsOSPlatform|Version[A-Za-z]+|IsTargetFrameworkCompatible"
    r"|GetTargetFramework[A-Za-z]+|ValueOrDefault|Add|Subtract)\(",
    re.IGNORECASE,
)
_FILE_ABOVE = re.compile(
    r"\$\(\[MSBuild\]::GetPathOfFileAbove\(\s*'?(Directory\.(?:Build|Packages)\.(?:props|targets))'?"
    r"\s*,\s*'?\$\(MSBuildThisFileDirectory\)\.\.[/\\]?'?\s*\)\)"
)
_THIS_FOLDER = re.compile(r"^\$\(MSBuild(?:ThisFile|Project)Directory\)[/\\]?")
_EXISTS = re.compile(r"\bExists\b|HasTrailingSlash", re.IGNORECASE)
# Properties that move what a restore reads or writes.
_MOVING = re.compile(
    r"(?:Restore|NuGet|BaseIntermediate|BaseOutput|MSBuild|DirectoryBuild|DirectoryPackages|Artifacts"
    r"|UseArtifacts|CustomBefore|CustomAfter|BeforeMicrosoft|AfterMicrosoft|Import).*",
    re.IGNORECASE,
)
_STAYING = re.compile(
    r"Restore(?:LockedMode|PackagesWithLockFile|UseStaticGraphEvaluation|EnablePackagePruning)"
    r"|NuGetAudit\w*|Import|ImportGroup",
    re.IGNORECASE,
)
# Targets of a build, a publish or a pack: a restore runs none of them.
_BUILD_TARGET = re.compile(
    r"(?:(?:Before|After|Pre|Post|Core|_?Copy)?(?:Build|Compile|Publish|Pack|Clean|Rebuild|Test|VSTest)"
    r"|CoreCompile|(?:Pre|Post)BuildEvent|PrepareForPublish|ComputeFilesToPublish"
    r"|ComputeResolvedFilesToPublishList|CopyFilesToOutputDirectory|BeforeResolveReferences"
    r"|GenerateStaticWebAssetsManifest|BuildOnlySettings)",
    re.IGNORECASE,
)
_RESTORE_TARGET = re.compile(
    r"_|.*(?:Restore|Collect|Package|Reference|Framework|Project|SDK|Graph)", re.IGNORECASE
)
_SDK = re.compile(r"Microsoft\.NET\.Sdk(?:\.[A-Za-z.]+)?")


class Named(Struct, frozen=True):
    """`imports`, `references`: absolute paths; `above`: names looked for in the parents again.
    `locked`: the lock file of packages is never written.
    """

    imports: tuple[str, ...]
    references: tuple[str, ...]
    above: tuple[str, ...]
    locked: bool


def named(root: Element, path: str, project: str) -> Named:
    """What a project, props or targets file names; Unfollowed when that is not for sure."""
    imports: list[str] = []
    references: list[str] = []
    above: list[str] = []
    _project(root, path)
    for element in root.all():
        _plain(element, path)
        if element.name == "Import" and "Sdk" not in element.attributes:
            _import(element, path, project, imports, above)
        elif element.name == "ProjectReference" and "Remove" not in element.attributes:
            references += _references(element, path, project)
        elif element.name == "Target":
            _target(element, path)
    facts = {(e.name.lower(), e.text.lower()) for e in root.all() if not e.attributes}
    return Named(
        tuple(imports),
        tuple(references),
        tuple(above),
        ("restorelockedmode", "true") in facts,
    )


def _project(root: Element, path: str) -> None:
    if root.name != "Project":
        raise Unfollowed(f"{path} is no project file")
    if "InitialTargets" in root.attributes:
        raise Unfollowed(f"{path} runs targets of its own in every use (InitialTargets)")
    sdks = root.attributes.get("Sdk", "").split(";") if "Sdk" in root.attributes else []
    sdks += [e.attributes.get("Name", "") for e in root.children if e.name == "Sdk"]
    sdks += [
        e.attributes["Sdk"] for e in root.all() if e.name == "Import" and "Sdk" in e.attributes
    ]
    for sdk in sdks:
        if not _SDK.fullmatch(sdk.strip()):
            raise Unfollowed(f"{path} uses the SDK `{sdk}`, whose targets are not known")


def _plain(element: Element, path: str) -> None:
    """Raises for what may look at any other file."""
    for text in (element.text, *element.attributes.values()):
        rest = _SAFE_FUNCTION.sub("", _FILE_ABOVE.sub("", text))
        if "$([" in rest.replace(" ", ""):
            raise Unfollowed(f"{path} computes `{text}`, which may look at any file")
    condition = element.attributes.get("Condition", "")
    if _EXISTS.search(condition) and element.name != "Import":
        raise Unfollowed(f"{path} depends on which files there are: `{condition}`")
    if _MOVING.fullmatch(element.name) and not _STAYING.fullmatch(element.name):
        raise Unfollowed(f"{path} sets {element.name}, which moves what a restore uses")


def _import(
    element: Element, path: str, project: str, imports: list[str], above: list[str]
) -> None:
    target = element.attributes.get("Project", "")
    found = _FILE_ABOVE.fullmatch(target)
    if found:
        above.append(found[1])
        return
    condition = element.attributes.get("Condition", "")
    if _EXISTS.search(condition) and f"'{target}'" not in condition:
        raise Unfollowed(f"{path} imports under the condition `{condition}`")
    imports += _paths(target, path, project, "imports")


def _references(element: Element, path: str, project: str) -> list[str]:
    """A reference in a shared file is seen from the folder of the project."""
    target = element.attributes.get("Include", element.attributes.get("Update", ""))
    return _paths(target, project, project, "refers to") if target else []


def _paths(text: str, path: str, project: str, verb: str) -> list[str]:
    """`..\\A\\A.csproj;$(MSBuildThisFileDirectory)b.props` -> absolute paths."""
    found = []
    for part in filter(None, map(str.strip, text.split(";"))):
        folder = posixpath.dirname(project if "MSBuildProjectDirectory" in part else path)
        name = _THIS_FOLDER.sub("", part)
        if re.search(r"[$@%*?]", name):
            raise Unfollowed(f"{path} {verb} `{part}`, which is not known before the build")
        found.append(inside(folder, name.replace("\\", "/")))
    return found


def _target(element: Element, path: str) -> None:
    """A target runs in a restore when it hooks into one, or replaces a target of its own."""
    hooks = ";".join(element.attributes.get(k, "") for k in ("BeforeTargets", "AfterTargets"))
    for hook in filter(None, map(str.strip, hooks.split(";"))):
        if not _BUILD_TARGET.fullmatch(hook):
            raise Unfollowed(f"{path} has a target that runs at `{hook}`, maybe in a restore")
    name = element.attributes.get("Name", "")
    if _RESTORE_TARGET.match(name) and not hooks.strip(";"):
        raise Unfollowed(f"{path} has a target `{name}`, which may replace one of a restore")
