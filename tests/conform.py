"""Builds random COPYs of random contexts for real: `python tests/conform.py --builds 50`.

Says how many patterns were tried, and each path that is not as reorder/context says. The engine
is the one of tests/test_engine.py (REORDER_ENGINE).
"""

from __future__ import annotations

import argparse
import os
import posixpath
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))

from copied_trees import Said, differing, lay, said

from reorder.context.files import Context, ContextError, Entry, PatternError
from reorder.context.match import clean
from reorder.engine.builds import Builds, Source
from reorder.engine.engine import Engine, find_engine
from reorder.engine.fault import BuildFailed
from reorder.engine.image import Image

_NAMES = ("a", "b", "ab", "a.b", ".h", "c", "é", "-x", "a b", "x[1]")
_PARTS = (
    *_NAMES,
    "*",
    "**",
    "?",
    "a*",
    "*b",
    "[ab]",
    "[^a]",
    "[a-c]*",
    "*.b",
    "**b",
    "a**",
    ".",
    "..",
)
_TARGETS = ("a", "b/c", "../a", "/a", "/b", "gone", ".", "..", "../../a", "ab", "c")
_FORMS = 30


def _path(chance: Random, parts: tuple[str, ...], most: int = 3) -> str:
    return "/".join(chance.choice(parts) for _ in range(chance.randint(1, most)))


def listing(chance: Random) -> str:
    """A tree of few names, so that patterns meet them."""
    items: dict[str, str] = {}
    for _ in range(chance.randint(3, 14)):
        path = _path(chance, _NAMES)
        above = {path.rsplit("/", n)[0] for n in range(1, path.count("/") + 1)}
        taken = {known for known in items if known.startswith(f"{path}/")}
        if path in items or taken or any(p in items and items[p] != "/" for p in above):
            continue
        kind = chance.choice(("", "", "", ":600", ":755", "/", "/:700", " -> "))
        items[path] = kind + chance.choice(_TARGETS) if kind == " -> " else kind
        items |= {p: "/" for p in above if p not in items}
    return ", ".join(path + kind for path, kind in items.items())


def rules(chance: Random) -> str:
    """Lines of an ignore file."""
    lines = []
    for _ in range(chance.choice((0, 1, 1, 2, 3, 4, 6))):
        line = chance.choice(("", "", "!", "!", "/", "./", "!/", "  ", "! "))
        line += _path(chance, _PARTS) + chance.choice(("", "", "", "/", "/*", "/**", "  ", "\r"))
        lines.append(line)
    lines += ["# comment"] * chance.randint(0, 1)
    chance.shuffle(lines)
    return chance.choice(("", "", "\ufeff")) + "\n".join(lines) + chance.choice(("", "\n", "\n\n"))


def copy(chance: Random, labs: bool) -> str:
    """The words of a COPY into a folder of its own."""
    flags = ""
    if labs and chance.random() < 0.5:
        flags = "--parents " if chance.random() < 0.5 else ""
        for _ in range(chance.randint(0 if flags else 1, 3)):
            flags += f"--exclude={_path(chance, _PARTS).replace(' ', '')} "
    sources = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        word = chance.choice(("", "", "", "/", "./", "../")) + _path(chance, _PARTS)
        if "--parents" in flags and chance.random() < 0.3:
            word = f"{_path(chance, _PARTS, 2)}/./{word}"
        sources.append(word + chance.choice(("", "", "", "/")))
    dest = chance.choice(("/{n}/", "/{n}/", "/{n}", "/{n}/to", "/{n}/to/"))
    if any(" " in source for source in sources) or chance.random() < 0.1:
        return flags + "[" + ", ".join(f'"{word}"' for word in (*sources, dest)) + "]"
    return flags + " ".join((*sources, dest))


def _built(session: Builds, text: str, faults: dict[str, str]) -> Image:
    """The image of the COPYs that can be built; the others get the reason why they cannot."""
    while True:
        try:
            return session.clean("all that build", text.encode()).image
        except BuildFailed as failed:
            head, *lines = text.splitlines()
            (step,) = set(re.findall(r"(?m)^ > \[\D*(\d+)/\d+\]", failed.log))
            line = lines.pop(int(step) - 1)
            faults[line] = failed.log.splitlines()[-1]
            text = "\n".join([head, *lines]) + "\n"


