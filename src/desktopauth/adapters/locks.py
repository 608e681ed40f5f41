"""The two kernel locks between processes: one entry's refresh lock, and the store lock of the OS user.

Kernel locks, because the system releases them when a process dies; a lock that is only a file on disk would outlive a
crash and shut everybody out.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .entry import file_stem, make_private

if TYPE_CHECKING:
    from filelock import BaseFileLock

_POLL = 0.02  # seconds between two tries


class NoLocksError(OSError):
    """This place has no kernel locks (some network folders), so nothing here may be shared between processes."""


class LockBusyError(TimeoutError):
    """Somebody else held the lock for longer than we were ready to wait."""


class FileLocks:
    """The locks of one entry, as files in ``folder``. Raises OSError on use, if the folder cannot be trusted."""

    def __init__(self, folder: Path, entry: str) -> None:
        self._refresh = _Lock(folder / f"{file_stem(entry)}.lock")
        self._store = _Lock(folder / "store.lock")

    def refresh(self) -> AbstractAsyncContextManager[None]:
        """Hold the refresh lock of this entry. Raises NoLocksError or another OSError."""
        return _held_by_a_thread(self._refresh)

    def store(self, *, patience: float = 20.0) -> AbstractContextManager[None]:
        """Hold the store lock of this OS user. Blocks. Raises LockBusyError after ``patience`` seconds, or OSError."""
        return self._store.held(patience)

    def remove(self) -> None:
        """Remove the refresh lock's file, once nobody is going to ask for this entry again."""
        self._refresh.path.unlink(missing_ok=True)


class _Lock:
    """One lock file. A mutex keeps the threads of this process apart: a file lock is re-entrant in its own process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.Lock()
        self._file: BaseFileLock | None = None  # made on first use: importing filelock takes its time

    def acquire(self) -> bool:
        """Take it without waiting, if it is free."""
        if not self._mutex.acquire(blocking=False):
            return False
        taken = False
        try:
            taken = self._acquire_file()
        finally:
            if not taken:
                self._mutex.release()
        return taken

    def release(self) -> None:
        try:
            if self._file is not None:
                self._file.release()
        finally:
            self._mutex.release()

    def wait(self, give_up: Callable[[], bool]) -> bool:
        """Try until it is ours, True, or until ``give_up`` says so, which is asked between two tries."""
        while not (taken := self.acquire()) and not give_up():
            pass
        return taken

    @contextmanager
    def held(self, patience: float) -> Iterator[None]:
        deadline = time.monotonic() + patience
        never = threading.Event()
        if not self.wait(lambda: never.wait(_POLL) or time.monotonic() > deadline):
            raise LockBusyError(f"{self.path.name} was held by somebody else for {patience:g} s")
        try:
            yield
        finally:
            self.release()

    def _acquire_file(self) -> bool:
        from filelock import SoftFileLock, Timeout

        if self._file is None:
            self._file = self._make()
        try:
            self._file.acquire(blocking=False)
        except Timeout:
            return False
        except NotImplementedError:
            raise NoLocksError(_no_locks(self.path)) from None
        if isinstance(self._file, SoftFileLock):  # it changes its own class where the file system has no locks
            self._file.release()
            self._file = None
            raise NoLocksError(_no_locks(self.path))
        return True

    def _make(self) -> BaseFileLock:
        from filelock import FileLock, SoftFileLock

        if issubclass(FileLock, SoftFileLock):
            raise NoLocksError(_no_locks(self.path))
        make_private(self.path.parent)
        return FileLock(self.path, mode=0o600, thread_local=False)


def _no_locks(path: Path) -> str:
    return f"The file system of {path.parent} has no locks, so a session there could not be shared safely."


@asynccontextmanager
async def _held_by_a_thread(lock: _Lock) -> AsyncIterator[None]:
    """Hold ``lock`` from a daemon thread: neither waiting for it nor holding it takes a thread that exit waits for."""
    holder = _Holder(lock, asyncio.get_running_loop())
    try:
        await holder.taken
        yield
    finally:
        holder.let_go.set()
        await holder.done


class _Holder:
    """A thread that takes the lock, holds it until told to let go, and gives up waiting as soon as it is told."""

    def __init__(self, lock: _Lock, loop: asyncio.AbstractEventLoop) -> None:
        self._lock = lock
        self._loop = loop
        self.let_go = threading.Event()
        self.taken: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()
        threading.Thread(target=self._run, name="desktopauth-lock", daemon=True).start()

    def _run(self) -> None:
        try:
            if self._lock.wait(lambda: self.let_go.wait(_POLL)):
                try:
                    self._tell(self.taken)
                    self.let_go.wait()
                finally:
                    self._lock.release()
        except Exception as error:  # noqa: BLE001 - the thread's outermost frame: it is raised where somebody waits
            self._tell(self.taken, error)
        finally:
            self._tell(self.done)

    def _tell(self, future: asyncio.Future[None], error: Exception | None = None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(_settle, future, error)


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
