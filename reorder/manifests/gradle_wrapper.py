"""The wrapper of a project that only has to download its distribution (`--version`).

Form: docs.gradle.org/8.10/userguide/gradle_wrapper.html, .../build_environment.html. Nothing but
the version is asked for, so that no build script and no settings script is evaluated.
"""

from __future__ import annotations

import re

from reorder.manifests import Followed, Request
from reorder.manifests.reading import UNKNOWN_FOLDER, above, absent, inside, text_of, unknown

# The head of every generated script; a script without it may do anything.
_HEAD = "Gradle start up script"
_ADDRESS = re.compile(r"(?m)^\s*distributionUrl\s*[=:]\s*https?\\?://\S+\s*$")
_SETTINGS = ("settings.gradle", "settings.gradle.kts", "settings.gradle.dcl")
_MOVING = ("GRADLE_USER_HOME", "GRADLE_OPTS", "JAVA_OPTS", "JAVA_TOOL_OPTIONS")


def follow(request: Request) -> Followed:
    """The wrapper's files and the properties that it looks at."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    if not request.flags & {"-v", "--version"}:
        return Followed(opaque="evaluates the project's build scripts, which are code")
    for name in _MOVING:
        if request.lookup(name):
            return Followed(opaque=f"{name} may name other places: unset it for this step")
    script = inside(request.cwd, "gradlew")
    place = inside(request.cwd, "gradle/wrapper/gradle-wrapper.properties")
    jar = inside(request.cwd, "gradle/wrapper/gradle-wrapper.jar")
    text, settings = text_of(request, script), text_of(request, place)
    if text is None or settings is None:
        return unknown(script if text is None else place)
    if _HEAD not in text[:4000]:
        return Followed(opaque=f"{script} is no generated wrapper: it may do anything")
    if not _ADDRESS.search(settings) or re.search(
        r"(?m)^\s*(?:distribution|zipStore)Base.*PROJECT", settings
    ):
        return Followed(opaque=f"{place} takes the distribution from the project or puts it there")
    return _properties(request, (script, place, jar))


def _properties(request: Request, own: tuple[str, ...]) -> Followed:
    """The root of the build is the folder, or one above with a settings file."""
    files = list(own)
    for folder in above(request.cwd):
        for name in _SETTINGS:
            files.append(inside(folder, name))
            if folder != request.cwd and not absent(request, files[-1]):
                return Followed(opaque=f"{files[-1]} makes {folder} the root of the build")
    for name in ("gradle.properties", "gradle/gradle-daemon-jvm.properties"):
        path = inside(request.cwd, name)
        files.append(path)
        if absent(request, path):
            continue
        text = text_of(request, path)
        if text is None:
            return unknown(path)
        if "gradle.user.home" in text or "org.gradle.java.home" in text:
            return Followed(opaque=f"{path} names other places")
    return Followed(files=tuple(files))
