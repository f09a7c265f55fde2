"""The open buffers, each with its last outcome; work is done aside, the newest text first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from reorder.inputs import Options
from reorder.lsp.project import Outcome, is_current, outcome

T = TypeVar("T")

# A pause in the typing.
PAUSE = 0.15
# Two texts at a time: a large one does not keep the others waiting.
_AT_ONCE = 2


class Outdated(Exception):
    """The buffer has another text by now: nothing that was found for the old one holds."""


class Buffer:
    """One open buffer; `path` is None when it has no file."""

    def __init__(self, uri: str, path: Path | None, text: str, version: int | None) -> None:
        self.uri = uri
        self.path = path
        self.text = text
        self.version = version
        self.outcome: Outcome | None = None
        self.lock = asyncio.Lock()
        self.timer: asyncio.TimerHandle | None = None


class Buffers:
    """All open buffers. `options` gives those that hold for a path."""

    def __init__(self, options: Callable[[Path | None], Options]) -> None:
        self.options = options
        self.open: dict[str, Buffer] = {}
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def outcome(self, buffer: Buffer) -> Outcome:
        """What is true of the buffer as it is now. Raises Outdated when its text changes."""
        text = buffer.text
        options = self.options(buffer.path)
        if not is_current(buffer.path, text, options, buffer.outcome):
            # Who asked may give up; the work is not lost.
            await asyncio.shield(self._found(buffer, text, options))
        found = buffer.outcome
        if found is None or buffer.text != text or found.text != text:
            raise Outdated
        return found

    async def _found(self, buffer: Buffer, text: str, options: Options) -> None:
        async with buffer.lock, self._free:
            last = buffer.outcome
            if buffer.text == text and not is_current(buffer.path, text, options, last):
                path = buffer.path
                buffer.outcome = await aside(lambda: outcome(path, text, options, last))

    def soon(self, buffer: Buffer, work: Callable[[Buffer], Awaitable[None]]) -> None:
        """Does some work on a buffer after a pause; what changes it puts that off."""
        if buffer.timer is not None:
            buffer.timer.cancel()
        loop = asyncio.get_running_loop()
        buffer.timer = loop.call_later(PAUSE, lambda: self._start(work(buffer)))

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)  # the loop itself forgets it
        task.add_done_callback(self._tasks.discard)

    def close(self, uri: str) -> None:
        """Forgets a buffer."""
        buffer = self.open.pop(uri, None)
        if buffer is not None and buffer.timer is not None:
            buffer.timer.cancel()


async def aside(work: Callable[[], T]) -> T:
    """Work in a thread of its own, which the end of the server does not wait for."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            value = work()
        except Exception as error:
            fail = error
            tell(lambda: done.set_exception(fail))
        else:
            tell(lambda: done.set_result(value))

    def tell(message: Callable[[], None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(lambda: None if done.cancelled() else message())

    threading.Thread(target=run, daemon=True).start()
    return await done
