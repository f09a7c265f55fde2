"""pom.xml: the modules and parents of a build that only resolves artifacts, and its settings.

Form: maven.apache.org/configure.html (.mvn folder), .../settings.html, .../pom.html, version 3.9.
"""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct, field

from reorder.manifests import Followed, Request
from reorder.manifests.markup import Unfollowed, read_xml
from reorder.manifests.pom import Pom, pom_of
from reorder.manifests.reading import UNKNOWN_FOLDER, above, absent, inside, text_of, unknown

_FOLDER = ".mvn"
_LINES = {
    "maven.config": re.compile(
        r"-T|-?\d+C?|-B|-q|-e|-ntp|-U|--[a-z]+-[a-z-]+|--threads"
        r"|-D(?:revision|changelist|sha1|style\.color|skipTests|maven\.test\.skip"
        r"|maven\.artifact\.threads|aether\.[\w.]+|maven\.wagon\.[\w.]+)(?:=[\w.+-]*)?"
    ),
    "jvm.config": re.compile(
        r"-Xm[sxn]\w+|-Xss\w+|-XX:[+-]\w+|-XX:\w+=\d+\w?|-D[\w.]+=[\w.-]*"
        r"|--add-(?:opens|exports)[= ]?[\w./=,-]*|[\w.]+/[\w.]+=[\w.-]+"
    ),
}
_FORBIDDEN = re.compile(r"--(?:file|settings|global-settings|toolchains|builder)\b|-Dmaven\.repo")
# Files of these names in `.mvn` change what is read, in ways that are theirs.
_CODE = ("extensions.xml", "settings.xml", "toolchains.xml", "maven-user.properties")
_SYSTEM_SETTINGS = ("/usr/share/maven/conf/settings.xml", "/etc/maven/settings.xml")
_FILE, _USER_SETTINGS = ("-f", "--file"), ("-s", "--settings")
_GLOBAL_SETTINGS = ("-gs", "--global-settings")
_MOST_POMS = 200


class _Found(Struct):
    files: list[str] = field(default_factory=list)
    poms: dict[str, Pom] = field(default_factory=dict)


def follow(request: Request) -> Followed:
    """Every pom of the build with its parents, or the reason why more may be read."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    found = _Found()
    try:
        _arguments(request)
        root = _root(request)
        _reactor(request, root, found)
        _configuration(request, posixpath.dirname(root), found)
        _settings(request, found)
    except Unfollowed as error:
        return Followed(opaque=str(error))
    return Followed(files=tuple(dict.fromkeys(found.files)))


def _arguments(request: Request) -> None:
    for name in ("MAVEN_ARGS", "MAVEN_OPTS", "JAVA_TOOL_OPTIONS"):
        value = request.lookup(name) or ""
        if any(not _LINES["jvm.config"].fullmatch(word) for word in value.split()):
            raise Unfollowed(f"{name} is `{value}`, which may name other files")


def _root(request: Request) -> str:
    """`-f x.xml` names the file, `-f folder` its folder."""
    if not request.flags & set(_FILE):
        return inside(request.cwd, "pom.xml")
    path = _value(request, _FILE)
    return path if request.exists(path) else inside(path, "pom.xml")


def _value(request: Request, names: tuple[str, ...]) -> str:
    """The path that a flag gives."""
    named = next((request.values[name] for name in names if name in request.values), None)
    if named is None:
        raise Unfollowed(f"the value of {names[0]} is not known before the build")
    return inside(request.cwd, named)


def _configuration(request: Request, folder: str, found: _Found) -> None:
    """The nearest `.mvn` folder counts; only one beside the root pom is followed."""
    for parent in dict.fromkeys((*above(folder), *above(request.cwd))):
        for name in (*_LINES, *_CODE):
            path = inside(parent, f"{_FOLDER}/{name}")
            found.files.append(path)
            if absent(request, path):
                continue
            if parent != folder or name in _CODE:
                raise Unfollowed(f"{path} may change what is read: it is not followed")
            _line_file(request, path, _LINES[name])


def _line_file(request: Request, path: str, plain: re.Pattern[str]) -> None:
    text = text_of(request, path)
    if text is None:
        raise Unfollowed(unknown(path).opaque)
    for word in re.sub(r"(?m)^#.*$", "", text).split():
        if not plain.fullmatch(word) or _FORBIDDEN.match(word):
            raise Unfollowed(f"{path} has the option `{word}`, which is not followed")


def _settings(request: Request, found: _Found) -> None:
    """Settings that the command names or that a COPY has put in their usual places."""
    home = request.lookup("HOME") or "/root"
    for names in (_USER_SETTINGS, _GLOBAL_SETTINGS):
        if request.flags & set(names):
            _setting(request, _value(request, names), found)
    for path in (inside(home, ".m2/settings.xml"), *_SYSTEM_SETTINGS):
        if not absent(request, path):
            _setting(request, path, found)


def _setting(request: Request, path: str, found: _Found) -> None:
    found.files.append(path)
    for element in read_xml(request, path).all():
        if "env." in element.text or element.text.startswith("file:"):
            raise Unfollowed(f"{path} looks at `{element.text}`")
        if element.name in ("localRepository", "activation"):
            raise Unfollowed(f"{path} sets {element.name}, which is not followed")


def _reactor(request: Request, root: str, found: _Found) -> None:
    """All modules; one that needs another cannot be resolved before that one is built."""
    waiting, modules = [root], list[Pom]()
    while waiting:
        path = waiting.pop(0)
        if any(pom.path == path for pom in modules):
            continue
        if len(modules) > _MOST_POMS:
            raise Unfollowed(f"{root} has too many modules")
        pom = _pom(request, path, found)
        modules.append(pom)
        waiting += [m if m.endswith(".xml") else inside(m, "pom.xml") for m in pom.modules]
    names = {pom.artifact for pom in modules}
    for pom in found.poms.values():
        needed = sorted(names & pom.used)
        if needed:
            raise Unfollowed(
                f"{pom.path} needs the module `{needed[0]}` of this build, which is built by it"
            )


def _pom(request: Request, path: str, found: _Found) -> Pom:
    """One pom and its parents; a parent that is no file of the project comes from a repository."""
    pom = found.poms.get(path) or pom_of(read_xml(request, path), path)
    found.files += [path, *pom.files]
    new = path not in found.poms
    found.poms[path] = pom
    if pom.parent and new:
        if absent(request, pom.parent):
            found.files.append(pom.parent)
        else:
            _pom(request, pom.parent, found)
    return pom
