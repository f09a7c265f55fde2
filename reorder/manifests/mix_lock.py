"""Are the packages that a project asks for those that its lock file holds, all and no more?

Form: hexdocs.pm/elixir/Version.html (requirements); the lock file as Hex 2 writes it.
"""

from __future__ import annotations

import re

_ENTRY = re.compile(
    r'^\s*"(?P<name>\w+)": \{:hex, :\w+, "(?P<version>\d+\.\d+\.\d+)", "[0-9a-f]{64}", \[[^\]]*\], '
    r'\[(?P<needs>.*)\], "\w+", "[0-9a-f]{64}"\},?$'
)
_NEED = re.compile(
    r'\{:(?P<name>\w+), "(?P<wanted>[^"]*)", '
    r'\[hex: :\w+, repo: "\w+", optional: (?P<free>true|false)\]\}'
)
_REPOSITORY = re.compile(
    r'^\s*"(?P<name>\w+)": (?P<head>\{:git, "[^"]+", )"[0-9a-f]{40}", (?P<tail>\[[^\]]*\]\}),?$'
)
# A repository without a project in it, so that it needs nothing: drawings in a folder.
_LEAVES = ('{:git, "https://github.com/tailwindlabs/heroicons.git", ',)
_WANTED = re.compile(r"(~>|>=|<=|==|>|<)?\s*(\d+)\.(\d+)(?:\.(\d+))?")


def in_step(wanted: dict[str, str], lock: str) -> bool:
    """True when getting the packages surely leaves the lock file as it is."""
    versions: dict[str, tuple[int, ...]] = {}
    needs: dict[str, list[tuple[str, str, bool]]] = {}
    wanted, lines = _without_repositories(
        wanted, [line for line in lock.splitlines() if line.strip() not in ("", "%{", "}")]
    )
    for line in lines:
        entry = _ENTRY.match(line)
        if entry is None or "".join(_NEED.sub("", entry["needs"]).split(", ")):
            return False
        versions[entry["name"]] = tuple(map(int, entry["version"].split(".")))
        rows = _NEED.finditer(entry["needs"])
        needs[entry["name"]] = [(r["name"], r["wanted"], r["free"] == "true") for r in rows]
    return _reached(wanted, versions, needs) == set(versions)


def _without_repositories(
    wanted: dict[str, str], lines: list[str]
) -> tuple[dict[str, str], list[str]]:
    """What is left without the repositories that are locked as they are wanted and need nothing."""
    rest, kept = dict(wanted), []
    for line in lines:
        found = _REPOSITORY.match(line)
        if found and found["head"] in _LEAVES and rest.get(found["name"]) == _locked(found):
            del rest[found["name"]]
        else:
            kept.append(line)
    return rest, kept


def _locked(found: re.Match[str]) -> str:
    return found["head"] + found["tail"]


def _reached(
    wanted: dict[str, str],
    versions: dict[str, tuple[int, ...]],
    needs: dict[str, list[tuple[str, str, bool]]],
) -> set[str] | None:
    """All packages that are needed; None when the lock does not hold one as it is wanted."""
    seen: set[str] = set()
    waiting = [(name, requirement, False) for name, requirement in wanted.items()]
    while waiting:
        name, requirement, optional = waiting.pop()
        if optional and name not in versions:
            continue
        if name not in versions or not satisfies(versions[name], requirement):
            return None
        if not optional and name not in seen:
            seen.add(name)
            waiting += needs[name]
    return seen


def satisfies(version: tuple[int, ...], requirement: str) -> bool:
    """`1.4.2` for `~> 1.3`, `>= 1.0.0 and < 2.0.0`; False when the form is another."""
    return any(
        all(_one(version, part.strip()) for part in either.split(" and "))
        for either in requirement.split(" or ")
    )


def _one(version: tuple[int, ...], part: str) -> bool:
    match = _WANTED.fullmatch(part)
    if match is None:
        return False
    sign = match[1] or "=="
    given = tuple(int(number) for number in match.groups()[1:] if number is not None)
    full = (*given, 0)[:3]
    if sign == "~>":
        upper = (*given[:-2], given[-2] + 1)
        return full <= version and version[: len(upper)] < upper
    outcomes = {
        ">=": version >= full,
        "<=": version <= full,
        "==": version == full,
        ">": version > full,
        "<": version < full,
    }
    return outcomes[sign]
