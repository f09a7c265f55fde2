"""Which engine builds: the first that answers, or the one that is named."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from reorder.engine.fault import EngineError

# An engine that is asked whether it is there.
_PATIENCE = 60


class Engine(NamedTuple):
    """A program that answers, and its entry of engines.toml."""

    program: str
    entry: Mapping[str, Any]
    builder: str = ""

    @property
    def title(self) -> str:
        return str(self.entry["title"])

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, **self.entry.get("env", {})}

    @property
    def streams(self) -> bool:
        """The build itself writes the image to its standard output."""
        return "export" not in self.entry

    def command(self, key: str, **values: str) -> list[str]:
        """The words of an entry's key with `{name}` filled in; empty words fall away."""
        return [self.program, *self.words(key, **values)]

    def words(self, key: str, **values: str) -> list[str]:
        filled = (self.filled(word, **values) for word in self.entry.get(key, ()))
        return [word for word in filled if word]

    def filled(self, word: str, **values: str) -> str:
        """`--tag={tag}` with the values in place of their names."""
        for name, value in {"builder": self.builder, **values}.items():
            word = word.replace(f"{{{name}}}", value)
        return word


def names() -> list[str]:
    """The engines that --engine takes."""
    return list(dict.fromkeys(entry["name"] for entry in _data()["engine"]))


def find_engine(wanted: str = "", builder: str = "") -> Engine:
    """The first engine that answers; `wanted` is its name, or the path of its program.

    Raises EngineError with what each of them said.
    """
    name = Path(wanted).name
    entries = [entry for entry in _data()["engine"] if not name or entry["name"] == name]
    if not entries:
        known = ", ".join(names())
        raise EngineError(f"no engine is called `{wanted}`", f"known are {known}", "name one")
    said: dict[str, str] = {}
    for entry in entries:
        if builder and "builder" not in entry:
            continue
        for program in [wanted] if "/" in wanted else _programs(entry["program"]):
            engine = Engine(program, entry, builder)
            answer = _asked(engine)
            if re.search(entry["answer"], answer):
                return engine
            if program not in said or known_fault([answer]):
                said[program] = _reason(answer)
    raise EngineError(
        "no engine answers",
        "; ".join(f"{program}: {reason}" for program, reason in said.items())
        or f"none of {', '.join(dict.fromkeys(e['program'] for e in entries))} is installed",
        "install or start one, or name one with --engine",
    )


def _programs(name: str) -> Iterator[str]:
    """Every program of that name on PATH: an older one may build where the first does not."""
    for folder in dict.fromkeys(os.get_exec_path()):
        found = shutil.which(name, path=folder)
        if found:
            yield found


def _asked(engine: Engine) -> str:
    try:
        done = subprocess.run(
            engine.command("ask"),
            env=engine.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {_PATIENCE} s"
    except OSError as error:
        return error.strerror or str(error)
    return done.stdout.decode("utf-8", "replace")


def _reason(answer: str) -> str:
    fault = known_fault([answer])
    lines = answer.strip().splitlines()
    return fault[0] if fault else (lines[-1] if lines else "no answer")


def known_fault(lines: Sequence[str]) -> tuple[str, str, str] | None:
    """(fact, the line that tells it, remedy) of a fault that is none of the Dockerfile."""
    for fault in _data()["fault"]:
        for line in reversed(lines):
            if re.search(fault["pattern"], line):
                return fault["fact"], line.strip(), fault["remedy"]
    return None


@cache
def _data() -> Mapping[str, Any]:
    import tomllib

    return tomllib.loads((Path(__file__).parent / "engines.toml").read_text("utf-8"))
