"""Builds of one session: clean images to compare, and rebuilds to time; all of it is removed."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from reorder.engine.engine import Engine
from reorder.engine.image import Image, Known, read_image
from reorder.engine.process import quietly, run, undisturbed


class Source(NamedTuple):
    """What is built: `ignore` is the ignore file that holds, `options` go to the engine."""

    context: Path
    ignore: Path | None = None
    options: tuple[str, ...] = ()


class Step(NamedTuple):
    """One step of a build: `done` of `steps`, as far as they are known."""

    label: str
    done: int
    steps: int
    text: str


Tell = Callable[[Step], object]


class Built(NamedTuple):
    """A clean build: the image and the seconds that it took."""

    image: Image
    seconds: float


class Builds:
    """Use it in a `with`: its end removes images and files, whatever happened."""

    def __init__(
        self,
        engine: Engine,
        source: Source,
        tell: Tell = lambda _: None,
        known: Known | None = None,
    ) -> None:
        self._engine = engine
        self._source = source
        self._tell = tell
        self._known: Known = {} if known is None else known
        self._tags: list[str] = []
        self._session = f"reorder-verify-{secrets.token_hex(6)}"
        self._folder = Path(tempfile.mkdtemp(prefix=f"{self._session}-"))

    def __enter__(self) -> Builds:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with undisturbed():
            for tag in self._tags:
                command = self._engine.words("remove", tag=tag)
                if command:
                    quietly([self._engine.program, *command], self._engine.env)
            shutil.rmtree(self._folder, ignore_errors=True)

    def clean(self, label: str, dockerfile: bytes) -> Built:
        """The image of a build without a cache. Raises EngineError."""
        engine = self._engine
        command, tag = self._command("fresh", dockerfile, self._source.context)
        watch = self._watch(label)
        if engine.streams:
            done = run(command, engine.env, watch, self._read)
            return Built(done.output, done.seconds)
        seconds = run(command, engine.env, watch).seconds
        saved = run(engine.command("export", tag=tag), engine.env, lambda _: None, self._read)
        return Built(saved.output, seconds)

    def again(self, label: str, dockerfile: bytes, context: Path) -> float:
        """The seconds of a build with the cache of those before. Raises EngineError."""
        command, _ = self._command("again", dockerfile, context)
        return run(command, self._engine.env, self._watch(label)).seconds

    def copied_context(self) -> Path:
        """A copy of the context that may be changed."""
        copy = self._folder / "context"
        shutil.copytree(self._source.context, copy, symlinks=True, ignore=_no_sockets)
        return copy

    def _read(self, stream: object) -> Image:
        return read_image(stream, self._known)  # type: ignore[arg-type]

    def _command(self, kind: str, dockerfile: bytes, context: Path) -> tuple[list[str], str]:
        """The Dockerfile lies at a new path each time: engines know files by path and time."""
        engine, number = self._engine, len(self._tags)
        tag = f"{self._session}:{number}"
        self._tags.append(tag)
        folder = self._folder / str(number)
        folder.mkdir()
        file, ignore = folder / "Dockerfile", folder / "Dockerfile.dockerignore"
        file.write_bytes(dockerfile)
        ignored = []
        if self._source.ignore is not None:
            ignore.write_bytes(self._source.ignore.read_bytes())
            ignored = [engine.entry["ignore"]] if "ignore" in engine.entry else []
        values = {"tag": tag, "file": str(file), "ignore": str(ignore)}
        named = [engine.entry["builder"]] if engine.builder else []
        words = [*engine.words("build", **values), *engine.words(kind, **values)]
        extra = [engine.filled(word, **values) for word in (*named, *ignored)]
        return [engine.program, *words, *extra, *self._source.options, str(context)], tag

    def _watch(self, label: str) -> Callable[[str], None]:
        step = re.compile(self._engine.entry["step"])
        stages: dict[str, tuple[int, int]] = {}

        def watch(line: str) -> None:
            found = step.match(line)
            if found is None:
                return
            stage = found["stage"] or ""
            at = max(int(found["at"]), stages.get(stage, (0, 0))[0])
            stages[stage] = (at, int(found["of"]))
            done = sum(at - 1 for at, _ in stages.values())
            steps = sum(of for _, of in stages.values())
            self._tell(Step(label, done, steps, found["text"]))

        return watch


def _no_sockets(folder: str, names: list[str]) -> list[str]:
    """What no engine takes and no copy can hold."""
    paths = [(name, Path(folder, name)) for name in names]
    return [n for n, p in paths if not (p.is_symlink() or p.is_dir() or p.is_file())]
