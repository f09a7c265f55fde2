"""A process whose log is followed, and which does not outlive us."""

from __future__ import annotations

import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Thread, current_thread, main_thread
from time import monotonic
from typing import IO, Any, NamedTuple, cast

from reorder.engine.engine import known_fault
from reorder.engine.fault import BuildFailed, EngineError

# Lines of a log that tell why a build failed.
_TAIL = 12
# An engine that was interrupted gets this long to tidy up.
_GRACE = 15.0

Watch = Callable[[str], object]


class Done(NamedTuple):
    """`seconds` until it ended, or until it began to write its output."""

    seconds: float
    output: Any = None


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    watch: Watch,
    read: Callable[[IO[bytes]], Any] | None = None,
) -> Done:
    """Runs it to its end; `read` gets its standard output, `watch` each line of its log.

    Raises BuildFailed with the end of its log, or EngineError when the fault is the engine's.
    """
    begun = monotonic()
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if read else subprocess.STDOUT,
    )
    tail: deque[str] = deque(maxlen=_TAIL)
    output = cast("IO[bytes]", process.stdout)
    log = cast("IO[bytes]", process.stderr) if read else output
    follower = Thread(target=_follow, args=(log, tail, watch), daemon=True)
    follower.start()
    timed = _Timed(output)
    found, unread = None, None
    try:
        if read:
            try:
                found = read(cast("IO[bytes]", timed))
            except EngineError as error:
                unread = error
            while output.read(1 << 20):
                pass
        follower.join()
        status = process.wait()
    except BaseException:
        stop(process)
        raise
    if status:
        raise failure(list(tail), status)
    if unread:
        raise unread
    return Done((timed.first or monotonic()) - begun, found)


class _Timed:
    """A stream that notes when its first bytes came."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.first = 0.0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.first = self.first or monotonic()
        return data


def _follow(log: IO[bytes], tail: deque[str], watch: Watch) -> None:
    for raw in log:
        line = raw.decode("utf-8", "replace").rstrip()
        if line:
            tail.append(line)
            watch(line)


def failure(tail: Sequence[str], status: int) -> EngineError:
    """What the end of a log tells of a process that failed."""
    fault = known_fault(tail)
    if fault:
        return EngineError(*fault)
    reason = f"the engine ended with status {status}"
    return BuildFailed("the build failed", reason, "the end of its log tells why", "\n".join(tail))


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends it as Ctrl-C does, and by force when that takes too long."""
    for number in (signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
        try:
            process.wait(_GRACE)
            return
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue
    process.kill()
    process.wait()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C does not reach what tidies up, nor its processes."""
    if current_thread() is not main_thread():
        yield
        return
    before = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def quietly(command: Sequence[str], env: Mapping[str, str]) -> None:
    """Runs what tidies up; what it cannot remove is not there any more."""
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(command, env=env, capture_output=True, timeout=_GRACE * 4, check=False)
