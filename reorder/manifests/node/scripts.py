"""Scripts that an install runs: those of the project's packages, and of packages that look at it.

A script is followed when all of its commands are known (known.toml), else the install may do
anything.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reorder.manifests.node.config import known
from reorder.manifests.node.package import Package, Unfollowed
from reorder.manifests.node.sight import Sight, above

Entry = Mapping[str, Any]


def follow_scripts(
    sight: Sight, packages: Sequence[Package], hooks: str, named: Callable[[str], bool]
) -> None:
    """Looks at all that the scripts read; `named`: whether the project asks for a package."""
    for package in packages:
        gyp = package.below("binding.gyp")
        if hooks != "none" and sight.there(gyp):
            raise Unfollowed(f"{gyp} makes the install compile the project")
        for hook in known()["hooks"][hooks]:
            if hook in package.scripts:
                _script(sight, package, hook, ())
    for entry in known()["package"]:
        if named(entry["name"]):
            for package in packages:
                _apply(sight, package, entry, f"the install script of {entry['name']}")


def asks_for(packages: Iterable[Package], locks: Iterable[bytes]) -> Callable[[str], bool]:
    """Whether a manifest or a lock file names a package; a lock file is searched as text."""
    names = {name for package in packages for name, _ in package.specs}
    texts = tuple(locks)

    def named(name: str) -> bool:
        word = name.encode()
        found = re.compile(rb"(?<![\w.@/-])" + re.escape(word) + rb"(?![\w./-])")
        # The plain search is many times faster.
        return name in names or any(word in text and found.search(text) for text in texts)

    return named


def _script(sight: Sight, package: Package, name: str, seen: tuple[str, ...]) -> None:
    """Each command of a script, whether it runs or not."""
    text = package.scripts[name]
    for part in re.split(r"&&|\|\||;|\n|\r", text):
        command = " ".join(part.split())
        inner = _script_of(package, command)
        if inner is not None and inner not in seen:
            for hook in (f"pre{inner}", inner, f"post{inner}"):
                if hook in package.scripts:
                    _script(sight, package, hook, (*seen, inner))
            continue
        entry = _entry(command)
        if entry is None:
            raise Unfollowed(
                f"{package.path} has the script {name}, `{text}`, which may use any file: "
                "install with --ignore-scripts and run it after the COPY"
            )
        _apply(sight, package, entry, f"the script {name} of {package.path}")


def _script_of(package: Package, command: str) -> str | None:
    """`npm run build` -> `build`, when there is such a script."""
    for runner in known()["runners"]["script"]:
        name = command.removeprefix(runner + " ")
        if name != command and name in package.scripts:
            return name
    return None


def _entry(command: str) -> Entry | None:
    """What is known of a command, behind `npx` or its like."""
    runners = known()["runners"]["program"]
    forms = {command, *(command.removeprefix(runner + " ") for runner in runners)}
    for entry in known()["program"]:
        if any(re.fullmatch(entry["command"], form) for form in forms):
            return dict(entry)
    return None


def _apply(sight: Sight, package: Package, entry: Entry, who: str) -> None:
    """Looks at what a command reads of the folder of a package."""
    if "needs" in entry and entry["needs"] not in (name for name, _ in package.specs):
        raise Unfollowed(f"{package.path} does not ask for {entry['needs']}: {who} may add it")
    folders = [package.folder, *(above(package.folder) if entry.get("above") else ())]
    for folder in folders:
        for name in entry.get("stops", ()):
            if sight.there_or_below(path := posixpath.join(folder, name)):
                raise Unfollowed(
                    f"{path} lets {who} do more than is known: list it in .dockerignore"
                )
    looks = [posixpath.join(folder, name) for folder in folders for name in entry.get("looks", ())]
    trees = [package.below(name) for name in entry.get("trees", ())]
    named = _named(package, entry)
    if named is not None:
        if entry.get("refuses_key"):
            raise Unfollowed(f"{package.path} lets {who} write to {named}")
        (trees if sight.request.read(named) is None else looks).append(named)
    contents = [sight.look(path) for path in looks]
    contents += [sight.look(path) for tree in trees for path in sight.entries(tree)]
    for content in contents:
        text = (content or b"").decode("utf-8", "replace")
        if "clean" in entry and re.search(entry["clean"], text):
            raise Unfollowed(f"{who} writes to the project, or runs more than is known")


def _named(package: Package, entry: Entry) -> str | None:
    """The path that a key of package.json names."""
    if "key" not in entry:
        return None
    value: Any = package.data
    for key in entry["key"]:
        value = value.get(key) if isinstance(value, dict) else None
    if value is not None and not isinstance(value, str):
        raise Unfollowed(f"{package.path} has {'.'.join(entry['key'])} in a form that is not read")
    return None if value is None else package.below(value)
