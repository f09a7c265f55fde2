"""What variables name: files that a program reads, folders in which Python looks for modules.

SSL_CERT_FILE=/srv/ca.pem    ->    it reads /srv/ca.pem
PYTHONPATH=/app              ->    it would import /app/sitecustomize.py
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from reorder.effects.effect import Access, Extent, Footprint
from reorder.effects.paths import STANDARD_FOLDERS, canonical, join, of_kernel
from reorder.effects.words import UnseenCode
from reorder.effects.world import ELSEWHERE, World
from reorder.syntax.shell import Use

# `/a:/b`, `--require /a`, `-r/a`, `-javaagent:/a`; but not `https://a/b`.
_NAMED = re.compile(
    r"(?:^|[\s:;,=@\"']|(?:^|\s)-[A-Za-z]|\bfile://(?:localhost)?)(/(?!/)[^\s:;,\"'*?$]+)"
)
_IN_TEXT = re.compile(
    r"(?:^|(?:^|[\s=\"'])-[A-Za-z]|[\s:;,=@\"'`(\[{>]|\bfile://(?:localhost)?)(/(?!/)[^\s:;,\"'`*?$<>|&(){}\[\]\\]+)",
    re.MULTILINE,
)
# Where packages come from: `deb [signed-by=/k.gpg] file:/debs ./`, `baseurl=file:///debs`.
_SOURCES = re.compile(
    r"(?:\b(?:file|copy):(?://(?:localhost)?)?|\bsigned-by=)(/[^\s:;,\"'`*?$<>|&(){}\[\]\\]+)"
)
_INSTEAD = re.compile(r"\.(push)?insteadof\b", re.IGNORECASE)
_CODE = re.compile(r"\.([cm]?[jt]s|rb|py|php|pl|sh|jar|groovy|gradle|exs?|beam|dll)$")
_DATA = re.compile(
    r"\.(pem|crt|cer|der|key|pub|gpg|asc|jks|p12|whl|tgz|gz|zip|deb|rpm|apk|gem|nupkg|so)$"
)
_WORD = re.compile(r"[\s:;,=@\"']+")
_ADDRESS = re.compile(r"\b[\w+]+://\S+")
_VERSION = re.compile(r"v?\d[\w.+-]*")
_OF_THE_LOCALE = re.compile(r"LANG(UAGE)?|LC_\w+|TZ|TERM|DEBIAN_FRONTEND")
_OF_PATHS = re.compile(
    r"(PATH|DIRS?|HOME|FILES?|FILENAME|CONFIG|CONF|RC|CERTS?|CAFILE|BUNDLE|PEM|KEY|ROOT|LOCATION|FOLDER"
    r"|STORE|MIRROR|LINKS|LIBS?|INCLUDE|GEMFILE|SHELL|PROJECT|MANIFEST|PREFIX|PRELOAD|WORKSPACE|GLOBAL"
    r"|PLUGINS?|HOOKS?|COMMAND|FLAGS|OPTS?|OPTIONS|BASH_ENV)$|^ENV$",
    re.IGNORECASE,
)
# What a program in Python imports, and what runs at each start; no program imports the last ones.
_OF_PYTHON = tuple(
    sorted(
        {"sitecustomize", "usercustomize", *sys.stdlib_module_names}
        - {*sys.builtin_module_names}
        - {
            "antigravity",
            "code",
            "idlelib",
            "lib2to3",
            "test",
            "this",
            "tkinter",
            "turtle",
            "turtledemo",
        }
    )
)


def paths_in(text: str) -> list[str]:
    """The absolute paths that a text names."""
    return [canonical(path) for path in _IN_TEXT.findall(text) if not of_kernel(path)]


def named_reads(use: Use, patterns: Sequence[str], world: World) -> list[Footprint]:
    """The files that variables name at which a program looks: `SSL_CERT_FILE=/srv/ca.pem`.

    Folders that other rules know (`PATH`, `HOME`) are not meant.
    """
    known = world.models.env_set("placed")
    found: list[Footprint] = []
    for name, value in world.named.items():
        if value and name not in known and any(fnmatchcase(name, form) for form in patterns):
            paths = [canonical(path) for path in _NAMED.findall(value) if not of_kernel(path)]
            for path in (*paths, *_beside(name, value, use, world)):
                _refuse_code(path, f"${name}", world, whole=False)
                why = f"looks at {path}, which ${name} names"
                found.append(Footprint("path", path, Access.READ, Extent.TREE, why=why))
    return found


def _beside(name: str, value: str, use: Use, world: World) -> Iterator[str]:
    """Files of its folder, where something has been put under the name: `ci/ca.pem`, `-r./hook`.

    Of a word without a slash and a dot the name of the variable must tell that it is a path.
    """
    if _OF_THE_LOCALE.fullmatch(name):
        return
    for word in _WORD.split(_ADDRESS.sub(" ", value)):
        word = re.sub(r"^-[A-Za-z](?=[./])", "", word)
        plain = word[:1] not in ("", "/", "-", "$") and not _VERSION.fullmatch(word)
        if plain and ("/" in word or "." in word or _OF_PATHS.search(name)):
            paths = [join(cwd, word) for cwd in use.cwds if cwd != ELSEWHERE]
            yield from (p for p in paths if world.exists(p) is not False or world.brought_below(p))


def settings_reads(
    read: Footprint, use: Use, world: World, *, of_repositories: bool
) -> list[Footprint]:
    """The files that settings name which the Dockerfile has put there: `find-links=/wheels`.

    Of a RUN that says more, the folders above that of the program are left out, and of one that
    sets where packages come from all but addresses.
    """
    found: dict[str, None] = {}
    for text, whole in world.settings(read):
        form = _SOURCES if of_repositories and not whole else _IN_TEXT
        for path in map(canonical, form.findall(_INSTEAD.sub(" ", text))):
            around = any(f"{cwd}/".startswith(path.rstrip("/") + "/") for cwd in use.cwds)
            if (whole or not around) and path not in STANDARD_FOLDERS and not of_kernel(path):
                found[path] = None
        beside = () if of_repositories else _beside("", text, use, world)
        found |= dict.fromkeys(path for path in beside if whole or world.brought(path))
        for path in found:
            _refuse_code(path, f"what the Dockerfile puts into {read.name}", world, whole=whole)
    why = f"is told of it by {read.name}"
    return [Footprint("path", path, Access.READ, Extent.TREE, why=why) for path in found]


def _refuse_code(path: str, told: str, world: World, *, whole: bool) -> None:
    """UnseenCode for a file of the project that a program would run, or that may name others."""
    if world.brought(path) and not (whole and _DATA.search(path)):
        start = (world.read_file(path) or b"#!")[:2]
        if whole or start == b"#!" or _CODE.search(path):
            raise UnseenCode(f"{told} names {path}, and what that does is not known")


def module_reads(use: Use, world: World) -> list[Footprint]:
    """Modules that Python would import of the folders of PYTHONPATH before those that it has."""
    value = world.lookup("PYTHONPATH")
    folders = [join(cwd, entry) for entry in value.split(":") for cwd in use.cwds] if value else []
    if not folders:
        return []
    from reorder.effects.libraries import builtin_libraries

    members = tuple(sorted({*_OF_PYTHON, *builtin_libraries().builders}))
    why = "a module in a folder of PYTHONPATH would take the place of one of Python's"
    return [
        Footprint("path", folder, Access.READ, Extent.MODULES, members, why=why)
        for folder in dict.fromkeys(folders)
    ]
