"""A process's keyring thread in virtual time: its jobs block as real ones do, and only one thing runs at a time.

A job that has to wait (a slow keyring, a prompt, a lock) runs on a real thread that hands control back and forth with
the loop, so that the rest of the world goes on in the middle of a save. One that waits for nothing runs at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from desktopauth.adapters import vault_thread
from desktopauth.core.errors import VaultProblem
from tests.simulation.machine import Killed, Process

T = TypeVar("T")
_here = threading.local()


def wait_here(seconds: float) -> None:
    """Called in a job: let the world go on for so long. Raises Killed if the process dies meanwhile."""
    baton: Baton | None = getattr(_here, "baton", None)
    if baton is None:
        raise RuntimeError("a job that was to wait for nothing waits")
    baton.wait(seconds)


class Baton:
    """A thread for one job at a time; either that runs or the loop does, never both."""

    def __init__(self) -> None:
        self._go, self._back = threading.Lock(), threading.Lock()  # each is free for one to go on
        self._go.acquire()
        self._back.acquire()
        self._job: Callable[[], Any] | None = None
        self._asked: float | None = None
        self._dead = False
        self._result: Any = None
        self._error: BaseException | None = None
        threading.Thread(target=self._work, daemon=True).start()

    async def run(self, job: Callable[[], Any]) -> Any:
        """Its result, or what it raised."""
        self._job, self._dead, self._error = job, False, None
        try:
            while (seconds := self._resume()) is not None:
                await asyncio.sleep(seconds)
        except BaseException:
            self._dead = True
            while self._asked is not None:  # it unwinds: nothing that it still tries is done
                self._resume()
            raise
        if self._error is not None:
            raise self._error
        return self._result

    def wait(self, seconds: float) -> None:
        if self._dead:
            raise Killed
        self._asked = seconds
        self._back.release()
        self._go.acquire()
        if self._dead:
            raise Killed

    def dismiss(self) -> None:
        """Let the thread end, after its last job."""
        self._job = None
        self._go.release()

    def _resume(self) -> float | None:
        self._asked = None
        self._go.release()
        self._back.acquire()
        return self._asked

    def _work(self) -> None:
        _here.baton = self
        self._go.acquire()
        while self._job is not None:
            try:
                self._result = self._job()
            except BaseException as error:  # noqa: BLE001 - the outermost frame: it is raised where somebody waits
                self._error = error
            self._back.release()
            self._go.acquire()


class Crew:
    """The threads of one world: as many as ever wait at once."""

    def __init__(self) -> None:
        self._idle: list[Baton] = []

    async def run(self, job: Callable[[], Any]) -> Any:
        baton = self._idle.pop() if self._idle else Baton()
        try:
            return await baton.run(job)
        finally:
            self._idle.append(baton)

    def dismiss(self) -> None:
        while self._idle:
            self._idle.pop().dismiss()


class JobThread:
    """In the place of the product's ``VaultThread``. ``busy`` tells whether a job would have to wait now."""

    def __init__(self, process: Process, crew: Crew, busy: Callable[[], bool], delay: Callable[[], float]) -> None:
        self._process, self._crew, self._busy, self._delay = process, crew, busy, delay
        self._jobs: deque[tuple[Callable[[], Any], Any, asyncio.Future[Any]]] = deque()
        self._working: asyncio.Task[None] | None = None
        self._closed = False

    async def ask(self, job: Callable[[], T], failed: Callable[[VaultProblem], T]) -> T:
        self._process.step("ask")
        if self._closed:
            return failed(VaultProblem.UNAVAILABLE)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, failed, answer))
        if self._working is None or self._working.done():
            self._working = self._process.spawn(self._work())
        return await answer

    def close(self) -> None:
        self._closed = True

    async def _work(self) -> None:
        while self._jobs:
            job, failed, answer = self._jobs.popleft()
            if answer.cancelled():
                continue
            await asyncio.sleep(self._delay())
            result = await self._outcome(job, failed)
            if not answer.done():
                answer.set_result(result)

    async def _outcome(self, job: Callable[[], T], failed: Callable[[VaultProblem], T]) -> T:
        def whole() -> T:
            return vault_thread._outcome(job, failed)

        self._process.step("job")
        result: T = await self._crew.run(whole) if self._busy() else whole()
        self._process.step("job done")
        return result
