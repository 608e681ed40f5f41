"""The one daemon thread that owns every keyring call, because a prompt may block it for ever.

The event loop only posts jobs and awaits answers, and an executor's thread would be waited for at exit.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from desktopauth.core.errors import VaultProblem

from .locks import LockBusyError
from .records import BackendError, TooLargeError

_log = logging.getLogger("desktopauth.vault")
_T = TypeVar("_T")


class VaultThread:
    """One daemon thread that runs jobs in order. It starts with the first one."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    async def ask(self, job: Callable[[], _T], failed: Callable[[VaultProblem], _T]) -> _T:
        """Answer ``job()``, run on the thread, or ``failed(problem)``. Cancelled before it began, it is dropped."""
        if self._closed:
            return failed(VaultProblem.UNAVAILABLE)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_T] = loop.create_future()
        self._jobs.put(lambda: _run(job, failed, answer, loop))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="desktopauth-vault", daemon=True)
            self._thread.start()
        return await answer

    def close(self) -> None:
        """Let the thread end after the jobs it has. Waits for nothing."""
        self._closed = True
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def itself(problem: VaultProblem) -> VaultProblem:
    """For ``ask``: a job that failed answers with its problem."""
    return problem


def _run(
    job: Callable[[], _T],
    failed: Callable[[VaultProblem], _T],
    answer: asyncio.Future[_T],
    loop: asyncio.AbstractEventLoop,
) -> None:
    if answer.cancelled():
        return
    result = _outcome(job, failed)
    try:
        loop.call_soon_threadsafe(_settle, answer, result)
    except RuntimeError:  # the loop is closed: what was done is done, and nobody is left to be told
        _log.debug("an answer of the keyring came after the end")


def _outcome(job: Callable[[], _T], failed: Callable[[VaultProblem], _T]) -> _T:
    try:
        return job()
    except BackendError as error:
        return failed(error.problem)
    except LockBusyError:
        return failed(VaultProblem.WAITING)
    except TooLargeError as error:
        _log.warning("not stored: %s", error)
        return failed(VaultProblem.TOO_LARGE)
    except Exception as error:  # noqa: BLE001 - the thread's outermost frame, and calls promise never to raise
        _log.warning("the keyring could not be used: %s", type(error).__name__)
    return failed(VaultProblem.UNAVAILABLE)


def _settle(answer: asyncio.Future[_T], result: _T) -> None:
    if not answer.done():  # the caller may have been cancelled meanwhile
        answer.set_result(result)
