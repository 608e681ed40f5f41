"""The loop's default executor: daemon threads that nobody waits for.

Every DNS look-up is a job on it, and asyncio's own would hold up the exit until the last one is done.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_Job = tuple["Future[Any]", Callable[[], Any]]


class DaemonExecutor(Executor):
    """At most ``threads`` at work; each is started when it is first needed."""

    def __init__(self, threads: int = 8) -> None:
        self._most, self._started, self._idle = threads, 0, threading.Semaphore(0)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue one call. Raises RuntimeError after ``shutdown``."""
        if self._closed:
            raise RuntimeError("the executor is closed")
        future: Future[T] = Future()
        self._jobs.put((future, lambda: fn(*args, **kwargs)))
        if not self._idle.acquire(blocking=False) and self._started < self._most:
            self._started += 1
            threading.Thread(target=self._work, name=f"pool-{self._started}", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - Executor's own
        """Take no more calls. Never waits, whatever is asked: that is what this class is for."""
        self._closed = True
        for _ in range(self._started):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, call = job
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001 - it belongs to whoever awaits the future
                    future.set_exception(error)
            del job, future, call  # or the last result would live until the next job
            self._idle.release()
