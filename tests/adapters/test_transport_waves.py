"""Ten thousand data calls at once that all meet a 401, wave after wave: one refresh for each wave.

So many where DESKTOPAUTH_TESTS is ``full``; a tenth of them elsewhere, which takes seconds and shows the same.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktopauth.core.clock import SystemClock
from tests.adapters.test_transport_storm import Project
from tests.canary import Canary
from tests.scenario import Run, until
from tests.scripted_server import scripted_server

CALLS = 10_000 if os.environ.get("DESKTOPAUTH_TESTS") == "full" else 1_000
IN_FLIGHT = 64  # as many as may be sent before the first refusal is known


@pytest.fixture
def project(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose clock, and ours with it, can be put on."""
    with scripted_server() as server:
        found = Project(server, canary)
        monkeypatch.setattr(SystemClock, "now", lambda _: found.now())
        yield found


def calls(client: Any, number: int) -> list[asyncio.Task[Any]]:
    return [asyncio.create_task(client.table("notes").select("*").execute()) for _ in range(number)]


async def served(asked: list[asyncio.Task[Any]]) -> bool:
    return all(answer.data == [] for answer in await asyncio.gather(*asked))


@pytest.mark.timeout(600)
def test_three_waves_are_three_refreshes(project: Project, tmp_path: Path, run: Run) -> None:
    """In the last one the old token ends while its refresh is under way, and half of the calls come after that."""
    counts: list[tuple[int, int]] = []

    async def scenario() -> None:
        async with project.signed_in(tmp_path) as auth:
            client = await auth.supabase()
            for later in (0, 60):
                project.ahead += later
                project.forget()
                assert await served(calls(client, CALLS))
                counts.append((project.refreshes, project.served))
            project.ahead += 3500  # a hundred seconds before its end
            project.held = threading.Event()
            project.forget()
            early = calls(client, CALLS // 2)
            await until(lambda: project.refreshes == 3)
            project.ahead += 120
            late = calls(client, CALLS // 2)
            await asyncio.sleep(0.1)
            project.held.set()
            assert await served(early)
            assert await served(late)
            counts.append((project.refreshes, project.served))

    run(scenario, deadline=540)
    assert counts == [(1, CALLS), (2, 2 * CALLS), (3, 3 * CALLS)]
    assert project.refusals <= 3 * IN_FLIGHT, "who waits in line is not sent with a token that was refused already"
