"""The tasks of one ``Auth``: what is begun here ends with it, and no fault is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from .errors import AuthError

log = logging.getLogger("desktopauth.auth")


class Tasks:
    """Begins tasks, holds them while they run, and ends what is left."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def wind_up(self, patience: float) -> None:
        """Give what is under way ``patience`` seconds, then cancel what is left and wait until it has ended."""
        try:
            async with asyncio.timeout(patience):
                while left := self._left():  # what ends may begin more: a session that comes now is still to be revoked
                    await asyncio.wait(left)
        except TimeoutError:
            pass
        finally:
            while left := self._left():
                for task in left:
                    task.cancel()
                await asyncio.gather(*left, return_exceptions=True)

    def _left(self) -> set[asyncio.Task[Any]]:
        return {task for task in self._running if not task.done()}

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled() or (error := task.exception()) is None or isinstance(error, AuthError):
            return  # an AuthError is in the state already
        log.error("a task of Auth failed: %s", type(error).__name__)
        asyncio.get_running_loop().call_exception_handler({"message": "a task of Auth failed", "exception": error})
