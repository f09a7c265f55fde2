"""How many of the commands in real Dockerfiles have a model.

    python benchmarks/coverage.py FOLDER_OR_FILE... [--in-place] [--models FOLDER] [--top 20]

Reads every Dockerfile below the folders and prints a table in Markdown:
command, uses, uses whose effect is known, and the commonest reason of the others. A use is one
command that a RUN may run; one inside another (`sudo CMD`, `sh -c`) counts for itself. A text
that the shell reader gives up is one use of `(shell text)`.
"""

from __future__ import annotations

import argparse
import posixpath
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from reorder.context.files import Context, ContextError, PatternError
from reorder.effects import command, instruction, interpreter, run
from reorder.effects.effect import Effect
from reorder.effects.instruction import analyse
from reorder.effects.model import Models, builtin
from reorder.effects.place import Place, Step
from reorder.effects.words import UnseenCode
from reorder.effects.world import World
from reorder.files import dockerfiles
from reorder.syntax.dockerfile import Instruction, ParseError, parse
from reorder.syntax.shell import Script, Use

SHELL_TEXT = "(shell text)"


class Seen(NamedTuple):
    """One command of a RUN: its name, what it was, and why nothing is known (None: it is).

    `code`: what is known is that it runs code that nobody has read.
    """

    name: str
    source: str
    opaque: str | None
    code: bool = False


class Ran(NamedTuple):
    """One RUN instruction."""

    line: int
    uses: tuple[Seen, ...]
    opaque: str | None

    @property
    def code(self) -> bool:
        """Whether it surely is opaque for code that nobody has read."""
        return self.opaque is not None and any(seen.code for seen in self.uses)


class _Counter:
    """Stands around the reader of commands and notes each use once.

    A RUN is read several times over (in another folder, by another shell): the first counts.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.reading = False
        self.runs: dict[int, Ran] = {}
        self.unseen: set[str] = set()
        self._one = command._command
        command._command = self.one
        self._command, self._script = command.command_effect, command.script_effect
        for module in (command, interpreter):
            module.command_effect = self.command  # type: ignore[attr-defined]
        command.script_effect = self.script
        run.command_effect = self.outermost  # type: ignore[attr-defined]
        self._run = instruction.run_step
        instruction.run_step = self.run  # type: ignore[attr-defined]

    def run(self, run: Instruction, place: Place, origin: Callable[[str], int | None]) -> Step:
        self.seen = []
        step = self._run(run, place, origin)
        self.runs[run.line] = Ran(run.line, tuple(self.seen), step.effect.opaque)
        return step

    def one(self, use: Use, world: World) -> Effect:
        """Notes the reasons that are code which nobody has read."""
        try:
            return self._one(use, world)
        except UnseenCode as reason:
            self.unseen.add(str(reason))
            raise

    def outermost(self, use: Use, world: World) -> Effect:
        """The shell that the builder starts is no command of the author's."""
        self.reading = not self.seen
        implicit = len(use.argv) == 3 and use.argv[1].text == "-c"
        read = self._command if implicit else self.command
        effect = read(use, world)
        self.reading = False
        return effect

    def command(self, use: Use, world: World) -> Effect:
        before = len(self.seen)
        effect = self._command(use, world)
        if self.reading and use.argv:
            inner = any(seen.opaque for seen in self.seen[before:])
            name = posixpath.basename(use.argv[0].text or "(unknown word)")
            words = " ".join(arg.source for arg in use.argv)
            reason = None if inner else effect.opaque
            self.seen.append(Seen(name, words, reason, reason in self.unseen))
        return effect

    def script(self, script: Script, world: World) -> Effect:
        if script.opaque and self.reading:
            self.seen.append(Seen(SHELL_TEXT, "", script.opaque))
        return self._script(script, world)


def read(path: Path, models: Models, in_place: bool) -> list[Ran] | None:
    """The RUNs of one file; None when it is no Dockerfile."""
    counter = _counter()
    counter.runs = {}
    try:
        dockerfile = parse(path.read_bytes())
        context = Context.open(path.parent, path) if in_place else None
        analyse(dockerfile, context=context, models=models)
    except (ParseError, ContextError, PatternError):
        return None
    return list(counter.runs.values())


_COUNTERS: list[_Counter] = []


def _counter() -> _Counter:
    if not _COUNTERS:
        _COUNTERS.append(_Counter())
    return _COUNTERS[0]


def read_all(paths: Iterable[Path], models: Models, in_place: bool) -> Iterator[list[Ran] | None]:
    with ProcessPoolExecutor(2) as pool:
        one = partial(read, models=models, in_place=in_place)
        yield from pool.map(one, paths, chunksize=16)


def shorter(reason: str) -> str:
    """A reason as a cell of the table."""
    return reason.replace("|", "\\|").replace("\n", " ")[:90]


def table(files: int, found: list[Ran], top: int) -> Iterator[str]:
    """The report in Markdown, line by line."""
    uses = [seen for ran in found for seen in ran.uses]
    yield "| | number | bounded | runs code nobody read | unknown |"
    yield "|---|---|---|---|---|"
    yield f"| Dockerfiles | {files} | | | |"
    yield f"| RUN instructions | {classes(found)} |"
    yield f"| command uses | {classes(uses)} |"
    yield ""
    yield from ranked("Most used", Counter(s.name for s in uses), uses, top)
    yield ""
    opaque = Counter(s.name for s in uses if s.opaque is not None)
    yield from ranked("Most often opaque", opaque, uses, top)


def classes(items: Sequence[Ran] | Sequence[Seen]) -> str:
    """`10 | 6 (60.0%) | 3 (30.0%) | 1 (10.0%)`: how many, and what is known of them."""
    bounded = sum(item.opaque is None for item in items)
    code = sum(item.code for item in items)
    shares = (bounded, code, len(items) - bounded - code)
    return " | ".join(
        [f"{len(items)}", *(f"{part} ({part / max(len(items), 1):.1%})" for part in shares)]
    )


def ranked(title: str, ranking: Counter[str], uses: list[Seen], top: int) -> Iterator[str]:
    total = Counter(seen.name for seen in uses)
    opaque = Counter(seen.name for seen in uses if seen.opaque is not None)
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for seen in uses:
        if seen.opaque is not None:
            reasons[seen.name][seen.opaque] += 1
    yield f"| {title} | uses | opaque | commonest reason |"
    yield "|---|---|---|---|"
    for name, _ in ranking.most_common(top):
        reason = reasons[name].most_common(1)
        why = shorter(f"{reason[0][0]} ({reason[0][1]})") if reason else ""
        yield f"| `{name}` | {total[name]} | {opaque[name]} | {why} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path, help="Dockerfiles and folders of them")
    parser.add_argument("--models", type=Path, help="tool models to use in place of ours")
    parser.add_argument("--top", type=int, default=20, help="rows of each table")
    parser.add_argument(
        "--in-place", action="store_true", help="the folder of each file is its build context"
    )
    options = parser.parse_args()
    models = Models((options.models,)) if options.models else builtin()
    paths = [
        path
        for given in options.paths
        for path in (sorted(dockerfiles(given, ())) if given.is_dir() else [given])
    ]
    read_files = [found for found in read_all(paths, models, options.in_place) if found is not None]
    found = [ran for file in read_files for ran in file]
    print(
        f"{len(paths) - len(read_files)} of {len(paths)} files are no Dockerfiles", file=sys.stderr
    )
    print("\n".join(table(len(read_files), found, options.top)))


if __name__ == "__main__":
    main()
