"""Let one process at a time into a folder, by a lock that the kernel drops when its holder dies.

filelock falls back, without a word, to a lock that is only a file and outlives a crash: that one is refused here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from desktopauth.demo.errors import DemoError

_POLL = 0.1  # seconds between two looks at a lock that another process holds


@asynccontextmanager
async def exclusive(path: Path, *, patience: float | None = None, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """Hold the lock at ``path``.

    ``waiting`` is called once if somebody else has it. Raises ``TimeoutError`` after ``patience`` seconds (``None``: no
    end), ``OSError`` where the file cannot be made, ``DemoError`` where the file system has no kernel locks.
    """
    lock = FileLock(path, mode=0o600, thread_local=False)
    deadline = None if patience is None else time.monotonic() + patience
    told = False
    while not _taken(lock):
        if deadline is not None and time.monotonic() >= deadline:
            raise TimeoutError
        if not told:
            waiting()
            told = True
        await asyncio.sleep(_POLL)
    try:
        yield
    finally:
        lock.release()


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    if _is_soft(lock):
        lock.release()
        raise DemoError(
            "The demo cannot run here: this disk has no file locks, so two copies could destroy each other's data. "
            "Choose a folder on a local disk."
        )
    return True


def _is_soft(lock: BaseFileLock) -> bool:
    # Asked after acquiring: newer versions change the object's class when the kernel turns the lock down.
    return isinstance(lock, SoftFileLock)
