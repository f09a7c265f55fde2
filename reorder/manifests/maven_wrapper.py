"""The wrapper script of a project: its own files, and then what the program that it starts reads.

Form: maven.apache.org/wrapper (3.3).
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from reorder.manifests import Followed, Request
from reorder.manifests.maven import follow as follow_poms
from reorder.manifests.reading import absent, inside, text_of, unknown

# The head of every generated script; a script without it may do anything.
_HEAD = "Apache Maven Wrapper startup"
_PLACE = re.compile(r"(?m)^\s*(?:distribution|wrapper)Url\s*[=:]\s*(.*)$")
_ADDRESS = re.compile(r"https?\\?://")
_FILES = ("maven-wrapper.properties", "maven-wrapper.jar", "MavenWrapperDownloader.java")


def follow(request: Request) -> Followed:
    """The jar is downloaded into the project when it is not there."""
    script = inside(request.cwd, "mvnw")
    text = text_of(request, script)
    if text is None:
        return unknown(script)
    if _HEAD not in text[:4000]:
        return Followed(opaque=f"{script} is no generated wrapper: it may do anything")
    if request.lookup("MAVEN_CONFIG"):
        return Followed(opaque=f"{script} takes MAVEN_CONFIG for options: unset it")
    folder = inside(request.cwd, ".mvn/wrapper")
    files = tuple(inside(folder, name) for name in _FILES)
    properties = text_of(request, files[0])
    if properties is None:
        return unknown(files[0])
    if any(not _ADDRESS.match(line) for line in _PLACE.findall(properties)):
        return Followed(opaque=f"{files[0]} takes the program from a folder: use an address")
    found = follow_poms(request)
    made = tuple(path for path in files[1:2] if absent(request, path))
    own = (script, inside(request.cwd, ".mavenrc"), *files)
    return replace(found, files=(*own, *found.files), rewrites=(*made, *found.rewrites))
