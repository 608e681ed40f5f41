"""An answer that gets lost is asked for once more at once: the server forgives a token that was spent unseen."""

from __future__ import annotations

import pytest

from desktopauth.core.events import AuthEvent
from tests.faults.proxy import Lose, Say, fingerprint
from tests.faults.table import AGES, FAULTS, SOON, Fault
from tests.faults.world import World, session_in
from tests.scenario import Run, until

LOST = {name: fault for name, fault in FAULTS.items() if isinstance(fault.what, Lose)}
SIGNED_IN = [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_one_lost_answer_is_no_failure(world: World, run: Run, fault: Fault) -> None:
    async def scenario() -> None:
        async with world.app() as app:
            await app.signs_in()
            before = world.stored()
            assert isinstance(fault.what, Lose)
            world.suffer(fault, patience=0.5)
            world.proxy.spoil = None
            world.proxy.play(fault.what)
            world.clock.advance(AGES["in margin"].seconds)
            await until(lambda: world.proxy.refreshes, what="the first request")
            world.recover()  # the patience of the second one
            await app.tells(AuthEvent.TOKEN_REFRESHED)
            assert app.names == [*SIGNED_IN, AuthEvent.TOKEN_REFRESHED]
            assert world.proxy.refreshes == [fingerprint(session_in(before).refresh_token)] * 2
            assert world.stored().generation > before.generation
            await app.auth.refresh()
            assert app.names.count(AuthEvent.TOKEN_REFRESHED) == 2, "the server has kept the session"

    run(scenario)


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_an_answer_that_is_lost_for_long_costs_two_requests_a_time_and_no_session(
    world: World, run: Run, fault: Fault
) -> None:
    async def scenario() -> None:
        async with world.app() as app:
            await app.signs_in()
            before = world.stored()
            world.suffer(fault)
            world.clock.advance(AGES["in margin"].seconds)
            await app.tells(AuthEvent.REFRESH_FAILED)
            for times in (2, 3):
                await app.tries_again(world.clock.now() + SOON.begin / 2)
                await app.tells(AuthEvent.REFRESH_FAILED, times)
            assert world.stored() == before
            assert world.proxy.refreshes == [fingerprint(session_in(before).refresh_token)] * 6
            world.recover()
            await app.tries_again(world.clock.now())
            assert app.names == [*SIGNED_IN, *[AuthEvent.REFRESH_FAILED] * 3, AuthEvent.TOKEN_REFRESHED]

    run(scenario)


def test_what_the_server_refuses_is_not_asked_for_again_at_once(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.app() as app:
            await app.signs_in()
            world.proxy.play(Lose.BY_RESET, Say(503, {"message": "no"}))
            world.clock.advance(AGES["in margin"].seconds)
            await app.tells(AuthEvent.REFRESH_FAILED)
            assert len(world.proxy.refreshes) == 2

    run(scenario)