def one(engine: Engine, chance: Random, counts: Counter[str], labs: bool) -> list[str]:
    """The differences of one random context."""
    with tempfile.TemporaryDirectory() as folder:
        laid, ignore = listing(chance), rules(chance)
        root = lay(Path(folder) / "context", laid)
        (root / ".dockerignore").write_text(ignore, encoding="utf-8")
        copies = [copy(chance, labs) for _ in range(_FORMS)]
        head = f"{laid!r} {ignore!r}"
        try:
            context = Context.open(root)
        except PatternError:
            counts["ignore files that we refuse"] += 1
            return []
        counts["lines of ignore files"] += len(ignore.split("\n"))
        try:
            says = said(context, [". /{n}/", *copies])
        except ContextError:
            counts["ignore files on which builders differ"] += 1
            return []
        counts["COPYs that bring something, or nothing"] += says.text.count("\n") - 1
        with Builds(engine, Source(root)) as session:
            return [f"{head}: {line}" for line in _compared(session, context, says, chance, counts)]


def _compared(
    session: Builds, context: Context, says: Said, chance: Random, counts: Counter[str]
) -> list[str]:
    faults: dict[str, str] = {}
    image = _built(session, says.text, faults)
    counts["paths"] += len(image.files)
    found = []
    for text, fault in faults.items():
        kind = _kind(context, fault)
        counts[f"COPYs that fail although we take them for good: {kind}"] += 1
        found += [f"{text}: {fault}"] if not kind else []
    numbers = {_number(text) for text in faults}
    tree = {path: f for path, f in says.tree.items() if path.split("/")[1] not in numbers}
    found += [f"{_origin(says.text, line)}: {line}" for line in differing(tree, image.files)]
    for text in chance.sample(says.fails, min(len(says.fails), 3)):
        unbuilt: dict[str, str] = {}
        _built(session, f"FROM scratch\n{text}\nCOPY . /x/\n", unbuilt)
        counts["COPYs that fail as we say" if unbuilt else "COPYs that we take for bad"] += 1
        # Releases differ in what --parents needs.
        if not unbuilt and "--parents" not in text:
            found.append(f"{text}: does not fail")
    return found


def _kind(context: Context, fault: str) -> str:
    """Faults of a Dockerfile that builds in no order of its lines."""
    if re.search("non-directory|replace to directory|not a directory", fault):
        return "a file in the place of a folder"
    missing = re.search(r'"/(.*)": not found', fault)
    dangling = (e for e in context.below("") if e.kind == "link" and not context.resolve(e.path))
    ends = {end for entry in dangling for end in (entry.path, _end(entry))}
    nothing = missing and any(f"{missing[1]}/".startswith(f"{end}/") for end in ends)
    if nothing or "too many links" in fault:
        return "a link to nothing in a folder"
    if re.search(r"lstat .*: no such file or directory", fault):
        return "a pattern without a match in a folder"
    return ""


def _end(link: Entry) -> str:
    """The path that a link names."""
    above = "" if (link.target or "").startswith("/") else posixpath.dirname(link.path)
    return clean(f"/{above}/{link.target}")[1:]


def _number(text: str) -> str:
    """Of the folder that a COPY fills."""
    return str(re.findall(r"/(\d+)\b", text)[-1])


def _origin(text: str, path: str) -> str:
    """The COPY into the folder that a path is in."""
    number = path.split(":")[0].split("/")[1]
    return next((x for x in text.splitlines()[1:] if _number(x) == number), "no COPY")


def main() -> int:
    read = argparse.ArgumentParser()
    read.add_argument("--builds", type=int, default=20)
    read.add_argument("--seed", type=int, default=0)
    read.add_argument("--labs", action="store_true", help="the engine knows --parents, --exclude")
    asked = read.parse_args()
    engine = find_engine(os.environ.get("REORDER_ENGINE", ""))
    counts: Counter[str] = Counter()
    wrong = 0
    for seed in range(asked.seed, asked.seed + asked.builds):
        for line in one(engine, Random(seed), counts, asked.labs):
            wrong += 1
            print(f"{seed}: {line}", flush=True)
    for name, count in counts.items():
        print(f"{count} {name}")
    print(f"{wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
