"""Tasks end with who began them, and their faults are heard."""

from __future__ import annotations

import asyncio

from desktopauth.core.tasks import Tasks
from tests.scenario import Run


def test_nothing_under_way_is_nothing_to_wait_for(run: Run) -> None:
    async def scenario() -> None:
        await Tasks().wind_up(1000.0)

    run(scenario)


def test_what_does_not_end_in_time_is_ended(run: Run) -> None:
    async def scenario() -> None:
        tasks = Tasks()
        quick, endless = tasks.spawn(asyncio.sleep(0)), tasks.spawn(asyncio.Event().wait())
        await tasks.wind_up(0.01)
        assert quick.done()
        assert not quick.cancelled()
        assert endless.cancelled()

    run(scenario)


def test_what_has_ended_is_not_waited_for_though_nobody_was_told_yet(run: Run) -> None:
    async def scenario() -> None:
        tasks = Tasks()
        ended = asyncio.get_running_loop().create_task(asyncio.sleep(0))
        await ended
        tasks._running.add(ended)  # as in a process that was killed before its callbacks ran
        async with asyncio.timeout(5):
            await tasks.wind_up(0.1)

    run(scenario)
