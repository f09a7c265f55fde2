"""mix.exs, its configuration and mix.lock: what getting and compiling dependencies reads.

Form: hexdocs.pm/mix (Mix.Project, deps, deps.get, loadconfig), 1.17. Every task evaluates mix.exs
and the configuration first; both are code, so that only plain forms are followed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from itertools import pairwise, takewhile

from reorder.manifests import Followed, Request
from reorder.manifests.elixir_source import Token, asked, tokens
from reorder.manifests.markup import Unfollowed
from reorder.manifests.mix_lock import in_step
from reorder.manifests.reading import UNKNOWN_FOLDER, absent, inside, text_of, unknown

_ELSEWHERE = frozenset(
    (
        *(
            "apps_path:",
            "deps_path:",
            "build_path:",
            "config_path:",
            "lockfile:",
        ),
        *("path:", "in_umbrella:", "umbrella:", "archives:"),
    )
)
_ALIAS = re.compile(r'"(?:deps|local|hex|archive|loadconfig|loadpaths|compile)(?:\.[\w.]+)?"')
_OTHER_KEYS = ("hex:", "repo:", "organization:")
_LOCKED = ("branch:", "ref:", "tag:", "sparse:", "subdir:", "depth:", "submodules:")
_ADDRESS = {
    "git:": re.compile(r'"(?:https://|git@|ssh://)[^"]+"'),
    "github:": re.compile(r'"\w[\w.-]*/\w[\w.-]*"'),
}
_IMPORTED = re.compile(r'"([\w./-]*(?:#\{(?:config_env|Mix\.env)\(\)\})?[\w./-]*\.exs)"')
_INTERPOLATION = re.compile(r"#\{[^}]*\}")
_VARIABLES = ("MIX_EXS", "MIX_DEPS_PATH", "MIX_BUILD_PATH", "MIX_BUILD_ROOT", "HEX_MIRROR")


def follow(request: Request) -> Followed:
    """The project file, its configuration and its lock, or the reason why there may be more."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    project, lock = inside(request.cwd, "mix.exs"), inside(request.cwd, "mix.lock")
    config = inside(request.cwd, "config/config.exs")
    try:
        for name in _VARIABLES:
            if request.lookup(name):
                raise Unfollowed(f"{name} names other places: unset it for this step")
        if absent(request, project):
            return Followed(files=(project, lock))
        wanted = _project(request, project)
        files = [project, lock, *_configuration(request, config)]
        names = _asked(request, files, "System.")
        files += [inside(request.cwd, name) for name in _asked(request, files, "File.")]
        step = wanted is not None and _stays(request, lock, wanted)
    except Unfollowed as error:
        return Followed(opaque=str(error))
    frozen = step or "--check-locked" in request.flags
    return Followed(
        files=tuple(dict.fromkeys(files)),
        rewrites=() if frozen else (lock,),
        env=tuple(dict.fromkeys(names)),
    )


def _asked(request: Request, files: Sequence[str], call: str) -> list[str]:
    """The variables, or the files, that the project and its configuration ask for."""
    code = [path for path in files if path.endswith(".exs") and not absent(request, path)]
    return [name for path in code for name in asked(_code(request, path), path, call)]


def _stays(request: Request, lock: str, wanted: dict[str, str]) -> bool:
    text = text_of(request, lock)
    return text is not None and in_step(wanted, text)


def _code(request: Request, path: str) -> tuple[Token, ...]:
    text = text_of(request, path)
    if text is None:
        raise Unfollowed(unknown(path).opaque)
    return tokens(text, path)


def _project(request: Request, path: str) -> dict[str, str] | None:
    """The packages that are asked for; None when they cannot be compared with a lock."""
    found = _code(request, path)
    for token, after in pairwise((*found, Token("", ""))):
        if token.text in _ELSEWHERE or (token.text == "compile:" and after.text != "false"):
            raise Unfollowed(f"{path} sets `{token.text}`, which leads to other files")
        if _ALIAS.fullmatch(token.text) and after.text == ":":
            raise Unfollowed(f"{path} replaces the task {token.text} by an alias")
        if token.text in _ADDRESS and not _ADDRESS[token.text].fullmatch(after.text):
            raise Unfollowed(f"{path} takes a dependency from {after.text}")
        if token.kind == "text" and ".." in token.text:
            raise Unfollowed(f"{path} names {token.text}, which leads out of the project")
    return _wanted(found)


def _wanted(found: Sequence[Token]) -> dict[str, str] | None:
    """`{:jason, "~> 1.4"}` -> jason: `~> 1.4`; for a repository the start of its line in a lock."""
    if any(token.text in _OTHER_KEYS for token in found):
        return None
    wanted: dict[str, str] = {}
    for at, token in enumerate(found):
        if token.text != "{":
            continue
        following = [(t.kind, t.text) for t in found[at + 1 : at + 4]]
        if following and following[0][0] == "name":
            continue
        if [kind for kind, _ in following[:2]] != ["atom", "mark"] or following[1][1] != ",":
            return None
        options = list(takewhile(lambda t: t.text != "}", found[at + 3 :]))
        needed = _repository(options) or following[2][1].strip('"')
        if following[2][0] != "text" and not _repository(options):
            return None
        wanted[following[0][1][1:]] = needed
    return wanted


def _repository(options: Sequence[Token]) -> str | None:
    """`github: "a/b", tag: "v1"` -> `{:git, "https://github.com/a/b.git", [tag: "v1"]}`."""
    pairs = {key.text: value.text for key, value in pairwise(options) if key.kind == "key"}
    address = pairs.get("git:")
    if "github:" in pairs:
        address = f'"https://github.com/{pairs["github:"][1:-1]}.git"'
    kept = ", ".join(f"{key} {value}" for key, value in pairs.items() if key in _LOCKED)
    return f"{{:git, {address}, [{kept}]}}" if address else None


def _configuration(request: Request, path: str) -> list[str]:
    """The configuration and what it imports; a name with the environment in it may be any."""
    files: list[str] = []
    waiting = [path]
    while waiting:
        path = waiting.pop(0)
        if path in files:
            continue
        files.append(path)
        if not absent(request, path):
            waiting += _imports(request, path)
    return files


def _imports(request: Request, path: str) -> list[str]:
    found: list[str] = []
    for token, after in pairwise(_code(request, path)):
        if token.text != "import_config":
            continue
        name = _IMPORTED.fullmatch(after.text)
        if name is None:
            raise Unfollowed(f"{path} imports {after.text}, which is not known before the build")
        found += _spelled(request, inside(posixpath.dirname(path), name[1]))
    return found


def _spelled(request: Request, target: str) -> list[str]:
    """`prod.exs` when the environment is known, else all that there are and the usual one.

    `runtime.exs` is what a release reads when it starts, never an environment.
    """
    if "#{" not in target:
        return [target]
    environment = request.lookup("MIX_ENV")
    if environment:
        return [_INTERPOLATION.sub(environment, target)]
    listed = request.below(posixpath.dirname(target))
    if listed is None:
        raise Unfollowed(f"the files for {target} are not known: set MIX_ENV by ENV")
    before, _, after = _INTERPOLATION.sub("\0", target).partition("\0")
    matches = [p for p in listed if p.startswith(before) and p.endswith(after)]
    usual = _INTERPOLATION.sub("dev", target)
    return [p for p in dict.fromkeys((*matches, usual)) if not p.endswith("/runtime.exs")]
