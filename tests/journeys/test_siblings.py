"""Two processes on one keyring entry: one refreshes, the other takes what it finds."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import AsyncExitStack
from dataclasses import replace

from desktopauth.core.auth import Auth
from desktopauth.core.state import Reason, SignedIn, SignedOut
from desktopauth.demo.server import EmbeddedServer
from tests.demo.children import line_of, python
from tests.journeys.machine import Machine, machine
from tests.journeys.passing import Passage, passage
from tests.scenario import Run, until

__all__ = ["machine"]

# Says who is there; refreshes at each SIGUSR1, and says what has happened.
PROGRAM = """
import asyncio, json, signal, sys
from pathlib import Path
from desktopauth.adapters.config import Config
from desktopauth.connect import connect

async def main():
    heard, go = asyncio.Queue(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, go.set)
    async with connect(Config(**json.loads(sys.argv[1])), folder=Path(sys.argv[2])) as auth:
        auth.subscribe(lambda change: heard.put_nowait(change.event))
        print(await heard.get(), auth.status, flush=True)
        while await go.wait():
            go.clear()
            await auth.refresh()
            print(await heard.get(), auth.status, flush=True)

asyncio.run(main())
"""


def test_two_that_refresh_at_once_share_one_rotation_and_both_stay_in(
    machine: Machine, lite: EmbeddedServer, run: Run
) -> None:
    with passage(lite) as way:
        # the project is the same behind another address
        machine.config = replace(machine.config, url=way.url, project_id=machine.config.project_id)
        run(lambda: _both(machine, way), deadline=60)


async def _both(machine: Machine, way: Passage) -> None:
    await machine.signed_in()
    config = json.dumps(machine.told)
    async with AsyncExitStack() as stack:
        apps = [await stack.enter_async_context(python(PROGRAM, config, machine.folder)) for _ in range(2)]
        assert [await line_of(app) for app in apps] == ["INITIAL_SESSION authenticated"] * 2
        for again in (1, 2):
            for app in apps:
                app.send_signal(signal.SIGUSR1)
            said = await asyncio.gather(*map(line_of, apps))
            assert said == ["TOKEN_REFRESHED authenticated"] * 2
            assert way.count("grant_type=refresh_token") == again
    async with machine.app() as auth:
        assert isinstance(auth.state.session, SignedIn)
        await auth.refresh()
        assert await auth.access_token()


def test_who_signs_out_in_one_copy_is_out_in_the_other_as_soon_as_it_looks(machine: Machine, run: Run) -> None:
    async def scenario() -> None:
        await machine.signed_in()
        async with machine.app() as one, machine.app() as two:
            await until(lambda: isinstance(one.state.session, SignedIn) and isinstance(two.state.session, SignedIn))
            one.sign_out()
            await until(lambda: _looks(two))
            assert two.state.session == SignedOut(Reason.ELSEWHERE)

    run(scenario, deadline=60)


def _looks(auth: Auth) -> bool:
    auth.nudge()  # as the window does when the person comes back to it
    return isinstance(auth.state.session, SignedOut)
