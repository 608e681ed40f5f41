"""Run blocking work beside the event loop, on a daemon thread of its own.

Neither the loop's executor nor asyncio's own subprocess support is used: an executor's threads are waited for at exit,
and asyncio's child watching is not there on every event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")


def off_loop(work: Callable[[], _T], *, name: str) -> asyncio.Future[_T]:
    """Start ``work`` on a daemon thread; the future has its result or exception.

    Cancelling the future leaves the thread to finish by itself; nobody waits for it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def deliver(result: _T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)

    def run() -> None:
        result: _T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 - it is raised again where the future is awaited
            error = raised
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(deliver, result, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
