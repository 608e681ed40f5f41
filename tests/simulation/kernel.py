"""What the operating system keeps between processes: two locks that die with their holder, and files.

The files are real ones (the product's own ``StateFile`` writes them); only their time stamps are ours, because the
clock of a real disk knows nothing of virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from desktopauth.adapters.locks import FileLocks, LockBusyError
from desktopauth.adapters.statefile import Mark, StateFile
from tests.simulation.machine import Process
from tests.simulation.thread import Crew, wait_here

_POLL = 0.25  # seconds between two tries; the product tries more often, which costs a world much and changes nothing


class KernelLock:
    """An exclusive lock of the kernel: freed when its holder lets go, or dies."""

    def __init__(self) -> None:
        self.holder: Process | None = None
        self._waiting: list[tuple[Process, asyncio.Future[None]]] = []

    def take(self, process: Process) -> bool:
        if self.holder is None:
            self.holder = process
            return True
        return False

    def free(self, process: Process) -> None:
        """Let go, if it is this process that holds it; the next one in the queue has it then."""
        if self.holder is not process:
            return
        self.holder = None
        while self._waiting:
            heir, told = self._waiting.pop(0)
            if heir.alive and not told.done():
                self.holder = heir
                told.set_result(None)
                return

    def queue(self, process: Process) -> asyncio.Future[None]:
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((process, told))
        return told

    def wanted_by(self, process: Process) -> bool:
        """Whether this process has the lock, or waits for it."""
        waits = (told for one, told in self._waiting if one is process and not told.done())
        return self.holder is process or any(True for _ in waits)


@dataclass
class Kernel:
    """All of one machine. ``serial`` rises with every change of the state file."""

    folder: Path
    refresh: KernelLock = field(default_factory=KernelLock)
    store: KernelLock = field(default_factory=KernelLock)
    crew: Crew = field(default_factory=Crew)
    serial: int = 0
    saving: int = 0  # which save is announced
    saves: int = 0
    known: tuple[int, Mark | None] = (-1, None)  # what the state file says as of which serial
    laid: set[str] = field(default_factory=set)  # tombstones, so that the disk is asked only where there is one


class KernelLocks(FileLocks):
    """The product's locks over the kernel's; ``crowded`` is told when a process wants the refresh lock twice."""

    def __init__(self, kernel: Kernel, process: Process, entry: str, crowded: Callable[[], None]) -> None:
        super().__init__(kernel.folder, entry)
        self._kernel, self._process, self._crowded = kernel, process, crowded
        process.on_death.append(lambda: kernel.refresh.free(process))
        process.on_death.append(lambda: kernel.store.free(process))

    def refresh(self) -> AbstractAsyncContextManager[None]:
        return self._refresh_held()

    def store(self, *, patience: float = 20.0) -> AbstractContextManager[None]:
        return self._store_held(patience)

    @asynccontextmanager
    async def _refresh_held(self) -> AsyncIterator[None]:
        lock, process = self._kernel.refresh, self._process
        process.step("lock refresh")
        if lock.wanted_by(process):
            self._crowded()
        if not lock.take(process):
            told = lock.queue(process)
            try:
                await told
            except BaseException:
                if told.done() and not told.cancelled():
                    lock.free(process)
                raise
        try:
            process.step("locked refresh")
            yield
        finally:
            if process.alive:
                lock.free(process)

    @contextmanager
    def _store_held(self, patience: float) -> Iterator[None]:
        lock, process = self._kernel.store, self._process
        process.step("lock store")
        waited = 0.0
        while not lock.take(process):
            if waited >= patience:
                raise LockBusyError(f"the store lock was held for {patience:g} s")
            wait_here(_POLL)
            waited += _POLL
        try:
            yield
        finally:
            if process.alive:
                lock.free(process)


class MachineFile(StateFile):
    """The product's state file; each of its writes is a step, before and after."""

    def __init__(self, kernel: Kernel, process: Process, entry: str) -> None:
        super().__init__(kernel.folder, entry)
        self._kernel, self._process = kernel, process

    def stamp(self) -> object:
        return (self._kernel.serial, self._kernel.saving) if self._kernel.serial or self._kernel.saving else None

    def read(self) -> Mark | None:
        if self._kernel.known[0] != self._kernel.serial:
            self._kernel.known = self._kernel.serial, super().read()
        return self._kernel.known[1]

    def _left(self) -> tuple[int, int] | None:
        return (self._kernel.saving, 0) if self._kernel.saving else None

    def _announce(self) -> None:
        self._process.step("file announce")
        self._kernel.saves += 1
        self._kernel.saving = self._kernel.saves
        self._process.step("file announced")

    def _hush(self, left: tuple[int, int] | None) -> None:
        self._process.step("file hush")
        self._kernel.saving = left[0] if left else 0
        self._process.step("file hushed")

    def write(self, mark: Mark) -> None:
        self._process.step("file write")
        before = self.read()
        super().write(mark)
        if before != mark:
            self._kernel.serial += 1
            self._kernel.saving = 0
        self._process.step("file written")

    def unmark(self) -> None:
        self._process.step("file unmark")
        super().unmark()
        self._kernel.serial += 1
        self._kernel.saving = 0

    def lay(self, session_id: str) -> None:
        self._process.step("end lay")
        super().lay(session_id)
        self._kernel.laid.add(session_id)
        self._process.step("end laid")

    def covers(self, session_id: str) -> bool:
        return session_id in self._kernel.laid and super().covers(session_id)

    def lift(self, session_id: str) -> None:
        self._process.step("end lift")
        super().lift(session_id)
        self._kernel.laid.discard(session_id)
        self._process.step("end lifted")
