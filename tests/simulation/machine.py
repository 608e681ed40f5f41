"""The person's computer: its clocks, its sleep, and the processes that run on it and may be killed at any step."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from desktopauth.core.clock import SystemClock
from tests.simulation.loop import NumberedTask, VirtualLoop

T = TypeVar("T")

START = 1_800_000_000.0  # seconds since the epoch, true time at the beginning of every world
RUNNING: ContextVar[Process | None] = ContextVar("RUNNING", default=None)


class Killed(BaseException):
    """SIGKILL: nothing of this process runs from here on. No Exception, so that no handler of the product holds it."""


@dataclass
class Trap:
    """Kill at the ``left``-th step whose name begins with one of ``where``; ``name`` is what it counts as."""

    name: str
    where: tuple[str, ...]
    left: int


class Process:
    """One copy of the app. Whatever it does outside of itself is a ``step``, and after its death there are none."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.machine, self.name = machine, name
        self.alive = True
        self.tasks: set[NumberedTask] = set()
        self.on_death: list[Callable[[], None]] = []
        self.context = copy_context()
        self.context.run(RUNNING.set, self)

    def step(self, where: str) -> None:
        """About to do something that others can see. Raises Killed if this is where it ends, or has ended."""
        if not self.alive:
            raise Killed
        trap = self.machine.trap
        if trap and where.startswith(trap.where):
            trap.left -= 1
            if trap.left <= 0:
                self.machine.trap = None
                self.machine.killed(self, trap.name, where)
                self.die()
                raise Killed

    def die(self) -> None:
        """What the system does with a killed process: memory is gone, kernel locks are free."""
        self.alive = False
        for end in self.on_death:
            end()
        for task in sorted(self.tasks, key=hash):
            task.cancel()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return asyncio.get_running_loop().create_task(work, context=self.context.copy())

    def call(self, function: Callable[..., T], *args: Any) -> T:
        return self.context.copy().run(function, *args)


class Machine:
    """Wall time is true time plus ``offset``; the loop's clock is monotonic time and stands still in ``suspend``."""

    def __init__(self, loop: VirtualLoop, rng: random.Random, killed: Callable[[Process, str, str], None]) -> None:
        self.loop, self.rng, self.killed = loop, rng, killed
        self.offset = 0.0
        self.slept = 0.0
        self.naps = 0  # how often it slept: connections do not outlive that
        self.trap: Trap | None = None

    def true(self) -> float:
        """Seconds since the epoch as they are, and as the server has them."""
        return START + self.loop.time() + self.slept

    def wall(self) -> float:
        return self.true() + self.offset


class MachineClock(SystemClock):
    """The product's own clock, on this machine's time."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def now(self) -> float:
        return self._machine.wall()

    def monotonic(self) -> float:
        return self._machine.loop.time()


def on_birth(task: NumberedTask, context: Context | None) -> None:
    """Note to which process a task belongs: to the one whose code made it."""
    process = RUNNING.get() if context is None else context.get(RUNNING)
    if process is None:
        return
    process.tasks.add(task)
    task.add_done_callback(process.tasks.discard)
