"""The real clock: it waits for an event or for a time, whichever comes first."""

from __future__ import annotations

import asyncio
import time

from desktopauth.core.clock import SystemClock
from tests.scenario import Run, settled


def test_it_tells_this_machines_time() -> None:
    before = time.time()
    assert before <= SystemClock().now() <= time.time()


def test_a_wait_ends_with_its_time(run: Run) -> None:
    run(lambda: SystemClock().wait(asyncio.Event(), 0.01))


def test_a_wait_without_a_time_ends_with_the_event(run: Run) -> None:
    async def scenario() -> None:
        event = asyncio.Event()
        waiting = asyncio.create_task(SystemClock().wait(event, None))
        await settled()
        assert not waiting.done()
        event.set()
        await waiting

    run(scenario)


def test_monotonic_time_only_rises() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
