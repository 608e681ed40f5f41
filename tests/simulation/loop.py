"""An asyncio loop in virtual time: where it would sleep, its clock jumps to the next timer.

A month passes in seconds, timeouts and timers of the code under test work unchanged, and one seed gives one story.
"""

from __future__ import annotations

import asyncio
import itertools
import selectors
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any

_STEP = 2e-6  # seconds that a pass of the loop takes: a world in which work takes no time can spin on the spot


class Stalled(RuntimeError):
    """Nothing is ready and no timer is set: whoever is awaited waits for ever."""


class _Jumping(selectors.SelectSelector):
    """Never sleeps and never looks at a file: all of the world is inside the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stalled("everybody waits, and nothing is going to happen")
        self.now += max(_STEP, timeout)
        return []


class NumberedTask(asyncio.Task[Any]):
    """A task whose hash is a number in order of birth, so that sets of tasks come in the same order in every run."""

    def __init__(self, work: Coroutine[Any, Any, Any], number: int, **options: Any) -> None:
        self._number = number
        super().__init__(work, **options)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.SelectorEventLoop):
    """``on_birth`` is told of every task, with the context that it runs in (None: that of who made it)."""

    def __init__(self, on_birth: Callable[[NumberedTask, Context | None], None]) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)
        self._numbers = itertools.count()
        self._on_birth = on_birth
        self.set_task_factory(self._make)  # type: ignore[arg-type]

    def time(self) -> float:
        """Seconds since the world began, as a clock tells that stands still while the machine sleeps."""
        return self._jumping.now

    def _make(
        self,
        _: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any],
        context: Context | None = None,
        **options: Any,
    ) -> NumberedTask:
        task = NumberedTask(work, next(self._numbers), loop=self, context=context, **options)
        self._on_birth(task, context)
        return task
