"""When something says that the way may be free again: a dead network is tried at once, a busy server is left alone."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import ErrorKind
from desktopauth.core.events import AuthEvent
from desktopauth.core.state import Connection
from tests.faults.table import AGES, FAULTS, Fault
from tests.faults.world import World
from tests.scenario import Run


def of_the_network(fault: Fault) -> bool:
    return fault.connection is Connection.OFFLINE or fault.cause is ErrorKind.CAPTIVE_PORTAL


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_nudge_shortens_a_pause_that_was_made_for_a_dead_network(world: World, run: Run, fault: Fault) -> None:
    async def scenario() -> None:
        async with world.app() as app:
            await app.signs_in()
            world.suffer(fault)
            world.clock.advance(AGES["in margin"].seconds)
            await app.tells(AuthEvent.REFRESH_FAILED)
            world.recover()
            failed_at, told = world.clock.now(), app.names
            app.auth.nudge()
            if of_the_network(fault):
                await app.tells(AuthEvent.TOKEN_REFRESHED)
            else:
                again_at = await app.tries_again(failed_at)
                assert fault.again.begin <= again_at - failed_at <= fault.again.end + 0.01
            assert app.names == [*told, AuthEvent.TOKEN_REFRESHED]

    run(scenario)
